"""Examined: the health card and what it rests on, as documents and tables to publish and to read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twin.calibration.health.card import HealthCard, number
from twin.calibration.health.examination import Examined
from twin.calibration.visits.reach import Reach
from twin.draws import band
from twin.errors import WorkspaceError
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

CARD, TABLE, REACH, CELLS, RECOVERY = "health", "health_table", "reach", "predictive", "certificate"


def parts_of(examined: Examined) -> dict[str, Any]:
    """What is kept of an examination, by part of the calibration's version."""
    parts: dict[str, Any] = {
        CARD: examined.card.as_dict(),
        TABLE: health_table(examined.card),
        REACH: _reach(examined.reach),
    }
    if examined.predictive is not None and examined.predictive.cells:
        parts[CELLS] = _cells(examined)
    if examined.certificate is not None:
        columns = ("name", "identified", "n", "inside", "coverage", "bias", "bias_sds", "relative_bias", "p_coverage")
        rows = [[getattr(one, name) for name in columns] for one in examined.certificate.parameters]
        parts[RECOVERY] = pd.DataFrame(rows, columns=["parameter", *columns[1:]])
    return parts


def health_table(card: HealthCard) -> pd.DataFrame:
    """The table ``health``: one row a check, the verdict over all first."""
    because = ", ".join(card.because)
    first = ("overall", "Can this calibration be trusted?", card.verdict, None, "the worst that matters", because, "")
    rows: list[tuple[object, ...]] = [first]
    rows += [(c.name, c.about, c.verdict, number(c.value), c.threshold, c.reason, c.action) for c in card.checks]
    columns = ["check", "about", "verdict", "value", "threshold", "reason", "action"]
    return pd.DataFrame(rows, columns=columns).astype({"value": float})


def reach_in(workspace: Workspace, calibration: Version) -> Reach | None:
    """How far history had gone, as a calibration keeps it; ``None`` for one that was made before this was kept."""
    if not workspace.has(calibration, REACH):
        return None
    kept = workspace.document(calibration, REACH)
    if not isinstance(kept, dict):
        raise WorkspaceError(f"{calibration.id}: expected the part {REACH} to be a document. Run `twin calibrate`.")
    return Reach(kept["visits_a_month"], kept["stock"], np.array(kept["rate"], dtype=float))


def _reach(reach: Reach) -> dict[str, Any]:
    return {"visits_a_month": reach.visits_a_month, "stock": reach.stock, "rate": reach.rate.tolist()}


def _cells(examined: Examined) -> pd.DataFrame:
    assert examined.predictive is not None
    frames = []
    for cells in examined.predictive.cells:
        low, middle, high = band(cells.foretold, [0.1, 0.5, 0.9])
        frames.append(
            pd.DataFrame(
                {"source": cells.source, "place": cells.place, "brand": cells.brand, "actual": cells.actual,
                 "p10": low, "p50": middle, "p90": high, "inside_80": (cells.actual >= low) & (cells.actual <= high)}
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)
