"""Words on who is who and how far the data carry, as a person at a terminal reads them.

Reads results as they are published in JSON. Does not know how they came about.
"""

from __future__ import annotations

from typing import Any


def check(result: dict[str, Any]) -> str:
    """Scores of readiness, what can be done with the data, and what gaps cost."""
    lines = [f"Readiness: {result['verdict']}"]
    for row in result["criteria"]:
        missing = f" | {row['missing']}" if row["missing"] else ""
        unseen = f" | not seen in data: {row['unseen']}" if row.get("unseen") else ""
        lines.append(f"{row['score']:>4.0%}  {row['name']}: {row['evidence']}{missing}{unseen}")
    for row in result["capabilities"]:
        lines.append(f"{'can   ' if row['possible'] else 'CANNOT'} {row['name']}: {row['reason']}")
    if result["worth"] is None:
        lines.append("What closing each gap is worth: `twin check --worth` measures it, in some minutes")
        return "\n".join(lines)
    return "\n".join([*lines, *_worth(result["worth"])])


def _worth(worth: dict[str, Any]) -> list[str]:
    """The table of gaps: width of the 80 % interval now and after, and their ratio with what chance does to it."""
    settings = worth["settings"]
    lines = [
        f"Worth of gaps: width of the 80 % interval over its mean, {settings['n_weeks']} weeks ahead, "
        f"{settings['n_draws']} draws, {settings['n_repeats']} times each"
    ]
    gap = None
    for row in worth["rows"]:
        if (row["way"], row["gap"], row["made"]) != gap:
            gap = (row["way"], row["gap"], row["made"])
            lines.append(f"{row['way']} {row['gap']} ({row['made']})" + (f": {row['note']}" if row["note"] else ""))
        if row["ratio"] is None:
            lines.append(f"      {row['measure']:<38} {row['says']}")
            continue
        lines.append(
            f"      {row['measure']:<38} {row['width_now']:.3f} -> {row['width_after']:.3f}  x{row['ratio']:.2f} "
            f"[{row['ratio_p05']:.2f}, {row['ratio_p95']:.2f}]  {row['says']}"
        )
    return lines


def links(result: dict[str, Any]) -> str:
    """Pairs with their reasons; or what was kept of a decision."""
    if "file" in result:
        return f"Wrote {result['rows']} pairs to {result['file']}"
    lines = [
        f"Kept: {row['action']} {row['id']}: {row['id_a']} and {row['id_b']}: {row['why']}"
        for row in result.get("made", ())
    ]
    if result.get("passed_over"):
        lines.append(f"{result['passed_over']} rows without an action were passed over")
    for row in result.get("pairs", ()):
        lines.extend(_pair(row))
    if "pairs" in result:
        waiting = sum(row["decision"] == "review" and not row["said"] for row in result["pairs"])
        lines.append(f"{waiting} pairs wait for a person's word; {result['merged']} were merged by the twin (--all)")
    if result["pending"]:
        lines.append(f"{result['pending']} decisions wait for the next `twin ingest`")
    return "\n".join(lines)


def _pair(row: dict[str, Any]) -> list[str]:
    chance = "    " if row["probability"] is None else f"{row['probability']:>4.0%}"
    said = (
        f"  {row['said']} ({row['said_who'] or 'somebody'}, {row['said_on'][:10]}): {row['said_why']}"
        if row["said"]
        else ""
    )
    sides = " = ".join(f"{row[f'id_{side}']} {row[f'name_{side}']}".strip() for side in "ab")
    reasons = "; ".join(f"{one['field']} {one['agreement']}" for one in row["reasons"])
    return [f"{row['id']}  {chance}  {row['decision'] or 'not in the data':<9} {sides}{said}", f"{'':<17}{reasons}"]
