"""Mesa-frames market: the weekly law as a user of mesa-frames writes it: agents are rows of Polars frames.

A script for an environment of its own, for mesa-frames asks for an older NumPy; it knows nothing of the twin and reads
its columns from a file that :mod:`mesa_frames_run` writes. One thread. Prints JSON: CPU nanoseconds per customer and
week after a warm-up, and the totals of all weeks.
"""

from __future__ import annotations

import json
import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"  # read when Polars is imported

import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars, ModelDF
from mesa_frames_customers import BUYS, VISIT, Customers

WARM_UP_WEEKS = 4


class Reps(AgentSetPolars):
    """The field force."""

    def __init__(self, model: MarketModel) -> None:
        super().__init__(model)
        territory = model.given["rep_territory"]
        ids = model.first_id + np.arange(len(territory), dtype=np.int64)
        model.first_id += len(territory)
        self.add(
            pl.DataFrame(
                {"unique_id": ids, "territory": territory.astype(np.uint32), "credit": 0.0, "unknown_credit": 0.0}
            )
        )

    def step(self) -> None:
        """How many visits each territory gets this week; fractions are kept for the next."""
        model = self.model
        visits = pl.Series(model.given["rep_visits"][:, model.t] * model.channel_factor[VISIT])
        credit, unknown_credit = pl.col("credit"), pl.col("unknown_credit")
        self.agents = (
            self.agents.with_columns(credit=credit + visits)
            .with_columns(visits=(credit + 1e-9).floor())
            .with_columns(
                credit=credit - pl.col("visits"),
                unknown_credit=unknown_credit + pl.col("visits") * float(model.p["unknown_share"]),
            )
            .with_columns(others=pl.min_horizontal((unknown_credit + 1e-9).floor(), "visits"))
            .with_columns(unknown_credit=unknown_credit - pl.col("others"), buyers=pl.col("visits") - pl.col("others"))
        )
        calls = model.territories.join(
            self.agents.group_by("territory").agg(pl.col("others", "buyers").sum()), on="territory", how="left"
        ).fill_null(0)
        model.calls_on_others, model.calls_on_buyers = calls["others"], calls["buyers"]


class Rivals(AgentSetPolars):
    """Rival brands."""

    def __init__(self, model: MarketModel) -> None:
        super().__init__(model)
        brand = np.arange(model.n_own, model.n_brands)
        ids = model.first_id + np.arange(len(brand), dtype=np.int64)
        model.first_id += len(brand)
        self.add(pl.DataFrame({"unique_id": ids, "brand": brand, "seen_share": float(model.p["reference_share"])}))

    def step(self) -> None:
        """Campaigns, and an answer to our share as it was seen of late."""
        model, p = self.model, self.model.p
        model.shift = model.given["campaign"][:, model.t] + model.given["drift"][:, model.t]
        if model.last_share is not None:
            gap = model.last_share - pl.col("seen_share")
            self.agents = self.agents.with_columns(seen_share=pl.col("seen_share") + gap / float(p["rival_weeks"]))
        if p["reference_share"] > 0:
            push = float(p["reaction"]) * (self.agents["seen_share"] / float(p["reference_share"]) - 1)
            model.shift[self.agents["brand"].to_numpy()] += push.to_numpy()


class MarketModel(ModelDF):
    """The market."""

    def __init__(self, given: dict[str, np.ndarray], seed: int) -> None:
        super().__init__(seed)
        self.given, self.t, self.last_share = given, 0, None
        self.p = {name: float(value) for name, value in given.items() if value.ndim == 0}
        self.n_own, self.n_brands, self.n_channels = (
            int(given["n_own"]),
            len(given["base"]),
            len(given["channel_effect"]),
        )
        self.first_id = len(given["territory"])
        n_zones = int(given["territory"].max()) + 1
        self.territories = pl.DataFrame({"territory": np.arange(n_zones, dtype=np.uint32)})
        self.rivals, self.reps, self.customers = Rivals(self), Reps(self), Customers(self)
        self.agents += [self.rivals, self.reps, self.customers]
        self.weeks: list[pl.DataFrame] = []

    def step(self) -> None:
        """Live one week."""
        self.channel_factor, self.demand = self.given["channel_factor"][:, self.t], self.given["demand"][self.t]
        self.agents.step()
        self.record()
        self.t += 1

    def record(self) -> None:
        """Sums of the week."""
        orders = [f"order_{j}" for j in range(self.n_brands)]
        contacts = ["visited", *(f"contact_{h}" for h in self.customers.channels)]
        sums = self.customers.agents.group_by("cell").agg(pl.col(*orders, *contacts).sum(), buyers=BUYS.sum())
        self.weeks.append(sums)
        volume = sums.select(orders).sum().row(0)
        self.last_share = sum(volume[: self.n_own]) / sum(volume)

    def totals(self) -> dict[str, float]:
        """Of all weeks, under the names that the bench uses."""
        n_segments = int(self.p["n_cells"]) // (2 * len(self.territories))
        unknown = (pl.col("cell") // n_segments) % 2 == 1
        own = pl.sum_horizontal(f"order_{j}" for j in range(self.n_own)).cast(pl.Float64)
        contacts = pl.sum_horizontal(f"contact_{h}" for h in self.customers.channels)
        sums = pl.concat(self.weeks).select(
            pl.sum_horizontal(pl.col("^order_.*$").cast(pl.Float64)).sum().alias("category volume"),
            own.sum().alias("own volume"),
            own.filter(unknown).sum().alias("own volume of the unknown"),
            pl.col("visited").sum().alias("visits"),
            contacts.sum().alias("other contacts"),
        )
        at_the_end = self.weeks[-1].select(
            pl.col("buyers").filter(~unknown).sum().alias("known buyers at the end"),
            pl.col("buyers").filter(unknown).sum().alias("unknown buyers at the end"),
        )
        return {name: float(value) for name, value in (sums.row(0, named=True) | at_the_end.row(0, named=True)).items()}


def main(path: str, n_weeks: int) -> None:
    """Live the weeks of a file of columns and print the figures."""
    with np.load(path) as file:
        given = {name: file[name] for name in file.files}
    model = MarketModel(given, 1)
    for t in range(n_weeks):
        if t == WARM_UP_WEEKS:
            clock = time.process_time_ns()
        model.step()
    ns = (time.process_time_ns() - clock) / ((n_weeks - WARM_UP_WEEKS) * len(model.customers))
    print(json.dumps({"ns_per_customer_week": ns, "polars": pl.__version__, "totals": model.totals()}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
