"""What changes between two versions of a dataset, and what of it looks like a slip rather than like a new season.

Compares canonical tables: rows, totals by month and brand, ids that came and went, consents. Publishes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.intake.codes import codes_of, column
from twin.intake.consents import consent
from twin.intake.schema import CONSENT, CONTRACT, DATES
from twin.market.channels import channel_axis

SHOWN = 20
"""Ids of each kind that are named; the rest is counted."""
_VANISHED, _FALLEN, _RISEN, _OPENED = 0.20, 0.20, 0.50, 0.20
PROFILE = ("table", "month", "brand", "rows", "volume")


@dataclass(frozen=True)
class Slip:
    """Something that a new season seldom brings.

    Parameters
    ----------
    where, expected, found : str
        As in :class:`twin.errors.Problem`.
    """

    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class Difference:
    """What one version of a dataset has that another has not.

    Parameters
    ----------
    rows : tuple of dict
        ``table``, ``before``, ``after``.
    months : tuple of dict
        ``table``, ``month``, ``brand``, ``rows_before``, ``rows_after``, ``volume_before``, ``volume_after``; only
        those that changed. Visits have no brand and no volume.
    ids : tuple of dict
        ``table``, ``appeared``, ``vanished`` (counts), ``first_appeared``, ``first_vanished`` (some of them).
    consents : tuple of dict
        ``channel``, ``given``, ``withdrawn`` (counts of customers that both versions have).
    closed, reopened : int
        Customers of both versions who are now closed, or no longer.
    slips : tuple of Slip
    """

    rows: tuple[dict[str, Any], ...]
    months: tuple[dict[str, Any], ...]
    ids: tuple[dict[str, Any], ...]
    consents: tuple[dict[str, Any], ...]
    closed: int
    reopened: int
    slips: tuple[Slip, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain form for ``--json`` and the screens."""
        return asdict(self)

    @property
    def nothing(self) -> bool:
        """Whether nothing that is compared has changed."""
        return not (self.months or self.closed or self.reopened or any(r["before"] != r["after"] for r in self.rows)
                    or any(one["appeared"] or one["vanished"] for one in self.ids)
                    or any(one["given"] or one["withdrawn"] for one in self.consents))  # fmt: skip


