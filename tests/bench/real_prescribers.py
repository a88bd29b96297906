"""Real prescribers: contacts and share in two years, within prescribers, beside the raw cross-section.

``python tests/bench/real_prescribers.py`` prints JSON. Public data of one drug class; see the folder's PROVENANCE.md.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
from measuring import SHARED
from numpy.typing import NDArray

from twin.calibration.attraction.fit import Cells, fit_attraction

FILE = SHARED / "realdata" / "prescribers" / "prescriber_year.parquet"
FIRST, SECOND = 2013, 2014
MONTHS_SEEN = {FIRST: 5.0 / 12.0, SECOND: 1.0}
"""Contacts of the first year are on record from August on; they are counted as a yearly rate."""
CURVES = {"per contact a year": lambda rate: rate, "per log(1 + contacts a year)": np.log1p}


def measure() -> dict[str, Any]:
    """Every estimate, by how contacts enter and who is counted."""
    data = pd.read_parquet(FILE)
    data = data[data.drug_class == "nasal_steroids"]
    both = data.groupby("prescriber_id").year.transform("nunique") == 2
    years = {year: data[both & (data.year == year)].set_index("prescriber_id").sort_index() for year in MONTHS_SEEN}
    own, rival, rate = (
        np.column_stack([get(years[year], year) for year in (FIRST, SECOND)])
        for get in (
            lambda rows, _: rows.own_claims.to_numpy(float),
            lambda rows, _: rows.competitor_claims.to_numpy(float),
            lambda rows, year: rows.own_contacts.to_numpy(float) / MONTHS_SEEN[year],
        )
    )
    result: dict[str, Any] = {
        "prescribers_with_two_years": len(own), "ever_contacted": int((rate > 0).any(axis=1).sum()),
        "own_share": {str(year): float(own[:, k].sum() / (own + rival)[:, k].sum()) for k, year in enumerate(years)},
    }  # fmt: skip
    for name, curve in CURVES.items():
        felt = curve(rate)
        result[name] = {
            "cross-section, second year": _cross_section(own[:, 1], rival[:, 1], felt[:, 1]),
            "within prescribers, two years": _within(own, rival, felt),
            "within, own claims in both years": _within(*(one[(own > 0).all(axis=1)] for one in (own, rival, felt))),
            "share of the first year and contacts to come": _follows(own, rival, felt),
        }
    result["note"] = "claims of 1 to 10 are hidden in the source: whoever starts or stops shows as a jump past 11"
    return result


def _cross_section(own: NDArray, rival: NDArray, felt: NDArray) -> dict[str, float]:
    """Logit of share on contacts over prescribers, no effects; errors robust to over-dispersion."""
    x, total, beta = np.column_stack([np.ones(len(felt)), felt]), own + rival, np.zeros(2)
    for _ in range(50):
        share = 1.0 / (1.0 + np.exp(-x @ beta))
        information = (x * (total * share * (1.0 - share))[:, None]).T @ x
        beta += np.linalg.solve(information, x.T @ (own - total * share))
    score = x * (own - total / (1.0 + np.exp(-x @ beta)))[:, None]
    inverse = np.linalg.inv(information)
    return _told(float(beta[1]), float(np.sqrt((inverse @ score.T @ score @ inverse)[1, 1])), len(own))


def _within(own: NDArray, rival: NDArray, felt: NDArray) -> dict[str, float]:
    """Attraction with a level of the brand for every prescriber and a common change between the years."""
    volume = np.stack([own, rival], axis=2)
    keep = (volume.sum(axis=1) > 0).all(axis=1)
    year = np.zeros((1, 2, 2))
    year[0, 1, 0] = 1.0
    cells = Cells(volume[keep], year, felt[keep][None], 1, np.arange(int(keep.sum())) % 50, 52.0)
    fit = fit_attraction(cells)
    return _told(float(fit.coefficients[-1]), float(fit.sd[-1]), int(keep.sum()))


def _follows(own: NDArray, rival: NDArray, felt: NDArray) -> dict[str, float]:
    """Correlation of the first year's share with contacts of the second, given those of the first."""
    share = own[:, 0] / (own + rival)[:, 0]
    x = np.column_stack([np.ones(len(felt)), felt[:, 0]])
    left = [one - x @ np.linalg.lstsq(x, one, rcond=None)[0] for one in (share, felt[:, 1])]
    r = float(np.corrcoef(*left)[0, 1])
    return {"correlation": r, "t": r * np.sqrt((len(own) - 3) / (1.0 - r**2)), "n": len(own)}


def _told(value: float, sd: float, n: int) -> dict[str, float]:
    return {"log_odds": value, "error": sd, "low_95": value - 1.96 * sd, "high_95": value + 1.96 * sd, "n": n}


if __name__ == "__main__":
    if not FILE.exists():
        sys.exit(f"{FILE}: not there; this measurement needs the real data")
    print(json.dumps(measure(), indent=1))
