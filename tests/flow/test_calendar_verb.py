"""twin calendar: what a person says of a rival's move is kept, heeded by the next calibration, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from walking import marks, twin

RELEARN = ("--draws", 3, "--no-predictive", "--json")


@pytest.fixture(scope="module")
def taught(standing: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict], list[dict]]:
    """A workspace in which one move of each kind was taught and learned; its moves before and after."""
    import shutil

    workspace = Path(shutil.copytree(standing.workspace, tmp_path_factory.mktemp("taught") / "workspace"))
    before = twin("calendar", "-w", workspace, "--json").json["moves"]
    first, second = before[0], before[-1]
    for words in (
        ("add", "--brand", "Rival C", "--start", "2026-05-04", "--end", "2026-05-31", "--territories", "T1"),
        ("reject", first["id"]),
        ("edit", second["id"], "--end", second["start"]),
    ):
        ran = twin("calendar", *words, "--why", "seen", "--who", "Ayşe", "-w", workspace, "--json")
        assert ran.status == 0, ran.err
    assert twin("calendar", "-w", workspace, "--json").json["pending"] == 3
    assert twin("calibrate", "-w", workspace, *RELEARN).status == 0
    return workspace, before, twin("calendar", "-w", workspace, "--json").json["moves"]


def test_the_next_calibration_heeds_every_remark(taught: tuple[Path, list[dict], list[dict]]) -> None:
    workspace, before, after = taught
    now = {move["id"]: move for move in after}
    added = next(move for move in after if move["brand"] == "Rival C" and move["start"] == "2026-05-04")
    assert added["probability"] == 1 and added["territories"] == "T1" and added["source"] == "taught"
    assert before[0]["id"] not in now
    assert now[before[-1]["id"]]["end"] < before[-1]["end"] and now[before[-1]["id"]]["remark"] == "seen"
    said = twin("calendar", "-w", workspace, "--json").json
    assert said["pending"] == 0 and {row["who"] for row in said["remarks"]} == {"Ayşe"}


def test_moves_of_which_nobody_spoke_keep_their_names(taught: tuple[Path, list[dict], list[dict]]) -> None:
    _, before, after = taught
    here = {(move["brand"], move["start"]): move["id"] for move in after}
    kept = [move for move in before[1:-1] if (move["brand"], move["start"]) in here]
    assert kept and all(here[move["brand"], move["start"]] == move["id"] for move in kept)


def test_a_taught_move_ahead_acts_in_its_territory_alone(taught: tuple[Path, list[dict], list[dict]]) -> None:
    from twin.calibration.market_draw import lay_out_draw
    from twin.tasks.shelf import load_twin
    from twin.workspace.store import Workspace

    it = load_twin(Workspace.open(taught[0], create=False))
    market = lay_out_draw(it.calibration, it.world, it.history, 0, 30)
    brand = it.world.brands.names.tolist().index("Rival C")
    zone = it.world.territories.tolist().index("T1")
    assert market.regional is not None and market.regional[zone, brand].sum() > 0
    assert market.regional[1 - zone, brand].sum() == 0


def test_a_remark_made_later_is_hidden_as_of_a_day(taught: tuple[Path, list[dict], list[dict]], tmp_path: Path) -> None:
    import datetime as dt

    from twin.tasks.calendar.calendar_remarks import log_of, standing
    from twin.workspace.store import Workspace

    log = log_of(Workspace.open(taught[0], create=False))
    assert len(standing(log)) == 3 and len(standing(log, dt.date(2020, 1, 1))) == 0


def test_what_is_wrong_is_said_and_nothing_is_kept(standing: Any, copied: Callable, tmp_path: Path) -> None:
    workspace = copied(standing)
    before = marks(workspace)
    file = tmp_path / "moves.csv"
    file.write_text("brand;start;end;strength\nRival Z;2026-05-04;2026-05-01;x\n", encoding="utf-8")
    for words, part in (
        (("reject", "nothing"), "the name of a move"),
        (("add", "--brand", "Ours", "--start", "2026-05-04", "--end", "2026-05-31", "--why", "x"), "a rival's brand"),
        (("confirm", "nothing", "--why", ""), "a reason"),
        (("import", file), "row 2, strength"),
        (("export",), "--out"),
    ):
        ran = twin("calendar", *words, "-w", workspace)
        assert ran.status == 1 and part in ran.err and "Traceback" not in ran.err
    assert marks(workspace) == before


def test_an_exported_calendar_can_be_sent_back(standing: Any, copied: Callable, tmp_path: Path) -> None:
    workspace, file = copied(standing), tmp_path / "moves.csv"
    assert twin("calendar", "export", "--out", file, "-w", workspace, "--locale", "tr").status == 0
    rows = pd.read_csv(file, sep=";", decimal=",", encoding="utf-8-sig", dtype=str).fillna("")
    rows.loc[0, "action"] = "confirm"
    rows.to_csv(file, sep=";", index=False)
    said = twin("calendar", "import", file, "--why", "meeting", "-w", workspace, "--json").json
    assert [row["id"] for row in said["made"]] == [rows.loc[0, "id"]] and said["passed_over"] == len(rows) - 1
