"""Table: one table of a bundle with its types, and the line where every row stood."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from twin.intake.raw import Raw


@dataclass(frozen=True)
class Table:
    """One table of a bundle.

    Parameters
    ----------
    name, file : str
    frame : pandas.DataFrame
        Columns of the contract that the file has, then attributes; index 0..n-1.
    raw : Raw
        Knows the physical line of every row.
    """

    name: str
    file: str
    frame: pd.DataFrame
    raw: Raw

    def line_of(self, row: int) -> int:
        """Physical line of one row of :attr:`frame`."""
        return self.raw.line_of(int(row))

    def file_of(self, row: int) -> str:
        """File of one row of :attr:`frame`."""
        return self.raw.file_of(int(row))
