"""The mirrored stock is the regressor of the response with time turned round, habit included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from visit_worlds import Plan, planted

from twin.calibration.levels.panel import build, stock_regressors
from twin.calibration.visits.bias import mirrored
from twin.weeks import mondays

RHO, CURVATURE = 0.9, -0.3
WORTH = np.r_[1.0, np.zeros(6)]


@pytest.mark.parametrize("echo", [0.0, 0.12])
def test_a_record_told_backwards_has_the_mirror_as_its_regressor(echo: float):
    world, history = planted(Plan(customers=40, weeks=156, territories=2), 5)
    panel = replace(build(world, history), echo=echo)
    # weeks are the periods of this test, so that turning round keeps them whole; contacts fill the record
    weekly = replace(panel.periods, kind="week")
    starts = mondays(panel.first_week + np.arange(panel.n_weeks))
    periods = replace(weekly, start=starts, stop=starts + np.timedelta64(7, "D"))
    blank = np.ones((len(panel), panel.n_weeks))
    panel = replace(
        panel, periods=periods, volume=blank, mask=blank > 0, established=np.ones(len(panel), dtype=bool),
        headroom=np.linspace(0.8, 1.2, len(panel)),
    )  # fmt: skip
    last = int(panel.touches.week.max())
    assert last == panel.n_weeks - 1
    touches = panel.touches
    back = replace(panel, touches=replace(touches, week=(last - touches.week).astype(np.int32)))
    (expected,), _ = stock_regressors(back, RHO, WORTH, curvature=CURVATURE)
    found, seen = mirrored(panel, RHO, WORTH, CURVATURE)
    np.testing.assert_allclose(found, expected[:, ::-1], rtol=1e-4, atol=1e-5)
    assert seen.sum() == panel.n_weeks - 13
