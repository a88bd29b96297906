"""check --worth: what each gap in the data costs in certainty, by learning and forecasting without it and with it.

Every change is calibrated anew, without simulated histories, and the baseline is forecast; the width of its 80 %
interval is held against the width now. Changes and today's data share draws and luck. Each finished run is kept, so
that an interrupted measurement is taken up where it stood.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.simulation.relived import relive
from twin.draws import Key, Purpose, uniforms
from twin.errors import CalibrationError
from twin.forecast.ensemble import simulate
from twin.forecast.forecast import own_and_category
from twin.forecast.study import EnsembleSettings
from twin.market.history import History
from twin.market.world import World
from twin.potential.potential import intervals
from twin.progress import Progress, silent
from twin.tasks.data.worth_variants import LIVED, MIRRORED, Variant, halfwidth, variants_of
from twin.tasks.learning.country import country_of
from twin.tasks.shelf import WORTH, load_dataset
from twin.workspace.store import Workspace

MEASURES = {"own_volume": "own volume", "unknown_volume": "category volume of unknown customers"}
CUSTOMER = "customer_potential"
"""Width of a single customer's potential, the median over customers: one figure a calibration."""
_NOW, _LIVED_NOW = "now", "now, made up"
_TIMES = 400
_BAND = (5, 95)
Totals = dict[str, list[list[float]]]
"""By measure, the horizon's total of every draw and seed of luck: (d, r)."""


@dataclass(frozen=True)
class WorthSettings:
    """How closely the worth of gaps is measured.

    Parameters
    ----------
    n_draws, n_weeks, n_repeats : int
        Parameter draws, horizon, and how many times each change is calibrated with numbers of its own.
    n_replicates : int
        Seeds of luck a draw.
    n_threads : int or None
    seed : int
    country : str
        Whose feasts; found from where customers are when empty.
    """

    n_draws: int = 32
    n_weeks: int = 26
    n_repeats: int = 2
    n_replicates: int = 2
    n_threads: int | None = None
    seed: int = 0
    country: str = ""


def worth_of(
    workspace: Workspace,
    settings: WorthSettings = WorthSettings(),
    progress: Progress | None = None,
    again: bool = False,
) -> dict[str, Any]:
    """Measure, or give what was measured of the newest dataset before.

    Returns
    -------
    dict
        ``worth`` (version), ``dataset``, ``settings``, ``rows``: ``gap``, ``way`` (without, with), ``made``,
        ``measure``, ``width_now``, ``width_after``, ``ratio`` (after over now: below 1 is narrower), ``ratio_p05``,
        ``ratio_p95`` (uncertainty of the draws), ``n``, ``note``; ``taken_up``: how many runs of an earlier try
        were used.
    """
    tell = progress or silent
    world, history, dataset = load_dataset(workspace)
    label = f"{dataset.id} {_named(settings)}"
    standing = next((one for one in workspace.versions(WORTH) if one.meta.get("key") == label), None)
    if standing is not None and not again:
        return _as_result(workspace, standing.id, 0)
    found = variants_of(world, history)
    n_runs = settings.n_repeats * (1 + len(found) + any(one.made == LIVED for one in found))
    runs = _Runs(workspace, label, settings, tell, n_runs, fresh=again)
    totals = {}
    for repeat in range(settings.n_repeats):
        totals |= {(name, repeat): total for name, total in _repeat(world, history, found, repeat, runs)}
    rows = [row for one in found for row in _rows(one, totals, settings)]
    table = pd.DataFrame(rows)
    meta = {"dataset": dataset.id, "key": label, "settings": asdict(settings) | {"n_threads": None}}
    version = workspace.publish(WORTH, {"worth": table}, meta, (dataset.id,))
    return _as_result(workspace, version, runs.taken_up)


def standing_worth(workspace: Workspace) -> dict[str, Any] | None:
    """The last measurement of the newest dataset; ``None`` before one."""
    dataset = load_dataset(workspace)[2]
    for version in workspace.versions(WORTH):
        if version.meta.get("dataset") == dataset.id and workspace.has(version, "worth"):
            return _as_result(workspace, version.id, 0)
    return None


def _named(settings: WorthSettings) -> str:
    """What decides the figures of a measurement, in a word; the number of threads does not."""
    parts = (settings.n_draws, settings.n_weeks, settings.n_repeats, settings.n_replicates, settings.seed)
    return "-".join(map(str, (*parts, settings.country or "auto")))


