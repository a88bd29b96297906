"""Readiness: how far these data carry a digital twin, and what each gap costs.

Scores what the data show; what a company practises beside its data is not seen here and is said to be unseen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.intake.quality import TableQuality, quality_of
from twin.intake.quality_scores import Quality
from twin.intake.readiness_capabilities import Capability, capabilities
from twin.intake.schema import CONTRACT
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


UNSEEN = {
    "history": "",
    "customer data": "whether the list is kept by somebody whose task it is",
    "segmentation": "whether anybody acts on the segments",
    "multichannel practice": "whether the channels share one memory of the customer",
    "content and teams": "quality of content, and whether teams keep to their theme",
    "strategy loop": "targets, reviews and decisions: they stand in no bundle; `twin review` shows them once they do",
}
"""The six marks of a company that is ready, and what of each no data show."""


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
    unseen : str
        What belongs to the mark and stands in no data: it is not scored.
    asked : bool
        Whether it is one of the six marks of a company that is ready, or one of the data sources.
    """

    name: str
    score: float
    evidence: str
    missing: str
    unseen: str = ""
    asked: bool = False


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


def readiness(
    world: World, history: History, tables: Mapping[str, pd.DataFrame], found: Quality | None = None
) -> Readiness:
    """Score a bundle.

    Parameters
    ----------
    world, history : as assembled from ``tables``
    tables : mapping of str to DataFrame
        Canonical tables.
    found : Quality, optional
        Scores of the records, see :func:`twin.intake.quality_scores.quality_scores`.
    """
    quality = found.tables if found is not None else ()
    quality = quality or tuple(quality_of(name, tables[name]) for name in CONTRACT if name in tables)
    criteria = (
        _history_length(history),
        _customer_data(world, history, {item.table: item for item in quality}, found),
        _segmentation(world),
        _channels(world, history),
        _teams(world, tables),
        _loop(history, tables),
        _field_structure(world, tables),
        _visits(history, tables),
        _own_sales(history, tables),
        _rival_sales(world, history),
    )
    return Readiness(criteria, capabilities(world, history), quality)


def _graded(name: str, score: float, evidence: str, missing: str) -> Criterion:
    score = float(np.clip(score, 0.0, 1.0))
    unseen = UNSEEN.get(name, "")
    return Criterion(name, round(score, 3), evidence, missing if score < 1.0 else "", unseen, name in UNSEEN)


def _history_length(history: History) -> Criterion:
    years = history.n_weeks / WEEKS_PER_YEAR
    evidence = f"{years:.1f} years of sales, {monday(history.first_week)} to {monday(history.origin)}"
    missing = (
        "5 to 10 years are wanted: with fewer than two the season cannot be told from the trend, and with few years "
        "a rival's yearly campaign is seen too seldom to be learned with confidence"
    )
    return _graded("history", years / _YEARS_WANTED, evidence, missing)


def _customer_data(
    world: World, history: History, quality: Mapping[str, TableQuality], found: Quality | None
) -> Criterion:
    people = world.population
    placed = float(people.placed.mean())
    named = float((people.names != "").mean())
    since = people.known_since[people.known]
    newest = int(since.max(initial=-1)) if len(since) else -1
    fresh = float(newest >= history.origin - _FRESH_WEEKS)
    repeated = quality["customers"].duplicates
    single = 1.0 - repeated / max(quality["customers"].rows, 1)
    evidence = (
        f"{placed:.0%} with coordinates, {named:.0%} with a name, {repeated} rows that repeat a name at its place"
    )
    parts = [placed, named, fresh, single]
    gaps = [
        (placed, "coordinates, for the map, routes and the link to the register"),
        (named, "names, for the link to the register"),
        (fresh, "recent entries in known_since: the list may be out of date, and history cannot be replayed"),
        (single, "a review of likely duplicates, which split one customer's sales"),
    ]
    if found is not None and len(found.by_customer):
        mean = found.by_customer[["completeness", "freshness", "accuracy"]].mean()
        source = "by its own leavers" if found.decay_measured else "a yardstick"
        evidence += (
            f"; records {mean['completeness']:.0%} complete, {mean['freshness']:.0%} fresh, {mean['accuracy']:.0%} "
            f"accurate; a list goes stale by {found.decay_per_year:.0%} a year ({source})"
        )
        parts += mean.tolist()
        gaps += [
            (float(mean["completeness"]), "filled attributes"),
            (float(mean["freshness"]), "a sign of life of every customer"),
            (float(mean["accuracy"]), "a look at the signals of `twin export quality`"),
        ]
    missing = "; ".join(text for value, text in gaps if value < 1.0)
    return _graded("customer data", float(np.mean(parts)), evidence, missing)


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
    missing = "campaigns with dates, and outcomes of contacts: without them a deviation cannot be traced to its cause"
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
