"""``python -m twin`` and the command ``twin``: the command line as a process."""

import os
import sys

from twin.cli import INTERRUPTED, main


def run() -> None:
    """Run the command of this process's arguments and end with its status."""
    status = main()
    if status == INTERRUPTED:
        # at once: an interrupt that struck inside an import can make Python end by signal while it tidies up
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    run()
