"""Simulation-based step: what cannot be seen directly is learned by comparing simulated books with the real ones.

The last years of history are simulated, many times, as they could have gone from what was known when they began; a
regression on the summaries of those books reads the parameters off the real ones (simulation-based inference with a
reference table; indirect inference of Gourieroux, Monfort and Renault 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.simulation.outcome import Predictivity, SimulationStep, not_run
from twin.calibration.simulation.posterior import ODD, Reading, choose, held_out, posterior_draws, read_table
from twin.calibration.simulation.record import observed_record
from twin.calibration.simulation.reference_table import ROWS_PER_CHUNK, ReferenceTable, capacity_of
from twin.calibration.simulation.summaries import scale_of, summarise
from twin.calibration.simulation.window import frame_of, window_of
from twin.engine.machine import COMPILING, is_compiled
from twin.errors import CalibrationError
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent
from twin.response.parameters import PRIORS, Estimate

ROWS = {"quick": 256, "standard": 1024, "full": 4096}
"""Rows of the reference table by mode."""
MODES = ("none", *ROWS)
UNSEEN = (
    "discovery_base", "discovery_visit", "discovery_word", "trial_discount", "habit", "loss", "loss_contact",
    "winback", "reaction",
)  # fmt: skip
"""What the table varies."""
MOST_WEEKS = 156
_BEFORE_WEEKS, _LEAST_WEEKS = 52, 52
"""History before the window, from which its beginning is learned; and the shortest window."""
_NUISANCE_DRAWS = 32
_LEAST_DEPARTURES = 5
_FEW = 0.1
"""More than this part of the summaries left out is to be looked at."""


class Works(Protocol):
    """Whoever works through chunks of rows; results come in any order."""

    def run(self, task: Any, keys: Sequence[int]) -> Generator[tuple[int, Any], None, None]:
        """Key and result of every chunk."""


class Keeps(Protocol):
    """Where finished chunks are kept."""

    def finished(self, keys: Sequence[int]) -> set[int]:
        """Those that are kept whole."""

    def read(self, key: int) -> Any | None:
        """A kept chunk."""

    def keep(self, key: int, chunk: Any) -> None:
        """Keep a chunk."""


@dataclass(frozen=True)
class SimulationSettings:
    """How finely to simulate.

    Parameters
    ----------
    mode : str
        One of :data:`MODES`.
    n_rows : int, optional
        Instead of the mode's number of rows.
    most_weeks : int
        Longest window.
    """

    mode: str = "standard"
    n_rows: int | None = None
    most_weeks: int = MOST_WEEKS

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode: expected one of {', '.join(MODES)}, got {self.mode!r}")

    @property
    def rows(self) -> int:
        """Rows of the table: whole chunks."""
        wanted = ROWS.get(self.mode, 0) if self.n_rows is None else self.n_rows
        return -(-wanted // ROWS_PER_CHUNK) * ROWS_PER_CHUNK


class _Serial:
    def run(self, task: ReferenceTable, keys: Sequence[int]) -> Generator[tuple[int, Any], None, None]:
        with threadpool_limits(1):
            for key in keys:
                yield key, task.run(key)


def learn_by_simulation(
    calibration: Calibration,
    world: World,
    history: History,
    settings: CalibrationSettings,
    how: SimulationSettings = SimulationSettings(),
    works: Works | None = None,
    keeps: Keeps | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Add what a reference table tells to what statistics have learned.

    Parameters
    ----------
    calibration : Calibration
        By statistics, of the same world and history.
    world, history : World, History
    settings : CalibrationSettings
        Those of the calibration.
    how : SimulationSettings
    works : Works, optional
        Who simulates; this thread when missing. It changes no bit of the result.
    keeps : Keeps, optional
        Where finished chunks are kept, and taken up again.
    progress : Progress, optional

    Returns
    -------
    Calibration
        With :attr:`Calibration.simulation`, and draws of what the table tells.
    """
    if how.mode == "none":
        return replace(calibration, simulation=not_run("none", "not asked for"))
    tell = progress or silent
    tell(0, how.rows, "what was known when the window began")
    laid = lay_table(calibration, world, history, settings, how)
    if isinstance(laid, str):
        return replace(calibration, simulation=not_run(how.mode, laid))
    table, observed = laid
    rows = simulate_rows(table, how.rows, works or _Serial(), keeps, tell)
    with threadpool_limits(1):
        reading = read_table(rows, table.scores(len(rows)), observed, settings.seed)
        return with_posterior(calibration, table, reading, observed, how)


