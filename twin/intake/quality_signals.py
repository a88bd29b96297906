"""Quality signals: rows that cannot be right, or that lie far from all others like them.

A signal accuses nobody: it counts, and names an example. Changes no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of, column
from twin.intake.linkage_records import EARTH_M
from twin.intake.observed import days_of
from twin.intake.places import on_sphere
from twin.market.world import World
from twin.weeks import week_of

FAR_Z, FAR_KM = 6.0, 3.0
"""A customer is far from its brick beyond so many robust deviations of that brick's customers, and so many km."""
VOLUME_Z = 6.0
"""Robust deviations in log volume, within brand and segment, from which a sale is an outlier."""
_EARLY, _LATE = 5, 22
_DAYS_LATE = 31
_MANY_A_DAY = 25
_CROWDED_Z = 6.0
_MAD = 1.4826
_LEAST_GROUP = 20


@dataclass(frozen=True)
class Signal:
    """One kind of doubt about the rows of one table.

    Parameters
    ----------
    name : str
    table, column : str
    customer : (m,) int32
        Row of the population behind each row; -1 for nobody.
    rep : (m,) int32
        Row of the reps; -1 without.
    checked, bad : (m,) bool
        Rows of which it could be asked, and of which it holds.
    counts : bool
        Whether it lowers the score: a visit before a customer was known may be how it was won.
    """

    name: str
    table: str
    column: str
    customer: NDArray[np.int32]
    rep: NDArray[np.int32]
    checked: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    counts: bool = True


def signals_of(world: World, tables: Mapping[str, pd.DataFrame], pairs: pd.DataFrame | None = None) -> list[Signal]:
    """All signals of a dataset.

    Parameters
    ----------
    world : as assembled from ``tables``
    tables : mapping of str to DataFrame
    pairs : DataFrame, optional
        See :func:`twin.intake.identity.identify`.
    """
    found = [*_places(world), *_hours(world), *_repeated(world, pairs)]
    for name in ("visits", "sales"):
        if name in tables and len(tables[name]):
            frame = tables[name]
            rep = codes_of(column(frame, "rep_id"), world.reps.ids) if world.reps.listed else _nobody(len(frame))
            dated = _Dated(
                name, frame, codes_of(frame["customer_id"], world.population.ids), rep, days_of(frame["date"])
            )
            found += _sequences(world, tables["customers"], dated)
            found += _visits(world, dated) if name == "visits" else [_volumes(world, dated)]
    return found


@dataclass(frozen=True)
class _Dated:
    """Rows of a dated table, brought to the axes of the world: customer, rep, day."""

    name: str
    frame: pd.DataFrame
    customer: NDArray[np.int32]
    rep: NDArray[np.int32]
    day: NDArray[np.datetime64]


def robust_z(values: NDArray[np.float64], group: NDArray[np.int64], least: float) -> NDArray[np.float64]:
    """Distance from the median of the group in robust deviations, ``nan`` in a group of fewer than twenty: (m,) float.

    Parameters
    ----------
    values : (m,) float
    group : (m,) int
    least : float
        Deviation taken where nearly all of a group are equal.
    """
    codes, groups = pd.factorize(group)
    codes = codes.astype(np.int32)  # millions of rows: never more than two long columns at a time

    def middle(figures: NDArray[np.float64]) -> NDArray[np.float64]:
        return pd.Series(figures, copy=False).groupby(codes).median().reindex(range(len(groups))).to_numpy()

    away = values - middle(values)[codes]
    spread = np.maximum(_MAD * middle(np.abs(away)), least)
    enough = np.bincount(codes[np.isfinite(values)], minlength=len(groups)) >= _LEAST_GROUP
    away /= np.where(enough, spread, np.nan)[codes]
    return away


def _nobody(n: int) -> NDArray[np.int32]:
    return np.full(n, -1, dtype=np.int32)


def _places(world: World) -> Iterator[Signal]:
    """Customers whose coordinates lie far from the others of their brick."""
    people = world.population
    at, centre = (EARTH_M / 1000.0 * on_sphere(*side) for side in
                  ((people.lon, people.lat), _centres(world)))  # fmt: skip
    inside = people.placed & (people.brick >= 0)
    away = np.full(len(people), np.nan)
    away[inside] = np.sqrt(((at[inside] - centre[people.brick[inside]]) ** 2).sum(axis=1))
    checked = np.isfinite(away)
    z = np.full(len(people), np.nan)
    z[checked] = robust_z(away[checked], people.brick[checked].astype(np.int64), 0.2)
    bad = (np.nan_to_num(z) > FAR_Z) & (np.nan_to_num(away) > FAR_KM)
    everyone = np.arange(len(people), dtype=np.int32)
    yield Signal("far from its brick", "customers", "lon, lat", everyone, _nobody(len(people)), checked, bad)


