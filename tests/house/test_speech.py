"""The project speaks of itself alone, draws by key only, and prints only where a person listens."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sources import ROOT, Module, modules, none, project_files

PROJECT = modules("twin", "dashboard")
# written in halves, so that this file does not say what it forbids
REGISTRIES = tuple(
    "".join(halves) for halves in (("py", "pi.org"), ("python", "hosted.org"), ("ana", "conda.org"), ("npm", "js.org"))
)
PRIVATE_PATHS = re.compile("(?<![\\w.~-])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "home/" + r"\w+")) + ")/")
SPEAKERS = ("twin.cli", "twin.__main__", "twin.tasks")


def test_no_file_names_a_registry_or_a_place_on_one_machine():
    found = []
    for file in project_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if any(host in line for host in REGISTRIES) or PRIVATE_PATHS.search(line):
                found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    none(found)


def faults(module: Module) -> Iterator[str]:
    """Draws without a key, words to nobody, and markup from outside."""
    # a module that is run as a script speaks, too
    speaks = module.name.startswith(SPEAKERS) or '__name__ == "__main__"' in module.text
    for node in ast.walk(module.tree):
        where = f"{module.place}:{getattr(node, 'lineno', 0)}"
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "random"
            and ast.unparse(node) in ("np.random", "numpy.random")
        ):
            yield f"{where}: np.random; every draw is keyed by twin.draws"
        if isinstance(node, ast.Import | ast.ImportFrom) and re.search(
            r"\b(numpy\.random|random)\b", ast.unparse(node)
        ):
            yield f"{where}: {ast.unparse(node)}; every draw is keyed by twin.draws"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print" and not speaks:
            yield f"{where}: print; only the command line speaks"
        if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html":
            yield f"{where}: unsafe_allow_html; names from a file could then carry a script"
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"{where}: a bare except swallows interruptions"


def test_no_draw_without_a_key_no_print_and_no_foreign_markup():
    none(line for module in PROJECT for line in faults(module))


def test_planted_faults_are_seen():
    code = (
        "import random\nfrom numpy import random\nx = np.random.normal()\nprint(x)\nst.write(x, unsafe_allow_html=True)"
    )
    assert len(list(faults(Module("twin.market.x", ROOT / "x.py", code)))) == 5
    assert len(list(faults(Module("twin.tasks.x", ROOT / "x.py", "print(1)")))) == 0
    assert PRIVATE_PATHS.search("see /" + "work/x") and not PRIVATE_PATHS.search("field/" + "work/x")
