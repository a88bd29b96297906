"""Settings of ``twin optimize``: what is asked of the optimiser, and of the run that checks it."""

from __future__ import annotations

from dataclasses import dataclass

from twin.errors import PlanError
from twin.planning.call_gain import Money
from twin.scenario.scenario import GOALS

MODES = ("fresh", "increment", "keep")
FORMS = ("auto", "list", "rules")
NO_MONEY = Money()


@dataclass(frozen=True)
class OptimizeSettings:
    """What is asked of the optimiser.

    Parameters
    ----------
    mode : str
        ``fresh``: from nothing; ``increment``: today's plan stays, only capacity beyond today's is given out; ``keep``:
        every customer keeps a part of today's visits.
    keep_pct : float in [0, 100]
        That part, for ``keep``.
    goal : str
        One of :data:`twin.scenario.scenario.GOALS`; the scenario's when empty.
    time_budget : float, seconds
        For the exact search, counted in states at a nominal speed, so that the answer depends on no clock; 0: none.
    name : str
        Of the scenario; made from the old one's when empty.
    form : str
        ``list``: customers by name; ``rules``: conditions on attributes; ``auto``: names where there is room for them.
    most_visits, most_change : float, visits per month
    explore : float in [0, 1]
        Part of every territory's capacity that is reserved for those who do not buy from us.
    channels : bool
    money : Money
    n_weeks : int, optional
        Horizon; the scenario's, else a year.
    n_draws, n_replicates, n_threads, seed, cluster
        Of the run in the twin, see :class:`twin.tasks.forecasts.forecast.ForecastSettings`.
    """

    mode: str = "fresh"
    keep_pct: float = 0.0
    goal: str = ""
    time_budget: float = 10.0
    name: str = ""
    form: str = "auto"
    most_visits: float | None = None
    most_change: float | None = None
    explore: float = 0.0
    channels: bool = True
    money: Money = NO_MONEY
    n_weeks: int | None = None
    n_draws: int = 40
    n_replicates: int = 2
    n_threads: int | None = None
    seed: int = 0
    cluster: str | None = None

    def __post_init__(self) -> None:
        for name, words in (("mode", MODES), ("form", FORMS), ("goal", ("", *GOALS))):
            if getattr(self, name) not in words:
                raise ValueError(f"{name}: expected one of {words}, got {getattr(self, name)!r}")
        if not 0.0 <= self.keep_pct <= 100.0 or not 0.0 <= self.explore <= 1.0:
            raise ValueError(f"keep_pct, explore: expected 0 to 100 and 0 to 1, got {self.keep_pct}, {self.explore}")

    @property
    def keep(self) -> float:
        """Part of today's visits that everybody keeps, in [0, 1]."""
        return {"fresh": 0.0, "increment": 1.0}.get(self.mode, self.keep_pct / 100.0)


def mode_of(mode: str | None, keep_pct: float | None) -> tuple[str, float]:
    """Mode and part of today's visits that is kept, of what was said of the two.

    Raises
    ------
    PlanError
        When they do not go together.
    """
    if mode == "keep" and keep_pct is None:
        raise PlanError("--mode keep: expected --keep with the per cent of today's visits to keep, found none. Add it.")
    if mode in ("fresh", "increment") and keep_pct is not None:
        raise PlanError(f"--keep: expected --mode keep beside it, found --mode {mode}. Leave one of the two out.")
    if keep_pct is not None:
        return "keep", keep_pct
    return mode or "fresh", 0.0
