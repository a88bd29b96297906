"""Settings: how one company's export differs from the contract, as frozen values.

Knows no file; :mod:`twin.intake.mapping` reads them from one.
"""

from __future__ import annotations

import datetime as dt
from collections import abc
from dataclasses import dataclass, field, replace
from types import MappingProxyType

EMPTY: abc.Mapping = MappingProxyType({})
DIALECT = ("encoding", "separator", "decimal", "thousands", "date_format", "timezone", "missing")
_TIMEZONES = {"TR": "Europe/Istanbul"}


@dataclass(frozen=True)
class Join:
    """Another file whose columns are added to a table, row by row.

    Parameters
    ----------
    source : str
        File stem or sheet.
    key, other : str
        Column that finds the row: its name in the table, and in the other file.
    """

    source: str
    key: str
    other: str


@dataclass(frozen=True)
class Months:
    """Months that stand side by side as columns, to be laid one under the other.

    Parameters
    ----------
    value : str
        Contract's column for what the cells hold.
    year : int, optional
        Of headers that name the month alone.
    columns : mapping of str to str
        First day of a month (``2024-01-01``) to its column's name, where the headers do not tell.
    """

    value: str = "volume"
    year: int | None = None
    columns: abc.Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True)
class TableMapping:
    """How one table differs from the contract.

    Parameters
    ----------
    source : str, optional
        File stem, sheet or layer that holds the table; ``*`` stands for anything, the files are laid end to end.
    columns : mapping of str to str
        Contract's column name (or the name that an attribute shall have) to the name in the file.
    factors : mapping of str to float
        Number in the file times factor = number in the contract's unit.
    values : mapping of str to mapping of str to str
        By column: what stands in the file to what the contract calls it.
    kinds : mapping of str to str
        Kind of an attribute, where inference would guess wrong (a postcode is a category).
    constants : mapping of str to str
        What a column holds in every row, where the file does not have it.
    keep : mapping of str to tuple of str
        By name in the file: only rows with one of these words are read.
    others : str
        What becomes of columns that are not named: ``keep`` (as attributes) or ``drop``.
    distinct : bool
        Rows that repeat another in every column that is read count once.
    months : Months, optional
    join : tuple of Join
    header_row, header_rows : int, optional
        Physical line of the column names, and how many lines of them there are.
    crs : str, optional
        Coordinate system of coordinates that are not WGS84 and do not say so themselves.
    ids : str, optional
        ``exact``: ids that differ in letter case only are two.
    merged : str, optional
        ``fill``: a merged cell of a sheet holds its value in each row.
    hidden : str, optional
        ``drop``: rows and columns that the sheet hides are left aside.
    week_one : date, optional
        First day of week 1, where the date is a running number of weeks.
    returns : str, optional
        ``drop``: rows of negative volume are left aside and counted.
    encoding, separator, decimal, thousands, date_format, timezone : str, optional
        As written in the file; ``None`` leaves it to the reader, which says what it assumed.
    missing : tuple of str
        Words that stand for an empty cell.
    """

    source: str | None = None
    columns: abc.Mapping[str, str] = field(default_factory=lambda: EMPTY)
    factors: abc.Mapping[str, float] = field(default_factory=lambda: EMPTY)
    values: abc.Mapping[str, abc.Mapping[str, str]] = field(default_factory=lambda: EMPTY)
    kinds: abc.Mapping[str, str] = field(default_factory=lambda: EMPTY)
    constants: abc.Mapping[str, str] = field(default_factory=lambda: EMPTY)
    keep: abc.Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)
    others: str | None = None
    distinct: bool = False
    months: Months | None = None
    join: tuple[Join, ...] = ()
    header_row: int | None = None
    header_rows: int | None = None
    crs: str | None = None
    ids: str | None = None
    merged: str | None = None
    hidden: str | None = None
    week_one: dt.date | None = None
    returns: str | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    date_format: str | None = None
    timezone: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Geography:
    """What a person allows to be done about faulty places.

    Parameters
    ----------
    swapped : str
        ``exchange``: longitudes and latitudes that stand in each other's place change places.
    polygons : str
        ``mend``: polygons that cross themselves are mended even where that changes their area.
    overlaps : str
        ``accept``: bricks may overlap; a point in two of them belongs to the smaller.
    """

    swapped: str = "refuse"
    polygons: str = "refuse"
    overlaps: str = "refuse"


@dataclass(frozen=True)
class Mapping:
    """How a bundle differs from the contract; the default is a bundle that follows it.

    Parameters
    ----------
    country : str
        ISO 3166 code; decides the box for coordinates, the time zone and the holidays.
    channels : tuple of str
        Channels beyond the standard ones.
    defaults : TableMapping
        Dialect of every table that states no other.
    tables : mapping of str to TableMapping
    geography : Geography
    """

    country: str = "TR"
    channels: tuple[str, ...] = ()
    defaults: TableMapping = field(default_factory=TableMapping)
    tables: abc.Mapping[str, TableMapping] = field(default_factory=lambda: EMPTY)
    geography: Geography = field(default_factory=Geography)

    def of(self, table: str) -> TableMapping:
        """Settings of one table, with the bundle's dialect where the table states none."""
        own = self.tables.get(table, TableMapping())
        inherited = {name: getattr(own, name) or getattr(self.defaults, name) for name in DIALECT}
        inherited["timezone"] = inherited["timezone"] or _TIMEZONES.get(self.country)
        return replace(own, **inherited)
