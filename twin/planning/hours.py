"""Hours: when a customer may be visited or written to, from the columns of the customer list.

``available_from`` and ``available_to`` are one stretch of the day; the columns ``visit_hours``, such as ``09:00-11:30;
14-17``, and ``visit_days``, such as ``Mon-Wed, Fri``, ``Pzt Sal`` or ``1,2,5``, say more where they are there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.market.population import Population
from twin.planning.settings import PlanSettings

DAY = 24 * 60
HOURS_COLUMN, DAYS_COLUMN = "visit_hours", "visit_days"
_WEEKDAYS = (
    ("1", "mon", "monday", "pzt", "pazartesi"),
    ("2", "tue", "tuesday", "sal", "salı", "sali"),
    ("3", "wed", "wednesday", "çar", "çarşamba", "car", "carsamba"),
    ("4", "thu", "thursday", "per", "perşembe", "persembe"),
    ("5", "fri", "friday", "cum", "cuma"),
    ("6", "sat", "saturday", "cmt", "cumartesi"),
    ("7", "sun", "sunday", "paz", "pazar"),
)
_NUMBER = {name: number for number, names in enumerate(_WEEKDAYS) for name in names}
_STRETCH = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–]\s*(\d{1,2})(?:[:.](\d{2}))?")


@dataclass(frozen=True)
class Hours:
    """When customers may be met.

    Parameters
    ----------
    opens, closes : (c, w) int, minutes of the day
        Stretches of the day, ascending; both 0 behind the last.
    n : (c,) int
        Stretches of each customer.
    days : (c, 7) bool
        Weekdays, Monday first.
    stated : (c,) bool
        Whether the list names any hours.
    unread : int
        Cells of the columns of words that could not be read; they narrow nothing.
    """

    opens: NDArray[np.int64]
    closes: NDArray[np.int64]
    n: NDArray[np.int64]
    days: NDArray[np.bool_]
    stated: NDArray[np.bool_]
    unread: int

    def reachable(self, settings: PlanSettings) -> NDArray[np.bool_]:
        """Customers whose hours leave room for a visit on a working day: (c,) bool."""
        begin = np.maximum(self.opens, round(60 * settings.day_start))
        end = np.minimum(self.closes, round(60 * settings.day_end))
        within = np.arange(self.opens.shape[1]) < self.n[:, None]
        fits = (within & (begin + settings.visit_minutes <= end)).any(axis=1)
        return fits & self.days[:, list(settings.weekdays)].any(axis=1)


def hours_of_customers(population: Population, settings: PlanSettings) -> Hours:
    """Hours of every customer.

    Parameters
    ----------
    population : Population
    settings : PlanSettings
        The rep's day: of hours that pass midnight the part counts that has more of it.

    Returns
    -------
    Hours
    """
    usual = round(60 * settings.day_start), round(60 * settings.day_end)
    start, stop = one_stretch(population.available_from, population.available_to, *usual)
    said, lost = _words(population.attributes, HOURS_COLUMN, len(population), _stretches)
    weekdays, lost_days = _words(population.attributes, DAYS_COLUMN, len(population), _weekdays)
    widest = max((len(each) for each in said.values()), default=1)
    opens = np.zeros((len(population), max(widest, 1)), dtype=np.int64)
    closes, n = opens.copy(), np.ones(len(population), dtype=np.int64)
    opens[:, 0], closes[:, 0] = start, stop
    stated = np.isfinite(population.available_from) | np.isfinite(population.available_to)
    for rows, stretches in said.items():
        here = np.array(rows)
        opens[here], closes[here], n[here], stated[here] = 0, 0, len(stretches), True
        for w, (begin, end) in enumerate(stretches):
            opens[here, w], closes[here, w] = begin, end
    days = np.ones((len(population), 7), dtype=bool)
    for rows, numbers in weekdays.items():
        days[np.array(rows)] = np.isin(np.arange(7), numbers)
    return Hours(opens, closes, n, days, stated, lost + lost_days)


def one_stretch(
    available_from: NDArray[np.float64], available_to: NDArray[np.float64], opens: int, closes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hours in which each customer may be met: (c,) int twice, minutes of the day.

    Parameters
    ----------
    available_from, available_to : (c,) float, hours of the day
        ``nan`` when not stated: any hour. Past midnight when ``to`` is not later than ``from``.
    opens, closes : int, minutes of the day
        The rep's day; of hours that pass midnight the part counts that has more of it.
    """
    start = np.where(np.isnan(available_from), 0, np.ceil(np.nan_to_num(available_from) * 60 - 1e-6)).astype(np.int64)
    stop = np.where(np.isnan(available_to), DAY, np.floor(np.nan_to_num(available_to) * 60 + 1e-6)).astype(np.int64)
    wraps = stop <= start
    evening = np.maximum(closes - np.maximum(start, opens), 0)
    morning = np.maximum(np.minimum(stop, closes) - opens, 0)
    early = wraps & (morning > evening)
    return np.where(early, 0, start), np.where(wraps & ~early, DAY, stop)


def _words(
    attributes: Mapping[str, NDArray], name: str, n: int, read: object
) -> tuple[dict[tuple[int, ...], list], int]:
    """What a column of words says, once for all rows with the same words; and how many cells say nothing readable."""
    if name not in attributes:
        return {}, 0
    column = np.array(
        ["" if x is None or (isinstance(x, float) and np.isnan(x)) else _plain(x) for x in attributes[name].tolist()],
        dtype=str,
    )
    found: dict[tuple[int, ...], list] = {}
    lost = 0
    for words in np.unique(column[column != ""]):
        rows = np.flatnonzero(column == words)
        meaning = read(str(words))  # type: ignore[operator]
        if meaning:
            found[tuple(rows.tolist())] = meaning
        else:
            lost += len(rows)
    return found, lost


def _plain(cell: object) -> str:
    """A cell as words; a column of bare day numbers has been read as numbers."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    return f"{cell:g}" if isinstance(cell, float) else str(cell).strip()


def _stretches(words: str) -> list[tuple[int, int]]:
    """``09:00-11:30; 14-17`` as minutes of the day, ascending; nothing where it cannot be read."""
    found = []
    for part in filter(None, re.split(r"[;,/|]", words)):
        match = _STRETCH.fullmatch(part.strip())
        if match is None:
            return []
        h1, m1, h2, m2 = (int(x or 0) for x in match.groups())
        begin, end = 60 * h1 + m1, 60 * h2 + m2
        if not 0 <= begin < end <= DAY:
            return []
        found.append((begin, end))
    return sorted(found)


def _weekdays(words: str) -> list[int]:
    """``Mon-Wed, Fri`` as numbers from 0; nothing where it cannot be read."""
    found: list[int] = []
    # lower() makes a dotted i of the Turkish capital only with a mark behind it
    for part in filter(None, re.split(r"[\s;,/|]+", words.replace("İ", "i").replace("I", "ı").lower())):
        ends = [_NUMBER.get(name.replace("ı", "i") if name not in _NUMBER else name) for name in part.split("-")]
        if len(ends) > 2 or None in ends:
            return []
        first, last = ends[0], ends[-1]
        assert first is not None and last is not None
        found += [day % 7 for day in range(first, last + 1 + (7 if last < first else 0))]
    return sorted(set(found))
