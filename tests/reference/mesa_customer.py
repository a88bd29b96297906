"""Customer: one Mesa agent a customer, who lives the whole weekly law in plain Python numbers.

The order of a week's events is that of docs/odd.md, written anew: nothing here is taken from the passes of the engine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mesa
import numpy as np

from reference.scalar_laws import LAPSED, REPEAT, TRIAL, UNAWARE, attraction, goodwill, journey, law, orders, visiting
from twin.agents.calling import PART_OF_A_PROMISE, place_in_turn
from twin.agents.conditions import CYCLE_WEEKS
from twin.engine.chains import CONDITIONS, PATIENCE_WEEKS, REST_WEEKS, Steps
from twin.market.channels import VISIT

if TYPE_CHECKING:
    from reference.mesa_market import PureMarket

NEVER = -math.inf
_NAME = {number: name for name, number in CONDITIONS.items()}


class Customer(mesa.Agent):
    """A customer.

    Parameters
    ----------
    model : PureMarket
    row : int
        In the population.
    """

    model: PureMarket

    def __init__(self, model: PureMarket, row: int) -> None:
        super().__init__(model)
        world, market, conditions = model.world, model.market, model.conditions
        people, rule, start = world.population, market.rule, market.start
        self.row, self.entity = row, int(people.entity[row])
        self.place = int(people.territory[row]), int(not people.known[row])
        self.segment = int(model.segments.code[row])
        agreed = people.consent[:, row].tolist()
        self.refuses_visits, self.agreed = not agreed[VISIT], agreed
        prefers = int(people.prefers[row])
        self.worth_of = [
            effect * goodwill.channel_fit(prefers, h, model.response.mismatch)
            for h, effect in enumerate(model.response.channel_effect)
        ]
        rates = rule.contact_rate[:, row].tolist()
        self.programmes = [(h, rates[h]) for h in range(VISIT + 1, len(agreed)) if rates[h] > 0 and agreed[h]]
        self.volume, self.zone_today = float(market.volume[row]), int(people.territory[row])
        self.keen = 1.0 if market.responsiveness is None else float(market.responsiveness[row])
        self.base = (market.base_utility[:, row] - market.base_utility[:, row].max()).tolist()
        self.log_known, self.log_unknown = _log(rule.known_weight[row]), _log(rule.unknown_weight[row])
        self.rank = {True: _at(conditions.known_rank, row), False: _at(conditions.unknown_rank, row)}
        self.stock, self.pressure = float(start.goodwill[row]), float(start.pressure[row])
        self.habit: list[float] = start.habit[:, row].tolist()
        self.stage = int(start.stage[row])
        self.since_visit = max(market.first_week - int(start.last_visit[row]), 1)
        self.since_remote: float = math.inf
        self.tried = self.ordered = self.buys = self.visited = False
        self.handover = self.fade = 0.0
        self.usual = self._usual_attraction()
        self.recent = self.volume * self.category_factor(self.pulls(model.no_shift)) * self.expected_share()
        self.own_so_far, self.score, self.due = 0.0, NEVER, 0.0
        self.dropped = bool(conditions.dropped[row])
        promised = float(conditions.frequency[row])
        self.promised = None if math.isnan(promised) else whole_parts(promised)
        if self.promised is not None:
            self.due = float(place_in_turn(people.entity[row : row + 1], market.first_week)[0])
        self.orders = [0.0] * len(self.base)
        self.contacts: list[int] = []
        self.neighbours: list[Customer] = []
        self.journey: JourneyOfOne | None = None

    def meet(self, neighbours: list[Customer], typical: float) -> None:
        """Get to know the neighbours, once everybody is there; ``typical`` is what a buyer buys from us."""
        self.neighbours = neighbours
        self.log_start = visiting.recent_log(self.recent, typical)

    def look(self) -> None:
        """As the week begins: do I buy from them, and how much do I call for a visit?"""
        model = self.model
        self.buys, self.visited = journey.considers_us(self.stage), False
        self.score = NEVER
        if self.journey is not None or self.promised is not None:
            self._say_what_is_due()
        if self.refuses_visits or self.promised is not None or (self.dropped and not self.place[1]):
            return
        chance = visiting.gumbel(model.dice.visit(self.row))
        if model.evenly[self.buys]:
            self.score = chance
        elif self.rank[self.buys] is not None:
            self.score = self.rank[self.buys] if self.since_visit >= CYCLE_WEEKS else NEVER
        elif self.buys:
            recent = visiting.recent_log(self.recent, model.typical)
            self.score = visiting.usual_score(self.log_known, recent, self.log_start, model.follows_sales, chance)
        else:
            self.score = self.log_unknown + chance

    def _say_what_is_due(self) -> None:
        self.due = 0.0 if self.promised is None or self.refuses_visits else self.due + self.promised
        if self.journey is not None and self.journey.waits_for_a_visit() and not (self.refuses_visits or self.dropped):
            self.due += 1.0

    def live(self) -> None:
        """After the reps have called: contacts, goodwill, journey, choice, orders."""
        self.hear_of_us()
        self.move_on()
        self.choose_and_order()
        self.remember()

    def hear_of_us(self) -> None:
        """Contacts of the week, and the goodwill and pressure that they leave."""
        model = self.model
        contacts, draw, row, factor = [], model.dice.contact, self.row, model.factor
        for h, rate in self.programmes:
            if draw(row, h) < rate * factor[h]:
                contacts.append(h)
        if self.journey is not None and (h := self.journey.advance()) is not None and h not in contacts:
            contacts.append(h)
        written = bool(contacts)
        if self.visited:
            contacts.append(VISIT)
            self.due = max(self.due - 1.0, 0.0)
        self.contacts, number, worth = contacts, len(contacts), 0.0
        for h in contacts:
            worth += self.worth_of[h]
        seconded = goodwill.is_seconded(self.visited, written, self.since_visit, self.since_remote)
        added = goodwill.inflow(worth, seconded, model.response.synergy, model.memory)
        self.stock = goodwill.advance_goodwill(self.stock, added, model.response.carryover)
        self.pressure = goodwill.advance_pressure(self.pressure, number, seconded, model.memory)
        self.since_visit = 1 if self.visited else self.since_visit + 1
        self.since_remote = 1 if written else self.since_remote + 1

    def move_on(self) -> None:
        """Find us, leave us, come back."""
        response, fate = self.model.response, self.model.dice.fate(self.row)
        if self.stage == UNAWARE:
            buying = 0
            for neighbour in self.neighbours:
                buying += neighbour.buys
            word = buying / max(len(self.neighbours), 1)
            base, by_visit, by_word = response.discovery_base, response.discovery_visit, response.discovery_word
            if fate < journey.discovery(base, by_visit, by_word, int(self.visited), word):
                self.stage = TRIAL
        elif self.stage == LAPSED:
            if fate < journey.winback(response.winback, int(self.visited)):
                self.stage = REPEAT
        elif fate < journey.loss(response.loss, response.loss_contact, self.stock):
            self.stage = LAPSED

    def pulls(self, shift: list[float]) -> list[float]:
        """Attraction of each brand, zero for those that do not come to mind."""
        response, n_own, ours = self.model.response, self.model.market.n_own, journey.considers_us(self.stage)
        lift = law.own_lift(response, self.stock, self.pressure, self.stage == TRIAL, self.handover, self.keen)
        base, habit, weight = self.base, self.habit, response.habit
        pulls = [attraction.pull(law.utility(base[j], weight, habit[j], shift[j]) + lift, ours) for j in range(n_own)]
        for j in range(n_own, len(base)):
            pulls.append(attraction.pull(law.utility(base[j], weight, habit[j], shift[j]), True))
        return pulls

    def expected_share(self) -> float:
        """Share of our brands together, campaigns apart."""
        pulls = self.pulls(self.model.no_shift)
        total = max(sum(pulls), 1e-30)
        return sum(pull / total for pull in pulls[: self.model.market.n_own])

    def _usual_attraction(self) -> float:
        """Attraction of all brands in the state in which the volume was learned: told, or that at the start."""
        told, base = self.model.market.usual_utility, self.model.market.base_utility[:, self.row]
        return sum(self.pulls(self.model.no_shift)) if told is None else math.exp(float(told[self.row] - base.max()))

    def category_factor(self, pulls: list[float]) -> float:
        """Category volume over the usual one: what an outside option leaves to all brands, now and usually."""
        outside = self.model.response.outside
        if outside == 0.0:
            return 1.0
        nothing_bought = outside / (1.0 - outside) * self.usual
        now, usually = (brands / (nothing_bought + brands) for brands in (sum(pulls), self.usual))
        return now / usually

    def choose_and_order(self) -> None:
        """Choose among the brands and order."""
        model, habit = self.model, self.habit
        demand, orders_per_week, draw = self.volume * model.demand, model.market.orders[self.row], model.dice.order
        local = model.regional(self.zone_today)
        pulls = self.pulls([shift + more for shift, more in zip(model.shift, local)] if local else model.shift)
        demand *= self.category_factor(pulls)
        total = max(sum(pulls), 1e-30)
        for j, share in enumerate(pull / total for pull in pulls):
            probability = orders.ordering_probability(share, orders_per_week)
            self.orders[j] = orders.lumpy_volume(share * demand, probability, draw(self.row, j))
            habit[j] = attraction.advance_habit(habit[j], share)

    def remember(self) -> None:
        """The second week with an order makes a customer; reps see what was bought; a change of rep is forgotten."""
        own = sum(self.orders[: self.model.market.n_own])
        self.ordered = own > 0
        if self.stage == TRIAL and self.ordered:
            if self.tried:
                self.stage = REPEAT
            self.tried = True
        self.recent = visiting.advance_recent(self.recent, own)
        self.own_so_far += own
        self.handover = max(self.handover - self.fade, 0.0)

    def change_hands(self) -> None:
        """Another rep takes over."""
        self.handover = float(law.handover_utility(self.model.response.handover, self.expected_share()))
        self.fade = self.handover / 52.0


class JourneyOfOne:
    """Where one customer stands in a chain of contacts.

    Parameters
    ----------
    customer : Customer
    chain : Steps
    """

    def __init__(self, customer: Customer, chain: Steps) -> None:
        self.customer = customer
        self.channel, self.wait, self.times = chain.channel.tolist(), chain.wait.tolist(), chain.times.tolist()
        self.when = [_NAME[number] for number in chain.when.tolist()]
        self.step: int | None = None
        self.due = self.left = 0
        self.ordered = self.opened = False

    def waits_for_a_visit(self) -> bool:
        """Whether a visit is what the next step needs now."""
        return self.step is not None and self.channel[self.step] == VISIT and self.due <= self.customer.model.t

    def advance(self) -> int | None:
        """Move on by a week; returns the channel, other than a visit, on which the customer is contacted."""
        customer, now = self.customer, self.customer.model.t
        self.ordered = self.ordered or customer.ordered
        if self.step is None:
            if self.channel[0] == VISIT:
                if customer.visited:
                    self._begin(now)
                    self._done(now)
                return None
            if self.due > now:
                return None
            self._begin(now)
        if self.step is None or self.due > now:
            return None
        repeats = self.left < self.times[self.step]
        if not repeats and not self._holds(self.when[self.step]):
            self._end(now)
            return None
        channel = self.channel[self.step]
        if channel == VISIT:
            if customer.visited:
                self._done(now)
            elif now - self.due >= PATIENCE_WEEKS:
                self._end(now)
            return None
        self._done(now)
        carried = customer.model.dice.carried(customer.row) < customer.model.factor[channel]
        if carried and customer.agreed[channel]:
            return channel
        self.opened = False  # what was never sent is not opened
        return None

    def _holds(self, when: str) -> bool:
        return {
            "always": True,
            "no_order": not self.ordered,
            "order": self.ordered,
            "opened": self.opened,
            "not_opened": not self.opened,
        }[when]

    def _begin(self, now: int) -> None:
        self.step, self.due, self.left = 0, now, self.times[0]

    def _end(self, now: int) -> None:
        self.step, self.due = None, now + REST_WEEKS

    def _done(self, now: int) -> None:
        """A step was taken: note what may come of it, and set when the next one falls due."""
        assert self.step is not None
        customer = self.customer
        self.opened = customer.model.dice.opening(customer.row) < customer.model.response.opening
        self.ordered = False
        self.left -= 1
        if self.left > 0:
            self.due = now + max(self.wait[self.step], 1)
        elif self.step + 1 == len(self.channel):
            self._end(now)
        else:
            self.step += 1
            self.due, self.left = now + self.wait[self.step], self.times[self.step]


def whole_parts(promised: float) -> float:
    """Visits a week that are promised, in the parts of a visit in which the engine counts them."""
    return round(promised / PART_OF_A_PROMISE) * PART_OF_A_PROMISE


def _log(weight: float) -> float:
    return math.log(weight) if weight > 0 else NEVER


def _at(column: np.ndarray | None, row: int) -> float | None:
    return None if column is None else float(column[row])
