"""Edit: new contents into the text of a scenario file; comments, order and spelling stay where nothing changed.

Knows TOML's lines, not what a scenario may say: contents need not be sound.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from twin.scenario.sections import Entry, Section, Unclear, sections_of
from twin.scenario.spelling import entry_lines, is_rows, key_text, lines_of, value_text


def edited(text: str, contents: Mapping[str, Any]) -> str:
    """The text with new contents.

    Parameters
    ----------
    text : str
        Of the file as it is; may be empty or broken, then nothing of it is kept but the comments at its head.
    contents : mapping
        The plain document that the text shall say.

    Returns
    -------
    str
        Reads as ``contents``. The text itself where it says so already.
    """
    try:
        before = tomllib.loads(text)
        if _same(before, contents):
            return text
        written = _rebuilt(text, before, contents)
        if _same(tomllib.loads(written), contents):
            return written
    except (ValueError, Unclear, RecursionError):
        pass
    head = _head(text)
    return "\n".join([*head, *lines_of(contents)]).strip("\n") + "\n"


def _rebuilt(text: str, before: Mapping[str, Any], contents: Mapping[str, Any]) -> str:
    sections, tail = sections_of(text)
    lines: list[str] = []
    said: set[tuple[str, ...]] = set()
    place = 0
    rows_left = {section.path: list(_at(contents, section.path, [])) for section in sections if section.row}
    old_rows = {path: _at(before, path, []) for path in rows_left}
    seen = dict.fromkeys(rows_left, 0)
    pairs = {path: _matched(old_rows[path], rows_left[path]) for path in rows_left}
    while place < len(sections):
        section = sections[place]
        if not section.row:
            lines += _table(section, contents, said)
            place += 1
            continue
        end = place + 1
        while end < len(sections) and _below(sections[end].path, section.path):
            end += 1
        said.add(section.path)
        number = seen[section.path]
        seen[section.path] += 1
        new = pairs[section.path].get(number)
        if new is not None:
            old = old_rows[section.path][number]
            lines += _row(sections[place:end], old, rows_left[section.path][new])
        if number + 1 == len(old_rows[section.path]):
            taken = set(pairs[section.path].values())
            for k, row in enumerate(rows_left[section.path]):
                if k not in taken:
                    lines += ["", f"[[{_heading(section.path)}]]", *lines_of(row, section.path)]
        place = end
    lines += _more(contents, (), said)
    return "\n".join([*lines, *tail]).strip("\n") + "\n"


def _table(section: Section, contents: Mapping[str, Any], said: set[tuple[str, ...]]) -> list[str]:
    """Lines of a plain section; nothing where the table has gone."""
    said.add(section.path)
    node = _at(contents, section.path, None)
    said |= {(*section.path, entry.key) for entry in section.entries}
    if not isinstance(node, Mapping) or (section.path and not node):
        return []
    own = {entry.key for entry in section.entries}
    plain = {
        key: value
        for key, value in node.items()
        if key in own or not (isinstance(value, Mapping) or (is_rows(value) and key != "steps"))
    }
    said |= {(*section.path, key) for key in plain}
    if section.path and section.entries and not plain:
        return []
    return [*section.above, *([section.header] if section.header else []), *_entries(section, plain)]


def _entries(section: Section, node: Mapping[str, Any]) -> list[str]:
    """Lines of the keys of a section: as they were where the value is the same, anew where it is not."""
    lines: list[str] = []
    for entry in section.entries:
        if entry.key not in node:
            lines += [line for line in entry.above if not line.strip()][:1]
            continue
        value = node[entry.key]
        lines += entry.above
        lines += entry.lines if _same(entry.value, value) else _spelled(entry.key, value, _remark(entry))
    known = {entry.key for entry in section.entries}
    for key, value in node.items():
        if key not in known:
            lines += _spelled(key, value, "")
    return lines


def _row(sections: Sequence[Section], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Lines of one entry of a list of tables, with the headings below it."""
    first = sections[0]
    if _same(old, new):
        raw: list[str] = []
        for section in sections:
            raw += [*section.above, section.header]
            for entry in section.entries:
                raw += [*entry.above, *entry.lines]
        return raw
    if len(sections) > 1:
        return [*first.above, first.header, *lines_of(new, first.path)]
    return [*first.above, first.header, *_entries(first, new)]


