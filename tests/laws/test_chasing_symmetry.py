"""Chased demand: what each figure owes to it, as a part of what contacts to come show; behind three priors."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from twin.calibration.visits.chased import CORRELATION
from twin.calibration.visits.unforetold import MEMORIES
from twin.response.parameters import PRIORS
from twin.response.visiting import RECENT_WEEKS

FREQUENCY = np.linspace(-np.pi, np.pi, 8192, endpoint=False)
LATER = np.exp(-1j * FREQUENCY)
FOUR_WEEKS = np.abs((1 + LATER + LATER**2 + LATER**3) / 4) ** 2
NOWHERE = np.zeros_like(LATER)
HALF_LIVES, LOOKS_BACK, LOUDNESS = (8, 13, 26, 52, 104), (0, 4, RECENT_WEEKS, 26), (1, 5, 30)


def parts(half_life, memory, noise, lumps, sees_demand=True, rho=PRIORS["carryover"].mean) -> np.ndarray:
    """Bias of unforetold visits, of all contacts with those to come beside, and lead of unforetold ones: (3,).

    Over the coefficient of the mirrored stock, where visits follow demand and do nothing. Demand is an autoregression
    of that half-life, in weeks; purchases are demand and ``lumps`` times its variance of noise. Visits follow the
    moving average of demand, or of purchases, over ``memory`` weeks (0: this week's) and vary besides by ``noise``
    times as much. Three independent sources: demand, lumps, other visits. Spectra give regressions on four-week means.
    """
    phi = 0.5 ** (1 / half_life)
    demand = (np.sqrt(1 - phi**2) / (1 - phi * LATER), NOWHERE, NOWHERE)
    bought = (demand[0], np.sqrt(lumps) * np.ones_like(LATER), NOWHERE)
    heed = _fading(memory) * LATER if memory else (np.ones_like(LATER) if sees_demand else LATER)
    visits = [heed * source for source in (demand if sees_demand else bought)]
    visits[2] = visits[2] + np.sqrt(noise * _shared(visits, visits))
    past = [[LATER * _fading(weeks) * source for source in bought] for weeks in MEMORIES]
    slopes = np.linalg.solve(
        [[_shared(one, two) for two in past] for one in past], [_shared(one, visits) for one in past]
    )
    surprise = [visits[k] - sum(slope * one[k] for slope, one in zip(slopes, past)) for k in range(3)]
    gone, to_come = 1 / (1 - rho * LATER), 1 / (1 - rho / LATER)
    stock, mirror = ([each * way for each in visits] for way in (gone, to_come))
    unforetold, ahead = ([each * way for each in surprise] for way in (gone, to_come))
    bias = _shared(unforetold, demand, FOUR_WEEKS) / _shared(unforetold, stock, FOUR_WEEKS)
    lead = _regressed((unforetold, ahead), (stock, ahead), demand)[1]
    beside, shown = _regressed((stock, mirror), (stock, mirror), demand)
    return np.array([bias, beside, lead]) / shown


def _fading(memory: float) -> np.ndarray:
    return 1 / memory / (1 - (1 - 1 / memory) * LATER)


def _shared(one, two, window=1.0) -> float:
    return sum(float((window * a * np.conj(b)).mean().real) for a, b in zip(one, two))


def _regressed(instruments, regressors, target) -> np.ndarray:
    left = [[_shared(z, x, FOUR_WEEKS) for x in regressors] for z in instruments]
    return np.linalg.solve(left, [_shared(z, target, FOUR_WEEKS) for z in instruments])


def every(sees_demand: bool) -> np.ndarray:
    cases = product(HALF_LIVES, LOOKS_BACK, LOUDNESS, LOUDNESS)
    return np.array([parts(*each, sees_demand) for each in cases])


@pytest.fixture(scope="module")
def seeing():
    return every(True)


def test_at_once_both_directions_of_time_are_alike():
    assert parts(26, 0, 5, 5)[1] == pytest.approx(1.0, abs=1e-6)


def test_the_later_the_answer_the_less_contacts_gone_by_owe_to_demand():
    found = [parts(26, memory, 5, 5)[1] for memory in LOOKS_BACK]
    assert (np.diff(found) < 0).all()
    assert -0.1 < found[2] < 0.4


def test_reps_who_follow_the_record_bias_no_unforetold_visit():
    """Memories between those of the rule are foretold by them all but for a few parts in a hundred."""
    found = every(False)
    assert np.abs(found[:, [0, 2]].mean(axis=0)).max() < 0.02
    assert found[:, [0, 2]].std(axis=0).max() < 0.08


@pytest.mark.parametrize(("place", "name"), [(0, "chasing_bias"), (1, "chasing_symmetry"), (2, "chasing_lead")])
def test_the_priors_are_what_reps_of_every_memory_give(seeing, place, name):
    prior, found = PRIORS[name], seeing[:, place]
    assert found.mean() == pytest.approx(prior.mean, abs=0.03)
    assert found.std() == pytest.approx(prior.sd, abs=0.03)
    inside = (prior.low <= found) & (found <= prior.high)
    assert inside.mean() > 0.98


def test_the_figures_go_together_as_is_believed(seeing):
    np.testing.assert_allclose(np.corrcoef(seeing.T), CORRELATION, atol=0.05)
    assert np.linalg.eigvalsh(CORRELATION).min() > 0
