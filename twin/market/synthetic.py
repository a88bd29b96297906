"""A made-up world of any size: region, outlets, what each could buy, reps, brands, calendar.

Static: who stands where before anything is lived. Knows no response law, see :mod:`twin.forecast.lived_history`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.draws import identity
from twin.market.channels import STANDARD
from twin.market.synthetic_calendar import TrueCampaign, campaign_calendar
from twin.market.synthetic_map import Region, make_region, spatial_field
from twin.market.synthetic_names import outlet_names, town_names
from twin.market.synthetic_reps import capacity_by_week, make_reps
from twin.market.synthetic_settings import Dice, SyntheticSettings
from twin.market.world import Brands, Bricks, Reps

TYPES = ("pharmacy", "market", "grocery", "kiosk")
ASSOCIATIONS = ("Eczacılar Birliği", "Bakkallar ve Bayiler Odası", "Perakendeciler Derneği", "Esnaf Dayanışma Derneği")
_TYPE_SHARE = (0.18, 0.27, 0.37, 0.18)
_TYPE_SIZE = (0.2, 0.7, -0.2, -0.7)
_TYPE_VOLUME = (0.15, 0.40, -0.05, -0.45)


@dataclass(frozen=True)
class Outlets:
    """Every outlet of the made-up market, one column of every array each.

    Parameters
    ----------
    ids : (c,) str
        Inside names; a bundle never shows them.
    entity : (c,) uint64
    names : (c,) str
    consent : (h, c) bool
        What the outlet would agree to, once it is a customer.
    prefers : (c,) int8
    available_from, available_to : (c,) float, hours
    association : (c,) str or None
    attributes : mapping of str to (c,) arrays
    hidden : (c,) float
        Standardised log volume that no attribute shows, before heavier tails.
    volume : (c,) float, units per week
        Category volume at the origin, season averaged out.
    known_rank : (c,) int64
        Order in which outlets became known before history; 0 first.
    """

    ids: NDArray[np.str_]
    entity: NDArray[np.uint64]
    names: NDArray[np.object_]
    consent: NDArray[np.bool_]
    prefers: NDArray[np.int8]
    available_from: NDArray[np.float64]
    available_to: NDArray[np.float64]
    association: NDArray[np.object_]
    attributes: Mapping[str, NDArray]
    hidden: NDArray[np.float64]
    volume: NDArray[np.float64]
    known_rank: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class MadeUp:
    """A made-up world before anything is lived.

    Parameters
    ----------
    settings : SyntheticSettings
    region : Region
    town_names : (t,) str
    outlets : Outlets
    territories : (z,) str
    bricks : Bricks
    brick_names : (b,) str
    population_of_brick, income_of_brick : (b,) float
        Inhabitants; index with mean about 100.
    reps : Reps
        Those who left included.
    capacity : (r, w) float, visits per week
        What each rep could really do in each week of history.
    availability : float
        Mean of what is done over what is listed.
    brands : Brands
    campaigns : tuple of TrueCampaign
    """

    settings: SyntheticSettings
    region: Region
    town_names: NDArray[np.object_]
    outlets: Outlets
    territories: NDArray[np.str_]
    bricks: Bricks
    brick_names: NDArray[np.object_]
    population_of_brick: NDArray[np.float64]
    income_of_brick: NDArray[np.float64]
    reps: Reps
    capacity: NDArray[np.float64]
    availability: float
    brands: Brands
    campaigns: tuple[TrueCampaign, ...]

    @property
    def territory(self) -> NDArray[np.int32]:
        """Territory of each outlet: (c,) int32."""
        return self.region.territory_of_brick[self.region.brick]


def make_up(settings: SyntheticSettings) -> MadeUp:
    """Make up a world. Same settings, same world."""
    region, dice = make_region(settings), settings.dice
    lon, lat = np.round(region.centres, 6)
    income = np.round(
        100.0 + 14.0 * spatial_field(settings, "income", lon, lat) + 6.0 * dice.normal("income", len(lon)), 1
    )
    towns = town_names(dice, region.n_towns)
    outlets = _outlets(settings, region, towns, income)
    per_brick = np.bincount(region.brick, minlength=len(lon))
    reps = make_reps(settings, region)
    capacity, availability = capacity_by_week(settings, reps)
    territories = np.array([f"T{z + 1}" for z in range(settings.n_territories)])
    ids = np.array([f"B{b + 1:0{len(str(len(lon)))}d}" for b in range(len(lon))])
    return MadeUp(
        settings=settings,
        region=region,
        town_names=towns,
        outlets=outlets,
        territories=territories,
        bricks=Bricks(ids, region.territory_of_brick, lon, lat),
        brick_names=_brick_names(region, towns),
        population_of_brick=np.round((per_brick + 2) * 420.0 * np.exp(0.25 * dice.normal("inhabitants", len(lon)))),
        income_of_brick=np.round(income, 1),
        reps=reps,
        capacity=capacity,
        availability=availability,
        brands=Brands(
            np.array(["Ours", "Rival A", "Rival B", "Rival C"]),
            np.array(["us", "Rival A", "Rival B", "Rival C"]),
            np.array([14.5, 13.9, 12.5, 15.2]),
        ),
        campaigns=campaign_calendar(settings),
    )


def _brick_names(region: Region, towns: NDArray[np.object_]) -> NDArray[np.object_]:
    """Town of most outlets of a brick, and a number within that town."""
    n = len(region.polygons)
    town = np.arange(n) % region.n_towns
    order = np.argsort(region.town, kind="stable")[::-1]
    town[region.brick[order]] = region.town[order]  # the largest town with an outlet there is written last
    rank = np.empty(n, dtype=np.int64)
    by_town = np.argsort(town, kind="stable")
    first = np.r_[True, np.diff(town[by_town]) > 0]
    rank[by_town] = np.arange(n) - np.maximum.accumulate(np.where(first, np.arange(n), 0))
    return towns[town] + " " + (rank + 1).astype(str).astype(object)


def _outlets(
    settings: SyntheticSettings, region: Region, towns: NDArray[np.object_], income: NDArray[np.float64]
) -> Outlets:
    dice, n = settings.dice, settings.n_outlets
    kind = dice.pick("type", n, np.array(_TYPE_SHARE))
    attributes, latent = _attributes(settings, region, kind, income[region.brick])
    hidden = dice.normal("hidden size", n)
    field = spatial_field(settings, "demand", region.lon, region.lat)
    size = settings.hidden_sd * hidden * np.exp(0.5 * settings.size_tail * hidden**2)  # Tukey's h distribution
    log_volume = 2.55 + latent + 0.15 * field + size
    # the mean of the hidden part differs by 1.6 times this correlation between the halves of a list
    pull = min(1.9 * settings.hidden_shift / (1.6 * settings.hidden_sd), 0.95) if settings.hidden_sd > 0 else 0.0
    seen = (latent - latent.mean()) / latent.std()
    score = 0.5 * seen + pull * hidden + np.sqrt(1.0 - pull**2) * dice.normal("became known", n)
    ids = np.array([f"O-{c:07d}" for c in range(n)])
    consent, prefers = _channels(dice, attributes["digital_affinity"])
    opens, closes = _hours(dice, kind)
    return Outlets(
        ids=ids,
        entity=identity(ids, "outlet"),
        names=outlet_names(dice, attributes["outlet_type"], attributes["chain"], towns[region.town]),
        consent=consent,
        prefers=prefers,
        available_from=opens,
        available_to=closes,
        association=_association(dice, kind),
        attributes=attributes,
        hidden=hidden,
        volume=np.exp(log_volume),
        known_rank=np.argsort(np.argsort(-score, kind="stable"), kind="stable"),
    )


def _attributes(
    settings: SyntheticSettings, region: Region, kind: NDArray[np.int64], income: NDArray[np.float64]
) -> tuple[dict[str, NDArray], NDArray[np.float64]]:
    """What anybody can see of each outlet, and the log volume that it explains."""
    dice, n = settings.dice, settings.n_outlets
    chain = dice.uniform("chain", n) < np.array([0.0, 0.30, 0.06, 0.02])[kind]
    size = np.array(_TYPE_SIZE)[kind] + 0.5 * chain + 0.3 * region.urban + 0.9 * dice.normal("size", n)
    size_class = 1 + np.searchsorted((-0.8, -0.15, 0.45, 1.2), size)
    log_footfall = 4.6 + 0.35 * (size_class - 3) + 0.8 * region.urban + 0.5 * dice.normal("footfall", n)
    digital = 0.5 * dice.normal("digital", n) + 0.02 * (income - 100.0) + 0.5 * chain - 0.1
    wealth = (income - 100.0) / 15.0
    latent = (
        np.array(_TYPE_VOLUME)[kind]
        + 0.36 * (size_class - 3)
        + 0.20 * (log_footfall - 4.8)
        + 0.15 * chain
        + 0.12 * wealth
    )
    attributes = {
        "outlet_type": np.array(TYPES, dtype=object)[kind],
        "size_class": size_class.astype(np.float64),
        "digital_affinity": np.round(1.0 / (1.0 + np.exp(-2.0 * digital)), 2),
        # nobody has counted the passers-by of every outlet
        "footfall": np.where(dice.uniform("no footfall", n) < 0.04, np.nan, np.round(np.exp(log_footfall))),
        "chain": chain,
        "association_role": np.where(dice.uniform("chairman", n) < 0.01, "chairman", None).astype(object),
    }
    return attributes, latent


def _channels(dice: Dice, digital: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.int8]]:
    """Consent by channel, to which visits need none, and the preferred channel, which is always a permitted one."""
    n = len(digital)
    keen = np.array([0.0, 0.25, 0.10, 0.50, 0.0, 0.60, 0.40])[:, None] * (digital - 0.5)
    consent = (
        dice.uniform("consent", n, len(STANDARD)) < np.array([1.0, 0.75, 0.62, 0.55, 0.25, 0.60, 0.40])[:, None] + keen
    )
    consent[0] = True
    taste = np.array([0.45, 0.22, 0.06, 0.10, 0.01, 0.14, 0.02])[:, None] * np.exp(2.0 * keen)
    u = dice.uniform("taste", n, len(STANDARD))
    favourite = np.argmax(np.where(consent, np.log(taste) - np.log(-np.log(u)), -np.inf), axis=0)
    return consent, np.where(dice.uniform("states taste", n) < 0.55, favourite, -1).astype(np.int8)


def _hours(dice: Dice, kind: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hours in which a contact is welcome, for the two thirds that state them."""
    n = len(kind)
    states, start, length = dice.uniform("hours", n, 3)
    opens = np.array([9.0, 8.0, 8.0, 9.0])[kind] + np.floor(start * 6) / 2.0 * (start > 0.3)
    closes = np.minimum(opens + 4.0 + np.floor(length * 6), 19.0)
    return np.where(states < 0.65, opens, np.nan), np.where(states < 0.65, closes, np.nan)


def _association(dice: Dice, kind: NDArray[np.int64]) -> NDArray[np.object_]:
    """Association of the quarter that has one; pharmacists nearly all have theirs."""
    n = len(kind)
    member = dice.uniform("member", n) < np.where(kind == 0, 0.8, 0.2)
    which = np.where(kind == 0, 0, 1 + dice.pick("association", n, np.ones(3)))
    return np.where(member, np.array(ASSOCIATIONS, dtype=object)[which], None)
