"""Rivals' calendar: what rivals did and are expected to do, by rival and year; add, edit, confirm or reject a move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, drawn, frame, jobs_panel, live, state
from dashboard.charts import rivals as charts
from dashboard.views import teaching
from dashboard.words import Words
from twin.tasks.service import due

_KINDS = ("recorded", "recurring", "once", "add", "edit", "confirm", "reject")
"""What a move is known by; each has its own tone, see :data:`dashboard.charts.rivals.TONES`."""
_ONE_YEAR = 2024
"""A leap year onto which all years are laid."""
_MOST_EXPECTED = 12


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("rivals.title"))
    jobs_panel.panel(("calibrate",))
    if "dataset" not in heads:
        frame.empty(words("calibration.no_data"), "twin ingest FOLDER", "data", words("calibration.to_data"))
        return
    told = live.moves()
    if told["calibration"] is None:
        frame.empty(words("overview.no_calibration"), "twin calibrate", "calibration")
    _pending(told, words)
    rows = _rows(told, words)
    chosen = ""
    if len(rows):
        st.caption(words("rivals.note"))
        chosen = str(st.session_state.get("move") or "")
        _timeline(rows, words, chosen)
    elif told["calibration"] is not None:
        seen = state.document(told["calibration"], "diagnostics").get("market_seen", False)
        frame.empty(words("learned.no_rivals" if seen else "learned.rivals_unseen"))
    _season(heads, words)
    asked = _asked(told, heads)
    _expected(rows, asked, dt.date.today(), words)
    st.header(words("rivals.say"))
    if access.may("learn"):
        teaching.render(asked, rows, heads, words)
    else:
        st.caption(words("access.refused", what=words.named("right", "learn")))
    _log(words)


def _pending(told: dict[str, Any], words: Words) -> None:
    """What was said since the last calibration, and the button that makes it count."""
    if not told["pending"]:
        return
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(words("rivals.pending", n=told["pending"]))
        busy = jobs_panel.busy(("calibrate",))
        if right.button(words("rivals.recalibrate"), type="primary", width="stretch",
                        disabled=busy or not access.may("learn")):  # fmt: skip
            jobs_panel.start("calibrate", ["--mode", "none", "--draws", "100"])


def _asked(told: dict[str, Any], heads: dict[str, Any]) -> list[str]:
    """Ids of the moves on which a word is awaited, the most pressing first: those that the overview counts."""
    if told["calibration"] is None or "calibration" not in heads:
        return []
    origin = dt.date.fromisoformat(str(heads["calibration"].meta["origin"]))
    return [one.id for one in due.awaited(told["moves"], dt.date.today(), origin)]


@drawn.kept
def _rows(told: dict[str, Any], words: Words) -> pd.DataFrame:
    """Moves of the calendar, and taught ones that it does not have yet, ready to be drawn."""
    here = {move["id"] for move in told["moves"]}
    taught = [
        {**row, "said": row["action"], "said_why": row["why"], "recurring": False, "probability": 1.0, "new": True}
        for row in told["remarks"]
        if row["id"] not in here and row["action"] != "reject"
    ]
    moves = pd.DataFrame([*told["moves"], *taught])
    if not len(moves):
        return moves
    for name in ("start", "end", "next_start"):
        moves[name] = pd.to_datetime(moves[name]) if name in moves else pd.NaT
    moves["code"] = [_code(move) for move in moves.to_dict("records")]
    moves["kind"] = [_kind(code, words) for code in moves["code"]]
    moves["probability"] = pd.to_numeric(moves["probability"]).fillna(1.0)
    moves["describe"] = [
        words("learned.campaign_said", start=words.date(m.start), end=words.date(m.end),
              strength=words.number(float(m.strength), 2) if pd.notna(m.strength) else words("rivals.usual"),
              chance=words.percent(m.probability))
        for m in moves.itertuples()
    ]  # fmt: skip
    return moves.sort_values(["brand", "start"], ignore_index=True)


def _code(move: dict[str, Any]) -> str:
    """What a move is known by: a person's word first."""
    if move.get("said") in ("add", "edit", "confirm", "reject"):
        return str(move["said"])
    if move.get("recorded") is True:
        return "recorded"
    return "recurring" if move.get("recurring") else "once"


