"""Posterior predictive: last year foretold from what came before it, with the contacts that were really made.

The calibration is of the year before; the year is lived by each of its draws, and what the records show is held
against the spread of the draws, cell by cell. Knows records, not scenarios.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.agents.crowd import Week
from twin.agents.model import TwinModel
from twin.agents.replay import ReplayModel
from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.health.foretold import Cells, Predictive, judge
from twin.calibration.market_draw import lay_out_draw
from twin.calibration.simulation.relived import audit_noise
from twin.draws import Key, Purpose, identity, normals
from twin.market.history import History, Sales
from twin.market.world import World
from twin.progress import Progress, silent
from twin.scenario.scenario import BASELINE
from twin.weeks import mondays

YEAR = 52
LEAST_TRAINING = 52
RUNS, LEAST_RUNS = 60, 20
_REPLICATE = 30_000
_THURSDAY = np.timedelta64(3, "D")
_BRICKS, _TERRITORIES = "brick", "territory"
_FEW_BRICKS = 2


def long_enough(history: History) -> bool:
    """Whether a year can be foretold from at least a year."""
    return history.n_weeks >= YEAR + LEAST_TRAINING


def foretell(
    world: World, history: History, settings: CalibrationSettings, progress: Progress | None = None,
    learned: Calibration | None = None,
) -> Predictive:  # fmt: skip
    """Calibrate as of a year ago, live the year with the real contacts, and compare.

    Parameters
    ----------
    world, history : World, History
        At least two years.
    settings : CalibrationSettings
        Of the calibration that is examined; 60 draws are enough here.
    progress : Progress, optional
    learned : Calibration, optional
        A calibration as of a year ago that there is already.

    Returns
    -------
    Predictive
    """
    tell = progress or silent
    week = history.origin - YEAR
    then, past = world.as_of(week), history.before(week)
    tell(0, RUNS, "last year foretold")
    if learned is None:
        learned = calibrate(then, past, replace(settings, n_draws=min(RUNS, settings.n_draws), beliefs={}))
    plan = _plan(then, history, week)
    sums: list[list[NDArray[np.float64]]] = [[] for _ in plan]
    for draw in range(min(RUNS, learned.n_draws)):
        tell(draw, RUNS, "last year foretold")
        lived = _live(then, past, history, learned, draw, plan)
        for place, total in zip(sums, lived):
            place.append(total)
    tell(RUNS, RUNS, "last year foretold")
    noise = audit_noise(then, past)
    return judge(week, tuple(one.cells(world, np.stack(found), noise) for one, found in zip(plan, sums)))


@dataclass(frozen=True)
class _Plan:
    """Which orders make up the cells of one source."""

    source: str
    records: Sales
    where: NDArray[np.int64]
    names: NDArray[np.str_]
    own_only: bool
    weight: NDArray[np.float64]
    first_period: int
    unit_where: NDArray[np.int64]

    def cells(self, world: World, lived: NDArray[np.float64], noise: float) -> Cells:
        """Records of the year beside what was lived: (d, places, brands) float."""
        n_brands = world.brands.n_own if self.own_only else len(world.brands)
        records, n_places = self.records, len(self.names)
        keep = (records.period >= self.first_period) & (records.brand < n_brands)
        place = self.unit_where[records.unit[keep]]
        flat = place * n_brands + records.brand[keep]
        flat, volume = flat[place >= 0], records.volume[keep][place >= 0]
        actual = np.bincount(flat, volume, n_places * n_brands)
        names = np.repeat(self.names, n_brands)
        brands = np.tile(world.brands.names[:n_brands].astype(str), n_places)
        foretold = lived[:, :, :n_brands].reshape(len(lived), -1)
        if self.source == "audit" and noise > 0.0:
            foretold = foretold * _misread(foretold.shape, noise / np.sqrt(max(self._n_periods(), 1)))
        # a cell in which nobody could buy says nothing
        seen = (foretold.max(axis=0) > 0) | (actual > 0)
        return Cells(self.source, names[seen], brands[seen], actual[seen], foretold[:, seen])

    def _n_periods(self) -> int:
        return len(self.records.periods) - self.first_period


def _misread(shape: tuple[int, ...], sd: float) -> NDArray[np.float64]:
    cells = identity(np.arange(shape[1]).astype(str), "audit error")
    return np.exp(sd * normals(Key(), Purpose.WORLD, 0, cells, shape[0]))


def _plan(then: World, history: History, week: int) -> list[_Plan]:
    """Sources that were recorded over the year, and where their cells lie."""
    found = []
    population, n = then.population, len(then.population)
    by_brick = len(then.bricks) >= _FEW_BRICKS and bool((population.brick >= 0).any())
    place = population.brick if by_brick else population.territory
    names = (then.bricks.ids if by_brick else then.territories).astype(str)
    everyone = place.astype(np.int64)
    if len(history.audit):
        audited = np.isin(np.arange(len(then.bricks)), np.unique(history.audit.unit))
        where = np.where(audited[population.brick] & (population.brick >= 0), population.brick, -1)
        units = np.where(audited, np.arange(len(then.bricks)), -1)
        found.append(("audit", history.audit, where.astype(np.int64), then.bricks.ids.astype(str), False, units))
    elif len(history.panel):
        member = np.isin(np.arange(n), history.panel_members)
        zone = np.where(member, population.territory, -1).astype(np.int64)
        found.append(("panel", history.panel, zone, then.territories.astype(str), False, zone))
    ours = np.where(population.known, everyone, -1)
    found.append(("books", history.own_sales, ours, names, True, ours))
    plans = []
    for source, records, where, labels, own_only, units in found:
        weight, first = _weights(records, week)
        if first < len(records.periods):
            plans.append(_Plan(source, records, where, labels, own_only, weight, first, units))
    return plans


def _weights(records: Sales, week: int) -> tuple[NDArray[np.float64], int]:
    """Which weeks of the year belong to recorded periods that lie in it, (w,) float, and the first of them."""
    start = mondays(np.int32(week))
    first = int(np.searchsorted(records.periods.start, start))
    day = mondays(week + np.arange(YEAR)) + _THURSDAY
    return (records.periods.index_of(day) >= first).astype(float), first


class _Year:
    """Recorder of the year's volume by customer and brand, once for each source."""

    single_customers = True

    def __init__(self, plan: list[_Plan], shape: tuple[int, int]) -> None:
        self.plan = plan
        self.volume = [np.zeros(shape) for _ in plan]

    def record(self, model: TwinModel, week: Week) -> None:
        """Add one week."""
        for one, total in zip(self.plan, self.volume):
            if one.weight[model.week_index]:
                total += week.volume_of_each


def _live(
    then: World, past: History, history: History, learned: Calibration, draw: int, plan: list[_Plan]
) -> list[NDArray[np.float64]]:
    """One draw's year with the real contacts: (places, brands) volume for each source."""
    market = lay_out_draw(learned, then, past, draw, YEAR)
    nobody = replace(lay_out(then, market, BASELINE, YEAR), rep_ids=np.array([], dtype=str))
    if not len(history.touches):
        nobody = lay_out(then, market, BASELINE, YEAR)
    year = _Year(plan, (len(then.brands), len(then.population)))
    kind = ReplayModel if len(history.touches) else TwinModel
    model = kind(then, market, nobody, Key(learned.seed, draw, _REPLICATE), year)
    if isinstance(model, ReplayModel):
        model.touches = history.touches
    for _ in range(YEAR):
        model.step()
    totals = []
    for one, volume in zip(plan, year.volume):
        inside = one.where >= 0
        total = np.zeros((len(one.names), len(then.brands)))
        np.add.at(total, one.where[inside], volume[:, inside].T)
        totals.append(total)
    return totals
