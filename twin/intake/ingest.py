"""Ingest: one folder in, one clean bundle out, or every reason why not.

Reads, adds to what stands where that is meant, checks, links and merges. Writes nothing; publishing is the workspace's.
"""

from __future__ import annotations

import datetime as dt
from collections import abc
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
import pyarrow

from twin.errors import InputError, Problem
from twin.intake import consents, erasure, seasons
from twin.intake.assumed import Assumption
from twin.intake.check import check
from twin.intake.codes import renamed
from twin.intake.facts import facts
from twin.intake.identity import PAIR_COLUMNS, identify, links_of, spoken_in
from twin.intake.linkage_merge import ALIAS_COLUMNS, merge_groups
from twin.intake.mapping import Mapping
from twin.intake.seasons import ADD, AUTO, REPLACE, Standing
from twin.intake.tables import Reading, Table, read_tables
from twin.progress import Say, unsaid


@dataclass(frozen=True)
class Bundle:
    """One clean bundle.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Canonical tables, linked prospects merged into their customer.
    links : DataFrame
        Every link that was made or is up for review, see :func:`twin.intake.identity.link`.
    warnings : tuple of Problem
        What was accepted and should be known.
    hashes : mapping of str to str
        SHA-256 by file name.
    sources : mapping of str to DataFrame
        The same tables before merging, and a person's verdicts ``links``: what the next season is added to.
    how : str
        ``replace`` or ``add``.
    pairs : DataFrame
        Every pair of rows that is one outlet, may be one, or was spoken of, see
        :func:`twin.intake.identity.identify`.
    aliases : DataFrame
        Ids that went into others, see :mod:`twin.intake.linkage_merge`.
    assumed : tuple of Assumption
        What was read off the files because nobody stated it.
    """

    tables: abc.Mapping[str, pd.DataFrame]
    links: pd.DataFrame
    warnings: tuple[Problem, ...]
    hashes: abc.Mapping[str, str]
    sources: abc.Mapping[str, pd.DataFrame] = field(default_factory=dict)
    how: str = REPLACE
    pairs: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PAIR_COLUMNS), dtype="str"))
    aliases: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ALIAS_COLUMNS), dtype="str"))
    assumed: tuple[Assumption, ...] = ()


@dataclass(frozen=True)
class Season:
    """How a folder is to be read into a workspace that may hold something.

    Parameters
    ----------
    how : str
        ``replace``, ``add``, or ``auto``: add when the folder carries on from what stands.
    standing : Standing, optional
        What stands; without it there is nothing to add to.
    restate : bool
        When adding: months of which a table has a row are replaced whole.
    erased : collection of str
        Numbers of people who were erased, see :func:`twin.intake.erasure.numbers`.
    said : DataFrame, optional
        A person's standing words on who is who, see :func:`twin.intake.identity.identify`.
    """

    how: str = AUTO
    standing: Standing | None = None
    restate: bool = False
    erased: abc.Collection[str] = ()
    said: pd.DataFrame | None = None


