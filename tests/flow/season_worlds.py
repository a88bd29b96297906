"""Bundles cut in two by a day, for the tests of new seasons: what was known before, and what came later."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

DATED = {"sales": "date", "visits": "date", "market_sales": "period_start"}


def rows_of(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Header and rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def write_rows(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


def cut(bundle: Path, folder: Path, day: str) -> tuple[Path, Path]:
    """Two bundles: one with rows dated before a day, one with the later rows and the full lists.

    The early lists lack customers of whom nothing is dated before the day.
    """
    early, late = folder / "early", folder / "late"
    early.mkdir(parents=True)
    late.mkdir(parents=True)
    seen: set[str] = set()
    for path in sorted(bundle.iterdir()):
        if path.stem in DATED and path.suffix == ".csv":
            header, rows = rows_of(path)
            date = DATED[path.stem]
            before = [row for row in rows if row[date] < day]
            seen |= {row.get("customer_id", "") for row in before}
            write_rows(early / path.name, header, before)
            write_rows(late / path.name, header, [row for row in rows if row[date] >= day])
    for path in sorted(bundle.iterdir()):
        if path.suffix == ".csv" and path.stem not in DATED:
            header, rows = rows_of(path)
            here = [row for row in rows if row.get("customer_id") in seen]
            write_rows(early / path.name, header, here if path.stem == "customers" else rows)
            write_rows(late / path.name, header, rows)
        elif path.suffix in (".geojson",):
            (early / path.name).write_bytes(path.read_bytes())
            (late / path.name).write_bytes(path.read_bytes())
    return early, late


def edited(path: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Change or drop rows of a CSV file."""
    header, rows = rows_of(path)
    write_rows(path, header, [row for one in rows if (row := change(dict(one))) is not None])
