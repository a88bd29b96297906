"""Measurements 13, 14 and 15: total, ranking and number of the unknown half."""

from __future__ import annotations

from typing import Any

import numpy as np
from dark_worlds import market, two_lists
from measuring import SEED, SHARED, Measure, Part, once, part, shown
from scipy.stats import spearmanr

from twin.potential.count import count_outlets
from twin.potential.potential import draw_volumes, intervals, learn_potential

WORLDS = 60
"""Enough for a coverage between 70 and 90 %, not for one between 75 and 85 %."""


def halves(evidence: str, n: int) -> list[tuple[Any, np.ndarray, Any]]:
    """Markets with an unknown half, and what was learned of them."""

    def learn(seed: int) -> tuple[Any, np.ndarray, Any]:
        world, history, volume = market(SEED + seed, evidence)
        return world, volume, learn_potential(world, history, 100, 5)

    return once(f"halves {evidence} {n}", lambda: [learn(seed) for seed in range(n)])


def unknown_total(n: int) -> list[Part]:
    parts: list[Part] = []
    for evidence, words in (("totals", "market totals and a panel"), ("probe", "a probe of 100")):
        errors, inside = [], []
        for world, volume, potential in halves(evidence, n):
            unknown = ~world.population.known
            truth, draws = volume[unknown].sum(), potential.total_unknown.draws
            errors.append(potential.mean[unknown].sum() / truth - 1.0)
            inside.append(np.quantile(draws, 0.1) <= truth <= np.quantile(draws, 0.9))
        error, held = np.abs(errors).mean(), np.mean(inside)
        parts += [
            part(f"mean absolute error of the total, {words}", error, "<= 0.10", error <= 0.10),
            shown(f"mean error, {words}", np.mean(errors)),
            shown(f"largest error of a world, {words}", np.abs(errors).max()),
            part(f"80 % interval holds the total, {words}", held, "0.70 to 0.90", 0.70 <= held <= 0.90),
        ]
    blind = [potential.total_unknown for _, _, potential in halves("nothing", max(n // 10, 2))]
    claims, width = (
        np.mean([total.identified for total in blind]),
        np.mean([t.draws.std() / t.draws.mean() for t in blind]),
    )
    return [
        *parts,
        part("totals claimed with neither", claims, "0", claims == 0),
        part("relative sd of that band", width, ">= 0.15", width >= 0.15),
    ]


def unknown_ranking(n: int) -> list[Part]:
    rank, capture, pinball, wallet, held, thirds = [], [], [], [], [], []
    for world, volume, potential in halves("totals", n):
        blind = ~world.population.known & ~potential.member
        truth, said = volume[blind], potential.mean[blind]
        rank.append(spearmanr(said, truth).statistic)
        top = int(0.2 * blind.sum())
        capture.append(truth[np.argsort(said)[-top:]].sum() / np.sort(truth)[-top:].sum())
        kind = world.population.attributes["kind"]
        seen = potential.member & ~world.population.known
        segment = {k: np.quantile(volume[seen & (kind == k)], [0.5, 0.9]) for k in np.unique(kind)}
        plainly = np.stack([segment[k] for k in kind[blind]], axis=1)
        draws = np.stack([draw_volumes(potential, world, d, 5)[blind] for d in range(100)])
        pinball.append(pinball_loss(np.quantile(draws, [0.5, 0.9], axis=0), truth) / pinball_loss(plainly, truth))
        high = np.stack([plainly[0], potential.wallet[blind]])
        wallet.append(pinball_loss(high, truth, (1,)) / pinball_loss(plainly, truth, (1,)))
        low, top_end = intervals(potential, world)
        inside = ((volume >= low) & (volume <= top_end))[blind]
        held.append(inside.mean())
        third = np.argsort(np.argsort(said)) * 3 // len(said)
        thirds.append([inside[third == k].mean() for k in range(3)])
    gain, by_wallet, by_third = 1.0 - np.mean(pinball), 1.0 - np.mean(wallet), np.mean(thirds, axis=0)
    return [
        part("Spearman, unknown customers", np.mean(rank), ">= 0.70", np.mean(rank) >= 0.70),
        part("volume caught by the top fifth", np.mean(capture), ">= 0.80", np.mean(capture) >= 0.80),
        part("pinball loss of q50 and q90 below that of segment quantiles", gain, ">= 0.15", gain >= 0.15),
        part("pinball loss of the wallet (q90) below that of segments", by_wallet, ">= 0.15", by_wallet >= 0.15),
        part("80 % interval of a customer", np.mean(held), "0.75 to 0.85", 0.75 <= np.mean(held) <= 0.85),
        part(
            "the same in the worst third of predicted size",
            by_third[np.argmax(np.abs(by_third - 0.8))],
            "0.70 to 0.90",
            bool((by_third >= 0.70).all() and (by_third <= 0.90).all()),
        ),
        *real_outlets(),
    ]


def real_outlets() -> list[Part]:
    """Western Iowa: known customers hidden, and outlets found later."""
    if not (SHARED / "bundles" / "iowa_west").exists():
        return [part("real outlets, found later", None, ">= 0.70", None, "the real data are not here")]
    from real_iowa_potential import marks

    found = once("iowa potential", marks)
    scores = {(weeks, score["who"]): score for weeks, rows in found["then"].items() for score in rows}
    later = {weeks: scores[weeks, "found"] for weeks in found["then"] if (weeks, "found") in scores}
    masks = [score for (_, who), score in scores.items() if who == "random mask"]
    mask, found_later = (np.mean([score["spearman_own"] for score in some]) for some in (masks, list(later.values())))
    tilted = np.mean([score["total_error"] for (_, who), score in scores.items() if who == "size-tilted mask"])
    plain = np.mean([score["total_error"] for score in masks])
    n = sum(score["n"] for score in later.values())
    return [
        part("real, random mask: Spearman with own sales", mask, ">= 0.70", mask >= 0.70),
        part("real, outlets found 2 and 3 years later: Spearman with own sales", found_later, ">= 0.70",
             found_later >= 0.70, "outlets that opened since: nothing but place and type is known of them", n=n),
        *(shown(f"real, the same: {what} of own sales against the rest",
                np.mean([one[what] for one in found["bounds"].values()]))
          for what in next(iter(found["bounds"].values()))),
        shown("real, level of a random mask (panel, predicted over seen less one)", plain),
        shown("real, level of a size-tilted mask", tilted),
        shown("real, unknown panel members left out: Spearman", found["spearman_unknown_panel_left_out"],
              n=found["unknown_panel"]),
    ]  # fmt: skip


def pinball_loss(quantiles: np.ndarray, truth: np.ndarray, which: tuple[int, ...] = (0, 1)) -> float:
    """Mean pinball loss of the quantiles 0.5 and 0.9, rows of ``quantiles``."""
    off, level = truth - quantiles[list(which)], np.array([[0.5], [0.9]])[list(which)]
    return float(np.maximum(level * off, (level - 1) * off).mean())


def number(n: int) -> list[Part]:
    parts: list[Part] = []
    for missed, placed, words in (
        (0.0, True, "no error of linkage"),
        (0.05, True, "one pair in twenty missed"),
        (0.0, False, "no error of linkage, outlets without pins"),
        (0.05, False, "one pair in twenty missed, outlets without pins"),
    ):
        errors, inside = [], []
        for seed in range(n):
            world, lists, truth = two_lists(SEED + seed, 0.0, missed=missed, placed=placed)
            outlets = count_outlets(lists, world, 50, 5).outlets
            errors.append(outlets.mean() / truth - 1.0)
            inside.append(np.quantile(outlets, 0.1) <= truth <= np.quantile(outlets, 0.9))
        worst, what = np.abs(errors).max(), f"largest error of the number, {words}"
        parts += [
            part(what, worst, "<= 0.08", worst <= 0.08) if placed else shown(what, worst),
            shown(f"mean error of the number, {words}", np.mean(errors)),
            shown(f"80 % interval holds the number, {words}", np.mean(inside)),
        ]
    flags, short = [], []
    for seed in range(n):
        world, lists, truth = two_lists(SEED + seed, 1.0)
        count = count_outlets(lists, world, 20, 5)
        flags.append(count.lower_bound)
        short.append(count.outlets.mean() / truth)
    return [
        *parts,
        part("called a lower bound where lists depend for hidden reasons", np.mean(flags), "1", bool(np.all(flags))),
        shown("found over true number there", np.mean(short)),
    ]


MEASURES = (
    Measure("13", "Total of the unknown half", "made up", unknown_total, worlds=WORLDS),
    Measure("14", "Ranking of the unknown half", "made up, real", unknown_ranking, worlds=WORLDS),
    Measure("15", "Number of the unknown", "made up", number, worlds=40),
)
