"""Blend: the twin's forecast mixed with a benchmark's, by weights that earlier origins have earned.

Quantiles are averaged level by level. The origin that is scored never has a say in its own weight. A blend is a figure
of the backtest: the twin's own forecasts stay unmixed, because scenarios must differ from the baseline run by run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.forecast.benchmarks import ETS, LAST_YEAR, MEAN, SEASONAL, Foreseen
from twin.forecast.scores import SUMS, Tally

TWIN, BLEND = "twin", "blend"
WEIGHTS = (0.25, 0.5, 0.75)
"""Of the twin."""
PARTNERS = (ETS, SEASONAL, LAST_YEAR, MEAN)
BANDS = (slice(0, 3), slice(3, 6), slice(6, 12))
"""Months ahead that share a weight."""
_RELUCTANCE = 0.10
"""Gain in CRPS that a whole change to a benchmark must show over one earlier origin; less over more of them."""
_CRPS = SUMS.index("crps")


def mixtures(foreseen: Sequence[Foreseen]) -> list[Foreseen]:
    """Every mixture of the twin with a partner that is there."""
    by_name = {one.method: one.quantiles for one in foreseen}
    if TWIN not in by_name:
        return []
    return [
        Foreseen(mixed(partner, weight), (weight * by_name[TWIN] + (1 - weight) * by_name[partner]).astype(np.float32))
        for partner in PARTNERS
        if partner in by_name
        for weight in WEIGHTS
    ]


def mixed(partner: str, weight: float) -> str:
    """Name of a mixture."""
    return f"{TWIN} {weight:.2f} + {partner}"


def is_mixture(method: str) -> bool:
    """Whether a name is that of a mixture."""
    return " + " in method


def chosen(earlier: Sequence[Tally], band: slice) -> tuple[str, float]:
    """The mixture that earlier origins speak for, and the twin's weight in it.

    Least CRPS over earlier origins, a mixture being charged for leaving the twin: the fewer the origins the more.

    Parameters
    ----------
    earlier : sequence of Tally
        Of one measure and level, all methods.
    band : slice
        Months ahead.

    Returns
    -------
    method : str
    weight : float
        1 where nothing else has earned a part.
    """
    scores: dict[str, float] = {}
    origins = {one.origin for one in earlier}
    for one in earlier:
        if one.method == TWIN or is_mixture(one.method):
            scores[one.method] = scores.get(one.method, 0.0) + float(one.sums[:, band, _CRPS].sum())
    if not origins or scores.get(TWIN, 0.0) <= 0:
        return TWIN, 1.0
    charge = _RELUCTANCE / len(origins)
    best, best_score, best_weight = TWIN, scores[TWIN], 1.0
    for partner in PARTNERS:
        for weight in WEIGHTS:
            score = scores.get(mixed(partner, weight))
            if score is not None and score + charge * (1 - weight) * scores[TWIN] < best_score:
                best, best_score, best_weight = (
                    mixed(partner, weight),
                    score + charge * (1 - weight) * scores[TWIN],
                    weight,
                )
    return best, best_weight


def blended(tallies: Sequence[Tally]) -> tuple[list[Tally], list[dict[str, Any]]]:
    """Scores of the blend at every origin, and the weights behind them.

    Parameters
    ----------
    tallies : sequence of Tally
        Of one measure and level, all origins and methods.

    Returns
    -------
    tallies : list of Tally
        One an origin, under the name ``blend``.
    weights : list of dict
        ``origin``, ``months``, ``partner``, ``twin_weight``; the last with the origin ``None`` is what a forecast from
        the end of history would take.
    """
    order = sorted({one.origin for one in tallies})
    found: list[Tally] = []
    weights: list[dict[str, Any]] = []
    for origin in [*order, None]:
        earlier = [one for one in tallies if origin is None or one.origin < origin]
        now = {one.method: one for one in tallies if one.origin == origin}
        sums: NDArray | None = now[TWIN].sums.copy() if TWIN in now else None
        for band in BANDS:
            method, weight = chosen(earlier, band)
            weights.append(
                {
                    "origin": origin,
                    "months": f"{band.start + 1}-{band.stop}",
                    "partner": method.partition(" + ")[2] or None,
                    "twin_weight": weight,
                }
            )
            if sums is not None and method in now:
                sums[:, band] = now[method].sums[:, band]
        if sums is not None:
            like = now[TWIN]
            found.append(Tally(like.origin, like.measure, like.level, BLEND, like.is_share, like.block, sums))
    return found, weights
