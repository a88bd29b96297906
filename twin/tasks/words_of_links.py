"""Words on who is who, as a person at a terminal reads them.

Reads results as they are published in JSON. Does not know how they came about.
"""

from __future__ import annotations

from typing import Any


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
