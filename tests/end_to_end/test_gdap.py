# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated admin relationships (GDAP), from nothing to a way in, with the statuses taking time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from typing import Any

import pytest

from ..azure_simulator.many import APPLICATION, inventory, relationship, subscription, tenant, world
from ..azure_simulator.running import Azure
from .conftest import AGENTS, CUSTOMER, PARTNER, PARTNERS, PRODUCTION, Ansible, Run, left

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


def test_the_statuses_take_time(ansible: Ansible) -> None:
    azure = ansible.azure
    azure.ask("settings", {"gdap_seconds": 2})
    assign = {"csp.azure.gdap_access_assignment": {"customer": WOODGROVE}, "environment": PARTNER}
    run = ansible.tasks(
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


READERS = {"reinstate_gdap_roles": ["Directory Readers"]}


def reinstated(ansible: Ansible, customers: int = 1, *args: str, **variables: Any) -> tuple[Run, dict[str, Any]]:
    """A run of the playbook over these customers, and its rows by customer."""
    hosts = ansible.folder / "hosts.json"
    hosts.write_text(json.dumps(inventory(customers)))
    given = {
        "reinstate_hosts": "all",
        "reinstate_report": "out/report",
        "reinstate_wait_timeout": 20,
        **READERS,
        **variables,
    }
    run = ansible.playbook(
        "csp.azure.reinstate",
        "-i",
        str(hosts),
        "-e",
        json.dumps(given),
        *args,
        env={**dict.fromkeys(CUSTOMER, ""), **PARTNERS},
    )
    report = ansible.folder / "out" / "report.jsonl"
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    return run, {row["customer"]: row for row in map(json.loads, lines)}


def writes(azure: Azure) -> list[str]:
    return [
        f"{entry['method']} {entry['path'].rpartition('/')[2]}"
        for entry in azure.log
        if entry["api"] == "graph" and entry["method"] != "GET" and "delegatedAdmin" in entry["path"]
    ]


def test_four_runs_from_nothing_to_both_halves(ansible: Ansible) -> None:
    azure = ansible.azure
    azure.ask("reset", world(1, gdap=""))
    steps = []
    for number in range(4):
        if number == 2:
            azure.ask("approve", {"customer": tenant(0)})
        predicted, _rows = reinstated(ansible, 1, "--check")
        azure.ask("forget")
        run, rows = reinstated(ansible)
        assert run.status == 0, run.output
        row = rows["c0000"]
        steps.append((row["sign_in"], row["outcome"], writes(azure)))
        link = row["delegated_admin"]["approval_url"]
        assert (link is not None) == (number < 2)
        assert not link or link in run.output, "whoever waits for approval is shown with the link"
        assert ("changed=0" in predicted.output) == ("changed=0" in run.output), predicted.output
        assert f"would be {row['sign_in']}" in predicted.output or row["outcome"] == "unchanged"
    assert steps == [
        ("requested", "changed", ["POST delegatedAdminRelationships", "POST requests"]),
        ("waiting", "unchanged", []),
        ("assigned", "changed", ["POST accessAssignments"]),
        ("ready", "unchanged", []),
    ]
    [relationship] = [item for item in azure.relationships if item["customer"] == tenant(0)]
    assert [item["group"] for item in relationship["assignments"]] == [AGENTS]


def test_many_customers_cost_one_list_and_one_request_each(ansible: Ansible) -> None:
    azure, customers = ansible.azure, 30
    azure.ask("reset", world(customers, gdap=""))
    run, rows = reinstated(ansible, customers)
    assert run.status == 0, run.output
    assert {row["sign_in"] for row in rows.values()} == {"requested"}
    assert run.output.count("approval awaited since") == customers
    assert f"the approval of {customers} customers is awaited." in run.output
    reads = [
        entry["query"] for entry in azure.log if entry["path"].endswith("Relationships") and entry["method"] == "GET"
    ]
    assert len([query for query in reads if "filter" not in query]) == 1
    assert len(reads) == customers + 1, "before a request, what the list said of the customer is read anew"
    for number in range(customers):
        azure.ask("approve", {"customer": tenant(number)})
    reinstated(ansible, customers)
    azure.ask("forget")
    run, rows = reinstated(ansible, customers)
    assert {(row["sign_in"], row["outcome"]) for row in rows.values()} == {("ready", "unchanged")}
    graph = [item for item in azure.log if item["api"] == "graph"]
    assert len([item for item in graph if item["path"].endswith("/accessAssignments")]) == customers
    assert len(graph) == customers + 3, "beside it, the group, those in it and the relationships are read once"
    names = {item["customer"] for item in azure.relationships}
    assert len(azure.relationships) == len(names) == customers + 1, "nobody has two, and each has its customer"


def test_a_written_role_without_a_way_in_says_so(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(1, gdap=""))
    run, rows = reinstated(ansible, reinstate_gdap_roles=[])
    assert (rows["c0000"]["outcome"], rows["c0000"]["sign_in"]) == ("changed", "missing"), run.output
    assert "sign-in missing: There is no delegated admin relationship in force." in run.output
    assert writes(ansible.azure) == []
    _again, rows = reinstated(ansible, reinstate_gdap_roles=[])
    assert rows["c0000"]["sign_in"] is None, "where nothing was written, nothing is asked"


def test_the_half_that_works_goes_on_where_the_other_fails(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(1, gdap=""))
    run, rows = reinstated(
        ansible, reinstate_customer_identity={"tenant": tenant(0), "client_id": APPLICATION, "secret": "wrong"}
    )
    assert run.status == 2
    row = rows["c0000"]
    assert (row["outcome"], row["code"], row["sign_in"]) == ("failed", "AADSTS7000215", "requested")
    assert row["delegated_admin"]["approval_url"] in run.output


def killed_during(ansible: Ansible, write: str) -> None:
    """Kill a run while Azure carries out its write to a path that ends so."""

    def killed(command: list[str], **options: Any) -> Any:
        with subprocess.Popen(command, cwd=options["cwd"], env=options["env"], stdout=subprocess.DEVNULL) as process:
            while f"POST {write}" not in writes(ansible.azure):
                assert process.poll() is None, f"it ended before {write}"
                time.sleep(0.05)
            for pid in left(ansible.mark):
                os.kill(pid, signal.SIGKILL)
        return subprocess.CompletedProcess(command, -9, "", "")

    ansible.azure.ask("forget")
    ansible.azure.ask("faults", [{"api": "graph", "method": "POST", "path": f"/{write}", "hold": 1}])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", killed)
        reinstated(ansible)
    time.sleep(1.2)
    ansible.azure.ask("faults", [])


def test_a_run_that_is_killed_after_any_write_is_continued(ansible: Ansible) -> None:
    azure = ansible.azure
    azure.ask("reset", world(1, gdap=""))
    outcomes = []
    for write in ("delegatedAdminRelationships", "requests", "accessAssignments"):
        if write == "accessAssignments":
            azure.ask("approve", {"customer": tenant(0)})
        killed_during(ansible, write)
        run, rows = reinstated(ansible)
        assert run.status == 0, run.output
        outcomes.append(rows["c0000"]["sign_in"])
        if write == "delegatedAdminRelationships":
            [relationship] = [item for item in azure.relationships if item["customer"] == tenant(0)]
            assert relationship["status"] == "approvalPending"
            azure.ask("reset", world(1, gdap=""))
    assert outcomes == ["requested", "waiting", "ready"]
    [relationship] = [item for item in azure.relationships if item["customer"] == tenant(0)]
    assert len(relationship["assignments"]) == 1


def test_the_mail_of_a_handoff_has_the_link(ansible: Ansible) -> None:
    customers = [{"tenant": tenant(number), "scopes": [subscription(number)]} for number in range(2)]
    ansible.azure.ask("reset", world(2, gdap=""))
    variables = {
        "handoff_customers": customers,
        "handoff_gdap_roles": ["Directory Readers"],
        "handoff_invitation": False,
        "handoff_directory": "out",
    }
    run = ansible.playbook("csp.azure.handoff", "-e", json.dumps(variables), env=PARTNERS)
    assert run.status == 0, run.output
    links = {
        item["customer"]: item["id"] for item in ansible.azure.relationships if item["status"] == "approvalPending"
    }
    for number in range(2):
        mail = (ansible.folder / "out" / tenant(number) / "mail.txt").read_text(encoding="utf-8")
        assert f"granularAdminRelationships/{links[tenant(number)]}\n" in mail
        assert "It takes three steps." in mail


def test_an_audit_says_which_half_is_missing(ansible: Ansible) -> None:
    azure = ansible.azure
    scenario = world(4, gdap="")
    scenario["relationships"] += [
        relationship(1, "approvalPending"),
        {**relationship(2), "days_left": 10, "extend": "PT0S"},
        relationship(3),
    ]
    azure.ask("reset", scenario)
    hosts = ansible.folder / "hosts.json"
    hosts.write_text(json.dumps(inventory(4)))
    variables = {"audit_hosts": "all", "audit_report": "out/audit"}
    env = {**dict.fromkeys(CUSTOMER, ""), **PARTNERS}
    run = ansible.playbook("csp.azure.audit", "-i", str(hosts), "-e", json.dumps(variables), env=env)
    lines = (ansible.folder / "out" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {row["customer"]: row for row in map(json.loads, lines)}
    assert [row["delegated_admin"]["status"] for row in rows.values()] == ["missing", "waiting", "expiring", "ready"], (
        run.output
    )
    flags = {
        name: [flag for flag in row["subscriptions"][0]["flags"] if "sign_in" in flag] for name, row in rows.items()
    }
    assert list(flags.values()) == [["sign_in_missing"], ["sign_in_waiting"], ["sign_in_expiring"], []]
    assert "c0001: approval awaited since" in run.output
    assert "Sign-in: 2 ready; the approval of 1 customer is awaited." in run.output
    # An alarm for the sign-in rings, too, where that cannot be read.
    azure.ask("faults", [{"api": "graph", "path": "/delegatedAdminRelationships", "status": 403, "body": {}}])
    alarm = {"audit_hosts": "all", "audit_fail_on": ["sign_in_missing"]}
    unread = ansible.playbook("csp.azure.audit", "-i", str(hosts), "-e", json.dumps(alarm), env=env)
    assert unread.status == 2
    assert "sign_in_unknown" in unread.output
    azure.ask("faults", [])
    # What the audit says of each is what check mode of reinstate would start from.
    predicted, _rows = reinstated(ansible, 4, "--check", reinstate_scopes="all")
    assert predicted.status == 0, predicted.output
    steps = dict(re.findall(r"(c\d+) +\w+ +\d+ +\d+ +\d+ +(\w+)", predicted.output))
    assert steps == {"c0000": "requested", "c0001": "waiting", "c0002": "ready", "c0003": "ready"}


def test_revoke_ends_the_relationships_where_told(ansible: Ansible) -> None:
    azure = ansible.azure
    variables = {"revoke_groups": ["AdminAgents"], "revoke_scopes": ["all"]}
    env = {**CUSTOMER, **PARTNERS}

    def revoked(*args: str, **more: Any) -> Run:
        return ansible.playbook("csp.azure.revoke", "-e", json.dumps({**variables, **more}), *args, env=env)

    assert revoked(revoke_gdap="false").status == 0
    assert not any("delegatedAdmin" in entry["path"] for entry in azure.log), "nothing is asked that was not told"
    run = revoked("--check", revoke_gdap=True)
    assert "terminationRequested: relationship fabrikam" in run.output
    assert writes(azure) == []
    provider = {"principal": "34c4dd11-0000-4000-8000-000000000001", "principal_type": "ForeignGroup"}
    azure.ask("assign", {"scope": f"/subscriptions/{PRODUCTION}", "role": "Owner", **provider})
    other = {
        "revoke_groups": [],
        "revoke_partner_tenants": ["44444444-4444-4444-8444-444444444444"],
        "revoke_gdap": True,
    }
    run = revoked(**other)
    assert run.status == 2
    assert "whose access is not revoked here" in run.output
    assert any(item["principal"] == provider["principal"] for item in azure.assignments), "it stops before it removes"
    assert writes(azure) == []
    run = revoked(revoke_gdap=True)
    assert run.status == 0, run.output
    assert [item["status"] for item in azure.relationships] == ["terminated"]
    assert "There was nothing to remove." in revoked(revoke_gdap=True).output


def test_the_inventory_says_where_the_partner_can_sign_in(ansible: Ansible) -> None:
    scenario = world(2, gdap="")
    scenario["relationships"].append(relationship(1))
    ansible.azure.ask("reset", scenario)
    source = ansible.folder / "our.csp_customers.yml"
    source.write_text("plugin: csp.azure.customers\nsubscriptions: false\ngdap: true\ncache: true\n")
    cache = {"ANSIBLE_INVENTORY_CACHE_PLUGIN": "jsonfile", "ANSIBLE_INVENTORY_CACHE_CONNECTION": str(ansible.folder)}

    def statuses() -> tuple[dict[str, str], str]:
        run = subprocess.run(
            ["ansible-inventory", "-i", str(source), "--list"],
            env=ansible.environment({**dict.fromkeys(CUSTOMER, ""), **PARTNERS, **cache}),
            capture_output=True,
            text=True,
            check=True,
        )
        hosts = json.loads(run.stdout)["_meta"]["hostvars"]
        return {name: values["csp_gdap"]["status"] for name, values in hosts.items()}, run.stderr

    ansible.azure.ask("faults", [{"api": "graph", "path": "/delegatedAdminRelationships", "status": 403, "body": {}}])
    unread, words = statuses()
    assert set(unread.values()) == {"unknown"}
    assert "The delegated admin relationships could not be read" in " ".join(words.split())
    ansible.azure.ask("faults", [])
    assert statuses()[0] == {"fabrikam.onmicrosoft.com": "ready", "c0.example": "missing", "c1.example": "ready"}
