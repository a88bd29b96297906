"""erase: a person's data out of every version and every copy in the workspace; sums stay as they were.

Order makes it safe to be interrupted: copies beside the versions go first, then new files are written, then one
transaction lets every version name them, then the old files go. Until that transaction the names can still be read off
the versions, so that the same command finds them again and finishes.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import pandas as pd

from twin.errors import WorkspaceError
from twin.intake.erasure import ID_COLUMNS, is_number, nameless, numbers
from twin.intake.schema import CONSENT, CONTRACT, PARTIES
from twin.progress import Progress, silent
from twin.tasks.data.versions import SOURCE, TABLE, erased_people
from twin.tasks.privacy.erase_copies import clear_copies, count_all
from twin.tasks.privacy.handed_out import NOBODY, login
from twin.tasks.service import jobs
from twin.tasks.shelf import DATASET, ERASURE
from twin.workspace import erasing
from twin.workspace.catalogue import Part, Version
from twin.workspace.store import Workspace
from twin.workspace.traces import Traces

_LISTS = ("customers", "prospects", "panel")
_LEAST_DECIMALS = 3
_STEPS = ("look for the person", "copies beside the versions", "versions", "old files", "look again", "done")


def run_erase(
    workspace: Workspace, ids: Sequence[str], dry_run: bool = False, progress: Progress | None = None
) -> dict[str, Any]:
    """Erase people.

    Parameters
    ----------
    workspace : Workspace
    ids : sequence of str
        ``customer_id`` or ``prospect_id``; rows of the register that were found to be the same outlet go with it.
    dry_run : bool
        Say what would change, and change nothing.
    progress : Progress, optional

    Returns
    -------
    dict
        ``people``, ``numbers`` (what stands for them now), ``versions``, ``parts``, ``rewritten``, ``removed`` (copies
        beside the versions), ``found_again`` (times that they were found afterwards), ``notes``, ``dry_run``.

    Raises
    ------
    WorkspaceError
        When nobody of that id is or was here, or background work is under way.
    """
    tell = progress or silent
    tell(0, 5, _STEPS[0])
    _nobody_works(workspace)
    every = workspace.everything()
    people = _with_the_same(workspace, every, ids)
    traces = _traces(workspace, every, people)
    unknown = [one for one, number in zip(ids, numbers(list(ids)), strict=True)
               if one not in traces.ids and number not in erased_people(workspace) and not is_number(one)]  # fmt: skip
    if unknown:
        raise WorkspaceError(
            f"erase: expected the id of a customer or prospect, found {unknown[0]!r}, which no version has. "
            "Nothing was changed. See `twin export potential` for ids."
        )
    parts = _parts(workspace, every, traces)
    if dry_run:
        told = {"rewritten": [], "removed": [], "found_again": count_all(workspace, traces)}
        return _report(traces, every, parts, told, ["Copies beside the versions are looked through when it is done."])
    tell(1, 5, _STEPS[1])
    told = clear_copies(workspace, traces)
    tell(2, 5, _STEPS[2])
    _rewrite(workspace, every, parts, traces, told)
    tell(3, 5, _STEPS[3])
    workspace.garbage(older_than_seconds=0.0)
    tell(4, 5, _STEPS[4])
    again = count_all(workspace, traces)
    tell(5, 5, _STEPS[5])
    notes = (
        [] if not again else ["Something still tells of them: run the same command again, and look at the register."]
    )
    if traces.ids:
        notes.append("Copies outside this folder, such as backups and files handed out, are yours to clear.")
    return _report(traces, every, parts, {**told, "found_again": again}, notes, dry_run=False)


def _nobody_works(workspace: Workspace) -> None:
    if active := [job for job in jobs.listed(workspace.path) if job.active]:
        raise WorkspaceError(
            f"erase: expected no background work, found `twin {active[0].verb}` under way. Wait for it, or cancel it."
        )


def _datasets(
    workspace: Workspace, every: Iterable[Version], names: Sequence[str]
) -> Iterable[tuple[str, pd.DataFrame]]:
    """The named tables of all datasets, each content once."""
    seen: set[Part] = set()
    for version in every:
        if version.kind != DATASET:
            continue
        for name in names:
            for part in (f"{TABLE}{name}", f"{SOURCE}{name}", name):
                if part in version.parts and version.parts[part] not in seen:
                    seen.add(version.parts[part])
                    yield name, workspace.table(version, part)


def _with_the_same(workspace: Workspace, every: Sequence[Version], ids: Sequence[str]) -> list[str]:
    """The ids, and those under which linkage found the same outlet."""
    wanted = {one for one in ids if not is_number(one)}
    pairs = [("prospect_id", "customer_id"), ("id", "stands_as")]
    tables = [frame for _, frame in _datasets(workspace, every, ("links", "aliases"))]
    while True:
        more = set(wanted)
        for frame in tables:
            for left, right in pairs:
                if {left, right} <= set(frame.columns):
                    sure = frame if "decision" not in frame else frame[frame["decision"] == "linked"]
                    more |= set(sure.loc[sure[left].isin(wanted), right].dropna())
                    more |= set(sure.loc[sure[right].isin(wanted), left].dropna())
        more = {str(one) for one in more if not is_number(str(one))}
        if more == wanted:
            return sorted(wanted)
        wanted = more


def _traces(workspace: Workspace, every: Sequence[Version], people: Sequence[str]) -> Traces:
    """Whatever the datasets know of the people that could tell of them elsewhere."""
    found, words, figures = set(), set(), set()
    for name, frame in _datasets(workspace, every, (*_LISTS, "links", "pairs")):
        columns = [one for one in ID_COLUMNS if one in frame]
        for column in columns:
            rows = frame[frame[column].isin(people)]
            if not len(rows):
                continue
            found |= set(rows[column])
            words |= _words(name, rows, columns, column)
            for axis in (axis for axis in ("lon", "lat") if axis in rows):
                figures |= {repr(float(value)) for value in rows[axis].dropna()}
    for _, frame in _datasets(workspace, every, ("sales", "visits", "market_sales")):
        if "customer_id" in frame:  # somebody of whom only facts are known
            found |= set(people) & set(frame.loc[frame["customer_id"].isin(people), "customer_id"])
    new = dict(zip(sorted(found), numbers(sorted(found)), strict=True))
    exact = tuple(sorted(one for one in figures if len(one.partition(".")[2]) >= _LEAST_DECIMALS))
    return Traces(new, tuple(sorted(words)), exact)


def _words(name: str, rows: pd.DataFrame, ids: Sequence[str], column: str) -> set[str]:
    """Names, contacts and free text of rows; words that group people are not among them."""
    if name in _LISTS:
        own = {spec.name for spec in CONTRACT.get(name, CONTRACT[PARTIES[0]]).columns} - {"name"}
        further = [one for one in rows if one not in own and not one.startswith(CONSENT)]
        words = [one for one in further if pd.api.types.is_string_dtype(rows[one].dtype)]
        texts = [one for one in words if any(part in one for part in erasing.NAMES)]
    else:
        side = column.rpartition("_")[2] if column in ("id_a", "id_b") else column.removesuffix("_id")
        texts = [one for one in rows if "name" in one and one.endswith(side)]
    return {str(value).strip() for one in texts for value in rows[one].dropna() if str(value).strip()}


def _parts(workspace: Workspace, every: Sequence[Version], traces: Traces) -> dict[Part, tuple[str, bool]]:
    """Every file that a version names: its part's name, and whether it is a list of people."""
    if not traces.ids:
        return {}
    lists = {f"{prefix}{name}" for prefix in (TABLE, SOURCE) for name in _LISTS}
    return {part: (name, version.kind == DATASET and name in lists)
            for version in every for name, part in version.parts.items()}  # fmt: skip


