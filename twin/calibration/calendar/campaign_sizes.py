"""Campaign sizes: how strong each campaign was beside its brand's average, and how surely.

Takes the campaigns and what an average one does as given; see campaign_strength. Knows no future; see rival_calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.campaign_events import RivalCampaign, exposure
from twin.calibration.calendar.campaign_evidence import UNEVEN
from twin.calibration.calendar.campaign_known import FOUND, KnownMove
from twin.calibration.calendar.campaign_strength import Strength
from twin.calibration.levels.period_totals import Series
from twin.response.parameters import PRIORS

LEAST_STRENGTH = 0.2
_STRENGTHS = (0.2, 5.0)
_LEAST_STRETCHES, _LEAST_SD, _LEAST_EFFECT = 12, 1e-4, 0.02


def scaled(events: Sequence[RivalCampaign], effects: Sequence[float]) -> tuple[RivalCampaign, ...]:
    """Lifts of campaigns that were found in some territories only, as strengths.

    Parameters
    ----------
    events : sequence of RivalCampaign
    effects : sequence of float, utility
        What an average campaign of each brand adds.
    """
    return tuple(
        replace(event, strength=float(np.clip(event.strength / max(effects[event.brand], 1e-3), *_STRENGTHS)))
        if event.territories and event.source == FOUND
        else event
        for event in events
    )


def with_strengths(
    events: Sequence[RivalCampaign], known: Sequence[KnownMove], fit: Strength, series: Series
) -> tuple[RivalCampaign, ...]:
    """Strength of each campaign, drawn towards its brand's average as far as noise explains the differences.

    The average over a brand's campaigns whose strength nobody wrote down, weighted by length, is 1.
    """
    written = {(move.span, move.source) for move in known if not np.isnan(move.strength)}
    until, result = series.first_week + series.n_weeks, list(events)
    for brand in sorted({event.brand for event in events}):
        index = [
            place
            for place, event in enumerate(result)
            if event.brand == brand and not event.territories and event.start < until
            and ((event.brand, event.start, event.stop), event.source) not in written
        ]  # fmt: skip
        if not index:
            continue
        length = np.array([result[place].stop - result[place].start for place in index], dtype=float)
        strength, sd = _relative_strengths([result[place] for place in index], fit, series)
        strength = np.maximum(strength, LEAST_STRENGTH)
        for place, value, unsure in zip(index, strength / np.average(strength, weights=length), sd):
            result[place] = replace(result[place], strength=float(value), strength_sd=float(unsure))
    return tuple(result)


def _relative_strengths(
    own: Sequence[RivalCampaign], fit: Strength, series: Series
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each campaign over its brand's average, shrunk, and what is not known of it: two (n,) float, the first around 1.

    Campaigns of one brand differ among themselves by a standard deviation of about :data:`UNEVEN` beforehand; noise is
    that of quiet stretches of the campaign's own length, because it lasts.
    """
    brand = own[0].brand
    noise, effect = fit.noise[:, brand], _usual_effect(fit, brand)
    active = [exposure(series, [(brand, event.start, event.stop)], brand + 1)[:, brand] > 0.5 for event in own]
    counts = np.array([int(np.isfinite(noise[mask]).sum()) for mask in active])
    if not counts.any():
        return np.ones(len(own)), np.full(len(own), UNEVEN)
    excess = np.array([np.nan_to_num(noise[mask]).sum() for mask in active]) / np.maximum(counts, 1)
    quiet = np.where(np.any(active, axis=0), np.nan, noise)
    # nothing is seen of a campaign without a period of its own
    chance = np.array([_chance(quiet, count) if count else np.inf for count in counts])
    between = _between(excess[counts > 0], chance[counts > 0], UNEVEN * effect)
    drawn = between / (between + chance)
    return 1 + excess / effect * drawn, np.sqrt(between * (1 - drawn)) / effect


def _usual_effect(fit: Strength, brand: int) -> float:
    """What an average campaign of the brand adds to its log ratio, weighed with the prior: never next to nothing."""
    prior, sd = PRIORS["promotion_rival"], fit.sd[brand]
    if not np.isfinite(fit.effect[brand]) or not np.isfinite(sd):
        return prior.mean
    precision = max(sd, _LEAST_SD) ** -2
    mean = (fit.effect[brand] * precision + prior.mean * prior.sd**-2) / (precision + prior.sd**-2)
    return max(float(mean), _LEAST_EFFECT)


def _between(excess: NDArray[np.float64], chance: NDArray[np.float64], usual: float) -> float:
    """Variance with which campaigns differ, of their posterior mean; beforehand the sd is half normal around none."""
    sd = usual * np.linspace(0.025, 4.0, 160)
    variance = sd[:, None] ** 2 + chance
    log = -0.5 * (np.log(variance) + excess**2 / variance).sum(axis=1) - 0.5 * (sd / usual) ** 2
    weight = np.exp(log - log.max())
    return float(weight @ sd**2 / weight.sum())


def _chance(noise: NDArray[np.float64], length: int) -> float:
    """Variance of the mean of so many periods on end without a campaign; 0 where there is no such stretch."""
    reach = np.lib.stride_tricks.sliding_window_view(noise, min(length, len(noise))).mean(axis=1)
    reach = reach[np.isfinite(reach)]
    if len(reach) >= _LEAST_STRETCHES:
        return float(reach.var())
    single = noise[np.isfinite(noise)]
    return float(single.var()) / length if len(single) else 0.0
