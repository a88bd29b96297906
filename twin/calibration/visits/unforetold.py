"""Unforetold visits: what a customer's past purchases do not tell of its visits.

Reps who run after recorded purchases make visits that owe to demand, but only as far as the record foretells them. What
is left of a visit is the rep's own doing: its effect is that of visits (Robins, Mark, Newey 1992). Knows no prior and
draws nothing; :mod:`twin.calibration.visits.chased` weighs whether reps know more than the record.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from twin.calibration.levels.panel import Panel
from twin.calibration.visits import demeaning, fixed_effects
from twin.calibration.visits.fixed_effects import PoissonFit
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.response import visiting

MEMORIES = (3.0, 8.0, 20.0)
"""Weeks over which past purchases fade: how far back reps look is not known beforehand."""
_STARTING_WEEKS = 26
"""A customer's first weeks stand for what it bought before them; nothing is foretold of their visits."""
_MOST_CUSTOMERS = 10_000
"""Three figures are learned of all customers together: more of them would add nothing but time."""
_WHOLE = 0.99
"""Part of a week that lies in what is meant, rounding allowed for."""
Block = tuple[slice, NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]


def surprises(panel: Panel) -> NDArray[np.float32]:
    """Visits of each week less those that past purchases foretell; 0 where nothing can be foretold: (c, w) float32.

    Poisson regression of weekly visits on the logarithms of what had been bought before, with an effect for every
    customer and for every territory and week. Visits move the purchases that foretell later visits, which biases
    such a regression by order of one over its weeks: half-panel jackknife (Dhaene, Jochmans 2015).
    """
    slopes, cells = _rule(panel)
    out = np.zeros((len(panel), panel.n_weeks), dtype=np.float32)
    for rows, visits, past, told in _blocks(panel):
        log_rate = np.tensordot(slopes, past, 1) + cells[panel.group[rows]]
        rate = np.where(told, np.exp(log_rate - log_rate.max(axis=1, keepdims=True)), 0.0)
        made = np.where(told, visits, 0.0)
        foretold = rate * (made.sum(axis=1) / np.maximum(rate.sum(axis=1), 1e-300))[:, None]
        out[rows] = made - foretold
    return out


