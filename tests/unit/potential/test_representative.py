"""Whether a panel was drawn at random is seen from what anybody can see of its members."""

import numpy as np

from twin.potential.representative import tilt_of


def test_a_random_panel_raises_no_alarm_more_often_than_one_in_twenty():
    rng, false = np.random.default_rng(1), 0
    for _ in range(400):
        false += tilt_of(rng.normal(size=300), rng.random(300) < 0.2, 0.5).biased
    # 400 trials at 5 %: more than 36 in 2 of 1,000 runs of honest code
    assert false <= 36


def test_a_panel_of_the_large_hides_as_much_as_it_shows_at_most():
    rng = np.random.default_rng(2)
    size = rng.normal(size=2000)
    tilt = tilt_of(size, rng.random(2000) < 0.1 * np.exp(0.8 * size), 0.5)
    assert tilt.biased and tilt.seen > 0
    assert np.isclose(tilt.hidden, 0.5 * tilt.seen)


def test_a_handful_of_members_says_nothing():
    assert not tilt_of(np.arange(100.0), np.arange(100) > 95, 0.5).biased
