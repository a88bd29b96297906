"""Physicians and their visits, real: months 13 to 17 forecast from the first twelve, given the visits really made.

``python tests/bench/real_detailing.py`` prints JSON. Ours is the response equation as learned, on each physician's
level drawn towards the mean (gamma-Poisson), older months fading at the pace that foresaw the later months of the first
year best; beside it a Poisson regression on history and visits, and the mean of the first year. All know the visits of
the months ahead and nothing else of them.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from bench_tools import module, plain
from measuring import SHARED
from scipy import special

from twin.calibration.levels import panel as panels
from twin.calibration.visits.response import VisitResponse, learn_visit_response
from twin.market.history import History, Sales, Touches
from twin.market.world import World
from twin.weeks import Periods, periods_covering, week_of

TRAINED = 12
FOLDER = SHARED / "bundles" / "detailing"


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(folder: Path, months: int) -> tuple[World, History]:
    """The first months, as they would have been known."""
    sold, made = rows(folder, "sales.csv"), rows(folder, "visits.csv")
    row_of = {line["customer_id"]: row for row, line in enumerate(rows(folder, "customers.csv"))}
    every = periods_covering(np.array([line["date"] for line in sold], dtype="datetime64[D]"), "month")
    periods = Periods("month", every.start[:months], every.stop[:months])
    days = np.array([line["date"] for line in sold], dtype="datetime64[D]")
    sold, days = [one for one, day in zip(sold, days) if day < periods.stop[-1]], days[days < periods.stop[-1]]
    sales = Sales(
        np.array([row_of[line["customer_id"]] for line in sold], np.int32), periods.index_of(days),
        np.zeros(len(sold), np.int16), np.array([float(line["volume"]) for line in sold]), periods,
    )  # fmt: skip
    when = np.array([line["date"] for line in made], dtype="datetime64[D]")
    early = when < periods.stop[-1]
    who = np.array([row_of[line["customer_id"]] for line in made], np.int32)[early]
    touches = Touches(who, np.zeros(len(who), np.int8), week_of(when[early]), np.full(len(who), -1, np.int32))
    first, origin = int(week_of(periods.start[:1])[0]), int(week_of(periods.stop[-1:])[0])
    none = np.empty(0, np.int32)
    empty = Sales(none, none, none.astype(np.int16), np.empty(0), Periods("month", days[:0], days[:0]))
    history = History(first, origin, touches, sales, empty, empty, none, ())
    return module("visit_worlds.py").world_of(np.zeros(len(row_of), int), 1, origin), history


def by_month(history: History, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Sales and visits: (c, p) each."""
    sales, touches, periods = history.own_sales, history.touches, history.own_sales.periods
    volume = sales.by_unit(n, np.array([True]))
    weights = periods.weights(history.first_week, history.origin - history.first_week + 1).toarray()
    weekly = np.zeros((n, weights.shape[1]))
    np.add.at(weekly, (touches.customer, np.minimum(touches.week - history.first_week, weekly.shape[1] - 1)), 1)
    return volume, weekly @ weights.T


FADES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7)


def level(sold: np.ndarray, lift: np.ndarray, fade: float) -> np.ndarray:
    """Level of each physician after some months, in units of the lift: (c,)."""
    weight = fade ** np.arange(lift.shape[1])[::-1]
    rate, done = sold @ weight, lift @ weight
    mean = rate.sum() / done.sum()
    excess = ((rate - mean * done) ** 2 - mean * done).sum() / ((mean * done) ** 2).sum()
    shape = 1.0 / max(excess, 1e-3)
    return (rate + shape) / (done + shape / mean)


def foresight(sold: np.ndarray, lift: np.ndarray, fade: float) -> float:
    """Poisson log likelihood of months 7 to 12, each foreseen from those two months and more before it."""
    told = 0.0
    for month in range(6, TRAINED):
        seen = month - 2
        mean = level(sold[:, :seen], lift[:, :seen], fade) * lift[:, month]
        told += float((sold[:, month] * np.log(mean) - mean).sum())
    return told


