"""Lived history: the agents live through the past of a made-up world, and a diary is kept.

The truth behind a demo bundle. Knows no file; see :mod:`twin.forecast.lived_tables` for what the company records of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions, lay_out
from twin.agents.model import TwinModel
from twin.agents.recorder import Diary
from twin.draws import Key, identity
from twin.forecast.true_market import first_world, true_market
from twin.market.population import Population
from twin.market.synthetic import MadeUp, make_up
from twin.market.synthetic_settings import SyntheticSettings
from twin.market.world import World
from twin.response import visiting
from twin.response.journey import Stage
from twin.response.market import Market, Start
from twin.scenario.scenario import BASELINE
from twin.weeks import NEVER


@dataclass(frozen=True)
class Entries:
    """Rows of a diary, one entry each.

    Parameters
    ----------
    week : (m,) int32
    outlet : (m,) int32
    what : (m,) int16
        Brand of an order, channel of a contact, stage of a change.
    amount : (m,) float64
        Volume of an order in units, rep of a contact (-1 without one), 1 for a change.
    """

    week: NDArray[np.int32]
    outlet: NDArray[np.int32]
    what: NDArray[np.int16]
    amount: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.week)

    def where(self, keep: NDArray[np.bool_]) -> Entries:
        """The entries for which ``keep`` holds."""
        return Entries(self.week[keep], self.outlet[keep], self.what[keep], self.amount[keep])


@dataclass(frozen=True)
class Lived:
    """A made-up world after its history.

    Parameters
    ----------
    made : MadeUp
    ids : (c,) str
        The id under which a bundle has each outlet: customer id when known, prospect id when not.
    known : (c,) bool
        Has bought from us at least once.
    closed : (c,) int32, week
        Week in which the outlet closed for good; ``NEVER`` for nearly all.
    orders, contacts, changes : Entries
    world : World
        At the origin, outlets in the order of ``made.outlets``, under ``ids``.
    market : Market
        True, from the origin on: state, habits and rivals' coming campaigns carried over.
    start_known : (c,) bool
        Known before history begins.
    demand : (w,) float
        Factor on category volume in each week of history.
    """

    made: MadeUp
    ids: NDArray[np.str_]
    known: NDArray[np.bool_]
    closed: NDArray[np.int32]
    orders: Entries
    contacts: Entries
    changes: Entries
    world: World
    market: Market
    start_known: NDArray[np.bool_]
    demand: NDArray[np.float64]

    @property
    def settings(self) -> SyntheticSettings:
        """What the world was made from."""
        return self.made.settings


def live_history(settings: SyntheticSettings, progress: Callable[[int, int], None] | None = None) -> Lived:
    """Make up a world and let its agents live through the past.

    Parameters
    ----------
    settings : SyntheticSettings
    progress : callable, optional
        Called with weeks done and weeks in all.
    """
    made = make_up(settings)
    world = first_world(made)
    market = true_market(made, world)
    diary, closed = Diary(), np.full(len(made.outlets), NEVER, dtype=np.int32)
    model = TwinModel(world, market, _conditions(made, world, market), Key(settings.seed), diary)
    wave = np.zeros(len(made.outlets))
    for week in range(settings.n_weeks):
        wave = _rise_and_fall(made, model, wave, week)
        model.step()
        _newcomers_agree(made, model, diary)
        _some_close(made, model, diary, closed)
        if progress is not None:
            progress(week + 1, settings.n_weeks)
    return _after(made, world, model, diary, closed)


def _conditions(made: MadeUp, world: World, market: Market) -> Conditions:
    """History as it was: real capacity week by week, and customers changing hands with their rep."""
    plain = lay_out(world, market, BASELINE, made.settings.n_weeks)
    handed_over = np.full(len(world.population), -1, dtype=np.int32)
    reps = made.reps
    mates = np.bincount(reps.territory[reps.end == NEVER], minlength=len(made.territories))
    for rep in np.flatnonzero(reps.end < NEVER):
        book = made.settings.dice.uniform("book", len(world.population)) * mates[reps.territory[rep]] < 1.0
        handed_over[(made.territory == reps.territory[rep]) & book] = reps.end[rep] - made.settings.first_week
    return replace(plain, rep_visits=made.capacity, handed_over=handed_over)


_WAVE_MEMORY = 0.97
"""Of an outlet's own rise and fall, per week: nine tenths a month, as in the studies of reps who chase demand."""


