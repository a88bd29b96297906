"""Tokens: the words, values and signs of a condition.

Knows no order among them, see :mod:`twin.scenario.condition`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from twin.errors import Problem, TwinError


class ConditionError(TwinError):
    """A condition that cannot be read, or does not suit the columns.

    Parameters
    ----------
    expected, found, cure : str
        As in :class:`twin.errors.Problem`.
    """

    def __init__(self, expected: str, found: str, cure: str) -> None:
        self.expected, self.found, self.cure = expected, found, cure
        super().__init__(f"expected {expected}, found {found}. {cure}")

    def problem(self, file: str, where: str) -> Problem:
        """The same fault at its place in a file."""
        return Problem(file, where, self.expected, self.found, self.cure)


@dataclass(frozen=True)
class Token:
    """One word, value or sign and its position, counted from 1."""

    kind: str
    """``word``, ``column`` (quoted), ``text``, ``number``, ``sign`` or ``end``."""
    text: str
    position: int


_TOKENS = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!\w))
    |(?P<text>'(?:[^']|'')*')
    |(?P<column>"[^"]+"|`[^`]+`)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign><=|>=|<>|!=|==|=|<|>|\(|\)|,)""",
    re.VERBOSE,
)
_KEYWORDS = ("and", "or", "not", "in", "true", "false")
_HINTS = {
    "'": "Close the text with a single quote; a quote inside a text is written twice.",
    '"': "Close the column name with a double quote; texts stand in single quotes.",
    "`": "Close the column name with a backtick.",
    "&": "Write and.",
    "|": "Write or.",
    "!": "Write not, or != for unequal.",
    "%": "Write a share as 0.3, not 30 %.",
    **dict.fromkeys("‘’“”«»", "Put texts in straight single quotes: 'market'."),
}


def tokens(text: str) -> list[Token]:
    """Words of a condition, the end last."""
    found, place = [], 0
    while place < len(text):
        match = _TOKENS.match(text, place)
        if match is None:
            sign = text[place]
            hint = _HINTS.get(sign, "Take it out; a column name with odd letters stands in double quotes or backticks.")
            raise ConditionError("a condition", f"{sign!r} at position {place + 1}", hint)
        kind, token = str(match.lastgroup), match.group()
        if kind == "word" and token.lower() in _KEYWORDS:
            kind, token = "sign", token.lower()
        if kind != "space":
            found.append(Token(kind, token, place + 1))
        place = match.end()
    return [*found, Token("end", "the end", len(text) + 1)]
