"""Summaries of how buyers buy: newcomers' first steps, what is left of a gain after its cause, moves of the market."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.calibration.simulation.record import Frame, Record
from twin.calibration.simulation.summary_rates import least_squares, log_odds, mean, ratio, spells

_WAIT = 26
"""Waiting for a next order is cut off at half a year."""
_LAGS = (0, 1, 2, 4, 8)


def newcomers(frame: Frame, record: Record) -> dict[str, float]:
    """Waits between first orders; orders and volume of the first quarter against later; size of the newly found."""
    found = _waits(frame, record) if frame.weekly else {}
    came, steps = _since_first(frame, record)
    bought, volume = record.own > 0, record.own
    late = came + 10 < frame.n_spells
    who = np.flatnonzero(late & (came >= 0))
    age = came[who] + np.array(steps)[:, None]
    early, settled = age[:3], age[3:9]
    first, rest = bought[early, who], bought[settled, who]
    found["new_buys_early"] = log_odds(float(first.sum()), float(first.size))
    found["new_buys_later"] = log_odds(float(rest.sum()), float(rest.size))
    found["new_volume_early"] = ratio(float(volume[early, who].sum()) + 1e-3, float(volume[settled, who].sum()) + 1e-3)
    usual = mean(volume[:, frame.known].mean(axis=0), 1.0)
    found["new_size"] = ratio(mean(volume[settled, who].mean(axis=0), usual), usual)
    return found


def _since_first(frame: Frame, record: Record) -> tuple[NDArray[np.int64], range]:
    """Spell of each newcomer's arrival, -1 of everybody else; and the spells after it that are looked at."""
    start, _ = spells(frame)
    inside = ~frame.known & (record.known_since >= frame.first) & (record.known_since < frame.stop)
    spell = np.searchsorted(start, record.known_since, side="right") - 1
    return np.where(inside, spell, -1), range(1, 10)


def _waits(frame: Frame, record: Record) -> dict[str, float]:
    """Mean wait for the second, third and fourth order, and how many come soon."""
    found = {}
    late = frame.stop - min(_WAIT, frame.n_weeks // 4)  # who ordered later has not had time
    for k in range(len(record.orders) - 1):
        began = record.orders[k] < late
        wait = np.minimum(record.orders[k + 1, began].astype(np.int64) - record.orders[k, began], _WAIT)
        found[f"wait_{k + 2}"] = float(np.log(mean(wait, float(_WAIT))))
        found[f"soon_{k + 2}"] = log_odds(float((wait <= 2).sum()), float(len(wait)))
        found[f"never_{k + 2}"] = log_odds(float((wait >= _WAIT).sum()), float(len(wait)))
    found["wait_gain"] = found["wait_2"] - 0.5 * (found["wait_3"] + found["wait_4"])
    return found


def echo(frame: Frame, record: Record) -> dict[str, float]:
    """Known buyers' sales after a change of warmth, and what of a good spell is left later, net of spells.

    Impulse responses at lags of 0, 1, 2, 4 and 8 spells; autocorrelations of what contacts do not explain.
    """
    lasting = frame.known & ((record.own > 0).sum(axis=0) >= frame.n_spells // 3)
    names = [f"echo_{lag}" for lag in _LAGS] if frame.visits_seen else []
    names += [f"left_after_{lag}" for lag in _LAGS[1:]]
    if lasting.sum() < 20 or frame.n_spells < 20:
        return dict.fromkeys([*names, "unevenness"], 0.0)
    own = record.own[:, lasting].astype(np.float64)
    own = np.minimum(own / own.mean(axis=0), 6.0)
    rest = _centred(own, _LAGS[-1])
    found = []
    if frame.visits_seen:
        warmth = record.warmth[:, lasting].astype(np.float64)
        lagged = np.stack([_centred(np.roll(warmth, lag, axis=0), _LAGS[-1]).ravel() for lag in _LAGS])
        effects = least_squares(lagged, rest.ravel())
        rest = rest - (effects @ lagged).reshape(rest.shape)
        found += effects.tolist()
    spread = float((rest**2).mean())
    by_lag = [float((rest[lag:] * rest[: len(rest) - lag]).mean()) / max(spread, 1e-9) for lag in _LAGS[1:]]
    return dict(zip(names, found + by_lag)) | {"unevenness": spread}


def _centred(values: NDArray[np.float64], since: int) -> NDArray[np.float64]:
    """Rows from ``since`` on without the mean of the row and of the column."""
    kept = values[since:]
    return kept - kept.mean(axis=0) - kept.mean(axis=1, keepdims=True) + kept.mean()


def market_moves(frame: Frame, record: Record) -> dict[str, float]:
    """Our share by year; how fast it comes back; whether rivals gain where we had gained."""
    if frame.market is None:
        return {}
    total = np.maximum(record.market.sum(axis=1), 1e-9)
    share = np.clip(record.market[:, : frame.n_own].sum(axis=1) / total, 1e-4, 1.0 - 1e-4)
    odds = np.log(share / (1.0 - share))
    per_year = 12 if frame.market.kind == "month" else 52
    found = {}
    for year in range(max(len(share) // per_year, 1)):
        stop = len(share) - year * per_year
        found[f"share_{year}_years_ago"] = mean(odds[max(stop - per_year, 0) : stop])
    lag = max(per_year // 6, 1)  # rivals look back on about two months
    if len(odds) < 3 * lag + 4:
        return found
    step, before = odds[2 * lag :] - odds[lag:-lag], odds[lag:-lag] - odds.mean()
    push = _rivals_push(frame)
    causes = np.stack([before - before.mean(), (push[2 * lag :] - push[lag:-lag])])
    back, pushed = least_squares(causes, step - step.mean())
    return found | {
        "share_comes_back": float(back),
        "share_when_pushed": float(pushed),
        "share_moves": float(np.log(step.std() + 1e-4)),
    }


def _rivals_push(frame: Frame) -> NDArray[np.float64]:
    """Mean strength of rivals' campaigns by period of the market: (q,) float."""
    assert frame.market is not None
    weights = frame.market.weights(frame.first, frame.n_weeks)
    strength = frame.campaigns[frame.n_own :].sum(axis=0)
    return (weights @ strength) / np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-9)
