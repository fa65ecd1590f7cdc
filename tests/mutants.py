# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks the services one place at a time, and counts how many of the mutants the unit tests alone notice.

`python -m tests.mutants [--most NUMBER] [--least PERCENT] [FILE ...]` runs in a copy of the collection below `ansible_collections/csp/azure`.
Each file is tested by the unit tests of its layer, the services' use cases and the properties; the sample is the same for the same code.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UTILS = Path("plugins/module_utils")
SERVICES = ("_model", "_access", "_gdap", "_audit", "_reports")
# Data, documentation and names of types: a mutant of these shows nothing.
WITHOUT_RULES = ("built_in_roles.py", "earned_credit_roles.py", "hints.py", "types.py", "html_page.py")
SECONDS = 120


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    path: Path
    line: int
    change: str
    text: str


COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What may become of a node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        other = copy.deepcopy(node)
        other.ops[0] = COMPARISONS[type(node.ops[0])]()
        yield "comparison", other
    elif isinstance(node, ast.BoolOp):
        other = copy.deepcopy(node)
        other.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield "and/or", other
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", node.operand
    elif isinstance(node, ast.IfExp):
        yield "branches", ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "truth", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield "number", ast.Constant(node.value + 1)
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("lower", "strip", "casefold")
    ):
        yield f"without {node.func.attr}", node.func.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sorted":
        yield "unsorted", ast.Call(ast.Name("list"), node.args[:1], [])


class Replacing(ast.NodeTransformer):
    """Puts another node in the place of the one with a number."""

    def __init__(self, number: int, new: ast.AST) -> None:
        self.number, self.new, self.seen = number, new, -1

    def generic_visit(self, node: ast.AST) -> ast.AST:
        self.seen += 1
        return self.new if self.seen == self.number else super().generic_visit(node)


def mutants(path: Path) -> list[Mutant]:
    """All mutants of a file, but for those of annotations, defaults of dataclasses and docstrings."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    silent = {id(part) for node in ast.walk(tree) for part in _silent(node)}
    order: list[ast.AST] = []

    class Numbering(ast.NodeVisitor):
        def generic_visit(self, node: ast.AST) -> None:
            order.append(node)
            super().generic_visit(node)

    Numbering().visit(tree)
    result = []
    for number, node in enumerate(order):
        if id(node) in silent:
            continue
        for change, new in changes(node):
            mutated = Replacing(number, new).visit(copy.deepcopy(tree))
            text = ast.unparse(ast.fix_missing_locations(mutated))
            result.append(Mutant(path, getattr(node, "lineno", 0), change, text))
    return result


def _silent(node: ast.AST) -> Iterator[ast.AST]:
    parts: list[ast.AST | None] = []
    if isinstance(node, ast.AnnAssign):
        parts = [node.annotation, node.value]
    elif isinstance(node, ast.arg):
        parts = [node.annotation]
    elif isinstance(node, ast.FunctionDef):
        parts = [node.returns, *node.decorator_list]
    elif isinstance(node, ast.ClassDef):
        parts = [*node.decorator_list]
    elif isinstance(node, ast.keyword) and node.arg == "strict":
        parts = [node.value]
    for part in parts:
        yield from ast.walk(part) if part else ()


def tests_of(path: Path) -> list[str]:
    """The unit tests that have to notice: those of the layer, and those above it."""
    layers = SERVICES[SERVICES.index(path.relative_to(UTILS).parts[0]) :]
    folder = Path("tests/unit/plugins/module_utils")
    return [
        *(str(folder / layer) for layer in layers),
        str(folder / "test_properties.py"),
        "tests/unit/plugins/modules",
    ]


def survives(mutant: Mutant, copies: list[Path]) -> bool:
    """Whether the unit tests do not notice a mutant, tried in a copy that no other one is in."""
    where = copies.pop()
    original = (where / mutant.path).read_text(encoding="utf-8")
    try:
        (where / mutant.path).write_text(mutant.text, encoding="utf-8")
        top = str(where.parents[2])
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "--no-header",
            *tests_of(mutant.path),
        ]
        environment = {**os.environ, "PYTHONPATH": top, "ANSIBLE_COLLECTIONS_PATH": top, "PYTHONDONTWRITEBYTECODE": "1"}
        environment["HYPOTHESIS_STORAGE_DIRECTORY"] = str(where / ".hypothesis")
        run = subprocess.run(command, cwd=where, env=environment, capture_output=True, check=False, timeout=SECONDS)
        return run.returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        (where / mutant.path).write_text(original, encoding="utf-8")
        copies.append(where)


def main() -> int:
    """Show the survivors and the share that was killed; 1 if that is less than `--least`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="files of module_utils; all services without any")
    parser.add_argument("--most", type=int, default=8, help="mutants of each file; 0 for all")
    parser.add_argument("--least", type=int, default=90, help="percentage that has to be killed")
    options = parser.parse_args()
    files = options.files or [
        path.relative_to(ROOT)
        for layer in SERVICES
        for path in sorted((ROOT / UTILS / layer).glob("*.py"))
        if path.name not in WITHOUT_RULES
    ]
    chosen: list[Mutant] = []
    for path in files:
        every = mutants(path)
        random.Random(str(path)).shuffle(every)
        chosen += every[: options.most or len(every)]
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        copies = [_copy(Path(folder) / str(number)) for number in range(workers)]
        survivors = [
            mutant
            for mutant, alive in zip(chosen, pool.map(lambda item: survives(item, copies), chosen), strict=True)
            if alive
        ]
    for mutant in survivors:
        print(f"survived: {mutant.path}:{mutant.line}: {mutant.change}")
    share = 100 * (len(chosen) - len(survivors)) / max(1, len(chosen))
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants killed: {share:.0f} %")
    return int(share < options.least)


def _copy(top: Path) -> Path:
    where = top / "ansible_collections" / "csp" / "azure"
    where.mkdir(parents=True)
    for name in ("plugins", "tests/unit", "meta", "galaxy.yml"):
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", str(ROOT / name), str(where / name)], check=True)
    return where


if __name__ == "__main__":
    sys.exit(main())
