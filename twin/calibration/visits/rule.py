"""Visit rule: whom the reps visit, and how many contacts the other channels make, learned from the last year.

Describes what is done, not what it is worth; see :mod:`twin.calibration.visits.response`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from twin.calibration.visits import fixed_effects
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.history import History, Touches
from twin.market.world import World
from twin.response.market import VisitRule
from twin.response.parameters import Estimate
from twin.weeks import NEVER

WINDOW_WEEKS = 52
_QUARTER = 13


def learn_visit_rule(
    world: World, history: History, potential: NDArray[np.float64]
) -> tuple[VisitRule, tuple[Estimate, ...]]:
    """Learn the reps' habits from the last year of history.

    Parameters
    ----------
    world : World
    history : History
    potential : (c,) float, units per week
        Expected category volume of each customer.

    Returns
    -------
    VisitRule
    tuple of Estimate
        ``unknown_share`` and ``follows_sales``, for the report.
    """
    population, since = world.population, history.origin - WINDOW_WEEKS
    recent = history.touches.where(history.touches.week >= since)
    in_person = recent.where(recent.channel == VISIT)
    n = len(population)
    own = history.own_sales
    first = int(np.searchsorted(own.periods.mid_week(), since)) if len(own.periods) else 0
    sales = own.by_unit(n, world.brands.own, first).sum(axis=1) / WINDOW_WEEKS if len(own.periods) else np.zeros(n)
    who = in_person.customer
    # who has left buys nothing, either: in the law one part of the visits goes to the unknown and the lost alike
    buying_then = (population.known_since[who] <= in_person.week) & (population.left[who] > in_person.week)
    warm = np.bincount(who[buying_then], minlength=n).astype(float)
    cold = np.bincount(who[~buying_then], minlength=n).astype(float)
    ours = np.minimum(population.left, history.origin) - np.maximum(population.known_since, since)
    weeks_ours = np.clip(ours, 0, WINDOW_WEEKS).astype(float)
    known = population.known & (population.left == NEVER)
    follows = _follows_sales(world, history)
    unknown_share = float(np.mean(~buying_then)) if len(in_person) else 0.0
    # whoever is won one day will be visited like a customer of the sales that it can be expected to give
    usual_share = sales[known].sum() / max(potential[known].sum(), 1e-300) if known.any() else 0.0
    expected = np.where(known, sales, usual_share * potential)
    rule = VisitRule(
        known_weight=_usual_rate(
            warm, np.maximum(weeks_ours, 1.0), known, _standard(np.log1p(expected / _scale(sales)))
        ),
        unknown_weight=_usual_rate(
            cold,
            np.maximum(WINDOW_WEEKS - weeks_ours, 1.0),
            ~known,
            _standard(np.log(np.maximum(potential, 1e-9))),
        ),
        unknown_share=unknown_share,
        follows_sales=float(follows.draws.mean()),
        rep_visits=_rep_visits(world, in_person),
        contact_rate=_contact_rates(recent, population.consent),
    )
    note = "share of last year's visits to customers who did not buy from us: not yet, or no more"
    share = Estimate("unknown_share", "share of visits", np.array([unknown_share]), len(in_person) > 0, note)
    return rule, (share, follows)


def _scale(values: NDArray[np.float64]) -> float:
    positive = values[values > 0]
    return float(positive.mean()) if len(positive) else 1.0


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def _usual_rate(
    visits: NDArray[np.float64], exposure: NDArray[np.float64], members: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Visits a week: each customer's own rate, shrunk to what customers of that size get (gamma-Poisson).

    Customers outside ``members`` get the rate of their size, for the day when they join.
    """
    if visits[members].sum() < 30:
        # nobody knows whom they visit: by size, as reps do (Manchanda, Rossi, Chintagunta 2004)
        return np.exp(0.8 * size) / np.exp(0.8 * size).sum()
    design = np.column_stack([np.ones(len(size)), size])
    model = GLM(visits[members], design[members], family=Poisson(), offset=np.log(exposure[members]))
    expected = np.exp(np.clip(design @ model.fit().params, -20, 5))
    mean = expected[members] * exposure[members]
    excess = ((visits[members] - mean) ** 2 - mean).sum() / (mean**2).sum()
    strength = 1.0 / max(excess, 1e-3)
    own = (visits + strength) / (expected * exposure + strength) * expected
    return np.where(members, own, expected)


