"""A small sound bundle, of which each test changes one thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = {
    "customers.csv": "customer_id,name,lon,lat,brick_id,status,known_since\n"
    "007,ÇINAR ECZANESİ,29.01,41.01,B1,active,2024-01-08\n"
    "7,Yıldız Market,29.02,41.02,B1,active,\n"
    "NA,Iğdır Büfe,32.85,39.92,B2,lapsed,\n",
    "brands.csv": "brand,owner,unit_price\nOurs,us,10\nRival A,Rival,\n",
    "sales.csv": "date,customer_id,brand,volume\n"
    "2024-01-08,007,Ours,3\n2024-01-17,7,Ours,2.5\n2024-02-06,NA,Ours,4\n2024-03-07,007,Ours,1\n",
    "bricks.csv": "brick_id,territory_id,lon,lat,income\nB1,T1,29.0,41.0,5\nB2,T2,32.8,39.9,3\n",
    "reps.csv": "rep_id,name,territory_id,visits_per_week\nR1,Ayşe,T1,40\nR2,Ali,T2,30\n",
    "absences.csv": "rep_id,first,last,why\nR1,2024-07-05,2024-07-09,leave\n",
    "visits.csv": "date,rep_id,customer_id,channel\n2024-01-09,R1,007,visit\n"
    "2024-02-01,R1,P1,visit\n2024-02-02,,7,email\n",
    "prospects.csv": "prospect_id,name,lon,lat,brick_id\nP1,Deniz Market,29.05,41.0,B1\nP2,Gül Eczanesi,32.8,39.9,B2\n",
    "market_sales.csv": "period_start,period,brick_id,customer_id,brand,volume\n"
    "2024-01-01,month,B1,,Ours,9\n2024-01-01,month,B1,,Rival A,20\n2024-02-01,month,B2,,Ours,5\n"
    "2024-02-01,month,,P1,Rival A,7\n",
    "campaigns.csv": "brand,start,end,strength\nRival A,2024-02-05,2024-02-18,\n",
}


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., Path]:
    """Write the sound bundle with some files replaced (``None`` removes one); returns its folder."""

    def write(changes: dict[str, str | bytes | None] | None = None, only: tuple[str, ...] | None = None) -> Path:
        folder = tmp_path / "bundle"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        chosen = {name: text for name, text in GOOD.items() if only is None or name in only}
        for name, content in {**chosen, **(changes or {})}.items():
            if content is not None:
                (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return folder

    return write


@pytest.fixture
def good() -> dict[str, str]:
    """Text of each file of the sound bundle."""
    return dict(GOOD)
