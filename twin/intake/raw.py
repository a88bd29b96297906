"""Raw: one table as it stands in its file, before any column has a type.

Knows the physical line of every row; not what a column means.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twin.errors import Problem
from twin.intake.assumed import Assumption
from twin.intake.fold import header as fold_header


@dataclass(frozen=True)
class Raw:
    """One table as it stands in its file, before any column has a type.

    Parameters
    ----------
    file : str
    columns : dict of str to pyarrow.ChunkedArray
        By name in the file; all of one length.
    first_line : int
        Physical line of row 0 when rows are consecutive.
    lines : (n,) int64, optional
        Physical line of every row, when they are not.
    separator : str
        Empty for a file that is not text; a tab for a sheet, whose cells are as free to hold commas.
    titles : dict of str to str
        By contract's name: the name in the file, once the columns are renamed.
    header_line : int
        Physical line of the column names.
    assumed : tuple of Assumption
        What the reader found out for itself.
    warnings : tuple of Problem
        What was left aside, accepted and to be told.
    files : tuple of str
        Where several files are laid end to end.
    which : (n,) int, optional
        Of which of them each row is.
    """

    file: str
    columns: dict[str, pa.ChunkedArray]
    first_line: int = 2
    lines: NDArray[np.int64] | None = None
    separator: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    header_line: int = 1
    assumed: tuple[Assumption, ...] = ()
    warnings: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    which: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def title_of(self, name: str) -> str:
        """A column as a message names it: by the contract, with the file's own name where that is another."""
        theirs = self.titles.get(name, name)
        return name if fold_header(theirs) == fold_header(name) else f"{name} ({theirs!r})"

    def line_of(self, row: int) -> int:
        """Physical line (record or feature number for Parquet and geometry) of one row."""
        return int(self.first_line + row if self.lines is None else self.lines[row])

    def file_of(self, row: int) -> str:
        """File of one row."""
        return self.file if self.which is None else self.files[int(self.which[row])]

    def all_lines(self) -> NDArray[np.int64]:
        """Physical line of every row: (n,) int64."""
        return np.arange(len(self), dtype=np.int64) + self.first_line if self.lines is None else self.lines

    def take(self, rows: NDArray[np.int64]) -> Raw:
        """The same table with these rows only, each with its own line."""
        columns = {name: values.take(pa.array(rows)) for name, values in self.columns.items()}
        which = None if self.which is None else self.which[rows]
        return replace(self, columns=columns, lines=self.all_lines()[rows], which=which)

    def noting(self, *found: Assumption) -> Raw:
        """The same table with more assumptions."""
        return replace(self, assumed=(*self.assumed, *found))

    def telling(self, *problems: Problem) -> Raw:
        """The same table with more warnings."""
        return replace(self, warnings=(*self.warnings, *problems))