def ours(found: VisitResponse, world: World, whole: History, sold: np.ndarray) -> np.ndarray:
    """Expected sales of the months ahead: (c, months)."""
    n = len(world.population)
    seen = panels.build(world, whole)
    weekly = np.zeros((n, seen.n_weeks))
    np.add.at(weekly, (whole.touches.customer, np.clip(whole.touches.week - seen.first_week, 0, seen.n_weeks - 1)), 1)
    rho, q = found.rho.draws, found.curvature.draws
    b = found.coefficient.draws
    weights = whole.own_sales.periods.weights(seen.first_week, seen.n_weeks).toarray()
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    total = np.zeros((n, len(weights)))
    for draw in range(0, len(b), 4):
        stock = np.zeros(n) + weekly.mean(axis=1) / (1 - rho[draw])
        warm = np.empty_like(weekly)
        for week in range(weekly.shape[1]):
            stock = rho[draw] * stock + weekly[:, week]
            warm[:, week] = ((1 + stock) ** q[draw] - 1) / q[draw] if abs(q[draw]) > 1e-6 else np.log1p(stock)
        lift = np.exp(b[draw] * (warm @ weights.T))
        fade = min(FADES, key=lambda one: -foresight(sold, lift, one))
        total += level(sold, lift[:, :TRAINED], fade)[:, None] * lift
    return total[:, TRAINED:] / len(range(0, len(b), 4))


def regression(sold: np.ndarray, visits: np.ndarray, ahead: int) -> np.ndarray:
    """Poisson regression on mean sales of earlier months and on visits of this month and of the two before."""
    n, months = sold.shape[0], visits.shape[1]

    def design(month: int, past: np.ndarray) -> np.ndarray:
        return np.column_stack(
            [np.ones(n), np.log(past + 0.5), *(np.log1p(visits[:, month - lag]) for lag in range(3))]
        )

    known = range(3, TRAINED)
    x = np.vstack([design(month, sold[:, :month].mean(axis=1)) for month in known])
    fit = sm.GLM(np.concatenate([sold[:, month] for month in known]), x, family=sm.families.Poisson()).fit()
    return np.column_stack([fit.predict(design(month, sold.mean(axis=1))) for month in range(months - ahead, months)])


def scores(true: np.ndarray, said: np.ndarray) -> dict[str, float]:
    """Mean absolute error and deviance per physician and month, and the error of the total."""
    deviance = 2 * (special.xlogy(true, true / np.maximum(said, 1e-9)) - (true - said))
    return {
        "mean_absolute_error": float(np.abs(true - said).mean()),
        "deviance": float(deviance.mean()),
        "total": float(said.sum()),
        "total_error_pct": 100.0 * float(said.sum() / true.sum() - 1),
    }


def measure() -> dict[str, object]:
    """All figures."""
    world, then = read(FOLDER, TRAINED)
    whole_world, whole = read(FOLDER, 17)
    n = len(world.population)
    found = learn_visit_response(world, then, 200, 1)
    sold, visits = by_month(whole, n)
    true, ahead = sold[:, TRAINED:], sold.shape[1] - TRAINED
    effect = found.effect_of_one_visit.draws
    return {
        "effect_of_one_visit": float(effect.mean()),
        "effect_p10_p90": np.quantile(effect, [0.1, 0.9]),
        "naive_log_effect_per_visit": found.naive_log_effect_per_visit,
        "lead_test_t": found.lead_test_t,
        "method": found.checks.method,
        "true_total": float(true.sum()),
        "ours": scores(true, ours(found, whole_world, whole, sold[:, :TRAINED])),
        "poisson_regression": scores(true, regression(sold[:, :TRAINED], visits, ahead)),
        "mean_of_the_first_year": scores(true, np.repeat(sold[:, :TRAINED].mean(axis=1)[:, None], ahead, axis=1)),
    }


if __name__ == "__main__":
    print(json.dumps(plain(measure()), indent=1))
