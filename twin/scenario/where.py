"""Where: which customers a condition holds for.

A missing value makes a comparison false, ``!=`` and ``not in`` included; ``not`` turns the whole round, so that a
missing value then counts. Texts are compared letter by letter. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.scenario.condition import (
    ORDERINGS,
    And,
    Comparison,
    Condition,
    Constant,
    Flag,
    Membership,
    Not,
    Or,
    Value,
    parse,
)
from twin.scenario.tokens import ConditionError
from twin.scenario.words import meant

NUMBER, CATEGORY, FLAG = "number", "category", "flag"

_SHORT = 8
_OPERATIONS: dict[str, Callable] = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def names(condition: Condition) -> set[str]:
    """Columns that a condition speaks of."""
    return {test.column for test in each_test(condition)}


def each_test(condition: Condition) -> Iterator[Flag | Comparison | Membership]:
    """Every test of a condition, from left to right."""
    if isinstance(condition, And | Or):
        for item in condition.items:
            yield from each_test(item)
    elif isinstance(condition, Not):
        yield from each_test(condition.item)
    elif not isinstance(condition, Constant):
        yield condition


def values(test: Flag | Comparison | Membership) -> tuple[Value, ...]:
    """What a test compares its column with; empty for a bare flag."""
    if isinstance(test, Membership):
        return test.values
    return (test.value,) if isinstance(test, Comparison) else ()


def kind_of(column: NDArray) -> str:
    """Whether a column holds numbers, categories or flags: ``number``, ``category`` or ``flag``."""
    column = np.asarray(column)
    if column.dtype.kind in "biuf":
        return FLAG if column.dtype.kind == "b" else NUMBER
    if column.dtype.kind != "O":
        return CATEGORY
    types = set(map(type, column[~_missing(column)].tolist()))
    if types and all(issubclass(each, bool | np.bool_) for each in types):
        return FLAG
    if types and all(issubclass(each, int | float | np.number) and not issubclass(each, bool) for each in types):
        return NUMBER
    return CATEGORY


def faults(condition: Condition, kinds: Mapping[str, str]) -> list[ConditionError]:
    """Everything in a condition that does not suit the columns.

    Parameters
    ----------
    condition : Condition
    kinds : mapping of str to str
        ``number``, ``category`` or ``flag`` by column.
    """
    found: list[ConditionError] = []
    for test in each_test(condition):
        fault = _unsuited(test, kinds)
        if fault is not None and str(fault) not in map(str, found):
            found.append(fault)
    return found


def _unsuited(test: Flag | Comparison | Membership, kinds: Mapping[str, str]) -> ConditionError | None:
    name = test.column
    if name not in kinds:
        return ConditionError("a customer column", repr(name), meant(name, kinds, "Known columns"))
    kind = kinds[name]
    if isinstance(test, Flag):
        if kind == FLAG:
            return None
        cure = f"Write {name} > 0." if kind == NUMBER else f"Write {name} = '...'."
        return ConditionError("a flag", f"{name}, which is a {kind}, alone", cure)
    if isinstance(test, Comparison) and test.op in ORDERINGS and kind != NUMBER:
        cure = f"Use = or !=, or {name} in (...)." if kind == CATEGORY else f"Write {name} or not {name}."
        return ConditionError(f"= or != for the {kind} {name}", test.op, cure)
    for value in values(test):
        if not _suits(value, kind):
            return ConditionError(f"{_WANTED[kind]} for the {kind} {name}", _shown(value), _cure(name, kind, value))
    return None


_WANTED = {NUMBER: "a number", CATEGORY: "a text in single quotes", FLAG: "true or false"}


def _suits(value: Value, kind: str) -> bool:
    if kind == CATEGORY:
        return isinstance(value, str)
    if kind == NUMBER:
        return isinstance(value, float)
    return value in (0.0, 1.0)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else f"'{value}'"


def _cure(name: str, kind: str, value: Value) -> str:
    if kind == CATEGORY:
        return f"Put it in single quotes: '{_shown(value)}'."
    if kind == FLAG:
        return f"Write {name} or not {name}."
    return "Write the number without quotes." if isinstance(value, str) else f"Compare with a number: {name} > 0."


def evaluate(condition: Condition, columns: Mapping[str, NDArray], n: int) -> NDArray[np.bool_]:
    """Customers for whom a condition holds.

    Parameters
    ----------
    condition : Condition
    columns : mapping of str to (c,) arrays
        Numbers, bools, or objects (categories); missing is ``nan`` or ``None``.
    n : int
        Number of customers.

    Returns
    -------
    (c,) bool

    Raises
    ------
    ConditionError
        A column is unknown or of another kind than its value.
    """
    used = {name: np.asarray(columns[name]) for name in names(condition) if name in columns}
    for name, column in used.items():
        if column.shape != (n,):
            raise ValueError(f"{name}: expected {n} customers, got shape {column.shape}")
    # every column's name is known to the message, only those that are used are looked into
    kinds = dict.fromkeys(columns, CATEGORY) | {name: kind_of(column) for name, column in used.items()}
    unsuited = faults(condition, kinds)
    if unsuited:
        raise unsuited[0]
    return _holds(condition, used, kinds, n)


def customers(where: str | None, columns: Mapping[str, NDArray], n: int) -> NDArray[np.bool_]:
    """Customers for whom the ``where`` of a scenario holds, everybody when there is none: (c,) bool."""
    return np.ones(n, dtype=bool) if where is None else evaluate(parse(where), columns, n)


def _holds(condition: Condition, columns: Mapping[str, NDArray], kinds: Mapping[str, str], n: int) -> NDArray[np.bool_]:
    if isinstance(condition, Constant):
        return np.full(n, condition.value)
    if isinstance(condition, Not):
        return ~_holds(condition.item, columns, kinds, n)
    if isinstance(condition, And | Or):
        joined = np.logical_and if isinstance(condition, And) else np.logical_or
        return joined.reduce([_holds(item, columns, kinds, n) for item in condition.items])
    column, kind = columns[condition.column], kinds[condition.column]
    present = ~_missing(column)
    if kind == CATEGORY:
        # a category may come as a number in an object column; what the person sees is its text
        plain = column.astype(object) if column.dtype.kind != "U" else column
    else:
        plain = np.where(present, column, 0).astype(float)
    if isinstance(condition, Flag):
        return present & (plain != 0)
    if isinstance(condition, Comparison):
        return present & _OPERATIONS[condition.op](plain, condition.value).astype(bool)
    return present & (_among(plain, condition.values) ^ condition.negated)


def _among(column: NDArray, values: Sequence[Value]) -> NDArray[np.bool_]:
    """Which entries are one of the values: (c,) bool. Long lists, such as of customers, are looked up in order."""
    if column.dtype.kind == "U" and len(values) > _SHORT:
        names = np.unique(np.array(values, dtype=str))
        return names[np.minimum(np.searchsorted(names, column), len(names) - 1)] == column
    return np.logical_or.reduce([(column == value).astype(bool) for value in values])


def _missing(column: NDArray) -> NDArray[np.bool_]:
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind == "O":
        return np.equal(column, None).astype(bool) | np.not_equal(column, column).astype(bool)
    return np.zeros(column.shape, dtype=bool)
