"""suggest: a draft of the mapping file for an unknown export, with how sure each line is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from twin.intake.mapping import parse_mapping
from twin.intake.suggest import Suggestion, suggest
from twin.intake.suggest_fit import SURE
from twin.intake.suggest_guess import TableGuess
from twin.intake.suggest_toml import as_toml
from twin.workspace import atomic


def run_suggest(folder: Path, out: Path | None = None) -> dict[str, Any]:
    """Look at a folder of exported files and draft its mapping.

    Parameters
    ----------
    folder : Path
    out : Path, optional
        Where the draft is written; nothing else is.

    Returns
    -------
    dict
        ``export``, ``tables``, ``columns``, ``assumed``, ``problems``, ``toml``, ``out``.

    Raises
    ------
    InputError
        No folder, or nothing in it that can be read.
    """
    found = suggest(Path(folder))
    text = as_toml(found)
    parse_mapping(text, "draft")  # a draft that is not taken would be no help
    if out is not None:
        out = Path(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic.place(out.parent, partial(_write, text.encode("utf-8")), partial(_named, out.name))
    return {
        "export": found.export,
        "tables": [{"table": name, "file": guess.sheet.source.label, "confidence": guess.confidence,
                    "accepted": guess.sure, "missing": guess.missing} for name, guess in found.tables.items()],
        "columns": _columns(found),
        "assumed": [item.as_dict() | {"table": name} for name, guess in found.tables.items()
                    for item in guess.sheet.raw.assumed],
        "problems": [problem.as_dict() for problem in found.problems],
        "toml": text,
        "out": str(out) if out is not None else "",
    }  # fmt: skip


def _columns(found: Suggestion) -> list[dict[str, Any]]:
    return [_row(guess, column) for guess in found.tables.values() for column in guess.columns]


def _row(guess: TableGuess, column: str) -> dict[str, Any]:
    fit = guess.columns[column]
    look = guess.looks.get(fit.name)
    others = [{"candidate": other.name, "confidence": other.confidence} for other in guess.others.get(column, [])
              if other.name != fit.name][:5]  # fmt: skip
    return {
        "file": guess.sheet.source.label, "table": guess.table, "column": column, "candidate": fit.name,
        "confidence": fit.confidence, "accepted": guess.sure and fit.confidence >= SURE, "why": fit.why,
        "samples": list(look.samples) if look else [], "others": others,
    }  # fmt: skip


def _write(content: bytes, file: BinaryIO) -> int:
    return file.write(content)


def _named(name: str, file: BinaryIO) -> str:
    return name
