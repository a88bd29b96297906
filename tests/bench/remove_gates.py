"""Gates taken out one after the other: for each a test must fail, else nobody would notice that it is missing.

``python tests/bench/remove_gates.py`` copies the tree, takes one gate of consent, of erasure or of shared tables out of
the copy, runs the tests that should notice, and prints one line for each: found or NOT FOUND. Status 1 when one goes
unnoticed, or when the tests fail with every gate in its place.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONSENT, PRIVACY = "tests/flow/test_consent_gates.py", "tests/flow/test_privacy.py"
INTAKE = ("tests/unit/intake/test_linkage.py", "tests/unit/intake/test_assemble.py", PRIVACY)
PLANS = ("tests/unit/planning/test_plan_checker.py", "tests/unit/planning/test_visit_plan.py")
LOADED = "shelf.load_twin(workspace)"


@dataclass(frozen=True)
class Gate:
    """One gate: a piece of a file, and what stands there without it.

    Parameters
    ----------
    about : str
    file : str
        Below the root.
    old, new : str
    tests : tuple of str
        Files or names of tests that should notice.
    """

    about: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _held(part: str) -> Gate:
    """A part of a dataset that an erasure would pass over."""
    old = "for version in every for name, part in version.parts.items()}"
    new = f"for version in every for name, part in version.parts.items() if name not in {tuple(part.split())!r}}}"
    return Gate(f"erase: {part}", "twin/tasks/privacy/erase.py", old, new, (ERASED,))


ERASED = f"{PRIVACY}::test_an_erased_person_is_nowhere_in_the_workspace_and_every_sum_stands"
WITHDRAWN = (CONSENT, f"{PRIVACY}::test_nobody_who_was_erased_is_planned_or_handed_out")
SMALL = f"{PRIVACY}::test_no_shared_table_gives_a_small_cell_away"

GATES = (
    Gate("consent: plan", "twin/tasks/plans/plan.py", f"agreed_now(workspace, {LOADED})", LOADED, (CONSENT,)),
    Gate("consent: replan", "twin/tasks/plans/replan.py", f"agreed_now(workspace, {LOADED})", LOADED, (CONSENT,)),
    Gate("consent: optimize", "twin/tasks/field_force/optimize.py", f"agreed_now(workspace, {LOADED})", LOADED,
         (CONSENT,)),
    Gate("consent: the planner's desk", "twin/tasks/plans/plan_desk.py", "agreed_now(store, ",
         "(lambda _, it: it)(store, ", (CONSENT,)),
    Gate("consent: rows on the planner's desk", "twin/tasks/plans/plan_desk.py",
         'rows, withdrawn = still_agreed(store, store.table(version, "plan"))',
         'rows, withdrawn = store.table(version, "plan"), None', (CONSENT,)),
    Gate("consent: files of a plan", "twin/tasks/plans/plan.py", "still_agreed(workspace, rows.table)",
         "(rows.table, rows.table.iloc[:0])",
         (CONSENT,)),
    Gate("consent: twin export plan", "twin/tasks/export.py", "still_agreed(workspace, frame) if table == PLAN else ",
         "", (CONSENT,)),
    Gate("consent: files for the screen", "twin/tasks/results.py", "still_agreed(store, rows)",
         "(rows, rows.iloc[:0])",
         (CONSENT,)),
    Gate("consent: erased people, chosen", "twin/tasks/privacy/consent.py", "people.consent & ~_erased(people.ids)",
         "people.consent.copy()", (CONSENT, f"{PRIVACY}::test_nobody_who_was_erased_is_planned_or_handed_out")),
    Gate("consent: erased people, handed out", "twin/tasks/privacy/consent.py", "may = ~_erased(ids)",
         "may = np.ones(len(ids), dtype=bool)", WITHDRAWN),
    Gate("consent: a later day", "twin/tasks/privacy/consent.py",
         "may &= ~_too_early(workspace, rows, ids, channel)", "pass",
         (f"{PRIVACY}::test_a_consent_that_begins_after_the_contact_does_not_allow_it",)),
    Gate("consent: flags at intake", "twin/intake/consents.py",
         "allowed[h] = ~refused & (~blank | (h == VISIT) | (said[h] == YES))", "pass", INTAKE),
    Gate("consent: dated words at intake", "twin/intake/consents.py", "allowed[h] &= said[h] != NO", "pass", INTAKE),
    Gate("consent: those of whom nothing is said", "twin/intake/consents.py", "allowed[h] = said[h] == YES", "pass",
         INTAKE),
    Gate("consent: erased people at intake", "twin/intake/consents.py",
         "return allowed & ~np.char.startswith(np.asarray(ids, dtype=str), ERASED)", "return allowed", INTAKE),
    Gate("consent: strictest of merged rows", "twin/intake/linkage_merge.py", "sort=False).min()\n        best[one]",
         "sort=False).max()\n        best[one]", INTAKE),
    Gate("consent: a register gives none", "twin/intake/linkage_merge.py",
         'one.startswith(CONSENT) or one == "status"', 'one == "status"', INTAKE),
    Gate("consent: the plan's checker", "twin/planning/checker.py",
         '"consent": not population.consent[self.world.channels.index(row.channel), c],', "", PLANS),
    *(_held(part) for part in (
        "table_customers", "table_prospects source_prospects source_customers", "table_sales source_sales",
        "table_visits source_visits", "table_market_sales source_market_sales", "market", "links", "pairs", "aliases",
        "quality_by_customer", "plan", "unserved", "potential", "calibration")),
    Gate("erase: copies beside", "twin/tasks/privacy/erase.py", "told = clear_copies(workspace, traces)",
         'told = {"rewritten": [], "removed": []}', (ERASED,)),
    Gate("erase: old files", "twin/tasks/privacy/erase.py", "workspace.garbage(older_than_seconds=0.0)", "pass",
         (ERASED,)),
    Gate("erase: names in the catalogue", "twin/tasks/privacy/erase.py", "partial(traces.taken_out), ERASURE",
         "lambda text: text, ERASURE", (f"{PRIVACY}::test_words_of_versions_do_not_name_an_erased_person",)),
    Gate("erase: those who come again", "twin/tasks/data/ingest.py", "erased_people(store), standing_words",
         "(), standing_words", (f"{PRIVACY}::test_an_erased_person_who_comes_again_stays_nameless",)),
    Gate("shared: few customers", "twin/tasks/privacy/shared_tables.py", "small = (count > 0) & (count < LEAST)",
         "small = (count > 0) & (count < 2)", (SMALL,)),
    Gate("shared: one who outweighs all", "twin/tasks/privacy/shared_tables.py",
         "small |= (count >= LEAST) & (first > 0) & (total - first - second < PRECISION * first)", "pass",
         (f"{PRIVACY}::test_a_customer_who_outweighs_all_others_is_hidden",)),
    Gate("shared: a second cell of a line", "twin/tasks/privacy/shared_tables.py",
         "lines[line, others[np.argmin(sizes[line, others])]] = True", "pass",
         (SMALL, f"{PRIVACY}::test_hiding_one_cell_hides_another_in_its_row_and_column")),
    Gate("shared: totals of small lines", "twin/tasks/privacy/shared_tables.py",
         "return bool(count.sum() < LEAST or (filled & out).sum() == 1)", "return False", (SMALL,)),
    Gate("shared: a second total", "twin/tasks/privacy/shared_tables.py",
         "few[others[np.argmin(size[others])]] = True", "pass", (SMALL,)),
    Gate("shared: the total of all", "twin/tasks/privacy/shared_tables.py",
         "alone = few_places.sum() == 1 or few_kinds.sum() == 1 or count.sum() < LEAST", "alone = False",
         (f"{PRIVACY}::test_the_total_of_very_few_customers_is_hidden",)),
)  # fmt: skip


def copied(folder: Path) -> Path:
    """A tree of its own, whose tests import what stands in it."""
    for name in ("twin", "tests", "data", "scenarios", "dashboard"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def fails(tree: Path, tests: Sequence[str]) -> tuple[bool, str]:
    """Whether the tests fail in a tree, and the first that does."""
    alone = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    ran = subprocess.run(command, cwd=tree, env=alone, capture_output=True, text=True, check=False)
    first = next((line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
    if ran.returncode not in (0, 1):
        raise SystemExit(f"the tests could not be run: {ran.stdout[-2000:]}{ran.stderr[-500:]}")
    return ran.returncode == 1, first.partition(" - ")[0]


def without(tree: Path, gate: Gate) -> tuple[bool, str]:
    """Whether the tests notice that a gate is gone."""
    file = tree / gate.file
    text = file.read_text(encoding="utf-8")
    if gate.old not in text:
        raise SystemExit(f"{gate.file}: {gate.old!r} is not there; name the gate as it stands now")
    file.write_text(text.replace(gate.old, gate.new), encoding="utf-8")
    try:
        return fails(tree, gate.tests)
    finally:
        file.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the gates out and tell."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--only", default="", help="gates whose name has this in it")
    ask.add_argument("--unproven", action="store_true", help="pass over the run with all gates in place")
    options = ask.parse_args(arguments)
    gates = [gate for gate in GATES if options.only in gate.about]
    lost = 0
    with tempfile.TemporaryDirectory(prefix="twin-gates-") as folder:
        tree = copied(Path(folder))
        if not options.unproven:
            failed, first = fails(tree, sorted({test for gate in gates for test in gate.tests}))
            if failed:
                print(f"with every gate in its place: {first}", flush=True)
                return 1
        for gate in gates:
            noticed, first = without(tree, gate)
            lost += not noticed
            print(f"{'found' if noticed else 'NOT FOUND':<10} {gate.about:<50} {first}", flush=True)
    print(f"{len(gates) - lost} of {len(gates)} gates are missed when they are gone")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
