"""More look-alikes: HubSpot, SAP, an accounting program of Turkey, and lists kept by hand in a spreadsheet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
from exports_alike import (
    BRANDS,
    DYNAMICS,
    REPS,
    SALESFORCE,
    SALESFORCE_TR,
    VEEVA,
    Alike,
    Truth,
    csv,
    customers,
    dynamics,
    guid,
    sales,
    salesforce,
    salesforce_report,
    sfdc,
    veeva,
    visits,
)


def comma(value: float, decimals: int = 2) -> str:
    """1.234,50"""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def hubspot(folder: Path) -> None:
    csv(
        folder / "hubspot-crm-exports-all-companies-2024-06-30.csv",
        ["Record ID", "Company name", "Company owner", "Create Date", "City", "Lifecycle Stage", "Latitude",
         "Longitude",
         "Annual Revenue", "Industry"],
        [[9_000_000_000 + c.number, c.name, REPS[c.number % 3][0], f"{c.since} 10:00", "İstanbul",
          "Customer" if c.active else "Lead", c.lat, c.lon, 1000 * c.number, "Retail;Food"] for c in customers()],
    )  # fmt: skip
    words = {"visit": "Meeting", "phone": "Call", "email": "Email"}
    csv(
        folder / "hubspot-crm-exports-all-meetings-2024-06-30.csv",
        ["Record ID", "Meeting name", "Meeting start time", "Activity assigned to", "Associated Company IDs",
         "Activity type",
         "Meeting outcome", "Create Date"],
        [[8_000_000_000 + k, f"Görüşme {k}", f"{moment:%Y-%m-%d %H:%M}", REPS[r - 1][0], 9_000_000_000 + c,
         words[channel],
          "COMPLETED", "2024-06-30 10:00"] for k, (moment, r, c, channel) in enumerate(visits())],
    )  # fmt: skip
    csv(
        folder / "hubspot-crm-exports-all-deals-2024-06-30.csv",
        ["Record ID", "Deal Name", "Deal Stage", "Close Date", "Amount", "Associated Company IDs", "Product name",
         "Quantity",
         "Deal owner", "Create Date"],
        [[7_000_000_000 + k, f"Sipariş {k}", "Closed Won", f"{day} 00:00", value, 9_000_000_000 + c, brand, volume,
          REPS[0][0], "2024-06-30 10:00"] for k, (day, c, brand, volume, value) in enumerate(sales())],
    )  # fmt: skip


HUBSPOT: Truth = {
    ("customers", "customer_id"): "Record ID", ("customers", "name"): "Company name", ("customers",
     "lat"): "Latitude",
    ("customers", "lon"): "Longitude", ("customers", "status"): "Lifecycle Stage",
    ("visits", "customer_id"): "Associated Company IDs", ("visits", "date"): "Meeting start time",
    ("visits", "rep_id"): "Activity assigned to", ("visits", "channel"): "Activity type",
    ("visits", "outcome"): "Meeting outcome", ("sales", "customer_id"): "Associated Company IDs",
    ("sales", "date"): "Close Date", ("sales", "brand"): "Product name", ("sales", "volume"): "Quantity",
    ("sales", "value"): "Amount",
}  # fmt: skip


def kunnr(number: int) -> str:
    return f"{number:010d}"


def sap(folder: Path) -> None:
    csv(
        folder / "KNA1.csv",
        ["MANDT", "KUNNR", "NAME1", "ORT01", "PSTLZ", "STCD1", "STCD2", "BZIRK", "ERDAT"],
        [["100", kunnr(c.number), c.name, "İSTANBUL", f"{34000 + c.number}", f"{1000000000 + c.number}", "",
          f"T{1 + c.number % 2}", f"{c.since:%Y%m%d}"] for c in customers()],
        ";", "cp1254",
    )  # fmt: skip
    orders = sales()
    csv(
        folder / "VBRK.csv",
        ["VBELN", "FKART", "FKDAT", "KUNAG", "NETWR_K", "WAERK", "STORNODAT"],
        [[f"{90_000_000 + k:010d}", "F2", f"{day:%Y%m%d}", kunnr(c), comma(value), "TRY", "00000000"]
         for k, (day, c, _, _, value) in enumerate(orders)],
        ";", "cp1254",
    )  # fmt: skip
    csv(
        folder / "VBRP.csv",
        ["VBELN", "POSNR", "MATNR", "ARKTX", "FKIMG", "VRKME", "NETWR"],
        [[f"{90_000_000 + k:010d}", "000010", f"{BRANDS.index(brand):018d}", brand, comma(volume, 3), "ST",
         comma(value)]
         for k, (_, _, brand, volume, value) in enumerate(orders)],
        ";", "cp1254",
    )  # fmt: skip


SAP: Truth = {
    ("customers", "customer_id"): "KUNNR", ("customers", "name"): "NAME1", ("customers", "territory_id"): "BZIRK",
    ("sales", "date"): "FKDAT", ("sales", "customer_id"): "KUNAG", ("sales", "brand"): "ARKTX",
    ("sales", "volume"): "FKIMG", ("sales", "value"): "NETWR",
}  # fmt: skip


def code(number: int) -> str:
    return f"120.01.{number:04d}"


def accounting(folder: Path) -> None:
    """Lists of an accounting program: Turkish Windows, semicolons, decimal commas."""
    csv(
        folder / "CARİ LİSTESİ.csv",
        ["Cari Kodu", "Cari Ünvanı", "İl", "İlçe", "Vergi No", "Telefon", "Enlem", "Boylam", "Durumu"],
        [[code(c.number), c.name, "İstanbul", "Şişli", f"{1000000000 + c.number}", f"0212 555 {c.number:04d}",
          str(c.lat).replace(".", ","), str(c.lon).replace(".", ","),
           "AKTİF" if c.active else "PASİF"] for c in customers()],
        ";", "cp1254",
    )  # fmt: skip
    csv(
        folder / "Faturalar.csv",
        ["Fatura No", "Fatura Tarihi", "Cari Kodu", "Stok Kodu", "Stok Adı", "Miktar", "Birim Fiyat", "Tutar"],
        [[f"A{k:07d}", f"{day:%d.%m.%Y}", code(c), f"ST{BRANDS.index(brand)}", brand, comma(volume, 1), comma(1234.5),
          comma(value)] for k, (day, c, brand, volume, value) in enumerate(sales())],
        ";", "cp1254",
    )  # fmt: skip


ACCOUNTING: Truth = {
    ("customers", "customer_id"): "Cari Kodu", ("customers", "name"): "Cari Ünvanı", ("customers", "lat"): "Enlem",
    ("customers", "lon"): "Boylam", ("customers", "status"): "Durumu", ("sales", "date"): "Fatura Tarihi",
    ("sales", "customer_id"): "Cari Kodu", ("sales", "brand"): "Stok Adı", ("sales", "volume"): "Miktar",
    ("sales", "value"): "Tutar",
}  # fmt: skip


def excel_tr(folder: Path) -> None:
    """A workbook kept by hand: titles, two header lines with merged cells, typed dates, a row of totals."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Müşteri Listesi"
    page.append(["2024 MÜŞTERİ LİSTESİ"])
    page.append([])
    page.append(["Müşteri", None, None, "Konum", None])
    page.append(["Müşteri Kodu", "Ünvan", "Durum", "Enlem", "Boylam"])
    for c in customers():
        page.append([c.number, c.name, "Aktif" if c.active else "Pasif", c.lat, c.lon])
    for area in ("A1:E1", "A3:C3", "D3:E3"):
        page.merge_cells(area)
    page = book.create_sheet("Ziyaretler")
    page.append(["Ziyaret Tarihi", "Temsilci", "Müşteri Kodu", "Müşteri Ünvanı", "Ziyaret Şekli", "Sonuç"])
    words = {"visit": "Yüz yüze", "phone": "Telefon", "email": "E-posta"}
    for moment, rep, number, channel in visits():
        page.append([moment, REPS[rep - 1][0], number, customers()[number - 1].name, words[channel], "Olumlu"])
    page = book.create_sheet("Satışlar")
    page.append(["Satış Raporu", None, None, None, None])
    page.append(["Tarih", "Müşteri Kodu", "Ürün", "Miktar", "Tutar"])
    for day, number, brand, volume, value in sales():
        page.append([day, number, brand, volume, value])
    page.append(["Genel Toplam", None, None, sum(row[3] for row in sales()), sum(row[4] for row in sales())])
    book.save(folder / "saha_2024.xlsx")


