"""One outlet in two lists is found by name and place, and becomes one customer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from twin.intake.fold import fold, outlet_name
from twin.intake.identity import link
from twin.intake.linkage_merge import merge_groups

METRE = 1 / 111_320  # degrees of latitude


def side(key, rows):
    frame = pd.DataFrame(rows, columns=[key, "name", "lon", "lat"])
    return frame.astype({key: "str", "name": "str", "lon": float, "lat": float})


def decisions(customers, prospects, verdicts=None):
    links = link(side("customer_id", customers), side("prospect_id", prospects), verdicts)
    return {(row.prospect_id, row.customer_id): row.decision for row in links.itertuples()}


@pytest.mark.parametrize(
    ("written", "plain"),
    [("İĞNE ŞÇÖÜ", "igne scou"), ("ığdır", "igdir"), ("IĞDIR", "igdir"), ("Kâzım's  Büfe-2", "kazims bufe 2")],
)
def test_turkish_letters_fold_alike(written, plain):
    assert fold(written) == plain


@pytest.mark.parametrize(
    "written", ["ÇINAR ECZANESİ", "Çınar Ecz.", "cinar eczane", "Çınar Ecz. Ltd. Şti.", "Çınar Eczansi"]
)
def test_spellings_of_one_outlet_have_one_name(written):
    assert outlet_name(written) == "cinar"


def test_a_name_made_of_common_words_alone_is_kept():
    assert outlet_name("Market Ltd. Şti.") == "market ltd ltd"


def test_spellings_close_by_are_linked_and_others_are_not():
    customers = [("C1", "ÇINAR ECZANESİ", 29.0, 41.0), ("C2", "Yıldız Market", 29.0, 41.0), ("C3", "Deniz", 29.0, 41.0)]
    prospects = [
        ("P1", "Cinar Ecz.", 29.0, 41.0 + 200 * METRE),
        ("P2", "YILDIZ MRKT", 29.0, 41.0 + 5000 * METRE),  # too far
        ("P3", "Denizli", 29.0, 41.0),  # another word, alike enough to look at
        ("P4", "Kardelen", 29.0, 41.0),
    ]
    found = decisions(customers, prospects)
    assert found.pop(("P1", "C1")) == "linked"
    assert set(found.values()) <= {"review"}


def test_another_sort_of_outlet_or_another_number_is_never_linked():
    customers = [("C1", "Çınar Eczanesi", 29.0, 41.0), ("C2", "Anadolu Şube 12", 29.1, 41.0)]
    prospects = [("P1", "Çınar Market", 29.0, 41.0), ("P2", "Anadolu Şube 13", 29.1, 41.0)]
    assert decisions(customers, prospects) == {}


def test_a_chain_name_identifies_only_at_the_same_door():
    customers = [("C1", "Şok", 29.0, 41.0)]
    prospects = [("P1", "ŞOK", 29.0, 41.0 + 600 * METRE), ("P2", "Şok", 29.0, 41.0 + 50 * METRE)]
    assert decisions(customers, prospects) == {("P2", "C1"): "linked"}
    assert decisions(customers, prospects[:1]) == {("P1", "C1"): "linked"}
    assert decisions(customers, [prospects[0], ("P3", "Şok", 29.0, 41.0 + 900 * METRE)]) == {}


def test_each_outlet_is_linked_once_best_first():
    customers = [("C1", "Gül Pastanesi", 29.0, 41.0), ("C2", "Güll Pastanesi", 29.0, 41.0)]
    prospects = [("P1", "Gül Pastanesi", 29.0, 41.0), ("P2", "Güll Pastanesi", 29.0, 41.0)]
    assert decisions(customers, prospects) == {("P1", "C1"): "linked", ("P2", "C2"): "linked"}


def test_without_coordinates_the_brick_and_a_nearly_equal_name_decide():
    customers = pd.DataFrame({"customer_id": ["C1"], "name": ["Çınar Pastanesi"], "brick_id": ["B1"]}, dtype="str")
    prospects = pd.DataFrame({"prospect_id": ["P1", "P2"], "name": ["CINAR PASTANESİ", "Çınar Pastanesi"],
                              "brick_id": ["B1", "B2"]}, dtype="str")  # fmt: skip
    links = link(customers, prospects)
    assert links["prospect_id"].tolist() == []  # two outlets of the register bear the name: the brick is not enough
    links = link(customers, prospects.head(1))
    assert links[["prospect_id", "decision"]].values.tolist() == [["P1", "linked"]]


def test_a_persons_verdict_overrules():
    customers, prospects = [("C1", "Çınar", 29.0, 41.0)], [("P1", "Çınar", 29.0, 41.0), ("P2", "Bambaşka", 35.0, 40.0)]
    verdicts = pd.DataFrame({"prospect_id": ["P1", "P2"], "customer_id": ["C1", "C1"], "decision": ["apart", "linked"]})
    assert decisions(customers, prospects, verdicts.astype("str")) == {("P2", "C1"): "linked"}


def test_a_merged_outlet_keeps_our_values_and_takes_the_missing_ones():
    customers = side("customer_id", [("C1", "Çınar", 29.0, 41.0), ("C2", "Gül", np.nan, np.nan)])
    customers = customers.assign(size=[3.0, np.nan])
    prospects = side(
        "prospect_id", [("P1", "CINAR", 29.001, 41.0), ("P2", "Gül", 30.0, 40.0), ("P3", "Kar", 31.0, 40.0)]
    )
    prospects = prospects.assign(size=[9.0, 5.0, 1.0], kind=pd.array(["a", "b", "c"], dtype="str"),
                                 consent_email=[True, True, True])  # fmt: skip
    groups = pd.DataFrame({"list": ["customers", "customers", "prospects", "prospects"],
                           "id": ["C1", "C2", "P1", "P2"], "group": [0, 1, 0, 1], "keep": False})  # fmt: skip
    sales = pd.DataFrame({"customer_id": ["P1", "C2", None, "P3"], "volume": [1.0, 2, 3, 4]}).astype(
        {"customer_id": "str"}
    )
    merged = merge_groups({"customers": customers, "prospects": prospects, "market_sales": sales}, groups).tables
    ours = merged["customers"]
    assert ours["size"].tolist() == [3.0, 5.0]
    assert ours["kind"].tolist() == ["a", "b"]
    assert ours[["lon", "lat"]].values.tolist() == [[29.0, 41.0], [30.0, 40.0]]
    assert "consent_email" not in ours
    assert merged["prospects"]["prospect_id"].tolist() == ["P3"]
    assert merged["market_sales"]["customer_id"].fillna("-").tolist() == ["C1", "C2", "-", "P3"]


def test_planted_duplicates_are_found_and_strangers_left_alone():
    """1,500 outlets twice, misspelt and moved, among 1,500 strangers: one fixed draw, so no false alarms."""
    rng = np.random.default_rng(3)
    syllables = np.array("an ka ra bur sa iz mir mer te ko nya lu de niz ay yıl dız gü neş çi nar".split())  # noqa: SIM905

    def names(n):
        words = ["".join(rng.choice(syllables, 3)) for _ in range(2 * n)]
        return [f"{a} {b} Eczanesi" for a, b in zip(words[:n], words[n:], strict=True)]

    def misspelt(name):
        at = rng.integers(0, len(name) - 9)
        return (name[:at] + name[at + 1 :]).upper().replace("ECZANESI", "ECZ.")

    n = 1500
    places = np.column_stack([rng.uniform(28.9, 29.3, 3 * n), rng.uniform(40.9, 41.2, 3 * n)])
    ours = names(n) + names(n)
    customers = [(f"{i}", ours[i], *places[i]) for i in range(2 * n)]
    moved = places[:n] + rng.normal(0, 150 * METRE, (n, 2))
    prospects = [(f"P{i}", misspelt(ours[i]), *moved[i]) for i in range(n)]
    prospects += [(f"Q{i}", name, *places[2 * n + i]) for i, name in enumerate(names(n))]
    linked = [pair for pair, decision in decisions(customers, prospects).items() if decision == "linked"]
    right = sum(prospect == f"P{customer}" for prospect, customer in linked)
    assert right / len(linked) > 0.99
    assert right / n > 0.9
