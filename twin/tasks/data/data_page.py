"""Data page: datasets of a workspace as a screen asks for them, by folder instead of by store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twin.tasks.data.versions import difference_of
from twin.tasks.shelf import DATASET
from twin.workspace.catalogue import FILE_NAME, Version
from twin.workspace.store import Workspace


def datasets(workspace: Path) -> list[Version]:
    """Datasets, newest first; none without a workspace."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return []
    return Workspace.open(workspace, create=False).versions(DATASET)


def change(workspace: Path, before: str, after: str) -> dict[str, Any]:
    """What changed between two datasets, see :func:`twin.tasks.data.versions.difference_of`."""
    return difference_of(Workspace.open(workspace, create=False), before, after)
