"""Nothing of ours is said in the other language: phrases, sentences of the twin, faults, cures, plural forms."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
import twin
from dashboard import views
from dashboard.words import LANGUAGES, Words, catalogue
from twin.response.parameters import PRIORS

ENGLISH = re.compile(
    r"\b(the|of|and|with|is|are|was|were|for|from|this|that|has|have|which|than|when|each|expected|found|nobody|"
    r"only|into|them|would|cannot|should|their|there)\b",
    re.IGNORECASE,
)
"""Words that every English sentence of some length has one of, and no Turkish one."""
UNTRANSLATED_SHARE = 0.10
"""Of the sentences on faults, cures and progress; what has no Turkish is shown in English with Turkish figures."""
ERRORS = (
    "TwinError",
    "InputError",
    "ScenarioError",
    "CalibrationError",
    "PlanError",
    "WorkspaceError",
    "ForecastError",
)
VIEWS = sorted(
    path.stem for path in Path(views.__path__[0]).glob("*.py") if "\ndef render() -> None:" in path.read_text("utf-8")
)


NO_WORDS = re.compile(r"\{\w+\}|`[^`]*`|--[\w-]+|\S*[/_.]\w\S*|\*\*[^*]*\*\*|\"[^\"]*\"|“[^”]*”")
"""Places, code, options, names of files and columns, and what is quoted or named in bold: theirs."""


def foreign(text: str) -> list[str]:
    """English words of a text, command lines, options, places in files and code left out."""
    return ENGLISH.findall(NO_WORDS.sub(" ", text))


# --- what the twin says when something is at fault, read from its source -----------------------------------------


def literal(node: ast.expr) -> str | None:
    """A text of the source with ``7`` in its places."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def sentences() -> Iterator[str]:
    """Everything that is raised at a person, every part of a problem, every step of progress."""
    for path in sorted(Path(twin.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            said: list[ast.expr] = []
            if name in ERRORS:
                said = node.args
            elif name in ("Problem", "_problem"):
                said = [*node.args[2:], *(each.value for each in node.keywords)]
            elif name == "tell":
                said = node.args[2:]
            yield from (text for text in map(literal, said) if text and " " in text)


def test_faults_cures_and_progress_are_said_in_turkish():
    turkish = Words("tr")
    asked = sorted(set(sentences()))
    left = [text for text in asked if foreign(turkish.sentence(text))]
    assert len(asked) > 150
    assert len(left) <= UNTRANSLATED_SHARE * len(asked), "\n".join(left)


def test_a_fault_is_said_whole():
    said = Words("tr").sentence(
        "--start: expected 2026-01-05 or later, the end of history, found 2025-12-01. Begin later."
    )
    assert (
        said == "--start: beklenen geçmişin sonu olan 5 Oca 2026 ya da sonrası, bulunan 1 Ara 2025. Daha geç başlayın."
    )


def test_the_pattern_that_says_more_is_taken():
    # "at least {n}" would fit as well
    assert Words("tr").sentence("at least one row before the origin") == "başlangıçtan önce en az bir satır"


# --- what is drawn -----------------------------------------------------------------------------------------------


def _script(view: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{view}").render()


def drawn(page: AppTest) -> list[str]:
    """Every text of a page that is ours: labels, options' words, helps, heads of tables, sentences."""
    found: list[str] = []
    for kind in ("title", "header", "subheader", "markdown", "caption", "warning", "success", "error", "info"):
        found += [str(each.value) for each in getattr(page, kind)]
    for kind in ("button", "selectbox", "multiselect", "radio", "number_input", "text_input", "text_area", "date_input",
                 "time_input", "toggle", "checkbox", "slider", "metric", "expander", "tabs"):  # fmt: skip
        for each in getattr(page, kind, ()):
            found += [str(getattr(each, part, "") or "") for part in ("label", "help", "placeholder")]
    for each in page.dataframe:
        found += [str(column) for column in each.value.columns]
    return [text for text in found if text.strip()]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", ["full", "bare"])
def test_a_turkish_page_says_nothing_in_english(kind, view, request, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(request.getfixturevalue(kind)))
    page = AppTest.from_function(_script, default_timeout=90, kwargs={"view": view})
    page.session_state["lang"] = "tr"
    page.run()
    assert not page.exception
    texts = drawn(page)
    names = scenario_names()
    odd = [text for text in texts if foreign(without(text, names))]
    assert odd == []


def scenario_names() -> list[str]:
    """Names and notes of scenarios, whole and by sentence, and parameters by name: they stay as they are."""
    import tomllib

    root = Path(dashboard.__file__).parents[1] / "scenarios"
    found = [tomllib.loads(path.read_text("utf-8")) for path in root.glob("*.toml")]
    texts = [each["name"] for each in found]
    notes = [" ".join(each.get("note", "").split()) for each in found]
    texts += [text for note in notes for text in (note, *re.split(r"(?<=[.?!]) ", note)) if text]
    return [*sorted(texts, key=len, reverse=True), *PRIORS]


def without(text: str, names: list[str]) -> str:
    """The text without what people named."""
    bare = " ".join(text.replace("\\", "").split())
    head, cut, rest = bare.partition("…")
    if cut and any(name.startswith(head.strip()) for name in names):
        bare = rest
    for name in names:
        bare = bare.replace(name, " ")
    return bare


def test_an_english_word_on_a_turkish_page_is_seen():
    assert foreign("Toplam of visits") == ["of"]
    assert foreign("Planı `twin plan --start` ile yapın, bkz. docs/the_plan.md") == []


# --- forms -------------------------------------------------------------------------------------------------------


def test_one_and_many_have_their_own_form_in_english():
    english, turkish = Words("en"), Words("tr")
    assert [english.many("plan.n_visits", n) for n in (0, 1, 2, 1000)] == [
        "0 visits",
        "1 visit",
        "2 visits",
        "1,000 visits",
    ]
    assert [turkish.many("plan.n_visits", n) for n in (0, 1, 1000)] == ["0 ziyaret", "1 ziyaret", "1.000 ziyaret"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_for_one_has_a_form_for_many(language):
    keys = catalogue(language)
    assert [key for key in keys if key.endswith("_one") and key.removesuffix("_one") not in keys] == []


def test_no_turkish_phrase_is_left_in_english():
    assert [key for key, text in catalogue("tr").items() if foreign(text)] == []


def test_days_are_said_in_turkish():
    assert "Sal" in Words("tr").weekday("2026-01-06") and "Oca" in Words("tr").weekday("2026-01-06")
