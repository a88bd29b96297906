"""Why: reasons of what happened to one customer in one week, as a key and the figures behind it, in no language.

Knows what was looked at in a week that was lived; decides and draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from twin.agents.conditions import CYCLE_WEEKS
from twin.agents.customer_calls import BARRED, Calls
from twin.agents.customer_choices import Moves, Purchases
from twin.engine.chains import PROMISED
from twin.response.journey import Stage, considers_us

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "visit.frequency": ("due", "place", "of", "visited"),
    "visit.journey": ("journey", "step", "place", "of", "visited"),
    "visit.place": ("place", "of", "visited", "score"),
    "visit.plan": (),
    "visit.record": ("contacts",),
    "no_visit.consent": (),
    "no_visit.dropped": (),
    "no_visit.not_due": ("due",),
    "no_visit.rested": ("weeks_ago", "cycle_weeks"),
    "no_visit.never_ranked": (),
    "no_visit.nobody_calls": (),
    "no_visit.promised": ("due", "place", "of", "visited"),
    "no_visit.place": ("place", "of", "visited", "score"),
    "no_visit.plan": (),
    "no_visit.record": (),
    "stage.found": ("fate", "chance", "base", "by_visit", "by_word", "visits", "heard"),
    "stage.not_found": ("fate", "chance", "base", "by_visit", "by_word", "visits", "heard"),
    "stage.lost": ("fate", "chance", "base", "by_visit", "goodwill"),
    "stage.kept": ("fate", "chance", "base", "by_visit", "goodwill"),
    "stage.won_back": ("fate", "chance", "visits"),
    "stage.not_won_back": ("fate", "chance", "visits"),
    "stage.second_order": (),
    "order.bought": ("brand", "share", "probability", "draw", "expected", "volume"),
    "order.not_drawn": ("brand", "share", "probability", "draw", "expected"),
    "order.not_considered": ("brand",),
})  # fmt: skip
"""Every reason there is, and the figures that go with it: what a screen needs a phrase for."""


@dataclass(frozen=True)
class Reason:
    """Why one thing happened, or did not.

    Parameters
    ----------
    key : str
        One of :data:`KEYS`.
    figures : mapping of str to numbers and names
    """

    key: str
    figures: Mapping[str, float | int | str]

    def __post_init__(self) -> None:
        if tuple(self.figures) != KEYS[self.key]:
            raise ValueError(f"{self.key}: expected the figures {KEYS[self.key]}, got {tuple(self.figures)}")


def of_visits(calls: Calls, contacts: int, k: int) -> Reason:
    """Why a rep came, or nobody did; ``k`` is the place of the customer on axis i."""
    came = contacts > 0
    if calls.who_calls != "rule":
        how = f"{'visit' if came else 'no_visit'}.{calls.who_calls}"
        return Reason(how, {"contacts": contacts} if how == "visit.record" else {})
    standing = {"place": int(calls.place[k]), "of": int(calls.of[k]), "visited": int(calls.visited[k])}
    due, score = float(calls.due[k]), float(calls.score[k])
    if came and calls.pool[k] == PROMISED and calls.journey[k] >= 0 and not calls.promised[k]:
        return Reason("visit.journey", {"journey": int(calls.journey[k]), "step": int(calls.step[k]), **standing})
    if came and calls.pool[k] == PROMISED:
        return Reason("visit.frequency", {"due": due, **standing})
    if came:
        return Reason("visit.place", {**standing, "score": score})
    if calls.pool[k] == BARRED:
        return _barred(calls, k)
    if not calls.in_territory[k]:
        return Reason("no_visit.nobody_calls", {})
    if calls.pool[k] == PROMISED:
        return Reason("no_visit.promised", {"due": due, **standing})
    return Reason("no_visit.place", {**standing, "score": score})


def of_stage(moves: Moves, visits: int, k: int) -> Iterator[Reason]:
    """Why the stage changed or stayed: first by its fate, then by an order."""
    stage, changed = Stage(int(moves.before[k])), moves.drawn[k] != moves.before[k]
    figures: dict[str, float | int | str] = {"fate": float(moves.fate[k]), "chance": float(moves.chance[k])}
    if stage == Stage.LAPSED:
        yield Reason("stage.won_back" if changed else "stage.not_won_back", {**figures, "visits": visits})
    else:
        figures |= {"base": float(moves.base[k]), "by_visit": float(moves.by_visit[k])}
    if stage == Stage.UNAWARE:
        figures |= {"by_word": float(moves.by_word[k]), "visits": visits, "heard": float(moves.heard[k])}
        yield Reason("stage.found" if changed else "stage.not_found", figures)
    elif stage != Stage.LAPSED:
        yield Reason("stage.lost" if changed else "stage.kept", {**figures, "goodwill": float(moves.goodwill[k])})
    if moves.after[k] != moves.drawn[k]:
        yield Reason("stage.second_order", {})


def of_orders(moves: Moves, bought: Purchases, brands: tuple[str, ...], n_own: int, k: int) -> Iterator[Reason]:
    """Why each brand was ordered, or not."""
    considers = bool(considers_us(moves.drawn[k]))
    for j, brand in enumerate(brands):
        if j < n_own and not considers:
            yield Reason("order.not_considered", {"brand": brand})
            continue
        figures: dict[str, float | int | str] = {"brand": brand}
        for name in ("share", "probability", "draw", "expected"):
            figures[name] = float(getattr(bought, name)[j, k])
        volume = float(bought.volume[j, k])
        if volume > 0:
            yield Reason("order.bought", {**figures, "volume": volume})
        else:
            yield Reason("order.not_drawn", figures)


def _barred(calls: Calls, k: int) -> Reason:
    """Why nobody may come, the gravest reason first."""
    if not calls.agrees[k]:
        return Reason("no_visit.consent", {})
    if calls.dropped[k]:
        return Reason("no_visit.dropped", {})
    if calls.promised[k]:
        return Reason("no_visit.not_due", {"due": float(calls.due[k])})
    if calls.ranked[k] and calls.since_visit[k] < CYCLE_WEEKS:
        return Reason("no_visit.rested", {"weeks_ago": int(calls.since_visit[k]), "cycle_weeks": CYCLE_WEEKS})
    return Reason("no_visit.never_ranked", {})
