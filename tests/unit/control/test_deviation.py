"""Deviations, their parts, and the alerts that they give."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from twin.control import alerts
from twin.control.alerts import ACTIONS, MEASURES, WORDS, Alert
from twin.control.deviation import causes, deviation

RUNS = np.linspace(90.0, 110.0, 101)


@pytest.mark.parametrize("category", [None, (90.0, 100.0), (130.0, 100.0)])
def test_parts_add_up_to_the_difference(category):
    lived = RUNS + 5.0
    found = causes(97.0, RUNS, lived, category)
    market = 0.0 if np.isnan(found.market) else found.market
    assert found.visits + market + found.rest == pytest.approx(97.0 - RUNS.mean())
    assert found.visits == pytest.approx(5.0) and np.isnan(found.market) == (category is None)


def test_expected_contacts_and_an_expected_market_leave_everything_to_the_rest():
    found = causes(80.0, RUNS, RUNS, (100.0, 100.0))
    assert (found.visits, found.market) == (0.0, 0.0) and found.rest == pytest.approx(-20.0)


def test_a_figure_in_the_middle_gives_no_alert_and_one_outside_does():
    middle, below, above = (deviation("T1", "own_volume", value, RUNS) for value in (100.0, 80.0, 120.0))
    assert [one.key for one in alerts.outside([middle, below, above])] == ["below_band", "above_band"]
    assert middle.inside_80 and middle.pct == pytest.approx(0.0) and below.percentile == 0.0


@pytest.mark.parametrize("n", [2, 8, 40])
def test_the_twin_is_surprised_no_oftener_than_stated_when_it_is_right(n):
    """Exact for independent territories: the chance that an 80 % band is missed so often, summed up."""
    inside, outside = deviation("T", "own_volume", 100.0, RUNS), deviation("T", "own_volume", 0.0, RUNS)
    speaks = [bool(alerts.surprised([outside] * k + [inside] * (n - k))) for k in range(n + 1)]
    false = sum(stats.binom.pmf(k, n, 0.2) for k in range(n + 1) if speaks[k])
    assert false < alerts.SURPRISE and speaks[-1] == (0.2**n < alerts.SURPRISE) and not speaks[0]


def test_few_planned_visits_are_not_judged():
    planned = alerts.FEWEST_PLANNED
    assert not alerts.missed([("R", planned - 1, 0)]) and alerts.missed([("R", planned, 0)])
    assert not alerts.missed([("R", planned, planned)])


def test_an_old_calibration_is_stale():
    assert not alerts.stale(alerts.STALE_WEEKS - 1) and alerts.stale(alerts.STALE_WEEKS)


def test_every_alert_has_words_and_an_action_in_both_languages():
    assert set(WORDS["en"]) == set(WORDS["tr"]) == set(ACTIONS["en"]) == set(ACTIONS["tr"])
    assert set(MEASURES["en"]) == set(MEASURES["tr"])
    for language in WORDS:
        for key in WORDS[language]:
            alert = Alert(key, "T1", 0.5, "own_volume")
            assert "{" not in alert.words(language) and alert.action(language)
