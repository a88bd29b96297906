"""Conditions on customers: the words of ``where``, read into a tree.

A condition is text of a scenario file and is never run as code. Knows no customer, see :mod:`twin.scenario.where`.

::

    or    :  and {"or" and}
    and   :  not {"and" not}
    not   :  "not" not | "(" or ")" | test
    test  :  "true" | "false" | column | column compare value | value compare column
          |  column ["not"] "in" "(" value {"," value} ")"
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

from twin.scenario.tokens import ConditionError, Token, tokens

MAX_LENGTH = 2000
MAX_DEPTH = 50
ORDERINGS = ("<", "<=", ">", ">=")

Value = float | str | bool


@dataclass(frozen=True)
class Constant:
    """Everybody, or nobody."""

    value: bool


@dataclass(frozen=True)
class Flag:
    """A flag column that is set."""

    column: str


@dataclass(frozen=True)
class Comparison:
    """A column against a value; ``op`` is one of ``= != < <= > >=``."""

    column: str
    op: str
    value: Value


@dataclass(frozen=True)
class Membership:
    """A column against a list of values."""

    column: str
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True)
class Not:
    """The opposite."""

    item: Condition


@dataclass(frozen=True)
class And:
    """All of several."""

    items: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """Any of several."""

    items: tuple[Condition, ...]


Condition = Constant | Flag | Comparison | Membership | Not | And | Or


_SAME = {"==": "=", "<>": "!="}
_MIRROR = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class _Parser:
    """Recursive descent over the tokens of one condition; lives for one call of :func:`parse`."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += token.kind != "end"
        return token

    def meets(self, *signs: str) -> bool:
        return self.next.kind == "sign" and self.next.text in signs

    def fault(self, expected: str, cure: str) -> ConditionError:
        found = self.next.text if self.next.kind == "end" else repr(self.next.text)
        return ConditionError(expected, f"{found} at position {self.next.position}", cure)

    def whole(self) -> Condition:
        tree = self.any_of()
        if self.next.kind != "end":
            raise self.fault("and, or, or the end", _after_test(self.next))
        return tree

    def any_of(self) -> Condition:
        items = [self.all_of()]
        while self.meets("or"):
            self.take()
            items.append(self.all_of())
        return items[0] if len(items) == 1 else Or(tuple(items))

    def all_of(self) -> Condition:
        items = [self.negation()]
        while self.meets("and"):
            self.take()
            items.append(self.negation())
        return items[0] if len(items) == 1 else And(tuple(items))

    def negation(self) -> Condition:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fault(
                f"at most {MAX_DEPTH} levels of parentheses and not", "Write it flatter, for example with in (...)."
            )
        if self.meets("not"):
            self.take()
            tree: Condition = Not(self.negation())
        elif self.meets("("):
            self.take()
            tree = self.any_of()
            if not self.meets(")"):
                raise self.fault("a closing parenthesis", _after_test(self.next))
            self.take()
        else:
            tree = self.test()
        self.depth -= 1
        return tree

    def test(self) -> Condition:
        if self.next.kind in ("text", "number") or self.meets("true", "false"):
            return self.value_first()
        column = self.column()
        if self.meets("in", "not"):
            return self.membership(column)
        if not self.meets(*_MIRROR, *_SAME):
            return Flag(column)
        sign = self.take().text
        return Comparison(column, _SAME.get(sign, sign), self.value())

    def value_first(self) -> Condition:
        value = self.value()
        if not self.meets(*_MIRROR, *_SAME):
            if isinstance(value, bool):
                return Constant(value)
            raise self.fault("a comparison", "Compare the value with a column, for example size_class >= 3.")
        sign = self.take().text
        return Comparison(self.column(), _MIRROR[_SAME.get(sign, sign)], value)

    def column(self) -> str:
        if self.next.kind == "word":
            return self.take().text
        if self.next.kind == "column":
            return self.take().text[1:-1]
        raise self.fault("a column name", "Name a customer column, for example outlet_type = 'market'.")

    def value(self) -> Value:
        token = self.next
        if token.kind == "text":
            return self.take().text[1:-1].replace("''", "'")
        if token.kind == "number":
            number = float(token.text)
            if not math.isfinite(number):
                raise self.fault("a finite number", "Write a smaller number.")
            self.take()
            return number
        if self.meets("true", "false"):
            return self.take().text == "true"
        if token.kind in ("word", "column"):
            bare = token.text.strip('"`')
            raise self.fault("a value", f"A column is compared with a value; put texts in single quotes: '{bare}'.")
        raise self.fault("a value", "Write a number, a text in single quotes, true or false.")

    def membership(self, column: str) -> Condition:
        negated = self.meets("not")
        if negated:
            self.take()
        if not self.meets("in"):
            raise self.fault("in", "Write column not in ('a', 'b').")
        self.take()
        if not self.meets("("):
            raise self.fault("an opening parenthesis", "Write column in ('a', 'b').")
        self.take()
        values = [self.value()]
        while self.meets(","):
            self.take()
            values.append(self.value())
        if not self.meets(")"):
            raise self.fault("a comma or a closing parenthesis", "Write column in ('a', 'b').")
        self.take()
        return Membership(column, tuple(values), negated)


def _after_test(token: Token) -> str:
    if token.text == ",":
        return "Write decimals with a point: 0.6."
    if token.kind == "sign" and token.text in (*_MIRROR, *_SAME):
        return "Compare once and join with and: 0.2 < x and x < 0.6."
    if token.kind == "sign" and token.text == ")":
        return "There is one closing parenthesis too many."
    if token.kind == "end":
        return "Close every parenthesis that was opened."
    return "Join tests with and or or; a column name of several words stands in double quotes."


def parse(text: str) -> Condition:
    """Read one condition.

    Parameters
    ----------
    text : str
        At most :data:`MAX_LENGTH` letters.

    Raises
    ------
    ConditionError
        With the position, counted from 1, of what cannot be understood.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"at most {MAX_LENGTH} letters", f"{len(text)}", "Shorten it, for example with in (...).")
    # a letter with its mark apart and the same letter in one piece look alike and must be alike
    text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise ConditionError("a condition", "an empty text", "Leave the key out where every customer is meant.")
    return _Parser(text).whole()
