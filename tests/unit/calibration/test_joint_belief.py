"""Elasticity, carry-over and curvature together: Bayes' rule, against one worked out point by point."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from twin.calibration.visits.carryover import Belief, surface_of
from twin.calibration.visits.chased import DEMAND, MONTHLY, RECORD, Beside, alone, views
from twin.calibration.visits.joint import drawn
from twin.calibration.visits.way import Capacity, follows_demand
from twin.response.parameters import PRIORS

RHO, CURVATURE = np.linspace(0.90, 0.96, 31), np.linspace(-1.0, 1.0, 41)
DRAWS = 4000


def _belief(spread: float) -> Belief:
    weight = stats.norm.pdf(RHO, 0.93, 0.01)[:, None] * stats.norm.pdf(CURVATURE, 0.0, spread)[None, :]
    return Belief(RHO, CURVATURE, weight / weight.sum(), "", "", True, True)


def _fitted(slope: float, sd: float, spread: float = 0.4, level: float = 0.3) -> SimpleNamespace:
    """An estimate whose elasticity goes up by ``slope`` for each unit of curvature, its error the same everywhere."""
    knots = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    near = [0.92, 0.93, 0.94]
    flat = [(rho, level) for rho in (0.90, 0.92, 0.93, 0.94, 0.96)]
    change = [[slope * q] * 3 for q in knots]
    quiet = [[0.0] * 3 for _ in knots]
    return SimpleNamespace(
        belief=_belief(spread), elasticity=level, views=lambda beliefs: (alone(level, sd),), degrees=400.0,
        shift=surface_of(flat, near, change, knots),
        log_error=surface_of([(rho, 0.0) for rho, _ in flat], near, quiet, knots),
    )  # fmt: skip


def _by_hand(fitted: SimpleNamespace, slope: float, sd: float) -> tuple[float, float, float]:
    """Mean and spread of the elasticity, and mean curvature, from all triples."""
    prior = PRIORS["visit_elasticity"]
    elasticity = np.linspace(-1.5, 2.5, 2001)
    asked = fitted.elasticity + slope * CURVATURE
    chance = fitted.belief.weight.sum(axis=0)[:, None] * stats.norm.pdf(asked[:, None], elasticity[None, :], sd)
    chance = chance * stats.norm.pdf(elasticity, prior.mean, prior.sd)[None, :]
    chance /= chance.sum()
    mean = float(chance.sum(axis=0) @ elasticity)
    spread = float(np.sqrt(chance.sum(axis=0) @ (elasticity - mean) ** 2))
    return mean, spread, float(chance.sum(axis=1) @ CURVATURE)


@pytest.mark.parametrize(("slope", "sd"), [(0.0, 0.05), (0.6, 0.03), (1.0, 0.10), (-0.8, 0.30)])
def test_draws_follow_bayes_rule(slope: float, sd: float) -> None:
    fitted = _fitted(slope, sd)
    found = drawn(fitted, DRAWS, 1, {})
    mean, spread, curvature = _by_hand(fitted, slope, sd)
    assert found.elasticity.mean() == pytest.approx(mean, abs=0.01)
    assert found.elasticity.std() == pytest.approx(spread, rel=0.06)
    assert found.curvature.mean() == pytest.approx(curvature, abs=0.03)


def test_a_curve_that_asks_for_an_absurd_elasticity_is_believed_less() -> None:
    fitted = _fitted(slope=1.5, sd=0.02, level=0.8)
    found = drawn(fitted, DRAWS, 1, {})
    assert found.curvature.mean() < -0.15 and found.elasticity.mean() < 0.6


def test_the_spread_of_the_data_alone_is_told_apart_from_what_is_believed_in_the_end() -> None:
    fitted = _fitted(slope=0.0, sd=0.4)
    found = drawn(fitted, DRAWS, 1, {})
    assert found.sd == pytest.approx(0.4, rel=0.01)
    assert found.elasticity.std() < PRIORS["visit_elasticity"].sd


SAMPLING = np.diag([0.04, 0.03, 0.03]) ** 2
LEAD = 0.4


def _found(effect: float, view: tuple[str, str]) -> tuple[float, Beside]:
    """What is found where a view holds and each estimate owes to demand what is believed of it on average."""
    bias, beside = (PRIORS[name].mean * LEAD for name in view)
    return effect + bias, Beside(effect + beside, LEAD)


@pytest.mark.parametrize("record", [RECORD, MONTHLY])
def test_each_view_finds_the_effect_where_it_holds(record: tuple[str, str]) -> None:
    for place, view in enumerate((record, DEMAND)):
        assert views(*_found(0.25, view), SAMPLING, record, {})[place].centre == pytest.approx(0.25, abs=1e-9)


def test_a_weekly_record_that_tells_all_leaves_little_to_be_believed() -> None:
    record, demand = views(*_found(0.25, RECORD), SAMPLING, RECORD, {})
    assert record.noise < 0.07 and demand.noise > 0.15
    assert record.sampled > 0.4 and demand.sampled < 0.2
    # an effect out of all experience speaks for reps who see demand
    prior = PRIORS["visit_elasticity"]
    near, far = (
        [one.log_chance + stats.norm.logpdf(one.centre, prior.mean, np.hypot(one.noise, prior.sd)) for one in
         views(*_found(effect, RECORD), SAMPLING, RECORD, {})] for effect in (0.25, 0.75)
    )  # fmt: skip
    assert far[0] - far[1] < near[0] - near[1] - 1.0


def test_where_nobody_chases_both_views_agree() -> None:
    record, demand = views(0.25, Beside(0.25, 0.0), np.diag([0.04, 0.04, 1e-9]) ** 2, RECORD, {})
    assert record.centre == pytest.approx(demand.centre) and record.noise == pytest.approx(demand.noise)
    assert record.log_chance == pytest.approx(demand.log_chance)


def test_without_a_rule_contacts_to_come_alone_correct_the_estimate() -> None:
    (only,) = views(0.9, Beside(0.41, LEAD), SAMPLING, None, {})
    part = PRIORS["chasing_symmetry"]
    assert only.centre == pytest.approx(0.41 - part.mean * LEAD)
    assert only.noise == pytest.approx(np.sqrt(0.03**2 * (1 + part.mean**2) + (part.sd * LEAD) ** 2))


def test_views_are_mixed_by_their_chance_and_by_what_all_experience_says() -> None:
    fitted = _fitted(slope=0.0, sd=0.02)
    both = alone(0.2, 0.02), alone(0.5, 0.02)
    found = drawn(SimpleNamespace(**{**vars(fitted), "views": lambda beliefs: both}), DRAWS, 1, {})
    prior = PRIORS["visit_elasticity"]
    chance = stats.norm.pdf([0.2, 0.5], prior.mean, np.hypot(prior.sd, 0.02))
    assert found.suffices == pytest.approx(chance[0] / chance.sum(), abs=0.01)
    assert (found.elasticity < 0.35).mean() == pytest.approx(found.suffices, abs=0.03)
    share = found.suffices
    assert found.sd == pytest.approx(np.sqrt(0.02**2 + share * (1 - share) * 0.3**2), rel=0.03)


def test_visits_follow_demand_where_it_lasts_or_where_capacity_says_so() -> None:
    told = Capacity(20, 0.3, strength=40.0, lead=0.5, effect=0.1, error=0.02, unexplained=5.0)
    assert follows_demand(8.0, 4.0, Capacity(5, 0.0))
    assert not follows_demand(8.0, 1.0, Capacity(5, 0.0))
    assert follows_demand(8.0, 1.0, told)
    assert not follows_demand(1.0, 4.0, told)
    assert not follows_demand(8.0, 1.0, dataclasses.replace(told, strength=3.0))
    assert not follows_demand(8.0, 1.0, dataclasses.replace(told, unexplained=1.0))
