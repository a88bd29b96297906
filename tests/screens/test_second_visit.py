"""Whoever opens a page a second time waits for nothing that was made for the first: counted, not timed."""

from __future__ import annotations

import collections
import tomllib
from collections.abc import Callable
from typing import Any

import altair as alt
import pydeck
import pytest
from pandas.io.formats.style import Styler
from streamlit.testing.v1 import AppTest
from test_pages import opened

from dashboard import access
from twin.tasks import results
from twin.tasks.service.sign_in import EVERYBODY, Person
from twin.workspace.store import Workspace

COSTLY: tuple[tuple[str, Any, str], ...] = (
    ("chart", alt.TopLevelMixin, "to_dict"),
    ("map", pydeck.Deck, "to_json"),
    ("written table", Styler, "_translate"),
    ("table read", Workspace, "table"),
    ("document read", Workspace, "document"),
    ("file of a scenario", tomllib, "loads"),
)
PRESSED = {"visit_plan": {"chart": 1}, "potential": {"written table": 1}}
"""Charts and tables that can be pressed are sent anew."""


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> collections.Counter[str]:
    """How often each costly thing has been done; what a chart does for its parts counts once."""
    found: collections.Counter[str] = collections.Counter()
    deep = [0]

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            found[name] += not deep[0]
            deep[0] += 1
            try:
                return real(*given, **named)
            finally:
                deep[0] -= 1

        return call

    for name, owner, verb in COSTLY:
        monkeypatch.setattr(owner, verb, counted(name, getattr(owner, verb)))
    return found


@pytest.mark.parametrize(
    "view",
    ["overview", "scenarios", "compare", "data", "calibration", "diagnostics", "rival_calendar", "potential",
     "visit_plan", "runs"],
)  # fmt: skip
def test_a_second_visit_makes_nothing_anew(view, full, counts, monkeypatch):
    first = opened(view, "en", full, monkeypatch)
    before = dict(counts)
    counts.clear()
    second = opened(view, "en", full, monkeypatch)
    assert not second.exception
    assert {name: n for name, n in counts.items() if n} == PRESSED.get(view, {}), before
    assert [each.value for each in second.markdown] == [each.value for each in first.markdown]
    assert len(second.get("vega_lite_chart")) == len(first.get("vega_lite_chart"))
    assert [each.value.shape for each in second.dataframe] == [each.value.shape for each in first.dataframe]


def _page(figure: float) -> None:
    import streamlit as st

    from dashboard import access, drawn

    @drawn.once
    def inner(figure: float) -> None:
        st.markdown(f"{figure!r} of {sorted(access.territories() or [])}")

    @drawn.once
    def part(figure: float) -> None:
        with st.expander("more"):
            inner(figure)

    with st.container():
        part(figure)


def test_what_was_drawn_for_one_is_not_shown_to_who_may_see_something_else(monkeypatch):
    here, there = (Person("", ("manager",), frozenset({zone})) for zone in ("HERE", "THERE"))
    for who, figure in [
        (EVERYBODY, 1.0),
        (here, 1.0),
        (there, 1.0),
        (here, 1.0),
        (here, 1.0000000001),
        (EVERYBODY, 1.0),
    ]:
        monkeypatch.setattr(access, "current", lambda who=who: who)
        page = AppTest.from_function(_page, kwargs={"figure": figure}).run()
        assert not page.exception
        assert [each.value for each in page.expander[0].markdown] == [f"{figure!r} of {sorted(who.territories or [])}"]


def _newest() -> None:
    import streamlit as st

    from dashboard import state

    st.markdown(str(len(state.table(state.heads()["calibration"].id, "potential"))))


def test_after_an_erasure_nothing_is_shown_as_it_was_read_before(full, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    read = collections.Counter[str]()
    real = Workspace.table
    monkeypatch.setattr(Workspace, "table", lambda *given: (read.update(["read"]), real(*given))[1])
    for erasure, n in (("", None), ("", 0), ("erasure-1", 1), ("erasure-1", 0)):
        read.clear()
        monkeypatch.setattr(results, "last_erasure", lambda _, erasure=erasure: erasure)
        monkeypatch.setattr(results, "mark", lambda _, erasure=erasure: f"mark {erasure}")
        assert not AppTest.from_function(_newest).run().exception
        assert n is None or read["read"] == n
