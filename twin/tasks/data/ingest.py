"""ingest: read a bundle, show what it changes, and publish it as an immutable dataset version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from twin.errors import InputError, Problem
from twin.intake.assemble import assemble
from twin.intake.codes import spelled
from twin.intake.ingest import Bundle, Season, read_bundle
from twin.intake.mapping import load_mapping
from twin.intake.quality import quality_of
from twin.intake.quality_scores import Quality, quality_scores
from twin.intake.readiness import readiness
from twin.intake.schema import CONTRACT
from twin.intake.season_change import Difference, profile
from twin.intake.seasons import ADD, AUTO, Standing
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent
from twin.tasks.data.versions import PROFILE, SOURCE, TABLE, compared, contents_of, erased_people
from twin.tasks.links.link_words import standing_words
from twin.tasks.shelf import DATASET, ERASURE
from twin.weeks import monday
from twin.workspace import codec
from twin.workspace.catalogue import FILE_NAME, Version
from twin.workspace.heads import require
from twin.workspace.store import Workspace

_STEPS = ("read and check", "lay out", "compare", "publish", "done")
_JUDGE = "judge the records"


@dataclass(frozen=True)
class IngestSettings:
    """How a folder is taken in.

    Parameters
    ----------
    how : str
        ``auto``: a folder that carries on from what stands is added, any other takes its place. Or ``add``, or
        ``replace``.
    dry_run : bool
        Show what would change and publish nothing.
    accept : bool
        Publish although the change looks like a slip.
    restate : bool
        When adding: months of which a table has a row are replaced whole.
    """

    how: str = AUTO
    dry_run: bool = False
    accept: bool = False
    restate: bool = False


def run_ingest(
    workspace: Path,
    folder: Path,
    mapping: Path | None = None,
    progress: Progress | None = None,
    settings: IngestSettings | None = None,
) -> dict[str, Any]:
    """Ingest a folder.

    Parameters
    ----------
    workspace : Path
        Made if it is not there, but only once the bundle is found to be sound.
    folder : Path
    mapping : Path, optional
    progress : Progress, optional
    settings : IngestSettings, optional

    Returns
    -------
    dict
        ``dataset`` (empty when nothing was published), ``published``, ``how`` (``first``, ``replace``, ``add``),
        ``since`` (the version that stood), ``change`` (see :class:`twin.intake.season_change.Difference`; ``None`` for
        the first), ``origin``, ``rows`` by table, ``links``, ``repeated`` (customers of ours merged into another),
        ``to_review`` (pairs that wait for a person's word), ``assumed`` (what was read off the files), ``warnings``.

    Raises
    ------
    InputError
        With every problem of every file, or with what looks like a slip; nothing is written.
    WorkspaceError
        When somebody published another dataset, or erased a person, meanwhile; nothing is written.
    """
    tell, settings = progress or silent, settings or IngestSettings()
    tell(0, 4, _STEPS[0])
    store, standing = _standing(workspace, folder, settings)
    stood = _heads(store, standing)
    stated, season = load_mapping(mapping) if mapping else None, _season(store, standing, settings)
    bundle = read_bundle(folder, stated, season=season, say=lambda phrase: tell(0, 4, phrase))
    tell(1, 4, _STEPS[1])
    world, history = assemble(bundle.tables, bundle.links)
    tell(1, 4, _JUDGE)
    world, found = judged(world, history, bundle)
    ready = asdict(readiness(world, history, bundle.tables, found))
    tell(2, 4, _STEPS[2])
    told = profile(bundle.tables)
    change = _change(store, standing, stood, bundle, told)
    if change is not None and change.slips and not (settings.accept or settings.dry_run):
        raise InputError(_refused(folder, change, standing))
    origin = monday(history.origin).isoformat()
    tell(3, 4, _STEPS[3])
    version = ""
    if not settings.dry_run:
        made = {"market": codec.encode((world, history)), "readiness": ready, PROFILE: told}
        parts = _Parts({**_tables(bundle), **made, **_beside(bundle, found)})
        version = _published(workspace, bundle, parts, origin, standing, stood)
    tell(4, 4, _STEPS[4])
    return _said(version, standing, change, origin, bundle)


def _change(
    store: Workspace | None, standing: Version | None, stood: Mapping[str, str], bundle: Bundle, told: pd.DataFrame
) -> Difference | None:  # fmt: skip
    """What the bundle changes; ``None`` where nothing stood."""
    if store is None or standing is None:
        return None
    require(store, {ERASURE: stood[ERASURE]})  # an erasure gives what stands other files
    return compared(store, standing, (bundle.sources, told, _rows(bundle)))


def _said(
    version: str, standing: Version | None, change: Difference | None, origin: str, bundle: Bundle
) -> dict[str, Any]:  # fmt: skip
    """The result in plain form."""
    linked = bundle.links[bundle.links["decision"] == "linked"] if len(bundle.links) else bundle.links
    return {
        "dataset": version,
        "published": bool(version),
        "how": bundle.how if standing is not None else "first",
        "since": standing.id if standing is not None else None,
        "change": change.as_dict() if change is not None else None,
        "origin": origin,
        "rows": _rows(bundle),
        "assumed": [item.as_dict() for item in bundle.assumed],
        "links": len(linked),
        "repeated": int((bundle.aliases["list"] == "customers").sum()),
        "to_review": int((bundle.pairs["decision"] == "review").sum()),
        "warnings": [str(warning) for warning in bundle.warnings],
    }


def judged(world: World, history: History, bundle: Bundle) -> tuple[World, Quality]:
    """The world whose customers carry the score of their record, and all that was found of its quality."""
    rows = [quality_of(name, bundle.tables[name]) for name in CONTRACT if name in bundle.tables]
    found = quality_scores(world, history, bundle.tables, rows, bundle.pairs)
    score = found.by_customer["score"].to_numpy(dtype=float)
    return replace(world, population=replace(world.population, quality=score)), found


def _standing(
    workspace: Path, folder: Path, settings: IngestSettings
) -> tuple[Workspace | None, Version | None]:  # fmt: skip
    """The workspace and its newest dataset, without making anything."""
    store = Workspace.open(workspace, create=False) if (Path(workspace) / FILE_NAME).is_file() else None
    standing = store.head(DATASET) if store is not None else None
    if standing is None and settings.how == ADD:
        raise InputError([Problem(folder.name, "--add", "a dataset to add to", f"none in {workspace}",
                                  "Ingest the whole history first, without --add.")])  # fmt: skip
    return store, standing


def _heads(store: Workspace | None, standing: Version | None) -> dict[str, str]:
    """What must still stand when this is published: the dataset that it was compared with, and who is erased."""
    erased = store.head(ERASURE) if store is not None else None
    return {DATASET: standing.id if standing is not None else "", ERASURE: erased.id if erased is not None else ""}


def _season(store: Workspace | None, version: Version | None, settings: IngestSettings) -> Season:
    if store is None:
        return Season()
    standing = None if version is None else Standing(version.id, contents_of(store, version))
    return Season(settings.how, standing, settings.restate, erased_people(store), standing_words(store))


def _rows(bundle: Bundle) -> dict[str, int]:
    return {name: len(table) for name, table in bundle.tables.items()}


class _Parts(Mapping[str, Any]):
    """Parts to be published; a table is spelled out only when it is its turn, for all at once would fill the memory."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = parts

    def __getitem__(self, name: str) -> Any:
        part = self._parts[name]
        return spelled(part) if isinstance(part, pd.DataFrame) else part

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def _beside(bundle: Bundle, found: Quality) -> dict[str, pd.DataFrame]:
    """Parts beside the tables: who is who, what is to be known, how good the records are."""
    return {
        "links": bundle.links, "pairs": bundle.pairs, "aliases": bundle.aliases, "warnings": _warnings(bundle),
        "quality": found.by_column, "quality_by_customer": found.by_customer,
        "quality_by_territory": found.by_territory, "quality_by_rep": found.by_rep,
    }  # fmt: skip


def _tables(bundle: Bundle) -> dict[str, pd.DataFrame]:
    """Parts of the tables; those that merging changed are kept as they were too, for the next season."""
    merged = {f"{TABLE}{name}": table for name, table in bundle.tables.items()}
    before = {f"{SOURCE}{name}": table for name, table in bundle.sources.items()
              if bundle.tables.get(name) is not table}  # fmt: skip
    return {**merged, **before}


def _warnings(bundle: Bundle) -> pd.DataFrame:
    columns = ["file", "row", "where", "expected", "found", "cure", "count"]
    return pd.DataFrame([warning.as_dict() for warning in bundle.warnings], columns=columns)


def _published(
    workspace: Path, bundle: Bundle, parts: Mapping[str, Any], origin: str, standing: Version | None,
    stood: Mapping[str, str],
) -> str:  # fmt: skip
    meta: dict[str, Any] = {"origin": origin, "files": dict(bundle.hashes), "rows": _rows(bundle)}
    parents: tuple[str, ...] = ()
    if bundle.how == ADD and standing is not None:
        meta["added_to"], parents = standing.id, (standing.id,)
    return Workspace.open(workspace).publish(DATASET, parts, meta, parents, heads=stood)


def _refused(folder: Path, change: Difference, standing: Version | None) -> list[Problem]:
    """What looks like a slip, as faults of the folder."""
    name = standing.id if standing is not None else ""
    cure = "Check the export. --dry-run shows the whole change, --accept publishes it all the same."
    return [Problem(folder.name, slip.where, f"{slip.expected} in {name}", slip.found, cure) for slip in change.slips]
