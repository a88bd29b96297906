"""Visit counts: visits to the customers of a panel, in each period and after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel
from twin.market.channels import VISIT
from twin.weeks import week_of


def visits_by_period(panel: Panel) -> NDArray[np.float32]:
    """Visits in each period, a week that straddles two being shared: (c, p) float32."""
    out = np.zeros(panel.volume.shape, dtype=np.float32)
    for rows, counts in panel.contacts([VISIT]):
        out[rows] = np.asarray(panel.weights() @ counts[0].T).T
    return out


def visits_after(panel: Panel, weeks: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Visits in the weeks that follow each period: (c, p) float32, and for which periods that is known: (p,) bool."""
    begin = week_of(panel.periods.stop - 1) + 1 - panel.first_week
    last = int(panel.touches.week[panel.touches.channel == VISIT].max(initial=-1)) + 1
    seen = begin + weeks <= last
    out = np.zeros(panel.volume.shape, dtype=np.float32)
    for rows, counts in panel.contacts([VISIT]):
        running = np.concatenate([np.zeros((counts.shape[1], 1), np.float32), counts[0].cumsum(axis=1)], axis=1)
        out[rows] = running[:, np.minimum(begin + weeks, panel.n_weeks)] - running[:, np.minimum(begin, panel.n_weeks)]
    return out, seen
