"""Assemble: canonical tables into a World and a History.

Expects tables that passed :mod:`twin.intake.check` and in which linked prospects are merged. Knows no files and no
estimates; what is missing stays missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake import observed
from twin.intake.codes import codes_of, column
from twin.intake.people import kinds, on_register, population, stacked
from twin.intake.places import place
from twin.intake.schema import CONSENT
from twin.market.channels import VISIT, channel_axis
from twin.market.history import History, Touches
from twin.market.world import Absences, Brands, Reps, World, nobody_away
from twin.weeks import FAR_PAST, NEVER, week_of

REST = "rest of the market"
UNOBSERVED = "unobserved"
_RECENT_WEEKS = 52


def assemble(tables: Mapping[str, pd.DataFrame], links: pd.DataFrame | None = None) -> tuple[World, History]:
    """World and history of one bundle.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``customers``, ``brands``, ``sales`` and any of the others, with the contract's columns.
    links : DataFrame, optional
        Prospects that are customers, see :func:`twin.intake.identity.link`: whom the register lists as well.

    Returns
    -------
    World, History
    """
    people = stacked(tables)
    visited_by = _visited_by(tables, people["id"].to_numpy(dtype=str))
    bricks, territories, brick, territory = place(tables, people, visited_by)
    # customers of one territory and kind stand together, so that sums over them are sums over neighbours in memory
    order = np.lexsort((kinds(people), ~people["known"].to_numpy(dtype=bool), territory))
    people, brick, territory = people.iloc[order].reset_index(drop=True), brick[order], territory[order]
    ids = people["id"].to_numpy(dtype=str)
    brands = _brands(tables)
    sales = observed.own_sales(tables["sales"], ids, brands.names)
    panel, members = observed.market_sales(tables.get("market_sales"), "customer_id", ids, brands.names)
    channels = _channels(tables, people)
    audit, _ = observed.market_sales(tables.get("market_sales"), "brick_id", bricks.ids, brands.names)
    first_week, origin = observed.span(sales, audit, panel)
    crowd = population(
        people, channels, brick=brick, territory=territory, sold=observed.first_and_last_sale(sales, len(people)),
        first_week=first_week, bricks=tables.get("bricks"), consents=tables.get("consents"),
    )  # fmt: skip
    crowd = replace(crowd, on_register=on_register(ids, tables, links))
    rep_ids = tables["reps"]["rep_id"].to_numpy(dtype=str) if "reps" in tables else np.array([], dtype=str)
    touches = observed.touches(tables.get("visits"), ids, channels, rep_ids, origin)
    if "reps" in tables:
        reps = _reps(tables["reps"], territories)
    else:
        reps, touches = _unlisted(touches, territory, territories, origin)
    away = absences(tables.get("absences"), reps.ids)
    world = World(crowd, bricks, territories, reps, brands, channels, origin, away)
    promotions = observed.campaigns(tables.get("campaigns"), brands.names)
    return world, History(first_week, origin, touches, sales, audit, panel, members, promotions)


def absences(frame: pd.DataFrame | None, rep_ids: NDArray[np.str_]) -> Absences:
    """Days on which reps are away; rows of people who are no reps are left out.

    Parameters
    ----------
    frame : DataFrame or None
        The table ``absences``.
    rep_ids : (r,) str
    """
    if frame is None:
        return nobody_away()
    mine = frame[codes_of(frame["rep_id"], rep_ids) >= 0]
    return Absences(
        rep_id=mine["rep_id"].to_numpy(dtype=str),
        first=observed.days_of(mine["first"]).astype("datetime64[D]"),
        last=observed.days_of(mine["last"]).astype("datetime64[D]"),
        why=column(mine, "why").fillna("").to_numpy(dtype=str),
    )


def _brands(tables: Mapping[str, pd.DataFrame]) -> Brands:
    """Ours first; with nothing observed of rivals, one implicit brand stands for them."""
    frame = tables["brands"]
    frame = frame.iloc[np.argsort((frame["owner"] != "us").to_numpy(), kind="stable")]
    names, owners = frame["brand"].to_numpy(dtype=str), frame["owner"].to_numpy(dtype=str)
    price = frame.get("unit_price", pd.Series(np.nan, index=frame.index)).to_numpy(dtype=float, copy=True)
    price = np.where(np.isnan(price), _paid_price(tables["sales"], names), price)
    rivals = names[owners != "us"]
    seen = codes_of(tables["market_sales"]["brand"], rivals) >= 0 if "market_sales" in tables else np.array([False])
    if not seen.any() and REST not in names:
        names, owners, price = np.append(names, REST), np.append(owners, UNOBSERVED), np.append(price, np.nan)
    return Brands(names, owners, price)


def _paid_price(sales: pd.DataFrame, names: NDArray[np.str_]) -> NDArray[np.float64]:
    """Money per unit over all sales with a value: (j,) float; ``nan`` without any."""
    if "value" not in sales:
        return np.full(len(names), np.nan)
    brand = codes_of(sales["brand"], names)
    value, volume = sales["value"].to_numpy(dtype=float), sales["volume"].to_numpy(dtype=float)
    keep = (brand >= 0) & np.isfinite(value) & (volume > 0)
    paid, sold = (np.bincount(brand[keep], amount[keep], len(names)) for amount in (value, volume))
    return np.divide(paid, sold, out=np.full(len(names), np.nan), where=sold > 0)


def _channels(tables: Mapping[str, pd.DataFrame], people: pd.DataFrame) -> tuple[str, ...]:
    declared = [name.removeprefix(CONSENT) for name in people.columns if name.startswith(CONSENT)]
    if "consents" in tables:
        declared += tables["consents"]["channel"].dropna().unique().tolist()
    if "visits" in tables:
        declared += tables["visits"]["channel"].dropna().unique().tolist()
    return channel_axis(tuple(sorted(declared)))


def _visited_by(tables: Mapping[str, pd.DataFrame], ids: NDArray[np.str_]) -> NDArray[np.int32]:
    """Row of ``reps`` who visits each customer most: (c,) int32, -1 without."""
    most = np.full(len(ids), -1, dtype=np.int32)
    if "visits" not in tables or "reps" not in tables:
        return most
    customer = codes_of(tables["visits"]["customer_id"], ids)
    rep = codes_of(column(tables["visits"], "rep_id"), tables["reps"]["rep_id"])
    keep = (customer >= 0) & (rep >= 0)
    n_reps = len(tables["reps"])
    pair, count = np.unique(customer[keep].astype(np.int64) * n_reps + rep[keep], return_counts=True)
    order = np.argsort(count, kind="stable")
    most[pair[order] // n_reps] = pair[order] % n_reps
    return most


def _reps(frame: pd.DataFrame, territories: NDArray[np.str_]) -> Reps:
    def weeks(name: str, otherwise: int, shift: int) -> NDArray[np.int32]:
        if name not in frame:
            return np.full(len(frame), otherwise, dtype=np.int32)
        days = observed.days_of(frame[name])
        blank = np.isnat(days)
        week = week_of(np.where(blank, np.datetime64(0, "D"), days)) + shift
        return np.where(blank, otherwise, week).astype(np.int32)

    nowhere = pd.Series(np.nan, index=frame.index)
    return Reps(
        ids=frame["rep_id"].to_numpy(dtype=str),
        names=column(frame, "name").fillna("").astype(object).to_numpy(),
        territory=codes_of(frame["territory_id"], territories),
        home_lon=frame.get("home_lon", nowhere).to_numpy(dtype=float),
        home_lat=frame.get("home_lat", nowhere).to_numpy(dtype=float),
        visits_per_week=frame["visits_per_week"].to_numpy(dtype=float),
        start=weeks("start_date", FAR_PAST, 0),
        end=weeks("end_date", NEVER, 1),
    )


def _unlisted(
    touches: Touches, territory: NDArray[np.int32], territories: NDArray[np.str_], origin: int
) -> tuple[Reps, Touches]:
    """Whoever made the recorded visits: one nameless entry a territory, at the pace of the last year; else nobody."""
    visited = np.unique(territory[touches.customer])
    row = np.full(len(territories), -1, dtype=np.int32)
    row[visited] = np.arange(len(visited))
    rep = row[territory[touches.customer]]
    since = max(origin - _RECENT_WEEKS, int(touches.week.min(initial=origin)))
    recent = (touches.week >= since) & (touches.channel == VISIT)
    pace = np.bincount(rep[recent], minlength=len(visited)) / max(origin - since, 1)
    names = np.array([f"unlisted-{territories[z]}" for z in visited], dtype=str)
    n = len(visited)
    reps = Reps(
        ids=names,
        names=names.astype(object),
        territory=visited.astype(np.int32),
        home_lon=np.full(n, np.nan),
        home_lat=np.full(n, np.nan),
        visits_per_week=pace.astype(float),
        start=np.full(n, FAR_PAST, dtype=np.int32),
        end=np.full(n, NEVER, dtype=np.int32),
        listed=False,
    )
    return reps, Touches(touches.customer, touches.channel, touches.week, rep.astype(np.int32))
