"""Bad input at the command line: one clear message, status 1, and not a byte changed on the disk."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from walking import Ran, marks, small_tables, twin, write_tables


def refused(ran: Ran, *words: str, lines: int = 1) -> None:
    """Status 1, nothing on stdout, and a message of so many lines that contains every word."""
    assert ran.status == 1, ran
    assert not ran.out
    assert "Traceback" not in ran.err
    assert len(ran.messages) == lines, ran.messages
    for word in words:
        assert word in ran.err, f"{word!r} is missing from: {ran.err}"


# --- bundles -----------------------------------------------------------------------------------------------------

# file, old text, new text -> what the message must name: file, row, where, found, cure
FAULTS = {
    "missing column": (
        "sales",
        "date,customer_id,brand,volume",
        "date,customer_id,brand,amount",
        "sales.csv",
        "row 1",
        "volume",
        "amount",
    ),
    "word in a number": ("sales", "K1,Ours,3\n", "K1,Ours,three\n", "sales.csv", "row 2", "volume", "number", "three"),
    "decimal comma": ("sales", "K1,Ours,3\n", 'K1,Ours,"3,5"\n', "sales.csv", "row 2", "volume", "3,5", "decimal"),
    "unknown customer": ("sales", "2024-01-01,K1,", "2024-01-01,K99,", "sales.csv", "row 2", "customer_id", "K99"),
    "unknown brand": ("sales", "K1,Ours,3\n", "K1,Uors,3\n", "sales.csv", "row 2", "brand", "Uors", "Ours"),
    "unknown brick": ("customers", ",B1\n", ",B7\n", "customers.csv", "brick_id", "B7"),
    "unknown territory": ("reps", ",T1,", ",T9,", "reps.csv", "row 2", "territory_id", "T9"),
    "unknown channel": ("visits", "K1,visit", "K1,vizit", "visits.csv", "row 2", "channel", "vizit", "visit"),
    "duplicate id": (
        "customers",
        "K2,",
        "K1,Bakkal,32.5,39.5,B2\nK2,",
        "customers.csv",
        "row 3",
        "customer_id",
        "once",
    ),
    "negative volume": ("sales", "K1,Ours,3\n", "K1,Ours,-3\n", "sales.csv", "row 2", "volume", ">= 0", "-3"),
    "not a number": ("sales", "K1,Ours,3\n", "K1,Ours,NaN\n", "sales.csv", "row 2", "volume", "NaN"),
    "infinite": ("sales", "K1,Ours,3\n", "K1,Ours,inf\n", "sales.csv", "row 2", "volume", "inf"),
    "empty required cell": ("sales", "2024-01-01,K1,", "2024-01-01,,", "sales.csv", "row 2", "customer_id", "empty"),
    "bad date": ("sales", "2024-01-01,K1,", "2024-13-01,K1,", "sales.csv", "row 2", "date", "2024-13-01"),
    "date to come": ("sales", "2024-01-01,K1,", "2124-01-01,K1,", "sales.csv", "row 2", "date", "2124-01-01"),
    "two date forms": ("sales", "2024-01-01,K1,", "01.01.2024,K1,", "sales.csv", "date", "01.01.2024"),
    "unclosed quote": ("customers", "Bakkal 1,", '"Bakkal 1,', "customers.csv", "row 2", "quote"),
    "latitude out of range": ("customers", ",39.52,", ",93.52,", "customers.csv", "row 2", "lat", "93.52"),
    "our brand missing": ("brands", "Ours,us,", "Ours,we,", "brands.csv", "owner", "us"),
    "rival in own sales": ("sales", "K1,Ours,3\n", "K1,Rival A,3\n", "sales.csv", "row 2", "Rival A"),
    "campaign ends first": ("campaigns", "2025-03-23", "2025-03-01", "campaigns.csv", "row 2", "end"),
    "brick without territory": ("bricks", "B1,T1,", "B1,,", "bricks.csv", "row 2", "territory_id"),
    "period": ("market_sales", "month,B1,,Ours", "year,B1,,Ours", "market_sales.csv", "row 2", "period", "year"),
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "bundle", small_tables())


def test_the_bundle_behind_these_tests_is_sound(bundle: Path, tmp_path: Path) -> None:
    assert twin("ingest", bundle, "-w", tmp_path / "w").status == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_bundle_is_refused_with_place_and_cure(fault: str, bundle: Path, tmp_path: Path) -> None:
    table, old, new, *words = FAULTS[fault]
    text = small_tables()[table].replace(old, new, 1)
    assert text != small_tables()[table]
    (bundle / f"{table}.csv").write_text(text, encoding="utf-8")
    before = marks(bundle)
    ran = twin("ingest", bundle, "-w", tmp_path / "w")
    refused(ran, "expected", "found", *words)
    assert ran.err.rstrip().endswith((".", "?")), "a cure is a sentence"
    assert not (tmp_path / "w").exists()
    assert marks(bundle) == before


@pytest.mark.parametrize("table", ["customers", "brands", "sales"])
def test_a_missing_table_is_named(table: str, bundle: Path, tmp_path: Path) -> None:
    (bundle / f"{table}.csv").unlink()
    ran = twin("ingest", bundle, "-w", tmp_path / "w")
    assert ran.status == 1 and table in ran.messages[0]
    assert not (tmp_path / "w").exists()


def test_an_empty_file_is_named(bundle: Path, tmp_path: Path) -> None:
    (bundle / "sales.csv").write_bytes(b"")
    refused(twin("ingest", bundle, "-w", tmp_path / "w"), "sales.csv", "empty")
    assert not (tmp_path / "w").exists()


def test_bytes_of_another_encoding_are_named_with_the_setting_that_reads_them(bundle: Path, tmp_path: Path) -> None:
    (bundle / "customers.csv").write_bytes(small_tables()["customers"].replace("Bakkal 3", "ŞİŞLİ").encode("cp1254"))
    refused(twin("ingest", bundle, "-w", tmp_path / "w"), "customers.csv", "row 4", "encoding")
    assert not (tmp_path / "w").exists()


def test_swapped_coordinates_are_noticed(bundle: Path, tmp_path: Path) -> None:
    lines = small_tables()["customers"].splitlines()
    rows = [line.split(",") for line in lines[1:]]
    swapped = [",".join([a, b, lat, lon, *rest]) for a, b, lon, lat, *rest in rows]
    (bundle / "customers.csv").write_text("\n".join([lines[0], *swapped]) + "\n", encoding="utf-8")
    ran = twin("ingest", bundle, "-w", tmp_path / "w")
    # in the box of latitudes, so they may be right elsewhere: refused, or taken in with a warning
    assert "Traceback" not in ran.err
    assert "lon" in ran.out + ran.err and "swap" in (ran.out + ran.err).lower()


def test_every_fault_of_every_file_is_told_at_once(bundle: Path, tmp_path: Path) -> None:
    for table, old, new in (
        ("sales", "K1,Ours,3\n", "K1,Ours,-3\n"),
        ("reps", ",T1,", ",T9,"),
        ("visits", "K1,visit", "K1,vizit"),
    ):
        (bundle / f"{table}.csv").write_text(small_tables()[table].replace(old, new, 1), encoding="utf-8")
    refused(twin("ingest", bundle, "-w", tmp_path / "w"), "sales.csv", "reps.csv", "visits.csv", lines=3)
    assert not (tmp_path / "w").exists()


def test_problems_are_json_on_stderr_when_json_is_asked_for(bundle: Path, tmp_path: Path) -> None:
    (bundle / "sales.csv").write_text(
        small_tables()["sales"].replace("K1,Ours,3\n", "K1,Ours,-3\n", 1), encoding="utf-8"
    )
    ran = twin("ingest", bundle, "-w", tmp_path / "w", "--json")
    assert ran.status == 1 and not ran.out
    (problem,) = json.loads(ran.messages[-1])["problems"]
    assert {"file": "sales.csv", "row": 2, "where": "volume", "count": 1}.items() <= problem.items()
    assert "-3" in problem["found"]


def test_a_bad_bundle_leaves_a_standing_workspace_as_it_is(standing: Any, bundle: Path) -> None:
    before = marks(standing.workspace)
    (bundle / "sales.csv").write_text(
        small_tables()["sales"].replace("K1,Ours,3\n", "K1,Ours,-3\n", 1), encoding="utf-8"
    )
    refused(twin("ingest", bundle, "-w", standing.workspace), "sales.csv")
    assert marks(standing.workspace) == before


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("tabels = 1\n", ("m.toml", "tabels", "tables")),
        ("[tables.sales\n", ("m.toml", "line 1")),
        ('[tables.sales.columns]\nvolum = "volume"\n', ("m.toml", "volum")),
        ('encoding = "klingon"\n', ("m.toml", "encoding", "klingon")),
    ],
)
def test_a_faulty_mapping_is_refused(mapping: str, words: tuple[str, ...], bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    ran = twin("ingest", bundle, "--mapping", tmp_path / "m.toml", "-w", tmp_path / "w")
    assert ran.status == 1 and "Traceback" not in ran.err and not ran.out
    assert all(word in ran.err for word in words), ran.err
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("what", ["no folder", "a file", "an empty folder", "no mapping"])
def test_a_bundle_that_is_not_there_is_refused(what: str, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    arguments: dict[str, tuple[object, ...]] = {
        "no folder": (tmp_path / "nowhere",),
        "a file": (bundle / "sales.csv",),
        "an empty folder": (tmp_path / "empty",),
        "no mapping": (bundle, "--mapping", tmp_path / "nothing.toml"),
    }
    ran = twin("ingest", *arguments[what], "-w", tmp_path / "w")
    assert ran.status == 1 and ran.messages and "Traceback" not in ran.err and not ran.out
    assert not (tmp_path / "w").exists()


# --- scenarios ---------------------------------------------------------------------------------------------------

HEAD = 'name = "s"\n'
SCENARIOS = {
    "unknown key": (HEAD + "[targeting]\nunknown_shar = 0.3\n", "targeting.unknown_shar", "unknown_share"),
    "unknown table": (HEAD + "[targetting]\nunknown_share = 0.3\n", "targetting", "targeting"),
    "no name": ("[horizon]\nweeks = 4\n", "name"),
    "wrong type": (HEAD + '[horizon]\nweeks = "four"\n', "horizon.weeks", "four"),
    "out of range": (HEAD + "[targeting]\nunknown_share = 1.3\n", "targeting.unknown_share", "1.3"),
    "not a number": (HEAD + "[market]\ndemand_factor = nan\n", "market.demand_factor", "nan"),
    "bad toml": (HEAD + "[targeting\n", "s.toml", "row 2"),
    "unknown territory": (
        HEAD + '[[field_force.change]]\nterritory = "T3"\nreps = 1\nfrom = 2026-03-02\n',
        "field_force.change",
        "T3",
        "T2",
    ),
    "unknown brand": (
        HEAD + '[[promotion]]\nbrand = "Oures"\nfrom = 2026-03-02\nweeks = 2\n',
        "promotion",
        "Oures",
        "Ours",
    ),
    "a rival's brand as ours": (
        HEAD + '[[promotion]]\nbrand = "Rival A"\nfrom = 2026-03-02\nweeks = 2\n',
        "promotion",
        "Rival A",
    ),
    "unknown rival": (
        HEAD + '[[competitor_campaign]]\nbrand = "Rival Z"\nfrom = 2026-03-02\nweeks = 2\n',
        "competitor_campaign",
        "Rival Z",
    ),
    "unknown channel": (HEAD + "[channels.factor]\nemial = 1.5\n", "channels.factor", "emial", "email"),
    "unknown column": (
        HEAD + "[[targeting.frequency]]\nwhere = \"outlet_typ = 'market'\"\nvisits_per_month = 2.0\n",
        "targeting.frequency",
        "outlet_typ",
        "outlet_type",
    ),
    "bad condition": (
        HEAD + '[[targeting.frequency]]\nwhere = "size_class >"\nvisits_per_month = 2.0\n',
        "targeting.frequency",
        "where",
    ),
    "unknown rank": (
        HEAD + '[targeting]\nunknown_rank = "potentail"\n',
        "targeting.unknown_rank",
        "potentail",
        "potential",
    ),
    "alignment file missing": (HEAD + '[field_force]\nalignment = "new.csv"\n', "field_force.alignment", "new.csv"),
    "contradiction": (
        HEAD + '[channels]\nmode = "multichannel"\n[[journey]]\n'
        'steps = [{channel = "visit"}, {channel = "email", after_days = 3, when = "opened"}]\n',
        "s.toml",
        "journey",
        "channels.mode",
    ),
}


@pytest.mark.parametrize("verb", ["forecast", "plan"])
@pytest.mark.parametrize("fault", SCENARIOS)
def test_a_faulty_scenario_is_refused_with_key_and_cure(fault: str, verb: str, standing: Any, tmp_path: Path) -> None:
    text, *words = SCENARIOS[fault]
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    before = marks(standing.workspace)
    ran = twin(
        verb, tmp_path / "s.toml", "-w", standing.workspace, *(("--out", tmp_path / "out") if verb == "plan" else ())
    )
    refused(ran, "s.toml", "expected", "found", *words, lines=2 if fault == "contradiction" else 1)
    assert marks(standing.workspace) == before
    assert not (tmp_path / "out").exists()


def test_faults_of_several_scenarios_are_told_at_once(standing: Any, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "a"\nnot_a_key = 1\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text('name = "b"\n[horizon]\nweeks = -1\n', encoding="utf-8")
    ran = twin("forecast", tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "c.toml", "-w", standing.workspace)
    refused(ran, "a.toml", "b.toml", "c.toml", "no such file", lines=3)


def test_two_scenarios_of_one_name_are_refused(standing: Any, tmp_path: Path) -> None:
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text('name = "twice"\n', encoding="utf-8")
    before = marks(standing.workspace)
    ran = twin("forecast", tmp_path / "a.toml", tmp_path / "b.toml", "-w", standing.workspace, "--draws", 2)
    refused(ran, "twice")
    assert marks(standing.workspace) == before


def test_a_scenario_may_not_call_itself_the_baseline(standing: Any, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "baseline"\n', encoding="utf-8")
    refused(twin("forecast", tmp_path / "a.toml", "-w", standing.workspace, "--draws", 2, "--weeks", 2), "baseline")


# --- order of verbs and requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("calibrate",),
        ("backtest",),
        ("forecast",),
        ("plan", "s.toml"),
        ("export", "potential", "--out", "out.csv"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_without_a_workspace_every_verb_names_the_command_that_makes_one(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(HEAD, encoding="utf-8")
    before = marks(tmp_path)
    refused(twin(*arguments, "-w", tmp_path / "w"), "twin ingest")
    assert marks(tmp_path) == before


@pytest.fixture
def taken_in(bundle: Path, tmp_path: Path) -> Path:
    assert twin("ingest", bundle, "-w", tmp_path / "w").status == 0
    return tmp_path / "w"


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (("forecast",), "twin calibrate"),
        (("plan", "s.toml"), "twin calibrate"),
        (("export", "potential", "--out", "out.csv"), "twin calibrate"),
        (("export", "comparison", "--out", "out.csv"), "twin forecast"),
        (("export", "plan", "--out", "out.csv"), "twin plan"),
        (("export", "backtest", "--out", "out.csv"), "twin backtest"),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else None,
)
def test_a_verb_too_early_names_the_verb_that_comes_first(
    arguments: tuple[str, ...], cure: str, taken_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(HEAD, encoding="utf-8")
    before = marks(tmp_path)
    refused(twin(*arguments, "-w", taken_in), cure, "expected", "found")
    assert marks(tmp_path) == before


@pytest.mark.parametrize("day", ["1990-01-01", "2024-02-01", "2090-01-01"])
def test_as_of_outside_history_names_the_days_that_will_do(day: str, standing: Any) -> None:
    before = marks(standing.workspace)
    refused(twin("calibrate", "--as-of", day, "-w", standing.workspace), "--as-of", day, "expected", "2026-01-05")
    assert marks(standing.workspace) == before


def test_an_unknown_table_names_the_nearest(standing: Any, tmp_path: Path) -> None:
    before = marks(standing.workspace)
    ran = twin("export", "potentials", "-w", standing.workspace, "--out", tmp_path / "out" / "p.csv")
    refused(ran, "potentials", "Did you mean 'potential'?")
    assert marks(standing.workspace) == before and not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["p.doc", "p"])
def test_an_unknown_form_names_those_that_there_are(name: str, standing: Any, tmp_path: Path) -> None:
    refused(twin("export", "potential", "-w", standing.workspace, "--out", tmp_path / "out" / name), name, "csv, xlsx")
    assert not (tmp_path / "out").exists()


def test_a_table_without_places_makes_no_folder_for_its_map(standing: Any, tmp_path: Path) -> None:
    refused(
        twin("export", "parameters", "-w", standing.workspace, "--out", tmp_path / "out" / "p.geojson"), "lon", "lat"
    )
    assert not (tmp_path / "out").exists()


def test_no_plan_without_reps(least: Any, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(HEAD, encoding="utf-8")
    before = marks(least.workspace)
    refused(twin("plan", tmp_path / "s.toml", "-w", least.workspace, "--out", tmp_path / "out"), "reps")
    assert marks(least.workspace) == before and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--start", "2020-01-06"), ("--start", "2020-01-06", "2026-01-05")),
        (("--formats", "csv,docx"), ("docx", "csv")),
        (("--formats", ""), ("formats",)),
    ],
)
def test_a_plan_that_cannot_be_is_refused(
    more: tuple[str, str], words: tuple[str, ...], standing: Any, tmp_path: Path
) -> None:
    (tmp_path / "s.toml").write_text(HEAD, encoding="utf-8")
    before = marks(standing.workspace)
    ran = twin("plan", tmp_path / "s.toml", "-w", standing.workspace, "--weeks", 1, "--out", tmp_path / "out", *more)
    refused(ran, *words)
    assert marks(standing.workspace) == before and not (tmp_path / "out").exists()


def test_a_history_too_short_for_a_backtest_says_how_long_it_must_be(tmp_path: Path) -> None:
    tables = small_tables()
    head, *rows = tables["sales"].splitlines()
    tables["sales"] = "\n".join([head, *(row for row in rows if row.startswith("2025"))]) + "\n"
    assert twin("ingest", write_tables(tmp_path / "bundle", tables), "-w", tmp_path / "w").status == 0
    before = marks(tmp_path / "w")
    refused(twin("backtest", "-w", tmp_path / "w"), "expected", "two years", "found")
    assert marks(tmp_path / "w") == before


def test_a_demo_with_a_faulty_scenario_stops_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    refused(twin("demo", "--no-dashboard", "--scenarios", tmp_path / "scenarios", "-w", tmp_path / "w"), "--scenarios")
    (tmp_path / "scenarios" / "s.toml").write_text("name = 3\n", encoding="utf-8")
    refused(
        twin("demo", "--no-dashboard", "--outlets", 400, "--scenarios", tmp_path / "scenarios", "-w", tmp_path / "w"),
        "s.toml",
    )
    assert not (tmp_path / "w").exists()


# --- damage and rights -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audited", ["month,B1,,Ours", "month,,K1,Ours"])
def test_audits_alone_and_panels_alone_are_taken_in_quietly(audited: str, tmp_path: Path) -> None:
    """The suite turns warnings of the twin's own arithmetic into errors."""
    market = "period_start,period,brick_id,customer_id,brand,volume\n" + f"2025-01-01,{audited},60\n"
    bundle = write_tables(tmp_path / "bundle", small_tables() | {"market_sales": market})
    assert twin("ingest", bundle, "-w", tmp_path / "w").status == 0