EXCEL_TR: Truth = {
    ("customers", "customer_id"): "Müşteri Kodu", ("customers", "name"): "Ünvan", ("customers", "status"): "Durum",
    ("customers", "lat"): "Enlem", ("customers", "lon"): "Boylam", ("visits", "date"): "Ziyaret Tarihi",
    ("visits", "rep_id"): "Temsilci", ("visits", "customer_id"): "Müşteri Kodu", ("visits",
     "channel"): "Ziyaret Şekli",
    ("visits", "outcome"): "Sonuç", ("sales", "date"): "Tarih", ("sales", "customer_id"): "Müşteri Kodu",
    ("sales", "brand"): "Ürün", ("sales", "volume"): "Miktar", ("sales", "value"): "Tutar",
}  # fmt: skip

MONTHS_TR = ("Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran")


def excel_months(folder: Path) -> None:
    """Months side by side, and a list with codes that begin with zeros as text."""
    sold: dict[tuple[int, str], dict[int, float]] = {}
    for day, number, brand, volume, _ in sales():
        cells = sold.setdefault((number, brand), {})
        cells[day.month] = cells.get(day.month, 0.0) + volume
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Müşteriler"
    page.append(["Eczane Kodu", "Eczane Adı", "Bölge Kodu", "Açılış Tarihi"])
    for c in customers():
        page.append([f"{c.number:05d}", c.name, f"T{1 + c.number % 2}", c.since])
    page = book.create_sheet("Aylık Satış")
    page.append(["Eczane Kodu", "Ürün Adı", *(f"{month} 2024" for month in MONTHS_TR), "Toplam"])
    for (number, brand), cells in sold.items():
        page.append([f"{number:05d}", brand, *(cells.get(month) for month in range(1, 7)), sum(cells.values())])
    book.save(folder / "aylik.xlsx")


