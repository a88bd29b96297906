"""Category months: in which calendar months the category is bought, beyond the waves of the season.

A month has four delivery days or five, and a wave through the year knows nothing of that. Months in which years do not
agree are drawn towards none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin.calibration.calendar.season import Season
from twin.calibration.levels.passing_noise import Record, expected_category, month_of_year
from twin.response.parameters import parameter_uniforms

_MONTHS = 12


def learn_category_months(record: Record, season: Season, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Log volume of each month of the year about the season's: (d, 12) float; its exponential averages 1.

    Mean over years of what the season leaves, about the mean of its own year, times ``signal / (signal + noise)``; the
    noise is how much years disagree. None under two whole years.

    Parameters
    ----------
    record : Record
    season : Season
    n_draws, seed : int
    """
    if record.volume.shape[2] < 2 * record.per_year:
        return np.zeros((n_draws, _MONTHS))
    month = month_of_year(record.middle)
    seen, usual = record.volume.sum(axis=(0, 1)), expected_category(record, season).sum(axis=0)
    rows = []
    for year in np.unique(record.year):
        here = [(record.year == year) & (month == m) for m in range(_MONTHS)]
        sums = np.array([[seen[one].sum(), usual[one].sum()] for one in here])
        if (sums > 0).all():
            rows.append(np.log(sums[:, 0] / sums[:, 1]))
    if len(rows) < 2:
        return np.zeros((n_draws, _MONTHS))
    left = np.array(rows)
    left -= left.mean(axis=1, keepdims=True)
    mean = left.mean(axis=0)
    noise = float(left.var(axis=0, ddof=1).mean()) / len(left)
    signal = max(float(np.square(mean).mean()) - noise, 0.0)
    part = signal / (signal + noise) if signal > 0 else 0.0
    names = [f"month:category:{m + 1}" for m in range(_MONTHS)]
    z = np.stack([special.ndtri(parameter_uniforms(name, n_draws, seed)) for name in names], axis=1)
    drawn = part * mean + np.sqrt(part * noise) * z
    return np.asarray(drawn - np.log(np.exp(drawn).mean(axis=1, keepdims=True)))
