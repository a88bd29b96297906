"""Who is who over all lists: learned probabilities, proofs, contradictions, and what a person says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from disguised_lists import lists

from twin.intake.identity import identify, links_of, pair_id
from twin.intake.linkage import find_pairs
from twin.intake.linkage_blocks import candidate_pairs
from twin.intake.linkage_merge import merge_groups
from twin.intake.linkage_model import fit
from twin.intake.linkage_records import records_of, telling_columns

METRE = 1 / 111_320


def outlets(key, *rows):
    """A list of outlets: id, name, place in metres from a corner, and whatever else."""
    frame = pd.DataFrame(
        [{key: row[0], "name": row[1], "lon": 29.0, "lat": 41.0 + row[2] * METRE, **row[3]} for row in rows]
    )
    texts = [name for name in frame if name not in ("lon", "lat") and frame[name].dtype == object]
    return frame.astype(dict.fromkeys(texts, "str"))


def said(*words):
    return pd.DataFrame([{"list_a": "customers", "id_a": a, "list_b": "customers" if b[0] == "C" else "prospects",
                          "id_b": b, "decision": word, "keep": keep} for a, b, word, keep in words])  # fmt: skip


@pytest.fixture(scope="module")
def disguised():
    """3,000 rows, a tenth of them second writings in disguise."""
    made = lists(3_000, seed=5)
    records = records_of(made.tables)
    return made, records, find_pairs(records, made.tables), identify(made.tables)


def test_disguised_repetitions_are_found(disguised):
    """A fixed draw, so no false alarms; tests/bench/linkage_quality.py measures larger ones."""
    made, records, pairs, _ = disguised
    truth = made.true_pairs()
    sure = pairs.probability > 0.5
    found = {tuple(sorted(pair)) for pair in zip(records.ids[pairs.i[sure]], records.ids[pairs.j[sure]], strict=True)}
    assert len(found & truth) / len(found) >= 0.98
    assert len(found & truth) / len(truth) >= 0.90


def test_probabilities_keep_their_word(disguised):
    """Of the pairs said nine in ten or better, nine in ten are right."""
    made, records, pairs, _ = disguised
    truth = made.true_pairs()
    sure = pairs.probability >= 0.9
    right = [tuple(sorted(pair)) in truth
             for pair in zip(records.ids[pairs.i[sure]], records.ids[pairs.j[sure]], strict=True)]  # fmt: skip
    assert len(right) > 200
    assert np.mean(right) >= 0.97


def test_between_lists_each_outlet_is_linked_once(disguised):
    links = links_of(disguised[3])
    linked = links[links["decision"] == "linked"]
    assert linked["customer_id"].is_unique and linked["prospect_id"].is_unique


def test_within_a_list_nothing_is_merged_without_a_number_that_proves_it(disguised):
    pairs = disguised[3].pairs
    merged = pairs[(pairs["list_a"] == pairs["list_b"]) & (pairs["decision"] == "linked")]
    proof = merged["reasons"].str.contains('"(?:phone|tax number|email)", "agreement": "equal"')
    assert len(merged) > 20
    assert proof.all()


def test_the_order_of_rows_changes_nothing(disguised):
    made, _, _, found = disguised
    turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in made.tables.items()}
    key = ["id", "decision"]
    again = identify(turned).pairs[key].sort_values("id", ignore_index=True)
    pd.testing.assert_frame_equal(again, found.pairs[key].sort_values("id", ignore_index=True))


def test_two_tax_numbers_are_never_one_outlet():
    customers = outlets(
        "customer_id", ("C1", "Çınar Eczanesi", 0, {"tax_number": "1234567890", "telefon": "02121234567"})
    )
    prospects = outlets(
        "prospect_id", ("P1", "Çınar Eczanesi", 0, {"tax_number": "1234567891", "telefon": "02121234567"})
    )
    found = identify({"customers": customers, "prospects": prospects})
    assert not len(found.pairs)
    forced = identify({"customers": customers, "prospects": prospects}, said(("C1", "P1", "merge", "")))
    assert forced.refused and not len(forced.groups)


def test_columns_that_tell_are_found_in_two_languages():
    frame = pd.DataFrame({"customer_id": ["1"], "Telefon No": ["0212"], "VKN": ["1"], "Adres": ["x"],
                          "E-Posta": ["a@b"],
                          "phone_calls": [3], "consent_phone": [True], "office": ["3"]})  # fmt: skip
    assert telling_columns(frame) == {
        "phone": ["Telefon No"],
        "tax": ["VKN"],
        "address": ["Adres"],
        "email": ["E-Posta"],
    }


def test_three_customers_need_no_training():
    one = outlets("customer_id", ("C1", "Gül", 0, {}), ("C2", "Lale", 10, {}), ("C3", "GUL", 30, {}))
    found = identify({"customers": one})
    assert not found.learned
    assert found.pairs[["id_a", "id_b", "decision"]].values.tolist() == [["C1", "C3", "review"]]


def test_lists_without_a_single_name_or_pair_are_no_trouble():
    frame = pd.DataFrame({"customer_id": [f"C{k}" for k in range(400)]}, dtype="str")
    assert not len(identify({"customers": frame}).pairs)


def test_a_pairs_name_does_not_depend_on_who_is_named_first():
    assert pair_id("customers", "C1", "prospects", "P1") == pair_id("prospects", "P1", "customers", "C1")


def test_a_persons_merge_is_honoured_and_keeps_the_id_that_was_asked_for():
    tables = {"customers": outlets("customer_id", ("C1", "Gül", 0, {}), ("C2", "Bambaşka", 90_000, {})),
              "sales": pd.DataFrame({"customer_id": ["C1", "C1", "C2"], "volume": [1.0, 2.0, 4.0]})}  # fmt: skip
    tables["sales"] = tables["sales"].astype({"customer_id": "str"})
    found = identify(tables, said(("C1", "C2", "merge", "C2")))
    merged = merge_groups(tables, found.groups)
    assert merged.tables["customers"]["customer_id"].tolist() == ["C2"]
    assert merged.tables["sales"].groupby("customer_id")["volume"].sum().to_dict() == {"C2": 7.0}
    assert merged.aliases.values.tolist() == [["customers", "C1", "C2"]]
    # nobody asked: the one with more sales stands
    found = identify(tables, said(("C1", "C2", "merge", "")))
    assert merge_groups(tables, found.groups).tables["customers"]["customer_id"].tolist() == ["C1"]


def test_a_single_view_takes_the_strictest_consent_and_the_longest_acquaintance():
    rows = pd.DataFrame({
        "customer_id": ["C1", "C2"], "status": ["lapsed", "active"],
        "consent_email": pd.array([True, False], "boolean"),
        "consent_sms": pd.array([None, True], "boolean"), "known_since": pd.to_datetime(["2020-01-01", "2022-01-01"]),
        "left_on": pd.to_datetime(["2023-01-01", None]),
    }).astype({"customer_id": "str", "status": "str"})  # fmt: skip
    found = identify({"customers": rows}, said(("C1", "C2", "merge", "")))
    one = merge_groups({"customers": rows}, found.groups).tables["customers"]
    assert one["customer_id"].tolist() == ["C2"]
    assert not one["consent_email"].iloc[0] and one["consent_sms"].iloc[0]
    assert one["known_since"].iloc[0] == pd.Timestamp("2020-01-01")
    assert one["status"].tolist() == ["active"] and one["left_on"].isna().all()


def test_a_person_keeps_apart_what_looks_alike():
    tables = {"customers": outlets("customer_id", ("C1", "Gül Büfe", 0, {})),
              "prospects": outlets("prospect_id", ("P1", "Gül Büfe", 0, {}))}  # fmt: skip
    assert links_of(identify(tables))["decision"].tolist() == ["linked"]
    apart = identify(tables, said(("C1", "P1", "keep-apart", "")))
    assert apart.pairs["decision"].tolist() == ["apart"] and not len(apart.groups)


def test_no_pair_is_offered_twice_and_none_with_itself(disguised):
    i, j = candidate_pairs(disguised[1])
    assert (i < j).all()
    assert len(np.unique(i * len(disguised[1]) + j)) == len(i)


def test_the_model_finds_planted_shares_of_agreement():
    """20,000 pairs of which 600 are one outlet, two fields: one fixed draw."""
    dice = np.random.default_rng(4)
    n, same = 20_000, np.arange(20_000) < 600
    m, u = np.array([0.7, 0.2, 0.1]), np.array([0.001, 0.02, 0.979])
    levels = np.stack([np.where(same, dice.choice(3, n, p=m), dice.choice(3, n, p=u)) for _ in range(3)], axis=1)
    counts = [np.bincount(levels[:, k], minlength=3).astype(float) for k in range(3)]
    model = fit(levels.astype(np.int8), np.ones(n, dtype=np.int8), np.zeros(n, dtype=bool),
                [np.array([0.5, 0.3, 0.2])] * 3, [np.array([1e-6, 1e-6, 0.1])] * 3,
                np.array([1.0, n]), counts)  # fmt: skip
    assert model.n_expected == pytest.approx(600, rel=0.05)
    assert model.m[0] == pytest.approx(m, abs=0.08)
    p = model.probability(levels.astype(np.int8), np.ones(n, dtype=np.int8))
    assert p[same].mean() > 0.9 and p[~same].mean() < 0.01
