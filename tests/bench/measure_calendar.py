"""Measurements 7, 8 and 9, and 6 as far as the calendar goes: rivals' campaigns in made-up markets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import module
from measuring import SEED, Measure, Part, once, part, shown

from twin.calibration.calendar.learning import learn_rival_calendar
from twin.calibration.calendar.rival_calendar import RivalCalendar, future_campaigns
from twin.forecast.lived_history import live_history
from twin.market.synthetic_settings import SyntheticSettings
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.shelf import load_dataset
from twin.workspace.store import Workspace

Spans = list[tuple[int, int, int]]
Learned = list[tuple[RivalCalendar, Spans]]
_TERRITORIES = 12


def calendars(name: str, n: int, kind: str = "week", **plan: Any) -> Learned:
    """Calendars learned in n made-up markets, with the true campaigns."""
    made = module("calendar_worlds.py")

    def learn(seed: int) -> tuple[RivalCalendar, Spans]:
        planted = made.Planted(**plan)
        weekly, true, ours = made.plant(planted, SEED + seed)
        history = made.history_of(audit=made.sales_of(weekly, kind), campaigns=ours)
        world = made.bare_world(planted.n_brands, made.FIRST + made.SIX_YEARS)
        return learn_rival_calendar(world, history, 40, 1), true

    return once(f"{name} {n}", lambda: [learn(seed) for seed in range(n)])


def one_territory(n: int) -> Learned:
    """Calendars of markets in which rival 1 campaigns in the first of twelve territories only."""
    made = module("calendar_worlds.py")

    def learn(seed: int) -> tuple[RivalCalendar, Spans]:
        weekly, true = made.plant_regions(made.Planted(), SEED + seed, _TERRITORIES, (0,), 0.08)
        origin = made.FIRST + made.SIX_YEARS
        history = made.history_of(audit=made.sales_of_regions(weekly))
        return learn_rival_calendar(made.region_world(3, _TERRITORIES, origin), history, 40, 1), true

    return once(f"one territory {n}", lambda: [learn(seed) for seed in range(n)])


def lived(n: int, years: int) -> Learned:
    """Calendars learned from the books of fully lived made-up markets, only what nobody recorded."""
    return once(f"lived {n} {years}", lambda: [_live(SEED + seed, years) for seed in range(n)])


def _live(seed: int, years: int) -> tuple[RivalCalendar, Spans]:
    settings = SyntheticSettings(n_outlets=1000, n_territories=4, years=years, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_demo_bundle(place / "bundle", settings, truth=False)
        run_ingest(place / "workspace", place / "bundle")
        world, history, _ = load_dataset(Workspace.open(place / "workspace"))
    calendar = learn_rival_calendar(world, history, 40, 1, "TR")
    moves = live_history(settings).made.campaigns
    first, origin = settings.first_week, settings.origin
    hidden = [m for m in moves if m.brand > 0 and not m.recorded and first <= m.start < origin]
    return calendar, [(move.brand, int(move.start), int(move.stop)) for move in hidden]


def found(calendar: RivalCalendar) -> Spans:
    """Campaigns that were found in the sales."""
    return [(e.brand, e.start, e.stop) for e in calendar.events if not e.recorded and e.start < calendar.until]


def past(true: Spans, until: int) -> Spans:
    """Campaigns that were over."""
    return [one for one in true if one[2] <= until]


def size_of_next_year(calendar: RivalCalendar) -> float:
    """Campaigns expected in the year to come."""
    return float(np.mean([len(future_campaigns(calendar, calendar.until, 52, draw, 1)) for draw in range(20)]))


def quiet_markets(n: int) -> list[Part]:
    quiet = calendars("quiet", n, per_year=0, one_offs=0)
    events = np.mean([size_of_next_year(calendar) for calendar, _ in quiet])
    alarms = float(np.mean([bool(calendar.events) for calendar, _ in quiet]))
    wandering = calendars("quiet, wandering", max(n // 2, 1), per_year=0, one_offs=0, drift=0.006)
    more = float(np.mean([bool(calendar.events) for calendar, _ in wandering]))
    return [
        part("campaigns expected next year", events, "0", events == 0),
        shown("quiet markets in which any campaign is seen", alarms, n),
        shown("the same where shares wander three times as far", more, len(wandering)),
    ]


def campaign_detection(n: int) -> list[Part]:
    f1, parts = module("calendar_worlds.py").f1, []
    for uplift, least in ((0.25, 0.90), (0.10, 0.75)):
        made = calendars(f"uplift {uplift}", n, uplift=uplift)
        score = np.mean([f1(found(calendar), past(true, calendar.until)) for calendar, true in made])
        parts.append(part(f"F1 within a week, uplift {uplift:.0%}", score, f">= {least}", score >= least))
    local = one_territory(max(n // 4, 1))
    mine = [([s for s in found(c) if s[0] == 1], [s for s in past(true, c.until) if s[0] == 1]) for c, true in local]
    parts.append(
        shown("F1 within a week, one territory of twelve", float(np.mean([f1(*one) for one in mine])), len(local))
    )
    right = [e.territories == (0,) for c, _ in local for e in c.events if e.brand == 1]
    parts.append(shown("of these, the territory named exactly", float(np.mean(right)) if right else None, len(local)))
    wrong = sum(bool(e.territories) for c, _ in local for e in c.events if e.brand == 2)
    parts.append(shown("campaigns of the whole market called local, a market", wrong / len(local), len(local)))
    months = calendars("months", max(n // 2, 1), "month", uplift=0.25)
    for reach in (1, 3):
        score = float(np.mean([f1(found(c), past(true, c.until), reach) for c, true in months]))
        parts.append(shown(f"F1 within {reach} weeks, months alone", score, len(months)))
    for years in (6, 3):
        books = lived(max(n // 5, 1), years)
        for reach in (1, 3):
            score = float(np.mean([f1(found(c), true, reach) for c, true in books]))
            what = f"F1 within {reach} weeks, lived market of {years} years, unrecorded campaigns"
            parts.append(shown(what, score, len(books)))
    return parts


def campaign_forecast(n: int) -> list[Part]:
    f1, ours, copied = module("calendar_worlds.py").f1, [], []
    made = calendars("uplift 0.25", n, uplift=0.25)
    for calendar, true in made:
        until = calendar.until
        ahead = [one for one in true if until <= one[1] < until + 52]
        expected = {(e.brand, e.next_start, 0) for e in calendar.events if e.recurring and e.next_probability > 0.5}
        ours.append(f1([one for one in sorted(expected) if one[1] < until + 52], ahead))
        last = [(e.brand, e.start + 52, e.stop + 52) for e in calendar.events if until - 52 <= e.start < until]
        copied.append(f1(last, ahead))
    gain = np.mean(ours) - np.mean(copied)
    said, came = occurrences([*made, *calendars("uplift 0.1", n, uplift=0.10)])
    off = abs(float(came.mean() - said.mean()))
    return [
        part("F1 of next year's calendar, ours less last year's detected one", gain, ">= 0.05", gain >= 0.05),
        shown("F1 of next year's calendar", float(np.mean(ours)), n),
        part("expected campaigns: share that came less mean probability", off, "abs <= 0.10", off <= 0.10),
        shown("expected campaigns, mean probability", float(said.mean()), len(said)),
        shown("expected campaigns, share that came within three weeks", float(came.mean()), len(came)),
        part("real data", None, "as above", None, "no real data with known campaigns of rivals"),
    ]


def occurrences(made: Learned) -> tuple[np.ndarray, np.ndarray]:
    """Probability said of every campaign expected in the next year, and whether it came within three weeks."""
    said, came = [], []
    for calendar, true in made:
        places = {(e.brand, e.series): e for e in calendar.events if e.recurring}
        for event in places.values():
            if event.next_start < calendar.until + 52:
                said.append(event.next_probability)
                came.append(any(one[0] == event.brand and abs(one[1] - event.next_start) <= 3 for one in true))
    return np.array(said), np.array(came, dtype=float)


def campaign_size(n: int) -> list[Part]:
    made = calendars("uplift 0.25", n, uplift=0.25)
    effects = [e.draws.mean() for calendar, _ in made for e in calendar.promo_effect[1:]]
    off = np.mean(effects) / np.log(1.25) - 1.0
    lost = loss_of_share(n)
    return [
        part("bias of a rival's uplift", off, "abs <= 0.20", abs(off) <= 0.20),
        part("bias of our loss of share by campaign", lost, "abs <= 0.20", abs(lost) <= 0.20),
    ]


def loss_of_share(n: int) -> float:
    """Our share points lost to all campaigns of history, as learned, over the true ones, less one.

    Truth takes the true campaigns at their true uplift out of the market, week by week; the twin does so with the
    campaigns that it believes, at the strength that it learned.
    """
    made, ratios = module("calendar_worlds.py"), []
    for seed, (calendar, true) in enumerate(calendars("uplift 0.25", n, uplift=0.25)):
        weekly = made.plant(made.Planted(uplift=0.25), SEED + seed)[0]
        truly = np.zeros(weekly.shape)
        for brand, start, stop in true:
            truly[max(start - made.FIRST, 0) : max(stop - made.FIRST, 0), brand] = np.log(1.25)
        effect = np.array([estimate.draws.mean() for estimate in calendar.promo_effect])
        learned = calendar.active(made.FIRST, len(weekly)).T * effect
        ratios.append(_points_lost(weekly, learned) / _points_lost(weekly, truly) - 1.0)
    return float(np.mean(ratios))


def _points_lost(weekly: np.ndarray, lift: np.ndarray) -> float:
    without = weekly * np.exp(-lift)
    return float((without[:, 0] / without.sum(axis=1) - weekly[:, 0] / weekly.sum(axis=1)).sum())


MEASURES = (
    Measure("6", "Nothing is found where nothing is", "made up", quiet_markets, 20),
    Measure("7", "Rivals' campaigns are found", "made up", campaign_detection, 20),
    Measure("8", "Next year's rival calendar", "made up", campaign_forecast, 20),
    Measure("9", "Size of rivals' campaigns", "made up", campaign_size, 20),
)
