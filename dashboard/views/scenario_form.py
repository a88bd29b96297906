"""Scenario form: the whole grammar of a scenario as fields, made from the very table that the reader reads.

Holds no rule: what is wrong is said by the checker, beside the field that it concerns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.views.scenario_fields import Desk, label_of, number_of, plain_path, raw_of, say, value_of
from twin.scenario.facts import MarketFacts
from twin.scenario.keys import GRAMMAR
from twin.scenario.kinds import Factors, Where
from twin.scenario.tables import Key, Rows, Table

_WIDE = (Where,)
_FIRST = ("name", "note", "horizon", "goal")
_A_ROW = 4


def form(document: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """Show the fields of a document.

    Parameters
    ----------
    document : mapping
        Sound or not; what the grammar does not know is kept as it is.
    desk : Desk

    Returns
    -------
    dict
        The document as the fields have it now.
    """
    keys = {key.name: key for key in GRAMMAR.keys}
    made: dict[str, Any] = {}
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            made["name"] = value_of(keys["name"], document.get("name"), "name", desk)
            made["note"] = value_of(keys["note"], document.get("note"), "note", desk)
        with right:
            for name in ("horizon", "goal"):
                made[name] = _table(keys[name], document.get(name), name, desk)
    if not desk.locked and not set(document) - set(_FIRST):
        st.caption(desk.words("scenarios.open_part"))
    for key in GRAMMAR.keys:
        if key.name not in _FIRST:
            made[key.name] = _section(key, document.get(key.name), desk)
    return _together(document, made)


def applied(document: dict[str, Any], asked: Sequence[tuple[str, str, int]], market: MarketFacts | None) -> Any:
    """The document with rows added and taken out.

    Parameters
    ----------
    document : dict
        Is changed.
    asked : sequence of (path, what, row)
        Such as ``("promotion", "add", 0)`` or ``("journey[2].steps", "drop", 1)``.
    market : MarketFacts, optional
        For what a new row begins with.
    """
    for path, what, row in asked:
        node: Any = document
        *above, last = path.split(".")
        for part in above:
            name, _, place = part.partition("[")
            node = node.setdefault(name, {})
            node = node[int(place[:-1]) - 1] if place else node
        rows = node.setdefault(last, [])
        if what == "add":
            rows.append(_new_row(path, market))
        else:
            del rows[row]
            if not rows:
                del node[last]
    return document


def _section(key: Key, value: Any, desk: Desk) -> Any:
    """One part of the grammar, open where it says something."""
    words, n = desk.words, len(value) if isinstance(value, Mapping | list) else 0
    title = words.named("key", key.name)
    faults = [path for path in desk.problems if path == key.name or path.startswith((f"{key.name}.", f"{key.name}["))]
    sign = " :red[●]" if any(error for path in faults for error, _ in desk.problems[path]) else ""
    told = f" · {words.many('scenarios.set', n)}" if n else ""
    # by its key it is the same one, whatever its head says now: once drawn, only the reader opens and folds it
    known = f"{desk.key.rpartition('|')[0] or desk.key}|{key.name}|section"
    with st.expander(f"**{title}**{told}{sign}", expanded=bool(n or faults), key=known):
        st.caption(words.sentence(key.meaning))
        if isinstance(key.kind, Rows):
            return _rows(key, value, key.name, desk)
        return _table(key, value, key.name, desk)


def _table(key: Key, value: Any, path: str, desk: Desk) -> Any:
    if value is not None and not isinstance(value, Mapping):
        return raw_of(value, path, desk)
    table = key.kind
    assert isinstance(table, Table)
    node = value or {}
    made = _fields(table, node, path, desk)
    say(path, desk)
    found = _together(node, made)
    return found if found or value == {} else None


def _fields(table: Table, node: Mapping[str, Any], path: str, desk: Desk) -> dict[str, Any]:
    """Fields of one table: small ones side by side, wide ones and lists below."""
    small = [key for key in table.keys if not isinstance(key.kind, (Rows, Factors, *_WIDE))]
    made: dict[str, Any] = {}
    for key in table.keys:
        if isinstance(key.kind, _WIDE):
            made[key.name] = value_of(key, node.get(key.name), f"{path}.{key.name}", desk)
    for start in range(0, len(small), _A_ROW):
        some = small[start : start + _A_ROW]
        for column, key in zip(st.columns(max(len(some), 2)), some):
            with column:
                made[key.name] = value_of(key, node.get(key.name), f"{path}.{key.name}", desk)
    for key in table.keys:
        if isinstance(key.kind, Factors):
            made[key.name] = _factors(key, node.get(key.name), f"{path}.{key.name}", desk)
        elif isinstance(key.kind, Rows):
            made[key.name] = _rows(key, node.get(key.name), f"{path}.{key.name}", desk)
    return {key.name: made[key.name] for key in table.keys}


def _rows(key: Key, value: Any, path: str, desk: Desk) -> Any:
    """Entries of a list, each with a way out, and a way to add one."""
    if value is not None and not isinstance(value, list):
        return raw_of(value, path, desk)
    assert isinstance(key.kind, Rows)
    words, made = desk.words, []
    if path.count("."):
        st.markdown(f"**{label_of(path, words)}**", help=words.sentence(key.meaning))
    for place, row in enumerate(value or (), start=1):
        here = f"{path}[{place}]"
        with st.container(border=True):
            body, out = st.columns([12, 1], vertical_alignment="top")
            with body:
                if isinstance(row, Mapping):
                    made.append(_together(row, _fields(key.kind.table, row, here, desk)))
                else:
                    made.append(raw_of(row, here, desk))
                say(here, desk)
            label = words("scenarios.take_out", what=f"{label_of(path, words)} {words.number(place)}")
            if out.button("✕", key=f"{desk.key}|{here}|out", help=label, disabled=desk.locked, type="tertiary"):
                desk.asked.append((path, "drop", place - 1))
    say(path, desk)
    add = words("scenarios.add", what=words.named("key", f"{plain_path(path)}_one"))
    if not desk.locked and st.button(add, key=f"{desk.key}|{path}|add", icon=":material/add:"):
        desk.asked.append((path, "add", 0))
    return made if made or value == [] else None


def _factors(key: Key, value: Any, path: str, desk: Desk) -> Any:
    """A number for each channel."""
    if value is not None and not isinstance(value, Mapping):
        return raw_of(value, path, desk)
    node = value or {}
    channels = [*(desk.market.channels if desk.market else ()), *node]
    names = list(dict.fromkeys(channels))
    st.markdown(f"**{label_of(path, desk.words)}**", help=desk.words.sentence(key.meaning))
    made: dict[str, Any] = {}
    for start in range(0, len(names), _A_ROW):
        some = names[start : start + _A_ROW]
        for column, name in zip(st.columns(_A_ROW), some):
            with column:
                label = desk.words.named("channel", name)
                made[name] = number_of(node.get(name), f"{path}.{name}", label, desk, "", "1")
                say(f"{path}.{name}", desk)
    say(path, desk)
    found = _together(node, made)
    return found if found or value == {} else None


def _new_row(path: str, market: MarketFacts | None) -> dict[str, Any]:
    """What a new entry begins with: something that can be lived through, to be changed."""
    start = market.origin + dt.timedelta(weeks=4) if market is not None else dt.date(2026, 1, 5)
    own, rival, zone = (
        (names[0] if names else "")
        for names in ((market.own_brands, market.rival_brands, market.territories) if market else ((), (), ()))
    )
    spell = {"from": start, "weeks": 4}
    begins: dict[str, dict[str, Any]] = {
        "field_force_change": {"territory": zone, "reps": 1},
        "targeting_frequency": {"visits_per_month": 2.0},
        "journey": {"steps": [{"channel": "visit"}]},
        "journey_steps": {"channel": "phone", "after_days": 7},
        "promotion": {"brand": own, **spell},
        "competitor_campaign": {"brand": rival, **spell},
        "market_shock": {**spell, "demand_factor": 0.9},
    }
    return begins[plain_path(path)]


def _together(before: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """Fields in the order of the file, then new ones; what no field is for stays."""
    kept = {name: made.get(name, value) for name, value in before.items()}
    kept |= {name: value for name, value in made.items() if name not in before}
    return {name: value for name, value in kept.items() if value is not None}
