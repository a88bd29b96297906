"""The written words stay true: generated blocks are current, and what the documents name is there.

Run this file to write the generated blocks anew.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

import pytest
from sources import ROOT, documents, modules, none
from test_layers import RANK

from twin import cli
from twin.response.parameters import PRIORS

README = ROOT / "README.md"
PARAMETERS = ROOT / "docs" / "parameters.md"
PROJECT = modules("twin", "dashboard")
WIDTH = 80


def verbs() -> dict[str, argparse.ArgumentParser]:
    """Parser of every verb, by name."""
    actions = cli.parser()._actions
    return dict(next(action for action in actions if isinstance(action, argparse._SubParsersAction)).choices)


def help_of(*words: str) -> str:
    """What the command line prints for --help on a terminal of 80 columns."""
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ.update(COLUMNS=str(WIDTH), NO_COLOR="1")
    said = io.StringIO()
    try:
        with redirect_stdout(said), pytest.raises(SystemExit):
            cli.main([*words, "--help"])
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    return said.getvalue().rstrip()


def help_block() -> str:
    """Help of every verb, as the README has it."""
    parts = [f"```text\n$ twin {verb} --help\n{help_of(verb)}\n```" for verb in verbs()]
    return "\n\n".join([f"```text\n$ twin --help\n{help_of()}\n```", *parts])


def priors_block() -> str:
    """Every prior as a row of a table."""
    rows = ["| parameter | unit | mean | sd | bounds | source |", "|---|---|---|---|---|---|"]
    for name, prior in PRIORS.items():
        bounds = f"{prior.low:g} to {prior.high:g}"
        rows.append(f"| `{name}` | {prior.unit} | {prior.mean:g} | {prior.sd:g} | {bounds} | {prior.source} |")
    return "\n".join(rows)


def block(text: str, name: str) -> str:
    """What stands between the markers of a generated block."""
    found = re.search(rf"<!-- {name}: begin .*?-->\n(.*?)<!-- {name}: end -->", text, re.DOTALL)
    assert found, f"expected the markers of the block {name!r}"
    return found.group(1).strip("\n")


def renewed(text: str, name: str, content: str) -> str:
    """The same document with a block written anew."""
    pattern = rf"(<!-- {name}: begin .*?-->\n).*?(<!-- {name}: end -->)"
    return re.sub(pattern, lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text, count=1, flags=re.DOTALL)


def plain(text: str) -> str:
    """Without the differences between versions of argparse: line breaks, and a metavar said once or twice."""
    return re.sub(r"(-\w) [A-Z_]+, (--)", r"\1, \2", " ".join(text.split()))


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def coded(text: str) -> Iterator[str]:
    """Pieces in code type inside sentences and tables."""
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


@cache
def defined(module: str) -> dict[str, ast.AST]:
    """Names that a module defines at its top level."""
    names: dict[str, ast.AST] = {}
    for node in next(m for m in PROJECT if m.name == module).tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name):
                        names[name.id] = node
    return names


def is_there(dotted: str) -> bool:
    """Whether a dotted name is a module of ours, or a name defined in one."""
    known = {module.name for module in PROJECT}
    module, _, name = dotted.rpartition(".")
    return dotted in known or (module in known and name in defined(module))


def dotted_names() -> list[tuple[Path, str]]:
    """Dotted names of ours wherever a document has them in code type."""
    pattern = re.compile(r"(?:twin|dashboard)(?:\.\w+)+")
    return [(path, code) for path in documents() for code in coded(read(path)) if pattern.fullmatch(code)]


def heading(text: str, title: str) -> str:
    """A section of a document, from its heading to the next of the same rank."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"expected the heading {title!r}"
    return found.group(1)


# --- README ------------------------------------------------------------------------------------------------------


def test_the_readme_has_the_help_that_the_command_line_prints():
    written, said = block(read(README), "help"), help_block()
    if sys.version_info >= (3, 13):  # argparse words and breaks its lines in another way from there on
        written, said = plain(written), plain(said)
    assert written == said, "README.md is behind twin/cli.py: run python tests/house/test_words.py"


def test_a_changed_help_is_seen():
    assert plain("-w WORKSPACE, --workspace WORKSPACE\n   folder") == plain("-w, --workspace WORKSPACE folder")
    assert plain("--seed SEED  root") != plain("--seed SEED  leaf")
    assert renewed("<!-- x: begin (why) -->\nold\n<!-- x: end -->", "x", "new").split("\n")[2] == "new"


@pytest.mark.parametrize("verb", sorted(verbs()))
def test_the_readme_uses_every_verb_outside_of_its_help(verb):
    text = renewed(read(README), "help", "")
    assert f"twin {verb}" in text or f"make {verb}" in text


def test_the_limits_name_only_verbs_that_are_not_there():
    missing = re.findall(r"no verb `(\w+)`", heading(read(README), "Limits of this version"))
    assert not set(missing) & set(verbs()), "a verb has come: take it out of the limits"


def test_the_readme_names_every_table_that_can_be_exported():
    tables = ast.literal_eval(
        re.sub(r"\((\w+), ", r'("\1", ', ast.unparse(defined("twin.tasks.export")["TABLES"].value))
    )
    none(f"README.md: `{name}`" for name in tables if f"`{name}`" not in read(README))


