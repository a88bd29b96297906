"""Identity: one outlet is one customer, whatever lists and ids it stands under.

Rows of our own list and of the market's register, audited outlets among them, are compared with one another; what is
as good as certain is one, what may be is shown to a person, whose word stands over everything but two tax numbers.
Knows no sales; putting the rows together is :mod:`twin.intake.linkage_merge`'s matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.intake.codes import codes_of
from twin.intake.linkage import Pairs, find_pairs
from twin.intake.linkage_groups import best_first, clashing, groups_of
from twin.intake.linkage_records import KEYS, Records, records_of

LINK = 0.80
"""Probability from which a row of the register is taken for our customer; one to one, best first."""
REPEATED = 0.95
"""Probability from which two rows of one list are taken for one, and only with an identifying number as proof."""
_LINKED = 0.90
MERGED, REVIEW, SAME_ID, APART, UNDECIDED = "linked", "review", "same id", "apart", "undecided"
LINK_COLUMNS = (
    "prospect_id", "customer_id", "score", "name_prospect", "name_customer", "distance_m", "decision", "probability",
)  # fmt: skip
PAIR_COLUMNS = (
    "id", "list_a", "id_a", "name_a", "list_b", "id_b", "name_b", "probability", "distance_m", "reasons", "decision",
    "by",
)  # fmt: skip
DECISION_COLUMNS = ("list_a", "id_a", "list_b", "id_b", "decision", "keep")


@dataclass(frozen=True)
class Identities:
    """Who is who on the lists.

    Parameters
    ----------
    pairs : DataFrame
        :data:`PAIR_COLUMNS`, surest first: every pair that is one, may be one, or of which a person has spoken.
    groups : DataFrame
        ``list``, ``id``, ``group``, ``keep`` (a person wants this id to stand): rows that are not alone.
    refused : tuple of str
        Merges that a person asked for and that cannot be, in words.
    learned : bool
        Whether probabilities come from a fitted model, see :mod:`twin.intake.linkage`.
    """

    pairs: pd.DataFrame
    groups: pd.DataFrame
    refused: tuple[str, ...] = ()
    learned: bool = False


def identify(tables: Mapping[str, pd.DataFrame], said: pd.DataFrame | None = None) -> Identities:
    """Find out who is who.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Canonical tables; ``customers`` and ``prospects`` are compared.
    said : DataFrame, optional
        :data:`DECISION_COLUMNS`: a person's standing words; ``decision`` is ``merge``, ``keep-apart`` or ``undecided``.
    """
    # in the order of their ids: whichever way the files are sorted, the answer is the same
    tables = {name: tables[name].sort_values(key, kind="stable", ignore_index=True)
              for name, key in KEYS.items() if name in tables}  # fmt: skip
    records = records_of(tables)
    found = find_pairs(records, tables)
    i, j, words, keep = _spoken(records, said)
    same_i, same_j = _same_ids(records)
    base = _base(records, found, (i, j), (same_i, same_j))
    spoken = codes_of_pairs(base, i, j)
    by_person = np.full(len(base), "", dtype=object)
    by_person[spoken] = words
    decision, refused = _decide(records, base, by_person)
    shown = _shown(records, base, decision, by_person)
    base, decision, by_person = base[shown].reset_index(drop=True), decision[shown], by_person[shown]
    pairs = _table(records, base, decision, by_person)
    merged = base[np.isin(decision, (MERGED, SAME_ID))]
    group = groups_of(len(records), merged["i"].to_numpy(), merged["j"].to_numpy())
    size = np.bincount(group, minlength=len(records))[group]
    wanted = np.zeros(len(records), dtype=bool)
    wanted[keep] = True
    rows = np.flatnonzero(size > 1)
    lists = np.array(records.names_of_lists, dtype=object)[records.lists]
    groups = pd.DataFrame({"list": lists[rows], "id": records.ids[rows], "group": group[rows], "keep": wanted[rows]})
    return Identities(pairs, groups, refused, found.learned)


def links_of(identities: Identities) -> pd.DataFrame:
    """The register against our own list alone, in the columns :data:`LINK_COLUMNS`."""
    rows = identities.pairs[(identities.pairs["list_a"] == "customers") & (identities.pairs["list_b"] == "prospects")]
    rows = rows[rows["decision"].isin([MERGED, SAME_ID, REVIEW])]
    names = {"id_b": "prospect_id", "id_a": "customer_id", "name_b": "name_prospect", "name_a": "name_customer"}
    links = rows.rename(columns=names).assign(score=(100.0 * rows["probability"]).round(2))
    links.loc[rows["by"] == "person", "score"] = 100.0
    links = links[list(LINK_COLUMNS)]
    return links.sort_values(["score", "prospect_id"], ascending=[False, True], ignore_index=True)


def link(customers: pd.DataFrame, prospects: pd.DataFrame, verdicts: pd.DataFrame | None = None) -> pd.DataFrame:
    """The register against our own list, see :func:`links_of`; ``verdicts`` is the bundle's table ``links``."""
    said = None if verdicts is None else spoken_in(verdicts)
    return links_of(identify({"customers": customers, "prospects": prospects}, said))


