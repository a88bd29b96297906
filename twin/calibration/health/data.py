"""Health of the data: whether the sources of one market agree with one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.calibration import Calibration
from twin.calibration.health.card import FAIL, OPEN, PASS, REVIEW, Check, judged
from twin.market.history import History, Sales
from twin.market.world import World
from twin.weeks import Periods, mondays

_YEAR = 52
_FEW = 10
_ABOVE = (1.05, 1.15)
_APART = (0.10, 0.25)
_SHARE_POINTS = (0.03, 0.06)
_CHANCE = (0.01, 0.001)


def data_checks(calibration: Calibration, world: World, history: History) -> tuple[Check, ...]:
    """Books against audits, books against the panel, panel against audits."""
    return (
        books_within_market(world, history),
        panel_against_books(world, history),
        panel_against_audit(calibration, world, history),
    )


def books_within_market(world: World, history: History) -> Check:
    """Our books cannot hold more of our brands than the audits show."""
    about = "Do the audits show at least what our own books hold?"
    wanted = f"our books over the audits' figure for us: at most {_ABOVE[0]:g} (fail above {_ABOVE[1]:g})"
    if not len(history.audit):
        return Check("own_within_market", about, OPEN, None, wanted, "there are no audits by brick")
    periods = _last_year(history.audit.periods, history.origin)
    audited = np.isin(np.arange(len(world.bricks)), np.unique(history.audit.unit))
    brick = world.population.brick[history.own_sales.unit]
    inside = _within(history.own_sales, periods) & (brick >= 0) & audited[np.maximum(brick, 0)]
    ours = (history.audit.brand < world.brands.n_own) & _within(history.audit, periods)
    n = len(world.bricks)
    books = np.bincount(brick[inside], history.own_sales.volume[inside], n)
    seen = np.bincount(history.audit.unit[ours], history.audit.volume[ours], n)
    if not books.sum() > 0:
        return Check("own_within_market", about, OPEN, None, wanted, "no sale of ours lies in an audited brick")
    ratio = float(books.sum() / max(seen.sum(), 1e-300))
    over = np.flatnonzero(books > _ABOVE[1] * np.maximum(seen, 1e-300))
    rows = tuple(
        {"brick": str(world.bricks.ids[b]), "books": float(books[b]), "audit": float(seen[b])}
        for b in over[np.argsort(-(books - seen)[over], kind="stable")][:8]
    )
    verdict = judged(ratio, review=ratio > _ABOVE[0], fail=ratio > _ABOVE[1])
    say = f"over the last year our books hold {ratio:.0%} of what the audits show of our brands"
    say += f"; {len(over)} of {int((books > 0).sum())} bricks hold more than they can" if len(over) else ""
    cure = "Compare units and brick codes of sales and market_sales; every share rests on their ratio."
    return Check("own_within_market", about, verdict, ratio, wanted, say, cure if verdict != PASS else "", True, rows)


def panel_against_books(world: World, history: History) -> Check:
    """Panel members who are ours: what they bought from us is known twice."""
    about = "Do panel and own books agree about the same customers?"
    wanted = f"panel over books within {_APART[0]:.0%} (fail beyond {_APART[1]:.0%})"
    member = np.zeros(len(world.population), dtype=bool)
    member[history.panel_members] = True
    twice = member & world.population.known
    if not len(history.panel) or int(twice.sum()) < _FEW:
        return Check("panel_and_books", about, OPEN, None, wanted, f"fewer than {_FEW} panel members are ours")
    periods = _last_year(history.panel.periods, history.origin)
    ours = (history.panel.brand < world.brands.n_own) & _within(history.panel, periods) & twice[history.panel.unit]
    own = _within(history.own_sales, periods) & twice[history.own_sales.unit]
    books, seen = float(history.own_sales.volume[own].sum()), float(history.panel.volume[ours].sum())
    if not books > 0:
        return Check("panel_and_books", about, OPEN, None, wanted, "those members bought nothing last year")
    off = seen / books - 1.0
    verdict = judged(off, review=abs(off) > _APART[0], fail=abs(off) > _APART[1])
    say = f"the panel shows {off:+.0%} against our books for the {int(twice.sum())} members who are ours"
    cure = "Look for missing deliveries, another unit, or members linked to the wrong customer."
    return Check("panel_and_books", about, verdict, off, wanted, say, cure if verdict != PASS else "")


def panel_against_audit(calibration: Calibration, world: World, history: History) -> Check:
    """Shares of the brands in the panel against those of the audits, over the same periods.

    Members of either half, known and unknown, are weighed with the volume of their half, so that a panel that holds
    more of one half is no contradiction. The error of a share is that of a ratio over members.
    """
    about = "Do panel and audits show the same shares?"
    wanted = f"brands within {_SHARE_POINTS[0]:.0%} share, or within chance (fail: beyond {_SHARE_POINTS[1]:.0%})"
    name = "panel_and_audit"
    if not len(history.audit) or not len(history.panel):
        return Check(name, about, OPEN, None, wanted, "needs both audits and a panel")
    first = max(history.panel.periods.start[0], history.audit.periods.start[0])
    stop = min(history.panel.periods.stop[-1], history.audit.periods.stop[-1])
    if stop <= first:
        return Check(name, about, OPEN, None, wanted, "audits and panel have no period in common")
    span = Periods("week", np.array([first]), np.array([stop]))
    n_brands, n = len(world.brands), len(world.population)
    inside = _within(history.panel, span)
    flat = history.panel.unit[inside].astype(np.int64) * n_brands + history.panel.brand[inside]
    bought = np.bincount(flat, history.panel.volume[inside], n * n_brands).reshape(n, n_brands)[history.panel_members]
    known = world.population.known[history.panel_members]
    if min(int(known.sum()), int((~known).sum())) < _FEW:
        return Check(name, about, OPEN, None, wanted, f"fewer than {_FEW} members in one of the halves of the market")
    half = np.array([calibration.potential.mean[world.population.known == side].sum() for side in (False, True)])
    share, error = _stratified(bought, known, half / half.sum())
    seen = _within(history.audit, span)
    audit = np.bincount(history.audit.brand[seen], history.audit.volume[seen], n_brands)
    audit = audit / max(audit.sum(), 1e-300)
    off = share - audit
    p = np.minimum(2.0 * stats.norm.sf(np.abs(off) / np.maximum(error, 1e-9)) * n_brands, 1.0)
    far = int(np.argmax(np.abs(off) * (p < _CHANCE[0])))
    bad = [bool(((np.abs(off) > points) & (p < chance)).any()) for points, chance in zip(_SHARE_POINTS, _CHANCE)]
    verdict = FAIL if bad[1] else REVIEW if bad[0] else PASS
    value = float(np.abs(off).max())
    say = f"largest difference {value:.1%} of share"
    if verdict != PASS:
        say = (
            f"{world.brands.names[far]} has {share[far]:.1%} in the panel and {audit[far]:.1%} in the audits, "
            f"chance of that {p[far]:.1g}"
        )
    rows = tuple(
        {"brand": str(b), "panel": float(s), "audit": float(a), "p": float(q)}
        for b, s, a, q in zip(world.brands.names, share, audit, p)
    )
    cure = "One of the two is not what it is taken for: check brand codes, units, and who is on the panel."
    return Check(name, about, verdict, value, wanted, say, cure if verdict != PASS else "", True, rows)


def _stratified(
    bought: NDArray[np.float64], known: NDArray[np.bool_], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of each brand and its standard error, halves of the market weighed: two (j,) float."""
    share, variance = np.zeros(bought.shape[1]), np.zeros(bought.shape[1])
    for side in (0, 1):
        part = bought[known == bool(side)]
        total = max(float(part.sum()), 1e-300)
        s = part.sum(axis=0) / total
        rest = part - s * part.sum(axis=1, keepdims=True)
        n = len(part)
        share += weight[side] * s
        variance += weight[side] ** 2 * (rest**2).sum(axis=0) / total**2 * n / max(n - 1, 1)
    return share, np.sqrt(variance)


def _last_year(periods: Periods, origin: int) -> Periods:
    """The periods of the last year as one span."""
    since = mondays(np.int32(origin - _YEAR))
    keep = periods.start >= since
    if not keep.any():
        keep[-1:] = True
    return Periods("week", periods.start[keep][:1], periods.stop[keep][-1:])


def _within(sales: Sales, span: Periods) -> NDArray[np.bool_]:
    """Rows whose period lies in a span."""
    if not len(span) or not len(sales.periods):
        return np.zeros(len(sales), dtype=bool)
    middle = sales.periods.start + (sales.periods.stop - sales.periods.start) // 2
    return (span.index_of(middle) >= 0)[sales.period]
