"""Comparison: how far each field of a pair of rows agrees, in levels.

Splink lays the levels out as SQL and DuckDB carries them out; what a level is worth is learned elsewhere, see
:mod:`twin.intake.linkage_model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twin.intake.linkage_records import Records

_SAME = 'greatest(1.0 - levenshtein("name_l", "name_r") / greatest(length("name_l"), length("name_r")), ' \
        '1.0 - levenshtein("joined_l", "joined_r") / greatest(length("joined_l"), length("joined_r")))'  # fmt: skip
_FEW = 'least("name_count_l", "name_count_r") <= 3'
_METRES = 'sqrt(("x_l" - "x_r") ** 2 + ("y_l" - "y_r") ** 2 + ("z_l" - "z_r") ** 2)'
_PART = (
    'list_has_all("words_l", "words_r") or list_has_all("words_r", "words_l") '
    'or starts_with("joined_l", "joined_r") or starts_with("joined_r", "joined_l")'
)
_STREET = '1.0 - levenshtein("street_l", "street_r") / greatest(length("street_l"), length("street_r"))'
_HOUSE = '("house_l" = "house_r" or "house_l" is null and "house_r" is null)'


@dataclass(frozen=True)
class Level:
    """One degree of agreement.

    Parameters
    ----------
    words : str
        As a person reads it.
    sql : str
        Condition on the columns of both rows; empty for whatever is left.
    m : float
        Prior: how often rows of one outlet agree in this degree, given that both sides say something.
    u : float
        How often rows of two outlets do so at the least, however seldom it was met.
    """

    words: str
    sql: str
    m: float
    u: float


@dataclass(frozen=True)
class Field:
    """One field that is compared.

    Parameters
    ----------
    name : str
    missing : str
        Condition under which nothing can be said.
    levels : tuple of Level
        Best first; the first whose condition holds counts.
    """

    name: str
    missing: str
    levels: tuple[Level, ...]


FIELDS = (
    Field("name", '"name_l" is null or "name_r" is null', (
        Level("equal, and few bear it", f'{_FEW} and "joined_l" = "joined_r"', 0.45, 2e-7),
        Level("equal, but several bear it", '"joined_l" = "joined_r" or "name_l" = "name_r"', 0.15, 1e-6),
        Level("nearly equal", f"{_SAME} >= 0.84", 0.22, 1e-5),
        Level("one is part of the other", _PART, 0.05, 1e-5),
        Level("alike", f"{_SAME} >= 0.72", 0.09, 1e-4),
        Level("different", "", 0.04, 0.1),
    )),
    Field("place", '("x_l" is null or "x_r" is null) and ("brick_l" is null or "brick_r" is null)', (
        Level("within 60 m", f"{_METRES} <= 60", 0.35, 1e-7),
        Level("within 250 m", f"{_METRES} <= 250", 0.32, 1e-6),
        Level("within 800 m", f"{_METRES} <= 800", 0.20, 1e-6),
        Level("within 1.5 km", f"{_METRES} <= 1500", 0.06, 1e-6),
        Level("within 5 km", f"{_METRES} <= 5000", 0.03, 1e-5),
        Level("farther apart", '"x_l" is not null and "x_r" is not null', 0.02, 0.1),
        Level("in one brick", '"brick_l" = "brick_r"', 0.015, 1e-4),
        Level("in different bricks", "", 0.005, 1e-2),
    )),
    Field("phone", '"phone_l" is null or "phone_r" is null', (
        Level("equal", '"phone_l" = "phone_r" and "phone_count_l" <= 4', 0.80, 1e-7),
        Level("equal, but many have it", '"phone_l" = "phone_r"', 0.03, 1e-5),
        Level("one digit off", 'levenshtein("phone_l", "phone_r") = 1', 0.05, 1e-6),
        Level("different", "", 0.12, 0.1),
    )),
    Field("tax number", '"tax_l" is null or "tax_r" is null', (
        Level("equal", '"tax_l" = "tax_r" and "tax_count_l" <= 4', 0.95, 1e-7),
        Level("equal, but many have it", '"tax_l" = "tax_r"', 0.04, 1e-5),
        Level("different", "", 0.01, 0.1),
    )),
    Field("email", '"email_l" is null or "email_r" is null', (
        Level("equal", '"email_l" = "email_r"', 0.85, 1e-7),
        Level("different", "", 0.15, 0.1),
    )),
    Field("address", '"street_l" is null or "street_r" is null', (
        Level("equal", f'"street_l" = "street_r" and {_HOUSE}', 0.55, 2e-7),
        Level("street nearly equal, same number", f"{_STREET} >= 0.8 and {_HOUSE}", 0.22, 1e-6),
        Level("street nearly equal", f"{_STREET} >= 0.8", 0.13, 1e-5),
        Level("different", "", 0.10, 0.1),
    )),
)  # fmt: skip
MISSING = -1
_CHUNK = 300_000


def compare(records: Records, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int8]:
    """Level of agreement of every field of every pair.

    Parameters
    ----------
    records : Records
    i, j : (p,) int
        Rows of each pair.

    Returns
    -------
    (p, f) int8
        Index into the levels of each of :data:`FIELDS`; -1 where nothing can be said.
    """
    if not len(i):
        return np.empty((0, len(FIELDS)), dtype=np.int8)
    # imported here: it takes a second, and small bundles do without
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    with duckdb.connect(":memory:") as database:
        database.execute("SET threads = 2; SET memory_limit = '700MB'; SET enable_progress_bar = false")
        api = DuckDBAPI(database)
        rows = api.register(_rows(records), table_name="twin_rows")
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="row",
            comparisons=[_comparison(field) for field in FIELDS],
            blocking_rules_to_generate_predictions=[block_on("row")],
            retain_matching_columns=True,
        )
        linker = Linker(rows, settings, log_level=None)
        found = [_levels(linker, api, i, j, start) for start in range(0, len(i), _CHUNK)]
    first, second, *gammas = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((j, i))
    assert len(first) == len(i) and (first == i[order]).all() and (second == j[order]).all()
    levels = np.empty((len(i), len(FIELDS)), dtype=np.int8)
    for k, (field, gamma) in enumerate(zip(FIELDS, gammas)):
        # Splink counts levels from the worst; here the best is 0
        levels[order, k] = np.where(gamma < 0, MISSING, len(field.levels) - 1 - gamma)
    return levels


def _levels(linker: Any, api: Any, i: NDArray, j: NDArray, start: int) -> list[NDArray]:
    """Rows and Splink's levels of one chunk of pairs, in order."""
    first, second = (rows[start : start + _CHUNK].astype(np.int32) for rows in (i, j))
    rule = pa.array(np.zeros(len(first), dtype=np.int8)).cast(pa.string())
    pairs = pa.table({"match_key": rule, "join_key_l": first, "join_key_r": second})
    linker.table_management.register_blocked_pairs_for_predict(api.register(pairs, table_name=f"twin_pairs_{start}"))
    scored = linker.inference.predict(warning_mode="never")
    names = ", ".join(f'"gamma_{field.name.replace(" ", "_")}"::TINYINT AS g{k}' for k, field in enumerate(FIELDS))
    found = scored.as_duckdbpyrelation().project(f'"row_l" AS i, "row_r" AS j, {names}').order("i, j").fetchnumpy()
    scored.drop_table_from_database_and_remove_from_cache(force_non_splink_table=True)
    return [np.asarray(values) for values in found.values()]


