"""Readiness: how far these data carry a digital twin, and what each gap costs.

Scores what the data show; what a company practises beside its data is not seen here and is said to be unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.intake.quality import TableQuality, quality_of
from twin.intake.schema import CONTRACT
from twin.market.channels import VISIT
from twin.market.history import History
from twin.market.world import World
from twin.weeks import WEEKS_PER_YEAR, monday, week_of

# yardsticks of a good company's data; they grade, they enter no model
_YEARS_WANTED = 5.0
_ATTRIBUTES_WANTED = 6
_CHANNELS_WANTED = 3
_FRESH_WEEKS = 26
_LAG_WEEKS = 5
_PROBE_WANTED = 30
_FILLED = 0.8
_USED_CHANNEL_SHARE = 0.02


@dataclass(frozen=True)
class Criterion:
    """One mark of readiness.

    Parameters
    ----------
    name : str
    score : float in [0, 1]
    evidence : str
        What the data show.
    missing : str
        What is lacking and what that costs; empty at full score.
    """

    name: str
    score: float
    evidence: str
    missing: str


@dataclass(frozen=True)
class Capability:
    """One thing that the twin can or cannot do with these data.

    Parameters
    ----------
    name : str
    possible : bool
    reason : str
    """

    name: str
    possible: bool
    reason: str


@dataclass(frozen=True)
class Readiness:
    """All of it.

    Parameters
    ----------
    criteria : tuple of Criterion
    capabilities : tuple of Capability
    quality : tuple of TableQuality
    """

    criteria: tuple[Criterion, ...]
    capabilities: tuple[Capability, ...]
    quality: tuple[TableQuality, ...]

    @property
    def score(self) -> float:
        """Mean over the criteria, in [0, 1]."""
        return float(np.mean([criterion.score for criterion in self.criteria]))


def readiness(world: World, history: History, tables: Mapping[str, pd.DataFrame]) -> Readiness:
    """Score a bundle.

    Parameters
    ----------
    world, history : as assembled from ``tables``
    tables : mapping of str to DataFrame
        Canonical tables.
    """
    quality = tuple(quality_of(name, tables[name]) for name in CONTRACT if name in tables)
    criteria = (
        _history_length(history),
        _customer_data(world, history, {item.table: item for item in quality}),
        _segmentation(world),
        _channels(world, history),
        _teams(world, tables),
        _loop(history, tables),
        _field_structure(world, tables),
        _visits(history, tables),
        _own_sales(history, tables),
        _rival_sales(world, history),
    )
    return Readiness(criteria, _capabilities(world, history), quality)


def _graded(name: str, score: float, evidence: str, missing: str) -> Criterion:
    score = float(np.clip(score, 0.0, 1.0))
    return Criterion(name, round(score, 3), evidence, missing if score < 1.0 else "")


def _history_length(history: History) -> Criterion:
    years = history.n_weeks / WEEKS_PER_YEAR
    evidence = f"{years:.1f} years of sales, {monday(history.first_week)} to {monday(history.origin)}"
    missing = (
        "5 to 10 years are wanted: with fewer than two the season cannot be told from the trend, and with few years "
        "a rival's yearly campaign is seen too seldom to be learned with confidence"
    )
    return _graded("history", years / _YEARS_WANTED, evidence, missing)


def _customer_data(world: World, history: History, quality: Mapping[str, TableQuality]) -> Criterion:
    people = world.population
    placed = float(people.placed.mean())
    named = float((people.names != "").mean())
    since = people.known_since[people.known]
    newest = int(since.max(initial=-1)) if len(since) else -1
    fresh = float(newest >= history.origin - _FRESH_WEEKS)
    repeated = quality["customers"].duplicates
    single = 1.0 - repeated / max(quality["customers"].rows, 1)
    evidence = f"{placed:.0%} with coordinates, {named:.0%} with a name, {repeated} likely duplicates"
    gaps = (
        (placed, "coordinates, for the map, routes and the link to the register"),
        (named, "names, for the link to the register"),
        (fresh, "recent entries in known_since: the list may be out of date, and history cannot be replayed"),
        (single, "a review of likely duplicates, which split one customer's sales"),
    )
    missing = "; ".join(text for value, text in gaps if value < 1.0)
    return _graded("customer data", (placed + named + fresh + single) / 4, evidence, missing)


def _segmentation(world: World) -> Criterion:
    filled = [name for name, values in world.population.attributes.items() if pd.notna(values).mean() >= _FILLED]
    evidence = f"{len(filled)} attributes that are at least {_FILLED:.0%} filled: {', '.join(filled[:8]) or 'none'}"
    missing = (
        "more attributes (type, size, interest, influence, digital aptitude): the ranking of unknown customers can "
        "only be as sharp as what is known of them"
    )
    return _graded("segmentation", len(filled) / _ATTRIBUTES_WANTED, evidence, missing)


def _channels(world: World, history: History) -> Criterion:
    count = np.bincount(history.touches.channel, minlength=len(world.channels))
    used = np.array(world.channels)[count > _USED_CHANNEL_SHARE * max(count.sum(), 1)]
    evidence = f"channels in use: {', '.join(used) or 'none recorded'}"
    missing = "contacts on further channels: until then their effect, and that of joining them, is a literature prior"
    return _graded("multichannel practice", len(used) / _CHANNELS_WANTED, evidence, missing)


def _teams(world: World, tables: Mapping[str, pd.DataFrame]) -> Criterion:
    staffed = len(np.unique(world.reps.territory)) / len(world.territories) if world.reps.listed else 0.0
    themed = _share_filled(tables, "visits", "brand")
    evidence = f"{staffed:.0%} of territories have a listed rep; {themed:.0%} of contacts name their brand"
    missing = "a rep for every territory, and the brand of each contact: else content cannot be told from contact"
    return _graded("content and teams", (staffed + themed) / 2, evidence, missing)


def _loop(history: History, tables: Mapping[str, pd.DataFrame]) -> Criterion:
    outcomes = _share_filled(tables, "visits", "outcome")
    evidence = f"{len(history.campaigns)} recorded campaigns; {outcomes:.0%} of contacts with an outcome"
    missing = (
        "campaigns with dates, and outcomes of contacts: without them a deviation cannot be traced to its cause; "
        "targets and reviews are not part of a bundle and are not seen here"
    )
    return _graded("strategy loop", (bool(history.campaigns) + outcomes) / 2, evidence, missing)


def _field_structure(world: World, tables: Mapping[str, pd.DataFrame]) -> Criterion:
    parts = (
        ("reps", world.reps.listed and len(world.reps) > 0, "no plan without them"),
        ("bricks", "bricks" in tables, "no balanced territories without them"),
        ("rep homes", bool(np.isfinite(world.reps.home_lon).any()), "travel times are rough without them"),
    )
    there = [name for name, found, _ in parts if found]
    missing = "; ".join(f"{name}: {cost}" for name, found, cost in parts if not found)
    evidence = f"given: {', '.join(there) or 'nothing'}"
    return _graded("field and territory structure", len(there) / len(parts), evidence, missing)


def _visits(history: History, tables: Mapping[str, pd.DataFrame]) -> Criterion:
    n = len(history.touches)
    inside = history.touches.week >= history.first_week
    covered = len(np.unique(history.touches.week[inside])) / max(history.n_weeks, 1)
    signed = _share_filled(tables, "visits", "rep_id")
    evidence = f"{n} contacts, in {covered:.0%} of the weeks of history; {signed:.0%} name the rep"
    missing = (
        "visits for the whole history, with the rep's id: without visits their effect is not identified, without "
        "reps the effect of a change of rep is not"
    )
    return _graded("visits", 0.8 * covered + 0.2 * signed if n else 0.0, evidence, missing)


def _own_sales(history: History, tables: Mapping[str, pd.DataFrame]) -> Criterion:
    sales = history.own_sales
    n_periods = len(sales.periods)
    filled = float((np.bincount(sales.period, minlength=n_periods) > 0).mean())
    weekly = 1.0 if sales.periods.kind == "week" else 0.5
    fresh = float(history.origin - int(week_of(sales.periods.stop[-1])) <= _LAG_WEEKS)
    valued = _share_filled(tables, "sales", "value")
    evidence = f"{len(sales)} {sales.periods.kind}ly totals of {len(np.unique(sales.unit))} customers"
    gaps = (
        (filled, "every period: an empty one cannot be told from no sales"),
        (weekly, "daily or weekly dates: monthly totals blur the effect of a visit"),
        (valued, "value beside volume: no contribution without it"),
        (fresh, "sales up to the end of market_sales"),
    )
    missing = "; ".join(text for value, text in gaps if value < 1.0)
    return _graded("own sales", 0.4 * filled + 0.3 * weekly + 0.2 * valued + 0.1 * fresh, evidence, missing)


def _rival_sales(world: World, history: History) -> Criterion:
    audited = len(np.unique(history.audit.unit)) / max(len(world.bricks), 1)
    unknown = ~world.population.known
    members = len(history.panel_members)
    probed = int(unknown[history.panel_members].sum())
    probe = min(probed / _PROBE_WANTED, 1.0) if unknown.any() else 1.0
    evidence = f"{audited:.0%} of bricks audited; {members} panel outlets, {probed} of them unknown to us"
    gaps = (
        (audited, "a brick audit: no market share without it"),
        (probe, "a panel with unknown outlets drawn at random: else the level of the dark half rests on totals alone"),
    )
    missing = "; ".join(text for value, text in gaps if value < 1.0)
    observed = len(history.audit) + len(history.panel) > 0
    return _graded("rival sales", (0.6 * audited + 0.4 * probe) * observed, evidence, missing)


def _share_filled(tables: Mapping[str, pd.DataFrame], table: str, column: str) -> float:
    """Share of rows with a value; 0 without the table or the column."""
    if table not in tables or column not in tables[table]:
        return 0.0
    return float(tables[table][column].notna().mean())


def _capabilities(world: World, history: History) -> tuple[Capability, ...]:
    people = world.population
    contacts = np.bincount(history.touches.channel, minlength=len(world.channels))
    placed = float(people.placed.mean())
    dark = int((~people.known).sum())
    listed = world.reps.listed and len(world.reps) > 0
    priced = np.isfinite(world.brands.unit_price[world.brands.own]).any()
    prior = "a literature prior is used and shown as one"
    # name, is it possible, why it is, why it is not
    rows = (
        ("forecast of own sales", len(history.own_sales) > 0, f"{len(history.own_sales)} observed totals", "no sales"),
        ("effect of visits", contacts[VISIT] > 0, f"{contacts[VISIT]} recorded visits",
         f"not identified, no visits in the data: {prior}"),
        ("effect of other channels", contacts.sum() > contacts[VISIT], "from recorded contacts",
         f"not identified, no contacts on other channels in the data: {prior}"),
        ("market share and rivals' campaigns", len(history.audit) + len(history.panel) > 0, "from audits and panels",
         "not known, no market_sales in the data: rivals are one unobserved brand"),
        ("potential of unknown customers", dark > 0, f"{dark} unknown customers listed",
         "no unknown customers listed, no prospects in the data"),
        ("map", placed > 0, f"{placed:.0%} of customers have coordinates", "no map, no customer has coordinates"),
        ("visit plan", listed, f"{len(world.reps)} listed reps", "no plan, no reps in the data"),
        ("routes", listed and placed > 0, "reps and coordinates are there", "no routes without reps and coordinates"),
        ("value and contribution", priced, "the price of our brands is known",
         "volumes only, no price of our brands and no sales value"),
    )  # fmt: skip
    return tuple(
        Capability(name, bool(possible), why if possible else why_not) for name, possible, why, why_not in rows
    )
