"""Blend ahead: the baseline month by month, mixed with a benchmark as far as past forecasts speak for it.

Stands beside the twin's own forecast and changes nothing in it: a scenario's difference is paired run by run, and no
benchmark knows of scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.draws import band
from twin.forecast.benchmarks import QUANTILES, YEAR, benchmarks
from twin.forecast.blend import BANDS
from twin.forecast.months import MONTH_WEEKS, by_month, months_about
from twin.market.history import Sales
from twin.weeks import Periods, mondays

_LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
_WHOLE, _MOST = 0.99, 0.8
"""Part of a month's days that must be simulated for a volume; for a share, which is a ratio, most of them will do."""


@dataclass(frozen=True)
class Ahead:
    """Months of a source that lie ahead, and its past by brand.

    Parameters
    ----------
    start : (m,) datetime64[D]
        First day of each month ahead.
    weights : (m, w) float
        Part of each simulated week that falls in each month.
    covered : (m,) float
        Part of each month's days that is simulated.
    past : (j, t) float, units
        Of everybody, by brand and month.
    """

    start: NDArray[np.datetime64]
    weights: NDArray[np.float64]
    covered: NDArray[np.float64]
    past: NDArray[np.float64]


def months_to_come(sales: Sales, origin: int, n_weeks: int, n_brands: int) -> Ahead:
    """A year of months after the last that a source has before the origin.

    Parameters
    ----------
    sales : Sales
    origin : int, week
    n_weeks : int
        Weeks simulated from the origin on.
    n_brands : int
    """
    months = months_about(sales, origin, n_weeks)
    everybody = np.zeros(int(sales.unit.max(initial=0)) + 1, dtype=np.int32)
    past = by_month(sales, months, everybody, 1, n_brands)[0, :, : months.n_past]
    if sales.periods.kind == "month":
        last = sales.periods.stop[max(months.n_past - 1, 0)].astype("datetime64[M]")
        edges = (last + np.arange(YEAR + 1)).astype("datetime64[D]")
        weights = Periods("month", edges[:-1], edges[1:]).weights(origin, n_weeks).toarray()
        days = np.diff(edges).astype(np.int64)
    else:
        weights = months.weights
        edges = mondays(origin + np.concatenate([[0], np.cumsum(MONTH_WEEKS)]))
        days = 7 * np.array(MONTH_WEEKS)
    return Ahead(edges[:-1], weights, weights.sum(axis=1) * 7 / days, past)


def mixed_months(
    ahead: Ahead, top: NDArray[np.bool_], runs: NDArray, below: NDArray | None, chosen: Mapping[str, tuple[str, float]],
    scale: float = 1.0,
) -> list[dict[str, Any]]:  # fmt: skip
    """The baseline of one figure by month, a benchmark's, and their mixture.

    Parameters
    ----------
    ahead : Ahead
    top : (j,) bool
        Brands of the figure.
    runs : (r, w) float, units
        The twin's volume of those brands.
    below : (r, w) float, units, optional
        The category's: then the figure is a share.
    chosen : mapping of str to (str, float)
        Benchmark and the twin's weight by months ahead, as :func:`twin.forecast.blend.blended` names them.
    scale : float
        The benchmark's volumes are multiplied by it: what the source does not see.

    Returns
    -------
    list of dict
        One a month that is simulated: ``month``, ``months_ahead``, ``partner`` (empty where the twin stands alone),
        ``twin_weight``, and ``twin``, ``benchmark``, ``blend`` with ``p10``, ``p50``, ``p90``.
    """
    volume = scale * ahead.past[top].sum(axis=0)
    whole = ahead.past.sum(axis=0)
    is_share = below is not None
    past = np.divide(volume, whole, out=np.full_like(volume, np.nan), where=whole > 0) if is_share else volume
    theirs = {
        one.method: one.quantiles[:, 0]
        for one in benchmarks(past[None], whole[None] if is_share else np.ones_like(past)[None], is_share, YEAR)
    }
    mine = runs @ ahead.weights.T
    if below is not None:
        mine = mine / np.maximum(below @ ahead.weights.T, 1e-300)
    ours = band(mine, QUANTILES)
    rows = []
    for m in np.flatnonzero(ahead.covered >= (_MOST if is_share else _WHOLE)):
        held = next(one for one in BANDS if one.start <= m < one.stop)
        partner, weight = chosen.get(f"{held.start + 1}-{held.stop}", ("", 1.0))
        if partner not in theirs:
            partner, weight = "", 1.0
        other = theirs[partner][:, m] if partner else ours[:, m]
        rows.append(
            {
                "month": str(ahead.start[m]),
                "months_ahead": int(m) + 1,
                "partner": partner,
                "twin_weight": float(weight),
                "twin": _band(ours[:, m]),
                "benchmark": _band(other) if partner else None,
                "blend": _band(weight * ours[:, m] + (1.0 - weight) * other),
            }
        )
    return rows


def _band(quantiles: NDArray) -> dict[str, float]:
    return {name: float(np.interp(level, QUANTILES, quantiles)) for name, level in _LEVELS.items()}