def profile(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows and volume of every dated table by month and brand, columns :data:`PROFILE`."""
    found = [_profile(name, tables[name]) for name in DATES if name in tables]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(PROFILE))


def _profile(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    days = frame[DATES[name]].to_numpy()
    month = days.astype("datetime64[M]").astype(np.int64)
    brand, brands = np.zeros(len(frame), dtype=np.int64), pd.Index([""])
    if "volume" in frame:
        codes, distinct = pd.factorize(frame["brand"])
        brand, brands = codes + 1, pd.Index([""]).append(pd.Index(distinct, dtype="str"))
    keep = ~np.isnat(days)
    first = int(month[keep].min()) if keep.any() else 0
    cell = (month[keep] - first) * len(brands) + brand[keep]
    size = int(cell.max()) + 1 if keep.any() else 0
    rows = np.bincount(cell, minlength=size)
    volume = np.full(size, np.nan)
    if "volume" in frame:
        volume = np.bincount(cell, frame["volume"].to_numpy(dtype=float)[keep], size)
    at = np.flatnonzero(rows)
    months = (at // len(brands) + first).astype("datetime64[M]").astype(str)
    return pd.DataFrame({"table": name, "month": months, "brand": brands[at % len(brands)].astype(object),
                         "rows": rows[at], "volume": volume[at]})  # fmt: skip


def difference(
    before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame], *,
    profiles: tuple[pd.DataFrame, pd.DataFrame], counts: tuple[Mapping[str, int], Mapping[str, int]],
) -> Difference:  # fmt: skip
    """Compare two versions.

    Parameters
    ----------
    before, after : mapping of str to DataFrame
        Tables that have a key, and ``consents``, before prospects were merged into customers.
    profiles : two DataFrames
        See :func:`profile`.
    counts : two mappings of str to int
        Rows by table.
    """
    names = [name for name in CONTRACT if name in counts[0] or name in counts[1]]
    rows = tuple({"table": name, "before": int(counts[0].get(name, 0)), "after": int(counts[1].get(name, 0))}
                 for name in names)  # fmt: skip
    months = _months(*profiles)
    ids = tuple(_ids(name, before.get(name), after.get(name)) for name in names if CONTRACT[name].key)
    consents, opened = _consents(before, after)
    closed, reopened = _closed(before, after)
    slips = (*_lost_ids(ids, before), *_lost_months(*profiles), *_other_totals(*profiles), *opened)
    changed = tuple(one for one in months if one["rows_before"] != one["rows_after"] or _moved(one))
    return Difference(rows, changed, ids, consents, closed, reopened, slips)


def _moved(row: Mapping[str, Any]) -> bool:
    before, after = row["volume_before"], row["volume_after"]
    if before is None or after is None:
        return before is not after
    return not np.isclose(before, after, rtol=1e-9, atol=1e-9)


def _joined(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    key = ["table", "month", "brand"]
    both = before.merge(after, on=key, how="outer", suffixes=("_before", "_after"))
    return both.sort_values(key, ignore_index=True)


def _months(before: pd.DataFrame, after: pd.DataFrame) -> list[dict[str, Any]]:
    both = _joined(before, after)
    counts = both[["rows_before", "rows_after"]].fillna(0).astype(int)
    both[["rows_before", "rows_after"]] = counts
    both = both.astype(object).where(both.notna(), None)
    return both.to_dict("records")


def _ids(name: str, before: pd.DataFrame | None, after: pd.DataFrame | None) -> dict[str, Any]:
    key = str(CONTRACT[name].key)
    was, now = (pd.Index([] if frame is None else frame[key], dtype="str") for frame in (before, after))
    came, went = now[~now.isin(was)], was[~was.isin(now)]
    return {"table": name, "appeared": len(came), "vanished": len(went),
            "first_appeared": came[:SHOWN].tolist(), "first_vanished": went[:SHOWN].tolist()}  # fmt: skip


def _lost_ids(ids: tuple[dict[str, Any], ...], before: Mapping[str, pd.DataFrame]) -> list[Slip]:
    found = []
    for one in ids:
        stood = len(before[one["table"]]) if one["table"] in before else 0
        if one["vanished"] > _VANISHED * stood:
            named = ", ".join(one["first_vanished"][:3])
            found.append(Slip(one["table"], f"at least {1 - _VANISHED:.0%} of the {stood} ids that stand",
                              f"{one['vanished']} of them gone, first {named}"))  # fmt: skip
    return found


def _lost_months(before: pd.DataFrame, after: pd.DataFrame) -> list[Slip]:
    found = []
    for name in DATES:
        was, now = (set(one.loc[one["table"] == name, "month"]) for one in (before, after))
        if lost := sorted(was - now):
            found.append(Slip(name, "every month that stands", f"{len(lost)} of {len(was)} gone, first {lost[0]}"))
    return found


def _other_totals(before: pd.DataFrame, after: pd.DataFrame) -> list[Slip]:
    """Months that stand and are told anew with much less or much more."""
    found = []
    both = _joined(before, after).dropna(subset=["rows_before", "rows_after"])
    for name, rows in both.groupby("table", sort=False):
        figure = "volume" if rows["volume_before"].notna().any() else "rows"
        was, now = (float(rows[f"{figure}_{side}"].sum()) for side in ("before", "after"))
        if was > 0 and not (1 - _FALLEN) * was <= now <= (1 + _RISEN) * was:
            found.append(Slip(str(name), f"about the {was:,.0f} {figure} of the months that both have", f"{now:,.0f}"))
    return found


def _consents(
    before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]
) -> tuple[tuple[dict[str, Any], ...], list[Slip]]:
    """Consents given and withdrawn by those whom both versions have, and refusals that vanished by the dozen."""
    was, now = before.get("customers"), after.get("customers")
    if was is None or now is None:
        return (), []
    channels = _spoken_of(before, after)
    ids = now["customer_id"].to_numpy(dtype=str)
    place = codes_of(pd.Series(ids), was["customer_id"])
    then = consent(was, was["customer_id"].to_numpy(dtype=str), channels, before.get("consents"))
    here = consent(now, ids, channels, after.get("consents"))[:, place >= 0]
    then = then[:, place[place >= 0]]
    given, withdrawn = (here & ~then).sum(axis=1), (then & ~here).sum(axis=1)
    changes = tuple({"channel": name, "given": int(given[h]), "withdrawn": int(withdrawn[h])}
                    for h, name in enumerate(channels) if given[h] or withdrawn[h])  # fmt: skip
    refused = (~then).sum(axis=1)
    slips = [Slip(f"consent {name}", f"most of the {refused[h]} refusals that stand", f"{given[h]} of them consent now")
             for h, name in enumerate(channels) if given[h] > max(_OPENED * refused[h], SHOWN)]  # fmt: skip
    return changes, slips


def _spoken_of(before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    declared: set[str] = set()
    for tables in (before, after):
        declared |= {str(name).removeprefix(CONSENT) for name in tables["customers"] if str(name).startswith(CONSENT)}
        if "consents" in tables:
            declared |= set(tables["consents"]["channel"].dropna().unique())
    return channel_axis(tuple(sorted(declared)))


def _closed(before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]) -> tuple[int, int]:
    was, now = (_left(tables.get("customers")) for tables in (before, after))
    both = was.index.intersection(now.index)
    then, here = was.loc[both].to_numpy(), now.loc[both].to_numpy()
    return int((here & ~then).sum()), int((then & ~here).sum())


def _left(customers: pd.DataFrame | None) -> pd.Series:
    if customers is None:
        return pd.Series(dtype=bool)
    gone = (column(customers, "status") == "lapsed").to_numpy(dtype=bool, na_value=False)
    if "left_on" in customers:
        gone = gone | customers["left_on"].notna().to_numpy()
    found = pd.Series(gone, index=pd.Index(customers["customer_id"], dtype="str"))
    return found[~found.index.duplicated()]
