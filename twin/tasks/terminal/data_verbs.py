"""Data verbs: how ingest, versions, erase, privacy and export are called from the command line.

Verbs import what they need when they are called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
from typing import Any

from twin.progress import Progress


def _workspace(options: argparse.Namespace) -> Any:
    from twin.workspace.store import Workspace

    return Workspace.open(options.workspace, create=False)


def ingest(options: argparse.Namespace, tell: Progress) -> dict[str, Any]:
    """``twin ingest``."""
    from twin.tasks.data.ingest import IngestSettings, run_ingest
    from twin.tasks.data.suggest import run_suggest

    if options.suggest:
        return run_suggest(options.folder, options.out)
    settings = IngestSettings(options.how or "auto", options.dry_run, options.accept, options.restate)
    return run_ingest(options.workspace, options.folder, options.mapping, tell, settings)


def versions(options: argparse.Namespace) -> dict[str, Any]:
    """``twin versions``."""
    from twin.tasks.data.versions import run_versions

    return run_versions(_workspace(options), options.action, tuple(options.ids), options.kind)


def erase(options: argparse.Namespace, tell: Progress) -> dict[str, Any]:
    """``twin erase``."""
    from twin.tasks.privacy.erase import run_erase

    return run_erase(_workspace(options), tuple(options.customer), options.dry_run, tell)


def privacy(options: argparse.Namespace) -> dict[str, Any]:
    """``twin privacy``."""
    from twin.tasks.privacy.privacy import run_privacy

    return run_privacy(_workspace(options), options.part)


def export(options: argparse.Namespace) -> dict[str, Any]:
    """``twin export``."""
    from twin.errors import WorkspaceError
    from twin.tasks.export import run_export
    from twin.tasks.report_file import NAME, run_report

    if options.table == NAME:
        if options.shared or options.pseudonyms is not None:
            raise WorkspaceError(f"{NAME}: expected no --shared or --pseudonyms: it names nobody. Leave them out.")
        return run_report(_workspace(options), options.out, options.locale)
    return run_export(
        _workspace(options), options.table, options.out, options.locale, options.pseudonyms, options.shared
    )
