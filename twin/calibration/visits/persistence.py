"""Does a customer's demand stay up or down for a quarter, beyond what contacts and territory explain?

Visits that follow past purchases hurt an estimate only where demand lasts: an accident of one month that draws a visit
in the next is over by then. Knows the fit's residuals; no prior.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel
from twin.calibration.visits import fixed_effects
from twin.calibration.visits.channels import CLEAR

LEAD_LIMIT = CLEAR
"""t of the lead test, either way."""
LASTING_LIMIT = 2.0
"""t of demand that lasts, one-sided."""
_NEAR_WEEKS, _FAR_WEEKS = 6.0, 18.0
"""Pairs of periods so far apart: nearer ones share orders that fell just before or after the turn of the month."""


def chases(lead: float, lasting: float) -> bool:
    """Whether visits and demand go together for reasons of demand: visits follow it, and it lasts until they come.

    Where visits follow no more than the accidents of past months, contacts gone by owe nothing to demand. Where
    history is too short to tell whether demand lasts (``nan``), the lead test alone decides.
    """
    return abs(lead) >= LEAD_LIMIT and not lasting < LASTING_LIMIT


def lasting_demand(panel: Panel, design: NDArray[np.float32], fit: fixed_effects.PoissonFit) -> tuple[float, float]:
    """Variance of log demand that outlasts a quarter, and its t, by customer; ``nan`` where history is too short.

    Products of residuals of one customer, periods of a quarter apart. What the customer's own effect takes from each
    product, because residuals of a customer sum to zero, is put back.

    Parameters
    ----------
    panel : Panel
    design : (k, c, p) float32
    fit : PoissonFit
        On that design.
    """
    weeks = float(np.median(panel.periods.weeks_in()))
    lags = [k for k in range(1, len(panel.periods)) if _NEAR_WEEKS <= k * weeks <= _FAR_WEEKS]
    products, means, noise = [], [], []
    for _, mask, y, mean in fixed_effects.means(panel.working, design, panel.mask, panel.group, fit):
        mu = np.where(mask, mean, 0.0)
        residual = np.where(mask, y - mu, 0.0)
        total, squares = mu.sum(axis=1), (residual**2).sum(axis=1)
        usual = squares / np.maximum(total - (mu**2).sum(axis=1) / np.maximum(total, 1e-300), 1e-300)
        together, pairs = np.zeros(len(mu)), np.zeros(len(mu))
        for k in lags:  # three or four
            pairs += (mu[:, k:] * mu[:, :-k]).sum(axis=1)
            together += (residual[:, k:] * residual[:, :-k]).sum(axis=1)
        products.append(together + usual * pairs / np.maximum(total, 1e-300))
        means.append(pairs)
        noise.append(squares)
    if not lags or not products:
        return float("nan"), float("nan")
    product, pair, square = (np.concatenate(each) for each in (products, means, noise))
    # a large customer's lumps must not speak for all
    weight = np.where(square > 0, 1.0 / np.maximum(square, 1e-300), 0.0)
    whole = float(weight @ pair)
    if whole <= 0:
        return float("nan"), float("nan")
    variance = float(weight @ product) / whole
    sd = float(np.sqrt(((weight * (product - variance * pair)) ** 2).sum())) / whole
    return variance, variance / sd if sd > 0 else float("nan")
