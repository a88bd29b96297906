"""Compiled passes and their NumPy twins give the same bits, whatever the scenario, the block and the company."""

from __future__ import annotations

import numpy as np
import pytest

from twin.agents.recorder import Diary
from twin.agents.run import live, run
from twin.draws import Key
from twin.scenario.scenario import (
    BASELINE,
    ChannelPolicy,
    CompetitorCampaign,
    FieldForce,
    Frequency,
    Journey,
    MarketEvents,
    Promotion,
    RepChange,
    Scenario,
    Shock,
    Step,
    Targeting,
)
from twin.weeks import monday

KEY, WEEKS = Key(seed=11, draw=2, replicate=3), 26
FIRST = monday(2922 + 6)
DIGITAL = Journey(
    (Step("email"), Step("whatsapp", 3, "not_opened"), Step("phone", 9, "no_order", 2)), where="size > 0.5"
)
REP_FIRST = Journey(
    (Step("visit"), Step("whatsapp", 3, "no_order"), Step("visit", 14, "order"), Step("email", 4, "opened", 2))
)
SCENARIOS = [
    BASELINE,
    Scenario(name="gain", targeting=Targeting(known_rank="expected_gain", unknown_rank="potential", unknown_share=0.4)),
    Scenario(name="random", targeting=Targeting(known_rank="random", drop_small=0.2)),
    Scenario(name="promised", targeting=Targeting(frequency=(Frequency(2.0, "kind = 'market'"),))),
    Scenario(name="journeys", journeys=(DIGITAL, REP_FIRST), channels=ChannelPolicy("multichannel", {"whatsapp": 0.5})),
    Scenario(
        name="people",
        field_force=FieldForce(capacity_factor=1.7, changes=(RepChange("T1", -1, FIRST), RepChange("T2", 2, FIRST))),
    ),
    Scenario(
        name="market",
        promotions=(Promotion("Ours", FIRST, 3),),
        competitor_campaigns=(CompetitorCampaign("A", FIRST, 6, 2.0),),
        market=MarketEvents(1.2, (Shock(FIRST, 5, 0.5, {"visit": 0.2, "email": 2.0}),)),
    ),
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_compiled_and_numpy_agree_to_the_last_bit(busy, scenario):
    diaries = {}
    for engine in ("compiled", "numpy"):
        model = live(*busy, scenario, KEY, WEEKS, diary := Diary(), engine=engine)
        diaries[engine] = diary
        if engine == "compiled":
            kept = model
    for name in kept.crowd.state._fields:
        assert np.array_equal(getattr(kept.crowd.state, name), getattr(model.crowd.state, name)), name
    for page in ("orders", "contacts", "changes"):
        for mine, theirs in zip(getattr(diaries["compiled"], page), getattr(diaries["numpy"], page)):
            assert all(np.array_equal(a, b) for a, b in zip(mine, theirs)), page
    assert np.concatenate([one[1] for one in diaries["numpy"].changes]).size > 0


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_totals_agree_to_the_last_bit(busy, scenario):
    a, b = (run(*busy, scenario, KEY, WEEKS, engine=engine) for engine in ("compiled", "numpy"))
    for name in ("volume", "contacts", "buyers", "own_by_customer", "by_segment"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name
    assert a.contacts[0].sum() > 0
