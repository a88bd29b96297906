"""Made-up names of outlets, towns and reps, and the disguises under which a register lists an outlet again.

The words are Turkish, the places are not on any map. Knows no outlet but its name and place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.market.synthetic_settings import Dice


def _words(text: str) -> NDArray[np.object_]:
    return np.array(text.split(), dtype=object)


_FIRST = _words(
    """
    Ayşe Çağla Deniz Elif Fatma Gülşen Hülya İlknur İpek Işıl Kübra Leyla Meryem Nurgül Özge Pınar Rüya Seçil Şule
    Tuğba Ülkü Yıldız Zeynep Ahmet Barış Cem Çetin Doğan Emre Ferhat Gökhan Halil İbrahim İsmail Kağan Levent Mehmet
    Nuri Oğuz Ömer Rıza Selçuk Şahin Tarık Uğur Ümit Volkan Yiğit
    """
)
_LAST = _words(
    """
    Acar Akbulut Aktaş Altın Arıkan Aydın Bağcı Balcı Bozkurt Bulut Candan Çakır Çelik Çınar Demir Doğan Duman Ekşi
    Erdem Ergün Gökçe Güler Gümüş Günay Işık İnce İşler Kaplan Karaca Kılıç Koçak Kurtuluş Macit Ocak Oğuz Ongun
    Öcal Özdemir Özgür Öztürk Pekcan Polat Sağlam Sarı Sezgin Şahin Şen Şimşek Tanrıöver Taşçı Tekin Tığlı Toprak
    Turgut Uçar Uluğ Uysal Üstün Ünal Varlı Yalçın Yeşil Yıldırım Yücel Zengin
    """
)
_THING = _words(
    """
    Güneş Yıldız Umut Şifa Bereket Çınar Gül Papatya İnci Işık Deniz Dağ Köşe Meydan Çarşı Kardeşler Dostlar Sağlık
    Hayat Yeni Özlem Şirin Bizim Ihlamur Elma Nar Zeytin Kiraz Menekşe Lale Sümbül Ufuk Şafak Doğuş Altın Gümüş
    """
)
_CHAIN = ("Günebakan", "Şölenlik", "Irmak Gross", "Öbek", "Çağlayık", "İyigün")
_TOWN_HEAD = _words(
    """
    Işıl Göğce Şaban Çökel Ürgüç Öğlen İncek Boğum Çığlık Düğün Eşkin Gürlek Kışla Oğlan Pırnal Söğüş Tığla Üzgün
    Yığın Zeğen
    """
)
_TOWN_TAIL = _words(
    """
    ova ören büğet çukur dağı gölcük ışık kaşı oluk pınarcık sırt şehri tepecik yazı
    """
)
_KIND = {
    "pharmacy": ("Eczanesi",),
    "market": ("Market", "Süpermarket", "Gıda Market"),
    "grocery": ("Bakkaliyesi", "Gıda", "Bakkal"),
    "kiosk": ("Büfe", "Büfesi", "Tekel Büfe"),
}
_SHORT = (
    ("Eczanesi", "Ecz."), ("Süpermarket", "S.Mrk."), ("Market", "Mrkt"), ("Bakkaliyesi", "Bakk."),
    ("Kardeşler", "Kard."), ("Büfesi", "Bf."), ("Şubesi", "Şb."), ("Gıda", "Gda."),
)  # fmt: skip
_PLAIN = str.maketrans("çğıöşüÇĞİÖŞÜ", "cgiosuCGIOSU")


def town_names(dice: Dice, n: int) -> NDArray[np.object_]:
    """Names of towns, a number behind those that would come twice: (n,) str."""
    heads, tails = _TOWN_HEAD, _TOWN_TAIL
    pair = dice.shuffled("town names", len(heads) * len(tails))
    pair = np.resize(pair, n)
    turn = np.arange(n) // (len(heads) * len(tails))
    names = heads[pair % len(heads)] + tails[pair // len(heads)]
    return np.where(turn > 0, names + " " + (turn + 1).astype(str).astype(object), names)


def person_names(dice: Dice, what: str, n: int) -> NDArray[np.object_]:
    """First and last names: (n,) str."""
    return _one_of(dice, f"{what} first", n, _FIRST) + " " + _one_of(dice, f"{what} last", n, _LAST)


def outlet_names(
    dice: Dice, kind: NDArray[np.object_], chain: NDArray[np.bool_], town: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Names of outlets: an owner's, a thing's, or a chain's with its branch: (n,) str."""
    n = len(kind)
    style = dice.uniform("name style", n)
    owner = np.where(style < 0.30, _one_of(dice, "owner", n, _LAST), person_names(dice, "owner", n))
    head = np.where(style < 0.62, owner, _one_of(dice, "thing", n, _THING))
    tail = np.empty(n, dtype=object)
    for name, words in _KIND.items():
        these = kind == name
        tail[these] = _one_of(dice, "tail", n, words)[these]
    branch = _one_of(dice, "chain", n, _CHAIN) + " Market " + town + " Şubesi"
    number = (1 + dice.pick("branch", n, np.ones(9))).astype(str).astype(object)
    return np.where(chain, branch + " " + number, head + " " + tail)


def disguised(dice: Dice, names: NDArray[np.object_]) -> NDArray[np.object_]:
    """The same names as another clerk would enter them: (n,) str.

    Abbreviations, capitals, plain letters, a dropped letter, a swapped order; most get more than one of these.
    """
    u = dice.uniform("disguise", len(names), 6).T
    return np.array([_disguise(name, row) for name, row in zip(names, u)], dtype=object)


def _disguise(name: str, u: NDArray[np.float64]) -> str:
    if u[0] < 0.6:
        for long, short in _SHORT:
            name = name.replace(long, short)
    if u[1] < 0.35:
        at = 1 + int(u[2] * (len(name) - 2))
        name = name[:at] + name[at + 1 :]
    if u[3] < 0.12:
        name = " ".join(reversed(name.split(" ", 1)))
    if u[4] < 0.30:
        name = name.replace("i", "İ").replace("ı", "I").upper()
    elif u[4] < 0.40:
        name = name.replace("İ", "i").replace("I", "ı").lower()
    return name.translate(_PLAIN) if u[5] < 0.35 else name


def _one_of(dice: Dice, what: str, n: int, words: tuple[str, ...] | NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array(words, dtype=object)[dice.pick(what, n, np.ones(len(words)))]
