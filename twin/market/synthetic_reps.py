"""The field force of a made-up world: who held which post when, and how many visits each week allowed.

Knows neither whom they visit nor what a visit does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.synthetic_calendar import working_days
from twin.market.synthetic_map import Region
from twin.market.synthetic_names import person_names
from twin.market.synthetic_settings import Dice, SyntheticSettings
from twin.market.world import Reps
from twin.weeks import FAR_PAST, NEVER, WEEKS_PER_YEAR, mondays, year_phase


def make_reps(settings: SyntheticSettings, region: Region) -> Reps:
    """The holders of every post, then the successors of those who left."""
    dice, posts = settings.dice, settings.n_posts
    territory_of_outlet = region.territory_of_brick[region.brick]
    load = np.bincount(territory_of_outlet, minlength=settings.n_territories)
    territory = _posts(load, posts)
    changes = min(settings.rep_changes, posts)
    changing = dice.shuffled("leavers", posts)[:changes]
    gone = settings.first_week + np.round(
        settings.n_weeks * (0.35 + 0.5 * np.arange(changes) / max(changes, 1))
    ).astype(int)
    back = gone + np.where(np.arange(changes) % 2 == 0, 9, 0)
    territory = np.concatenate([territory, territory[changing]])
    home = _homes(dice, territory, territory_of_outlet)
    start = np.concatenate([np.full(posts, FAR_PAST), back]).astype(np.int32)
    end = np.full(posts + changes, NEVER, dtype=np.int32)
    end[changing] = gone
    listed = 25.0 + np.floor(dice.uniform("listed visits", posts) * 11.0)
    return Reps(
        ids=np.array([f"R-{r + 1:02d}" for r in range(posts + changes)]),
        names=person_names(dice, "rep", posts + changes),
        territory=territory.astype(np.int32),
        home_lon=region.lon[home],
        home_lat=region.lat[home],
        visits_per_week=np.concatenate([listed, listed[changing]]),
        start=start,
        end=end,
    )


def _posts(load: NDArray[np.int64], posts: int) -> NDArray[np.int64]:
    """Territory of each post: one everywhere, the rest where the load per post is highest."""
    number = np.ones(len(load), dtype=np.int64)
    share = load / load.sum() * posts
    number = np.maximum(number, np.floor(share).astype(np.int64))
    while number.sum() != posts:
        step = 1 if number.sum() < posts else -1
        gap = np.where(number + step >= 1, (share - number) * step, -np.inf)
        number[np.argmax(gap)] += step
    return np.repeat(np.arange(len(load)), number)


def _homes(dice: Dice, territory: NDArray[np.int64], territory_of_outlet: NDArray[np.int32]) -> NDArray[np.int64]:
    """An outlet near which each rep lives: (r,) int, in the rep's own territory."""
    order = np.argsort(territory_of_outlet, kind="stable")
    first = np.searchsorted(territory_of_outlet[order], territory)
    count = np.searchsorted(territory_of_outlet[order], territory, side="right") - first
    return order[first + (dice.uniform("home", len(territory)) * count).astype(np.int64)]


def capacity_by_week(settings: SyntheticSettings, reps: Reps) -> tuple[NDArray[np.float64], float]:
    """Visits that each rep can make each week (r, w): holidays, leave, sickness; and the mean over what is listed."""
    dice, n_weeks = settings.dice, settings.n_weeks
    weeks = np.arange(settings.first_week, settings.origin)
    phase = np.floor(year_phase(weeks) * 52.18).astype(int)
    year = mondays(weeks + 1).astype("datetime64[Y]").astype(int)
    year = year - year.min()
    away = np.zeros((len(reps), n_weeks), dtype=bool)
    for leave, (low, span, length) in enumerate(((25, 10, 2), (2, 20, 1), (38, 12, 1))):
        start = low + np.floor(dice.uniform(f"leave {leave}", len(reps) * (year[-1] + 1)) * span).reshape(len(reps), -1)
        away |= (phase >= start[:, year]) & (phase < start[:, year] + length)
    sick, depth, wobble = dice.uniform("sickness", len(reps) * n_weeks, 3).reshape(3, len(reps), n_weeks)
    able = np.where(sick < 0.07, 0.1 + 0.7 * depth, 1.0) * (0.85 + 0.15 * wobble) * ~away
    share = working_days(settings.first_week, n_weeks).mean(axis=1)
    done = able * share
    serving = (reps.start[:, None] <= weeks) & (weeks < reps.end[:, None])
    recent = slice(-min(n_weeks, round(2 * WEEKS_PER_YEAR)), None)
    return reps.visits_per_week[:, None] * done * serving, float(done[:, recent].mean())
