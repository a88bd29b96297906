"""Campaign detection: runs of periods in which a brand did better than its level and natural season explain.

Works on log ratios by period. Knows no calendar years' plans; see campaign_recurrence for what returns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.campaign_baseline import baseline, running_median
from twin.calibration.feasts import FAR, FEASTS, days_to_feast
from twin.calibration.period_totals import Series
from twin.calibration.two_states import busy_probability
from twin.weeks import WEEKS_PER_YEAR, year_phase

_ROUNDS = 12
# how long a campaign lasts before the data speak: the chance that it goes on for one more period
_WINDOW_WEEKS = {"week": 27, "month": 30}
_STAY = {"week": 0.75, "month": 0.25}
_USUAL_RATE, _RATE_BOUNDS = 0.1, (0.02, 0.35)
# campaigns of one brand differ among themselves by about a fifth of their mean, and fill months unevenly
_UNEVEN = {"week": 0.2, "month": 0.4}
_LEAST_LIFT = 2.5
_CROWDED = 0.5
# what is called a campaign: less than this much is left to season and drift, however sharp the data
_MATERIAL = 0.05
# other years speak for this one less than in full: a campaign's weeks share one decision, and plans change
_MEMORY, _MEMORY_BOUND = 0.4, 2.0
# limits of the robust baseline, in robust sd, from wide to narrow
_LIMITS = (4.0, 3.0, 2.5, 2.0, 2.0, 2.0)
_EVEN_LIMITS = (2.0, 2.0, 2.0)
# odds against a campaign before its evidence is seen, per chance event of the same size
_DOUBT = 20.0
_HARD_TAIL = 2.5


@dataclass(frozen=True)
class Signal:
    """One brand's log ratio without level and natural season.

    Parameters
    ----------
    brand : int
    excess : (p,) float, log ratio
        ``nan`` where the brand sold nothing.
    scale : float, log ratio
        Robust sd of one quiet period.
    stretch : float, unitless
        What autocorrelation and heavy tails do to the sd of a sum of quiet periods.
    flagged : (p,) bool
        Periods of a likely campaign.
    """

    brand: int
    excess: NDArray[np.float64]
    scale: float
    stretch: float
    flagged: NDArray[np.bool_]

    def score(self, first: int, stop: int) -> float:
        """Standard normal size of a run of periods, were it quiet."""
        values = self.excess[max(first, 0) : max(stop, 0)]
        values = values[np.isfinite(values)]
        return float(values.sum() / (self.scale * self.stretch * np.sqrt(len(values)))) if len(values) else 0.0


@dataclass(frozen=True)
class Run:
    """A run of flagged periods.

    Parameters
    ----------
    brand : int
    first, stop : int, periods
        Half-open.
    score : float, standard normal units
    """

    brand: int
    first: int
    stop: int
    score: float


def detect(
    series: Series, brand: int, ratio: NDArray[np.float64], taken: NDArray[np.bool_], country: str
) -> Signal | None:
    """Excess and flagged periods of one brand.

    Level and natural season are learned from what is left when likely campaigns are taken out, campaigns from what
    stands out above them for as long as campaigns last, other years' campaigns at the same date or feast speaking for
    them; a few rounds settle it.

    Parameters
    ----------
    series : Series
    brand : int
    ratio : (p,) float, log ratio
        Brand against all others, known campaigns of the others taken out.
    taken : (p,) bool
        Periods of the brand's own recorded campaigns: neither quiet nor news.
    country : str
        Whose feasts.

    Returns
    -------
    Signal or None
        ``None`` where fewer than six in ten periods are usable, or less than half a year.
    """
    usable = np.isfinite(ratio)
    if usable.mean() < 0.6 or usable.sum() < 26 / _weeks_per_period(series):
        return None
    free, kind = usable & ~taken, series.periods.kind
    scale = _first_scale(ratio - baseline(series, ratio, free, np.inf, (1.0,), 1))
    excess = np.where(free, ratio - baseline(series, ratio, free, scale, _LIMITS, 4), np.nan)
    lift, rate, likely = _first_lift(excess, scale), _USUAL_RATE, np.zeros(len(ratio))
    folds = _folds(series, country)
    for _ in range(_ROUNDS):
        before = likely
        memory = _memory(before, free, folds, rate)
        likely = busy_probability(_log_odds(excess, scale, lift, _UNEVEN[kind]) + memory, rate, _STAY[kind]) * free
        # what fills more than half of a window is a level and no campaign
        likely = likely * (_share_nearby(likely, _window(series)) <= _CROWDED)
        if likely.sum() < 1:
            break
        rate = float(np.clip(likely[free].mean(), *_RATE_BOUNDS))
        calm = ratio - lift * likely
        calm = np.where(free, calm - baseline(series, calm, free, scale, _EVEN_LIMITS, 1), np.nan)
        excess = calm - running_median(calm, _window(series)) + lift * likely
        scale = _scale((excess - lift * likely)[free])
        lift = max(float(likely[free] @ excess[free] / likely.sum()), _LEAST_LIFT * scale, _MATERIAL)
        if np.abs(likely - before).max() < 0.02:
            break
    flagged = likely > 0.5
    return Signal(brand, excess, scale, _stretch(excess / scale, free & ~flagged), flagged)


def _scale(values: NDArray[np.float64]) -> float:
    """Robust sd around the median."""
    return max(1.4826 * float(np.median(np.abs(values - np.median(values)))), 1e-9)


def _first_scale(rest: NDArray[np.float64]) -> float:
    """Robust sd of one period before any campaign is known, from what a plain fit of level and season leaves.

    From changes between neighbours, which long campaigns hardly touch, or from the values, which short ones hardly do.
    """
    change = np.diff(rest)
    scales = [_scale(rest[np.isfinite(rest)]), _scale(change[np.isfinite(change)]) / np.sqrt(2)]
    return min(scales)


def runs(signal: Signal, kind: str) -> tuple[Run, ...]:
    """Flagged periods as runs.

    Each edge is moved by up to two weeks to where the run stands out most, and neighbours are joined where the whole
    stands out more than its parts.
    """
    edges = np.flatnonzero(np.diff(np.r_[False, signal.flagged, False].astype(int)))
    found: list[Run] = []
    reach = 2 if kind == "week" else 0
    for first, stop in zip(edges[::2], edges[1::2]):
        trials = [
            Run(signal.brand, int(a), int(b), signal.score(a, b))
            for a in range(max(first - reach, 0), first + reach + 1)
            for b in range(stop - reach, min(stop + reach, len(signal.flagged)) + 1)
            if b > a
        ]
        run = max(trials, key=lambda trial: trial.score)
        joined = found and Run(run.brand, found[-1].first, run.stop, signal.score(found[-1].first, run.stop))
        if joined and run.first - found[-1].stop <= reach and joined.score >= max(run.score, found[-1].score):
            found[-1] = joined
        elif not found or run.first >= found[-1].stop:
            found.append(run)
    return tuple(run for run in found if np.nanmean(signal.excess[run.first : run.stop]) >= _MATERIAL)


def chance_probability(scores: NDArray[np.float64], n_tests: float) -> NDArray[np.float64]:
    """Probability that each run is a campaign and not chance: (n,) float.

    Odds of as many runs of this size or more as were seen, against how many chance alone would show in ``n_tests``.
    """
    scores = np.asarray(scores, dtype=float)
    seen = (scores[None, :] >= scores[:, None]).sum(axis=1)
    return 1 / (1 + _DOUBT * n_tests * stats.norm.sf(scores) / np.maximum(seen, 1))


def _weeks_per_period(series: Series) -> float:
    return series.n_weeks / len(series.periods)


def _window(series: Series) -> int:
    """Odd number of periods of the running median: 27 weeks or 7 months."""
    return 2 * round(_WINDOW_WEEKS[series.periods.kind] / _weeks_per_period(series) / 2 - 0.5) + 1


def _first_lift(excess: NDArray, scale: float) -> float:
    """Mean of what stands out by two robust sd; three sd where nothing does."""
    high = excess[np.isfinite(excess) & (np.nan_to_num(excess) > 2 * scale)]
    return float(high.mean()) if high.size else 3 * scale


def _log_odds(excess: NDArray, scale: float, lift: float, uneven: float) -> NDArray[np.float64]:
    """Log likelihood ratio of a campaign against a quiet period: (p,) float, zero where unseen.

    Normal on both sides; bounded, so that one wild period is not worth more than a few.
    """
    spread = np.hypot(scale, uneven * lift)
    quiet = -0.5 * (excess / scale) ** 2 - np.log(scale)
    # more than the usual lift is no evidence against a campaign
    busy = -0.5 * (np.minimum(excess - lift, 0) / spread) ** 2 - np.log(spread)
    return np.clip(np.nan_to_num(busy - quiet), -8, 8)


def _folds(series: Series, country: str) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Cycle and place of each period, in the year and around each feast; empty under two years."""
    if series.years < 1.9:
        return []
    middle = series.periods.mid_week()
    per_year = 12 if series.periods.kind == "month" else 52
    turn = (middle - middle[0]) / WEEKS_PER_YEAR
    folds = [
        (np.floor(turn).astype(np.int64), np.minimum((year_phase(middle) * per_year).astype(np.int64), per_year - 1))
    ]
    for feast in FEASTS:
        days = days_to_feast(middle, feast, country)
        if (days != FAR).all():
            place = np.floor(days / 7 / _weeks_per_period(series) + 0.5).astype(np.int64)
            folds.append((np.cumsum(np.r_[0, np.diff(place) > 2]), place - place.min()))
    return folds


