"""What the company's records hold of a lived history: columns of every table of a bundle.

Plain arrays by column name; knows no file. Nothing of the truth gets through but what the company could have seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.forecast.lived_history import Lived, spare_ids
from twin.market.channels import STANDARD, VISIT
from twin.market.synthetic_names import disguised
from twin.response.journey import Stage
from twin.weeks import FAR_PAST, NEVER, Periods, mondays, periods_covering

Columns = dict[str, NDArray]
_NO_DAY = np.datetime64("NaT", "D")
_REASONS = ("price", "service", "rival")
_KM_PER_DEGREE = 111.2


def order_days(lived: Lived) -> NDArray[np.datetime64]:
    """Day of each order, Monday to Saturday: (m,) datetime64[D]."""
    orders, n_brands = lived.orders, len(lived.made.brands)
    who = (orders.week.astype(np.int64) * len(lived.ids) + orders.outlet) * n_brands + orders.what
    weekday = np.floor(lived.settings.dice.uniform("order day", who) * 6).astype("timedelta64[D]")
    return mondays(orders.week) + weekday


def customers(lived: Lived, days: NDArray[np.datetime64]) -> Columns:
    """Who is ours or was, by customer id."""
    who = np.flatnonzero(lived.known)
    who = who[np.argsort(lived.ids[who])]
    outlets, population, dice = lived.made.outlets, lived.world.population, lived.settings.dice
    lapsed = lived.market.start.stage[who] == Stage.LAPSED
    told = lapsed & (dice.uniform("left told", who) < 0.85)
    closed = lived.closed[who] < NEVER
    reason = np.array(_REASONS, dtype=object)[dice.pick("left reason", who, np.array([0.4, 0.25, 0.35]))]
    placed = dice.uniform("no pin", who) >= 0.005
    left = _day_in(dice.uniform("left day", who), population.left[who])
    consent = {f"consent_{name}": outlets.consent[h, who] for h, name in enumerate(STANDARD) if h != VISIT}
    prefers = outlets.prefers[who]
    return {
        "customer_id": lived.ids[who],
        "name": outlets.names[who],
        "lon": np.where(placed, population.lon[who], np.nan),
        "lat": np.where(placed, population.lat[who], np.nan),
        "brick_id": lived.world.bricks.ids[population.brick[who]],
        "status": np.where(lapsed, "lapsed", "active"),
        "known_since": _known_since(lived, days)[who],
        "left_on": np.where(told | closed, left, _NO_DAY),
        "left_reason": np.where(closed, "closed", np.where(told, reason, None)),
        **consent,
        "prefers_channel": np.where(prefers >= 0, np.array(STANDARD, dtype=object)[prefers], None),
        "available_from": _hours(outlets.available_from[who]),
        "available_to": _hours(outlets.available_to[who]),
        "association": outlets.association[who],
        **{name: values[who] for name, values in outlets.attributes.items()},
    }


def prospects(lived: Lived) -> tuple[Columns, NDArray[np.int64]]:
    """The market's register: every unknown outlet, and some known ones in disguise; and the outlet behind each row."""
    dice, outlets, population = lived.settings.dice, lived.made.outlets, lived.world.population
    known, unknown = np.flatnonzero(lived.known), np.flatnonzero(~lived.known)
    spare = spare_ids(lived.settings, lived.known)
    doubles = known[dice.shuffled("doubles", len(known))[: len(spare)]]
    ids = np.concatenate([lived.ids[unknown], spare])
    who, order = np.concatenate([unknown, doubles]), np.argsort(ids)
    angle, reach = dice.uniform("moved pin", doubles, 2)
    degrees = (10.0 + 140.0 * reach) / 1000.0 / _KM_PER_DEGREE
    lon, lat = population.lon[who].copy(), population.lat[who].copy()
    lat[len(unknown) :] += degrees * np.sin(2 * np.pi * angle)
    lon[len(unknown) :] += degrees * np.cos(2 * np.pi * angle) / np.cos(np.radians(lat[len(unknown) :]))
    attributes = {name: values[who] for name, values in outlets.attributes.items()}
    columns = {
        "prospect_id": ids,
        "name": np.concatenate([outlets.names[unknown], disguised(dice, outlets.names[doubles])]),
        "lon": np.round(lon, 6),
        "lat": np.round(lat, 6),
        "brick_id": lived.world.bricks.ids[population.brick[who]],
        "association": outlets.association[who],
        **attributes,
    }
    return {name: values[order] for name, values in columns.items()}, who[order]


def sales(lived: Lived, days: NDArray[np.datetime64]) -> Columns:
    """Our own sales, in order of time."""
    brands = lived.made.brands
    ours = np.flatnonzero(lived.orders.what < brands.n_own)
    ours = ours[np.lexsort((lived.ids[lived.orders.outlet[ours]], days[ours]))]
    volume = np.round(lived.orders.amount[ours], 2)
    keep = volume > 0
    ours, volume = ours[keep], volume[keep]
    return {
        "date": days[ours],
        "customer_id": lived.ids[lived.orders.outlet[ours]],
        "brand": brands.names[lived.orders.what[ours]],
        "volume": volume,
        "value": np.round(volume * brands.unit_price[lived.orders.what[ours]], 2),
    }


