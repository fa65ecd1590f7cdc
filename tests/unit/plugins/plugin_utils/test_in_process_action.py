# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a task runs in ansible's own process, and how its options and results pass."""

from __future__ import annotations

import gc
import importlib
import os
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.csp.azure.plugins.modules import partner_access, role_assignment, subscription_info
from ansible_collections.csp.azure.plugins.plugin_utils import _preload
from ansible_collections.csp.azure.plugins.plugin_utils._in_process_action import InProcessAction, plain


class Action(InProcessAction):
    module = subscription_info


class Assign(InProcessAction):
    module = role_assignment


def action(transport: str = "local", become: bool = False, async_val: int = 0, **args: Any) -> Action:
    created = Action.__new__(Action)
    created._connection = SimpleNamespace(transport=transport)
    created._play_context = SimpleNamespace(become=become)
    created._task = SimpleNamespace(async_val=async_val, args=args, action="x", check_mode=False, diff=False)
    created._templar = SimpleNamespace(template=lambda value: value)
    return created


@pytest.mark.parametrize(
    ("options", "variables", "here"),
    [
        ({}, {}, True),
        ({"transport": "ssh"}, {}, False),
        ({"become": True}, {}, False),
        ({"async_val": 5}, {}, False),
        ({}, {"csp_azure_in_process": "no"}, False),
        ({}, {"csp_azure_in_process": ""}, True),
        ({}, {"csp_azure_in_process": True}, True),
    ],
)
def test_a_task_runs_here_only_on_this_machine_as_this_user(
    options: dict[str, Any], variables: dict[str, Any], here: bool
) -> None:
    assert action(**options)._runs_here(variables) is here


def test_a_variable_that_is_no_boolean_is_an_error() -> None:
    with pytest.raises(AnsibleActionFail, match="csp_azure_in_process"):
        action()._runs_here({"csp_azure_in_process": "perhaps"})


def test_a_task_that_is_handed_over_keeps_its_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    passed: list[Any] = []
    args = {"debug_log": "a.log", "tenant": "t", "federated_token_file": ""}
    created = action(become=True, **args, partner={"x509_certificate_path": "p.pem", "tenant": "p"})
    created.module = partner_access
    created._loader = None
    loader = SimpleNamespace(
        get=lambda _name, task, **_more: SimpleNamespace(run=lambda task_vars: passed.append(task.args))
    )
    created._shared_loader_obj = SimpleNamespace(action_loader=loader)
    created._hand_over({})
    partner = {"x509_certificate_path": str(tmp_path / "p.pem"), "tenant": "p"}
    assert passed == [{**args, "debug_log": str(tmp_path / "a.log"), "partner": partner}]


def execute(kind: type[InProcessAction], args: dict[str, Any], diff: bool = False) -> Any:
    return kind.execute("csp.azure.x", args, True, diff, print)


def test_options_are_rejected_as_a_module_rejects_them() -> None:
    result = execute(Action, {"states": ["Gone"]})
    assert result["failed"]
    assert "value of states must be one or more of" in result["msg"]
    assert execute(Action, {"nothing": 1})["msg"].startswith("Unsupported parameters for (csp.azure.x) module")
    assert "missing required arguments" in execute(Assign, {})["msg"]


def test_secrets_are_masked_in_results(monkeypatch: pytest.MonkeyPatch) -> None:
    def use_case(options: Any, _check_mode: bool, _identities: Any) -> dict[str, Any]:
        return {"echo": f"secret={options['secret']}", "diff": {"before": "x"}}

    monkeypatch.setattr(subscription_info, "use_case", use_case)
    identity = {"tenant": "t", "client_id": "c", "secret": "s3cret-value"}
    result = execute(Action, identity, diff=True)
    assert result["echo"] == "secret=********"
    assert result["diff"] == {"before": "x"}
    assert "diff" not in execute(Action, identity)


def test_values_pass_as_over_json() -> None:
    class Tagged(str):
        pass

    value = plain({"a": (Tagged("x"), 1, None, True), Tagged("b"): object})
    assert value["a"] == ["x", 1, None, True]
    assert not isinstance(value["a"][0], Tagged)
    assert isinstance(value["b"], str)


@pytest.mark.parametrize("library", _preload.LATE_IMPORTS)
def test_the_private_names_that_are_loaded_early_exist(library: str) -> None:
    for name in (library, *_preload.LATE_IMPORTS[library]):
        importlib.import_module(name)


def test_a_fork_never_looks_for_garbage_in_what_it_shares_with_ansible() -> None:
    """Objects like the variables of thousands of hosts, made after the action was loaded."""
    shared: list[list[str]] = [[] for number in range(100000)]
    before = gc.get_freeze_count()
    pid = os.fork()
    if not pid:
        os._exit(gc.get_freeze_count() - before < len(shared))
    assert os.waitpid(pid, 0)[1] == 0
