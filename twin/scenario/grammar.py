"""Grammar: a plain document to a scenario and back.

Pure: files are the business of :mod:`twin.scenario.files`. Knows nothing of the market that the scenario is for, see
:mod:`twin.scenario.check`. Places in lists are counted from 1: ``promotion[1].brand``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING as NO_DEFAULT
from typing import Any

from twin.errors import ScenarioError
from twin.scenario.keys import GRAMMAR, PATHS
from twin.scenario.kinds import FAULTY, Faults
from twin.scenario.scenario import BASELINE_NAME, Scenario
from twin.scenario.tables import Key, Rows, Table
from twin.scenario.words import fold, nearest, printable, shown


def parse(document: Mapping[str, Any], file: str = "scenario") -> Scenario:
    """Read a scenario from a plain document.

    Parameters
    ----------
    document : mapping
        As TOML gives it; dates may also be ISO texts.
    file : str
        Name for messages.

    Raises
    ------
    ScenarioError
        With every problem of the document.
    """
    faults = Faults(file)
    if not isinstance(document, Mapping):
        faults.add("(the file)", "a table of keys", shown(document), 'Begin with name = "...".')
        raise ScenarioError(faults.problems)
    scenario = _read_table(GRAMMAR, document, "", faults)
    name = document.get("name")
    if isinstance(name, str) and fold(name) == BASELINE_NAME:
        faults.add(
            "name",
            f"another name than {BASELINE_NAME}",
            shown(name),
            "The baseline runs by itself; choose a name of your own.",
        )
    if faults.problems:
        raise ScenarioError(faults.problems)
    return scenario


def dump(scenario: Scenario) -> dict[str, Any]:
    """The plain document of a scenario, with only what it changes; :func:`parse` gives the same scenario back."""
    return _write_table(GRAMMAR, scenario)


def _read_table(table: Table, value: object, path: str, faults: Faults) -> Any:
    if not isinstance(value, Mapping):
        first = table.keys[0].name
        how = "Write {...}" if path.endswith("]") else f"Write [{path}] and below it"
        return faults.add(path, "a table", shown(value), f"{how} with its keys, for example {first}.")
    before = len(faults.problems)
    known = {key.name: key for key in table.keys}
    for name in value:
        if name not in known:
            _unknown(name, table, path, faults)
    read = {}
    for name, key in known.items():
        if name in value:
            place = f"{path}.{name}".lstrip(".")
            content = _read_value(key, value[name], place, faults)
            if isinstance(key.kind, Table) and key.kind.make is None and content is not FAULTY:
                read.update(content)
            else:
                read[key.attribute] = content
        elif table.default(key) is NO_DEFAULT:
            place = f"{path}.{name}".lstrip(".")
            faults.add(place, key.kind.name, "nothing", f"Add {name}: {key.meaning[0].lower()}{key.meaning[1:]}")
    if len(faults.problems) > before:
        return FAULTY
    return read if table.make is None else table.make(**read)


def _read_value(key: Key, value: object, path: str, faults: Faults) -> Any:
    kind = key.kind
    if isinstance(kind, Table):
        return _read_table(kind, value, path, faults)
    if not isinstance(kind, Rows):
        return kind.read(value, path, faults)
    if not isinstance(value, list | tuple):
        how = (
            f"Write [[{path}]] with two brackets."
            if isinstance(value, Mapping)
            else f"Write [[{path}]] and below it its keys."
        )
        return faults.add(path, "a list of tables", shown(value), how)
    if not kind.at_least <= len(value) <= kind.limit:
        return faults.add(path, f"{kind.at_least} to {kind.limit} entries", str(len(value)), "Add or take out entries.")
    rows = [_read_table(kind.table, row, f"{path}[{place}]", faults) for place, row in enumerate(value, start=1)]
    return FAULTY if FAULTY in rows else tuple(rows)


def _unknown(name: object, table: Table, path: str, faults: Faults) -> None:
    place = printable(f"{path}.{name}".lstrip("."))
    found = f"the unknown key {shown(name)}"
    here = [key.name for key in table.keys]
    expected = f"a key of [{path}]" if path else "a key of a scenario"
    like = nearest(str(name), here, cutoff=0.6)
    elsewhere = [known for known in PATHS if fold(known.rpartition(".")[2]) == fold(str(name))]
    if like is None and elsewhere:
        faults.add(place, expected, found, f"The nearest known key is {elsewhere[0]}: it belongs there.")
        return
    like = like or nearest(str(name), here, cutoff=0.0) or here[0]
    faults.add(place, expected, found, f"The nearest known key is {like}; known here: {', '.join(here)}.")


def _write_table(table: Table, owner: Any) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for key in table.keys:
        if isinstance(key.kind, Table):
            inner = _write_table(key.kind, owner if key.kind.make is None else getattr(owner, key.attribute))
            if inner:
                written[key.name] = inner
            continue
        value = getattr(owner, key.attribute)
        if value is None or value == table.default(key):
            continue
        if isinstance(key.kind, Rows):
            written[key.name] = [_write_table(key.kind.table, row) for row in value]
        else:
            written[key.name] = key.kind.write(value)
    return written
