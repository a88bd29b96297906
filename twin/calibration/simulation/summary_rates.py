"""Rates: the small arithmetic that all summary statistics share. Knows no record's meaning but its spells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.simulation.record import Frame
from twin.weeks import WEEKS_PER_YEAR


def spells(frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First week, and weeks, of every spell: two (s,) arrays."""
    order = np.arange(frame.n_spells)
    start = np.searchsorted(frame.spell_of_week, order)
    return frame.first + start, np.searchsorted(frame.spell_of_week, order, side="right") - start


def years(frame: Frame) -> list[NDArray[np.bool_]]:
    """Spells of each whole year, counted back from the end: (s,) bool, the earliest first."""
    start, weeks = spells(frame)
    n_years = max(round(frame.n_weeks / WEEKS_PER_YEAR), 1)
    age = np.clip(((frame.stop - (start + weeks)) / WEEKS_PER_YEAR).astype(int), 0, n_years - 1)
    return [age == n_years - 1 - k for k in range(n_years)]


def log_rate(events: float, exposure: float) -> float:
    """Logarithm of a rate, finite without any event."""
    return float(np.log((events + 0.5) / (exposure + 1.0)))


def log_odds(yes: float, of: float) -> float:
    """Logarithm of odds, finite at either end."""
    return float(np.log((yes + 0.5) / (of - yes + 0.5)))


def least_squares(causes: NDArray[np.float64], outcome: NDArray) -> NDArray[np.float64]:
    """Coefficients of an outcome (m,) on causes (k, m), calm where a cause never varies: (k,) float."""
    gram = causes @ causes.T
    size = np.maximum(np.diag(gram), 1e-12)
    return np.linalg.solve(gram + 1e-6 * np.diag(size), causes @ outcome.astype(np.float64))


def mean(values: NDArray, otherwise: float = 0.0) -> float:
    """Mean, or what is said of nobody."""
    return float(values.mean()) if len(values) else otherwise


def ratio(part: float, whole: float) -> float:
    """Logarithm of a ratio of two amounts, finite when either is nothing."""
    return float(np.log(max(part, 1e-6) / max(whole, 1e-6)))