def audit(lived: Lived, days: NDArray[np.datetime64]) -> tuple[Columns, Periods]:
    """Volume of every brand by brick and whole month, with a measurement error; no row where nothing was sold."""
    months = whole_months(lived)
    orders, n_brands, n_bricks = lived.orders, len(lived.made.brands), len(lived.world.bricks)
    month = months.index_of(days)
    inside = month >= 0
    brick = lived.world.population.brick[orders.outlet[inside]]
    cell = (month[inside].astype(np.int64) * n_bricks + brick) * n_brands + orders.what[inside]
    total = np.bincount(cell, orders.amount[inside], len(months) * n_bricks * n_brands)
    cells = np.flatnonzero(total)
    error = np.exp(lived.settings.audit_noise * lived.settings.dice.normal("audit error", cells))
    volume = np.round(total[cells] * error, 2)
    return {
        "period_start": months.start[cells // n_brands // n_bricks],
        "period": np.full(len(cells), "month", dtype=object),
        "brick_id": lived.world.bricks.ids[cells // n_brands % n_bricks].astype(object),
        "customer_id": np.full(len(cells), None, dtype=object),
        "brand": lived.made.brands.names[cells % n_brands],
        "volume": volume,
    }, months


def whole_months(lived: Lived) -> Periods:
    """Calendar months that lie wholly within history."""
    first, stop = mondays(np.array([lived.settings.first_week, lived.settings.origin]))
    months = periods_covering(np.array([first, stop - np.timedelta64(1, "D")]), "month")
    inside = (months.start >= first) & (months.stop <= stop)
    return Periods("month", months.start[inside], months.stop[inside])


def panel_members(lived: Lived) -> NDArray[np.bool_]:
    """Outlets whose whole purchases are observed, drawn at random: (c,) bool."""
    n = len(lived.ids)
    members = np.zeros(n, dtype=bool)
    members[lived.settings.dice.shuffled("panel", n)[: max(round(lived.settings.panel_share * n), 1)]] = True
    return members & (lived.closed == NEVER)


def panel(lived: Lived) -> Columns:
    """What the audited outlets bought, by week and brand; no row where nothing was bought."""
    orders = lived.orders.where(panel_members(lived)[lived.orders.outlet] & (np.round(lived.orders.amount, 2) > 0))
    order = np.lexsort((orders.what, lived.ids[orders.outlet], orders.week))
    return {
        "period_start": mondays(orders.week[order]),
        "period": np.full(len(orders), "week", dtype=object),
        "brick_id": np.full(len(orders), None, dtype=object),
        "customer_id": lived.ids[orders.outlet[order]].astype(object),
        "brand": lived.made.brands.names[orders.what[order]],
        "volume": np.round(orders.amount[order], 2),
    }


def reps(lived: Lived) -> Columns:
    """The field force; a person who took over a post has a start, one who left has an end."""
    field = lived.made.reps
    always, still = field.start <= FAR_PAST, field.end >= NEVER
    return {
        "rep_id": field.ids,
        "name": field.names,
        "territory_id": lived.made.territories[field.territory],
        "home_lon": field.home_lon,
        "home_lat": field.home_lat,
        "visits_per_week": field.visits_per_week,
        "start_date": np.where(always, _NO_DAY, mondays(np.where(always, 0, field.start))),
        "end_date": np.where(still, _NO_DAY, mondays(np.where(still, 0, field.end)) - np.timedelta64(1, "D")),
    }


def brands(lived: Lived) -> Columns:
    """What is sold in the category."""
    made = lived.made.brands
    return {"brand": made.names, "owner": made.owners, "unit_price": made.unit_price}


def campaigns(lived: Lived) -> Columns:
    """What the records have of promotions before the origin: all of ours, few of the rivals'."""
    settings = lived.settings
    seen = [move for move in lived.made.campaigns if move.recorded and move.start < settings.origin]
    start = np.array([max(move.start, settings.first_week) for move in seen], dtype=np.int64)
    stop = np.array([min(move.stop, settings.origin) for move in seen], dtype=np.int64)
    return {
        "brand": np.array([lived.made.brands.names[move.brand] for move in seen], dtype=object),
        "start": mondays(start),
        "end": mondays(stop) - np.timedelta64(1, "D"),
        "kind": np.array([move.kind for move in seen], dtype=object),
        # nobody measures how strong a rival's campaign is
        "strength": np.array([move.strength if move.brand == 0 else np.nan for move in seen]),
    }


def _known_since(lived: Lived, days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Day of the first purchase: (c,) datetime64[D]; years ago for those known before history."""
    first = np.full(len(lived.ids), np.datetime64("2262-01-01", "D"))
    ours = lived.orders.what < lived.made.brands.n_own
    np.minimum.at(first, lived.orders.outlet[ours], days[ours])
    years = 0.6 + 11.0 * lived.settings.dice.uniform("known before", len(lived.ids)) ** 1.5
    before = mondays(np.array(lived.settings.first_week)) - np.round(365.25 * years).astype("timedelta64[D]")
    return np.where(lived.start_known, before, first)


def _day_in(u: NDArray[np.float64], week: NDArray[np.int32]) -> NDArray[np.datetime64]:
    """A working day of each week: (n,) datetime64[D]; NaT for never."""
    days = mondays(np.where(week < NEVER, week, 0)) + np.floor(u * 5).astype("timedelta64[D]")
    return np.where(week < NEVER, days, _NO_DAY)


def _hours(hours: NDArray[np.float64]) -> NDArray[np.object_]:
    """Hours as a clock shows them: (n,) str or None."""
    minutes = np.where(np.isnan(hours), -1, np.round(np.nan_to_num(hours) * 60)).astype(int)
    return np.array([f"{m // 60:02d}:{m % 60:02d}" if m >= 0 else None for m in minutes], dtype=object)
