"""The report from the command line is the one that the page gives."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from dashboard import paper
from dashboard.words import Words
from twin.errors import WorkspaceError
from twin.tasks import results
from twin.tasks.privacy import handed_out
from twin.tasks.report_file import run_report
from twin.workspace.store import Workspace


def test_the_report_is_one_page_and_goes_out_on_record(full, tmp_path):
    workspace = Workspace.open(full, create=False)
    told = run_report(workspace, tmp_path / "new" / "report.pdf", "tr")
    content = Path(str(told["file"])).read_bytes()
    assert content.startswith(b"%PDF") and len(content) > 20_000
    version = results.heads(full)["forecast"].id
    last = handed_out.listed(workspace)[0]
    assert (last["table"], last["version"], last["file"]) == ("report", version, "report.pdf")


def test_the_workbook_has_the_figures_of_the_forecast(full, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    book = openpyxl.load_workbook(io.BytesIO(paper.made("xlsx", "en")))
    forecast = results.document(full, results.heads(full)["forecast"].id, "forecast")
    names = {row["name"] for row in forecast["scenarios"] if "versus_baseline" in row}
    told = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert names <= told and len(book.sheetnames) >= 4


def test_the_first_sheet_reads_like_the_page(full, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    for language in ("en", "tr"):
        words = Words(language)
        first = openpyxl.load_workbook(io.BytesIO(paper.made("xlsx", language))).worksheets[0]
        heads = [cell.value for cell in first[3] if cell.value]
        assert heads[:2] == [words("column.scenario"), words("column.gain")]
        assert first["A4"].value == words("compare.baseline")
        chance = first["B5"]
        assert 0 <= chance.value <= 1 and chance.number_format == "0%"
        volume = first.cell(5, 1 + heads.index(words("column.own_volume")))
        assert volume.number_format == "#,##0" and volume.value > 1


def test_another_kind_of_file_is_refused_before_any_work(full, tmp_path):
    with pytest.raises(WorkspaceError, match=r"ending of pdf or xlsx, found \.csv"):
        run_report(Workspace.open(full, create=False), tmp_path / "report.csv")
    assert not list(tmp_path.iterdir())


def test_without_a_forecast_the_command_is_named(tmp_path):
    with pytest.raises(WorkspaceError, match=r"twin forecast SCENARIO\.toml"):
        run_report(Workspace.open(tmp_path / "empty"), tmp_path / "report.pdf")
