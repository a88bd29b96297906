"""Linkage: which rows of all lists may be one outlet, how likely, and why.

Learns from the lists themselves where they are long enough, else by rules. Decides nothing, see
:mod:`twin.intake.identity`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from twin.intake import linkage_rules
from twin.intake.linkage_background import background_of
from twin.intake.linkage_blocks import bearers_near, candidate_pairs, identifying_pairs
from twin.intake.linkage_compare import FIELDS, compare
from twin.intake.linkage_model import Model, fit
from twin.intake.linkage_records import KEYS, Records, records_of

ENOUGH_ROWS = 300
"""Rows below which rules take the model's place: too few pairs to learn from."""
SHOWN = 0.10
"""Probability from which a pair is shown to a person."""
DOUBTFUL = 0.79
"""Most that is said of a pair with a branch number on one side alone."""
ELSEWHERE = 0.45
"""Most that is said of a pair that may be two branches of one company."""
_FIELD = {field.name: k for k, field in enumerate(FIELDS)}
_LEVEL = {(field.name, level.words): n for field in FIELDS for n, level in enumerate(field.levels)}
_BY_RULE = 0.5
_ALIKE = 60.0


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows that may be one outlet.

    Parameters
    ----------
    i, j : (p,) int
        Rows, ``i < j``.
    probability : (p,) float
    metres : (p,) float
        ``nan`` when unknown.
    proof : (p,) bool
        Something that identifies agrees (telephone, tax number, mailbox), and name and place do not speak against it.
    reasons : (p,) object
        JSON list of ``field``, ``agreement`` and ``weight`` (log likelihood ratio, base 2; ``None`` by rule).
    learned : bool
        Whether the probabilities come from a fitted model.
    """

    i: NDArray[np.int64]
    j: NDArray[np.int64]
    probability: NDArray[np.float64]
    metres: NDArray[np.float64]
    proof: NDArray[np.bool_]
    reasons: NDArray[np.object_]
    learned: bool


def find_pairs(records: Records, tables: Mapping[str, pd.DataFrame]) -> Pairs:
    """Pairs that reach :data:`SHOWN`; two tax numbers, two sorts of outlet or two branch numbers are never one."""
    return _by_model(records) if len(records) >= ENOUGH_ROWS else _by_rules(records, tables)


# --- learned -----------------------------------------------------------------------------------------------------


def _by_model(records: Records) -> Pairs:
    i, j = candidate_pairs(records)
    levels = compare(records, i, j)
    kind = (records.lists[i] != records.lists[j]).astype(np.int8)
    never = contradiction(records, i, j) | _chain(records, i, j, levels)
    model = learned(records, levels, kind, never)
    p = np.where(never, 0.0, model.probability(levels, kind))
    numbers = records.table["numbers"].to_numpy(dtype=object)
    # a branch number on one side alone may be another branch
    unsure = (numbers[i] != numbers[j]) & ~_identified(levels)
    p = np.where(unsure, np.minimum(p, DOUBTFUL), p)
    p = np.where(_elsewhere(levels), np.minimum(p, ELSEWHERE), p)
    keep = p >= SHOWN
    i, j, levels, p = i[keep], j[keep], levels[keep], p[keep]
    proof = _identified(levels) & ~_opposed(levels)
    return Pairs(i, j, p, records.metres(i, j), proof, _reasons(model, levels), True)


def learned(
    records: Records, levels: NDArray[np.int8], kind: NDArray[np.int8], never: NDArray[np.bool_]
) -> Model:  # fmt: skip
    """The model of these records."""
    background = background_of(records)
    prior = [np.array([level.m for level in field.levels]) for field in FIELDS]
    floor = [np.array([level.u for level in field.levels]) for field in FIELDS]
    return fit(levels, kind, never, prior, floor, background.pairs, background.counts)


def contradiction(records: Records, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pairs that cannot be one outlet: other tax number, sort or branch number on both sides: (p,) bool."""
    found = np.zeros(len(i), dtype=bool)
    for name in ("tax", "sort", "numbers"):
        codes, distinct = pd.factorize(records.table[name].replace("", None))
        found |= (codes[i] >= 0) & (codes[j] >= 0) & (codes[i] != codes[j]) & (len(distinct) > 0)
    return found


def _chain(
    records: Records, i: NDArray[np.int64], j: NDArray[np.int64], levels: NDArray[np.int8]
) -> NDArray[np.bool_]:  # fmt: skip
    """Pairs with a name that several outlets of one list bear hereabouts, not at one door nor in one street."""
    bearers = bearers_near(records)
    across = records.lists[i] != records.lists[j]
    # within a list the pair itself makes two
    shared = np.maximum(bearers[i], bearers[j]) >= np.where(across, 2, 3)
    address = levels[:, _FIELD["address"]]
    at_door = ~(records.metres(i, j) > linkage_rules.SHARED_NAME_M)
    at_door &= levels[:, _FIELD["place"]] != _LEVEL["place", "in different bricks"]
    at_street = (address >= 0) & (address < _LEVEL["address", "different"])
    return shared & ~at_door & ~_identified(levels) & ~at_street


