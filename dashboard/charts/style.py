"""Style: colours, type and numbers that all charts share. Knows no data."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
from altair.utils import schemapi

from dashboard.words import Words

# Altair holds every part of a chart against the whole grammar, which takes longer than everything else on a page; the
# charts of this house are held against it by a test instead
schemapi.disable_debug_mode()

INK, GREY, PALE, LINE, EDGE = "#10161D", "#5A6570", "#E6EAEE", "#D5DAE0", "#B4BDC6"
ACCENT, BLUE, VERMILION, GREEN, AMBER, SKY = "#0B5CAD", "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9"
FONT = "Source Sans, Source Sans Pro, sans-serif"
GAIN, LOSS = BLUE, VERMILION
DIVERGING = ["#B34E00", "#EBA25F", "#F7F7F7", "#7FB2DD", "#0B5CAD"]
SEQUENTIAL = ["#F2F5F8", "#9DBFDE", "#3F7FBF", "#0B3E75"]

_MONTHS = {
    "en": ("January February March April May June July August September October November December",
           "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    "tr": ("Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
           "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara"),
}  # fmt: skip
_DAYS = {
    "en": ("Sunday Monday Tuesday Wednesday Thursday Friday Saturday", "Sun Mon Tue Wed Thu Fri Sat"),
    "tr": ("Pazar Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi", "Paz Pzt Sal Çar Per Cum Cmt"),
}


def dressed(chart: alt.TopLevelMixin, words: Words) -> alt.TopLevelMixin:
    """The chart in the house's look, with numbers and dates of the language.

    Parameters
    ----------
    chart : altair chart
    words : Words
    """
    chart = chart.copy(deep=False)
    object.__setattr__(chart, "__class__", _trusted(type(chart)))
    axis = {"labelColor": GREY, "titleColor": GREY, "gridColor": PALE, "domainColor": LINE, "tickColor": LINE}
    return chart.configure(
        font=FONT,
        locale=_locale(words),
        background="transparent",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", **axis),
        legend=alt.LegendConfig(
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelColor=INK, titleColor=GREY
        ),
        text=alt.MarkConfig(fontSize=12, color=INK),
    )


@cache
def _trusted(kind: type) -> type:
    """The same kind of chart, not held against the grammar again whenever it is drawn."""

    def to_dict(self: Any, validate: bool = False, **options: Any) -> dict[str, Any]:
        return kind.to_dict(self, validate=validate, **options)

    return kind if issubclass(kind, _Trusted) else type(kind.__name__, (_Trusted, kind), {"to_dict": to_dict})


class _Trusted:
    """Mark of a chart that is drawn as it is."""


def _locale(words: Words) -> alt.Locale:
    decimal, thousands = words.symbols
    (months, short), (days, short_days) = _MONTHS[words.language], _DAYS[words.language]
    time = alt.TimeLocale(
        dateTime="%d %B %Y %H:%M", date="%d.%m.%Y", time="%H:%M", periods=["AM", "PM"],
        days=days.split(), shortDays=short_days.split(), months=months.split(), shortMonths=short.split(),
    )  # fmt: skip
    number = alt.NumberLocale(decimal=decimal, thousands=thousands, grouping=[3], currency=["", ""], percent="%")
    return alt.Locale(number=number, time=time)