def spoken_in(verdicts: pd.DataFrame) -> pd.DataFrame:
    """A bundle's table ``links`` as decisions."""
    words = np.where(verdicts["decision"] == "linked", "merge", "keep-apart")
    return pd.DataFrame({"list_a": "customers", "id_a": verdicts["customer_id"], "list_b": "prospects",
                         "id_b": verdicts["prospect_id"], "decision": words, "keep": ""})  # fmt: skip


def certainty(links: pd.DataFrame) -> NDArray[np.float64]:
    """Probability that the two sides of each link are one outlet: (n,) float; 1 for what a person or the id says."""
    said = (links["decision"] == SAME_ID) | ((links["decision"] == MERGED) & (links["score"] >= 100.0))
    p = links["probability"].to_numpy(dtype=float) if "probability" in links else np.full(len(links), np.nan)
    review = np.minimum(np.where(np.isnan(p), 0.75, p), _LINKED - 0.01)
    linked = np.maximum(np.where(np.isnan(p), 0.98, p), _LINKED)
    return np.where(said, 1.0, np.where(links["decision"] == REVIEW, review, linked))


def pair_id(list_a: str, id_a: str, list_b: str, id_b: str) -> str:
    """Name of a pair, the same in every season: from the two ids alone."""
    text = "\x1f".join(sorted([f"{list_a}\x1e{id_a}", f"{list_b}\x1e{id_b}"]))
    return "pair-" + hashlib.sha256(text.encode()).hexdigest()[:10]


