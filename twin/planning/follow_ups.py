"""Follow-ups: the contacts of a journey on other channels, dated around the visits that they belong to.

Each waits its days, falls on a working day and finds a free moment inside the customer's hours. Knows no roads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.market.channels import VISIT
from twin.planning.hours import one_stretch
from twin.planning.journeys import Course

hours_of = one_stretch
"""Hours in which each customer may be met, see :func:`twin.planning.hours.one_stretch`."""


@dataclass(frozen=True)
class Contacts:
    """Contacts on other channels.

    Parameters
    ----------
    visit : (n,) int
        Row of the visit that each belongs to.
    channel : (n,) int
    day : (n,) datetime64[D]
        Earliest.
    before : (n,) bool
        Whether it prepares the visit and must come earlier.
    when : (n,) str
        Outcome that it waits for.
    """

    visit: NDArray[np.int64]
    channel: NDArray[np.int64]
    day: NDArray[np.datetime64]
    before: NDArray[np.bool_]
    when: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.visit)


def contacts(
    courses: Sequence[Course],
    chain: NDArray[np.int64],
    step: NDArray[np.int64],
    day: NDArray[np.datetime64],
    begins: np.datetime64,
) -> Contacts:
    """Contacts that belong to visits.

    Parameters
    ----------
    courses : sequence of Course
    chain, step : (v,) int
        Contact of a journey that each visit is; -1 for none.
    day : (v,) datetime64[D]
    begins : datetime64[D]
        When the journeys begin that no visit opens.

    Returns
    -------
    Contacts
        After a visit, those until the next visit of the journey; before the first visit of a journey that begins
        otherwise, those that lead to it.
    """
    parts: list[tuple[NDArray, int, NDArray, bool, str]] = []
    for number, course in enumerate(courses):
        for made in np.unique(step[(chain == number)]):
            rows = np.flatnonzero((chain == number) & (step == made))
            if course.channel[0] != VISIT and VISIT not in course.channel[:made]:
                for s in range(made):
                    due = np.full(len(rows), begins + np.timedelta64(sum(course.days[: s + 1]), "D"))
                    parts.append((rows, course.channel[s], due, True, course.when[s]))
            following = course.next_visit(int(made))
            for s in range(made + 1, following if following >= 0 else len(course)):
                due = day[rows] + np.timedelta64(sum(course.days[made + 1 : s + 1]), "D")
                parts.append((rows, course.channel[s], due, False, course.when[s]))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return Contacts(none, none, none.astype("datetime64[D]"), none.astype(bool), none.astype(str))
    sizes = [len(part[0]) for part in parts]
    return Contacts(
        visit=np.concatenate([part[0] for part in parts]),
        channel=np.repeat([part[1] for part in parts], sizes),
        day=np.concatenate([part[2] for part in parts]),
        before=np.repeat([part[3] for part in parts], sizes),
        when=np.repeat(np.array([part[4] for part in parts], dtype=str), sizes),
    )


def first_gap(busy: Sequence[tuple[int, int]], opens: int, closes: int, minutes: int) -> int | None:
    """First moment in ``[opens, closes]`` with so many free minutes, or ``None``.

    Parameters
    ----------
    busy : sequence of (int, int), minutes of the day
        Half-open, ascending by start.
    opens, closes, minutes : int
    """
    now = opens
    for start, stop in busy:
        if start >= now + minutes:
            break
        now = max(now, stop)
    return now if now + minutes <= closes else None
