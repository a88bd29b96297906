"""Outlets that no list holds are counted, and nothing is claimed where lists exclude one another."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from twin.draws import identity
from twin.potential.count import Lists, count_outlets

N = 2000


def lists(seed=1, on_both=None, latent=0.0):
    """Two lists that size drives, and the number of outlets that there are."""
    rng = np.random.default_rng(seed)
    size, hidden = rng.normal(size=N), latent * rng.normal(size=N)
    ours = rng.random(N) < 1 / (1 + np.exp(-(0.8 * size + hidden)))
    theirs = rng.random(N) < 1 / (1 + np.exp(-(0.3 + 0.6 * size + hidden)))
    if on_both is not None:
        theirs &= ~ours | (rng.random(N) < on_both)
    listed = ours | theirs
    n = int(listed.sum())
    people = SimpleNamespace(territory=np.arange(n) % 2, entity=identity(np.arange(n).astype(str), "customer"))
    world = SimpleNamespace(population=people, territories=np.array(["T1", "T2"]))
    return world, Lists(np.stack([ours, theirs])[:, listed].astype(float), np.zeros(n, bool), size[listed, None])


def test_the_number_is_found_where_lists_depend_through_what_is_recorded():
    # one market's error has an sd of 3 %, the mean of eight one of 1 %; pairs that may have been missed take 4 % off
    found, plain = [], []
    for seed in range(8):
        world, two = lists(seed)
        count = count_outlets(two, world, 20, 3)
        assert count.unlisted.identified and count.lower_bound
        found.append((count.listed.sum() + count.unlisted.draws.mean()) / N - 1.0)
        plain.append(count.chapman / N - 1.0)
    assert abs(np.mean(found)) < 0.08
    assert np.mean(plain) < np.mean(found) - 0.02


def test_hidden_dependence_hides_outlets_and_the_figure_says_that_it_is_a_lower_bound():
    world, two = lists(latent=1.0)
    count = count_outlets(two, world, 20, 3)
    assert count.listed.sum() + count.unlisted.draws.mean() < N
    assert count.lower_bound and "lower bound" in count.reason


def test_a_register_made_without_our_customers_says_nothing():
    world, two = lists(on_both=0.06)
    count = count_outlets(two, world, 20, 3)
    assert not count.unlisted.identified
    assert "leave our own customers out" in count.reason


def test_without_a_register_the_number_is_a_prior():
    world, _ = lists()
    count = count_outlets(None, world, 20, 3)
    assert not count.unlisted.identified and count.unlisted.prior
    assert (count.unlisted.draws >= 0).all()


def test_territories_add_up_and_draws_repeat():
    world, two = lists()
    one, again = (count_outlets(two, world, 10, 3) for _ in range(2))
    assert np.allclose(one.by_territory.sum(axis=1), one.unlisted.draws)
    assert np.array_equal(one.by_territory, again.by_territory)