def _rep_visits(world: World, in_person: Touches) -> NDArray[np.float64]:
    """What each rep does a week: (r,) float; the listed capacity where no visit is recorded."""
    reps = world.reps
    if not len(in_person) or not len(reps):
        return reps.visits_per_week.copy()
    named = in_person.rep >= 0
    done = np.bincount(in_person.rep[named], minlength=len(reps)).astype(float)
    since = world.origin - WINDOW_WEEKS
    served = np.maximum(np.minimum(reps.end, world.origin) - np.maximum(reps.start, since), 0)
    # visits without a rep's name are shared among the reps of the territory, by the weeks that each was there
    zone = world.population.territory[in_person.customer[~named]]
    unnamed = np.bincount(zone, minlength=len(world.territories)).astype(float)
    together = np.bincount(reps.territory, served, len(world.territories))
    return done / np.maximum(served, 1) + (unnamed / np.maximum(together, 1))[reps.territory]


def _contact_rates(recent: Touches, consent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Contacts a week by channel and customer, shrunk to the mean of those who consent: (h, c) float."""
    n_channels, n = consent.shape
    counts = np.bincount(recent.channel.astype(np.int64) * n + recent.customer, minlength=n_channels * n)
    # whoever does not consent is not contacted any more, and says nothing of what the others get
    counts = np.where(consent, counts.reshape(n_channels, n), 0.0)
    members = np.maximum(consent.sum(axis=1, keepdims=True), 1)
    mean = counts.sum(axis=1, keepdims=True) / members
    variance = (np.where(consent, counts - mean, 0.0) ** 2).sum(axis=1, keepdims=True) / members
    strength = np.maximum(mean**2 / np.maximum(variance - mean, 1e-9), 1e-9)
    shrunk = (counts + strength) / (1.0 + strength / np.maximum(mean, 1e-12))
    rate = np.where(consent & (mean > 0), shrunk, 0.0) / WINDOW_WEEKS
    rate[VISIT] = 0.0
    return rate


def _follows_sales(world: World, history: History) -> Estimate:
    """Exponent with which visits follow a customer's purchases of the quarter before; customers and quarters fixed."""
    unit, touches, own = "elasticity of visits", history.touches, history.own_sales
    quarters = history.n_weeks // _QUARTER
    known = np.flatnonzero(world.population.known)
    if quarters < 4 or (touches.channel == VISIT).sum() < 500:
        return Estimate("follows_sales", unit, np.zeros(1), False, "too few visits: reps taken not to follow sales")
    n, first = len(world.population), history.origin - quarters * _QUARTER
    visits = touches.where((touches.channel == VISIT) & (touches.week >= first))
    by_quarter = np.bincount(
        visits.customer.astype(np.int64) * quarters + (visits.week - first) // _QUARTER, minlength=n * quarters
    ).reshape(n, quarters)[known]
    place = (own.periods.mid_week()[own.period] - first) // _QUARTER
    keep = (place >= 0) & (place < quarters)
    sold = np.bincount(
        own.unit[keep].astype(np.int64) * quarters + place[keep], own.volume[keep], minlength=n * quarters
    ).reshape(n, quarters)[known]
    typical = _scale(sold.mean(axis=1))
    before = np.log((sold[:, :-1] + typical) / typical)
    starts = first + _QUARTER * np.arange(1, quarters)
    mask = starts[None, :] >= np.maximum(world.population.known_since[known], first)[:, None]
    zone = world.population.territory[known].astype(np.int64)
    try:
        fit = fixed_effects.fit(by_quarter[:, 1:].astype(float), before[None], mask, zone)
    except CalibrationError:
        why = "sales hardly vary within customers: reps taken not to follow them"
        return Estimate("follows_sales", unit, np.zeros(1), False, why)
    value, sd = float(fit.coefficients[0]), float(np.sqrt(fit.covariance[0, 0]))
    seen = abs(value) > 2 * sd
    reason = f"within customers and quarters: {value:.2f} (sd {sd:.2f})" + ("" if seen else "; taken as zero")
    return Estimate("follows_sales", unit, np.array([value if seen else 0.0]), seen, reason)
