"""Links: prospects that are customers already, and pairs about which a person decides."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, state
from dashboard.words import Words

_SHOWN = 500


def render(heads: dict[str, Any], words: Words) -> None:
    """What was joined, what waits, and why."""
    if "dataset" not in heads:
        frame.empty(words("overview.no_data"), "twin ingest FOLDER")
        return
    rows = state.table(heads["dataset"].id, "links")
    st.subheader(words("calibration.links"))
    if not len(rows):
        st.caption(words("calibration.no_links"))
        return
    made = int((rows["decision"] == "linked").sum())
    st.caption(words("calibration.links_note", linked=words.number(made), asked=words.number(len(rows) - made)))
    columns = ["name_prospect", "name_customer", "prospect_id", "customer_id", "score", "distance_m", "decision"]
    table = rows.reindex(columns=columns).assign(
        decision=rows["decision"].map(lambda name: words.named("decision", name))
    )
    for name in ("score", "distance_m"):
        table[name] = pd.to_numeric(table[name])
    frame.shown(table.head(_SHOWN), words, {"score": words.number, "distance_m": words.number})
