"""The true future of a made-up world: what scenarios would really do there, and the figures a calibration should find.

For marking forecasts; a twin never sees it. Knows no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.crowd import lay_ground
from twin.agents.recorder import UNKNOWN
from twin.agents.run import run
from twin.draws import Key
from twin.forecast.lived_history import Lived, live_history
from twin.market.channels import VISIT
from twin.market.synthetic_settings import SyntheticSettings
from twin.response import curves, journey
from twin.response.journey import Stage
from twin.scenario.scenario import BASELINE, Scenario
from twin.weeks import WEEKS_PER_YEAR, monday

_LUCK = 10_000
"""Replicates from here on are the future's; history was lived under replicate 0."""


@dataclass(frozen=True)
class TrueFuture:
    """What scenarios truly do. Axis s: baseline first, then the scenarios; axis e: replicates of luck.

    Parameters
    ----------
    names : (s,) tuple of str
    own_volume, category_volume : (s, e, w) float, units
        By week.
    own_volume_unknown, category_volume_unknown : (s, e) float, units
        Over the horizon, of outlets unknown at the origin.
    own_by_territory : (s, e, z) float, units
        Our volume over the horizon, by today's territories.
    """

    names: tuple[str, ...]
    own_volume: NDArray[np.float64]
    category_volume: NDArray[np.float64]
    own_volume_unknown: NDArray[np.float64]
    category_volume_unknown: NDArray[np.float64]
    own_by_territory: NDArray[np.float64]

    @property
    def pct_by_luck(self) -> NDArray[np.float64]:
        """Difference of our volume from the baseline under the same luck: (s, e) float, percent."""
        total = self.own_volume.sum(axis=2)
        return 100.0 * (total / total[0] - 1.0)

    @property
    def own_volume_pct(self) -> NDArray[np.float64]:
        """Mean difference of our volume from the baseline: (s,) float, percent."""
        return self.pct_by_luck.mean(axis=1)

    @property
    def own_share_points(self) -> NDArray[np.float64]:
        """Mean difference of our share from the baseline: (s,) float, percentage points."""
        share = self.own_volume.sum(axis=2) / self.category_volume.sum(axis=2)
        return 100.0 * (share - share[0]).mean(axis=1)


def true_counterfactual(
    settings: SyntheticSettings,
    scenarios: Sequence[Scenario],
    n_replicates: int = 8,
    n_weeks: int = 52,
    *,
    lived: Lived | None = None,
    alignments: Sequence[NDArray[np.int32] | None] | None = None,
    believed: NDArray[np.float64] | None = None,
) -> TrueFuture:
    """Run the true world from its origin under the baseline and each scenario, on common luck.

    Parameters
    ----------
    settings : SyntheticSettings
    scenarios : sequence of Scenario
        Their ids are those of the bundle; ``horizon_weeks`` of a scenario is not looked at.
    n_replicates : int
        Of luck; the parameters are the true ones throughout.
    n_weeks : int
        Horizon, at most ``settings.horizon_weeks``.
    lived : Lived, optional
        Spares living through history again.
    alignments : sequence of (c,) int32 or None, optional
        Territory of each outlet under each scenario, where one changes it.
    believed : (c,) float, units per week, optional
        Potential of each outlet as the company believes it to be: what scenarios rank by. The truth when missing.

    Returns
    -------
    TrueFuture
    """
    lived = live_history(settings) if lived is None else lived
    moves = [BASELINE, *scenarios]
    maps = [None, *(alignments if alignments is not None else [None] * len(scenarios))]
    n_own = lived.world.brands.n_own
    own, category = np.zeros((2, len(moves), n_replicates, n_weeks))
    own_unknown, category_unknown = np.zeros((2, len(moves), n_replicates))
    by_territory = np.zeros((len(moves), n_replicates, len(lived.world.territories)))
    market = lived.market if believed is None else replace(lived.market, believed_volume=believed)
    ground = lay_ground(lived.world, market)
    for replicate in range(n_replicates):
        key = Key(settings.seed, 0, _LUCK + replicate)
        for s, (scenario, alignment) in enumerate(zip(moves, maps)):
            volume = run(lived.world, market, scenario, key, n_weeks, alignment, ground=ground).volume
            own[s, replicate] = volume[:, :, :n_own].sum(axis=(0, 1, 2))
            category[s, replicate] = volume.sum(axis=(0, 1, 2))
            own_unknown[s, replicate] = volume[:, UNKNOWN, :n_own].sum()
            category_unknown[s, replicate] = volume[:, UNKNOWN].sum()
            by_territory[s, replicate] = volume[:, :, :n_own].sum(axis=(1, 2, 3))
    return TrueFuture(tuple(move.name for move in moves), own, category, own_unknown, category_unknown, by_territory)


