"""Words: what a verb's result says to a person at a terminal.

Reads results as they are published in JSON. Does not know how they came about.
"""

from __future__ import annotations

from typing import Any


def nothing(result: dict[str, Any]) -> str:
    """Not a word: what there was to say was said on the way."""
    return ""


def demo(result: dict[str, Any]) -> str:
    """Where the demo lies, and its versions."""
    made = ", ".join(result[step] for step in ("dataset", "calibration", "forecast", "plan"))
    return f"Demo ready in {result['workspace']}: {made}"


def calibrate(result: dict[str, Any]) -> str:
    """Parameters with their intervals, the priors among them marked."""
    lines = [f"Published {result['calibration']}, origin {result['origin']}"]
    for row in result["parameters"]:
        mark = "estimated" if row["identified"] else "PRIOR    "
        band = f"[{row['p05']:.4g}, {row['p95']:.4g}]"
        lines.append(f"{mark} {row['name']:<28} {row['mean']:>10.4g}  {band} {row['unit']}")
    lines.extend(f"Note: {note}" for note in result["diagnostics"]["notes"])
    lines.extend(_moved(result))
    lines.extend(_health(result["health"]))
    return "\n".join(lines)


def _moved(result: dict[str, Any]) -> list[str]:
    """Parameters that went farther than one standard deviation since the last calibration."""
    if result["since"] is None:
        return []
    far = [row for row in result["moved"] if row["sds"] is not None and abs(row["sds"]) > 1.0]
    lines = [f"Since {result['since']}: {len(far)} parameters moved by more than a standard deviation"]
    for row in sorted(far, key=lambda row: -abs(row["sds"])):
        change = f"{row['before']:.4g} to {row['after']:.4g} ({row['sds']:+.1f} sd)"
        lines.append(f"moved     {row['parameter']:<28} {change}: {row['reason']}")
    return lines


def _health(card: dict[str, Any]) -> list[str]:
    """The health card: every light, and what to do about those that are not green."""
    lines = []
    for row in card["checks"]:
        wanted = "" if row["verdict"] == "pass" else f". Wanted: {row['threshold']}"
        lines.append(f"{row['verdict'].upper():<9} {row['about']} {row['reason']}{wanted}")
        if row["action"]:
            lines.append(f"{'':<9} -> {row['action']}")
    because = f", because of: {', '.join(card['because'])}" if card["because"] else ""
    return [*lines, f"Health: {card['verdict'].upper()}{because}"]


def backtest(result: dict[str, Any]) -> str:
    """The verdict against naive forecasts."""
    lines = []
    for measure, score in result["verdict"].items():
        winner = "the naive forecast wins" if score["naive_wins"] else "ours wins"
        lines.append(
            f"{measure}: mean absolute error {score['mean_absolute_error']:.4g}, "
            f"naive {score['naive_mean_absolute_error']:.4g}: {winner}; "
            f"{score['inside_80']:.0%} of outcomes inside the 80 % band"
        )
    lines += ["", "By month ahead:", *result["said"]]
    for row in result["published"]:
        lines.append(
            f"Published {row['forecast']} of {row['origin']}: {row['error_pct'] or 0.0:+.1f} % off after "
            f"{row['periods']} periods; last year again {row['naive_error_pct'] or 0.0:+.1f} %"
        )
    lines.extend(f"Taken up again: {note}" for note in result["taken_up"])
    lines.extend(f"Note: {note}" for note in result["notes"])
    return "\n".join(lines)


def forecast(result: dict[str, Any]) -> str:
    """Volume of every scenario, against the baseline and last year."""
    lines = [f"Published {result['forecast']}: {result['horizon_weeks']} weeks from {result['origin']}"]
    lines.extend(f"Taken up again: {note}" for note in result["taken_up"])
    for row in result["scenarios"]:
        volume = row["totals"]["own_volume"]
        line = f"{row['name']:<36} own volume {volume['mean']:,.0f} [{volume['p10']:,.0f}, {volume['p90']:,.0f}]"
        if "versus_baseline" in row:
            versus, gain = row["versus_baseline"]["own_volume_pct"], row["versus_baseline"]["probability_of_gain"]
            line += (
                f"  {versus['mean']:+.2f} % [{versus['p10']:+.2f}, {versus['p90']:+.2f}], gain in {gain:.0%} of runs"
            )
        lines.append(line)
        lines.extend(f"{'':<4}FLAG {name}: {why}" for name, why in row["flag_reasons"].items())
    lines.append(f"{'(repeat last year)':<36} own volume {result['naive']['own_volume']:,.0f}")
    lines.extend(_looking_back(result.get("looking_back")))
    lines.extend(f"Note: {note}" for note in (*result["warnings"], *result["notes"]))
    return "\n".join(lines)


