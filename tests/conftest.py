"""Fixtures that every test may ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twin.workspace.store import Workspace

_BUNDLES = Path(__file__).resolve().parents[2] / "shared" / "bundles"


@pytest.fixture(scope="session")
def shared_bundle() -> Callable[[str], Path]:
    """Finder of real bundles beside the checkout: ``shared_bundle("name")``, skipping where there is none."""

    def find(name: str) -> Path:
        folder = _BUNDLES / name
        if not folder.is_dir():
            pytest.skip(f"the bundle {name!r} does not lie beside this checkout")
        return folder

    return find


@pytest.fixture
def tmp_workspace(tmp_path: Path) -> Workspace:
    """An empty workspace that goes away with the test."""
    return Workspace.open(tmp_path / "workspace")