def weekly_potential(lived: Lived) -> NDArray[np.float64]:
    """True weekly category volume of each outlet now, season averaged out: (c,) float, units.

    The mean over the last whole year of history.
    """
    return lived.market.volume * lived.demand[-round(WEEKS_PER_YEAR) :].mean()


def weekly_own(lived: Lived) -> NDArray[np.float64]:
    """True expected weekly volume of our brands now: (c,) float, units."""
    market = lived.market
    buys = journey.considers_us(market.start.stage)
    return curves.own_volume(market, market.start.goodwill, buys) * lived.demand[-round(WEEKS_PER_YEAR) :].mean()


def visit_elasticity(lived: Lived, step: float = 0.01) -> float:
    """True elasticity of our sales to a lasting change of goodwill, habits held, summed over today's buyers."""
    market = lived.market
    buys = journey.considers_us(market.start.stage)
    more, less = (curves.own_volume(market, market.start.goodwill * f, buys).sum() for f in (1.0 + step, 1.0 - step))
    return float((np.log(more) - np.log(less)) / (np.log1p(step) - np.log1p(-step)))


def known_truth(lived: Lived) -> dict[str, object]:
    """The figures that a calibration should find, in plain types."""
    market, settings, response = lived.market, lived.settings, lived.market.response
    buys = journey.considers_us(market.start.stage)
    volume, potential, own = market.volume, weekly_potential(lived), weekly_own(lived)
    stock = float(np.average(market.start.goodwill[buys], weights=own[buys]))
    met, since = lived.contacts.where(lived.contacts.what == VISIT), lived.world.population.known_since
    normal = lived.made.outlets.hidden
    hidden = settings.hidden_sd * normal * np.exp(0.5 * settings.size_tail * normal**2)
    return {
        "settings": {name: value for name, value in asdict(settings).items() if name not in ("truth", "origin_day")},
        "origin": settings.origin_day.isoformat(),
        "parameters": asdict(settings.truth),
        "visit_elasticity": visit_elasticity(lived),
        "odds_elasticity": response.coefficient * stock / (1.0 + stock),
        "mean_stock": stock,
        "rep_visits_a_week": float(market.rule.rep_visits[lived.made.reps.end > settings.origin].sum()),
        "known_outlets": int(lived.known.sum()),
        "unknown_outlets": int((~lived.known).sum()),
        "buyers": int(buys.sum()),
        "lapsed": int((lived.known & (market.start.stage == Stage.LAPSED)).sum()),
        "closed": int((volume == 0).sum()),
        "weekly_category_volume": float(potential.sum()),
        "weekly_category_volume_unknown": float(potential[~lived.known].sum()),
        "weekly_own_volume": float(own.sum()),
        "hidden_shift": float(hidden[lived.known].mean() - hidden[~lived.known].mean()),
        "share_of_visits_before_first_purchase": float((met.week <= since[met.outlet]).mean()),
        "visits": len(met),
        "contacts": len(lived.contacts),
        "campaigns": [
            {
                "brand": str(lived.made.brands.names[move.brand]),
                "start": monday(move.start).isoformat(),
                "stop": monday(move.stop).isoformat(),
                "strength": move.strength,
                "utility": response.promotion[move.brand] * move.strength,
                "kind": move.kind,
                "anchor": move.anchor,
                "recurring": move.anchor != "once",
                "recorded": move.recorded,
                # none of ours is planned beyond the origin, so none happens in the true baseline
                "happens": move.brand > 0 or move.start < settings.origin,
            }
            for move in lived.made.campaigns
        ],
        "own_share_by_year": own_share_by_year(lived),
    }


def own_share_by_year(lived: Lived) -> dict[str, float]:
    """Our share of the category in each calendar year of history, unitless; a week counts to its Monday's year."""
    year = np.array([monday(week).year for week in range(lived.settings.first_week, lived.settings.origin)])
    of = year[lived.orders.week - lived.settings.first_week] - year[0]
    ours = lived.orders.what < lived.made.brands.n_own
    total, own = np.bincount(of, lived.orders.amount), np.bincount(of, lived.orders.amount * ours)
    return {str(year[0] + k): float(own[k] / total[k]) for k in range(len(total))}
