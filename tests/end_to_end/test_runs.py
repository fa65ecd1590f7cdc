# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run costs and what it leaves behind: requests, check mode, kills, races, faults."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from typing import Any

import pytest
import yaml

from ..azure_simulator.running import ROOT
from .conftest import AGENTS, CUSTOMER, PARTNER, PRODUCTION, TEST, WOODGROVE, Ansible

GROUPS = [f"/subscriptions/{PRODUCTION}/resourceGroups/g{number}" for number in range(50)]


def grant(*scopes: str, **more: Any) -> dict[str, Any]:
    return {"principal_id": AGENTS, "scopes": list(scopes) or [PRODUCTION], **more}


def requests(ansible: Ansible) -> Counter[str]:
    """The requests to ARM and Graph since the last look, by method."""
    result = Counter(
        entry["method"] for entry in ansible.azure.log if entry["api"] != "login" and "/metadata/" not in entry["path"]
    )
    ansible.azure.ask("forget")
    return result


def owners(ansible: Ansible) -> list[str]:
    """Where the partner's group is assigned, each time it is."""
    return sorted(item["scope"] for item in ansible.azure.assignments if item["principal"] == AGENTS)


def family(pid: int) -> list[int]:
    """A process and all below it: ansible's workers leave its process group."""
    result = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in result.splitlines()]
    actual = [pid]
    for item in actual:
        actual += [child for child, parent in parents if parent == item]
    return actual


def many_groups(ansible: Ansible) -> None:
    scenario = yaml.safe_load((ROOT / "tests/azure_simulator/scenario.yml").read_text(encoding="utf-8"))
    scenario["subscriptions"][0]["resource_groups"] = {scope.rpartition("/")[2]: [] for scope in GROUPS}
    ansible.azure.ask("reset", scenario)


def test_what_one_subscription_costs(ansible: Ansible) -> None:
    assert ansible.task("role_assignment", grant(), check_mode=True)["changed"]
    assert requests(ansible) == {"GET": 1}
    assert ansible.task("role_assignment", grant(wait=False))["changed"]
    assert requests(ansible) == {"GET": 1, "PUT": 1}
    assert not ansible.task("role_assignment", grant())["changed"]
    assert requests(ansible) == {"GET": 1}
    assert ansible.task("role_assignment", grant(TEST))["changed"]
    assert requests(ansible) == {"GET": 2, "PUT": 1}


def test_what_fifty_scopes_of_one_subscription_cost(ansible: Ansible) -> None:
    many_groups(ansible)
    first = ansible.task("role_assignment", grant(*GROUPS))
    assert [row["state"] for row in first["assignments"]] == ["created"] * 50
    assert requests(ansible) == {"GET": 2, "PUT": 50}
    assert not ansible.task("role_assignment", grant(*GROUPS))["changed"]
    assert requests(ansible) == {"GET": 1}


def test_what_nothing_to_do_costs_the_whole_customer(ansible: Ansible) -> None:
    access = {"grants": [{"principal_id": AGENTS, "scopes": [PRODUCTION, TEST]}]}
    ansible.task("partner_access", access)
    requests(ansible)
    ansible.task("partner_access", access)
    assert requests(ansible) == {"GET": 2}


@pytest.mark.parametrize("module", ["role_assignment", "partner_access"])
def test_check_mode_sends_no_write(edge: Ansible, module: str) -> None:
    options = grant() if module == "role_assignment" else {"grants": [grant()]}
    before = owners(edge)
    assert edge.task(module, options, args=("--check",))["changed"]
    sent = [entry for entry in edge.azure.log if entry["api"] == "arm" or entry["method"] not in ("GET", "POST")]
    assert {entry["method"] for entry in sent} == {"GET"}
    assert owners(edge) == before


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("trouble", ["dead network", "forbidden", "unreadable", "sign-in"])
def test_check_mode_fails_where_reading_fails(ansible: Ansible, state: str, trouble: str) -> None:
    options = {**grant(state=state), "timeout": 2}
    if trouble == "dead network":
        options["cloud_environment"] = "https://localhost:9"
    elif trouble == "forbidden":
        options.update(
            tenant=CUSTOMER["AZURE_TENANT"],
            client_id="0c1f5d6e-0000-4000-8000-000000000017",
            secret="the-group-owners-secret",
        )
    elif trouble == "sign-in":
        options.update(tenant=CUSTOMER["AZURE_TENANT"], client_id=CUSTOMER["AZURE_CLIENT_ID"], secret="not-the-secret")
    else:
        page = "<html><title>Sorry</title></html>"
        ansible.azure.ask("faults", [{"api": "arm", "path": "roleAssignments", "status": 400, "body": page}])
    result = ansible.task("role_assignment", options, check_mode=True)
    assert result["failed"]
    assert not result["changed"]
    assert result["error"]["code"] in ("NoAnswer", "AuthorizationFailed", "AADSTS7000215", "400")


