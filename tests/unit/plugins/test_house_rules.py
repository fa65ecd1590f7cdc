# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house: who may import whom, and that the lists of modules agree."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
UTILS = ROOT / "plugins/module_utils"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
PREFIX = "ansible_collections.csp.azure.plugins."
# Which file of module_utils may import which others; what is not in a list is not for it to know.
ALLOWED = {
    "_arm": {"_auth", "_errors"},
    "_audit": {"_errors", "_findings", "_grants", "_partner_access", "_role_assignments", "_roles", "_scope"},
    "_audit_page": {"_audit_rows", "_findings", "_page", "_report"},
    "_audit_report": {"_audit_page", "_audit_rows", "_report"},
    "_audit_rows": {"_drift", "_findings", "_report", "_shape"},
    "_auth": {"_cloud", "_errors", "_pipeline", "_trace"},
    "_cloud": {"_errors", "_pipeline"},
    "_elevated_access": {"_errors", "_roles"},
    "_errors": {"_hints"},
    "_drift": {"_findings", "_scope"},
    "_findings": {"_errors", "_permissions", "_role_assignments", "_roles", "_scope"},
    "_grants": {"_auth", "_errors", "_role_assignments", "_scope"},
    "_graph": {"_auth", "_errors", "_pipeline"},
    "_hints": set(),
    "_lists": set(),
    "_module": {"_auth", "_errors", "_lists", "_secrets", "_trace"},
    "_page": set(),
    "_partner_access": {"_errors", "_hints", "_permissions", "_role_assignments", "_scope"},
    "_partner_center": {"_auth", "_errors"},
    "_pec": set(),
    "_permissions": set(),
    "_pipeline": {"_errors", "_trace"},
    "_report": {"_errors", "_page", "_shape"},
    "_revocation": {"_errors", "_role_assignments", "_roles", "_scope"},
    "_role_assignments": {"_errors", "_roles", "_scope"},
    "_roles": set(),
    "_scope": {"_errors"},
    "_secrets": set(),
    "_shape": set(),
    "_trace": {"_errors", "_secrets"},
}
SDKS = ("azure", "msal", "msgraph", "msgraph_core", "kiota", "httpx", "requests")
MAY_USE_SDKS = {"_partner_center", "_arm", "_auth", "_cloud", "_graph", "_pipeline"}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, in full."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def ours(path: Path) -> set[str]:
    names = {
        name.removeprefix(f"{PREFIX}module_utils.").split(".")[0]
        for name in imported(path)
        if name.startswith(f"{PREFIX}module_utils.")
    }
    return {name for name in names if name.startswith("_")}


@pytest.mark.parametrize("path", sorted(UTILS.glob("*.py")), ids=lambda path: path.stem)
def test_layers(path: Path) -> None:
    assert path.stem in ALLOWED, "a new file needs its place in the table above"
    assert ours(path) <= ALLOWED[path.stem]
    sdks = {name for name in imported(path) if name.split(".")[0].split("_")[0] in SDKS}
    assert not sdks or path.stem in MAY_USE_SDKS, sdks


def test_only_the_edge_touches_ansible_module() -> None:
    for path in ROOT.glob("plugins/**/*.py"):
        names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        if path.stem != "_module":
            assert not names & {"AnsibleModule", "exit_json", "fail_json"}, path


def test_broad_excepts_are_in_one_file() -> None:
    for path in ROOT.glob("plugins/**/*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and path.stem != "_errors":
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
    needed = {"_arm": "azure-mgmt-authorization", "_graph": "msgraph-sdk"}
    for gateway, library in needed.items():
        if gateway in uses:
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


def test_every_module_is_in_the_action_group_and_has_its_action() -> None:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["all"] == [name for name in MODULES if signs_in(name)]
    assert sorted(path.stem for path in (ROOT / "plugins/action").glob("*.py")) == MODULES
    for name in MODULES:
        action = ROOT / f"plugins/action/{name}.py"
        assert f"{PREFIX}modules.{name}" in imported(action)
        # What an action imports, every run pays for: its own module, and with it that module's gateways only.
        for other in (one.rpartition(".")[2] for one in imported(action) if one.startswith(f"{PREFIX}modules.")):
            gateways = ours(ROOT / f"plugins/modules/{other}.py") & MAY_USE_SDKS
            assert gateways <= ours(ROOT / f"plugins/modules/{name}.py")
        [assigned, *_more] = [node for node in ast.walk(tree(action)) if isinstance(node, ast.Assign)]
        assert (assigned.targets[0].id, assigned.value.id) == ("module", name)


def test_the_readme_names_all_that_there_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    roles = sorted(path.name for path in (ROOT / "roles").iterdir())
    assert all(f"`csp.azure.{name}`" in readme for name in [*MODULES, *roles])
    assert sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml")) == roles


def rows_of_the_procedure() -> list[list[str]]:
    lines = (ROOT / "docs/procedure.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")][1:]


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


def test_the_sign_in_options_are_documented_as_they_are() -> None:
    from ansible_collections.csp.azure.plugins.doc_fragments._sign_in import ModuleDocFragment
    from ansible_collections.csp.azure.plugins.module_utils._auth import OPTIONS

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
