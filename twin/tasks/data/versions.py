"""versions: which datasets (and other results) there are, how two differ, and going back to an older one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from twin.errors import WorkspaceError
from twin.intake.schema import CONTRACT
from twin.intake.season_change import Difference, difference, profile
from twin.scenario.words import meant
from twin.tasks.shelf import CALIBRATION, DATASET, ERASURE
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

TABLE, SOURCE, PROFILE = "table_", "source_", "profile"
"""Parts of a dataset: tables, tables before merging where that differs, totals by month and brand."""
_COMPARED = (*(name for name, table in CONTRACT.items() if table.key), "consents")

Described = tuple[Mapping[str, pd.DataFrame], pd.DataFrame, Mapping[str, int]]
"""Tables before merging, totals by month and brand, and rows by table."""


def contents_of(workspace: Workspace, version: Version, only: tuple[str, ...] | None = None) -> dict[str, pd.DataFrame]:
    """Tables of a dataset as they were before prospects were merged into customers; all, or those named."""
    names = {
        name.removeprefix(prefix) for name in version.parts for prefix in (TABLE, SOURCE) if name.startswith(prefix)
    }
    parts = {name: f"{SOURCE}{name}" if workspace.has(version, f"{SOURCE}{name}") else f"{TABLE}{name}"
             for name in CONTRACT if name in names}  # fmt: skip
    return {name: workspace.table(version, part) for name, part in parts.items() if only is None or name in only}


def described(workspace: Workspace, version: Version) -> Described:
    """What two datasets are compared by."""
    if workspace.has(version, PROFILE):
        totals = workspace.table(version, PROFILE)
    else:  # of an older version of the program
        totals = profile(contents_of(workspace, version))
    return contents_of(workspace, version, _COMPARED), totals, version.meta["rows"]


def compared(workspace: Workspace, before: Version, after: Described) -> Difference:
    """What a dataset that is not published yet changes."""
    stood = described(workspace, before)
    return difference(stood[0], after[0], profiles=(stood[1], after[1]), counts=(stood[2], after[2]))


def difference_of(workspace: Workspace, before: str, after: str) -> dict[str, Any]:
    """What changed between two published datasets, as :class:`twin.intake.season_change.Difference` has it.

    Parameters
    ----------
    workspace : Workspace
    before, after : str
        Ids.
    """
    return compared(workspace, _dataset(workspace, before), described(workspace, _dataset(workspace, after))).as_dict()


def erased_people(workspace: Workspace) -> frozenset[str]:
    """Numbers of all who were ever erased here."""
    return frozenset(number for version in workspace.versions(ERASURE) for number in version.meta["numbers"])


def listed(workspace: Workspace, kind: str = DATASET) -> list[dict[str, Any]]:
    """Versions of a kind, newest first.

    Returns
    -------
    list of dict
        ``id``, ``created``, ``label``, ``head`` (flag), ``origin``, ``rows`` by table, ``added_to``, ``calibrations``.
    """
    heads = {version.id for version in workspace.heads(kind).values()}
    learned: dict[str, int] = {}
    for version in workspace.versions(CALIBRATION):
        for parent in version.parents[:1]:
            learned[parent] = learned.get(parent, 0) + 1
    return [
        {
            "id": version.id, "created": version.created, "label": version.label, "head": version.id in heads,
            "origin": version.meta.get("origin"), "rows": version.meta.get("rows"),
            "added_to": version.meta.get("added_to"), "calibrations": learned.get(version.id, 0),
        }
        for version in workspace.versions(kind)
    ]  # fmt: skip


def run_versions(
    workspace: Workspace, action: str = "list", ids: tuple[str, ...] = (), kind: str = DATASET
) -> dict[str, Any]:
    """List versions, compare two datasets, or make an older one the newest again.

    Parameters
    ----------
    workspace : Workspace
    action : str
        ``list``, ``diff`` or ``restore``.
    ids : tuple of str
        Two for ``diff`` (one: against the newest dataset), one for ``restore``.
    kind : str

    Returns
    -------
    dict
        ``versions`` of the kind; with ``diff`` also ``before``, ``after``, ``change``; with ``restore`` ``restored``.
    """
    wanted = {"list": (0,), "diff": (1, 2), "restore": (1,)}[action]
    if len(ids) not in wanted:
        words = "no version" if action == "list" else " or ".join("one" if n == 1 else "two" for n in wanted)
        raise WorkspaceError(
            f"versions {action}: expected {words} named, found {len(ids)}. See `twin versions --help`."
        )
    told: dict[str, Any] = {}
    if action == "diff":
        newest = workspace.head(DATASET)
        before, after = (*ids, newest.id) if len(ids) == 1 and newest is not None else ids
        told = {"before": before, "after": after, "change": difference_of(workspace, before, after)}
    elif action == "restore":
        version = workspace.restore(_known(workspace, ids[0]).id)
        told, kind = {"restored": version.id}, version.kind
    return {"kind": kind, "versions": listed(workspace, kind), **told}


def _known(workspace: Workspace, id: str) -> Version:
    versions = {version.id: version for version in workspace.everything()}
    if id not in versions:
        raise WorkspaceError(f"versions: expected a version, found {id!r}. {meant(id, versions, 'Versions')}")
    return versions[id]


def _dataset(workspace: Workspace, id: str) -> Version:
    version = _known(workspace, id)
    if version.kind != DATASET:
        raise WorkspaceError(f"versions diff: expected a dataset, found {id}. See `twin versions`.")
    return version
