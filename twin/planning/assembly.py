"""Assembly: a draft and its follow-ups, written out as the rows of a visit plan.

Decides nothing about visits; dates and times the contacts on other channels around them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.market.channels import VISIT
from twin.planning import task_rows
from twin.planning.counting import count_in
from twin.planning.drafting import Draft
from twin.planning.gain import VisitGain
from twin.planning.ground import Ground
from twin.planning.journeys import courses
from twin.planning.plan import RepDays, Unserved, VisitPlan
from twin.planning.reasons import NEVER_SEEN, Reasons
from twin.planning.targets import Motive
from twin.planning.task_rows import Rows, condition, moment
from twin.response.journey import Stage
from twin.scenario.scenario import Journey
from twin.weeks import mondays, week_of

_MEMORABLE_WEEKS = 260
"""A visit longer ago counts as none on record."""


def assemble(
    ground: Ground, draft: Draft, gain: VisitGain, span: tuple[dt.date, dt.date], journeys: Sequence[Journey]
) -> VisitPlan:
    """Write a draft out.

    Parameters
    ----------
    ground, draft, gain : Ground, Draft, VisitGain
    span : (datetime.date, datetime.date)
        First day of the plan, and the day after the last.
    journeys : sequence of Journey

    Returns
    -------
    VisitPlan
    """
    visits = _visits(ground, draft)
    tasks, not_placed = task_rows.tasks(ground, visits, draft.ends, span, journeys)
    rows = {name: np.concatenate([visits[name], tasks[name]]) for name in visits}
    order = np.lexsort((rows["channel"], rows["customer"], rows["begin"], rows["rep"]))
    rows = {name: values[order] for name, values in rows.items()}
    world, conditions, who = ground.world, ground.conditions, rows["customer"]
    population, is_visit = world.population, rows["channel"] == VISIT
    names = _rep_names(ground)
    return VisitPlan(
        start=span[0],
        stop=span[1],
        visit_id=_visit_ids(rows, ground),
        kind=np.where(is_visit, "visit", "task"),
        rep_id=conditions.rep_ids[rows["rep"]],
        rep_name=names[rows["rep"]],
        customer_id=population.ids[who],
        customer_name=population.names[who],
        territory_id=world.territories[conditions.territory[who]],
        channel=np.array(world.channels)[rows["channel"]],
        date=rows["date"],
        begin=rows["begin"],
        end=rows["end"],
        seq=rows["seq"],
        travel_min=rows["travel_min"],
        travel_km=rows["km"],
        lon=ground.place[who, 0],
        lat=ground.place[who, 1],
        known=population.known[who],
        buys=ground.aims.buys[who],
        condition=rows["condition"],
        locked=rows["locked"].astype(bool),
        journey=rows["chain"],
        step=rows["step"],
        rate=ground.aims.rate[who],
        reason=_reasons(ground, rows),
        gain_mean=np.where(is_visit, gain.mean[who], np.nan),
        gain_p10=np.where(is_visit, gain.p10[who], np.nan),
        gain_p90=np.where(is_visit, gain.p90[who], np.nan),
        unserved=_unserved(ground, draft, not_placed),
        days=_rep_days(ground, draft, rows),
        holidays=ground.calendar.holidays,
        remarks=_remarks(ground, draft, rows),
    )


def _visits(ground: Ground, draft: Draft) -> Rows:
    claims, day = draft.claims, ground.calendar.day[draft.day]
    rows: Rows = {name: getattr(claims, name) for name in ("rep", "customer", "motive", "chain", "step")}
    rows |= {"visit_id": claims.visit_id, "locked": claims.locked, "seq": draft.seq, "km": draft.km}
    rows |= {"travel_min": draft.travel_min, "channel": np.full(len(day), VISIT), "date": day, "week": week_of(day)}
    rows["arrive"], rows["begin"] = moment(day, draft.arrive), moment(day, draft.start)
    rows["end"] = rows["begin"] + np.timedelta64(ground.settings.visit_minutes, "m")
    rows["last_visit"] = _visit_before(ground, rows)
    when = [course.when for course in courses(ground.conditions.chains)]
    rows["condition"] = np.array(
        [condition(when[c][s]) if c >= 0 else "" for c, s in zip(rows["chain"], rows["step"], strict=True)],
        dtype="U12",
    )
    return rows


def _visit_before(ground: Ground, rows: Rows) -> NDArray[np.int64]:
    """Week of the visit before each: in the plan, or the last on record: (v,) int."""
    order = np.lexsort((rows["begin"], rows["customer"]))
    who, week = rows["customer"][order], rows["week"][order].astype(np.int64)
    again = np.append(False, who[1:] == who[:-1])[: len(who)]
    since = np.where(again, np.append(0, week[:-1])[: len(who)], ground.market.start.last_visit[who])
    before = np.empty(len(who), dtype=np.int64)
    before[order] = since
    return before


def _visit_ids(rows: Rows, ground: Ground) -> NDArray[np.str_]:
    """Names of the rows, free of dates: a plan that is made again gives the same visit the same name."""
    number = count_in(rows["rep"], rows["customer"], rows["channel"], order=rows["begin"].astype(np.int64))
    # beside visits that have their names already, new ones must not take one of those
    number = number + np.where(rows["channel"] == VISIT, 1000 * int((rows["visit_id"] != "").any()), 0)
    parts = zip(
        ground.conditions.rep_ids[rows["rep"]].tolist(),
        ground.world.population.ids[rows["customer"]].tolist(),
        np.array(ground.world.channels)[rows["channel"]].tolist(),
        number.tolist(),
        strict=True,
    )
    first = int(ground.weeks[0])
    ids = [
        hashlib.blake2b("\x1f".join(map(str, (first, *part))).encode(), digest_size=10).hexdigest() for part in parts
    ]
    return np.where(rows["visit_id"] != "", rows["visit_id"], np.array(ids, dtype="U20"))


def _reasons(ground: Ground, rows: Rows) -> Reasons:
    market, who, motive = ground.market, rows["customer"], rows["motive"]
    stage = market.start.stage[who]
    lapsed = stage == Stage.LAPSED
    chance = np.where(lapsed, market.response.winback, market.response.discovery_visit)
    not_ours = np.where(lapsed, "lapsed", np.where(ground.world.population.known[who], "prospect", "unknown"))
    not_ours = np.where(chance > 0.0, not_ours, "no_chance")
    ours = np.where(motive == Motive.RANKED, "buys_ranked", "buys_usual")
    key = np.where(ground.aims.buys[who], ours, not_ours)
    others = {Motive.PROMISED: "promised", Motive.JOURNEY: "journey", Motive.BY_HAND: "by_hand", -1: "follow_up"}
    for code, word in others.items():
        key = np.where(motive == code, word, key)
    ago = rows["week"] - rows["last_visit"]
    frequency = ground.conditions.frequency[who]
    return Reasons(
        key=key,
        weeks=np.where(ago > _MEMORABLE_WEEKS, NEVER_SEEN, ago),
        volume=market.volume[who],
        one_in=np.divide(1.0, chance, out=np.full(len(who), np.inf), where=chance > 0.0),
        per_month=frequency * 52.1775 / 12.0,
    )


def _unserved(ground: Ground, draft: Draft, tasks: list[tuple[int, int, int, int, str]]) -> Unserved:
    """Everything that was wanted and has no place, in order of week and rep."""
    first = int(ground.weeks[0])
    never = _never(ground)
    # a plan that is kept hands on what it listed, of which this is found again
    listed = set(never)
    rows = [(r, c, VISIT, week, reason) for r, c, week, reason in draft.left_out if (c, reason) not in listed]
    rows += [(int(ground.rep[c]), c, VISIT, first, reason) for c, reason in never]
    rows += tasks
    rows.sort(key=lambda row: (row[3], row[0], row[2], row[1]))
    rep, customer, channel, week = np.array([row[:4] for row in rows], dtype=np.int64).reshape(-1, 4).T
    rep_ids = np.append(ground.conditions.rep_ids, "")
    return Unserved(
        rep_id=rep_ids[rep],
        customer_id=ground.world.population.ids[customer],
        channel=np.array(ground.world.channels)[channel],
        week=mondays(week),
        reason=np.array([row[4] for row in rows], dtype="U16"),
        lost_gain=np.where(channel == VISIT, ground.worth[customer], 0.0),
    )


def _never(ground: Ground) -> list[tuple[int, str]]:
    """Customers to whom the scenario promises visits that they can never get."""
    conditions, aims = ground.conditions, ground.aims
    asked = np.isfinite(conditions.frequency) & (np.nan_to_num(conditions.frequency) > 0.0)
    consent = ground.world.population.consent[VISIT]
    out = [(int(c), "consent") for c in np.flatnonzero(asked & ~consent)]
    out += [(int(c), "hours") for c in np.flatnonzero(asked & consent & ~aims.promised)]
    return out + [(int(c), "no_rep") for c in np.flatnonzero(asked & aims.promised & (ground.rep < 0))]


def _rep_names(ground: Ground) -> NDArray[np.object_]:
    """Names of the reps: (r,) str; those whom the scenario adds have their ids."""
    names = ground.conditions.rep_ids.astype(object)
    names[: len(ground.world.reps)] = ground.world.reps.names
    return names


def _rep_days(ground: Ground, draft: Draft, rows: Rows) -> RepDays:
    """Sums of every rep and working day."""
    calendar, rep_ids = ground.calendar, ground.conditions.rep_ids
    n_days, is_visit = len(calendar), rows["channel"] == VISIT
    n = n_days * len(rep_ids)
    day = np.searchsorted(calendar.day, rows["date"])
    inside = day < n_days  # a task may follow after the plan's last day
    cell = rows["rep"] * n_days + day
    home_cell = np.array([rep * n_days + end.day for rep, end in draft.ends], dtype=np.int64)
    ends = {name: np.array([getattr(end, name) for _, end in draft.ends], dtype=np.float64)
            for name in ("home_min", "home_km", "back", "lunch", "drive_min")}  # fmt: skip
    spent = rows["travel_min"] + (rows["end"] - rows["begin"]).astype(np.int64)
    sums = {
        "visits": np.bincount(cell[is_visit], minlength=n),
        "tasks": np.bincount(cell[~is_visit & inside], minlength=n),
        "minutes": np.bincount(cell[inside], spent[inside], n) + np.bincount(home_cell, ends["home_min"], n),
        "km": np.bincount(cell[is_visit], np.nan_to_num(rows["km"][is_visit]), n)
        + np.bincount(home_cell, np.nan_to_num(ends["home_km"]), n),
    }
    date = np.tile(calendar.day, len(rep_ids))
    nothing = np.full(n, np.datetime64("NaT", "m"))
    back, lunch = nothing.copy(), nothing.copy()
    back[home_cell] = moment(date[home_cell], ends["back"].astype(np.int64))
    eats = ends["lunch"] >= 0
    lunch[home_cell[eats]] = moment(date[home_cell[eats]], ends["lunch"][eats].astype(np.int64))
    return RepDays(
        rep_id=np.repeat(rep_ids, n_days),
        date=date,
        visits=sums["visits"],
        tasks=sums["tasks"],
        minutes=sums["minutes"].astype(np.int64),
        km=np.round(sums["km"], 3),
        back=back,
        lunch=lunch,
        drive_min=np.bincount(home_cell, ends["drive_min"], n).astype(np.int64),
        night=_nights(ground, draft, home_cell, n),
    )


def _nights(ground: Ground, draft: Draft, cell: NDArray[np.int64], n: int) -> NDArray[np.str_]:
    """Customer near whom each night is spent: (n,) str."""
    where = np.full(n, -1)
    where[cell] = [end.night for _, end in draft.ends]
    if not (where >= 0).any():
        return np.full(n, "", dtype="U1")
    return np.where(where >= 0, ground.world.population.ids[where], "")


def _remarks(ground: Ground, draft: Draft, rows: Rows) -> tuple[tuple[str, int], ...]:
    consent = ground.world.population.consent[VISIT]
    found = {
        "no_customers": int(len(ground.rep) == 0),
        "nobody_due": int(len(ground.rep) > 0 and len(rows["rep"]) == 0),
        "territory_without_rep": int((ground.rep < 0).sum()),
        "outside_hours": int((consent & ~ground.reachable).sum()),
        "without_place": len(np.unique(rows["customer"][~np.isfinite(ground.place[rows["customer"]]).all(axis=1)])),
        "spare_visits": draft.spare,
        "hours_unread": ground.hours.unread,
        "later_steps": int((week_of(rows["date"]) > ground.weeks[-1]).sum()),
        "home_unknown": int((~np.isfinite(ground.home).all(axis=1)).sum()),
    }
    return tuple((key, count) for key, count in found.items() if count)
