"""Arguments of the data verbs: what goes into a workspace, what is kept there, and what goes out.

Knows no verb, see :mod:`twin.cli`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from twin.tasks.terminal.arguments import locale


def of_ingest(verb: argparse.ArgumentParser) -> None:
    """Of ``twin ingest``."""
    verb.add_argument("folder", type=Path, help="folder with the bundle's tables")
    verb.add_argument("--mapping", type=Path, help="TOML file that renames tables and columns and states formats")
    ways = verb.add_mutually_exclusive_group()
    ways.add_argument(
        "--add", dest="how", action="store_const", const="add",
        help="add to what stands; tables that stand need not come again",
    )  # fmt: skip
    ways.add_argument(
        "--replace", dest="how", action="store_const", const="replace",
        help="take the place of what stands (default: add when the folder's months carry on from it, else replace)",
    )  # fmt: skip
    verb.add_argument(
        "--restate", action="store_true", help="when adding: months of which a table has a row are replaced whole"
    )
    verb.add_argument("--dry-run", action="store_true", help="show what would change, publish nothing")
    verb.add_argument("--suggest", action="store_true", help="draft a mapping for an unknown export, ingest nothing")
    verb.add_argument("--out", type=Path, metavar="FILE", help="with --suggest: where the draft goes (default: stdout)")
    verb.add_argument("--accept", action="store_true", help="publish although the change looks like a slip")


def of_versions(verb: argparse.ArgumentParser) -> None:
    """Of ``twin versions``."""
    verb.add_argument(
        "action", nargs="?", choices=["list", "diff", "restore"], default="list",
        help="list them; diff two datasets; restore an older one as the newest (default: list)",
    )  # fmt: skip
    verb.add_argument("ids", nargs="*", metavar="ID", help="of versions; diff of one compares with the newest dataset")
    verb.add_argument("--kind", default="dataset", help="dataset, calibration, forecast, plan, ... (default: dataset)")


def of_erase(verb: argparse.ArgumentParser) -> None:
    """Of ``twin erase``."""
    verb.add_argument("customer", nargs="+", metavar="CUSTOMER", help="customer_id or prospect_id; several at once")
    verb.add_argument("--dry-run", action="store_true", help="say where the person is found, change nothing")


def of_privacy(verb: argparse.ArgumentParser) -> None:
    """Of ``twin privacy``."""
    verb.add_argument(
        "part", nargs="?", choices=["register", "consents", "handed-out", "erasures"], default="register",
        help="personal data by place; consents by channel; what went out; who was erased (default: register)",
    )  # fmt: skip


def of_export(verb: argparse.ArgumentParser) -> None:
    """Of ``twin export``."""
    verb.add_argument("table", help="potential, parameters, rival_calendar, forecast, comparison, plan, ... or report")
    verb.add_argument(
        "--out",
        type=Path,
        required=True,
        help="file; its ending chooses csv, xlsx, parquet, json or geojson; of the report pdf or xlsx",
    )
    verb.add_argument(
        "--pseudonyms", nargs="?", const="", metavar="LABEL",
        help="numbers in place of ids, without names and places; the same LABEL, the same numbers",
    )  # fmt: skip
    verb.add_argument(
        "--shared", action="store_true",
        help="for others to see: sums over customers, none of fewer than five or of one who dominates",
    )  # fmt: skip
    locale(verb)
