"""Look: what every form of a plan shares: locale, words, and how its rows are read.

Knows no format of a file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

WORDS = {
    "": {
        "visit": "Visit",
        "task": "Task",
        "overview": "Overview",
        "reason": "Why",
        "gain": "Gain a year, units",
        "visits": "visits",
        "time": "Time",
        "customer": "Customer",
        "way": "Way",
        "notes": "Notes",
        "minutes": "min",
        "cancelled": "Cancelled",
        "day": "Day",
        "seq": "#",
        "channel": "Channel",
        "of_rep_id": "Rep",
        "of_date": "Date",
        "of_visits": "Visits",
        "of_tasks": "Tasks",
        "of_first": "First begins",
        "of_last": "Last ends",
        "of_visiting_min": "Visiting, min",
        "of_travel_min": "Driving, min",
        "of_travel_km": "Driving, km",
        "channel_visit": "visit",
    },
    "tr": {
        "visit": "Ziyaret",
        "task": "Görev",
        "overview": "Özet",
        "reason": "Neden",
        "gain": "Yıllık beklenen kazanç, birim",
        "visits": "ziyaret",
        "time": "Saat",
        "customer": "Müşteri",
        "way": "Yol",
        "notes": "Notlar",
        "minutes": "dk",
        "cancelled": "İptal",
        "day": "Gün",
        "seq": "#",
        "channel": "Kanal",
        "of_rep_id": "Temsilci",
        "of_date": "Tarih",
        "of_visits": "Ziyaret",
        "of_tasks": "Görev",
        "of_first": "İlk başlangıç",
        "of_last": "Son bitiş",
        "of_visiting_min": "Ziyarette, dk",
        "of_travel_min": "Yolda, dk",
        "of_travel_km": "Yolda, km",
        "channel_visit": "ziyaret",
        "channel_phone": "telefon",
        "channel_email": "e-posta",
        "channel_sms": "SMS",
        "channel_ivr": "IVR",
        "channel_whatsapp": "WhatsApp",
        "channel_web": "web",
    },
}
"""Words of calendars, workbooks and day sheets, by locale."""
_WEEKDAYS = {
    "": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "tr": ("Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar"),
}


@dataclass(frozen=True)
class Look:
    """How a plan is written.

    Parameters
    ----------
    locale : str
    timezone : str
    stamp : datetime
        The moment that calendars take for its making.
    cancelled : DataFrame, optional
        Events of older plans that calendars should take out.
    """

    locale: str
    timezone: str
    stamp: dt.datetime
    cancelled: pd.DataFrame | None = None

    def day(self, date: pd.Timestamp) -> str:
        """A date as the locale has it."""
        return date.strftime("%d.%m.%Y" if self.locale == "tr" else "%Y-%m-%d")

    def number(self, value: float) -> str:
        """A figure with one decimal, as the locale has it."""
        return f"{value:.1f}".replace(".", "," if self.locale == "tr" else ".")

    def weekday(self, date: pd.Timestamp) -> str:
        """Name of a day of the week."""
        return _WEEKDAYS[self.locale][date.weekday()]


def by_rep(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each rep's rows, in the order of their ids."""
    for rep, mine in frame.groupby("rep_id", sort=True):
        yield str(rep), mine


def rep_files(frame: pd.DataFrame, folder: Path, ending: str) -> Iterator[tuple[str, pd.DataFrame, Path]]:
    """Each rep's rows with the file ``plan-REP.ending`` that they go into."""
    used: set[str] = set()
    for rep, mine in by_rep(frame):
        yield rep, mine, folder / f"plan-{_file_name(rep, used)}.{ending}"


def _file_name(name: str, used: set[str]) -> str:
    """Part of a file name that every disk takes; different ids never share one."""
    safe = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)[:80]
    if safe != name or safe.casefold() in used:
        safe += "-" + hashlib.blake2b(name.encode(), digest_size=4).hexdigest()
    used.add(safe.casefold())
    return safe


def placed(row: dict) -> bool:
    """Whether the row has a place on the map."""
    return bool(pd.notna(row.get("lon")) and pd.notna(row.get("lat")))


def text(value: object) -> str:
    """The text of a cell, empty where there is none."""
    return "" if value is None or pd.isna(value) else str(value)
