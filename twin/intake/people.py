"""People: customers and prospects as one population.

Known customers first, then the register, then prospects of our own list. Knows no sale but the first and the last.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of, column
from twin.intake.consents import consent
from twin.intake.erasure import entities
from twin.intake.identity import certainty
from twin.intake.linkage_records import telling_columns
from twin.intake.observed import days_of
from twin.intake.places import coordinates
from twin.intake.schema import CONSENT, CONTRACT, PARTIES
from twin.market.population import Population
from twin.market.segments import segments_in
from twin.weeks import FAR_PAST, NEVER, week_of

_MANY_WORDS = 50
_FREE_TEXT_SHARE = 0.5
_DAYS_PER_YEAR = 365.2425


def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Customers and prospects in population order, with the columns ``id`` and ``known``."""
    customers = tables["customers"]
    ours = column(customers, "status").fillna("active").to_numpy(dtype=object) != "prospect"
    customers = customers.rename(columns={"customer_id": "id"}).assign(known=ours)
    parts = [customers[ours]]
    if "prospects" in tables:
        parts.append(tables["prospects"].rename(columns={"prospect_id": "id"}).assign(known=False))
    parts.append(customers[~ours])
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def population(
    people: pd.DataFrame, channels: tuple[str, ...], *, brick: NDArray[np.int32], territory: NDArray[np.int32],
    sold: tuple[NDArray[np.int32], NDArray[np.int32]], first_week: int, bricks: pd.DataFrame | None,
    consents: pd.DataFrame | None = None,
) -> Population:  # fmt: skip
    """All customers.

    Parameters
    ----------
    people : DataFrame
        See :func:`stacked`.
    channels : (h,) str
    brick, territory : (c,) int32
    sold : two (c,) int32, weeks
        First and last week of own sales; -1 without.
    first_week : int, week
    bricks : DataFrame, optional
        Attributes of the brick are given to its customers, under ``brick_<name>``.
    consents : DataFrame, optional
        Dated words on who may be contacted.
    """
    ids = people["id"].to_numpy(dtype=str)
    known = people["known"].to_numpy(dtype=bool)
    lon, lat = coordinates(people)
    hours = {name: people.get(name, pd.Series(np.nan, index=people.index)).to_numpy(dtype=float)
             for name in ("available_from", "available_to")}  # fmt: skip
    return Population(
        ids=ids,
        entity=entities(ids),
        names=column(people, "name").fillna("").astype(object).to_numpy(),
        known=known,
        known_since=_known_since(people, known, sold[0]),
        left=_left(people, known, sold[1], first_week),
        brick=brick,
        territory=territory,
        lon=lon,
        lat=lat,
        consent=consent(people, ids, channels, consents),
        prefers=codes_of(column(people, "prefers_channel"), np.array(channels)).astype(np.int8),
        **hours,
        attributes=_attributes(people) | _brick_attributes(bricks, brick),
    )


def on_register(
    ids: NDArray[np.str_], tables: Mapping[str, pd.DataFrame], links: pd.DataFrame | None
) -> NDArray[np.float64] | None:
    """Probability that the market's register lists each customer: (c,) float; ``None`` without a register.

    One for rows of the register, the link's certainty for customers who were found in it, nought for all others.
    """
    linked = links is not None and len(links) > 0
    if "prospects" not in tables and not linked:
        return None
    listed = np.zeros(len(ids))
    if "prospects" in tables:
        listed[codes_of(pd.Series(ids), tables["prospects"]["prospect_id"]) >= 0] = 1.0
    if links is not None and linked:
        row = codes_of(links["customer_id"], ids)
        np.maximum.at(listed, row[row >= 0], certainty(links)[row >= 0])
    return listed


def kinds(people: pd.DataFrame) -> NDArray[np.uint8]:
    """Segment of each customer: (c,) uint8; see :func:`twin.market.segments.segments_in`."""
    return segments_in(_attributes(people), len(people)).code


def _weeks(people: pd.DataFrame, name: str) -> NDArray[np.int32]:
    """Week of a date column; ``NEVER`` where missing."""
    if name not in people:
        return np.full(len(people), NEVER, dtype=np.int32)
    days = days_of(people[name])
    blank = np.isnat(days)
    return np.where(blank, NEVER, week_of(np.where(blank, np.datetime64(0, "D"), days))).astype(np.int32)


def _known_since(people: pd.DataFrame, known: NDArray[np.bool_], first_sale: NDArray[np.int32]) -> NDArray[np.int32]:
    given = _weeks(people, "known_since")
    since = np.where(given != NEVER, given, np.where(first_sale >= 0, first_sale, FAR_PAST))
    return np.where(known, since, NEVER).astype(np.int32)


def _left(
    people: pd.DataFrame, known: NDArray[np.bool_], last_sale: NDArray[np.int32], first_week: int
) -> NDArray[np.int32]:
    """Given date; a lapsed customer without one left after the last sale, or before history when there is none."""
    given = _weeks(people, "left_on")
    lapsed = column(people, "status").to_numpy(dtype=object) == "lapsed"
    guessed = np.where(last_sale >= 0, last_sale + 1, first_week)
    return np.where(known, np.where(lapsed & (given == NEVER), guessed, given), NEVER).astype(np.int32)


def is_free_text(values: pd.Series) -> bool:
    """Whether a text column tells outlets apart rather than groups them (an address, a phone number)."""
    distinct = values.nunique()
    return bool(distinct > _MANY_WORDS and distinct > _FREE_TEXT_SHARE * values.notna().sum())


def _attributes(people: pd.DataFrame) -> dict[str, NDArray]:
    contract = {column.name for name in PARTIES for column in CONTRACT[name].columns} - {"association"}
    # a telephone or tax number is no measure of anything, whatever digits it is written in
    found = telling_columns(people)
    telling = {name for kind in ("phone", "tax") for name in found.get(kind, ()) if is_free_text(people[name])}
    skipped = contract | telling | {"id", "known"}
    names = [name for name in people.columns if name not in skipped and not name.startswith(CONSENT)]
    return {name: values for name in names if (values := _attribute(people[name])) is not None}


def _brick_attributes(bricks: pd.DataFrame | None, brick: NDArray[np.int32]) -> dict[str, NDArray]:
    if bricks is None:
        return {}
    contract = {column.name for column in CONTRACT["bricks"].columns}
    found = {}
    for name in (name for name in bricks.columns if name not in contract):
        values = bricks[name].take(np.maximum(brick, 0)).reset_index(drop=True).mask(brick < 0)
        if (attribute := _attribute(values)) is not None:
            found[f"brick_{name}"] = attribute
    return found


def _attribute(values: pd.Series) -> NDArray | None:
    """float64, bool or object; ``None`` when empty or free text. A date becomes its year with fraction."""
    if values.notna().sum() == 0:
        return None
    if values.dtype.kind == "M":
        days = days_of(values)
        return 1970.0 + np.where(np.isnat(days), np.nan, days.astype(np.int64) / _DAYS_PER_YEAR)
    if pd.api.types.is_bool_dtype(values.dtype):
        if values.notna().all():
            return values.to_numpy(dtype=bool)
        return values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=float, na_value=np.nan)
    if is_free_text(values):
        return None
    return values.astype(object).where(values.notna(), None).to_numpy()
