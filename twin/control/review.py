"""Review: a stretch of time that was forecast and has passed, target beside actual, with causes and alerts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.recorder import KNOWN, UNKNOWN
from twin.agents.replay import replay
from twin.calibration.calendar.rival_calendar import future_campaigns
from twin.calibration.calibration import Calibration
from twin.calibration.market_draw import lay_out_draw
from twin.control import alerts
from twin.control.alerts import Alert
from twin.control.deviation import Causes, Deviation, causes, deviation
from twin.draws import Key
from twin.forecast.ensemble import Ensemble, EnsembleSettings, simulate
from twin.forecast.executors import Executor
from twin.forecast.forecast import own_and_category
from twin.market.history import History, Sales, Touches
from twin.market.world import World
from twin.progress import Progress
from twin.scenario.scenario import BASELINE, Scenario

ALL = "all"
_WHOLE = 0.99
"""Part of a period that must lie in the span for the period to count."""
_EXPECTED = 0.5


@dataclass(frozen=True)
class Then:
    """A calibrated twin as it stood when the target was set.

    Parameters
    ----------
    world, history, calibration
        As known at the calibration's origin.
    scenario : Scenario
    alignment : (c,) int32, optional
    """

    world: World
    history: History
    calibration: Calibration
    scenario: Scenario
    alignment: NDArray[np.int32] | None = None


@dataclass(frozen=True)
class Span:
    """Weeks under review, half-open.

    Parameters
    ----------
    first, last : int, week
    """

    first: int
    last: int


@dataclass(frozen=True)
class Review:
    """What came of a target.

    Parameters
    ----------
    territories : tuple of Deviation
        Own volume of customers who were known, by territory.
    whole : tuple of Deviation
        The same for all territories, new customers, category volume where it is seen.
    causes : Causes, optional
        Of the deviation of own volume over all territories; ``None`` where nothing was sold in a whole period.
    alerts : tuple of Alert
    notes : tuple of str
    """

    territories: tuple[Deviation, ...]
    whole: tuple[Deviation, ...]
    causes: Causes | None
    alerts: tuple[Alert, ...]
    notes: tuple[str, ...]


def review(
    then: Then, world: World, history: History, span: Span, settings: EnsembleSettings,
    progress: Progress | None = None, executor: Executor | None = None,
) -> Review:  # fmt: skip
    """Live the target again as a forecast, hold what came against it, and say what is known of the difference.

    Parameters
    ----------
    then : Then
    world, history : World, History
        With the newest data.
    span : Span
    settings : EnsembleSettings
        Its horizon is replaced: from the calibration's origin to the end of the span.
    progress, executor : optional
        See :func:`twin.forecast.ensemble.simulate`.
    """
    n_weeks = span.last - then.calibration.origin
    settings = replace(settings, n_weeks=n_weeks)
    scenarios = () if then.scenario == BASELINE else (then.scenario,)
    alignments = {} if then.alignment is None else {then.scenario.name: then.alignment}
    ensemble = simulate(
        then.world, then.history, then.calibration, scenarios, settings, alignments, progress, executor
    )  # fmt: skip
    old = _rows_then(then.world, world)
    cover, periods = _covered(history.own_sales, span, then.calibration.origin, n_weeks)
    territories: tuple[Deviation, ...] = ()
    whole, found, notes = [_new_customers(then, world, ensemble, span, old)], None, []
    if cover.any():
        expected = _known_half(ensemble, then.world.brands.n_own, cover)
        actual = _sold(then.world, history, world, old, periods)
        names = [str(name) for name in then.world.territories]
        served = np.flatnonzero((actual > 0) | (expected.mean(axis=0) > 0))
        territories = tuple(deviation(names[z], "own_volume", actual[z], expected[:, z]) for z in served)
        whole.insert(0, deviation(ALL, "own_volume", actual.sum(), expected.sum(axis=1)))
        category = _category(then, ensemble, history, span, n_weeks)
        if category is not None:
            whole.append(category)
        lived = _lived(then, history, old, settings, cover)
        pair = (category.actual, category.target) if category is not None else None
        found = causes(float(actual.sum()), expected.sum(axis=1), lived, pair)
    else:
        notes.append("No reporting period lies wholly in the span: sales cannot be held against their target yet.")
    if len(history.audit) == 0:
        notes.append("No audits: what the market did is not known and counts among the rest.")
    calls = [*alerts.outside([*whole, *territories]), *alerts.surprised(territories)]
    calls += alerts.stale(history.origin - then.calibration.origin)
    return Review(territories, tuple(whole), found, tuple(calls), tuple(notes))


def unexpected(then: Calibration, now: Calibration, span: Span) -> list[Alert]:
    """Rivals' moves of the span that a newer calibration has found and the older one did not expect."""
    n_weeks, draws = span.last - then.origin, range(then.n_draws)
    strength = np.zeros((len(then.calendar.brands), n_weeks))
    for draw in draws:
        active = np.zeros_like(strength, dtype=bool)
        for move in future_campaigns(then.calendar, then.origin, n_weeks, draw, then.seed):
            active[move.brand, max(move.start - then.origin, 0) : max(move.stop - then.origin, 0)] = True
        strength += active / len(draws)
    found = []
    for event in now.calendar.events:
        weeks = slice(max(event.start - then.origin, 0), max(min(event.stop - then.origin, n_weeks), 0))
        if not span.first <= event.start < span.last or event.probability < _EXPECTED:
            continue
        if strength[event.brand, weeks].max(initial=0.0) < _EXPECTED:
            found.append(Alert("rival_move", then.calendar.brands[event.brand], float(event.probability)))
    return found


