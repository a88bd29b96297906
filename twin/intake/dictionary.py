"""Dictionary: the data dictionary that people read, written from the schema.

``python -m twin.intake.dictionary > data/README.md`` renews it. Knows no data.
"""

from __future__ import annotations

from twin.intake.identity import LINK, REPEATED
from twin.intake.linkage import ENOUGH_ROWS, SHOWN
from twin.intake.linkage_rules import LINK_SCORE, LINK_SCORE_UNPLACED, RADIUS_M, REVIEW_SCORE, SHARED_NAME_M
from twin.intake.schema import CONTRACT, Column, TableContract

_INTRODUCTION = """# Data dictionary

This page is written from `twin/intake/schema.py`; renew it with `python -m twin.intake.dictionary > data/README.md`.

A **bundle** is a folder of tables. Each table is `NAME.csv`, `NAME.parquet` or a sheet `NAME` of an `.xlsx`; geometry
is `NAME.geojson`, `NAME.shp` or a layer `NAME` of a `.gpkg`, in any declared coordinate system. Two sources for one
table are refused. `customers`, `brands` and `sales` are enough to begin.

- **Text files** are UTF-8, or UTF-16 with a byte order mark; any other encoding is stated in the mapping. The separator
  is read off the header: comma, semicolon, tab or bar. Titles above the column names and rows of totals are found, left
  aside and told. Every row has as many fields as the header.
- **Workbooks** (`.xlsx`): column names may stand below titles and in two lines with merged cells. Hidden rows and
  columns are read and told; a hidden sheet, merged cells among the rows, formulas without a value and errors are
  refused.
- **Ids** stay text: `007` is not `7`, and `NA` is an id like any other. Only an empty cell is missing.
- **Numbers** have a decimal point; in files with semicolons or tabs a whole column may have decimal commas instead.
  Signs between thousands are understood where they read in one way (`1.234,50`); a number that reads in two ways
  (`1.234`) is refused until the mapping states the decimal mark. A percent sign divides by 100, a currency sign is
  taken off, a minus may stand behind.
- **Dates** are `2025-12-31`, `31.12.2025`, `20251231`, `31 Ara 2025`, `2025-12` or an ISO week `2025-W52`, one form
  for a whole column, with a time of day if known. `01/02/2025` reads in two ways and is refused unless another row
  decides. `00000000` and `9999-12-31` are no date. Times with a zone (`Z`, `+03:00`) become local time.
- **Flags** are `true`, `false`, `1`, `0`, `yes`, `no`, `evet`, `hayır`, `E` or `H`; **hours** are `09:30` or `9.5`.
- **Column names** match whatever their letter case, spaces and accents: `Customer ID` is `customer_id`.
- **Attributes**: any further column of `customers`, `prospects` and `bricks` is a number, flag, date or category,
  whichever all its values fit; numbers with leading zeros are categories. A text column in which most values differ
  (an address) is kept but not learned from.
- **Consent**: a column `consent_<channel>` (flag) in `customers` or `prospects`. An empty cell is no consent, except
  for visits; a channel without a column is left to what history shows.
"""

_LINKAGE = f"""## One outlet in two lists

Rows of `customers` and of `prospects`, audited outlets among them, are compared with one another by name, place,
telephone, tax number, e-mail and address; these columns are found by their English or Turkish names. Each pair gets a
probability. From {LINK:.2f} a prospect is taken for our customer, one to one; two rows of one list only from
{REPEATED:.2f}, and only when a telephone, tax number or mailbox agrees as well; from {SHOWN:.2f} a pair is shown for
review. Two tax numbers are never one outlet. A person's words (`twin links`, or the table `links`) go before all this.
Which id stands and what fills what is told in [docs/identity.md](../docs/identity.md).

With fewer than {ENOUGH_ROWS} rows there is too little to learn from, and rules decide: a pair is compared within
{RADIUS_M:.0f} m, or inside one brick when either has no coordinates. Its score is the likeness of the distinctive words
of both names (0 to 100), less up to 10 points for distance. From {LINK_SCORE:.0f} points ({LINK_SCORE_UNPLACED:.0f}
without coordinates) the two are taken for one outlet, from {REVIEW_SCORE:.0f} they are shown for review. A name that
several outlets bear identifies only within {SHARED_NAME_M:.0f} m.
"""

_MAPPING = """## Mapping file

`twin ingest FOLDER --mapping FILE.toml` reads an export as it comes. Every key is optional; an unknown key is refused
and the nearest known one named.

```toml
country = "TR"                       # box for coordinates, time zone
channels = ["fair"]                  # channels beyond the standard ones
encoding = "cp1254"                  # for all CSV files; a table may state its own
separator = ";"
decimal = ","
thousands = "."
date_format = "dd.mm.yyyy"           # also "yyyymmdd", "mm/dd/yyyy", ...
timezone = "Europe/Istanbul"         # into which times with a zone are brought

[tables.customers]
source = "MusteriListesi"            # file, sheet or layer that holds the table

[tables.customers.columns]           # name of the contract (or of an attribute) = name in the file
customer_id = "Müşteri Kodu"
name = "Ünvan"
digital_affinity = "Dijital İlgi"

[tables.customers.values.status]     # what stands in the file = what the contract calls it
"Aktif" = "active"
"Pasif" = "lapsed"

[tables.customers.kinds]             # where the kind of an attribute would be guessed wrong
postcode = "category"

[tables.sales]
date_format = "yyyymmdd"

[tables.sales.factors]               # number in the file x factor = number in the contract's unit
volume = 0.75
```

More keys of a table: `header_row` and `header_rows` (line of the column names, and how many), `missing` (words for an
empty cell), `constants` (what a column holds in every row), `keep` (words that a row must have), `others = "drop"`
(only the columns that are named), `distinct = true` (equal rows once), `join` (columns of another file, found by a
key), `months` (months side by side are laid one under the other), `week_one` (first day of week 1, where dates are
running weeks), `returns = "drop"` (negative volumes left aside), `ids = "exact"` (letter case tells ids apart),
`merged = "fill"`, `hidden = "drop"`, and `crs` (coordinate system of coordinates that are not WGS84). `source` may
hold `*`: the files are laid end to end. Under `[geography]`: `swapped = "exchange"`, `polygons = "mend"`, `overlaps =
"accept"`. `data/mappings/` has ready ones, and `twin ingest FOLDER --suggest` drafts one; see `docs/data-desk.md`.
"""


def data_dictionary() -> str:
    """The text of ``data/README.md``."""
    tables = "\n".join(_table(table) for table in CONTRACT.values())
    return "\n".join((_INTRODUCTION, tables, _LINKAGE, _MAPPING))


def _table(table: TableContract) -> str:
    marks = ["required"] * table.required + ["further columns are attributes"] * table.attributes
    title = f"## `{table.name}`" + (f" ({', '.join(marks)})" if marks else "")
    rows = [_row(column, column.name == table.key) for column in table.columns]
    head = ("| column | kind | required | rule | unit | meaning |", "|---|---|---|---|---|---|")
    return "\n".join((title, "", table.meaning, "", *head, *rows, ""))


def _row(column: Column, is_key: bool) -> str:
    rule = "; ".join(part for part in ("unique" if is_key else "", column.rule) if part)
    cells = (f"`{column.name}`", column.kind, "yes" if column.required else "", rule, column.unit, column.meaning)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(data_dictionary(), end="")
