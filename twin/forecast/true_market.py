"""The true market of a made-up world: every parameter laid out over its outlets, as history begins.

What a calibration has to find. Knows no diary; see :mod:`twin.forecast.lived_history`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.geography.distance import haversine_km
from twin.geography.neighbours import nearest
from twin.market.channels import STANDARD
from twin.market.population import Population
from twin.market.synthetic import TYPES, MadeUp
from twin.market.synthetic_calendar import log_season, strengths
from twin.market.synthetic_map import spatial_field
from twin.market.synthetic_settings import SyntheticSettings, TrueMarket
from twin.market.world import World
from twin.response import attraction, goodwill, journey, law, orders
from twin.response.journey import Stage
from twin.response.market import Market, Response, Start, VisitRule
from twin.weeks import FAR_PAST, NEVER

_LAPSED_BEFORE = 0.06
"""Part of the known outlets that had already left us when history begins."""
_LONG_AGO = -(2**20)


def true_response(settings: SyntheticSettings) -> Response:
    """The true parameters as the simulator reads them."""
    truth = settings.truth
    vectors = {name: np.array(getattr(truth, name)) for name in ("channel_effect", "promotion", "drift")}
    scalars = {
        name: getattr(truth, name)
        for name in Response.__dataclass_fields__
        if name not in vectors and hasattr(truth, name)
    }
    return Response(**vectors, **scalars)


def first_world(made: MadeUp) -> World:
    """The world as history begins: who is known is who buys, or bought, from us."""
    settings, outlets, region = made.settings, made.outlets, made.region
    known = outlets.known_rank < round(start_share(settings) * len(outlets))
    electronic = outlets.consent & known
    electronic[0] = True
    population = Population(
        ids=outlets.ids,
        entity=outlets.entity,
        names=outlets.names,
        known=known,
        known_since=np.where(known, FAR_PAST, NEVER).astype(np.int32),
        left=np.full(len(outlets), NEVER, dtype=np.int32),
        brick=region.brick,
        territory=made.territory,
        lon=region.lon,
        lat=region.lat,
        consent=electronic,
        prefers=outlets.prefers,
        available_from=outlets.available_from,
        available_to=outlets.available_to,
        attributes={**outlets.attributes, "association": outlets.association},
    )
    return World(population, made.bricks, made.territories, made.reps, made.brands, STANDARD, settings.first_week)


def start_share(settings: SyntheticSettings) -> float:
    """Part of the outlets known when history begins, so that about ``known_share`` are at its end.

    Runs the mean discovery backwards: inbound and word of mouth take a part of the unknown, visits take so many a week.
    """
    truth = settings.truth
    visits = settings.n_posts * 30.0 * 0.78 * truth.unknown_share / settings.n_outlets
    # some of the visits to non-buyers go to those who left us
    by_visit = truth.discovery_visit * visits * 0.75
    rate = truth.discovery_base + truth.discovery_word * 0.7 * settings.known_share
    growth = np.exp(rate * settings.n_weeks)
    unknown = (1.0 - settings.known_share) * growth + by_visit / rate * (growth - 1.0)
    return float(np.clip(1.0 - unknown, 0.1, settings.known_share))


def true_market(made: MadeUp, world: World) -> Market:
    """The true market from the first week of history to the end of the true future."""
    settings, outlets = made.settings, made.outlets
    n_weeks = settings.n_weeks + settings.horizon_weeks
    rule = _visit_rule(made)
    base = _base_utility(made)
    response = true_response(settings)
    keen = _keen(made)
    start, reference = _start(made, world, response, base, rule, 1.0 if keen is None else keen)
    market = Market(
        response=response,
        n_own=made.brands.n_own,
        volume=outlets.volume.copy(),
        base_utility=base,
        log_demand=log_season(settings.first_week, n_weeks, settings.origin),
        campaigns=strengths(made.campaigns, len(made.brands), settings.first_week, n_weeks),
        neighbours=nearest(made.region.lon, made.region.lat, 6).index,
        rule=rule,
        start=start,
        first_week=settings.first_week,
        reference_share=reference,
        believed_volume=outlets.volume.copy(),
        responsiveness=keen,
        rhythm=_rhythm(settings.truth, outlets.volume),
    )
    # the volume was laid down for the state in which history begins, and stays so however the state moves
    return replace(market, usual_utility=law.usual_utility(market)) if response.outside > 0.0 else market


def _rhythm(truth: TrueMarket, volume: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Orders a week of each outlet: (c,) float; None when all order as often."""
    if truth.orders_by_size == 0.0:
        return None
    usual = np.exp(np.log(volume).mean())
    return orders.ordering_rhythm(truth.orders_per_week, truth.orders_by_size, volume / usual)


