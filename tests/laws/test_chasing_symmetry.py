"""Chased demand: what two estimates owe to it, as a part of what contacts to come show; behind the priors."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest

from twin.calibration.visits.chased import CORRELATION, DEMAND, MONTHLY, RECORD
from twin.calibration.visits.unforetold import MEMORIES
from twin.response.parameters import PRIORS
from twin.response.visiting import RECENT_WEEKS

FREQUENCY = np.linspace(-np.pi, np.pi, 8192, endpoint=False)
LATER = np.exp(-1j * FREQUENCY)
FOUR_WEEKS = np.abs((1 + LATER + LATER**2 + LATER**3) / 4) ** 2
NOWHERE = np.zeros_like(LATER)
HALF_LIVES, LOOKS_BACK, LOUDNESS = (8, 13, 26, 52, 104), (0, 4, RECENT_WEEKS, 26), (1, 5, 30)


def parts(half_life, memory, noise, lumps, sees_demand=True, late=1) -> np.ndarray:
    """What the estimate of unforetold visits owes to demand, and that of all contacts with those to come beside: (2,).

    Over the coefficient of the mirrored stock, where visits follow demand and do nothing. Demand is an autoregression
    of that half-life, in weeks; purchases are demand and ``lumps`` times its variance of noise. Visits follow the
    moving average of demand, or of purchases, over ``memory`` weeks (0: this week's; last week's purchases) and vary
    besides by ``noise`` times as much; purchases foretell them ``late`` weeks later. Three independent sources: demand,
    lumps, other visits. Spectra give regressions of purchases on four-week means.
    """
    rho, phi = PRIORS["carryover"].mean, 0.5 ** (1 / half_life)
    demand = (np.sqrt(1 - phi**2) / (1 - phi * LATER), NOWHERE, NOWHERE)
    bought = (demand[0], np.sqrt(lumps) * np.ones_like(LATER), NOWHERE)
    heed = _fading(memory) * LATER if memory else (np.ones_like(LATER) if sees_demand else LATER)
    visits = [heed * source for source in (demand if sees_demand else bought)]
    visits[2] = visits[2] + np.sqrt(noise * _shared(visits, visits))
    past = [[LATER**late * _fading(weeks) * source for source in bought] for weeks in MEMORIES]
    slopes = np.linalg.solve(
        [[_shared(one, two) for two in past] for one in past], [_shared(one, visits) for one in past]
    )
    surprise = [visits[k] - sum(slope * one[k] for slope, one in zip(slopes, past)) for k in range(3)]
    gone, to_come = 1 / (1 - rho * LATER), 1 / (1 - rho / LATER)
    stock, mirror = ([each * way for each in visits] for way in (gone, to_come))
    unforetold = [each * gone for each in surprise]
    bias = _shared(unforetold, bought, FOUR_WEEKS) / _shared(unforetold, stock, FOUR_WEEKS)
    beside, shown = _regressed((stock, mirror), bought)
    return np.array([bias, beside]) / shown


def _fading(memory: float) -> np.ndarray:
    return 1 / memory / (1 - (1 - 1 / memory) * LATER)


def _shared(one, two, window=1.0) -> float:
    return sum(float((window * a * np.conj(b)).mean().real) for a, b in zip(one, two))


def _regressed(regressors, target) -> np.ndarray:
    left = [[_shared(one, two, FOUR_WEEKS) for two in regressors] for one in regressors]
    return np.linalg.solve(left, [_shared(one, target, FOUR_WEEKS) for one in regressors])


@cache
def every(sees_demand: bool, late: int) -> np.ndarray:
    cases = product(HALF_LIVES, LOOKS_BACK, LOUDNESS, LOUDNESS)
    return np.array([parts(*each, sees_demand, late) for each in cases])


VIEWS = {DEMAND: (True, 1), RECORD: (False, 1), MONTHLY: (False, 3)}
"""Purchases of a month are known three weeks later than a week's, on the mean of its weeks."""


def test_at_once_both_directions_of_time_are_alike():
    assert parts(26, 0, 5, 5)[1] == pytest.approx(1.0, abs=1e-6)


def test_the_later_the_answer_the_less_contacts_gone_by_owe_to_demand():
    found = [parts(26, memory, 5, 5)[1] for memory in LOOKS_BACK]
    assert (np.diff(found) < 0).all()
    assert -0.1 < found[2] < 0.4


def test_reps_who_follow_a_weekly_record_bias_no_unforetold_visit():
    """Memories between those of the rule are foretold by them all but for a few parts in a hundred."""
    found = every(False, 1)[:, 0]
    prior = PRIORS["recorded_bias"]
    assert abs(found.mean()) < 0.02 and found.std() < 0.04
    assert np.abs(found - prior.mean).max() < 2 * prior.sd


@pytest.mark.parametrize(
    ("view", "place"), [(DEMAND, 0), (DEMAND, 1), (RECORD, 1), (MONTHLY, 0), (MONTHLY, 1)], ids=str
)
def test_the_priors_are_what_reps_of_every_memory_give(view, place):
    prior, found = PRIORS[view[place]], every(*VIEWS[view])[:, place]
    assert found.mean() == pytest.approx(prior.mean, abs=0.02)
    assert found.std() == pytest.approx(prior.sd, abs=0.02)
    assert ((prior.low <= found) & (found <= prior.high)).mean() > 0.98


@pytest.mark.parametrize("view", [DEMAND, MONTHLY])
def test_the_two_go_together_as_is_believed(view):
    assert np.corrcoef(every(*VIEWS[view]).T)[0, 1] == pytest.approx(CORRELATION[view], abs=0.03)
