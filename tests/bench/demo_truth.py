"""Marks the twin by the demo's truth: potential, forecast, uplifts, effects, campaigns, links against what is true.

``python tests/bench/demo_truth.py [--workspace DEMO] [--scenarios N] [--draws D]`` writes ``build/demo_truth.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import ROOT, machine, module, plain, versions, write
from scipy.stats import spearmanr

from twin.calibration.calibrate import CalibrationSettings
from twin.forecast.lived_history import Lived, live_history
from twin.forecast.true_future import TrueFuture, known_truth, true_counterfactual, weekly_own, weekly_potential
from twin.market.synthetic_settings import SyntheticSettings
from twin.scenario import files
from twin.scenario.scenario import Scenario
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.forecasts.forecast import ForecastSettings, alignment_of, run_forecast
from twin.tasks.learning.calibrate import run_calibration
from twin.tasks.shelf import DATASET, FORECAST, Twin, load_twin, newest
from twin.weeks import monday
from twin.workspace.store import Workspace

SCENARIOS = ROOT / "scenarios"


def stand(folder: Path, settings: SyntheticSettings, n_draws: int, seconds: dict[str, float]) -> Workspace:
    """A workspace with the demo bundle taken in and calibrated."""
    clock = time.perf_counter()
    write_demo_bundle(folder / "demo_bundle", settings)
    seconds["bundle"], clock = time.perf_counter() - clock, time.perf_counter()
    run_ingest(folder, folder / "demo_bundle")
    seconds["ingest"], clock = time.perf_counter() - clock, time.perf_counter()
    workspace = Workspace.open(folder)
    run_calibration(workspace, None, CalibrationSettings(n_draws))
    seconds["calibrate"] = time.perf_counter() - clock
    return workspace


def settings_of(bundle: Path) -> SyntheticSettings:
    """The settings that a demo bundle was made with."""
    facts = json.loads((bundle / "truth" / "truth.json").read_text(encoding="utf-8"))
    return SyntheticSettings(**facts["settings"])


def true_alignments(scenarios: list[Scenario], twin: Twin, lived: Lived) -> list[np.ndarray | None]:
    """Territories that the twin would draw, carried over to the outlets of the true world."""
    row = {str(name): place for place, name in enumerate(twin.world.population.ids)}
    zone = {str(name): place for place, name in enumerate(lived.world.territories)}
    found: list[np.ndarray | None] = []
    for scenario in scenarios:
        drawn = alignment_of(scenario, twin)
        if drawn is None:
            found.append(None)
            continue
        territory = lived.world.population.territory.copy()
        for place, name in enumerate(lived.ids):  # an outlet that was merged away keeps its territory
            if str(name) in row:
                territory[place] = zone[str(twin.world.territories[drawn[row[str(name)]]])]
        found.append(territory.astype(np.int32))
    return found


def potential_marks(twin: Twin, lived: Lived) -> dict[str, Any]:
    """Ranking and level of the unknown."""
    people, potential = twin.world.population, twin.calibration.potential
    truth = dict(zip(lived.ids.tolist(), weekly_potential(lived)))
    hidden = ~people.known & np.array([str(name) in truth for name in people.ids])
    blind = hidden & ~potential.member
    true = np.array([truth.get(str(name), np.nan) for name in people.ids])
    total, draws = float(true[hidden].sum()), potential.total_unknown.draws
    whole = float(weekly_potential(lived)[~lived.known].sum())
    top = max(int(0.2 * blind.sum()), 1)
    best, chosen = np.sort(true[blind])[-top:].sum(), true[blind][np.argsort(potential.mean[blind])[-top:]].sum()
    return {
        "spearman_unknown": float(spearmanr(potential.mean[blind], true[blind]).statistic),
        "top_fifth_capture": float(chosen / best),
        "n_unknown": int(blind.sum()),
        "total": float(potential.mean[hidden].sum()),
        "total_true": total,
        "total_error_pct": 100.0 * (float(potential.mean[hidden].sum()) / total - 1.0),
        "total_p10": float(np.percentile(draws, 10)),
        "total_p90": float(np.percentile(draws, 90)),
        "total_true_of_all_unknown": whole,
        "inside_80": bool(np.percentile(draws, 10) <= whole <= np.percentile(draws, 90)),
        "identified": bool(potential.total_unknown.identified),
        "own_now_error_pct": 100.0 * (float(potential.own_now.sum()) / float(weekly_own(lived).sum()) - 1.0),
    }


def volume_marks(result: dict[str, Any], future: TrueFuture) -> dict[str, Any]:
    """A year of our volume in the baseline."""
    said = result["scenarios"][0]["totals"]
    true = future.own_volume[0].sum(axis=1)
    naive = result["naive"]["own_volume"]
    share = 100 * float((true / future.category_volume[0].sum(axis=1)).mean())
    unknown, category = float(future.own_volume_unknown[0].mean()), float(future.category_volume[0].sum(axis=1).mean())
    return {
        "true": float(true.mean()),
        "forecast": said["own_volume"]["mean"],
        "error_pct": 100.0 * (said["own_volume"]["mean"] / float(true.mean()) - 1.0),
        "naive_error_pct": 100.0 * (naive / float(true.mean()) - 1.0),
        "inside_80": bool(said["own_volume"]["p10"] <= true.mean() <= said["own_volume"]["p90"]),
        "share_true_pct": share,
        "share_error_points": 100.0 * said["own_share"]["mean"] - share,
        "category_error_pct": 100.0 * (said["category_volume"]["mean"] / category - 1.0),
        "unknown_own_error_pct": 100.0 * (said["own_volume_unknown"]["mean"] / unknown - 1.0),
    }  # fmt: skip


def uplift_marks(result: dict[str, Any], future: TrueFuture) -> list[dict[str, Any]]:
    """Every scenario's difference from the baseline against the true one."""
    rows = []
    for s, said in enumerate(result["scenarios"][1:], start=1):
        versus, true = said["versus_baseline"]["own_volume_pct"], float(future.own_volume_pct[s])
        rows.append(
            {
                "scenario": said["name"],
                "true_pct": true,
                "mean_pct": versus["mean"],
                "p10": versus["p10"],
                "p90": versus["p90"],
                "inside_80": bool(versus["p10"] <= true <= versus["p90"]),
                "sign_right": bool(np.sign(true) == np.sign(versus["mean"])),
                "true_spread_of_luck": float(future.pct_by_luck[s].std()),
                "true_share_points": float(future.own_share_points[s]),
                "share_points": said["versus_baseline"]["own_share_points"]["mean"],
                "flags": said["flags"],
            }
        )
    return rows


