"""Quality scores: how far each customer's record can be trusted, and the same by territory and by rep.

A score is the product of three parts in [0, 1]: completeness, freshness and accuracy. It widens the interval of the
customer's potential, see :mod:`twin.potential.quality_width`. Knows no potential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of, column
from twin.intake.observed import days_of
from twin.intake.quality import TableQuality
from twin.intake.quality_signals import Signal, signals_of
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.weeks import FAR_PAST, NEVER, WEEKS_PER_YEAR, mondays, week_of

DECAY_PRIOR = (0.15, 20.0)
"""Part of a list that goes stale in a year, and the customer-years that this judgement counts for: a yardstick until
the list's own leavers say more."""
_ATTRIBUTES = 8
_FAULT = 0.3
_MANY_PERIODS = 4


@dataclass(frozen=True)
class Quality:
    """Quality of one dataset, as tables.

    Parameters
    ----------
    by_column : DataFrame
        ``table``, ``column``, ``measure``, ``share`` in [0, 1] or ``nan``, ``count``, ``of``, ``last_date``.
    by_customer, by_territory, by_rep : DataFrame
    decay_per_year : float
        Part of the list that goes stale in a year.
    decay_measured : bool
        Whether leavers told it rather than judgement.
    tables : tuple of TableQuality
        Of every table.
    """

    by_column: pd.DataFrame
    by_customer: pd.DataFrame
    by_territory: pd.DataFrame
    by_rep: pd.DataFrame
    decay_per_year: float
    decay_measured: bool
    tables: tuple[TableQuality, ...] = ()


def quality_scores(
    world: World,
    history: History,
    tables: Mapping[str, pd.DataFrame],
    rows: Sequence[TableQuality],
    pairs: pd.DataFrame | None = None,
) -> Quality:
    """Score a dataset.

    Parameters
    ----------
    world, history : as assembled from ``tables``
    tables : mapping of str to DataFrame
    rows : sequence of TableQuality
        See :func:`twin.intake.quality.quality_of`.
    pairs : DataFrame, optional
        See :func:`twin.intake.identity.identify`.
    """
    signals = signals_of(world, tables, pairs)
    decay, measured = decay_of(world, history)
    customers = _customers(world, history, signals, decay)
    return Quality(
        _columns(rows, signals), customers, _territories(world, history, customers, signals),
        _reps(world, history, tables, signals), decay, measured, tuple(rows),
    )  # fmt: skip


def decay_of(world: World, history: History) -> tuple[float, bool]:
    """Part of the known customers that leave in a year, judgement and leavers weighed; and whether leavers prevail."""
    people = world.population
    since = np.maximum(people.known_since, history.first_week)
    until = np.minimum(people.left, history.origin)
    years = float(np.maximum(until - since, 0)[people.known].sum()) / WEEKS_PER_YEAR
    left = int((people.known & (people.left < history.origin) & (people.left >= history.first_week)).sum())
    share, weight = DECAY_PRIOR
    return (left + share * weight) / (years + weight), left >= 5 and years > weight


def _customers(world: World, history: History, signals: Sequence[Signal], decay: float) -> pd.DataFrame:
    people, n = world.population, len(world.population)
    given = [people.names != "", people.placed, people.brick >= 0]
    filled = sorted(people.attributes, key=lambda name: (-float(pd.notna(people.attributes[name]).mean()), name))
    given += [pd.notna(people.attributes[name]) for name in filled[:_ATTRIBUTES]]
    completeness = np.mean(given, axis=0)
    last = last_trace(world, history)
    silent = np.where(last > FAR_PAST, np.maximum(history.origin - last, 0), history.n_weeks)
    freshness = np.exp(-decay * silent / WEEKS_PER_YEAR)
    # a closed account is no stale record: that it closed is known
    freshness = np.where(people.known & (people.left < NEVER), 1.0, freshness)
    trust, flags = np.ones(n), np.full(n, "", dtype=object)
    for signal in signals:
        who = signal.customer
        seen = np.bincount(who[(who >= 0) & signal.checked], minlength=n)
        bad = np.bincount(who[(who >= 0) & signal.bad], minlength=n)
        hit = bad > 0
        flags[hit] = flags[hit] + "; " + signal.name
        if signal.counts:
            part = np.divide(bad, seen, out=np.zeros(n), where=seen > 0)
            trust *= 1.0 - (_FAULT * hit if signal.table == "customers" else np.maximum(part, 0.05 * hit))
    day = np.where(last > FAR_PAST, last, 0).astype(np.int32)
    seen_on = pd.Series(mondays(day).astype("datetime64[s]")).where(last > FAR_PAST)
    return pd.DataFrame({
        "customer_id": people.ids, "known": people.known, "territory_id": world.territories[people.territory],
        "score": (completeness * freshness * trust).round(4), "completeness": completeness.round(4),
        "freshness": freshness.round(4), "accuracy": trust.round(4), "last_seen": seen_on.to_numpy(),
        "flags": pd.Series(flags, dtype="str").str.removeprefix("; "),
    })  # fmt: skip


def last_trace(world: World, history: History) -> NDArray[np.int32]:
    """Week of the last sign of life of every customer, a sale, a contact, or being listed: (c,) int32."""
    people = world.population
    last = np.where(people.known & (people.known_since < NEVER), people.known_since, FAR_PAST).astype(np.int64)
    last = np.maximum(last, _newest(history.touches.customer, history.touches.week, len(last)))
    for sales in (history.own_sales, history.panel):
        if len(sales):
            week = week_of(sales.periods.stop - np.timedelta64(1, "D"))[sales.period]
            last = np.maximum(last, _newest(sales.unit, week, len(last)))
    return np.minimum(last, history.origin).astype(np.int32)


