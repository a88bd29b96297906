"""calibrate: learn a market from its history, step by step, in parameter draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_limits

from twin.calibration.attraction.table import learn_from
from twin.calibration.calendar.learning import learn_rival_calendar, with_effects
from twin.calibration.calendar.rival_reaction import learn_reaction
from twin.calibration.calendar.season import learn_season
from twin.calibration.calibration import Calibration
from twin.calibration.learned_segments import learn_segments
from twin.calibration.levels.brand_drift import learn_brand_drift
from twin.calibration.levels.brand_levels import learn_brand_levels
from twin.calibration.levels.brand_mix import rival_mix
from twin.calibration.lives.discovery import learn_discovery
from twin.calibration.lives.journeys import learn_losses, learn_newcomer_share
from twin.calibration.lives.ordering import learn_ordering
from twin.calibration.lives.returns import learn_winback
from twin.calibration.visits.response import learn_visit_response
from twin.calibration.visits.rule import learn_visit_rule
from twin.errors import CalibrationError
from twin.geography.neighbours import nearest
from twin.market.history import History
from twin.market.remarks import Remark
from twin.market.world import World
from twin.potential.potential import learn_potential
from twin.progress import Progress, silent
from twin.response.parameters import Prior, from_prior

STEPS = ("season", "drift", "potential", "visits", "calendar", "journeys", "rule")

_PRIOR_ONLY = {
    "mismatch": "no experiment separates preferred from other channels",
    "ideal_contacts": "too few customers were ever contacted too much",
    "fatigue": "too few customers were ever contacted too much",
    "synergy": "channels were never switched on and off apart from each other",
    "memory": "how far channels know of one another is not recorded",
    "habit": "habit and carry-over look alike in sales",
    "trial_discount": "first purchases are too few",
    "loss_contact": "contacts of those who left are not compared with a control group",
    "handover": "customers who changed their rep are not recorded",
    "opening": "openings of messages are not recorded",
}


@dataclass(frozen=True)
class CalibrationSettings:
    """How to calibrate.

    Parameters
    ----------
    n_draws : int
        Parameter draws to keep.
    seed : int
    country : str
        Whose feasts move; empty for none.
    n_neighbours : int
        How many others a customer hears from.
    beliefs : mapping of str to Prior
        What data that are no longer among these have taught, in the place of the literature's priors; see
        :mod:`twin.calibration.beliefs`.
    remarks : tuple of Remark
        What people said of rivals' moves.
    """

    n_draws: int = 100
    seed: int = 0
    country: str = ""
    n_neighbours: int = 6
    beliefs: Mapping[str, Prior] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()

    def __post_init__(self) -> None:
        if not 2 <= self.n_draws <= 10_000:
            raise ValueError(f"n_draws: expected 2 to 10000, got {self.n_draws}")


def calibrate(
    world: World,
    history: History,
    settings: CalibrationSettings = CalibrationSettings(),
    progress: Progress | None = None,
) -> Calibration:
    """Learn the market.

    Parameters
    ----------
    world, history : World, History
        As they were known at ``history.origin``.
    settings : CalibrationSettings
    progress : Progress, optional

    Returns
    -------
    Calibration

    Raises
    ------
    CalibrationError
        When no sale was ever recorded.
    """
    if not len(history.own_sales):
        raise CalibrationError(
            "sales: expected at least one row before the origin, found none. "
            "Ingest a bundle with sales, or choose a later --as-of."
        )
    tell = progress or silent
    # matrices here are small: several BLAS threads would only wait for one another
    with threadpool_limits(1):
        return _learn(world, history, settings, tell)


def _learn(world: World, history: History, settings: CalibrationSettings, tell: Progress) -> Calibration:
    n, seed, total = settings.n_draws, settings.seed, len(STEPS)
    tell(0, total, STEPS[0])
    season = learn_season(world, history, n, seed, settings.country)
    tell(1, total, STEPS[1])
    drift = learn_brand_drift(world, history)
    tell(2, total, STEPS[2])
    potential = learn_potential(world, history, n, seed)
    share = np.clip(potential.own_now / np.maximum(potential.mean, 1e-12), 0.0, 0.95)
    market_seen = bool(len(history.audit) or len(history.panel))
    tell(3, total, STEPS[3])
    visit_response = learn_visit_response(world, history, n, seed, settings.beliefs, share if market_seen else None)
    tell(4, total, STEPS[4])
    calendar = learn_rival_calendar(world, history, n, seed, settings.country, settings.remarks)
    tell(5, total, STEPS[5])
    neighbours = nearest(world.population.lon, world.population.lat, settings.n_neighbours).index
    discovery = learn_discovery(world, history, neighbours, n, seed, settings.beliefs)
    winback = learn_winback(world, history, n, seed, settings.beliefs)
    usual_return = float(winback.draws.mean())
    losses = learn_losses(world, history, n, seed, settings.beliefs, visit_response, usual_return)
    tell(6, total, STEPS[6])
    rule, rule_estimates = learn_visit_rule(world, history, potential.mean, n, seed, settings.beliefs)
    ordering = learn_ordering(world, history, potential.mean, share, n, seed, settings.beliefs)
    attraction = learn_from(world, history, calendar, visit_response, n, seed)
    calendar = with_effects(calendar, world, attraction.sources, n, seed)
    result = Calibration(
        origin=history.origin,
        n_draws=n,
        seed=seed,
        season=season,
        drift=drift,
        calendar=calendar,
        potential=potential,
        visit_response=visit_response,
        rule=rule,
        rival_mix=rival_mix(world, history),
        levels=learn_brand_levels(world, history, calendar, season, potential, n, seed),
        neighbours=neighbours,
        silent=losses.silent,
        segments=learn_segments(world, history, potential, losses.silent, ordering),
        usual_volume=ordering.usual_volume,
        market_seen=market_seen,
        others=(
            *discovery,
            losses.loss,
            winback,
            learn_newcomer_share(world, history, potential.own_now, potential.mean, losses.silent, n, seed),
            *rule_estimates,
            *ordering.estimates,
            *(
                from_prior(name, n, seed, f"not identified: {why}", settings.beliefs)
                for name, why in _PRIOR_ONLY.items()
            ),
            learn_reaction(calendar.answer, n, seed),
            attraction.outside,
        ),
        attraction=attraction,
    )
    tell(total, total, "done")
    return result
