"""demo: from nothing to a dashboard: a made-up market, and every verb run on it. What stands is used again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twin.calibration.calibrate import CalibrationSettings
from twin.engine.machine import COMPILING, is_compiled
from twin.errors import Problem, ScenarioError, TwinError
from twin.market.synthetic_settings import SyntheticSettings
from twin.progress import Progress, silent
from twin.scenario import files
from twin.tasks.data.check import run_check
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.forecasts import execution
from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast
from twin.tasks.learning.backtest import BacktestSettings, run_backtest
from twin.tasks.learning.calibrate import run_calibration
from twin.tasks.plans.plan import run_plan
from twin.workspace.content import artefact_id
from twin.workspace.store import Workspace

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
DRAWS = 24
_CODE = Path(__file__).resolve().parents[1]
_MARK = "demo"
_PLANNED = "light_the_dark_side.toml"


def run_demo(
    folder: Path,
    n_outlets: int = 3000,
    scenarios: Path | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    cluster: str | None = None,
) -> dict[str, Any]:
    """Make up a market, ingest, check, calibrate, look back, forecast every scenario, plan.

    Parameters
    ----------
    folder : Path
        Workspace; the made-up bundle is written to ``demo_bundle`` inside it.
    n_outlets : int
    scenarios : Path, optional
        Folder of scenario files; those that come with the twin when missing.
    seed : int
    progress : Progress, optional
    cluster : str, optional
        Address of a Dask scheduler whose workers run the ensembles.

    Returns
    -------
    dict
        Version ids of ``dataset``, ``calibration``, ``forecast``, ``plan``, ``backtest``, and ``workspace``.
    """
    tell = progress or silent
    paths = sorted((scenarios or SCENARIOS).glob("*.toml"))
    if not paths:
        raise TwinError(f"--scenarios: expected a folder with .toml files, found none in {scenarios or SCENARIOS}.")
    _readable(paths)
    workspace = Workspace.open(folder)
    texts = {path.name: path.read_text("utf-8") for path in (*paths, *sorted(_CODE.rglob("*.py")))}
    fingerprint = artefact_id({"outlets": n_outlets, "seed": seed, **texts})
    standing = workspace.head(_MARK)
    if standing is not None and standing.meta.get("fingerprint") == fingerprint:
        tell(1, 1, "the demo stands already and is used again")
        return {**standing.meta["made"], "workspace": str(folder)}
    execution.executor(1, cluster)  # an address that nobody answers is better known before the work
    made = _make(workspace, folder, SyntheticSettings(n_outlets=n_outlets), paths, seed, tell, cluster)
    workspace.publish(_MARK, {"made": made}, {"fingerprint": fingerprint, "made": made})
    return {**made, "workspace": str(folder)}


def _readable(paths: list[Path]) -> None:
    """Refuse faulty scenario files before the work and not in the middle of it."""
    problems: list[Problem] = []
    for path in paths:
        try:
            files.load(path)
        except ScenarioError as error:
            problems.extend(error.problems)
    if problems:
        raise ScenarioError(problems)


def _make(
    workspace: Workspace, folder: Path, settings: SyntheticSettings, paths: list[Path], seed: int, tell: Progress,
    cluster: str | None,
) -> dict[str, str]:  # fmt: skip
    bundle = folder / "demo_bundle"
    if not is_compiled():
        tell(0, 7, COMPILING)
    tell(0, 7, "1 of 7: a made-up market lives through six years")
    write_demo_bundle(bundle, settings)
    tell(1, 7, "2 of 7: ingest")
    dataset = run_ingest(folder, bundle)["dataset"]
    tell(2, 7, f"3 of 7: check: {run_check(workspace)['verdict']}")
    tell(3, 7, "4 of 7: calibrate")
    # simulated histories would take longer than everything else together
    learned = run_calibration(workspace, None, CalibrationSettings(seed=seed), _under(tell, "calibrate"), "none")
    calibration = learned["calibration"]
    tell(4, 7, "5 of 7: backtest")
    backtest = run_backtest(workspace, BacktestSettings(1, n_draws=12, seed=seed, cluster=cluster))["backtest"]
    tell(5, 7, f"6 of 7: forecast {len(paths)} scenarios, beside what looking back says of them")
    runs = ForecastSettings(n_draws=DRAWS, seed=seed, cluster=cluster)
    forecast = run_forecast(workspace, paths, runs, _under(tell, "forecast"))["forecast"]
    tell(6, 7, "7 of 7: visit plan")
    planned = next((path for path in paths if path.name == _PLANNED), paths[0])
    plan = run_plan(workspace, planned)["plan"]
    tell(7, 7, "done")
    return {"dataset": dataset, "calibration": calibration, "forecast": forecast, "backtest": backtest, "plan": plan}


def _under(tell: Progress, step: str) -> Progress:
    """Progress of a step, told as a part of the whole."""
    return lambda done, total, phrase: tell(done, total, f"{step}: {phrase}")