def _newest(who: NDArray[np.int32], week: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """Last week in which each customer occurs: (n,) int64, ``FAR_PAST`` for those who do not."""
    newest = pd.Series(week, copy=False).groupby(who).max()
    return newest.reindex(range(n), fill_value=FAR_PAST).to_numpy(dtype=np.int64)


def _columns(rows: Sequence[TableQuality], signals: Sequence[Signal]) -> pd.DataFrame:
    """Completeness of every column, repetitions and newest date of every table, and every signal."""
    found: list[tuple] = []
    for row in rows:
        found += [(row.table, name, "filled", share, round(share * row.rows), row.rows, "")
                  for name, share in row.completeness.items()]  # fmt: skip
        found.append((row.table, "", "repeated rows", row.duplicates / max(row.rows, 1), row.duplicates, row.rows, ""))
        if row.last_date:
            found.append((row.table, "", "newest date", np.nan, row.rows, row.rows, row.last_date))
    for signal in signals:
        bad, of = int(signal.bad.sum()), int(signal.checked.sum())
        found.append((signal.table, signal.column, signal.name, bad / of if of else np.nan, bad, of, ""))
    return pd.DataFrame(found, columns=["table", "column", "measure", "share", "count", "of", "last_date"])


def gaps_of(
    unit: NDArray[np.int64], period: NDArray[np.int64], n_units: int, n_periods: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Periods without a row between the first and the last one of each unit, and how many lie between: two (u,) int."""
    there = np.zeros((n_units, n_periods), dtype=bool)
    there[unit, period] = True
    any_ = there.any(axis=1)
    first, last = there.argmax(axis=1), n_periods - 1 - there[:, ::-1].argmax(axis=1)
    span = np.where(any_, last - first + 1, 0)
    return span - there.sum(axis=1) * any_, span


def _territories(world: World, history: History, customers: pd.DataFrame, signals: Sequence[Signal]) -> pd.DataFrame:
    z, of = len(world.territories), world.population.territory.astype(np.int64)
    parts = (
        customers.assign(territory=of).groupby("territory")[["score", "completeness", "freshness", "accuracy"]].mean()
    )
    frame = parts.reindex(range(z)).round(4)
    frame.insert(0, "territory_id", world.territories)
    frame.insert(1, "customers", np.bincount(of, minlength=z))
    sales, touches = history.own_sales, history.touches
    inside = (touches.week >= history.first_week) & (touches.week < history.origin)
    for name, unit, period, n in (
        ("sales", of[sales.unit], sales.period.astype(np.int64), len(sales.periods)),
        ("contacts", of[touches.customer[inside]], touches.week[inside] - history.first_week, history.n_weeks),
    ):
        empty, span = gaps_of(unit, period, z, max(n, 1))
        frame[f"{name}_gaps"], frame[f"{name}_periods"] = empty, span
    for signal in signals:
        who = signal.customer[signal.bad & (signal.customer >= 0)]
        frame[signal.name.replace(" ", "_").replace(",", "")] = np.bincount(of[who], minlength=z)
    return frame.reset_index(drop=True)


def _reps(
    world: World, history: History, tables: Mapping[str, pd.DataFrame], signals: Sequence[Signal]
) -> pd.DataFrame:  # fmt: skip
    """Contacts of each listed rep; empty without reps or contacts."""
    reps = world.reps
    if not reps.listed or "visits" not in tables or not len(tables["visits"]):
        return pd.DataFrame(columns=["rep_id", "territory_id", "score", "contacts"])
    visits, r = tables["visits"], len(reps)
    rep = codes_of(column(visits, "rep_id"), reps.ids)
    mine = rep >= 0
    count = np.bincount(rep[mine], minlength=r)
    frame = pd.DataFrame({"rep_id": reps.ids, "territory_id": world.territories[reps.territory], "contacts": count})
    for name in ("outcome", "brand"):
        filled = column(visits, name).notna().to_numpy()
        frame[f"with_{name}"] = _over(np.bincount(rep[mine & filled], minlength=r), count)
    trust = np.ones(r)
    for signal in (one for one in signals if one.table == "visits"):
        bad = np.bincount(signal.rep[signal.bad & (signal.rep >= 0)], minlength=r)
        frame[signal.name.replace(" ", "_")] = bad
        if signal.counts:
            trust *= 1.0 - np.nan_to_num(_over(bad, count))
    touches = history.touches
    face = (touches.rep >= 0) & (touches.channel == VISIT) & (touches.week >= history.first_week)
    empty, span = gaps_of(
        touches.rep[face].astype(np.int64), touches.week[face] - history.first_week, r, history.n_weeks
    )
    frame["weeks_without_a_visit"], frame["weeks"] = empty, span
    regular = 1.0 - np.divide(empty, span, out=np.zeros(r), where=span >= _MANY_PERIODS)
    frame.insert(2, "score", np.where(count > 0, trust * regular, np.nan).round(4))
    day = pd.Series(days_of(visits["date"])[mine].astype("datetime64[s]"))
    frame["last_contact"] = day.groupby(rep[mine]).max().reindex(range(r)).to_numpy()
    return frame


def _over(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    return np.divide(a, b, out=np.full(len(b), np.nan), where=b > 0).round(4)