def estimate_marks(twin: Twin, lived: Lived) -> dict[str, Any]:
    """Scalar effects against the true ones."""
    learned, truth, facts = twin.calibration, lived.settings.truth, known_truth(lived)
    visit = learned.visit_response
    by_name = {estimate.name: estimate for estimate in learned.estimates()}
    true: dict[str, float] = {
        name: getattr(truth, name)
        for name in ("discovery_base", "discovery_visit", "discovery_word", "loss", "carryover")
    }
    true |= {"unknown_share": truth.unknown_share, "visit_elasticity": float(facts["visit_elasticity"])}  # type: ignore[arg-type]
    true |= {f"promotion:{name}": truth.promotion[j] for j, name in enumerate(lived.made.brands.names)}
    marks: dict[str, Any] = {}
    for name, value in true.items():
        if name in by_name:
            draws = by_name[name].draws
            low, high = np.percentile(draws, [10, 90])
            marks[name] = {
                "true": value, "mean": float(draws.mean()), "p10": float(low), "p90": float(high),
                "inside_80": bool(low <= value <= high), "identified": bool(by_name[name].identified),
            }  # fmt: skip
    if "visit_elasticity" in marks:
        marks["visit_elasticity"] |= {"naive_pooled": visit.naive_elasticity, "reason": visit.reason}
    return marks


