"""Check: does a scenario fit its market, and does it agree with itself?

An **error** is something that cannot be done, or that cannot have been meant; a **warning** is something that will be
done and may surprise. Knows no file and runs nothing; what contradicts whatever the market stands in
:mod:`twin.scenario.contradictions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from twin.market.channels import VISIT
from twin.scenario.condition import Comparison, Condition, Membership, parse
from twin.scenario.contradictions import contradictions
from twin.scenario.events import Promotion, Spell
from twin.scenario.facts import MarketFacts, ranks
from twin.scenario.findings import Findings, Notes
from twin.scenario.scenario import RANKS, Frequency, Journey, Scenario
from twin.scenario.tokens import ConditionError
from twin.scenario.where import each_test, evaluate, faults, names, values
from twin.scenario.words import meant, shown
from twin.weeks import monday


def check_against(scenario: Scenario, facts: MarketFacts, file: str | None = None) -> Findings:
    """Everything that does not fit, in the scenario itself and against its market.

    Parameters
    ----------
    scenario : Scenario
    facts : MarketFacts
    file : str, optional
        Name for messages; the scenario's own when missing.

    Returns
    -------
    Findings
        ``errors, warnings = check_against(...)``; see also :meth:`Findings.raise_errors`.
    """
    notes = Notes(file or scenario.name)
    _goal(scenario, facts, notes)
    _field_force(scenario, facts, notes)
    _targeting(scenario, facts, notes)
    _channels(scenario, facts, notes)
    _brands(scenario, facts, notes)
    _competitors(scenario, facts, notes)
    for path, where in conditions(scenario):
        _condition(path, where, facts, notes)
    for path, spell in spells(scenario):
        _dates(path, spell, scenario, facts, notes)
    contradictions(scenario, notes)
    return notes.findings()


def conditions(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Key path and text of every condition."""
    kinds: tuple[tuple[str, Sequence[Frequency | Journey]], ...] = (
        ("targeting.frequency", scenario.targeting.frequency),
        ("journey", scenario.journeys),
    )
    for path, rules in kinds:
        for place, rule in enumerate(rules, start=1):
            if rule.where is not None:
                yield f"{path}[{place}].where", rule.where


def spells(scenario: Scenario) -> Iterator[tuple[str, Spell]]:
    """Key path of everything that begins on a day and lasts some weeks."""
    kinds = (
        ("promotion", scenario.promotions),
        ("competitor_campaign", scenario.competitor_campaigns),
        ("market.shock", scenario.market.shocks),
    )
    for path, rows in kinds:
        for place, row in enumerate(rows, start=1):
            yield f"{path}[{place}]", row


def _goal(scenario: Scenario, facts: MarketFacts, notes: Notes) -> None:
    goal = scenario.goal
    if goal.maximise in ("own_value", "contribution") and not facts.has_prices:
        cure = "Add unit_price to the table brands, or maximise own_volume."
        notes.error("goal.maximise", "own_volume or own_share, as prices are not known", goal.maximise, cure)
    if not facts.has_market_sales and (goal.maximise == "own_share" or goal.own_share is not None):
        key = "goal.own_share" if goal.own_share is not None else "goal.maximise"
        cure = "Shares will rest on a prior; add the table market_sales."
        notes.warning(key, "a market whose rivals' sales are known", "no market_sales", cure)


