"""Words of the data verbs: what ingest, versions, erase and privacy say to a person at a terminal.

Reads results as they are given in JSON. Does not know how they came about.
"""

from __future__ import annotations

from typing import Any

_MONTHS_SHOWN = 12


def ingest(result: dict[str, Any]) -> str:
    """What was read and linked, and what it changes; of a suggestion, the draft or where it lies."""
    if "toml" in result:
        return _suggested(result)
    rows = ", ".join(f"{rows} {name}" for name, rows in result["rows"].items())
    if result["published"]:
        lines = [f"Published {result['dataset']}: {rows}"]
    else:
        lines = [f"Dry run, nothing published. It would be: {rows}"]
    if result["since"]:
        how = "Added to" if result["how"] == "add" else "In place of"
        lines.append(f"{how} {result['since']}")
        lines.extend(change(result["change"]))
    lines.append(f"{result['links']} prospects found to be known customers already")
    if result["repeated"] or result["to_review"]:
        lines.append(
            f"{result['repeated']} customers of ours stood twice; {result['to_review']} pairs wait: `twin links`"
        )
    lines.extend(f"Note: {warning}" for warning in result["warnings"])
    lines.extend(dict.fromkeys(
        f"Read: {row['file']}{', ' + row['column'] if row['column'] else ''}: {row['key']} is {row['value']}"
        for row in result["assumed"] if not row["plain"]
    ))  # fmt: skip
    return "\n".join(lines)


def _suggested(result: dict[str, Any]) -> str:
    """The draft itself, or what became of it when it lies in a file."""
    if not result["out"]:
        return result["toml"].rstrip()
    columns = result["columns"]
    sure = sum(row["accepted"] for row in columns)
    lines = [f"{result['out']}: {sure} of {len(columns)} columns mapped, the others are candidates in comments"]
    for row in result["tables"]:
        state = "mapped" if row["accepted"] else "not mapped"
        missing = f"; not found: {', '.join(row['missing'])}" if row["missing"] else ""
        lines.append(f"{row['confidence']:.2f}  {row['file']} as {row['table']}: {state}{missing}")
    return "\n".join(lines)


def change(told: dict[str, Any]) -> list[str]:
    """What one dataset has that another has not."""
    lines = [f"  {row['table']:<13} {row['before']:>9} -> {row['after']:<9} rows ({row['after'] - row['before']:+d})"
             for row in told["rows"] if row["before"] != row["after"]]  # fmt: skip
    for one in told["ids"]:
        for word, sign in (("appeared", "new"), ("vanished", "gone")):
            if one[word]:
                named = ", ".join(one[f"first_{word}"][:3]) + (" ..." if one[word] > 3 else "")
                lines.append(f"  {one['table']:<13} {one[word]:>9} {sign}: {named}")
    if told["closed"] or told["reopened"]:
        lines.append(f"  customers     {told['closed']:>9} closed, {told['reopened']} open again")
    lines.extend(f"  consent       {one['channel']}: {one['given']} given, {one['withdrawn']} withdrawn"
                 for one in told["consents"])  # fmt: skip
    months = sorted(told["months"], key=lambda row: (row["month"], row["table"]), reverse=True)
    lines.extend(f"  {row['month']} {row['table']:<12} {row['brand']:<16} {_figures(row)}"
                 for row in months[:_MONTHS_SHOWN])  # fmt: skip
    if len(months) > _MONTHS_SHOWN:
        lines.append(f"  ... and {len(months) - _MONTHS_SHOWN} more months and brands that changed (--json has all)")
    if not lines:
        lines.append("  nothing has changed")
    lines.extend(f"  Looks like a slip: {one['where']}: expected {one['expected']}, found {one['found']}"
                 for one in told["slips"])  # fmt: skip
    return lines


def _figures(row: dict[str, Any]) -> str:
    if row["volume_before"] is None and row["volume_after"] is None:
        return f"{row['rows_before']} -> {row['rows_after']} rows"
    return f"{row['volume_before'] or 0:,.1f} -> {row['volume_after'] or 0:,.1f}"


def versions(result: dict[str, Any]) -> str:
    """Versions, newest first."""
    lines = [f"{result['restored']} is the newest {result['kind']} again"] if "restored" in result else []
    if "change" in result:
        return "\n".join([f"From {result['before']} to {result['after']}:", *change(result["change"])])
    for one in result["versions"]:
        mark = "*" if one["head"] else " "
        parts = [f"{mark} {one['id']}", one["created"][:19].replace("T", " ")]
        if one["origin"]:
            parts.append(f"origin {one['origin']}")
        if one["rows"]:
            parts.append(", ".join(f"{count} {name}" for name, count in one["rows"].items()))
        if one["label"]:
            parts.append(one["label"])
        if one["added_to"]:
            parts.append(f"added to {one['added_to']}")
        if one["calibrations"]:
            parts.append(f"{one['calibrations']} calibrations")
        lines.append("  ".join(parts))
    return "\n".join(lines or [f"No {result['kind']} yet."])


def erase(result: dict[str, Any]) -> str:
    """What was taken out, and what is left."""
    if result["dry_run"]:
        lines = [f"Dry run, nothing changed. {result['people']} people would be erased."]
    elif not result["people"]:
        return "Nothing is left of them here: they were erased before."
    else:
        lines = [f"Erased {result['people']} people; what is left of them stands under {', '.join(result['numbers'])}"]
    lines.append(f"{result['versions']} versions, {result['parts']} of their parts")
    lines.extend(f"Rewritten: {name}" for name in result["rewritten"])
    lines.extend(f"Removed: {name}" for name in result["removed"])
    if not result["dry_run"]:
        lines.append(f"Found again in the whole workspace, unpacked: {result['found_again']} times")
    lines.extend(f"Note: {note}" for note in result["notes"])
    return "\n".join(lines)


def privacy(result: dict[str, Any]) -> str:
    """One part of the register, a line a row."""
    if not result["rows"]:
        return f"Nothing in {result['part']}."
    names = list(result["rows"][0])
    widths = [max(len(name), *(len(str(row[name])) for row in result["rows"])) for name in names]
    lines = ["  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True))]
    lines.extend("  ".join(str(row[name]).ljust(width) for name, width in zip(names, widths, strict=True)).rstrip()
                 for row in result["rows"])  # fmt: skip
    return "\n".join(lines)
