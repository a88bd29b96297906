"""Areas and territories: what is shared out, and among whom. Knows no method of sharing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.errors import TwinError


@dataclass(frozen=True)
class Areas:
    """What changes hands as a whole: bricks, or single customers where there are no bricks.

    Parameters
    ----------
    ids : (b,) str
        Each once.
    lon, lat : (b,) float, degrees
        ``nan`` when unknown: such an area stays where it is.
    load : (m, b) float, not negative
        What is balanced, one row an attribute, each in a unit of its own. The first is the workload.
    customers : (b,) float, not negative
        What a change of hands disrupts.
    sales : (b,) float, not negative, units a year
        Ours.
    today : (b,) int32
        Index of the territory that serves the area now.
    locked : (b,) bool
        Stays where it is.
    """

    ids: NDArray[np.str_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    load: NDArray[np.float64]
    customers: NDArray[np.float64]
    sales: NDArray[np.float64]
    today: NDArray[np.int32]
    locked: NDArray[np.bool_]

    def __post_init__(self) -> None:
        n = len(self.ids)
        if self.load.ndim != 2 or not len(self.load):
            raise ValueError(f"load: expected (m, b), got {self.load.shape}")
        for name in ("lon", "lat", "customers", "sales", "today", "locked"):
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name}: expected {n} areas, got {getattr(self, name).shape}")
        if self.load.shape[1] != n:
            raise ValueError(f"load: expected {n} areas, got {self.load.shape[1]}")
        for name in ("load", "customers", "sales"):
            values = getattr(self, name)
            if not (np.isfinite(values) & (values >= 0)).all():
                raise ValueError(f"{name}: expected finite and not negative")
        if len(np.unique(self.ids)) != n:
            raise ValueError("ids: expected each once")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Areas with a place: (b,) bool."""
        return np.isfinite(self.lon) & np.isfinite(self.lat)

    def take(self, rows: NDArray[np.integer]) -> Areas:
        """Some of them, in the order of ``rows``."""
        columns = {name: getattr(self, name)[rows] for name in vars(self) if name != "load"}
        return replace(self, load=self.load[:, rows], **columns)


@dataclass(frozen=True)
class Territories:
    """Among whom the areas are shared out.

    Parameters
    ----------
    ids : (z,) str
    heads : (z,) float, reps
        A territory should carry its reps' part of the whole; one without reps gives all its areas away.
    home_lon, home_lat : (z,) float, degrees
        Where its reps set out; ``nan`` when unknown or free to choose: then the middle of what it serves stands for it.
    locked : (z,) bool
        Keeps what it has and takes nothing.
    fixed : (m, z) float
        Load that it has beside the areas: customers without a place.
    """

    ids: NDArray[np.str_]
    heads: NDArray[np.float64]
    home_lon: NDArray[np.float64]
    home_lat: NDArray[np.float64]
    locked: NDArray[np.bool_]
    fixed: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in ("heads", "home_lon", "home_lat", "locked"):
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name}: expected {n} territories, got {getattr(self, name).shape}")
        if self.fixed.ndim != 2 or self.fixed.shape[1] != n:
            raise ValueError(f"fixed: expected (m, {n}), got {self.fixed.shape}")
        if not (np.isfinite(self.heads) & (self.heads >= 0)).all():
            raise ValueError("heads: expected finite and not negative")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def staffed(self) -> NDArray[np.bool_]:
        """Territories with reps: (z,) bool."""
        return self.heads > 0


def targets(areas: Areas, territories: Territories) -> NDArray[np.float64]:
    """What each territory should carry: (m, z) float, in parts of the whole of each attribute.

    A locked territory's target is what it has; the rest is divided among the others by their reps.
    """
    n = len(territories)
    mine = np.stack([np.bincount(areas.today, row, n) for row in areas.load]) + territories.fixed
    part = mine / mine.sum(axis=1, keepdims=True)
    keeps = territories.locked & territories.staffed
    heads = np.where(keeps, 0.0, territories.heads)
    left = 1.0 - part[:, keeps].sum(axis=1, keepdims=True)
    shared = left * heads / max(heads.sum(), 1e-300)
    return np.where(keeps, part, shared)


def check(areas: Areas, territories: Territories) -> None:
    """Refuse what cannot be aligned.

    Raises
    ------
    TwinError
        No areas with a place, no reps, more staffed territories than areas, or an attribute that is zero everywhere.
    """
    placed, staffed = int(areas.placed.sum()), int(territories.staffed.sum())
    if not placed or not staffed:
        raise TwinError(
            "field_force.alignment: expected bricks or customers with places and a list of reps to align, "
            f"found {placed} places and {staffed} territories with reps. "
            'Use alignment = "current", or add places and reps to the bundle.'
        )
    if staffed > placed:
        raise TwinError(
            f"field_force.alignment: expected at least as many areas as territories with reps, found {placed} areas "
            f"with a place for {staffed} territories. Use finer bricks, or fewer territories."
        )
    empty = np.flatnonzero(areas.load.sum(axis=1) + territories.fixed.sum(axis=1) <= 0)
    if len(empty):
        raise TwinError(
            f"field_force.alignment: expected a load above zero to balance, found attribute {empty[0] + 1} of "
            f"{len(areas.load)} to be zero in every area. Balance by another attribute."
        )
