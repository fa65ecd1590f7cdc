# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All edges give the same results: success, failure, check mode, refused options, options from every source."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from .conftest import AGENTS, CUSTOMER, PARTNER, PRODUCTION, TEST, WOODGROVE, Ansible

CASES: dict[str, dict[str, Any]] = {
    "creates": {"csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [PRODUCTION]}, "diff": True},
    "predicts": {
        "csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [TEST]},
        "check_mode": True,
        "diff": True,
    },
    "fails": {
        "csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [PRODUCTION, WOODGROVE], "wait_timeout": 1}
    },
    "lists": {"csp.azure.role_assignment_info": {"scopes": [PRODUCTION], "foreign_only": True}},
    "subscriptions": {"csp.azure.subscription_info": {"states": "Enabled,Disabled"}},
    "permission": {"csp.azure.permission_info": {"scopes": PRODUCTION}},
    "principals": {"csp.azure.foreign_principal_info": {"principal_ids": [AGENTS, PRODUCTION]}},
    "group": {"csp.azure.admin_agents_info": {"name": "Zoë's Öl & Gas"}, "environment": PARTNER},
    "twins": {"csp.azure.admin_agents_info": {"name": "Twins"}, "environment": PARTNER},
    "access": {"csp.azure.partner_access": {"grants": [{"principal_id": AGENTS, "scopes": [PRODUCTION, TEST]}]}},
    "unknown option": {
        "csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [PRODUCTION], "scope": PRODUCTION}
    },
    "missing option": {"csp.azure.role_assignment": {"scopes": [PRODUCTION]}},
    "bad choice": {"csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [PRODUCTION], "state": "here"}},
    "bad suboption": {"csp.azure.partner_access": {"grants": [{"scopes": [PRODUCTION]}]}},
    "lonely version": {
        "csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [PRODUCTION], "condition_version": "2.0"}
    },
    "bad scope": {"csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": ["here"]}},
    "wrong secret": {"csp.azure.subscription_info": {}, "environment": {"AZURE_SECRET": "not-the-secret"}},
    "half a credential": {"csp.azure.subscription_info": {}, "environment": {"AZURE_SECRET": ""}},
    "a number": {"csp.azure.subscription_info": {"timeout": "{{ 20 + 22 }}"}},
    "not a number": {"csp.azure.subscription_info": {"timeout": "soon"}},
    "left out": {"csp.azure.subscription_info": {"tenant": "{{ nothing | default(omit) }}", "secret": ""}},
}
EXPECTED_FAILURES = {
    "fails",
    "twins",
    "unknown option",
    "missing option",
    "bad choice",
    "bad suboption",
    "lonely version",
    "bad scope",
    "wrong secret",
    "half a credential",
    "not a number",
}
# What ansible itself adds, differently for actions and modules and from version to version.
NOT_OURS = (
    "invocation",
    "exception",
    "warnings",
    "deprecations",
    "ansible_parsed",
    "request_id",
    "created_on",
    "updated_on",
)


def cleaned(result: Any) -> Any:
    """The result without what is new each time."""
    if isinstance(result, dict):
        return {key: cleaned(value) for key, value in result.items() if key not in NOT_OURS}
    if isinstance(result, list):
        return [cleaned(item) for item in result]
    if isinstance(result, str) and "request id" in result:
        return " ".join(word for word in result.split() if len(word.strip("().")) != 36)
    return result


def test_all_edges_give_the_same_results(ansible: Ansible) -> None:
    """The module, the process of the task, and the one that hosts share: there one more host is in the play, and leaves it."""
    seen = {}
    alone = {"ansible.builtin.meta": "end_host", "when": "inventory_hostname != 'localhost'"}
    for edge in ("here", "module", "shared"):
        ansible.azure.ask("reset")
        tasks = [{"name": name, **task} for name, task in CASES.items()]
        hosts = "localhost,another," if edge == "shared" else "localhost,"
        message = {"csp_azure_in_process": edge != "module", "csp_azure_worker": True}
        run = ansible.tasks(*tasks, args=("-i", hosts), hosts="all", pre_tasks=[alone], vars=message)
        seen[edge] = {name: cleaned(result) for name, result in run.results.items()}
    assert {name for name, result in seen["here"].items() if result["failed"]} == EXPECTED_FAILURES
    for name in CASES:
        assert seen["here"][name] == seen["module"][name] == seen["shared"][name], name


@pytest.mark.parametrize("how", ["environment", "module_defaults", "option", "controller"])
def test_an_identity_comes_from_every_source(edge: Ansible, how: str) -> None:
    task: dict[str, Any] = {"csp.azure.subscription_info": {}}
    env = dict.fromkeys(CUSTOMER, "")
    options = {
        "tenant": PARTNER["AZURE_TENANT"],
        "client_id": PARTNER["AZURE_CLIENT_ID"],
        "secret": PARTNER["AZURE_SECRET"],
    }
    if how == "environment":
        task["environment"] = {name: "{{ '" + value + "' }}" for name, value in PARTNER.items()}
    elif how == "module_defaults":
        task["module_defaults"] = {"group/csp.azure.all": options}
    elif how == "option":
        task["csp.azure.subscription_info"] = options
    else:
        env = PARTNER
    run = edge.tasks(task, env=env)
    assert run.results["0"]["caller"]["object_id"] == "5e6ad4a5-0000-4000-8000-000000000001", run.results


@pytest.mark.parametrize(
    "keyword", [{"async": 30, "poll": 1}, {"become": True, "become_method": "ansible.builtin.sudo"}]
)
def test_tasks_that_cannot_run_in_process_go_to_the_module(ansible: Ansible, keyword: dict[str, Any]) -> None:
    if "become" in keyword:
        sudo = ansible.folder / "sudo"
        sudo.write_text('#!/bin/sh\nfor last; do :; done\ntouch "$0.used"\nexec /bin/sh -c "$last"\n')
        sudo.chmod(0o755)
        keyword = {**keyword, "vars": {"ansible_become_exe": str(sudo)}}
    result = ansible.task("subscription_info", {}, env={"ANSIBLE_BECOME_ALLOW_SAME_USER": "true"}, **keyword)
    assert not result.get("failed"), result
    assert [row["display_name"] for row in result["subscriptions"]] == [
        "Fabrikam production",
        "Fabrikam test",
        "Fabrikam, not paid",
    ]
    if "become" in keyword:
        assert (ansible.folder / "sudo.used").exists()


def test_a_vaulted_secret_is_read(edge: Ansible) -> None:
    password = edge.folder / "password"
    password.write_text("open sesame")
    vaulted = edge.folder / "secret.yml"
    vaulted.write_text("customers_secret: the-customers-secret\n")
    subprocess.run(
        ["ansible-vault", "encrypt", "--vault-password-file", str(password), str(vaulted)],
        check=True,
        capture_output=True,
    )
    result = edge.task(
        "subscription_info",
        {
            "tenant": CUSTOMER["AZURE_TENANT"],
            "client_id": CUSTOMER["AZURE_CLIENT_ID"],
            "secret": "{{ customers_secret }}",
        },
        args=("--vault-password-file", str(password), "-e", f"@{vaulted}"),
        env=dict.fromkeys(CUSTOMER, ""),
    )
    assert not result["failed"], result
