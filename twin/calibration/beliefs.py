"""Beliefs: what an earlier calibration knew that the data at hand no longer hold.

Counts nothing twice. A parameter that is estimated from the whole dataset already contains the earlier data: its
earlier posterior must not be its prior as well. Only the part of the earlier window that lies outside the new one is
news, and the literature's prior enters once, whatever the number of calibrations. Knows no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scipy import stats

from twin.response.parameters import PRIORS, Prior

WIDENED = 2.0
"""Standard deviation of earlier evidence is multiplied by this: the market may have changed since."""
WINDOWS = {"discovery_base": 156, "discovery_visit": 156, "discovery_word": 156, "loss": 104, "winback": 260}
"""Weeks before the origin from which a parameter is learned; all others are learned from the whole history."""


@dataclass(frozen=True)
class Learned:
    """What a calibration found of one parameter.

    Parameters
    ----------
    name : str
    mean, sd : float
    identified : bool
    prior : str
        In words; empty when none was used.
    """

    name: str
    mean: float
    sd: float
    identified: bool
    prior: str = ""


@dataclass(frozen=True)
class Span:
    """Weeks of history that a calibration has seen, half-open.

    Parameters
    ----------
    first, origin : int, week
    """

    first: int
    origin: int

    def window(self, name: str) -> tuple[int, int]:
        """Weeks from which a parameter is learned."""
        weeks = WINDOWS.get(name)
        return (self.first if weeks is None else max(self.first, self.origin - weeks), self.origin)


def part_gone(name: str, earlier: Span, now: Span) -> float:
    """Part of the earlier calibration's window that the new one does not look at: 0 to 1."""
    first, stop = earlier.window(name)
    begin, end = now.window(name)
    shared = max(min(stop, end) - max(first, begin), 0)
    return 1.0 - shared / max(stop - first, 1)


def carried(earlier: Mapping[str, Learned], then: Span, now: Span, when: str) -> dict[str, Prior]:
    """Priors that take over what earlier data taught and the new ones cannot repeat.

    With precision P0 and mean m0 of the literature's prior, and P1, m1 of the earlier posterior, the earlier data
    themselves had precision I = P1 - P0 and said (P1 m1 - P0 m0) / I. The part g of their window that is gone counts,
    at twice its standard deviation: precision P0 + g I / 4.

    Parameters
    ----------
    earlier : mapping of str to Learned
    then, now : Span
        Of the earlier calibration and of this one.
    when : str
        Origin of the earlier calibration, for the words.

    Returns
    -------
    dict of str to Prior
        Nothing for a parameter whose earlier data are all in the new ones, or that was never identified.
    """
    found = {}
    for name, known in earlier.items():
        gone = part_gone(name, then, now)
        # where the data said less than the prior, what they seem to have said is mostly the luck of so many draws
        if name not in PRIORS or gone <= 0.0 or known.sd <= 0.0 or not known.identified:
            continue
        prior = PRIORS[name]
        m0, sd0 = _moments(prior)
        evidence = known.sd**-2 - sd0**-2
        if evidence <= 0.0:
            continue
        said = (known.mean * known.sd**-2 - m0 * sd0**-2) / evidence
        counts = gone * evidence / WIDENED**2
        precision = prior.sd**-2 + counts
        mean = (prior.mean * prior.sd**-2 + min(max(said, prior.low), prior.high) * counts) / precision
        source = f"{prior.source}; and the calibration of {when}, {gone:.0%} of whose data are gone, widened"
        found[name] = Prior(prior.unit, mean, precision**-0.5, prior.low, prior.high, source)
    return found


def _moments(prior: Prior) -> tuple[float, float]:
    """Mean and standard deviation of a prior as it is drawn, cut at its bounds."""
    a, b = (prior.low - prior.mean) / prior.sd, (prior.high - prior.mean) / prior.sd
    mean, variance = stats.truncnorm.stats(a, b, loc=prior.mean, scale=prior.sd, moments="mv")
    return float(mean), float(variance) ** 0.5