def _kind(code: str, words: Words) -> str:
    if code == "recorded":
        return words("rivals.recorded")
    return words(f"chart.{code}") if code in ("recurring", "once") else words.named("said", code)


@drawn.once
def _timeline(rows: pd.DataFrame, words: Words, chosen: str) -> None:
    """A panel a rival, a line a year, the days of the year along it."""
    pieces = pd.DataFrame(list(_by_year(rows)))
    kinds = {code: _kind(code, words) for code in _KINDS if code in set(rows["code"])}
    for brand in rows["brand"].drop_duplicates():
        st.markdown(f"**{frame.plain(brand)}**")
        mine = pieces[pieces["brand"] == brand]
        drawn.chart(charts.by_year, mine, kinds, words, chosen, alt=words("rivals.timeline", brand=brand))
    with st.expander(words("frame.as_table")):
        columns = ["brand", "start", "end", "strength", "probability", "kind", "next_start", "next_probability"]
        forms = {"start": words.date, "end": words.date, "next_start": words.date, "probability": words.percent,
                 "next_probability": words.percent, "strength": lambda v: words.number(v, 2)}  # fmt: skip
        frame.shown(rows.reindex(columns=columns), words, forms)


def _by_year(rows: pd.DataFrame) -> Any:
    """Each move cut at the turns of the year and laid onto one year; there are some dozens of moves."""
    for move in rows.itertuples():
        for year in range(move.start.year, move.end.year + 1):
            first = max(move.start, pd.Timestamp(year, 1, 1))
            last = min(move.end, pd.Timestamp(year, 12, 31)) + pd.Timedelta(days=1)
            yield {
                "id": move.id, "brand": move.brand, "year": year, "first": _laid(first, year),
                "last": _laid(last, year), "code": move.code, "kind": move.kind, "probability": move.probability,
                "said": move.describe,
            }  # fmt: skip


def _laid(day: pd.Timestamp, year: int) -> pd.Timestamp:
    return pd.Timestamp(_ONE_YEAR, 1, 1) + (day - pd.Timestamp(year, 1, 1))


def _season(heads: dict[str, Any], words: Words) -> None:
    """The category's own season, which no rival made."""
    if "calibration" not in heads:
        return
    st.header(words("rivals.season"))
    st.caption(words("rivals.season_note"))
    rows = state.season_index(heads["calibration"].id)
    if not len(rows):
        st.caption(words("rivals.no_season"))
        return
    rows = rows.assign(day=[_laid(day, day.year) for day in pd.to_datetime(rows["day"])]).sort_values("day")
    drawn.chart(charts.season, rows, words, alt=words("rivals.season"))


@drawn.once
def _expected(rows: pd.DataFrame, asked: Collection[str], today: dt.date, words: Words) -> None:
    """What forecasts expect next: what is to come first, then what should have come since the data end."""
    coming = rows.dropna(subset=["next_start"]) if len(rows) else rows
    if not len(coming):
        return
    st.header(words("rivals.expected"))
    # of all moves with one outlook the newest stands for it, as where a word on it is asked for
    coming = coming.sort_values("start", ascending=False).drop_duplicates(["brand", "next_start"])
    coming = coming.assign(past=coming["next_start"].dt.date < today)
    coming = coming.sort_values(["past", "next_start"]).head(_MOST_EXPECTED)
    table = coming[["brand", "next_start", "next_probability", "anchor"]].copy()
    table["anchor"] = [words.named("anchor", str(name)) for name in table["anchor"]]
    table["status"] = [
        words("rivals.asked") if move.id in asked else words("rivals.past" if move.past else "rivals.to_come")
        for move in coming.itertuples()
    ]
    frame.shown(table, words, {"next_start": words.date, "next_probability": words.percent})


def _log(words: Words) -> None:
    """Everything that was ever said, newest first."""
    rows = live.said()
    with st.expander(words("rivals.log", n=len(rows))):
        if not len(rows):
            st.caption(words("rivals.nothing_said"))
            return
        table = pd.DataFrame(
            {
                "noted": [words.date(dt.datetime.fromisoformat(text)) for text in rows["noted"]],
                "who": rows["who"],
                "action": [words.named("said", name) for name in rows["action"]],
                "brand": rows["brand"],
                "start": rows["start"].map(words.date),
                "end": rows["end"].map(words.date),
                "reason": rows["why"],
            }
        )
        frame.shown(table.head(200), words)
