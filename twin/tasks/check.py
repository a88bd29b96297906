"""check: quality of the newest dataset, and how ready the company is for a twin."""

from __future__ import annotations

from typing import Any

import pandas as pd

from twin.tasks.shelf import DATASET, newest
from twin.workspace.store import Workspace


def run_check(workspace: Workspace) -> dict[str, Any]:
    """Readiness as it was found at ingest.

    Returns
    -------
    dict
        ``dataset``, ``verdict``, ``criteria``, ``capabilities``, ``quality``, ``warnings``.
    """
    dataset = newest(workspace, DATASET)
    ready = workspace.document(dataset, "readiness")
    assert isinstance(ready, dict)
    scores = [row["score"] for row in ready["criteria"]]
    return {
        "dataset": dataset.id,
        "score": sum(scores) / max(len(scores), 1),
        "verdict": verdict(scores),
        **ready,
        "warnings": _records(workspace.table(dataset, "warnings")),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows in plain types; a warning that belongs to no row has ``None`` there, which NaN in JSON would not be."""
    typed = table.convert_dtypes()
    return typed.astype(object).where(typed.notna(), None).to_dict("records")


def verdict(scores: list[float]) -> str:
    """One word for all criteria: ready, partly ready, or not ready."""
    mean = sum(scores) / max(len(scores), 1)
    return (
        "ready" if mean >= 0.75 and min(scores, default=0.0) >= 0.4 else "partly ready" if mean >= 0.4 else "not ready"
    )
