"""Category months: in which calendar months the category is bought, beyond the waves of the season.

A month has four delivery days or five, and a wave through the year knows nothing of that. Months in which years do not
agree are drawn towards none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.calendar.season import Season
from twin.calibration.levels.months import LEAST_YEARS, MONTHS, drawn_months
from twin.calibration.levels.passing_noise import Record, expected_category, month_of_year


def learn_category_months(record: Record, season: Season, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Log volume of each month of the year about the season's: (d, 12) float; its exponential averages 1.

    What the season leaves, see :func:`twin.calibration.levels.months.drawn_months`. None under two whole years.

    Parameters
    ----------
    record : Record
    season : Season
    n_draws, seed : int
    """
    if record.volume.shape[2] < LEAST_YEARS * record.per_year:
        return np.zeros((n_draws, MONTHS))
    month = month_of_year(record.middle)
    seen, usual = record.volume.sum(axis=(0, 1)), expected_category(record, season).sum(axis=0)
    rows = []
    for year in np.unique(record.year):
        here = [(record.year == year) & (month == m) for m in range(MONTHS)]
        sums = np.array([[seen[one].sum(), usual[one].sum()] for one in here])
        if (sums > 0).all():
            rows.append(np.log(sums[:, 0] / sums[:, 1]))
    if len(rows) < LEAST_YEARS:
        return np.zeros((n_draws, MONTHS))
    drawn = drawn_months(np.array(rows)[:, :, None], ["category"], n_draws, seed)[:, 0]
    return np.asarray(drawn - np.log(np.exp(drawn).mean(axis=1, keepdims=True)))
