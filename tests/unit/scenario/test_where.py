"""Conditions on customers: what they mean, and what is said when they mean nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.scenario.condition import (
    MAX_DEPTH,
    And,
    Comparison,
    Constant,
    Flag,
    Membership,
    Not,
    Or,
    parse,
)
from twin.scenario.tokens import ConditionError
from twin.scenario.where import customers, evaluate, faults, kind_of, names

N = 6
COLUMNS = {
    "outlet_type": np.array(["market", "kiosk", None, "pharmacy", "market", "Büfe"], dtype=object),
    "size_class": np.array([1.0, 2.0, np.nan, 4.0, 5.0, 3.0]),
    "chain": np.array([True, False, False, True, False, False]),
    "consent": np.array([True, None, False, True, np.nan, False], dtype=object),
    "territory": np.array(["T1", "T2", "T3", "T1", "T2", "T3"]),
    "günlük ciro": np.arange(6),
    "İl": np.array(["Iğdır", "İzmir", "Muş", "Şırnak", "Ağrı", "it's"], dtype=object),
}


def chosen(where):
    return customers(where, COLUMNS, N).nonzero()[0].tolist()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, [0, 1, 2, 3, 4, 5]),
        ("true", [0, 1, 2, 3, 4, 5]),
        ("false", []),
        ("outlet_type = 'market'", [0, 4]),
        ("outlet_type == 'market'", [0, 4]),
        ("'market' = outlet_type", [0, 4]),
        ("outlet_type != 'market'", [1, 3, 5]),
        ("outlet_type <> 'market'", [1, 3, 5]),
        ("outlet_type in ('market', 'Büfe')", [0, 4, 5]),
        ("outlet_type not in ('market', 'Büfe')", [1, 3]),
        ("size_class > 2", [3, 4, 5]),
        ("size_class >= 2", [1, 3, 4, 5]),
        ("size_class < 2.5", [0, 1]),
        ("size_class <= +2e0", [0, 1]),
        ("2 < size_class", [3, 4, 5]),
        ("3 >= size_class", [0, 1, 5]),
        ("4 <= size_class", [3, 4]),
        ("size_class != 2", [0, 3, 4, 5]),
        ("size_class in (1, 5)", [0, 4]),
        ("size_class > -.5", [0, 1, 3, 4, 5]),
        ("chain", [0, 3]),
        ("not chain", [1, 2, 4, 5]),
        ("chain = true", [0, 3]),
        ("chain != TRUE", [1, 2, 4, 5]),
        ("chain = 0", [1, 2, 4, 5]),
        ("consent", [0, 3]),
        ("consent = false", [2, 5]),
        ("territory in ('T1')", [0, 3]),
        ("`günlük ciro` >= 4", [4, 5]),
        ('"günlük ciro" >= 4', [4, 5]),
        ("İl = 'Iğdır' or İl = 'it''s'", [0, 5]),
        ("chain AND size_class > 2", [3]),
    ],
)
def test_a_condition_holds_for(where, expected):
    assert chosen(where) == expected


@pytest.mark.parametrize("odd", ["", "Ş", "it's", "K1"])
def test_a_long_list_means_what_its_names_mean_one_by_one(odd):
    ids = np.array([*(f"K{number}" for number in range(40)), "Ş", "it's", ""])
    wanted = [odd, *(f"K{number}" for number in range(0, 60, 3))]
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in wanted)
    inside = customers(f"id in ({quoted})", {"id": ids}, len(ids))
    assert inside.tolist() == [name in wanted for name in ids.tolist()]
    assert (customers(f"id not in ({quoted})", {"id": ids}, len(ids)) == ~inside).all()


def test_a_missing_value_makes_a_comparison_false_and_not_turns_the_whole_round():
    assert 2 not in chosen("size_class >= 3")
    assert 2 not in chosen("size_class != 3")
    assert 2 not in chosen("outlet_type not in ('kiosk')")
    assert 2 in chosen("not (size_class >= 3)")


def test_and_binds_closer_than_or_and_not_closer_than_and():
    assert chosen("chain or size_class = 5 and false") == chosen("chain or (size_class = 5 and false)") == [0, 3]
    assert chosen("(chain or size_class = 5) and false") == []
    assert chosen("not chain and size_class = 5") == [4]
    assert chosen("not (chain and size_class = 5)") == [0, 1, 2, 3, 4, 5]


def test_the_tree_is_plain():
    tree = parse("a and (not b or \"c d\" <> 'x') and 2 > e and f not in (1, true)")
    assert tree == And(
        (
            Flag("a"),
            Or((Not(Flag("b")), Comparison("c d", "!=", "x"))),
            Comparison("e", "<", 2.0),
            Membership("f", (1.0, True), negated=True),
        )
    )
    assert names(tree) == {"a", "b", "c d", "e", "f"}
    assert parse("True") == Constant(True)


@pytest.mark.parametrize(
    ("where", "position", "cure"),
    [
        ("size_class >", 13, "Write a number"),
        ("size_class > 0,6", 15, "point"),
        ("outlet_type = market", 15, "'market'"),
        ('outlet_type = "market"', 15, "'market'"),
        ("outlet_type = ‘market’", 15, "straight single quotes"),
        ("outlet_type = 'market", 15, "Close the text"),
        ("1 < size_class < 3", 16, "join with and"),
        ("(chain", 7, "Close every parenthesis"),
        ("chain)", 6, "too many"),
        ("chain && size_class", 7, "and"),
        ("chain || size_class", 7, "or"),
        ("!chain", 1, "not"),
        ("size_class between 1 and 2", 12, "Join tests"),
        ("size_class in 1", 15, "in ('a', 'b')"),
        ("size_class in ()", 16, "Write a number"),
        ("size_class in (1", 17, "in ('a', 'b')"),
        ("chain not true", 11, "not in"),
        ("size_class > 5abc", 14, ""),
        ("size_class > 1e999", 14, "smaller"),
        ("3", 2, "column"),
        ("and chain", 1, "column"),
        ("__import__('os').system('x')", 17, ""),
        ("__import__('os')", 11, ""),
        ("chain; chain", 6, ""),
    ],
)
def test_bad_syntax_is_named_with_its_position(where, position, cure):
    with pytest.raises(ConditionError) as caught:
        parse(where)
    assert caught.value.found.endswith(f"at position {position}")
    assert cure in caught.value.cure


@pytest.mark.parametrize(
    ("where", "found", "cure"),
    [
        ("outlet_typ = 'x'", "'outlet_typ'", "'outlet_type'"),
        ("OUTLET_TYPE = 'x'", "'OUTLET_TYPE'", "'outlet_type'"),
        ("outlet_type < 'm'", "<", "in (...)"),
        ("chain > 0", ">", "not chain"),
        ("outlet_type = 3", "3", "'3'"),
        ("size_class = '3'", "'3'", "without quotes"),
        ("size_class = true", "true", "number"),
        ("chain = 'yes'", "'yes'", "not chain"),
        ("size_class in (1, 'a')", "'a'", "without quotes"),
        ("outlet_type", "outlet_type, which is a category, alone", "= '...'"),
        ("not size_class", "size_class, which is a number, alone", "> 0"),
    ],
)
def test_a_condition_that_does_not_suit_its_column_has_a_clear_cure(where, found, cure):
    with pytest.raises(ConditionError) as caught:
        customers(where, COLUMNS, N)
    assert caught.value.found == found
    assert cure in caught.value.cure


def test_every_unsuited_test_is_found_once():
    kinds = {name: kind_of(column) for name, column in COLUMNS.items()}
    found = faults(parse("nothing = 1 or nothing = 1 or chain > 1 or size_class > 1"), kinds)
    assert len(found) == 2


def test_depth_and_length_are_limited():
    assert chosen("not " * (MAX_DEPTH - 2) + "chain") == [0, 3]
    for text in ("not " * MAX_DEPTH + "chain", "(" * MAX_DEPTH + "chain" + ")" * MAX_DEPTH, "x" * 2001, "", "  "):
        with pytest.raises(ConditionError):
            parse(text)
    many = " or ".join(["chain"] * 200)
    assert chosen(many) == [0, 3]


def test_a_column_of_another_length_is_a_programming_fault():
    with pytest.raises(ValueError, match="expected 7 customers"):
        evaluate(parse("chain"), COLUMNS, 7)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*"ab ()=<>!'\",.01&", "and ", "or ", "not ", "in ", "true"]), max_size=25).map("".join)
)
def test_any_text_is_either_a_condition_or_an_answer(text):
    columns = {"a": np.array([1.0, np.nan]), "b": np.array([True, False])}
    try:
        mask = customers(text, columns, 2)
    except ConditionError as error:
        assert error.expected
        assert error.found
        assert error.cure
    else:
        assert mask.shape == (2,)
        assert mask.dtype == bool


TREES = st.recursive(
    st.sampled_from(["chain", "size_class > 2", "outlet_type = 'market'", "true"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda part: f"({' '.join(part)})")
        | inner.map(lambda part: f"not {part}")
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TREES, TREES)
def test_conditions_obey_de_morgan(one, other):
    assert chosen(f"not ({one} and {other})") == chosen(f"not ({one}) or not ({other})")