def _rows_then(then: World, now: World) -> NDArray[np.int64]:
    """Row that each customer of today had then: (c now,) int; -1 for those who were not listed."""
    ids = then.population.ids
    order = np.argsort(ids)
    at = order[np.clip(np.searchsorted(ids, now.population.ids, sorter=order), 0, max(len(ids) - 1, 0))]
    return np.where(ids[at] == now.population.ids, at, -1)


def _covered(
    sales: Sales, span: Span, origin: int, n_weeks: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:  # fmt: skip
    """Weight of each simulated week, (w,), and the periods, (p,), that lie wholly in the span."""
    if not len(sales.periods):
        return np.zeros(n_weeks), np.zeros(0, dtype=bool)
    weights = sales.periods.weights(origin, n_weeks).toarray()
    weights[:, : span.first - origin] = 0.0
    inside = weights.sum(axis=1) >= _WHOLE * sales.periods.weeks_in()
    return weights[inside].sum(axis=0), inside


def _known_half(ensemble: Ensemble, n_own: int, cover: NDArray[np.float64]) -> NDArray[np.float64]:
    """Own volume of customers known at the origin, (runs, z) float, over the weeks that count."""
    own, _ = own_and_category(ensemble, -1, n_own)
    return own[:, :, KNOWN] @ cover


def _sold(
    then: World, history: History, now: World, old: NDArray[np.int64], periods: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What was sold to customers who were known, by territory of then: (z,) float."""
    sales = history.own_sales
    row = old[sales.unit]
    counts = periods[sales.period] & (row >= 0) & now.brands.own[sales.brand]
    counts &= then.population.known[np.maximum(row, 0)]
    zone = then.population.territory[row[counts]]
    return np.bincount(zone, sales.volume[counts], len(then.territories))


def _new_customers(
    then: Then, now: World, ensemble: Ensemble, span: Span, old: NDArray[np.int64]
) -> Deviation:  # fmt: skip
    """Customers who became known in the span, against those who were expected to find us."""
    people = now.population
    was_known = (old >= 0) & then.world.population.known[np.maximum(old, 0)]
    came = people.known & ~was_known & (people.known_since >= span.first) & (people.known_since < span.last)
    buyers = ensemble.buyers[-1].reshape(-1, *ensemble.buyers.shape[3:])[:, UNKNOWN].astype(np.float64)
    begin = max(span.first - then.calibration.origin - 1, 0)
    return deviation(ALL, "new_customers", float(came.sum()), buyers[:, -1] - buyers[:, begin])


def _category(
    then: Then, ensemble: Ensemble, history: History, span: Span, n_weeks: int
) -> Deviation | None:  # fmt: skip
    """Category volume of the audits against the runs; ``None`` without a whole period of them."""
    cover, periods = _covered(history.audit, span, then.calibration.origin, n_weeks)
    if not cover.any():
        return None
    actual = float(history.audit.volume[periods[history.audit.period]].sum())
    _, category = own_and_category(ensemble, -1, then.world.brands.n_own)
    return deviation(ALL, "category_volume", actual, category.sum(axis=(1, 2)) @ cover)


def _lived(
    then: Then, history: History, old: NDArray[np.int64], settings: EnsembleSettings, cover: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Own volume of the known with the contacts that were made, on the draws and the luck of the target: (runs,)."""
    calibration, touches = then.calibration, history.touches
    row = old[touches.customer]
    inside = (row >= 0) & (touches.week >= calibration.origin) & (touches.week < calibration.origin + settings.n_weeks)
    made = Touches(
        row[inside].astype(np.int32), touches.channel[inside], touches.week[inside], touches.rep[inside]
    )  # fmt: skip
    n_own, own = then.world.brands.n_own, []
    for draw in range(min(settings.n_draws, calibration.n_draws)):
        market = lay_out_draw(calibration, then.world, then.history, draw, settings.n_weeks)
        for seed in range(settings.n_replicates):
            run = replay(then.world, market, made, Key(settings.seed, draw, seed), settings.n_weeks)
            own.append(float(run.volume[:, KNOWN, :n_own].sum(axis=(0, 1)) @ cover))
    return np.array(own)
