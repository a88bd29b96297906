"""Recovery certificate: whether this very calibration would find the truth in a company like this one.

Histories are made by the calibrated twin from its own draws, with the company's size, contacts and records, and
calibrated anew. What comes out is held against what went in: bias and coverage, parameter by parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.simulation.relived import relive
from twin.draws import band
from twin.errors import CalibrationError
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent
from twin.response.parameters import Estimate

LEVEL = 0.8
"""Of the interval whose coverage is certified."""
_DRAWS = 60
_LEAST_SPREAD = 1e-12


@dataclass(frozen=True)
class Recovered:
    """One parameter over all relived histories.

    Parameters
    ----------
    name : str
    identified : bool
        In at least half of the histories; else the prior answered, and it covers by construction.
    n : int
        Histories in which there was something to find.
    inside : int
        Of them, those whose 80 % interval holds the truth.
    bias : float
        Mean error, in units of the parameter.
    bias_sds, bias_sds_error : float
        Mean error in posterior standard deviations, and its standard error.
    relative_bias : float
        Mean error over the mean truth.
    p_coverage : float
        Two-sided binomial p of so many inside if the interval kept its word.
    """

    name: str
    identified: bool
    n: int
    inside: int
    bias: float
    bias_sds: float
    bias_sds_error: float
    relative_bias: float
    p_coverage: float

    @property
    def coverage(self) -> float:
        """Share of the histories whose interval holds the truth."""
        return self.inside / self.n


@dataclass(frozen=True)
class Certificate:
    """Recovery of every parameter that has a truth.

    Parameters
    ----------
    n_histories : int
    n_failed : int
        Histories that could not be calibrated; they count as not covered.
    parameters : tuple of Recovered
    """

    n_histories: int
    n_failed: int
    parameters: tuple[Recovered, ...]

    @property
    def coverage(self) -> float:
        """Mean coverage over the parameters that the data identify; ``nan`` without any."""
        found = [one.coverage for one in self.parameters if one.identified]
        return float(np.mean(found)) if found else float("nan")


def certify(
    calibration: Calibration,
    world: World,
    history: History,
    n_histories: int,
    settings: CalibrationSettings,
    progress: Progress | None = None,
) -> Certificate:
    """Make histories from the calibration's own draws, calibrate them, and compare.

    Parameters
    ----------
    calibration : Calibration
    world, history : World, History
        From which it was learned.
    n_histories : int
        Ten tell a gross fault, fifty tell whether 80 % are 80 %.
    settings : CalibrationSettings
        Of the calibration; draws and seed are the certificate's own.
    progress : Progress, optional
        Called before each history; may interrupt.

    Returns
    -------
    Certificate
        Histories come from draws spread evenly over the posterior; the simulation-based step is not repeated.
    """
    tell = progress or silent
    draws = np.linspace(0, calibration.n_draws - 1, n_histories).round().astype(int)
    errors: dict[str, list[tuple[float, float, float, bool, bool]]] = {}
    failed = 0
    for k, draw in enumerate(draws):
        tell(k, n_histories, "certificate")
        # luck of a history and numbers behind its calibration are its own: a draw may serve twice
        lived = relive(replace(calibration, seed=calibration.seed + k), world, history, int(draw))
        try:
            again = calibrate(lived.world, lived.history, _own(settings, k))
        except CalibrationError:
            failed += 1
            continue
        for name, row in _compare({e.name: e for e in again.estimates()}, lived.truth).items():
            errors.setdefault(name, []).append(row)
    tell(n_histories, n_histories, "certificate")
    parameters = tuple(_recovered(name, np.array(rows, dtype=float), failed) for name, rows in errors.items())
    return Certificate(n_histories, failed, parameters)


def _own(settings: CalibrationSettings, k: int) -> CalibrationSettings:
    # quantiles of few draws are off in the same way whenever the numbers behind them are the same
    return replace(settings, n_draws=_DRAWS, seed=settings.seed + 1 + k)


def _compare(
    found: Mapping[str, Estimate], truth: Mapping[str, float]
) -> dict[str, tuple[float, float, float, bool, bool]]:
    """Truth, error, spread, whether the interval holds it, whether the data spoke: by parameter."""
    rows = {}
    for name, true in truth.items():
        if name not in found:
            continue
        draws = found[name].draws
        low, high = band(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        rows[name] = (true, float(draws.mean()) - true, float(draws.std()), low <= true <= high, found[name].identified)
    return rows


def _recovered(name: str, rows: NDArray[np.float64], failed: int) -> Recovered:
    truth, error, sd, inside, identified = rows.T
    n, held = len(rows) + failed, int(inside.sum())
    scaled = error / np.maximum(sd, _LEAST_SPREAD)
    spread = float(scaled.std(ddof=1)) / np.sqrt(len(rows)) if len(rows) > 1 else float("inf")
    level = float(np.abs(truth).mean())
    return Recovered(
        name=name,
        identified=bool(identified.mean() >= 0.5),
        n=n,
        inside=held,
        bias=float(error.mean()),
        bias_sds=float(scaled.mean()),
        bias_sds_error=spread,
        relative_bias=float(error.mean()) / level if level > 0 else 0.0,
        p_coverage=float(stats.binomtest(held, n, LEVEL).pvalue),
    )