def _looking_back(found: dict[str, Any] | None) -> list[str]:
    """Where naive forecasts came nearer in the past, and what a mixture by past skill says of the baseline."""
    if not found:
        return ["Looking back: no backtest of these data; `twin backtest` says how near such forecasts came."]
    lines = [
        f"Looking back: {row['method']} came nearer for {row['measure']} ({row['level']}); "
        f"the twin had {row['twin_over_this']:.2f} times its error"
        for row in found["beaten"]
    ]
    for measure, rows in found["blend"].items():
        mixed = [row for row in rows if row["partner"]]
        if mixed and measure == "own_volume":
            total, alone = (sum(row[which]["p50"] for row in rows) for which in ("blend", "twin"))
            lines.append(
                f"{'(baseline, blended by past skill)':<36} own volume {total:,.0f} over {len(rows)} months; "
                f"the twin alone {alone:,.0f}"
            )
    return lines or ["Looking back: no naive forecast came nearer beyond luck."]


def drivers(result: dict[str, Any]) -> str:
    """Contribution of each part, the whole last."""
    lines = [f"Published {result['drivers']}: {result['scenario']}, {result['horizon_weeks']} weeks"]
    for row in result["rows"]:
        gain = row["own_volume_pct"]
        chance = f"gain in {row['probability_of_gain']:.0%} of runs"
        lines.append(f"{row['lever']:<12} {gain['mean']:+.2f} % [{gain['p10']:+.2f}, {gain['p90']:+.2f}], {chance}")
    if not result["rows"]:
        lines.append("The scenario changes nothing in the market: there is nothing to attribute.")
    elif result["orders"] > 1:
        which = "every order" if result["exact"] else f"{result['orders']} balanced orders"
        lines.append(f"(Averaged over {which} of adding the parts; they sum to the whole.)")
    return "\n".join(lines)


def optimize(result: dict[str, Any]) -> str:
    """The plan's gain as the twin has it, the optimiser's own figure beside it, and where the scenario stands."""
    own, gain, visits = result["optimiser"], result["twin"]["gain"], result["visits"]
    unit = "%" if gain["unit"] == "percent" else "points"
    proof = "proven best" if own["proven"] else f"at most {own['gap_pct']:.3f} % below the bound"
    words, weeks = result["expression"], result["horizon_weeks"]
    lost = f"; that loses {words['lost_pct']:.2f} % of the objective" if words["form"] == "rules" else ""
    lines = [
        f"Published {result['allocation']}: {result['scenario']}, {weeks} weeks, for {result['goal']}",
        f"Wrote {result['file']}: {words['rules']} rules, {words['journeys']} journeys, as {words['form']}{lost}",
        f"{visits['per_week']:,.1f} visits a week to {visits['customers']} customers, "
        f"today {visits['per_week_today']:,.1f}; reps can make {visits['per_week_capacity']:,.1f}",
    ]
    if gain["mean"] is not None:
        lines.append(
            f"Gain in the twin: {gain['mean']:+.2f} {unit} [{gain['p10']:+.2f}, {gain['p90']:+.2f}], "
            f"gain in {gain['probability_of_gain']:.0%} of runs"
        )
    lines.append(f"(The optimiser's own figure, not the gain: {own['gain_pct']:+.2f} %; {proof})")
    if "too_good" in result["twin"]["flags"]:
        lines.append("FLAG: a simulated gain above 15 % is taken for a fault until it is explained")
    lines.extend(f"Note: {note}" for note in (*result["warnings"], *result["notes"]))
    return "\n".join(lines)


def align(result: dict[str, Any]) -> str:
    """The frontier, one line a map, and where the chosen one stands."""
    lines = [
        f"Published {result['alignment']}, {result['horizon_weeks']} weeks; gains are the twin's, against today's map"
    ]
    for row in result["frontier"]:
        spread = [f"{name} CV {row[key]:.1f} %" for name in ("workload", "potential")
                  if (key := f"cv_{name}_pct") in row]  # fmt: skip
        lines.append(
            f"{row['map']:>16}: {', '.join(spread)}; {row['moved_customers_pct']:.1f} % of customers moved; "
            f"own volume {row['own_volume_pct_mean']:+.2f} % "
            f"[{row['own_volume_pct_p10']:+.2f}, {row['own_volume_pct_p90']:+.2f}]"
        )
    lines.append(f"Chosen: {result['chosen']}")
    lines.extend(f"Wrote {result[key]}" for key in ("file", "areas_file") if result[key])
    lines.extend(f"Wrote {path}" for path in result["files"])
    lines.extend(f"Note: {note}" for note in (*result["warnings"], *result["notes"]))
    return "\n".join(lines)


