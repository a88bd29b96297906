"""Rolling origins of many worlds as one set of scores, for measurements of forecasts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from twin.forecast.benchmarks import ETS, LAST_YEAR, SEASONAL
from twin.forecast.blend import BLEND, TWIN, blended, is_mixture
from twin.forecast.executors import Serial
from twin.forecast.scores import Tally, figures
from twin.forecast.skill import skill
from twin.market.history import History
from twin.market.world import World
from twin.tasks.learning.backtest import BacktestSettings, origins_of
from twin.tasks.learning.backtest_origin import Fold, look_back

WHOLE = slice(0, 12)
HORIZONS = {"1": slice(0, 1), "3": slice(2, 3), "6": slice(5, 6), "12": slice(11, 12), "1-12": WHOLE}


def rolled(world: World, history: History, n_origins: int, n_draws: int, country: str) -> list[Tally]:
    """Scores of all origins of one world, half a year apart."""
    settings = BacktestSettings(n_origins=n_origins, n_draws=n_draws, n_threads=1, country=country)
    fold = Fold(n_draws, 2, 0, country)
    found: list[Tally] = []
    for week in origins_of(history, settings):
        found += look_back(world, history, week, fold, Serial()).tallies
    mixed: list[Tally] = []
    for key in {(one.measure, one.level) for one in found}:
        mixed += blended([one for one in found if (one.measure, one.level) == key])[0]
    return [one for one in [*found, *mixed] if not is_mixture(one.method)]


def apart(tallies: Sequence[Tally], place: int) -> list[Tally]:
    """The same with origins and territories that no other world has."""
    return [replace(one, origin=one.origin + 100_000 * place, block=one.block + 1000 * place) for one in tallies]


def chosen(tallies: Sequence[Tally], measure: str, level: str) -> dict[str, list[Tally]]:
    """Tallies of one measure and level by method, by origin."""
    found: dict[str, list[Tally]] = defaultdict(list)
    for one in tallies:
        if (one.measure, one.level) == (measure, level):
            found[one.method].append(one)
    return {name: sorted(each, key=lambda one: one.origin) for name, each in found.items()}


def mark(tallies: Sequence[Tally], measure: str, level: str, months: slice = WHOLE) -> dict[str, Any]:
    """Scores of the twin, and its errors over those of the benchmarks with 80 % bands."""
    methods = chosen(tallies, measure, level)
    ours = methods[TWIN]
    sums = np.sum([one.sums[:, months].sum(axis=(0, 1)) for one in ours], axis=0)
    found: dict[str, Any] = {"figures": int(sums[-1]), **figures(sums, ours[0].is_share)}
    for name in (SEASONAL, ETS, LAST_YEAR, BLEND):
        theirs = {one.origin: one for one in methods.get(name, [])}
        both = [(one, theirs[one.origin]) for one in ours if one.origin in theirs]
        if both:
            mine, other = [one for one, _ in both], [one for _, one in both]
            error, sharp = skill(mine, other, months), skill(mine, other, months, "crps")
            found[f"over {name}"] = [round(v, 4) for v in (error.ratio, error.low, error.high)]
            found[f"crps over {name}"] = round(sharp.ratio, 4)
            theirs_sums = np.sum([one.sums[:, months].sum(axis=(0, 1)) for one in other], axis=0)
            found[f"inside_80 of {name}"] = figures(theirs_sums, other[0].is_share)["inside_80"]
    return found


def shown(found: dict[str, Any]) -> str:
    """One mark as a line of JSON."""
    return json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()})
