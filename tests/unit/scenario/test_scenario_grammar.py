"""The grammar: what it reads, what it refuses, and that nothing is lost on the way out and in."""

import datetime as dt
import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import ScenarioError
from twin.scenario import scenario as nouns
from twin.scenario.files import loads, to_toml
from twin.scenario.grammar import dump, parse
from twin.scenario.keys import PATHS, tables
from twin.scenario.scenario import BASELINE, ChannelPolicy, Scenario, Targeting
from twin.scenario.tables import Rows

EVERYTHING = """
name = "Karanlık yarıyı aydınlat"
note = "İstanbul'da ş, ğ, ı, İ"
[horizon]
weeks = 26
[goal]
maximise = "own_share"
own_share = 0.24
[field_force]
capacity_factor = 1.2
alignment = "balanced"
[[field_force.change]]
territory = "Çankırı"
reps = -1
from = 2026-03-02
[targeting]
unknown_share = 0.30
unknown_rank = "potential"
known_rank = "size_class"
drop_small = 0.1
[[targeting.frequency]]
where = "outlet_type = 'market'"
visits_per_month = 2
[channels]
mode = "omnichannel"
factor = {email = 1.5, "görüntülü görüşme" = 2}
[[journey]]
name = "rep opens"
where = "digital_affinity > 0.6"
steps = [{channel = "visit"}, {channel = "email", after_days = 4, when = "no_order", times = 2}]
[[promotion]]
brand = "Ours"
from = "2026-09-07"
weeks = 3
strength = 2
[[competitor_campaign]]
brand = "Rakip Ç"
from = 2026-05-04
weeks = 6
strength = -1.5
[competitors]
learned_campaigns = false
reaction = "retaliate"
[market]
demand_factor = 0.9
[[market.shock]]
from = 2026-03-16
weeks = 10
demand_factor = 0.7
channel_factor = {visit = 0.2}
"""


def problems(document):
    with pytest.raises(ScenarioError) as caught:
        parse(document, "plan.toml")
    return {problem.where: problem for problem in caught.value.problems}


def only_problem(text):
    with pytest.raises(ScenarioError) as caught:
        loads('name = "x"\n' + text, "plan.toml")
    assert len(caught.value.problems) == 1, caught.value
    return caught.value.problems[0]


def test_a_name_alone_changes_nothing():
    scenario = parse({"name": "x"})
    assert scenario == Scenario(name="x")
    assert scenario.changes_nothing
    assert dump(scenario) == {"name": "x"}
    assert BASELINE.changes_nothing


def test_goal_note_and_horizon_leave_the_market_alone_and_anything_else_does_not():
    assert loads('name="x"\nnote="y"\n[horizon]\nweeks=3\n[goal]\nown_share=0.2').changes_nothing
    assert not loads('name="x"\n[targeting]\nunknown_share=0.0').changes_nothing
    assert not loads('name="x"\n[channels]\nmode="omnichannel"').changes_nothing


def test_every_key_of_the_grammar_is_read():
    scenario = loads(EVERYTHING)
    assert scenario.horizon_weeks == 26
    assert scenario.field_force.changes == (nouns.RepChange("Çankırı", -1, dt.date(2026, 3, 2)),)
    assert scenario.targeting.frequency == (nouns.Frequency(2.0, "outlet_type = 'market'"),)
    assert scenario.channels == ChannelPolicy("omnichannel", {"email": 1.5, "görüntülü görüşme": 2.0})
    assert scenario.journeys[0].steps[1] == nouns.Step("email", 4, "no_order", 2)
    assert scenario.promotions == (nouns.Promotion("Ours", dt.date(2026, 9, 7), 3, 2.0),)
    assert scenario.competitor_campaigns[0].strength == -1.5
    assert scenario.competitors == nouns.CompetitorPolicy(False, "retaliate")
    assert scenario.market.shocks[0].channel_factor == {"visit": 0.2}
    assert _paths(dump(scenario)) == set(PATHS)


def _paths(document, path=""):
    found = set()
    for name, value in document.items():
        place = f"{path}.{name}".lstrip(".")
        if place.endswith("factor.email") or place.startswith(("channels.factor.", "market.shock.channel_factor.")):
            continue
        found.add(place)
        for row in value if isinstance(value, list) else [value]:
            found |= _paths(row, place) if isinstance(row, dict) else set()
    return found


def test_what_goes_out_comes_in_again():
    scenario = loads(EVERYTHING)
    assert parse(dump(scenario)) == scenario
    assert loads(to_toml(scenario)) == scenario
    assert to_toml(loads(to_toml(scenario))) == to_toml(scenario)


