"""Explain: why a customer's potential is what it is, as factors on the volume of a typical customer.

Trees are taught the published volumes from what is known of customers, and Shapley contributions of the trees (Lundberg
and others 2020) say what each column adds. What the trees cannot tell is said too: own purchases, a panel and brick
totals moved the figure there. The trees explain the published figure; they did not make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.potential.features import Features, build_features
from twin.potential.openmp import ensure_openmp
from twin.potential.potential import Potential

_MOST_ROWS = 20_000
_FEWEST = 40
_HELD_OUT = 5
KNOWN = "@known"
REST = "@rest"
TYPICAL = "@typical"


@dataclass(frozen=True)
class Explainer:
    """Trees that stand for a potential.

    Parameters
    ----------
    model : lightgbm.Booster
    features : Features
        Of every customer, ``@known`` included.
    log_mean : (c,) float, log units per week
        What is to be explained.
    fidelity : float
        Part of the variance among customers that the trees had not seen which they explain.
    """

    model: Any
    features: Features
    log_mean: NDArray[np.float64]
    fidelity: float


def teach_explainer(world: World, potential: Potential, seed: int = 0) -> Explainer | None:
    """Teach trees the published volumes; ``None`` where there are too few customers or columns to tell anything.

    Parameters
    ----------
    world : World
    potential : Potential
    seed : int
        Of the trees.
    """
    told = build_features(world)
    known = world.population.known.astype(np.float64)
    names, values, categorical = told.names, told.values, told.categorical
    if np.ptp(known) > 0:
        names, values = (*names, KNOWN), np.column_stack([values, known])
        categorical = np.append(categorical, False)
    features = Features(names, values, categorical)
    target = np.log(np.maximum(potential.mean, 1e-12))
    if len(target) < _FEWEST or not names:
        return None
    # in the order of ids, so that the order of rows changes nothing
    order = np.argsort(world.population.entity, kind="stable")
    held = order[::_HELD_OUT]
    learn = np.setdiff1d(order, held, assume_unique=True)
    learn = learn[np.argsort(world.population.entity[learn], kind="stable")][:_MOST_ROWS]
    model = _trees(features, target, learn, seed)
    missed = target[held] - model.predict(values[held], num_threads=1)
    spread = float(np.var(target[held]))
    fidelity = 1.0 - float(np.mean(missed**2)) / spread if spread > 0 else float("nan")
    return Explainer(model, features, target, fidelity)


def contributions(explainer: Explainer, customer: int) -> tuple[tuple[str, float], ...]:
    """Why one customer's volume is what it is.

    Parameters
    ----------
    explainer : Explainer
    customer : int
        Row of the customer.

    Returns
    -------
    tuple of (str, float)
        ``@typical``: log volume of a typical customer. Then each column by size: what it adds to the log. Last
        ``@rest``: what the trees do not tell. They add up to the log of the published volume.
    """
    row = explainer.features.values[customer : customer + 1]
    found = np.asarray(explainer.model.predict(row, pred_contrib=True, num_threads=1))[0]
    parts, typical = found[:-1], float(found[-1])
    order = np.argsort(-np.abs(parts), kind="stable")
    rest = float(explainer.log_mean[customer] - found.sum())
    named = [(explainer.features.names[place], float(parts[place])) for place in order.tolist() if parts[place] != 0.0]
    return ((TYPICAL, typical), *named, (REST, rest))


def _trees(features: Features, target: NDArray, learn: NDArray, seed: int) -> Any:
    ensure_openmp()
    import lightgbm

    parameters = {
        "objective": "regression", "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
        "seed": seed % 2**31, "learning_rate": 0.1, "num_leaves": 31, "lambda_l2": 1.0, "min_data_per_group": 10,
        "min_data_in_leaf": int(np.clip(len(learn) // 40, 5, 40)),
    }  # fmt: skip
    categorical = np.flatnonzero(features.categorical).tolist()
    data = lightgbm.Dataset(features.values[learn], target[learn], categorical_feature=categorical)
    return lightgbm.train(parameters, data, num_boost_round=120)
