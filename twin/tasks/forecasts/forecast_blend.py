"""Forecast blend: what forecasts from past dates say of a new one: who came nearer then, and a mixture of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twin.forecast.blend_ahead import mixed_months, months_to_come
from twin.forecast.ensemble import Ensemble
from twin.forecast.forecast import own_and_category
from twin.forecast.naive import Naive
from twin.tasks.learning.backtest_report import WHOLE, beaten_by
from twin.tasks.shelf import BACKTEST, Twin
from twin.workspace.store import Workspace

_WEIGHTS, _SCORES = "backtest_weights", "backtest_scores"


def looking_back(workspace: Workspace, twin: Twin, ensemble: Ensemble, naive: Naive) -> dict[str, Any] | None:
    """What the newest backtest says of a forecast.

    Parameters
    ----------
    workspace : Workspace
    twin : Twin
    ensemble : Ensemble
    naive : Naive

    Returns
    -------
    dict or None
        ``backtest`` (its version), ``beaten`` (where a naive forecast came nearer than the twin beyond luck: measure,
        level, method and the twin's error over its), ``blend``: the baseline's ``own_volume`` and, with an audit,
        ``own_share`` by month, mixed as past forecasts have earned. ``None`` without a backtest of these data.
    """
    version = workspace.head(BACKTEST)
    if version is None or twin.dataset.id not in version.parents or "as_of" in twin.version.meta:
        return None
    if not {_WEIGHTS, _SCORES} <= set(version.parts):
        return None
    weights, scores = workspace.table(version, _WEIGHTS), workspace.table(version, _SCORES)
    own, category = own_and_category(ensemble, 0, twin.world.brands.n_own)
    own, category = own.sum(axis=(1, 2)), category.sum(axis=(1, 2))
    history, brands = twin.history, twin.world.brands
    origin, n_weeks, blend = ensemble.origin, own.shape[1], {}
    books = months_to_come(history.own_sales, origin, n_weeks, len(brands))
    chosen = _chosen(weights, "own_volume")
    blend["own_volume"] = mixed_months(books, brands.own, own, None, chosen, naive.beyond_books)
    if len(history.audit):
        market = months_to_come(history.audit, origin, n_weeks, len(brands))
        blend["own_share"] = mixed_months(market, brands.own, own, category, _chosen(weights, "own_share"))
    rows = scores[scores["months_ahead"] == WHOLE].to_dict("records")
    return {"backtest": version.id, "beaten": beaten_by(rows), "blend": blend}


def _chosen(weights: pd.DataFrame, measure: str) -> dict[str, tuple[str, float]]:
    """Benchmark and the twin's weight by months ahead, as all origins together have earned them."""
    rows = weights[(weights["measure"] == measure) & (weights["level"] == "all") & weights["origin"].isna()]
    return {
        str(row["months"]): (str(row["partner"]), float(row["twin_weight"]))
        for row in rows.to_dict("records")
        if isinstance(row["partner"], str) and np.isfinite(row["twin_weight"])
    }
