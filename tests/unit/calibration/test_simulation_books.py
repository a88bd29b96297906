"""Books of simulated windows: the same as would be read off the history of that run, row by row, whoever runs them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.agents.conditions import lay_out
from twin.agents.crowd import Week, lay_ground
from twin.agents.model import TwinModel
from twin.agents.recorder import Diary
from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.simulation.record import Books, observed_record
from twin.calibration.simulation.reference_table import ROWS_PER_CHUNK, ReferenceTable, capacity_of
from twin.calibration.simulation.step import SimulationSettings, _Serial, lay_table, simulate_rows
from twin.calibration.simulation.summaries import summarise
from twin.draws import Key
from twin.forecast.executors import Threads
from twin.market.history import History, Sales, Touches
from twin.market.world import World
from twin.scenario.scenario import BASELINE
from twin.tasks.data.ingest import run_ingest
from twin.tasks.shelf import load_dataset
from twin.weeks import NEVER, Periods, mondays
from twin.workspace.ledger import RunLedger
from twin.workspace.store import Workspace

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, History, ReferenceTable, NDArray[np.float64]]:
    """The sample's table and the figures of its books."""
    folder = tmp_path_factory.mktemp("sample")
    run_ingest(folder, SAMPLE)
    world, history, _ = load_dataset(Workspace.open(folder))
    settings = CalibrationSettings(4, 0, "TR")
    table = lay_table(calibrate(world, history, settings), world, history, settings, SimulationSettings("quick"))
    assert not isinstance(table, str), table
    return world, history, *table


