"""Overview's margin: how far to trust, what is due, what has changed."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from dashboard import frame, live, state
from dashboard.words import Words
from twin.tasks.service import due
from twin.tasks.service.due import Change, Due

_SIGNS = {due.NOW: ":red[●]", due.SOON: ":orange[●]", due.GOOD_TO_KNOW: ":gray[●]"}
_PARTS = {"links": {"part": "links"}, "no_backtest": {"view": "backtest"}, "moves": {"teach": "confirm"}}
"""What of its page each decision is made on, as the address has it."""
_LIGHTS = {"pass": ":green[●]", "review": ":orange[◐]", "fail": ":red[✕]"}


def trust(calibration: str, words: Words) -> None:
    """The light of the health card, in words as well as in colour."""
    card = state.document(calibration, "health")
    verdict = card.get("verdict", "") if isinstance(card, dict) else ""
    light = _LIGHTS.get(verdict, ":gray[?]")
    said = f"{light} **{words('overview.trust')}** {words.named('trust', verdict or 'none')}"
    st.markdown(said, help=words("overview.trust_help"))


def decisions(words: Words) -> None:
    """What is due, each with a way to where it is decided."""
    st.header(words("overview.due"))
    found = live.decisions(dt.date.today())
    if not found:
        st.markdown(f":green[✓] {words('overview.nothing_due')}")
    for place, one in enumerate(found):
        page, part = (one.page, _PARTS.get(one.key, {})) if frame.there(one.page) else ("calibration", {})
        # one below the other: beside each other neither has room on a narrow screen
        st.markdown(f"{_SIGNS[one.urgency]} {_said(one, words)}")
        frame.go(page, label=words(f"menu.{page}"), turn=str(place), **part)


def changes(words: Words) -> None:
    """What is not as it was."""
    st.header(words("overview.changed"))
    for one in live.changes():
        st.markdown(f"- {_changed(one, words)}")


def _said(one: Due, words: Words) -> str:
    values = dict(one.values)
    if one.key == "alert":
        return frame.plain(values["text_tr"] if words.language == "tr" else values["text"])
    if one.key == "plan_ends":
        key = "due.plan_over" if values["over"] else "due.plan_ends"
        return words(key, date=words.date(values["date"]))
    told = {name: _value(value, words) for name, value in values.items()}
    if "chance" in values:
        told["chance"] = words.percent(values["chance"])
    if "because" in values:
        told["because"] = frame.plain(", ".join(words.named("check", name) for name in values["because"]))
    if isinstance(values.get("n"), int):
        return words.many(f"due.{one.key}", values["n"], **{name: text for name, text in told.items() if name != "n"})
    return words(f"due.{one.key}", **told)


def _changed(one: Change, words: Words) -> str:
    values = one.values
    if one.key == "rows":
        told = ", ".join(
            f"{words.signed(n, 0)} {words.named('table', name)}" for name, n in sorted(values["tables"].items())
        )
        return words("change.rows", tables=told)
    if one.key == "moved":
        names = frame.plain(", ".join(words.named("parameter", name) for name in values["names"]))
        key = "change.moved" if values["n"] else "change.moved_none"
        return words(key, n=words.number(values["n"]), of=words.number(values["of"]), names=names)
    if one.key.startswith("outlook"):
        return words(
            f"change.{one.key}", change=words.signed_percent(values["change"]), when=words.moment(values["when"])
        )
    return words(f"change.{one.key}", **{name: _value(value, words) for name, value in values.items()})


def _value(value: object, words: Words) -> str:
    if isinstance(value, dt.date):
        return words.date(value)
    if isinstance(value, list):
        return frame.plain(", ".join(map(str, value)))
    if isinstance(value, bool | float):
        return str(value)
    return words.number(value) if isinstance(value, int) else frame.plain(str(value))