def campaign_marks(twin: Twin, lived: Lived) -> dict[str, Any]:
    """Rivals' campaigns of history, found and recorded, within a week and within three."""
    f1 = module("calendar_worlds.py").f1
    first, origin = lived.settings.first_week, lived.settings.origin
    listed = [move for move in lived.made.campaigns if move.brand > 0 and first <= move.start < origin]
    events = [event for event in twin.calibration.calendar.events if event.start < origin]
    every = [(move.brand, int(move.start), int(move.stop)) for move in listed]
    hidden = [(move.brand, int(move.start), int(move.stop)) for move in listed if not move.recorded]
    spans = [(event.brand, event.start, event.stop) for event in events]
    found = [(event.brand, event.start, event.stop) for event in events if not event.recorded]
    return {
        "resolution": twin.calibration.calendar.resolution,
        "n_true": len(every),
        "n_events": len(spans),
        **{f"f1_within_{reach}": f1(spans, every, reach) for reach in (1, 3)},
        "n_unrecorded": len(hidden),
        "n_found": len(found),
        **{f"f1_unrecorded_within_{reach}": f1(found, hidden, reach) for reach in (1, 3)},
    }


def link_marks(workspace: Workspace, bundle: Path) -> dict[str, Any]:
    """Prospects that are customers already."""
    doubles = json.loads((bundle / "truth" / "truth.json").read_text(encoding="utf-8"))["doubles"]
    links = workspace.table(newest(workspace, DATASET), "links")
    linked = links[links["decision"] == "linked"]
    pairs = set(zip(linked["prospect_id"], linked["customer_id"]))
    right = len(pairs & set(doubles.items()))
    return {
        "n_true": len(doubles),
        "n_linked": len(pairs),
        "precision": right / max(len(pairs), 1),
        "recall": right / max(len(doubles), 1),
    }


def forecast_result(workspace: Workspace, paths: list[Path], n_draws: int) -> dict[str, Any]:
    """The newest forecast when it has all these scenarios over a year, else a new one."""
    names = [files.load(path).name for path in paths]
    standing = workspace.head(FORECAST)
    if standing is not None:
        result = workspace.document(standing, "forecast")
        assert isinstance(result, dict)
        if [row["name"] for row in result["scenarios"][1:]] == names and result["horizon_weeks"] == 52:
            return result
    return run_forecast(
        workspace, paths, ForecastSettings(52, n_draws), lambda done, of, what: _say(f"forecast {done}/{of}")
    )


def marks_of(
    workspace: Workspace, bundle: Path, paths: list[Path], n_draws: int, n_luck: int, seconds: dict[str, float]
) -> dict[str, Any]:
    """Every mark of a demo workspace."""
    clock = time.perf_counter()
    result = forecast_result(workspace, paths, n_draws)
    seconds["forecast"] = time.perf_counter() - clock
    twin, lived = load_twin(workspace), live_history(settings_of(bundle))
    if monday(twin.calibration.origin) != lived.settings.origin_day:
        raise SystemExit(
            f"expected a calibration as of {lived.settings.origin_day}, found {monday(twin.calibration.origin)}"
        )
    scenarios = [files.load(path) for path in paths]
    future = true_counterfactual(
        lived.settings, scenarios, n_luck, 52, lived=lived, alignments=true_alignments(scenarios, twin, lived)
    )
    return {
        "settings": known_truth(lived)["settings"],
        "runs": result["runs"],
        "potential": potential_marks(twin, lived),
        "own_volume": volume_marks(result, future),
        "uplifts": uplift_marks(result, future),
        "estimates": estimate_marks(twin, lived),
        "campaigns": campaign_marks(twin, lived),
        "links": link_marks(workspace, bundle),
        "seconds": seconds,
        "versions": versions(),
        **machine(),
    }


def main() -> None:
    """Measure, print and write."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument(
        "--workspace", type=Path, help="one that `twin demo` has made (default: a new one that goes away again)"
    )
    ask.add_argument("--scenarios", type=Path, nargs="*", default=sorted(SCENARIOS.glob("*.toml")))
    ask.add_argument("--draws", type=int, default=24)
    ask.add_argument("--luck", type=int, default=6, help="replicates of the true future")
    ask.add_argument("--outlets", type=int, default=SyntheticSettings().n_outlets)
    options = ask.parse_args()
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as spare:
        folder = options.workspace or Path(spare)
        if options.workspace:
            workspace = Workspace.open(folder, create=False)
        else:
            workspace = stand(folder, SyntheticSettings(n_outlets=options.outlets), 100, seconds)
        marks = plain(
            marks_of(workspace, folder / "demo_bundle", options.scenarios, options.draws, options.luck, seconds)
        )
    print(json.dumps(marks, ensure_ascii=False, indent=1))
    _say(f"written: {write('demo_truth.json', marks)}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
