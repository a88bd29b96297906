"""Check: what must agree between the tables of a bundle, and the facts that a person should know.

An error refuses the bundle, a warning is reported and accepted. Knows no estimate: how far the data carry is in
:mod:`twin.intake.readiness`.
"""

from __future__ import annotations

import datetime as dt
from collections import abc
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from twin.errors import Problem
from twin.intake.codes import codes_of, column
from twin.intake.fold import did_you_mean, each, outlet_name
from twin.intake.geometry_check import check_places, check_shapes
from twin.intake.schema import CONTRACT
from twin.intake.settings import Mapping
from twin.intake.tables import Table
from twin.market.channels import channel_axis

_EARLIEST = np.datetime64("1900-01-01", "s")
_DATES = {"sales": ("date",), "visits": ("date",), "market_sales": ("period_start",),
          "customers": ("known_since", "left_on")}  # fmt: skip
_SAME_NAME = 50.0
_LONGEST_ABSENCE = np.timedelta64(400, "D")


@dataclass
class Findings:
    """What the check found.

    Parameters
    ----------
    errors : list of Problem
        The bundle is refused.
    warnings : list of Problem
        Accepted and reported.
    """

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def check(tables: abc.Mapping[str, Table], mapping: Mapping | None = None, today: dt.date | None = None) -> Findings:
    """All findings at once; equal ones are one problem with a count and the first row.

    Parameters
    ----------
    tables : mapping of str to Table
        A missing table switches its checks off.
    mapping : Mapping, optional
    today : date, optional
        Later dates are refused; default is the day of the call.
    """
    bundle = _Bundle(tables, mapping or Mapping(), today or dt.date.today(), Findings())
    for rule in _RULES:
        rule(bundle)
    return bundle.findings


@dataclass(frozen=True)
class _Bundle:
    tables: abc.Mapping[str, Table]
    mapping: Mapping
    today: dt.date
    findings: Findings

    def has(self, *names: str) -> bool:
        return all(name in self.tables for name in names)

    def frame(self, name: str) -> pd.DataFrame:
        return self.tables[name].frame

    def rows(
        self, where: tuple[str, str], bad: NDArray[np.bool_], expected: str, cure: str, *,
        found: str | None = None, refuse: bool = True,
    ) -> None:  # fmt: skip
        """One problem for all rows of one table (``where[0]``) that break one rule in one column (``where[1]``)."""
        bad = np.asarray(bad, dtype=bool)
        if not bad.any():
            return
        table, row = self.tables[where[0]], int(np.argmax(bad))
        if found is None:
            value = table.frame[where[1]].iloc[row]
            found = str(value).removesuffix(" 00:00:00") if isinstance(value, pd.Timestamp) else repr(value)
        title, line = table.raw.title_of(where[1]), table.line_of(row)
        problem = Problem(table.file_of(row), title, expected, found, cure, row=line, count=int(bad.sum()))
        (self.findings.errors if refuse else self.findings.warnings).append(problem)

    def fact(self, where: tuple[str, str], expected: str, found: str, cure: str, count: int = 1) -> None:
        """A warning about a table as a whole."""
        file = self.tables[where[0]].file if where[0] in self.tables else where[0]
        self.findings.warnings.append(Problem(file, where[1], expected, found, cure, count=count))


def _unique_ids(bundle: _Bundle) -> None:
    for name, table in bundle.tables.items():
        key = CONTRACT[name].key
        if key is None:
            continue
        repeated = table.frame[key].duplicated() & table.frame[key].notna()
        if repeated.any():
            row = int(np.argmax(repeated))
            first = int(np.argmax((table.frame[key] == table.frame[key].iloc[row]).to_numpy(dtype=bool)))
            found = f"{table.frame[key].iloc[row]!r} again (first in row {table.line_of(first)})"
            bundle.rows((name, key), repeated, "an id that occurs once", "Merge or renumber the rows.", found=found)