def _field_force(scenario: Scenario, facts: MarketFacts, notes: Notes) -> None:
    force = scenario.field_force
    if force.capacity_factor != 1 and not facts.has_visits:
        found = f"{force.capacity_factor:g} without reps and visits"
        notes.error("field_force.capacity_factor", "a field force", found, "Add the table reps or visits.")
    if force.alignment == "balanced" and not facts.has_places:
        cure = "Add lon and lat to customers or bricks, or name a file."
        notes.error("field_force.alignment", "coordinates to balance by", "none", cure)
    if force.alignment != "current" and not facts.has_reps:
        found = f"{shown(force.alignment)} without a list of reps"
        notes.error("field_force.alignment", "reps to align", found, "Add the table reps, or write current.")
    if force.changes and not facts.has_reps:
        notes.error("field_force.change", "a list of reps to change", "none", "Add the table reps.")
        return
    last = _horizon(scenario, facts)[1]
    left = dict(facts.reps_by_territory)
    in_time = sorted(enumerate(force.changes, start=1), key=lambda each: each[1].start_week(facts.origin_week))
    for place, change in in_time:
        path = f"field_force.change[{place}]"
        if change.territory not in facts.territories:
            cure = meant(change.territory, facts.territories, "Territories")
            notes.error(f"{path}.territory", "a territory", repr(change.territory), cure)
            continue
        if change.start_week(facts.origin_week) >= last:
            found, cure = str(change.start), "Move it into the horizon or look further ahead."
            notes.error(f"{path}.from", f"a date before {monday(last)}, where the horizon ends", found, cure)
        _heads(path, change.territory, change.reps, left, notes)


def _heads(path: str, territory: str, reps: int, left: dict[str, int], notes: Notes) -> None:
    there = left.get(territory, 0)
    left[territory] = max(there + reps, 0)
    if there + reps < 0:
        cure = f"Let at most {there} leave." if there else "Nobody is there to leave."
        notes.error(f"{path}.reps", f"no fewer than {-there} in {territory} by then", str(reps), cure)
    elif reps < 0 and there + reps == 0:
        notes.warning(
            f"{path}.reps", f"somebody who stays in {territory}", str(reps), "Nobody visits there from then on."
        )


def _targeting(scenario: Scenario, facts: MarketFacts, notes: Notes) -> None:
    targeting = scenario.targeting
    named = {
        "unknown_share": targeting.unknown_share,
        "drop_small": targeting.drop_small,
        "frequency": targeting.frequency,
    }
    if not facts.has_visits:
        for key in (key for key, value in named.items() if value):
            notes.error(f"targeting.{key}", "reps who visit", "no reps and no visits", "Add the table reps or visits.")
    if targeting.unknown_share and not facts.has_unknown:
        found, cure = "none", "Add the table prospects, or leave the key out."
        notes.error("targeting.unknown_share", "customers who do not buy from us yet", found, cure)
    for key in ("unknown_rank", "known_rank"):
        rank = getattr(targeting, key)
        if rank in RANKS or rank in ranks(facts):
            continue
        if rank in facts.kinds:
            found, cure = f"{rank!r}, a category", "A category has no order: rank by a number or a flag."
        else:
            found, cure = repr(rank), meant(rank, (*RANKS, *ranks(facts)))
        notes.error(f"targeting.{key}", "a rank or a number or flag column of customers", found, cure)


def _channels(scenario: Scenario, facts: MarketFacts, notes: Notes) -> None:
    named = [(f"channels.factor.{name}", name) for name in scenario.channels.factor]
    for place, journey in enumerate(scenario.journeys, start=1):
        named += [
            (f"journey[{place}].steps[{k}].channel", step.channel) for k, step in enumerate(journey.steps, start=1)
        ]
        if not facts.has_visits and facts.channels[VISIT] in [step.channel for step in journey.steps]:
            cure = "Add the table reps or visits, or begin on another channel."
            notes.error(f"journey[{place}].steps", "reps who visit", "no reps and no visits", cure)
    for place, shock in enumerate(scenario.market.shocks, start=1):
        named += [(f"market.shock[{place}].channel_factor.{name}", name) for name in shock.channel_factor]
    for path, name in named:
        if name not in facts.channels:
            notes.error(path, "a channel", repr(name), meant(name, facts.channels, "Channels"))


def _brands(scenario: Scenario, facts: MarketFacts, notes: Notes) -> None:
    for place, promotion in enumerate(scenario.promotions, start=1):
        _brand(f"promotion[{place}].brand", promotion, facts, notes)
    for place, campaign in enumerate(scenario.competitor_campaigns, start=1):
        _brand(f"competitor_campaign[{place}].brand", campaign, facts, notes)