def _elsewhere(levels: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Pairs far from one another with nothing of the outlet itself in common: branches share name and tax number."""
    place, address = levels[:, _FIELD["place"]], levels[:, _FIELD["address"]]
    far = np.isin(place, [_LEVEL["place", words] for words in ("farther apart", "in different bricks")])
    far |= (place == _LEVEL["place", "within 5 km"]) & (address == _LEVEL["address", "different"])
    at_street = (address >= 0) & (address < _LEVEL["address", "different"])
    reached = (levels[:, _FIELD["phone"]] == 0) | (levels[:, _FIELD["email"]] == 0)
    return far & ~at_street & ~reached


def _identified(levels: NDArray[np.int8]) -> NDArray[np.bool_]:
    return np.any([levels[:, _FIELD[name]] == 0 for name in ("phone", "tax number", "email")], axis=0)


def _opposed(levels: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Name or place speak against the pair."""
    place = levels[:, _FIELD["place"]]
    far = ("within 5 km", "farther apart", "in different bricks")
    elsewhere = np.isin(place, [_LEVEL["place", words] for words in far])
    other = np.isin(levels[:, _FIELD["name"]], [_LEVEL["name", "different"], -1])
    return elsewhere | other


def _reasons(model: Model, levels: NDArray[np.int8]) -> NDArray[np.object_]:
    """Reasons of every pair; each combination of levels is worded once."""
    if not len(levels):
        return np.empty(0, dtype=object)
    patterns, place = np.unique(levels, axis=0, return_inverse=True)
    weights = model.weights(patterns) / np.log(2.0)
    texts = np.empty(len(patterns), dtype=object)
    for row, (pattern, worth) in enumerate(zip(patterns, weights)):
        texts[row] = json.dumps([
            {"field": field.name, "agreement": field.levels[level].words, "weight": round(float(weight), 2)}
            for field, level, weight in zip(FIELDS, pattern, worth) if level >= 0
        ])  # fmt: skip
    return texts[place.ravel()]


# --- by rules ----------------------------------------------------------------------------------------------------


def _by_rules(records: Records, tables: Mapping[str, pd.DataFrame]) -> Pairs:
    """Pairs of short lists: name and place, or an identifying number with a name that is alike."""
    found = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=object))]
    starts = np.searchsorted(records.lists, np.arange(len(records.names_of_lists)))
    for a, one in enumerate(records.names_of_lists):
        for b, other in list(enumerate(records.names_of_lists))[a:]:
            i, j, score, metres = linkage_rules.rule_pairs(tables[one], KEYS[one], tables[other], KEYS[other])
            keep = (i < j) if a == b else np.ones(len(i), dtype=bool)
            i, j, score, metres = i[keep], j[keep], score[keep], metres[keep]
            p = linkage_rules.probability(score, metres) + (score - 100.0) * 1e-4
            words = np.array([_by_name(*row) for row in zip(score.tolist(), metres.tolist())], dtype=object)
            found.append((i + starts[a], j + starts[b], p, words))
    i, j = identifying_pairs(records)
    alike = np.asarray(process.cpdist(records.table["name"].fillna("").to_numpy()[i].tolist(),
                                      records.table["name"].fillna("").to_numpy()[j].tolist(),
                                      scorer=fuzz.ratio, dtype=np.float32)) if len(i) else np.empty(0)  # fmt: skip
    reason = json.dumps([{"field": "phone, tax number or e-mail", "agreement": "equal", "weight": None}])
    p = np.where(alike >= _ALIKE, linkage_rules.CERTAIN, _BY_RULE)
    found.append((i, j, p, np.full(len(i), reason, dtype=object)))
    i, j, p, words = (np.concatenate(parts) for parts in zip(*found))
    identified = np.zeros(len(i), dtype=bool)
    if len(alike):
        identified[-len(alike) :] = alike >= _ALIKE
    order = np.lexsort((-p, -identified.astype(int), j, i))
    once = order[~pd.DataFrame({"i": i[order], "j": j[order]}).duplicated().to_numpy()]
    once = once[~contradiction(records, i[once], j[once])]
    i, j = i[once], j[once]
    metres = records.metres(i, j)
    proof = identified[once] & ~(metres > linkage_rules.RADIUS_M)
    return Pairs(i, j, p[once], metres, proof, words[once], False)


def _by_name(score: float, metres: float) -> str:
    place = "in one brick" if np.isnan(metres) else f"{metres:.0f} m apart"
    return json.dumps([
        {"field": "name", "agreement": f"{score:.0f} of 100 points, place counted", "weight": None},
        {"field": "place", "agreement": place, "weight": None},
    ])  # fmt: skip


__all__ = ("DOUBTFUL", "ENOUGH_ROWS", "SHOWN", "Pairs", "find_pairs", "records_of")
