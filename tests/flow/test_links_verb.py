"""twin links: a person's word on a pair works at the next ingest, can be taken back, and never contradicts another."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from walking import SAMPLE, marks, twin

WHY = ("--why", "seen on the spot", "--who", "Ayşe")


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, ingested."""
    workspace = tmp_path_factory.mktemp("links") / "workspace"
    assert twin("ingest", SAMPLE, "-w", workspace, "--json").status == 0
    return workspace


@pytest.fixture
def workspace(taken_in: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(taken_in, tmp_path / "workspace"))


def links(workspace: Path, *words: object) -> dict:
    return twin("links", *words, "-w", workspace, "--json").json


def test_every_pair_has_a_name_a_probability_and_its_reasons(workspace: Path) -> None:
    pairs = links(workspace, "--all")["pairs"]
    assert {row["decision"] for row in pairs} == {"linked", "review"}
    assert len({row["id"] for row in pairs}) == len(pairs)
    assert all(0 < row["probability"] <= 1 and row["reasons"] for row in pairs)


def test_keeping_apart_works_at_the_next_ingest_and_undo_brings_it_back(workspace: Path) -> None:
    before = twin("export", "potential", "-w", workspace, "--out", workspace / "x.csv")
    assert before.status == 1  # nothing is calibrated: a merge is a matter of the data alone
    pair = next(row for row in links(workspace, "--all")["pairs"] if row["decision"] == "linked")
    assert links(workspace, "keep-apart", pair["id"], *WHY)["pending"] == 1
    first = twin("ingest", SAMPLE, "-w", workspace, "--json").json
    again = next(row for row in links(workspace)["pairs"] if row["id"] == pair["id"])
    assert (again["decision"], again["said"], again["said_who"]) == ("apart", "keep-apart", "Ayşe")
    assert links(workspace)["pending"] == 0
    assert links(workspace, "undo", pair["id"], *WHY)["pending"] == 1
    second = twin("ingest", SAMPLE, "-w", workspace, "--json").json
    assert second["links"] == first["links"] + 1
    history = links(workspace)["history"]
    assert [row["action"] for row in history] == ["keep-apart", "undo"]


def test_a_merge_of_two_customers_moves_their_sales_and_leaves_one(workspace: Path) -> None:
    with (SAMPLE / "customers.csv").open(encoding="utf-8") as file:
        one, other = [row["customer_id"] for row in csv.DictReader(file)][:2]
    rows = twin("ingest", SAMPLE, "-w", workspace, "--json").json["rows"]
    links(workspace, "merge", one, other, "--keep", other, *WHY)
    merged = twin("ingest", SAMPLE, "-w", workspace, "--json").json
    assert merged["rows"]["customers"] == rows["customers"] - 1
    assert merged["rows"]["sales"] == rows["sales"]
    assert merged["repeated"] == 1
    out = workspace / "aliases.csv"
    assert twin("export", "aliases", "-w", workspace, "--out", out).status == 0
    assert f"customers,{one},{other}" in out.read_text(encoding="utf-8")


def test_words_that_contradict_are_refused_with_names_and_nothing_is_kept(workspace: Path) -> None:
    pairs = [row for row in links(workspace, "--all")["pairs"] if row["decision"] == "linked"]
    one, other = pairs[0], pairs[1]
    links(workspace, "keep-apart", one["id"], *WHY)
    links(workspace, "merge", one["id_a"], other["id_a"], *WHY)
    stands = marks(workspace)
    ran = twin("links", "merge", other["id_a"], one["id_b"], *WHY, "-w", workspace)
    assert ran.status == 1
    assert one["id_a"] in ran.err and one["name_a"] in ran.err and "undo" in ran.err
    assert marks(workspace) == stands


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("merge", "C-000001", "C-000002"), "why"),
        (("merge", "nobody", "C-000002", *WHY), "'nobody and C-000002'"),
        (("merge", *WHY), "two ids"),
        (("undo", "C-000001", "C-000002", *WHY), "standing word"),
        (("import", "missing.csv"), "missing.csv"),
        (("export",), "--out"),
    ],
)
def test_a_wish_at_fault_says_what_is_wanted(workspace: Path, words: tuple[str, ...], complaint: str) -> None:
    stands = marks(workspace)
    ran = twin("links", *words, "-w", workspace)
    assert ran.status == 1
    assert complaint in ran.err
    assert marks(workspace) == stands


def test_the_review_table_goes_out_and_comes_back_filled_in(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "links.csv"
    assert links(workspace, "export", "--out", out)["rows"] > 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"action": "undecided", "why": "asked the rep"}
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    said = links(workspace, "import", out)
    assert [row["action"] for row in said["made"]] == ["undecided"]
    assert said["passed_over"] == len(rows) - 1
