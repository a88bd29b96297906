"""Moved: what a new calibration believes otherwise than the last one, and why. Knows no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twin.calibration.beliefs import Learned

_FEEDS = (
    (("visit_", "carryover", "effect_", "long_run_effect"), ("visits", "sales", "reps")),
    (("promotion:", "reaction"), ("market_sales", "campaigns")),
    (("unknown_category_volume", "hidden_size"), ("market_sales", "prospects", "customers", "sales")),
    (("discovery_",), ("customers", "visits", "sales")),
    (("loss", "newcomer_share", "winback"), ("customers", "sales")),
    (("market_", "season", "own_share", "drift"), ("market_sales", "sales")),
    (("unknown_share", "follows_sales", "orders_per_week", "orders_by_size"), ("visits", "sales")),
)
"""Tables that feed a parameter, by the beginning of its name."""


@dataclass(frozen=True)
class TableChange:
    """How one table differs from the one of the last calibration.

    Parameters
    ----------
    table : str
    months : str
        Of the new rows, such as ``2025-01 to 2025-12``; empty without new dated rows.
    rows : int
        New rows; rows gone count negative.
    earlier_changed : bool
        Whether rows of the time before differ: corrections, or years that were taken away.
    """

    table: str
    months: str
    rows: int
    earlier_changed: bool


@dataclass(frozen=True)
class Causes:
    """Everything that may have moved a parameter.

    Parameters
    ----------
    tables : tuple of TableChange
    settings : tuple of str
        Settings that differ, in words.
    other_code : bool
        Whether the program differs.
    beliefs : frozenset of str
        Parameters whose prior was carried over.
    """

    tables: tuple[TableChange, ...] = ()
    settings: tuple[str, ...] = ()
    other_code: bool = False
    beliefs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Move:
    """One parameter before and after.

    Parameters
    ----------
    parameter : str
    before, after : float or None
        Means; ``None`` where one of the calibrations does not have it.
    sd_before, sd_after : float or None
    sds : float or None
        After less before, in standard deviations of before; ``None`` where that cannot be said.
    identified : bool
        Whether the data spoke in both.
    reason : str
    """

    parameter: str
    before: float | None
    after: float | None
    sd_before: float | None
    sd_after: float | None
    sds: float | None
    identified: bool
    reason: str


def moves(before: Mapping[str, Learned], after: Sequence[Learned], causes: Causes) -> tuple[Move, ...]:
    """Every parameter of both calibrations, in the order of the new one; those that are gone at the end."""
    found = []
    for now in after:
        was = before.get(now.name)
        if was is None:
            found.append(Move(now.name, None, now.mean, None, now.sd, None, False, "new parameter of this version"))
            continue
        # a parameter without a spread (zero by rule) has no scale to be measured on
        sds = (now.mean - was.mean) / was.sd if was.sd > 0.0 else (0.0 if now.mean == was.mean else None)
        both = now.identified and was.identified
        reason = _reason(now, was, causes)
        found.append(Move(now.name, was.mean, now.mean, was.sd, now.sd, sds, both, reason))
    names = {now.name for now in after}
    found += [
        Move(name, was.mean, None, was.sd, None, None, False, "no longer a parameter of this version")
        for name, was in before.items()
        if name not in names
    ]
    return tuple(found)


def feeds(name: str) -> tuple[str, ...]:
    """Tables from which a parameter is learned; none where no data change it."""
    return next((tables for starts, tables in _FEEDS if name.startswith(starts)), ())


def _reason(now: Learned, was: Learned, causes: Causes) -> str:
    if (now.mean, now.sd) == (was.mean, was.sd):
        return "unchanged"
    concerned = [change for change in causes.tables if change.table in feeds(now.name)]
    why = [f"new {change.table} {change.months} ({change.rows:+d} rows)" for change in concerned if change.months]
    why += [f"earlier rows of {change.table} changed" for change in concerned if change.earlier_changed]
    if now.identified != was.identified:
        why.append("now identified" if now.identified else "no longer identified")
    if now.name in causes.beliefs and now.prior != was.prior:
        why.append("starts from the last calibration, where its data are gone")
    if causes.other_code:
        why.append("another version of the program")
    why += causes.settings
    return "; ".join(why) or "follows from other parameters"
