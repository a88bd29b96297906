"""privacy: which personal data are held where, who agreed to what, what was handed out, who was erased."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from twin.errors import WorkspaceError
from twin.intake.erasure import ID_COLUMNS, is_number
from twin.tasks.privacy import handed_out
from twin.tasks.privacy.pseudonyms import SALT
from twin.tasks.shelf import DATASET, ERASURE, load_dataset
from twin.workspace.catalogue import FILE_NAME, Part, Version
from twin.workspace.store import Workspace

REGISTER, CONSENTS, HANDED, ERASURES = "register", "consents", "handed-out", "erasures"
RECORDS = {"register": REGISTER, "consents": CONSENTS, "handed_out": HANDED, "erasures": ERASURES}
"""Tables of ``twin export`` that tell of personal data rather than of the market."""
_PERSONAL = ("name", "lon", "lat", "address", "phone", "mail", "contact", "tax", "consent", "prefers", "available")
_REPS = ("rep_id", "rep_name", "home_lon", "home_lat")
_PEOPLE = ID_COLUMNS
_ARCHIVES = {"market": "ids, names, coordinates, consents, wishes and attributes of all customers; reps' names"}
_FOLDERS = {
    "uploads": "bundles handed over in the browser, as they came",
    "jobs": "words and results of background work",
    "runs": "finished draws of forecasts that were interrupted",
    "scenarios": "scenario files, which may name customers",
}


def run_privacy(workspace: Workspace, part: str = REGISTER) -> dict[str, Any]:
    """One part of the record of personal data.

    Parameters
    ----------
    workspace : Workspace
    part : str
        ``register``, ``consents``, ``handed-out`` or ``erasures``.

    Returns
    -------
    dict
        ``part`` and ``rows``, a list of plain rows.
    """
    return {"part": part, "rows": _READERS[part](workspace)}


def kept_record(workspace: Workspace, table: str) -> pd.DataFrame:
    """The same as a table, under the names of :data:`RECORDS`."""
    rows = _READERS[RECORDS[table]](workspace)
    return pd.DataFrame([{name: ", ".join(cell) if isinstance(cell, list) else cell for name, cell in row.items()}
                         for row in rows])  # fmt: skip


def _register(workspace: Workspace) -> list[dict[str, Any]]:
    """Every part of a version, and every folder, in which people can be told."""
    seen: dict[Part, list[tuple[Version, str]]] = {}
    for version in workspace.everything():
        for name, part in version.parts.items():
            seen.setdefault(part, []).append((version, name))
    rows = []
    for part, places in seen.items():
        (version, name), count = places[-1], len({version.id for version, _ in places})
        held = _held(workspace, part, version, name)
        if held is not None:
            rows.append({"where": version.kind, "what": name, "people": held[0], "columns": held[1],
                         "versions": count, "newest": version.id})  # fmt: skip
    rows.sort(key=lambda row: (row["where"], row["what"], row["newest"]))
    return rows + _beside(workspace.path)


def _held(workspace: Workspace, part: Part, version: Version, name: str) -> tuple[int | None, str] | None:
    """People in a part and the columns that tell of them; ``None`` where there are neither."""
    if part.format == "bin":
        return (None, _ARCHIVES[name]) if name in _ARCHIVES else None
    if part.format != "parquet":
        return None
    names = workspace.columns(version, name)
    people = [one for one in names if one in _PEOPLE]
    told = [one for one in names if one in _REPS or (people and any(word in one for word in _PERSONAL))]
    if name.endswith(("_reps", "_absences")):
        told = names
    if not people and not told:
        return None
    if not people:
        return None if not told else (0, ", ".join(told))
    ids = workspace.table(version, name, people[:1])[people[0]].dropna().unique()
    living = [one for one in ids if not is_number(str(one))]
    return len(living), ", ".join(dict.fromkeys([*people, *told]))


def _beside(folder: Path) -> list[dict[str, Any]]:
    """What lies in the workspace beside its versions."""
    rows = []
    for path in sorted(folder.iterdir()):
        if path.name in ("objects", SALT) or path.name.startswith(FILE_NAME):
            continue
        files = sum(1 for file in path.rglob("*") if file.is_file()) if path.is_dir() else 1
        what = _FOLDERS.get(path.name, "copies that somebody put here; they may tell of people")
        rows.append({"where": f"{path.name}/" if path.is_dir() else path.name, "what": f"{files} files", "people": None,
                     "columns": what, "versions": 0, "newest": ""})  # fmt: skip
    return rows


def _consents(workspace: Workspace) -> list[dict[str, Any]]:
    """How many of our customers and of all others may be contacted on each channel."""
    if workspace.head(DATASET) is None:
        raise WorkspaceError(f"{workspace.path}: expected a dataset, found none. Make one with `twin ingest FOLDER`.")
    world, _, version = load_dataset(workspace)
    people = world.population
    return [
        {"channel": name, "customers_agree": int((people.consent[h] & people.known).sum()),
         "customers": int(people.known.sum()), "others_agree": int((people.consent[h] & ~people.known).sum()),
         "others": int((~people.known).sum()), "dataset": version.id}
        for h, name in enumerate(world.channels)
    ]  # fmt: skip


def _erasures(workspace: Workspace) -> list[dict[str, Any]]:
    return [{name: version.meta.get(name) for name in ("when", "who", "numbers", "versions", "removed")}
            for version in workspace.versions(ERASURE)]  # fmt: skip


_READERS = {REGISTER: _register, CONSENTS: _consents, HANDED: handed_out.listed, ERASURES: _erasures}
