"""align: maps between today's and one drawn anew, each lived through in the twin; the best is written as a scenario."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.alignment import picture
from twin.alignment.annealing import Wishes
from twin.alignment.frontier import TODAY, Beliefs, Point, frontier
from twin.alignment.ground import side_by_side
from twin.alignment.of_world import Lot, lot_of, usual_visits
from twin.errors import PlanError, TwinError
from twin.forecast.compare import comparison_columns
from twin.forecast.earnings import Earnings, earnings_of
from twin.forecast.ensemble import Ensemble, EnsembleSettings, simulate
from twin.forecast.executors import usual_threads
from twin.geography.outlines import shapes_of
from twin.progress import Progress, silent
from twin.scenario import files
from twin.scenario.scenario import BASELINE, Scenario
from twin.tasks import shelf
from twin.tasks.field_force.align_report import (
    YEAR_WEEKS,
    area_table,
    customer_table,
    drawn_files,
    frontier_row,
    notes_on,
)
from twin.tasks.field_force.align_settings import YEARS_WEEKS, AlignSettings, RunSettings
from twin.tasks.forecasts import execution, written_scenario
from twin.tasks.forecasts.forecast import heads_under, read_scenarios
from twin.tasks.shelf import ALIGNMENT, Twin
from twin.workspace.exports import write_table
from twin.workspace.store import Workspace

MARK = "Written by twin align."


def run_align(
    workspace: Workspace,
    path: Path | None = None,
    settings: AlignSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Draw up the frontier, live through every map, write the chosen one as a scenario with its file, publish.

    Parameters
    ----------
    workspace : Workspace
    path : Path, optional
        Scenario that holds beside the map; its changes of reps count in the targets.
    settings : AlignSettings, optional
    progress : Progress, optional

    Returns
    -------
    dict
        ``alignment`` (version), ``key``, ``frontier`` (one row a map, today's first: balance, moves, way, worth as read
        off the law and as the twin has it), ``chosen``, ``scenario`` and ``file`` (``None`` where today's map is best),
        ``areas_file``, ``files`` (of the map), ``territories``, ``notes``.

    Raises
    ------
    TwinError
        Nothing to align, or an unknown name.
    """
    tell, settings = progress or silent, settings or AlignSettings()
    twin = shelf.load_twin(workspace)
    scenario, warnings = _asked(path, twin, settings)
    name = settings.name.strip() or (f"{scenario.name[:100]}, new territories" if path else "New territories")
    place = written_scenario.place_for(workspace, name, MARK, "twin align", "territories")
    lot = _lot(twin, scenario, settings)
    graph = side_by_side(lot.areas, _shapes(workspace, twin, lot))
    beliefs = Beliefs(twin.calibration.visit_response.elasticity.draws, twin.calibration.draws_of("handover"))
    n_threads = settings.runs.n_threads or usual_threads()
    wishes = Wishes(most_moved=settings.most_moved, seed=settings.runs.seed)
    points = frontier(lot.areas, lot.territories, graph, beliefs, wishes, n_threads=n_threads, progress=tell)
    points = _distinct(twin, lot, points)
    ensemble = _lived(twin, lot, points, scenario, settings.runs, tell)
    earned = [earnings_of(ensemble, a, twin.world, settings.runs.margin) for a in range(len(ensemble.names))]
    # the scenario with today's map stands second, behind the baseline; maps are measured against it
    gains = [one.less(earned[1]) for one in earned[1:]]
    rows = [frontier_row(point, gain) for point, gain in zip(points, gains)]
    chosen = _chosen(points, gains, settings.choose)
    result = {
        "key": lot.key,
        "horizon_weeks": ensemble.volume.shape[-1],
        "frontier": rows,
        "chosen": points[chosen].name,
        "territories": picture.loads_of(lot.territories, points[0].measures, points[chosen].measures),
        "notes": notes_on(twin, points[chosen], gains[chosen], settings),
        "warnings": [str(warning) for warning in warnings],
    }
    return _published(
        workspace, twin, lot, points[chosen], ensemble, replace(scenario, name=name), place, result, settings.out
    )


def _asked(path: Path | None, twin: Twin, settings: AlignSettings) -> tuple[Scenario, list[Any]]:
    if path is None:
        return replace(BASELINE, name="as today"), []
    (scenario,), warnings = read_scenarios([path], twin, settings.runs.n_weeks)
    if scenario.field_force.alignment != "current":
        raise PlanError(
            f'{path.name}: expected alignment = "current", found {scenario.field_force.alignment!r}. '
            "twin align draws the map itself: take that line out."
        )
    return scenario, warnings