def test_a_killed_run_is_finished_by_the_next(ansible: Ansible) -> None:
    many_groups(ansible)
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "delay": 0.3, "after": False}])
    play = ansible.folder / "kill.yml"
    task = {"csp.azure.role_assignment": grant(*GROUPS)}
    play.write_text(
        yaml.safe_dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}])
    )
    with subprocess.Popen(
        ["ansible-playbook", str(play)],
        env=ansible.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 30
        while len(owners(ansible)) < 10 and time.monotonic() < until:
            time.sleep(0.05)
        for pid in family(process.pid):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.5)
    halfway = len(owners(ansible))
    assert 0 < halfway < 50
    ansible.azure.ask("faults", [])
    result = ansible.task("role_assignment", grant(*GROUPS))
    states = Counter(row["state"] for row in result["assignments"])
    assert states == {"unchanged": halfway, "created": 50 - halfway}
    assert owners(ansible) == sorted(GROUPS)


def test_two_runs_at_once_make_one_assignment_each(ansible: Ansible) -> None:
    many_groups(ansible)
    ansible.azure.ask("settings", {"exists_form": "long"})
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "delay": 0.05}])
    play = ansible.folder / "race.yml"
    task = {"csp.azure.role_assignment": grant(*GROUPS[:20])}
    play.write_text(
        yaml.safe_dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}])
    )
    runs = [
        subprocess.Popen(
            ["ansible-playbook", str(play)],
            env=ansible.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _number in range(2)
    ]
    for run in runs:
        output, _nothing = run.communicate()
        assert run.returncode == 0, output
    assert owners(ansible) == sorted(GROUPS[:20])


@pytest.mark.parametrize("form", ["short", "long"])
@pytest.mark.parametrize("lag", [0, 2])
def test_a_race_that_somebody_else_won_is_no_failure(ansible: Ansible, form: str, lag: int) -> None:
    """The list is empty, and yet the write meets an assignment of the same triple under another name."""
    ansible.azure.ask("settings", {"exists_form": form, "lag": lag})
    ansible.azure.ask(
        "faults",
        [{"api": "arm", "method": "GET", "path": "roleAssignments", "times": 1, "status": 200, "body": {"value": []}}],
    )
    scenario_assignment = {
        "scope": f"/subscriptions/{PRODUCTION}",
        "role": "Owner",
        "principal": AGENTS,
        "principal_type": "ForeignGroup",
    }
    ansible.azure.ask("assign", scenario_assignment)
    result = ansible.task("role_assignment", grant(wait_timeout=10))
    assert not result["failed"], result
    assert not result["changed"]
    assert [row["state"] for row in result["assignments"]] == ["unchanged"]
    assert len(owners(ansible)) == 1


FAULTS: dict[str, list[dict[str, Any]]] = {
    "throttled": [
        {"api": "arm", "path": "roleAssignments", "times": 3, "status": 429, "headers": {"Retry-After": "1"}}
    ],
    "server errors": [
        {"api": "arm", "times": 1, "status": status, "body": {"error": {"code": "ServerTimeout", "message": "late"}}}
        for status in (500, 502, 503, 504)
    ],
    "a page instead of JSON": [
        {"api": "arm", "path": "roleAssignments", "times": 1, "status": 502, "body": "<h1>Bad</h1>"}
    ],
    "dropped before": [{"api": "arm", "path": "roleAssignments", "times": 2, "drop": True}],
    "dropped after the write": [{"api": "arm", "method": "PUT", "times": 1, "after": True}],
    "cut off": [{"api": "arm", "method": "GET", "path": "roleAssignments", "times": 1, "truncate": True}],
    "sign-in throttled": [{"api": "login", "times": 1, "status": 429, "headers": {"Retry-After": "1"}}],
    "sign-in down": [{"api": "login", "method": "POST", "times": 2, "status": 503}],
    "metadata down": [{"api": "arm", "path": "metadata", "times": 2, "status": 503}],
    "graph dropped": [{"api": "graph", "times": 2, "drop": True}],
    "graph throttled": [{"api": "graph", "times": 1, "status": 429, "headers": {"Retry-After": "1"}}],
}


@pytest.mark.parametrize(
    "body", ["<html><title>Welcome to the hotel</title></html>", {}, []], ids=["a page", "nothing", "a list"]
)
def test_an_answer_that_is_not_azures_is_told(ansible: Ansible, body: Any) -> None:
    ansible.azure.ask(
        "faults", [{"api": "(arm|graph)", "path": "roleA|subscriptions|groups|getByIds", "status": 200, "body": body}]
    )
    run = ansible.tasks(
        {"csp.azure.role_assignment": grant()},
        {"csp.azure.subscription_info": {}},
        {"csp.azure.foreign_principal_info": {"principal_ids": [AGENTS]}},
        {"csp.azure.admin_agents_info": {}, "environment": PARTNER},
    )
    for result in run.results.values():
        assert result["error"]["code"] == "UnreadableAnswer", result
        assert "proxy" in result["msg"]


def test_a_tasks_own_timeout_stops_what_has_not_begun(ansible: Ansible) -> None:
    many_groups(ansible)
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "delay": 3}])
    result = ansible.task("role_assignment", grant(*GROUPS), timeout=3)
    assert result["failed"]
    time.sleep(4)
    assert len(owners(ansible)) <= 16


