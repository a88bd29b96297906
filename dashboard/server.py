"""Server: reads in what the pages need before the first person comes, then serves them.

Run as ``python -m dashboard.server``, with the options of ``streamlit run``. Knows no page by name.
"""

from __future__ import annotations

import gc
import importlib
import logging
import pkgutil
import sys
import threading
import time
from pathlib import Path

from streamlit.web import cli

from dashboard import views

ENTRY = Path(__file__).with_name("app.py")
_LONG_SECONDS = 0.03
"""A search of all memory that takes longer finds mostly what stays, and is not made again for the same objects."""
_MOST_TIMES = 20


def main() -> None:
    """Serve until ended."""
    threading.Thread(target=warm, daemon=True).start()
    sys.argv = ["streamlit", "run", str(ENTRY), *sys.argv[1:]]
    cli.main()


def warm() -> None:
    """Import every page and read what most of them show: a first visitor would wait for it.

    What cannot be read is left for the page to say.
    """
    for name in ("streamlit", "streamlit.runtime.scriptrunner_utils.script_run_context"):
        logging.getLogger(name).setLevel(logging.ERROR)  # caches are filled before there is anybody to fill them for
    for page in pkgutil.iter_modules(views.__path__):
        importlib.import_module(f"{views.__name__}.{page.name}")
    importlib.import_module("dashboard.rehearsal").rehearse()
    _read_in()
    gc.collect()
    gc.freeze()
    gc.callbacks.append(_Sparing())


class _Sparing:
    """Takes what has outlived a long search for garbage out of later ones.

    Streamlit searches all memory after every run of a page. Hundreds of thousands of objects are modules and results
    that stay as long as the server, and looking at them takes longer than most pages.
    """

    def __init__(self) -> None:
        self._began = 0.0
        self._times = 0

    def __call__(self, phase: str, told: dict[str, int]) -> None:
        if told["generation"] < 2:
            return
        if phase == "start":
            self._began = time.thread_time()
        elif time.thread_time() - self._began > _LONG_SECONDS and self._times < _MOST_TIMES:
            self._times += 1  # what is spared is never collected: not without end
            gc.freeze()


def _read_in() -> None:
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