def _rows(records: Records) -> pa.Table:
    """The columns that the levels ask for."""
    table = records.table
    x, y, z = (pa.array(axis, from_pandas=True) for axis in records.xyz.T)
    texts = {name: pa.array(table[name], type=pa.string(), from_pandas=True)
             for name in ("name", "joined", "tax", "phone", "email", "street", "house")}  # fmt: skip
    words = pa.array(
        [[word for word in row if word is not None] for row in records.words.tolist()], pa.list_(pa.string())
    )
    brick = pa.array(records.brick, mask=records.brick < 0)
    counts = {name: pa.array(table[name]) for name in ("name_count", "tax_count", "phone_count")}
    row = pa.array(np.arange(len(records), dtype=np.int32))
    return pa.table({"row": row, **texts, "words": words, "x": x, "y": y, "z": z, "brick": brick, **counts})


def _comparison(field: Field) -> dict[str, object]:
    """One field as Splink's settings have it."""
    missing = {"sql_condition": field.missing, "label_for_charts": "missing", "is_null_level": True}
    levels = [
        {"sql_condition": level.sql or "ELSE", "label_for_charts": level.words, "m_probability": level.m,
         "u_probability": 1.0 / len(field.levels)}
        for level in field.levels
    ]  # fmt: skip
    return {"output_column_name": field.name.replace(" ", "_"), "comparison_levels": [missing, *levels]}
