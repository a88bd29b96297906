"""Measurements 7, 8 and 9, and 6 as far as the calendar goes: rivals' campaigns in made-up markets."""

from __future__ import annotations

from typing import Any

import numpy as np
from bench_tools import module
from measuring import SEED, Measure, Part, once, part

from twin.calibration.calendar_learning import learn_rival_calendar
from twin.calibration.rival_calendar import RivalCalendar, future_campaigns


def calendars(name: str, n: int, **plan: Any) -> list[tuple[RivalCalendar, list[tuple[int, int, int]]]]:
    """Calendars learned in n made-up markets, with the true campaigns."""
    made = module("calendar_worlds.py")

    def learn(seed: int) -> tuple[RivalCalendar, list[tuple[int, int, int]]]:
        planted = made.Planted(**plan)
        weekly, true, ours = made.plant(planted, SEED + seed)
        history = made.history_of(audit=made.sales_of(weekly), campaigns=ours)
        world = made.bare_world(planted.n_brands, made.FIRST + made.SIX_YEARS)
        return learn_rival_calendar(world, history, 40, 1), true

    return once(f"{name} {n}", lambda: [learn(seed) for seed in range(n)])


def size_of_next_year(calendar: RivalCalendar) -> float:
    """Campaigns expected in the year to come."""
    return float(np.mean([len(future_campaigns(calendar, calendar.until, 52, draw, 1)) for draw in range(20)]))


def quiet_markets(n: int) -> list[Part]:
    quiet = calendars("quiet", n, per_year=0, one_offs=0)
    events = np.mean([size_of_next_year(calendar) for calendar, _ in quiet])
    return [part("campaigns expected next year", events, "0", events == 0)]


def campaign_detection(n: int) -> list[Part]:
    f1, parts = module("calendar_worlds.py").f1, []
    for uplift, least in ((0.25, 0.90), (0.10, 0.75)):
        scores = [
            f1([(e.brand, e.start, e.stop) for e in calendar.events], [one for one in true if one[2] <= calendar.until])
            for calendar, true in calendars(f"uplift {uplift}", n, uplift=uplift)
        ]
        parts.append(
            part(f"F1 within a week, uplift {uplift:.0%}", np.mean(scores), f">= {least}", np.mean(scores) >= least)
        )
    return parts


def campaign_forecast(n: int) -> list[Part]:
    f1, ours, copied = module("calendar_worlds.py").f1, [], []
    for calendar, true in calendars("uplift 0.25", n, uplift=0.25):
        until = calendar.until
        ahead = [one for one in true if until <= one[1] < until + 52]
        expected = {(e.brand, e.next_start, 0) for e in calendar.events if e.recurring and e.next_probability > 0.5}
        ours.append(f1([one for one in sorted(expected) if one[1] < until + 52], ahead))
        last = [(e.brand, e.start + 52, e.stop + 52) for e in calendar.events if until - 52 <= e.start < until]
        copied.append(f1(last, ahead))
    gain = np.mean(ours) - np.mean(copied)
    return [part("F1 of next year's calendar, ours less last year's detected one", gain, ">= 0.05", gain >= 0.05)]


def campaign_size(n: int) -> list[Part]:
    effects = [
        e.draws.mean() for calendar, _ in calendars("uplift 0.25", n, uplift=0.25) for e in calendar.promo_effect[1:]
    ]
    off = np.mean(effects) / np.log(1.25) - 1.0
    return [
        part("bias of a rival's uplift", off, "abs <= 0.20", abs(off) <= 0.20),
        part("bias of our loss of share by campaign", None, "abs <= 0.20", None, "not measured yet"),
    ]


MEASURES = (
    Measure("6", "Nothing is found where nothing is", "made up", quiet_markets, 20),
    Measure("7", "Rivals' campaigns are found", "made up", campaign_detection, 20),
    Measure("8", "Next year's rival calendar", "made up", campaign_forecast, 20),
    Measure("9", "Size of rivals' campaigns", "made up", campaign_size, 20),
)