def _brand(path: str, row: Spell, facts: MarketFacts, notes: Notes) -> None:
    ours = isinstance(row, Promotion)
    right, wrong = (facts.own_brands, facts.rival_brands) if ours else (facts.rival_brands, facts.own_brands)
    brand, expected = str(getattr(row, "brand", "")), "a brand of ours" if ours else "a rival's brand"
    if brand in right:
        return
    if brand in wrong:
        whose, table = ("a rival's", "competitor_campaign") if ours else ("ours", "promotion")
        notes.error(path, expected, f"{brand!r}, which is {whose}", f"Move it to [[{table}]] or name another brand.")
        return
    notes.error(path, expected, repr(brand), meant(brand, right, "Brands"))


def _competitors(scenario: Scenario, facts: MarketFacts, notes: Notes) -> None:
    policy = scenario.competitors
    if facts.rival_brands and facts.has_market_sales:
        return
    found = "no rival in brands" if not facts.rival_brands else "no market_sales"
    named = {"reaction": policy.reaction != "learned", "learned_campaigns": not policy.learned_campaigns}
    for key in (key for key, changed in named.items() if changed):
        cure = "Nothing is learned of rivals: this changes little or nothing."
        notes.warning(f"competitors.{key}", "rivals whose sales are known", found, cure)
    if facts.rival_brands and scenario.competitor_campaigns:
        cure = "The strength of an average campaign rests on a prior."
        notes.warning("competitor_campaign", "rivals whose sales are known", found, cure)


def _horizon(scenario: Scenario, facts: MarketFacts) -> tuple[int, int]:
    return facts.origin_week, facts.origin_week + (scenario.horizon_weeks or facts.horizon_weeks)


def _dates(path: str, spell: Spell, scenario: Scenario, facts: MarketFacts, notes: Notes) -> None:
    first, last = _horizon(scenario, facts)
    expected = f"weeks between {monday(first)} and {monday(last)}, the horizon"
    if spell.stop_week <= first or spell.start_week >= last:
        found = f"{spell.start}, {spell.weeks} weeks"
        notes.error(f"{path}.from", expected, found, "It would change nothing: move it, or look further ahead.")
    elif spell.start_week < first or spell.stop_week > last:
        found = f"{spell.start}, {spell.weeks} weeks"
        notes.warning(f"{path}.from", expected, found, "Only the weeks inside count.")


def _condition(path: str, where: str, facts: MarketFacts, notes: Notes) -> None:
    try:
        condition = parse(where)
    except ConditionError as error:
        notes.errors.append(error.problem(notes.file, path))
        return
    unsuited = faults(condition, facts.kinds)
    notes.errors.extend(error.problem(notes.file, path) for error in unsuited)
    if unsuited or _strange_labels(path, condition, facts, notes):
        return
    if names(condition) <= set(facts.columns) and not _anybody(condition, facts.columns):
        cure = "The rule has no effect: check the values."
        notes.warning(path, "customers for whom it holds", "none", cure)


def _strange_labels(path: str, condition: Condition, facts: MarketFacts, notes: Notes) -> bool:
    """Note texts that no customer has; whether there were any."""
    strange = False
    for test in each_test(condition):
        if not isinstance(test, Comparison | Membership):
            continue
        labels = set(facts.segments.get(test.column, ()))
        if test.column in facts.columns:
            labels |= set(map(str, np.asarray(facts.columns[test.column]).tolist()))
        for value in values(test):
            if labels and isinstance(value, str) and value not in labels:
                strange = True
                cure = meant(value, labels, "Values")
                notes.warning(path, f"a value of {test.column}", f"{shown(value)}, which no customer has", cure)
    return strange


def _anybody(condition: Condition, columns: Mapping[str, np.ndarray]) -> bool:
    n = len(next(iter(columns.values()), ()))
    return n == 0 or bool(evaluate(condition, columns, n).any())
