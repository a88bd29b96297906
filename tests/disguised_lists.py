"""Lists with known repetitions: outlets of a made-up country, some of them written down a second time in disguise.

Shares nothing with the matcher: names, abbreviations and mistakes are this file's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_GIVEN = [
    "Ahmet", "Ayşe", "Barış", "Burcu", "Cem", "Çağla", "Deniz", "Elif", "Emre", "Esra", "Fatih", "Gökhan",
    "Gülay", "Hakan", "Hülya", "İbrahim", "İnci", "Kerem", "Leyla", "Mehmet", "Merve", "Mustafa", "Nazlı",
    "Okan", "Özlem", "Pınar", "Rıza", "Seda", "Selçuk", "Şebnem", "Şule", "Tolga", "Tuğba", "Ufuk", "Ümit",
    "Volkan", "Yasemin", "Yiğit", "Zehra", "Işıl", "Oğuz", "Nurgül", "Sevgi", "Taylan", "Melike", "Ferhat",
    "Gonca", "Koray",
]  # fmt: skip
_FAMILY = [
    "Yılmaz", "Kaya", "Demir", "Şahin", "Çelik", "Yıldız", "Aydın", "Özdemir", "Arslan", "Doğan", "Kılıç",
    "Aslan", "Çetin", "Kara", "Koç", "Kurt", "Özkan", "Şimşek", "Polat", "Korkmaz", "Güneş", "Erdoğan", "Yavuz",
    "Acar", "Bulut", "Taş", "Ünal", "Güler", "Keskin", "Coşkun", "Işık", "Turan", "Sarı", "Avcı", "Aktaş",
    "Köse", "Uçar", "Tekin", "Bozkurt", "Ateş", "Gündüz", "Yüksel", "Aksoy", "Güven", "Duman", "Toprak",
    "Uysal", "Öztürk", "Karaca", "Sönmez", "Çakır", "Erol", "Ekinci", "Başaran", "Ertürk",
]  # fmt: skip
_WORDS = [
    "Papatya", "Menekşe", "Lale", "Sümbül", "Zambak", "Karanfil", "Yasemin", "Defne", "Çınar", "Kavak", "Meşe",
    "Ihlamur", "Nergis", "Gelincik", "Begonya", "Orkide", "Güneş", "Yıldız", "Mehtap", "Bahar", "Umut", "Huzur",
    "Bereket", "Hilal", "Şifa", "Hayat", "Doğuş", "Can", "Derya", "Deniz", "Irmak", "Pınar", "Çağlayan",
    "Merkez", "Yeni", "Öz", "Anadolu", "Ege", "Marmara", "Akdeniz", "Toros", "Kızılay", "Cumhuriyet", "Zafer",
    "Barış", "Dostluk", "Kardeşler", "Güven", "Elit", "Star",
]  # fmt: skip
_SORTS = (("Eczanesi", 0.45), ("Market", 0.2), ("Büfe", 0.15), ("Bakkaliyesi", 0.1), ("Restoran", 0.05), ("", 0.05))
_STREETS = [
    "Atatürk", "İnönü", "Cumhuriyet", "Gazi", "Mimar", "Sinan", "Fatih", "Barbaros", "Yavuz", "Selim",
    "Mevlana", "Şehitler", "Okul", "Çarşı", "Bağlar", "İstasyon", "Kıbrıs", "Zübeyde", "Hanım", "Adnan",
    "Menderes", "Turgut", "Özal", "Hürriyet", "Zafer", "Karanfil", "Lale", "Gül", "Menekşe", "Papatya", "Çınar",
    "Ihlamur", "Kavaklı", "Dere", "Köprü", "Pazar", "Cami", "Hamam", "Değirmen", "Fırın", "Kale", "Sahil",
    "Orman", "Yayla", "Bahçe", "Üzüm", "Zeytin", "Incir",
]  # fmt: skip
_QUARTERS = [
    "Yenimahalle", "Cumhuriyet", "Bahçelievler", "Fevzi", "Çakmak", "Kurtuluş", "Esentepe", "Gültepe",
    "Yıldıztepe", "Çamlıca", "Kocatepe", "Mithatpaşa", "Altındağ", "Akpınar", "Kavaklı", "Ulubatlı", "Selçuklu",
    "Osmangazi", "Hisar",
]  # fmt: skip
_SHORT = {"Eczanesi": ["Ecz.", "Ecz", "Eczane"], "Market": ["Mrkt.", "Mrk", "Marketi"], "Büfe": ["Bf.", "Büfesi"],
          "Bakkaliyesi": ["Bakk.", "Bakkal"], "Restoran": ["Rest.", "Restaurant", "Lokantası"],
          "Mahallesi": ["Mah.", "Mh."], "Caddesi": ["Cad.", "Cd."], "Sokak": ["Sok.", "Sk."]}  # fmt: skip
_LEGAL = ["Ltd. Şti.", "A.Ş.", "Tic. Ltd. Şti.", "San. ve Tic. A.Ş."]
_CHAINS = "Şahmerdan Kıvılcım Bizimköy Onurlu Tazegün Altınbaşak Mavikent Hızlıal Ucuzcu Yakınım".split()  # noqa: SIM905
_ASCII = str.maketrans("ışğüöçİŞĞÜÖÇ", "isguocISGUOC")
_KEYS = "abcçdefgğhıijklmnoöprsştuüvyz"
METRE = 1 / 111_320


@dataclass(frozen=True)
class Lists:
    """Lists and what is true of them.

    Parameters
    ----------
    tables : dict of str to DataFrame
        ``customers`` and ``prospects``.
    outlet : dict of str to int
        Which outlet each id is.
    """

    tables: dict[str, pd.DataFrame]
    outlet: dict[str, int]

    def true_pairs(self) -> set[tuple[str, str]]:
        """Pairs of ids that are one outlet, each in order."""
        ids = pd.Series(self.outlet)
        several = ids[ids.duplicated(keep=False)]
        groups = several.groupby(several).groups.values()
        return {(a, b) for group in groups for a in group for b in group if a < b}


def lists(n_records: int, repeated: float = 0.10, seed: int = 0, within: float = 0.3) -> Lists:
    """Draw lists.

    Parameters
    ----------
    n_records : int
        Rows in all.
    repeated : float
        Part of them that writes another row's outlet down again.
    seed : int
    within : float
        Part of the repetitions that stand in the same list as the first writing.
    """
    dice = np.random.default_rng(seed)
    n_again = round(n_records * repeated)
    rows = _outlets(dice, n_records - n_again)
    again = [_disguised(dice, rows[k]) for k in dice.choice(len(rows), n_again, replace=False)]
    of = np.concatenate([np.arange(len(rows)), [row["outlet"] for row in again]])
    home = dice.random(len(rows)) < 0.55
    ours = np.concatenate(
        [home, np.where(dice.random(n_again) < within, home[of[len(rows) :]], ~home[of[len(rows) :]])]
    )
    frame = pd.DataFrame(rows + again).drop(columns="outlet")
    order = dice.permutation(len(frame))
    frame, of, ours = frame.iloc[order].reset_index(drop=True), of[order], ours[order]
    ids = np.where(ours, "C", "P").astype(object) + pd.Series(np.arange(len(frame)).astype(str)).str.zfill(6)
    tables = {}
    for name, key, mine in (("customers", "customer_id", ours), ("prospects", "prospect_id", ~ours)):
        part = frame[mine].reset_index(drop=True)
        texts = ["name", "phone", "tax_number", "address"]
        part[texts] = part[texts].astype("str")
        part.insert(0, key, pd.Series(ids[mine].to_numpy(), dtype="str"))
        tables[name] = part
    return Lists(tables, dict(zip(ids, of.tolist(), strict=True)))


def _outlets(dice: np.random.Generator, n: int) -> list[dict]:
    sorts = dice.choice([one for one, _ in _SORTS], n, p=[share for _, share in _SORTS])
    towns = np.column_stack([dice.uniform(27, 43, 60), dice.uniform(36.5, 41.2, 60)])
    size = dice.pareto(1.1, 60) + 0.2
    town = dice.choice(60, n, p=size / size.sum())
    place = towns[town] + dice.normal(0, 0.02, (n, 2)) * (1 + size[town][:, None] ** 0.3)
    chain_tax = {name: str(dice.integers(10**9, 10**10)) for name in _CHAINS}
    rows = []
    for k in range(n):
        chained = dice.random() < 0.04
        tax = str(dice.integers(10**9, 10**10))
        if chained:
            chain = str(dice.choice(_CHAINS))
            name, tax = f"{chain} Market", chain_tax[chain]
            if dice.random() < 0.5:
                name += f" {dice.choice(_QUARTERS)} Şubesi {dice.integers(1, 30)}"
        elif dice.random() < 0.45:
            name = f"{dice.choice(_GIVEN)} {dice.choice(_FAMILY)} {sorts[k]}".strip()
        elif dice.random() < 0.6:
            name = f"{dice.choice(_WORDS)} {dice.choice(_WORDS)} {sorts[k]}".strip()
        else:
            name = f"{dice.choice(_WORDS)} {sorts[k] or 'Büfe'}"
        address = (
            f"{dice.choice(_QUARTERS)} Mahallesi {dice.choice(_STREETS)} "
            f"{dice.choice(['Caddesi', 'Sokak'])} No: {dice.integers(1, 160)}"
        )
        rows.append({
            "outlet": k, "name": name, "lon": place[k, 0], "lat": place[k, 1], "brick_id": None,
            "phone": f"0{dice.integers(212, 489)} {dice.integers(200, 999)} {dice.integers(1010, 9999)}"
            if dice.random() < 0.8 else None,
            "tax_number": tax if dice.random() < 0.7 else None,
            "address": address if dice.random() < 0.85 else None,
        })  # fmt: skip
    return [{name: value for name, value in row.items() if name != "brick_id"} for row in rows]


def _disguised(dice: np.random.Generator, row: dict) -> dict:
    new = dict(row)
    new["name"] = _rewritten(dice, row["name"], typos=int(dice.choice([0, 1, 2], p=[0.45, 0.45, 0.1])))
    if dice.random() < 0.25:
        new["name"] += " " + str(dice.choice(_LEGAL))
    far = dice.choice([15, 120, 450, 3000], p=[0.35, 0.4, 0.18, 0.07])
    new["lon"], new["lat"] = row["lon"] + dice.normal(0, far * METRE), row["lat"] + dice.normal(0, far * METRE)
    if dice.random() < 0.06:
        new["lon"] = new["lat"] = np.nan
    if row["phone"] is not None:
        new["phone"] = _phone(dice, row["phone"])
    new["tax_number"] = row["tax_number"] if dice.random() < 0.5 else None
    if row["address"] is not None:
        kept = dice.random() < 0.7
        new["address"] = _rewritten(dice, row["address"], typos=int(dice.random() < 0.4)) if kept else None
    return new


def _phone(dice: np.random.Generator, phone: str) -> str | None:
    luck, digits = dice.random(), phone.replace(" ", "")
    if luck < 0.35:
        return None
    if luck < 0.45:  # another line of the same outlet
        return f"0532 {dice.integers(200, 999)} {dice.integers(10, 99)} {dice.integers(10, 99)}"
    return [f"+90 {digits[1:4]} {digits[4:]}", f"({digits[:4]}) {digits[4:7]}-{digits[7:]}", digits[1:]][
        int(dice.integers(3))
    ]


def _rewritten(dice: np.random.Generator, text: str, typos: int) -> str:
    words = [
        str(dice.choice(_SHORT[word])) if word in _SHORT and dice.random() < 0.6 else word for word in text.split()
    ]
    if len(words) > 2 and dice.random() < 0.12:
        words = [words[1], words[0], *words[2:]]
    text = " ".join(words)
    for _ in range(typos):
        text = _mistyped(dice, text)
    luck = dice.random()
    if luck < 0.35:
        text = text.replace("i", "İ").replace("ı", "I").upper()
    elif luck < 0.45:
        text = text.lower()
    return text.translate(_ASCII) if dice.random() < 0.4 else text


def _mistyped(dice: np.random.Generator, text: str) -> str:
    at = int(dice.integers(1, max(len(text) - 1, 2)))
    kind = dice.integers(4)
    letter = str(dice.choice(list(_KEYS)))
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + letter + text[at:]
    if kind == 2:
        return text[:at] + letter + text[at + 1 :]
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
