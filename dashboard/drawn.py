"""Drawn: parts of pages that are drawn once, then shown again as they were to whoever may see the same.

A part is known by everything that it is given, to the last digit, by the language among it, and by what its reader may
see: nobody is shown what was drawn for somebody who may see more. What is drawn here must hang on nothing else: not on
the clock, not on choices that it reads itself, not on what is newest.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import pandas as pd
import streamlit as st

from dashboard import access, state

P = ParamSpec("P")
Made = TypeVar("Made")

_PARTS, _THINGS = 400, 200
_DRAWING: ContextVar[bool] = ContextVar("whether a part is being drawn", default=False)


def once(draw: Callable[P, None]) -> Callable[P, None]:
    """A function that draws what nobody can press: called a second time, it sends what it has sent before."""

    @wraps(draw)
    def shown(*given: P.args, **named: P.kwargs) -> None:
        if _DRAWING.get():  # a part of a part is kept with the whole
            draw(*given, **named)
        else:
            _shown(_key(draw, given, named), draw, given, named)

    return shown


def kept(make: Callable[P, Made]) -> Callable[P, Made]:
    """A function whose results are kept and shared: not to be changed."""

    @wraps(make)
    def found(*given: P.args, **named: P.kwargs) -> Made:
        result: Made = _found(_key(make, given, named), make, given, named)
        return result

    return found


def chart(make: Callable[..., Any], *given: Any, alt: str) -> None:
    """A chart that nobody can press, made by a function of a module from figures that are its key.

    Parameters
    ----------
    make : callable
    given
        For ``make``: frames, texts, numbers, words.
    alt : str
        What the chart shows, for those who do not see it.
    """
    _chart(make, given, alt)


@once
def _chart(make: Callable[..., Any], given: tuple[Any, ...], alt: str) -> None:
    st.altair_chart(make(*given), width="stretch", theme=None, alt=alt)


def _key(function: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> str:
    """Digest of all that a result hangs on; what has no content of its own, such as a function in a function, fails."""
    who_where = (function.__module__, function.__qualname__, str(state.workspace()), access.view())
    written = io.BytesIO()
    pickler = _Writer(written, protocol=5)
    pickler.fast = True  # what is the same is written the same, whether it is one object twice or two alike
    pickler.dump((who_where, given, named))
    return hashlib.sha256(written.getbuffer()).hexdigest()


class _Writer(pickle.Pickler):
    """Writes a table by what stands in it: two that are alike may lie differently in memory."""

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, pd.Series):
            thing = thing.to_frame()
        elif not isinstance(thing, pd.DataFrame):
            return NotImplemented
        columns = [(name, str(column.dtype), column.tolist()) for name, column in thing.items()]
        return tuple, ([type(thing).__name__, columns, thing.index.tolist()],)


@st.cache_resource(max_entries=_PARTS, show_spinner=False)
def _shown(key: str, _draw: Callable[..., None], _given: tuple[Any, ...], _named: dict[str, Any]) -> None:
    before = _DRAWING.set(True)
    try:
        _draw(*_given, **_named)
    finally:
        _DRAWING.reset(before)


@st.cache_resource(max_entries=_THINGS, show_spinner=False)
def _found(key: str, _make: Callable[..., Any], _given: tuple[Any, ...], _named: dict[str, Any]) -> Any:
    return _make(*_given, **_named)
