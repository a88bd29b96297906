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
from twin.weeks import Periods, mondays, week_of

MEMORIES = (3.0, 8.0, 20.0)
"""Weeks over which past purchases fade: how far back reps look is not known beforehand."""
_STARTING_WEEKS = 26
"""A customer's first weeks stand for what it bought before them; nothing is foretold of their visits."""
_MOST_CUSTOMERS = 10_000
"""Three slopes, and territories' weeks, are learned of so many customers: more would add little but time."""
_LEAST_WEEKS, _LEAST_HALF = 39, 52
"""Weeks of a rule, and of each half of a record that its bias is told from: shorter ones give wild slopes."""
_WHOLE = 0.99
"""Part of a week that lies in what is meant, rounding allowed for."""
Block = tuple[slice, NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]


def surprises(panel: Panel) -> NDArray[np.float32] | None:
    """Visits of each week less those that past purchases foretell; 0 where nothing can be foretold: (c, w) float32.

    Poisson regression of weekly visits on the logarithms of what had been bought before, with an effect for every
    customer and for every territory and week. Visits move the purchases that foretell later visits, which biases
    such a regression by order of one over its weeks: half-panel jackknife (Dhaene, Jochmans 2015) where halves are long
    enough. None where the record is too short to learn a rule.
    """
    rule = _rule(panel)
    if rule is None:
        return None
    slopes, cells = rule
    out = np.zeros((len(panel), panel.n_weeks), dtype=np.float32)
    for rows, visits, past, told in _blocks(panel):
        effects = cells[panel.group[rows]]
        use = told & np.isfinite(effects)
        log_rate = np.where(use, np.tensordot(slopes, past, 1) + effects, -np.inf)
        top = np.where(use.any(axis=1), log_rate.max(axis=1), 0.0)[:, None]
        rate, made = np.exp(log_rate - top), np.where(use, visits, 0.0)
        foretold = rate * (made.sum(axis=1) / np.maximum(rate.sum(axis=1), 1e-300))[:, None]
        out[rows] = made - foretold
    return out


def stock_of(panel: Panel, surprise: NDArray[np.float32], rho: float, curvature: float) -> NDArray[np.float64]:
    """What surprises gone by add to the regressor of the response, to first order: (c, p) float.

    Each customer's slope is that of its mean stock: a slope of the week's own stock would owe to demand.
    """
    found = np.zeros(panel.volume.shape)
    for rows, (stock,) in panel.stocks(rho, [VISIT]):
        slope = (1.0 + stock.mean(axis=1)) ** (curvature - 1.0) * panel.headroom[rows]
        gone = signal.lfilter([1.0], [1.0, -rho], surprise[rows], axis=1)
        found[rows] = panel.mean_by_period(gone) * slope[:, None]
    return found


def fit_on(
    panel: Panel, design: NDArray[np.float32], stock: NDArray[np.float64], rows: NDArray[np.intp],
    start: PoissonFit | None = None,
) -> PoissonFit:  # fmt: skip
    """The response with that part of the stock beside it which surprises do not explain: a control function.

    Parameters
    ----------
    panel : Panel
    design : (k, c, p) float32
        Regressors of the response, the stock first.
    stock : (c, p) float
        Of surprises, as from :func:`stock_of`.
    rows : (n,) int
        Customers.
    start : PoissonFit, optional

    Returns
    -------
    PoissonFit
        Coefficients of ``design``, and of what is not explained.
    """
    group, mask = panel.group[rows], panel.mask[rows]
    left, _ = demeaning.residuals(design[0, rows], stock[None, rows], mask, group)
    return fixed_effects.fit(panel.working[rows], np.concatenate([design[:, rows], left[None]]), mask, group, start)


