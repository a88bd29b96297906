"""Acceptance measurements, written to ``build/validation.json``.

``python tests/bench/validate.py [--only ID,ID] [--worlds N]``. One entry for each of the 23 measurements. Most consist
of parts; an entry passes when all of its parts do, fails when one does, and stays open (``pass`` null, with the reason)
while a part was not run or is not judged. Nothing is passed on an estimate. Entries that are not run stay as they were.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench_tools import BUILD, machine, plain, versions
from measuring import entry, not_run, registry

FILE = BUILD / "validation.json"


def main(words: list[str] | None = None) -> None:
    """Measure, print and write each entry as soon as it is known."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--worlds", type=int, help="made-up worlds a measurement (default: each one's own number)")
    ask.add_argument("--only", nargs="*", default=[], help="numbers of measurements to run, with commas or blanks")
    options = ask.parse_args(words)
    measures = registry()
    wanted = [int(one) for word in options.only for one in word.split(",") if one] or list(measures)
    strange = sorted(set(wanted) - set(measures))
    if strange:
        ask.error(f"--only: expected numbers of measurements ({min(measures)} to {max(measures)}), found {strange}")
    for place, number in enumerate(wanted, start=1):
        print(f"{place}/{len(wanted)}: measurement {number}, {measures[number][0].words}", file=sys.stderr, flush=True)
        row = plain(entry(measures[number], options.worlds))
        merge([row], [not_run(measures[each]) for each in measures])
        print(shown(row), file=sys.stderr, flush=True)
    print(f"written: {FILE}", file=sys.stderr)


def shown(row: dict[str, Any]) -> str:
    """An entry in words, one line a part."""
    word = {True: "pass", False: "FAIL", None: "open"}
    lines = [f"{row['id']:>2} {word[row['pass']]}  {row['measure']} (n = {row['n']}, {row['seconds']} s)"]
    for one in row["parts"]:
        said = "    " if one.get("shown") else word[one["pass"]]
        lines.append(f"     {said}  {one['what']}: {json.dumps(one['value'])}  [{one['threshold']}]")
    return "\n".join(lines)


def merge(rows: list[dict[str, Any]], blank: list[dict[str, Any]], path: Path = FILE) -> None:
    """Put entries in their places and keep the others as they stand; several runs may do so at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / (path.name + ".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        standing = {row["id"]: row for row in blank}
        if path.exists():
            standing |= {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8")) if row.get("parts")}
        standing |= {row["id"]: row for row in rows}
        for row in rows:
            row["machine"] = {**versions(), **machine()}
        _replace(path, [standing[key] for key in sorted(standing, key=int)])


def _replace(path: Path, content: Any) -> None:
    """Whole or not at all."""
    text = json.dumps(plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    handle, spare = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(spare, path)


if __name__ == "__main__":
    main()