def read_bundle(
    folder: Path | str, mapping: Mapping | None = None, today: dt.date | None = None, season: Season | None = None,
    say: Say = unsaid,
) -> Bundle:  # fmt: skip
    """Read a bundle folder.

    Parameters
    ----------
    folder : Path or str
    mapping : Mapping, optional
        See :func:`twin.intake.mapping.load_mapping`.
    today : date, optional
        Later dates are refused; default is the day of the call.
    season : Season, optional
        Whether and to what it is added; a bundle by itself when left out.
    say : callable
        Told what is being done.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    # Arrow would answer Ctrl-C itself while it reads, and lose one that comes as a read ends
    pyarrow.enable_signal_handlers(False)
    season, today = season or Season(), today or dt.date.today()
    reading = read_tables(folder, mapping, say)
    reading.tables, told = erasure.anonymous(reading.tables, season.erased)
    reading.warnings.extend(told)
    how, errors = REPLACE, list(reading.errors)
    if season.standing is not None and _adds(season, reading):
        how = ADD
        reading, errors = _added(folder, mapping, reading, season, season.standing)
    say("hold the tables against one another")
    tables, more, told = _consents(reading.tables, today)
    findings = check(tables, mapping, today)
    errors = [*errors, *more, *findings.errors]
    if errors:
        raise InputError([_placed(problem, season) for problem in errors])
    warnings = [*reading.warnings, *told, *findings.warnings, *facts(tables)]
    say("who is who")
    bundle = _merged({name: table.frame for name, table in tables.items()}, season.said)
    warnings.extend(bundle.warnings)
    kept = tuple(_placed(problem, season) for problem in warnings)
    return replace(bundle, warnings=kept, hashes=reading.hashes, how=how, assumed=tuple(reading.assumed))


def _adds(season: Season, reading: Reading) -> bool:
    if season.how != AUTO:
        return season.how == ADD
    assert season.standing is not None
    return bool(reading.tables) and seasons.is_addition(reading.tables, season.standing)


def _added(
    folder: Path | str, mapping: Mapping | None, reading: Reading, season: Season, standing: Standing
) -> tuple[Reading, list[Problem]]:
    """The reading with what stands below it; tables that stand need not come again."""
    stated = seasons.mapping_of(standing, mapping or Mapping())
    if stated != (mapping or Mapping()):
        warned = [*reading.warnings]
        reading = read_tables(folder, stated)
        reading.tables, told = erasure.anonymous(reading.tables, season.erased)
        reading.warnings.extend(problem for problem in told if problem not in warned)
    errors = [problem for problem in reading.errors if not _stands(problem, standing)]
    errors.extend(seasons.faults(standing, reading.tables))
    if not reading.tables and not errors:
        expected = "at least one table"
        errors.append(Problem(Path(folder).name, "folder", expected, "none", "Put the new season's tables into it."))
    reading.tables = seasons.added(standing, reading.tables, season.restate) if not errors else {}
    return reading, errors


def _stands(problem: Problem, standing: Standing) -> bool:
    """Whether a problem says only that a table is missing which stands already."""
    return problem.where in standing.tables and problem.expected == f"the table {problem.where}"


def _placed(problem: Problem, season: Season) -> Problem:
    return problem if season.standing is None else seasons.placed(problem, season.standing)


def _consents(tables: abc.Mapping[str, Table], today: dt.date) -> tuple[dict[str, Table], list[Problem], list[Problem]]:
    found = dict(tables)
    if "consents" not in found or "from" not in found["consents"].frame:
        return found, [], []
    found["consents"], errors, warnings = consents.checked(found["consents"], today)
    if not len(found["consents"].frame):
        del found["consents"]
    return found, errors, warnings


def _merged(tables: dict[str, pd.DataFrame], said: pd.DataFrame | None = None) -> Bundle:
    """The bundle in which every outlet stands once; a person's newer words go before those of the table ``links``."""
    sources = dict(tables)
    verdicts = tables.pop("links", None)
    words = [frame for frame in (None if verdicts is None else spoken_in(verdicts), said) if frame is not None]
    found = identify(tables, pd.concat(words, ignore_index=True) if words else None)
    links = links_of(found)
    merged = merge_groups(tables, found.groups)
    tables = dict(merged.tables)
    if "consents" in tables and len(merged.aliases):
        new = dict(zip(merged.aliases["id"], merged.aliases["stands_as"], strict=True))
        tables["consents"] = tables["consents"].assign(customer_id=renamed(tables["consents"]["customer_id"], new))
    tables = {name: table for name, table in tables.items() if name != "prospects" or len(table)}
    return Bundle(tables, links, _refusals(found.refused), {}, sources, pairs=found.pairs, aliases=merged.aliases)


def _refusals(refused: abc.Iterable[str]) -> tuple[Problem, ...]:
    cure = "Correct the tax number, or say `twin links keep-apart`; nothing was merged."
    return tuple(Problem("links", "merge", "one outlet", why, cure) for why in refused)
