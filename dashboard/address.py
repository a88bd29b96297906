"""Address: a choice stands in the address of the page, and a new address is a new choice.

Knows codes, not words: a link opens the same view in either language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st


def follow(key: str, options: Sequence[Any] | None, default: Any, missing: bool = True) -> None:
    """Choose what the address asks for, where nobody has chosen since it was written.

    Parameters
    ----------
    key : str
        Of the widget and in the address. Called before the widget is drawn.
    options : sequence of str, optional
        What may be chosen; any text when missing.
    default : str or list of str
        What holds where the address says nothing; a list where several may be chosen.
    missing : bool
        Whether an address that no longer names the key asks for the default.
    """
    asked, several = st.query_params.get_all(key), isinstance(default, list)
    sound = [each for each in asked if options is None or each in options]
    fresh = asked != st.session_state.get(_written(key), asked) and (missing or bool(asked))
    if key not in st.session_state or fresh:
        st.session_state[key] = (sound or default) if several else (sound[0] if sound else default)
    elif options is None:
        return
    elif several:
        st.session_state[key] = [each for each in st.session_state[key] if each in options]
    elif st.session_state[key] not in options:
        st.session_state[key] = default


def keep(key: str, value: Any, default: Any) -> None:
    """Write a choice into the address; what holds anyway does not stand there.

    Parameters
    ----------
    key : str
    value : str or list of str
    default : str or list of str
        ``None`` where the choice always stands there.
    """
    said = [] if value is None or value == default else [str(each) for each in value] if _many(value) else [str(value)]
    if said != st.query_params.get_all(key):
        if said:
            st.query_params[key] = said
        else:
            st.query_params.pop(key, None)
    st.session_state[_written(key)] = said


def _many(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _written(key: str) -> str:
    """Where it is remembered how the address was left: what differs from it, somebody else has written."""
    return f"{key} as the address has it"
