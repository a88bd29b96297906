"""Parameters of the market: names, units, priors with their sources, and draws.

One prior per parameter stands here and nowhere else. Knows no equation; see the other modules of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.draws import Key, Purpose, identity, uniforms


@dataclass(frozen=True)
class Prior:
    """What is believed of a parameter before the data speak: a truncated normal.

    Parameters
    ----------
    unit : str
    mean, sd : float
        Of the normal before it is cut.
    low, high : float
        Bounds.
    source : str
        Where the figures come from.
    """

    unit: str
    mean: float
    sd: float
    low: float
    high: float
    source: str

    def quantile(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inverse distribution function: (...) float in [low, high]."""
        a, b = (self.low - self.mean) / self.sd, (self.high - self.mean) / self.sd
        return stats.truncnorm.ppf(u, a, b, loc=self.mean, scale=self.sd)

    def __str__(self) -> str:
        return f"Normal({self.mean:g}, {self.sd:g}) in [{self.low:g}, {self.high:g}]; {self.source}"


_OURS = "judgement of the authors, wide on purpose"
PRIORS: dict[str, Prior] = {
    "visit_elasticity": Prior("elasticity", 0.31, 0.15, 0.0, 0.8, "Albers, Mantrala, Sridhar 2010"),
    "carryover": Prior("per week", 0.936, 0.02, 0.80, 0.985, "Mizik, Jacobson 2004: 0.75 a month"),
    "visit_curvature": Prior("power", 0.0, 0.6, -1.5, 1.0, "0 the logarithm, -1 Hill; " + _OURS),
    "visit_heterogeneity": Prior("factor", 0.0, 0.3, 0.0, 1.5, "spread between segments, relative; " + _OURS),
    "chasing_bias": Prior("share", 0.74, 0.50, -0.5, 2.5, "of unforetold visits, where reps see demand; worked out"),
    "chasing_symmetry": Prior("share", 0.40, 0.45, -0.8, 1.3, "the same, contacts to come beside; worked out"),
    "recorded_bias": Prior("share", 0.0, 0.10, -0.5, 0.5, "where reps follow a record by the week; " + _OURS),
    "recorded_bias_month": Prior("share", 0.46, 0.33, -0.5, 1.8, "where it is kept by the month; worked out"),
    "recorded_symmetry": Prior("share", 0.16, 0.39, -0.8, 1.2, "either, contacts to come beside; worked out"),
    "effect_phone": Prior("visits", 0.35, 0.15, 0.0, 1.0, _OURS),
    "effect_sms": Prior("visits", 0.05, 0.03, 0.0, 0.3, _OURS),
    "effect_email": Prior("visits", 0.10, 0.05, 0.0, 0.5, "e-mail below calls: Godfrey, Seiders, Voss 2011"),
    "effect_ivr": Prior("visits", 0.03, 0.02, 0.0, 0.2, _OURS),
    "effect_whatsapp": Prior("visits", 0.15, 0.08, 0.0, 0.6, _OURS),
    "effect_web": Prior("visits", 0.08, 0.05, 0.0, 0.4, _OURS),
    "effect_other": Prior("visits", 0.10, 0.08, 0.0, 0.6, _OURS),
    "mismatch": Prior("factor", 0.7, 0.1, 0.3, 1.0, _OURS),
    "ideal_contacts": Prior(
        "contacts per 13 weeks", 16.0, 3.0, 6.0, 30.0, "Godfrey, Seiders, Voss 2011: 3 calls, 3.5 e-mails, 9.5 mailings"
    ),
    "fatigue": Prior("utility per squared relative excess", 0.10, 0.05, 0.0, 0.4, _OURS),
    "synergy": Prior("factor", 0.15, 0.08, 0.0, 0.5, _OURS),
    "memory": Prior("share", 0.5, 0.15, 0.0, 1.0, "share of contacts that know of the others today; " + _OURS),
    "habit": Prior("utility", 0.30, 0.15, 0.0, 1.0, "Mizik, Jacobson 2004: total over direct effect 1.2 to 2.1"),
    "promotion_own": Prior(
        "utility", 0.20, 0.10, 0.0, 0.8, "a third of a promotion's bump is switching: van Heerde et al. 2003"
    ),
    "promotion_rival": Prior(
        "utility", 0.20, 0.10, 0.0, 0.8, "a third of a promotion's bump is switching: van Heerde et al. 2003"
    ),
    "discovery_base": Prior("per week", 0.0006, 0.0004, 0.0, 0.01, "Sultan, Farley, Lehmann 1990: p = 0.03 a year"),
    "discovery_visit": Prior("per visit", 0.06, 0.03, 0.0, 0.5, _OURS),
    "discovery_word": Prior(
        "per week, all neighbours ours",
        0.002,
        0.0015,
        0.0,
        0.05,
        "Sultan, Farley, Lehmann 1990; Hill, Provost, Volinsky 2006",
    ),
    "trial_discount": Prior("utility", 0.5, 0.2, 0.0, 1.5, _OURS),
    "loss": Prior("per week", 0.0015, 0.0008, 0.0, 0.02, _OURS),
    "loss_contact": Prior("factor", 0.7, 0.1, 0.3, 1.0, "contact lowers the risk of loss; " + _OURS),
    "winback": Prior("per visit", 0.05, 0.03, 0.0, 0.5, "Kumar, Bhagwat, Zhang 2015 (direction); " + _OURS),
    "handover": Prior(
        "share of the customer's sales in the first year", 0.155, 0.02, 0.0, 0.4, "Shi et al. 2017: 13.2 to 17.6 %"
    ),
    "reaction": Prior(
        "utility per share point, relative", 0.15, 0.5, -1.0, 2.0, "mostly passive: Steenkamp et al. 2005"
    ),
    "follows_sales": Prior(
        "elasticity of visits", 0.0, 0.5, -1.0, 2.0, "reps need not follow a customer's rise; " + _OURS
    ),
    "orders_per_week": Prior(
        "orders per week", 1.0, 0.5, 0.05, 50.0, "of the whole category, where none of ours is recorded; " + _OURS
    ),
    "orders_by_size": Prior("elasticity", 0.5, 0.3, -1.0, 2.0, "the square root of order quantities: Harris 1913"),
    "opening": Prior("share", 0.42, 0.08, 0.05, 0.95, "Veeva Pulse: e-mail opening in Europe"),
    "own_share": Prior("share", 0.25, 0.08, 0.05, 0.6, "no market data: " + _OURS),
    "hidden_size": Prior(
        "log volume", -0.3, 0.18, -0.9, 0.1, "known customers are larger for hidden reasons; pilots 34 to 62 %"
    ),
    "unlisted_share": Prior("share of all outlets", 0.05, 0.05, 0.0, 0.4, "outlets that no list holds; " + _OURS),
    "quality_width": Prior("log sd per score", 0.5, 0.4, 0.0, 2.0, "records half as good: a quarter wider; " + _OURS),
    "market_drift": Prior("log volume per year", 0.0, 0.03, -0.2, 0.2, _OURS),
}
"""Every prior of the model, by parameter name."""


