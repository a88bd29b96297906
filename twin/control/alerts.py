"""Alerts: deviations that call for a decision, each with what to do. Knows figures, not how they came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from twin.control.deviation import Deviation

LEAST_MADE = 0.8
"""Part of the planned visits below which a rep's plan is not the plan any more: a rule of thumb, not a finding."""
FEWEST_PLANNED = 10
"""Planned visits below which a rep is not judged."""
SURPRISE = 0.05
"""Chance below which so many territories outside their bands are taken for a fault of the twin and not for luck."""
STALE_WEEKS = 26

WORDS = {
    "en": {
        "visits_missed": "{where}: {value:.0%} of the planned visits were made",
        "below_band": "{where}: {measure} is {value:+.1f} % off target, below the 90 % band",
        "above_band": "{where}: {measure} is {value:+.1f} % off target, above the 90 % band",
        "rival_move": "{where} has made a move that was not expected, {value:.0%} sure",
        "twin_surprised": "{value:.0%} of the territories lie outside their 80 % bands: conditions have changed",
        "stale": "the twin was calibrated {value:.0f} weeks before the newest data",
    },
    "tr": {
        "visits_missed": "{where}: planlanan ziyaretlerin {value:.0%} kadarı yapıldı",
        "below_band": "{where}: {measure} hedeften %{value:+.1f} sapıyor, %90 bandının altında",
        "above_band": "{where}: {measure} hedeften %{value:+.1f} sapıyor, %90 bandının üstünde",
        "rival_move": "{where} beklenmeyen bir hamle yaptı, olasılık {value:.0%}",
        "twin_surprised": "bölgelerin {value:.0%} kadarı %80 bandının dışında: koşullar değişti",
        "stale": "ikiz, en yeni veriden {value:.0f} hafta önce kalibre edildi",
    },
}
ACTIONS = {
    "en": {
        "visits_missed": "Plan the missed visits again, highest gain first, or lower the plan to what is made.",
        "below_band": "Look at the causes; if it is not the visits, compare scenarios for this territory.",
        "above_band": "Find out what works here, and raise the target.",
        "rival_move": "Teach the calendar this move and run the scenarios again.",
        "twin_surprised": "Run twin calibrate on the newest data; forecasts made before are doubtful.",
        "stale": "Run twin calibrate on the newest data.",
    },
    "tr": {
        "visits_missed": "Kaçan ziyaretleri en yüksek kazançtan başlayarak yeniden planlayın ya da planı azaltın.",
        "below_band": "Nedenlere bakın; neden ziyaretler değilse bu bölge için senaryoları karşılaştırın.",
        "above_band": "Burada neyin işe yaradığını bulun ve hedefi yükseltin.",
        "rival_move": "Bu hamleyi takvime öğretin ve senaryoları yeniden çalıştırın.",
        "twin_surprised": "En yeni veriyle twin calibrate çalıştırın; eski tahminler kuşkuludur.",
        "stale": "En yeni veriyle twin calibrate çalıştırın.",
    },
}
MEASURES = {
    "en": {
        "own_volume": "own volume",
        "new_customers": "number of new customers",
        "category_volume": "category volume",
    },
    "tr": {
        "own_volume": "satış hacmi",
        "new_customers": "yeni müşteri sayısı",
        "category_volume": "kategori hacmi",
    },
}


@dataclass(frozen=True)
class Alert:
    """Something that calls for a decision.

    Parameters
    ----------
    key : str
        One of the keys of :data:`WORDS`.
    where : str
        Territory, rep or brand; ``all``.
    value : float
        In the unit that the words want.
    measure : str
        Key of :data:`MEASURES`, where the words want one.
    """

    key: str
    where: str
    value: float
    measure: str = ""

    def words(self, language: str = "en") -> str:
        """One line."""
        measure = MEASURES[language].get(self.measure, self.measure)
        return WORDS[language][self.key].format(where=self.where, value=self.value, measure=measure)

    def action(self, language: str = "en") -> str:
        """What to do about it."""
        return ACTIONS[language][self.key]


def missed(reps: Sequence[tuple[str, int, int]]) -> list[Alert]:
    """Reps who left more undone than :data:`LEAST_MADE` allows, from (rep, planned, made)."""
    return [
        Alert("visits_missed", rep, made / planned)
        for rep, planned, made in reps
        if planned >= FEWEST_PLANNED and made < LEAST_MADE * planned
    ]


def outside(deviations: Sequence[Deviation]) -> list[Alert]:
    """Figures outside their 90 % bands."""
    return [
        Alert("below_band" if one.actual < one.p05 else "above_band", one.where, one.pct, one.measure)
        for one in deviations
        if not one.inside_90
    ]


def surprised(territories: Sequence[Deviation]) -> list[Alert]:
    """Whether more territories lie outside their 80 % bands than luck explains.

    One-sided binomial test at :data:`SURPRISE`, as if territories were independent. They share the market, so that with
    a twin that is right it speaks oftener than once in twenty; it asks for a look, no more.
    """
    n_out = sum(not one.inside_80 for one in territories)
    if not territories or stats.binom.sf(n_out - 1, len(territories), 0.2) >= SURPRISE:
        return []
    return [Alert("twin_surprised", "all", n_out / len(territories))]


def stale(weeks: int) -> list[Alert]:
    """Whether the calibration is old."""
    return [Alert("stale", "all", float(weeks))] if weeks >= STALE_WEEKS else []
