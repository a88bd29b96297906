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
    return world, Lists(
        np.stack([ours, theirs])[:, listed].astype(float), np.zeros(n, bool), size[listed, None], _apart(rng, n)
    )


def test_the_number_is_found_where_lists_depend_through_what_is_recorded():
    # one market's error has an sd of 3 %, the mean of eight one of 1 %
    found, plain = [], []
    for seed in range(8):
        world, two = lists(seed)
        count = count_outlets(two, world, 20, 3)
        assert count.unlisted.identified and count.lower_bound
        found.append(count.outlets.mean() / N - 1.0)
        plain.append(count.chapman / N - 1.0)
    assert abs(np.mean(found)) < 0.05
    assert np.mean(plain) < np.mean(found) - 0.02


def test_hidden_dependence_hides_outlets_and_the_figure_says_that_it_is_a_lower_bound():
    world, two = lists(latent=1.0)
    count = count_outlets(two, world, 20, 3)
    assert count.outlets.mean() < N
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


def test_a_list_that_stops_where_outlets_are_small_is_followed():
    # the mean error of six markets has an sd of 1 %; a straight line alone errs by 4 % here
    errors = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        size = rng.normal(size=N)
        ours = rng.random(N) < 1 / (1 + np.exp(-(0.6 * size)))
        theirs = rng.random(N) < np.where(size > -0.5, 0.7, 0.2)
        listed = ours | theirs
        n = int(listed.sum())
        people = SimpleNamespace(territory=np.arange(n) % 2, entity=identity(np.arange(n).astype(str), "customer"))
        world = SimpleNamespace(population=people, territories=np.array(["T1", "T2"]))
        on = np.stack([ours, theirs])[:, listed].astype(float)
        two = Lists(on, np.zeros(n, bool), size[listed, None], _apart(rng, n))
        errors.append(count_outlets(two, world, 20, seed).outlets.mean() / N - 1.0)
    assert abs(np.mean(errors)) < 0.04


def test_outlets_that_stand_twice_are_counted_once():
    # a tenth of the pairs is missed; both names stand at one door. One market's count of them has an sd of 12 %
    rng = np.random.default_rng(5)
    _, two = lists()
    on, place = two.on.copy(), _apart(rng, two.on.shape[1])
    pairs = np.flatnonzero((on == 1).all(axis=0))
    lost = pairs[rng.random(len(pairs)) < 0.1]
    again = np.stack([np.zeros(len(lost)), np.ones(len(lost))])
    on[1, lost] = 0.0
    near = lost[rng.random(len(lost)) < 0.4]
    pins = _apart(rng, len(lost))
    pins[:, np.isin(lost, near)] = place[:, near] + 1e-4
    rows = np.arange(on.shape[1] + len(lost))
    people = SimpleNamespace(territory=rows % 2, entity=identity(rows.astype(str), "customer"))
    wider = SimpleNamespace(population=people, territories=np.array(["T1", "T2"]))
    doubled = Lists(
        np.concatenate([on, again], axis=1), np.zeros(len(rows), bool),
        np.concatenate([two.covariates, two.covariates[lost]]), np.concatenate([place, pins], axis=1),
    )  # fmt: skip
    count = count_outlets(doubled, wider, 100, 3)
    assert np.quantile(count.doubles, 0.05) <= len(lost) <= np.quantile(count.doubles, 0.95)
    assert abs(count.outlets.mean() / N - 1.0) < 0.1
    assert "who stands near whom" in count.reason


def _apart(rng, n):
    """Pins of n outlets spread over a hundred kilometres: degrees."""
    return np.stack([rng.uniform(30, 31, n), rng.uniform(39, 40, n)])
