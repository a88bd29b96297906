"""Ensemble: parameter draws x luck x scenarios, all on the same keys, wherever they are run.

Scenarios share customers, luck and parameters, so that two identical scenarios differ by exactly zero. Chunks are
combined in the order of draws, so that neither threads nor machines nor an interruption change a bit of the result.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calibration import Calibration
from twin.engine.machine import COMPILING, is_compiled
from twin.errors import TwinError
from twin.forecast.executors import Executor, Serial, on_this_machine
from twin.forecast.ledger import Ledger, NoLedger
from twin.forecast.study import Belief, Chunk, EnsembleSettings, Study
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent
from twin.scenario.scenario import BASELINE, Scenario

_BELIEF_DRAWS = 16


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
    own_by_segment : (a, d, g) float, units
        Our volume over the horizon by segment of the population, mean over seeds of luck.
    """

    scenarios: tuple[Scenario, ...]
    origin: int
    volume: NDArray[np.float32]
    contacts: NDArray[np.float64]
    buyers: NDArray[np.int32]
    own_by_customer: NDArray[np.float64]
    own_by_segment: NDArray[np.float64]

    @property
    def names(self) -> tuple[str, ...]:
        """Names along axis a."""
        return tuple(scenario.name for scenario in self.scenarios)


def simulate(
    world: World,
    history: History,
    calibration: Calibration,
    scenarios: Sequence[Scenario],
    settings: EnsembleSettings,
    alignments: Mapping[str, NDArray[np.int32]] | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
    ledger: Ledger | None = None,
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
    executor : Executor, optional
        Who runs the draws; threads of this machine when missing. It changes no bit of the result.
    ledger : Ledger, optional
        Where finished draws are kept, and taken up again.

    Returns
    -------
    Ensemble

    Raises
    ------
    TwinError
        When two scenarios have the same name, or the executor has nobody to do the work.
    """
    everyone = (BASELINE, *scenarios)
    _refuse_twins(everyone)
    here = on_this_machine(settings.n_threads)
    ranked = any(_ranks_by_gain(one) for one in everyone)
    gain = believed_gain(world, history, calibration, here) if ranked else None
    study = Study(world, history, calibration, everyone, alignments or {}, settings, gain)
    n_draws = min(settings.n_draws, calibration.n_draws)
    shape = (len(everyone), n_draws, settings.n_replicates)
    volume = np.zeros((*shape, len(world.territories), 2, len(world.brands), settings.n_weeks), dtype=np.float32)
    buyers = np.zeros((*shape, 2, settings.n_weeks), dtype=np.int32)
    contacts = np.zeros((len(everyone), len(world.channels), len(world.territories), settings.n_weeks))
    own = np.zeros((len(everyone), len(world.population)))
    segments = world.population.segments
    by_segment = np.zeros((len(everyone), n_draws, len(segments.names)))
    with closing(_in_order(study, n_draws, executor or here, ledger or NoLedger(), progress or silent)) as chunks:
        for draw, chunk in chunks:
            volume[:, draw], buyers[:, draw] = chunk.volume, chunk.buyers
            contacts += chunk.contacts
            own += chunk.own_by_customer / n_draws
            for a, mine in enumerate(chunk.own_by_customer):
                by_segment[a, draw] = np.bincount(segments.code, mine, len(segments.names))
    return Ensemble(everyone, calibration.origin, volume, contacts / n_draws, buyers, own, by_segment)


def believed_gain(
    world: World, history: History, calibration: Calibration, executor: Executor | None = None
) -> NDArray[np.float64]:
    """Expected gain of one more visit, the mean over parameter draws: what a planner can know. (c,) float, units."""
    draws = range(min(_BELIEF_DRAWS, calibration.n_draws))
    with closing((executor or Serial()).run(Belief(world, history, calibration), draws)) as arriving:
        gains = dict(arriving)
    return np.mean([gains[draw] for draw in draws], axis=0)


def _in_order(
    study: Study, n_draws: int, executor: Executor, ledger: Ledger, progress: Progress
) -> Generator[tuple[int, Chunk], None, None]:
    """Draws from the first to the last, whatever the order in which they are finished."""
    kept = ledger.finished(range(n_draws))
    for note in ledger.notes:
        progress(0, n_draws, note)
    missing = [draw for draw in range(n_draws) if draw not in kept]
    n_done = len(kept)
    progress(n_done, n_draws, "forecast" if is_compiled() else COMPILING)
    early: dict[int, Chunk] = {}
    with closing(executor.run(study, missing)) as arriving:
        for draw in range(n_draws):
            # one that somebody has taken away meanwhile is run here
            chunk = (ledger.read(draw) or study.run(draw)) if draw in kept else early.pop(draw, None)
            while chunk is None:
                arrived, made = next(arriving)
                ledger.keep(arrived, made)
                n_done += 1
                progress(n_done, n_draws, "forecast")
                early[arrived] = made
                chunk = early.pop(draw, None)
            yield draw, chunk


def _ranks_by_gain(scenario: Scenario) -> bool:
    return "expected_gain" in (scenario.targeting.known_rank, scenario.targeting.unknown_rank)


def _refuse_twins(scenarios: Sequence[Scenario]) -> None:
    names = [scenario.name for scenario in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TwinError(
            f"name: expected each scenario to have its own, found {twice[0]!r} more than once. Rename one of them."
        )
