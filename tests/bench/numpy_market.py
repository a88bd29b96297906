"""NumPy market: the weekly law as a competent user of NumPy writes it: whole columns, its own generator, no blocks.

The baseline without journeys and promises, which the engine passes over as well when a scenario has none. Draws are
those of PCG64; nothing is reproducible scenario by scenario. It is what the engine's speed is honestly compared with.
"""

from __future__ import annotations

import time

import numpy as np
from market_columns import columns_of
from numpy.typing import NDArray

from twin.market.world import World
from twin.response.market import Market

F = np.float32
UNAWARE, TRIAL, REPEAT, LAPSED = range(4)
VISIT, LONG_AGO = 0, 255


class NumpyMarket:
    """The market.

    Parameters
    ----------
    columns : dict of arrays
        See :func:`market_columns.columns_of`.
    seed : int
    """

    def __init__(self, columns: dict[str, NDArray], seed: int) -> None:
        self.given = columns
        self.p = {name: F(value) for name, value in columns.items() if value.ndim == 0}
        self.rng = np.random.default_rng(seed)
        self.n_own, self.n_cells = int(columns["n_own"]), int(columns["n_cells"])
        self.n, self.n_channels = len(columns["territory"]), len(columns["channel_effect"])
        single = ("volume", "log_known", "log_unknown", "log_start", "base")
        self.volume, self.log_known, self.log_unknown, self.log_start, self.base = (
            columns[name].astype(F, order="C") for name in single
        )
        fits = (columns["prefers"] < 0) | (columns["prefers"] == np.arange(self.n_channels)[:, None])
        effect = columns["channel_effect"][:, None] * np.where(fits, 1.0, columns["mismatch"])
        rate = np.where(columns["consent"], columns["rate"], 0.0).astype(F, order="C")
        self.live = np.flatnonzero(rate[1:].any(axis=1)) + 1
        self.rate, self.worth_of = rate[self.live], effect[self.live].astype(F, order="C")
        self.worth_of_visit = effect[VISIT].astype(F)
        self.open_to_visits = columns["consent"][VISIT]
        self.neighbours = np.where(columns["neighbours"] < 0, self.n, columns["neighbours"])
        self.n_neighbours = np.maximum((columns["neighbours"] >= 0).sum(axis=1), 1).astype(F)
        self.edges = np.searchsorted(columns["territory"], np.arange(columns["territory"].max() + 2))
        self.goodwill, self.pressure, self.recent, self.habit = (
            columns[name].astype(F, order="C") for name in ("goodwill", "pressure", "recent", "start_habit")
        )
        self.stage, self.since_visit = columns["stage"].astype(np.int8), columns["since_visit"].astype(np.int16)
        self.since_remote = np.full(self.n, LONG_AGO, dtype=np.int16)
        self.tried, self.own_so_far = np.zeros(self.n, dtype=bool), np.zeros(self.n, dtype=F)
        self.credit, self.unknown_credit = (np.zeros(len(columns["rep_territory"])) for _ in range(2))
        self.t, self.last_share, self.seen_share = 0, None, float(columns["reference_share"])
        self.weeks: list[tuple[NDArray, NDArray, NDArray]] = []

    def step(self) -> None:
        """Live one week."""
        shift = self.shift()
        buys = (self.stage == TRIAL) | (self.stage == REPEAT)
        visited = self.visits(buys)
        contacts = self.programmes()
        self.absorb(visited, contacts)
        self.move(visited, buys)
        orders = self.choose(shift)
        self.remember(orders)
        self.record(visited, contacts, orders)
        self.t += 1

    def shift(self) -> NDArray[np.float32]:
        """Campaigns, rivals' answer and drift: (j,) utility."""
        p, given = self.p, self.given
        shift = given["campaign"][:, self.t] + given["drift"][:, self.t]
        if self.last_share is not None:
            self.seen_share += (self.last_share - self.seen_share) / p["rival_weeks"]
        if p["reference_share"] > 0:
            shift[self.n_own :] += p["reaction"] * (self.seen_share / p["reference_share"] - 1.0)
        return shift.astype(F)

    def visits(self, buys: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whom the reps visit: in each territory the best scores among those who buy and among those who do not."""
        p, zone = self.p, self.given["rep_territory"]
        self.credit += self.given["rep_visits"][:, self.t] * self.given["channel_factor"][VISIT, self.t]
        calls = np.floor(self.credit + 1e-9)
        self.credit -= calls
        self.unknown_credit += calls * p["unknown_share"]
        to_others = np.minimum(np.floor(self.unknown_credit + 1e-9), calls)
        self.unknown_credit -= to_others
        n_zones = len(self.edges) - 1
        others = np.bincount(zone, to_others, n_zones).astype(int).tolist()
        buyers = np.bincount(zone, calls - to_others, n_zones).astype(int).tolist()
        chance = -np.log(self.rng.standard_exponential(self.n, dtype=F) + F(1e-9))
        recent = np.log(self.recent + p["typical_own"]) - self.log_start
        known = self.log_known + p["follows_sales"] * recent + chance
        never = F(-np.inf)
        score_of_buyers = np.where(buys & self.open_to_visits, known, never)
        score_of_others = np.where(~buys & self.open_to_visits, self.log_unknown + chance, never)
        return self.best(score_of_others, others) | self.best(score_of_buyers, buyers)

    def best(self, score: NDArray[np.float32], wanted: list[int]) -> NDArray[np.bool_]:
        """The highest scores of each territory, as many as are wanted there."""
        chosen, edges = np.zeros(self.n, dtype=bool), self.edges.tolist()
        for z, k in enumerate(wanted):
            if k > 0:
                book = score[edges[z] : edges[z + 1]]
                first = max(len(book) - k, 0)
                chosen[edges[z] + book.argpartition(first)[first:] if first else slice(*edges[z : z + 2])] = True
        return chosen & (score > -np.inf)

    def programmes(self) -> NDArray[np.bool_]:
        """Contacts of the other channels: (l, c)."""
        factor = self.given["channel_factor"][self.live, self.t].astype(F)[:, None]
        return self.rng.random(self.rate.shape, dtype=F) < self.rate * factor

    def absorb(self, visited: NDArray[np.bool_], contacts: NDArray[np.bool_]) -> None:
        """Goodwill and pressure."""
        p = self.p
        written = contacts.any(axis=0)
        number = contacts.sum(axis=0, dtype=np.int8) + visited
        worth = np.einsum("lc,lc->c", self.worth_of, contacts.astype(F)) + self.worth_of_visit * visited
        near_remote, near_visit = self.since_remote <= p["seconded_weeks"], self.since_visit <= p["seconded_weeks"]
        seconded = (visited & (written | near_remote)) | (written & (visited | near_visit))
        worth[seconded] *= 1 + p["synergy"] * p["memory"]
        self.goodwill *= p["carryover"]
        self.goodwill += worth
        self.pressure *= 1 - 1 / p["pressure_weeks"]
        self.pressure += np.where(seconded, number * (2 - p["memory"]), number)
        for since, now in ((self.since_visit, visited), (self.since_remote, written)):
            np.minimum(since + 1, LONG_AGO, out=since)
            since[now] = 1

    def move(self, visited: NDArray[np.bool_], buys: NDArray[np.bool_]) -> None:
        """Find us, leave us, come back."""
        p, fate = self.p, self.rng.random(self.n, dtype=F)
        unaware, lapsed, ours = np.flatnonzero(self.stage == UNAWARE), self.stage == LAPSED, np.flatnonzero(buys)
        heard = np.append(buys, False)[self.neighbours[unaware]].sum(axis=1) / self.n_neighbours[unaware]
        unseen = np.where(visited[unaware], 1 - p["discovery_visit"], F(1.0))
        finds = 1 - (1 - p["discovery_base"]) * unseen * (1 - p["discovery_word"] * heard)
        loss = p["loss"] * np.exp(np.log(p["loss_contact"]) * np.log1p(self.goodwill[ours]))
        back = lapsed & visited & (fate < p["winback"])
        self.stage[unaware[fate[unaware] < finds]] = TRIAL
        self.stage[ours[fate[ours] < loss]] = LAPSED
        self.stage[back] = REPEAT

    def choose(self, shift: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shares and orders: (j, c) units."""
        p = self.p
        excess = np.maximum(self.pressure / p["ideal_contacts"] - 1, 0)
        lift = p["coefficient"] * np.log1p(self.goodwill) - p["fatigue"] * excess * excess
        lift -= p["trial_discount"] * (self.stage == TRIAL)
        pull = self.base + p["habit"] * self.habit + shift[:, None]
        pull[: self.n_own] += lift
        np.exp(pull, out=pull)
        pull[: self.n_own] *= (self.stage == TRIAL) | (self.stage == REPEAT)
        pull /= np.maximum(pull.sum(axis=0), F(1e-30))
        self.habit += (pull - self.habit) / p["habit_weeks"]
        probability = -np.expm1(-p["orders_per_week"] * pull)
        orders = np.zeros_like(pull)
        hit = np.flatnonzero(self.rng.random(pull.shape, dtype=F) < probability)
        mean = (
            pull.ravel()[hit] / probability.ravel()[hit] * self.volume[hit % self.n] * F(self.given["demand"][self.t])
        )
        orders.ravel()[hit] = mean * self.rng.standard_exponential(len(hit), dtype=F)
        return orders

    def remember(self, orders: NDArray[np.float32]) -> None:
        """The second week with an order makes a customer; reps see what was bought."""
        own = orders[: self.n_own].sum(axis=0)
        in_trial = (self.stage == TRIAL) & (own > 0)
        self.stage[in_trial & self.tried] = REPEAT
        self.tried |= in_trial
        self.recent += (own - self.recent) / self.p["recent_weeks"]
        self.own_so_far += own

    def record(self, visited: NDArray[np.bool_], contacts: NDArray[np.bool_], orders: NDArray[np.float32]) -> None:
        """Sums of the week."""
        cell, zone, n_zones = self.given["cell"], self.given["territory"], len(self.edges) - 1
        volume = np.array([np.bincount(cell, one, self.n_cells) for one in orders])
        made = np.zeros((self.n_channels, n_zones))
        made[VISIT] = np.bincount(zone, visited, n_zones)
        for h, one in zip(self.live, contacts):
            made[h] = np.bincount(zone, one, n_zones)
        buys = (self.stage == TRIAL) | (self.stage == REPEAT)
        buyers = np.bincount(self.given["unknown"][buys], minlength=2)
        self.last_share = float(volume[: self.n_own].sum() / volume.sum())
        self.weeks.append((volume, made, buyers))

    def totals(self) -> dict[str, float]:
        """As :func:`market_columns.totals_of_engine`."""
        volume, made = sum(week[0] for week in self.weeks), sum(week[1] for week in self.weeks)
        own = volume[: self.n_own].reshape(self.n_own, len(self.edges) - 1, 2, -1)
        return {
            "category volume": float(volume.sum()),
            "own volume": float(own.sum()),
            "own volume of the unknown": float(own[:, :, 1].sum()),
            "visits": float(made[VISIT].sum()),
            "other contacts": float(made[VISIT + 1 :].sum()),
            "known buyers at the end": float(self.weeks[-1][2][0]),
            "unknown buyers at the end": float(self.weeks[-1][2][1]),
        }


def lived(world: World, market: Market, n_weeks: int, seed: int = 1) -> NumpyMarket:
    """The market after its weeks."""
    model = NumpyMarket(columns_of(world, market, n_weeks), seed)
    for _ in range(n_weeks):
        model.step()
    return model


def cpu_ns(world: World, market: Market, n_weeks: int) -> float:
    """CPU time of the baseline, nanoseconds per customer and week, without laying it out."""
    model = NumpyMarket(columns_of(world, market, n_weeks), 1)
    clock = time.process_time_ns()
    for _ in range(n_weeks):
        model.step()
    return (time.process_time_ns() - clock) / (n_weeks * model.n)
