"""Mesa-frames customers: the weekly law of a customer as expressions over a Polars frame, one row an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from mesa_frames import AgentSetPolars

if TYPE_CHECKING:
    from mesa_frames_market import MarketModel

UNAWARE, TRIAL, REPEAT, LAPSED = range(4)
VISIT, LONG_AGO = 0, 255
BUYS = pl.col("stage").is_in([TRIAL, REPEAT])
ZERO, ONE = pl.lit(0.0, pl.Float32), pl.lit(1.0, pl.Float32)


def single(value: float) -> pl.Expr:
    """A number in single precision, as all columns are."""
    return pl.lit(float(value), pl.Float32)


class Customers(AgentSetPolars):
    """Every customer."""

    def __init__(self, model: MarketModel) -> None:
        super().__init__(model)
        given = model.given
        n = len(given["territory"])
        fits = (given["prefers"] < 0) | (given["prefers"] == np.arange(model.n_channels)[:, None])
        worth = given["channel_effect"][:, None] * np.where(fits, 1.0, given["mismatch"])
        rate = np.where(given["consent"], given["rate"], 0.0)
        neighbours = given["neighbours"].T
        self.channels = [h for h in range(1, model.n_channels) if rate[h].any()]
        self.n_neighbours = len(neighbours)
        columns = {
            "unique_id": np.arange(n, dtype=np.int64),
            "territory": given["territory"].astype(np.uint32),
            "cell": given["cell"].astype(np.uint32),
            "unknown": given["unknown"],
            "open": given["consent"][VISIT],
            "stage": given["stage"].astype(np.uint8),
            "since_visit": given["since_visit"].astype(np.int16),
            "since_remote": np.full(n, LONG_AGO, dtype=np.int16),
            "tried": np.zeros(n, dtype=bool),
            "own_so_far": np.zeros(n, dtype=np.float32),
            "one_over_neighbours": (1.0 / np.maximum((neighbours >= 0).sum(axis=0), 1)).astype(np.float32),
        }
        for name in ("volume", "goodwill", "pressure", "recent", "log_start", "log_known", "log_unknown"):
            columns[name] = given[name].astype(np.float32)
        for h in [VISIT, *self.channels]:
            columns |= {f"worth_{h}": worth[h].astype(np.float32), f"rate_{h}": rate[h].astype(np.float32)}
        for j in range(model.n_brands):
            columns |= {
                f"base_{j}": given["base"][j].astype(np.float32),
                f"habit_{j}": given["start_habit"][j].astype(np.float32),
            }
        columns |= {f"neighbour_{k}": row.astype(np.int64) for k, row in enumerate(neighbours)}
        nobody = pl.col("^neighbour_.*$")
        self.add(pl.DataFrame(columns).with_columns(pl.when(nobody >= 0).then(nobody).cast(pl.UInt32)))

    def step(self) -> None:
        """One week, after the rivals have acted and the reps know how many visits they make."""
        self.agents = self.agents.with_columns(buys=BUYS)
        self.be_visited()
        self.hear_of_us()
        self.move_on()
        self.choose_and_order()
        self.remember()

    def uniform(self, name: str) -> pl.Series:
        """A column of chance."""
        return pl.Series(name, self.model.random.random(len(self), dtype=np.float32))

    def be_visited(self) -> None:
        """Reps visit the best scores of their territory, among those who buy and among those who do not."""
        model, p = self.model, self.model.p
        chance = -np.log(model.random.standard_exponential(len(self), dtype=np.float32) + np.float32(1e-9))
        recent = (pl.col("recent") + single(p["typical_own"])).log() - pl.col("log_start")
        usual = pl.col("log_known") + single(p["follows_sales"]) * recent
        score = pl.when("buys").then(usual).otherwise("log_unknown") + pl.col("chance")
        quota = (
            pl.when("buys")
            .then(pl.lit(model.calls_on_buyers).gather(pl.col("territory")))
            .otherwise(pl.lit(model.calls_on_others).gather(pl.col("territory")))
        )
        chosen = (
            self.agents.select(
                "unique_id", "territory", "buys", "open", "recent", "log_start", "log_known", "log_unknown"
            )
            .with_columns(pl.Series("chance", chance))
            .select("unique_id", "territory", "buys", "open", quota=quota, score=score)
            .filter("open", pl.col("score").is_finite())
            .filter(pl.col("score").rank("ordinal", descending=True).over("territory", "buys") <= pl.col("quota"))
        )
        visited = np.zeros(len(self), dtype=bool)
        visited[chosen["unique_id"].to_numpy()] = True
        self.agents = self.agents.with_columns(pl.Series("visited", visited))

    def hear_of_us(self) -> None:
        """Contacts of the channels, and the goodwill and pressure that they leave."""
        p, factor = self.model.p, self.model.channel_factor
        contacts = [f"contact_{h}" for h in self.channels]
        worth = pl.col("worth_0") * pl.col("visited")
        for h in self.channels:
            worth = worth + pl.col(f"worth_{h}") * pl.col(f"contact_{h}")
        near_remote = pl.col("since_remote") <= int(p["seconded_weeks"])
        near_visit = pl.col("since_visit") <= int(p["seconded_weeks"])
        visited, written, seconded = pl.col("visited"), pl.col("written"), pl.col("seconded")
        number = pl.col("number").cast(pl.Float32)
        self.agents = (
            self.agents.with_columns(self.uniform(name) for name in contacts)
            .with_columns(pl.col(f"contact_{h}") < pl.col(f"rate_{h}") * single(factor[h]) for h in self.channels)
            .with_columns(
                written=pl.any_horizontal(contacts), number=pl.sum_horizontal("visited", *contacts), worth=worth
            )
            .with_columns(seconded=(visited & (written | near_remote)) | (written & (visited | near_visit)))
            .with_columns(
                goodwill=pl.col("goodwill") * single(p["carryover"])
                + pl.col("worth") * pl.when(seconded).then(single(1 + p["synergy"] * p["memory"])).otherwise(ONE),
                pressure=pl.col("pressure") * single(1 - 1 / p["pressure_weeks"])
                + number * pl.when(seconded).then(single(2 - p["memory"])).otherwise(ONE),
                since_visit=pl.when(visited)
                .then(1)
                .otherwise((pl.col("since_visit") + 1).clip(upper_bound=LONG_AGO))
                .cast(pl.Int16),
                since_remote=pl.when(written)
                .then(1)
                .otherwise((pl.col("since_remote") + 1).clip(upper_bound=LONG_AGO))
                .cast(pl.Int16),
            )
        )

    def move_on(self) -> None:
        """Find us, leave us, come back."""
        p, fate = self.model.p, pl.col("fate")
        heard = [pl.col("buys").gather(pl.col(f"neighbour_{k}")) for k in range(self.n_neighbours)]
        word = pl.sum_horizontal(heard).cast(pl.Float32) * pl.col("one_over_neighbours")
        unseen = pl.when("visited").then(single(1 - p["discovery_visit"])).otherwise(ONE)
        finds = 1 - single(1 - p["discovery_base"]) * unseen * (1 - single(p["discovery_word"]) * word)
        loss = single(p["loss"]) * (single(np.log(p["loss_contact"])) * pl.col("goodwill").log1p()).exp()
        stage = (
            pl.when((pl.col("stage") == UNAWARE) & (fate < finds))
            .then(TRIAL)
            .when(pl.col("buys") & (fate < loss))
            .then(LAPSED)
            .when((pl.col("stage") == LAPSED) & pl.col("visited") & (fate < single(p["winback"])))
            .then(REPEAT)
            .otherwise(pl.col("stage"))
        )
        self.agents = self.agents.with_columns(self.uniform("fate")).with_columns(stage=stage.cast(pl.UInt8))

    def choose_and_order(self) -> None:
        """Shares by the logit; lumpy orders."""
        model, p = self.model, self.model.p
        brands = range(model.n_brands)
        excess = (pl.col("pressure") / single(p["ideal_contacts"]) - 1).clip(lower_bound=0)
        lift = single(p["coefficient"]) * pl.col("goodwill").log1p() - single(p["fatigue"]) * excess * excess
        lift = lift - pl.when(pl.col("stage") == TRIAL).then(single(p["trial_discount"])).otherwise(ZERO)
        pulls = []
        for j in brands:
            utility = pl.col(f"base_{j}") + single(p["habit"]) * pl.col(f"habit_{j}") + single(model.shift[j])
            ours = j < model.n_own
            pull = (
                pl.when("considers").then((utility + pl.col("lift")).exp()).otherwise(ZERO) if ours else utility.exp()
            )
            pulls.append(pull.alias(f"pull_{j}"))
        total = pl.sum_horizontal(f"pull_{j}" for j in brands).clip(lower_bound=1e-30)
        share = [pl.col(f"pull_{j}") * pl.col("one_over_total") for j in brands]
        chance = [1 - (single(-p["orders_per_week"]) * pl.col(f"share_{j}")).exp() for j in brands]
        demand = pl.col("volume") * single(model.demand)
        self.agents = (
            self.agents.with_columns(lift=lift, considers=BUYS)
            .with_columns(pulls)
            .with_columns(one_over_total=1 / total)
            .with_columns(share[j].alias(f"share_{j}") for j in brands)
            .with_columns(
                *(chance[j].alias(f"chance_{j}") for j in brands),
                *(
                    (
                        pl.col(f"habit_{j}") + (pl.col(f"share_{j}") - pl.col(f"habit_{j}")) / single(p["habit_weeks"])
                    ).alias(f"habit_{j}")
                    for j in brands
                ),
                *(self.uniform(f"u_{j}") for j in brands),
            )
            .with_columns(
                pl.when(pl.col(f"u_{j}") < pl.col(f"chance_{j}"))
                .then(
                    -(pl.col(f"share_{j}") * demand / pl.col(f"chance_{j}"))
                    * (((pl.col(f"u_{j}") + single(2.0**-25)) / pl.col(f"chance_{j}")).log())
                )
                .otherwise(ZERO)
                .alias(f"order_{j}")
                for j in brands
            )
        )

    def remember(self) -> None:
        """The second week with an order makes a customer; reps see what was bought."""
        in_trial = (pl.col("stage") == TRIAL) & (pl.col("own") > 0)
        self.agents = self.agents.with_columns(
            own=pl.sum_horizontal(f"order_{j}" for j in range(self.model.n_own))
        ).with_columns(
            stage=pl.when(in_trial & pl.col("tried")).then(REPEAT).otherwise(pl.col("stage")).cast(pl.UInt8),
            tried=pl.col("tried") | in_trial,
            recent=pl.col("recent") + (pl.col("own") - pl.col("recent")) / single(self.model.p["recent_weeks"]),
            own_so_far=pl.col("own_so_far") + pl.col("own"),
        )
