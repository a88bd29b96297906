"""Fuzzing of the readers: whatever the bytes, a person sees a message of ours or a table, never a traceback.

``python tests/bench/fuzz_readers.py --minutes 10`` mutates sound files of every form, mapping files and whole exports
for so many minutes of CPU time. With atheris on the path the mutations are led by coverage, else they are blind.
Prints how many inputs were tried and what escaped; exit status 1 when anything did.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flow"))
from walking import small_tables

from twin.errors import TwinError
from twin.intake.check import check
from twin.intake.mapping import parse_mapping
from twin.intake.tables import read_tables
from twin.tasks.data.suggest import run_suggest

TODAY = dt.date(2026, 1, 10)
MAPPING = """country = "TR"
[tables.sales]
source = "sales"
decimal = ","
[tables.sales.months]
year = 2024
[tables.sales.columns]
volume = "Miktar"
[[tables.sales.join]]
source = "brands"
key = "brand"
"""
TOKENS = (
    b",", b";", b"\t", b'"', b'""', b"\n", b"\r\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"1e400", b"NaN", b"-",
        b"%", b"TL",
    b"00000000", b"31.12.9999", b"2024-W53", b"9" * 40, b"\xc4\xb0", b"\xfd", b"=1+1", b"#N/A", b"(", b")", b"toplam",
        b"K1",
    b"2024-02-30", b"01/02/2024", b"\xe2\x80\xae", b"[", b"]", b"=", b"{", b"}", b"1.234,56", b"sep=;", b"T25:61",
        b"AM", b"Ocak 2024",
)  # fmt: skip


def sheet() -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "sales"
    for line in small_tables()["sales"].splitlines()[:8]:
        page.append(line.split(","))
    page.merge_cells("A5:B5")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def stored() -> bytes:
    buffer = io.BytesIO()
    pd.read_csv(io.StringIO(small_tables()["sales"])).head(20).to_parquet(buffer)
    return buffer.getvalue()


SHAPES = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"brick_id":"B1","territory_id":"T1"},"geometry":'
    b'{"type":"Polygon","coordinates":[[[32.4,39.4],[32.6,39.4],[32.6,40],[32.4,40],[32.4,39.4]]]}},{"type":"Feature",'
    b'"properties":{"brick_id":"B2","territory_id":"T1"},"geometry":{"type":"Point","coordinates":[32.7,39.7]}}]}'
)
SEEDS: dict[str, bytes] = {
    **{f"{name}.csv": ("\n".join(text.splitlines()[:12]) + "\n").encode() for name, text in small_tables().items()},
    "sales.xlsx": sheet(), "sales.parquet": stored(), "bricks.geojson": SHAPES, "m.toml": MAPPING.encode(),
}  # fmt: skip


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """A seed with a few pieces changed."""
    data = bytearray(seed)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(6)
        if kind == 0:
            data[at:at] = draw.choice(TOKENS)
        elif kind == 1 and data:
            data[at % len(data)] = draw.randrange(256)
        elif kind == 2:
            del data[at : at + draw.randint(1, 30)]
        elif kind == 3:
            data[at:at] = data[max(0, at - draw.randint(1, 40)) : at]
        elif kind == 4:
            other = draw.choice(TOKENS)
            data[at : at + len(other)] = other
        else:
            first = draw.randrange(len(data) + 1)
            data[at:at] = data[first : first + draw.randint(1, 60)]
    return bytes(data)


def attempt(name: str, content: bytes, folder: Path) -> None:
    """Read one file among sound ones; any exception but ours goes through."""
    if name == "m.toml":
        _allowed(lambda: parse_mapping(content.decode("utf-8", "replace"), name))
        return
    for old in folder.iterdir():
        old.unlink()
    for table, text in small_tables().items():
        if table != Path(name).stem:
            (folder / f"{table}.csv").write_text(text, encoding="utf-8")
    (folder / name).write_bytes(content)
    _allowed(lambda: check(read_tables(folder).tables, today=TODAY))
    if len(content) % 8 == 0:  # a look at the whole folder costs as much as eight readings
        _allowed(lambda: parse_mapping(run_suggest(folder)["toml"], "draft"))


def _allowed(read: Callable[[], object]) -> None:
    try:
        read()
    except TwinError as error:
        assert str(error), "a message without words"


def blind(minutes: float, seed: int) -> tuple[int, dict[str, str]]:
    """Mutations without a guide; returns how many were tried, and one example of every escape."""
    draw = random.Random(seed)
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    tried, escaped = 0, {}
    stop = time.process_time() + 60.0 * minutes
    try:
        while time.process_time() < stop:
            name = draw.choice(list(SEEDS))
            content = mutated(SEEDS[name], draw)
            tried += 1
            try:
                attempt(name, content, folder)
            except Exception as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                key = f"{name}: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
                if key not in escaped:
                    escaped[key] = repr(content[:2000])
                    print(key, str(error)[:200], flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    finally:
        shutil.rmtree(folder)
    return tried, escaped


def guided(minutes: float, seed: int) -> None:
    """Coverage leads; the first escape ends the run with its traceback."""
    import atheris

    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    names = list(SEEDS)

    def one(data: bytes) -> None:
        if data:
            attempt(names[data[0] % len(names)], data[1:], folder)

    corpus = Path(tempfile.mkdtemp())
    for number, name in enumerate(names):
        (corpus / str(number)).write_bytes(bytes([number]) + SEEDS[name])
    atheris.instrument_all()
    options = [
        f"-max_total_time={int(60 * minutes)}",
        f"-seed={seed + 1}",
        "-max_len=20000",
        "-rss_limit_mb=0",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


def main() -> int:
    """Fuzz and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--guided", action="store_true", help="led by coverage (needs atheris)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.guided:
        guided(options.minutes, options.seed)
        return 0
    tried, escaped = blind(options.minutes, options.seed)
    print(f"{tried} inputs in {time.process_time() / 60:.2g} minutes of CPU time, {len(escaped)} escapes")
    for key, example in escaped.items():
        print(key, example, sep="\n  ")
    return 1 if escaped else 0


if __name__ == "__main__":
    raise SystemExit(main())
