"""Study: what all runs of an ensemble share, and the chunks that it falls into.

A chunk is one parameter draw with all of its seeds and scenarios: the draw is laid out once, where it is run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.crowd import lay_ground
from twin.agents.run import run
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import lay_out_draw
from twin.draws import Key
from twin.forecast.executors import GivenUp, never, usual_threads
from twin.market.history import History
from twin.market.world import World
from twin.response import curves
from twin.scenario import files
from twin.scenario.scenario import Scenario


@dataclass(frozen=True)
class EnsembleSettings:
    """How many runs, and on how many threads.

    Parameters
    ----------
    n_weeks : int
    n_draws : int
        Parameter draws used; at most those of the calibration.
    n_replicates : int
        Seeds of luck a draw.
    n_threads : int
        Of this machine; changes no figure. By default one a core, at most eight.
    seed : int
    """

    n_weeks: int = 52
    n_draws: int = 40
    n_replicates: int = 2
    n_threads: int = field(default_factory=usual_threads)
    seed: int = 0


@dataclass(frozen=True)
class Chunk:
    """Runs of one draw. Axis a: the baseline first, then the scenarios; axis r: seeds of luck.

    Parameters
    ----------
    volume : (a, r, z, s, j, w) float32, units
    buyers : (a, r, s, w) int32
    contacts : (a, h, z, w) float, contacts
        Mean over seeds.
    own_by_customer : (a, c) float, units
        Our volume over the horizon, mean over seeds.
    """

    volume: NDArray[np.float32]
    buyers: NDArray[np.int32]
    contacts: NDArray[np.float64]
    own_by_customer: NDArray[np.float64]


@dataclass(frozen=True)
class Study:
    """Everything that the runs share.

    Parameters
    ----------
    world, history, calibration
        The calibrated twin.
    scenarios : tuple of Scenario
        The baseline first.
    alignments : mapping of scenario name to (c,) int32
        Territory of each customer where a scenario changes it.
    settings : EnsembleSettings
    gain : (c,) float, units, optional
        See :func:`believed_gain <twin.forecast.ensemble.believed_gain>`.
    """

    world: World
    history: History
    calibration: Calibration
    scenarios: tuple[Scenario, ...]
    alignments: Mapping[str, NDArray[np.int32]]
    settings: EnsembleSettings
    gain: NDArray[np.float64] | None = None

    def run(self, key: int, stopped: Callable[[], bool] = never) -> Chunk:
        """Run every scenario under every seed of one draw.

        Parameters
        ----------
        key : int
            The draw.
        stopped : callable
            Asked before each run.

        Returns
        -------
        Chunk

        Raises
        ------
        GivenUp
            When ``stopped`` said so.
        """
        world, n_weeks, n_seeds = self.world, self.settings.n_weeks, self.settings.n_replicates
        market = lay_out_draw(self.calibration, world, self.history, key, n_weeks)
        market = replace(market, believed_gain=self.gain)
        ground = lay_ground(world, market)
        n, n_zones = len(self.scenarios), len(world.territories)
        volume = np.zeros((n, n_seeds, n_zones, 2, len(world.brands), n_weeks), dtype=np.float32)
        buyers = np.zeros((n, n_seeds, 2, n_weeks), dtype=np.int32)
        contacts = np.zeros((n, len(world.channels), n_zones, n_weeks))
        own = np.zeros((n, len(world.population)))
        for seed in range(n_seeds):
            luck = Key(self.settings.seed, key, seed)
            for a, scenario in enumerate(self.scenarios):
                if stopped():
                    raise GivenUp
                alignment = self.alignments.get(scenario.name)
                one = run(world, market, scenario, luck, n_weeks, alignment, ground=ground)
                volume[a, seed], buyers[a, seed] = one.volume, one.buyers
                contacts[a] += one.contacts / n_seeds
                own[a] += one.own_by_customer / n_seeds
        return Chunk(volume, buyers, contacts, own)


@dataclass(frozen=True)
class Belief:
    """What one more visit is worth in one draw.

    Parameters
    ----------
    world, history, calibration
        The calibrated twin.
    """

    world: World
    history: History
    calibration: Calibration

    def run(self, key: int, stopped: Callable[[], bool] = never) -> NDArray[np.float64]:
        """Expected gain of one more visit to each customer in one draw: (c,) float, units."""
        return curves.gain_of_a_visit(lay_out_draw(self.calibration, self.world, self.history, key, 1))


def determinants(
    scenarios: Sequence[Scenario], alignments: Mapping[str, NDArray[np.int32]], settings: EnsembleSettings
) -> dict[str, object]:
    """What decides the result of a chunk beside the calibrated twin and the code, as plain values.

    The number of draws is not among them: a chunk is the same in a small ensemble and in a large one.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Without the baseline.
    alignments : mapping of scenario name to (c,) int32
    settings : EnsembleSettings

    Returns
    -------
    dict
        Of JSON types.
    """
    return {
        "scenarios": [files.to_toml(scenario) for scenario in scenarios],
        "alignments": {name: hashlib.sha256(alignments[name].tobytes()).hexdigest() for name in sorted(alignments)},
        "n_weeks": settings.n_weeks,
        "n_replicates": settings.n_replicates,
        "seed": settings.seed,
    }
