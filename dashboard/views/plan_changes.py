"""Plan changes: what a planner has decided about single visits, whether it fits, and the plan made anew around it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, frame, jobs_panel, plan_state, state
from dashboard.words import Words
from twin.planning.settings import Absence
from twin.tasks.plans import plan_edits
from twin.tasks.plans.plan_applied import Desk, unheeded
from twin.tasks.plans.plan_edits import Edit, Wishes

VERBS = ("plan",)
TURN = "plan_turn"
"""Counts changes: a list whose visits have changed begins without a tick."""
DAY = "day"
"""Key of the field that holds the day that is shown."""
_SHOWN = 12
_SIGNS = {"fits": ":green[✓]", "crowded": ":orange[▲]", "broken": ":red[✕]"}


def keep(plan: str, change: Callable[[Wishes], Wishes]) -> None:
    """Write down what is wished from now on; a button calls this before the page is drawn, which happens once then.

    Parameters
    ----------
    plan : str
        Version of the plan.
    change : callable
        Makes the new wishes from those that stand now: somebody else may have said something meanwhile.
    """
    access.require("plan")
    standing = plan_edits.wishes_of(state.workspace(), plan)
    plan_edits.keep_wishes(state.workspace(), plan, change(standing))
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1


def take_back(plan: str, keys: Iterable[str]) -> None:
    """Forget what was said of some visits."""

    def without_all(wishes: Wishes) -> Wishes:
        for key in keys:
            wishes = plan_edits.without(wishes, key)
        return wishes

    keep(plan, without_all)


def note(plan: str, edit: Edit) -> None:
    """Keep one edit, with who said it, and when."""
    keep(plan, lambda wishes: plan_edits.with_edit(wishes, noted(edit)))


def noted(edit: Edit) -> Edit:
    """The edit with who said it, and when."""
    return replace(edit, who=access.person(), noted=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))


def panel(
    plan: str, desk: Desk, wishes: Wishes, breaches: list[dict[str, Any]], rows: pd.DataFrame, reps: dict[str, str],
    words: Words,
) -> None:  # fmt: skip
    """Edits that the plan has not heeded yet, with what breaks, and what to do about them.

    Parameters
    ----------
    plan : str
        Version of the plan.
    desk : Desk
        Knows of leave and of withdrawn consent that came after the plan.
    wishes : Wishes
    breaches : list of dict
        As from :func:`twin.tasks.plans.plan_desk.breaches`.
    rows : DataFrame
        The plan as edited.
    reps : dict from rep id to name
    words : Words
    """
    heeded = plan_state.wishes(plan)[1]
    fresh = [edit for edit in wishes.edits if edit not in heeded.edits and _may_see(edit, reps)]
    away = [each for each in wishes.absences if each not in heeded.absences and _may_see(each, reps)]
    gone = len(set(heeded.edits) - set(wishes.edits)) + len(set(heeded.absences) - set(wishes.absences))
    with st.container(border=True):
        st.header(words("plan.changes"))
        names = dict(zip(rows["customer_id"], rows["customer_name"].fillna("")))
        for edit in fresh[-_SHOWN:]:
            _line(plan, edit, breaches, names, reps, words)
        for absence in away:
            _away(plan, absence, reps, words)
        came = _from_data(desk, reps, words)
        if len(fresh) > _SHOWN:
            st.caption(words.many("plan.more_changes", len(fresh) - _SHOWN))
        if not fresh and not away and not gone and not came:
            st.caption(words("plan.no_changes"))
        if heeded.edits:
            st.caption(words.many("plan.heeded", len(heeded.edits)))
        if access.may("plan"):
            _absent(plan, rows["date"], reps, words)
            _buttons(plan, heeded, bool(fresh or away or gone), came, breaches, words)


def _may_see(change: Edit | Absence, reps: dict[str, str]) -> bool:
    """Whether a change concerns a rep who is shown."""
    return access.territories() is None or change.rep_id in reps


def verdict(kinds: set[str], crowded: set[str], words: Words) -> str:
    """Whether a change fits, in plain words.

    Parameters
    ----------
    kinds : set of str
        Rules that would be broken.
    crowded : set of str
        Rules that making the plan anew can mend.
    words : Words
    """
    if not kinds:
        return words("plan.fits")
    hard = sorted(kinds - crowded)
    if hard:
        return words("plan.breaks", why=", ".join(words(f"breach.{kind}") for kind in hard))
    return words("plan.crowded", why=", ".join(words(f"breach.{kind}") for kind in sorted(kinds)))


def of_edit(edit: Edit, breaches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the checker says that concerns one edit: its visit, or its rep on its day."""
    if edit.kind == plan_edits.DROP:
        return []
    return [
        each
        for each in breaches
        if each["visit_id"] == edit.key
        or (each["rep_id"] == edit.rep_id and (str(edit.date) in each["found"] or each["kind"] == "capacity"))
    ]


