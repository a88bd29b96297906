"""Whoever is limited to territories sees theirs: figures are cut, totals of the whole company are not shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from test_analyst_sign_in import RULES, access_file, as_person
from test_language import VIEWS

from twin.tasks import results
from twin.tasks.learning import market_figures
from twin.tasks.service import due, sign_in
from twin.tasks.shelf import load_twin
from twin.workspace.store import Workspace


@pytest.fixture(scope="module")
def calibration(full: Path) -> str:
    return results.heads(full)["calibration"].id


def test_figures_of_territories_add_up_to_those_of_the_market(full, calibration):
    store = Workspace.open(full, create=False)
    twin = load_twin(store, store.version(calibration))
    names = [str(name) for name in twin.world.territories]
    whole = market_figures.figures(full, calibration)
    parts = [market_figures.figures(full, calibration, [name]) for name in names]
    for name in ("n_known", "n_unknown", "n_territories", "n_reps", "own_volume_last_year"):
        assert sum(part[name] for part in parts) == pytest.approx(whole[name])
        assert all(part[name] < whole[name] for part in parts)
    dark = [part["unknown_category"]["mean"] for part in parts]
    assert sum(dark) == pytest.approx(whole["unknown_category"]["mean"])
    every = market_figures.figures(full, calibration, names)
    assert every.pop("unknown_category") == pytest.approx(whole["unknown_category"])
    assert every == {name: value for name, value in whole.items() if name != "unknown_category"}
    # by hand: sales of the last year in the bricks of the first territory
    audit, history = twin.history.audit, twin.history
    there = twin.world.territories[twin.world.bricks.territory[audit.unit]] == names[0]
    last = audit.periods.start[audit.period] >= np.datetime64("2025-01-06")
    ours = audit.brand < twin.world.brands.n_own
    by_hand = audit.volume[there & last & ours].sum()
    assert len(history.audit) and parts[0]["own_volume_last_year"] == pytest.approx(by_hand, rel=0.15)


def test_nothing_is_told_of_a_territory_that_is_not_there(full, calibration):
    none = market_figures.figures(full, calibration, ["nowhere"])
    assert (none["n_known"], none["n_unknown"], none["own_volume_last_year"]) == (0, 0, 0.0)
    assert none["own_share_last_year"] is None


def test_what_is_due_and_what_changed_leaves_the_company_out(full):
    today = dt.date(2026, 1, 5)
    assert {one.key for one in due.decisions(full, today, ["T1"])} <= {one.key for one in due.decisions(full, today)}
    assert not any(one.key.startswith("outlook") or one.key == "rows" for one in due.changes(full, company=False))


@pytest.mark.parametrize(("line", "company"), [("", False), ("company_totals = true\n", True)])
def test_the_access_file_says_whether_totals_are_shown(tmp_path, line, company):
    rules = sign_in.load(access_file(tmp_path, line + RULES))
    now = {"sub": "x", "groups": ["sales-managers", "west"]}
    assert sign_in.person(rules, now).company is company
    assert sign_in.person(rules, {**now, "groups": ["sales-managers"]}).company  # limited to nothing


def test_a_word_for_a_flag_is_refused(tmp_path):
    with pytest.raises(sign_in.InputError, match="company_totals: expected true or false"):
        sign_in.load(access_file(tmp_path, 'company_totals = "yes"\n' + RULES))


def _page(view: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{view}").render()


@pytest.mark.parametrize("view", ["overview", "compare", "scenarios"])
def test_pages_hold_no_total_of_the_company(full, tmp_path, monkeypatch, view):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    as_person(monkeypatch, tmp_path, "sales-managers", "west")
    page = AppTest.from_function(_page, default_timeout=120, kwargs={"view": view}).run()
    assert not page.exception
    told = " ".join(str(each.value) for each in (*page.markdown, *page.metric, *page.caption))
    forecast = results.document(full, results.heads(full)["forecast"].id, "forecast")
    from dashboard.words import Words

    words = Words("en")
    for row in forecast["scenarios"]:
        for one in (words.volume(row["totals"]["own_volume"]["mean"]),
                    words.signed(row.get("versus_baseline", {}).get("own_volume_pct", {}).get("mean"))):  # fmt: skip
            assert len(one) < 3 or not re.search(rf"(?<![\d.,]){re.escape(one)}(?!\d)", told)
    assert not page.get("vega_lite_chart") or view == "overview"  # its map alone
    if view == "compare":
        (table,) = [each.value for each in page.dataframe if "Territory" in each.value]
        assert set(table["Territory"]) == {"T1"}
    if view != "scenarios":
        assert "T1" in told


def _bytes(node: object) -> Iterator[bytes]:
    """Everything that is sent to the browser, tables and charts with it."""
    if (proto := getattr(node, "proto", None)) is not None:
        yield proto.SerializeToString()
    for child in getattr(node, "children", {}).values():
        yield from _bytes(child)


@pytest.mark.parametrize("group", ["sales-managers", "sales-analysts"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_page_names_a_customer_or_a_rep_of_elsewhere(view, group, full, tmp_path, monkeypatch):
    heads = results.heads(full)
    people = results.table(full, heads["calibration"].id, "potential")
    reps = results.table(full, heads["dataset"].id, "table_reps")
    there = {
        *people.loc[people["territory_id"] != "T1", "customer_id"],
        *reps.loc[reps["territory_id"] != "T1", "rep_id"],
    }
    here = set(people.loc[people["territory_id"] == "T1", "customer_id"])
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    as_person(monkeypatch, tmp_path, group, "west")
    for query in {"data": ({"part": "standing"}, {"part": "links", "links": "all"})}.get(view, ({},)):
        page = AppTest.from_function(_page, default_timeout=120, kwargs={"view": view})
        for name, value in query.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        sent = b"\n".join(_bytes(page._tree))
        assert [name for name in sorted(there) if name.encode() in sent] == []
        if view == "potential":
            assert any(name.encode() in sent for name in here), "the test sees nothing"
