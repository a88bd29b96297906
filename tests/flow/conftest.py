"""The sample, taken in and learned once for all end-to-end tests. Whoever changes the workspace copies it first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from walking import SAMPLE, Ran, three_tables, twin, write_tables


@dataclass(frozen=True)
class Standing:
    """A calibrated workspace and what its verbs said."""

    workspace: Path
    ingest: Ran
    check: Ran
    calibrate: Ran


def _stand(folder: Path, bundle: Path, draws: int) -> Standing:
    workspace = folder / "workspace"
    taken = twin("ingest", bundle, "-w", workspace, "--json")
    assert taken.status == 0, taken.err
    learned = twin("calibrate", "-w", workspace, "--draws", draws, "--seed", 3, "--json")
    assert learned.status == 0, learned.err
    return Standing(workspace, taken, twin("check", "-w", workspace, "--json"), learned)


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """The sample bundle, calibrated with six draws."""
    return _stand(tmp_path_factory.mktemp("sample"), SAMPLE, 6)


@pytest.fixture(scope="session")
def least(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """Three tables and a few columns, calibrated."""
    folder = tmp_path_factory.mktemp("least")
    return _stand(folder, write_tables(folder / "bundle", three_tables()), 4)


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Standing], Path]:
    """Copies a workspace, so that a test may change it."""

    def copy(source: Standing) -> Path:
        return Path(shutil.copytree(source.workspace, tmp_path / "copied"))

    return copy
