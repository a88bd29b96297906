"""Server: reads in what the pages need before the first person comes, then serves them.

Run as ``python -m dashboard.server``, with the options of ``streamlit run``. Knows no page by name.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
import threading
from pathlib import Path

from streamlit.web import cli

from dashboard import views

ENTRY = Path(__file__).with_name("app.py")


def main() -> None:
    """Serve until ended."""
    threading.Thread(target=warm, daemon=True).start()
    sys.argv = ["streamlit", "run", str(ENTRY), *sys.argv[1:]]
    cli.main()


def warm() -> None:
    """Import every page and read what most of them show: a first visitor would wait for it.

    What cannot be read is left for the page to say.
    """
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # a cache is filled before there is anybody to fill it for
    for page in pkgutil.iter_modules(views.__path__):
        importlib.import_module(f"{views.__name__}.{page.name}")
    state = importlib.import_module("dashboard.state")
    errors = importlib.import_module("twin.errors")
    try:
        heads = state.heads()
        if "calibration" in heads:
            for read in (state.figures, state.past):
                read(heads["calibration"].id)
        if "plan" in heads:
            importlib.import_module("dashboard.plan_state").read_in(heads["plan"].id)
    except errors.TwinError:
        return


if __name__ == "__main__":
    main()
