"""Report file: the one-page report of the newest comparison from the command line, as the dashboard makes it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from twin.errors import WorkspaceError
from twin.tasks.privacy import handed_out
from twin.tasks.service.serve import environment_of
from twin.tasks.shelf import FORECAST, newest
from twin.workspace import report
from twin.workspace.store import Workspace

NAME = "report"
"""What ``twin export`` calls it."""
FORMS = (".pdf", ".xlsx")
_LANGUAGES = {"": "en", "tr": "tr"}
_SECONDS = 300


def run_report(workspace: Workspace, out: Path, locale: str = "") -> dict[str, object]:
    """Write the report and write down that it went out.

    Parameters
    ----------
    workspace : Workspace
    out : Path
        Its ending chooses the page (``.pdf``) or the workbook (``.xlsx``).
    locale : str
        ``tr`` for Turkish.

    Returns
    -------
    dict
        ``table``, ``form``, ``file``, ``rows`` (scenarios that are compared), ``withdrawn`` (none: nobody is named).

    Raises
    ------
    WorkspaceError
        When no scenario has been run, or the file would be of another kind.
    """
    if out.suffix.lower() not in FORMS:
        found = out.suffix or "no ending"
        raise WorkspaceError(f"{out.name}: expected an ending of pdf or xlsx, found {found}. Name another file.")
    version = newest(workspace, FORECAST)
    outlook = workspace.document(version, "forecast")
    rows = [row for row in outlook["scenarios"] if "versus_baseline" in row] if isinstance(outlook, dict) else []
    if not rows:
        raise WorkspaceError(
            f"{version.id}: expected a scenario beside the baseline, found none. Run one with "
            "`twin forecast SCENARIO.toml`."
        )
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / f"report{out.suffix.lower()}"
        command = [sys.executable, "-m", "dashboard.paper", str(made), _LANGUAGES[locale]]
        environment = {**environment_of(workspace.path, None), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
        if done.returncode or not made.is_file():
            last = (done.stderr.strip().splitlines() or ["no word"])[-1]
            raise WorkspaceError(f"report: expected a file, found none ({last}). Run the scenarios again.")
        path = report.write(out, made.read_bytes())
    handed_out.log(workspace, NAME, version.id, (), len(rows), path.name)
    return {"table": NAME, "form": handed_out.PLAIN, "file": str(path), "rows": len(rows), "withdrawn": []}
