"""Rules of a call plan: what comes nearest to an allocation in a few conditions on customers' attributes.

For markets with more customers than a scenario has room to name. A tree of conditions is grown whose leaves each get
one rhythm (a policy tree, Athey and Wager 2021); whoever gets none is left to a rank, which fits every territory's
capacity by itself. What that loses against the free plan is worked out and told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import CYCLE_WEEKS
from twin.errors import PlanError
from twin.planning.allocation_menu import INTERVALS_WEEKS
from twin.planning.allocation_scenario import visits_per_month
from twin.planning.allocation_tree import Leaf, grow
from twin.planning.call_planning import Made
from twin.scenario.scenario import Frequency, Scenario, Targeting

MOST_LEAVES = 160
_SIZES = (0, 4, 8, 16, 32, 64, 100, MOST_LEAVES)
_PRICES = (0.6, 0.8, 1.0, 1.25, 1.6, 2.5)
"""Coarser choices ask for more or less than capacity at the free plan's prices: several multiples are tried."""
_SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
_RANK = "expected_gain"


@dataclass(frozen=True)
class Rules:
    """A plan in rules.

    Parameters
    ----------
    scenario : Scenario
    worth : float
        Expected, by the optimiser's own figures.
    visits : (c,) float, visits per week
        That each customer is expected to get.
    """

    scenario: Scenario
    worth: float
    visits: NDArray[np.float64]


def as_rules(
    made: Made, columns: Mapping[str, NDArray], gain: NDArray[np.float64], scenario: Scenario, keep: float
) -> Rules:
    """The plan as rules over attributes.

    Parameters
    ----------
    made : Made
    columns : mapping of str to (c,) arrays
        What conditions may name, see :func:`twin.scenario.facts.customer_columns`.
    gain : (c,) float
        Expected gain of a visit, as the company believes it to be: what the rank goes by.
    scenario : Scenario
        What the plan was made for; all but its targeting stays.
    keep : float
        Where a part of today's plan is kept, those without a rule stay under the learned one instead of the rank.

    Raises
    ------
    PlanError
        Where no such rules keep what is promised.

    Returns
    -------
    Rules
        The best of several sizes of the tree, with the share of those who do not buy that suits it best.
    """
    plan, field = made.plan, made.field
    cost = plan.weight[field.zone] * field.minutes * plan.price[field.zone]
    per_visit = field.capacity[0] / np.maximum(field.capacity[1], 1e-300)
    cost += ((1.0 - plan.weight) * per_visit * plan.price)[field.zone]
    possible = np.where(made.fits | ~field.may_visit, 0.0, -np.inf)
    worth = np.where(field.may_visit, made.value, made.value[:1])
    best: tuple[float, float, list[Leaf], NDArray[np.float64]] | None = None
    for factor in _PRICES:
        leaves = grow(worth - factor * cost * made.visits + possible, columns, MOST_LEAVES)
        for size in _SIZES:
            cut = [leaf for leaf in leaves.after(size) if leaf.level > 0]
            for share in _SHARES if keep == 0.0 else (0.0,):
                visits, free, kept = _visits(made, cut, gain, share, keep)
                total = float(_worth_at(made, visits, free & (keep > 0.0)).sum())
                if kept and (best is None or total > best[0] + 1e-9 * abs(best[0])):
                    best = total, share, cut, visits
    if best is None:
        raise PlanError(
            "--form rules: expected rules that keep every promise within capacity, found none. "
            "Promise less, or name customers one by one with --form list."
        )
    total, share, cut, visits = best
    rules = tuple(Frequency(visits_per_month(1.0 / INTERVALS_WEEKS[leaf.level - 1]), leaf.where) for leaf in cut)
    targeting = Targeting(drop_small=scenario.targeting.drop_small, frequency=rules)
    if keep == 0.0:
        targeting = replace(targeting, unknown_share=share, known_rank=_RANK, unknown_rank=_RANK)
    return Rules(replace(scenario, targeting=targeting), total, visits)


def _visits(
    made: Made, leaves: list[Leaf], gain: NDArray[np.float64], share: float, keep: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_], bool]:
    """Visits a week of each customer, as far as capacity goes; who has no rule; whether promises are kept."""
    field, n_zones = made.field, made.field.capacity.shape[1]
    promised = np.full(len(field.zone), np.nan)
    for leaf in leaves:
        promised[leaf.member] = made.visits[leaf.level, leaf.member]
    promised[~field.may_visit] = np.nan
    free = field.may_visit & np.isnan(promised)
    visits = np.nan_to_num(promised)
    asked, capacity = np.bincount(field.zone, visits, n_zones), field.capacity[1]
    spare = np.maximum(capacity - asked, 0.0)
    floor = ~made.fits[0] & field.may_visit
    kept = not bool((floor & free).any()) and not bool((asked > capacity + 1e-9)[field.zone[floor]].any())
    visits *= np.minimum(capacity / np.maximum(asked, 1e-300), 1.0)[field.zone]
    if keep > 0.0:
        today = field.sum_of(np.where(free, field.today, 0.0))
        kept = kept and bool((asked + keep * today <= capacity * (1.0 + 1e-9) + 1e-9).all())
        part = np.divide(spare, today, out=np.zeros(n_zones), where=today > 0.0)
        return visits + np.where(free, field.today * part[field.zone], 0.0), free, kept
    for pool, part in ((field.buys, 1.0 - share), (~field.buys, share)):
        rows = np.flatnonzero(free & pool)
        rows = rows[np.lexsort((-gain[rows], field.zone[rows]))]
        first = np.searchsorted(field.zone[rows], np.arange(n_zones))
        place = np.arange(len(rows)) - first[field.zone[rows]]
        room = part * spare[field.zone[rows]] * CYCLE_WEEKS - place
        visits[rows] = np.clip(room, 0.0, 1.0) / CYCLE_WEEKS
    return visits, free, kept


def _worth_at(made: Made, visits: NDArray[np.float64], usual: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Expected worth of any number of visits, straight between what is known: (c,) float.

    ``usual`` says whose visits come as today, between what is kept of today's plan and all of it.
    """
    level = np.clip((made.visits <= visits + 1e-12).sum(axis=0) - 1, 0, len(made.visits) - 2)
    level = np.where(usual, 0, level)
    column = np.arange(len(visits))
    low, high = made.visits[level, column], made.visits[level + 1, column]
    first, last = made.value[level, column], made.value[level + 1, column]
    high, last = np.where(usual, made.field.today, high), np.where(usual, made.plan.worth_today, last)
    part = np.clip((visits - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    return first + np.where(high > low + 1e-12, part, 0.0) * (last - first)
