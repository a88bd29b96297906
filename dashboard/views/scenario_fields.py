"""Scenario fields: one key of a scenario as one field, with what is wrong with it below.

Holds no rule: what is wrong is said by the checker.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import access, frame
from dashboard.words import Words
from twin.errors import Problem
from twin.scenario.facts import MarketFacts, ranks
from twin.scenario.keys import GRAMMAR
from twin.scenario.kinds import Choice, Day, Named, Number, Switch, Text, Where
from twin.scenario.tables import Key, Rows, Table
from twin.tasks.forecasts.scenario_check import customers_meant

QUOTE = "'"
"""Around a text in a condition; one inside of a text is written twice."""


@dataclass(frozen=True)
class Desk:
    """What the fields of one form share.

    Parameters
    ----------
    words : Words
    market : MarketFacts, optional
        For choices of territories, brands, channels and columns.
    problems : mapping from key path to (is an error, sentence)
    key : str
        Begins the keys of all fields; a new one forgets what they hold.
    locked : bool
        Nothing can be changed.
    asked : list of (path, what, row)
        Rows to add and to take out; filled while the form is shown.
    """

    words: Words
    market: MarketFacts | None
    problems: Mapping[str, Sequence[tuple[bool, str]]]
    key: str
    locked: bool = False
    asked: list[tuple[str, str, int]] = field(default_factory=list)


def value_of(key: Key, value: Any, path: str, desk: Desk) -> Any:
    """One field, with what is wrong with it below."""
    label, words = label_of(path, desk.words), desk.words
    hint, empty = words.sentence(key.meaning), _absent(key, path, words)
    if isinstance(key.kind, Where):
        empty = words("scenarios.for_example", example=_example(desk.market))
    if isinstance(key.kind, Number):
        found: Any = number_of(value, path, label, desk, hint, empty)
    elif isinstance(key.kind, Day):
        found = _day(value, path, label, desk, hint, empty)
    elif isinstance(key.kind, Switch):
        found = _choice(value, (True, False), path, label, desk, hint, empty)
    elif isinstance(key.kind, Choice):
        found = _choice(value, key.kind.allowed, path, label, desk, hint, empty)
    elif isinstance(key.kind, Named):
        found = _choice(value, _named(key, desk.market), path, label, desk, hint, empty, free=True)
    elif isinstance(key.kind, Text) and (known := _known(path, desk.market)):
        found = _choice(value, known, path, label, desk, hint, empty, free=True)
    else:
        found = _text(key, value, path, label, desk, hint, empty)
    say(path, desk)
    return found


def _text(key: Key, value: Any, path: str, label: str, desk: Desk, hint: str, empty: str) -> Any:
    before = "" if value is None else str(value)
    options = {"key": f"{desk.key}|{path}", "help": hint, "placeholder": empty, "disabled": desk.locked}
    if isinstance(key.kind, Text) and key.kind.prose:
        text = st.text_area(label, before, height=112, **options)
    else:
        text = st.text_input(label, before, **options)
    if isinstance(key.kind, Where) and text and desk.market is not None and access.company():
        n = customers_meant(text, desk.market)
        if n is not None:
            st.caption(desk.words.many("scenarios.meant", n))
    return value if text == before else (text or None)


def number_of(value: Any, path: str, label: str, desk: Desk, hint: str, empty: str) -> Any:
    """A number, as it is written in the language; what is no number stays a text, for the checker to refuse."""
    before = desk.words.written(value)
    text = st.text_input(
        label, before, key=f"{desk.key}|{path}", help=hint or None, placeholder=empty, disabled=desk.locked
    )
    return value if text == before else desk.words.typed(text)


def _day(value: Any, path: str, label: str, desk: Desk, hint: str, empty: str) -> Any:
    day = value
    if isinstance(value, str):
        try:
            day = dt.date.fromisoformat(value)
        except ValueError:
            return raw_of(value, path, desk)
    if day is not None and (isinstance(day, dt.datetime) or not isinstance(day, dt.date)):
        return raw_of(value, path, desk)
    found = st.date_input(
        label,
        day,
        min_value=dt.date(1970, 1, 1),
        max_value=dt.date(2200, 1, 1),
        format="DD.MM.YYYY" if desk.words.language == "tr" else "DD/MM/YYYY",
        key=f"{desk.key}|{path}",
        help=hint + (f" — {empty}" if empty else ""),
        disabled=desk.locked,
    )
    return value if found == day else found


def _choice(
    value: Any, allowed: Sequence[Any], path: str, label: str, desk: Desk, hint: str, empty: str, free: bool = False
) -> Any:
    options = list(dict.fromkeys([*allowed, *([value] if value is not None else [])]))
    return st.selectbox(
        label,
        options,
        options.index(value) if value is not None else None,
        format_func=lambda each: _said(each, desk.words),
        key=f"{desk.key}|{path}",
        help=hint,
        placeholder=empty or " ",
        accept_new_options=free,
        disabled=desk.locked,
    )


def _example(market: MarketFacts | None) -> str:
    """A condition that this market would take."""
    for column, labels in (market.segments if market is not None else {}).items():
        if labels and re.fullmatch(r"[^\W\d]\w*", column):
            return f"{column} = '{labels[0].replace(QUOTE, 2 * QUOTE)}'"
    zone = market.territories[0] if market is not None and market.territories else "T1"
    return f"territory = '{zone.replace(QUOTE, 2 * QUOTE)}'"


def _said(option: Any, words: Words) -> str:
    """A choice in words; a name of the market as it is written there."""
    code = str(option).lower()
    said = words.named("option", code)
    return str(option) if said == code else said


def raw_of(value: Any, path: str, desk: Desk) -> Any:
    """What is of another kind than its field: shown, and to be mended as text."""
    st.caption(f"{label_of(path, desk.words)}: {desk.words('scenarios.odd')}")
    st.code(str(value), language=None)
    say(path, desk)
    return value


def say(path: str, desk: Desk) -> None:
    """What is wrong at a place."""
    for error, sentence in desk.problems.get(path, ()):
        st.markdown(f":{'red' if error else 'orange'}[{'✕' if error else '!'} {frame.plain(sentence)}]")


def sentence_of(problem: Problem, words: Words) -> str:
    """A problem without its place."""
    told = (words.sentence(text) for text in (problem.expected, problem.found, problem.cure))
    expected, found, cure = told
    return words("scenarios.problem", expected=expected, found=found, cure=cure)


def label_of(path: str, words: Words) -> str:
    """What a key is called."""
    return words.named("key", plain_path(path))


def plain_path(path: str) -> str:
    """Key path without places, as the catalogue has it."""
    return "_".join(part.partition("[")[0] for part in path.split("."))


def _absent(key: Key, path: str, words: Words) -> str:
    """What holds where a field is empty."""
    if key.absent:
        return words.sentence(key.absent)
    table = _owner(path)
    default = table.default(key) if table is not None else None
    if isinstance(default, bool) or isinstance(key.kind, Choice | Named):
        return words.named("option", str(default).lower()) if isinstance(default, bool | str) else ""
    return words.written(default) if isinstance(default, int | float) else ""


def _owner(path: str) -> Table | None:
    """The table that a key path stands in."""
    table: Any = GRAMMAR
    for part in path.split(".")[:-1]:
        key = next((key for key in table.keys if key.name == part.partition("[")[0]), None)
        table = None if key is None else key.kind.table if isinstance(key.kind, Rows) else key.kind
        if not isinstance(table, Table):
            return None
    return table


def _named(key: Key, market: MarketFacts | None) -> tuple[str, ...]:
    assert isinstance(key.kind, Named)
    return (*key.kind.allowed, *(ranks(market) if market is not None and key.name.endswith("rank") else ()))


def _known(path: str, market: MarketFacts | None) -> tuple[str, ...]:
    """Names of the market among which a text is chosen."""
    if market is None:
        return ()
    names = {
        "field_force_change_territory": market.territories,
        "promotion_brand": market.own_brands,
        "competitor_campaign_brand": market.rival_brands,
        "journey_steps_channel": market.channels,
    }
    return names.get(plain_path(path), ())