def lay_table(
    calibration: Calibration, world: World, history: History, settings: CalibrationSettings, how: SimulationSettings
) -> tuple[ReferenceTable, NDArray[np.float64]] | str:
    """The table of a history and the figures of its real books; or why there can be none, in words."""
    weeks = min(how.most_weeks, history.n_weeks - _BEFORE_WEEKS)
    if weeks < _LEAST_WEEKS:
        return (
            f"history of {history.n_weeks} weeks is too short: a year to begin from and a year to simulate are needed"
        )
    first, spell_of_week = window_of(history, weeks)
    then, before = world.as_of(first), history.before(first)
    try:
        learned = calibrate(then, before, replace(settings, n_draws=_NUISANCE_DRAWS))
    except CalibrationError as error:
        return f"the beginning of the window cannot be learned: {error}"
    worth = [1.0] + [float(one.draws.mean()) for one in learned.visit_response.channel_effects]
    campaigns = calibration.calendar.active(first, len(spell_of_week))
    for move in history.campaigns:
        if move.brand < world.brands.n_own:
            campaigns[move.brand, max(move.start - first, 0) : max(move.stop - first, 0)] += move.strength
    frame = frame_of(
        then, history, before, first, spell_of_week, learned.neighbours, np.array(worth),
        float(learned.visit_response.rho.draws.mean()), campaigns,
    )  # fmt: skip
    scale = scale_of(frame)
    record = observed_record(frame, world, history)
    figures = summarise(frame, scale, record)
    if ((record.left >= first) & (record.left < frame.stop)).sum() < _LEAST_DEPARTURES:  # nobody writes them down
        figures = {name: value for name, value in figures.items() if not name.startswith("departures")}
    priors = {name: settings.beliefs.get(name, PRIORS[name]) for name in UNSEEN}
    capacity = capacity_of(then, history.touches, first, len(spell_of_week))
    table = ReferenceTable(then, before, learned, frame, scale, capacity, priors, tuple(figures), settings.seed)
    return table, np.array(list(figures.values()))


def simulate_rows(
    table: ReferenceTable, n_rows: int, works: Works, keeps: Keeps | None = None, progress: Progress = silent
) -> NDArray[np.float64]:
    """Figures of the first rows of a table, taken up where an earlier try was interrupted: (n, m) float."""
    keys = range(n_rows // ROWS_PER_CHUNK)
    found: dict[int, NDArray[np.float64]] = {}
    if keeps is not None:
        found = {key: chunk for key in sorted(keeps.finished(keys)) if (chunk := keeps.read(key)) is not None}
    say: Callable[[], None] = lambda: progress(  # noqa: E731
        len(found) * ROWS_PER_CHUNK, n_rows, "simulated histories" if is_compiled() else COMPILING
    )
    say()
    with closing(works.run(table, [key for key in keys if key not in found])) as arriving:
        for key, chunk in arriving:
            found[key] = chunk
            if keeps is not None:
                keeps.keep(key, chunk)
            say()
    return np.concatenate([found[key] for key in keys])


def with_posterior(
    calibration: Calibration, table: ReferenceTable, reading: Reading, observed: NDArray[np.float64],
    how: SimulationSettings,
) -> Calibration:  # fmt: skip
    """Take from a table that has been read what it tells better than statistics did.

    Parameters
    ----------
    calibration : Calibration
        By statistics.
    table : ReferenceTable
    reading : Reading
    observed : (m,) float
        Figures of the real books.
    how : SimulationSettings
    """
    n_rows = len(reading.fit.residual)
    told = held_out(reading.fit, table.scores(n_rows), table.priors)
    draws = posterior_draws(reading.fit, table.priors, calibration.n_draws, table.seed)
    words = f"a table of {n_rows} simulated histories"
    others: dict[str, Estimate] = {one.name: one for one in calibration.others}
    said: list[Predictivity] = []
    for k, (name, prior) in enumerate(table.priors.items()):
        if name not in others:
            continue
        others[name], one = choose(others[name], draws[:, k], told[:, k], prior, reading.far, words)
        said.append(one)
    step = _report(table, reading, observed, how, n_rows, tuple(said))
    return replace(calibration, others=tuple(others.values()), simulation=step)


def _report(
    table: ReferenceTable, reading: Reading, observed: NDArray[np.float64], how: SimulationSettings, n_rows: int,
    said: tuple[Predictivity, ...],
) -> SimulationStep:  # fmt: skip
    names = np.array(table.figures)
    place, dropped = reading.standing, tuple(names[reading.dropped].tolist())
    odd = place.distance > ODD or len(dropped) > _FEW * len(names)
    reason = "the real books lie among the simulated ones"
    if reading.far:
        reason = "no simulated history comes near the real books: nothing was taken from the table"
    elif odd:
        reason = "the real books lie beyond the edge of the simulated ones"
    if dropped:
        reason += f"; left out: {', '.join(dropped)}"
    return SimulationStep(
        mode=how.mode, n_rows=n_rows, first=table.frame.first, n_weeks=table.frame.n_weeks, parameters=said,
        figures=tuple(names[reading.kept].tolist()), observed=observed[reading.kept], expected=place.expected,
        spread=place.spread, dropped=dropped, distance=place.distance, farther=place.farther,
        verdict="review" if odd or reading.far else "pass", reason=reason,
    )  # fmt: skip
