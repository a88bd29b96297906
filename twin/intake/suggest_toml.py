"""Suggestion's draft: a mapping file that is taken as it stands, with what was not sure as comments.

Knows the grammar of :mod:`twin.intake.mapping`, and no data.
"""

from __future__ import annotations

import json
import re

from twin.intake.convert import convert
from twin.intake.schema import CONTRACT
from twin.intake.settings import TableMapping
from twin.intake.suggest import Suggestion
from twin.intake.suggest_fit import SURE, Fit
from twin.intake.suggest_guess import TableGuess
from twin.intake.suggest_words import CHANNELS, OPTED_OUT, STATUSES, meant, squeezed
from twin.market.channels import channel_axis

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SHOWN = 3
_MOST_ATTRIBUTES = 12


def as_toml(suggestion: Suggestion) -> str:
    """The draft of a mapping file."""
    of = f" It looks like an export of {suggestion.export.title()}." if suggestion.export else ""
    lines = [
        f"# Draft of a mapping, made by twin ingest --suggest.{of}",
        f"# A figure behind a line says how sure it is, 0 to 1; below {SURE} a line is a comment with its candidates:",
        "# take the mark away where the line is right. Read it through, then: twin ingest FOLDER --mapping THIS_FILE",
        "",
    ]
    channels = _more_channels(suggestion)
    if channels:
        lines += [
            f"channels = [{', '.join(map(quoted, channels))}]  # beyond the standard ones, as visits name them",
            "",
        ]
    for name in CONTRACT:
        if name in suggestion.tables:
            lines += _table(suggestion.tables[name])
        elif name == "brands" and "sales" in suggestion.tables:
            lines += _brands_of_sales(suggestion.tables["sales"])
        elif CONTRACT[name].required:
            lines += [f"# No file looks like {name}, which is required: export it, or name its file here.",
                      f"# [tables.{name}]", "# source = \"...\"", ""]  # fmt: skip
    for sheet in suggestion.aside:
        lines.append(f"# Left aside: {sheet.source.label}, which looks like no table of the contract.")
    lines += [f"# Not read: {problem}" for problem in suggestion.problems]
    return "\n".join(_CONTROL.sub(" ", line) for line in lines).rstrip() + "\n"


