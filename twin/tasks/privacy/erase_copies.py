"""Copies of people's data in a workspace beside its versions: uploads, logs, files that somebody put there.

Copies of tables are removed, words are rewritten; what cannot be searched is removed too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twin.tasks.data import uploads
from twin.tasks.privacy.pseudonyms import SALT
from twin.workspace import atomic
from twin.workspace.catalogue import FILE_NAME
from twin.workspace.ledger import FOLDER as RUNS
from twin.workspace.store import Workspace
from twin.workspace.traces import Traces, count_in_file

_TABLES = (".csv", ".tsv", ".parquet", ".xlsx", ".xlsm", ".xls", ".geojson", ".gpkg", ".shp", ".shx", ".dbf", ".prj",
           ".cpg", ".ics", ".gpx", ".html", ".zip", ".svg", ".arrow", ".feather")  # fmt: skip
"""Endings of files that are copies of something which the versions hold: they are removed."""
_CLOSED = (".pdf", ".png", ".jpg", ".jpeg")
"""Endings of files in which nobody can look for a name."""
_SHAPE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def clear_copies(workspace: Workspace, traces: Traces) -> dict[str, Any]:
    """Take people out of every file beside the versions.

    Returns
    -------
    dict
        ``rewritten``, ``removed``: names inside the workspace.
    """
    told: dict[str, Any] = {"rewritten": [], "removed": []}
    if not traces.ids:
        return told
    root = workspace.path
    for folder in _uploads(root):
        if any(count_in_file(path, traces) for path in folder.rglob("*") if path.is_file()):
            shutil.rmtree(folder)
            told["removed"].append(f"{uploads.FOLDER}/{folder.name}")
    if (root / RUNS).is_dir():  # draws of everybody's weeks; the forecast begins anew
        shutil.rmtree(root / RUNS)
        told["removed"].append(RUNS)
    for path in list(_beside(root)):
        _clear(path, root, traces, told)
    return told


def _clear(path: Path, root: Path, traces: Traces, told: dict[str, Any]) -> None:
    ending, name = path.suffix.lower(), path.relative_to(root).as_posix()
    if not path.exists():  # went with its shapefile
        return
    if ending in _CLOSED:
        path.unlink()
        told["removed"].append(name)
    elif count_in_file(path, traces) or traces.count(path.name):
        if ending in _TABLES or traces.count(path.name):
            beside = _SHAPE if ending in _SHAPE else (ending,)
            for one in {path.with_suffix(suffix) for suffix in beside} | {path}:
                one.unlink(missing_ok=True)
            told["removed"].append(name)
        else:
            text = traces.taken_out(path.read_text(encoding="utf-8", errors="replace"))
            atomic.place(path.parent, lambda file: file.write(text.encode()), lambda _: path.name)
            told["rewritten"].append(name)


def count_all(workspace: Workspace, traces: Traces) -> int:
    """How often people show anywhere in the workspace, unpacked: versions, catalogue, files beside them."""
    if not traces.ids:
        return 0
    root = workspace.path
    catalogue = [path for path in root.iterdir() if path.name.startswith(FILE_NAME)]
    return sum(count_in_file(path, traces) for path in (*workspace.objects.iterdir(), *catalogue, *_beside(root)))


def _uploads(root: Path) -> list[Path]:
    folder = root / uploads.FOLDER
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _beside(root: Path) -> Iterator[Path]:
    """Files that are neither a version's nor the catalogue."""
    for path in sorted(root.iterdir()):
        if path.name in ("objects", SALT) or path.name.startswith(FILE_NAME):
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
