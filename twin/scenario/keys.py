"""Keys: every key of a scenario file, once; the parser, the writer and the documentation all read this table.

Knows no file and no market.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.scenario import scenario as nouns
from twin.scenario.kinds import Choice, Day, Factors, Kind, Named, Number, Switch, Text, Where
from twin.scenario.tables import Key, Rows, Table

WEEKS = Number(1, 520, whole=True)
FACTOR = Number(0, 100)
SHARE = Number(0, 1)
STRENGTH = Number(-5, 5)

_RANK = Named(allowed=nouns.RANKS, otherwise="a number or flag column of customers")
_AT_HISTORY = "as the reps do today"

_CHANGE = Table(
    nouns.RepChange,
    (
        Key("territory", Text(), "Territory that gains or loses reps."),
        Key("reps", Number(-1000, 1000, whole=True), "Reps who join; negative: who leave."),
        Key("from", Day(), "First day of the change.", field="start", absent="the first week"),
    ),
)
_FREQUENCY = Table(
    nouns.Frequency,
    (
        Key(
            "where", Where(), "Customers meant; a customer follows the first rule that holds.", absent="every customer"
        ),
        Key(
            "visits_per_month",
            Number(0, 31),
            "Visits wished, as far as capacity goes; one a week at most. Nobody whom `drop_small` drops.",
        ),
    ),
)
_STEP = Table(
    nouns.Step,
    (
        Key("channel", Text(), "Channel of the contact."),
        Key("after_days", Number(0, 365, whole=True), "Days to wait after the step before."),
        Key("when", Choice(nouns.OUTCOMES), "What must have come of the step before.", absent="always"),
        Key("times", Number(1, 52, whole=True), "How often the contact is made."),
    ),
)
_JOURNEY = Table(
    nouns.Journey,
    (
        Key("name", Text(), "A label."),
        Key(
            "where",
            Where(),
            "Customers meant; a customer follows the first journey that holds.",
            absent="every customer",
        ),
        Key("steps", Rows(_STEP, limit=20, at_least=1), "The chain of contacts."),
    ),
)
_PROMOTION = Table(
    nouns.Promotion,
    (
        Key("brand", Text(), "A brand of ours."),
        Key("from", Day(), "First day; the promotion counts from the Monday of that week.", field="start"),
        Key("weeks", WEEKS, "How long."),
        Key("strength", STRENGTH, "1 = as strong as our average past promotion; overlapping ones add up."),
    ),
)
_CAMPAIGN = Table(
    nouns.CompetitorCampaign,
    (
        Key("brand", Text(), "A rival's brand."),
        Key("from", Day(), "First day; the campaign counts from the Monday of that week.", field="start"),
        Key("weeks", WEEKS, "How long."),
        Key(
            "strength",
            STRENGTH,
            "1 = as strong as that rival's average learned campaign; it comes on top of the learned ones.",
        ),
    ),
)
_SHOCK = Table(
    nouns.Shock,
    (
        Key("from", Day(), "First day; the shock counts from the Monday of that week.", field="start"),
        Key("weeks", WEEKS, "How long."),
        Key("demand_factor", FACTOR, "Multiplies category demand meanwhile; overlapping shocks multiply."),
        Key(
            "channel_factor",
            Factors(FACTOR),
            "Multiplies contacts a week of a channel meanwhile.",
            absent="channels as they are",
        ),
    ),
)

GRAMMAR = Table(
    nouns.Scenario,
    (
        Key("name", Text(), "The scenario's label; `baseline` is reserved."),
        Key("note", Text(limit=4000, prose=True), "What it is about, in plain words."),
        Key(
            "horizon",
            Table(
                None,
                (Key("weeks", WEEKS, "How far to look ahead.", field="horizon_weeks", absent="as it is asked for"),),
            ),
            "How far.",
        ),
        Key(
            "goal",
            Table(
                nouns.Goal,
                (
                    Key("maximise", Choice(nouns.GOALS), "What the optimiser is after."),
                    Key("own_share", SHARE, "A target to be measured against.", absent="no target"),
                ),
            ),
            "The growth strategy, in figures.",
        ),
        Key(
            "field_force",
            Table(
                nouns.FieldForce,
                (
                    Key("capacity_factor", FACTOR, "Multiplies every rep's contacts a week."),
                    Key(
                        "alignment",
                        Named(
                            limit=1000, allowed=nouns.ALIGNMENTS, otherwise="a CSV file, looked for beside the scenario"
                        ),
                        "Which territory serves whom; the file has `customer_id` or `brick_id`, and `territory_id`.",
                    ),
                    Key("change", Rows(_CHANGE), "Reps who join or leave.", field="changes"),
                ),
            ),
            "How many reps, how busy, and where.",
        ),
        Key(
            "targeting",
            Table(
                nouns.Targeting,
                (
                    Key(
                        "unknown_share",
                        SHARE,
                        "Part of face-to-face capacity spent on customers who do not buy from us yet; visits that a "
                        "frequency or a journey promises come first.",
                        absent=_AT_HISTORY,
                    ),
                    Key("unknown_rank", _RANK, "Which of the unknown customers come first."),
                    Key("known_rank", _RANK, "Which of the known customers come first."),
                    Key(
                        "drop_small",
                        SHARE,
                        "This part of known customers, smallest recent own sales first, gets no visit.",
                    ),
                    Key("frequency", Rows(_FREQUENCY), "Wished visits to some customers."),
                ),
            ),
            "Whom the reps visit.",
        ),
        Key(
            "channels",
            Table(
                nouns.ChannelPolicy,
                (
                    Key(
                        "mode",
                        Choice(nouns.MODES),
                        "One memory of the customer, or silos that do not see one another.",
                        absent="as integrated as today",
                    ),
                    Key(
                        "factor",
                        Factors(FACTOR),
                        "Multiplies contacts a week of a channel.",
                        absent="channels as they are",
                    ),
                ),
            ),
            "How much of each channel, and whether they share one memory.",
        ),
        Key(
            "journey",
            Rows(_JOURNEY),
            "Chains of contacts, each step waiting for what came of the last.",
            field="journeys",
        ),
        Key("promotion", Rows(_PROMOTION), "Our promotions.", field="promotions"),
        Key("competitor_campaign", Rows(_CAMPAIGN), "Rivals' moves.", field="competitor_campaigns"),
        Key(
            "competitors",
            Table(
                nouns.CompetitorPolicy,
                (
                    Key(
                        "learned_campaigns",
                        Switch(),
                        "false: rivals make none of the moves expected of them; campaigns named here remain.",
                    ),
                    Key(
                        "reaction",
                        Choice(nouns.REACTIONS),
                        "How rivals answer; `retaliate` and `accommodate` answer our gains only.",
                    ),
                ),
            ),
            "How rivals behave.",
        ),
        Key(
            "market",
            Table(
                nouns.MarketEvents,
                (
                    Key("demand_factor", FACTOR, "Multiplies category demand over the whole horizon."),
                    Key(
                        "shock",
                        Rows(_SHOCK),
                        "Spells in which demand or channels are not what they were.",
                        field="shocks",
                    ),
                ),
            ),
            "What happens to the whole market.",
        ),
    ),
)
"""The whole grammar."""


def tables(table: Table = GRAMMAR, path: str = "") -> Iterator[tuple[str, Table]]:
    """Every table of the grammar with its key path (``targeting.frequency``), the whole file first."""
    yield path, table
    for key in table.keys:
        inner: Kind = key.kind.table if isinstance(key.kind, Rows) else key.kind
        if isinstance(inner, Table):
            yield from tables(inner, f"{path}.{key.name}".lstrip("."))


PATHS = tuple(f"{path}.{key.name}".lstrip(".") for path, table in tables() for key in table.keys)
"""Every key path of the grammar."""
