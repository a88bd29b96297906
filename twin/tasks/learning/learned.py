"""Learned: curves and reasons that are worked out from a calibration when somebody looks, without changing it."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.calibration.calibration import Calibration
from twin.calibration.visits.curve import mean_rate, rate_curve
from twin.errors import WorkspaceError
from twin.market.world import World
from twin.potential import explain
from twin.tasks.learning.examined import reach_in
from twin.tasks.privacy import handed_out
from twin.tasks.shelf import load_twin
from twin.weeks import mondays
from twin.workspace import codec
from twin.workspace.catalogue import FILE_NAME, Version
from twin.workspace.exports import write_table
from twin.workspace.store import Workspace

_POINTS = 41
_YEAR_WEEKS = 52
_BEYOND = 1.5
_FEW_A_MONTH = 4.0


@dataclass(frozen=True)
class Reasons:
    """Whatever is needed to say why a customer's potential is what it is.

    Parameters
    ----------
    world : World
    row_of : dict of str to int
        Row of each customer.
    explainer : twin.potential.explain.Explainer, optional
    """

    world: World
    row_of: dict[str, int]
    explainer: explain.Explainer | None


def response_curves(workspace: Path, calibration: str) -> pd.DataFrame:
    """What an even rate of contacts does to own sales, channel by channel.

    Returns
    -------
    DataFrame
        ``channel``, ``rate`` (contacts a month), ``mean``, ``p05``, ``p95`` (own sales against those of a
        customer with the mean stock of goodwill, in percent: for visits at this rate instead, for others on top of it),
        ``seen`` (most that history has seen of a customer, for visits; ``nan`` for other channels),
        ``now`` (visits a month that hold the mean stock; 0 for other channels), ``identified``.
    """
    store = Workspace.open(workspace, create=False)
    version = store.version(calibration)
    learned = codec.decode(store.blob(version, "calibration"))
    if not isinstance(learned, Calibration):
        raise WorkspaceError(f"{calibration}: expected a calibration, found something else. Run `twin calibrate`.")
    response, reach = learned.visit_response, reach_in(store, version)
    seen = max(reach.visits_a_month.values(), default=float("nan")) if reach is not None else float("nan")
    top = _BEYOND * seen if math.isfinite(seen) and seen > 0 else _FEW_A_MONTH
    rates = np.linspace(0.0, top, _POINTS)
    frames = [_curve("visit", rates, rate_curve(response, rates), (seen, mean_rate(response)), response.identified)]
    for effect in response.channel_effects:
        name = effect.name.removeprefix("effect_")
        found = rate_curve(response, rates, effect.draws, response.mean_stock)
        frames.append(_curve(name, rates, found, (float("nan"), 0.0), effect.identified and response.identified))
    return pd.concat(frames, ignore_index=True)


def season_index(workspace: Path, calibration: str) -> pd.DataFrame:
    """The natural season of the year from the origin on, with nobody's campaign in it; feasts stand where they fall.

    Returns
    -------
    DataFrame
        ``day`` (Mondays), ``index`` (1 = an average week), ``low``, ``high`` (90 % band); empty without a season.
    """
    store = Workspace.open(workspace, create=False)
    learned = codec.decode(store.blob(store.version(calibration), "calibration"))
    assert isinstance(learned, Calibration)
    season = learned.season
    if not season.harmonics and not season.feasts:
        return pd.DataFrame(columns=["day", "index", "low", "high"])
    weeks = np.arange(learned.origin, learned.origin + _YEAR_WEEKS, dtype=np.int32)
    index = np.exp(season.log_index_draws(weeks))
    low, high = np.percentile(index, [5, 95], axis=0)
    return pd.DataFrame({"day": mondays(weeks), "index": index.mean(axis=0), "low": low, "high": high})


def reasons(workspace: Path, calibration: str) -> Reasons:
    """Teach what explains the potential of a calibration; takes a second or so for each 10,000 customers."""
    store = Workspace.open(workspace, create=False)
    twin = load_twin(store, store.version(calibration))
    ids = twin.world.population.ids
    explainer = explain.teach_explainer(twin.world, twin.calibration.potential)
    return Reasons(twin.world, {str(id): row for row, id in enumerate(ids)}, explainer)


def customers(workspace: Path, calibration: str) -> pd.DataFrame:
    """The table ``potential`` with names, and ``headroom``: units a week that we could sell beyond what we do.

    Names are those of the lists; somebody without one has none.
    """
    store = Workspace.open(workspace, create=False)
    version = store.version(calibration)
    rows, dataset = store.table(version, "potential"), store.version(version.parents[0])
    rows["headroom"] = (rows["own_potential_mean"] - rows["own_mean"]).clip(lower=0.0)
    names = [_names(store, dataset, *pair) for pair in (("customers", "customer_id"), ("prospects", "prospect_id"))]
    both = pd.concat(names)
    rows["name"] = rows["customer_id"].map(both[~both.index.duplicated()])
    return rows


def _names(store: Workspace, dataset: Version, table: str, key: str) -> pd.Series:
    """Name of each id of a list; empty where the list is not there or names nobody."""
    part = f"table_{table}"
    if not store.has(dataset, part):
        return pd.Series(dtype=object)
    listed = store.table(dataset, part)
    return listed.set_index(key)["name"].astype(object) if "name" in listed else pd.Series(dtype=object)


def csv_of(rows: pd.DataFrame, locale: str = "") -> bytes:
    """Rows as a CSV file that spreadsheets open as they should; see :func:`twin.workspace.exports.write_table`."""
    with tempfile.TemporaryDirectory() as folder:
        return write_table(rows, Path(folder) / "rows.csv", locale=locale).read_bytes()


def customer_file(
    workspace: Path, version: str, rows: pd.DataFrame, name: str, locale: str = "", who: str = ""
) -> bytes:
    """Rows that may name customers as a CSV file, and the record that they went out: ``privacy.handed_out``.

    Parameters
    ----------
    workspace : Path
    version : str
        Where the rows come from; empty for what was only checked. A folder without a workspace keeps no record.
    rows : DataFrame
    name : str
        Of the file.
    locale : str
    who : str
        Whoever is signed in.
    """
    if (Path(workspace) / FILE_NAME).is_file():
        store = Workspace.open(workspace, create=False)
        handed_out.log(store, Path(name).stem, version, rows.columns, len(rows), name, who=who)
    return csv_of(rows, locale)


def why_potential(found: Reasons, customer: str) -> dict[str, Any]:
    """Why a customer's potential is what it is.

    Returns
    -------
    dict
        ``fidelity`` (part of the differences between customers that the explanation catches), ``typical`` (units a
        week), ``reasons``: rows of ``column``, ``value`` (as in the data; empty where a column is a measure of place),
        ``factor`` (on the volume), largest first, ``@rest`` last. Empty where nothing explains.
    """
    row = found.row_of.get(customer)
    if row is None or found.explainer is None:
        return {"fidelity": None, "typical": None, "reasons": []}
    parts = explain.contributions(found.explainer, row)
    (_, typical), *rest = parts
    rows = [
        {"column": name, "value": _value(found, name, row), "factor": float(np.exp(amount))} for name, amount in rest
    ]
    return {"fidelity": found.explainer.fidelity, "typical": float(np.exp(typical)), "reasons": rows}


def _value(found: Reasons, name: str, row: int) -> Any:
    """A customer's value of a column: text, number, or nothing where none is given."""
    people, world = found.world.population, found.world
    if name == explain.KNOWN:
        return bool(people.known[row])
    if name == "@territory":
        return str(world.territories[people.territory[row]])
    if name.startswith("@") or name not in people.attributes:
        return ""
    value = people.attributes[name][row]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else ""
    return "" if value is None else str(value)


def _curve(
    channel: str, rates: np.ndarray, draws: np.ndarray, marks: tuple[float, float], identified: bool
) -> pd.DataFrame:
    percent = 100.0 * (draws - 1.0)
    low, high = np.percentile(percent, [5, 95], axis=0)
    return pd.DataFrame(
        {"channel": channel, "rate": rates, "mean": percent.mean(axis=0), "p05": low, "p95": high, "seen": marks[0],
         "now": marks[1], "identified": bool(identified)}
    )  # fmt: skip