def quoted(text: str) -> str:
    """A word as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(guess: TableGuess) -> list[str]:
    """One section, a comment throughout when the table is not sure."""
    head = f"# {guess.sheet.source.label} as {guess.table}: {guess.confidence:.2f}"
    body = [f"[tables.{guess.table}]", *_dialect(guess), *_joins(guess)]
    if guess.pivoted:
        days = sorted(guess.sheet.months.values())
        body += [f"[tables.{guess.table}.months]  # {len(days)} columns are months, {days[0]} to {days[-1]}",
                 'value = "volume"  # or "value", if the cells hold money']  # fmt: skip
    body += ["", f"[tables.{guess.table}.columns]", *_columns(guess)]
    if guess.constants:
        body += ["", f"[tables.{guess.table}.constants]"]
        body += [f"{name} = {quoted(word)}  # 0.80: the file's name says so" for name, word in guess.constants.items()]
    body += _values(guess)
    missing = guess.missing
    if missing:
        cure = "add it to the export, or state it under constants"
        body.append(f"# Not surely found, and required: {', '.join(missing)}; {cure}.")
    if not guess.sure:
        body = [line if line.startswith("#") or not line else f"# {line}" for line in body]
        head += " (not mapped: take the marks away if it is right)"
    return [head, *body, *_attributes(guess), ""]


def _dialect(guess: TableGuess) -> list[str]:
    sheet = guess.sheet
    title = sheet.title
    lines = [f"source = {quoted(title)}"] if squeezed(title) != squeezed(guess.table) or title != guess.table else []
    if sheet.encoding:
        lines.append(f"encoding = {quoted(sheet.encoding)}  # {sheet.because}")
    for item in sheet.raw.assumed:
        if item.key in ("separator", "header_row", "header_rows") and not item.plain:
            lines.append(f"# {item.key} = {item.value}: found so, {item.because}")
    return lines + _doubts(guess)


def _doubts(guess: TableGuess) -> list[str]:
    """Formats that read in two ways are asked, never chosen."""
    lines = []
    settings = TableMapping(separator=guess.sheet.raw.separator, timezone="UTC", encoding=guess.sheet.encoding)
    for column, fit in guess.columns.items():
        spec = CONTRACT[guess.table].column(column)
        if spec is None or spec.kind not in ("date", "number") or fit.name not in guess.sheet.raw.columns:
            continue
        typed = convert(spec.kind, guess.sheet.raw.columns[fit.name], settings, commas=spec.kind == "number")
        if typed.bad.all() and "one way only" in typed.expected:
            key = "date_format" if spec.kind == "date" else "decimal"
            lines.append(f"# {key} = ...: {fit.name} can be read in two ways. {typed.cure}")
    return lines


def _joins(guess: TableGuess) -> list[str]:
    lines = []
    for join in guess.joins:
        lines += [f"[[tables.{guess.table}.join]]  # {join.key} leads to it",
                  f"source = {quoted(join.sheet.title)}", f"key = {quoted(join.key)}"]  # fmt: skip
        if join.key != join.other:
            lines.append(f"other = {quoted(join.other)}")
    return lines


def _columns(guess: TableGuess) -> list[str]:
    lines = []
    for spec_name in _ordered(guess):
        fit = guess.columns[spec_name]
        if guess.pivoted and spec_name in ("date", "period_start", "volume"):
            continue
        line = f"{spec_name} = {quoted(fit.name)}  # {fit.confidence:.2f}: {fit.why}{_examples(guess, fit)}"
        if fit.confidence < SURE:
            line = f"# {line}{_others(guess, fit)}"
        lines.append(line)
    return lines


def _ordered(guess: TableGuess) -> list[str]:
    order = {column.name: number for number, column in enumerate(CONTRACT[guess.table].columns)}
    return sorted(guess.columns, key=lambda name: order.get(name, len(order)))


def _examples(guess: TableGuess, fit: Fit) -> str:
    look = guess.looks.get(fit.name)
    return f"; {', '.join(look.samples)}" if look and look.samples else ""


def _others(guess: TableGuess, fit: Fit) -> str:
    rest = [f"{quoted(other.name)} {other.confidence:.2f}" for other in guess.others.get(fit.column, [])
            if other.name != fit.name][:_SHOWN]  # fmt: skip
    return f"; or {', '.join(rest)}" if rest else ""


def words_of(guess: TableGuess, column: str) -> dict[str, str]:
    """What stands in a column of fixed words to what the contract calls it, as far as it is known."""
    fit = guess.columns.get(column)
    look = guess.looks.get(fit.name) if fit else None
    if fit is None or look is None:
        return {}
    lists = STATUSES if column == "status" else CHANNELS
    found = {word: meant(word, lists) for word in sorted(look.distinct)}
    return {word: ours for word, ours in found.items() if ours and word != ours}


def _values(guess: TableGuess) -> list[str]:
    lines: list[str] = []
    for column in ("channel", "status", "prefers_channel"):
        fit = guess.columns.get(column)
        words = words_of(guess, column)
        if fit is not None and words:
            section = [
                "",
                f"[tables.{guess.table}.values.{column}]",
                *(f"{quoted(a)} = {quoted(b)}" for a, b in words.items()),
            ]
            lines += section if fit.confidence >= SURE else [f"# {line}" for line in section if line]
    for column, fit in guess.columns.items():
        if OPTED_OUT.get(squeezed(fit.name)) == column and fit.confidence >= SURE:
            lines += ["", f"[tables.{guess.table}.values.{column}]  # the column says who may NOT be contacted"]
            pairs = {"true": "false", "1": "false", "evet": "false", "yes": "false", "Do Not Allow": "false",
                     "false": "true", "0": "true", "hayır": "true", "no": "true", "Allow": "true"}  # fmt: skip
            lines += [f"{quoted(a)} = {quoted(b)}" for a, b in pairs.items()]
    return lines


def _more_channels(suggestion: Suggestion) -> list[str]:
    """Words for channels that are none of the standard ones."""
    guess = suggestion.tables.get("visits")
    fit = guess.columns.get("channel") if guess else None
    if guess is None or fit is None or fit.confidence < SURE or not guess.sure:
        return []
    standard = channel_axis(())
    look = guess.looks[fit.name]
    return sorted(word for word in look.distinct if meant(word, CHANNELS) is None and word not in standard)


def _brands_of_sales(sales: TableGuess) -> list[str]:
    """Brands read off our own sales: all of them are ours."""
    fit = sales.columns.get("brand")
    if fit is None or fit.confidence < SURE or not sales.confidence >= SURE:
        return ["# No file looks like brands, which is required: brand, owner (us for ours).", ""]
    joins = [line.replace("[[tables.sales.join]]", "[[tables.brands.join]]") for line in _joins(sales)]
    encoding = [f"encoding = {quoted(sales.sheet.encoding)}"] if sales.sheet.encoding else []
    return ["# brands: 0.85: no list of them; those of our own sales are ours. Rivals' need a file of theirs.",
            "[tables.brands]", f"source = {quoted(sales.sheet.title)}", *encoding, 'others = "drop"',
            "distinct = true", *joins, "", "[tables.brands.columns]",
            f"brand = {quoted(fit.name)}{_examples(sales, fit).replace('; ', '  # ', 1)}", "",
            "[tables.brands.constants]", 'owner = "us"', ""]  # fmt: skip


def _attributes(guess: TableGuess) -> list[str]:
    used = {fit.name for fit in guess.columns.values() if fit.confidence >= SURE}
    if not CONTRACT[guess.table].attributes or not guess.sure:
        return []
    rest = [name for name in guess.sheet.raw.columns if name not in used]
    more = f" and {len(rest) - _MOST_ATTRIBUTES} more" if len(rest) > _MOST_ATTRIBUTES else ""
    named = ", ".join(rest[:_MOST_ATTRIBUTES])
    return [f'# Kept as attributes, unless others = "drop" is stated: {named}{more}'] if rest else []