def test_hosts_have_identities_and_groups_of_their_own(ansible: Ansible) -> None:
    """One host's partner must never be given access at another host's customer."""
    partner = {
        "tenant": PARTNER["AZURE_TENANT"],
        "client_id": PARTNER["AZURE_CLIENT_ID"],
        "secret": PARTNER["AZURE_SECRET"],
    }
    hosts = {
        "one": {"reinstate_partner_identity": partner, "reinstate_scopes": [PRODUCTION]},
        "two": {
            "reinstate_partner_identity": {**partner, "tenant": "44444444-4444-4444-8444-444444444444"},
            "reinstate_scopes": [TEST],
        },
        "three": {"reinstate_admin_agents_id": "34c4dd11-0000-4000-8000-000000000001", "reinstate_scopes": [TEST]},
    }
    inventory = ansible.folder / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    run = ansible.playbook("csp.azure.reinstate", "-i", str(inventory), "-e", "reinstate_hosts=all")
    assert run.status == 2
    assert "AADSTS700016" in run.output
    assert owners(ansible) == [f"/subscriptions/{PRODUCTION}"]
    given = {item["principal"] for item in ansible.azure.assignments if item["scope"] == f"/subscriptions/{TEST}"}
    assert "34c4dd11-0000-4000-8000-000000000001" in given


def test_a_failing_role_leaves_its_result_and_its_log(ansible: Ansible) -> None:
    role = {"ansible.builtin.include_role": {"name": "csp.azure.reinstate"}}
    shown = {
        "ansible.builtin.debug": {"msg": "{{ reinstate_result.error.code }} {{ reinstate_result.summary | length }}"}
    }
    plays = [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "tasks": [
                {"block": [{**role, "vars": variables}], "rescue": [shown]}
                for variables in (
                    {"reinstate_scopes": PRODUCTION, "reinstate_partner_identity": {}},
                    {"reinstate_scopes": [TEST, WOODGROVE], "reinstate_admin_agents_id": AGENTS},
                )
            ],
        }
    ]
    run = ansible.playbook(plays)
    assert '"msg": "GroupNotFound 0"' in run.output, run.output
    assert '"msg": "InvalidAuthenticationTokenTenant 2"' in run.output
    log = ansible.folder / "newRoleAssignment.log"
    assert log.stat().st_mode & 0o777 == 0o600
    text = log.read_text()
    assert "InvalidAuthenticationTokenTenant" in text
    assert f"/subscriptions/{TEST}/providers/Microsoft.Authorization/roleAssignments" in text
    assert "the-customers-secret" not in text
    assert "eyJ" not in text


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_passing_faults_pass(ansible: Ansible, faults: list[dict[str, Any]]) -> None:
    ansible.azure.ask("faults", faults)
    result = ansible.task("partner_access", {"grants": [grant(PRODUCTION, TEST)]})
    assert not result["failed"], result
    assert {row["state"] for row in result["assignments"]} == {"created"}
    assert len(owners(ansible)) == 2


def test_slow_replication_is_waited_for(ansible: Ansible) -> None:
    ansible.azure.ask("settings", {"lag": 3})
    assert not ansible.task("role_assignment", grant(wait_timeout=20))["failed"]
    result = ansible.task("role_assignment", grant(TEST, wait_timeout=1))
    assert result["error"]["code"] == "NotReadBack"


def test_hash_conflicts_are_passed(ansible: Ansible) -> None:
    ansible.azure.ask("settings", {"hash_conflicts": 2})
    assert ansible.task("role_assignment", grant())["assignments"][0]["state"] == "created"
    assert not ansible.task("role_assignment", grant())["changed"]


def test_a_throttle_beyond_the_timeout_is_named(ansible: Ansible) -> None:
    throttle = {"api": "arm", "path": "roleAssignments", "status": 429, "headers": {"Retry-After": "3600"}}
    ansible.azure.ask("faults", [throttle])
    started = time.monotonic()
    result = ansible.task("role_assignment", grant(timeout=5))
    assert "3600 s" in result["msg"]
    assert "throttles" in result["error"]["hint"]
    assert time.monotonic() - started < 60


