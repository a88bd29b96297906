"""The scenarios that are shipped: they parse, suit the demo market and are documented."""

import datetime as dt
from pathlib import Path

import pytest

from twin.scenario.check import check_against
from twin.scenario.facts import MarketFacts
from twin.scenario.files import load, loads, to_toml
from twin.scenario.reference import renewed

FOLDER = Path(__file__).parents[3] / "scenarios"
FILES = sorted(FOLDER.glob("*.toml"))
DEMO = MarketFacts(
    origin=dt.date(2026, 1, 5),
    territories=tuple(f"T{k}" for k in range(1, 9)),
    own_brands=("Ours",),
    rival_brands=("Rival A", "Rival B", "Rival C"),
    channels=("visit", "phone", "sms", "email", "ivr", "whatsapp", "web"),
    attributes={
        "outlet_type": "category",
        "size_class": "number",
        "digital_affinity": "number",
        "footfall": "number",
        "chain": "flag",
        "known": "flag",
    },
    reps_by_territory={f"T{k}": 2 for k in range(1, 9)},
)


def test_at_least_ten_are_shipped():
    assert len(FILES) >= 10
    assert len({load(file).name for file in FILES}) == len(FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_scenario_suits_the_demo_market(file):
    scenario = load(file)
    assert scenario.note
    findings = check_against(scenario, DEMO, file.name)
    assert findings == ((), ())
    assert loads(to_toml(scenario)) == scenario


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_the_status_quo_changes_nothing(file):
    assert load(file).changes_nothing == (file.stem == "status_quo")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_scenario_stands_in_the_readme(file):
    assert f"`{file.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_documented_keys_are_those_of_the_parser():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert text == renewed(text), "scenarios/README.md is behind twin/scenario/keys.py: write renewed(text) over it"


def test_the_example_of_the_readme_is_a_scenario():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    example = text.split("```toml")[1].split("```")[0]
    assert loads(example).targeting == load(FOLDER / "light_the_dark_side.toml").targeting
