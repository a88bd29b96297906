"""Quotes: where they may stand in a CSV file, so that it reads in one way only. Knows no value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError, Problem

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


def refuse_bad_quotes(
    octets: NDArray[np.uint8], file: str, names: list[str], separator: str, header_lines: int
) -> None:
    """A quote opens right after a separator and closes right before one; anything else can be read in two ways."""
    quotes = np.flatnonzero(octets == _QUOTE)
    edges = (ord(separator), _NEWLINE, _RETURN)
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, octets[opening - 1], _NEWLINE)
    after = np.where(closing + 1 < len(octets), octets[np.minimum(closing + 1, len(octets) - 1)], _NEWLINE)
    doubled = np.zeros(len(opening), dtype=bool)
    doubled[1:] = opening[1:] == closing[: len(opening) - 1] + 1
    stray = ~(np.isin(before, edges) | doubled)
    reopened = np.zeros(len(closing), dtype=bool)
    reopened[: len(opening) - 1] = doubled[1 : len(closing) + 1]
    unclosed = ~(np.isin(after, edges) | reopened)
    faults = [(int(opening[i]), "stray") for i in np.flatnonzero(stray)[:1]]
    faults += [(int(opening[i]), "unclosed") for i in np.flatnonzero(unclosed)[:1]]
    if len(quotes) % 2:
        faults.append((int(opening[-1]), "unclosed"))
    if not faults:
        return
    at, sort = min(faults)
    start = int(np.flatnonzero(octets[:at] == _NEWLINE)[-1]) + 1 if (octets[:at] == _NEWLINE).any() else 0
    column = min(int((octets[start:at] == ord(separator)).sum()), len(names) - 1)
    line = header_lines + 1 + int((octets[:at] == _NEWLINE).sum())
    found = "a quote that is never closed" if sort == "unclosed" else "a quote in the middle of a value"
    cure = 'Close the quote where the value ends; write a quote inside a value as "".'
    raise InputError([Problem(file, names[column], "quotes in pairs around a whole value", found, cure, row=line)])
