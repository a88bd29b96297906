"""Columns: the cells of one table read by its contract, and every cell that does not fit reported.

Knows one table at a time; what must agree between tables is in :mod:`twin.intake.check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from twin.errors import InputError, Problem
from twin.intake.assumed import Assumption
from twin.intake.convert import Typed, convert, is_text, translate, uses_commas
from twin.intake.fold import did_you_mean, fold, header, nearest
from twin.intake.geometry_files import to_wgs84
from twin.intake.raw import Raw
from twin.intake.rows import months_in
from twin.intake.schema import DATES, Column, TableContract
from twin.intake.settings import Mapping, TableMapping
from twin.market.channels import channel_axis

_AXES = (("lon", "lat"), ("home_lon", "home_lat"))
_SMALL_RANGE = 1000.0
_PIVOTED = 3


@dataclass(frozen=True)
class ColumnTyper:
    """Reads the columns of one table and appends what does not fit.

    Parameters
    ----------
    raw : Raw
    contract : TableContract
    mapping : Mapping
    errors, warnings : list of Problem
        Appended to.
    assumed : list of Assumption
        Appended to: what each column was taken to be.
    """

    raw: Raw
    contract: TableContract
    mapping: Mapping
    errors: list[Problem]
    warnings: list[Problem]
    assumed: list[Assumption] = field(default_factory=list)

    @property
    def settings(self) -> TableMapping:
        """The table's dialect as it was found."""
        return self._settings

    @cached_property
    def _settings(self) -> TableMapping:
        return replace(self.mapping.of(self.contract.name), separator=self.raw.separator)

    @cached_property
    def commas(self) -> bool:
        """Whether any number of the file is written with a decimal comma."""
        return uses_commas(self.raw)

    def typed(self, spec: Column, values: pa.ChunkedArray) -> object:
        """One column with its type and its rule checked; cells that break the rule are reported."""
        settings = self.settings
        if is_text(values.type):
            words = dict(settings.values.get(spec.name, {})) | self._canonical(spec, values)
            values = translate(values, words) if words else values
        doubtful = spec.kind == "number" and self.commas and not (spec.high is not None and spec.high < _SMALL_RANGE)
        # rows of dated tables are many, and speak of few ids: they stay codes where the file was read as codes
        typed = convert(spec.kind, values, settings, doubtful, self.contract.name in DATES and not spec.choices)
        title = self.raw.titles.get(spec.name, spec.name)
        self.assumed.extend(
            Assumption(self.raw.file, self.contract.name, title, *note) for note in typed.notes if not typed.bad.any()
        )
        self._report(spec, typed.bad, typed.expected, typed.cure)
        filled = ~np.asarray(pd.isna(typed.values))
        if spec.required:
            self._report(spec, ~filled & ~typed.bad, "a value", "Fill the cell, or remove the row.")
        if spec.kind == "number":
            return self._bounded(spec, typed, settings.factors.get(spec.name, 1.0))
        if spec.choices:
            wrong = filled & ~np.isin(np.asarray(typed.values, dtype=object), spec.choices)
            self._report(spec, wrong, spec.rule, "Use one of these, or translate it in the mapping.")
        if spec.kind == "geometry":
            texts = np.where(filled, np.asarray(typed.values, dtype=object), None)
            shapes = shapely.from_geojson(texts, on_invalid="ignore")
            self._report(spec, filled & shapely.is_missing(shapes), "GeoJSON", "Correct the geometry.")
        return typed.values

    def _bounded(self, spec: Column, typed: Typed, factor: float) -> NDArray[np.float64]:
        scaled = typed.values * factor
        low = -np.inf if spec.low is None else spec.low
        high = np.inf if spec.high is None else spec.high
        cure = "Correct the value."
        if spec.name == "volume":
            cure = 'Take a return off the sale that it belongs to, or state returns = "drop" in the mapping.'
            low = -np.inf if self.settings.returns == "drop" else low
        if spec.unit == "degrees":
            if self.settings.crs is not None:
                return scaled
            if np.nanmedian(np.abs(np.append(scaled, 0.0))) > _SMALL_RANGE:
                cure = ("These are no degrees: they are metres of a coordinate system, which crs in the mapping states "
                        '(for instance crs = "EPSG:5254"), or degrees that lost their decimal mark.')  # fmt: skip
            elif spec.name.endswith("lat"):
                cure = "Correct the value; if longitude and latitude are swapped, exchange the columns in the mapping."
        self._report(spec, (scaled < low) | (scaled > high), f"a number {spec.rule}", cure)
        return scaled

    def lay_on_the_globe(self, frame: dict[str, object]) -> None:
        """Coordinates of another system, which the mapping states, as longitude and latitude."""
        crs = self.settings.crs
        if crs is None or "geometry" in frame:
            return
        for east, north in _AXES:
            if east not in frame or north not in frame:
                continue
            x, y = np.asarray(frame[east], dtype=float), np.asarray(frame[north], dtype=float)
            try:
                lon, lat = to_wgs84(x, y, crs, self.raw.file)
            except InputError as error:
                self.errors.extend(error.problems)
                return
            lost = np.isfinite(x) & np.isfinite(y) & np.isnan(lon)
            spec = self.contract.column(east)
            if spec is not None:
                self._report(spec, lost, f"coordinates of {crs}", "Correct the coordinates, or crs in the mapping.")
            frame[east], frame[north] = lon, lat

    def _canonical(self, spec: Column, values: pa.ChunkedArray) -> dict[str, str]:
        """Other letter cases of words that the contract fixes."""
        fixed = spec.choices
        if spec.name in ("channel", "prefers_channel"):
            fixed = channel_axis(self.mapping.channels)
        elif spec.name == "owner":
            fixed = ("us",)
        if not fixed:
            return {}
        plain = {fold(word): word for word in fixed}
        translated = self.settings.values.get(spec.name, {})
        return {
            word.strip(): plain[fold(word)]
            for word in values.unique().to_pylist()
            if word and word.strip() not in translated and fold(word) in plain
        }

    def _report(self, spec: Column, bad: NDArray[np.bool_], expected: str, cure: str) -> None:
        """One problem for all the rows that break one rule in one column."""
        bad = np.asarray(bad, dtype=bool)
        if not bad.any():
            return
        row = int(np.argmax(bad))
        found = self.raw.columns[spec.name][row].as_py()
        text = "an empty cell" if found is None or str(found).strip() == "" else shortened(repr(found))
        line, count = self.raw.line_of(row), int(bad.sum())
        self.errors.append(
            Problem(self.raw.file_of(row), self.raw.title_of(spec.name), expected, text, cure, row=line, count=count)
        )

    def report_missing(self, missing: Sequence[Column]) -> None:
        """Required columns that the file does not have, with the column that was probably meant."""
        titles = tuple(self.raw.titles.values())
        here = ", ".join(titles)
        folded = {header(title): title for title in titles}
        for column in missing:
            meant = nearest(column.name, titles)
            aliases = (folded[header(alias)] for alias in column.aliases if header(alias) in folded)
            meant = next(aliases, meant)
            hint = f" Did you mean {meant!r}?" if meant else ""
            cure = f"Add or rename the column, or name it in the mapping.{hint}"
            if len(months_in(list(titles))) >= _PIVOTED:
                cure = (f"Months stand side by side here: state [tables.{self.contract.name}.months] in the mapping, "
                        "and they are laid one under the other.")  # fmt: skip
            line = self.raw.header_line
            self.errors.append(
                Problem(self.raw.file, column.name, f"the column {column.name}", shortened(here), cure, row=line)
            )

    def warn_aside(self, columns: Sequence[str]) -> None:
        """Columns outside the contract of a table without attributes: those perhaps meant, and the rest at once."""
        absent = tuple(item.name for item in self.contract.columns if item.name not in self.raw.columns)
        meant = [column for column in columns if did_you_mean(column, absent)]
        for column in meant:
            self.warn_foreign(column)
        rest = [self.raw.titles.get(column, column) for column in columns if column not in meant]
        if rest:
            found = f"{len(rest)} more, left aside: {shortened(', '.join(rest))}"
            line = self.raw.header_line
            self.warnings.append(Problem(self.raw.file, ", ".join(rest[:1]), "columns of the contract", found,
                                         "Nothing to do if they are not needed.", row=line))  # fmt: skip

    def warn_foreign(self, column: str) -> None:
        """A column outside the contract: left aside, or an attribute whose name comes close to the contract's."""
        absent = {item.name: item for item in self.contract.columns if item.name not in self.raw.columns}
        if not self.contract.attributes:
            cure = f"Nothing to do if it is not needed.{did_you_mean(column, tuple(absent))}"
            found, expected = "another one, left aside", "a column of the contract"
        else:
            near = nearest(column, tuple(absent), at_least=85.0)
            near = near or next(
                (name for name, item in absent.items() if header(column) in map(header, item.aliases)), None
            )
            if near is None:
                return
            cure = f"Rename it to {near}, or name it in the mapping; nothing to do if it is an attribute."
            found, expected = (
                f"a name close to {near}, read as an attribute",
                "a column of the contract or an attribute",
            )
        self.warnings.append(Problem(self.raw.file, column, expected, found, cure, row=self.raw.header_line))


def shortened(text: str, most: int = 200) -> str:
    """A value as a message shows it: its beginning, when it is long."""
    return text if len(text) <= most else f"{text[:most]}..."
