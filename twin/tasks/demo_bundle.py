"""The demo bundle: a made-up company's files, written from a world that our own agents have lived in.

What is true of that world lies beside them in ``truth/``, where no reader of bundles looks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.forecast import lived_tables, lived_visits, true_future
from twin.forecast.lived_history import Lived, live_history
from twin.market.synthetic_settings import SyntheticSettings
from twin.progress import Progress
from twin.response.journey import Stage

DEMO = SyntheticSettings()
"""The world of ``twin demo``."""
SAMPLE = SyntheticSettings(n_outlets=200, n_territories=2, years=2, outlets_per_rep=100, rep_changes=1, seed=11)
"""The small world whose bundle lies in ``data/sample``."""


def write_demo_bundle(
    folder: Path, settings: SyntheticSettings = DEMO, progress: Progress | None = None, truth: bool = True
) -> Path:
    """Make up a world, let it live, and write what its company knows.

    Parameters
    ----------
    folder : Path
        Made when missing; files of the same names are replaced.
    settings : SyntheticSettings
        Same settings, same bytes.
    progress : callable, optional
        Called with steps done, steps in all and what is being done.
    truth : bool
        Whether to write the truth beside the bundle.

    Returns
    -------
    Path
        The folder.
    """
    n_steps = settings.n_weeks + len(_TABLES) + 1
    tell = progress or (lambda done, of, what: None)
    lived = live_history(settings, lambda week, _: tell(week, n_steps, "living through history"))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    days = lived_tables.order_days(lived)
    for step, (name, columns) in enumerate(_TABLES.items()):
        tell(settings.n_weeks + step, n_steps, f"writing {name}")
        _write_csv(columns(lived, days), folder / f"{name}.csv")
    _write_bricks(lived, folder / "bricks.geojson")
    if truth:
        _write_truth(lived, folder / "truth")
    tell(n_steps, n_steps, "done")
    return folder


def write_sample(folder: Path) -> Path:
    """Write the sample bundle anew, without its truth."""
    return write_demo_bundle(folder, SAMPLE, truth=False)


_TABLES: dict[str, Callable[[Lived, NDArray], lived_tables.Columns]] = {
    "brands": lambda lived, days: lived_tables.brands(lived),
    "reps": lambda lived, days: lived_tables.reps(lived),
    "campaigns": lambda lived, days: lived_tables.campaigns(lived),
    "customers": lived_tables.customers,
    "prospects": lambda lived, days: lived_tables.prospects(lived)[0],
    "visits": lambda lived, days: lived_visits.visits(lived),
    "sales": lived_tables.sales,
    "market_sales": lambda lived, days: _stacked(lived_tables.audit(lived, days)[0], lived_tables.panel(lived)),
}


def _stacked(first: lived_tables.Columns, second: lived_tables.Columns) -> lived_tables.Columns:
    return {name: np.concatenate([first[name], second[name]]) for name in first}


def _write_csv(columns: lived_tables.Columns, path: Path) -> None:
    frame = pd.DataFrame({name: _as_written(values) for name, values in columns.items()})
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _as_written(values: NDArray) -> NDArray | pd.Series:
    """Dates, times and flags as a bundle has them; whole numbers without a point."""
    if values.dtype.kind == "M":
        text = np.datetime_as_string(values)
        if values.dtype == np.dtype("datetime64[m]"):
            text = np.strings.replace(text, "T", " ")
        return np.where(np.isnat(values), None, text.astype(object))
    if values.dtype.kind == "b":
        return np.where(values, "true", "false")
    if values.dtype.kind == "f" and np.all(np.isnan(values) | (values == np.round(values))):
        return pd.Series(values).astype("Int64")
    return values


def _write_bricks(lived: Lived, path: Path) -> None:
    """Bricks as GeoJSON; every polygon counter-clockwise, as the format wants it."""
    made = lived.made
    polygons = shapely.orient_polygons(made.region.polygons, exterior_cw=False)
    lon, lat = made.bricks.lon, made.bricks.lat
    features = [
        {
            "type": "Feature",
            "properties": {
                "brick_id": str(made.bricks.ids[b]),
                "territory_id": str(made.territories[made.bricks.territory[b]]),
                "name": str(made.brick_names[b]),
                "lon": float(lon[b]),
                "lat": float(lat[b]),
                "population": int(made.population_of_brick[b]),
                "income": float(made.income_of_brick[b]),
            },
            "geometry": json.loads(shapely.to_geojson(polygons[b])),
        }
        for b in range(len(polygons))
    ]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    path.write_text('{"type": "FeatureCollection", "features": [\n' + lines + "\n]}\n", encoding="utf-8")


def _write_truth(lived: Lived, folder: Path) -> None:
    """What no company knows: every parameter, each outlet's potential, and which prospects are whose doubles."""
    folder.mkdir(exist_ok=True)
    columns, outlet = lived_tables.prospects(lived)
    doubled = lived.known[outlet]
    doubles = dict(zip(columns["prospect_id"][doubled].tolist(), lived.ids[outlet[doubled]].tolist()))
    facts = true_future.known_truth(lived) | {"doubles": doubles}
    text = json.dumps(facts, ensure_ascii=False, indent=1, default=_plain)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
    stage = np.array([stage.name.lower() for stage in Stage], dtype=object)[lived.market.start.stage]
    potential = {
        "customer_id": lived.ids,
        "outlet_id": lived.made.outlets.ids,
        "known": lived.known,
        "stage": stage,
        "category_volume": np.round(true_future.weekly_potential(lived), 4),
        "own_volume": np.round(true_future.weekly_own(lived), 4),
        "panel": lived_tables.panel_members(lived),
    }
    order = np.argsort(lived.ids)
    _write_csv({name: values[order] for name, values in potential.items()}, folder / "potential.csv")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else list(value)  # type: ignore[call-overload]


if __name__ == "__main__":  # python -m twin.tasks.demo_bundle data/sample
    write_sample(Path(sys.argv[1]))
