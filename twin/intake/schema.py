"""Schema: the column contract of every table of a bundle.

Single source for reading, checking and the data dictionary. Knows no file and no frame.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("id", "text", "date", "number", "flag", "hour", "category", "geometry")


@dataclass(frozen=True)
class Column:
    """What one column holds.

    Parameters
    ----------
    name : str
    kind : str
        One of :data:`KINDS`.
    meaning : str
    required : bool
        The column must exist and have a value in every row.
    low, high : float, optional
        Inclusive bounds of a number.
    unit : str
    choices : tuple of str
        The only values, when not empty.
    refers : tuple of str
        Tables of which one must list the value, when one of them is there.
    aliases : tuple of str
        Names under which exports carry this column; used to suggest, never to rename silently.
    """

    name: str
    kind: str
    meaning: str
    required: bool = False
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """The rule in words; empty when any value of the kind will do."""
        if self.choices:
            return " or ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"in [{self.low:g}, {self.high:g}]"
        if self.low is not None:
            return f">= {self.low:g}"
        return f"listed in {' or '.join(self.refers)}" if self.refers else ""


@dataclass(frozen=True)
class TableContract:
    """What one table holds.

    Parameters
    ----------
    name : str
    meaning : str
    columns : tuple of Column
    required : bool
        No bundle without it.
    key : str, optional
        Column whose values are unique.
    attributes : bool
        Whether further columns are kept, and their kind inferred.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    required: bool = False
    key: str | None = None
    attributes: bool = False

    def column(self, name: str) -> Column | None:
        """The contract of one column; ``None`` for a name that is not in the contract."""
        if self.name in PARTIES and name.startswith(CONSENT) and name != CONSENT:
            channel = name.removeprefix(CONSENT)
            return Column(name, "flag", f"may be contacted by {channel}; an empty cell is no consent")
        return next((column for column in self.columns if column.name == name), None)

    @property
    def required_columns(self) -> tuple[Column, ...]:
        """Columns without which the table cannot be read."""
        return tuple(column for column in self.columns if column.required)


PARTIES = ("customers", "prospects")
"""Tables whose further columns are attributes that the models may learn from."""

CONSENT = "consent_"
"""Prefix of the columns that say on which channel a customer may be contacted."""

ERASED = "erased-"
"""How the id of a person begins who was taken out of the workspace; see :mod:`twin.intake.erasure`."""

_LON = Column("lon", "number", "longitude, WGS84", low=-180, high=180, unit="degrees", aliases=("longitude", "boylam"))
_LAT = Column("lat", "number", "latitude, WGS84", low=-90, high=90, unit="degrees", aliases=("latitude", "enlem"))
_BRICK = Column("brick_id", "id", "small area in which it stands", refers=("bricks",), aliases=("brick", "tuğla"))
_BRAND = Column("brand", "id", "brand, as in `brands`", required=True, refers=("brands",), aliases=("marka", "product"))
_VOLUME = Column("volume", "number", "quantity", required=True, low=0, unit="units", aliases=("miktar", "adet"))
_DATE_ALIASES = ("tarih", "day", "gün", "order_date", "ziyaret_tarihi")
_PLACE = (
    Column("name", "text", "name of the outlet or person", aliases=("ünvan", "müşteri_adı", "ad")),
    _LON,
    _LAT,
    _BRICK,
    Column("territory_id", "id", "territory, where bricks do not tell it", aliases=("bölge_kodu",)),
)

