# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide Troubleshooting, made from the hints that errors come with: `python3 -m tests.troubleshooting` writes it anew."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs/docsite/rst/guide_troubleshooting.rst"
HEAD = """\
.. _ansible_collections.csp.azure.docsite.guide_troubleshooting:

Troubleshooting
===============

A task that fails returns ``error`` with the code and the words of Azure, a hint, and the request ID that Microsoft Support asks for.
This page lists the hints by code.

* ``debug_log`` (``CSP_AZURE_DEBUG_LOG``) writes all requests and responses of a task to a file, with secrets masked.
  The role ``reinstate`` writes ``newRoleAssignment.log`` if it fails.
* ``--check`` asks for every permission that a run needs, and writes nothing.
* ``-vvv`` shows whether a task runs in the shared worker; ``-e csp_azure_in_process=false`` runs ordinary modules.
* A list that cannot be read is an error, never an empty list.
"""


OWN = (
    "The collection itself",
    "These codes are not Azure's. An ellipsis stands for a value that only the run knows.\n\n",
)
UNKNOWN = "…"
INVALID = (
    "InvalidInput",
    "An option or variable was rejected before the first request.",
    "The message names it, and what it may be.",
)


def hints() -> ModuleType:
    """The hints, without the collection's other code."""
    path = ROOT / "plugins/module_utils/_model/hints.py"
    spec = importlib.util.spec_from_file_location("hints", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def guide() -> str:
    """The whole page."""
    known = hints()
    special = [
        (code, f'If the message has "{_words(pattern)}": ' + re.sub(r"{\w+}", UNKNOWN, hint))
        for code, pattern, hint in known.BY_MESSAGE
    ]
    listed = {code for by_code in known.BY_SERVICE.values() for code in by_code}
    sections = [HEAD]
    for service, by_code in known.BY_SERVICE.items():
        # Codes whose hint depends on the message alone are Azure Resource Manager's.
        own = {*by_code, *({code for code, _hint in special} - listed if service == "Azure Resource Manager" else ())}
        rows = [*by_code.items(), *((code, hint) for code, hint in special if code in own)]
        sections.append(_section(service, "", _table("30 70", ("code", "what to do"), sorted(rows))))
    own = [INVALID, *own_errors(known.hint_for)]
    sections.append(_section(*OWN, _table("20 40 40", ("code", "message", "what to do"), sorted(set(own)))))
    return "\n".join(sections)


def _words(pattern: str) -> str:
    """What a pattern of the hints finds, for people: the first of alternatives, and an ellipsis for what varies."""
    text = re.sub(r"\(\?:([^|)]*)[^)]*\)", r"\1", pattern)
    text = re.sub(r"\(\?P<\w+>([^)]*)\)", r"\1", text)
    text = re.sub(r"(?:(?:\[[^]]*\]|\\[wD])(?:\{[^}]*\}|\+)-?)+", UNKNOWN, text)
    return text.replace("\\.", ".").replace("|", " or ")


def own_errors(hint_for: Callable[..., str]) -> Iterator[tuple[str, str, str]]:
    """Code, message and hint of each error that the collection itself raises, as its source has them."""
    paths = sorted((ROOT / "plugins/module_utils").rglob("*.py"))
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    everywhere = {name: value for tree in trees for name, value in _assignments(tree.body).items()}
    for tree in trees:
        constants = {**everywhere, **_assignments(tree.body)}
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            nodes = list(ast.walk(function))
            for call in (
                node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AzureError"
            ):
                given = {item.arg: item.value for item in call.keywords}
                texts = _Texts({**constants, **_assignments(_before(call, nodes))}, hint_for)
                code = texts.of(given["code"]) if "code" in given else UNKNOWN
                if code not in (UNKNOWN, INVALID[0]):
                    hint = texts.of(given["hint"]) if "hint" in given else hint_for(code)
                    message = texts.of(call.args[0])
                    if hint or message != UNKNOWN:
                        yield code, "" if message == UNKNOWN else message, hint


def _assignments(nodes: Sequence[ast.AST]) -> dict[str, list[ast.expr]]:
    """What is assigned to each name."""
    result: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in (item for item in node.targets if isinstance(item, ast.Name)):
                result.setdefault(target.id, []).append(node.value)
    return result


def _before(call: ast.Call, nodes: Sequence[ast.AST]) -> list[ast.AST]:
    """The assignments of a function that count at a call: those since the statement before it that leaves the function."""
    leaving = [node.end_lineno or 0 for node in nodes if isinstance(node, (ast.Return, ast.Raise))]
    last = max((line for line in leaving if line < call.lineno), default=0)
    return [node for node in nodes if isinstance(node, ast.Assign) and last < node.lineno < call.lineno]


class _Texts:
    """The texts of expressions, with an ellipsis for what only a run knows."""

    def __init__(self, names: dict[str, list[ast.expr]], hint_for: Callable[..., str]) -> None:
        self._names, self._hint_for = names, hint_for

    def of(self, node: ast.expr) -> str:
        """The text; alternatives one after the other."""
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.JoinedStr(values=parts):
                return "".join(self.of(part.value if isinstance(part, ast.FormattedValue) else part) for part in parts)
            case ast.Name(id=name) if name in self._names:
                inner = _Texts({**self._names, name: []}, self._hint_for)
                return " / ".join(dict.fromkeys(map(inner.of, self._names[name]))) or UNKNOWN
            case ast.IfExp(body=body, orelse=other):
                return " / ".join(filter(None, (self.of(body), self.of(other))))
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=" "), attr="join"), args=[ast.List(elts=parts)]):
                return " ".join(self.of(part) for part in parts)
            case ast.Call(func=ast.Attribute(value=text, attr="strip")):
                return self.of(text)
            case ast.Call(func=ast.Name(id="hint_for"), args=words):
                return self._hint_for(*map(self.of, words))
            case ast.Call(func=ast.Attribute(), args=[ast.Constant() as text]):
                return self.of(text)
        return UNKNOWN


def _section(title: str, text: str, table: str) -> str:
    return f"{title}\n{'-' * len(title)}\n\n{text}{table}"


def _table(widths: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", "", f"   * - {heads[0]}"]
    lines += [f"     - {head}" for head in heads[1:]]
    for code, *texts in rows:
        lines += [f"   * - ``{code}``", *(f"     - {text[:1].upper()}{text[1:]}".rstrip() for text in texts)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GUIDE.write_text(guide(), encoding="utf-8")
