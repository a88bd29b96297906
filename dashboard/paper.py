"""Paper: the report of a comparison as a file, made as the page makes it but without a browser.

``python -m dashboard.paper FILE LANGUAGE``, with the workspace in the environment; ``twin export report`` calls it.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from dashboard import live, state
from dashboard.views import report
from dashboard.views.compare import MOST
from dashboard.words import Words
from twin.tasks.forecasts import compared


def made(form: str, language: str) -> bytes:
    """The newest comparison: the best scenarios, the very best one's course, drivers and map.

    Parameters
    ----------
    form : str
        ``pdf`` or ``xlsx``.
    language : str
        ``en`` or ``tr``.
    """
    words = Words(language)
    version = live.forecasts()[0].version
    outlook = state.document(version.id, "forecast")
    rows = [row for row in outlook["scenarios"] if "versus_baseline" in row]
    rows = sorted(rows, key=lambda row: -row["versus_baseline"]["own_volume_pct"]["mean"])[:MOST]
    if form == "xlsx":
        return report.book(version, rows, words)
    best = compared.best_in(state.table(version.id, "runs"), [row["name"] for row in rows])
    return report.page(version, outlook, rows, rows[0], best, words)


def main(arguments: list[str]) -> None:
    """Write the file that is named."""
    # there is no browser, and the framework says so at every cached reader
    logging.disable(logging.WARNING)
    path, language = Path(arguments[0]), arguments[1]
    path.write_bytes(made(path.suffix.lower().removeprefix("."), language))


if __name__ == "__main__":
    main(sys.argv[1:])