def stocks_of(
    panel: Panel, surprise: NDArray[np.float32], rho: float, curvature: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What surprises add to the regressor of the response, to first order, and the same with time turned round.

    Each customer's slope is that of its mean stock: a slope of the week's own stock would owe to demand.

    Returns
    -------
    (c, p) float
        Of surprises gone by.
    (c, p) float
        Of surprises to come, which cause nothing.
    """
    found = np.zeros((2, *panel.volume.shape))
    for rows, (stock,) in panel.stocks(rho, [VISIT]):
        slope = (1.0 + stock.mean(axis=1)) ** (curvature - 1.0) * panel.headroom[rows]
        here = surprise[rows]
        gone = signal.lfilter([1.0], [1.0, -rho], here, axis=1)
        to_come = signal.lfilter([1.0], [1.0, -rho], here[:, ::-1], axis=1)[:, ::-1]
        for place, each in enumerate((gone, to_come)):
            found[place, rows] = panel.mean_by_period(each) * slope[:, None]
    return found[0], found[1]


def fit_on(
    panel: Panel, design: NDArray[np.float32], stocks: NDArray[np.float64], mask: NDArray[np.bool_],
    rows: NDArray[np.intp], start: PoissonFit | None = None,
) -> PoissonFit:  # fmt: skip
    """The response with that part of the stock beside it which surprises do not explain: a control function.

    Parameters
    ----------
    panel : Panel
    design : (k, c, p) float32
        Regressors of the response, the stock first.
    stocks : (s, c, p) float
        Of surprises gone by; then, where asked for, of those to come, which stands in the response, too.
    mask : (c, p) bool
    rows : (n,) int
        Customers.
    start : PoissonFit, optional

    Returns
    -------
    PoissonFit
        Coefficients of ``design``, of what is not explained, and of surprises to come.
    """
    group = panel.group[rows]
    left, _ = demeaning.residuals(design[0, rows], stocks[:, rows], mask[rows], group)
    beside = np.concatenate([design[:, rows], left[None], stocks[1:, rows]])
    return fixed_effects.fit(panel.working[rows], beside, mask[rows], group, start)


def _rule(panel: Panel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes on past purchases, and effects of territories and weeks (g, w); no slopes where none can be learned."""
    step = -(-len(panel) // _MOST_CUSTOMERS)
    pieces = [
        (np.arange(rows.start, rows.stop)[some], visits[some], past[:, some], told[some])
        for rows, visits, past, told in _blocks(panel)
        for some in [np.arange(-rows.start % step, rows.stop - rows.start, step)]
    ]
    row, visits, told = (np.concatenate([piece[k] for piece in pieces]) for k in (0, 1, 3))
    past, group = np.concatenate([piece[2] for piece in pieces], axis=1), panel.group[row]
    weeks = np.flatnonzero(told.any(axis=0))
    early = np.arange(panel.n_weeks) <= (np.median(weeks) if len(weeks) else 0)
    try:
        whole = fixed_effects.fit(visits, past, told, group)
        halves = [fixed_effects.fit(visits, past, told & half, group) for half in (early, ~early)]
    except CalibrationError:
        return np.zeros(len(MEMORIES)), np.zeros((int(panel.group.max()) + 1, panel.n_weeks))
    cells = np.zeros((int(panel.group.max()) + 1, panel.n_weeks))
    cells[: len(whole.cell_effects)] = whole.cell_effects
    return 2.0 * whole.coefficients - np.mean([half.coefficients for half in halves], axis=0), cells


def _blocks(panel: Panel) -> Iterator[Block]:
    """Customers at a time: visits (n, w), logarithms of past purchases (m, n, w), and where both are known (n, w)."""
    record, weeks = panel.record, np.arange(panel.n_weeks)
    share = record.periods.weights(panel.first_week, panel.n_weeks)
    covered = np.asarray(share.sum(axis=0)).ravel() > _WHOLE
    begin = _first_of_its_period(share)
    served_share = panel.weights()
    typical = float(panel.volume.sum() / max(float((panel.mask * panel.periods.weeks_in()).sum()), 1e-12)) or 1.0
    per_week = record.sold.multiply(1.0 / record.periods.weeks_in()[None, :]).tocsr() @ share
    for rows, (visits,) in panel.contacts([VISIT]):
        bought = per_week[rows].toarray()
        served = np.asarray(served_share.T @ panel.mask[rows].T.astype(float)).T > _WHOLE
        first = np.argmax(served, axis=1)[:, None]
        opening = weeks < first + _STARTING_WEEKS
        usual = np.where((weeks >= first) & opening, bought, 0.0).sum(axis=1, keepdims=True) / _STARTING_WEEKS
        told = served & ~opening & covered
        rate = np.where(told, visits, 0.0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
        heed = visiting.answer(rate)[:, None]
        past = [
            visiting.recent_log(_fading(np.where(opening, usual, bought), usual, memory, begin), typical) * heed
            for memory in MEMORIES
        ]
        yield rows, visits.astype(np.float64), np.array(past), told


def _fading(
    bought: NDArray[np.float64], usual: NDArray[np.float64], memory: float, begin: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Fading mean of weekly purchases as the period of each week begins: (n, w) float, units per week."""
    keep = 1.0 - 1.0 / memory
    after = signal.lfilter([1.0 - keep], [1.0, -keep], bought, axis=1, zi=keep * usual)[0]
    before = np.concatenate([usual, after[:, :-1]], axis=1)
    return np.asarray(before[:, begin])


def _first_of_its_period(share: NDArray) -> NDArray[np.intp]:
    """First week of the period that each week lies in for the most part: (w,) int. Records tell whole periods."""
    period = np.asarray(share.argmax(axis=0)).ravel()
    weeks = np.arange(len(period))
    opens = np.r_[True, period[1:] != period[:-1]]
    return np.maximum.accumulate(np.where(opens, weeks, 0))
