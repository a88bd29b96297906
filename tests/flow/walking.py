"""Helpers of the end-to-end tests: run a verb in this process, read its JSON strictly, mark a folder's bytes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.cli import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
SCENARIOS = ROOT / "scenarios"


@dataclass(frozen=True)
class Ran:
    """What came of one command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document: NaN and Infinity are no JSON, and nothing may follow."""
        assert self.status == 0, self.err
        return json.loads(self.out, parse_constant=_no_number)

    @property
    def messages(self) -> list[str]:
        """Lines of standard error that are not progress."""
        return [line for line in self.err.splitlines() if line.strip() and not line.startswith("[")]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def twin(*arguments: object) -> Ran:
    """Run ``twin ARGUMENTS`` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse leaves this way
            status = int(stop.code or 0)
    return Ran(status, out.getvalue(), err.getvalue())


def marks(folder: Path) -> dict[str, str]:
    """Every file and folder below with the hash of its bytes; empty where there is nothing."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def write_tables(folder: Path, tables: dict[str, str]) -> Path:
    """A bundle of CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def three_tables() -> dict[str, str]:
    """The least that a bundle may be: ten customers who buy every month for two years."""
    months = [f"{year}-{month:02d}-01" for year in (2024, 2025) for month in range(1, 13)]
    sales = [
        f"{day},K{number},Ours,{2 + number + number * place % 5}"
        for place, day in enumerate(months)
        for number in range(1, 11)
        if (number + place) % 7
    ]
    return {
        "customers": "customer_id\n" + "".join(f"K{number}\n" for number in range(1, 11)),
        "brands": "brand,owner\nOurs,us\n",
        "sales": "date,customer_id,brand,volume\n" + "\n".join(sales) + "\n",
    }


def small_tables() -> dict[str, str]:
    """Every table once, a few rows each: a bundle that is right in every respect."""
    return three_tables() | {
        "customers": "customer_id,name,lon,lat,brick_id\n"
        + "".join(
            f"K{number},Bakkal {number},{32.5 + number / 100:.2f},{39.5 + number / 50:.2f},B{1 + number % 2}\n"
            for number in range(1, 11)
        ),
        "brands": "brand,owner,unit_price\nOurs,us,10\nRival A,Rival A,9\n",
        "prospects": "prospect_id,name,lon,lat,brick_id\nP1,Kahve Evi,32.81,39.61,B1\nP2,Liman Büfe,32.82,39.64,B2\n",
        "bricks": "brick_id,territory_id,lon,lat\nB1,T1,32.55,39.60\nB2,T1,32.60,39.70\n",
        "reps": "rep_id,name,territory_id,visits_per_week\nR1,Ayşe Kaya,T1,10\n",
        "visits": "date,rep_id,customer_id,channel\n"
        "2025-01-06,R1,K1,visit\n2025-01-07,R1,K2,visit\n2025-01-08,R1,P1,visit\n",
        "market_sales": "period_start,period,brick_id,customer_id,brand,volume\n"
        "2025-01-01,month,B1,,Ours,60\n2025-01-01,month,,P2,Rival A,9\n",
        "campaigns": "brand,start,end\nRival A,2025-03-03,2025-03-23\n",
    }
