"""Reasons: why a visit stands in the plan, why another does not, in one line of English or Turkish.

Every figure in a line comes from the model. Knows no plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEVER_SEEN = -1

REASONS: dict[str, dict[str, str]] = {
    "en": {
        "buys_usual": "Buys from us: usual visit, {seen}",
        "buys_ranked": "Buys from us: high in the chosen ranking, worth about {volume} units a week in all, {seen}",
        "unknown": "Does not know us: worth about {volume} units a week, 1 in {one_in} chance to win",
        "prospect": "Does not buy from us: worth about {volume} units a week, 1 in {one_in} chance to win",
        "lapsed": "Bought from us before: worth about {volume} units a week, 1 in {one_in} chance to win back",
        "no_chance": "Does not buy from us: worth about {volume} units a week",
        "promised": "The strategy asks for {per_month} visits a month, {seen}",
        "journey": "Next step of the journey, {seen}",
        "follow_up": "Step of the journey that a visit belongs to",
        "by_hand": "Put into the plan by hand, {seen}",
    },
    "tr": {
        "buys_usual": "Bizden alıyor: olağan ziyaret, {seen}",
        "buys_ranked": "Bizden alıyor: seçilen sıralamada üstte, toplam haftada yaklaşık {volume} birim, {seen}",
        "unknown": "Bizi tanımıyor: haftada yaklaşık {volume} birim, kazanma olasılığı {one_in} ziyarette 1",
        "prospect": "Bizden almıyor: haftada yaklaşık {volume} birim, kazanma olasılığı {one_in} ziyarette 1",
        "lapsed": "Eskiden alıyordu: haftada yaklaşık {volume} birim, geri kazanma olasılığı {one_in} ziyarette 1",
        "no_chance": "Bizden almıyor: haftada yaklaşık {volume} birim",
        "promised": "Strateji ayda {per_month} ziyaret istiyor, {seen}",
        "journey": "Yolculuğun sıradaki adımı, {seen}",
        "follow_up": "Ziyaretin ait olduğu yolculuğun bir adımı",
        "by_hand": "Plana elle eklendi, {seen}",
    },
}

SEEN: dict[str, dict[str, str]] = {
    "en": {"never": "no visit on record", "one": "last seen 1 week ago", "many": "last seen {weeks} weeks ago"},
    "tr": {"never": "kayıtlı ziyaret yok", "one": "son ziyaret 1 hafta önce", "many": "son ziyaret {weeks} hafta önce"},
}

CONDITIONS: dict[str, dict[str, str]] = {
    "en": {
        "": "",
        "order": "if they ordered",
        "no_order": "if no order",
        "opened": "if opened",
        "not_opened": "if not opened",
    },
    "tr": {
        "": "",
        "order": "sipariş verildiyse",
        "no_order": "sipariş yoksa",
        "opened": "açıldıysa",
        "not_opened": "açılmadıysa",
    },
}

UNSERVED: dict[str, dict[str, str]] = {
    "en": {
        "capacity": "asked for, but beyond the rep's visits of the week",
        "day_full": "no day of the week had room",
        "hours": "the customer's hours leave no room for a visit",
        "too_far": "too far for the working day that was left",
        "spacing": "too soon after the last visit",
        "consent": "no consent to this channel",
        "no_rep": "nobody serves the territory",
        "channel_closed": "the channel is closed in that week",
        "late": "would come after the visit that it prepares",
        "absent": "the rep is away on all days that it might have been",
        "locked": "what was locked cannot be kept beside what else was locked",
    },
    "tr": {
        "capacity": "isteniyor, ancak temsilcinin haftalık ziyaret sayısını aşıyor",
        "day_full": "haftanın hiçbir gününde yer yok",
        "hours": "müşterinin saatleri ziyarete yer bırakmıyor",
        "too_far": "kalan çalışma süresi için fazla uzak",
        "spacing": "son ziyaretin üzerinden çok az zaman geçmiş",
        "consent": "bu kanal için izin yok",
        "no_rep": "bölgeye bakan kimse yok",
        "channel_closed": "kanal o hafta kapalı",
        "late": "hazırladığı ziyaretten sonraya düşüyor",
        "absent": "temsilci uygun günlerin hepsinde yok",
        "locked": "kilitlenen ziyaret, kilitlenen ötekilerle birlikte yapılamıyor",
    },
}

REMARKS: dict[str, dict[str, str]] = {
    "en": {
        "no_customers": "There is no customer to visit: the plan is empty.",
        "nobody_due": "No customer may be visited under this scenario: the plan is empty.",
        "territory_without_rep": "Customers in territories that nobody serves: {count}.",
        "outside_hours": "Customers whose hours leave no room for a visit: {count}.",
        "without_place": "Planned customers without a place, whose travel is an assumption: {count}.",
        "spare_visits": "Visits for which reps have time, but nobody whose turn it is: {count}.",
        "hours_unread": "Cells of visit_hours or visit_days that could not be read and narrow nothing: {count}.",
        "later_steps": "Contacts of its journeys that fall after the plan's last day, listed all the same: {count}.",
        "home_unknown": "Reps without a home, whose ways in the morning and evening count nothing: {count}.",
    },
    "tr": {
        "no_customers": "Ziyaret edilecek müşteri yok: plan boş.",
        "nobody_due": "Bu senaryoda hiçbir müşteri ziyaret edilemiyor: plan boş.",
        "territory_without_rep": "Kimsenin bakmadığı bölgelerdeki müşteri sayısı: {count}.",
        "outside_hours": "Saatleri ziyarete yer bırakmayan müşteri sayısı: {count}.",
        "without_place": "Yeri bilinmediği için yolu varsayılan planlı müşteri sayısı: {count}.",
        "spare_visits": "Temsilcinin zamanı olduğu hâlde sırası gelen müşteri bulunamayan ziyaret sayısı: {count}.",
        "hours_unread": "Okunamadığı için hesaba katılmayan visit_hours veya visit_days hücresi sayısı: {count}.",
        "later_steps": "Planın son gününden sonraya düşen, yine de listelenen yolculuk teması sayısı: {count}.",
        "home_unknown": "Evi bilinmediği için sabah ve akşam yolu sayılmayan temsilci sayısı: {count}.",
    },
}


@dataclass(frozen=True)
class Reasons:
    """Why each row of a plan is there: a phrase and its figures.

    Parameters
    ----------
    key : (n,) str
        One of the keys of :data:`REASONS`.
    weeks : (n,) int, weeks
        Since the last visit; :data:`NEVER_SEEN` when none is on record.
    volume : (n,) float, units per week
        Category volume.
    one_in : (n,) float, visits
        So many visits win one customer; infinite when none does.
    per_month : (n,) float, visits per month
        ``nan`` where nothing is promised.
    """

    key: NDArray[np.str_]
    weeks: NDArray[np.int64]
    volume: NDArray[np.float64]
    one_in: NDArray[np.float64]
    per_month: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: NDArray[np.int64]) -> Reasons:
        """The same for some rows."""
        return Reasons(*(getattr(self, name)[rows] for name in ("key", "weeks", "volume", "one_in", "per_month")))


def sentences(reasons: Reasons, language: str = "en") -> NDArray[np.object_]:
    """One line for each row.

    Parameters
    ----------
    reasons : Reasons
    language : str
        ``en`` or ``tr``.

    Returns
    -------
    (n,) str
    """
    phrases, seen = REASONS[language], SEEN[language]

    def line(key: str, weeks: int, volume: float, one_in: float, per_month: float) -> str:
        how = "never" if weeks == NEVER_SEEN else "one" if weeks == 1 else "many"
        return phrases[key].format(
            seen=seen[how].format(weeks=weeks),
            volume=number(volume, language),
            one_in=number(one_in, language),
            per_month=number(per_month, language),
        )

    columns = (reasons.key.tolist(), reasons.weeks.tolist(), reasons.volume.tolist(), reasons.one_in.tolist())
    lines = [line(*row) for row in zip(*columns, reasons.per_month.tolist(), strict=True)]
    return np.array(lines, dtype=object)


def remark(key: str, count: int, language: str = "en") -> str:
    """A remark on a whole plan."""
    return REMARKS[language][key].format(count=count)


def number(value: float, language: str = "en") -> str:
    """A figure as a person says it: two digits or, from ten on, whole units."""
    if not np.isfinite(value):
        return "?"
    text = (
        f"{value:.0f}"
        if abs(value) >= 9.95
        else f"{value:.1f}".removesuffix(".0")
        if abs(value) >= 0.95
        else f"{value:.2g}"
    )
    return text.replace(".", ",") if language == "tr" else text
