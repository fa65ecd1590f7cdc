# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house: who may import whom, and that the lists of modules agree."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml

from ... import troubleshooting

ROOT = Path(__file__).resolve().parents[3]
UTILS = ROOT / "plugins/module_utils"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
FILES = sorted(UTILS.rglob("*.py"))
PREFIX = "ansible_collections.csp.azure.plugins."
UTILS_PREFIX = f"{PREFIX}module_utils."
# The layers of module_utils, and which others each one may import. `_parallel` imports none, so all may.
LAYERS = {
    "_parallel": set(),
    "_model": set(),
    "_connection": {"_model"},
    "_clients": {"_connection", "_model"},
    "_access": {"_model"},
    "_gdap": {"_model"},
    "_audit": {"_access", "_gdap", "_model"},
    "_reports": {"_audit", "_model"},
    "_module": {"_connection", "_model"},
}
SDKS = ("azure", "msal", "msgraph", "msgraph_core", "kiota", "httpx", "requests")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, in full."""
    package = ["ansible_collections", "csp", "azure", *path.relative_to(ROOT).parts[:-1]]
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            names.add(module)
            names.update(f"{module}.{alias.name}" for alias in node.names)
    return names


def ours(path: Path) -> set[str]:
    """The files of module_utils that a file imports, as ``_layer.file``."""
    names = {name.removeprefix(UTILS_PREFIX) for name in imported(path) if name.startswith(UTILS_PREFIX)}
    return {name for name in names if (UTILS / f"{name.replace('.', '/')}.py").is_file()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(UTILS)))
def test_imports_go_down(path: Path) -> None:
    layer = path.relative_to(UTILS).parts[0].removesuffix(".py")
    assert layer in LAYERS, "a new layer needs its place in the table above"
    assert {name.split(".")[0] for name in ours(path)} <= LAYERS[layer] | {layer, "_parallel"}
    sdks = {name for name in imported(path) if name.split(".")[0].split("_")[0] in SDKS}
    assert not sdks or layer in ("_connection", "_clients"), sdks


def test_no_imports_in_a_circle() -> None:
    graph = {str(path.relative_to(UTILS))[:-3].replace("/", "."): ours(path) for path in FILES}
    TopologicalSorter(graph).prepare()  # its error names the circle


PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
LONGEST = 330
MOST_ANY = 30
# Words that say nothing about a value.
EMPTY_WORDS = {"told", "found", "one", "made", "asked", "beside", "again"}


def names(path: Path) -> Iterator[tuple[int, str]]:
    """The names that a file gives to values, parameters, functions and classes."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.lineno, node.name


def code_lines(path: Path) -> set[int]:
    """The numbers of the lines that hold code, without comments, docstrings and documentation."""
    text = path.read_text(encoding="utf-8")
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
            lines -= set(range(node.lineno, int(node.end_lineno or 0) + 1))
    return lines - documentation_lines(path)


def documentation_lines(path: Path) -> set[int]:
    """The numbers of the lines that hold a module's documentation."""
    lines: set[int] = set()
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
            "DOCUMENTATION",
            "EXAMPLES",
            "RETURN",
        ):
            lines |= set(range(node.lineno, int(node.end_lineno or 0) + 1))
    return lines


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_its_names_say_something(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) - len(documentation_lines(path)) <= LONGEST
    assert [(line, name) for line, name in names(path) if name in EMPTY_WORDS] == []


def test_data_is_typed() -> None:
    uses = [node for path in PLUGINS for node in ast.walk(tree(path)) if getattr(node, "id", "") == "Any"]
    lines = sum(len(code_lines(path)) for path in PLUGINS)
    assert 1000 * len(uses) / lines <= MOST_ANY


def test_folders_need_no_init() -> None:
    assert [path for path in PLUGINS if path.name == "__init__.py"] == []


def test_only_the_edge_touches_ansible_module() -> None:
    for path in ROOT.glob("plugins/**/*.py"):
        names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        if path.stem != "_module":
            assert not names & {"AnsibleModule", "exit_json", "fail_json"}, path


