"""Imports point down the layers, and each library is used in its own rooms only."""

from __future__ import annotations

import ast
import graphlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sources import ROOT, Module, modules, none

LAYERS = (
    ("twin.__main__",),
    ("dashboard", "twin.cli"),
    ("twin.tasks",),
    ("twin.intake", "twin.workspace"),
    ("twin.control",),
    ("twin.planning",),
    ("twin.forecast",),
    ("twin.calibration",),
    ("twin.agents", "twin.alignment"),
    ("twin.engine",),
    ("twin.potential",),  # reads the priors of response and the neighbours of geography
    ("twin.response", "twin.geography", "twin.scenario"),
    ("twin.market",),
    ("twin.errors", "twin.units", "twin.weeks", "twin.draws", "twin.phrases", "twin.progress"),
)
"""From the top down. A room may import from lower rows only; a new package fails until it is placed here."""

BOTTOM = LAYERS[-1]
RANK = {room: rank for rank, row in enumerate(LAYERS) for room in row}
DASHBOARD_SEES = {
    "twin.tasks",
    "twin.forecast",
    "twin.planning",
    "twin.control",
    "twin.scenario",
    "twin.market",
    *BOTTOM,
}

RIM = ("twin.intake", "twin.workspace", "twin.tasks", "twin.cli", "twin.__main__", "dashboard")
MODELS = ("twin.potential", "twin.calibration", "twin.forecast")
EVERYWHERE = tuple(RANK)
RIGHTS = {
    "numpy": EVERYWHERE,
    "scipy": EVERYWHERE,
    "pandas": RIM,
    "pyarrow": ("twin.intake", "twin.workspace"),
    "geopandas": ("twin.intake",),
    "shapely": ("twin.intake", "twin.geography", "twin.market.synthetic_map", "twin.tasks.demo_bundle"),
    "pyogrio": ("twin.intake",),
    "pyproj": ("twin.intake", "twin.geography"),
    "python_calamine": ("twin.intake",),
    "rapidfuzz": ("twin.intake",),
    "duckdb": ("twin.intake", "twin.workspace", "twin.tasks"),
    "splink": ("twin.intake",),
    "pyvrp": ("twin.planning",),
    "vl_convert": ("dashboard",),
    "holidays": ("twin.intake", "twin.market", "twin.calibration", "twin.forecast", "twin.planning"),
    "icalendar": ("twin.workspace", "twin.tasks"),
    "xlsxwriter": ("twin.workspace",),
    "reportlab": ("twin.workspace",),
    "babel": ("twin.cli", "twin.tasks", "dashboard"),
    "mesa": ("twin.agents",),
    "numba": ("twin.engine", "twin.planning"),
    "llvmlite": ("twin.engine",),
    "statsmodels": ("twin.calibration", "twin.forecast"),
    "sklearn": MODELS,
    "lightgbm": MODELS,
    "threadpoolctl": ("twin.calibration", "twin.forecast"),
    "distributed": ("twin.forecast.cluster",),
    "streamlit": ("dashboard",),
    "altair": ("dashboard",),
    "pydeck": ("dashboard",),
}
"""Third-party libraries, by import name, and who may use them."""

# the outside world, and what must never be done, among the standard library
STANDARD_RIGHTS = {
    **dict.fromkeys(("os", "pathlib", "shutil", "tempfile", "subprocess", "socket", "urllib", "http", "logging"), RIM),
    "time": RIM,
    "sqlite3": ("twin.workspace.catalogue",),
    "random": (),
    "pickle": (),
    "shelve": (),
    "marshal": (),
}
EXCUSED = {
    ("dashboard.drawn", "pickle"): "it writes arguments for their digest, and nothing ever reads that",
    ("twin.potential.openmp", "pathlib"): "it finds a library file",
    ("twin.potential.openmp", "tempfile"): "it copies one for the moment of loading",
    **{
        ("twin.engine.compiling", library): "keeps machine code between processes"
        for library in ("os", "pathlib", "shutil", "tempfile")
    },
    ("twin.forecast.cluster", "logging"): "hushes the engine: what goes wrong is said once, in our words",
    ("twin.scenario.files", "pathlib"): "the one door between scenario files and the grammar",
    ("twin.scenario.alignment", "pathlib"): "reads the file that a scenario's alignment names",
}

PROJECT = modules("twin", "dashboard")
NAMES = {module.name for module in PROJECT}


def room_of(name: str) -> str:
    """Package, or single module on the top level, that a dotted name belongs to."""
    return "dashboard" if name.startswith("dashboard") else ".".join(name.split(".")[:2])


def statements(tree: ast.AST, typing: bool) -> Iterator[ast.stmt]:
    """All statements, without those that only a type checker reads unless ``typing``."""
    waiting = [tree]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            for_checker = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case) and (typing or not for_checker):
                waiting.append(node)
                yield node


