"""Frame: what every page shares: language, header strip, empty states, tables in the language of the reader.

Knows no page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, address, drawn, jobs_panel, state
from dashboard.words import LANGUAGES, NOTHING, Words
from twin.tasks.learning import learned

_PAGES = "pages of the menu"


def language_switch() -> None:
    """Language, in step with the address of the page; and what runs, on every page."""
    names = {"en": "English", "tr": "Türkçe"}
    address.follow("lang", LANGUAGES, state.words().language, missing=False)
    with st.sidebar:
        # no label of the built-in binding: it would put the shown name into the address, not the code
        st.segmented_control("Language / Dil", LANGUAGES, format_func=names.__getitem__, required=True, key="lang")
        jobs_panel.running()
    address.keep("lang", st.session_state["lang"], None)
    # a screen reader pronounces by this; only the codes of LANGUAGES can stand in it
    told = f"<script>document.documentElement.lang = '{state.words().language}'</script>"
    with st.sidebar:
        st.html(told, unsafe_allow_javascript=True)


def header() -> None:
    """Which workspace, data up to when, learned when: on every page."""
    words, heads = state.words(), state.heads()
    parts = [words("frame.workspace", name=state.workspace().name)]
    if dataset := heads.get("dataset"):
        last = dt.date.fromisoformat(str(dataset.meta["origin"])) - dt.timedelta(days=1)
        parts.append(words("frame.data_until", date=words.date(last)))
    if calibration := heads.get("calibration"):
        parts.append(
            words("frame.calibration", id=short(calibration.id), date=words.date(str(calibration.meta["origin"])))
        )
    elif dataset:
        parts.append(words("frame.no_calibration"))
    st.caption("  ·  ".join(parts))


def short(id: str) -> str:
    """First letters of an id's digest: enough to tell versions apart."""
    return id.rpartition("-")[2][:6]


def register(name: str, page: Any) -> None:
    """Remember a page of the menu, so that others can lead to it."""
    st.session_state.setdefault(_PAGES, {})[name] = page


def there(page: str) -> bool:
    """Whether the menu has a page of that name."""
    return page in st.session_state.get(_PAGES, {})


def go(page: str, label: str = "", kind: str = "secondary", turn: str = "", **query: str) -> None:
    """A button that leads to another page of the menu.

    Parameters
    ----------
    page : str
        Its name in the menu, such as ``visit_plan``.
    label : str
        The page's own title when empty.
    kind : str
        ``primary`` for the one thing to do next.
    turn : str
        Tells this button from others that lead to the same place.
    query : str
        What the page shall show, as its address has it.
    """
    words = state.words()
    key = f"go-{page}-{'-'.join(query.values())}-{label}{turn}"
    if st.button(f"{label or words(f'menu.{page}')} →", key=key, type="primary" if kind == "primary" else "secondary"):
        there = st.session_state.get(_PAGES, {}).get(page)
        if there is not None:
            st.switch_page(there, query_params={"lang": words.language, **query})


def chosen(
    widget: Callable[..., Any], label: str, options: Sequence[Any], key: str, default: Any = None,
    always: bool = False, **more: Any,
) -> Any:  # fmt: skip
    """A choice that stands in the address of the page under ``key``, by its code and not by its words.

    A link, a typed address and the way back of the browser choose it anew.

    The framework's own binding writes what is shown, which a link in the other language would not find again.

    Parameters
    ----------
    widget : callable
        ``st.selectbox``, ``st.pills``, ``st.segmented_control`` or the like; one of several with a list as default.
    label : str
    options : sequence
        Of texts: codes, or names.
    key : str
        Of the widget and in the address.
    default : optional
        What holds where the address says nothing; the first option when missing. It does not stand in the address.
    always : bool
        It does: what holds where nothing is said will be another one tomorrow.
    more
        For the widget.
    """
    default = options[0] if default is None and options else default
    address.follow(key, options, default)
    value = widget(label, options, key=key, **more)
    address.keep(key, value, None if always else default)
    return value


def tabs(label: str, options: Sequence[str], key: str, group: str, default: str = "") -> str:
    """One of few as buttons, in the address by its code.

    Parameters
    ----------
    label : str
        For those who do not see.
    options : sequence of str
        Codes; the first is meant where neither the address nor ``default`` says another.
    key : str
        Name in the address.
    group : str
        Of phrases: ``group.code``.
    default : str, optional
    """
    words = state.words()
    value = chosen(
        st.segmented_control, label, list(options), key, default or None, required=True,
        format_func=lambda name: words.named(group, name), label_visibility="collapsed",
    )  # fmt: skip
    return str(value or default or options[0])


