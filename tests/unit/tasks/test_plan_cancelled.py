"""What fell away is cancelled under the name it had; what changed hands or comes back passes its cancellation."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from twin.tasks.plans.plan_cancelled import as_cancelled, fell_away, nothing, revised


def rows(*told: tuple[str, str, int, int]) -> pd.DataFrame:
    """Visits: name, rep, day of May 2026, revision."""
    frame = pd.DataFrame(told, columns=["visit_id", "rep_id", "day", "revision"])
    day = pd.to_datetime([dt.date(2026, 5, each) for each in frame.pop("day")])
    hours = {"date": day, "start": day + pd.Timedelta(hours=9), "end": day + pd.Timedelta(hours=10)}
    return frame.assign(kind="visit", territory_id="T1", channel="visit", **hours)


def told(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    return dict(zip(zip(frame["visit_id"], frame["rep_id"], strict=True), frame["revision"], strict=True))


BEFORE = rows(("a", "R1", 4, 0), ("b", "R1", 5, 2), ("c", "R2", 6, 1), ("d", "R2", 7, 0))


def test_only_what_changed_has_a_higher_revision():
    now = revised(rows(("a", "R1", 4, 9), ("b", "R1", 8, 9), ("new", "R1", 9, 9)), BEFORE, nothing())
    assert told(now) == {("a", "R1"): 0, ("b", "R1"): 3, ("new", "R1"): 0}


def test_a_visit_that_goes_to_another_rep_is_cancelled_between():
    now = revised(rows(("c", "R1", 6, 0)), BEFORE, nothing())
    gone = fell_away(BEFORE, nothing(), now)
    assert told(gone) == {("a", "R1"): 1, ("b", "R1"): 3, ("c", "R2"): 2, ("d", "R2"): 1}
    assert told(now) == {("c", "R1"): 3}  # above its cancellation, for whoever keeps both calendars in one


def test_a_visit_that_comes_back_passes_its_cancellation():
    gone = as_cancelled(BEFORE[BEFORE["visit_id"] == "b"])
    now = revised(rows(("b", "R1", 5, 0)), BEFORE[BEFORE["visit_id"] != "b"], gone)
    assert told(now) == {("b", "R1"): 4}
    assert ("b", "R1") not in told(fell_away(BEFORE, gone, now))


def test_what_has_happened_is_not_cancelled_and_what_was_cancelled_stays_so():
    now, earlier = rows(("a", "R1", 4, 0)), as_cancelled(rows(("z", "R1", 4, 5)))
    gone = fell_away(BEFORE, earlier, now, since=dt.date(2026, 5, 6))
    assert told(gone) == {("c", "R2"): 2, ("d", "R2"): 1, ("z", "R1"): 6}
    assert len(fell_away(now, nothing(), now)) == 0
