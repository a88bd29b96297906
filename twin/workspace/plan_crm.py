"""CRM load: a visit plan as a CSV with the columns that a customer system wants.

What goes where is said by a small file; without one, plain names are used.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from twin.errors import TwinError
from twin.scenario.words import meant
from twin.workspace.exports import defused
from twin.workspace.plan_look import Look

_PLAIN = {
    "External ID": "visit_id",
    "Account": "customer_id",
    "Account name": "customer_name",
    "Owner": "rep_id",
    "Channel": "channel",
    "Start": "start",
    "End": "end",
    "Description": "reason",
    "Priority": "expected_gain",
}
_MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class CrmForm:
    """What a customer system takes.

    Parameters
    ----------
    columns : mapping of str to str
        Its header to our column, in the order of the file.
    constants : mapping of str to str
        Headers with the same text in every row.
    rename : mapping of str to (mapping of str to str)
        Our column to (our word to its word), such as channels.
    separator, decimal : str
    date, time : str
        As :meth:`datetime.datetime.strftime` has them: of the column ``date``, and of ``start`` and ``end``.
    bom : bool
        A byte-order mark, for spreadsheets.
    kinds : tuple of str
        ``visit``, ``task`` or both.
    """

    columns: dict[str, str] = field(default_factory=lambda: dict(_PLAIN))
    constants: dict[str, str] = field(default_factory=dict)
    rename: dict[str, dict[str, str]] = field(default_factory=dict)
    separator: str = ","
    decimal: str = "."
    date: str = "%Y-%m-%d"
    time: str = "%Y-%m-%dT%H:%M:%S"
    bom: bool = False
    kinds: tuple[str, ...] = ("visit", "task")


TURKISH = CrmForm(separator=";", decimal=",", date="%d.%m.%Y", time="%d.%m.%Y %H:%M", bom=True)


def read_form(path: Path | str) -> CrmForm:
    """Read a form from TOML: ``[columns]``, ``[constants]``, ``[rename.<column>]``, ``[format]``, ``kinds``.

    Raises
    ------
    TwinError
        Naming the key, what was expected and what was found.
    """
    path = Path(path)
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TwinError(f"{path}: expected a file, found none ({error.strerror}). Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TwinError(f"{path.name}: expected TOML in UTF-8, found a fault: {error}. Correct that line.") from error
    known = ("columns", "constants", "rename", "format", "kinds")
    _only(path, "", said, known)
    form = _section(path, said, "format")
    _only(path, "format.", form, ("separator", "decimal", "date", "time", "bom"))
    plain = CrmForm()
    found = CrmForm(
        columns=_texts(path, "columns", _section(path, said, "columns")) or plain.columns,
        constants=_texts(path, "constants", _section(path, said, "constants")),
        rename={key: _texts(path, f"rename.{key}", value) for key, value in _section(path, said, "rename").items()},
        **{name: form[name] for name in ("separator", "decimal", "date", "time", "bom") if name in form},
        kinds=tuple(said.get("kinds", plain.kinds)),
    )
    _sound(path, found)
    return found


def write_crm(frame: pd.DataFrame, folder: Path, look: Look, form: CrmForm | None = None) -> list[Path]:
    """``plan-crm.csv``: one row a visit or task. Numbers stay numbers; what a spreadsheet would run is quoted."""
    form = form or (TURKISH if look.locale == "tr" else CrmForm())
    absent = [name for name in form.columns.values() if name not in frame.columns]
    if absent:
        raise TwinError(
            f"columns: expected columns of a plan, found {absent[0]!r}. "
            f"{meant(absent[0], [str(name) for name in frame.columns], 'Columns')}"
        )
    chosen = frame[frame["kind"].isin(form.kinds)]
    cells = [[_cell(value, name, form) for value in chosen[name]] for name in form.columns.values()]
    constants = [[defused(text)] * len(chosen) for text in form.constants.values()]
    path = folder / "plan-crm.csv"
    with path.open("w", encoding="utf-8-sig" if form.bom else "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=form.separator, lineterminator="\r\n")
        writer.writerow([defused(name) for name in (*form.columns, *form.constants)])
        writer.writerows(zip(*cells, *constants, strict=True) if cells or constants else [])
    return [path]


def _cell(value: Any, name: str, form: CrmForm) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime(form.date if name == "date" else form.time)
    if isinstance(value, float):
        return f"{value:.6g}".replace(".", form.decimal)
    text = str(value)
    return str(defused(form.rename.get(name, {}).get(text, text))) if isinstance(value, str) else text


def _section(path: Path, said: dict[str, Any], key: str) -> dict[str, Any]:
    value = said.get(key, {})
    if not isinstance(value, dict):
        raise TwinError(f"{path.name}: {key}: expected a section [{key}], found {value!r}. Write it as a table.")
    return value


def _texts(path: Path, where: str, section: Any) -> dict[str, str]:
    if not isinstance(section, dict) or not all(isinstance(value, str) for value in section.values()):
        raise TwinError(f"{path.name}: {where}: expected texts, found {section!r}. Put them in quotes.")
    return dict(section)


def _only(path: Path, where: str, said: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in said:
        if key not in known:
            raise TwinError(
                f"{path.name}: {where}{key}: expected one of {', '.join(known)}, found {key!r}. {meant(key, known)}"
            )


def _sound(path: Path, form: CrmForm) -> None:
    if form.separator not in _MARKS:
        names = ", ".join(_MARKS.values())
        raise TwinError(f"{path.name}: format.separator: expected {names}, found {form.separator!r}. Choose one.")
    if form.decimal not in (".", ",") or form.decimal == form.separator:
        raise TwinError(
            f"{path.name}: format.decimal: expected a point or a comma unlike the separator, found {form.decimal!r}."
        )
    if not form.kinds or not set(form.kinds) <= {"visit", "task"}:
        raise TwinError(f"{path.name}: kinds: expected visit, task or both, found {list(form.kinds)}.")