def _rise_and_fall(made: MadeUp, model: TwinModel, wave: NDArray[np.float64], week: int) -> NDArray[np.float64]:
    """Each outlet's demand goes its own way, by a wave that fades and is renewed: (c,) float, standardised."""
    settings = made.settings
    if settings.wave == 0.0:
        return wave
    fresh = settings.dice.normal(f"wave {week}", len(wave))
    wave = _WAVE_MEMORY * wave + np.sqrt(1.0 - _WAVE_MEMORY**2) * fresh if week else fresh
    factor = np.exp(settings.wave * wave - 0.5 * settings.wave**2)
    # whoever has closed stays closed; what the market says of volume is what it is now
    model.market.volume[:] = np.where(model.market.volume > 0, made.outlets.volume * factor, 0.0)
    model.crowd.terrain = model.crowd.terrain._replace(volume=model.market.volume.astype(np.float32))
    return wave


def _newcomers_agree(made: MadeUp, model: TwinModel, diary: Diary) -> None:
    """Whoever has just become a customer says on which channels we may write."""
    _, who, stage = diary.changes[-1]
    came = who[stage != Stage.LAPSED]
    model.world.population.consent[:, came] = made.outlets.consent[:, came]
    model.crowd.agree(came, made.outlets.consent[:, came])


def _some_close(made: MadeUp, model: TwinModel, diary: Diary, closed: NDArray[np.int32]) -> None:
    """Some of those lost this week have closed for good: they buy nothing, and nobody may call."""
    week, who, stage = diary.changes[-1]
    lost = who[stage == Stage.LAPSED]
    gone = lost[made.settings.dice.uniform(f"closes {week}", lost) < made.settings.truth.closes]
    closed[gone] = week
    model.market.volume[gone] = 0.0
    model.world.population.consent[:, gone] = False
    model.crowd.close(gone)


def _after(made: MadeUp, world: World, model: TwinModel, diary: Diary, closed: NDArray[np.int32]) -> Lived:
    settings = made.settings
    orders, contacts, changes = _uneven(settings, _bound(diary.orders)), _bound(diary.contacts), _bound(diary.changes)
    ours = orders.where(orders.what < made.brands.n_own)
    known = world.population.known.copy()
    known[ours.outlet] = True
    first = np.full(len(known), NEVER, dtype=np.int32)
    np.minimum.at(first, ours.outlet, ours.week)
    since = np.where(world.population.known, world.population.known_since, first).astype(np.int32)
    lapsed = known & (model.crowd.stage == Stage.LAPSED)
    left = np.full(len(known), NEVER, dtype=np.int32)
    fell = changes.where(changes.what == Stage.LAPSED)
    left[fell.outlet] = fell.week  # written in order of time: the last fall stays
    # those who had left before history begins did so within the half year before it
    earlier = settings.first_week - 2 - np.floor(26 * settings.dice.uniform("left earlier", len(known)))
    left = np.where(lapsed, np.where(left < NEVER, left, earlier), NEVER).astype(np.int32)
    ids = bundle_ids(settings, known)
    population = replace(
        world.population, ids=ids, known=known, known_since=since, left=left, consent=world.population.consent
    )
    demand = np.exp(model.market.log_demand[: settings.n_weeks] + model.demand_path)
    return Lived(
        made=made,
        ids=ids,
        known=known,
        closed=closed,
        orders=orders,
        contacts=contacts,
        changes=changes,
        world=replace(world, population=_renamed(population), origin=settings.origin),
        market=_from_origin(made, model),
        start_known=world.population.known,
        demand=demand,
    )


