"""Descriptions of customers."""

import numpy as np

from twin.potential.features import Features, category_codes


def column(*values):
    return np.array(values, dtype=object)


def test_frequent_categories_get_a_code_and_rare_ones_share_one():
    codes = category_codes(column("a", "b", "a", "b", "a", "b", "x", "y", None, np.nan))
    assert codes[:8].tolist() == [0, 1, 0, 1, 0, 1, 2, 2]
    assert np.isnan(codes[8:]).all()


def test_codes_do_not_depend_on_the_order_of_customers():
    values = column(*("kiosk" if i % 3 else "market" for i in range(30)))
    assert np.array_equal(category_codes(values)[::-1], category_codes(values[::-1]))


def test_a_column_that_names_everybody_or_nobody_tells_nothing():
    assert category_codes(column(*(f"street {i}" for i in range(20)))) is None
    assert category_codes(column(*["same"] * 20)) is None
    assert category_codes(column(*[None] * 20)) is None


def test_a_missing_number_counts_as_the_mean_in_a_linear_model():
    values = np.array([[1.0, 0.0], [3.0, 1.0], [np.nan, np.nan]])
    table = Features(("x", "kind"), values, np.array([False, True])).dummies()
    assert table.tolist() == [[-1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