def imports(module: Module, names: set[str], typing: bool = True) -> Iterator[str]:
    """Dotted names that a module imports."""
    for node in statements(module.tree, typing):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in names else base


def wrong_arrows(module: Module, names: set[str]) -> list[str]:
    """Imports of our own modules that do not point down."""
    here, found = room_of(module.name), []
    for target in sorted(set(imports(module, names))):
        there = room_of(target)
        if target.startswith("."):
            found.append(f"{module.place}: relative import of {target}; write the module's whole name")
        elif target == "twin":
            found.append(f"{module.place}: imports the package root; import the module that is meant")
        elif target.split(".")[0] not in ("twin", "dashboard") or there == here:
            continue
        elif there not in RANK:
            found.append(f"{module.place}: imports {target}, which has no place among the layers")
        elif here in RANK and RANK[there] <= RANK[here]:
            found.append(f"{module.place}: imports {target}, which does not lie below {here}")
        elif here == "dashboard" and there not in DASHBOARD_SEES:
            found.append(f"{module.place}: imports {target}; screens see tasks and result types only")
    return found


def wrong_libraries(module: Module, names: set[str]) -> list[str]:
    """Libraries that a module has no right to, or that nobody has placed."""
    found = []
    for target in sorted({name.split(".")[0] for name in imports(module, names) if not name.startswith(".")}):
        if target in ("twin", "dashboard") or (module.name, target) in EXCUSED:
            continue
        if target not in RIGHTS and target not in sys.stdlib_module_names:
            found.append(f"{module.place}: {target} is not placed in RIGHTS")
        rooms = RIGHTS.get(target, STANDARD_RIGHTS.get(target, EVERYWHERE))
        if room_of(module.name) not in rooms and module.name not in rooms:
            found.append(f"{module.place}: {target} belongs in {', '.join(rooms) or 'no room'}")
    return found


def test_every_package_has_a_place_among_the_layers():
    none(sorted({room_of(name) for name in NAMES} - set(RANK) - {"twin"}))


def test_imports_point_down_the_layers():
    none(line for module in PROJECT for line in wrong_arrows(module, NAMES))


def test_libraries_stay_in_their_rooms():
    none(line for module in PROJECT for line in wrong_libraries(module, NAMES))


def test_every_library_in_use_is_declared():
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8").replace("-", "_")
    used = {name.split(".")[0] for module in PROJECT for name in imports(module, NAMES)} & set(RIGHTS)
    sold_as = {"sklearn": "scikit_learn"}
    none(sorted(name for name in used if f'"{sold_as.get(name, name)}' not in declared))


def test_modules_of_one_package_form_no_circle():
    graph = {}
    for module in PROJECT:
        graph[module.name] = {name for name in imports(module, NAMES, typing=False) if name in NAMES} - {module.name}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("a circle of imports: " + " -> ".join(error.args[1]))


def test_package_files_hold_a_docstring_and_nothing_else():
    none(module.place for module in PROJECT if module.is_package and len(module.tree.body) != 1)


def test_lightgbm_is_imported_after_its_system_library_was_seen_to():
    late = []
    for module in PROJECT:
        if "lightgbm" in set(imports(module, NAMES)):
            at_top = [node for node in module.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
            early = any("lightgbm" in ast.unparse(node).split() for node in at_top)
            if early or "ensure_openmp()" not in module.text:
                late.append(f"{module.place}: call ensure_openmp() inside the function, then import lightgbm")
    none(late)


def test_an_extra_of_the_installation_is_imported_only_where_it_is_asked_for():
    none(
        module.place
        for module in PROJECT
        for node in module.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) and "distributed" in re.split(r"\W+", ast.unparse(node))
    )


@pytest.mark.parametrize(
    ("name", "code", "complaint"),
    [
        ("twin.market.x", "from twin.agents import model", "does not lie below"),
        ("twin.intake.x", "from twin.workspace import store", "does not lie below"),
        ("twin.response.x", "import twin.potential.y", "does not lie below"),
        ("twin.agents.x", "from . import kernels", "relative"),
        ("twin.agents.x", "import twin", "root"),
        ("twin.tasks.x", "from twin.magic import wand", "no place"),
        ("dashboard.views.x", "from twin.workspace import store", "screens"),
        ("twin.market.x", "def f():\n    import pandas", "pandas belongs in"),
        ("twin.tasks.x", "import torch", "not placed"),
        ("twin.tasks.x", "import pickle", "no room"),
        ("twin.workspace.x", "import sqlite3", "catalogue"),
        ("twin.market.x", "from pathlib import Path", "pathlib belongs in"),
    ],
)
def test_a_planted_fault_is_seen(name, code, complaint):
    planted = Module(name, Path("planted.py"), code)
    found = wrong_arrows(planted, NAMES) + wrong_libraries(planted, NAMES)
    assert len(found) == 1 and complaint in found[0]
