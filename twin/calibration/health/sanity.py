"""Sanity: what the calibrated twin says of two questions to which the literature knows the order of the answer.

A tenth more visits, and a year without a rep, are simulated with every draw; nothing of it is typed. The same runs
tell which parameters carry the uncertainty of the answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.agents.crowd import lay_ground
from twin.agents.run import run
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import lay_out_draw
from twin.draws import Key
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent
from twin.scenario.scenario import BASELINE, FieldForce, RepChange, Scenario

YEAR = 52
MORE = 1.1
"""Factor on reps' visits: a tenth more."""
_DRAWS, _DRAWS_OF_MANY, _MANY = 60, 24, 20_000
_MOST_VACANT = 0.25
"""Reps are taken away until so much of our sales has lost its rep: with more, rivals would answer to it."""
_REPLICATE = 40_000


@dataclass(frozen=True)
class Answers:
    """Simulated answers, one figure a draw. Empty where the question cannot be put.

    Parameters
    ----------
    own_volume : (d,) float, units
        Next year, baseline.
    own_share : (d,) float
        Next year, baseline; ``nan`` without market data.
    more_visits_pct : (d,) float, percent
        Change of our sales by a tenth more visits.
    vacancy_pct : (d,) float, percent
        Change of a rep's sales when nobody holds the post for a year.
    vacant : tuple of str
        Territories in which a post was vacated.
    """

    own_volume: NDArray[np.float64]
    own_share: NDArray[np.float64]
    more_visits_pct: NDArray[np.float64]
    vacancy_pct: NDArray[np.float64]
    vacant: tuple[str, ...]


def ask(
    calibration: Calibration, world: World, history: History, n_draws: int | None = None,
    progress: Progress | None = None,
) -> Answers:  # fmt: skip
    """Simulate next year as it is, with a tenth more visits, and with vacant posts, on the same luck.

    Parameters
    ----------
    calibration, world, history
    n_draws : int, optional
        As many as there are, up to 60; fewer with many customers.
    progress : Progress, optional

    Returns
    -------
    Answers
    """
    tell = progress or silent
    most = _DRAWS if len(world.population) <= _MANY else _DRAWS_OF_MANY
    n = min(n_draws or most, calibration.n_draws)
    heads = world.reps.heads(world.origin, len(world.territories))
    zones = vacated(calibration, world)
    names = tuple(str(world.territories[z]) for z in zones)
    has_reps = bool(heads.any()) and bool((calibration.rule.rep_visits > 0).any())
    more = Scenario("a tenth more visits", field_force=FieldForce(capacity_factor=MORE))
    fewer = Scenario("vacant posts", field_force=FieldForce(changes=tuple(RepChange(name, -1) for name in names)))
    moves = [BASELINE, *([more] if has_reps else []), *([fewer] if has_reps and names else [])]
    own = np.zeros((len(moves), n, len(world.territories)))
    category = np.zeros(n)
    n_own = world.brands.n_own
    for draw in range(n):
        tell(draw, n, "orders of size")
        market = lay_out_draw(calibration, world, history, draw, YEAR)
        ground = lay_ground(world, market)
        for m, move in enumerate(moves):
            volume = run(world, market, move, Key(calibration.seed, draw, _REPLICATE), YEAR, ground=ground).volume
            own[m, draw] = volume[:, :, :n_own].sum(axis=(1, 2, 3))
            if not m:
                category[draw] = volume.sum()
    tell(n, n, "orders of size")
    total = own.sum(axis=2)
    share = total[0] / np.maximum(category, 1e-300) if calibration.market_seen else np.full(n, np.nan)
    vacancy = np.zeros(0)
    if len(moves) == 3:
        # a post's sales are those of its territory, divided by the heads that share it
        of_post = (own[0][:, zones] / heads[zones]).sum(axis=1)
        vacancy = 100.0 * (own[2] - own[0])[:, zones].sum(axis=1) / np.maximum(of_post, 1e-300)
    grown = 100.0 * (total[1] / np.maximum(total[0], 1e-300) - 1.0) if has_reps else np.zeros(0)
    return Answers(total[0], share, grown, vacancy, names if len(moves) == 3 else ())


def vacated(calibration: Calibration, world: World) -> NDArray[np.int64]:
    """Territories in which a post falls vacant: the most usual ones by sales a head, up to a quarter of our sales."""
    heads, n = world.reps.heads(world.origin, len(world.territories)), len(world.territories)
    own = np.bincount(world.population.territory, calibration.potential.own_now, n)
    served = np.flatnonzero((heads > 0) & (own > 0))
    if not len(served):
        return served
    a_head = own[served] / heads[served]
    usual = served[np.argsort(np.abs(np.log(a_head / np.median(a_head))), kind="stable")]
    lost = np.cumsum(own[usual] / heads[usual]) / own.sum()
    return np.sort(usual[: max(int((lost <= _MOST_VACANT).sum()), 1)])
