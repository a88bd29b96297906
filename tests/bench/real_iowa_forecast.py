"""A real market forecast from its past: rolling origins, and 2020 from data to 2019; prints JSON.

``python tests/bench/real_iowa_forecast.py [--bundle FOLDER] [--origins N] [--draws D]``. Takes minutes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import plain
from forecast_marks import HORIZONS, mark, rolled
from measuring import SHARED
from scipy.special import expit, logit

from twin.forecast.benchmarks import ETS
from twin.forecast.executors import Serial
from twin.forecast.past_cells import Cells
from twin.tasks.data.ingest import run_ingest
from twin.tasks.learning.backtest_origin import Fold, all_foreseen, foresee
from twin.tasks.shelf import load_dataset
from twin.weeks import week_of_date
from twin.workspace.store import Workspace

COUNTRY = "US"
ORIGIN = dt.date(2020, 1, 1)
MEASURES = ("brand_share", "own_share", "own_volume", "own_volume_unknown", "category_volume")


def year_shares(found: list[Cells], level: str) -> dict[str, Any]:
    """Shares over the whole year by brand and place: ours and last year's against what came, weighed by volume."""
    (cells,) = [one for one in found if (one.measure, one.level) == ("brand_volume", level)]
    n_places = len(set(cells.place))
    runs = cells.runs.sum(axis=2).reshape(len(cells.runs), n_places, -1)
    actual = cells.actual.sum(axis=1).reshape(n_places, -1)
    before = cells.past[:, -12:].sum(axis=1).reshape(n_places, -1)
    weight = actual.sum(axis=1, keepdims=True)
    share, last = actual / weight, before / np.maximum(before.sum(axis=1, keepdims=True), 1e-300)
    said = runs / runs.sum(axis=2, keepdims=True)
    low, high = np.quantile(said, [0.1, 0.9], axis=0)
    ours = float((np.abs(np.median(said, axis=0) - share) * weight).sum() / weight.sum())
    naive = float((np.abs(last - share) * weight).sum() / weight.sum())
    inside = float(((low <= share) & (share <= high)).mean())
    return {"cells": share.size, "error": ours, "last_year": naive, "ratio": ours / naive, "inside_80": inside}


def statsmodels_check(found: list[Cells]) -> dict[str, float]:
    """Our exponential smoothing beside that of statsmodels, national shares by brand: WAPE of each."""
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    (cells,) = [one for one in found if (one.measure, one.level) == ("brand_share", "all")]
    (mine,) = [one for one in all_foreseen(cells) if one.method == ETS]
    theirs = []
    for past in cells.past:
        model = ETSModel(pd.Series(logit(past)), error="add", seasonal="add", seasonal_periods=12)
        theirs.append(expit(np.asarray(model.fit(disp=False, maxiter=300).forecast(cells.actual.shape[1]))))
    total = float((cells.weight * cells.actual).sum())
    middle = mine.quantiles[len(mine.quantiles) // 2]
    return {
        "ours": float((cells.weight * np.abs(middle - cells.actual)).sum()) / total,
        "statsmodels": float((cells.weight * np.abs(np.array(theirs) - cells.actual)).sum()) / total,
    }


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--bundle", type=Path, default=SHARED / "bundles" / "iowa_west")
    ask.add_argument("--origins", type=int, default=5)
    ask.add_argument("--draws", type=int, default=24)
    options = ask.parse_args()
    if not options.bundle.is_dir():
        print(json.dumps({"skipped": f"{options.bundle} is missing"}))
        return
    clock = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run_ingest(Path(folder), options.bundle)
        world, history, _ = load_dataset(Workspace.open(folder))
    found, _ = foresee(world, history, week_of_date(ORIGIN), Fold(options.draws, 2, 0, COUNTRY), Serial())
    result: dict[str, Any] = {
        "year 2020 from data to 2019": {level: year_shares(found, level) for level in ("all", "territory", "brick")},
        "exponential smoothing, WAPE": statsmodels_check(found),
    }
    print(json.dumps(plain(result)), file=sys.stderr, flush=True)
    tallies = rolled(world, history, options.origins, options.draws, COUNTRY)
    result["rolling origins"] = {
        f"{measure} {level}": {name: mark(tallies, measure, level, months) for name, months in HORIZONS.items()}
        for measure in MEASURES
        for level in ("all", "territory", "brick")
        if any((one.measure, one.level) == (measure, level) for one in tallies)
    }
    result["seconds"] = time.perf_counter() - clock
    print(json.dumps(plain(result), indent=1))


if __name__ == "__main__":
    main()
