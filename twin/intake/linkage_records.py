"""Records: everybody on every list, in the form in which two rows can be compared.

Finds the columns that tell persons and outlets apart (telephone, tax number, address, e-mail) by their names in English
and Turkish. Compares nothing, see :mod:`twin.intake.linkage_blocks` and :mod:`twin.intake.linkage_compare`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of, column
from twin.intake.fold import each, each_outlet, fold, header
from twin.intake.places import coordinates, on_sphere
from twin.intake.schema import CONSENT, CONTRACT, PARTIES

EARTH_M = 6_371_000.0
KEYS = {"customers": "customer_id", "prospects": "prospect_id"}
"""Lists of people and outlets, first the one whose values are believed first, with the column of their ids."""

_TELLING = {
    "tax": ("vkn", "tckn", "vergi", "tax", "vat", "stcd1", "fiscal"),
    "phone": ("telefon", "phone", "tel", "gsm", "cep", "mobile", "mobil"),
    "email": ("email", "e_mail", "mail", "eposta", "e_posta"),
    "address": ("adres", "address", "street", "sokak", "cadde", "addr"),
}
# columns whose names hold such a word and whose values are no address or number of anybody
_NOT_TELLING = re.compile(
    r"prefer|tercih|consent|izin|onay|opt|open|click|count|adet|rate|oran|area|alan|office|daire|rank|date|tarih|status|"
    r"rep|temsilci|affinity|response|visits|calls"
)
_LEAST_DIGITS = {"tax": 8, "phone": 7}
_FILLER = re.compile(r"(\d)\1*")
_ADDRESS_WORDS = frozenset(
    re.findall(
        r"\w+",
        """mah mahalle mahallesi mh cad cadde caddesi cd sok sokak sokagi sk bulvar bulvari blv bul blok apt apartmani
        ap apartman no kat daire d k kapi ic dis site sitesi merkez carsi carsisi street str st avenue ave av road rd
        lane ln drive dr boulevard blvd suite ste unit floor fl highway hwy route rte n s e w north south east west the
        and ve of numara turkiye turkey meydani meydan mevki mevkii koyu koy ilce il""",
    )
)


@dataclass(frozen=True)
class Records:
    """All rows of all lists, one after the other.

    Parameters
    ----------
    lists : (n,) int8
        Which list, index into :attr:`names_of_lists`.
    names_of_lists : tuple of str
    ids, names : (n,) object
    table : DataFrame
        Comparable columns: ``name`` (distinctive words, sorted), ``joined``, ``tax``, ``phone``, ``email``, ``street``,
        ``house``, each ``None`` where it is not given; ``sort``, ``numbers``; ``name_count``, ``tax_count``,
        ``phone_count``: how many rows bear the same.
    words : (n, 4) object
        Distinctive words, ``None`` behind the last.
    xyz : (n, 3) float, metres
        ``nan`` without coordinates.
    brick : (n,) int32
        -1 without.
    seen : tuple of str
        Telling columns that were found.
    """

    lists: NDArray[np.int8]
    names_of_lists: tuple[str, ...]
    ids: NDArray[np.object_]
    names: NDArray[np.object_]
    table: pd.DataFrame
    words: NDArray[np.object_]
    xyz: NDArray[np.float64]
    brick: NDArray[np.int32]
    seen: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Rows with coordinates: (n,) bool."""
        return np.isfinite(self.xyz).all(axis=1)

    def metres(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
        """Distance of each pair of rows, ``nan`` where a side has no place: (p,) float."""
        return np.sqrt(((self.xyz[i] - self.xyz[j]) ** 2).sum(axis=1))


def telling_columns(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Columns of a list that tell who a row is, by kind: ``tax``, ``phone``, ``email``, ``address``.

    A column is found by the words of its name; flags and columns of the contract are passed over.
    """
    contract = {column.name for name in PARTIES for column in CONTRACT[name].columns}
    found: dict[str, list[str]] = {}
    for name in frame.columns:
        plain = header(str(name))
        if (
            name in contract
            or name.startswith(CONSENT)
            or _NOT_TELLING.search(plain.replace("vergi_dairesi", "office"))
        ):
            continue
        if pd.api.types.is_bool_dtype(frame[name].dtype) or frame[name].dtype.kind == "M":
            continue
        words = set(plain.split("_")) | {plain.replace("_", "")}
        for kind, known in _TELLING.items():
            if any(word in words or (len(word) >= 5 and word in plain) for word in known):
                found.setdefault(kind, []).append(str(name))
                break
    return found


def records_of(tables: Mapping[str, pd.DataFrame]) -> Records:
    """Everybody on the lists among ``tables``, see :data:`KEYS`."""
    there = tuple(name for name in KEYS if name in tables and len(tables[name]))
    frames = [tables[name] for name in there]
    lists = np.repeat(np.arange(len(there), dtype=np.int8), [len(frame) for frame in frames])
    ids = _stacked([frame[KEYS[name]] for name, frame in zip(there, frames)])
    names = _stacked([column(frame, "name").fillna("") for frame in frames])
    table, seen = _telling(frames)
    cleaned, sort = each_outlet(names)
    split = pd.Series(cleaned).str.split(n=3, expand=True).reindex(columns=range(4)).astype(object)
    words = split.where(split.notna() & (split != ""), None).to_numpy()
    table["name"] = each(_sorted_words, cleaned)
    table["joined"] = pd.Series(cleaned, dtype=object).str.replace(" ", "").to_numpy()
    blank = (table["name"] == "").to_numpy()
    table.loc[blank, ["name", "joined"]] = None
    table["sort"] = sort
    table["numbers"] = each(_numbers, table["name"].fillna(""))
    for name in ("name", "tax", "phone"):
        table[f"{name}_count"] = _count(table[name])
    lon, lat = (np.concatenate(axis) for axis in zip(*(coordinates(frame) for frame in frames)))
    bricks = pd.Series(_stacked([column(frame, "brick_id") for frame in frames]))
    brick = codes_of(bricks, pd.Index(bricks.dropna().unique()))
    return Records(lists, there, ids, names, table, words, EARTH_M * on_sphere(lon, lat), brick, seen)


def _stacked(columns: list[pd.Series]) -> NDArray[np.object_]:
    return np.concatenate([values.astype(object).to_numpy() for values in columns])


def _telling(frames: list[pd.DataFrame]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Columns ``tax``, ``phone``, ``email``, ``street``, ``house`` of all lists."""
    parts, seen = [], []
    for frame in frames:
        found = telling_columns(frame)
        seen += [name for names in found.values() for name in names]
        row = pd.DataFrame(index=range(len(frame)))
        for kind in _TELLING:
            values = pd.Series(None, index=row.index, dtype=object)
            for name in found.get(kind, ()):
                plain = _plain(frame[name].reset_index(drop=True), kind)
                values = values.where(values.notna(), plain)
            row[kind] = values
        parts.append(row)
    table = pd.concat(parts, ignore_index=True)
    address = table.pop("address").fillna("").to_numpy(dtype=object)
    street, house = each(_street, address), each(_numbers, address)
    table["street"] = np.where(street == "", None, street)
    table["house"] = np.where(house == "", None, house)
    return table, tuple(dict.fromkeys(seen))


def _plain(values: pd.Series, kind: str) -> pd.Series:
    """One telling column in the form in which equal ones are equal; ``None`` where nothing useful stands."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        values = values.astype("Float64").round().astype("Int64").astype("string")
    text = values.astype("string").fillna("")
    if kind in _LEAST_DIGITS:
        digits = text.str.replace(r"\D+", "", regex=True)
        # country code and leading noughts come and go; ten digits are a subscriber's whole number
        digits = digits.str[-10:] if kind == "phone" else digits.str.lstrip("0")
        useless = (digits.str.len() < _LEAST_DIGITS[kind]) | digits.str.fullmatch(_FILLER)
        return digits.astype(object).where(~useless.astype(bool), None)
    folded = pd.Series(each(fold if kind == "address" else _mailbox, text.astype(object)), index=values.index)
    return folded.astype(object).where(folded != "", None)


def _mailbox(text: str) -> str:
    plain = text.strip().lower()
    return plain if "@" in plain else ""


def _sorted_words(name: str) -> str:
    return " ".join(sorted(name.split())) if " " in name else name


def _numbers(name: str) -> str:
    return name if name.isdecimal() else " ".join(re.findall(r"\d+", name))


def _street(address: str) -> str:
    """Distinctive words of a folded address, sorted, without its numbers."""
    return " ".join(sorted({word for word in address.split() if word.isalpha() and word not in _ADDRESS_WORDS}))


def _count(values: pd.Series) -> NDArray[np.int64]:
    """How many rows bear the same value; 0 where there is none."""
    codes, distinct = pd.factorize(values)
    return np.append(np.bincount(codes[codes >= 0], minlength=len(distinct)), 0)[codes].astype(np.int64)
