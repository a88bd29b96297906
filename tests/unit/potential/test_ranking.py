"""Folds and out-of-fold scores."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from twin.draws import identity
from twin.potential.features import Features
from twin.potential.ranking import N_FOLDS, rank_customers, spatial_folds


@dataclass(frozen=True)
class People:
    entity: np.ndarray
    brick: np.ndarray

    def __len__(self):
        return len(self.entity)


def world(n, bricks):
    rng = np.random.default_rng(1)
    ids = np.array([f"C{i}" for i in range(n)])
    people = People(identity(ids, "customer"), rng.integers(0, bricks, n).astype(np.int32))
    return SimpleNamespace(population=people, bricks=SimpleNamespace(ids=np.array([f"B{b}" for b in range(bricks)])))


@pytest.fixture
def described():
    here = world(400, 30)
    x = np.random.default_rng(2).normal(size=(400, 3))
    return here, Features(("a", "b", "c"), x, np.zeros(3, dtype=bool)), x


def test_a_brick_lies_in_one_fold_and_all_folds_are_used():
    here = world(600, 40)
    fold = spatial_folds(here, np.arange(600))
    for b in range(40):
        assert len(set(fold[here.population.brick == b])) <= 1
    assert np.bincount(fold, minlength=N_FOLDS).min() > 80


def test_few_bricks_are_split_up():
    assert np.bincount(spatial_folds(world(50, 2), np.arange(50))).tolist() == [10] * 5


@pytest.mark.parametrize("n", [20, 50, 400])
def test_size_that_follows_attributes_is_found(described, n):
    here, features, x = described
    ranking = rank_customers(here, features, np.arange(n), 2 * x[:n, 0] + 5, 1)
    assert ranking.r2 > 0.8
    assert ranking.spearman > 0.9


def test_pure_noise_earns_no_credit(described):
    here, features, _ = described
    noise = np.random.default_rng(9).normal(size=400)
    # an honest rank correlation of 400 pairs exceeds 0.2 by luck less than once in 10,000
    assert abs(rank_customers(here, features, np.arange(400), noise, 1).spearman) < 0.2


@pytest.mark.parametrize("n", [0, 1, 5])
def test_too_few_customers_give_the_mean(described, n):
    here, features, _ = described
    score = rank_customers(here, features, np.arange(n), np.full(n, 3.0), 1).score
    assert np.allclose(score, 3.0 if n else 0.0)