def _rewrite(
    workspace: Workspace, every: Sequence[Version], parts: dict[Part, tuple[str, bool]], traces: Traces, told: dict
) -> None:  # fmt: skip
    """New files for those that tell of the people, and one transaction that lets all versions name them."""
    new: dict[Part, Part] = {}
    for part, (name, people) in parts.items():
        content = erasing.without(workspace, part, traces, nameless, people)
        if content is not None:
            new[part] = workspace.put(name, content)
    if not traces.ids:
        return
    touched = [version.id for version in every if any(part in new for part in version.parts.values())]
    told.update(versions=len(touched), parts=len(new))
    meta = {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "who": login() or NOBODY,
        "versions": len(touched), "numbers": sorted(traces.ids.values()),
        "removed": len(told["removed"]), "mark": secrets.token_hex(4),
    }  # fmt: skip
    workspace.swap(new, partial(traces.taken_out), ERASURE, meta)


def _report(
    traces: Traces, every: Sequence[Version], parts: dict, told: dict[str, Any], notes: list[str], dry_run: bool = True
) -> dict[str, Any]:  # fmt: skip
    return {
        "people": len(traces.ids),
        "numbers": sorted(traces.ids.values()),
        "versions": told.get("versions", len(every) if parts else 0),
        "parts": told.get("parts", len(parts)),
        "rewritten": told["rewritten"],
        "removed": told["removed"],
        "found_again": told["found_again"],
        "notes": notes,
        "dry_run": dry_run,
    }