LABELS = st.text(
    # a word that mixes alphabets is refused, see the case of its own
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
    min_size=1,
    max_size=12,
)
LABELS = LABELS.map(lambda text: unicodedata.normalize("NFC", text).strip()).filter(bool)
LABELS = LABELS.filter(lambda text: not _mixes(text))


def _mixes(text: str) -> bool:
    """Whether letters of several of the alphabets that look alike stand in it."""
    names = {unicodedata.name(letter, "").split(" ")[0] for letter in text}
    return len(names & {"LATIN", "GREEK", "CYRILLIC"}) > 1


DAYS = st.dates(dt.date(1971, 1, 1), dt.date(2199, 1, 1))
FACTORS = st.floats(0, 100)
CHANNELS = st.dictionaries(LABELS, FACTORS, max_size=3)
STEPS = st.builds(nouns.Step, LABELS, st.integers(0, 365), st.sampled_from([None, *nouns.OUTCOMES]), st.integers(1, 52))
WHERES = st.sampled_from([None, "chain", "şehir = 'Iğdır'", "not (size_class >= 3)"])
SPELLS = (LABELS, DAYS, st.integers(1, 520), st.floats(-5, 5))


def several(rows):
    return st.lists(rows, max_size=2).map(tuple)


SCENARIOS = st.builds(
    Scenario,
    name=LABELS.map(lambda name: f"n {name}"),
    note=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20) | st.just('a "b"\n\\ ç'),
    horizon_weeks=st.none() | st.integers(1, 520),
    goal=st.builds(nouns.Goal, st.sampled_from(nouns.GOALS), st.none() | st.floats(0, 1)),
    field_force=st.builds(
        nouns.FieldForce,
        FACTORS,
        LABELS,
        several(st.builds(nouns.RepChange, LABELS, st.integers(-1000, 1000), st.none() | DAYS)),
    ),
    targeting=st.builds(
        Targeting,
        st.none() | st.floats(0, 1),
        LABELS,
        LABELS,
        st.floats(0, 1),
        several(st.builds(nouns.Frequency, st.floats(0, 31), WHERES)),
    ),
    channels=st.builds(ChannelPolicy, st.sampled_from([None, *nouns.MODES]), CHANNELS),
    journeys=several(st.builds(nouns.Journey, st.lists(STEPS, min_size=1, max_size=3).map(tuple), LABELS, WHERES)),
    promotions=several(st.builds(nouns.Promotion, *SPELLS)),
    competitor_campaigns=several(st.builds(nouns.CompetitorCampaign, *SPELLS)),
    competitors=st.builds(nouns.CompetitorPolicy, st.booleans(), st.sampled_from(nouns.REACTIONS)),
    market=st.builds(
        nouns.MarketEvents, FACTORS, several(st.builds(nouns.Shock, DAYS, st.integers(1, 520), FACTORS, CHANNELS))
    ),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SCENARIOS)
def test_any_scenario_survives_the_way_through_a_file(scenario):
    assert parse(dump(scenario)) == scenario
    assert loads(to_toml(scenario)) == scenario


def _misspelt():
    for path, table in tables():
        for key in table.keys:
            yield path, key.name


@pytest.mark.parametrize(("path", "name"), list(_misspelt()))
def test_a_misspelt_key_is_answered_with_the_nearest_one(path, name):
    wrong = name[:-1] + name[-1] + "x"
    document = {"name": "x"}
    inner, here = document, ""
    rows = {place for place, kind in _row_tables()}
    for part in path.split(".") if path else []:
        here = f"{here}.{part}".lstrip(".")
        following = {}
        inner[part] = [following] if here in rows else following
        inner = following
    inner[wrong] = 1
    found = problems(document)
    at = next(where for where in found if where.endswith(wrong))
    assert f"nearest known key is {name};" in found[at].cure
    assert wrong in found[at].found


def _row_tables():
    for path, table in tables():
        for key in table.keys:
            if isinstance(key.kind, Rows):
                yield f"{path}.{key.name}".lstrip("."), key.kind


def test_a_key_in_the_wrong_table_is_sent_to_the_right_one():
    found = problems({"name": "x", "unknown_share": 0.3})["unknown_share"]
    assert "targeting.unknown_share" in found.cure


def test_an_unknown_key_like_no_other_still_names_one():
    assert "The nearest known key is" in problems({"name": "x", "zzz": 1})["zzz"].cure


