"""Visit rule: whom the reps visit, and how many contacts the other channels make, learned from the last year.

Describes what is done, not what it is worth; see :mod:`twin.calibration.visits.response`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.families.links import CLogLog
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from twin.calibration.visits.following import learn_follows_sales
from twin.market.channels import VISIT
from twin.market.history import History, Touches
from twin.market.world import World
from twin.response import visiting
from twin.response.market import VisitRule
from twin.response.parameters import Estimate, Prior, parameter_uniforms
from twin.weeks import NEVER

WINDOW_WEEKS = 52
_QUARTER = 13
_FEWEST_VISITS = 30
_FEWEST_REPS = 5
"""Fewer of them say little of how far reps differ; quarters of the year are left out in turn instead."""


def learn_visit_rule(
    world: World, history: History, potential: NDArray[np.float64], n_draws: int, seed: int,
    beliefs: Mapping[str, Prior] | None = None,
) -> tuple[VisitRule, tuple[Estimate, ...]]:  # fmt: skip
    """Learn the reps' habits from the last year of history.

    Parameters
    ----------
    world : World
    history : History
    potential : (c,) float, units per week
        Expected category volume of each customer.
    n_draws, seed : int
    beliefs : mapping of str to Prior, optional
        In the place of the judged priors.

    Returns
    -------
    VisitRule
        With the middle of what is believed.
    tuple of Estimate
        Draws of ``unknown_share`` and ``follows_sales``.
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
    follows = learn_follows_sales(world, history, n_draws, seed, beliefs)
    share = _unknown_share(in_person, ~buying_then, since, n_draws, seed)
    # whoever is won one day will be visited like a customer of the sales that it can be expected to give
    usual_share = sales[known].sum() / max(potential[known].sum(), 1e-300) if known.any() else 0.0
    expected = np.where(known, sales, usual_share * potential)
    rule = VisitRule(
        known_weight=_usual_weight(
            warm, np.maximum(weeks_ours, 1.0), known, _standard(np.log1p(expected / _scale(sales)))
        ),
        unknown_weight=_usual_weight(
            cold,
            np.maximum(WINDOW_WEEKS - weeks_ours, 1.0),
            ~known,
            _standard(np.log(np.maximum(potential, 1e-9))),
        ),
        unknown_share=float(np.median(share.draws)),
        follows_sales=float(follows.draws.mean()),
        rep_visits=_rep_visits(world, in_person),
        contact_rate=_contact_rates(recent, population.consent),
    )
    return rule, (share, follows)


def _unknown_share(in_person: Touches, cold: NDArray[np.bool_], since: int, n_draws: int, seed: int) -> Estimate:
    """Part of the visits that goes to who does not buy from us, with the error of leaving out one rep after the other.

    Visits of one rep go together, so that they are no independent draws of the rule. The error is that of the logit;
    where nothing varies there is none.
    """
    name, unit = "unknown_share", "share of visits"
    if not len(in_person):
        return Estimate(name, unit, np.zeros(n_draws), False, "no visit was recorded: none to those who do not buy")
    group = in_person.rep.astype(np.int64) + 1
    by = "reps"
    if len(np.unique(group)) < _FEWEST_REPS:
        group, by = (in_person.week.astype(np.int64) - since) // _QUARTER, "quarters"
    made, others = np.bincount(group), np.bincount(group, cold)
    made, others = made[made > 0], others[made > 0]
    usual = others.sum() / made.sum()
    # without a group, all may go to buyers: half a visit more or less keeps the logit finite
    least = 0.5 / made.sum()
    without = (others.sum() - others) / np.maximum(made.sum() - made, 1)
    logit = special.logit(np.clip(without, least, 1.0 - least))
    n = len(made)
    sd = float(np.sqrt((n - 1) / n * ((logit - logit.mean()) ** 2).sum())) if n > 1 else 0.0
    z = special.ndtri(parameter_uniforms(name, n_draws, seed))
    draws = special.expit(special.logit(usual) + sd * z) if 0.0 < usual < 1.0 else np.full(n_draws, usual)
    note = f"share of last year's visits to customers who did not buy from us: not yet, or no more; error by {by}"
    return Estimate(name, unit, draws, True, note)


def _scale(values: NDArray[np.float64]) -> float:
    positive = values[values > 0]
    return float(positive.mean()) if len(positive) else 1.0


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)


def _usual_weight(
    visits: NDArray[np.float64], exposure: NDArray[np.float64], members: NDArray[np.bool_], size: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weight at which each customer is visited as often as it was, shrunk to what customers of its size get: (c,).

    Reps draw without putting back, so that a week's chance p belongs to the weight ``-log(1 - p)`` of
    :func:`twin.response.visiting.weight_for`, and weights differ more than visits do. A week brings a visit or none:
    a binomial with the complementary log-log link is the law's own form.

    Customers outside ``members`` get the weight of their size, for the day when they join.
    """
    if visits[members].sum() < _FEWEST_VISITS:
        # nobody knows whom they visit: by size, as reps do (Manchanda, Rossi, Chintagunta 2004)
        return np.exp(0.8 * size) / np.exp(0.8 * size).sum()
    design = np.column_stack([np.ones(len(size)), size] if np.ptp(size[members]) > 0 else [np.ones(len(size))])
    made, weeks = np.minimum(visits, visiting.MOST_RATE * exposure)[members], exposure[members]
    model = GLM(np.column_stack([made, weeks - made]), design[members], family=Binomial(link=CLogLog()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # customers who are all visited alike are no fault
        usual = np.exp(np.clip(design @ model.fit().params, -20.0, 1.2))
    rate = -np.expm1(-usual)
    # noise of a rate, and how far a rate goes with the log of the weight
    mean, bends = rate[members], (usual * np.exp(-usual))[members]
    noise = mean * (1.0 - mean) / weeks
    strays = (made / weeks - mean) ** 2
    spread = max(float(((strays - noise) * weeks).sum() / (bends**2 * weeks).sum()), 1e-3)
    rate[members] += spread * bends**2 / (spread * bends**2 + noise) * (made / weeks - mean)
    return visiting.weight_for(rate)


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