def _keen(made: MadeUp) -> NDArray[np.float64] | None:
    """How much more or less than others each outlet cares for contacts: (c,) float; None when all care alike."""
    factor = np.array(made.settings.truth.keen)
    if (factor == 1.0).all():
        return None
    kinds = np.array(TYPES, dtype=object)[:, None]
    return factor[np.argmax(made.outlets.attributes["outlet_type"] == kinds, axis=0)]


def _base_utility(made: MadeUp) -> NDArray[np.float64]:
    """Taste of each outlet for each brand: the brand's appeal, where it is strong, and whims: (j, c) float."""
    settings, region, outlets = made.settings, made.region, made.outlets
    whims = settings.dice.normal("taste of brands", len(outlets), len(made.brands))
    local = np.stack([spatial_field(settings, f"brand {j}", region.lon, region.lat) for j in range(len(made.brands))])
    base = np.array(settings.truth.attraction)[:, None] + 0.35 * whims + 0.20 * local
    # markets are the rivals' ground, pharmacies ours
    base[0] += 0.15 * (outlets.attributes["outlet_type"] == "pharmacy") - 0.15 * outlets.attributes["chain"]
    return base


def _visit_rule(made: MadeUp) -> VisitRule:
    """Reps go where volume is, near home first; they see more of an outlet's size than any list shows."""
    settings, outlets, region, truth = made.settings, made.outlets, made.region, made.settings.truth
    n = len(outlets)
    holder = np.full(settings.n_territories, -1)
    holder[made.reps.territory[::-1]] = np.arange(len(made.reps))[::-1]
    home = holder[made.territory]
    km = haversine_km(region.lon, region.lat, made.reps.home_lon[home], made.reps.home_lat[home])
    near = np.exp(-km / (3.0 * max(float(km.mean()), 1.0)))
    whim = settings.dice.normal("visit whim", n, 2)
    rate = np.array(truth.contact_rate)[:, None] * np.exp(0.5 * settings.dice.normal("contact whim", n) - 0.125)
    digital = [STANDARD.index(channel) for channel in ("email", "whatsapp", "web")]
    rate[digital] *= 0.4 + 1.2 * outlets.attributes["digital_affinity"]
    return VisitRule(
        known_weight=outlets.volume**0.7 * np.exp(0.3 * whim[0]) * near,
        unknown_weight=np.exp(0.55 * (np.log(outlets.volume) - 0.4 * outlets.hidden) + 0.5 * whim[1]) * near,
        unknown_share=truth.unknown_share,
        follows_sales=truth.follows_sales,
        rep_visits=made.reps.visits_per_week * made.availability,
        contact_rate=rate,
    )


def _start(
    made: MadeUp, world: World, response: Response, base: NDArray[np.float64], rule: VisitRule,
    keen: NDArray[np.float64] | float = 1.0,
) -> tuple[Start, float]:  # fmt: skip
    """The state that the rule keeps up, and our share of the whole market in it."""
    population, settings = world.population, made.settings
    left = population.known & (settings.dice.uniform("left before", len(population)) < _LAPSED_BEFORE)
    stage = np.where(left, Stage.LAPSED, np.where(population.known, Stage.REPEAT, Stage.UNAWARE)).astype(np.int8)
    buys = journey.considers_us(stage)
    n_zones = len(made.territories)
    serving = made.reps.start <= settings.first_week
    capacity = np.bincount(made.reps.territory, rule.rep_visits * serving, n_zones) * (1.0 - rule.unknown_share)
    weight = rule.known_weight * buys
    visits = np.minimum(
        capacity[made.territory] * weight / np.bincount(made.territory, weight, n_zones)[made.territory], 0.9
    )
    contacts = rule.contact_rate * population.consent
    contacts[0] = visits
    fit = goodwill.channel_fits(population.prefers, len(contacts), response.mismatch)
    nobody = np.zeros(len(population), dtype=bool)
    stock = np.einsum("h,hc,hc->c", response.channel_effect, fit, contacts) / (1.0 - response.carryover)
    pressure = contacts.sum(axis=0) * goodwill.PRESSURE_WEEKS
    lift = law.own_lift(response, stock, pressure, nobody, np.zeros(len(population)), keen)
    habit = np.full(base.shape, 1.0 / len(base))
    for _ in range(8):  # the habit that repeats itself
        utility = base + response.habit * habit
        utility[: world.brands.n_own] += lift
        habit = attraction.shares(utility, buys, world.brands.n_own)
    volume = made.outlets.volume
    share = float((habit[: world.brands.n_own].sum(axis=0) * volume).sum() / volume.sum())
    # far enough back that everybody may be visited, near enough for differences of 32 bits
    last_visit = np.full(len(population), _LONG_AGO, dtype=np.int32)
    return Start(stock, pressure, habit, stage, last_visit), share
