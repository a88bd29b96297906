"""check: quality of the newest dataset, how ready the company is for a twin, and what each gap costs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from twin.progress import Progress
from twin.tasks.data.readiness_worth import WorthSettings, narrower, standing_worth, worth_of
from twin.tasks.shelf import DATASET, newest
from twin.workspace.store import Workspace


def run_check(
    workspace: Workspace,
    worth: WorthSettings | None = None,
    progress: Progress | None = None,
    again: bool = False,
) -> dict[str, Any]:
    """Readiness as it was found at ingest, with the worth of gaps where it was measured.

    Parameters
    ----------
    workspace : Workspace
    worth : WorthSettings, optional
        Measure the worth of gaps, which takes minutes; a measurement that stands is given without it.
    progress : Progress, optional
    again : bool
        Measure although it stands.

    Returns
    -------
    dict
        ``dataset``, ``score``, ``verdict``, ``criteria``, ``capabilities``, ``quality``, ``warnings``; ``worth``: see
        :func:`twin.tasks.data.readiness_worth.worth_of`, each row with ``says``; ``None`` before it was measured.
    """
    dataset = newest(workspace, DATASET)
    ready = workspace.document(dataset, "readiness")
    assert isinstance(ready, dict)
    scores = [row["score"] for row in ready["criteria"]]
    found = standing_worth(workspace) if worth is None else worth_of(workspace, worth, progress, again)
    if found is not None:
        found = found | {"rows": [row | {"says": narrower(row)} for row in found["rows"]]}
    return {
        "dataset": dataset.id,
        "score": sum(scores) / max(len(scores), 1),
        "verdict": verdict(scores),
        **ready,
        "warnings": _records(workspace.table(dataset, "warnings")),
        "worth": found,
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
