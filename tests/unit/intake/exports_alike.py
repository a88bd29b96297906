"""Look-alikes of what CRM and ERP systems export: one small company, written as each system would write it.

The headers are those of the systems' own documentation; the rows are made up. Every look-alike says which of its
columns is which of the contract, so that a suggestion and a ready mapping can be held against it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl

N = 40
BRANDS = ("Çamlıca Su", "Işıltı Çay")
NAMES = ("ÇINAR ECZANESİ", "Yıldız Market", "Iğdır Büfe", "Şahin Gıda", "Özgür Kırtasiye", "İnci Eczanesi")
REPS = (("Ayşe Işık", "T1"), ("Ömer Şen", "T2"), ("Çağla Öz", "T1"))
CHANNELS = ("visit", "phone", "email")


@dataclass(frozen=True)
class Customer:
    number: int
    name: str
    lon: float
    lat: float
    since: dt.date
    active: bool


def customers() -> list[Customer]:
    return [
        Customer(
            i, f"{NAMES[i % len(NAMES)]} {i}", round(28.5 + 0.031 * i, 6), round(40.8 + 0.0173 * i, 6),
            dt.date(2019 + i % 4, 1 + i % 12, 1 + (i * 7) % 28), i % 9 != 8,
        )
        for i in range(1, N + 1)
    ]  # fmt: skip


def sales() -> list[tuple[dt.date, int, str, float, float]]:
    """Date, customer, brand, volume, value."""
    rows = []
    for i in range(1, N + 1):
        for month in range(1, 7):
            if (i + month) % 5 == 0:
                continue
            volume = 2 + (i * month) % 9 + (0.5 if i % 3 == 0 else 0.0)
            rows.append(
                (dt.date(2024, month, 3 + (i + 4 * month) % 24), i, BRANDS[i % 2], volume, round(volume * 1234.5, 2))
            )
    return rows


def visits() -> list[tuple[dt.datetime, int, int, str]]:
    """Moment (local), rep, customer, channel."""
    return [
        (
            dt.datetime(2024, 1 + k % 6, 3 + (k * 5) % 25, 9 + k % 8, (k * 7) % 60),
            1 + k % 3,
            1 + (k * 11) % N,
            CHANNELS[k % 3],
        )
        for k in range(120)
    ]


Truth = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Alike:
    """One look-alike: how to write it, and which of its columns is which."""

    name: str
    write: Callable[[Path], None]
    truth: Truth
    customer_id: Callable[[int], str] = str
    mapping: str | None = None
    tables: tuple[str, ...] = ("customers", "sales", "visits")
    not_asked: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def csv(path: Path, header: list[str], rows: list[list[object]], separator: str = ",", encoding: str = "utf-8") -> None:
    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in (separator, '"', "\n")) else text

    lines = [separator.join(map(cell, line)) for line in [header, *rows]]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))


# --- Salesforce --------------------------------------------------------------------------------------------------


def sfdc(prefix: str, number: int) -> str:
    return f"{prefix}5g0000{number:05d}AbCAAU"


def salesforce(folder: Path) -> None:
    csv(
        folder / "Account.csv",
        ["Id", "IsDeleted", "Name", "Type", "BillingStreet", "BillingCity", "BillingPostalCode", "BillingLatitude",
         "BillingLongitude", "Phone", "AnnualRevenue", "OwnerId", "CreatedDate", "LastModifiedDate"],
        [[sfdc("001", c.number), "false", c.name, "Customer", f"Çiçek Sk. {c.number}", "İstanbul",
         f"{34000 + c.number}",
          c.lat, c.lon, f"+90 212 555 {c.number:04d}", 1000.0 * c.number, sfdc("005", 1 + c.number % 3),
          f"{c.since}T08:00:00.000Z", "2024-06-30T10:00:00.000Z"] for c in customers()],
    )  # fmt: skip
    csv(
        folder / "Event.csv",
        ["Id", "WhoId", "WhatId", "Subject", "ActivityDateTime", "DurationInMinutes", "AccountId", "OwnerId",
         "CreatedDate",
         "EventSubtype", "Channel__c"],
        [[f"00U5g{k:010d}AAA", sfdc("003", c), sfdc("001", c), f"Görüşme {k}",
          f"{(moment - dt.timedelta(hours=3)):%Y-%m-%dT%H:%M:%S}.000Z", 30, sfdc("001", c), sfdc("005", r),
          "2024-06-30T10:00:00.000Z", "Event", {"visit": "Face to face", "phone": "Call", "email": "Email"}[channel]]
         for k, (moment, r, c, channel) in enumerate(visits())],
    )  # fmt: skip
    orders = sales()
    csv(
        folder / "Order.csv",
        ["Id", "OrderNumber", "AccountId", "EffectiveDate", "Status", "TotalAmount", "OwnerId", "CreatedDate"],
        [[sfdc("801", k), f"{k:08d}", sfdc("001", c), day, "Activated", value, sfdc("005", 1),
         "2024-06-30T10:00:00.000Z"]
         for k, (day, c, _, _, value) in enumerate(orders)],
    )  # fmt: skip
    csv(
        folder / "OrderItem.csv",
        ["Id", "OrderId", "Product2Id", "Product_Name__c", "Quantity", "UnitPrice", "TotalPrice", "CreatedDate"],
        [[sfdc("802", k), sfdc("801", k), sfdc("01t", BRANDS.index(brand)), brand, volume, 1234.5, value,
          "2024-06-30T10:00:00.000Z"] for k, (_, _, brand, volume, value) in enumerate(orders)],
    )  # fmt: skip


SALESFORCE: Truth = {
    ("customers", "customer_id"): "Id", ("customers", "name"): "Name", ("customers", "lon"): "BillingLongitude",
    ("customers", "lat"): "BillingLatitude", ("visits", "date"): "ActivityDateTime", ("visits", "rep_id"): "OwnerId",
    ("visits", "customer_id"): "AccountId", ("visits", "channel"): "Channel__c", ("sales", "date"): "EffectiveDate",
    ("sales", "customer_id"): "AccountId", ("sales", "brand"): "Product_Name__c", ("sales", "volume"): "Quantity",
    ("sales", "value"): "TotalPrice",
}  # fmt: skip


def salesforce_report(folder: Path) -> None:
    """A report with labels in Turkish, as the export button of a Turkish user gives it."""
    csv(
        folder / "Hesaplar.csv",
        ["Hesap Kodu", "Hesap İsmi", "Durum", "Fatura Enlem", "Fatura Boylam", "Hesap Sahibi", "Son Etkinlik"],
        [[sfdc("001", c.number), c.name, "Aktif" if c.active else "Pasif", str(c.lat).replace(".", ","),
          str(c.lon).replace(".", ","), REPS[c.number % 3][0], "30.06.2024"] for c in customers()],
        ";",
    )  # fmt: skip
    csv(
        folder / "Siparişler.csv",
        ["Sipariş No", "Sipariş Tarihi", "Hesap Kodu", "Ürün Adı", "Miktar", "Toplam Tutar"],
        [[f"{k:08d}", f"{day:%d.%m.%Y}", sfdc("001", c), brand, str(volume).replace(".", ","),
         f"{value:.2f}".replace(".", ",")]
         for k, (day, c, brand, volume, value) in enumerate(sales())],
        ";",
    )  # fmt: skip


SALESFORCE_TR: Truth = {
    ("customers", "customer_id"): "Hesap Kodu", ("customers", "name"): "Hesap İsmi", ("customers", "status"): "Durum",
    ("customers", "lat"): "Fatura Enlem", ("customers", "lon"): "Fatura Boylam", ("sales", "date"): "Sipariş Tarihi",
    ("sales", "customer_id"): "Hesap Kodu", ("sales", "brand"): "Ürün Adı", ("sales", "volume"): "Miktar",
    ("sales", "value"): "Toplam Tutar",
}  # fmt: skip


# --- Veeva -------------------------------------------------------------------------------------------------------


def veeva(folder: Path) -> None:
    csv(
        folder / "Account.csv",
        ["Id", "External_ID_vod__c", "Formatted_Name_vod__c", "Specialty_1_vod__c", "Status_vod__c",
         "Latitude_vod__c",
         "Longitude_vod__c", "Territory_vod__c", "Primary_Parent_vod__c", "PersonHasOptedOutOfEmail"],
        [[sfdc("001", c.number), f"HCP-{c.number:06d}", c.name, "Kardiyoloji",
         "Active" if c.active else "Inactive", c.lat,
          c.lon, f"T{1 + c.number % 2}", "", "false"] for c in customers()],
    )  # fmt: skip
    words = {"visit": "Face_to_face_vod", "phone": "Phone_vod", "email": "Email_vod"}
    csv(
        folder / "Call2_vod__c.csv",
        ["Id", "Name", "Account_vod__c", "Call_Date_vod__c", "Call_Datetime_vod__c", "Status_vod__c", "OwnerId",
         "Call_Channel_vod__c", "Detailed_Products_vod__c", "Territory_vod__c", "CreatedDate"],
        [[f"a0A5g{k:010d}EAA", f"C{k:07d}", sfdc("001", c), f"{moment:%Y-%m-%d}",
          f"{(moment - dt.timedelta(hours=3)):%Y-%m-%dT%H:%M:%S}.000Z", "Submitted_vod", sfdc("005", r),
           words[channel],
          BRANDS[k % 2], f"T{1 + c % 2}", "2024-06-30T10:00:00.000Z"] for k, (moment, r, c,
           channel) in enumerate(visits())],
    )  # fmt: skip
    csv(
        folder / "Sales_Transaction_vod__c.csv",
        ["Id", "Account_vod__c", "Sale_Date_vod__c", "Product_vod__c", "Quantity_vod__c", "Net_Value_vod__c"],
        [[f"a1B5g{k:010d}EAA", sfdc("001", c), day, brand, volume, value]
         for k, (day, c, brand, volume, value) in enumerate(sales())],
    )  # fmt: skip


VEEVA: Truth = {
    ("customers", "customer_id"): "Id", ("customers", "name"): "Formatted_Name_vod__c",
    ("customers", "status"): "Status_vod__c", ("customers", "lat"): "Latitude_vod__c",
    ("customers", "lon"): "Longitude_vod__c", ("customers", "territory_id"): "Territory_vod__c",
    ("visits", "customer_id"): "Account_vod__c", ("visits", "date"): "Call_Datetime_vod__c",
    ("visits", "rep_id"): "OwnerId", ("visits", "brand"): "Detailed_Products_vod__c", ("visits",
     "channel"): "Call_Channel_vod__c", ("sales", "customer_id"): "Account_vod__c",
    ("sales", "date"): "Sale_Date_vod__c", ("sales", "brand"): "Product_vod__c", ("sales",
     "volume"): "Quantity_vod__c",
    ("sales", "value"): "Net_Value_vod__c",
}  # fmt: skip


# --- Dynamics ----------------------------------------------------------------------------------------------------


def guid(sort: str, number: int) -> str:
    return f"{sort}{number:07d}-0000-4000-8000-000000000000"


def _book(path: Path, sheet: str, rows: list[list[object]], hidden: str = "") -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(row)
    for letter in hidden:
        page.column_dimensions[letter].hidden = True
    book.save(path)


def dynamics(folder: Path) -> None:
    head = ["(Do Not Modify) Account", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On", "Account Name",
            "Account Number", "Address 1: Latitude", "Address 1: Longitude", "Status", "Do not allow Emails",
             "Annual Revenue"]  # fmt: skip
    rows = [
        [guid("a", c.number), f"x{c.number}==", dt.datetime(2024, 6, 30, 10, 0), c.name, f"ACC-{c.number:05d}",
         c.lat, c.lon,
         "Active" if c.active else "Inactive", "Allow" if c.number % 4 else "Do Not Allow",
          1000 * c.number] for c in customers()
    ]  # fmt: skip
    _book(folder / "Accounts 6-30-2024 10-00-00 AM.xlsx", "Accounts", [head, *rows], hidden="ABC")
    csv(
        folder / "appointments.csv",
        ["activityid", "subject", "regardingobjectid", "scheduledstart", "actualdurationminutes", "ownerid",
         "statecode",
         "createdon", "activitytypecode"],
        [[guid("e", k), f"Görüşme {k}", guid("a", c), f"{moment:%Y-%m-%d %H:%M}", 30, guid("d", r), "Completed",
          "2024-06-30 10:00", {"visit": "Appointment", "phone": "Phone Call", "email": "Email"}[channel]]
         for k, (moment, r, c, channel) in enumerate(visits())],
    )  # fmt: skip
    csv(
        folder / "invoicedetails.csv",
        ["invoicedetailid", "customerid", "invoicedate", "productname", "quantity", "priceperunit", "extendedamount",
         "transactioncurrencyid"],
        [[guid("f", k), guid("a", c), day, brand, volume, 1234.5, value, "TRY"]
         for k, (day, c, brand, volume, value) in enumerate(sales())],
    )  # fmt: skip


DYNAMICS: Truth = {
    ("customers", "customer_id"): "(Do Not Modify) Account", ("customers", "name"): "Account Name",
    ("customers", "lat"): "Address 1: Latitude", ("customers", "lon"): "Address 1: Longitude",
    ("customers", "status"): "Status", ("customers", "consent_email"): "Do not allow Emails",
    ("visits", "customer_id"): "regardingobjectid", ("visits", "date"): "scheduledstart", ("visits",
     "rep_id"): "ownerid",
    ("visits", "channel"): "activitytypecode", ("sales", "customer_id"): "customerid", ("sales",
     "date"): "invoicedate",
    ("sales", "brand"): "productname", ("sales", "volume"): "quantity", ("sales", "value"): "extendedamount",
}  # fmt: skip
