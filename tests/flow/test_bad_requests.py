"""Bad requests, files that move, histories that tell nothing: refused with place and cure, or accepted and told."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from bad_inputs import REFUSED
from bad_inputs_odd import ACCEPTED, REFUSED_FILES, WEST, shapes
from bad_requests import ELSEWHERE, NAME, PATHS, REFUSED_REQUESTS
from test_bad_input import refused
from walking import marks, small_tables, three_tables, twin, write_tables

from twin.intake import sources, streamed
from twin.tasks.data import ingest as ingest_task
from twin.tasks.plans import plan_making
from twin.tasks.shelf import CALIBRATION, DATASET
from twin.workspace.store import Workspace

FIRST, LAST = 1, 68


def test_every_number_of_the_catalogue_is_gone_through() -> None:
    cases = {*REFUSED, *REFUSED_FILES, *ACCEPTED, *REFUSED_REQUESTS}
    numbers = {int(name.split()[0]) for name in cases if name.split()[0].isdigit()} | set(ELSEWHERE)
    assert numbers == set(range(FIRST, LAST + 1))
    for place in ELSEWHERE.values():
        file, _, name = place.partition("::")
        assert f"def {name}(" in Path(__file__).with_name(file).read_text(encoding="utf-8"), place


@pytest.mark.parametrize("name", REFUSED_REQUESTS)
def test_a_bad_request_is_refused_and_nothing_changes(name: str, standing: Any, tmp_path: Path) -> None:
    case = REFUSED_REQUESTS[name]
    (tmp_path / case.file).write_text(case.text, encoding="utf-8")
    before = marks(standing.workspace)
    out = ("--out", tmp_path / "out") if case.verb == "plan" else ()
    ran = twin(case.verb, tmp_path / case.file, *case.more, *out, "-w", standing.workspace)
    assert ran.status == case.status and not ran.out and "Traceback" not in ran.err, ran
    for word in ("expected", "found", *case.words):
        assert word in ran.err, f"{word!r} is missing from: {ran.err}"
    assert marks(standing.workspace) == before and not (tmp_path / "out").exists()


# --- files -------------------------------------------------------------------------------------------------------


def _grown(read: Callable[..., Any], path_of: Callable[..., Path]) -> Callable[..., Any]:
    """A reader in the middle of which somebody goes on writing its file."""

    def reading(*arguments: Any, **keywords: Any) -> Any:
        found = read(*arguments, **keywords)
        with path_of(*arguments).open("ab") as file:
            file.write(b"\n")
        return found

    return reading


@pytest.mark.parametrize("form", ["large text", "geometry"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = write_tables(tmp_path / "bundle", small_tables())
    if form == "geometry":
        shapes(WEST)(bundle)
        monkeypatch.setattr(sources, "read_geometry", _grown(sources.read_geometry, lambda path, *_: path))
    else:
        monkeypatch.setattr(streamed, "LEAST_BYTES", 0)
        monkeypatch.setattr(streamed, "read_large_csv", _grown(streamed.read_large_csv, lambda path, *_: path))
    ran = twin("ingest", bundle, "-w", tmp_path / "w")
    assert ran.status == 1 and "Traceback" not in ran.err and not ran.out
    for word in ("bricks.geojson" if form == "geometry" else "sales.csv", "a file at rest", "changed while it was read",
                 "Wait until the export is finished"):  # fmt: skip
        assert word in ran.err, ran.err
    assert not (tmp_path / "w").exists()


def test_a_cell_that_a_spreadsheet_would_run_is_a_text(tmp_path: Path) -> None:
    attack = '=HYPERLINK("http://x";"y")'
    tables = three_tables()
    quoted = '"' + attack.replace('"', '""') + '"'
    tables["customers"] = "customer_id,name\n" + f"{quoted},+1+1\n" + "".join(f"K{n},-2\n" for n in range(2, 11))
    tables["sales"] = tables["sales"].replace(",K1,", f",{quoted},")
    assert twin("ingest", write_tables(tmp_path / "b", tables), "-w", tmp_path / "w").status == 0
    for ending in ("csv", "xlsx"):
        ran = twin("export", "quality_by_customer", "-w", tmp_path / "w", "--out", tmp_path / f"q.{ending}")
        assert ran.status == 0, ran.err
    cells = pd.read_csv(tmp_path / "q.csv", dtype=str)["customer_id"].tolist()
    assert f"'{attack}" in cells and not any(cell.startswith("=") for cell in cells)
    sheet = openpyxl.load_workbook(tmp_path / "q.xlsx").active
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value == attack]
    assert len(found) == 1 and found[0].data_type == "s"


@pytest.mark.parametrize("name", PATHS)
def test_a_name_that_looks_like_a_path_is_a_label(name: str, standing: Any, copied: Any, tmp_path: Path) -> None:
    workspace = copied(standing)
    (tmp_path / "s.toml").write_text(f"name = {json.dumps(name)}\n", encoding="utf-8")
    outside = {path for path in marks(tmp_path) if not path.startswith("copied")}
    said = twin(
        "forecast", tmp_path / "s.toml", "-w", workspace, "--draws", 1, "--replicates", 1, "--weeks", 2, "--json"
    )
    assert [one["name"] for one in said.json["scenarios"]] == ["baseline", name]
    planned = twin("plan", tmp_path / "s.toml", "-w", workspace, "--weeks", 1, "--out", tmp_path / "out", "--json").json
    assert all(Path(file).parent == tmp_path / "out" for file in planned["files"])
    now = {path for path in marks(tmp_path) if not path.startswith(("copied", "out"))}
    assert now == outside and not Path("/etc/outside").exists()
    assert not any("outside" in path or path.startswith("..") for path in marks(workspace))


# --- models ------------------------------------------------------------------------------------------------------


def _foreign(data: bytes) -> bytes:
    """The archive of a model that asks for a class which is not the twin's."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for number, member in enumerate(old.namelist()):
            content = old.read(member)
            if number == 0:
                array = np.load(io.BytesIO(content))
                tree = json.loads(array.tobytes())
                tree["class"] = "os:system"
                text, buffer = np.frombuffer(json.dumps(tree).encode(), dtype=np.uint8), io.BytesIO()
                np.save(buffer, text)
                content = buffer.getvalue()
            new.writestr(member, content)
    return out.getvalue()


