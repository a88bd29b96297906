"""Outcome of the simulation-based step: what it could tell of each parameter, and how it stood to the real books."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Predictivity:
    """What the reference table can tell of one parameter.

    Parameters
    ----------
    name, unit : str
    predictivity : float
        1 - RMSE / RMSE of the prior's mean, on rows left out.
    coverage : float in [0, 1]
        Rows left out whose truth lies within their 80 % interval.
    width : float
        Mean width of that interval, relative to the prior's.
    used : bool
        Whether the draws are the table's.
    identified : bool
    reason : str
    """

    name: str
    unit: str
    predictivity: float
    coverage: float
    width: float
    used: bool
    identified: bool
    reason: str


@dataclass(frozen=True)
class SimulationStep:
    """What the simulation-based step did.

    Parameters
    ----------
    mode : str
    n_rows : int
        Rows of the reference table; 0 when it was not made.
    first : int, week
        Of the window that was simulated.
    n_weeks : int
    parameters : tuple of Predictivity
    figures : tuple of str
        Summaries that were compared.
    observed, expected, spread : (m,) float
        Of the real record; of simulated ones with the same parameters.
    dropped : tuple of str
        Summaries that no simulation comes near; they were left out.
    distance, farther : float
        See :class:`twin.calibration.simulation.table_check.Standing`.
    verdict : str
        ``pass``; ``review``: the simulator does not write books like these; ``none``: it was not run.
    reason : str
    """

    mode: str
    n_rows: int
    first: int
    n_weeks: int
    parameters: tuple[Predictivity, ...]
    figures: tuple[str, ...]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    spread: NDArray[np.float64]
    dropped: tuple[str, ...]
    distance: float
    farther: float
    verdict: str
    reason: str


def not_run(mode: str, reason: str) -> SimulationStep:
    """Of a step that was not made."""
    nothing = np.zeros(0)
    return SimulationStep(
        mode, 0, 0, 0, (), (), nothing, nothing, nothing, (), float("nan"), float("nan"), "none", reason
    )  # fmt: skip
