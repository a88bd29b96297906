"""What is public says what it is, and the documents name only commands that exist."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest
from sources import ROOT, Module, documents, modules, none

PROJECT = modules("twin", "dashboard")
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def undocumented(module: Module) -> Iterator[str]:
    """Public functions, classes and their methods that lack a docstring."""
    classes = [node for node in module.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    for owner in [module.tree, *classes]:
        for node in owner.body:
            public = isinstance(node, DEFINITIONS) and not node.name.startswith("_")
            # a setter or an overload repeats what the first definition says
            if public and not ast.get_docstring(node) and not re.search("setter|overload", _marks(node)):
                yield f"{module.place}:{node.lineno} {node.name}"


def _marks(node: ast.AST) -> str:
    return " ".join(ast.unparse(mark) for mark in node.decorator_list)


def code_in(text: str) -> Iterator[str]:
    """Lines of fenced blocks, and code inside sentences."""
    fenced = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    for block in fenced.findall(text):
        yield from block.splitlines()[1:-1]
    yield from re.findall(r"`([^`\n]+)`", fenced.sub("", text))


def said(pattern: str) -> list[tuple[str, str]]:
    """First group of a pattern wherever a document's code matches it, with the document's name."""
    return sorted(
        {
            (document.relative_to(ROOT).as_posix(), match.group(1))
            for document in documents()
            for line in code_in(document.read_text(encoding="utf-8"))
            if (match := re.match(pattern, line.strip()))
        }
    )


def test_every_module_begins_with_a_docstring():
    none(m.place for m in PROJECT if not ast.get_docstring(m.tree) or m.tree.body[0].lineno != 1)


def test_every_public_function_class_and_method_has_a_docstring():
    none(line for module in PROJECT for line in undocumented(module))


def test_a_missing_docstring_is_seen():
    planted = Module(
        "x",
        ROOT / "x.py",
        '"""X."""\ndef f(): ...\nclass C:\n    """C."""\n    def g(self): ...\n    def _h(self): ...',
    )
    assert [line.split()[-1] for line in undocumented(planted)] == ["f", "g"]


def test_the_documents_name_only_commands_that_exist(capsys):
    cli = pytest.importorskip("twin.cli")
    unknown = []
    for document, verb in said(r"(?:\$ )?(?:\.venv/bin/)?twin ([a-z][a-z-]*)\b"):
        with pytest.raises(SystemExit) as end:
            cli.main([verb, "--help"])
        capsys.readouterr()
        if end.value.code not in (0, None):
            unknown.append(f"{document}: twin {verb}")
    none(unknown)


def test_the_documents_name_only_targets_that_make_knows():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test", "check", "bench", "validate", "clean"} <= targets
    assert [
        f"{document}: make {target}" for document, target in said(r"(?:\$ )?make ([a-z]+)\b") if target not in targets
    ] == []


def test_every_package_on_disk_is_listed_for_installation():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(module.name for module in PROJECT if module.is_package)