def test_broad_excepts_are_in_one_file() -> None:
    for path in ROOT.glob("plugins/**/*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and path.name != "sdk_errors.py":
                assert node.type is not None, path
                assert "Exception" not in {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}, path


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_documentation_and_a_use_case(name: str) -> None:
    path = ROOT / f"plugins/modules/{name}.py"
    body = tree(path).body
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    assert {"use_case", "main"} <= set(functions)
    assert "ARGUMENTS" in {
        target.id
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    documented = documentation(name)
    uses = ours(path)
    needed = {
        "azure-mgmt-authorization": {"_clients.arm"},
        "msgraph-sdk": {"_clients.directory", "_clients.delegated_admin"},
    }
    for library, libraries_clients in needed.items():
        if libraries_clients & uses:
            assert library in str(documented.get("requirements")) + str(documented["description"])
        else:
            assert library not in str(documented.get("requirements"))


def signs_in(name: str) -> bool:
    """Whether a module has the sign-in options, and so a place in the group that sets them for all."""
    return "csp.azure._sign_in" in documentation(name).get("extends_documentation_fragment", [])


def documentation(name: str) -> dict[str, Any]:
    for node in tree(ROOT / f"plugins/modules/{name}.py").body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{name} has no documentation")


def clients(module: str) -> set[str]:
    return {name for name in ours(ROOT / f"plugins/modules/{module}.py") if name.startswith("_clients.")}


def test_every_module_is_in_the_action_group_and_has_its_action() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["all"] == [name for name in MODULES if signs_in(name)]
    assert sorted(path.stem for path in (ROOT / "plugins/action").glob("*.py")) == MODULES
    for name in MODULES:
        action = ROOT / f"plugins/action/{name}.py"
        assert f"{PREFIX}modules.{name}" in imported(action)
        # What an action imports, every run pays for: its own module, and with it that module's clients only.
        for other in (item.rpartition(".")[2] for item in imported(action) if item.startswith(f"{PREFIX}modules.")):
            assert clients(other) <= clients(name)
        [assigned, *_more] = [node for node in ast.walk(tree(action)) if isinstance(node, ast.Assign)]
        assert (assigned.targets[0].id, assigned.value.id) == ("module", name)


def test_the_readme_names_all_that_there_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    roles = sorted(path.name for path in (ROOT / "roles").iterdir())
    assert all(f"`csp.azure.{name}`" in readme for name in [*MODULES, *roles])
    playbooks = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml"))
    assert set(roles) <= set(playbooks)
    assert all(f"csp.azure.{name}" in readme for name in playbooks)


def switches() -> list[tuple[str, str]]:
    """The boolean variables of each role."""
    result = []
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        options = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
        result += [(path.parts[-3], name) for name, option in options.items() if option["type"] == "bool"]
    return result


@pytest.mark.parametrize(("role", "name"), switches())
def test_a_switch_that_comes_as_a_text_counts_as_what_it_says(role: str, name: str) -> None:
    """With `-e`, it is always a text, and the text "false" is not empty."""
    for path in [*(ROOT / f"roles/{role}").rglob("*.yml"), *(ROOT / "playbooks").glob("*.yml")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            decides = re.search(rf"(when: .*|\bif |\bnot |\band |\bor )\b{name}\b(?! \| bool)", line)
            assert not decides or "description" in line, f"{path}: {line}"


def rows_of_the_procedure() -> list[list[str]]:
    text = (ROOT / "docs/docsite/rst/guide_procedure.rst").read_text(encoding="utf-8")
    return [list(row) for row in re.findall(r"^   \* - (.*)\n     - (.*)\n     - (.*)$", text, re.MULTILINE)][1:]


@pytest.mark.parametrize("row", rows_of_the_procedure(), ids=lambda row: row[0][:40])
def test_the_procedures_table_names_what_there_is(row: list[str]) -> None:
    """Tests, tasks and steps of scripts: whoever renames one of them finds the table."""
    _line, does, tested = row
    files = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("tests/*/test_*.py")}
    name, _colons, function = tested.strip(" `|").partition("::")
    assert f"def {function}(" in files[name]
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "roles").rglob("*") if path.is_file()]
    for named in re.findall(r"(?<![*])[*]([^*]+)[*]", does):
        assert any(f"name: {named}\n" in text or f"# Step: {named}\n" in text for text in texts), named


def test_troubleshooting_lists_the_hints_as_they_are() -> None:
    assert troubleshooting.GUIDE.read_text(encoding="utf-8") == troubleshooting.guide(), (
        "python3 -m tests.troubleshooting"
    )


def test_the_site_has_every_guide() -> None:
    sections = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    listed = sorted(guide for section in sections for guide in section["toctree"])
    assert listed == sorted(path.stem for path in (ROOT / "docs/docsite/rst").glob("*.rst"))


def test_the_sign_in_options_are_documented_as_they_are() -> None:
    from ansible_collections.csp.azure.plugins.doc_fragments._sign_in import ModuleDocFragment
    from ansible_collections.csp.azure.plugins.module_utils._connection.options import OPTIONS

    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert list(documented) == list(OPTIONS)
    for name, option in OPTIONS.items():
        text = " ".join(documented[name]["description"])
        assert documented[name]["type"] == option.type
        assert all(f"V({choice})" in text for choice in option.choices), name
        assert all(f"E({variable})" in text for variable in option.environment), name
        if option.default is not None:
            assert f"V({option.default})" in text, name


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_a_roles_defaults_are_documented_as_they_are(role: str) -> None:
    folder = ROOT / "roles" / role
    defaults = yaml.safe_load((folder / "defaults/main.yml").read_text(encoding="utf-8"))
    options = yaml.safe_load((folder / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"][
        "main"
    ]["options"]
    assert set(defaults) <= set(options)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for name, option in options.items():
        assert name.startswith(f"{role}_")
        assert f"`{name}`" in readme, name
        if "default" in option:
            assert option["default"] == defaults[name], name
        else:
            assert (
                option.get("required")
                or isinstance(defaults.get(name), (dict, list))
                or "{{" in str(defaults.get(name))
            ), name
