"""Every key of a scenario file has its field in the form, and a form that changes one key leaves all others alone."""

from __future__ import annotations

import copy
import datetime as dt
import shutil
import tomllib
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.views.scenario_fields import plain_path
from dashboard.words import Words
from twin.scenario import files
from twin.scenario.keys import GRAMMAR, PATHS
from twin.scenario.tables import Rows, Table
from twin.tasks.forecasts import scenario_library as library

WHOLE = """# what the board asked for
name = "All of it"
note = "every key there is"   # the note

[horizon]
weeks = 26                     # half a year

[goal]
maximise = "own_share"
own_share = 0.24

[field_force]
capacity_factor = 1.1          # ten per cent more
alignment = "balanced"
[[field_force.change]]
territory = "T1"
reps = 1
from = 2026-03-02

[targeting]
unknown_share = 0.30
unknown_rank = "potential"
known_rank = "expected_gain"
drop_small = 0.05
# markets are seen twice a month
[[targeting.frequency]]
where = "outlet_type = 'market'"
visits_per_month = 2.0

[channels]
mode = "multichannel"
[channels.factor]
email = 1.5                    # half as much again
carrier_pigeon = 2.0

[[journey]]
name = "rep opens, digital follows"
where = "digital_affinity > 0.6"
steps = [
  {channel = "visit"},
  {channel = "whatsapp", after_days = 3, when = "no_order"},
  {channel = "email", after_days = 4, when = "opened", times = 2},
]

[[promotion]]
brand = "Ours"
from = 2026-09-07
weeks = 3
strength = 1.0                 # as usual

[[competitor_campaign]]
brand = "Rival A"
from = 2026-05-04
weeks = 6
strength = 0.8

[competitors]
learned_campaigns = false
reaction = "retaliate"

[market]
demand_factor = 0.95
[[market.shock]]
from = 2026-03-16
weeks = 10
demand_factor = 0.7
channel_factor = {visit = 0.2}
"""
_TAKES = {"text_input": "input", "text_area": "input", "date_input": "set_value", "selectbox": "set_value"}


def _form(text: str, language: str) -> None:
    import tomllib as toml

    import streamlit as st

    from dashboard.views import scenario_form as page
    from dashboard.views.scenario_fields import Desk
    from dashboard.words import Words as Said

    st.session_state["made"] = page.form(toml.loads(text), Desk(Said(language), None, {}, "k"))


def leaves(node: Any, path: str = "") -> dict[str, Any]:
    """Value of every key path of a document, places of lists counted from one as the form has them."""
    if isinstance(node, dict):
        return {k: v for name, each in node.items() for k, v in leaves(each, f"{path}.{name}".lstrip(".")).items()}
    if isinstance(node, list):
        return {k: v for n, each in enumerate(node, 1) for k, v in leaves(each, f"{path}[{n}]").items()}
    return {path: node}


DOCUMENT = tomllib.loads(WHOLE)
LEAVES = leaves(DOCUMENT)


@pytest.fixture(scope="module")
def form() -> AppTest:
    page = AppTest.from_function(_form, default_timeout=60, kwargs={"text": WHOLE, "language": "tr"}).run()
    assert not page.exception
    return page


def test_the_document_of_this_test_holds_every_key_of_the_grammar():
    tables = {path for path in PATHS if isinstance(kind_of(path), Table | Rows)}
    said = {".".join(part.partition("[")[0] for part in path.split(".")) for path in LEAVES}
    factors = {path for path in PATHS if any(each.startswith(f"{path}.") for each in said)}
    assert set(PATHS) - tables - factors <= said
    files.loads(WHOLE, "whole.toml")


def kind_of(path: str) -> Any:
    node: Any = GRAMMAR
    for name in path.split("."):
        table = node.table if isinstance(node, Rows) else node
        node = next(key.kind for key in table.keys if key.name == name)
    return node


def test_a_form_that_nobody_touched_gives_every_key_back(form):
    assert form.session_state["made"] == DOCUMENT


def fields(page: AppTest) -> dict[str, tuple[str, Any]]:
    """Every field of a form by its key path."""
    return {str(each.key).partition("|")[2]: (kind, each) for kind in _TAKES for each in getattr(page, kind)}


def test_every_key_has_a_field(form):
    assert set(LEAVES) <= set(fields(form))
    assert {plain_path(path) for path in fields(form)} >= {path.replace(".", "_") for path in PATHS
            if not isinstance(kind_of(path), Table | Rows) and not path.endswith("factor")}  # fmt: skip


def another(path: str, place: int) -> Any:
    """Another value than the file has, which no other key is given; of a choice its first other option."""
    value, kind = LEAVES[path], kind_of(".".join(part.partition("[")[0] for part in path.split(".")[: _depth(path)]))
    if isinstance(value, bool):
        return not value
    if allowed := getattr(kind, "allowed", ()):
        return next(each for each in allowed if each != value)
    numbers = {int: 100 + place, float: 0.5 + place / 1000, dt.date: dt.date(2026, 10, 1) + dt.timedelta(days=place)}
    return numbers.get(type(value), f"changed {place}")


def _depth(path: str) -> int:
    """Parts of a path that the grammar knows: the last one of a number by channel is the market's."""
    return len(path.split(".")) - ("factor." in path)


def test_every_field_changes_its_own_key_and_no_other():
    page = AppTest.from_function(_form, default_timeout=60, kwargs={"text": WHOLE, "language": "tr"}).run()
    wanted = {path: another(path, place) for place, path in enumerate(sorted(LEAVES))}
    for path, (kind, found) in fields(page).items():
        if path in wanted:
            value, written = wanted[path], kind == "text_input" and not isinstance(wanted[path], str)
            getattr(found, _TAKES[kind])(Words("tr").written(value) if written else value)
    page.run()
    assert not page.exception
    assert leaves(page.session_state["made"]) == wanted
    assert all(wanted[path] != value for path, value in LEAVES.items())


def test_a_saved_change_rewrites_its_own_line_and_no_other(full, tmp_path, monkeypatch):
    workspace = tmp_path / "workspace"
    shutil.copytree(full, workspace)
    path = library.create(workspace, "x", "Ayşe", WHOLE)
    before = path.read_text(encoding="utf-8").splitlines()
    monkeypatch.setenv("TWIN_WORKSPACE", str(workspace))
    page = AppTest.from_function(_page, default_timeout=60)
    page.query_params["file"] = f"own.{path.stem}"
    page.run()
    next(each for each in page.text_input if str(each.key).endswith("|journey[1].steps[2].after_days")).input("5").run()
    next(each for each in page.text_input if str(each.key).endswith("|promotion[1].strength")).input("1.25").run()
    page.button(key="save").click().run()
    assert not page.exception
    after = path.read_text(encoding="utf-8").splitlines()
    assert len(after) == len(before)
    changed = [(old.strip(), new.strip()) for old, new in zip(before, after) if old != new]
    assert [new for _, new in changed if "after_days = 5" in new and 'when = "no_order"' in new]
    assert [new for _, new in changed if new.startswith("strength = 1.25") and new.endswith("# as usual")]
    assert len(changed) == 2
    wanted = copy.deepcopy(tomllib.loads("\n".join(before)))
    wanted["journey"][0]["steps"][1]["after_days"] = 5
    wanted["promotion"][0]["strength"] = 1.25
    assert tomllib.loads("\n".join(after)) == wanted


def _page() -> None:
    from dashboard.views import scenarios

    scenarios.render()
