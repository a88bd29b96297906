"""What reps and channels do is carried on as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.calibration.visiting import _contact_rates, _rep_visits
from twin.market.channels import STANDARD, VISIT
from twin.market.history import Touches

EMAIL = STANDARD.index("email")


def touches(customer: np.ndarray, week: np.ndarray, channel: int) -> Touches:
    n = len(customer)
    return Touches(
        customer=customer.astype(np.int32),
        week=week.astype(np.int32),
        channel=np.full(n, channel, dtype=np.int8),
        rep=np.full(n, -1, dtype=np.int32),
    )


def test_a_year_of_contacts_is_expected_again_from_those_who_consent():
    rng = np.random.default_rng(1)
    consent = np.zeros((len(STANDARD), 300), dtype=bool)
    consent[EMAIL, :60] = True
    recent = touches(rng.integers(0, 60, 400), rng.integers(0, 52, 400), EMAIL)
    rate = _contact_rates(recent, consent)
    assert 52 * rate[EMAIL].sum() == pytest.approx(400)
    assert not rate[~consent].any()


def test_visits_without_a_name_go_to_reps_by_the_weeks_in_which_they_were_there():
    world, _ = lay_out(n=40, n_territories=2)
    reps, origin = world.reps, world.origin
    # the second rep left after half of the last year, and the first took the same territory over
    reps = replace(
        reps,
        territory=np.zeros(2, dtype=np.int32),
        start=np.array([origin - 26, origin - 500], dtype=np.int32),
        end=np.array([origin + 500, origin - 26], dtype=np.int32),
    )
    population = replace(world.population, territory=np.zeros(40, dtype=np.int32))
    week = np.repeat(np.arange(origin - 52, origin), 10)
    visits = touches(np.arange(len(week)) % 40, week, VISIT)
    assert _rep_visits(replace(world, reps=reps, population=population), visits)[0] == pytest.approx(10.0)
