"""Contradictions: words on who is who that cannot all be true, with the names of those concerned."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.errors import Problem
from twin.intake.codes import codes_of
from twin.intake.linkage_groups import groups_of
from twin.intake.linkage_records import Records

_FILE = "links"


def contradictions(standing: pd.DataFrame, records: Records, new: Collection[str]) -> list[Problem]:
    """Outlets that would be one and are kept apart, or have two tax numbers.

    Parameters
    ----------
    standing : DataFrame
        The last word on each pair, the new ones among them; see :mod:`twin.tasks.links.link_words`.
    records : Records
        Everybody on the lists before merging.
    new : collection of str
        Names of the pairs that were just spoken of: only groups with one of them are looked at.
    """
    if not len(standing):
        return []
    names = _named(standing, records)
    a, b = (codes_of(standing[f"list_{side}"] + "\x1e" + standing[f"id_{side}"], names.index) for side in "ab")
    merge = (standing["action"] == "merge").to_numpy()
    group = groups_of(len(names), a[merge], b[merge])
    touched = np.isin(group, group[a[merge & standing["id"].isin(new).to_numpy()]])
    apart = (standing["action"] == "keep-apart").to_numpy() & (group[a] == group[b])
    fresh = standing["id"].isin(new).to_numpy()
    found = []
    for row in np.flatnonzero(apart & (touched[a] | fresh)):
        chain = _members(names, group, group[a[row]])
        word = standing.iloc[row]
        said = f"{word['who'] or 'somebody'} on {word['noted'][:10]}: {word['why']}"
        wanted = f"{_one(names, a[row])} and {_one(names, b[row])} apart ({said})"
        cure = "Take one of these words back with `twin links undo`."
        found.append(Problem(_FILE, "contradiction", wanted, f"merges that make {chain} one", cure))
    return found + _two_numbers(names, group, touched)


def _two_numbers(names: pd.DataFrame, group: NDArray[np.int64], touched: NDArray[np.bool_]) -> list[Problem]:
    given = names["tax"].notna().to_numpy() & touched
    frame = pd.DataFrame({"group": group[given], "tax": names["tax"].to_numpy()[given]}).drop_duplicates()
    several = frame[frame["group"].duplicated(keep=False)]
    cure = "Correct the number in the source and ingest it, or leave them apart: two tax numbers are two companies."
    return [
        Problem(
            _FILE,
            "tax number",
            "one in an outlet",
            f"{' and '.join(rows['tax'])} in {_members(names, group, one)}",
            cure,
        )
        for one, rows in several.groupby("group")
    ]


def _named(standing: pd.DataFrame, records: Records) -> pd.DataFrame:
    """Everybody spoken of, with name and tax number where the lists have them."""
    lists = np.array(records.names_of_lists, dtype=object)[records.lists]
    known = pd.DataFrame({"id": records.ids, "name": records.names, "tax": records.table["tax"].to_numpy()},
                         index=pd.Index(lists + "\x1e" + records.ids.astype(str)))  # fmt: skip
    keys = pd.unique(pd.concat([standing[f"list_{side}"] + "\x1e" + standing[f"id_{side}"] for side in "ab"]))
    found = known[~known.index.duplicated()].reindex(keys)
    found["id"] = found["id"].where(found["id"].notna(), [key.split("\x1e")[1] for key in keys])
    return found


def _one(names: pd.DataFrame, row: int) -> str:
    name = names["name"].iloc[row]
    return f"{names['id'].iloc[row]} ({name})" if isinstance(name, str) and name else str(names["id"].iloc[row])


def _members(names: pd.DataFrame, group: NDArray[np.int64], one: int) -> str:
    return ", ".join(_one(names, row) for row in np.flatnonzero(group == one))