def test_all_problems_of_a_file_come_at_once():
    found = problems(
        {
            "note": 3,
            "targeting": {"unknown_share": 1.5, "drop": 0.1},
            "promotion": [{"brand": "Ours", "from": "02.03.2026", "weeks": 2}, {"brand": "Ours", "weeks": 0}],
        }
    )
    assert set(found) == {
        "name",
        "note",
        "targeting.unknown_share",
        "targeting.drop",
        "promotion[1].from",
        "promotion[2].from",
        "promotion[2].weeks",
    }
    assert "2026-03-02" in found["promotion[1].from"].cure
    assert all(problem.file == "plan.toml" for problem in found.values())


@pytest.mark.parametrize("value", [True, "0.3", math.nan, math.inf, -math.inf, -0.1, 1.0001, 10**400, [], {}, None])
def test_what_is_no_share_is_refused(value):
    assert set(problems({"name": "x", "targeting": {"unknown_share": value}})) == {"targeting.unknown_share"}


@pytest.mark.parametrize("value", [0, 521, 1.0, True, "4", math.nan])
def test_what_is_no_number_of_weeks_is_refused(value):
    assert set(problems({"name": "x", "horizon": {"weeks": value}})) == {"horizon.weeks"}


@pytest.mark.parametrize(
    "value", ["2026-02-30", "2026-W10-1", "20260302", "", 20260302, dt.datetime(2026, 3, 2), dt.date(1, 1, 1), True]
)
def test_what_is_no_date_is_refused(value):
    row = {"brand": "Ours", "weeks": 1, "from": value}
    assert set(problems({"name": "x", "promotion": [row]})) == {"promotion[1].from"}


@pytest.mark.parametrize(
    ("text", "where", "cure"),
    [
        ('[competitors]\nreaction = "retaliat"', "competitors.reaction", "'retaliate'"),
        ('[channels]\nmode = "omni-channel"', "channels.mode", "'omnichannel'"),
        ("[competitors]\nlearned_campaigns = 0", "competitors.learned_campaigns", "true or false"),
        ("[channels.factor]\nemail = -1", "channels.factor.email", "0 to 100"),
        ("[promotion]\nweeks = 1", "promotion", "[[promotion]]"),
        ("targeting = 1", "targeting", "[targeting]"),
        ("[[journey]]\nsteps = []", "journey[1].steps", "entries"),
        ("[[targeting.frequency]]\nwhere = 'a ='\nvisits_per_month = 1", "targeting.frequency[1].where", "number"),
        ("[[targeting.frequency]]\nwhere = 'a = 1'", "targeting.frequency[1].visits_per_month", "visits_per_month"),
    ],
)
def test_a_fault_is_named_at_its_key_with_a_cure(text, where, cure):
    problem = only_problem(text)
    assert problem.where == where
    assert cure in problem.cure


@pytest.mark.parametrize(
    "name", ["baseline", "Baseline", "BASELİNE", " baseline ", "", "  ", "a\nb", "a\x00", "x" * 121, "a\u202eb", 3]
)
def test_a_name_that_is_no_label_is_refused(name):
    assert set(problems({"name": name})) == {"name"}


def test_a_name_is_a_label_never_a_path():
    assert parse({"name": "../../etc/Iğdır: %50"}).name == "../../etc/Iğdır: %50"


@pytest.mark.parametrize("document", [None, [], 3, "name"])
def test_what_is_no_table_is_refused(document):
    assert problems(document)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Scenario(name=""),
        lambda: Scenario(name="x", journeys=[]),
        lambda: nouns.Journey(steps=()),
        lambda: nouns.Promotion("Ours", dt.datetime(2026, 1, 5), 1),
        lambda: nouns.Shock(dt.date(2026, 1, 5), 0),
        lambda: ChannelPolicy(mode="silos"),
    ],
)
def test_a_programming_fault_is_a_value_error(make):
    with pytest.raises(ValueError, match="expected"):
        make()


def test_a_spell_counts_from_the_monday_of_its_first_week():
    wednesday = nouns.Promotion("Ours", dt.date(2026, 1, 7), 2)
    monday = nouns.Promotion("Ours", dt.date(2026, 1, 5), 2)
    assert (wednesday.start_week, wednesday.stop_week) == (monday.start_week, monday.stop_week)
    assert monday.stop == dt.date(2026, 1, 19)


def test_scenarios_do_not_share_what_can_change():
    one, other = Scenario(name="a"), Scenario(name="b")
    one.channels.factor["email"] = 9.0
    assert other.changes_nothing
    assert len({one, other}) == 2
