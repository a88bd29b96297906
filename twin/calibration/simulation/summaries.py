"""Summary statistics: a record of a window in some fifty named figures, the same for real and for simulated books.

Each figure answers to one of the mechanisms that cannot be seen directly: how customers are found, how newcomers get
used to us, how buyers leave and come back, what is left of a gain after its cause has gone. Knows no parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.calibration.simulation.record import Frame, Record
from twin.calibration.simulation.summaries_buying import echo, market_moves, newcomers
from twin.calibration.simulation.summaries_leaving import departures, returns, silences, yearly
from twin.calibration.simulation.summary_rates import least_squares, log_rate, spells, years

Figures = dict[str, float]
_THIRDS = (1 / 3, 2 / 3)


@dataclass(frozen=True)
class Scale:
    """Cuts into thirds, read off the state when the window begins: the same for real and simulated books.

    Parameters
    ----------
    word : (2,) float
        Of the part of an unknown customer's neighbours who buy from us.
    warmth : (2,) float
        Of the logarithm of one more than a buyer's stock.
    """

    word: NDArray[np.float64]
    warmth: NDArray[np.float64]


def scale_of(frame: Frame) -> Scale:
    """Cuts of a window."""
    word = _word(frame, (frame.known & (frame.left >= frame.first))[None])[0]
    unknown, buyers = word[~frame.known], np.log1p(frame.stock[frame.known & ~frame.silent])
    return Scale(
        np.quantile(unknown, _THIRDS) if len(unknown) else np.zeros(2),
        np.quantile(buyers, _THIRDS) if len(buyers) else np.zeros(2),
    )


def summarise(frame: Frame, scale: Scale, record: Record) -> Figures:
    """Every figure that the kind of record has; which of them mean anything is decided by whoever compares them.

    Parameters
    ----------
    frame : Frame
    scale : Scale
    record : Record

    Returns
    -------
    dict of str to float
        The same names for every record of one frame. Unitless; rates are per week and logarithmic.
    """
    return {
        **arrivals(frame, scale, record),
        **newcomers(frame, record),
        **departures(frame, scale.warmth, record),
        **silences(frame, record),
        **returns(frame, record),
        **echo(frame, record),
        **market_moves(frame, record),
        **yearly(frame, record),
    }


def arrivals(frame: Frame, scale: Scale, record: Record) -> Figures:
    """Who was found: by year, by visits, by what neighbours do; and additive rates by least squares (Aalen 1980)."""
    start, weeks = spells(frame)
    since = record.known_since
    at_risk = ~frame.known & (since >= start[:, None])
    event = at_risk & (since < (start + weeks)[:, None])
    buys = (since < start[:, None]) & (record.left >= start[:, None])
    word = _word(frame, buys)
    found: Figures = {}
    for year, inside in enumerate(years(frame)):
        found[f"arrivals_year_{year}"] = log_rate(event[inside].sum(), (at_risk[inside] * weeks[inside, None]).sum())
    near = record.early_visits > 0
    if frame.visits_seen:
        near[1:] |= record.early_visits[:-1] > 0
    third = np.searchsorted(scale.word, word, side="right")
    for k in range(3):
        for visited in (False, True) if frame.visits_seen else (False,):
            cell = at_risk & (third == k) & (near == visited)
            name = f"arrivals_word_{k}" + ("_visited" if visited else "")
            found[name] = log_rate((event & cell).sum(), (cell * weeks[:, None]).sum())
    causes = [np.broadcast_to(weeks[:, None], word.shape), word * weeks[:, None]]
    names = ["base", "word"]
    if frame.visits_seen:
        earlier = np.zeros_like(record.early_visits)
        earlier[1:] = record.early_visits[:-1]
        causes += [record.early_visits, earlier]
        names += ["visit", "visit_before"]
    rates = least_squares(np.stack([cause[at_risk] for cause in causes]).astype(np.float64), event[at_risk])
    return found | {f"arrivals_by_{name}": rate for name, rate in zip(names, rates)}


def _word(frame: Frame, buys: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Part of each customer's neighbours who buy: (s, c) float."""
    listed = frame.neighbours >= 0
    heard = np.zeros(buys.shape, dtype=np.float32)
    for k in range(frame.neighbours.shape[1]):
        heard += buys[:, frame.neighbours[:, k]] & listed[:, k]
    return heard / np.maximum(listed.sum(axis=1), 1)