def _memory(likely: NDArray, free: NDArray, folds: list, rate: float) -> NDArray[np.float64]:
    """What other years say of each period: (p,) float, log odds to be added; the fold that speaks up most is heard."""
    heard = np.zeros(len(likely))
    usual = np.log(rate / (1 - rate))
    for cycle, place in folds:
        shape = (cycle.max() + 1, place.max() + 1)
        flat = cycle * shape[1] + place
        busy, seen = (
            np.bincount(flat, what, shape[0] * shape[1]).reshape(shape) for what in (likely * free, free * 1.0)
        )
        if shape[1] > 20:
            # weeks: a jitter of one to either side is the same plan
            busy, seen = (sum(np.roll(what, step, axis=1) for step in (-1, 0, 1)) for what in (busy, seen))
        others_busy, others_seen = busy.sum(axis=0) - busy, seen.sum(axis=0) - seen
        unit = 3.0 if shape[1] > 20 else 1.0
        share = np.clip((others_busy + unit * rate) / (others_seen + unit), 1e-3, 1 - 1e-3)
        heard = np.maximum(heard, (np.log(share / (1 - share)) - usual)[cycle, place])
    return np.clip(_MEMORY * heard, 0, _MEMORY_BOUND)


def _share_nearby(likely: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Mean in a centred window: (p,) float."""
    ones = np.ones(min(window, len(likely)))
    return np.convolve(likely, ones, "same") / np.convolve(np.ones(len(likely)), ones, "same")


def _stretch(z: NDArray, quiet: NDArray) -> float:
    """Factor on the sd of a sum: first three autocorrelations, and the lower tail, which no campaign fattens."""
    values = np.where(quiet, np.nan_to_num(z), np.nan)
    variance = max(float(np.nanmean(values**2)), 1e-12) if quiet.any() else 1.0
    together = 1.0
    for lag in (1, 2, 3):
        pairs = values[lag:] * values[:-lag]
        if np.isfinite(pairs).sum() > 20:
            together += 2 * (1 - lag / 4) * max(float(np.nanmean(pairs) / variance), 0.0)
    tail = -float(np.nanquantile(values, 0.02)) / -float(stats.norm.ppf(0.02))
    return float(np.sqrt(together) * np.clip(tail, 1.0, _HARD_TAIL))
