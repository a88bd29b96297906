"""Market columns: the baseline as flat arrays, for implementations of the weekly law that know nothing of the twin.

What they are told are inputs and the walks that the market takes; every other chance is theirs. So their totals can be
held against the engine's, which is how a comparison of speed is known to compare like with like.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from reference.dice import KeyedDice, random_walks

from twin.agents.competitor import MEMORY_WEEKS
from twin.agents.conditions import lay_out
from twin.agents.recorder import Run
from twin.agents.run import run
from twin.draws import Key
from twin.engine.columns import expected_own, typical_own
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.attraction import HABIT_WEEKS
from twin.response.goodwill import PRESSURE_WEEKS, SECONDED_WEEKS
from twin.response.market import Market
from twin.response.visiting import RECENT_WEEKS
from twin.scenario.scenario import BASELINE

KEY = Key(seed=20)
"""Whose walks the market takes."""
_SCALARS = (
    "carryover", "coefficient", "mismatch", "ideal_contacts", "fatigue", "synergy", "habit", "discovery_base",
    "discovery_visit", "discovery_word", "trial_discount", "loss", "loss_contact", "winback", "orders_per_week",
)  # fmt: skip


def columns_of(world: World, market: Market, n_weeks: int) -> dict[str, NDArray]:
    """Everything that a baseline needs, by name: customers in the order of their territories.

    Axes as everywhere in the twin; ``cell`` numbers territory, half and segment; a neighbour -1 is none.
    """
    people, response, rule, start = world.population, market.response, market.rule, market.start
    conditions = lay_out(world, market, BASELINE, n_weeks)
    segments = people.segments
    steps = KeyedDice(KEY, people.entity, len(world.brands), len(world.channels)).walks(
        market.first_week, n_weeks, len(world.brands) + 1
    )
    drift, log_walk = random_walks(steps, response.drift, response.demand_shock, market.level_age)
    recent = expected_own(market)
    typical = typical_own(market, recent)
    order = np.argsort(people.territory, kind="stable")
    place = np.append(np.argsort(order), -1)
    with np.errstate(divide="ignore"):
        weights = {"log_known": np.log(rule.known_weight), "log_unknown": np.log(rule.unknown_weight)}
    by_customer = {
        "territory": people.territory,
        "cell": (people.territory * 2 + ~people.known) * len(segments.names) + segments.code,
        "unknown": ~people.known,
        "prefers": people.prefers,
        "volume": market.volume,
        "goodwill": start.goodwill,
        "pressure": start.pressure,
        "stage": start.stage,
        "since_visit": np.clip(market.first_week - start.last_visit.astype(np.int64), 1, 255),
        "recent": recent,
        "log_start": np.log(recent + typical),
        **weights,
    }
    columns = {name: np.asarray(values)[order] for name, values in by_customer.items()}
    columns |= {
        "consent": people.consent[:, order],
        "rate": rule.contact_rate[:, order],
        "base": (market.base_utility - market.base_utility.max(axis=0))[:, order],
        "start_habit": start.habit[:, order],
        "neighbours": place[market.neighbours][order],
        "rep_territory": conditions.rep_territory,
        "rep_visits": conditions.rep_visits,
        "channel_factor": conditions.channel_factor,
        "demand": conditions.demand * np.exp(market.log_demand[:n_weeks] + np.array(log_walk)),
        "campaign": response.promotion[:, None] * conditions.campaigns,
        "drift": np.array(drift),
        "channel_effect": response.channel_effect,
    }
    scalars = {name: getattr(response, name) for name in _SCALARS} | {
        "n_own": market.n_own,
        "n_cells": len(world.territories) * 2 * len(segments.names),
        "memory": conditions.memory,
        "reaction": conditions.reaction,
        "reference_share": market.reference_share,
        "unknown_share": conditions.unknown_share,
        "follows_sales": rule.follows_sales,
        "typical_own": typical,
        "habit_weeks": HABIT_WEEKS,
        "pressure_weeks": PRESSURE_WEEKS,
        "recent_weeks": RECENT_WEEKS,
        "seconded_weeks": SECONDED_WEEKS,
        "rival_weeks": MEMORY_WEEKS,
    }
    return columns | {name: np.float64(value) for name, value in scalars.items()}


def totals_of_engine(world: World, market: Market, n_weeks: int) -> dict[str, float]:
    """What the engine makes of the same walks."""
    one: Run = run(world, market, BASELINE, KEY, n_weeks)
    return {
        "category volume": float(one.volume.sum()),
        "own volume": float(one.volume[:, :, : market.n_own].sum()),
        "own volume of the unknown": float(one.volume[:, 1, : market.n_own].sum()),
        "visits": float(one.contacts[VISIT].sum()),
        "other contacts": float(one.contacts[VISIT + 1 :].sum()),
        "known buyers at the end": float(one.buyers[0, -1]),
        "unknown buyers at the end": float(one.buyers[1, -1]),
    }


def far_apart(engine: dict[str, float], other: dict[str, float], within: float) -> list[str]:
    """Totals that differ by more than a part ``within`` of the engine's."""
    return [
        f"{name}: {engine[name]:.6g} in the engine, {other[name]:.6g} in the other"
        for name in engine
        if abs(other[name] - engine[name]) > within * abs(engine[name])
    ]