def _centres(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median place of each brick's customers: a stray one does not move it."""
    people = world.population
    frame = pd.DataFrame({"brick": people.brick, "lon": people.lon, "lat": people.lat})
    middle = frame[frame["brick"] >= 0].groupby("brick")[["lon", "lat"]].median().reindex(range(len(world.bricks)))
    return middle["lon"].to_numpy(), middle["lat"].to_numpy()


def _hours(world: World) -> Iterator[Signal]:
    people = world.population
    checked = np.isfinite(people.available_from) & np.isfinite(people.available_to)
    bad = checked & (people.available_from >= people.available_to)
    everyone = np.arange(len(people), dtype=np.int32)
    yield Signal(
        "impossible hours", "customers", "available_from, available_to", everyone, _nobody(len(people)), checked, bad
    )


def _repeated(world: World, pairs: pd.DataFrame | None) -> Iterator[Signal]:
    """Customers that may stand twice: pairs that wait for a person's word."""
    people = world.population
    everyone, bad = np.arange(len(people), dtype=np.int32), np.zeros(len(people), dtype=bool)
    if pairs is not None and len(pairs):
        open_ = pairs[(pairs["decision"] == "review") & (pairs["probability"] >= 0.5)]
        for side in "ab":
            row = codes_of(open_[f"id_{side}"], people.ids)
            bad[row[row >= 0]] = True
    yield Signal(
        "may stand twice", "customers", "name", everyone, _nobody(len(people)), np.ones(len(people), dtype=bool), bad
    )


def _sequences(world: World, customers: pd.DataFrame, rows: _Dated) -> Iterator[Signal]:
    """Rows from before the customer was known, and from after it closed."""
    place = codes_of(customers["customer_id"], world.population.ids)
    for about, what, counts in (
        ("known_since", "before it was known", rows.name != "visits"),
        ("left_on", "after closing", True),
    ):
        if about not in customers:
            continue
        # one more for rows of nobody
        bound = np.full(len(world.population) + 1, np.datetime64("NaT", "D"))
        bound[place[place >= 0]] = days_of(customers[about])[place >= 0]
        edge = bound[rows.customer]
        checked = ~np.isnat(edge)
        # a last delivery or invoice may follow the closing
        late = rows.day > edge + np.timedelta64(_DAYS_LATE, "D")
        bad = checked & (rows.day < edge if about == "known_since" else late)
        yield Signal(f"{rows.name} {what}", rows.name, "date", rows.customer, rows.rep, checked, bad, counts)


def _visits(world: World, rows: _Dated) -> Iterator[Signal]:
    """Contacts by reps out of service, at hours when nobody works, or more than a day holds."""
    customer, rep, frame = rows.customer, rows.rep, rows.frame
    signed, week = rep >= 0, week_of(rows.day)
    if signed.any():
        outside = signed & ((week < world.reps.start[rep]) | (week >= world.reps.end[rep]))
        yield Signal("contact by a rep out of service", "visits", "rep_id", customer, rep, signed, outside)
    moment = frame["date"].to_numpy()
    time = moment - moment.astype("datetime64[D]")
    timed = time > np.timedelta64(0, "s")
    bad = timed & ((time < np.timedelta64(_EARLY, "h")) | (time >= np.timedelta64(_LATE, "h")))
    yield Signal("contact at an impossible hour", "visits", "date", customer, rep, timed, bad)
    face = signed & (column(frame, "channel") == "visit").to_numpy(dtype=bool, na_value=False)
    crowded = np.zeros(len(frame), dtype=bool)
    crowded[face] = _crowded(rep[face], rows.day[face].astype(np.int64))
    yield Signal("more visits than a day holds", "visits", "date", customer, rep, face, crowded)


def _crowded(rep: NDArray[np.int32], day: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Visits of days on which a rep made more of them than a day holds, and far more than usual: (m,) bool."""
    if not len(day):
        return np.zeros(0, dtype=bool)
    cell = pd.factorize(rep * (int(np.ptp(day)) + 1) + (day - day.min()))[0]
    a_day = np.bincount(cell)[cell].astype(float)
    z = np.nan_to_num(robust_z(a_day, np.zeros(len(a_day), dtype=np.int8), 1.0))
    return (z > _CROWDED_Z) & (a_day > _MANY_A_DAY)


def _volumes(world: World, rows: _Dated) -> Signal:
    """Sales far from those of the same brand to customers of the same segment."""
    customer, volume = rows.customer, rows.frame["volume"].to_numpy(dtype=float)
    sold = (volume > 0) & (customer >= 0)
    segment = world.population.segments.code.astype(np.int64)[customer]
    group = segment * 10_000 + codes_of(rows.frame["brand"], world.brands.names)
    z = np.full(len(volume), np.nan)
    z[sold] = robust_z(np.log(volume[sold]), group[sold], 0.1)
    bad = np.abs(np.nan_to_num(z)) > VOLUME_Z
    return Signal("volume out of line", "sales", "volume", customer, rows.rep, np.isfinite(z), bad)
