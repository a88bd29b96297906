"""What is chosen stands in the address, and a new address is a new choice: both ways, within one visit."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.words import Words

ENTRY = Path(dashboard.__file__).with_name("app.py")


def _script() -> None:
    import streamlit as st

    from dashboard import address, frame

    one = frame.chosen(st.selectbox, "one", ["a", "b", "c"], "one")
    some = frame.chosen(st.multiselect, "some", ["x", "y", "z"], "some", ["x"])
    address.follow("free", None, "")
    free = st.text_input("free", key="free")
    address.keep("free", free, "")
    st.button("nothing")
    st.text(f"{one}|{','.join(some)}|{free}")


def asked(page: AppTest) -> dict[str, list[str]]:
    return {key: value if isinstance(value, list) else [value] for key, value in page.query_params.items()}


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(_script).run()


def test_what_holds_anyway_does_not_stand_in_the_address(page):
    assert page.text[0].value == "a|x|" and asked(page) == {}


def test_a_choice_is_written_and_stays_when_something_else_is_pressed(page):
    page.selectbox[0].select("b").run()
    page.multiselect[0].set_value(["z", "y"]).run()
    page.text_input[0].input("köy").run()
    page.button[0].click().run()
    assert page.text[0].value == "b|z,y|köy"
    assert asked(page) == {"one": ["b"], "some": ["z", "y"], "free": ["köy"]}


def test_a_new_address_within_a_visit_is_a_new_choice(page):
    page.selectbox[0].select("b").run()
    page.query_params["one"], page.query_params["some"], page.query_params["free"] = "c", ["y"], "dağ"
    assert page.run().text[0].value == "c|y|dağ"
    page.selectbox[0].select("a").run()
    assert page.text[0].value == "a|y|dağ" and "one" not in asked(page), "the last word is the visitor's"


def test_the_way_back_to_an_address_that_says_nothing_is_what_holds_anyway(page):
    page.selectbox[0].select("b").run()
    page.query_params.clear()
    assert page.run().text[0].value == "a|x|"


def test_an_address_that_asks_for_what_is_not_there_is_put_right(page):
    page.query_params["one"], page.query_params["some"] = "nobody", ["y", "nobody"]
    assert page.run().text[0].value == "a|y|"
    assert asked(page) == {"some": ["y"]}


def test_the_language_follows_the_address_and_is_not_lost_where_it_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(tmp_path / "nothing"))
    app = AppTest.from_file(ENTRY, default_timeout=60).run()
    for said, language in (("tr", "tr"), (None, "tr"), ("en", "en"), ("xx", "en")):
        if said is None:
            app.query_params.clear()
        else:
            app.query_params["lang"] = said
        app.run()
        assert not app.exception
        assert app.title[0].value == Words(language)("overview.title")
        assert asked(app)["lang"] == [language]