def test_a_damaged_file_is_named_and_nothing_is_published(standing: Any, copied: Callable[[Any], Path]) -> None:
    workspace = copied(standing)
    largest = max((workspace / "objects").iterdir(), key=lambda file: file.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 0xFF
    os.chmod(largest, 0o644)
    largest.write_bytes(bytes(data))
    before = marks(workspace)
    ran = twin("calibrate", "-w", workspace, "--draws", 2)
    if ran.status == 0:
        ran = twin("forecast", "-w", workspace, "--draws", 1, "--replicates", 1, "--weeks", 2)
    refused(ran, largest.name[:12], "damaged")
    assert marks(workspace) == before


def test_a_folder_that_is_no_workspace_is_refused(bundle: Path, tmp_path: Path) -> None:
    before = marks(bundle)
    refused(twin("check", "-w", bundle), "expected a workspace")
    assert marks(bundle) == before


def test_a_file_in_the_place_of_the_workspace_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "w").write_text("taken", encoding="utf-8")
    refused(twin("ingest", bundle, "-w", tmp_path / "w"), "workspace")
    assert (tmp_path / "w").read_text(encoding="utf-8") == "taken"


def test_a_catalogue_that_is_no_database_is_refused(standing: Any, copied: Callable[[Any], Path]) -> None:
    workspace = copied(standing)
    shutil.copyfile(__file__, workspace / "catalogue.sqlite")
    before = marks(workspace)
    refused(twin("check", "-w", workspace), "catalogue")
    assert marks(workspace) == before
