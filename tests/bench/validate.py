"""Acceptance measurements, written to ``build/validation.json``: ``python tests/bench/validate.py [--worlds N]``.

One entry for each of the 23 measurements. Most consist of parts; an entry passes when all of its parts do, fails when
one does, and stays open (``pass`` null, with the reason) while a part was not run. Nothing is passed on an estimate.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import BUILD, ROOT, machine, module, plain, versions, write
from scipy.stats import spearmanr

from twin.agents.run import run
from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.rival_calendar import RivalCalendar, future_campaigns, learn_rival_calendar
from twin.calibration.visit_response import VisitResponse, learn_visit_response
from twin.draws import Key
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.forecast.forecast import own_and_category
from twin.market.history import History
from twin.market.synthetic_settings import SyntheticSettings
from twin.market.world import Brands, World
from twin.potential.potential import draw_volumes, intervals, learn_potential
from twin.scenario.scenario import BASELINE, FieldForce, Scenario
from twin.tasks.shelf import load_twin
from twin.workspace import codec

SEED = 1000
"""Worlds are those of the seeds from here on, fixed beforehand: none is drawn again."""
MONTH = 52.1775 / 12
MORE = Scenario("a tenth more", field_force=FieldForce(capacity_factor=1.1))

Part = dict[str, Any]
_worlds: dict[str, Any] = {}


def part(what: str, value: Any, threshold: str, passed: bool | None, reason: str = "") -> Part:
    """One figure of a measurement."""
    return {
        "what": what,
        "value": value,
        "threshold": threshold,
        "pass": passed,
        **({"reason": reason} if reason else {}),
    }


def once(name: str, make: Callable[[], Any]) -> Any:
    """Worlds that several measurements share are lived through once."""
    if name not in _worlds:
        _worlds[name] = make()
    return _worlds[name]


# --- effect of visits --------------------------------------------------------------------------------------------


def responses(name: str, n: int, **plan: Any) -> list[VisitResponse]:
    """What was learned of visits in n planted worlds."""
    made = module("visit_worlds.py")

    def learn() -> list[VisitResponse]:
        return [learn_visit_response(*made.planted(made.Plan(**plan), SEED + seed), 200, 1) for seed in range(n)]

    return once(name, learn)


def size_driven(n: int) -> list[VisitResponse]:
    """Worlds in which reps visit the large."""
    return responses("size", n, customers=1500)


def chasing(n: int) -> list[VisitResponse]:
    """Worlds in which reps chase rising demand, and capacity varies."""
    return responses(
        "chasing", n, customers=800, weeks=208, territories=20, visits_follow_demand=1.0, capacity_swing=0.4
    )


EFFECT = 0.3


def bias(found: list[VisitResponse], effect: float = EFFECT) -> np.ndarray:
    """Relative error of the coefficient in each world."""
    return np.array([one.coefficient.draws.mean() / effect - 1.0 for one in found])


def elasticity_size_driven(n: int) -> list[Part]:
    found = size_driven(n)
    ours, per_b = bias(found), np.array([one.mean_stock / (1 + one.mean_stock) for one in found])
    naive = np.array([one.naive_elasticity for one in found]) / per_b / EFFECT - 1.0
    ratio = abs(ours.mean()) / abs(naive.mean())
    return [
        part("mean bias", ours.mean(), "abs <= 0.05", abs(ours.mean()) <= 0.05),
        part("largest bias of a world", np.abs(ours).max(), "<= 0.15", np.abs(ours).max() <= 0.15),
        part("mean bias of the naive figure", naive.mean(), "> 1", naive.mean() > 1),
        part("bias, ours over naive", ratio, "<= 0.05", ratio <= 0.05),
    ]


def elasticity_chasing(n: int) -> list[Part]:
    ours = bias(chasing(n)).mean()
    alone = bias(responses("fixed effects", n, customers=800, weeks=156, visits_follow_demand=1.0)).mean()
    return [
        part("mean bias with the control function", ours, "abs <= 0.15", abs(ours) <= 0.15),
        part("mean bias of fixed effects alone", alone, "> 0.5", alone > 0.5),
    ]


def lead_test(n: int) -> list[Part]:
    fires = np.mean([abs(one.lead_test_t) > 3 for one in chasing(n)])
    false = np.mean([abs(one.lead_test_t) > 2 for one in size_driven(n)])
    return [
        part("fires where reps chase", fires, ">= 0.95", fires >= 0.95),
        part("false alarms where they do not", false, "<= 0.10", false <= 0.10),
    ]


def elasticity_interval(n: int) -> list[Part]:
    parts = []
    for what, found in (("visits follow size", size_driven(n)), ("reps chase demand", chasing(n))):
        bounds = [np.quantile(one.coefficient.draws, [0.1, 0.9]) for one in found]
        inside = np.mean([low <= EFFECT <= high for low, high in bounds])
        why = f"needs 250 worlds to be judged, {n} were run"
        parts.append(part(f"80 % interval holds the truth, {what}", inside, "0.75 to 0.85", None, why))
    return parts


def carry_over(n: int) -> list[Part]:
    error = np.array([abs((one.rho.draws**MONTH).mean() - 0.75) for one in size_driven(n)])
    close = np.mean(error <= 0.10)
    return [part("worlds within 0.10 a month", close, ">= 0.90", close >= 0.90)]


def placebo(n: int) -> list[Part]:
    found = responses("placebo", n, customers=400, effect=0.0)
    covers = np.mean(
        [np.quantile(one.coefficient.draws, 0.1) <= 0 <= np.quantile(one.coefficient.draws, 0.9) for one in found]
    )
    quiet = calendars("quiet", n, per_year=0, one_offs=0)
    events = np.mean([size_of_next_year(calendar) for calendar, _ in quiet])
    uplift = placebo_uplift()
    return [
        part("80 % interval of the visit effect holds 0", covers, ">= 0.75", covers >= 0.75),
        part("campaigns expected next year", events, "0", events == 0),
        part("uplift of a tenth more visits, percent, mean of 2 worlds", uplift, "abs < 0.1", abs(uplift) < 0.1),
    ]


def with_rival(world: World, history: History) -> tuple[World, History]:
    """The same with a rival: where ours is the only brand, nobody could buy more of it instead of another."""
    two = Brands(np.array(["Ours", "Rival"]), np.array(["us", "Rival"]), np.ones(2))
    return replace(world, brands=two), history


def placebo_uplift() -> float:
    """What the twin promises for a tenth more visits where visits do nothing."""
    made, found = module("visit_worlds.py"), []
    for seed in range(2):
        world, history = with_rival(*made.planted(made.Plan(customers=800, effect=0.0), SEED + seed))
        learned = calibrate(world, history, CalibrationSettings(20))
        both = simulate(world, history, learned, (MORE,), EnsembleSettings(26, 20, 1, 1))
        base, more = (own_and_category(both, a, 1)[0].sum(axis=(1, 2, 3)) for a in (0, 1))
        found.append(100.0 * float((more / base - 1.0).mean()))
    return float(np.mean(found))


# --- rivals' campaigns -------------------------------------------------------------------------------------------


def calendars(name: str, n: int, **plan: Any) -> list[tuple[RivalCalendar, list[tuple[int, int, int]]]]:
    """Calendars learned in n made-up markets, with the true campaigns."""
    made = module("calendar_worlds.py")

    def learn(seed: int) -> tuple[RivalCalendar, list[tuple[int, int, int]]]:
        planted = made.Planted(**plan)
        weekly, true, ours = made.plant(planted, SEED + seed)
        history = made.history_of(audit=made.sales_of(weekly), campaigns=ours)
        world = made.bare_world(planted.n_brands, made.FIRST + made.SIX_YEARS)
        return learn_rival_calendar(world, history, 40, 1), true

    return once(name, lambda: [learn(seed) for seed in range(n)])


def size_of_next_year(calendar: RivalCalendar) -> float:
    """Campaigns expected in the year to come."""
    return float(np.mean([len(future_campaigns(calendar, calendar.until, 52, draw, 1)) for draw in range(20)]))


def campaign_detection(n: int) -> list[Part]:
    f1, parts = module("calendar_worlds.py").f1, []
    for uplift, least in ((0.25, 0.90), (0.10, 0.75)):
        scores = [
            f1([(e.brand, e.start, e.stop) for e in calendar.events], [one for one in true if one[2] <= calendar.until])
            for calendar, true in calendars(f"uplift {uplift}", n, uplift=uplift)
        ]
        parts.append(
            part(f"F1 within a week, uplift {uplift:.0%}", np.mean(scores), f">= {least}", np.mean(scores) >= least)
        )
    return parts


def campaign_forecast(n: int) -> list[Part]:
    f1, ours, copied = module("calendar_worlds.py").f1, [], []
    for calendar, true in calendars("uplift 0.25", n, uplift=0.25):
        until = calendar.until
        ahead = [one for one in true if until <= one[1] < until + 52]
        expected = {(e.brand, e.next_start, 0) for e in calendar.events if e.recurring and e.next_probability > 0.5}
        ours.append(f1([one for one in sorted(expected) if one[1] < until + 52], ahead))
        last = [(e.brand, e.start + 52, e.stop + 52) for e in calendar.events if until - 52 <= e.start < until]
        copied.append(f1(last, ahead))
    gain = np.mean(ours) - np.mean(copied)
    return [part("F1 of next year's calendar, ours less last year's detected one", gain, ">= 0.05", gain >= 0.05)]


def campaign_size(n: int) -> list[Part]:
    effects = [
        e.draws.mean() for calendar, _ in calendars("uplift 0.25", n, uplift=0.25) for e in calendar.promo_effect[1:]
    ]
    off = np.mean(effects) / np.log(1.25) - 1.0
    return [
        part("bias of a rival's uplift", off, "abs <= 0.20", abs(off) <= 0.20),
        part("bias of our loss of share by campaign", None, "abs <= 0.20", None, "not measured yet"),
    ]


# --- the unknown half --------------------------------------------------------------------------------------------


def halves(n: int) -> list[tuple[Any, Any, Any, Any]]:
    """Markets whose unknown half is smaller for hidden reasons, and what was learned of them."""
    planted = module("laws/test_potential_recovery.py").planted

    def learn(seed: int) -> tuple[Any, Any, Any, Any]:
        world, history, volume = planted(SEED + seed)
        return world, history, volume, learn_potential(world, history, 100, 5)

    return once("halves", lambda: [learn(seed) for seed in range(n)])


def unknown_total(n: int) -> list[Part]:
    errors, inside = [], []
    for world, _, volume, potential in halves(n):
        unknown = ~world.population.known
        truth, draws = volume[unknown].sum(), potential.total_unknown.draws
        errors.append(potential.mean[unknown].sum() / truth - 1.0)
        inside.append(np.quantile(draws, 0.1) <= truth <= np.quantile(draws, 0.9))
    world, history, _ = module("laws/test_potential_recovery.py").planted(SEED, panel=0.0, audit=False)
    blind = learn_potential(world, history, 100, 5).total_unknown
    worst = np.abs(errors).max()
    return [
        part("largest error of the total, audits and a panel", worst, "<= 0.10", worst <= 0.10),
        part(
            "80 % interval holds the total",
            np.mean(inside),
            "0.75 to 0.85",
            None,
            f"needs 250 worlds to be judged, {n} were run",
        ),
        part("no claim without audits and panel", not blind.identified, "not identified", not blind.identified),
    ]


def unknown_ranking(n: int) -> list[Part]:
    rank, capture, pinball, held = [], [], [], []
    for world, _, volume, potential in halves(n):
        blind = ~world.population.known & ~potential.member
        rank.append(spearmanr(potential.mean[blind], volume[blind]).statistic)
        top = int(0.2 * blind.sum())
        capture.append(
            volume[blind][np.argsort(potential.mean[blind])[-top:]].sum() / np.sort(volume[blind])[-top:].sum()
        )
        kind, draws = (
            world.population.attributes["kind"],
            np.stack([draw_volumes(potential, world, d, 5) for d in range(100)]),
        )
        segment = {k: np.quantile(volume[potential.member & (kind == k)], [0.5, 0.9]) for k in np.unique(kind)}
        plainly = np.stack([segment[k] for k in kind[blind]], axis=1)
        ours = np.quantile(draws[:, blind], [0.5, 0.9], axis=0)
        pinball.append(pinball_loss(ours, volume[blind]) / pinball_loss(plainly, volume[blind]))
        low, high = intervals(potential, world)
        held.append(((volume >= low) & (volume <= high))[blind].mean())
    gain = 1.0 - np.mean(pinball)
    return [
        part("Spearman, unknown customers", np.mean(rank), ">= 0.70", np.mean(rank) >= 0.70),
        part("volume caught by the top fifth", np.mean(capture), ">= 0.80", np.mean(capture) >= 0.80),
        part("pinball loss below that of segment quantiles", gain, ">= 0.15", gain >= 0.15),
        part(
            "80 % interval of a customer holds the truth", np.mean(held), "0.75 to 0.85", 0.75 <= np.mean(held) <= 0.85
        ),
        part("real data, a register as it was years ago", None, ">= 0.70", None, "not measured yet"),
    ]


def pinball_loss(quantiles: np.ndarray, truth: np.ndarray) -> float:
    """Mean pinball loss of the quantiles 0.5 and 0.9, rows of ``quantiles``."""
    off, level = truth - quantiles, np.array([[0.5], [0.9]])
    return float(np.maximum(level * off, (level - 1) * off).mean())


# --- scenarios and the program -----------------------------------------------------------------------------------

_MOVES = {
    "vacancy": 'name = "vacancy"\n[[field_force.change]]\nterritory = "T1"\nreps = -1\nfrom = 2026-01-05\n',
    "balanced": 'name = "balanced"\n[field_force]\nalignment = "balanced"\n',
}
_SHIPPED = (
    "status_quo",
    "status_quo_more_calls",
    "light_the_dark_side",
    "pandemic",
    "rival_attack_at_the_feast",
    "omnichannel_journey",
)


def demo() -> dict[str, Any]:
    """The demo world, calibrated and forecast, with the true uplifts."""

    def make() -> dict[str, Any]:
        import demo_truth

        seconds: dict[str, float] = {}
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            workspace = demo_truth.stand(place, SyntheticSettings(), 100, seconds)
            for name, text in _MOVES.items():
                (place / f"{name}.toml").write_text(text, encoding="utf-8")
            paths = [ROOT / "scenarios" / f"{name}.toml" for name in _SHIPPED] + [
                place / f"{name}.toml" for name in _MOVES
            ]
            marks = demo_truth.marks_of(workspace, place / "demo_bundle", paths, 12, 4, seconds)
            version = workspace.head("forecast")
            table = workspace.table(version, "comparison")
            marks["t1_vacancy"] = float(
                table.set_index(["scenario", "territory_id"]).loc[("vacancy", "T1"), "own_volume_pct_mean"]
            )
            twin, clock = load_twin(workspace), time.perf_counter()
            simulate(twin.world, twin.history, twin.calibration, (MORE,), EnsembleSettings(52, 100, 2, 2))
            marks["seconds"]["scenario"] = time.perf_counter() - clock
        return marks

    return once("demo", make)


def scenario_uplift(n: int) -> list[Part]:
    rows = [row for row in demo()["uplifts"] if row["true_pct"] != 0]
    clear = [row for row in rows if abs(row["true_pct"]) > 0.5]
    why = f"one world with {len(rows)} scenarios was run, 40 worlds are wanted"
    return [
        part(
            "80 % interval holds the true uplift",
            np.mean([row["inside_80"] for row in rows]),
            "0.70 to 0.90",
            None,
            why,
        ),
        part(
            "sign right where the uplift is above half a percent",
            np.mean([row["sign_right"] for row in clear]),
            ">= 0.95",
            None,
            why,
        ),
    ]


def common_luck(n: int) -> list[Part]:
    world, market = module("laws/conftest.py").lay_out(400)
    same = Scenario("the same by another name")

    def own(scenario: Scenario, seed: int) -> float:
        return float(run(world, market, scenario, Key(seed), 26).volume[:, :, 0].sum())

    base = np.array([own(BASELINE, seed) for seed in range(60)])
    more = np.array([own(MORE, seed) for seed in range(60)])
    ratio = (more[:30] - base[30:]).var() / (more[:30] - base[:30]).var()
    zero = own(same, 0) - base[0]
    return [
        part("variance of a difference, independent over paired", ratio, ">= 10", ratio >= 10),
        part("difference of an identical scenario", zero, "exactly 0", zero == 0),
    ]


def sanity(n: int) -> list[Part]:
    by_name = {row["scenario"]: row["mean_pct"] for row in demo()["uplifts"]}
    truly = next(row["true_pct"] for row in demo()["uplifts"] if row["scenario"] == "balanced")
    vacancy, more, drawn = demo()["t1_vacancy"], by_name["Status quo, more calls"], by_name["balanced"]
    return [
        part("a territory without its rep for a year, percent", vacancy, "-30 to -5", -30 <= vacancy <= -5),
        part("a tenth more visits, percent", more, "0.3 to 6", 0.3 <= more <= 6),
        part(f"balanced territories, percent (in truth {truly:+.1f})", drawn, "0 to 10", 0 <= drawn <= 10),
        part("real data", None, "as above", None, "the real bundles have no visits, or no territories"),
    ]


def seconds_taken(n: int) -> list[Part]:
    marks = demo()
    learned, scenario = marks["seconds"]["calibrate"], marks["seconds"]["scenario"]
    short = learned <= 60
    return [
        part(
            "first stage, 3,000 outlets, seconds",
            learned,
            "<= 60 for 120 months",
            None if short else False,
            "72 months were run",
        ),
        part("a scenario and its baseline, 100 draws x 2, seconds", scenario, "<= 300", scenario <= 300),
        part("simulation-based stage", None, "<= 20 minutes", None, "there is no such stage yet"),
    ]


def reproducible(n: int) -> list[Part]:
    made = module("visit_worlds.py")
    world, history = with_rival(*made.planted(made.Plan(customers=300), SEED))
    first, again = (calibrate(world, history, CalibrationSettings(8, 3)) for _ in range(2))
    same = codec.encode(first) == codec.encode(again)
    one, two = (simulate(world, history, first, (MORE,), EnsembleSettings(8, 4, 2, threads)) for threads in (1, 2))
    equal = all(
        np.array_equal(getattr(one, name), getattr(two, name))
        for name in ("volume", "contacts", "buyers", "own_by_customer")
    )
    return [
        part("same seed, same bytes of the calibration", same, "equal", same),
        part("one thread and two give the same numbers", equal, "equal", equal),
    ]


# --- the list ----------------------------------------------------------------------------------------------------

_NO_STAGE = "there is no simulation-based stage yet"
_YEARS = "not measured yet by month; twin backtest scores whole years"
Measure = Callable[[int], list[Part]]
LIST: tuple[tuple[str, str, Measure | str], ...] = (
    ("Visit elasticity where visits follow size", "made up", elasticity_size_driven),
    ("Visit elasticity where reps chase demand", "made up", elasticity_chasing),
    ("Lead test tells chasing from not chasing", "made up", lead_test),
    ("Interval of the visit elasticity", "made up", elasticity_interval),
    ("Carry-over is found", "made up", carry_over),
    ("Nothing is found where nothing is", "made up", placebo),
    ("Rivals' campaigns are found", "made up", campaign_detection),
    ("Next year's rival calendar", "made up", campaign_forecast),
    ("Size of rivals' campaigns", "made up", campaign_size),
    ("Learned parameters are told from those that are not", "made up", _NO_STAGE),
    ("Ranks of held-out truths are even", "made up", _NO_STAGE),
    ("Yearly shares of a simulated history are found again", "made up", "not measured yet"),
    ("Total of the unknown half", "made up", unknown_total),
    ("Ranking of the unknown half", "made up, real", unknown_ranking),
    ("Number of the unknown", "made up", "there is no estimate by capture and recapture yet"),
    ("Share a month to a year ahead against naive forecasts", "made up, real", _YEARS),
    ("Bands of forecasts", "made up, real", _YEARS),
    ("Uplift of scenarios against the true one", "made up", scenario_uplift),
    ("Paired luck", "made up", common_luck),
    ("Known orders of size", "made up, real", sanity),
    ("Time taken", "made up", seconds_taken),
    ("Learning again after a season", "made up", "there is no learning from the last posterior yet"),
    ("The same again", "made up", reproducible),
)  # fmt: skip
_OWN_N = {"6": "n", "18": 1, "19": 30, "20": 1, "21": 1, "23": 1}


def entry(number: int, n: int) -> dict[str, Any]:
    """One measurement, run."""
    measure, data, how = LIST[number - 1]
    row: dict[str, Any] = {"id": str(number), "measure": measure, "data": data}
    if isinstance(how, str):
        return row | {"n": 0, "threshold": None, "value": None, "pass": None, "reason": how}
    clock = time.perf_counter()
    parts = how(n)
    passed = [one["pass"] if one["pass"] is None else bool(one["pass"]) for one in parts]
    own = _OWN_N.get(str(number), n)
    row |= {
        "n": n if own == "n" else own,
        "threshold": {one["what"]: one["threshold"] for one in parts},
        "value": {one["what"]: one["value"] for one in parts},
        "pass": False if False in passed else None if None in passed else True,
        "parts": parts,
        "seconds": round(time.perf_counter() - clock, 1),
    }
    reasons = [f"{one['what']}: {one['reason']}" for one in parts if one["pass"] is None]
    return row | ({"reason": "; ".join(reasons)} if reasons and row["pass"] is not False else {})


def not_run(number: int) -> dict[str, Any]:
    """One measurement that was left out on request."""
    measure, data, how = LIST[number - 1]
    reason = how if isinstance(how, str) else "left out of this run"
    return {
        "id": str(number),
        "measure": measure,
        "data": data,
        "n": 0,
        "threshold": None,
        "value": None,
        "pass": None,
        "reason": reason,
    }


def main() -> None:
    """Measure, print and write."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--worlds", type=int, default=6, help="made-up worlds a measurement (default: 6)")
    ask.add_argument("--only", nargs="*", type=int, help="numbers of measurements to run")
    options = ask.parse_args()
    rows = []
    for number in range(1, len(LIST) + 1):
        wanted = options.only is None or number in options.only
        rows.append(plain(entry(number, options.worlds) if wanted else not_run(number)))
        word = {True: "pass", False: "FAIL", None: "open"}[rows[-1]["pass"]]
        print(
            f"{number:>2} {word}  {rows[-1]['measure']}: {json.dumps(rows[-1]['value'], ensure_ascii=False)}",
            file=sys.stderr,
            flush=True,
        )
    write("validation.json", rows)
    write("validation_machine.json", {"versions": versions(), "worlds": options.worlds, **machine()})
    print(f"written: {BUILD / 'validation.json'}", file=sys.stderr)


if __name__ == "__main__":
    main()
