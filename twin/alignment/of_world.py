"""Of a world: its bricks, or its customers where there are no bricks, as areas; and the map called ``balanced``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.alignment.annealing import Wishes
from twin.alignment.areas import Areas, Territories
from twin.alignment.ground import side_by_side
from twin.alignment.methods import keep
from twin.errors import TwinError
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response import visiting
from twin.response.market import VisitRule

TOLERANCE = 0.05
"""A balanced map lets no territory be further from its part than this, where borders allow it."""
_AIM = 0.045
_EAGER = 0.003
_GROUPS = 20


@dataclass(frozen=True)
class Lot:
    """A world's areas and territories.

    Parameters
    ----------
    areas : Areas
    territories : Territories
    area : (c,) int32
        Area of each customer; -1 for who stays where they are.
    key : str
        What an alignment file calls the areas: ``brick_id`` or ``customer_id``.
    """

    areas: Areas
    territories: Territories
    area: NDArray[np.int32]
    key: str

    def customers(self, world: World, territory: NDArray[np.int32]) -> NDArray[np.int32]:
        """Territory of each customer under a map: (c,) int32. Customers of areas that stay, stay."""
        moved = territory != self.areas.today
        inside = self.area >= 0
        now = world.population.territory.astype(np.int32)
        if not inside.any():
            return now
        return np.where(inside & moved[self.area], territory[self.area], now).astype(np.int32)


def lot_of(
    world: World, load: NDArray[np.float64], sales: NDArray[np.float64], heads: NDArray[np.integer],
    locked_areas: frozenset[str] = frozenset(), locked_territories: frozenset[str] = frozenset(),
) -> Lot:  # fmt: skip
    """Areas and territories of a world.

    Bricks with a place are areas, with all their customers; where there are none, customers with a place are. Load of
    everybody else stays with their territory.

    Parameters
    ----------
    world : World
    load : (m, c) float
        Of each customer, the workload first.
    sales : (c,) float, units a year
        Ours.
    heads : (z,) int
        Reps of each territory.
    locked_areas : set of str
        Bricks, or customers, that stay.
    locked_territories : set of str
        Territories that keep what they have and take nothing.

    Raises
    ------
    TwinError
        A locked name is unknown.
    """
    people, bricks = world.population, world.bricks
    by_brick = len(bricks) > 0 and bool((np.isfinite(bricks.lon) & np.isfinite(bricks.lat)).any())
    if by_brick:
        ids, lon, lat = bricks.ids, bricks.lon, bricks.lat
        today, area = bricks.territory, people.brick
    else:
        ids, lon, lat = people.ids, people.lon, people.lat
        today, area = people.territory, np.arange(len(people), dtype=np.int32)
    key = "brick_id" if by_brick else "customer_id"
    _known("locked " + key, locked_areas, ids)
    _known("locked territory_id", locked_territories, world.territories)
    inside, n = area >= 0, len(ids)
    # who does not know us has nobody to lose; where nobody does, everybody counts
    disturbed = people.known.astype(np.float64) if people.known[area >= 0].any() else np.ones(len(people))
    areas = Areas(
        ids=np.asarray(ids, dtype=str),
        lon=np.asarray(lon, dtype=np.float64),
        lat=np.asarray(lat, dtype=np.float64),
        load=np.stack([np.bincount(area[inside], row[inside], n) for row in load]),
        customers=np.bincount(area[inside], disturbed[inside], n),
        sales=np.bincount(area[inside], sales[inside], n),
        today=np.asarray(today, dtype=np.int32),
        locked=np.isin(ids, sorted(locked_areas)),
    )
    territories = _territories(world, load[:, ~inside], people.territory[~inside], heads, locked_territories)
    return Lot(areas, territories, area.astype(np.int32), key)


def _territories(
    world: World, load: NDArray[np.float64], where: NDArray[np.int32], heads: NDArray[np.integer],
    locked: frozenset[str],
) -> Territories:  # fmt: skip
    """Territories with the load that is in no area, and so stays where it is."""
    home_lon, home_lat = _homes(world)
    return Territories(
        ids=np.asarray(world.territories, dtype=str),
        heads=np.asarray(heads, dtype=np.float64),
        home_lon=home_lon,
        home_lat=home_lat,
        locked=np.isin(world.territories, sorted(locked)),
        fixed=np.stack([np.bincount(where, row, len(world.territories)) for row in load]),
    )


def balanced(world: World, load: NDArray[np.float64], heads: NDArray[np.integer]) -> NDArray[np.int32]:
    """Territories with equal load a rep, every one in one piece; as few customers change hands as that allows.

    Boundaries move from today's map on until no territory is further than :data:`TOLERANCE` from its reps' part, in
    each attribute as far as both can be had at once. Whole bricks move; reps keep their homes. A map that is balanced
    already stays as it is.

    Parameters
    ----------
    world : World
    load : (c,) or (m, c) float
        Load of each customer, one row an attribute.
    heads : (z,) int
        Reps of each territory.

    Returns
    -------
    (c,) int32
        Territory of each customer.

    Raises
    ------
    TwinError
        When there are no places or no reps to balance; see :func:`twin.alignment.areas.check`.
    """
    load = np.atleast_2d(load)
    lot = lot_of(world, load, np.zeros(load.shape[1]), heads)
    graph = side_by_side(lot.areas)
    wishes = Wishes(tolerance=_EAGER, band=_AIM)
    return lot.customers(world, keep(lot.areas, lot.territories, graph, wishes))


def usual_visits(world: World, rule: VisitRule, potential: NDArray[np.float64]) -> NDArray[np.float64]:
    """Workload of each customer: visits a week that customers of its size get across the market.

    What a customer gets itself says how busy its rep is, not how much work it is; so the rule's rates are averaged over
    all territories, among customers of about the same potential. Customers who may not be visited make no work.

    Parameters
    ----------
    world : World
    rule : VisitRule
    potential : (c,) float, units per week

    Returns
    -------
    (c,) float, visits per week
    """
    people = world.population
    visits = np.zeros(len(people))
    for members, rate, share in (
        (people.known, visiting.rate_at(rule.known_weight), 1.0 - rule.unknown_share),
        (~people.known, visiting.rate_at(rule.unknown_weight), rule.unknown_share),
    ):
        usual = _by_size(rate, potential, members)
        visits[members] = usual[members] * share / max(float(usual[members].sum()), 1e-300)
    visits = np.where(people.consent[VISIT], visits, 0.0)
    return visits * float(rule.rep_visits.sum()) / max(float(visits.sum()), 1e-300)


def _by_size(
    rate: NDArray[np.float64], potential: NDArray[np.float64], members: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Mean rate among members of about the same potential: (c,) float; zero for everybody else."""
    rows = np.flatnonzero(members)
    usual = np.zeros(len(rate))
    if not len(rows):
        return usual
    order = rows[np.lexsort((rows, potential[rows]))]
    group = np.arange(len(rows)) * min(_GROUPS, len(rows)) // len(rows)
    mean = np.bincount(group, rate[order]) / np.bincount(group)
    usual[order] = mean[group]
    return usual


def _homes(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle of the homes of each territory's serving reps: two (z,) float, degrees; ``nan`` without."""
    reps, n = world.reps, len(world.territories)
    there = np.isfinite(reps.home_lon) & np.isfinite(reps.home_lat) & reps.serving(world.origin)
    count = np.bincount(reps.territory[there], minlength=n).astype(np.float64)
    count[count == 0] = np.nan
    lon = np.bincount(reps.territory[there], reps.home_lon[there], n) / count
    lat = np.bincount(reps.territory[there], reps.home_lat[there], n) / count
    return lon, lat


def _known(what: str, names: frozenset[str], there: NDArray[np.str_]) -> None:
    strange = sorted(names - set(np.asarray(there, dtype=str).tolist()))
    if strange:
        raise TwinError(
            f"{what}: expected names of the data, found {strange[0]!r}"
            + (f" and {len(strange) - 1} more" if len(strange) > 1 else "")
            + ". Write them letter by letter as in the bundle."
        )
