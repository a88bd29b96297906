"""Elementary functions: near the exact values in single precision, the same bits compiled, and limits that hold."""

from __future__ import annotations

import numpy as np
import pytest

from twin.response import elementary

EPS = 2.0**-23
RANGES = {
    "exp": np.linspace(-80, 80, 400_001),
    "expm1": np.concatenate([-np.logspace(-12, 1.5, 200_001), np.logspace(-12, 1.5, 200_001)]),
    "log": np.concatenate([np.logspace(-36, 37, 400_001), np.linspace(0.5, 2.0, 200_001)]),
    "log1p": np.logspace(-3, 6, 200_001),
}


@pytest.mark.parametrize("name", list(RANGES))
def test_single_precision_is_good_to_its_last_two_units(name):
    x = RANGES[name].astype(np.float32)
    x = x[x != 1.0]
    found, exact = getattr(elementary, name)(x), getattr(np, name)(x.astype(np.float64))
    assert found.dtype == np.float32
    # one is added before the logarithm is taken, so near zero the error is that of one, and not that of x
    scale = np.maximum(np.abs(exact), 1.0) if name == "log1p" else np.abs(exact)
    assert (np.abs(found - exact) / scale).max() < 2 * EPS


@pytest.mark.parametrize("name", list(RANGES))
def test_double_precision_is_numpys(name):
    x = RANGES[name][::1000]
    assert np.array_equal(getattr(elementary, name)(x), getattr(np, name)(x))


def test_limits_stay_finite():
    x = np.array([-1e30, -200.0, 200.0, 1e30], dtype=np.float32)
    assert np.isfinite(elementary.exp(x)).all() and (elementary.exp(x) > 0).all()
    assert np.isfinite(elementary.log(np.array([0.0, 1e-45, 3e38], dtype=np.float32))).all()
    assert elementary.log(np.float32(1.0)) == 0.0 and elementary.exp(np.float32(0.0)) == 1.0


def test_whole_powers():
    base = np.array([0.94, 0.5, 0.0, 1.0], dtype=np.float32)
    for count in range(8):
        found = elementary.whole_power(base, np.full(4, count))
        np.testing.assert_allclose(found, base.astype(np.float64) ** count, rtol=1e-6)


def test_compiled_functions_give_the_same_bits():
    from twin.engine.compiling import compiled

    @compiled
    def everything(x, y, out):
        for i in range(x.size):
            out[0, i] = elementary.exp(x[i])
            out[1, i] = elementary.expm1(x[i])
            out[2, i] = elementary.log(y[i])
            out[3, i] = elementary.log1p(y[i])

    rng = np.random.default_rng(8)
    x = rng.normal(0, 20, 100_003).astype(np.float32)
    y = rng.lognormal(0, 10, 100_003).astype(np.float32)
    out = np.empty((4, len(x)), dtype=np.float32)
    everything(x, y, out)
    functions = (elementary.exp, elementary.expm1), (elementary.log, elementary.log1p)
    for row, (function, values) in enumerate([(f, x) for f in functions[0]] + [(f, y) for f in functions[1]]):
        assert np.array_equal(out[row].view(np.int32), function(values).view(np.int32)), function
