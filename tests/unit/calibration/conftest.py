"""The sample market, calibrated once for the tests of its examination."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.intake.assemble import assemble
from twin.intake.ingest import read_bundle
from twin.market.history import History
from twin.market.world import World

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"


@dataclass(frozen=True)
class Learned:
    """A market and what was learned of it."""

    world: World
    history: History
    settings: CalibrationSettings
    calibration: Calibration


@pytest.fixture(scope="session")
def sample() -> Learned:
    """Two years of two hundred outlets, in thirty draws."""
    world, history = assemble(read_bundle(SAMPLE, None).tables)
    settings = CalibrationSettings(30, 5, "TR")
    return Learned(world, history, settings, calibrate(world, history, settings))
