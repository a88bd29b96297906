"""ingest: read a bundle, and publish it as an immutable dataset version."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from twin.intake.assemble import assemble
from twin.intake.ingest import read_bundle
from twin.intake.mapping import load_mapping
from twin.intake.readiness import readiness
from twin.progress import Progress, silent
from twin.tasks.shelf import DATASET
from twin.weeks import monday
from twin.workspace import codec
from twin.workspace.store import Workspace

_STEPS = ("read and check", "lay out", "publish", "done")


def run_ingest(
    workspace: Path, folder: Path, mapping: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Ingest a folder.

    Parameters
    ----------
    workspace : Path
        Made if it is not there, but only once the bundle is found to be sound.
    folder : Path
    mapping : Path, optional
    progress : Progress, optional

    Returns
    -------
    dict
        ``dataset``, ``origin``, ``rows`` by table, ``links``, ``warnings``.

    Raises
    ------
    InputError
        With every problem of every file; nothing is written.
    """
    tell = progress or silent
    tell(0, 3, _STEPS[0])
    bundle = read_bundle(folder, load_mapping(mapping) if mapping else None)
    tell(1, 3, _STEPS[1])
    world, history = assemble(bundle.tables, bundle.links)
    ready = asdict(readiness(world, history, bundle.tables))
    tell(2, 3, _STEPS[2])
    linked = bundle.links[bundle.links["decision"] == "linked"] if len(bundle.links) else bundle.links
    rows = {name: len(table) for name, table in bundle.tables.items()}
    warnings = pd.DataFrame(
        [warning.as_dict() for warning in bundle.warnings],
        columns=["file", "row", "where", "expected", "found", "cure", "count"],
    )
    version = Workspace.open(workspace).publish(
        DATASET,
        {
            **{f"table_{name}": table for name, table in bundle.tables.items()},
            "market": codec.encode((world, history)),
            "links": bundle.links,
            "warnings": warnings,
            "readiness": ready,
        },
        {"origin": monday(history.origin).isoformat(), "files": dict(bundle.hashes), "rows": rows},
    )
    tell(3, 3, _STEPS[3])
    return {
        "dataset": version,
        "origin": monday(history.origin).isoformat(),
        "rows": rows,
        "links": len(linked),
        "warnings": [str(warning) for warning in bundle.warnings],
    }
