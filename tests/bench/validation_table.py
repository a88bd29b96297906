"""Writes the results in ``build/validation.json`` into ``docs/validation.md``: the page says what was measured."""

from __future__ import annotations

import json
import sys
from typing import Any

from bench_tools import BUILD, ROOT

PAGE = ROOT / "docs" / "validation.md"
BEGIN, END = "<!-- results: made by tests/bench/validation_table.py -->", "<!-- end of results -->"
_WORD = {True: "pass", False: "**fail**", None: "open"}


def table(rows: list[dict[str, Any]]) -> str:
    """Results as Markdown: one line a judged figure, then the figures that are only shown, then reasons."""
    passed = [row["pass"] for row in rows]
    n_pass, n_fail, n_open = (passed.count(one) for one in (True, False, None))
    lines = [
        f"{n_pass} of {len(rows)} measurements pass, {n_fail} fail, {n_open} open.",
        "",
        "| | measurement | figure | n | threshold | found | | code |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        judged = [part for part in row.get("parts", []) if not part.get("shown")]
        lines.append(
            _line(row["id"], row["measure"], "", row["n"] or "", "", "", _WORD[row["pass"]], row.get("code", ""))
        )
        for part in judged:
            found = "" if part["value"] is None else number(part["value"])
            lines.append(
                _line("", "", part["what"], part.get("n", ""), part["threshold"], found, _WORD[part["pass"]], "")
            )
    lines += ["", "### Why a measurement is open or has failed", ""]
    for row in rows:
        parts = [part for part in row.get("parts", []) if part["pass"] is not True and part.get("reason")]
        said = [f"{part['what']}: {part['reason']}" for part in parts if not part.get("shown")]
        if row["pass"] is not True and (said or row.get("reason")):
            lines.append(f"- **{row['id']}** {'; '.join(said) or row['reason']}")
    lines += ["", "### Figures beside the judged ones", ""]
    for row in rows:
        for part in row.get("parts", []):
            if part.get("shown") and _nested(part["value"]):
                lines += ["", f"**{row['id']}** {part['what']}:", "", *grid(part["value"]), ""]
            elif part.get("shown"):
                note = f" ({part['reason']})" if part.get("reason") else ""
                lines.append(f"- **{row['id']}** {part['what']}: {number(part['value'])}{note}")
    return "\n".join(lines)


def _nested(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(one, dict) for one in value.values())


def grid(value: dict[str, dict[str, Any]]) -> list[str]:
    """Rows by name, columns as the first row has them."""
    heads = list(next(iter(value.values())))
    rows = [_line(name, *(number(one.get(head)) for head in heads)) for name, one in value.items()]
    return [_line("", *heads), "|---" * (len(heads) + 1) + "|", *rows]


def _line(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def number(value: Any) -> str:
    """A value in a few digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {number(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(number(one) for one in value)
    return "not known" if value is None else str(value)


def main() -> None:
    """Rewrite the block of results."""
    rows = json.loads((BUILD / "validation.json").read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    print(f"written: {PAGE}", file=sys.stderr)


if __name__ == "__main__":
    main()
