"""Visit bias: who is visited is no accident. Lead test, capacity control function, and the naive figures.

Knows no prior and draws nothing; :mod:`twin.calibration.visit_response` decides what to believe.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration import demeaning, fixed_effects
from twin.calibration.panel import STARTING_WEEKS, Panel, visits_after, visits_by_period
from twin.errors import CalibrationError
from twin.market.channels import VISIT

LEAD_WEEKS = 13
MIN_REPS = 20
"""The instrument moves whole reps: fewer of them are too few to tell it from what else befalls a rep's customers."""
MIN_CAPACITY_CV = 0.10
MIN_FIRST_STAGE_F = 10.0
_MONTH_IN_WEEKS = 4


@dataclass(frozen=True)
class LeadTest:
    """Do next quarter's visits go with this period's sales? They cannot cause them.

    Parameters
    ----------
    t : float
        Of the lead, clustered by customer; 0 when the history is too short to tell.
    with_lead : float
        Coefficient of the stock beside the lead; ``nan`` when there is none.
    without_lead : float
        Coefficient of the stock on the same cells without the lead.
    """

    t: float
    with_lead: float
    without_lead: float


def lead_test(panel: Panel, design: NDArray[np.float32], start: fixed_effects.PoissonFit) -> LeadTest:
    """Add log(1 + visits of the next quarter) to the regression.

    Parameters
    ----------
    design : (k, c, p) float32
        Regressors of the response, the visit stock first.
    """
    ahead, seen = visits_after(panel, LEAD_WEEKS)
    mask = panel.mask & seen
    try:
        without = fixed_effects.fit(panel.volume, design, mask, panel.group, start)
        wider = np.concatenate([design, np.log1p(ahead)[None]])
        both = fixed_effects.fit(panel.volume, wider, mask, panel.group, without)
    except CalibrationError:
        return LeadTest(0.0, np.nan, np.nan)
    t = both.coefficients[-1] / np.sqrt(both.robust[-1, -1])
    return LeadTest(float(t), float(both.coefficients[0]), float(without.coefficients[0]))


def capacity_variation(panel: Panel) -> tuple[int, float]:
    """Reps with visits in the panel, and the usual coefficient of variation of their share of all visits by month.

    Shares, because what moves all reps at once is absorbed by the period effects and identifies nothing; less what
    counts of that size vary by chance.
    """
    used = np.unique(panel.rep[panel.rep >= 0])
    n_months = panel.n_weeks // _MONTH_IN_WEEKS
    if len(used) < 2 or n_months < 2:
        return len(used), 0.0
    weeks = panel.rep_visits[used, : n_months * _MONTH_IN_WEEKS]
    months = weeks.reshape(len(used), n_months, _MONTH_IN_WEEKS).sum(axis=2)
    share = months / np.maximum(months.sum(axis=0), 1)
    squared = share.var(axis=1) / np.maximum(share.mean(axis=1), 1e-12) ** 2
    chance = 1 / np.maximum(months.mean(axis=1), 1e-12)
    return len(used), float(np.sqrt(np.median(np.maximum(squared - chance, 0))))


def capacity_instruments(panel: Panel, rho: float) -> NDArray[np.float64]:
    """What the rep's capacity alone would have made of each customer's stock.

    With z the stock of the same rep's visits to other customers relative to its mean, and m the customer's mean stock:
    log(1 + m z), z, log z log(1 + m). Leave, sickness and vacancy move z; the customer's own demand does not.

    Returns
    -------
    (3, c, p) float, 0 for customers without a recorded rep
    """
    from_reps = panel.rep_visits @ _decay(rho, panel.n_weeks)
    out = np.zeros((3, *panel.volume.shape))
    for rows, stock in panel.stocks(rho, [VISIT]):
        own = panel.mean_by_period(stock[0])
        others = panel.mean_by_period(np.maximum(from_reps[panel.rep[rows]] - stock[0], 0))
        seen = panel.mask[rows]
        n = np.maximum(seen.sum(axis=1, keepdims=True), 1)
        z = np.maximum(others / np.maximum((others * seen).sum(axis=1, keepdims=True) / n, 1e-9), 0.01)
        usual = (own * seen).sum(axis=1, keepdims=True) / n
        block = np.stack([np.log1p(usual * z), z, np.log(z) * np.log1p(usual)])
        out[:, rows] = block * (panel.rep[rows] >= 0)[:, None]
    return out


def _decay(rho: float, n_weeks: int) -> NDArray[np.float32]:
    """Weekly counts times this give stocks: (w, w); the first year's rate stands for what came before."""
    lag = np.arange(n_weeks)[None, :] - np.arange(n_weeks)[:, None]
    matrix = np.where(lag >= 0, rho ** np.maximum(lag, 0), 0.0)
    head = min(STARTING_WEEKS, n_weeks)
    matrix[:head] += rho ** (np.arange(n_weeks) + 1) / (1 - rho) / head
    return matrix.astype(np.float32)


def first_stage(
    panel: Panel, design: NDArray[np.float32], instruments: NDArray[np.float64], rows: NDArray[np.intp]
) -> tuple[NDArray[np.float64], float]:
    """Part of the stock that capacity does not explain: (c, p) float; and the F statistic of the instruments.

    Period effects are common to all territories here: within one territory capacity moves every customer alike, and
    the little that remains is the customer's own part of it.
    """
    common = np.zeros(len(rows), dtype=np.int32)
    return demeaning.residuals(design[0, rows], instruments[:, rows], panel.mask[rows], common)


def controlled_fit(
    panel: Panel, design: NDArray[np.float32], instruments: NDArray[np.float64], rows: NDArray[np.intp]
) -> fixed_effects.PoissonFit:
    """The response with the unexplained part of the stock beside it, which takes up what visits owe to demand.

    It rests on capacity not answering to a territory's demand within the period.
    """
    left, _ = first_stage(panel, design, instruments, rows)
    both = np.concatenate([design[:, rows], left[None]])
    return fixed_effects.fit(panel.volume[rows], both, panel.mask[rows], np.zeros(len(rows), dtype=np.int32))


def pooled_poisson(y: NDArray[np.float64], x: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Slope of log E y = constant + slope x without any effect: what a naive analyst would report."""
    y, x = y[mask], x[mask].astype(np.float64)
    if not y.sum() or not x.std():
        return np.nan
    x = x - x.mean()
    slope = 0.0
    for _ in range(50):
        share = np.exp(slope * x - (slope * x).max())
        share /= share.sum()
        mean = share @ x
        move = ((y @ x) / y.sum() - mean) / (share @ (x - mean) ** 2)
        slope += float(np.clip(move, -1.0, 1.0))
        if abs(move) < 1e-10:
            break
    return slope


def pooled_log_effect(panel: Panel) -> float:
    """Slope of log(1 + a month's sales) on that month's visits, by least squares without any effect."""
    months = (panel.periods.start + (panel.periods.stop - panel.periods.start) // 2).astype("datetime64[M]")
    starts = np.flatnonzero(np.r_[True, months[1:] != months[:-1]])
    whole = np.logical_and.reduceat(panel.mask, starts, axis=1)
    x = np.add.reduceat(visits_by_period(panel), starts, axis=1)[whole].astype(np.float64)
    y = np.log1p(np.add.reduceat(panel.volume, starts, axis=1)[whole])
    if x.size < 2 or not x.std():
        return np.nan
    return float(np.cov(x, y)[0, 1] / x.var(ddof=1))
