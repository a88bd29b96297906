"""History: what was done and sold before the origin. Sparse rows, indexed into a World."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.weeks import Periods, mondays


@dataclass(frozen=True)
class Touches:
    """Contacts made, one entry each.

    Parameters
    ----------
    customer : (m,) int32
    channel : (m,) int8
    week : (m,) int32
    rep : (m,) int32
        -1 when not recorded.
    """

    customer: NDArray[np.int32]
    channel: NDArray[np.int8]
    week: NDArray[np.int32]
    rep: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.customer)

    def where(self, keep: NDArray[np.bool_]) -> Touches:
        """The entries for which ``keep`` holds."""
        return Touches(self.customer[keep], self.channel[keep], self.week[keep], self.rep[keep])


@dataclass(frozen=True)
class Sales:
    """Volumes by unit of observation, period and brand; no row means zero for an observed unit and period.

    Parameters
    ----------
    unit : (m,) int32
        Customer (own sales, panel) or brick (audit).
    period : (m,) int32
        Index into :attr:`periods`.
    brand : (m,) int16
    volume : (m,) float64, units
    periods : Periods
    """

    unit: NDArray[np.int32]
    period: NDArray[np.int32]
    brand: NDArray[np.int16]
    volume: NDArray[np.float64]
    periods: Periods

    def __len__(self) -> int:
        return len(self.unit)

    def totals(self, n_brands: int) -> NDArray[np.float64]:
        """Volume by period and brand: (p, j) float, units."""
        flat = np.bincount(self.period * n_brands + self.brand, self.volume, len(self.periods) * n_brands)
        return flat.reshape(len(self.periods), n_brands)

    def by_unit(self, n_units: int, brands: NDArray[np.bool_], since: int = 0) -> NDArray[np.float64]:
        """Volume of the chosen brands by unit and period from period ``since`` on: (unit, p) float, units."""
        keep = brands[self.brand] & (self.period >= since)
        n_periods = len(self.periods) - since
        flat = np.bincount(
            self.unit[keep].astype(np.int64) * n_periods + self.period[keep] - since,
            self.volume[keep],
            n_units * n_periods,
        )
        return flat.reshape(n_units, n_periods)

    def before(self, day: np.datetime64) -> Sales:
        """Only the periods that end on or before ``day``."""
        periods = self.periods.before(day)
        keep = self.period < len(periods)
        return Sales(self.unit[keep], self.period[keep], self.brand[keep], self.volume[keep], periods)


@dataclass(frozen=True)
class Campaign:
    """One promotion that somebody recorded, ours or a rival's.

    Parameters
    ----------
    brand : int
        Index into :attr:`World.brands`.
    start, stop : int, week
        Half-open.
    strength : float, unitless
        1 = that brand's average.
    kind : str
    """

    brand: int
    start: int
    stop: int
    strength: float = 1.0
    kind: str = ""


@dataclass(frozen=True)
class History:
    """What was done and sold before the origin.

    Parameters
    ----------
    first_week : int
        First week with any record of sales.
    origin : int
        Week after the last observed one.
    touches : Touches
    own_sales : Sales
        By customer; our brands only.
    audit : Sales
        By brick; all brands. May be empty.
    panel : Sales
        By audited customer; all brands. May be empty.
    panel_members : (k,) int32
        Customers whose whole purchases are observed.
    campaigns : tuple of Campaign
    """

    first_week: int
    origin: int
    touches: Touches
    own_sales: Sales
    audit: Sales
    panel: Sales
    panel_members: NDArray[np.int32]
    campaigns: tuple[Campaign, ...]

    @property
    def n_weeks(self) -> int:
        """Length of history, weeks."""
        return self.origin - self.first_week

    def before(self, week: int, day: np.datetime64 | None = None) -> History:
        """Only what had happened before ``week``: what an analyst knew then.

        A month may end inside the week: its sales are kept when it ends on or before ``day``, by default any day of the
        week, because the origin of a monthly history is the week in which its last month ends.
        """
        day = mondays(np.int32(week)) + np.timedelta64(6, "D") if day is None else day
        return replace(
            self,
            origin=week,
            touches=self.touches.where(self.touches.week < week),
            own_sales=self.own_sales.before(day),
            audit=self.audit.before(day),
            panel=self.panel.before(day),
            campaigns=tuple(campaign for campaign in self.campaigns if campaign.start < week),
        )
