"""Why a claim found no place: told from the claim, the days that it might have had, and the tours that came about.

Knows no sentence, see :mod:`twin.planning.reasons`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.planning.day_clock import Shift, timed


def shift_of(land: Any, d: int) -> Shift:
    """A working day of a rep."""
    hours = (*land.shift[d].tolist(), *land.lunch[d].tolist())
    return Shift(*(round(value) for value in hours))


def windows_of(land: Any, c: int, d: int) -> list[tuple[int, int]]:
    """Earliest and latest beginnings of visits to a customer on a day."""
    return [(round(low), round(high)) for low, high in land.window[c, d, : land.n_windows[c, d]].tolist()]


def reason_of(land: Any, wish: Any, slot_day: Any, c: int, s: int, locked: bool) -> str:
    """Key of :data:`twin.planning.reasons.UNSERVED` for a visit that has no day.

    Parameters
    ----------
    land, wish : Land, Wish
    slot_day : (n + 1, s) int
    c, s : int
        Customer and visit.
    locked : bool

    Returns
    -------
    str
    """
    days = np.arange(wish.slot_from[c, s], wish.slot_to[c, s] + 1)
    if not len(days):
        return "absent"
    if locked:
        return "locked"
    open_days = [int(d) for d in days if land.n_windows[c, d] > 0]
    if not open_days:
        return "hours"
    there, back = (round(land.way[a, b]) for a, b in ((land.leaves[0], c), (c, land.returns[0])))
    service = round(land.service[c])
    on_road = there + back - round(land.parking)
    if on_road > land.longest.max():
        return "too_far"
    alone = [d for d in open_days if timed((there, back), [windows_of(land, c, d)], service, shift_of(land, d))]
    if not alone:
        whole = any(timed((there, back), [[(0, 24 * 60)]], service, shift_of(land, d)) for d in open_days)
        return "hours" if whole else "too_far"
    taken = [int(d) for d in slot_day[c] if d >= 0]

    def close(d: int, other: int) -> bool:
        near = abs(int(wish.ordinal[d] - wish.ordinal[other])) < wish.gap[c]
        return near or (bool(wish.apart[c]) and land.week[d] == land.week[other])

    return "spacing" if all(any(close(d, other) for other in taken) for d in alone) else "day_full"
