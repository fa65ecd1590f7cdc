# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated admin relationships (GDAP), from nothing to a way in, with the statuses taking time."""

from __future__ import annotations

from typing import Any

from ..azure_simulator.running import Azure
from .conftest import AGENTS, PARTNER, Ansible

WOODGROVE = "66666666-6666-4666-8666-666666666666"
USER = {"tenant": PARTNER["AZURE_TENANT"], "client_id": "0c1f5d6e-0000-4000-8000-000000000077"}
AGENT = {**USER, "refresh_token": "the-partners-refresh-token"}
WITHOUT_MFA = {**USER, "refresh_token": "a-refresh-token-without-mfa"}


def request(title: str, **options: Any) -> dict[str, Any]:
    return {"name": title, "csp.azure.gdap_relationship": {"customer": WOODGROVE, **options}, "environment": PARTNER}


def approve(azure: Azure) -> dict[str, Any]:
    body = {
        "url": f"{azure.arm}/_simulator/approve",
        "method": "POST",
        "body": {"customer": WOODGROVE},
        "body_format": "json",
    }
    return {"name": "approve", "ansible.builtin.uri": {**body, "ca_path": azure.ca}}


def test_the_statuses_take_time(edge: Ansible) -> None:
    azure = edge.azure
    azure.ask("settings", {"gdap_seconds": 2})
    assign = {"csp.azure.gdap_access_assignment": {"customer": WOODGROVE}, "environment": PARTNER}
    run = edge.tasks(
        request("request"),
        approve(azure),
        request("wait", wait=True, wait_timeout=60),
        {"name": "assign", **assign},
        {"name": "again", **assign},
        {
            "name": "info",
            "csp.azure.gdap_relationship_info": {**AGENT, "customer": WOODGROVE, "assignments": True},
        },
    )
    assert run.results["request"]["relationship"]["status"] == "approvalPending", run.output
    assert run.results["wait"]["relationship"]["status"] == "active"
    assert run.results["assign"]["assignment"]["status"] == "active"
    assert [run.results[name]["changed"] for name in ("request", "wait", "assign", "again")] == [
        True,
        False,
        True,
        False,
    ]
    assert [item["sign_in"] for item in run.results["info"]["customers"]] == ["ready"]
    [_fabrikam, relationship] = azure.relationships
    assert relationship["customer"] == WOODGROVE
    assert [item["group"] for item in relationship["assignments"]] == [AGENTS]


def test_what_is_missing_is_named(ansible: Ansible) -> None:
    azure = ansible.azure
    azure.ask("settings", {"gdap_service_principal": False})
    info = "csp.azure.gdap_relationship_info"
    run = ansible.tasks(
        request("service"),
        {"name": "mfa", "csp.azure.gdap_relationship": {**WITHOUT_MFA, "customer": WOODGROVE}},
        {"name": "customer", info: {}},
        request("nobody", customer="nobody.example"),
        request("partner", customer=PARTNER["AZURE_TENANT"]),
        request("half", id=PARTNER["AZURE_TENANT"]),
        request("long", name="x" * 51),
        request("role", roles=["Emperor"]),
        request("timeout", wait=True, wait_timeout=1),
    )
    errors = {name: result.get("error", {}) for name, result in run.results.items()}
    assert "az ad sp create --id 2832473f" in errors["service"]["hint"]
    assert "multi-factor authentication" in errors["mfa"]["hint"]
    assert "DelegatedAdminRelationship" in errors["customer"]["hint"]
    assert errors["nobody"]["code"] == "Directory_ObjectNotFound"
    assert "the partner's own" in errors["partner"]["message"]
    for name in ("half", "long", "role"):
        assert errors[name]["code"] == "InvalidInput", name
    assert [item["name"] for item in azure.relationships] == ["fabrikam"]


def test_a_user_outside_admin_agents_does_not_believe_an_empty_list(ansible: Ansible) -> None:
    scenario = {
        "tenants": [
            {
                "id": PARTNER["AZURE_TENANT"],
                "name": "Contoso",
                "domain": "contoso.example",
                "groups": [{"id": AGENTS, "name": "AdminAgents"}],
                "identities": [
                    {
                        "object_id": "5e6ad4a5-0000-4000-8000-000000000002",
                        "kind": "User",
                        "refresh_token": AGENT["refresh_token"],
                        "reads_directory": True,
                    }
                ],
            }
        ]
    }
    ansible.azure.ask("reset", scenario)
    result = ansible.task("gdap_relationship_info", AGENT)
    assert result["error"]["code"] == "NotInAdminAgents", result
