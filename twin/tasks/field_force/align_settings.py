"""Settings of ``twin align`` and ``twin size``: what is asked of the map or the force, and of the runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twin.errors import PlanError

BY = ("both", "workload", "potential")
"""What is balanced."""
YEARS_WEEKS = 156
"""Horizon unless one is named: maps and posts are made for years, and what they cost comes first."""


@dataclass(frozen=True)
class RunSettings:
    """How the twin lives through what was drawn up.

    Parameters
    ----------
    n_weeks : int, optional
        Horizon; the scenario's, else three years.
    n_draws, n_replicates, n_threads, seed, cluster
        See :class:`twin.tasks.forecasts.forecast.ForecastSettings`.
    margin : float in [0, 1]
        Part of the price that remains before the field force is paid.
    """

    n_weeks: int | None = None
    n_draws: int = 24
    n_replicates: int = 1
    n_threads: int | None = None
    seed: int = 0
    cluster: str | None = None
    margin: float = 1.0


@dataclass(frozen=True)
class AlignSettings:
    """What is asked of a new map.

    Parameters
    ----------
    by : str
        One of :data:`BY`.
    most_moved : float in [0, 1]
        Part of the known customers that may change hands.
    locked_territories, locked_areas : tuple of str
        Territories that keep what they have and take nothing; bricks, or customers, that stay.
    choose : str
        Name of a map of the frontier; empty: the one that earns most over the horizon in the twin, today's included.
    name : str
        Of the scenario; made from the old one's when empty.
    out : Path, optional
        Folder for the map before and after, as GeoJSON and as a picture.
    runs : RunSettings
    """

    by: str = "both"
    most_moved: float = 1.0
    locked_territories: tuple[str, ...] = ()
    locked_areas: tuple[str, ...] = ()
    choose: str = ""
    name: str = ""
    out: Path | None = None
    runs: RunSettings = RunSettings()

    def __post_init__(self) -> None:
        if self.by not in BY:
            raise ValueError(f"by: expected one of {BY}, got {self.by!r}")
        if not 0.0 <= self.most_moved <= 1.0:
            raise ValueError(f"most_moved: expected 0 to 1, got {self.most_moved}")


@dataclass(frozen=True)
class SizeSettings:
    """What is asked of the size of the force.

    Parameters
    ----------
    rep_cost : float, money a year
        Of one more rep in full: pay, car, telephone, leading.
    fewest, most : int, optional
        Sizes to look at; half and twice today's when missing.
    least : int
        Reps that every staffed territory keeps.
    name : str
        Of the scenario; made from the old one's when empty.
    runs : RunSettings
    """

    rep_cost: float
    fewest: int | None = None
    most: int | None = None
    least: int = 1
    name: str = ""
    runs: RunSettings = RunSettings()

    def __post_init__(self) -> None:
        if not self.rep_cost > 0:
            raise PlanError(f"--rep-cost: expected above zero, found {self.rep_cost:g}. Give it in money a year.")
        if self.fewest is not None and self.most is not None and self.fewest > self.most:
            raise PlanError(f"--from, --to: expected a rising range, found {self.fewest} to {self.most}.")