@pytest.mark.parametrize("how", ["another in its place", "published by a stranger"])
def test_a_model_that_the_workspace_did_not_write_is_never_loaded(how: str, standing: Any, copied: Any) -> None:
    workspace = copied(standing)
    store = Workspace.open(workspace)
    head = store.head(CALIBRATION)
    assert head is not None
    part = next(part for part in head.parts.values() if part.format == "bin")
    foreign = (
        _foreign((store.objects / part.file_name).read_bytes()) if how != "another in its place" else b"PK\x03\x04"
    )
    if how == "another in its place":
        os.chmod(store.objects / part.file_name, 0o644)
        (store.objects / part.file_name).write_bytes(foreign)
    else:
        names = {name: store.blob(head, name) for name, one in head.parts.items() if one == part}
        others = {name: store.table(head, name) if one.format == "parquet" else store.document(head, name)
                  for name, one in head.parts.items() if one.format != "bin"}  # fmt: skip
        store.publish(CALIBRATION, {**others, **dict.fromkeys(names, foreign)}, head.meta, head.parents)
    before = marks(workspace)
    ran = twin("forecast", "-w", workspace, "--draws", 1, "--replicates", 1, "--weeks", 2)
    wanted = ("damaged",) if how == "another in its place" else ("os:system", "expected", "found", "twin calibrate")
    refused(ran, *wanted)
    assert marks(workspace) == before


# --- histories that tell little ----------------------------------------------------------------------------------


def _learned(tmp_path: Path, tables: dict[str, str]) -> tuple[Any, pd.DataFrame]:
    """What ingest says, and the parameters."""
    told = twin("ingest", write_tables(tmp_path / "bundle", tables), "-w", tmp_path / "w", "--json").json
    said = twin("calibrate", "-w", tmp_path / "w", "--draws", 2, "--json").json
    return told, pd.DataFrame(said["parameters"]).set_index("name")


def _finite(tmp_path: Path) -> dict[str, Any]:
    """A forecast of which every figure is a number or openly missing; ``Ran.json`` refuses NaN."""
    ran = twin("forecast", "-w", tmp_path / "w", "--weeks", 2, "--draws", 2, "--replicates", 1, "--json")
    return ran.json["scenarios"][0]["totals"]


def test_a_history_shorter_than_the_memory_of_a_visit_leaves_its_effect_to_the_prior(tmp_path: Path) -> None:
    tables = small_tables()
    head, *rows = tables["sales"].splitlines()
    tables["sales"] = "\n".join([head, *(row for row in rows if row.startswith("2025-01"))]) + "\n"
    _, parameters = _learned(tmp_path, tables | {"market_sales": tables["market_sales"].splitlines()[0] + "\n"})
    for name in ("visit_elasticity", "carryover"):
        assert not parameters.loc[name, "identified"] and parameters.loc[name, "prior"], name
    assert _finite(tmp_path)["own_volume"]["mean"] >= 0.0
    before = marks(tmp_path / "w")
    refused(twin("backtest", "-w", tmp_path / "w"), "expected", "two years", "found")
    assert marks(tmp_path / "w") == before


def _months() -> list[str]:
    return [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]


def test_sales_that_never_vary_are_told_and_identify_nothing(tmp_path: Path) -> None:
    tables = small_tables()
    rows = [f"{month}-01,K{k},Ours,5" for month in _months() for k in range(1, 11)]
    visits = [f"{month}-15,R1,K{k},visit" for month in _months() for k in range(1, 11)]
    tables["sales"] = "date,customer_id,brand,volume\n" + "\n".join(rows) + "\n"
    tables["visits"] = "date,rep_id,customer_id,channel\n" + "\n".join(visits) + "\n"
    told, parameters = _learned(tmp_path, tables)
    warned = "\n".join(told["warnings"])
    assert "sales.csv, volume: expected sales that differ, found 5 in all 240 rows" in warned
    assert "visits.csv, customer_id: expected visits that differ" in warned and "1 a month for each of 10" in warned
    effect = parameters.loc["visit_elasticity"]
    assert not effect["identified"] and effect["p95"] > effect["p05"]
    assert _finite(tmp_path)["own_volume"]["p50"] > 0.0


