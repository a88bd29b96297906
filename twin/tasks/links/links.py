"""links: which rows of the lists are one outlet, and what a person says of it.

A decision is kept at once and works at the next ingest: what is published never changes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import InputError, Problem
from twin.intake.linkage_records import KEYS, records_of
from twin.scenario.words import meant
from twin.tasks.links.link_contradictions import contradictions
from twin.tasks.links.link_words import ACTIONS, LEAVE_OPEN, MERGE, UNDO, keep, log_of, pair_id, standing
from twin.tasks.links.links_files import read_decisions
from twin.tasks.privacy import handed_out
from twin.tasks.shelf import DATASET, newest
from twin.workspace.exports import write_table
from twin.workspace.store import Workspace

_FILE = "links"
_REVIEW = "review"


@dataclass(frozen=True)
class Decision:
    """What somebody says of one pair.

    Parameters
    ----------
    action : str
        ``merge``, ``keep-apart``, ``undecided``, or ``undo``: take the last word back.
    pair : str
        The pair's name; or
    a, b : str
        the ids of its two sides.
    keep : str
        Of a merge: which of our own ids is to stand; chosen when empty, see :mod:`twin.intake.linkage_merge`.
    why, who : str
    row : int, optional
        Line of the file that it stands in.
    """

    action: str
    pair: str = ""
    a: str = ""
    b: str = ""
    keep: str = ""
    why: str = ""
    who: str = ""
    row: int | None = None


def list_links(workspace: Workspace) -> dict[str, Any]:
    """Pairs as they were last ingested, what people said of them, and what the next ingest will take up.

    Returns
    -------
    dict
        ``dataset``; ``pairs``: rows with ``id``, ``list_a``, ``id_a``, ``name_a``, ``list_b``, ``id_b``, ``name_b``,
        ``probability`` (``None`` where nothing but a person speaks for it), ``distance_m``, ``reasons`` (list of
        ``field``, ``agreement``, ``weight``), ``decision`` (what holds in the dataset), ``said``, ``said_why``,
        ``said_who``, ``said_on`` (the standing word, empty without one), pairs for review first; ``history``: every
        word ever said; ``pending``: how many standing words the dataset has not seen.
    """
    dataset, log = newest(workspace, DATASET), log_of(workspace)
    table = workspace.table(dataset, "pairs") if workspace.has(dataset, "pairs") else pd.DataFrame()
    last = standing(log)
    said = {row["id"]: row for row in last.to_dict("records")}
    pairs = [_row(row, said.get(row["id"])) for row in _ordered(table).to_dict("records")]
    here = {row["id"] for row in pairs}
    pairs += [_row(_bare(row), row) for name, row in said.items() if name not in here]
    return {
        "dataset": dataset.id,
        "pairs": pairs,
        "history": log.to_dict("records"),
        "pending": sum(_waits(row) for row in pairs),
    }


def waiting(workspace: Workspace, dataset: str) -> int:
    """How many pairs of a dataset wait for a person: for review, and nobody has said a word that stands."""
    version = workspace.version(dataset)
    if not workspace.has(version, "pairs"):
        return 0
    pairs = workspace.table(version, "pairs", ["id", "decision"])
    said = standing(log_of(workspace))
    return int(((pairs["decision"] == _REVIEW) & ~pairs["id"].isin(said["id"])).sum())


def decide(workspace: Workspace, wishes: Sequence[Decision], now: dt.datetime) -> dict[str, Any]:
    """Keep decisions: all of them, or none where one is at fault.

    Returns
    -------
    dict
        ``links`` (version; ``None`` without a wish), ``made`` (rows), ``pending``.

    Raises
    ------
    InputError
        With every fault of every wish, and every contradiction by its names; nothing is kept.
    """
    dataset, log = newest(workspace, DATASET), log_of(workspace)
    known = _known(workspace)
    pairs = {row["id"]: row for row in list_links(workspace)["pairs"]}
    problems: list[Problem] = []
    rows: list[dict[str, str]] = []
    for wish in wishes:
        sides = _sides(wish, pairs, known)
        faults = _faults(wish, sides, log)
        problems += faults
        if not faults:
            rows.append(_word(wish, sides, now, len(rows)))
    if not problems and rows:
        after = standing(pd.concat([log, pd.DataFrame(rows)], ignore_index=True) if len(log) else pd.DataFrame(rows))
        tables = {name: workspace.table(dataset, part) for name, part in _parts(workspace).items()}
        records = records_of(tables)
        problems = contradictions(after, records, {row["id"] for row in rows})
    if problems:
        raise InputError(problems)
    version = keep(workspace, rows) if rows else None
    return {"links": version, "made": rows, "pending": list_links(workspace)["pending"]}


def decide_all(workspace: Workspace, above: float, action: str, why: str, who: str, now: dt.datetime) -> dict[str, Any]:
    """One word on every pair for review with at least this probability and no word yet; see :func:`decide`."""
    rows = [row for row in list_links(workspace)["pairs"]
            if row["decision"] == _REVIEW and not row["said"] and (row["probability"] or 0.0) >= above]  # fmt: skip
    return decide(workspace, [Decision(action, row["id"], why=why, who=who) for row in rows], now)


def import_links(workspace: Workspace, path: Path, who: str, why: str, now: dt.datetime) -> dict[str, Any]:
    """Decide what a table says; see :func:`twin.tasks.links.links_files.read_decisions` for its columns.

    Returns
    -------
    dict
        As from :func:`decide`, and ``passed_over``: rows without an action.
    """
    rows, passed_over = read_decisions(path)
    wishes = [Decision(**{**row, "who": row["who"] or who, "why": row["why"] or why}) for row in rows]
    try:
        return decide(workspace, wishes, now) | {"passed_over": passed_over}
    except InputError as error:
        raise InputError([Problem(**{**p.as_dict(), "file": path.name}) for p in error.problems]) from None


def export_links(workspace: Workspace, out: Path, locale: str = "") -> dict[str, Any]:
    """Write the review table as :func:`import_links` reads it: fill ``action`` in."""
    rows = list_links(workspace)["pairs"]
    columns = [
        "id", "list_a", "id_a", "name_a", "list_b", "id_b", "name_b", "probability", "distance_m", "reasons",
        "decision", "said", "said_why",
    ]  # fmt: skip
    frame = pd.DataFrame([row | {"reasons": worded(row["reasons"])} for row in rows], columns=columns)
    frame.insert(1, "action", "")
    frame["keep"] = frame["why"] = ""
    version = newest(workspace, DATASET).id
    path = write_table(frame, out, locale=locale, before=lambda: handed_out.log(
        workspace, "links", version, frame.columns, len(frame), out.name))  # fmt: skip
    return {"table": _FILE, "file": str(path), "rows": len(frame)}


def worded(reasons: Sequence[dict[str, Any]]) -> str:
    """Reasons in one line, each with its weight in powers of two."""
    return "; ".join(
        f"{one['field']}: {one['agreement']}" + ("" if one["weight"] is None else f" ({one['weight']:+.1f})")
        for one in reasons
    )


# --- parts -------------------------------------------------------------------------------------------------------


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Pairs for review first, surest first."""
    if not len(table):
        return table
    rank = (table["decision"] != _REVIEW).astype(int)
    order = np.lexsort((-table["probability"].fillna(2.0).to_numpy(dtype=float), rank.to_numpy()))
    return table.iloc[order]


