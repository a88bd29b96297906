"""How long the reading of a large bundle takes, and how much memory: a script that makes its bundle itself.

``python tests/bench/ingest_size.py --customers 100000 --rows 5000000`` prints one JSON line: rows, seconds, seconds
of processor time, most memory held. Rows are visits and sales together, half of them each.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

BRANDS = ("Ours", "Ours Light", "Rival A", "Rival B")
CHANNELS = ("visit", "phone", "email")
FIRST_DAY = np.datetime64("2021-01-04")
DAYS = 1820
CHUNK = 2_000_000


def write_bundle(folder: Path, n_customers: int, n_rows: int, seed: int, form: str) -> None:
    """A bundle of a large company: five years, a brick for every 500 customers, a rep for every 2,000."""
    dice = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    n_bricks, n_reps = max(n_customers // 500, 2), max(n_customers // 2000, 1)
    ids = np.char.add("C", np.char.zfill(np.arange(n_customers).astype(str), 7))
    brick = dice.integers(0, n_bricks, n_customers)
    bricks = np.char.add("B", np.arange(n_bricks).astype(str))
    _table(folder / "customers.csv", {
        "customer_id": ids,
        "name": np.char.add("Bakkal ", dice.permutation(n_customers).astype(str)),
        "lon": np.round(27 + 15 * dice.random(n_customers), 5),
        "lat": np.round(37 + 4 * dice.random(n_customers), 5),
        "brick_id": bricks[brick],
        "outlet_type": np.array(["market", "kiosk", "grocer"])[dice.integers(0, 3, n_customers)],
        "consent_email": dice.random(n_customers) < 0.6,
    })  # fmt: skip
    reps = np.char.add("R", np.arange(n_reps).astype(str))
    territory = np.char.add("T", (np.arange(n_bricks) * n_reps // n_bricks).astype(str))
    _table(folder / "bricks.csv", {"brick_id": bricks, "territory_id": territory,
                                   "lon": np.full(n_bricks, 34.0), "lat": np.full(n_bricks, 39.0)})  # fmt: skip
    _table(folder / "reps.csv", {"rep_id": reps, "territory_id": np.char.add("T", np.arange(n_reps).astype(str)),
                                 "visits_per_week": np.full(n_reps, 60)})  # fmt: skip
    _table(folder / "brands.csv", {"brand": np.array(BRANDS), "owner": np.array(["us", "us", "Rival A", "Rival B"])})
    weight = dice.gamma(1.0, 1.0, n_customers)
    share = np.cumsum(weight / weight.sum())
    _rows(folder / f"sales.{form}", n_rows // 2, form, lambda n: _sales(dice, ids, share, n))
    _rows(folder / f"visits.{form}", n_rows - n_rows // 2, form, lambda n: _visits(dice, ids, share, reps, n))


def _sales(dice: np.random.Generator, ids: np.ndarray, share: np.ndarray, n: int) -> pa.Table:
    volume = np.round(dice.gamma(2.0, 6.0, n), 1) + 0.1
    return pa.table({
        "date": pa.array(FIRST_DAY + np.sort(dice.integers(0, DAYS, n))),
        "customer_id": _taken(ids, _whom(dice, share, n)),
        "brand": _taken(np.array(BRANDS[:2]), dice.integers(0, 2, n)),
        "volume": pa.array(volume),
        "value": pa.array(np.round(volume * 9.5, 2)),
    })  # fmt: skip


def _visits(dice: np.random.Generator, ids: np.ndarray, share: np.ndarray, reps: np.ndarray, n: int) -> pa.Table:
    whom = _whom(dice, share, n)
    return pa.table({
        "date": pa.array(FIRST_DAY + np.sort(dice.integers(0, DAYS, n))),
        "rep_id": _taken(reps, whom * len(reps) // len(ids)),
        "customer_id": _taken(ids, whom),
        "channel": _taken(np.array(CHANNELS), dice.integers(0, 3, n)),
    })  # fmt: skip


def _whom(dice: np.random.Generator, share: np.ndarray, n: int) -> np.ndarray:
    return np.minimum(np.searchsorted(share, dice.random(n)), len(share) - 1)


def _taken(words: np.ndarray, codes: np.ndarray) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(words)).dictionary_decode()


def _rows(path: Path, n: int, form: str, make) -> None:
    """Rows in parts, so that making them takes little memory."""
    parts = [min(CHUNK, n - at) for at in range(0, n, CHUNK)]
    first = make(parts[0])
    if form == "csv":
        with csv.CSVWriter(path, first.schema) as out:
            out.write(first)
            for part in parts[1:]:
                out.write(make(part))
    else:
        with parquet.ParquetWriter(path, first.schema, compression="zstd") as out:
            out.write_table(first)
            for part in parts[1:]:
                out.write_table(make(part))


def _table(path: Path, columns: dict[str, np.ndarray]) -> None:
    csv.write_csv(pa.table({name: pa.array(values) for name, values in columns.items()}), path)


def measure(bundle: Path, workspace: Path) -> dict[str, float]:
    """``twin ingest`` in a process of its own: seconds, processor seconds, most memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "twin", "ingest", str(bundle), "-w", str(workspace), "--json"],
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"twin ingest ended with status {done.returncode}")
    result = json.loads(done.stdout)
    return {
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "most_memory_gib": round(after.ru_maxrss / 2**20, 2),
        "rows": {name: count for name, count in result["rows"].items() if name in ("customers", "sales", "visits")},
        "workspace_mib": round(sum(f.stat().st_size for f in workspace.rglob("*") if f.is_file()) / 2**20),
    }


def main() -> None:
    """Make, measure, remove."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--customers", type=int, default=100_000)
    ask.add_argument("--rows", type=int, default=5_000_000, help="visits and sales together")
    ask.add_argument("--form", choices=["csv", "parquet"], default="csv")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--folder", type=Path, help="where the bundle is made (default: a temporary folder)")
    ask.add_argument("--keep", action="store_true", help="leave the bundle for another run; one that stands is used")
    options = ask.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="twin-ingest-"))
    bundle, workspace = folder / "bundle", folder / "workspace"
    try:
        if not bundle.exists():
            write_bundle(bundle, options.customers, options.rows, options.seed, options.form)
        shutil.rmtree(workspace, ignore_errors=True)
        size = round(sum(f.stat().st_size for f in bundle.iterdir()) / 2**20)
        print(json.dumps({"customers": options.customers, "bundle_mib": size, **measure(bundle, workspace)}))
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
