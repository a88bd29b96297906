"""Market draw: lays one parameter draw of a calibration out over the customers of a world, ready to run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.rival_calendar import future_campaigns, regional
from twin.calibration.calibration import Calibration
from twin.calibration.levels.standing import standing
from twin.calibration.net_growth import with_growth
from twin.calibration.visits import goodwill_state
from twin.calibration.visits.weights import tells
from twin.market.channels import VISIT
from twin.market.history import Campaign, History
from twin.market.world import World
from twin.potential.potential import draw_volumes
from twin.response import attraction, goodwill, visiting
from twin.response.journey import considers_us
from twin.response.market import Market, Response, Start, VisitRule
from twin.response.orders import ordering_rhythm

_YEAR = 52.0
"""Variance of a random walk about its mean over the last T weeks is that of T / 3 weeks."""
_NEW_WEEKS, _FEWEST_NEW = 104, 30
"""Who came within so many weeks is a newcomer; so many of them have a level of their own."""
_ROUNDS = 12
"""Of dealing out visits; each serves some customers in full."""
HALF_YEAR = 26
"""Levels are averages over the last year, whose middle lies so many weeks before the origin."""


def lay_out_draw(calibration: Calibration, world: World, history: History, draw: int, n_weeks: int) -> Market:
    """One draw of every parameter, with each customer's potential, attraction and state at the origin.

    Parameters
    ----------
    calibration : Calibration
    world : World
    history : History
    draw : int
        Below ``calibration.n_draws``.
    n_weeks : int
        Weeks to cover from the origin on.

    Returns
    -------
    Market
    """
    volume = np.maximum(draw_volumes(calibration.potential, world, draw, calibration.seed), 1e-9)
    volume, share, stage = standing(calibration, world, volume, draw)
    response = _response(calibration, world, draw)
    buys = considers_us(stage)
    stock, usual, spread, pressure = _contact_state(calibration, world, history, response, buys)
    seller_share = _seller_share(volume * share * buys, share, spread)
    response = replace(response, coefficient=_coefficient(calibration, response, seller_share, draw))
    keen = _responsiveness(calibration, draw)
    # a customer without a brick (-1) reads the last row: the market's
    mix = calibration.rival_mix[world.population.brick]
    habit = mix.T * (1.0 - share)
    habit[: world.brands.n_own] = _own_mix(world, history)[:, None] * share
    felt = usual if keen is None else usual * keen
    base = _base_utility(calibration, world, history, response, share, habit, mix, felt, pressure)
    levels, first = calibration.levels, calibration.origin
    base = base if levels is None else base + levels.local(draw)[world.population.brick].T
    habit = np.where(buys, habit, np.where(world.brands.own[:, None], 0.0, mix.T))
    expected_own = float((volume * share * buys).sum())
    market = Market(
        response=response,
        n_own=world.brands.n_own,
        volume=volume,
        base_utility=base,
        log_demand=_log_demand(calibration, first + np.arange(n_weeks, dtype=np.int32), draw),
        campaigns=_campaign_strength(calibration, world, history, draw, n_weeks),
        regional=_regional_strength(calibration, world, draw, n_weeks),
        neighbours=calibration.neighbours,
        rule=_rule(calibration, draw),
        start=Start(stock, pressure, habit, stage, goodwill_state.last_visit(history.touches, len(volume))),
        first_week=calibration.origin,
        reference_share=expected_own / float(volume.sum()) if calibration.market_seen else float("nan"),
        believed_volume=calibration.potential.mean,
        recent_own=_recent_own(world, history),
        level_age=_YEAR / 3.0,
        waves=None if levels is None else levels.waves(first, n_weeks, draw),
        responsiveness=keen,
        segments=calibration.segments.values(),
        usual_utility=np.where(buys, -np.log1p(-share), 0.0),  # rivals' attractions sum to one
        rhythm=ordering_rhythm(
            response.orders_per_week, calibration.draws_of("orders_by_size")[draw], volume / calibration.usual_volume
        ),
    )
    return with_growth(calibration, world, market, share, draw, n_weeks)


def _log_demand(calibration: Calibration, weeks: NDArray[np.int32], draw: int) -> NDArray[np.float64]:
    """Season and trend of the category in one draw: (w,) float."""
    trend = calibration.season.trend_draws[draw]
    return (
        calibration.season.log_index(weeks, draw)
        + calibration.season.log_trend(weeks - calibration.origin + 1, draw)
        + HALF_YEAR * trend
        + (0.0 if calibration.levels is None else calibration.levels.demand_noise(calibration.origin, len(weeks), draw))
    )


def _response(calibration: Calibration, world: World, draw: int) -> Response:
    """All but the coefficient of goodwill, which depends on our share of customers."""
    visit = calibration.visit_response
    scalar = {name: float(calibration.draws_of(name)[draw]) for name in SCALARS}
    # an estimated worth holds at the average fit of those who were contacted; the law multiplies by each one's own fit
    fit = goodwill.channel_fits(world.population.prefers, len(world.channels), scalar["mismatch"])
    rate = calibration.rule.contact_rate.copy()
    rate[VISIT] = visiting.rate_at(calibration.rule.known_weight) * world.population.known
    mean_fit = (fit * rate).sum(axis=1) / np.maximum(rate.sum(axis=1), 1e-300)
    effect = np.array([1.0] + [float(estimate.draws[draw]) for estimate in visit.channel_effects])
    return Response(
        carryover=float(visit.rho.draws[draw]),
        coefficient=0.0,
        channel_effect=effect / np.where(mean_fit > 0, mean_fit, 1.0),
        promotion=np.array([float(estimate.draws[draw]) for estimate in calibration.calendar.promo_effect]),
        drift=calibration.drift.shock_sd,
        demand_shock=calibration.season.level_shock_sd,
        curvature=float(visit.curvature.draws[draw]),
        outside=_outside(calibration, draw),
        reaction_sd=float(calibration.draws_of("reaction").std()),
        **scalar,
    )


SCALARS = (
    "mismatch", "ideal_contacts", "fatigue", "synergy", "memory", "habit", "discovery_base", "discovery_visit",
    "discovery_word", "trial_discount", "loss", "loss_contact", "winback", "handover", "reaction", "opening",
    "orders_per_week",
)  # fmt: skip
"""Parameters of :class:`Response` that are plain scalars of a calibration."""


def _rule(calibration: Calibration, draw: int) -> VisitRule:
    """What the reps do, in one draw of how they share out their visits."""
    unknown, follows = (float(calibration.draws_of(name)[draw]) for name in ("unknown_share", "follows_sales"))
    return replace(calibration.rule, unknown_share=unknown, follows_sales=follows)


def _coefficient(calibration: Calibration, response: Response, share: float, draw: int) -> float:
    """Utility coefficient of goodwill behind the effect on log sales that was estimated.

    A logit turns utility into (1 - share) as much log volume, and habit repeats a part of every gain; what an outside
    option gives comes on top. ``share`` is weighed as the estimate weighs customers.
    """
    echo = 1.0 - response.habit * share * (1.0 - share)
    kept = max(1.0 - (1.0 - response.outside) * share, 0.05)
    return float(calibration.visit_response.coefficient.draws[draw]) * echo / kept


def _responsiveness(calibration: Calibration, draw: int) -> NDArray[np.float64] | None:
    """Each customer's factor on the coefficient, by segment: (c,) float; nothing where all are alike."""
    segments = getattr(calibration.visit_response, "segments", None)
    if segments is None:
        return None
    return np.where(segments.code < 0, 1.0, segments.relative[draw][segments.code])


