"""A small workspace with every kind of result, and a copy of it without some."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import browsing, serving

from twin.calibration.calibrate import CalibrationSettings
from twin.tasks.data.ingest import run_ingest
from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast
from twin.tasks.learning.calibrate import run_calibration
from twin.tasks.plans.plan import run_plan
from twin.workspace.store import Workspace

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = "customer_id,status\n" + "".join(f"C{n},active\n" for n in range(30))
BRANDS = "brand,owner\nOurs,us\n"


def scenario(name: str) -> Path:
    return ROOT / "scenarios" / f"{name}.toml"


def sales() -> str:
    """Two years of monthly sales of thirty customers, without a draw."""
    months = [f"{year}-{month:02d}-01" for year in (2024, 2025) for month in range(1, 13)]
    rows = [f"{day},C{n},Ours,{5 + n % 7 + place % 3}\n" for place, day in enumerate(months) for n in range(30)]
    return "date,customer_id,brand,volume\n" + "".join(rows)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample market, ingested, calibrated, forecast and planned, with very few draws."""
    folder = tmp_path_factory.mktemp("full") / "workspace"
    run_ingest(folder, ROOT / "data" / "sample")
    workspace = Workspace.open(folder)
    run_calibration(workspace, None, CalibrationSettings(4, 0, "TR"))
    run_forecast(workspace, [scenario("status_quo_more_calls"), scenario("status_quo")], ForecastSettings(6, 2, 1, 1))
    run_plan(workspace, scenario("status_quo"), n_weeks=1)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One browser for all; each visitor begins without a memory."""
    with browsing() as found:
        yield found


@pytest.fixture(scope="session")
def served(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of one dashboard for all, and its workspace: a copy of the full one, because it is written to."""
    folder = tmp_path_factory.mktemp("served") / "workspace"
    shutil.copytree(full, folder)
    with serving(folder) as (address, _):
        yield address, folder


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The least that a bundle may hold: no market sales, no visits, no places, no reps."""
    bundle = tmp_path_factory.mktemp("bare")
    for name, text in (("customers", CUSTOMERS), ("brands", BRANDS), ("sales", sales())):
        (bundle / f"{name}.csv").write_text(text, encoding="utf-8")
    folder = bundle / "workspace"
    run_ingest(folder, bundle)
    workspace = Workspace.open(folder)
    run_calibration(workspace, None, CalibrationSettings(4, 0, "TR"))
    run_forecast(workspace, [scenario("status_quo")], ForecastSettings(6, 2, 1, 1))
    return folder
