"""Rival reaction: whether rivals campaign beyond their calendar after we have gained, and hold back after we have lost.

Works on found campaigns and on market totals. Knows nothing of visits as a cause; see visit_response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.calibration.calendar.campaign_events import RivalCampaign
from twin.calibration.calendar.campaign_strength import Strength
from twin.calibration.levels.period_totals import Series, newey_west
from twin.response.parameters import Estimate, Prior, believed, from_prior, parameter_uniforms
from twin.weeks import WEEKS_PER_YEAR

_MEMORY_WEEKS = 8.0
_BANDWIDTH_WEEKS = 13.0
_LEAST_WEEKS = 104
_LEAST_CAMPAIGNS = 6
SEEN = 0.5
"""Part of what is believed of rivals' answers that campaigns could show; judged, as rivals tend to answer with the
instrument that they were hit with (Steenkamp et al. 2005), and we mostly visit."""


def reaction_regression(
    series: Series, fit: Strength, events: Sequence[RivalCampaign], n_own: int, effects: Sequence[float]
) -> tuple[float, float] | None:
    """Slope of rivals' campaigns beyond their calendar on our relative share in the weeks before, and its sd.

    Parameters
    ----------
    series : Series
        Market totals, the finest there are.
    fit : Strength
        Of that series, all campaigns given: what it leaves of our log ratio is our gain or loss.
    events : sequence of RivalCampaign
    n_own : int
    effects : sequence of float, utility
        Of an average campaign of each brand.

    Returns
    -------
    (float, float) or None
        Utility per unit of relative share; ``None`` where there is too little to see.

    Notes
    -----
    ``y_jt = a_j + r x_t + e_jt``: ``y`` is promotion of brand j times the strength that runs in period t beyond what
    its places of the calendar give on average, ``x`` our log share without level, season and campaigns, smoothed over
    eight weeks up to the period before. Errors by Newey and West.
    """
    past = [event for event in events if event.start < series.first_week + series.n_weeks and not event.territories]
    rivals = sorted({event.brand for event in past})
    if series.n_weeks < _LEAST_WEEKS or len(past) < _LEAST_CAMPAIGNS or not rivals:
        return None
    gain = _gain(series, fit, n_own)
    rows = []
    for brand in rivals:
        own = [event for event in past if event.brand == brand]
        beyond = effects[brand] * (_ran(series, own) - _ran(series, _usual(series, own)))
        rows.append(beyond[1:] - beyond[1:].mean())
    x = gain[:-1] - gain[:-1].mean()
    power = float(x @ x) * len(rows)
    if power <= 1e-12:
        return None
    slope = float(sum(x @ row for row in rows) / power)
    scores = x * sum(row - slope * x for row in rows)
    lag = max(1, round(_BANDWIDTH_WEEKS * len(series.periods) / series.n_weeks))
    return slope, float(np.sqrt(max(newey_west(scores[:, None], lag)[0, 0], 0.0)) / power)


def learn_reaction(
    found: tuple[float, float] | None, n_draws: int, seed: int, beliefs: dict[str, Prior] | None = None
) -> Estimate:
    """Reaction of rivals, drawn towards passive.

    Rivals answer in campaigns, which are seen, and in other ways, which are not: visits, prices, terms. The reaction is
    the sum of both, each with half of the prior's mean and half of its variance; only the first half is learned.
    Campaigns that never answer us leave the second as it was.

    Where the 80 % interval holds zero, rivals are taken to be passive on average: the draws keep their spread around
    zero.

    Parameters
    ----------
    found : (float, float) or None
        As from :func:`reaction_regression`.
    n_draws : int
    seed : int
    beliefs : dict, optional
        In the place of the literature's prior.
    """
    prior = believed("reaction", beliefs)
    if found is None:
        reason = "too few campaigns of rivals, or too short a history, to see an answer to our moves"
        return _passive(from_prior("reaction", n_draws, seed, reason, beliefs), reason)
    slope, sd = found[0], max(found[1], 1e-3)
    words = f"campaigns beyond the calendar after our gains: {slope:+.2f}, sd {sd:.2f}; other answers are not seen"
    mean, variance = prior.mean * (1.0 - SEEN), prior.sd**2 * (1.0 - SEEN)
    before = prior.sd**-2 / SEEN
    centre = (prior.mean * SEEN * before + slope * sd**-2) / (before + sd**-2) + mean
    spread = float(np.sqrt(1.0 / (before + sd**-2) + variance))
    z = special.ndtri(parameter_uniforms("reaction", n_draws, seed))
    draws = np.clip(centre + spread * z, prior.low, prior.high)
    return _passive(Estimate("reaction", prior.unit, draws, True, words, str(prior)), words)


def _passive(made: Estimate, words: str) -> Estimate:
    """Draws around zero, and nothing identified, where their 80 % interval holds it; else as they are."""
    low, high = np.quantile(made.draws, [0.1, 0.9])
    if not low <= 0 <= high:
        return made
    reason = f"{words}; the interval holds zero: passive on average"
    return replace(made, draws=made.draws - made.draws.mean(), identified=False, reason=reason)


def _gain(series: Series, fit: Strength, n_own: int) -> NDArray[np.float64]:
    """Our relative share beyond level, season and campaigns, smoothed: (p,) float."""
    weight = series.totals[:, :n_own].sum(axis=0)
    share = series.totals[:, :n_own].sum(axis=1) / np.maximum(series.totals.sum(axis=1), 1e-12)
    # a change of the log ratio is a change of the log share over one minus the share
    noise = np.nan_to_num(fit.noise[:, :n_own]) @ (weight / max(weight.sum(), 1e-12)) * (1 - share)
    fade = (1 - 1 / _MEMORY_WEEKS) ** (series.n_weeks / len(series.periods))
    kernel = fade ** np.arange(min(len(noise), 60))
    return np.asarray(np.convolve(noise, kernel / kernel.sum())[: len(noise)])


def _ran(series: Series, events: Sequence[RivalCampaign]) -> NDArray[np.float64]:
    """Mean strength in each period: (p,) float."""
    weekly = np.zeros(series.n_weeks)
    for event in events:
        span = slice(max(event.start - series.first_week, 0), max(event.stop - series.first_week, 0))
        weekly[span] += event.strength * event.probability
    weights = series.weights
    return np.asarray(weights @ weekly / np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-12))


def _usual(series: Series, events: Sequence[RivalCampaign]) -> list[RivalCampaign]:
    """What each place of the calendar gives in an average year, laid out over all years."""
    years, made = max(series.n_weeks / WEEKS_PER_YEAR, 1.0), []
    for number in sorted({event.series for event in events if event.recurring}):
        group = [event for event in events if event.series == number]
        for event in group:
            made.append(replace(event, strength=float(np.mean([one.strength for one in group])), probability=1.0))
    singles = [event for event in events if not event.recurring]
    mean = sum(event.strength * (event.stop - event.start) for event in singles) / (years * WEEKS_PER_YEAR)
    if singles:
        first = series.first_week
        made.append(replace(singles[0], start=first, stop=first + series.n_weeks, strength=mean, probability=1.0))
    return made
