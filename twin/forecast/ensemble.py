"""Ensemble: parameter draws x luck x scenarios, all on the same keys, over as many processes as asked for.

Scenarios share customers, luck and parameters, so that two identical scenarios differ by exactly zero.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from twin.agents.recorder import Run
from twin.agents.run import run
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import lay_out_draw
from twin.draws import Key
from twin.errors import TwinError
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress
from twin.response import curves
from twin.scenario.scenario import BASELINE, Scenario

_BELIEF_DRAWS = 16
_SERIAL_BELOW = 2_000_000
"""Customer-weeks under which starting processes costs more than it saves."""


@dataclass(frozen=True)
class EnsembleSettings:
    """How many runs, and on how many processes.

    Parameters
    ----------
    n_weeks : int
    n_draws : int
        Parameter draws used; at most those of the calibration.
    n_replicates : int
        Seeds of luck a draw.
    n_processes : int
    seed : int
    """

    n_weeks: int = 52
    n_draws: int = 40
    n_replicates: int = 2
    n_processes: int = 2
    seed: int = 0


@dataclass(frozen=True)
class Ensemble:
    """Trajectories of the baseline and of scenarios. Axis a: the baseline first, then the scenarios.

    Parameters
    ----------
    scenarios : tuple of Scenario
    origin : int, week
    volume : (a, d, r, z, s, j, w) float32, units
        r is the seed of luck, s known or unknown at the origin.
    contacts : (a, h, z, w) float, contacts
        Mean over runs.
    buyers : (a, d, r, s, w) int32
    own_by_customer : (a, c) float, units
        Our volume over the horizon, mean over runs.
    """

    scenarios: tuple[Scenario, ...]
    origin: int
    volume: NDArray[np.float32]
    contacts: NDArray[np.float64]
    buyers: NDArray[np.int32]
    own_by_customer: NDArray[np.float64]

    @property
    def names(self) -> tuple[str, ...]:
        """Names along axis a."""
        return tuple(scenario.name for scenario in self.scenarios)


@dataclass(frozen=True)
class _Task:
    world: World
    history: History
    calibration: Calibration
    scenarios: tuple[Scenario, ...]
    alignments: Mapping[str, NDArray[np.int32]]
    settings: EnsembleSettings
    gain: NDArray[np.float64] | None


def simulate(
    world: World,
    history: History,
    calibration: Calibration,
    scenarios: Sequence[Scenario],
    settings: EnsembleSettings,
    alignments: Mapping[str, NDArray[np.int32]] | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Run the baseline and every scenario on the same draws and the same luck.

    Parameters
    ----------
    world, history, calibration
        The calibrated twin.
    scenarios : sequence of Scenario
        Without the baseline, which always runs first.
    settings : EnsembleSettings
    alignments : mapping of scenario name to (c,) int32, optional
        Territory of each customer where a scenario changes it.
    progress : callable, optional
        Called with draws done, draws in all, and a phrase key.

    Returns
    -------
    Ensemble

    Raises
    ------
    TwinError
        When two scenarios have the same name.
    """
    everyone = (BASELINE, *scenarios)
    _refuse_twins(everyone)
    n_draws = min(settings.n_draws, calibration.n_draws)
    gain = believed_gain(world, history, calibration) if any(_ranks_by_gain(one) for one in everyone) else None
    task = _Task(world, history, calibration, everyone, alignments or {}, settings, gain)
    shape = (len(everyone), n_draws, settings.n_replicates)
    volume = np.zeros((*shape, len(world.territories), 2, len(world.brands), settings.n_weeks), dtype=np.float32)
    buyers = np.zeros((*shape, 2, settings.n_weeks), dtype=np.int32)
    contacts = np.zeros((n_draws, len(everyone), len(world.channels), len(world.territories), settings.n_weeks))
    own = np.zeros((len(everyone), len(world.population)))
    by_draw: dict[int, NDArray[np.float64]] = {}
    for done, (draw, runs) in enumerate(_draws(task, n_draws), start=1):
        by_draw[draw] = np.zeros_like(own)
        for (a, r), one in runs.items():
            volume[a, draw, r], buyers[a, draw, r] = one.volume, one.buyers
            contacts[draw, a] += one.contacts / settings.n_replicates
            by_draw[draw][a] += one.own_by_customer / settings.n_replicates
        if progress:
            progress(done, n_draws, "forecast")
    # added in the order of draws, not of arrival, so that the sum does not depend on timing
    for draw in range(n_draws):
        own += by_draw[draw] / n_draws
    return Ensemble(everyone, calibration.origin, volume, contacts.mean(axis=0), buyers, own)


def believed_gain(world: World, history: History, calibration: Calibration) -> NDArray[np.float64]:
    """Expected gain of one more visit, the mean over parameter draws: what a planner can know. (c,) float, units."""
    draws = range(min(_BELIEF_DRAWS, calibration.n_draws))
    gains = [curves.gain_of_a_visit(lay_out_draw(calibration, world, history, draw, 1)) for draw in draws]
    return np.mean(gains, axis=0)


def _ranks_by_gain(scenario: Scenario) -> bool:
    return "expected_gain" in (scenario.targeting.known_rank, scenario.targeting.unknown_rank)


def _refuse_twins(scenarios: Sequence[Scenario]) -> None:
    names = [scenario.name for scenario in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TwinError(
            f"name: expected each scenario to have its own, found {twice[0]!r} more than once. Rename one of them."
        )


def _draws(task: _Task, n_draws: int) -> Iterator[tuple[int, dict[tuple[int, int], Run]]]:
    size = (
        len(task.scenarios) * n_draws * task.settings.n_replicates * task.settings.n_weeks * len(task.world.population)
    )
    if task.settings.n_processes <= 1 or n_draws < 2 or size < _SERIAL_BELOW:
        for draw in range(n_draws):
            yield draw, _one_draw(task, draw)
        return
    # spawn: forked children would inherit locks of threads that other libraries hold
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(task.settings.n_processes, context, _receive, (task,)) as pool:
        try:
            with _deaf_to_interrupts():  # workers are born deaf: an interrupt is the parent's to answer
                waiting = {pool.submit(_one_draw_of_mine, draw): draw for draw in range(n_draws)}
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BaseException:
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise


def _one_draw(task: _Task, draw: int) -> dict[tuple[int, int], Run]:
    settings = task.settings
    market = lay_out_draw(task.calibration, task.world, task.history, draw, settings.n_weeks)
    market = replace(market, believed_gain=task.gain)
    runs = {}
    for replicate in range(settings.n_replicates):
        key = Key(settings.seed, draw, replicate)
        for a, scenario in enumerate(task.scenarios):
            alignment = task.alignments.get(scenario.name)
            runs[a, replicate] = run(task.world, market, scenario, key, settings.n_weeks, alignment)
    return runs


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start meanwhile never hear Ctrl-C; here it waits until this is over."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)


def _end_with_parent() -> None:
    """A parent that was killed cannot end its workers: they see to it themselves."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        signal.raise_signal(signal.SIGTERM)


_mine: _Task | None = None


def _receive(task: _Task) -> None:
    """Keep the shared task in this worker: it travels once, not with every draw."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _mine  # noqa: PLW0603
    _mine = task
    threadpool_limits(1)


def _one_draw_of_mine(draw: int) -> dict[tuple[int, int], Run]:
    assert _mine is not None
    return _one_draw(_mine, draw)