def test_the_map_of_the_readme_has_every_package():
    table = heading(read(README), "Map of the house")
    packages = [module.name.replace(".", "/") for module in PROJECT if module.is_package and module.name != "twin"]
    none(f"README.md: `{package}/`" for package in packages if f"`{package}/`" not in table)


def test_the_layers_of_the_readme_are_those_that_are_enforced():
    rows = re.search(r"^```text\n(.*?)^```", heading(read(README), "Map of the house"), re.MULTILINE | re.DOTALL)[1]
    said = [{room.strip() for room in row.split(",")} for row in rows.splitlines()]
    there = {".".join(module.name.split(".")[:2]) if module.name[0] == "t" else "dashboard" for module in PROJECT}
    ranks = {room: RANK.get(room, max(RANK.values())) for room in there - {"twin", "twin.__main__"}}
    assert said == [{room for room in ranks if ranks[room] == rank} for rank in sorted(set(ranks.values()))]


def test_the_test_command_of_the_readme_is_what_a_build_server_runs():
    commands = heading(read(README), "Two commands")
    assert re.search(r"^make test\b", commands, re.MULTILINE) and re.search(r"^make demo\b", commands, re.MULTILINE)
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_commands_of_contributing_are_targets_of_make():
    said = {code.split()[1] for code in coded(read(ROOT / "CONTRIBUTING.md")) if code.startswith("make ")}
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), re.MULTILINE))
    assert said and said <= targets


# --- docs --------------------------------------------------------------------------------------------------------


def test_the_table_of_parameters_is_current():
    assert block(read(PARAMETERS), "priors") == priors_block(), "run python tests/house/test_words.py"


def test_every_parameter_is_told_of_in_the_model_or_in_the_calibration():
    # those that stand for a family are told of on the page itself
    pages = "".join(read(ROOT / "docs" / name) for name in ("odd.md", "calibration.md"))
    pages += read(PARAMETERS).split("<!--")[0]
    names = [name for name in PRIORS if not name.startswith("effect_") or name == "effect_other"]
    none(name for name in names if not re.search(rf"\b{name}\b", pages))


def test_the_week_of_the_model_is_told_as_it_is_lived():
    tree = next(module for module in PROJECT if module.name == "twin.agents.model").tree
    step = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "step")
    lived = re.findall(r"^\d+\. .*$", ast.get_docstring(step) or "", re.MULTILINE)
    assert len(lived) >= 5
    assert re.findall(r"^\d+\. .*$", read(ROOT / "docs" / "odd.md"), re.MULTILINE) == lived


def test_names_of_code_in_the_documents_exist():
    none(f"{path.relative_to(ROOT)}: {name}" for path, name in dotted_names() if not is_there(name))


def test_a_name_that_does_not_exist_is_seen():
    assert is_there("twin.market.world.World") and is_there("twin.market.world")
    assert not is_there("twin.market.world.Globe") and not is_there("twin.markets")


def test_every_term_of_the_glossary_has_its_place_in_the_code():
    rows = [row.strip("|").split("|") for row in read(ROOT / "docs" / "glossary.md").splitlines() if row[:2] == "| "]
    terms = [row for row in rows if row[0].strip() != "say"]
    assert len(terms) > 20 and all(len(row) == 4 for row in terms)
    none(row[0] for row in terms if not any(is_there(code) for code in coded(row[3])))


def test_figures_quoted_from_the_code_are_those_of_the_code():
    rows = re.findall(r"^\| `([\w.]+)` \| (\S+) \|$", read(ROOT / "docs" / "calibration.md"), re.MULTILINE)
    assert len(rows) > 10
    for dotted, value in rows:
        module, _, name = dotted.rpartition(".")
        assert float(value) == ast.literal_eval(defined(module)[name].value), dotted


def test_paths_and_links_in_the_documents_lead_somewhere():
    lost = []
    for path in documents():
        targets = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", read(path)) if "://" not in link]
        lost += [f"{path.relative_to(ROOT)}: {link}" for link in targets if link and not (path.parent / link).exists()]
        ours = re.compile(r"(?:twin|dashboard|tests|docs|scenarios|data)/[\w./-]*")
        places = [code for code in coded(read(path)) if ours.fullmatch(code)]
        lost += [f"{path.relative_to(ROOT)}: {place}" for place in places if not (ROOT / place).exists()]
    none(lost)


def test_decisions_are_numbered_and_have_one_form():
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        parts = re.findall(r"^(?:# (\d+)\. .+|## (.+)|(Status): .+)$", read(file), re.MULTILINE)
        assert [a or b or c for a, b, c in parts] == [
            str(int(file.name[:4])), "Status", "Context", "Decision", "Consequences",
        ], file.name  # fmt: skip


def test_the_changelog_knows_the_present_version():
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", read(ROOT / "CHANGELOG.md"), re.MULTILINE)


def renew() -> None:
    """Write every generated block anew."""
    for path, name, content in ((README, "help", help_block()), (PARAMETERS, "priors", priors_block())):
        path.write_text(renewed(read(path), name, content), encoding="utf-8")


if __name__ == "__main__":
    renew()
