"""Chasing symmetry: what contacts gone by owe to demand, as a part of what contacts to come show; behind its prior."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from twin.response.parameters import PRIORS
from twin.response.visiting import RECENT_WEEKS

FREQUENCY = np.linspace(-np.pi, np.pi, 8192, endpoint=False)
LATER = np.exp(-1j * FREQUENCY)
FOUR_WEEKS = np.abs((1 + LATER + LATER**2 + LATER**3) / 4) ** 2


def symmetry(half_life: float, memory: float, noise: float, rho: float = PRIORS["carryover"].mean) -> float:
    """Coefficient of the stock over that of the mirrored stock, where visits follow demand and do nothing.

    Demand is an autoregression of that half-life, in weeks. Visits follow its moving average over ``memory`` weeks (0:
    this week's) and vary besides by ``noise`` times as much. Spectra give the regression on four-week means.
    """
    phi = 0.5 ** (1 / half_life)
    demand = (1 - phi**2) / np.abs(1 - phi * LATER) ** 2
    seen = LATER / memory / (1 - (1 - 1 / memory) * LATER) if memory else np.ones_like(LATER)
    visits = demand * np.abs(seen) ** 2
    visits = visits + noise * visits.mean()
    gone, to_come = 1 / (1 - rho * LATER), 1 / (1 - rho / LATER)
    apart, both = ((visits * x * FOUR_WEEKS).mean().real for x in (np.abs(gone) ** 2, gone * np.conj(to_come)))
    shown = [(demand * np.conj(seen * stock) * FOUR_WEEKS).mean().real for stock in (gone, to_come)]
    found = np.linalg.solve([[apart, both], [both, apart]], shown)
    return float(found[0] / found[1])


def test_at_once_both_directions_of_time_are_alike():
    assert symmetry(26, 0, 5) == pytest.approx(1.0, abs=1e-6)


def test_the_later_the_answer_the_less_contacts_gone_by_owe_to_demand():
    parts = [symmetry(26, memory, 5) for memory in (0, 4, RECENT_WEEKS, 26)]
    assert (np.diff(parts) < 0).all()
    assert -0.1 < parts[2] < 0.4


def test_the_prior_is_what_reps_of_every_memory_give():
    parts = [symmetry(*each) for each in product((8, 13, 26, 52, 104), (0, 4, RECENT_WEEKS, 26), (1, 5, 30))]
    prior = PRIORS["chasing_symmetry"]
    assert np.mean(parts) == pytest.approx(prior.mean, abs=0.03)
    assert np.std(parts) == pytest.approx(prior.sd, abs=0.03)
    assert prior.low <= min(parts) and max(parts) <= prior.high