def _as_result(workspace: Workspace, id: str, taken_up: int) -> dict[str, Any]:
    version = workspace.version(id)
    table = workspace.table(version, "worth")
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return {"worth": version.id, "dataset": version.meta["dataset"], "settings": version.meta["settings"], "rows": rows,
            "taken_up": taken_up}  # fmt: skip


class _Runs:
    """Calibrates, forecasts and keeps; what was kept is not run again."""

    def __init__(
        self, workspace: Workspace, label: str, settings: WorthSettings, tell: Progress, n_runs: int, fresh: bool
    ) -> None:  # fmt: skip
        self.workspace, self.label, self.settings, self.tell = workspace, label, settings, tell
        self.n_runs, self.fresh, self.done, self.taken_up = n_runs, fresh, 0, 0

    def kept(self, name: str, repeat: int) -> Totals | str | None:
        """Totals of an earlier try, or why it has none; ``None`` when it was not run."""
        version = None if self.fresh else self.workspace.head(f"{WORTH}_run", f"{self.label} {name} {repeat}")
        if version is None:
            return None
        self.taken_up += 1
        self._step(name)
        document = self.workspace.document(version, "totals")
        assert isinstance(document, dict)
        return document.get("failed") or document["totals"]

    def run(self, name: str, repeat: int, world: World, history: History) -> tuple[Totals | str, Calibration | None]:
        """Learn from a world and history and forecast; a calibration that cannot be is said in words."""
        settings, learned = self.settings, None
        seed = settings.seed + 7919 * repeat
        country = country_of(world, settings.country)
        try:
            self.tell(self.done, self.n_runs, f"learn: {name}")
            learned = calibrate(
                world, history, CalibrationSettings(settings.n_draws, seed, country), self._inside(name)
            )
            result: Totals | str = self._forecast(world, history, learned, seed)
        except CalibrationError as error:
            result = str(error)
        kept = {"failed": result} if isinstance(result, str) else {"totals": result}
        self.workspace.publish(f"{WORTH}_run", {"totals": kept}, {"name": name}, label=f"{self.label} {name} {repeat}")
        self._step(name)
        return result, learned

    def _forecast(self, world: World, history: History, learned: Calibration, seed: int) -> Totals:
        more = {} if self.settings.n_threads is None else {"n_threads": self.settings.n_threads}
        how = EnsembleSettings(
            self.settings.n_weeks, self.settings.n_draws, self.settings.n_replicates, seed=seed, **more
        )
        ensemble = simulate(world, history, learned, (), how)
        own, category = own_and_category(ensemble, 0, world.brands.n_own)
        shape = ensemble.volume.shape[1:3]
        low, high = intervals(learned.potential, world)
        width = (high - low) / np.maximum(learned.potential.mean, 1e-12)
        return {"own_volume": own.sum(axis=(1, 2, 3)).reshape(shape).tolist(),
                "unknown_volume": category[:, :, 1].sum(axis=(1, 2)).reshape(shape).tolist(),
                CUSTOMER: [[float(np.median(width))]]}  # fmt: skip

    def _inside(self, name: str) -> Progress:
        return lambda done, of, what: self.tell(self.done, self.n_runs, f"learn: {name}")

    def _step(self, name: str) -> None:
        self.done += 1
        self.tell(self.done, self.n_runs, name)