def size(result: dict[str, Any]) -> str:
    """The best size with its band, and what the twin says of the sizes that it lived through."""
    low, high = result["best_band"]
    flat = result["flat"]
    lines = [
        f"Published {result['sizing']}: best {result['best']} reps, today {result['today']}; "
        f"80 % of the draws say {low} to {high}; {flat[0]} to {flat[1]} are as good",
    ]
    for row in result["curve"]:
        if row["twin_profit_mean"] is not None:
            lines.append(
                f"{row['reps']:>6} reps: own volume {row['twin_own_volume_pct_mean']:+.2f} %, profit "
                f"{row['twin_profit_mean']:+,.0f} [{row['twin_profit_p10']:+,.0f}, {row['twin_profit_p90']:+,.0f}] "
                f"in {result['horizon_weeks']} weeks"
            )
    if result["file"]:
        lines.append(f"Wrote {result['file']}")
    lines.extend(f"Note: {note}" for note in (*result["warnings"], *result["notes"]))
    return "\n".join(lines)


def plan(result: dict[str, Any]) -> str:
    """Size of the plan, and its files."""
    span = f"from {result['start']} to {result['end']}"
    lines = [f"Published {result['plan']}: {result['visits']} visits by {result['reps']} reps {span}"]
    lines.append(f"{result['unserved']} wished visits did not fit")
    lines.extend(f"Wrote {path}" for path in result["files"])
    return "\n".join(lines)


def review(result: dict[str, Any]) -> str:
    """What was done, what came, why, and what to do."""
    lines = [f"Published {result['review']}: {result['scenario']}, {result['from']} to {result['to']}"]
    done = result["adherence"]
    if done and done["planned"]:
        lines.append(
            f"Visits: {done['made_pct']:.0f} % of {done['planned']} planned were made "
            f"({done['kept']} in their week, {done['moved']} in another), {done['not_planned']} were not planned"
        )
    for row in result["target"]:
        lines.append(
            f"{row['where']:>8} {row['measure']:<16} {row['actual']:>12,.1f}, target {row['target']:,.1f} "
            f"[{row['p10']:,.1f}, {row['p90']:,.1f}]{'' if row['inside_80'] else '  outside'}"
        )
    if (why := result["causes"]) is not None:
        market = "not known" if why["market"] is None else f"{why['market']:+,.1f}"
        lines.append(f"Of the difference in own volume: visits {why['visits']:+,.1f}, market {market}, "
                     f"the rest {why['rest']:+,.1f}")  # fmt: skip
    lines.extend(f"ALERT: {alert['alert']}. {alert['action']}" for alert in result["alerts"])
    lines.extend(f"Note: {note}" for note in result["notes"])
    return "\n".join(lines)


def calendar(result: dict[str, Any]) -> str:
    """Moves by brand and day; or what was kept of a remark."""
    if "file" in result:
        return f"Wrote {result['rows']} moves to {result['file']}"
    lines = []
    for row in result.get("made", ()):
        where = f" in {row['territories']}" if row["territories"] else ""
        lines.append(f"Kept: {row['action']} {row['id']}, {row['start']} to {row['end']}{where}: {row['why']}")
    if result.get("passed_over"):
        lines.append(f"{result['passed_over']} rows say nothing of a move that is known and were passed over")
    for row in result.get("moves", ()):
        again = f"again {row['next_start']} ({row['next_probability']:.0%})" if row["next_start"] else ""
        said = f"  {row['said']}: {row['said_why']}" if row["said"] else ""
        where = f" in {row['territories']}" if row["territories"] else ""
        lines.append(
            f"{row['id']:<28} {row['start']} to {row['end']}{where}  x{row['strength']:.2f}  "
            f"{row['probability']:>4.0%} {row['source']:<8} {again}{said}".rstrip()
        )
    if "moves" in result:
        here = {row["id"] for row in result["moves"]}
        away = [row for row in result["remarks"] if row["id"] not in here]
        lines.extend(f"{row['id']:<28} {row['start']} to {row['end']}  {row['action']}: {row['why']}" for row in away)
        if not result["moves"] and result["calibration"] is None:
            lines.append("No calibration yet: `twin calibrate` finds the rivals' moves")
    if result["pending"]:
        lines.append(f"{result['pending']} remarks wait for the next `twin calibrate`")
    return "\n".join(lines)


def export(result: dict[str, Any]) -> str:
    """The file that was written."""
    if result["table"] == "report":
        return f"Wrote the report to {result['file']}"
    return f"Wrote {result['rows']} rows to {result['file']}"
