"""Scenario check: what is wrong with a scenario under way, against the grammar and against the market at hand."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import Problem, ScenarioError
from twin.forecast.attribution import levers_of
from twin.market.history import History
from twin.market.world import World
from twin.scenario import files
from twin.scenario.check import check_against
from twin.scenario.condition import parse as parse_condition
from twin.scenario.facts import MarketFacts
from twin.scenario.grammar import parse
from twin.scenario.scenario import ALIGNMENTS, Scenario
from twin.scenario.tokens import ConditionError
from twin.scenario.where import evaluate, faults, names
from twin.tasks.forecasts.forecast import facts_under, scenario_facts
from twin.tasks.shelf import CALIBRATION, DATASET, load_dataset, load_twin
from twin.workspace.catalogue import FILE_NAME
from twin.workspace.store import Workspace


@dataclass(frozen=True)
class Checked:
    """What was found.

    Parameters
    ----------
    document : dict, optional
        As the text says, sound or not; ``None`` where it is no TOML.
    scenario : Scenario, optional
        ``None`` where the grammar refuses it.
    errors, warnings : tuple of Problem
        Errors of the grammar keep it from being saved; the others keep it from being run.
    """

    document: dict[str, Any] | None
    scenario: Scenario | None
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def may_be_saved(self) -> bool:
        """Whether the grammar takes it."""
        return self.scenario is not None


def facts(workspace: Path) -> MarketFacts | None:
    """What a scenario must fit: the market of the newest calibration, else of the newest data; ``None`` without."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return None
    store = Workspace.open(workspace, create=False)
    if store.head(CALIBRATION) is not None:
        twin = load_twin(store)
        return facts_under(twin)
    if store.head(DATASET) is None:
        return None
    market: tuple[World, History, Any] = load_dataset(store)
    return scenario_facts(market[0], market[1])


def check_text(text: str, file: str, market: MarketFacts | None, folder: Path | None = None) -> Checked:
    """Check TOML text; see :func:`check_document`."""
    try:
        document = files.document(text, file)
    except ScenarioError as error:
        return Checked(None, None, error.problems)
    return check_document(document, file, market, folder)


def check_document(
    document: Mapping[str, Any], file: str, market: MarketFacts | None, folder: Path | None = None
) -> Checked:
    """Check a plain document.

    Parameters
    ----------
    document : mapping
    file : str
        Name for messages.
    market : MarketFacts, optional
        Without it only the grammar is asked.
    folder : Path, optional
        Where a file that ``alignment`` names is looked for.
    """
    kept = dict(document)
    try:
        scenario = parse(kept, file)
    except ScenarioError as error:
        return Checked(kept, None, error.problems)
    errors, warnings = check_against(scenario, market, file) if market is not None else ((), ())
    errors = (*errors, *_alignment(scenario, file, folder))
    return Checked(kept, scenario, errors, warnings)


def changed_parts(scenario: Scenario) -> list[str]:
    """Names of the parts of the market that a scenario touches, see :data:`twin.forecast.attribution.LEVERS`."""
    return [lever.name for lever in levers_of(scenario)]


def customers_meant(where: str, market: MarketFacts) -> int | None:
    """Number of customers for whom a condition holds; ``None`` where that cannot be said."""
    try:
        condition = parse_condition(where)
    except ConditionError:
        return None
    if faults(condition, market.kinds) or not names(condition) <= set(market.columns):
        return None
    n = len(next(iter(market.columns.values()), ()))
    return int(evaluate(condition, market.columns, n).sum())


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Lines of two texts: ``(sign, line)`` with sign ``+``, ``-`` or blank, and some lines around each change."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(line[:1], line[1:]) for line in found if not line.startswith(("---", "+++", "@@"))]


def _alignment(scenario: Scenario, file: str, folder: Path | None) -> list[Problem]:
    alignment = scenario.field_force.alignment
    if folder is None or alignment in ALIGNMENTS or (Path(folder) / alignment).is_file():
        return []
    place = Path(folder) / alignment
    where, cure = "field_force.alignment", f"Put the file at {place}, or name another."
    return [Problem(file, where, "current, balanced or a file", f"{alignment!r}, which is no file", cure)]
