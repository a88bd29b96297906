"""Population: every customer of the market, known to us or not.

A struct of arrays along axis c. Knows who they are and where; not what they buy, see :mod:`twin.potential`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.market.segments import Segments, segments_in
from twin.weeks import NEVER


@dataclass(frozen=True)
class Population:
    """All customers, one column of every array each.

    Parameters
    ----------
    ids : (c,) str
        ``customer_id`` of a known customer, ``prospect_id`` of an unknown one.
    entity : (c,) uint64
        Stable number behind each id for keyed draws, see :func:`twin.draws.identity`.
    names : (c,) str
    known : (c,) bool
        Stands in our list as a customer, now.
    known_since : (c,) int32, week
        ``FAR_PAST`` when always, ``NEVER`` for an unknown customer.
    left : (c,) int32, week
        Week in which the customer left us; ``NEVER`` when still ours.
    brick : (c,) int32
        Index into :attr:`World.bricks`; -1 when unplaced.
    territory : (c,) int32
        Index into :attr:`World.territories`.
    lon, lat : (c,) float64, degrees WGS84
        ``nan`` when unknown.
    consent : (h, c) bool
        May be contacted on the channel.
    prefers : (c,) int8
        Preferred channel; -1 when not stated.
    available_from, available_to : (c,) float64, hours of the day
        Local time; ``nan`` when not stated.
    attributes : mapping of str to (c,) arrays
        Further columns: float64, bool or object (categories); missing is ``nan`` or ``None``.
    on_register : (c,) float in [0, 1], optional
        Probability that the market's register lists the customer; ``None`` without a register.
    quality : (c,) float in [0, 1], optional
        How far what is recorded of the customer can be trusted; ``None`` when nobody has looked.
    """

    ids: NDArray[np.str_]
    entity: NDArray[np.uint64]
    names: NDArray[np.object_]
    known: NDArray[np.bool_]
    known_since: NDArray[np.int32]
    left: NDArray[np.int32]
    brick: NDArray[np.int32]
    territory: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    consent: NDArray[np.bool_]
    prefers: NDArray[np.int8]
    available_from: NDArray[np.float64]
    available_to: NDArray[np.float64]
    attributes: Mapping[str, NDArray]
    on_register: NDArray[np.float64] | None = None
    quality: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in ("entity", "names", "known", "known_since", "left", "brick", "territory", "lon", "lat", "prefers"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name}: expected {n} customers, got {len(getattr(self, name))}")
        if self.on_register is not None and len(self.on_register) != n:
            raise ValueError(f"on_register: expected {n} customers, got {len(self.on_register)}")
        if self.quality is not None and len(self.quality) != n:
            raise ValueError(f"quality: expected {n} customers, got {len(self.quality)}")
        for name, values in self.attributes.items():
            if len(values) != n:
                raise ValueError(f"attribute {name}: expected {n} customers, got {len(values)}")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def segments(self) -> Segments:
        """The grouping by which results are told apart."""
        return segments_in(self.attributes, len(self))

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each customer, by id."""
        return {str(name): row for row, name in enumerate(self.ids)}

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Customers with coordinates: (c,) bool."""
        return np.isfinite(self.lon) & np.isfinite(self.lat)

    def as_of(self, week: int) -> Population:
        """The same people with what was known at the start of ``week``: later customers are unknown again."""
        known = self.known & (self.known_since < week)
        return replace(
            self,
            known=known,
            known_since=np.where(known, self.known_since, NEVER).astype(np.int32),
            left=np.where(self.left < week, self.left, NEVER).astype(np.int32),
            quality=None,  # it was judged by what came later, too
        )
