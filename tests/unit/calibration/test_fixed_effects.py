"""Fixed-effects Poisson regression against a general solver and against its own invariances."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from twin.calibration.visits import fixed_effects
from twin.calibration.visits.demeaning import residuals
from twin.errors import CalibrationError


def panel(customers=40, periods=8, groups=2, level=1.0):
    """Counts that depend on size, on the group's season and on regressors that go with size."""
    rng = np.random.default_rng(0)
    group = np.arange(customers) % groups
    size, season = rng.normal(level, 1, customers), rng.normal(0, 0.3, (groups, periods))
    x = np.log1p(rng.gamma(1, 1, (2, customers, periods)) * np.exp(0.5 * size)[:, None])
    y = rng.poisson(np.exp(size[:, None] + season[group] + 0.3 * x.sum(axis=0))).astype(float)
    return y, x, rng.random((customers, periods)) > 0.1, group


def with_dummies(y, x, mask, group):
    """The same regression with one dummy for each customer and for each cell."""
    sold = np.where(mask, y, 0)
    periods = y.shape[1]
    cell = group[:, None] * periods + np.arange(periods)
    by_cell = np.bincount(cell.ravel(), sold.ravel())
    use = mask & (sold.sum(axis=1) > 0)[:, None] & (by_cell[cell] > 0)
    who = np.nonzero(use)[0]
    dummies = np.column_stack([np.eye(len(y))[who], np.eye(len(by_cell))[cell[use]]])
    dummies = dummies[:, dummies.any(axis=0)]
    # one cell of each group after the first is implied by the others
    redundant = len(np.unique(who)) + np.array([np.flatnonzero(np.unique(cell[use]) // periods == g)[0]
                                                for g in np.unique(group)])  # fmt: skip
    design = np.column_stack([*(one[use] for one in x), np.delete(dummies, redundant, axis=1)])
    return sm.GLM(y[use], design, family=sm.families.Poisson()).fit(tol=1e-13, maxiter=100, scale="X2")


@pytest.mark.parametrize("groups", [1, 3])
def test_agrees_with_a_general_solver_that_has_every_dummy(groups):
    data = panel(groups=groups)
    found, oracle = fixed_effects.fit(*data), with_dummies(*data)
    assert found.converged
    np.testing.assert_allclose(found.coefficients, oracle.params[:2], atol=1e-6)
    np.testing.assert_allclose(found.deviance, oracle.deviance, rtol=1e-6)
    np.testing.assert_allclose(found.dispersion, oracle.scale, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, oracle.cov_params()[:2, :2], rtol=1e-5)
    assert found.n == oracle.nobs


def test_customers_and_cells_without_sales_change_nothing():
    y, x, mask, group = panel()
    y[3], y[group == 1, 5] = 0, 0
    silent = mask.copy()
    silent[3], silent[group == 1, 5] = False, False
    found, bare = fixed_effects.fit(y, x, mask, group), fixed_effects.fit(y, x, silent, group)
    np.testing.assert_allclose(found.coefficients, bare.coefficients, rtol=1e-10)
    assert (found.n, found.n_customers) == (bare.n, bare.n_customers)


def test_unit_of_volume_scales_dispersion_alone():
    y, x, mask, group = panel()
    one, thousand = fixed_effects.fit(y, x, mask, group), fixed_effects.fit(1000 * y, x, mask, group)
    np.testing.assert_allclose(thousand.coefficients, one.coefficients, rtol=1e-7)
    np.testing.assert_allclose(thousand.covariance, one.covariance, rtol=1e-6)
    np.testing.assert_allclose(thousand.robust, one.robust, rtol=1e-6)
    np.testing.assert_allclose(thousand.dispersion, 1000 * one.dispersion, rtol=1e-6)


def test_order_of_customers_does_not_matter():
    y, x, mask, group = panel()
    order = np.random.default_rng(1).permutation(len(y))
    one = fixed_effects.fit(y, x, mask, group)
    other = fixed_effects.fit(y[order], x[:, order], mask[order], group[order])
    np.testing.assert_allclose(other.coefficients, one.coefficients, rtol=1e-8)


def test_blocks_of_customers_do_not_matter(monkeypatch):
    data = panel()
    one = fixed_effects.fit(*data)
    monkeypatch.setattr(fixed_effects, "_BLOCK_CELLS", 24)
    np.testing.assert_allclose(fixed_effects.fit(*data).coefficients, one.coefficients, rtol=1e-10)


def test_a_warm_start_changes_nothing_but_the_way():
    y, x, mask, group = panel()
    narrow = fixed_effects.fit(y, x[:1], mask, group)
    cold, warm = fixed_effects.fit(y, x, mask, group), fixed_effects.fit(y, x, mask, group, narrow)
    np.testing.assert_allclose(warm.coefficients, cold.coefficients, rtol=1e-7)


def test_effects_that_run_off_to_infinity_do_not_disturb_the_coefficients():
    y, x, mask, group = panel(customers=60, periods=30, groups=6, level=-3.0)
    found = fixed_effects.fit(y, x, mask, group)
    assert found.converged
    assert np.isfinite(found.coefficients).all()
    assert np.isfinite(found.covariance).all()


def test_a_regressor_that_effects_absorb_is_refused():
    y, x, mask, group = panel()
    x[1] = x[1, :, :1] + np.arange(y.shape[1])
    with pytest.raises(CalibrationError, match="vary inside customers"):
        fixed_effects.fit(y, x, mask, group)


def test_two_regressors_that_move_together_are_refused():
    y, x, mask, group = panel()
    x[1] = 2 * x[0] + 1
    with pytest.raises(CalibrationError, match="move together"):
        fixed_effects.fit(y, x, mask, group)


def test_a_panel_without_sales_is_refused():
    y, x, mask, group = panel()
    with pytest.raises(CalibrationError, match="two customers with sales"):
        fixed_effects.fit(0 * y, x, mask, group)


def test_linear_residuals_equal_those_with_every_dummy():
    y, x, mask, group = panel()
    left, strength = residuals(y, x, mask, group)
    who, when = np.nonzero(mask)
    cell = np.unique(group[who] * y.shape[1] + when, return_inverse=True)[1]
    design = np.column_stack([*(one[mask] for one in x), np.eye(len(y))[who], np.eye(cell.max() + 1)[cell]])
    expected = y[mask] - design @ np.linalg.lstsq(design, y[mask])[0]
    np.testing.assert_allclose(left[mask], expected, atol=1e-6 * y.std())
    assert strength > 0