@dataclass(frozen=True)
class Estimate:
    """What is believed of one scalar parameter after the data have spoken.

    Parameters
    ----------
    name : str
    unit : str
    draws : (d,) float
    identified : bool
        ``False``: the draws are the prior's.
    reason : str
        Why it is, or is not, identified, in one line.
    prior : str
        The prior in words; empty when none was used.
    """

    name: str
    unit: str
    draws: NDArray[np.float64]
    identified: bool
    reason: str
    prior: str = ""

    def __post_init__(self) -> None:
        if not np.isfinite(self.draws).all():
            raise ValueError(f"{self.name}: expected finite draws")


def parameter_uniforms(name: str, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Uniform numbers behind the draws of one parameter: (d,) float in (0, 1), the same for the same name and seed."""
    entities = identity(np.array([f"{name}/{draw}" for draw in range(n_draws)]), "parameter")
    return uniforms(Key(seed), Purpose.PARAMETER, 0, entities, 1)[0]


def believed(name: str, beliefs: Mapping[str, Prior] | None = None) -> Prior:
    """What is believed of a parameter before these data speak: a belief of one's own, else the literature's prior."""
    return (beliefs or {}).get(name, PRIORS[name])


def from_prior(name: str, n_draws: int, seed: int, reason: str, beliefs: Mapping[str, Prior] | None = None) -> Estimate:
    """A parameter that the data do not identify: draws of its prior, labelled as such."""
    prior = believed(name, beliefs)
    draws = prior.quantile(parameter_uniforms(name, n_draws, seed))
    return Estimate(name, prior.unit, draws, False, reason, str(prior))


def shrunk(
    name: str, mean: float, sd: float, n_draws: int, seed: int, reason: str,
    beliefs: Mapping[str, Prior] | None = None,
) -> Estimate:  # fmt: skip
    """Prior and data weighed by precision: for parameters that the data see dimly."""
    prior = believed(name, beliefs)
    precision = prior.sd**-2 + sd**-2
    centre = (prior.mean * prior.sd**-2 + mean * sd**-2) / precision
    z = stats.norm.ppf(parameter_uniforms(name, n_draws, seed))
    draws = np.clip(centre + z * precision**-0.5, prior.low, prior.high)
    return Estimate(name, prior.unit, draws, sd < prior.sd, reason, str(prior))