def _renamed(population: Population) -> Population:
    return replace(population, entity=identity(population.ids, "customer"))


def _bound(pages: list[tuple]) -> Entries:
    """Pages of a diary as one table."""
    length = [len(page[1]) for page in pages]
    return Entries(
        week=np.repeat(np.array([page[0] for page in pages], dtype=np.int32), length),
        outlet=np.concatenate([page[1] for page in pages]).astype(np.int32),
        what=np.concatenate([page[2] for page in pages]).astype(np.int16),
        amount=np.concatenate([page[3] if len(page) > 3 else np.ones(len(page[1])) for page in pages]).astype(
            np.float64
        ),
    )


def _uneven(settings: SyntheticSettings, orders: Entries) -> Entries:
    """Orders whose sizes have heavier tails than the law's, with the same mean."""
    if settings.order_tail == 0.0:
        return orders
    week = (orders.week - settings.first_week).astype(np.int64)
    number = (week * settings.n_outlets + orders.outlet) * len(settings.truth.promotion) + orders.what
    luck = settings.order_tail * settings.dice.normal("order size", number) - 0.5 * settings.order_tail**2
    return replace(orders, amount=orders.amount * np.exp(luck))


def bundle_ids(settings: SyntheticSettings, known: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Ids of customers and prospects, in orders of their own that give nothing away: (c,) str."""
    ids = np.empty(len(known), dtype="<U16")
    customers, prospects = np.flatnonzero(known), np.flatnonzero(~known)
    ids[customers] = _numbered("C", settings.dice.shuffled("customer ids", len(customers)))
    ids[prospects] = _numbered("P", _register_numbers(settings, known)[: len(prospects)])
    return ids


def spare_ids(settings: SyntheticSettings, known: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Ids of the register's rows that double a known customer, strewn among those of the others: (k,) str."""
    return _numbered("P", _register_numbers(settings, known)[int((~known).sum()) :])


def _register_numbers(settings: SyntheticSettings, known: NDArray[np.bool_]) -> NDArray[np.int64]:
    n_doubles = round(settings.duplicate_share * int(known.sum()))
    return settings.dice.shuffled("prospect ids", int((~known).sum()) + n_doubles)


def _numbered(prefix: str, numbers: NDArray[np.int64]) -> NDArray[np.str_]:
    return np.array([f"{prefix}-{number + 1:06d}" for number in numbers], dtype="<U16")


def _from_origin(made: MadeUp, model: TwinModel) -> Market:
    """The true market from the origin on: what has drifted stays, what was learned is kept, luck starts anew."""
    settings, crowd, market = made.settings, model.crowd, model.market
    n_weeks = settings.n_weeks
    state, typical = crowd.state, crowd.coefficients.typical_own
    chased = visiting.recent_log(state.recent_own.astype(np.float64), typical) - crowd.terrain.log_start
    rule = replace(market.rule, known_weight=market.rule.known_weight * np.exp(market.rule.follows_sales * chased))
    campaigns = market.campaigns[:, n_weeks:].copy()
    campaigns[: market.n_own] = 0.0  # ours are planned in scenarios
    return replace(
        market,
        base_utility=market.base_utility + model.drift[:, -1:],
        log_demand=market.log_demand[n_weeks:] + model.demand_path[-1],
        campaigns=campaigns,
        rule=rule,
        start=Start(
            goodwill=state.goodwill.astype(np.float64),
            pressure=state.pressure.astype(np.float64),
            habit=state.habit.astype(np.float64),
            stage=state.stage.astype(np.int8),
            last_visit=settings.origin - state.since_visit.astype(np.int32),
        ),
        first_week=settings.origin,
    )
