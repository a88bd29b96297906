"""Made-up markets for the dark half: unknown customers smaller for hidden reasons, probes, and overlapping lists."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from bench_tools import module

from twin.draws import identity
from twin.market.history import History
from twin.potential.count import Lists

N = 1500
METRE = 1 / 111_320
KINDS = ({}, {"hidden_shift": 0.0}, {"heavy": True}, {"hidden_shift": -0.8})
"""By turns: as planted, nothing hidden, heavy tails (Student's t with 4 degrees), much hidden."""


def market(seed: int, evidence: str) -> tuple[Any, History, np.ndarray]:
    """World, history and true volumes.

    Evidence is ``totals`` (audit and panel), ``probe`` (a hundred unknown ones, audited) or ``nothing``.
    """
    laws = module("laws/test_potential_recovery.py")
    panel = {"totals": 0.10, "probe": 1.0, "nothing": 0.0}[evidence]
    world, history, volume = laws.planted(
        seed, panel=panel, audit=evidence == "totals", n=N, **KINDS[seed % len(KINDS)]
    )
    if evidence == "probe":
        unknown = np.flatnonzero(~world.population.known)
        probed = np.random.default_rng(seed).choice(unknown, 100, replace=False)
        keep = np.isin(history.panel.unit, probed)
        history = replace(history, panel=laws.only(history.panel, keep), panel_members=np.sort(probed).astype(np.int32))
    return world, history, volume


def two_lists(
    seed: int, latent: float = 0.0, n: int = 3000, missed: float = 0.05, placed: bool = True
) -> tuple[Any, Lists, int]:
    """Outlets on a list made by reps, who go where the large are, and on a register; and how many there truly are.

    ``latent`` is the standard deviation of what makes an outlet easy to find for both and is in no column; ``missed``
    the part of the pairs that the comparison of names does not find, so that they stand here twice. ``placed`` outlets
    have pins, with the errors that disguised lists have.
    """
    rng = np.random.default_rng(seed)
    size, distance, hidden = rng.normal(size=n), rng.gamma(2.0, 0.5, n) - 1.0, latent * rng.normal(size=n)
    ours = rng.random(n) < 1 / (1 + np.exp(-(-0.2 + 0.8 * size - 0.4 * distance + hidden)))
    theirs = rng.random(n) < 1 / (1 + np.exp(-(0.4 + 0.6 * size + 0.3 * distance + hidden)))
    listed = ours | theirs
    on = np.stack([ours, theirs]).astype(float)[:, listed]
    covariates = np.stack([size, distance], axis=1)[listed]
    pairs = np.flatnonzero((on == 1).all(axis=0))
    lost = pairs[rng.random(len(pairs)) < missed]
    again = on[:, lost].copy()
    on[1, lost], again[0] = 0.0, 0.0
    on, covariates = np.concatenate([on, again], axis=1), np.concatenate([covariates, covariates[lost]])
    rows = np.arange(on.shape[1])
    people = SimpleNamespace(territory=rows % 3, entity=identity(rows.astype(str), "customer"))
    world = SimpleNamespace(population=people, territories=np.array(["T1", "T2", "T3"]))
    place = _pins(seed, n, listed, lost) if placed else None
    return world, Lists(on, np.zeros(len(rows), dtype=bool), covariates, place), n


def _pins(seed: int, n: int, listed: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Longitude and latitude of the rows: towns and errors of ``tests/disguised_lists.py``, from dice of their own."""
    dice = np.random.default_rng([seed, 2])
    towns = np.column_stack([dice.uniform(27, 43, 60), dice.uniform(36.5, 41.2, 60)])
    size = dice.pareto(1.1, 60) + 0.2
    town = dice.choice(60, n, p=size / size.sum())
    true = (towns[town] + dice.normal(0, 0.02, (n, 2)) * (1 + size[town][:, None] ** 0.3))[listed]
    far = dice.choice([15, 120, 450, 3000], len(lost), p=[0.35, 0.4, 0.18, 0.07])[:, None]
    again = true[lost] + dice.normal(size=(len(lost), 2)) * far * METRE
    again[dice.random(len(lost)) < 0.06] = np.nan
    return np.concatenate([true, again]).T
