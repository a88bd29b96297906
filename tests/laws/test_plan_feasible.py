"""Every plan can be carried out, and sends reps where the simulated reps would go."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from plan_worlds import MONDAY, QUICK, Size, conditions_of, planned, small_world

from twin.agents.model import TwinModel
from twin.agents.recorder import Totals
from twin.draws import Key
from twin.planning.checker import check_plan
from twin.planning.settings import PlanSettings
from twin.planning.targets import aims
from twin.scenario.scenario import (
    BASELINE,
    FieldForce,
    Frequency,
    Journey,
    MarketEvents,
    RepChange,
    Scenario,
    Shock,
    Step,
    Targeting,
)

SIZES = {
    "town": Size(),
    "country": Size(customers=500, radius_km=60, visits_per_week=40, placed=0.8),
    "shared": Size(customers=500, territories=2, reps_per_territory=3),
    "homeless": Size(homes=False, with_hours=0.9),
    "crowded": Size(customers=40, visits_per_week=30.5),
}
SCENARIOS = {
    "baseline": BASELINE,
    "dark": Scenario(
        "dark",
        targeting=Targeting(unknown_share=0.5, unknown_rank="expected_gain", known_rank="potential", drop_small=0.3),
    ),
    "asked": Scenario(
        "asked",
        targeting=Targeting(
            known_rank="random",
            unknown_rank="digital_affinity",
            frequency=(Frequency(4.0, "digital_affinity > 0.8"), Frequency(1.5, "outlet_type = 'kiosk'")),
        ),
        journeys=(
            Journey(
                (Step("visit"), Step("whatsapp", 3, "no_order"), Step("visit", 10, "opened")),
                "a",
                "digital_affinity > 0.5",
            ),
            Journey((Step("email", times=2), Step("visit", 7, "opened"), Step("phone", 2)), "b"),
        ),
    ),
    "moved": Scenario(
        "moved",
        field_force=FieldForce(capacity_factor=1.3, changes=(RepChange("T1", 2), RepChange("T2", -1))),
        market=MarketEvents(shocks=(Shock(start=MONDAY, weeks=3, channel_factor={"visit": 0.4}),)),
    ),
}
STARTS = (MONDAY, dt.date(2026, 2, 5), dt.date(2026, 3, 9), dt.date(2026, 5, 18))
"""Four plain weeks, the middle of a week, the feast of Ramadan, the feast of sacrifice."""


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("size", SIZES)
def test_a_plan_breaks_no_rule(size, scenario):
    for start in STARTS:
        plan, world, _, conditions = planned(SIZES[size], SCENARIOS[scenario], start=start)
        assert check_plan(plan, world, conditions, QUICK) == ()
        assert len(plan) >= 0.5 * SIZES[size].customers


def test_other_working_hours_are_kept_too():
    settings = PlanSettings(
        country="FR", weekdays=(1, 2, 5), day_start=7.5, day_end=13.0, lunch_start=9.0, lunch_end=9.0,
        half_day_end=12.0, turns_per_visit=10, starts=1,
    )  # fmt: skip
    plan, world, _, conditions = planned(settings=settings)
    assert check_plan(plan, world, conditions, settings) == () and len(plan) > 50


def test_planned_frequencies_are_those_of_the_simulated_reps():
    """Mean of 80 runs of 4 weeks against the plan's rates.

    A customer's mean number of visits has a standard error of at most 0.11, the correlation over 120 customers is above
    0.95 when the rates are right; 0.9 is missed by chance less than once in 1,000 runs.
    """
    size = Size(customers=120, territories=2, consent=0.8, with_hours=0.0, visits_per_week=12)
    world, market = small_world(size)
    conditions = conditions_of(world, market)
    visits = np.zeros(size.customers)
    for replicate in range(80):
        model = TwinModel(world, market, conditions, Key(7, 0, replicate), Totals(world, 4))
        for _ in range(4):
            model.step()
            visits += model.calling.visited / 80
    everyone = np.ones(size.customers, dtype=bool)
    wanted = aims(world, market, conditions, weeks=slice(0, 4), reachable=everyone, settings=PlanSettings())
    assert np.corrcoef(visits, 4 * wanted.rate)[0, 1] > 0.9
    assert np.isclose(visits.sum(), 4 * wanted.rate.sum(), atol=0.5)
    assert np.isclose(visits[wanted.buys].sum(), 4 * wanted.rate[wanted.buys].sum(), rtol=0.05)
