"""calendar, from the command line: which of its actions is meant, who speaks, and when."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

from twin.errors import InputError, Problem
from twin.tasks.calendar.calendar import Wish, export_moves, import_moves, list_moves, teach
from twin.tasks.privacy.handed_out import login
from twin.workspace.store import Workspace


def run_calendar(workspace: Workspace, options: argparse.Namespace) -> dict[str, Any]:
    """One action on the rivals' calendar; the options are those of ``arguments.of_calendar``."""
    now, who = dt.datetime.now(), options.who or login()
    if options.action == "list":
        return list_moves(workspace)
    if options.action == "export":
        if options.out is None:
            raise InputError([Problem("calendar", "--out", "a file", "none", "Name one, such as calendar.csv.")])
        return export_moves(workspace, options.out, options.locale)
    if options.action == "import":
        if not options.what:
            raise InputError([Problem("calendar", "FILE", "a table of moves", "none", "Name a CSV file.")])
        return import_moves(workspace, Path(options.what), who, options.why, now)
    wish = Wish(
        options.action, options.what, options.brand, options.start, options.end, options.strength,
        options.territories, options.why, who,
    )  # fmt: skip
    return teach(workspace, [wish], now, options.series)
