"""What shared luck is worth: the variance of a scenario's difference with luck of its own, over that with shared luck.

``python tests/bench/paired_variance.py`` prints the figures.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from worlds_by_hand import lay_out

from twin.agents.run import run
from twin.draws import Key
from twin.scenario.scenario import BASELINE, FieldForce, Scenario

MORE_VISITS = Scenario(name="a sixth more visits", field_force=FieldForce(capacity_factor=1.17))
"""Sells about 2 % more of our brands in half a year; of all scenarios, those that move visits differ most in luck."""


@dataclass(frozen=True)
class PairedVariance:
    """Differences of log own sales between scenario and baseline.

    Parameters
    ----------
    ratio : float
        Variance of a difference between runs of unlike luck, over that between runs of the same luck.
    effect : float
        Mean difference, log volume.
    sd_paired, sd_unpaired : float
    n : int
        Differences of either kind.
    """

    ratio: float
    effect: float
    sd_paired: float
    sd_unpaired: float
    n: int


def measure(n: int = 40, n_customers: int = 400, n_weeks: int = 26, first_seed: int = 0) -> PairedVariance:
    """Run a scenario on ``n`` seeds and the baseline on twice as many."""
    world, market = lay_out(n_customers, n_weeks=n_weeks)

    def own(scenario: Scenario, seed: int) -> float:
        return float(np.log(run(world, market, scenario, Key(first_seed + seed), n_weeks).volume[:, :, 0].sum()))

    calm = np.array([own(BASELINE, seed) for seed in range(2 * n)])
    more = np.array([own(MORE_VISITS, seed) for seed in range(n)])
    paired, unpaired = more - calm[:n], more - calm[n:]
    return PairedVariance(
        ratio=float(unpaired.var(ddof=1) / paired.var(ddof=1)),
        effect=float(paired.mean()),
        sd_paired=float(paired.std(ddof=1)),
        sd_unpaired=float(unpaired.std(ddof=1)),
        n=n,
    )


if __name__ == "__main__":
    for customers in (400, 4000):
        for start in (0, 1000, 2000):
            print(customers, asdict(measure(100, customers, first_seed=start)))
