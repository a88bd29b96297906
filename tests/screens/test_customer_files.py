"""Rows of single customers go out on record; the table is cut where nobody scrolls, the file is whole."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

from dashboard.views import potential
from twin.tasks import results
from twin.tasks.learning import learned
from twin.tasks.privacy import handed_out
from twin.workspace.store import Workspace


def test_a_file_of_customers_is_written_down_with_who_took_it(full: Path):
    version = results.heads(full)["calibration"].id
    rows = pd.DataFrame({"customer_id": ["C-1", "C-2"], "category_mean": [1.5, 2.5]})
    content = learned.customer_file(full, version, rows, "potential.csv", "tr", "Ayşe").decode("utf-8-sig")
    assert content.splitlines()[1] == "C-1;1,5"
    last = handed_out.listed(Workspace.open(full, create=False))[0]
    assert (last["table"], last["who"], last["rows"], last["version"]) == ("potential", "Ayşe", 2, version)


def test_faults_of_files_that_were_never_published_go_out_without_a_workspace(tmp_path: Path):
    content = learned.customer_file(tmp_path / "none", "", pd.DataFrame({"row": [3]}), "problems.csv")
    assert content.decode("utf-8-sig").split() == ["row", "3"]
    assert not (tmp_path / "none").exists()


def _page() -> None:
    from dashboard.views import potential as view

    view.render()


def test_more_rows_than_anybody_scrolls_through_are_said(full, monkeypatch):
    monkeypatch.setenv("TWIN_WORKSPACE", str(full))
    monkeypatch.setattr(potential, "_MOST_ROWS", 10)
    page = AppTest.from_function(_page, default_timeout=60).run()
    assert not page.exception
    assert len(page.dataframe[0].value) == 10
    whole = len(results.table(full, results.heads(full)["calibration"].id, "potential"))
    assert any(f"The first 10 of {whole}" in each.value for each in page.caption)