@pytest.fixture(scope="module")
def first_rows(laid: tuple[World, History, ReferenceTable, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The first two chunks."""
    return simulate_rows(laid[2], 2 * ROWS_PER_CHUNK, _Serial())


class Both:
    """Books and a diary of one run."""

    single_customers = True

    def __init__(self, books: Books) -> None:
        self.books, self.diary = books, Diary()

    def record(self, model: TwinModel, week: Week) -> None:
        """Enter the week in both."""
        self.books.record(model, week)
        self.diary.record(model, week)


def test_the_books_of_a_run_are_what_is_read_off_its_history(
    laid: tuple[World, History, ReferenceTable, NDArray[np.float64]],
) -> None:
    world, _, table, _ = laid
    frame = table.frame
    market = table.market_of(table.parameters(1)[0], 0)
    both = Both(Books(frame, market))
    conditions = lay_out(table.world, market, BASELINE, frame.n_weeks)
    model = TwinModel(table.world, market, conditions, Key(1), both, ground=lay_ground(table.world, market))
    for _ in range(frame.n_weeks):
        model.step()
    written = both.books.finished()
    then, history = _history_of(both, table, world)
    read = observed_record(frame, then, history)
    assert written.own.sum() > 0
    assert (written.known_since[~frame.known] < NEVER).any()
    for name in ("visits", "early_visits", "known_since", "left", "orders"):
        np.testing.assert_array_equal(getattr(written, name), getattr(read, name), err_msg=name)
    for name in ("own", "warmth"):
        np.testing.assert_allclose(getattr(written, name), getattr(read, name), rtol=2e-4, atol=1e-4, err_msg=name)
    mine, theirs = (
        summarise(frame, table.scale, written),
        summarise(frame, table.scale, replace(read, market=written.market)),
    )
    assert list(mine) == list(theirs) == list(table.figures)
    np.testing.assert_allclose(list(mine.values()), list(theirs.values()), rtol=1e-2, atol=1e-2)


def _history_of(both: Both, table: ReferenceTable, world: World) -> tuple[World, History]:
    """History that a company would have on file after the run."""
    frame, diary = table.frame, both.diary
    starts = mondays(np.arange(frame.first, frame.stop + 1))
    week, unit, brand, volume = (np.concatenate(x) for x in zip(*(
        (np.full(len(who), now - frame.first), who, what, much) for now, who, what, much in diary.orders
    )))  # fmt: skip
    seen = (brand < frame.n_own) & both.books.seen[unit]
    own = Sales(
        unit[seen].astype(np.int32), week[seen].astype(np.int32), brand[seen].astype(np.int16), volume[seen],
        Periods("week", starts[:-1], starts[1:]),
    )  # fmt: skip
    when, who, channel = (np.concatenate(x) for x in zip(*(
        (np.full(len(who), now), who, channel) for now, who, channel, _ in diary.contacts
    )))  # fmt: skip
    touches = Touches(
        who.astype(np.int32), channel.astype(np.int8), when.astype(np.int32), np.full(len(who), -1, np.int32)
    )
    first = np.full(len(frame.known), NEVER, dtype=np.int32)
    np.minimum.at(first, own.unit, own.period + frame.first)
    since = np.where(frame.known, frame.known_since, first)
    left = frame.left.copy()
    for now, moved, stage in diary.changes:
        left[moved] = np.where(stage == 3, now, NEVER)
    left = np.where((since < NEVER) & both.books.seen, left, NEVER).astype(np.int32)
    people = replace(table.world.population, known=since < NEVER, known_since=since.astype(np.int32), left=left)
    history = replace(table.history, origin=frame.stop, own_sales=own, touches=touches)
    return replace(world, population=people), history


def test_the_real_books_add_up_to_history(
    laid: tuple[World, History, ReferenceTable, NDArray[np.float64]],
) -> None:
    world, history, table, _ = laid
    record = observed_record(table.frame, world, history)
    own, touches = history.own_sales, history.touches
    late = own.periods.mid_week()[own.period] >= table.frame.first
    assert record.own.sum() == pytest.approx(own.volume[late].sum(), rel=1e-5)
    in_person = (touches.channel == 0) & (touches.week >= table.frame.first)
    assert record.visits.sum() == in_person.sum()
    assert table.capacity is not None and table.capacity.sum() == in_person.sum()
    came = world.population.known & (world.population.known_since >= table.frame.first)
    assert (record.early_visits.any(axis=0) <= ~table.frame.known).all()
    assert (record.known_since[came] < table.frame.stop).all()


def test_a_row_depends_on_its_number_alone(
    laid: tuple[World, History, ReferenceTable, NDArray[np.float64]], first_rows: NDArray[np.float64]
) -> None:
    table = laid[2]
    np.testing.assert_array_equal(table.run(1), first_rows[ROWS_PER_CHUNK:])
    np.testing.assert_array_equal(table.parameters(64)[:16], table.parameters(16))
    assert len(np.unique(first_rows[:, list(table.figures).index("own_known_year_0")])) == 16


def test_threads_change_no_bit(
    laid: tuple[World, History, ReferenceTable, NDArray[np.float64]], first_rows: NDArray[np.float64]
) -> None:
    np.testing.assert_array_equal(simulate_rows(laid[2], 2 * ROWS_PER_CHUNK, Threads(2)), first_rows)


class Breaks:
    """Runs one chunk, then is interrupted."""

    def run(self, task: ReferenceTable, keys: Sequence[int]) -> Generator[tuple[int, Any], None, None]:
        """The first of the keys."""
        yield keys[0], task.run(keys[0])
        raise KeyboardInterrupt


def test_what_was_interrupted_goes_on_where_it_was(
    laid: tuple[World, History, ReferenceTable, NDArray[np.float64]], first_rows: NDArray[np.float64], tmp_path: Path
) -> None:
    table, kept = laid[2], RunLedger(tmp_path, "0123456789abcdef" * 4)
    with pytest.raises(KeyboardInterrupt):
        simulate_rows(table, 2 * ROWS_PER_CHUNK, Breaks(), kept)
    kept = RunLedger(tmp_path, "0123456789abcdef" * 4)
    assert kept.finished(range(2)) == {0}
    asked: list[int] = []

    class Asked(_Serial):
        def run(self, task: ReferenceTable, keys: Sequence[int]) -> Generator[tuple[int, Any], None, None]:
            asked.extend(keys)
            yield from super().run(task, keys)

    np.testing.assert_array_equal(simulate_rows(table, 2 * ROWS_PER_CHUNK, Asked(), kept), first_rows)
    assert asked == [1]


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        ("discovery_visit", "arrivals_by_visit"),
        ("discovery_word", "arrivals_word_2"),
        ("loss", "departures_year_0"),
        ("trial_discount", "wait_gain"),
    ],
)
def test_figures_answer_to_what_they_are_there_for(
    laid: tuple[World, History, ReferenceTable, NDArray[np.float64]], name: str, figure: str
) -> None:
    # paired runs at the two ends of the prior: a mean beyond 2.5 errors comes by chance in 2 of 100 such tests at most,
    # and the runs are the same every time
    table = laid[2]
    k, m = list(table.priors).index(name), list(table.figures).index(figure)
    usual = np.array([prior.quantile(np.array([0.5]))[0] for prior in table.priors.values()])
    sides = []
    for u in (0.001, 0.999):
        theta = usual.copy()
        theta[k] = list(table.priors.values())[k].quantile(np.array([u]))[0]
        sides.append([table.figures_of(row, theta)[m] for row in range(16)])
    difference = np.array(sides[1]) - np.array(sides[0])
    assert difference.mean() > 2.5 * difference.std(ddof=1) / np.sqrt(16) > 0


def test_capacity_is_none_where_no_visit_is_on_record(
    laid: tuple[World, History, ReferenceTable, NDArray[np.float64]],
) -> None:
    world, history, table, _ = laid
    nobody = history.touches.where(np.zeros(len(history.touches), dtype=bool))
    assert capacity_of(world, nobody, table.frame.first, 4) is None