def _row(row: dict[str, Any], word: dict[str, Any] | None) -> dict[str, Any]:
    plain = {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
    plain["reasons"] = json.loads(row["reasons"]) if isinstance(row.get("reasons"), str) else []
    said = word or dict.fromkeys(("action", "why", "who", "noted"), "")
    return plain | {
        "said": said["action"], "said_why": said["why"], "said_who": said["who"], "said_on": said["noted"],
        "keep": (word or {}).get("keep", ""),
    }  # fmt: skip


def _bare(word: dict[str, Any]) -> dict[str, Any]:
    """A pair of which a person has spoken and that the dataset does not have."""
    sides = {name: word[name] for name in ("id", "list_a", "id_a", "list_b", "id_b")}
    return sides | {"name_a": "", "name_b": "", "probability": None, "distance_m": None, "reasons": "[]",
                    "decision": "", "by": ""}  # fmt: skip


def _waits(row: dict[str, Any]) -> bool:
    """Whether the dataset was made without the standing word of a pair, or with one that was taken back."""
    done = {MERGE: ("linked", "same id"), "keep-apart": ("apart",), LEAVE_OPEN: ("undecided",)}
    if row["said"]:
        return row["decision"] not in done[row["said"]]
    return row.get("by") == "person"


def _parts(workspace: Workspace) -> dict[str, str]:
    """Lists of the newest dataset before merging: list -> part."""
    dataset = newest(workspace, DATASET)
    found = {}
    for name in KEYS:
        part = next((p for p in (f"source_{name}", f"table_{name}") if workspace.has(dataset, p)), None)
        if part is not None:
            found[name] = part
    return found


def _known(workspace: Workspace) -> dict[str, list[str]]:
    """Lists on which each id stands."""
    dataset = newest(workspace, DATASET)
    known: dict[str, list[str]] = {}
    for name, part in _parts(workspace).items():
        ids = workspace.table(dataset, part, [KEYS[name]])[KEYS[name]].astype(str)
        known |= {one: [*known.get(one, []), name] for one in ids}
    return known


def _sides(wish: Decision, pairs: dict[str, dict], known: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    """List and id of both sides; nothing where the wish does not tell."""
    if wish.pair in pairs:
        row = pairs[wish.pair]
        return ((row["list_a"], row["id_a"]), (row["list_b"], row["id_b"]))
    if wish.a not in known or wish.b not in known or wish.a == wish.b:
        return ()
    sides = [(known[one][0], one) for one in (wish.a, wish.b)]
    return tuple(sorted(sides, key=lambda side: (list(KEYS).index(side[0]), side[1])))


def _faults(wish: Decision, sides: tuple[tuple[str, str], ...], log: pd.DataFrame) -> list[Problem]:
    """What is wrong with a wish by itself."""
    found: list[tuple[str, str, str, str]] = []
    if wish.action not in ACTIONS:
        found.append(("action", f"one of {', '.join(ACTIONS)}", repr(wish.action), meant(wish.action, ACTIONS)))
    if not sides:
        named = wish.pair or f"{wish.a} and {wish.b}"
        cure = "`twin links list` shows pairs; or give two ids of customers or prospects."
        found.append(("pair", "a pair, or two ids on our lists", repr(named), cure))
    if not wish.why.strip():
        found.append(("why", "a reason", "none", "Say why with --why: it is kept with the decision."))
    ids = [one for _, one in sides]
    if wish.keep and (wish.action != MERGE or wish.keep not in ids):
        found.append(("keep", f"one of {' and '.join(ids)}, with merge", repr(wish.keep), "Leave it out, or name one."))
    if wish.action == UNDO and sides and not (standing(log)["id"] == pair_id(*sides[0], *sides[1])).any():
        found.append(
            ("undo", "a pair with a standing word", " and ".join(ids), "`twin links list` shows what was said.")
        )
    return [Problem(_FILE, where, want, have, cure, wish.row) for where, want, have, cure in found]


def _word(wish: Decision, sides: tuple[tuple[str, str], ...], now: dt.datetime, place: int) -> dict[str, str]:
    (list_a, id_a), (list_b, id_b) = sides
    return {
        "id": pair_id(list_a, id_a, list_b, id_b), "action": wish.action, "list_a": list_a, "id_a": id_a,
        "list_b": list_b, "id_b": id_b, "keep": wish.keep,
        "noted": (now + dt.timedelta(microseconds=place)).isoformat(timespec="microseconds"),
        "who": wish.who, "why": " ".join(wish.why.split()),
    }  # fmt: skip
