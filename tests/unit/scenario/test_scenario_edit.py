"""Editing a scenario's text: it says what it shall, and keeps comments, order and spelling where nothing changed."""

import copy
import datetime as dt
import tomllib
from dataclasses import MISSING
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.scenario.edit import edited
from twin.scenario.files import loads, to_toml
from twin.scenario.grammar import dump, parse
from twin.scenario.keys import GRAMMAR
from twin.scenario.kinds import Choice, Day, Factors, Named, Number, Switch, Text, Where
from twin.scenario.tables import Rows, Table

SHIPPED = sorted((Path(__file__).resolve().parents[3] / "scenarios").glob("*.toml"))
WORDS = st.text("abcçğıİöşüXYZ 019'\"\\#[]=", min_size=1, max_size=12).map(str.strip).filter(bool)


def values(kind):
    """Strategy of what a kind of value may be, from the grammar's own table."""
    if isinstance(kind, Rows):
        return st.lists(documents(kind.table), min_size=max(kind.at_least, 0), max_size=3)
    if isinstance(kind, Table):
        return documents(kind)
    if isinstance(kind, Number):
        whole = st.integers(int(kind.low), int(kind.high))
        return whole if kind.whole else st.one_of(whole.map(float), st.floats(kind.low, kind.high, width=32))
    if isinstance(kind, Switch):
        return st.booleans()
    if isinstance(kind, Choice):
        return st.sampled_from(kind.allowed)
    if isinstance(kind, Day):
        return st.dates(dt.date(2024, 1, 1), dt.date(2030, 1, 1))
    if isinstance(kind, Where):
        return st.sampled_from(["known", "a > 1", "b in ('x', 'ş') and not c = 'y'"])
    if isinstance(kind, Factors):
        return st.dictionaries(WORDS, values(kind.number), max_size=3)
    if isinstance(kind, Named):
        return st.one_of(st.sampled_from(kind.allowed), WORDS)
    assert isinstance(kind, Text)
    lines = st.lists(WORDS, min_size=1, max_size=3).map("\n".join)
    return lines if kind.prose else WORDS


def documents(table):
    """Strategy of sound documents of a table."""
    required = {key.name: values(key.kind) for key in table.keys if table.default(key) is MISSING}
    optional = {k.name: values(k.kind) for k in table.keys if k.name not in required}
    return st.fixed_dictionaries(required, optional=optional)


SCENARIOS = documents(GRAMMAR).map(lambda document: parse({**document, "name": "N " + document.get("name", "x")}))


@given(SCENARIOS)
@settings(max_examples=60, deadline=None)
def test_every_sound_scenario_is_the_same_after_it_was_written(scenario):
    assert loads(to_toml(scenario)) == scenario
    assert loads(edited("", dump(scenario))) == scenario


@given(SCENARIOS, SCENARIOS)
@settings(max_examples=80, deadline=None)
def test_any_text_can_be_made_to_say_anything(before, after):
    assert tomllib.loads(edited(to_toml(before), dump(after))) == dump(after)


@given(SCENARIOS)
@settings(max_examples=40, deadline=None)
def test_what_says_so_already_stays_letter_by_letter(scenario):
    text = "# mine\n" + to_toml(scenario) + "\n\n# the end"
    assert edited(text, tomllib.loads(text)) == text


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_file_stays_as_it_is_and_takes_a_change_in_one_place(file):
    text = file.read_text(encoding="utf-8")
    document = tomllib.loads(text)
    assert edited(text, document) == text
    changed = copy.deepcopy(document)
    changed.setdefault("market", {})["demand_factor"] = 0.875
    new = edited(text, changed)
    assert tomllib.loads(new) == changed
    assert edited(new, document).split() == text.split()
    gone = [line for line in text.splitlines() if line.strip() and line not in new.splitlines()]
    assert [line for line in gone if "demand_factor" not in line] == []


ANNOTATED = """# a plan for spring
name = "Spring"   # its label

# how far
[horizon]
weeks = 26 # half a year

[[promotion]]
# the big one
brand = "Ours"
from = 2026-03-02
weeks = 3

[[promotion]]
brand = "Ours"   # the small one
from = 2026-06-01
weeks = 1
# to be continued
"""


def test_comments_stay_where_a_value_changes():
    document = tomllib.loads(ANNOTATED)
    document["horizon"]["weeks"] = 30
    document["promotion"][1]["weeks"] = 2
    new = edited(ANNOTATED, document)
    assert new == ANNOTATED.replace("weeks = 26 #", "weeks = 30  #").replace("weeks = 1\n", "weeks = 2\n")


def test_a_row_that_goes_takes_its_own_comments_and_no_others():
    document = tomllib.loads(ANNOTATED)
    del document["promotion"][0]
    new = edited(ANNOTATED, document)
    assert tomllib.loads(new) == document
    assert "the small one" in new and "the big one" not in new and "how far" in new


def test_a_new_row_stands_beside_its_kind():
    document = tomllib.loads(ANNOTATED)
    document["promotion"].append({"brand": "Ours", "from": dt.date(2026, 9, 7), "weeks": 2})
    new = edited(ANNOTATED, document)
    assert tomllib.loads(new) == document and new.count("#") == ANNOTATED.count("#")


def test_keys_with_dots_and_tables_in_one_line_are_read_and_rewritten_whole_where_they_must_be():
    text = '# head\nname = "x"\nhorizon.weeks = 3\ngoal = {own_share = 0.2}\ngoal2.a = 1\ngoal2.b = 2\n'
    document = tomllib.loads(text)
    document["horizon"]["weeks"] = 4
    new = edited(text, document)
    assert tomllib.loads(new) == document and new.startswith("# head")


def test_a_broken_text_gives_way_and_leaves_the_comments_at_its_head():
    new = edited("# mine\nname = = 3\n", {"name": "x"})
    assert tomllib.loads(new) == {"name": "x"} and new.startswith("# mine")