EXCEL_MONTHS: Truth = {
    ("customers", "customer_id"): "Eczane Kodu", ("customers", "name"): "Eczane Adı",
    ("customers", "territory_id"): "Bölge Kodu", ("customers", "known_since"): "Açılış Tarihi",
    ("sales", "customer_id"): "Eczane Kodu", ("sales", "brand"): "Ürün Adı",
}  # fmt: skip


def plain_english(folder: Path) -> None:
    """Lists as a sales office keeps them, with a register, products and field force; month first in dates."""
    csv(folder / "customer list.csv", ["Customer No", "Customer Name", "Longitude", "Latitude", "Customer Since",
     "Notes"],
        [[kunnr(c.number), c.name, c.lon, c.lat, f"{c.since:%m/%d/%Y}",
         "call first"] for c in customers()])  # fmt: skip
    csv(folder / "products.csv", ["Product Name", "Manufacturer", "List Price"],
        [[BRANDS[0], "us", 10], [BRANDS[1], "us", 12], ["Rakip Çay", "Rakip", 9]])  # fmt: skip
    csv(folder / "field force.csv", ["Rep ID", "Full Name", "Territory", "Calls per Week", "Hire Date"],
        [[f"R{k}", name, territory, 35, "01/15/2020"] for k, (name, territory) in enumerate(REPS,
         start=1)])  # fmt: skip
    csv(folder / "calls 2024.csv", ["Call Date", "Rep ID", "Customer No", "Contact Channel", "Result"],
        [[f"{m:%m/%d/%Y %I:%M %p}", f"R{r}", kunnr(c), channel, "ok"] for m, r, c, channel in visits()])  # fmt: skip
    csv(folder / "orders_h1.csv", ["Order Date", "Customer No", "Product Name", "Qty", "Net Value"],
        [[f"{day:%m/%d/%Y}", kunnr(c), brand, volume, value] for day, c, brand, volume,
         value in sales()])  # fmt: skip


PLAIN: Truth = {
    ("customers", "customer_id"): "Customer No", ("customers", "name"): "Customer Name", ("customers",
     "lon"): "Longitude",
    ("customers", "lat"): "Latitude", ("customers", "known_since"): "Customer Since", ("brands",
     "brand"): "Product Name",
    ("brands", "owner"): "Manufacturer", ("brands", "unit_price"): "List Price", ("reps", "rep_id"): "Rep ID",
    ("reps", "name"): "Full Name", ("reps", "territory_id"): "Territory", ("reps",
     "visits_per_week"): "Calls per Week",
    ("reps", "start_date"): "Hire Date", ("visits", "date"): "Call Date", ("visits", "rep_id"): "Rep ID",
    ("visits", "customer_id"): "Customer No", ("visits", "channel"): "Contact Channel", ("visits",
     "outcome"): "Result",
    ("sales", "date"): "Order Date", ("sales", "customer_id"): "Customer No", ("sales", "brand"): "Product Name",
    ("sales", "volume"): "Qty", ("sales", "value"): "Net Value",
}  # fmt: skip

BOTH, ALL = ("customers", "sales"), ("customers", "sales", "visits")

ALIKES = (
    Alike("salesforce", salesforce, SALESFORCE, lambda n: sfdc("001", n), "salesforce"),
    Alike("salesforce in turkish", salesforce_report, SALESFORCE_TR, lambda n: sfdc("001", n), None, BOTH),
    Alike("veeva", veeva, VEEVA, lambda n: sfdc("001", n), "veeva"),
    Alike("dynamics", dynamics, DYNAMICS, lambda n: guid("a", n), "dynamics"),
    Alike("hubspot", hubspot, HUBSPOT, lambda n: str(9_000_000_000 + n), "hubspot"),
    Alike("sap", sap, SAP, kunnr, "sap", BOTH),
    Alike("accounting", accounting, ACCOUNTING, code, "accounting_tr", BOTH),
    Alike("excel", excel_tr, EXCEL_TR, str, "excel_tr"),
    Alike("excel with months", excel_months, EXCEL_MONTHS, lambda n: f"{n:05d}", "excel_months_tr", BOTH),
    Alike("plain english", plain_english, PLAIN, kunnr),
)
"""Every look-alike, by the system that it looks like."""


def days_of(alike: Alike) -> dict[tuple[str, dt.date, str], float]:
    """Volume by customer, day (first of the month where months stand side by side) and brand."""
    found: dict[tuple[str, dt.date, str], float] = {}
    for day, number, brand, volume, _ in sales():
        day = day.replace(day=1) if alike.name == "excel with months" else day
        key = (alike.customer_id(number), day, brand)
        found[key] = found.get(key, 0.0) + volume
    return found
