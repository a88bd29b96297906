"""Conditions: a scenario laid out over the customers, reps and weeks of a run.

Everything that a scenario can change is decided here, once; the agents only read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.engine.chains import CONDITIONS, Steps
from twin.market.world import World
from twin.response import curves
from twin.response.market import Market, Response
from twin.scenario import where
from twin.scenario.events import CompetitorCampaign, Promotion
from twin.scenario.facts import customer_columns
from twin.scenario.scenario import Scenario

CYCLE_WEEKS = 4
"""A ranked customer is visited once in so many weeks before the next in rank gets a turn."""


@dataclass(frozen=True)
class Conditions:
    """A scenario, laid out.

    Parameters
    ----------
    demand : (w,) float
        Factor on category demand.
    channel_factor : (h, w) float
        Factor on contacts.
    campaigns : (j, w) float
        Strength; 1 = the brand's average campaign.
    rep_ids : (r,) str
        Listed reps, then those that the scenario adds.
    rep_territory : (r,) int32
    rep_visits : (r, w) float, visits per week
    territory : (c,) int32
    handed_over : (c, ) int32, week index
        When the customer changes hands; -1 for never.
    memory : float
        Part of the contacts that know of one another.
    reaction : float
        Rivals' response to our relative gain of share.
    answers_gains_only : bool
        Rivals leave our losses alone: the two stress cases, which else would help us where we lose.
    unknown_share : float
    known_rank, unknown_rank : (c,) float or None
        Highest first; ``None`` keeps the learned rule.
    known_even, unknown_even : bool
        Whether everybody has the same chance.
    dropped : (c,) bool
        Known customers who get no visit.
    frequency : (c,) float, visits per week
        ``nan`` where the scenario asks for none.
    chains : tuple of Steps
        Journeys; a customer follows one of them.
    regional : (z, j, w) float, optional
        Strength of campaigns of one territory, as today's map has it, beyond ``campaigns``.
    """

    demand: NDArray[np.float64]
    channel_factor: NDArray[np.float64]
    campaigns: NDArray[np.float64]
    rep_ids: NDArray[np.str_]
    rep_territory: NDArray[np.int32]
    rep_visits: NDArray[np.float64]
    territory: NDArray[np.int32]
    handed_over: NDArray[np.int32]
    memory: float
    reaction: float
    answers_gains_only: bool
    unknown_share: float
    known_rank: NDArray[np.float64] | None
    unknown_rank: NDArray[np.float64] | None
    known_even: bool
    unknown_even: bool
    dropped: NDArray[np.bool_]
    frequency: NDArray[np.float64]
    chains: tuple[Steps, ...]
    regional: NDArray[np.float64] | None = None

    @cached_property
    def handover_weeks(self) -> frozenset[int]:
        """Weeks of the run in which anybody changes hands."""
        return frozenset(np.unique(self.handed_over[self.handed_over >= 0]).tolist())


def lay_out(
    world: World, market: Market, scenario: Scenario, n_weeks: int, alignment: NDArray[np.int32] | None = None
) -> Conditions:
    """Lay a scenario over a run.

    Parameters
    ----------
    world : World
    market : Market
    scenario : Scenario
        Already checked against the world.
    n_weeks : int
    alignment : (c,) int32, optional
        Territory of each customer where the scenario changes it.

    Returns
    -------
    Conditions
    """
    policy = scenario.targeting
    visits, territory_of_rep, rep_ids = _field_force(world, market, scenario, n_weeks)
    territory = world.population.territory if alignment is None else alignment
    known_rank, known_even = _rank(policy.known_rank, world, market)
    unknown_rank, unknown_even = _rank(policy.unknown_rank, world, market)
    columns = customer_columns(world, market.segments)
    dropped = _smallest(policy.drop_small, world, market)
    return Conditions(
        demand=_demand(scenario, market.first_week, n_weeks),
        channel_factor=_channel_factor(world, scenario, market.first_week, n_weeks),
        campaigns=_campaigns(world, market, scenario, n_weeks),
        rep_ids=rep_ids,
        rep_territory=territory_of_rep,
        rep_visits=visits,
        territory=territory,
        handed_over=_handed_over(world, scenario, territory, market.first_week, n_weeks),
        memory={"omnichannel": 1.0, "multichannel": 0.0}.get(scenario.channels.mode or "", market.response.memory),
        reaction=_reaction(scenario.competitors.reaction, market.response),
        answers_gains_only=scenario.competitors.reaction in ("retaliate", "accommodate"),
        unknown_share=market.rule.unknown_share if policy.unknown_share is None else policy.unknown_share,
        known_rank=known_rank,
        unknown_rank=unknown_rank,
        known_even=known_even,
        unknown_even=unknown_even,
        dropped=dropped,
        frequency=np.where(dropped, np.nan, _frequency(scenario, columns, len(world.population))),
        chains=_chains(scenario, world, columns),
        regional=_regional(market, scenario, n_weeks),
    )


def _span(start: int, stop: int, first_week: int, n_weeks: int) -> slice:
    return slice(min(max(start - first_week, 0), n_weeks), min(max(stop - first_week, 0), n_weeks))


def _demand(scenario: Scenario, first_week: int, n_weeks: int) -> NDArray[np.float64]:
    demand = np.full(n_weeks, scenario.market.demand_factor)
    for shock in scenario.market.shocks:
        demand[_span(shock.start_week, shock.stop_week, first_week, n_weeks)] *= shock.demand_factor
    return demand


def _channel_factor(world: World, scenario: Scenario, first_week: int, n_weeks: int) -> NDArray[np.float64]:
    factor = np.ones((len(world.channels), n_weeks))
    for name, value in scenario.channels.factor.items():
        factor[world.channels.index(name)] *= value
    for shock in scenario.market.shocks:
        span = _span(shock.start_week, shock.stop_week, first_week, n_weeks)
        for name, value in shock.channel_factor.items():
            factor[world.channels.index(name), span] *= value
    return factor


def _campaigns(world: World, market: Market, scenario: Scenario, n_weeks: int) -> NDArray[np.float64]:
    campaigns = market.campaigns[:, :n_weeks].copy()
    if not scenario.competitors.learned_campaigns:
        campaigns[world.brands.n_own :] = 0.0
    names = list(world.brands.names)
    moves: tuple[Promotion | CompetitorCampaign, ...] = (*scenario.promotions, *scenario.competitor_campaigns)
    for move in moves:
        span = _span(move.start_week, move.stop_week, market.first_week, n_weeks)
        campaigns[names.index(move.brand), span] += move.strength
    return campaigns


def _regional(market: Market, scenario: Scenario, n_weeks: int) -> NDArray[np.float64] | None:
    if market.regional is None:
        return None
    regional = market.regional[:, :, :n_weeks].copy()
    if not scenario.competitors.learned_campaigns:
        regional[:, market.n_own :] = 0.0
    return regional


def _field_force(
    world: World, market: Market, scenario: Scenario, n_weeks: int
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.str_]]:
    reps = world.reps
    weeks = market.first_week + np.arange(n_weeks)
    serving = (reps.start[:, None] <= weeks) & (weeks < reps.end[:, None])
    visits = [market.rule.rep_visits[:, None] * serving]
    territory, ids = [reps.territory], [reps.ids.astype(str)]
    names = list(world.territories)
    today = reps.serving(market.first_week)  # those who left long ago neither share the work nor say what is usual
    gone = np.zeros((len(names), n_weeks))
    for number, change in enumerate(scenario.field_force.changes):
        zone = names.index(change.territory)
        mates = today & (reps.territory == zone)
        since = weeks >= change.start_week(market.first_week)
        if change.reps < 0:
            gone[zone] -= change.reps * since / max(int(mates.sum()), 1)
            continue
        source = mates if mates.any() else today
        usual = float(market.rule.rep_visits[source].mean()) if source.any() else 0.0
        visits.append(np.tile(usual * since, (change.reps, 1)))
        territory.append(np.full(change.reps, zone, dtype=np.int32))
        ids.append(np.array([f"new-{change.territory}-{number + 1}-{k + 1}" for k in range(change.reps)], dtype=str))
    visits[0] = visits[0] * np.maximum(1.0 - gone[reps.territory], 0.0)
    everyone = np.concatenate(visits) * scenario.field_force.capacity_factor
    return everyone, np.concatenate(territory).astype(np.int32), np.concatenate(ids)


def _handed_over(
    world: World, scenario: Scenario, territory: NDArray[np.int32], first_week: int, n_weeks: int
) -> NDArray[np.int32]:
    week = np.where(territory != world.population.territory, 0, -1).astype(np.int32)
    names = list(world.territories)
    # a customer keeps its place in the queue whatever the scenario, so that two scenarios orphan the same people
    place = (world.population.entity >> np.uint64(11)).astype(np.float64) * 2.0**-53
    for change in scenario.field_force.changes:
        if change.reps >= 0:
            continue
        zone = names.index(change.territory)
        there = int((world.reps.serving(first_week) & (world.reps.territory == zone)).sum())
        if there + change.reps <= 0:
            continue  # nobody takes over: the visits that stay away say it all
        orphaned = (world.population.territory == zone) & (place < min(-change.reps / there, 1.0))
        index = min(change.start_week(first_week) - first_week, n_weeks)
        week = np.where(orphaned & (week < 0), index, week).astype(np.int32)
    return week


def _reaction(policy: str, response: Response) -> float:
    # the two stress cases lie one standard deviation of what is known of the reaction to either side
    learned, step = response.reaction, response.reaction_sd
    return {"learned": learned, "passive": 0.0, "retaliate": max(learned, 0.0) + step, "accommodate": -step}[policy]


def _rank(rank: str, world: World, market: Market) -> tuple[NDArray[np.float64] | None, bool]:
    if rank == "as_history":
        return None, False
    if rank == "random":
        return None, True
    if rank == "potential":
        return market.believed_volume, False
    if rank == "expected_gain":
        gain = curves.gain_of_a_visit(market) if market.believed_gain is None else market.believed_gain
        return gain, False
    values = world.population.attributes[rank]
    return np.nan_to_num(values.astype(np.float64), nan=-np.inf), False


def _smallest(part: float, world: World, market: Market) -> NDArray[np.bool_]:
    known = world.population.known
    if not round(part * known.sum()):
        return np.zeros(len(known), dtype=bool)
    sales = market.recent_own
    if sales is None:
        sales = curves.own_volume(market, market.start.goodwill, known)
    order = np.lexsort((world.population.ids, np.where(known, sales, np.inf)))
    dropped = np.zeros(len(known), dtype=bool)
    dropped[order[: round(part * known.sum())]] = True
    return dropped


def _frequency(scenario: Scenario, columns: dict[str, NDArray], n_customers: int) -> NDArray[np.float64]:
    frequency = np.full(n_customers, np.nan)
    for rule in reversed(scenario.targeting.frequency):  # the first rule that holds is written last, and stays
        concerned = where.customers(rule.where, columns, n_customers)
        frequency[concerned] = rule.visits_per_month * 12.0 / 52.1775
    return frequency


def _chains(scenario: Scenario, world: World, columns: dict[str, NDArray]) -> tuple[Steps, ...]:
    free = np.ones(len(world.population), dtype=bool)
    chains = []
    for journey in scenario.journeys:  # a customer follows the first journey whose condition holds
        concerns = free & where.customers(journey.where, columns, len(free))
        free &= ~concerns
        steps = journey.steps
        chains.append(
            Steps(
                channel=np.array([world.channels.index(step.channel) for step in steps]),
                wait=np.array([0] + [max(1, -(-step.after_days // 7)) for step in steps[1:]]),
                when=np.array([CONDITIONS[step.when or "always"] for step in steps]),
                times=np.array([step.times for step in steps]),
                member=np.flatnonzero(concerns).astype(np.uint32),
            )
        )
    return tuple(chains)