def test_a_lock_is_told_and_the_rest_is_removed(ansible: Ansible) -> None:
    group = f"/subscriptions/{PRODUCTION}/resourceGroups/web"
    ansible.task("role_assignment", grant(group, TEST))
    ansible.azure.ask("lock", group)
    result = ansible.task("role_assignment", grant(group, TEST, state="absent"))
    assert [row["state"] for row in result["assignments"]] == ["failed", "removed"]
    assert result["error"]["code"] == "ScopeLocked"
    assert "lock" in result["error"]["hint"]


def test_access_for_the_wrong_people_is_loud(ansible: Ansible) -> None:
    ansible.azure.ask("settings", {"takes_any_type": True})
    own = "77777777-0000-4000-8000-000000000001"
    for _time in range(2):
        result = ansible.task("role_assignment", {"principal_id": own, "scopes": [PRODUCTION]})
        assert result["error"]["code"] == "WrongPrincipalType"
        assert "wrong people" in result["msg"]


def test_many_pages_are_read(ansible: Ansible) -> None:
    many_groups(ansible)
    ansible.task("role_assignment", grant(*GROUPS))
    ansible.azure.ask("settings", {"page_size": 7})
    requests(ansible)
    assert not ansible.task("role_assignment", grant(*GROUPS))["changed"]
    assert requests(ansible) == {"GET": 8}


def test_the_playbook_runs_as_it_is_called(ansible: Ansible) -> None:
    partner = {name.replace("AZURE_", "CSP_PARTNER_"): value for name, value in PARTNER.items()}
    for changed in (1, 0):
        run = ansible.playbook(
            "csp.azure.reinstate", "-e", f"reinstate_scopes={PRODUCTION}", env={**CUSTOMER, **partner}
        )
        assert run.status == 0, run.output
        assert f"changed={changed} " in run.output
    alone = {**CUSTOMER, **dict.fromkeys(partner, "")}
    run = ansible.playbook(
        "csp.azure.reinstate", "-e", f"reinstate_scopes={TEST}", "-e", f"reinstate_admin_agents_id={AGENTS}", env=alone
    )
    assert run.status == 0, run.output
    assert owners(ansible) == [f"/subscriptions/{PRODUCTION}", f"/subscriptions/{TEST}"]


def test_a_tasks_own_timeout_waits_for_no_throttle(edge: Ansible) -> None:
    throttle = {"api": "arm", "path": "roleAssignments", "status": 429, "headers": {"Retry-After": "60"}}
    edge.azure.ask("faults", [throttle])
    started = time.monotonic()
    assert edge.task("role_assignment", grant(PRODUCTION, TEST), timeout=3)["failed"]
    assert time.monotonic() - started < 40


def test_another_machine_gets_the_module(ansible: Ansible) -> None:
    """Only the controller itself is served in process."""
    plays = [{"hosts": "far", "gather_facts": False, "tasks": [{"csp.azure.subscription_info": {}}]}]
    inventory = ansible.folder / "hosts"
    inventory.write_text("far ansible_connection=ansible.builtin.ssh ansible_host=127.0.0.1 ansible_port=9\n")
    run = ansible.playbook(plays, "-i", str(inventory))
    assert run.status == 4, run.output
    assert not [entry for entry in ansible.azure.log if entry["api"] == "arm"]


def test_slow_removal_is_waited_for(ansible: Ansible) -> None:
    ansible.task("role_assignment", grant(wait=False))
    ansible.azure.ask("settings", {"lag": 3})
    assert (
        ansible.task("role_assignment", grant(state="absent", wait_timeout=20))["assignments"][0]["state"] == "removed"
    )
    assert not ansible.task("role_assignment", grant(state="absent"))["changed"]


def test_one_bad_scope_hides_no_good_one(ansible: Ansible) -> None:
    unknown = "11111111-0000-4000-8000-000000000000"
    listed = ansible.task("role_assignment_info", {"scopes": [unknown, PRODUCTION]})
    allowed = ansible.task("permission_info", {"scopes": [unknown, PRODUCTION]})
    for result in (listed, allowed):
        assert result["failed"]
        assert result["error"]["code"] == "SubscriptionNotFound"
        assert f"/subscriptions/{unknown}: " in result["msg"]
    assert listed["assignments"]
    assert not allowed["allowed"]
    assert [row["allowed"] for row in allowed["permissions"]] == [True]


def test_a_resource_that_is_not_there_is_told(ansible: Ansible) -> None:
    site = f"/subscriptions/{PRODUCTION}/resourceGroups/web/providers/Microsoft.Web/sites"
    result = ansible.task("role_assignment", grant(f"{site}/shop", f"{site}/nowhere"))
    assert [row["state"] for row in result["assignments"]] == ["created", "failed"]
    assert result["error"]["code"] == "ResourceNotFound"