def _more(node: Mapping[str, Any], path: tuple[str, ...], said: set[tuple[str, ...]]) -> list[str]:
    """Tables of which the text had nothing."""
    lines: list[str] = []
    for key, value in node.items():
        here = (*path, key)
        if is_rows(value) and value and here not in said:
            for row in value:
                lines += ["", f"[[{_heading(here)}]]", *lines_of(row, here)]
        elif isinstance(value, Mapping):
            if here not in said:
                left = {k: v for k, v in value.items() if (*here, k) not in said and not _has_below(said, (*here, k))}
                plain = {k: v for k, v in left.items() if not isinstance(v, Mapping) and not is_rows(v)}
                if plain:
                    lines += ["", f"[{_heading(here)}]", *lines_of(plain, here)]
            lines += _more(value, here, said)
    return lines


def _matched(old: Sequence[Any], new: Sequence[Any]) -> dict[int, int]:
    """Which new row stands for which old one: the same first, then in order; rows that have gone are left out."""
    pairs: dict[int, int] = {}
    free = list(range(len(new)))
    start = 0
    for number, row in enumerate(old):
        same = next((k for k in free if k >= start and _same(row, new[k])), None)
        if same is not None:
            pairs[number] = same
            free.remove(same)
            start = same + 1
    for number in range(len(old)):
        if number in pairs:
            continue
        low = max((pairs[k] for k in range(number) if k in pairs), default=-1)
        high = min((pairs[k] for k in range(number + 1, len(old)) if k in pairs), default=len(new))
        between = next((k for k in free if low < k < high), None)
        if between is not None:
            pairs[number] = between
            free.remove(between)
    return pairs


def _spelled(key: str, value: Any, remark: str) -> list[str]:
    if is_rows(value) and value:
        lines = [f"{key_text(key)} = [", *(f"  {value_text(row)}," for row in value), "]"]
    else:
        lines = [f"{key_text(key)} = []"] if is_rows(value) else entry_lines(key, value)
    return [*lines[:-1], f"{lines[-1]}  {remark}" if remark else lines[-1]]


def _remark(entry: Entry) -> str:
    """Comment after a value: what can be taken off the last line with the value staying the same."""
    last = entry.lines[-1]
    for place in (k for k, sign in enumerate(last) if sign == "#"):
        try:
            read = tomllib.loads("\n".join([*entry.lines[:-1], last[:place]]))
        except ValueError:
            continue
        if _same(read, {entry.key: entry.value}):
            return last[place:]
    return ""


def _head(text: str) -> list[str]:
    """Comments at the head of a file."""
    kept: list[str] = []
    for line in text.split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            break
        kept.append(line)
    return kept if any(line.strip() for line in kept) else []


def _at(node: Any, path: Sequence[str], otherwise: Any) -> Any:
    for key in path:
        if not isinstance(node, Mapping) or key not in node:
            return otherwise
        node = node[key]
    return node


def _below(path: Sequence[str], above: Sequence[str]) -> bool:
    return len(path) > len(above) and tuple(path[: len(above)]) == tuple(above)


def _has_below(said: set[tuple[str, ...]], path: tuple[str, ...]) -> bool:
    return any(_below(each, path) for each in said)


def _heading(path: Sequence[str]) -> str:
    return ".".join(map(key_text, path))


def _same(a: Any, b: Any) -> bool:
    """Equal, where a date may be written as text."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dt.date) != isinstance(b, dt.date):
        return str(a) == str(b)
    return a == b and isinstance(a, bool) == isinstance(b, bool)
