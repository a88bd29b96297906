"""Market map: the light and the dark half as a few thousand cells, however many customers there are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from twin.workspace.store import Workspace

MOST_CELLS = 2500
_COLUMNS = ["known", "category_mean", "lon", "lat"]


def cells(
    workspace: Path, calibration: str, territories: Collection[str] | None = None, most: int = MOST_CELLS
) -> pd.DataFrame:
    """Customers gathered in squares of equal size; one by one where they are few.

    Parameters
    ----------
    workspace : Path
    calibration : str
        Version.
    territories : collection of str, optional
        Only customers of these.
    most : int
        Cells at most, known and unknown customers apart.

    Returns
    -------
    DataFrame
        ``lon``, ``lat`` (mean of the customers in the cell), ``known`` (flag), ``n`` (customers), ``volume`` (category,
        units a week): the smallest first, so that none is hidden below a larger one of its kind for nothing.
    """
    store = Workspace.open(workspace, create=False)
    people = store.table(store.version(calibration), "potential")
    if not {"lon", "lat"} <= set(people.columns):
        return pd.DataFrame(columns=["lon", "lat", "known", "n", "volume"])
    if territories is not None and "territory_id" in people:
        people = people[people["territory_id"].isin(list(territories))]
    placed = people[_COLUMNS].dropna(subset=["lon", "lat"])
    if len(placed) <= most:
        alone = placed.rename(columns={"category_mean": "volume"}).assign(n=1)
        return alone.sort_values("volume").reset_index(drop=True)
    # squares on the ground: a degree east is shorter than one north
    narrow = float(np.cos(np.radians(placed["lat"].mean())))
    x, y = placed["lon"].to_numpy() * narrow, placed["lat"].to_numpy()
    side = np.sqrt(max(np.ptp(x) * np.ptp(y), 1e-9) / most)
    square = np.floor(x / side).astype(np.int64) * 1_000_003 + np.floor(y / side).astype(np.int64)
    grouped = placed.assign(square=square, n=1).groupby(["square", "known"], as_index=False)
    found = grouped.agg(lon=("lon", "mean"), lat=("lat", "mean"), n=("n", "sum"), volume=("category_mean", "sum"))
    return found.drop(columns="square").sort_values("volume").reset_index(drop=True)
