"""Ingest: one folder in, one clean bundle out, or every reason why not.

Reads, checks, links and merges. Writes nothing; publishing is the workspace's.
"""

from __future__ import annotations

import datetime as dt
from collections import abc
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow

from twin.errors import InputError, Problem
from twin.intake.check import check
from twin.intake.facts import facts
from twin.intake.identity import LINK_COLUMNS, link, merge
from twin.intake.mapping import Mapping
from twin.intake.tables import read_tables


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
    """

    tables: abc.Mapping[str, pd.DataFrame]
    links: pd.DataFrame
    warnings: tuple[Problem, ...]
    hashes: abc.Mapping[str, str]


def read_bundle(folder: Path | str, mapping: Mapping | None = None, today: dt.date | None = None) -> Bundle:
    """Read a bundle folder.

    Parameters
    ----------
    folder : Path or str
    mapping : Mapping, optional
        See :func:`twin.intake.mapping.load_mapping`.
    today : date, optional
        Later dates are refused; default is the day of the call.

    Raises
    ------
    InputError
        With every problem of every file.
    """
    # Arrow would answer Ctrl-C itself while it reads, and lose one that comes as a read ends
    pyarrow.enable_signal_handlers(False)
    reading = read_tables(folder, mapping)
    findings = check(reading.tables, mapping, today)
    errors = [*reading.errors, *findings.errors]
    if errors:
        raise InputError(errors)
    warnings = [*reading.warnings, *findings.warnings, *facts(reading.tables)]
    tables = {name: table.frame for name, table in reading.tables.items()}
    links = pd.DataFrame(columns=list(LINK_COLUMNS))
    verdicts = tables.pop("links", None)
    if "prospects" in tables:
        links = link(tables["customers"], tables["prospects"], verdicts)
        tables = merge(tables, links)
        if not len(tables["prospects"]):
            del tables["prospects"]
    return Bundle(tables, links, tuple(warnings), reading.hashes)
