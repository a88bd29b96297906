"""Scenarios against their market and against themselves."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.scenario.check import check_against
from twin.scenario.facts import MarketFacts
from twin.scenario.files import loads
from twin.scenario.scenario import BASELINE

FACTS = MarketFacts(
    origin=dt.date(2026, 1, 5),
    territories=("T1", "T2", "Çankırı"),
    own_brands=("Ours", "Bizim"),
    rival_brands=("Rival A", "Rival B"),
    channels=("visit", "phone", "email", "whatsapp"),
    attributes={"outlet_type": "category", "size_class": "number", "chain": "flag"},
    segments={"segment": ("loyal", "pioneer")},
    reps_by_territory={"T1": 2, "T2": 1},
)
COLUMNS = {
    "outlet_type": np.array(["market", "kiosk", None], dtype=object),
    "size_class": np.array([1.0, 2.0, np.nan]),
    "chain": np.array([True, False, False]),
}


def check(text, facts=FACTS):
    return check_against(loads('name = "x"\n' + text), facts, "plan.toml")


def errors(text, facts=FACTS):
    return {problem.where: problem for problem in check(text, facts).errors}


def warnings(text, facts=FACTS):
    found = check(text, facts)
    assert found.errors == ()
    return {problem.where: problem for problem in found.warnings}


def campaign(table="competitor_campaign", brand="Rival A", start="2026-05-04", weeks=6, more=""):
    return f'[[{table}]]\nbrand = "{brand}"\nfrom = {start}\nweeks = {weeks}\n{more}\n'


def steps(*rows, where=""):
    return f"[[journey]]\n{where}\nsteps = [{', '.join(rows)}]\n"


def shock(more, start="2026-03-16", weeks=10):
    return f"[[market.shock]]\nfrom = {start}\nweeks = {weeks}\n{more}\n"


def frequency(where=""):
    return f"[[targeting.frequency]]\n{where}\nvisits_per_month = 2\n"


def test_the_baseline_and_a_sound_strategy_have_no_findings():
    assert check_against(BASELINE, FACTS) == ((), ())
    text = "[targeting]\nunknown_share = 0.3\nunknown_rank = 'size_class'\n" + frequency(
        "where = \"segment = 'loyal'\""
    )
    assert check(text + campaign() + campaign("promotion", "Bizim")) == ((), ())


@pytest.mark.parametrize(
    ("text", "where", "cure"),
    [
        ('[[field_force.change]]\nterritory="T1 "\nreps=1\n[[field_force.change]]\nterritory="Cankiri"\nreps=1',
         "field_force.change[2].territory", "Çankırı"),
        (campaign(brand="RIVAL a"), "competitor_campaign[1].brand", "'Rival A'"),
        (campaign("promotion", "ours"), "promotion[1].brand", "'Ours'"),
        (campaign("promotion", "Rival A"), "promotion[1].brand", "[[competitor_campaign]]"),
        (campaign(brand="Ours"), "competitor_campaign[1].brand", "[[promotion]]"),
        ("[channels.factor]\nmail = 2", "channels.factor.mail", "'email'"),
        (shock("channel_factor = {visits = 0.5}"), "market.shock[1].channel_factor.visits", "'visit'"),
        (steps('{channel = "watsapp"}'), "journey[1].steps[1].channel", "'whatsapp'"),
        ('[targeting]\nknown_rank = "potental"', "targeting.known_rank", "'potential'"),
        ('[targeting]\nunknown_rank = "sizeclass"', "targeting.unknown_rank", "'size_class'"),
        ('[targeting]\nunknown_rank = "outlet_type"', "targeting.unknown_rank", "no order"),
        (frequency("where = \"outlettype = 'market'\""), "targeting.frequency[1].where", "'outlet_type'"),
        (frequency("where = \"outlet_type > 'market'\""), "targeting.frequency[1].where", "in (...)"),
        (steps('{channel = "visit"}', where='where = "size = 3"'), "journey[1].where", "size_class"),
    ],
)  # fmt: skip
def test_what_the_market_does_not_have_is_named_with_the_nearest(text, where, cure):
    assert set(errors(text)) == {where}
    assert cure in errors(text)[where].cure


@pytest.mark.parametrize("start", ["2025-11-30", "2027-01-04"])
def test_an_event_wholly_outside_the_horizon_is_refused(start):
    assert set(errors(campaign(start=start))) == {"competitor_campaign[1].from"}


@pytest.mark.parametrize("start", ["2025-12-01", "2026-12-30"])
def test_an_event_partly_outside_the_horizon_is_a_warning(start):
    assert set(warnings(campaign(start=start))) == {"competitor_campaign[1].from"}


def test_the_horizon_of_the_scenario_counts_before_that_of_the_market():
    assert set(errors("[horizon]\nweeks = 10\n" + campaign())) == {"competitor_campaign[1].from"}
    assert check("[horizon]\nweeks = 60\n" + campaign(start="2027-01-04")) == ((), ())


def change(territory, reps, start=""):
    return f'[[field_force.change]]\nterritory = "{territory}"\nreps = {reps}\n{start}\n'


def test_no_more_reps_leave_than_are_there_by_then():
    assert set(errors(change("T1", -3))) == {"field_force.change[1].reps"}
    assert set(errors(change("Çankırı", -1))) == {"field_force.change[1].reps"}
    assert check(change("T1", -3, "from = 2026-06-01") + change("T1", 2, "from = 2026-05-04")) == ((), ())
    late = change("T1", -3, "from = 2026-06-01") + change("T1", 2, "from = 2026-07-06")
    assert set(errors(late)) == {"field_force.change[1].reps"}
    assert set(warnings(change("T2", -1))) == {"field_force.change[1].reps"}


def test_reps_who_join_after_the_horizon_are_refused():
    assert set(errors(change("T1", 1, "from = 2027-01-04"))) == {"field_force.change[1].from"}
    assert check(change("T1", 1, "from = 2025-01-06")) == ((), ())


def test_what_the_data_do_not_have_cannot_be_asked_for():
    nobody = replace(FACTS, has_reps=False, has_visits=False)
    wishes = "[targeting]\nunknown_share = 0.3\ndrop_small = 0.1\n" + frequency()
    assert set(errors(wishes, nobody)) == {"targeting.unknown_share", "targeting.drop_small", "targeting.frequency"}
    assert set(errors(steps('{channel = "visit"}'), nobody)) == {"journey[1].steps"}
    assert set(errors("[field_force]\ncapacity_factor = 1.1", nobody)) == {"field_force.capacity_factor"}
    unlisted = replace(FACTS, has_reps=False)
    assert set(errors(change("T1", 1), unlisted)) == {"field_force.change"}
    assert check("[field_force]\ncapacity_factor = 1.1", unlisted) == ((), ())
    all_known = replace(FACTS, has_unknown=False)
    assert set(errors("[targeting]\nunknown_share = 0.3", all_known)) == {"targeting.unknown_share"}
    assert check("[targeting]\nunknown_share = 0.0", all_known) == ((), ())
    balanced = '[field_force]\nalignment = "balanced"'
    assert set(errors(balanced, replace(FACTS, has_places=False))) == {"field_force.alignment"}
    assert set(errors('[goal]\nmaximise = "own_value"', replace(FACTS, has_prices=False))) == {"goal.maximise"}


def test_without_market_sales_shares_and_rivals_rest_on_priors():
    blind = replace(FACTS, has_market_sales=False)
    text = '[goal]\nown_share = 0.2\n[competitors]\nreaction = "retaliate"\nlearned_campaigns = false\n' + campaign()
    found = {"goal.own_share", "competitors.reaction", "competitors.learned_campaigns", "competitor_campaign"}
    assert set(warnings(text, blind)) == found
    assert check(text) == ((), ())


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[channels]\nmode = "multichannel"\n' + steps('{channel = "visit"}', '{channel = "email", when = "order"}'),
         "journey[1].steps[2].when"),
        (steps('{channel = "email", when = "opened"}'), "journey[1].steps[1].when"),
        (steps('{channel = "visit"}', '{channel = "email", when = "opened"}'), "journey[1].steps[2].when"),
        (steps('{channel = "phone"}', '{channel = "email", when = "not_opened"}'), "journey[1].steps[2].when"),
        ("[channels.factor]\nemail = 0\n" + steps('{channel = "email"}'), "journey[1].steps[1].channel"),
        ("[field_force]\ncapacity_factor = 0\n[targeting]\nunknown_share = 0.1", "targeting.unknown_share"),
        ("[channels.factor]\nvisit = 0\n" + frequency(), "targeting.frequency[1].visits_per_month"),
    ],
)  # fmt: skip
def test_a_strategy_that_contradicts_itself_is_refused(text, where):
    assert set(errors(text)) == {where}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[targeting]\ndrop_small = 0.2\n" + frequency(), "targeting.frequency[1]"),
        ("[targeting]\ndrop_small = 0.2\n" + frequency('where = "true"'), "targeting.frequency[1]"),
        ('[targeting]\nunknown_share = 0\nunknown_rank = "potential"', "targeting.unknown_rank"),
        ('[targeting]\nunknown_share = 1\nknown_rank = "potential"', "targeting.known_rank"),
        (frequency() + frequency('where = "chain"'), "targeting.frequency[2]"),
        (frequency('where = "chain"') * 2, "targeting.frequency[2]"),
        (steps('{channel = "visit"}') + steps('{channel = "email"}', where='where = "chain"'), "journey[2]"),
        (shock("demand_factor = 0.7") + shock("demand_factor = 0.9", "2026-05-18"), "market.shock[2].demand_factor"),
        (shock("channel_factor = {visit = 0.2}") * 2, "market.shock[2].channel_factor.visit"),
        (campaign() + campaign(start="2026-06-08"), "competitor_campaign[2]"),
        (campaign("promotion", "Ours") * 2, "promotion[2]"),
        (campaign(more="strength = 0"), "competitor_campaign[1].strength"),
        (change("T1", 0), "field_force.change[1].reps"),
    ],
)
def test_what_may_surprise_is_a_warning(text, where):
    assert set(warnings(text)) == {where}


@pytest.mark.parametrize(
    "text",
    [
        '[competitors]\nlearned_campaigns = false\nreaction = "learned"\n' + campaign(),
        "[field_force]\ncapacity_factor = 0.9\n" + change("T1", 1),
        '[goal]\nmaximise = "contribution"\nown_share = 0.3',
        "[targeting]\ndrop_small = 0.2\n" + frequency('where = "chain"'),
        frequency('where = "chain"') + frequency(),
        shock("demand_factor = 0.7") + shock("demand_factor = 0.9", "2026-05-25"),
        shock("demand_factor = 0.7") + shock("channel_factor = {visit = 0.2}"),
        campaign() + campaign(brand="Rival B"),
        campaign() + campaign(start="2026-06-15"),
        '[channels]\nmode = "multichannel"\n' + steps('{channel = "visit"}', '{channel = "email", after_days = 3}'),
        steps('{channel = "visit"}', '{channel = "email", when = "no_order"}', '{channel = "phone", when = "opened"}'),
        '[channels]\nmode = "multichannel"\n'
        + steps('{channel = "email"}', '{channel = "email", when = "not_opened"}'),
        steps('{channel = "visit", when = "always"}', '{channel = "email", when = "always"}'),
    ],
)
def test_what_does_not_contradict_is_left_alone(text):
    assert check(text) == ((), ())


def test_a_condition_is_tried_out_where_the_columns_are_at_hand():
    facts = replace(FACTS, columns=COLUMNS)
    assert warnings(frequency('where = "size_class > 7"'), facts)["targeting.frequency[1].where"].found == "none"
    strange = warnings(frequency("where = \"outlet_type in ('markt', 'kiosk')\""), facts)
    assert "'market'" in strange["targeting.frequency[1].where"].cure
    assert "'loyal'" in warnings(frequency("where = \"segment = 'loyl'\""))["targeting.frequency[1].where"].cure
    assert check(frequency('where = "size_class > 1"'), facts) == ((), ())
    assert check(frequency("where = \"segment = 'loyal'\""), facts) == ((), ())


def test_errors_are_raised_together_and_warnings_never():
    findings = check(campaign(brand="Nobody") + campaign("promotion", "Nobody") + campaign(start="2026-12-30"))
    with pytest.raises(ScenarioError) as caught:
        findings.raise_errors()
    assert len(caught.value.problems) == 2
    assert all(problem.file == "plan.toml" for problem in caught.value.problems)
    check(campaign(start="2026-12-30")).raise_errors()