def _outside(calibration: Calibration, draw: int) -> float:
    """Share of buying nothing; none in calibrations that did not look for it."""
    for estimate in calibration.others:
        if estimate.name == "outside":
            return float(np.clip(estimate.draws[draw], 0.0, 0.95))
    return 0.0


def _seller_share(own: NDArray[np.float64], share: NDArray[np.float64], spread: NDArray[np.float64]) -> float:
    """Our share of those who buy from us, weighed by what each tells of the effect of visits."""
    weight = tells(own, spread)
    return float((weight * share).sum() / max(weight.sum(), 1e-300))


def _contact_state(
    calibration: Calibration, world: World, history: History, response: Response, buys: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Stock at the origin, mean and variance of it as it is felt, and contact pressure: four (c,) arrays."""
    n = len(world.population)
    if not len(history.touches):
        stock = _expected_visits(calibration, world, buys) / (1.0 - response.carryover)
        return stock, attraction.warmth(stock, response.curvature), np.zeros(n), np.zeros(n)
    fit = goodwill.channel_fits(world.population.prefers, len(world.channels), response.mismatch)
    touches = history.touches
    worth = response.channel_effect[touches.channel] * fit[touches.channel, touches.customer]
    origin, carryover, curvature = calibration.origin, response.carryover, response.curvature
    people = world.population
    stock, usual, spread = goodwill_state.felt_at(
        touches, worth, n, origin, carryover, curvature, history.first_week, people.known_since
    )
    # the share of those who do not buy from us was learned from newcomers, at the goodwill that newcomers have
    new = buys & people.known & (people.known_since >= origin - _NEW_WEEKS)
    like = (new if new.sum() >= _FEWEST_NEW else buys) * calibration.potential.mean
    usual = np.where(buys, usual, np.average(usual, weights=like + 1e-12))
    return stock, usual, spread, goodwill_state.pressure_at(touches, n, origin, response.memory)


def _expected_visits(calibration: Calibration, world: World, buys: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Visits a week that the rule gives each customer when none was ever recorded: (c,) float."""
    rule, territory = calibration.rule, world.population.territory
    n_territories = len(world.territories)
    capacity = (
        np.bincount(world.reps.territory, rule.rep_visits, n_territories)
        if len(world.reps)
        else np.zeros(n_territories)
    )
    weight = np.where(buys, rule.known_weight, 0.0)
    visits = np.zeros(len(weight))
    for _ in range(_ROUNDS):  # nobody is visited twice a week: what the first would get beyond that goes to the others
        open_to_more = weight * (visits < 1.0)
        total = np.bincount(territory, open_to_more, n_territories)
        left = capacity - np.bincount(territory, visits, n_territories)
        visits = np.minimum(visits + (left / np.maximum(total, 1e-300))[territory] * open_to_more, 1.0)
    return visits


def _recent_own(world: World, history: History) -> NDArray[np.float64] | None:
    """Last year's sales to each customer: (c,) float, units."""
    own = history.own_sales
    if not len(own):
        return None
    first = int(np.searchsorted(own.periods.mid_week(), history.origin - 52))
    return own.by_unit(len(world.population), world.brands.own, first).sum(axis=1)


def _own_mix(world: World, history: History) -> NDArray[np.float64]:
    """How our brands share what is ours: (n_own,) float."""
    n_own = world.brands.n_own
    totals = (
        history.own_sales.totals(len(world.brands))[-52:].sum(axis=0)[:n_own]
        if len(history.own_sales)
        else np.ones(n_own)
    )
    totals = np.maximum(totals, 1e-9 * max(totals.max(initial=0.0), 1.0))
    return totals / totals.sum()


def _base_utility(
    calibration: Calibration, world: World, history: History, response: Response, share: NDArray[np.float64],
    habit: NDArray[np.float64], mix: NDArray[np.float64], usual: NDArray[np.float64], pressure: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Attraction without contacts, habit and campaigns such that last year's shares come out: (j, c) float."""
    n_own = world.brands.n_own
    with np.errstate(divide="ignore"):
        utility = np.log(np.maximum(mix.T, 1e-9))
        utility[:n_own] = np.log(_own_mix(world, history))[:, None] + attraction.own_utility_for(share)
    utility -= response.habit * habit
    utility[:n_own] -= response.coefficient * usual - goodwill.fatigue(
        pressure, response.ideal_contacts, response.fatigue
    )
    usual_here = _usual_campaigns(calibration, history, response, n_own)[:, None]
    limited = regional(
        calibration.calendar.events, calibration.origin - 52, 52, len(world.territories), len(world.brands)
    )
    if limited is not None:
        here = np.log(np.exp(response.promotion[:, None] * limited).mean(axis=2))
        # a customer without a territory (-1) reads the last row: nothing
        usual_here = usual_here + np.vstack([here, np.zeros_like(here[:1])])[world.population.territory].T
    return utility - usual_here


def _usual_campaigns(calibration: Calibration, history: History, response: Response, n_own: int) -> NDArray[np.float64]:
    """Utility that last year's campaigns gave on average, already part of last year's shares: (j,) float."""
    since = calibration.origin - 52
    strength = calibration.calendar.active(since, 52)
    for campaign in history.campaigns:
        if campaign.brand < n_own:
            strength[campaign.brand, max(campaign.start - since, 0) : max(campaign.stop - since, 0)] += (
                campaign.strength
            )
    return np.log(np.exp(response.promotion[:, None] * strength).mean(axis=1))


def _campaign_strength(
    calibration: Calibration, world: World, history: History, draw: int, n_weeks: int
) -> NDArray[np.float64]:
    """Campaigns that are expected in one draw: (j, w) float; rivals' resampled, ours only as recorded."""
    first, n_own = calibration.origin, world.brands.n_own
    expected = future_campaigns(calibration.calendar, first, n_weeks, draw, calibration.seed)
    ours = tuple(campaign for campaign in history.campaigns if campaign.brand < n_own)
    strength = np.zeros((len(world.brands), n_weeks))
    moves: tuple[Campaign, ...] = (*(move for move in expected if not move.territories), *ours)
    for move in moves:
        strength[move.brand, max(move.start - first, 0) : max(min(move.stop - first, n_weeks), 0)] += move.strength
    return strength


def _regional_strength(calibration: Calibration, world: World, draw: int, n_weeks: int) -> NDArray[np.float64] | None:
    """Rivals' expected campaigns that run in some territories only, in one draw: (z, j, w) float."""
    expected = future_campaigns(calibration.calendar, calibration.origin, n_weeks, draw, calibration.seed)
    return regional(expected, calibration.origin, n_weeks, len(world.territories), len(world.brands))