def _rule(panel: Panel) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Slopes on past purchases, and effects of territories and weeks (g, w), -inf where nobody was visited."""
    step = -(-len(panel) // _MOST_CUSTOMERS)
    pieces = [
        (np.arange(rows.start, rows.stop)[some], visits[some], past[:, some], told[some])
        for rows, visits, past, told in _blocks(panel)
        for some in [np.arange(-rows.start % step, rows.stop - rows.start, step)]
    ]
    row, visits, told = (np.concatenate([piece[k] for piece in pieces]) for k in (0, 1, 3))
    past, group = np.concatenate([piece[2] for piece in pieces], axis=1), panel.group[row]
    weeks = np.flatnonzero(told.any(axis=0))
    if len(weeks) < _LEAST_WEEKS:
        return None
    whole = _fitted(visits, past, told, group)
    if whole is None:
        return None
    made = np.zeros((int(panel.group.max()) + 1, panel.n_weeks))
    np.add.at(made, group, np.where(told, visits, 0.0))
    cells = np.full(made.shape, -np.inf)
    seen = made[: len(whole.cell_effects)] > 0
    cells[: len(whole.cell_effects)][seen] = whole.cell_effects[seen]
    return _without_feedback(whole, visits, past, told, group, np.arange(panel.n_weeks) <= np.median(weeks)), cells


def _without_feedback(
    whole: PoissonFit, visits: NDArray, past: NDArray, told: NDArray, group: NDArray, early: NDArray
) -> NDArray[np.float64]:  # fmt: skip
    """Slopes less the bias of order one over the weeks; as they are where halves are too short or do not converge."""
    if told.any(axis=0).sum() < 2 * _LEAST_HALF:
        return whole.coefficients
    first, second = (_fitted(visits, past, told & half, group) for half in (early, ~early))
    if first is None or second is None:
        return whole.coefficients
    return np.asarray(2.0 * whole.coefficients - (first.coefficients + second.coefficients) / 2.0)


def _fitted(visits: NDArray, past: NDArray, told: NDArray, group: NDArray) -> PoissonFit | None:
    """The regression of visits on past purchases; none where it runs away, as it may on few weeks."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            found = fixed_effects.fit(visits, past, told, group)
    except (CalibrationError, np.linalg.LinAlgError):
        return None
    return found if found.converged and np.isfinite(found.coefficients).all() else None


def _blocks(panel: Panel) -> Iterator[Block]:
    """Customers at a time: visits (n, w), logarithms of past purchases (m, n, w), and where both are known (n, w).

    Purchases are looked at from the beginning of their own record, which may be older than that of contacts.
    """
    periods = panel.record.periods
    older = max(panel.first_week - int(week_of(periods.start).min(initial=panel.first_week)), 0)
    first_week, n_weeks = panel.first_week - older, panel.n_weeks + older
    share = periods.weights(first_week, n_weeks)
    covered = np.asarray(share.sum(axis=0)).ravel() > _WHOLE
    begin = _begin_of_period(periods, first_week, n_weeks)
    weeks, served_share = np.arange(n_weeks), panel.weights()
    typical = float(panel.volume.sum() / max(float((panel.mask * panel.periods.weeks_in()).sum()), 1e-12)) or 1.0
    per_week = panel.record.sold.multiply(1.0 / periods.weeks_in()[None, :]).tocsr()
    for rows, (visits,) in panel.contacts([VISIT]):
        bought = (per_week[rows] @ share).toarray()
        served = np.asarray(served_share.T @ panel.mask[rows].T.astype(float)).T > _WHOLE
        first = np.argmax(bought > 0, axis=1)[:, None]
        opening = weeks < first + _STARTING_WEEKS
        usual = np.where((weeks >= first) & opening, bought, 0.0).sum(axis=1, keepdims=True) / _STARTING_WEEKS
        told = served & (~opening & covered)[:, older:]
        rate = np.where(told, visits, 0.0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
        heed = visiting.answer(rate)[:, None]
        steady = np.where(opening, usual, bought)
        past = [
            visiting.recent_log(_fading(steady, usual, memory, begin)[:, older:], typical) * heed for memory in MEMORIES
        ]
        yield rows, visits.astype(np.float64), np.array(past), told


def _fading(
    bought: NDArray[np.float64], usual: NDArray[np.float64], memory: float, begin: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Fading mean of weekly purchases before the period of each week begins: (n, w) float, units per week."""
    keep = 1.0 - 1.0 / memory
    after = signal.lfilter([1.0 - keep], [1.0, -keep], bought, axis=1, zi=keep * usual)[0]
    before = np.concatenate([usual, after[:, :-1]], axis=1)
    return np.asarray(before[:, begin])


def _begin_of_period(periods: Periods, first_week: int, n_weeks: int) -> NDArray[np.intp]:
    """Week in which the period of each week's Monday begins: (w,) int. Records tell whole periods, and only then."""
    place = np.searchsorted(periods.start, mondays(first_week + np.arange(n_weeks)), side="right") - 1
    begin = np.where(place >= 0, week_of(periods.start)[place] - first_week, np.arange(n_weeks))
    return np.clip(begin, 0, np.arange(n_weeks))
