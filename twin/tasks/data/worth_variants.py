"""Variants: a company's data with one thing taken away, or one thing added that its calibrated twin has made up.

Taking away is done to the company's own data. What a company never had is lived through by the twin: its own history
once as it records, and once with records that it lacks. Estimates nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.market.history import History, Sales
from twin.market.world import World
from twin.weeks import Periods, mondays, week_of

OWN, LIVED, MIRRORED = "own data", "made up by the calibrated twin", "own data, mirrored"
WITHOUT, WITH = "without", "with"
_PROBE = 60
_LEAST_YEARS, _WANTED_YEARS = 0.95, 10.0
_YEAR = 52.1775
_WHOLE = 0.999
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
Data = tuple[World, History]


@dataclass(frozen=True)
class Variant:
    """One change of the data.

    Parameters
    ----------
    name : str
        Key, part of file names.
    gap : str
        What it is about, as a person reads it.
    way : str
        ``without``: taken away; ``with``: added.
    made : str
        Of what: own data, or a history made up by the calibrated twin.
    change : callable
        World and history to the changed ones; for a made-up history, what records it is to have.
    note : str
    """

    name: str
    gap: str
    way: str
    made: str
    change: Callable[[World, History], Data]
    note: str = ""


def variants_of(world: World, history: History) -> list[Variant]:
    """Changes that say something of these data; nothing is taken away that is not there."""
    people = world.population
    years = history.n_weeks / _YEAR
    found = []
    if years >= 2 * _LEAST_YEARS:
        found.append(Variant("half_history", "half of the history", WITHOUT, OWN, lambda w, h: (w, halved(h))))
        if years < _WANTED_YEARS:
            note = (
                "nobody can make up a past: as much is taken to be gained by twice the years as is lost by half of them"
            )
            found.append(
                Variant("double_history", "twice the history", WITH, MIRRORED, lambda w, h: (w, halved(h)), note)
            )
    there = (
        ("no_visits", "contacts", bool(len(history.touches)), _no_touches),
        ("no_audit", "market totals by brick", bool(len(history.audit)), _no_audit),
        ("no_panel", "audited outlets", bool(len(history.panel)), _no_panel),
        ("no_places", "coordinates", bool(people.placed.any()), _no_places),
        ("no_attributes", "attributes of customers", bool(people.attributes), _no_attributes),
        ("no_campaigns", "recorded campaigns", bool(history.campaigns), _no_campaigns),
    )  # fmt: skip
    found += [Variant(name, words, WITHOUT, OWN, change) for name, words, has, change in there if has]
    if people.quality is not None and people.quality.mean() < _WHOLE:
        found.append(Variant("full_records", "records in order (all scores 1)", WITH, OWN, _in_order))
    unknown = int((~people.known).sum())
    probed = int((~people.known)[history.panel_members].sum())
    if unknown >= _PROBE and probed < _PROBE:
        words = f"a probe: {_PROBE} unknown outlets audited at random"
        found.append(Variant("probe", words, WITH, LIVED, _probed))
    held = np.unique(people.brick[people.brick >= 0])
    if len(np.setdiff1d(held, history.audit.unit)):
        found.append(Variant("full_audit", "market totals of every brick", WITH, LIVED, _fully_audited))
    return found


def halved(history: History) -> History:
    """Only the later half of a history."""
    return _since(history, history.first_week + history.n_weeks // 2)


def _since(history: History, week: int) -> History:
    own = _later(history.own_sales, week)
    first = max(int(week_of(own.periods.start[0])), week) if len(own.periods) else week
    return replace(
        history,
        first_week=first,
        touches=history.touches.where(history.touches.week >= first),
        own_sales=own,
        audit=_later(history.audit, week),
        panel=_later(history.panel, week),
        campaigns=tuple(one for one in history.campaigns if one.stop > first),
    )


def _later(sales: Sales, week: int) -> Sales:
    """Only the periods that begin in a week or later."""
    day = mondays(np.int32(week))
    gone = int((sales.periods.start < day).sum())
    periods = Periods(sales.periods.kind, sales.periods.start[gone:], sales.periods.stop[gone:])
    keep = sales.period >= gone
    period = (sales.period[keep] - gone).astype(np.int32)
    return Sales(sales.unit[keep], period, sales.brand[keep], sales.volume[keep], periods)


def _empty(sales: Sales) -> Sales:
    nothing = np.zeros(len(sales), dtype=bool)
    periods = Periods(sales.periods.kind, sales.periods.start[:0], sales.periods.stop[:0])
    return Sales(sales.unit[nothing], sales.period[nothing], sales.brand[nothing], sales.volume[nothing], periods)


def _no_touches(world: World, history: History) -> Data:
    return world, replace(history, touches=history.touches.where(np.zeros(len(history.touches), dtype=bool)))


def _no_audit(world: World, history: History) -> Data:
    return world, replace(history, audit=_empty(history.audit))


def _no_panel(world: World, history: History) -> Data:
    return world, replace(history, panel=_empty(history.panel), panel_members=history.panel_members[:0])


def _no_campaigns(world: World, history: History) -> Data:
    return world, replace(history, campaigns=())


def _no_places(world: World, history: History) -> Data:
    people, bricks = world.population, world.bricks
    nowhere, no_centre = np.full(len(people), np.nan), np.full(len(bricks), np.nan)
    return replace(
        world,
        population=replace(people, lon=nowhere, lat=nowhere),
        bricks=replace(bricks, lon=no_centre, lat=no_centre),
    ), history


def _no_attributes(world: World, history: History) -> Data:
    return replace(world, population=replace(world.population, attributes={})), history


def _in_order(world: World, history: History) -> Data:
    """Every record as good as a record can be: those below the others gain."""
    people = world.population
    return replace(world, population=replace(people, quality=np.ones(len(people)))), history


def _probed(world: World, history: History) -> Data:
    """A history whose panel has unknown outlets more, drawn by their names: as good as at random."""
    people = world.population
    unknown = np.flatnonzero(~people.known & ~np.isin(np.arange(len(people)), history.panel_members))
    order = np.argsort(people.entity[unknown] * _GOLDEN, kind="stable")
    more = unknown[order][:_PROBE].astype(np.int32)
    members = np.union1d(history.panel_members, more).astype(np.int32)
    panel = history.panel
    if not len(panel.periods):
        panel = replace(panel, periods=_periods_of(history))
    return world, replace(history, panel=panel, panel_members=members)


def _fully_audited(world: World, history: History) -> Data:
    """A history whose audit has every brick; the rows only say so, they are made when it is lived."""
    bricks = np.arange(len(world.bricks), dtype=np.int32)
    n = len(bricks)
    periods = history.audit.periods if len(history.audit.periods) else _periods_of(history)
    audit = Sales(bricks, np.zeros(n, dtype=np.int32), np.zeros(n, dtype=np.int16), np.ones(n), periods)
    return world, replace(history, audit=audit)


def _periods_of(history: History) -> Periods:
    """Periods in which the market is seen by somebody, else those of our own sales."""
    for sales in (history.audit, history.panel):
        if len(sales.periods):
            return sales.periods
    return history.own_sales.periods


def halfwidth(values: NDArray[np.float64]) -> float:
    """80 % interval over the mean: a plain number, ``nan`` without a mean."""
    low, high = np.percentile(values, [10, 90])
    mean = float(values.mean())
    return float((high - low) / mean) if mean > 0 else float("nan")