def _references(bundle: _Bundle) -> None:
    for name, table in bundle.tables.items():
        for spec in CONTRACT[name].columns:
            lists = [other for other in spec.refers if other in bundle.tables]
            unread = "customers" in spec.refers and "customers" not in bundle.tables
            if not lists or unread or spec.name not in table.frame:
                continue
            field_name = {"brand": "brand", "brick_id": "brick_id", "territory_id": "territory_id"}.get(spec.name)
            known = pd.concat([bundle.frame(other)[field_name or CONTRACT[other].key] for other in lists])
            unknown = (codes_of(table.frame[spec.name], known) < 0) & table.frame[spec.name].notna().to_numpy()
            if unknown.any():
                hint = did_you_mean(
                    str(table.frame[spec.name].iloc[int(np.argmax(unknown))]), known.head(10_000).tolist()
                )
                cure = f"Correct the id, or add it to {' or '.join(lists)}.{hint}"
                bundle.rows((name, spec.name), unknown, f"an id of {' or '.join(lists)}", cure)


def _visit_words(bundle: _Bundle) -> None:
    channels = channel_axis(bundle.mapping.channels)
    for name, spec in (("visits", "channel"), ("customers", "prefers_channel"), ("consents", "channel")):
        if bundle.has(name) and spec in bundle.frame(name):
            words = bundle.frame(name)[spec]
            unknown = ~words.isin(channels).to_numpy() & words.notna().to_numpy()
            cure = "Translate it in the mapping (values), or declare the channel there (channels)."
            if unknown.any():
                cure += did_you_mean(str(words.iloc[int(np.argmax(unknown))]), channels)
            bundle.rows((name, spec), unknown, f"one of {', '.join(channels)}", cure)
    if bundle.has("visits", "reps") and "rep_id" in bundle.frame("visits"):
        reps = bundle.frame("visits")["rep_id"]
        unknown = (codes_of(reps, bundle.frame("reps")["rep_id"]) < 0) & reps.notna().to_numpy()
        bundle.rows(("visits", "rep_id"), unknown, "an id of reps", "Add former reps with their end_date; "
                    "until then these visits count without a rep.", refuse=False)  # fmt: skip
    if bundle.has("customers"):
        for name in bundle.frame("customers").columns:
            if name.startswith("consent_") and name.removeprefix("consent_") not in channels:
                cure = "Declare the channel in the mapping (channels), or correct the name."
                bundle.fact(("customers", name), f"one of {', '.join(channels)} after consent_", name,
                            cure + did_you_mean(name.removeprefix("consent_"), channels))  # fmt: skip


def _brands(bundle: _Bundle) -> None:
    if not bundle.has("brands"):
        return
    brands = bundle.frame("brands")
    ours = brands["owner"] == "us"
    if not ours.any():
        found = ", ".join(sorted(set(brands["owner"].dropna()))[:5])
        cure = "Write us as the owner of our brands, or translate our company's name in the mapping (values)."
        table = bundle.tables["brands"]
        bundle.findings.errors.append(
            Problem(table.file, "owner", "at least one brand owned by 'us'", found, cure, row=table.line_of(0))
        )
    elif bundle.has("sales"):
        theirs = brands.loc[~ours, "brand"]
        foreign = codes_of(bundle.frame("sales")["brand"], theirs) >= 0
        cure = "Move rivals' volumes to market_sales, or correct the owner in brands."
        bundle.rows(("sales", "brand"), foreign, "a brand of ours", cure)


