"""Visit bias: who is visited is no accident. Lead test, mirrored stock, and the control function of capacity.

Knows no prior and draws nothing; :mod:`twin.calibration.visits.response` decides what to believe.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from twin.calibration.levels.panel import STARTING_WEEKS, Panel, echoed
from twin.calibration.levels.visit_counts import visits_after
from twin.calibration.visits import demeaning, fixed_effects
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.response import attraction
from twin.weeks import week_of

LEAD_WEEKS = 13
MIN_REPS = 12
"""The instrument moves whole reps: fewer of them are too few to tell it from what else befalls a rep's customers."""
CAPACITY_LEAD_LIMIT = 3.0
"""Beyond this t, capacity answers to a territory's demand and is no instrument."""
MIN_CAPACITY_CV = 0.10
MIN_FIRST_STAGE_F = 10.0
_MONTH_IN_WEEKS = 4


def lead_test(panel: Panel, design: NDArray[np.float32], start: fixed_effects.PoissonFit) -> float:
    """t of log(1 + visits of the next quarter), clustered by customer; 0 when the history is too short to tell.

    Next quarter's visits cannot cause this period's sales: beyond 2 in size, visits answer to demand.

    Parameters
    ----------
    design : (k, c, p) float32
        Regressors of the response, the visit stock first.
    """
    ahead, seen = visits_after(panel, LEAD_WEEKS)
    wider = np.concatenate([design, np.log1p(ahead)[None]])
    try:
        both = fixed_effects.fit(panel.working, wider, panel.mask & seen, panel.group, start)
    except CalibrationError:
        return 0.0
    return float(both.coefficients[-1] / np.sqrt(both.robust[-1, -1]))


def mirrored(
    panel: Panel, rho: float, effects: NDArray[np.float64], curvature: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The regressor of the response with time turned round: what the stock would be if forgetting ran backwards.

    Contacts to come cause nothing, so its coefficient shows how far stocks go with demand for other reasons. Where
    demand wanders alike in both directions of time and reps answer to it at once, contacts gone by owe as much to
    demand as contacts to come do.

    Returns
    -------
    (c, p) float32
    (p,) bool
        Periods for which a quarter of what follows is known; beyond the record each customer's last year goes on.
    """
    out = np.zeros(panel.volume.shape, dtype=np.float32)
    channels = [h for h in range(panel.n_channels) if effects[h] != 0 and (panel.touches.channel == h).any()]
    last = int(panel.touches.week.max(initial=-1)) + 1
    for rows, counts in panel.contacts(channels):
        weekly = np.tensordot(effects[channels].astype(np.float32), counts, 1)[:, :last]
        after = weekly[:, -STARTING_WEEKS:].mean(axis=1, keepdims=True)
        back = signal.lfilter([1.0], [1.0, -rho], weekly[:, ::-1], axis=1, zi=rho / (1 - rho) * after)[0][:, ::-1]
        full = np.zeros((len(weekly), panel.n_weeks), dtype=np.float32)
        # habit runs backwards, too: what the design has of each contact to come, the mirror has of each gone by
        felt = echoed(attraction.warmth(back, curvature)[:, ::-1], panel.echo)
        full[:, :last] = felt[:, ::-1]
        out[rows] = panel.mean_by_period(full) * panel.headroom[rows, None]
    begin = week_of(panel.periods.stop - 1) + 1 - panel.first_week
    return out, begin + LEAD_WEEKS <= last


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
        out[:, rows] = block * (panel.headroom[rows] * (panel.rep[rows] >= 0))[:, None]
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

    Errors are clustered by rep. Period effects are common to all territories here: within one territory capacity
    moves every customer alike, and the little that remains is the customer's own part of it.
    """
    common = np.zeros(len(rows), dtype=np.int32)
    return demeaning.residuals(design[0, rows], instruments[:, rows], panel.mask[rows], common, panel.rep[rows])


def capacity_lead(panel: Panel, design: NDArray[np.float32]) -> float:
    """t of the rep's next quarter, clustered by rep; 0 when it cannot be told.

    The rep's visits to other customers in the quarter ahead cannot cause this period's sales. Where they go with them,
    capacity is cut or raised as a territory's demand goes, and identifies nothing.
    """
    begin = week_of(panel.periods.stop - 1) + 1 - panel.first_week
    last = int(panel.touches.week[panel.touches.channel == VISIT].max(initial=-1)) + 1
    seen = begin + LEAD_WEEKS <= last
    total = np.concatenate([np.zeros((len(panel.rep_visits), 1)), panel.rep_visits.cumsum(axis=1)], axis=1)
    ahead = total[:, np.minimum(begin + LEAD_WEEKS, panel.n_weeks)] - total[:, np.minimum(begin, panel.n_weeks)]
    others = np.maximum(ahead[panel.rep] - visits_after(panel, LEAD_WEEKS)[0], 0) * (panel.rep >= 0)[:, None]
    wider = np.concatenate([design[:1], np.log1p(others)[None].astype(np.float32)])
    mask, common = panel.mask & seen, np.zeros(len(panel), dtype=np.int32)
    try:
        both = fixed_effects.fit(panel.working, wider, mask, common, cluster=panel.rep)
    except CalibrationError:
        return 0.0
    return float(both.coefficients[1] / np.sqrt(both.robust[1, 1]))


def controlled_fit(
    panel: Panel, design: NDArray[np.float32], instruments: NDArray[np.float64], rows: NDArray[np.intp],
    start: fixed_effects.PoissonFit | None = None,
) -> fixed_effects.PoissonFit:  # fmt: skip
    """The response with the unexplained part of the stock beside it, which takes up what visits owe to demand.

    It rests on capacity not answering to a territory's demand within the period. Errors are clustered by rep.
    """
    left, _ = first_stage(panel, design, instruments, rows)
    both = np.concatenate([design[:, rows], left[None]])
    common = np.zeros(len(rows), dtype=np.int32)
    return fixed_effects.fit(panel.working[rows], both, panel.mask[rows], common, start, panel.rep[rows])
