"""Visit channels: which channels the data can compare with a visit, and what a contact on each is worth in visits.

Point estimates only; see :mod:`twin.calibration.visits.fit` for their errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.levels.panel import Panel, stock_regressors
from twin.calibration.visits import fixed_effects
from twin.calibration.visits.fixed_effects import PoissonFit
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.parameters import PRIORS, Prior

MIN_CUSTOMERS = 50
MIN_CONTACTS = 200
"""A channel's worth is estimated from this many contacts with at least ``MIN_CUSTOMERS`` customers, if sharp enough."""
CLEAR = 2.0
"""So many standard errors from zero is a visit effect that something can be compared with."""
_GAUSS_NEWTON = 3
_BLUR = 2.0


@dataclass(frozen=True)
class Setting:
    """What the regressions share.

    Parameters
    ----------
    world : World
    panel : Panel
    effects : (h,) float, visits
        Worth of one contact of each channel.
    learnable : tuple of int
        Channels whose worth is estimated.
    beliefs : mapping of str to Prior
        In the place of the literature's priors.
    """

    world: World
    panel: Panel
    effects: NDArray[np.float64]
    learnable: tuple[int, ...]
    beliefs: Mapping[str, Prior]


def effect_name(channel: str) -> str:
    """Parameter whose prior speaks for a channel."""
    return f"effect_{channel}" if f"effect_{channel}" in PRIORS else "effect_other"


def prior_effects(world: World) -> NDArray[np.float64]:
    """Prior mean worth of one contact of each channel: (h,) float, visits."""
    return np.array([1.0 if h == VISIT else PRIORS[effect_name(name)].mean for h, name in enumerate(world.channels)])


def learnable_channels(panel: Panel) -> tuple[int, ...]:
    """Channels other than the visit with enough contacts and enough customers."""
    channel, customer = panel.touches.channel, panel.touches.customer
    enough = (
        (channel == h).sum() >= MIN_CONTACTS and len(np.unique(customer[channel == h])) >= MIN_CUSTOMERS
        for h in range(1, panel.n_channels)
    )
    return tuple(h for h, holds in enumerate(enough, start=1) if holds)


def clear_channels(setting: Setting, rho: float, fit: PoissonFit) -> tuple[int, ...]:
    """Channels that the data see at least half as sharply as their priors; the others would only blur the visit."""
    if not setting.learnable or fit.coefficients[0] < CLEAR * np.sqrt(fit.robust[0, 0]):
        return ()  # without a visit effect there is nothing to be relative to
    panel = setting.panel
    design, _ = stock_regressors(panel, rho, setting.effects, setting.learnable)
    wide = fixed_effects.fit(panel.working, design, panel.mask, panel.group, fit)
    sd = np.sqrt(np.diag(wide.robust))[1:] / fit.coefficients[0]
    return tuple(
        h for h, blur in zip(setting.learnable, sd) if blur < _BLUR * PRIORS[effect_name(setting.world.channels[h])].sd
    )


def channel_effects(setting: Setting, rho: float, fit: PoissonFit) -> NDArray[np.float64]:
    """Gauss-Newton on b log(1 + sum e_h A_h): the slope of regressor A_h / (1 + A) is b times the error of e_h."""
    panel, effects = setting.panel, setting.effects.copy()
    for _ in range(_GAUSS_NEWTON):
        design, _ = stock_regressors(panel, rho, effects, setting.learnable)
        fit = fixed_effects.fit(panel.working, design, panel.mask, panel.group, fit)
        if fit.coefficients[0] < CLEAR * np.sqrt(fit.robust[0, 0]):
            return setting.effects
        for place, h in enumerate(setting.learnable):
            prior = PRIORS[effect_name(setting.world.channels[h])]
            effects[h] = np.clip(effects[h] + fit.coefficients[1 + place] / fit.coefficients[0], prior.low, prior.high)
    return effects