def codes_of_pairs(base: pd.DataFrame, i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row of ``base`` of each pair that is in it: (p,) int."""
    index = pd.MultiIndex.from_arrays([base["i"], base["j"]])
    return index.get_indexer(pd.MultiIndex.from_arrays([i, j]))


# --- steps -------------------------------------------------------------------------------------------------------


def _spoken(
    records: Records, said: pd.DataFrame | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_], NDArray[np.int64]]:
    """Rows and words of a person's decisions on outlets that are on the lists; and whom the person wants to stand."""
    none = np.empty(0, dtype=np.int64)
    if said is None or not len(said):
        return none, none, np.empty(0, dtype=object), none
    lists = np.array(records.names_of_lists, dtype=object)[records.lists]
    everybody = pd.Index(pd.Series(lists, dtype=object) + "\x1e" + pd.Series(records.ids, dtype=object).astype(str))
    a, b = (codes_of(said[f"list_{side}"].astype("str") + "\x1e" + said[f"id_{side}"].astype("str"), everybody)
            for side in "ab")  # fmt: skip
    there = (a >= 0) & (b >= 0) & (a != b)
    low, high = np.minimum(a, b)[there].astype(np.int64), np.maximum(a, b)[there].astype(np.int64)
    words = said["decision"].to_numpy(dtype=object)[there]
    # the last word counts
    last = ~pd.DataFrame({"i": low, "j": high}).duplicated(keep="last").to_numpy()
    keep = said["keep"].fillna("").astype(str).to_numpy() if "keep" in said else np.full(len(said), "")
    stands = np.where(keep == said["id_a"].astype(str), a, np.where(keep == said["id_b"].astype(str), b, -1))
    stands = stands[there][last & (words == "merge")]
    return low[last], high[last], words[last], stands[stands >= 0].astype(np.int64)


def _same_ids(records: Records) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of two lists with the same id."""
    ids = pd.Series(records.ids, dtype=object).astype(str)
    first = ids.duplicated(keep="first").to_numpy()
    rows = np.flatnonzero(first)
    original = pd.Index(ids[~first])
    at = np.flatnonzero(~first)[original.get_indexer(ids[rows])] if len(rows) else rows
    across = records.lists[at] != records.lists[rows]
    return at[across], rows[across]


def _base(records: Records, found: Pairs, spoken: tuple, same: tuple) -> pd.DataFrame:
    """Every pair that matters, once: probability, reasons, and where it is from."""
    parts = [
        pd.DataFrame({"i": found.i, "j": found.j, "p": found.probability, "metres": found.metres,
                      "proof": found.proof, "reasons": found.reasons, "same": False}),
        *(
            pd.DataFrame({"i": i, "j": j, "p": p, "metres": records.metres(i, j), "proof": False, "reasons": "[]",
                          "same": p == 1.0})
            for (i, j), p in ((same, 1.0), (spoken, np.nan))
        ),
    ]  # fmt: skip
    base = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    base["same"] = base.groupby(["i", "j"])["same"].transform("max")
    base = base.drop_duplicates(["i", "j"], ignore_index=True)
    base["p"] = np.where(base["same"], 1.0, base["p"])
    return base.sort_values(["p", "i", "j"], ascending=[False, True, True], ignore_index=True)


def _decide(
    records: Records, base: pd.DataFrame, word: NDArray[np.object_]
) -> tuple[NDArray[np.object_], tuple[str, ...]]:
    """Decision on every pair."""
    i, j = base["i"].to_numpy(dtype=np.int64), base["j"].to_numpy(dtype=np.int64)
    n, p = len(records), base["p"].fillna(0.0).to_numpy(dtype=float)
    across = records.lists[i] != records.lists[j]
    tax = pd.factorize(records.table["tax"])[0]
    apart = word == "keep-apart"
    wish = word == "merge"
    same = base["same"].to_numpy(dtype=bool) & ~apart
    # what a person says is done together; a group that would hold two tax numbers, or two who are kept apart, is not
    sure = wish | same
    bad = clashing(n, i, j, sure, tax, (i[apart], j[apart]))
    refused = tuple(
        f"{records.ids[a]} and {records.ids[b]}: two tax numbers, or outlets that are kept apart, would become one"
        for a, b in zip(i[bad & wish], j[bad & wish])
    )
    sure &= ~bad
    open_ = (word == "") & ~sure
    twice = open_ & ~across & base["proof"].to_numpy(dtype=bool) & (p >= REPEATED)
    twice &= ~clashing(n, i, j, sure | twice, tax, (i[apart], j[apart]))
    taken = sure | twice
    decision = np.full(len(base), REVIEW, dtype=object)
    linked = open_ & across & (p >= LINK)
    # one to one among what is one already
    group = groups_of(n, i[taken], j[taken])
    rows = np.flatnonzero(linked)
    rows = rows[~_seated(group, records.lists, i[rows], j[rows])]
    more = np.zeros(len(base), dtype=bool)
    more[rows[best_first(group[i[rows]], group[j[rows]], p[rows])]] = True
    taken |= more & ~clashing(n, i, j, taken | more, tax, (i[apart], j[apart]))
    decision[taken] = MERGED
    decision[same & taken] = SAME_ID
    decision[apart] = APART
    decision[word == "undecided"] = UNDECIDED
    return decision, refused


def _shown(records: Records, base: pd.DataFrame, decision: NDArray, word: NDArray) -> NDArray[np.bool_]:
    """Pairs worth a person's look: not those of an outlet that has found its like, unless nearly as good."""
    i, j = base["i"].to_numpy(dtype=np.int64), base["j"].to_numpy(dtype=np.int64)
    across = records.lists[i] != records.lists[j]
    linked = np.isin(decision, (MERGED, SAME_ID)) & across
    found = np.zeros(len(records), dtype=bool)
    found[i[linked]] = found[j[linked]] = True
    weak = base["p"].fillna(0.0).to_numpy() < LINK
    passed = (decision == REVIEW) & across & ((found[i] | found[j]) & weak | found[i] & found[j])
    return ~passed | (word != "")


def _seated(group: NDArray, lists: NDArray, i: NDArray, j: NDArray) -> NDArray[np.bool_]:
    """Pairs whose groups hold an outlet of the other's list already: (p,) bool."""
    holds = np.zeros((len(group), int(lists.max(initial=0)) + 1), dtype=bool)
    holds[group, lists] = True
    return (holds[group[i]] & holds[group[j]]).any(axis=1)


def _table(records: Records, base: pd.DataFrame, decision: NDArray, word: NDArray) -> pd.DataFrame:
    lists = np.array(records.names_of_lists, dtype=object)[records.lists]
    i, j = base["i"].to_numpy(dtype=np.int64), base["j"].to_numpy(dtype=np.int64)
    table = pd.DataFrame({
        "list_a": lists[i], "id_a": records.ids[i], "name_a": records.names[i],
        "list_b": lists[j], "id_b": records.ids[j], "name_b": records.names[j],
        "probability": base["p"].to_numpy(dtype=float), "distance_m": base["metres"].to_numpy(dtype=float).round(1),
        "reasons": base["reasons"].to_numpy(dtype=object), "decision": decision,
        "by": np.where(word != "", "person", "twin"),
    })  # fmt: skip
    names = [pair_id(*row) for row in zip(table["list_a"], table["id_a"], table["list_b"], table["id_b"])]
    table.insert(0, "id", np.array(names, dtype=object))
    texts = ("id", "list_a", "id_a", "name_a", "list_b", "id_b", "name_b", "reasons", "decision", "by")
    return table[list(PAIR_COLUMNS)].astype(dict.fromkeys(texts, "str"))
