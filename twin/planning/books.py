"""Books: which rep of a territory looks after which of its customers.

Cuts a territory into compact parts of equal work. Knows no visits and no dates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Customers:
    """Who is to be looked after.

    Parameters
    ----------
    place : (c, 2) float, degrees
        Longitude and latitude; ``nan`` when unknown.
    work : (c,) float, visits per week
    territory : (c,) int32
    """

    place: NDArray[np.float64]
    work: NDArray[np.float64]
    territory: NDArray[np.int32]


@dataclass(frozen=True)
class Team:
    """Who looks after them.

    Parameters
    ----------
    home : (r, 2) float, degrees
        Longitude and latitude; ``nan`` when unknown.
    capacity : (r,) float, visits per week
    territory : (r,) int32
    """

    home: NDArray[np.float64]
    capacity: NDArray[np.float64]
    territory: NDArray[np.int32]


def assign(customers: Customers, team: Team) -> NDArray[np.int64]:
    """Give every customer to one rep of its territory.

    Parameters
    ----------
    customers : Customers
    team : Team

    Returns
    -------
    (c,) int
        Rep of each customer; -1 where the territory has nobody.
    """
    rep = np.full(len(customers.work), -1, dtype=np.int64)
    serving = team.capacity > 0.0
    for zone in np.unique(team.territory[serving]):
        parts = [(np.flatnonzero(customers.territory == zone), np.flatnonzero(serving & (team.territory == zone)))]
        while parts:  # until each rep has a part of its own
            here, reps = parts.pop()
            if len(reps) == 1 or not len(here):
                rep[here] = reps[0]
            else:
                parts += _halves(here, reps, customers, team)
    return rep


def _halves(
    here: NDArray[np.int64], reps: NDArray[np.int64], customers: Customers, team: Team
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Cut customers and reps in two across the longer side, work in proportion to capacity."""
    place = customers.place[here].copy()
    known = np.isfinite(place).all(axis=1)
    # the unplaced go to the middle
    place[~known] = np.median(place[known], axis=0) if known.any() else 0.0
    scale = np.array([np.cos(np.radians(np.median(place[:, 1]))), 1.0])
    axis = int(np.argmax(np.ptp(place * scale, axis=0)))
    reps = reps[np.argsort(team.home[reps, axis], kind="stable")]  # those without a home stand last
    half = len(reps) // 2
    order = np.argsort(place[:, axis], kind="stable")
    # a little for everybody, so that customers without visits are spread as well
    done = np.cumsum(customers.work[here][order] + 1e-6)
    target = done[-1] * team.capacity[reps[:half]].sum() / team.capacity[reps].sum()
    cut = int(np.argmin(np.abs(np.append(0.0, done) - target)))
    return [(here[order[:cut]], reps[:half]), (here[order[cut:]], reps[half:])]
