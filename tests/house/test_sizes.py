"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast

from sources import modules, none

FILE_LINES = 300
FUNCTION_LINES = 60
PROJECT = modules("twin", "dashboard")


def test_no_file_is_longer_than_its_budget():
    lengths = {module.place: len(module.text.splitlines()) for module in PROJECT}
    long = [f"{place}: {lines} lines, at most {FILE_LINES}" for place, lines in lengths.items() if lines > FILE_LINES]
    none(long)


def test_no_function_is_longer_than_its_budget():
    long = []
    for module in PROJECT:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long.append(f"{module.place}:{node.lineno} {node.name}: {lines} lines, at most {FUNCTION_LINES}")
    none(long)