def _repeat(
    world: World, history: History, found: list[Variant], repeat: int, runs: _Runs
) -> Iterable[tuple[str, Totals | str]]:
    """Totals of today's data and of every change, one set of numbers behind them all."""
    learned: Calibration | None = None
    total = runs.kept(_NOW, repeat)
    if total is None:
        total, learned = runs.run(_NOW, repeat, world, history)
    yield _NOW, total
    lived = None
    names = {one.name for one in found}
    if any(one.made == LIVED for one in found):
        changes = [Variant(_LIVED_NOW, "", "", LIVED, lambda w, h: (w, h)), *found]
    else:
        changes = list(found)
    for one in changes:
        if one.made == MIRRORED and "half_history" in names:
            continue  # the same run, read the other way round
        kept = runs.kept(one.name, repeat)
        if kept is None:
            data = one.change(world, history)
            if one.made == LIVED:
                learned = learned or _learned(world, history, runs, repeat)
                lived = relive(learned, *data, draw=learned.n_draws // 2)
                data = lived.world, lived.history
            kept, _ = runs.run(one.name, repeat, *data)
        yield one.name, kept


def _learned(world: World, history: History, runs: _Runs, repeat: int) -> Calibration:
    settings = runs.settings
    seed, country = settings.seed + 7919 * repeat, country_of(world, settings.country)
    return calibrate(world, history, CalibrationSettings(settings.n_draws, seed, country), runs._inside("today's twin"))


def _rows(one: Variant, totals: dict[tuple[str, int], Totals | str], settings: WorthSettings) -> list[dict[str, Any]]:
    """Widths of one change, by measure."""
    base, name = (_LIVED_NOW if one.made == LIVED else _NOW), ("half_history" if one.made == MIRRORED else one.name)
    pairs = [(totals[base, k], totals[name, k]) for k in range(settings.n_repeats)]
    whole = [[side for side in pair if not isinstance(side, str)] for pair in pairs]
    said = {"gap": one.gap, "way": one.way, "made": one.made}
    failed = [side for pair in pairs for side in pair if isinstance(side, str)]
    if failed:
        empty = dict.fromkeys(("width_now", "width_after", "ratio", "ratio_p05", "ratio_p95"), np.nan)
        return [said | {"measure": words, **empty, "n": 0, "note": failed[0]} for words in MEASURES.values()]
    rows = []
    for measure, words in MEASURES.items():
        now, after = (np.concatenate([np.array(pair[side][measure]) for pair in whole]) for side in (0, 1))
        if now.sum() <= 0 or after.sum() <= 0:
            continue
        rows.append(said | {"measure": words, **compared(now, after, settings.seed, one.made == MIRRORED),
                            "n": int(now.size), "note": one.note})  # fmt: skip
    now, after = (np.array([pair[side][CUSTOMER][0][0] for pair in whole]) for side in (0, 1))
    ratios = now / after if one.made == MIRRORED else after / now
    ratio = float(ratios.mean())
    rows.append(said | {"measure": "a customer's potential", "width_now": float(now.mean()),
                        "width_after": float(now.mean()) * ratio, "ratio": ratio, "ratio_p05": float(ratios.min()),
                        "ratio_p95": float(ratios.max()), "n": len(ratios), "note": one.note})  # fmt: skip
    return rows


def compared(now: NDArray[np.float64], after: NDArray[np.float64], seed: int, mirrored: bool) -> dict[str, float]:
    """Widths now and after, their ratio, and how far chance in the draws moves it.

    Parameters
    ----------
    now, after : (d, r) float
        Totals; row k of both has the same numbers behind it, and rows are drawn again together (bootstrap).
    seed : int
    mirrored : bool
        The change was made the other way round: its ratio is turned over.
    """
    entity = np.arange(len(now), dtype=np.uint64)
    picks = uniforms(Key(seed), Purpose.PARAMETER, 0, entity, _TIMES)
    rows = np.minimum((picks * len(now)).astype(np.int64), len(now) - 1)
    again = [_widths(values[rows].reshape(_TIMES, -1)) for values in (now, after)]
    ratios = again[0] / again[1] if mirrored else again[1] / again[0]
    width_now, width_after = halfwidth(now.ravel()), halfwidth(after.ravel())
    ratio = width_now / width_after if mirrored else width_after / width_now
    low, high = np.nanpercentile(ratios, _BAND)
    return {"width_now": width_now, "width_after": width_now * ratio if mirrored else width_after, "ratio": ratio,
            "ratio_p05": float(low), "ratio_p95": float(high)}  # fmt: skip


def _widths(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.percentile(values, [10, 90], axis=1)
    return (high - low) / values.mean(axis=1)


def narrower(row: dict[str, Any]) -> str:
    """What a row says, in words."""
    if row["ratio"] is None:
        return f"not measured: {row['note']}"
    sure = row["ratio_p95"] < 1.0 or row["ratio_p05"] > 1.0
    change = f"{abs(1.0 - row['ratio']):.0%} {'narrower' if row['ratio'] < 1.0 else 'wider'}"
    return change if sure else f"{change}, within chance"


__all__ = ("MEASURES", "WorthSettings", "compared", "narrower", "standing_worth", "worth_of")
