"""Spelling: a plain document as TOML text. Knows what TOML looks like, not what a scenario is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any


def lines_of(document: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    """Lines of a table and of all below it; ``path`` is where it stands."""
    plain, below = [], []
    for name, value in document.items():
        here = (*path, name)
        heading = ".".join(map(key_text, here))
        if isinstance(value, Mapping):
            below += ["", f"[{heading}]", *lines_of(value, here)]
        elif is_rows(value) and name != "steps":
            for row in value:
                below += ["", f"[[{heading}]]", *lines_of(row, here)]
        elif is_rows(value):
            plain += [f"{key_text(name)} = [", *(f"  {value_text(row)}," for row in value), "]"]
        else:
            plain += entry_lines(name, value)
    return plain + below


def entry_lines(name: str, value: object) -> list[str]:
    """A key with its value; a text of several lines stays one."""
    if isinstance(value, str) and "\n" in value and all(ord(sign) >= 32 or sign in "\n\t" for sign in value):
        body = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        body = body[:-1] + '\\"' if body.endswith('"') else body
        return [f'{key_text(name)} = """', *f'{body}"""'.split("\n")]
    return [f"{key_text(name)} = {value_text(value)}"]


def is_rows(value: object) -> bool:
    """Whether a value is a list of tables."""
    return isinstance(value, list | tuple) and all(isinstance(row, Mapping) for row in value)


def key_text(name: str) -> str:
    """A key, quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def value_text(value: object) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_text(name)} = {value_text(each)}" for name, each in value.items()) + "}"
    raise ValueError(f"expected a value that TOML knows, got {type(value).__name__}")


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def _quoted(text: str) -> str:
    signs = (
        _ESCAPES.get(sign) or (f"\\u{ord(sign):04X}" if ord(sign) < 32 or ord(sign) == 127 else sign) for sign in text
    )
    return '"' + "".join(signs) + '"'
