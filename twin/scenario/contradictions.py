"""Contradictions: where a scenario does not agree with itself, whatever the market.

Errors: a journey step that waits for an outcome which its channel, or its silo, cannot know; a first step that waits;
a contact on a channel that is switched off; visits wished where nobody visits. Warnings: keys that have no effect
beside another; rules never reached; spells of the same kind that overlap. Not contradictions, and allowed:
``learned_campaigns = false`` beside campaigns of the scenario or any ``reaction``, reps who join while capacity falls,
a target beside another thing to maximise. Knows no market, see :mod:`twin.scenario.check`.
"""

from __future__ import annotations

from collections.abc import Sequence

from twin.market.channels import STANDARD, VISIT
from twin.scenario.condition import Constant, parse
from twin.scenario.events import CompetitorCampaign, Promotion, Shock
from twin.scenario.findings import Notes
from twin.scenario.scenario import Frequency, Journey, Scenario, Targeting

_UNOPENED = (STANDARD[VISIT], "phone")
"""Channels on which there is nothing to open."""


def contradictions(scenario: Scenario, notes: Notes) -> None:
    """Note every contradiction within a scenario."""
    _visits_without_visitors(scenario, notes)
    _targeting(scenario.targeting, notes)
    _unreached("targeting.frequency", scenario.targeting.frequency, notes)
    for place, journey in enumerate(scenario.journeys, start=1):
        _journey(f"journey[{place}]", journey, scenario, notes)
    _unreached("journey", scenario.journeys, notes)
    _overlaps("promotion", scenario.promotions, notes)
    _overlaps("competitor_campaign", scenario.competitor_campaigns, notes)
    _shocks(scenario.market.shocks, notes)
    for place, change in enumerate(scenario.field_force.changes, start=1):
        if change.reps == 0:
            notes.warning(f"field_force.change[{place}].reps", "reps who join or leave", "0", "This changes nothing.")


def for_everyone(where: str | None) -> bool:
    """Whether a condition holds for every customer, whoever they are."""
    return where is None or parse(where) == Constant(True)


def _visits_without_visitors(scenario: Scenario, notes: Notes) -> None:
    if scenario.field_force.capacity_factor == 0:
        reason = "field_force.capacity_factor = 0"
    elif scenario.channels.factor.get(STANDARD[VISIT]) == 0:
        reason = f"channels.factor.{STANDARD[VISIT]} = 0"
    else:
        return
    cure = f"Raise {reason.split(' ')[0]} or leave this key out."
    if scenario.targeting.unknown_share:
        found = f"{scenario.targeting.unknown_share:g} beside {reason}"
        notes.error("targeting.unknown_share", "face-to-face capacity to spend", found, cure)
    for place, rule in enumerate(scenario.targeting.frequency, start=1):
        if rule.visits_per_month > 0:
            found = f"{rule.visits_per_month:g} beside {reason}"
            notes.error(f"targeting.frequency[{place}].visits_per_month", "reps who visit", found, cure)


def _targeting(targeting: Targeting, notes: Notes) -> None:
    if targeting.unknown_share == 0 and targeting.unknown_rank != "as_history":
        found = f"{targeting.unknown_rank!r} beside unknown_share = 0"
        notes.warning("targeting.unknown_rank", "unknown customers to visit", found, "The rank has no effect.")
    spent = "unknown_share = 1" if targeting.unknown_share == 1 else "drop_small = 1"
    if targeting.unknown_share != 1 and targeting.drop_small != 1:
        spent = ""
    if spent and targeting.known_rank != "as_history":
        found = f"{targeting.known_rank!r} beside {spent}"
        notes.warning("targeting.known_rank", "known customers to visit", found, "The rank has no effect.")
    for place, rule in enumerate(targeting.frequency, start=1):
        if targeting.drop_small > 0 and rule.visits_per_month > 0 and for_everyone(rule.where):
            found = f"a wish for everyone beside drop_small = {targeting.drop_small:g}"
            cure = "Dropped customers get no visit all the same; leave one of the two out if that is not meant."
            notes.warning(f"targeting.frequency[{place}]", "customers who may be visited", found, cure)


def _journey(path: str, journey: Journey, scenario: Scenario, notes: Notes) -> None:
    before = None
    for place, step in enumerate(journey.steps, start=1):
        key, waits = f"{path}.steps[{place}]", step.waits_for
        if waits and before is None:
            notes.error(f"{key}.when", "nothing on a first step", repr(waits), "Nothing came before it: take it out.")
        elif waits in ("opened", "not_opened") and before in _UNOPENED:
            found, cure = f"{waits!r} after {before}", "There is nothing to open: write order or no_order."
            notes.error(f"{key}.when", "an outcome of the step before", found, cure)
        if waits and before not in (None, step.channel) and scenario.channels.mode == "multichannel":
            found = f"{waits!r} of {before}, beside channels.mode = 'multichannel'"
            cure = "Silos do not see one another: take when out, or choose omnichannel."
            notes.error(f"{key}.when", "an outcome that the channel can know", found, cure)
        if scenario.channels.factor.get(step.channel) == 0:
            found = f"{step.channel!r} beside channels.factor.{step.channel} = 0"
            notes.error(f"{key}.channel", "a channel that is in use", found, "Raise the factor or take the step out.")
        before = step.channel


def _unreached(path: str, rules: Sequence[Frequency | Journey], notes: Notes) -> None:
    seen: dict[str | None, int] = {}
    for place, rule in enumerate(rules, start=1):
        first = seen.get(None, seen.get(rule.where))
        if first is not None:
            cure = "The first that holds is followed: put the narrower one first, or take one out."
            notes.warning(f"{path}[{place}]", "customers of its own", f"only those of {path}[{first}]", cure)
        seen.setdefault(None if for_everyone(rule.where) else rule.where, place)


def _overlaps(path: str, spells: Sequence[Promotion | CompetitorCampaign], notes: Notes) -> None:
    for late, spell in enumerate(spells, start=1):
        if spell.strength == 0:
            notes.warning(f"{path}[{late}].strength", "a strength other than 0", "0", "This changes nothing.")
        for early, other in enumerate(spells[: late - 1], start=1):
            if spell.brand == other.brand and _meet(spell, other):
                found = f"{spell.brand} from {spell.start} while {path}[{early}] lasts"
                notes.warning(
                    f"{path}[{late}]", "one at a time", found, "Their strengths add up; merge them if not meant."
                )


def _shocks(shocks: Sequence[Shock], notes: Notes) -> None:
    for late, shock in enumerate(shocks, start=1):
        for early, other in enumerate(shocks[: late - 1], start=1):
            if not _meet(shock, other):
                continue
            same = sorted(set(shock.channel_factor) & set(other.channel_factor))
            keys = [f"channel_factor.{name}" for name in same]
            if shock.demand_factor != 1 and other.demand_factor != 1:
                keys.insert(0, "demand_factor")
            for key in keys:
                found = f"two, from market.shock[{early}] as well"
                cure = "Where they overlap they multiply; merge the shocks if that is not meant."
                notes.warning(f"market.shock[{late}].{key}", "one factor at a time", found, cure)


def _meet(one: Promotion | CompetitorCampaign | Shock, other: Promotion | CompetitorCampaign | Shock) -> bool:
    return one.start_week < other.stop_week and other.start_week < one.stop_week
