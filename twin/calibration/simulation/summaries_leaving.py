"""Summaries of buyers who leave, fall silent and come back, and of the years of a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.simulation.record import Frame, Record
from twin.calibration.simulation.summary_rates import least_squares, log_odds, log_rate, ratio, spells, years

_BASE, _QUIET = 13, 6
"""Spells in which somebody has to have bought regularly, and then bought nothing: a year, and half of one."""
_REGULAR = 4
"""Purchases in so many spells of the base make a regular buyer: silence is then no accident."""


def departures(frame: Frame, cuts: NDArray[np.float64], record: Record) -> dict[str, float]:
    """Recorded departures by warmth, by year, and their additive rate (Aalen 1980)."""
    start, weeks = spells(frame)
    since, left = record.known_since, record.left
    at_risk = (since < start[:, None]) & (left >= start[:, None]) & ~(frame.left < frame.first)
    event = at_risk & (left < (start + weeks)[:, None])
    found = {}
    for year, inside in enumerate(years(frame)):
        exposure = (at_risk[inside] * weeks[inside, None]).sum()
        found[f"departures_year_{year}"] = log_rate(event[inside].sum(), exposure)
    if not frame.visits_seen:
        return found
    # what stood when the spell began: contacts end with the departure
    before = np.concatenate([np.log1p(frame.stock)[None].astype(np.float32), record.warmth[:-1]])
    third = np.searchsorted(cuts, before, side="right")
    for k in range(3):
        cell = at_risk & (third == k)
        found[f"departures_warmth_{k}"] = log_rate((event & cell).sum(), (cell * weeks[:, None]).sum())
    exposure = np.broadcast_to(weeks[:, None], before.shape)[at_risk].astype(np.float64)
    base, slope = least_squares(np.stack([exposure, exposure * before[at_risk]]), event[at_risk])
    return found | {"departures_by_base": float(base), "departures_by_warmth": float(slope)}


def silences(frame: Frame, record: Record) -> dict[str, float]:
    """Regular buyers who then buy nothing for half a year: more of them where contacts are few?"""
    regular, quiet, _, warm, _ = _standing(frame, record)
    found = {"silent": log_odds(float((regular & quiet).sum()), float(regular.sum()))}
    if frame.visits_seen:
        cold = regular & ~warm
        found["silent_cold"] = log_odds(float((cold & quiet).sum()), float(cold.sum()))
        found["silent_warm"] = log_odds(float((regular & warm & quiet).sum()), float((regular & warm).sum()))
    return found


def returns(frame: Frame, record: Record) -> dict[str, float]:
    """Those who had fallen silent and buy again, visited or not; and those who were silent when the window began."""
    regular, quiet, again, _, visits = _standing(frame, record)
    gone = regular & quiet
    found = {"back": log_odds(float((gone & again).sum()), float(gone.sum()))}
    if frame.visits_seen:
        for name, seen in (("visited", visits > 0), ("unvisited", visits == 0)):
            cell = gone & seen
            found[f"back_{name}"] = log_odds(float((cell & again).sum()), float(cell.sum()))
    return found | _long_silent(frame, record)


def _long_silent(frame: Frame, record: Record) -> dict[str, float]:
    """First purchases of those who were silent when the window began, by visits of the spell and the one before."""
    bought = record.own[:, frame.silent] > 0
    first = np.where(bought.any(axis=0), bought.argmax(axis=0), frame.n_spells)
    order = np.arange(frame.n_spells)[:, None]
    at_risk, event = order <= first, order == first
    weeks = spells(frame)[1][:, None]
    found = {"regained": log_rate(event.sum(), (at_risk * weeks).sum())}
    if not frame.visits_seen:
        return found
    visits = record.visits[:, frame.silent].astype(np.float64)
    visits[1:] += record.visits[:-1, frame.silent]
    exposure = np.broadcast_to(weeks, visits.shape)[at_risk].astype(np.float64)
    base, slope = least_squares(np.stack([exposure, visits[at_risk]]), event[at_risk])
    near = at_risk & (visits > 0)
    return found | {
        "regained_by_base": float(base),
        "regained_by_visit": float(slope),
        "regained_visited": log_rate((event & near).sum(), visits[near].sum()),
    }


def _standing(
    frame: Frame, record: Record
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Customers at half-yearly marks, (m, c) each.

    Regular before; silent in the half year that follows; buying in the one after that; warm at the mark; visits from
    the mark on.
    """
    bought = np.concatenate([np.zeros((1, record.own.shape[1])), np.cumsum(record.own > 0, axis=0)])
    visits = np.concatenate([np.zeros((1, record.own.shape[1])), np.cumsum(record.visits, axis=0, dtype=np.int64)])
    base = min(_BASE, max(frame.n_spells - 2 * _QUIET, 1))
    marks = np.arange(base, frame.n_spells - 2 * _QUIET + 1, _QUIET)
    regular = bought[marks] - bought[marks - base] >= _REGULAR
    quiet = bought[marks + _QUIET] == bought[marks]
    again = bought[marks + 2 * _QUIET] > bought[marks + _QUIET]
    warmth = record.warmth[marks - 1]
    middle = np.median(np.log1p(frame.stock[frame.known])) if frame.known.any() else 0.0
    return regular, quiet, again, warmth > middle, visits[marks + 2 * _QUIET] - visits[marks]


def yearly(frame: Frame, record: Record) -> dict[str, float]:
    """Sales and buyers of every year, of those known when the window began and of those found since."""
    known = frame.known
    found = {}
    for year, inside in enumerate(years(frame)):
        own = record.own[inside]
        length = float(spells(frame)[1][inside].sum())
        old, new = float(own[:, known].sum()), float(own[:, ~known].sum())
        found[f"own_known_year_{year}"] = ratio(old, length)
        found[f"own_found_year_{year}"] = ratio(new + 1e-3 * old, old)
        last = (own[-3:] > 0).any(axis=0)
        found[f"buyers_known_year_{year}"] = float(np.log1p(last[known].sum()))
        found[f"buyers_found_year_{year}"] = float(np.log1p(last[~known].sum()))
    return found