def _market_rows(bundle: _Bundle) -> None:
    if not bundle.has("market_sales"):
        return
    frame = bundle.frame("market_sales")
    brick, customer = column(frame, "brick_id").notna().to_numpy(), column(frame, "customer_id").notna().to_numpy()
    where = ("market_sales", "brick_id or customer_id")
    bundle.rows(where, brick & customer, "a brick or a customer, not both", "Leave one of the two cells empty.",
                found="both")  # fmt: skip
    bundle.rows(where, ~brick & ~customer, "a brick or a customer", "Fill one of the two cells.", found="neither")
    month = column(frame, "period").fillna("month").to_numpy(dtype=object) == "month"
    start = frame["period_start"].to_numpy()
    late = month & (start != start.astype("datetime64[M]").astype(start.dtype)) & ~np.isnat(start)
    bundle.rows(("market_sales", "period_start"), late, "the first day of a month, for a month",
                "Give the first of the month, or state week as the period.")  # fmt: skip
    for rows, what in ((brick & ~customer, "bricks"), (customer & ~brick, "customers")):
        mostly_months = bool(rows.any()) and month[rows].mean() >= 0.5
        minority = rows & (month != mostly_months)
        outcome = "summed into months" if mostly_months else "left out, a month is never split into weeks"
        bundle.rows(("market_sales", "period"), minority, f"one kind of period for all {what}",
                    f"Nothing to do; these rows are {outcome}.", refuse=False)  # fmt: skip


def _dates(bundle: _Bundle) -> None:
    tomorrow = np.datetime64(bundle.today + dt.timedelta(days=1), "s")
    for name, columns in _DATES.items():
        for spec in columns if bundle.has(name) else ():
            if spec in bundle.frame(name):
                days = bundle.frame(name)[spec].to_numpy()
                bundle.rows((name, spec), days < _EARLIEST, "a date from 1900 on", "Correct the date.")
                bundle.rows((name, spec), days >= tomorrow, f"a date up to today ({bundle.today})", "Correct the date.")
    for name, first, last in (("campaigns", "start", "end"), ("reps", "start_date", "end_date"),
                              ("customers", "known_since", "left_on"), ("absences", "first", "last")):  # fmt: skip
        if bundle.has(name) and {first, last} <= set(bundle.frame(name).columns):
            wrong = bundle.frame(name)[last].to_numpy() < bundle.frame(name)[first].to_numpy()
            bundle.rows((name, last), wrong, f"a day on or after {first}", "Correct one of the two dates.")


def _absences(bundle: _Bundle) -> None:
    """Leave that lasts longer than leave does, and leave of people of whom no list tells."""
    if not bundle.has("absences"):
        return
    if not bundle.has("reps"):
        bundle.fact(("absences", "rep_id"), "the table reps", "none", "Add reps; without them no plan heeds absences.",
                    count=len(bundle.frame("absences")))  # fmt: skip
    frame = bundle.frame("absences")
    long = frame["last"].to_numpy() - frame["first"].to_numpy() > _LONGEST_ABSENCE
    bundle.rows(("absences", "last"), long, f"a day within {_LONGEST_ABSENCE.astype(int)} days of first",
                "Correct the year, or give the rep an end_date in reps.", refuse=False)  # fmt: skip


def _same_ids(bundle: _Bundle) -> None:
    """One id in both lists is one outlet, unless the names say otherwise."""
    if not bundle.has("customers", "prospects"):
        return
    customers, prospects = bundle.frame("customers"), bundle.frame("prospects")
    place = codes_of(prospects["prospect_id"], customers["customer_id"])
    both = place >= 0
    if not both.any() or "name" not in customers or "name" not in prospects:
        return
    theirs = each(outlet_name, prospects["name"].fillna("").astype(object).to_numpy()[both])
    ours = each(outlet_name, customers["name"].fillna("").astype(object).to_numpy()[place[both]])
    alike = process.cpdist(theirs.tolist(), ours.tolist(), scorer=fuzz.ratio)
    wrong = np.zeros(len(prospects), dtype=bool)
    wrong[both] = (alike < _SAME_NAME) & (theirs != "") & (ours != "")
    bundle.rows(("prospects", "prospect_id"), wrong, "ids that no customer of another name has",
                "Put a letter before the register's ids.")  # fmt: skip


_RULES = (_unique_ids, _references, _visit_words, _brands, _market_rows, _dates, _absences, check_places, check_shapes,
          _same_ids)  # fmt: skip
