"""Window: the last years of a history, cut into spells, with what is fixed before they are lived."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.lives.journeys import SILENT_WEEKS
from twin.calibration.simulation.record import SPELL_WEEKS, Frame
from twin.calibration.visits import goodwill_state
from twin.market.history import History
from twin.market.world import World
from twin.weeks import NEVER, Periods, mondays

_YEAR, _REGULAR = 52, 4


def window_of(history: History, most_weeks: int) -> tuple[int, NDArray[np.int32]]:
    """First week of the window that ends at the origin, and the spell of each of its weeks."""
    periods = history.own_sales.periods
    if periods.kind != "month":
        n_spells = most_weeks // SPELL_WEEKS
        first = history.origin - SPELL_WEEKS * n_spells
        return first, np.repeat(np.arange(n_spells, dtype=np.int32), SPELL_WEEKS)
    n_spells = min(round(most_weeks * 12 / 52.1775), len(periods))
    months = Periods("month", periods.start[-n_spells:], periods.stop[-n_spells:])
    first = history.origin - int(np.ceil((months.stop[-1] - months.start[0]).astype(int) / 7))
    thursdays = mondays(first + np.arange(history.origin - first)) + np.timedelta64(3, "D")
    return first, months.index_of(thursdays)


def frame_of(
    world: World, history: History, seen_before: History, first: int, spell_of_week: NDArray[np.int32],
    neighbours: NDArray[np.int32], worth: NDArray[np.float64], carryover: float,
    campaigns: NDArray[np.float64],
) -> Frame:  # fmt: skip
    """Lay a window out.

    Parameters
    ----------
    world : World
        As known at the first week.
    history, seen_before : History
        As known when the window is over, and at its first week.
    first : int, week
    spell_of_week : (w,) int32
    neighbours : (c, k) int32
    worth : (h,) float, visits
    carryover : float, per week
    campaigns : (j, w) float
    """
    population, touches = world.population, seen_before.touches
    source, members = history.audit, None
    if not len(source):
        source = history.panel
        members = np.zeros(len(population), dtype=bool)
        members[history.panel_members] = True
    inside = source.periods.start >= mondays(np.int32(first))
    market = Periods(source.periods.kind, source.periods.start[inside], source.periods.stop[inside])
    stock, _ = goodwill_state.stock_at(touches, worth[touches.channel], len(population), first, carryover)
    visible = bool(len(source)) and len(market) > 0
    return Frame(
        first=first, n_weeks=len(spell_of_week), spell_of_week=spell_of_week,
        n_spells=int(spell_of_week.max(initial=-1)) + 1, weekly=history.own_sales.periods.kind != "month",
        visits_seen=bool((history.touches.week >= first).any()), known=population.known,
        known_since=np.where(population.known, population.known_since, NEVER).astype(np.int32), left=population.left,
        silent=_silent(world, seen_before), neighbours=neighbours, n_own=world.brands.n_own, worth=worth,
        carryover=carryover, stock=stock, market=market if visible else None, members=members if visible else None,
        campaigns=campaigns,
    )  # fmt: skip


def _silent(world: World, before: History) -> NDArray[np.bool_]:
    """Who had bought regularly and then nothing for half a year: (c,) bool.

    By purchases alone: a departure stays on record only where nobody came back, and would foretell that.
    """
    known, own = world.population.known, before.own_sales
    if not len(own.periods):
        return np.zeros_like(known)
    mid = own.periods.mid_week()
    quiet = mid >= before.origin - SILENT_WEEKS
    base = ~quiet & (mid >= before.origin - SILENT_WEEKS - _YEAR)
    bought = own.by_unit(len(known), world.brands.own) > 0
    if not base.any() or not quiet.any():
        return np.zeros_like(known)
    regular = bought[:, base].mean(axis=1) * quiet.sum() >= _REGULAR
    return known & regular & ~bought[:, quiet].any(axis=1)
