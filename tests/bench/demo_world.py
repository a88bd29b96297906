"""The demo world, calibrated and forecast, with its true uplifts: shared by several measurements."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from bench_tools import ROOT
from measuring import MORE, once

from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.market.synthetic_settings import SyntheticSettings
from twin.tasks.shelf import load_twin

_MOVES = {
    "vacancy": 'name = "vacancy"\n[[field_force.change]]\nterritory = "T1"\nreps = -1\nfrom = 2026-01-05\n',
    "balanced": 'name = "balanced"\n[field_force]\nalignment = "balanced"\n',
}
_SHIPPED = (
    "status_quo",
    "status_quo_more_calls",
    "light_the_dark_side",
    "pandemic",
    "rival_attack_at_the_feast",
    "omnichannel_journey",
)


def demo() -> dict[str, Any]:
    """The demo world, calibrated and forecast, with the true uplifts."""

    def make() -> dict[str, Any]:
        import demo_truth

        seconds: dict[str, float] = {}
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            workspace = demo_truth.stand(place, SyntheticSettings(), 100, seconds)
            for name, text in _MOVES.items():
                (place / f"{name}.toml").write_text(text, encoding="utf-8")
            paths = [ROOT / "scenarios" / f"{name}.toml" for name in _SHIPPED] + [
                place / f"{name}.toml" for name in _MOVES
            ]
            marks = demo_truth.marks_of(workspace, place / "demo_bundle", paths, 12, 4, seconds)
            version = workspace.head("forecast")
            table = workspace.table(version, "comparison")
            marks["t1_vacancy"] = float(
                table.set_index(["scenario", "territory_id"]).loc[("vacancy", "T1"), "own_volume_pct_mean"]
            )
            twin, clock = load_twin(workspace), time.perf_counter()
            simulate(twin.world, twin.history, twin.calibration, (MORE,), EnsembleSettings(52, 100, 2, 2))
            marks["seconds"]["scenario"] = time.perf_counter() - clock
        return marks

    return once("demo", make)
