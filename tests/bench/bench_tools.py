"""Tools of the measuring scripts: where things lie, what ran them, and made-up worlds that the tests share."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
sys.path.insert(0, str(ROOT / "tests"))


def module(path: str) -> ModuleType:
    """A test module by its path under ``tests``, for the worlds that it makes."""
    name = "shared_" + Path(path).stem + "_" + Path(path).parent.name
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


def write(name: str, content: Any) -> Path:
    """Write JSON into the build folder."""
    BUILD.mkdir(exist_ok=True)
    path = BUILD / name
    text = json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def plain(value: Any) -> Any:
    """Values as JSON knows them: what is not finite is not known."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def versions() -> dict[str, str]:
    """What the figures depend on."""
    packages = ("numpy", "scipy", "numba", "llvmlite", "mesa", "lightgbm", "statsmodels", "pandas")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in packages}}


def machine() -> dict[str, Any]:
    """Cores and load, so that a reader knows whether others were at work."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"cores": os.cpu_count(), "machine": platform.machine(), "load_at_start": load}
