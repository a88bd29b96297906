"""links and check, from the command line: which action is meant, who speaks, and when."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

from twin.progress import Progress

# what it needs is imported when it is called, so that --help answers at once


def check(options: argparse.Namespace, tell: Progress) -> dict[str, Any]:
    """``twin check``; the options are those of :func:`twin.tasks.terminal.arguments_links.of_check`."""
    from twin.tasks.data.check import run_check
    from twin.tasks.data.readiness_worth import WorthSettings
    from twin.workspace.store import Workspace

    workspace = Workspace.open(options.workspace, create=False)
    settings = WorthSettings(options.draws, options.weeks, options.repeats, 2, options.threads, options.seed)
    return run_check(workspace, settings if options.worth else None, tell, options.again)


def links(options: argparse.Namespace) -> dict[str, Any]:
    """One action on the pairs; the options are those of :func:`twin.tasks.terminal.arguments_links.of_links`."""
    from twin.errors import InputError, Problem
    from twin.tasks.links.links import Decision, decide, decide_all, export_links, import_links, list_links
    from twin.tasks.privacy.handed_out import login
    from twin.workspace.store import Workspace

    workspace = Workspace.open(options.workspace, create=False)
    now, who = dt.datetime.now(), options.who or login()
    if options.action == "list":
        told = list_links(workspace)
        shown = [row for row in told["pairs"] if options.every or row["decision"] == "review" or row["said"]]
        return told | {"pairs": shown, "merged": sum(row["decision"] == "linked" for row in told["pairs"])}
    if options.action == "export":
        if options.out is None:
            raise InputError([Problem("links", "--out", "a file", "none", "Name one, such as links.csv.")])
        return export_links(workspace, options.out, options.locale)
    if options.action == "import":
        if len(options.what) != 1:
            raise InputError([Problem("links", "FILE", "a table of decisions", "none", "Name one CSV file.")])
        return import_links(workspace, Path(options.what[0]), who, options.why, now)
    if options.above is not None:
        if options.what or options.action == "undo":
            cure = "Use `merge --above 0.95`, without pairs, for all pairs that wait for review."
            raise InputError([Problem("links", "--above", "no pair beside it", " ".join(options.what), cure)])
        return decide_all(workspace, options.above, options.action, options.why, who, now)
    if len(options.what) not in (1, 2):
        cure = "Give a pair's name, or the two ids."
        raise InputError([Problem("links", "PAIR", "a pair, or two ids", " ".join(options.what) or "none", cure)])
    pair, a, b = (options.what[0], "", "") if len(options.what) == 1 else ("", *options.what)
    return decide(workspace, [Decision(options.action, pair, a, b, options.keep, options.why, who)], now)
