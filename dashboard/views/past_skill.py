"""Past skill: what forecasts from past dates say of this one: who was nearer, and a mixture of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, state
from dashboard.words import Words
from twin.tasks.forecasts import compared


def cautions(outlook: Mapping[str, Any], heads: Mapping[str, Any], words: Words) -> list[str]:
    """Sentences on what a simple forecast foretold better in the past.

    Parameters
    ----------
    outlook : mapping
        A forecast's result; where it carries a backtest of its own data, that one is asked, else the newest.
    heads : mapping
        Newest version of each kind.
    words : Words
    """
    back = outlook.get("looking_back")
    version = back["backtest"] if back else heads["backtest"].id if "backtest" in heads else ""
    if not version:
        return []
    verdict = state.document(version, "verdict")
    worse = [words.named("measure", name) for name, score in verdict.items() if score["naive_wins"]]
    lines = [words("compare.naive_wins", measures=", ".join(worse))] if worse else []
    told = [
        words(
            "compare.beaten_one",
            measure=words.named("measure", row["measure"]),
            level=words.named("level_of", row["level"]),
            method=words.named("method", row["method"]),
            times=words.number(row["twin_over_this"], 2),
        )
        for row in (back or {}).get("beaten", ())
    ]
    return [*lines, *([words("compare.beaten", figures="; ".join(told))] if told else [])]


def mixture(outlook: dict[str, Any], measure: str, heads: Mapping[str, Any], words: Words) -> None:
    """The baseline as past skill would mix it: a sentence, and the months as a table.

    Parameters
    ----------
    outlook : dict
    measure : str
        ``own_volume`` or ``own_share``.
    heads : mapping
    words : Words
    """
    if not outlook.get("looking_back"):
        if "backtest" in heads:
            st.caption(words("compare.not_looked_back"))
        return
    found = compared.mixed(outlook, measure)
    if found is None:
        st.caption(words("compare.unmixed"))
        return
    say = (lambda v: words.percent(v, 1)) if measure.endswith("share") else words.volume
    if measure == "own_volume":
        values = {name: words.volume(found[name]) for name in ("blend", "twin")}
        st.caption(words("compare.mixed", n=words.number(len(found["rows"])), **values))
    else:
        st.caption(words("compare.mixed_share"))

    def band(row: Mapping[str, float]) -> str:
        return f"{say(row['p50'])}  [{words.between(row['p10'], row['p90'], say)}]"

    table = pd.DataFrame(
        {
            "month": [words.date(row["month"]) for row in found["rows"]],
            "twin_alone": [band(row["twin"]) for row in found["rows"]],
            "partner": [words.named("method", row["partner"]) or "–" for row in found["rows"]],
            "twin_weight": [words.percent(row["twin_weight"]) for row in found["rows"]],
            "mixed": [band(row["blend"]) for row in found["rows"]],
        }
    )
    with st.expander(words("compare.mixed_table")):
        frame.shown(table, words, height="content")