def _lot(twin: Twin, scenario: Scenario, settings: AlignSettings) -> Lot:
    """Areas and territories with the workload and the potential that are to be balanced."""
    world, potential = twin.world, twin.calibration.potential
    visits = usual_visits(world, twin.calibration.rule, potential.mean)
    wanted = {"both": [visits, potential.mean], "workload": [visits], "potential": [potential.mean]}[settings.by]
    load = np.stack([row for row in wanted if row.any()] or [np.ones(len(world.population))])
    sales = potential.own_now * YEAR_WEEKS * world.population.known
    locked = frozenset(settings.locked_areas), frozenset(settings.locked_territories)
    return lot_of(world, load, sales, heads_under(scenario, world), *locked)


def _shapes(workspace: Workspace, twin: Twin, lot: Lot) -> NDArray[np.object_] | None:
    """Polygons of the areas, (b,); ``None`` where the bundle has none."""
    if lot.key != "brick_id" or not workspace.has(twin.dataset, "table_bricks"):
        return None
    listed = workspace.table(twin.dataset, "table_bricks")
    if "geometry" not in listed:
        return None
    texts = dict(zip(listed["brick_id"].astype(str), listed["geometry"]))
    return shapes_of([texts.get(name) for name in lot.areas.ids.tolist()])


def _distinct(twin: Twin, lot: Lot, points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Each map once, by its first name, today's first; maps that differ in empty areas only are the same."""
    seen: dict[bytes, Point] = {}
    for point in points:
        seen.setdefault(lot.customers(twin.world, point.territory).tobytes(), point)
    return tuple(seen.values())


def _lived(
    twin: Twin, lot: Lot, points: tuple[Point, ...], scenario: Scenario, runs: RunSettings, tell: Progress
) -> Ensemble:  # fmt: skip
    """The scenario on every map, beside the baseline, on the same draws and the same luck."""
    weeks = runs.n_weeks or scenario.horizon_weeks or YEARS_WEEKS
    n_threads = runs.n_threads or usual_threads()
    return simulate(
        twin.world,
        twin.history,
        twin.calibration,
        [replace(scenario, name=point.name) for point in points],
        EnsembleSettings(weeks, runs.n_draws, runs.n_replicates, n_threads, runs.seed),
        {point.name: lot.customers(twin.world, point.territory) for point in points if point.name != TODAY},
        tell,
        execution.executor(n_threads, runs.cluster),
    )


def _chosen(points: tuple[Point, ...], gains: list[Earnings], wish: str) -> int:
    """Row of the map that is asked for, or of the one that earns most over the horizon."""
    names = [point.name for point in points]
    if wish and wish not in names:
        raise TwinError(f"--choose: expected one of {', '.join(names)}, found {wish!r}.")
    return names.index(wish) if wish else int(np.argmax([gain.mean for gain in gains]))


def _published(
    workspace: Workspace, twin: Twin, lot: Lot, chosen: Point, ensemble: Ensemble, scenario: Scenario, place: Path,
    result: dict[str, Any], out: Path | None,
) -> dict[str, Any]:  # fmt: skip
    """Version of the result; the map's file and the scenario stand when it does."""
    areas = area_table(lot, chosen)
    moved = chosen.name != TODAY
    file = place.with_name(f"{place.stem}_areas.csv")
    note = f"{MARK} Map: {chosen.name}. {scenario.note}".strip()[:4000]
    force = replace(scenario.field_force, alignment=file.name if moved else "current")
    written = replace(scenario, note=note, field_force=force)
    drawn = picture.before_and_after(
        lot.areas, lot.territories, chosen.territory, _shapes(workspace, twin, lot)
    )  # fmt: skip
    result |= {
        "scenario": written.name if moved else None,
        "file": str(place) if moved else None,
        "areas_file": str(file) if moved else None,
    }
    version = workspace.publish(
        ALIGNMENT,
        {
            "summary": result,
            "alignment": areas,
            "customers": customer_table(twin, lot, chosen),
            "frontier": pd.DataFrame(result["frontier"]),
            "territories": pd.DataFrame(result["territories"]),
            "comparison": pd.DataFrame(comparison_columns(ensemble, twin.world, twin.calibration.market_seen)),
            "map": drawn,
            "scenarios": {written.name: files.to_toml(written)} if moved else {},
        },
        {"chosen": chosen.name, "most_moved": result["frontier"][-1]["moved_customers_pct"]},
        parents=(twin.version.id,),
    )
    if moved:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_table(areas[[lot.key, "territory_id"]], file)
        written_scenario.write(place, files.to_toml(written))
    return {**result, "alignment": version, "files": drawn_files(out, drawn)}
