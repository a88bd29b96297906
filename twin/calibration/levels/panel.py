"""Panel: own sales of known customers by period, and the goodwill stock of their contacts.

Knows no regression and no parameter's value; contacts are dated, so stocks are always weekly, whatever the sales are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal, sparse

from twin.calibration.levels.purchases import Record, record_of
from twin.calibration.lives import spells
from twin.market.channels import VISIT
from twin.market.history import History, Touches
from twin.market.world import World
from twin.response import attraction
from twin.weeks import Periods, week_of

_BLOCK_CELLS = 1 << 21
STARTING_WEEKS = 104
"""Contacts of this many first weeks stand for those before the record begins: of one year alone the rate is so noisy
that the stock it starts from weakens the effect, by some 4 % in records of two years."""
BURN_IN_WEEKS = 26
BURN_IN_SHARE = 0.15
"""After the first recorded visit, stocks are too uncertain for this long, or this part of a short record."""
SETTLING_WEEKS, SETTLING_SHARE = 52, 0.25
"""Who came while contacts were recorded is left out for so long, or this part of a short record: trial purchases give
way to habit just while the stock builds up, and would pass for its effect."""
SILENT_WEEKS = 4
"""Sales later than the last recorded visit by more than this are left out: contacts were no longer recorded."""
MERGED_WEEKS = 4
MERGE_FROM_WEEKS = 104
"""Weekly sales of so many weeks are summed four weeks at a time: stocks last for months, and single weeks are mostly
zeros. Sums are exact, and contacts stay dated."""
SMALL_GROUP = 10
"""Territories with fewer customers than this share their period effects: alone they would explain themselves."""


@dataclass(frozen=True)
class Panel:
    """Known customers who bought from us, and what was done to them.

    Parameters
    ----------
    customer : (c,) int32
        Index into the population.
    volume : (c, p) float64, units
        Our brands summed; returns that exceed a period's sales count as zero.
    mask : (c, p) bool
        Ours from the first day of the period to its last: known, and not away; see
        :mod:`twin.calibration.lives.spells`.
    group : (c,) int32
        Who shares period effects: territories, the small ones together.
    periods : Periods
        Only those for which contacts were recorded.
    first_week, n_weeks : int
        The week axis, from the first recorded contact or sale to the last period.
    touches : Touches
        Contacts of these customers, sorted by customer; ``customer`` counts rows of this panel, ``week`` from
        ``first_week``.
    established : (c,) bool
        Known before the week axis begins: contacts may have gone before.
    rep : (c,) int32
        Who visits the customer most; -1 when not recorded.
    rep_visits : (r, w) float32
        All recorded visits of each rep.
    record : Record
        Purchases as they were recorded, also where they teach nothing.
    n_channels : int
    weight : (c,) float
        Of each customer in regressions, see :func:`twin.calibration.visits.weights.weighed`.
    headroom : (c,) float
        Factor on each customer's response, see :func:`twin.calibration.visits.headroom.with_headroom`.
    echo : float
        Part of every gain of log sales that habit gives back over the weeks that follow.
    """

    customer: NDArray[np.int32]
    volume: NDArray[np.float64]
    mask: NDArray[np.bool_]
    group: NDArray[np.int32]
    periods: Periods
    first_week: int
    n_weeks: int
    touches: Touches
    established: NDArray[np.bool_]
    rep: NDArray[np.int32]
    rep_visits: NDArray[np.float32]
    record: Record
    n_channels: int
    weight: NDArray[np.float64]
    headroom: NDArray[np.float64]
    echo: float = 0.0

    @property
    def working(self) -> NDArray[np.float64]:
        """Volume as the regressions see it: (c, p) float. A customer's own effect takes up its weight."""
        return self.volume * self.weight[:, None]

    def __len__(self) -> int:
        return len(self.customer)

    def weights(self) -> sparse.csr_matrix:
        """Part of each week in each period: (p, w) sparse float."""
        return self.periods.weights(self.first_week, self.n_weeks)

    def visit_counts(self) -> NDArray[np.int64]:
        """Visits of each customer on the whole week axis: (c,) int."""
        return np.bincount(self.touches.customer[self.touches.channel == VISIT], minlength=len(self))

    def contacts(self, channels: Sequence[int]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Weekly contacts, a block of customers at a time: rows, (len(channels), n, w) float32."""
        size = max(_BLOCK_CELLS // (max(self.n_weeks, 1) * max(len(channels), 1)), 1)
        place = np.full(self.n_channels, -1)
        place[list(channels)] = np.arange(len(channels))
        for start in range(0, len(self), size):
            rows = slice(start, min(start + size, len(self)))
            n = rows.stop - rows.start
            first, last = np.searchsorted(self.touches.customer, [rows.start, rows.stop])
            channel = place[self.touches.channel[first:last]]
            row = self.touches.customer[first:last] - start
            flat = (channel * n + row) * self.n_weeks + self.touches.week[first:last]
            counts = np.bincount(flat[channel >= 0], minlength=len(channels) * n * self.n_weeks)
            yield rows, counts.astype(np.float32).reshape(len(channels), n, self.n_weeks)

    def stocks(self, rho: float, channels: Sequence[int]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Weekly stock A_t = rho A_t-1 + contacts_t of each channel, in contacts; blocks as in :meth:`contacts`.

        Established customers start from the stock that the contacts of their first years would have built up.
        """
        top, bottom = np.float32([1.0]), np.float32([1.0, -rho])
        horizon = min(STARTING_WEEKS, self.n_weeks)
        for rows, counts in self.contacts(channels):
            before = counts[:, :, :horizon].mean(axis=2, keepdims=True) * self.established[None, rows, None]
            start = (rho / (1.0 - rho) * before).astype(np.float32)
            yield rows, signal.lfilter(top, bottom, counts, axis=2, zi=start)[0]

    def mean_by_period(self, weekly: NDArray[np.float32]) -> NDArray[np.float64]:
        """Average over the weeks of each period: (n, w) to (n, p) float."""
        weights = self.weights()
        return np.asarray(sparse.diags(1 / self.periods.weeks_in()) @ weights @ weekly.T).T


def build(world: World, history: History) -> Panel:
    """Panel of the known customers who ever bought from us while contacts were recorded.

    Sales before the first recorded visit, and shortly after it, are left out: an unrecorded visit is not a visit that
    was not made, and what came before still counts in the stock. So are the first purchases of newcomers.
    """
    sales, touches = history.own_sales, history.touches
    visit_weeks = touches.week[touches.channel == VISIT]
    recorded = (-np.inf, np.inf)
    if len(visit_weeks):
        burn_in = min(BURN_IN_WEEKS, BURN_IN_SHARE * np.ptp(visit_weeks))
        recorded = (visit_weeks.min() + burn_in, visit_weeks.max() + 1 + SILENT_WEEKS)
    opens, closes = week_of(sales.periods.start), week_of(sales.periods.stop - 1) + 1
    keep = np.flatnonzero((opens >= recorded[0]) & (closes <= recorded[1]))
    if not len(keep):
        return _empty(world, Periods(sales.periods.kind, sales.periods.start[keep], sales.periods.stop[keep]))
    own = world.brands.own[sales.brand] & np.isin(sales.period, keep)
    buyers, row = np.unique(sales.unit[own], return_inverse=True)
    flat = row.astype(np.int64) * len(keep) + (sales.period[own] - keep[0])
    volume = np.bincount(flat, sales.volume[own], len(buyers) * len(keep)).reshape(len(buyers), len(keep))
    people = world.population
    opens, closes = opens[keep], closes[keep]
    first = int(min(opens.min(), touches.week.min())) if len(touches) else int(opens.min())
    settling = min(SETTLING_WEEKS, int(SETTLING_SHARE * (closes.max() - first)))
    since = people.known_since[buyers].astype(np.int64)
    since = np.where(since > first, since + settling, since)
    mask = (since[:, None] <= opens) & (closes <= people.left[buyers, None])
    mask &= ~spells.away(volume, mask)
    periods, volume, mask = _merged(sales.periods, keep, volume, mask)
    opens, closes = week_of(periods.start), week_of(periods.stop - 1) + 1
    use = people.known[buyers] & (np.where(mask, volume, 0).sum(axis=1) > 0)
    buyers, volume, mask = buyers[use].astype(np.int32), volume[use], mask[use]
    n_weeks = int(closes.max()) - first
    inside = _rows(touches, buyers, len(people), first, n_weeks)
    return Panel(
        buyers, np.where(mask, volume, 0), mask, _groups(people.territory[buyers]), periods, first, n_weeks, inside,
        people.known_since[buyers] <= first, _usual_rep(inside, len(buyers), len(world.reps)),
        _rep_visits(touches, len(world.reps), first, n_weeks),
        record_of(sales, world.brands.own, buyers, len(people)), len(world.channels),
        np.ones(len(buyers)), np.ones(len(buyers)),
    )  # fmt: skip


def _merged(
    periods: Periods, keep: NDArray[np.intp], volume: NDArray[np.float64], mask: NDArray[np.bool_]
) -> tuple[Periods, NDArray[np.float64], NDArray[np.bool_]]:
    """Periods to work on, with volume and mask (c, p): long weekly records four weeks at a time, the newest whole.

    Four weeks count where each of them does: a customer who left in the third is not one who bought little.
    """
    start, stop = periods.start[keep], periods.stop[keep]
    if periods.kind == "week" and len(keep) >= MERGE_FROM_WEEKS:
        first = np.arange(len(keep) % MERGED_WEEKS, len(keep), MERGED_WEEKS)
        volume, mask = np.add.reduceat(volume, first, axis=1), np.logical_and.reduceat(mask, first, axis=1)
        start, stop = start[first], stop[first + MERGED_WEEKS - 1]
    return Periods(periods.kind, start, stop), volume.clip(0), mask


def stock_regressors(
    panel: Panel, rho: float, effects: NDArray[np.float64], slopes: Sequence[int] = (), curvature: float = 0.0
) -> tuple[NDArray[np.float32], float]:
    """Regressors of the visit response at a given carry-over (per week) and curvature.

    Parameters
    ----------
    effects : (h,) float, visits
        Worth of one contact of each channel; the visit's is 1.
    slopes : channels
        For each, the derivative of the first regressor in that channel's effect is added.
    curvature : float
        See :func:`twin.response.attraction.warmth`; 0 is the logarithm.

    Returns
    -------
    (1 + len(slopes), c, p) float32
        Mean over the weeks of a period of warmth(A), then of A_h (1 + A)^(q - 1); times the customer's headroom.
    float, visits
        Volume-weighted mean of A.
    """
    present = np.unique(panel.touches.channel)
    channels = [h for h in range(panel.n_channels) if h in present and (effects[h] != 0 or h in slopes)]
    design = np.zeros((1 + len(slopes), *panel.volume.shape), dtype=np.float32)
    weighted = 0.0
    for rows, parts in panel.stocks(rho, channels):
        total = np.tensordot(effects[channels].astype(np.float32), parts, 1)
        design[0, rows] = panel.mean_by_period(echoed(attraction.warmth(total, curvature), panel.echo))
        steep = (1 + total) ** np.float32(curvature - 1.0) if slopes else total
        weighted += float((panel.mean_by_period(total) * panel.volume[rows]).sum())
        for place, h in enumerate(slopes):
            if h in channels:
                design[1 + place, rows] = panel.mean_by_period(echoed(parts[channels.index(h)] * steep, panel.echo))
    design *= panel.headroom[:, None].astype(np.float32)
    return design, weighted / max(float(panel.volume.sum()), 1e-300)


def echoed(weekly: NDArray[np.float32], echo: float) -> NDArray[np.float32]:
    """A gain as habit lets it come: ``1 - echo`` of it at once, all of it in the long run; (n, w) float32.

    Habit is a moving average of shares, and gives back a part of what it is moved by, see
    :func:`twin.response.attraction.advance_habit`. Left out, it passes for goodwill that lasts.
    """
    if echo == 0.0:
        return weekly
    keep = 1.0 - 1.0 / attraction.HABIT_WEEKS
    start = weekly[:, :STARTING_WEEKS].mean(axis=1, keepdims=True) * (echo / (1.0 - echo))
    top, bottom = np.float32([1.0, -keep]), np.float32([1.0, -(keep + echo / attraction.HABIT_WEEKS)])
    found = signal.lfilter(top, bottom, weekly, axis=1, zi=start.astype(np.float32))[0]
    return np.asarray(found * np.float32(1.0 - echo))


def _rows(touches: Touches, buyers: NDArray, n_people: int, first: int, n_weeks: int) -> Touches:
    """Contacts of the panel's customers, renumbered and sorted by customer."""
    row_of = np.full(n_people, -1, dtype=np.int32)
    row_of[buyers] = np.arange(len(buyers))
    row, week = row_of[touches.customer], touches.week - first
    keep = np.flatnonzero((row >= 0) & (week < n_weeks))
    keep = keep[np.argsort(row[keep], kind="stable")]
    return Touches(row[keep], touches.channel[keep], week[keep].astype(np.int32), touches.rep[keep])


def _groups(territory: NDArray[np.int32]) -> NDArray[np.int32]:
    sizes = np.bincount(territory + 1)
    merged = np.where(sizes[territory + 1] < SMALL_GROUP, -2, territory)
    return np.unique(merged, return_inverse=True)[1].astype(np.int32)


def _usual_rep(touches: Touches, n_customers: int, n_reps: int) -> NDArray[np.int32]:
    """Rep with most visits to each customer: (c,) int32, -1 when none is recorded."""
    keep = (touches.channel == VISIT) & (touches.rep >= 0)
    pairs, count = np.unique(touches.customer[keep].astype(np.int64) * max(n_reps, 1) + touches.rep[keep],
                             return_counts=True)  # fmt: skip
    order = np.argsort(count, kind="stable")
    usual = np.full(n_customers, -1, dtype=np.int32)
    usual[pairs[order] // max(n_reps, 1)] = pairs[order] % max(n_reps, 1)
    return usual


def _rep_visits(touches: Touches, n_reps: int, first: int, n_weeks: int) -> NDArray[np.float32]:
    week = touches.week - first
    keep = (touches.channel == VISIT) & (touches.rep >= 0) & (week >= 0) & (week < n_weeks)
    flat = touches.rep[keep].astype(np.int64) * n_weeks + week[keep]
    return np.bincount(flat, minlength=n_reps * n_weeks).reshape(n_reps, n_weeks).astype(np.float32)


def _empty(world: World, periods: Periods) -> Panel:
    none = np.empty(0, dtype=np.int32)
    nothing = np.empty((0, 0))
    return Panel(
        none, nothing, nothing.astype(bool), none, periods, 0, 0, Touches(none, none.astype(np.int8), none, none),
        none.astype(bool), none, np.empty((len(world.reps), 0), np.float32),
        Record(sparse.csr_matrix((0, 0)), periods), len(world.channels),
        np.empty(0), np.empty(0),
    )  # fmt: skip
