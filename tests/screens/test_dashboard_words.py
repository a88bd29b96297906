"""Both languages say the same things, and numbers and dates are written as each writes them."""

from __future__ import annotations

import datetime as dt
import re
import string
from pathlib import Path

import pytest

import dashboard
from dashboard.words import LANGUAGES, Words, catalogue

SOURCES = sorted(Path(dashboard.__file__).parent.rglob("*.py"))
FAMILIES = ("verdict", "criterion", "capability", "measure", "of", "axis", "flag_note", "decision", "table", "learned",
            "parameter", "channel", "state", "verb", "menu", "role", "right", "key", "option", "change", "due", "lever",
            "cost", "event", "sheet", "pane", "trust", "map_kind",
            "breach", "edit", "edited", "file",
            "mode", "mode_note", "health", "verdict_of", "check", "diagnostics_tab", "evidence", "level_of", "method",
            "grouping", "level", "data_tab", "way", "way_note", "anchor", "said", "teach_kind", "teach_do",
            "teach_note",
            "potential_who", "plan_way", "feature", "links_kind", "links_do", "links_said", "field",
            "standing", "left_reason", "attribute")  # fmt: skip
"""Groups whose last part comes from the data."""


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_phrase_exists_in_both_languages():
    assert set(catalogue("en")) == set(catalogue("tr"))


def test_every_phrase_has_the_same_places_in_both_languages():
    english, turkish = catalogue("en"), catalogue("tr")
    assert [key for key in english if places(english[key]) != places(turkish[key])] == []


def test_every_phrase_that_a_page_asks_for_exists():
    asked = set()
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        asked |= set(re.findall(r"words\(\s*\"([a-z_]+\.[a-z0-9_]+)\"", text))
        asked |= set(re.findall(r"words\(\s*\"([a-z_]+\.[a-z0-9_]+)\" if", text))
    assert len(asked) > 100
    assert sorted(asked - set(catalogue("en"))) == []


def test_no_phrase_is_left_that_nobody_says():
    text = "\n".join(source.read_text(encoding="utf-8") for source in SOURCES)
    idle = []
    for key in catalogue("en"):
        group, _, last = key.partition(".")
        key, last = key.removesuffix("_one"), last.removesuffix("_one")  # the form for one goes with its phrase
        built = group in (*FAMILIES, "column") and (group != "column" or f'"{last}"' in text or f"{last}=" in text)
        if f'"{key}"' not in text and f"'{key}'" not in text and not built and not key.startswith("calibration.tab_"):
            idle.append(key)
    assert idle == []


@pytest.mark.parametrize(
    ("say", "english", "turkish"),
    [
        (lambda w: w.number(1234.5, 1), "1,234.5", "1.234,5"),
        (lambda w: w.percent(0.223, 1), "22.3%", "%22,3"),
        (lambda w: w.signed(-0.26), "\N{MINUS SIGN}0.3", "\N{MINUS SIGN}0,3"),
        (lambda w: w.signed(1.25, 2), "+1.25", "+1,25"),
        (lambda w: w.signed(0.0), "0.0", "0,0"),
        (lambda w: w.signed_percent(3.62), "+3.6%", "+%3,6"),
        (lambda w: w.signed_percent(-2.91), "\N{MINUS SIGN}2.9%", "\N{MINUS SIGN}%2,9"),
        (lambda w: w.signed_percent(0.0), "0.0%", "%0,0"),
        (lambda w: w.number(-1234), "\N{MINUS SIGN}1,234", "\N{MINUS SIGN}1.234"),
        (lambda w: w.percent(-0.05), "\N{MINUS SIGN}5%", "\N{MINUS SIGN}%5"),
        (lambda w: w.volume(1234567.0), "1,230,000", "1.230.000"),
        (lambda w: w.volume(0.012345), "0.0123", "0,0123"),
        (lambda w: w.volume(None), "–", "–"),
        (lambda w: w.date(dt.date(2026, 11, 21)), "21 Nov 2026", "21 Kas 2026"),
    ],
)
def test_figures_are_written_as_each_language_writes_them(say, english, turkish):
    assert (say(Words("en")), say(Words("tr"))) == (english, turkish)


def test_a_sentence_about_the_data_is_said_in_turkish():
    said = Words("tr").sentence("7.0 years of sales, 2013-12-30 to 2020-12-28")
    assert said == "7,0 yıllık satış, 30 Ara 2013 – 28 Ara 2020"


def test_parts_of_a_sentence_do_not_swallow_one_another():
    said = Words("tr").sentence("24 recorded campaigns; 50% of contacts with an outcome")
    assert said == "24 kayıtlı kampanya; temasların %50 kadarında sonuç var"


@pytest.mark.parametrize("mark", ["; ", ", "])
def test_the_weight_of_priors_is_said_whole_in_turkish(mark):
    parts = ("a tenth more visits: 66% of its variance", "a post that is empty for a year: 0% of its variance")
    said = Words("tr").sentence(f"39 of 52 parameters are priors; {mark.join(parts)}")
    assert said == (
        "52 parametrenin 39 tanesi önsel; onda bir fazla ziyaret: değişkenliğinin %66 kadarı; "
        "bir yıl boş kalan kadro: değişkenliğinin %0 kadarı"
    )


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("1501 customers of 12000 outlets", "1,501 customers of 12,000 outlets"),
        ("sales of 2024 and 1999 again", "sales of 2024 and 1999 again"),
        ("off by -1.2 sd (-5%)", "off by \N{MINUS SIGN}1.2 sd (\N{MINUS SIGN}5%)"),
        ("C-000123, 3-4 weeks, --no-predictive", "C-000123, 3-4 weeks, --no-predictive"),
    ],
)
def test_counts_have_their_mark_and_minus_is_no_hyphen(text, english):
    assert Words("en").sentence(text) == english


def test_a_sentence_without_a_pattern_stays_as_it_is():
    assert Words("tr").sentence("something new") == "something new"


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_from_the_data_are_not_taken_for_phrases(language):
    assert Words(language).named("channel", "carrier pigeon") == "carrier pigeon"
