"""Merging: rows that are one outlet become one row under one id, and everything under the other ids moves to it.

Which id stands, in order: our own list before the register; what a person asked for; an active customer before a
lapsed one; the one with the most sales rows; the longest known; the first in the file. Its own values stand, the others
fill what is missing. Consent is the strictest of our own rows; a register gives none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of, column, renamed
from twin.intake.linkage_records import KEYS
from twin.intake.schema import CONSENT

_FACTS = ("sales", "visits", "market_sales")
_STATUS = ("active", "lapsed", "prospect")
ALIAS_COLUMNS = ("list", "id", "stands_as")


@dataclass(frozen=True)
class Merged:
    """Tables in which each outlet stands once.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    aliases : DataFrame
        :data:`ALIAS_COLUMNS`: ids that went, and the id under which the outlet stands.
    """

    tables: Mapping[str, pd.DataFrame]
    aliases: pd.DataFrame


def merge_groups(tables: Mapping[str, pd.DataFrame], groups: pd.DataFrame) -> Merged:
    """Put rows together.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    groups : DataFrame
        ``list``, ``id``, ``group``, ``keep``, see :func:`twin.intake.identity.identify`.
    """
    merged = dict(tables)
    if not len(groups):
        return Merged(merged, pd.DataFrame(columns=list(ALIAS_COLUMNS), dtype="str"))
    ranked = _ranked(tables, groups)
    stands = ranked.drop_duplicates("group").set_index("group")
    ranked["stands_as"] = ranked["group"].map(stands["id"])
    ranked["in"] = ranked["group"].map(stands["list"])
    for name in KEYS:
        if name in merged:
            merged[name] = _one_list(merged, name, ranked)
    went = ranked[(ranked["id"] != ranked["stands_as"])]
    for name in _FACTS:
        if name in merged and "customer_id" in merged[name]:
            merged[name] = _moved(merged[name], went)
    if "market_sales" in merged and "customer_id" in merged["market_sales"] and len(went):
        merged["market_sales"] = _once(merged["market_sales"], stands["id"])
    aliases = went[["list", "id", "stands_as"]].astype("str").reset_index(drop=True)
    return Merged(merged, aliases)


def _ranked(tables: Mapping[str, pd.DataFrame], groups: pd.DataFrame) -> pd.DataFrame:
    """Rows of groups, whoever should stand first."""
    parts = []
    for place, (name, key) in enumerate(KEYS.items()):
        mine = groups[groups["list"] == name]
        if not len(mine):
            continue
        frame = tables[name].reset_index(drop=True)
        row = codes_of(mine["id"].astype("str"), frame[key])
        status = column(frame, "status").fillna("active").iloc[row]
        parts.append(
            mine.assign(
                rank_list=place,
                row=row,
                rank_status=codes_of(status, list(_STATUS)),
                rank_sales=-_sales_rows(tables, mine["id"]),
                rank_since=_since(frame, row),
            )
        )
    ranked = pd.concat(parts, ignore_index=True)
    # a person may choose among our own ids, not put a register's id in the place of ours
    order = ["group", "rank_list", "dropped", "rank_status", "rank_sales", "rank_since", "row"]
    return ranked.assign(dropped=~ranked["keep"].astype(bool)).sort_values(order, kind="stable", ignore_index=True)


def _since(frame: pd.DataFrame, row: NDArray[np.int32]) -> NDArray[np.int64]:
    """Day since when each row is known, as a number; a missing one is last."""
    if "known_since" not in frame:
        return np.zeros(len(row), dtype=np.int64)
    days = frame["known_since"].to_numpy().astype("datetime64[D]")[row]
    return np.where(np.isnat(days), np.iinfo(np.int64).max, days.astype(np.int64))


def _sales_rows(tables: Mapping[str, pd.DataFrame], ids: pd.Series) -> NDArray[np.int64]:
    if "sales" not in tables:
        return np.zeros(len(ids), dtype=np.int64)
    place = codes_of(tables["sales"]["customer_id"], ids.astype("str").to_numpy())
    return np.bincount(place[place >= 0], minlength=len(ids))


def _one_list(tables: Mapping[str, pd.DataFrame], name: str, ranked: pd.DataFrame) -> pd.DataFrame:
    """One list without the rows that went elsewhere; those that stand are filled from the others, best first."""
    key, frame = KEYS[name], tables[name].reset_index(drop=True)
    gone = ranked[(ranked["list"] == name) & ~((ranked["in"] == name) & (ranked["id"] == ranked["stands_as"]))]
    here = ranked[ranked["in"] == name]
    if len(here):
        frame = _filled(frame, key, name, tables, here)
    return frame[codes_of(frame[key], gone["id"].astype("str").to_numpy()) < 0].reset_index(drop=True)


def _filled(
    frame: pd.DataFrame, key: str, name: str, tables: Mapping[str, pd.DataFrame], here: pd.DataFrame
) -> pd.DataFrame:
    """A list whose standing rows have taken what the others of their group know."""
    parts = []
    for other, other_key in KEYS.items():
        mine = here[here["list"] == other]
        if len(mine):
            rows = tables[other].reset_index(drop=True).iloc[mine["row"].to_numpy()]
            if other != name:
                # nobody but the customer gives us consent, and a register's status is not ours
                rows = rows.drop(columns=[one for one in rows if one.startswith(CONSENT) or one == "status"])
            rows = rows.drop(columns=other_key)
            parts.append(rows.assign(_to=mine["stands_as"].to_numpy(), _rank=mine.index.to_numpy(), _own=other == name))
    stack = pd.concat(parts, ignore_index=True).sort_values("_rank", kind="stable", ignore_index=True)
    if {"lon", "lat"} <= set(stack.columns):
        # a place is a pair: never the longitude of one row with the latitude of another
        half = stack["lon"].isna() | stack["lat"].isna()
        stack[["lon", "lat"]] = stack[["lon", "lat"]].mask(half)
    grouped = stack.groupby("_to", sort=False)
    best = grouped.first().drop(columns=["_rank", "_own"])
    own = stack[stack["_own"]].groupby("_to", sort=False)
    if name == "customers":
        best = _single_view(best, own)
    at = codes_of(pd.Series(best.index.astype(str)), frame[key])
    frame = frame.reindex(columns=[*frame.columns, *(one for one in best if one not in frame)])
    for one in best.columns:
        values = frame[one].astype(best[one].dtype) if frame[one].isna().all() else frame[one].copy()
        values.iloc[at] = best[one].astype(values.dtype).to_numpy()
        frame[one] = values
    return frame


def _single_view(best: pd.DataFrame, own: pd.api.typing.DataFrameGroupBy) -> pd.DataFrame:
    """What several rows of our own list say together of one customer."""
    best = best.copy()
    columns = own.obj.columns
    for one in (one for one in columns if one.startswith(CONSENT)):
        given = own.obj[one].astype("boolean").groupby(own.obj["_to"], sort=False).min()
        best[one] = given.reindex(best.index).astype("boolean")
    if "known_since" in columns:
        best["known_since"] = own["known_since"].min().reindex(best.index)
    if "status" in columns:
        code = pd.Series(codes_of(own.obj["status"].fillna("active"), list(_STATUS)), index=own.obj.index)
        least = code.groupby(own.obj["_to"], sort=False).min().reindex(best.index)
        best["status"] = np.array(_STATUS, dtype=object)[least.to_numpy()]
    if "left_on" in columns:
        left = own["left_on"].max().reindex(best.index)
        gone = own["left_on"].count().reindex(best.index) == own.size().reindex(best.index)
        best["left_on"] = left.where(gone)
        if "left_reason" in best:
            best["left_reason"] = best["left_reason"].where(gone)
    return best


def _moved(frame: pd.DataFrame, went: pd.DataFrame) -> pd.DataFrame:
    """Rows of other tables under an id that went, under the id that stands."""
    new = dict(zip(went["id"].astype("str"), went["stands_as"].astype("str"), strict=True))
    before = frame["customer_id"]
    ids = renamed(before, new)
    return frame if ids is before else frame.assign(customer_id=ids)


def _once(frame: pd.DataFrame, merged: pd.Series) -> pd.DataFrame:
    """Market sales without rows that two lists give of one outlet alike."""
    mine = codes_of(frame["customer_id"], merged.astype("str").to_numpy()) >= 0
    return frame[~(mine & frame.duplicated().to_numpy())].reset_index(drop=True)
