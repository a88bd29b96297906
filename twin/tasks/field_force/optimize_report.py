"""Report of ``twin optimize``: the optimiser's figures beside the twin's, and what a person should know of both."""

from __future__ import annotations

from typing import Any

from twin.forecast.ensemble import Ensemble
from twin.forecast.flags import TOO_GOOD_PCT
from twin.planning.call_gain import gain_of
from twin.planning.call_planning import Made
from twin.scenario.scenario import Scenario
from twin.tasks.field_force.optimize_settings import NO_MONEY, OptimizeSettings
from twin.tasks.shelf import Twin


def figures(
    made: Made,
    twin: Twin,
    ensemble: Ensemble,
    scenario: Scenario,
    settings: OptimizeSettings,
    forecast: dict[str, Any],
) -> dict[str, Any]:
    """What the optimiser promises, and what the twin says of it."""
    plan, field = made.plan, made.field
    lived = forecast["scenarios"][1]
    minutes = tuple(
        float((visits * field.minutes).sum() / max(visits.sum(), 1e-300)) for visits in (field.today, plan.visits)
    )
    gain = gain_of(ensemble, 1, twin.world, scenario.goal.maximise, settings.money, minutes)
    flags = list(lived["flags"])
    if gain["unit"] == "percent" and (gain["mean"] or 0.0) > TOO_GOOD_PCT and "too_good" not in flags:
        flags.append("too_good")
    return {
        "optimiser": {
            "worth_today": float(plan.worth_today.sum()),
            "worth": float(plan.worth.sum()),
            "bound": float(plan.bound.sum()),
            "gain_pct": 100.0 * plan.gain,
            "gap_pct": 100.0 * plan.gap,
            "proven": bool(plan.proven.all()),
        },
        "twin": {
            "gain": gain,
            "versus_baseline": lived["versus_baseline"],
            "flags": flags,
            "visits": lived["contacts"].get(twin.world.channels[0], 0.0),
            "visits_planned": float(plan.visits.sum()) * forecast["horizon_weeks"],
        },
        "visits": {
            "per_week_today": float(field.today.sum()),
            "per_week": float(plan.visits.sum()),
            "per_week_capacity": float(field.capacity[1].sum()),
            "minutes_per_week": float((plan.visits * field.minutes).sum()),
            "minutes_per_week_capacity": float(field.capacity[0].sum()),
            "customers": int((plan.visits > 0.0).sum()),
            "territories_changed": int(plan.changed.sum()),
            "extra_contacts": {way.channel: int((plan.way == k).sum()) for k, way in enumerate(made.ways, start=1)},
        },
    }


def notes_on(made: Made, twin: Twin, settings: OptimizeSettings, scenario: Scenario, n_draws: int) -> list[str]:
    """What a person should know before trusting the plan."""
    plan, field, notes = made.plan, made.field, []
    notes.append(f"Worth of every programme: the mean over {n_draws} of {twin.calibration.n_draws} parameter draws.")
    if not plan.changed.any():
        notes.append("No plan within the limits is worth more than today's: nothing changes.")
    priors = {estimate.name for estimate in twin.calibration.estimates() if not estimate.identified}
    others = float(plan.visits[~field.buys].sum() / max(plan.visits.sum(), 1e-300))
    resting = sorted(priors & {"winback", "discovery_visit", "trial_discount"})
    if plan.changed.any() and resting and others > 0.005:
        notes.append(
            f"{others:.0%} of the visits go to customers who do not buy from us now; what comes of them rests on "
            f"priors: {', '.join(resting)}."
        )
    used = [way.channel for k, way in enumerate(made.ways, start=1) if (plan.way == k).any()]
    unseen = [channel for channel in used if f"effect_{channel}" in priors]
    if unseen:
        notes.append(f"The worth of a contact by {', '.join(unseen)} is a prior.")
    if scenario.goal.maximise == "contribution" and settings.money == NO_MONEY:
        notes.append("Neither margin nor cost was given: contribution is own value. Give --margin and --hour-cost.")
    if any(step.channel == twin.world.channels[0] for journey in scenario.journeys for step in journey.steps):
        notes.append("Visits of the scenario's journeys come first and are not seen by the optimiser.")
    return notes
