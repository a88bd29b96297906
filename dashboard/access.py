"""Access: who is signed in, and what they may see and do; everybody may do everything where no sign-in is asked for.

Every function that changes something asks here itself: what a menu hides can still be called.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.words import LANGUAGES, Words
from twin.errors import TwinError
from twin.tasks.service import sign_in
from twin.tasks.service.serve import ACCESS_VARIABLE
from twin.tasks.service.sign_in import EVERYBODY, Person, SignIn

VERB_RIGHTS = {
    "ingest": sign_in.LEARN, "check": sign_in.LEARN, "calibrate": sign_in.LEARN, "backtest": sign_in.LEARN,
    "forecast": sign_in.DECIDE, "optimize": sign_in.DECIDE, "align": sign_in.DECIDE, "size": sign_in.DECIDE,
    "review": sign_in.DECIDE, "drivers": sign_in.DECIDE, "plan": sign_in.PLAN,
}  # fmt: skip
"""What each job asks for."""
_NOBODY = Person("")


def gate() -> None:
    """Let through who may look; others see how to sign in, or that they have no role, and nothing else."""
    words = _words()
    if (rules := _rules()) is None:
        if str(st.get_option("server.address") or "") not in sign_in.LOOPBACK:
            _door(words("access.open"), words("access.open_note"))
            st.stop()
        return
    if not st.user.get("is_logged_in", False):
        _door(words("access.title"), words("access.please"))
        if st.button(words("access.sign_in"), type="primary"):
            st.login()
        st.stop()
    if sign_in.has_expired(rules, _claims(), time.time()):
        _door(words("access.expired"), words("access.expired_note"))
        if st.button(words("access.again"), type="primary"):
            st.logout()
        st.stop()
    if sign_in.LOOK not in current().rights:
        _door(words("access.no_role"), words("access.no_role_note", name=person() or "?"))
        if st.button(words("access.sign_out")):
            st.logout()
        st.stop()


def who() -> None:
    """Who is signed in, as what, and the way out; nothing where no sign-in is asked for."""
    if _rules() is None:
        return
    words, me = _words(), current()
    roles = ", ".join(words.named("role", role) for role in me.roles)
    st.caption(f":material/person: {_plain(me.name)} · {roles}")
    if me.territories is not None:
        st.caption(words("access.limited", names=_plain(", ".join(sorted(me.territories)))))
    if st.button(words("access.sign_out"), key="sign_out"):
        st.logout()


def current() -> Person:
    """Whoever looks at this page now, judged anew at every call."""
    rules = _rules()
    if rules is None:
        return EVERYBODY
    claims = _claims()
    if not st.user.get("is_logged_in", False) or sign_in.has_expired(rules, claims, time.time()):
        return _NOBODY
    return sign_in.person(rules, claims)


def person() -> str:
    """Name of whoever is signed in; empty where nobody signs in."""
    return current().name


def may(right: str) -> bool:
    """Whether something is allowed: for menus and for buttons that are shown but dead."""
    if right not in sign_in.RIGHTS:
        raise ValueError(f"right: expected one of {sign_in.RIGHTS}, got {right!r}")
    return right in current().rights


def require(right: str) -> None:
    """Go no further unless it is allowed; say so in plain words. Called right before anything is changed."""
    if not may(right):
        words = _words()
        st.error(words("access.refused", what=words.named("right", right)), icon=":material/lock:")
        st.stop()


def guarded(right: str, render: Callable[[], None]) -> Callable[[], None]:
    """A page that asks before it shows itself, for an address can be typed; what cannot be shown is said in words."""

    @wraps(render)
    def asked() -> None:
        require(right)
        try:
            render()
        except TwinError as error:
            st.error(_plain(_words().sentence(str(error))), icon=":material/error:")

    return asked


def territories() -> frozenset[str] | None:
    """Territories that may be seen; ``None`` for all."""
    return current().territories


def company() -> bool:
    """Whether totals of the whole company may be seen; where they may not, no figure is shown that holds others'."""
    return current().company


def view() -> tuple[Any, ...]:
    """What decides what somebody is shown: whoever has the same is shown the same, whatever they are called."""
    me = current()
    return (None if me.territories is None else tuple(sorted(me.territories)), me.company, tuple(sorted(me.rights)))


def note() -> None:
    """For whoever is limited to territories: which figures of the page are theirs, and which the company's."""
    me, words = current(), _words()
    if me.territories is not None:
        key = "access.company_wide" if me.company else "access.company_hidden"
        st.caption(f":material/info: {words(key, names=_plain(', '.join(sorted(me.territories))))}")


def within(rows: pd.DataFrame, places: Callable[[], pd.Series] | None = None) -> pd.DataFrame:
    """Rows of the territories that may be seen.

    Parameters
    ----------
    rows : DataFrame
        With ``territory_id``, or ``customer_id``; others are not cut.
    places : callable, optional
        Territory of each customer, by ``customer_id``.
    """
    allowed = territories()
    if allowed is None:
        return rows
    if "territory_id" in rows:
        # an empty territory is the whole company
        whole = rows["territory_id"].isna() | (rows["territory_id"] == "")
        return rows[rows["territory_id"].isin(list(allowed)) | (whole & current().company)].reset_index(drop=True)
    key = next((name for name in ("customer_id", "prospect_id") if name in rows), None)
    if key is None or places is None:
        return rows
    return rows[rows[key].map(places()).isin(list(allowed))].reset_index(drop=True)


def _rules() -> SignIn | None:
    """The access file; ``None`` where none is named. One that is named and cannot be read lets nobody in."""
    path = os.environ.get(ACCESS_VARIABLE, "")
    if not path:
        return None
    try:
        told = Path(path).stat()
        return _read(path, told.st_mtime_ns, told.st_size)
    except (OSError, TwinError):
        return SignIn()


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(path: str, changed: int, size: int) -> SignIn:
    return sign_in.load(Path(path))


def _claims() -> dict[str, Any]:
    return dict(st.user.to_dict())


def _door(title: str, text: str) -> None:
    st.title(title)
    st.markdown(_plain(text))


def _plain(text: str) -> str:
    """Names come from outside: no sign in them means anything to Markdown."""
    for sign in "\\`*_{}[]<>#|$~":
        text = text.replace(sign, "\\" + sign)
    return text


def _words() -> Words:
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    return Words(chosen if chosen in LANGUAGES else LANGUAGES[0])
