"""Tables and sentences of a comparison, as the page and the report show them. Draw nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard import frame
from dashboard.words import Words
from twin.tasks.forecasts import compared

BASELINE = "baseline"


def findings(rows: list[dict[str, Any]], best: dict[str, float], words: Words) -> list[str]:
    """What is known of the scenarios against going on as now, then which one sells most, as far as that is known."""
    said = _verdict(rows, words)
    if best and len(rows) > 1:
        leader = max(best, key=lambda name: best[name])
        name = words("compare.baseline") if leader == BASELINE else frame.plain(leader)
        key = "compare.best_sure" if best[leader] >= compared.SURE else "compare.best_open"
        said.append(words(key, name=name, chance=words.percent(best[leader]), sure=words.percent(compared.SURE)))
    return said


def _verdict(rows: list[dict[str, Any]], words: Words) -> list[str]:
    """Who gains for sure, who loses for sure, and of whom neither is known: a sentence, and one on what it leaves out.

    A scenario that changes nothing says nothing of the others, and is passed over where there are others.
    """
    ranked = sorted(rows, key=lambda row: -row["versus_baseline"]["own_volume_pct"]["mean"])
    moving = [row for row in ranked if not changes_nothing(row)]
    if not moving:
        return [words("compare.finding_same", name=_named(ranked))]
    gains = [row for row in moving if row["versus_baseline"]["own_volume_pct"]["p10"] > 0]
    losses = [row for row in moving if row["versus_baseline"]["own_volume_pct"]["p90"] < 0]
    unsure = [row for row in moving if row not in gains and row not in losses]
    if gains:
        above = [row for row in unsure if ranked.index(row) < ranked.index(gains[0])]
        said = [words("compare.finding_sure" if above else "compare.finding", **_values(gains[0], words))]
        said += [words("compare.finding_above", names=_named(above))] if above else []
    elif unsure:
        key = "compare.finding_no_gain" if losses else "compare.finding_unclear"
        said = [words(key, **_values(unsure[0], words))]
    else:
        key = "compare.finding_worse" if len(losses) > 1 else "compare.finding_worse_one"
        return [words(key, **_values(losses[0], words))]
    return [*said, *([words("compare.finding_losers", names=_named(losses))] if losses else [])]


def changes_nothing(row: dict[str, Any]) -> bool:
    """Whether a scenario sells the same as going on as now in every run, as one does that asks for nothing."""
    gain = row["versus_baseline"]["own_volume_pct"]
    return not any(gain[level] for level in ("mean", "p05", "p95"))


def _values(row: dict[str, Any], words: Words) -> dict[str, str]:
    versus = row["versus_baseline"]
    gain = versus["own_volume_pct"]
    return {
        "name": frame.plain(row["name"]),
        "mean": words.signed(gain["mean"]),
        "band": words.between(gain["p10"], gain["p90"], words.signed),
        "chance": words.percent(versus["probability_of_gain"]),
    }


def _named(rows: list[dict[str, Any]]) -> str:
    """Names in a row; commas may stand in them."""
    return "; ".join(frame.plain(row["name"]) for row in rows)


def results_table(
    outlook: dict[str, Any], rows: list[dict[str, Any]], best: dict[str, float], words: Words
) -> pd.DataFrame:
    """A row a scenario, the baseline first; without columns of which nothing is known."""
    base = outlook["scenarios"][0]["totals"]
    made: list[dict[str, Any]] = [
        {
            "scenario": words("compare.baseline"),
            "own_volume": base["own_volume"]["mean"],
            "own_share": base["own_share"]["mean"],
            "volume_pct": 0.0,
            "share_points": 0.0,
            "best": 100 * best[BASELINE] if best else None,
        }
    ]
    made += [_result(row, best, words) for row in rows]
    # what decides stands first: the last columns are out of sight on a narrow screen
    names = ["scenario", "gain", "best", "volume_pct", "volume_band", "own_volume", "own_share", "share_points",
             "share_band", "goal"]  # fmt: skip
    table = pd.DataFrame(made, columns=names)
    if table["own_share"].isna().all():
        table = table.drop(columns=["own_share", "share_points", "share_band"])
    table = table.drop(columns=[name for name in ("goal", "best") if table[name].isna().all()])
    texts = [name for name in ("volume_band", "share_band", "goal") if name in table]
    table = table.fillna(dict.fromkeys(texts, "–"))
    for name in table.columns.difference(["scenario", *texts]):
        table[name] = pd.to_numeric(table[name])
    return table


def _result(row: dict[str, Any], best: dict[str, float], words: Words) -> dict[str, Any]:
    versus, goal = row["versus_baseline"], row.get("goal", {})
    volume, share = versus["own_volume_pct"], versus["own_share_points"]
    target, reached = goal.get("own_share"), goal.get("probability_reached")
    light = "" if reached is None else "▲" if reached >= compared.SURE else "●" if reached >= 0.5 else "▼"
    return {
        "scenario": row["name"] + (" ⚑" if row.get("flags") else ""),
        "own_volume": row["totals"]["own_volume"]["mean"],
        "volume_pct": volume["mean"],
        "volume_band": words.between(volume["p10"], volume["p90"], words.signed),
        "own_share": row["totals"]["own_share"]["mean"],
        "share_points": share["mean"],
        "share_band": words.between(share["p10"], share["p90"], lambda v: words.signed(v, 2)),
        "gain": 100 * versus["probability_of_gain"],
        "best": 100 * best[row["name"]] if row["name"] in best else None,
        "goal": None
        if target is None
        else f"{light} {words('compare.goal', target=words.percent(target, 1), chance=words.percent(reached))}".strip(),
    }


def costs_table(outlook: dict[str, Any], rows: list[dict[str, Any]], words: Words) -> pd.DataFrame:
    """What each scenario asks for, written out; without columns of which nothing is known."""
    base, weeks = outlook["scenarios"][0], outlook["horizon_weeks"]
    made = []
    for row in rows:
        asked = compared.asks(row, base, weeks)
        made.append(
            {
                "scenario": row["name"],
                "visits_a_week": words.number(asked["visits"]),
                "visits_change": words.signed(asked["visits_change"]),
                "others_change": words.signed(asked["others_change"]),
                "reps_change": None if asked["reps"] is None else words.signed(asked["reps"], 0),
                "rep_years": None if asked["rep_years"] is None else words.signed(asked["rep_years"], 1),
                "customers_moved": None if asked["customers_moved"] is None else words.number(asked["customers_moved"]),
                "promotion_weeks": None
                if asked["promotion_weeks"] is None
                else words.number(asked["promotion_weeks"], 1),
            }
        )
    return pd.DataFrame(made).dropna(axis=1, how="all")


def uplift_rows(rows: list[dict[str, Any]], words: Words) -> pd.DataFrame:
    """Differences as the chart has them."""
    made = []
    for row in rows:
        gain = row["versus_baseline"]["own_volume_pct"]
        band = words.between(gain["p10"], gain["p90"], words.signed)
        clear = not gain["p10"] <= 0 <= gain["p90"]
        made.append({"name": row["name"], **gain, "clear": clear, "said": f"{words.signed(gain['mean'])}  [{band}]"})
    return pd.DataFrame(made)