def test_a_market_all_unknown_and_one_all_known_are_learned(tmp_path: Path) -> None:
    tables = three_tables()
    tables["customers"] = "customer_id,status\n" + "".join(f"K{n},prospect\n" for n in range(1, 11))
    told, _ = _learned(tmp_path / "unknown", tables)
    assert any("expected no sale to a prospect" in line for line in told["warnings"])
    totals = _finite(tmp_path / "unknown")
    assert totals["own_volume"]["mean"] == 0.0
    _learned(tmp_path / "known", three_tables())
    assert _finite(tmp_path / "known")["own_volume"]["mean"] > 0.0


def test_visits_that_fall_with_promotions_are_told_with_their_condition_number(tmp_path: Path) -> None:
    tables, promoted = small_tables(), ("2024-03", "2024-09", "2025-03", "2025-09")
    visits = [f"{month}-{1 + k * 2:02d},R1,K{k},visit" for month in promoted for k in range(1, 11)]
    tables["visits"] = "date,rep_id,customer_id,channel\n" + "\n".join(visits) + "\n"
    tables["campaigns"] = "brand,start,end\n" + "".join(f"Ours,{month}-01,{month}-28\n" for month in promoted)
    bundle = write_tables(tmp_path / "bundle", tables)
    warned = "\n".join(twin("ingest", bundle, "-w", tmp_path / "w", "--json").json["warnings"])
    for word in ("visits.csv, date", "with and without a promotion", "100% of the visits", "condition number"):
        assert word in warned, warned
    apart = tables["campaigns"].replace("-03-", "-06-").replace("-09-", "-12-")
    (bundle / "campaigns.csv").write_text(apart, encoding="utf-8")
    assert "condition number" not in "\n".join(twin("ingest", bundle, "-w", tmp_path / "v", "--json").json["warnings"])


# --- plans and publishing ----------------------------------------------------------------------------------------


def test_a_plan_with_a_row_that_is_none_is_neither_published_nor_written(
    standing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = plan_making.make_plan

    def spoiled(*arguments: Any, **keywords: Any) -> Any:
        plan = made(*arguments, **keywords)
        begin, rate = plan.begin.copy(), plan.rate.copy()
        begin[0], rate[1] = np.datetime64("NaT"), np.nan
        return replace(plan, begin=begin, rate=rate)

    monkeypatch.setattr(plan_making, "make_plan", spoiled)
    (tmp_path / "s.toml").write_text(NAME, encoding="utf-8")
    before = marks(standing.workspace)
    ran = twin("plan", tmp_path / "s.toml", "-w", standing.workspace, "--weeks", 1, "--out", tmp_path / "out")
    assert ran.status == 1 and "Traceback" not in ran.err and not ran.out
    assert "a day, an hour or a rate that is none" in ran.err, ran.err
    assert marks(standing.workspace) == before and not (tmp_path / "out").exists()


@pytest.mark.parametrize("first", ["nothing", "a dataset"])
@pytest.mark.parametrize("meanwhile", ["another dataset", "an erasure", "the same"])
def test_whoever_publishes_second_is_told_and_the_first_stays(
    first: str, meanwhile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two analysts read, and publish one after the other."""
    workspace, tables = tmp_path / "w", three_tables()
    season = {
        name: write_tables(tmp_path / name, tables | {"sales": tables["sales"] + f"2025-12-15,K1,Ours,{more}\n"})
        for name, more in (("standing", 1), ("mine", 2), ("theirs", 3))
    }
    if first == "a dataset":
        assert twin("ingest", season["standing"], "-w", workspace).status == 0
    elif meanwhile == "an erasure":
        pytest.skip("nobody is erased from nothing")
    read = ingest_task.read_bundle
    then: dict[str, str] = {}

    def slowly(*arguments: Any, **keywords: Any) -> Any:
        found = read(*arguments, **keywords)
        monkeypatch.setattr(ingest_task, "read_bundle", read)
        words = {"another dataset": ("ingest", season["theirs"]), "the same": ("ingest", season["mine"]),
                 "an erasure": ("erase", "K2")}  # fmt: skip
        assert twin(*words[meanwhile], "-w", workspace).status == 0
        then.update(marks(workspace))
        return found

    monkeypatch.setattr(ingest_task, "read_bundle", slowly)
    ran = twin("ingest", season["mine"], "-w", workspace)
    if meanwhile == "the same":
        assert ran.status == 0 and len(Workspace.open(workspace).versions(DATASET)) == (first == "a dataset") + 1
        return
    refused(ran, "expected", "found", "somebody published meanwhile", "Give the same command again")
    assert marks(workspace) == then
    assert twin("ingest", season["mine"], "-w", workspace, "--replace", "--accept").status == 0
