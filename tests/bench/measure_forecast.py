"""Measurements 16 and 17: forecasts by month ahead against naive ones, in made-up worlds and in a real market."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from forecast_marks import HORIZONS, apart, mark, rolled, shown
from measuring import SHARED, Measure, Part, once, part
from world_kinds import worlds

from twin.forecast.scores import Tally
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.learning.country import country_of
from twin.tasks.shelf import load_dataset
from twin.workspace.store import Workspace

WORLDS, YEARS, ORIGINS, DRAWS = 20, 5, 2, 16
REAL_ORIGINS = 5
SHARES = (("brand_share", "territory"), ("brand_share", "all"), ("own_share", "territory"))


def made_up(n: int) -> list[Tally]:
    """Rolling origins of n worlds of all kinds: five years of history, two origins, the last a year before its end."""

    def make() -> list[Tally]:
        found: list[Tally] = []
        for place, (kind, seed) in enumerate(worlds(n)):
            with tempfile.TemporaryDirectory() as folder:
                bundle = Path(folder) / "bundle"
                write_demo_bundle(bundle, replace(kind.settings(seed), years=YEARS), truth=False)
                found += apart(_rolled(Path(folder), bundle, ORIGINS, ""), place)
            print(
                f"  {kind.name} {seed}: {shown(mark(found, 'brand_share', 'territory'))}", file=sys.stderr, flush=True
            )
        return found

    return once(f"forecasts {n}", make)


def iowa() -> list[Tally] | None:
    """Rolling origins of the real market; ``None`` where it is missing."""
    bundle = SHARED / "bundles" / "iowa_west"
    if not bundle.is_dir():
        return None

    def make() -> list[Tally]:
        with tempfile.TemporaryDirectory() as folder:
            return _rolled(Path(folder), bundle, REAL_ORIGINS, "US")

    return once("forecasts iowa", make)


def _rolled(folder: Path, bundle: Path, n_origins: int, country: str) -> list[Tally]:
    run_ingest(folder, bundle)
    world, history, _ = load_dataset(Workspace.open(folder))
    return rolled(world, history, n_origins, DRAWS, country_of(world, country))


def _against_naive(tallies: list[Tally], data: str, seasonal: float, smooth: float, n: int) -> list[Part]:
    found = mark(tallies, "brand_share", "territory")
    parts = []
    for name, limit in (("seasonal_naive", seasonal), ("ets", smooth)):
        ratio, low, high = found[f"over {name}"]
        words = f"{data}: WAPE of share by brand and territory over that of {name}, 1 to 12 months ahead"
        parts.append(part(words, ratio, f"<= {limit:.2f}", ratio <= limit, f"80 % band {low:.2f} to {high:.2f}", n=n))
    return parts + _asides(tallies, data, n)


def _asides(tallies: list[Tally], data: str, n: int) -> list[Part]:
    """Other levels and single horizons, as parts of what was judged."""
    rows: dict[str, Any] = {}
    for measure, level in (*SHARES, ("brand_share", "brick"), ("own_volume", "all"), ("own_volume", "territory")):
        rows[f"{measure} {level}"] = mark(tallies, measure, level)["over ets"][0]
    for horizon, months in HORIZONS.items():
        rows[f"brand_share territory, month {horizon}"] = mark(tallies, "brand_share", "territory", months)["over ets"][
            0
        ]
    worst = max(rows.values())
    words = f"{data}: WAPE over that of ets, worst of other levels and horizons ({rows})"
    return [part(words, worst, "finite", worst < float("inf"), n=n)]


def against_naive(n: int) -> list[Part]:
    """Measurement 16."""
    parts = _against_naive(made_up(n), "made up", 0.85, 1.00, n)
    real = iowa()
    if real is None:
        return [*parts, part("Iowa", None, "<= 0.95, <= 1.03", None, "real data are missing here")]
    return parts + _against_naive(real, "Iowa", 0.95, 1.03, REAL_ORIGINS)


def bands(n: int) -> list[Part]:
    """Measurement 17."""
    sources = [("made up", made_up(n), n), ("Iowa", iowa(), REAL_ORIGINS)]
    parts = []
    for data, tallies, count in sources:
        if tallies is None:
            parts.append(part(data, None, "0.72 to 0.88", None, "real data are missing here"))
            continue
        for measure, level in (("brand_share", "territory"), ("own_share", "territory"), ("own_volume", "territory")):
            found = mark(tallies, measure, level)
            held, sharp = found["inside_80"], found["crps over ets"]
            what = f"{data}: {measure} by {level}"
            parts.append(part(f"{what}, inside the 80 % band", held, "0.72 to 0.88", 0.72 <= held <= 0.88, n=count))
            parts.append(part(f"{what}, CRPS over that of ets", sharp, "<= 1.00", sharp <= 1.0, n=count))
        found = mark(tallies, "own_volume", "all")
        held = found["inside_80"]
        words = f"{data}: total own volume, inside the 80 % band"
        parts.append(part(words, held, "0.72 to 0.88", 0.72 <= held <= 0.88, n=count))
    return parts


MEASURES = (
    Measure("16", "Share a month to a year ahead against naive forecasts", "made up, real", against_naive, WORLDS),
    Measure("17", "Bands of forecasts", "made up, real", bands, WORLDS),
)