def empty(text: str, command: str = "", to: str = "", label: str = "") -> None:
    """What is missing, the one button that leads to where it is made, and the command that makes it."""
    words = state.words()
    with st.container(border=True):
        st.markdown(f"**{text}**")
        if to:
            go(to, label, "primary")
        if command:
            st.caption(words("frame.command"))
            st.code(f"{command} -w {state.workspace()}", language=None, wrap_lines=True)  # colours of syntax are faint


def unlearned(text: str) -> None:
    """Nothing has been calibrated: what that means here, or that there are no data yet; and the one way on."""
    words = state.words()
    if "dataset" in state.heads() or not there("data"):
        empty(text, "twin calibrate", "calibration")
    else:
        empty(words("overview.no_data"), "twin ingest FOLDER", "data", words("calibration.to_data"))


def shown(
    rows: pd.DataFrame,
    words: Words,
    forms: Mapping[str, Callable[[Any], str]] | None = None,
    config: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """A table whose heads are phrases ``column.<name>`` and whose figures are written in the language.

    Parameters
    ----------
    rows : DataFrame
        Few rows: every cell is written out.
    words : Words
    forms : mapping from column to a way of saying its values
    config : mapping from column to Streamlit column configuration
    """
    names = {name: words(f"column.{name}") for name in rows.columns}
    body = rows.rename(columns=names).reset_index(drop=True)
    said = {names[name]: form for name, form in (forms or {}).items() if name in names}
    # a name for those who do not see: what stands at the heads
    options = {"hide_index": True, "width": "stretch", "alt": named(list(names.values()), words), **options}
    columns = {names[name]: value for name, value in (config or {}).items() if name in names}
    if {"on_select", "key"} & set(options):
        return st.dataframe(body.style.format(said, na_rep=NOTHING) if said else body, column_config=columns, **options)
    # what is said is decided here: the same figures said in the same way need not be drawn again
    texts = {name: {v: form(v) for v in body[name].drop_duplicates() if not _none(v)} for name, form in said.items()}
    _table(body, texts, columns, options)
    return None


@drawn.once
def _table(
    body: pd.DataFrame, texts: dict[str, dict[Any, str]], columns: dict[str, Any], options: dict[str, Any]
) -> None:
    """A table that nobody can press; ``texts``: how the values of some columns are written."""
    said: dict[Any, Any] = {name: each.__getitem__ for name, each in texts.items()}
    shown = body.style.format(said, na_rep=NOTHING) if said else body
    st.dataframe(shown, column_config=columns, **options)


def _none(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def written(rows: pd.DataFrame, words: Words) -> None:
    """A table of few rows and long texts, which are wrapped: nothing is cut off, and every cell is read out.

    Parameters
    ----------
    rows : DataFrame
        Of texts; heads are phrases ``column.<name>``.
    words : Words
    """
    table = rows.rename(columns={name: words(f"column.{name}") for name in rows.columns}).map(
        lambda text: plain(str(text))
    )
    about = named(list(table.columns), words)
    st.table(table, border="horizontal", hide_index=True, width="stretch", alt=about)


def named(heads: Sequence[str], words: Words) -> str:
    """What a table is called for those who do not see it."""
    return words("frame.table_of", heads=", ".join(map(str, heads)))


def bar(words: Words) -> Any:
    """Column that draws parts of a hundred as bars, their figures as the language writes them."""
    form = "%%%.0f" if words.language == "tr" else "%.0f%%"
    return st.column_config.ProgressColumn(min_value=0, max_value=100, format=form)


def file(label: str, rows: pd.DataFrame, name: str, words: Words, version: str = "") -> None:
    """A button that hands over a table as CSV, written as the reader's spreadsheet expects it, and on record.

    Parameters
    ----------
    label : str
    rows : DataFrame
    name : str
        Of the file.
    words : Words
    version : str, optional
        Where the rows come from; empty for files that were only checked.
    """
    locale = "tr" if words.language == "tr" else ""
    # made when it is asked for, where nobody knows any more who asks
    folder, who = state.workspace(), access.person()
    st.download_button(
        label, lambda: learned.customer_file(folder, version, rows, name, locale, who), file_name=name,
        mime="text/csv", icon=":material/download:", on_click="ignore", key=f"file-{name}",
    )  # fmt: skip


def findings(lines: Iterable[str]) -> None:
    """Sentences, one a line."""
    st.markdown("\n".join(f"- {plain(line)}" for line in lines))


def plain(text: str) -> str:
    """Text in which no sign means anything to Markdown: names come from files."""
    for sign in "\\`*_{}[]<>#|$~":
        text = text.replace(sign, "\\" + sign)
    return text


def html(text: object) -> str:
    """Text in which no sign means anything to a browser: names come from files."""
    return escape(str(text))
