"""How well repetitions are found in disguised lists, how honest the probabilities are, and what it takes.

``python tests/bench/linkage_quality.py [--records 20000] [--large 98510] [--seeds 3]`` prints one JSON line for each
list: precision and recall of the pairs said to be one outlet (probability above a half), and of what an ingest does by
itself; of the pairs said .9, how many are; seconds of processor time and most memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
from bench_tools import module

from twin.intake.identity import identify
from twin.intake.linkage import find_pairs
from twin.intake.linkage_records import records_of

MEASURES = ()
"""Not one of the numbered measurements."""
_EDGES = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0001)


def marks(n_records: int, seed: int) -> dict[str, Any]:
    """All figures of one list."""
    made = module("disguised_lists.py").lists(n_records, seed=seed)
    truth = made.true_pairs()
    clock, wall = time.process_time(), time.perf_counter()
    records = records_of(made.tables)
    pairs = find_pairs(records, made.tables)
    found = identify(made.tables)
    seconds = {"cpu": time.process_time() - clock, "wall": time.perf_counter() - wall}
    said = pd.DataFrame({"a": records.ids[pairs.i], "b": records.ids[pairs.j], "p": pairs.probability})
    said["right"] = [(min(a, b), max(a, b)) in truth for a, b in zip(said["a"], said["b"], strict=True)]
    done = found.pairs[found.pairs["decision"].isin(["linked", "same id"])]
    across = {(a, b) for a, b in truth if a[0] != b[0]}
    result = {"records": len(records), "seed": seed, "repetitions": len(truth), **score(said[said["p"] > 0.5], truth)}
    for threshold in (0.8, 0.9, 0.99):
        result |= {f"{name}_{threshold}": value for name, value in score(said[said["p"] > threshold], truth).items()}
    result["said"] = calibration(said)
    for name, rows in (
        ("between lists", done["list_a"] != done["list_b"]),
        ("within a list", done["list_a"] == done["list_b"]),
    ):
        pairs_done = {(min(a, b), max(a, b)) for a, b in zip(done["id_a"][rows], done["id_b"][rows], strict=True)}
        wanted = across if name == "between lists" else truth - across
        result[f"ingest {name}"] = {"done": len(pairs_done),
                                    "precision": len(pairs_done & truth) / max(len(pairs_done), 1),
                                    "recall": len(pairs_done & wanted) / max(len(wanted), 1)}  # fmt: skip
    result["seconds_twice"] = seconds
    result["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def score(said: pd.DataFrame, truth: set) -> dict[str, float]:
    """Precision and recall of pairs."""
    right = int(said["right"].sum())
    return {"precision": right / max(len(said), 1), "recall": right / max(len(truth), 1)}


def calibration(said: pd.DataFrame) -> list[dict[str, float]]:
    """Of the pairs said with a probability, how many are right, and how many one would expect."""
    bins = np.digitize(said["p"], _EDGES)
    return [
        {"from": _EDGES[k - 1], "n": len(rows), "said": float(rows["p"].mean()), "right": float(rows["right"].mean())}
        for k, rows in said.groupby(bins)
    ]


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--records", type=int, default=20_000)
    ask.add_argument("--large", type=int, default=0, help="size of one more list, such as 98510")
    ask.add_argument("--seeds", type=int, default=3)
    options = ask.parse_args()
    sizes = [(options.records, seed) for seed in range(options.seeds)] + [(options.large, 0)] * bool(options.large)
    for size, seed in sizes:
        json.dump(marks(size, seed), sys.stdout)
        print(flush=True)


if __name__ == "__main__":
    main()
