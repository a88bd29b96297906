"""Bad and odd inputs, one by one: refused with place and cure while nothing changes on disk, or accepted and told."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_inputs import REFUSED, Case
from bad_inputs_odd import ACCEPTED, REFUSED_FILES
from walking import marks, small_tables, twin, write_tables

ALL_REFUSED = REFUSED | REFUSED_FILES


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that holds the sound bundle; every refused case must leave it as it is."""
    folder = tmp_path_factory.mktemp("standing")
    ran = twin("ingest", write_tables(folder / "bundle", small_tables()), "-w", folder / "w")
    assert ran.status == 0, ran.err
    return folder / "w"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "bundle", small_tables())


def _mapping(case: Case, tmp_path: Path) -> tuple[object, ...]:
    if not case.mapping:
        return ()
    (tmp_path / "m.toml").write_text(case.mapping, encoding="utf-8")
    return ("--mapping", tmp_path / "m.toml")


def test_the_catalogue_is_long_enough() -> None:
    assert len(ALL_REFUSED) + len(ACCEPTED) >= 110
    assert len(ALL_REFUSED) >= 70


@pytest.mark.parametrize("name", ALL_REFUSED)
def test_a_bad_input_is_refused_and_nothing_changes(name: str, bundle: Path, taken: Path, tmp_path: Path) -> None:
    case = ALL_REFUSED[name]
    case.change(bundle)
    before, given = marks(taken), marks(bundle)
    ran = twin("ingest", bundle, *_mapping(case, tmp_path), "--replace", "-w", taken)
    assert ran.status == 1 and not ran.out and "Traceback" not in ran.err, ran.err
    for word in ("expected", "found", *case.words):
        assert word in ran.err, f"{word!r} is missing from: {ran.err}"
    assert all(line.rstrip().endswith((".", "?")) for line in ran.messages), "a cure is a sentence"
    assert marks(taken) == before and marks(bundle) == given


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_odd_input_is_accepted_and_told(name: str, bundle: Path, tmp_path: Path) -> None:
    case = ACCEPTED[name]
    case.change(bundle)
    ran = twin("ingest", bundle, *_mapping(case, tmp_path), "-w", tmp_path / "w", "--json")
    assert ran.status == 0, ran.err
    told = "\n".join([*ran.json["warnings"], *(str(row) for row in ran.json["assumed"])])
    for word in case.words:
        assert word in told, f"{word!r} is missing from: {told}"


MAPPINGS = {
    "unknown key": ("tabels = 1\n", "tabels", "tables"),
    "key twice": ('country = "TR"\ncountry = "DE"\n', "m.toml", "row 2"),
    "brackets without end": ("x = " + "[" * 5000, "m.toml", "brackets"),
    "no text": ("\x00\x01", "m.toml"),
    "thousands are the decimal mark": ('decimal = ","\nthousands = ","\n', "thousands", "another sign"),
    "date format of other letters": ('date_format = "gg.aa.yyyy"\n', "date_format", "dd.mm.yyyy"),
    "codec that is no encoding": ('encoding = "rot13"\n', "encoding", "rot13"),
    "time zone that is none": ('timezone = "Mars/Olympus"\n', "timezone", "Mars"),
    "country in words": ('country = "Türkiye"\n', "country", "two letters"),
    "factor that is nothing": ("[tables.sales.factors]\nvolume = nan\n", "factors.volume", "above 0"),
    "flag in words": ('[tables.sales]\ndistinct = "yes"\n', "distinct", "true or false"),
    "months of visits": ("[tables.visits.months]\nyear = 2024\n", "visits.months", "sales"),
    "column and constant": ('[tables.sales.columns]\nbrand = "b"\n[tables.sales.constants]\nbrand = "c"\n',
        "constants.brand", "not both"),
    "wish that nobody grants": ('[geography]\nswapped = "guess"\n', "geography.swapped", "exchange"),
}  # fmt: skip


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_faulty_mapping_is_refused(name: str, bundle: Path, tmp_path: Path) -> None:
    text, *words = MAPPINGS[name]
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    ran = twin("ingest", bundle, "--mapping", tmp_path / "m.toml", "-w", tmp_path / "w")
    assert ran.status == 1 and "Traceback" not in ran.err and not ran.out, ran.err
    for word in ("m.toml", "expected", "found", *words):
        assert word in ran.err, f"{word!r} is missing from: {ran.err}"
    assert not (tmp_path / "w").exists()


def test_a_mapping_that_is_a_table_by_mistake_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_bytes(b"a,b\n" * (1 << 19))
    ran = twin("ingest", bundle, "--mapping", tmp_path / "m.toml", "-w", tmp_path / "w")
    assert ran.status == 1 and "1 MB" in ran.err