_CUSTOMERS = TableContract(
    "customers",
    "Who is on our list: the light side, and prospects that we already track.",
    (
        Column("customer_id", "id", "our id, kept as text", required=True, aliases=("müşteri_kodu", "account_id")),
        *_PLACE,
        Column("status", "category", "empty means active", choices=("active", "lapsed", "prospect")),
        Column("known_since", "date", "first day as our customer", aliases=("açılış_tarihi",)),
        Column("left_on", "date", "day on which the customer left us"),
        Column("left_reason", "category", "why the customer left"),
        Column("prefers_channel", "category", "preferred channel"),
        Column("available_from", "hour", "start of the hours in which a contact is welcome", unit="local time"),
        Column("available_to", "hour", "end of those hours", unit="local time"),
        Column("association", "category", "association in which the customer has a voice"),
    ),
    required=True,
    key="customer_id",
    attributes=True,
)
_PROSPECTS = TableContract(
    "prospects",
    "The market's register, partly overlapping `customers` under other ids and spellings.",
    (
        Column("prospect_id", "id", "id in the register, kept as text", required=True, aliases=("kayıt_no",)),
        *_PLACE,
        Column("association", "category", "association in which the prospect has a voice"),
    ),
    key="prospect_id",
    attributes=True,
)
_BRICKS = TableContract(
    "bricks",
    "Small areas of the map; each belongs to one territory.",
    (
        Column("brick_id", "id", "id of the area", required=True, aliases=("brick", "tuğla", "area_id")),
        Column("territory_id", "id", "territory to which it belongs", required=True, aliases=("bölge", "territory")),
        Column("name", "text", "name of the area"),
        Column("geometry", "geometry", "polygon as GeoJSON text; a geometry file fills it", aliases=("polygon",)),
        Column("lon", "number", "longitude of the centre, WGS84", low=-180, high=180, unit="degrees"),
        Column("lat", "number", "latitude of the centre, WGS84", low=-90, high=90, unit="degrees"),
    ),
    key="brick_id",
    attributes=True,
)
_REPS = TableContract(
    "reps",
    "The field force.",
    (
        Column("rep_id", "id", "id of the rep", required=True, aliases=("temsilci_kodu", "owner_id")),
        Column("name", "text", "name of the rep"),
        Column("territory_id", "id", "territory", required=True, refers=("bricks",), aliases=("bölge", "territory")),
        Column("home_lon", "number", "longitude of the start of the day", low=-180, high=180, unit="degrees"),
        Column("home_lat", "number", "latitude of the start of the day", low=-90, high=90, unit="degrees"),
        Column("visits_per_week", "number", "listed capacity", required=True, low=0, unit="visits a week"),
        Column("start_date", "date", "first day in service; empty means always"),
        Column("end_date", "date", "last day in service; empty means still there"),
    ),
    key="rep_id",
)
_BRANDS = TableContract(
    "brands",
    "What is sold in the category.",
    (
        Column("brand", "id", "name of the brand", required=True, aliases=("marka", "ürün", "product")),
        Column("owner", "category", "`us`, or the competitor's name", required=True, aliases=("firma", "company")),
        Column("unit_price", "number", "price of one unit of volume", low=0, unit="money"),
    ),
    required=True,
    key="brand",
)
_VISITS = TableContract(
    "visits",
    "Contacts that were made, on any channel.",
    (
        Column("date", "date", "day of the contact, time of day when known", required=True, aliases=_DATE_ALIASES),
        Column("rep_id", "id", "who made it", aliases=("temsilci_kodu",)),
        Column("customer_id", "id", "customer or prospect", required=True, refers=("customers", "prospects"),
               aliases=("müşteri_kodu", "account_id")),
        Column("channel", "category", "visit, phone, sms, email, ivr, whatsapp, web, or one that the mapping declares",
               required=True, aliases=("kanal",)),
        Column("brand", "id", "brand that it was about", refers=("brands",)),
        Column("outcome", "category", "what came of it"),
    ),
)  # fmt: skip
_SALES = TableContract(
    "sales",
    "Our own sales. A known customer without a row in a period that others have bought nothing then.",
    (
        Column("date", "date", "day of the sale, or the first day of the month for monthly totals", required=True,
               aliases=_DATE_ALIASES),
        Column("customer_id", "id", "customer", required=True, refers=("customers",),
               aliases=("müşteri_kodu", "account_id")),
        _BRAND,
        _VOLUME,
        Column("value", "number", "money paid", unit="money", aliases=("tutar", "ciro", "amount")),
    ),
    required=True,
)  # fmt: skip
_MARKET_SALES = TableContract(
    "market_sales",
    "Audits (by brick) and panels (by customer), our brand included. Each row has a brick or a customer, not both.",
    (
        Column("period_start", "date", "first day of the period", required=True),
        Column("period", "category", "length of the period; empty means month", choices=("week", "month")),
        Column("brick_id", "id", "audited area", refers=("bricks",)),
        Column("customer_id", "id", "audited customer or prospect", refers=("customers", "prospects")),
        _BRAND,
        _VOLUME,
    ),
)
_CAMPAIGNS = TableContract(
    "campaigns",
    "What is known of promotions, ours and rivals'.",
    (
        _BRAND,
        Column("start", "date", "first day", required=True, aliases=("başlangıç",)),
        Column("end", "date", "last day", required=True, aliases=("bitiş",)),
        Column("kind", "category", "what sort of promotion"),
        Column("strength", "number", "1 is that brand's average; empty means 1", low=0),
    ),
)
_ABSENCES = TableContract(
    "absences",
    "Days on which reps do not work; visit plans leave them free.",
    (
        Column("rep_id", "id", "who is away", required=True, refers=("reps",), aliases=("temsilci_kodu",)),
        Column("first", "date", "first day away", required=True, aliases=("from", "başlangıç", "izin_başlangıcı")),
        Column("last", "date", "last day away, included", required=True, aliases=("to", "bitiş", "izin_bitişi")),
        Column("why", "text", "leave, training, illness; read by people alone", aliases=("neden", "izin_türü")),
    ),
)
_LINKS = TableContract(
    "links",
    "A person's verdicts on which prospect is which customer; they overrule the automatic linkage.",
    (
        Column("prospect_id", "id", "id in the register", required=True, refers=("prospects",)),
        Column("customer_id", "id", "our id", required=True, refers=("customers",)),
        Column("decision", "category", "same outlet or not", required=True, choices=("linked", "apart")),
    ),
)
_CONSENTS = TableContract(
    "consents",
    "Who may be contacted on which channel, and since when; the last word on a channel counts.",
    (
        Column("customer_id", "id", "customer or prospect", required=True, refers=("customers", "prospects"),
               aliases=("müşteri_kodu", "account_id")),
        Column("channel", "category", "as in `visits`", required=True, aliases=("kanal",)),
        Column("state", "flag", "may be contacted; an empty cell is no consent", aliases=("izin", "onay")),
        Column("from", "date", "first day on which it holds", required=True, aliases=("tarih", "izin_tarihi")),
        Column("source", "text", "where the word was given: a form, the national register, a call"),
    ),
)  # fmt: skip

CONTRACT: dict[str, TableContract] = {
    table.name: table
    for table in (
        _CUSTOMERS, _PROSPECTS, _BRICKS, _REPS, _ABSENCES, _BRANDS, _VISITS, _SALES, _MARKET_SALES, _CAMPAIGNS, _LINKS,
        _CONSENTS,
    )
}  # fmt: skip
"""Every table of the contract, by name."""
DATES = {"sales": "date", "market_sales": "period_start", "visits": "date"}
"""Tables of dated rows, of which there may be very many, and the column that dates them."""
