"""Large files read part by part say the same as when they are read at once: same version, same messages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from season_worlds import edited, rows_of, write_rows
from walking import SAMPLE, marks, small_tables, twin, write_tables

from twin.intake import streamed


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text and Parquet file counts as large, and parts are small."""
    monkeypatch.setattr(streamed, "LEAST_BYTES", 0)
    monkeypatch.setattr(streamed, "_PART", 20_000)
    monkeypatch.setattr(streamed, "_SAMPLE", 8_000)


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return twin("ingest", SAMPLE, "-w", tmp_path_factory.mktemp("at-once") / "w", "--json").json


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of files of which parts were read, as it happens."""
    seen: list[str] = []
    plain = streamed._parts

    def parts(path: Path):
        seen.append(path.name)
        return plain(path)

    monkeypatch.setattr(streamed, "_parts", parts)
    return seen


def test_the_version_is_the_same_to_the_last_byte(
    at_once: dict, in_parts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = counted(monkeypatch)
    said = twin("ingest", SAMPLE, "-w", tmp_path / "w", "--json").json
    assert {"sales.csv", "visits.csv", "market_sales.csv", "customers.csv"} <= set(seen)
    assert said == at_once


def quoted(folder: Path) -> None:
    """Values in quotes, with separators and line ends in them, blank rows between."""
    header, rows = rows_of(folder / "customers.csv")
    rows[3]["name"], rows[50]["name"] = 'Bakkal, "Köşe"', "two\nlines"
    write_rows(folder / "customers.csv", header, rows)
    lines = (folder / "sales.csv").read_text().splitlines()
    lines[500:500] = ["", ",,,,", ""]
    (folder / "sales.csv").write_text("\r\n".join(lines))


def test_quotes_blank_rows_and_other_line_ends_make_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "odd"))
    quoted(folder)
    whole = twin("ingest", folder, "-w", tmp_path / "one", "--json").json
    for name, value in (("LEAST_BYTES", 0), ("_PART", 20_000), ("_SAMPLE", 8_000)):
        monkeypatch.setattr(streamed, name, value)
    assert twin("ingest", folder, "-w", tmp_path / "two", "--json").json == whole


FAULTS = {
    "a word for a number": ("sales", lambda row: {**row, "volume": "plenty"}),
    "a day that is none": ("visits", lambda row: {**row, "date": "2025-02-30"}),
    "an unknown customer": ("sales", lambda row: {**row, "customer_id": "Nobody"}),
    "a field too many": ("visits", lambda row: {**row, "date": row["date"] + ",x"}),
    "an open quote": ("sales", lambda row: {**row, "brand": '"Ours'}),
    "no character": ("visits", lambda row: {**row, "rep_id": "R\x001"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_far_down_is_told_in_the_same_words(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = small_tables()
    tables["visits"] += "".join(f"2025-01-{1 + day % 28:02d},R1,K{1 + day % 10},visit\n" for day in range(3000))
    tables["sales"] += "".join(f"2025-{1 + day % 12:02d}-01,K{1 + day % 10},Ours,3\n" for day in range(3000))
    folder = write_tables(tmp_path / "bundle", tables)
    name, change = FAULTS[fault]
    rows = rows_of(folder / f"{name}.csv")[1]
    target, place = rows[2500], iter(range(len(rows)))
    if fault in ("a field too many", "an open quote"):  # a writer of CSV would mend these
        lines = (folder / f"{name}.csv").read_text().splitlines()
        lines[2501] = ",".join(change(target).values())
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    else:
        edited(folder / f"{name}.csv", lambda row: change(row) if next(place) == 2500 else row)
    told = twin("ingest", folder, "-w", tmp_path / "w")
    for setting, value in (("LEAST_BYTES", 0), ("_PART", 20_000), ("_SAMPLE", 8_000)):
        monkeypatch.setattr(streamed, setting, value)
    again = twin("ingest", folder, "-w", tmp_path / "w")
    assert told.status == again.status == 1 and not (tmp_path / "w").exists()
    assert again.messages == told.messages and "Traceback" not in again.err
    assert f"{name}.csv, row 2502" in told.err


def test_parquet_is_read_as_codes_with_the_same_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    folder = write_tables(tmp_path / "bundle", small_tables())
    for name in ("sales", "visits"):
        pd.read_csv(folder / f"{name}.csv", dtype=str).to_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.csv").unlink()
    whole = twin("ingest", folder, "-w", tmp_path / "one", "--json").json
    monkeypatch.setattr(streamed, "LEAST_BYTES", 0)
    assert twin("ingest", folder, "-w", tmp_path / "two", "--json").json == whole
    assert marks(tmp_path / "one").keys() == marks(tmp_path / "two").keys()