def _line(
    plan: str, edit: Edit, breaches: list[dict[str, Any]], names: dict[str, str], reps: dict[str, str], words: Words
) -> None:
    mine = of_edit(edit, breaches)
    kinds = {each["kind"] for each in mine}
    crowded = {each["kind"] for each in mine if each["crowded"]}
    light = "fits" if not kinds else "broken" if kinds - crowded else "crowded"
    said = words(
        f"edit.{edit.kind}",
        customer=names.get(edit.customer_id) or edit.customer_id,
        rep=reps.get(edit.rep_id, edit.rep_id),
        day=words.weekday(edit.date),
        was=words.weekday(edit.was) if edit.was else "",
    )
    left, right = st.columns([6, 1], vertical_alignment="center")
    left.markdown(f"{_SIGNS[light]} **{frame.plain(said)}** · {frame.plain(verdict(kinds, crowded, words))}")
    right.button(
        words("plan.take_back"), key=f"back-{edit.key}", width="stretch", on_click=take_back, args=(plan, [edit.key]),
        disabled=not access.may("plan"),
    )  # fmt: skip


def _from_data(desk: Desk, reps: dict[str, str], words: Words) -> bool:
    """What newer data say against the plan: leave, and consent that is gone. Nobody can take it back here."""
    away = unheeded(desk)
    for absence in away[:_SHOWN]:
        rep = frame.plain(reps.get(absence.rep_id, absence.rep_id))
        told = words("plan.away", rep=rep, first=words.weekday(absence.first), last=words.weekday(absence.last))
        st.markdown(f"{_SIGNS['crowded']} **{told}** · {words('plan.listed')}")
    withdrawn = 0 if desk.withdrawn is None else len(access.within(desk.withdrawn))
    if withdrawn:
        st.markdown(f"{_SIGNS['crowded']} {words.many('plan.withdrawn', withdrawn)}")
    return bool(away or withdrawn)


def _away(plan: str, absence: Absence, reps: dict[str, str], words: Words) -> None:
    left, right = st.columns([6, 1], vertical_alignment="center")
    rep = frame.plain(reps.get(absence.rep_id, absence.rep_id))
    left.markdown(
        f"{_SIGNS['fits']} **"
        + words("plan.away", rep=rep, first=words.weekday(absence.first), last=words.weekday(absence.last))
        + "**"
    )

    def come_back(wishes: Wishes) -> Wishes:
        return replace(wishes, absences=tuple(each for each in wishes.absences if each != absence))

    right.button(
        words("plan.take_back"), key=f"back-{absence}", width="stretch", on_click=keep, args=(plan, come_back),
        disabled=not access.may("plan"),
    )  # fmt: skip


def _absent(plan: str, days: pd.Series, reps: dict[str, str], words: Words) -> None:
    """A rep who falls ill after the plan was made: from today on, or from the plan's first day where it is not now."""
    today, opens, closes = dt.date.today(), days.min().date(), days.max().date()
    usual = today if opens <= today <= closes else opens
    with st.expander(words("plan.absent"), icon=":material/event_busy:"):
        first, second, third, fourth = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
        rep = first.selectbox(words("plan.rep"), list(reps), format_func=reps.__getitem__, key="away_rep")
        begin = second.date_input(words("plan.first_away"), usual, format="DD.MM.YYYY", key="away_first")
        third.date_input(words("plan.last_away"), begin, min_value=begin, format="DD.MM.YYYY", key="away_last")
        fourth.button(
            words("plan.add_absence"), width="stretch", disabled=rep is None, on_click=_note_absence, args=(plan,)
        )


def _note_absence(plan: str) -> None:
    rep, begin, end = (st.session_state[key] for key in ("away_rep", "away_first", "away_last"))
    absence = Absence(str(rep), begin, max(begin, end))
    keep(plan, lambda wishes: replace(wishes, absences=(*wishes.absences, absence)))


def _buttons(plan: str, heeded: Wishes, open_: bool, came: bool, breaches: list[dict[str, Any]], words: Words) -> None:
    hard = [each for each in breaches if not each["crowded"]]
    row = st.container(horizontal=True)
    busy = jobs_panel.busy(VERBS)
    dead = busy or not (open_ or came) or bool(hard)
    if row.button(words("plan.replan"), type="primary", disabled=dead, key="replan"):
        jobs_panel.start("plan", ["--replan", plan])
    # what others have changed elsewhere is not theirs to discard who do not see it
    alone = access.territories() is None
    row.button(
        words("plan.discard"), disabled=busy or not open_ or not alone, key="discard", on_click=keep,
        args=(plan, lambda _: heeded),
    )  # fmt: skip
    st.caption(words("plan.replan_blocked" if hard else "plan.replan_note"))
