# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook over many customers, whatever the strategy: each by itself, one report of all."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ..azure_simulator.many import APPLICATION, inventory, subscription, tenant, world
from .conftest import AGENTS, CUSTOMER, PARTNERS, PRODUCTION, Ansible, Run


def reinstate(
    ansible: Ansible,
    customers: int,
    *args: str,
    env: dict[str, str] | None = None,
    hosts: dict[str, Any] | None = None,
    **variables: Any,
) -> Run:
    path = ansible.folder / "hosts.json"
    path.write_text(json.dumps(hosts or inventory(customers)))
    given = {"reinstate_hosts": "all", "reinstate_report": "out/report", "reinstate_wait_timeout": 20, **variables}
    partner = PARTNERS
    return ansible.playbook(
        "csp.azure.reinstate",
        "-i",
        str(path),
        "-e",
        json.dumps(given),
        *args,
        env={**dict.fromkeys(CUSTOMER, ""), **partner, **(env or {})},
    )


def rows(ansible: Ansible, name: str = "report") -> dict[str, dict[str, Any]]:
    lines = (ansible.folder / "out" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {item["customer"]: item for item in map(json.loads, lines)}


def agents(ansible: Ansible) -> int:
    return len([item for item in ansible.azure.assignments if item["principal"] == AGENTS])


@pytest.mark.parametrize("how", ["linear", "free", "serial", "module"])
def test_all_hosts_and_one_report_though_some_fail(ansible: Ansible, how: str) -> None:
    ansible.azure.ask("reset", world(8))
    locked = {"error": {"code": "RequestDisallowedByPolicy", "message": "<b>no</b>"}}
    ansible.azure.ask(
        "faults", [{"api": "arm", "method": "PUT", "path": subscription(3), "status": 403, "body": locked}]
    )
    args = {"module": ("-e", "csp_azure_in_process=false"), "serial": ("-e", "reinstate_serial=3")}.get(how, ())
    strategy = {"ANSIBLE_STRATEGY": "free"} if how == "free" else {}
    run = reinstate(ansible, 8, *args, env=strategy)
    assert run.status == 2
    assert agents(ansible) == 7, run.output
    result = rows(ansible)
    assert sorted(result) == [f"c{number:04}" for number in range(8)]
    assert [name for name, item in result.items() if item["outcome"] == "failed"] == ["c0003"]
    assert result["c0003"]["code"] == "RequestDisallowedByPolicy"
    with (ansible.folder / "out" / "report.csv").open(newline="", encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == 8
    page = (ansible.folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "8 customers: 7 changed, 0 unchanged, 1 failed." in run.output
    lookups = [entry for entry in ansible.azure.log if entry["api"] == "graph" and entry["path"].endswith("/groups")]
    assert len(lookups) == (8 if how == "module" else 1), "AdminAgents is looked up once for all"
    lists = [entry for entry in ansible.azure.log if entry["path"].endswith("/delegatedAdminRelationships")]
    assert len(lists) == (8 if how == "module" else 1), "relationships are listed once for all"


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_no_host_gets_another_hosts_partner(ansible: Ansible, strategy: str) -> None:
    """Hosts of two partners by turns, whose customers know both."""
    result = world(8)
    other = "44444444-4444-4444-8444-444444444444"
    for item in result["tenants"]:
        if item["id"].startswith("88888888"):
            item["partners"].append({"tenant": other})
        if item["id"] == other:
            identity = {"object_id": "5e6ad4a5-2222-4000-8000-000000000001", "name": "p", "client_id": APPLICATION}
            item["identities"] = [{**identity, "secret": "the-other-partners-secret", "reads_directory": True}]
    ansible.azure.ask("reset", result)
    hosts = inventory(8)
    second = {"tenant": other, "client_id": APPLICATION, "secret": "the-other-partners-secret"}
    for name in list(hosts["all"]["hosts"])[1::2]:
        hosts["all"]["hosts"][name]["reinstate_partner_identity"] = second
    run = reinstate(ansible, 8, env={"ANSIBLE_STRATEGY": strategy}, hosts=hosts)
    assert run.status == 0, run.output
    theirs = {"34c4dd11-0000-4000-8000-000000000001", AGENTS}
    given = {item["scope"][-1]: item["principal"] for item in ansible.azure.assignments if item["principal"] in theirs}
    assert given == {str(number): AGENTS if number % 2 == 0 else min(theirs - {AGENTS}) for number in range(8)}


def test_a_bad_first_host_stops_no_other(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    hosts = inventory(3)
    hosts["all"]["hosts"]["c0000"]["reinstate_grants"] = "{{ nowhere }}"
    run = reinstate(ansible, 3, hosts=hosts)
    assert run.status == 2
    assert {name: item["outcome"] for name, item in rows(ansible).items()} == {
        "c0000": "failed",
        "c0001": "changed",
        "c0002": "changed",
    }, run.output


def test_a_second_failure_is_in_the_report(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(2))
    role = {"ansible.builtin.include_role": {"name": "csp.azure.reinstate"}}
    broken = {**role, "vars": {"reinstate_description": "{{ nowhere if inventory_hostname == 'c0001' else '' }}"}}
    reinstate(ansible, 2)  # writes the inventory
    play = {"hosts": "all", "gather_facts": False, "tasks": [role, broken]}
    variables = {"reinstate_report": "out/two", "reinstate_admin_agents_id": AGENTS}
    run = ansible.playbook([play], "-i", "hosts.json", "-e", json.dumps(variables))
    assert run.status == 2
    assert "nowhere" in run.output
    lines = (ansible.folder / "out" / "two.jsonl").read_text(encoding="utf-8").splitlines()
    assert ("c0001", "failed") in {(item["customer"], item["outcome"]) for item in map(json.loads, lines)}


def test_what_cannot_be_written_hides_nothing(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(2))
    refused = {"error": {"code": "RequestDisallowedByPolicy", "message": "no"}}
    ansible.azure.ask(
        "faults", [{"api": "arm", "method": "PUT", "path": subscription(1), "status": 403, "body": refused}]
    )
    nowhere = {"reinstate_report": "/proc/nowhere/report", "reinstate_failure_log": "/proc/nowhere/log"}
    run = reinstate(ansible, 2, **nowhere)
    assert run.status == 2
    assert "RequestDisallowedByPolicy" in run.output
    assert "2 customers: 1 changed, 0 unchanged, 1 failed." in run.output
    assert "/proc/nowhere/report.jsonl cannot be written" in run.output


def test_one_host_may_stand_for_many_customers(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    customers = list(inventory(3)["all"]["hosts"].values())
    loop = {
        "ansible.builtin.include_role": {"name": "csp.azure.reinstate"},
        "vars": {
            "reinstate_scopes": "{{ one.reinstate_scopes }}",
            "reinstate_customer_identity": "{{ one.reinstate_customer_identity }}",
        },
        "loop": customers,
        "loop_control": {"loop_var": "one", "label": "x"},
    }
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [loop]}
    variables = {"reinstate_report": "out/loop", "reinstate_admin_agents_id": AGENTS}
    run = ansible.playbook([play], "-e", json.dumps(variables))
    assert run.status == 0, run.output
    lines = (ansible.folder / "out" / "loop.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["tenant"] for line in lines] == [tenant(number) for number in range(3)]


def test_hosts_that_failed_before_are_in_the_report(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    plays = [
        {
            "hosts": "all",
            "gather_facts": False,
            "pre_tasks": [{"ansible.builtin.fail": {"msg": "no"}, "when": "inventory_hostname == 'c0001'"}],
            "tasks": [{"ansible.builtin.import_role": {"name": "csp.azure.reinstate"}}],
        }
    ]
    reinstate(ansible, 3)  # writes the inventory
    variables = {"reinstate_report": "out/second", "reinstate_admin_agents_id": AGENTS}
    run = ansible.playbook(plays, "-i", "hosts.json", "-e", json.dumps(variables))
    assert run.status == 2
    result = rows(ansible, "second")
    assert {name: item["code"] for name, item in result.items()} == {"c0000": None, "c0001": "NoResult", "c0002": None}


def test_all_hosts_fail_and_the_report_is_there(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    ansible.azure.ask("faults", [{"api": "arm", "status": 403, "body": {"error": {"code": "X", "message": "no"}}}])
    run = reinstate(ansible, 3)
    assert run.status == 2
    assert [item["outcome"] for item in rows(ansible).values()] == ["failed"] * 3
    assert "3 customers: 0 changed, 0 unchanged, 3 failed." in run.output


def test_only_failed_hosts_are_retried(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(4))
    body = {"error": {"code": "X", "message": "no"}}
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "path": subscription(2), "status": 403, "body": body}])
    retry = {"ANSIBLE_RETRY_FILES_ENABLED": "true", "ANSIBLE_RETRY_FILES_SAVE_PATH": str(ansible.folder)}
    assert reinstate(ansible, 4, env=retry).status == 2
    ansible.azure.ask("faults", [])
    ansible.azure.ask("forget", {})
    second = reinstate(ansible, 4, "--limit", f"@{ansible.folder}/reinstate.retry")
    assert second.status == 0, second.output
    assert agents(ansible) == 4
    assert {entry["path"].split("/")[2] for entry in ansible.azure.log if "roleAssignments" in entry["path"]} == {
        subscription(2)
    }


def test_slices_are_merged(ansible: Ansible) -> None:
    """AWX cuts an inventory by sorted names; each slice is a run of its own."""
    ansible.azure.ask("reset", world(5))
    names = [f"c{number:04}" for number in range(5)]
    for number in range(2):
        limit = ",".join(names[number::2])
        run = reinstate(ansible, 5, "--limit", limit, reinstate_report=f"out/slice-{number}")
        assert run.status == 0, run.output
    files = [str(ansible.folder / "out" / f"slice-{number}.jsonl") for number in range(2)]
    merge = {"csp.azure.reinstate_report": {"merge": files, "path": str(ansible.folder / "out" / "all")}}
    result = ansible.tasks({"name": "merge", **merge}).results["merge"]
    assert result["totals"]["customers"] == 5
    assert sorted(rows(ansible, "all")) == names


def test_few_writes_left_slow_a_task_down_before_it_is_refused(ansible: Ansible) -> None:
    """A bucket of 40 writes, refilled as ARM does: 100 scopes would empty it at once."""
    actual = world(1)
    groups = {f"g{number:03}": [] for number in range(100)}
    actual["subscriptions"][-1]["resource_groups"] = groups
    ansible.azure.ask("reset", actual)
    ansible.azure.ask("limits", {"writes": [40, 10]})
    scopes = [f"/subscriptions/{subscription(0)}/resourceGroups/{name}" for name in groups]
    env = {"AZURE_TENANT": tenant(0), "AZURE_CLIENT_ID": APPLICATION, "AZURE_SECRET": "the-applications-secret"}
    result = ansible.task("role_assignment", {"principal_id": AGENTS, "scopes": scopes, "wait": False}, env=env)
    assert {row["state"] for row in result["assignments"]} == {"created"}, result["msg"]
    assert agents(ansible) == 100
    assert [entry for entry in ansible.azure.log if entry["status"] == 429] == []


@pytest.mark.parametrize("storm", ["429", "dropped and 503"])
def test_a_storm_passes(ansible: Ansible, storm: str) -> None:
    """One in three answers is a 429, or one in ten a dropped connection or a 503: nothing is lost, nothing is written twice."""
    ansible.azure.ask("reset", world(12))
    throttled = {"error": {"code": "SubscriptionRequestsThrottled", "message": "Please try again."}}
    faults = [{"api": "arm", "probability": 0.33, "status": 429, "body": throttled, "headers": {"Retry-After": "1"}}]
    if storm != "429":
        faults = [{"probability": 0.05, "drop": True}, {"probability": 0.05, "status": 503}]
    ansible.azure.ask("faults", faults)
    run = reinstate(ansible, 12)
    assert run.status == 0, run.output
    assert agents(ansible) == 12
    ansible.azure.ask("faults", [])
    ansible.azure.ask("forget", {})
    assert "changed=1 " not in reinstate(ansible, 12).output
    assert not [entry for entry in ansible.azure.log if entry["method"] == "PUT"]


def test_a_killed_run_over_hosts_is_finished_by_the_next(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(20))
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "delay": 0.2}])
    original = subprocess.run

    def killed(*args: Any, **options: Any) -> Any:
        with subprocess.Popen(
            args[0], start_new_session=True, cwd=options["cwd"], env=options["env"], stdout=subprocess.DEVNULL
        ) as process:
            while agents(ansible) < 6:
                assert process.poll() is None
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGKILL)
        return subprocess.CompletedProcess(args[0], -9, "", "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", killed)
        reinstate(ansible, 20)
    assert subprocess.run is original
    ansible.azure.ask("faults", [])
    assert agents(ansible) < 20
    run = reinstate(ansible, 20)
    assert run.status == 0, run.output
    assert agents(ansible) == 20
    assert len(rows(ansible)) == 20


def test_every_enabled_subscription(ansible: Ansible) -> None:
    result = ansible.task("partner_access", {"grants": [{"principal_id": AGENTS, "scopes": ["all"]}]})
    assert [row["state"] for row in result["assignments"]] == ["created", "created"], result
    assert [step["outcome"] for step in result["steps"] if step["step"] == "place"] == ["skipped"]


def test_hosts_that_another_ones_failure_stops_keep_what_was_done(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    refused = {"error": {"code": "RequestDisallowedByPolicy", "message": "no"}}
    ansible.azure.ask(
        "faults", [{"api": "arm", "method": "PUT", "path": subscription(1), "status": 403, "body": refused}]
    )
    (ansible.folder / "hosts.json").write_text(json.dumps(inventory(3)))
    role = {"ansible.builtin.include_role": {"name": "csp.azure.reinstate"}}
    play = {"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": [role]}
    variables = {"reinstate_report": "out/report", "reinstate_admin_agents_id": AGENTS}
    run = ansible.playbook([play], "-i", "hosts.json", "-e", json.dumps(variables), env=dict.fromkeys(CUSTOMER, ""))
    assert run.status == 2
    assert {name: item["created"] for name, item in rows(ansible).items()} == {"c0000": 1, "c0001": 0, "c0002": 1}, (
        run.output
    )


@pytest.mark.parametrize("partner", [False, True], ids=["alone", "with the partner's identity"])
def test_what_a_customer_costs(ansible: Ansible, partner: bool) -> None:
    """A first run: two tokens, the list, the directory, the write and the list again. A second run: a token and the list."""
    count = 3
    ansible.azure.ask("reset", world(count))
    (ansible.folder / "hosts.json").write_text(json.dumps(inventory(count)))
    env = {**dict.fromkeys(CUSTOMER, ""), **(PARTNERS if partner else {})}
    given = [
        "-i",
        "hosts.json",
        "-f",
        "1",
        "-e",
        "csp_azure_worker=true",
        *([] if partner else ["-e", f"reinstate_admin_agents_id={AGENTS}"]),
    ]

    def requests() -> Counter[str]:
        ansible.azure.ask("forget")
        run = ansible.playbook("csp.azure.reinstate", *given, env=env)
        assert run.status == 0, run.output
        names = (f"{entry['api']} {entry['method']} {entry['path'].rpartition('/')[2]}" for entry in ansible.azure.log)
        kinds = Counter(re.sub(r"[0-9a-f-]{36}", "ID", name) for name in names)
        return Counter({name: number for name, number in kinds.items() if number >= count})

    first = {
        "login POST token": 2 * count,
        "arm GET roleAssignments": 2 * count,
        "graph POST getByIds": count,
        "arm PUT ID": count,
    }
    # The partner signs in once to look up AdminAgents, and once for all customers.
    look = {"login POST token": 2 * count + 2} if partner else {}
    look |= {"graph GET accessAssignments": count} if partner else {}
    assert requests() == {**first, **look}
    second = requests()
    assert second["arm GET roleAssignments"] == count
    assert set(second) == {"login POST token", "arm GET roleAssignments"}


def on_a_terminal(command: list[str], folder: Path, env: dict[str, str]) -> str:
    """What a person sees of a command."""
    terminal, end = pty.openpty()
    with subprocess.Popen(command, cwd=folder, env=env, stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        shown = b""
        with suppress(OSError):  # the other end is closed
            while part := os.read(terminal, 4096):
                shown += part
    os.close(terminal)
    assert process.returncode in (0, 2), shown
    return shown.decode()


def test_a_person_sees_how_far_a_run_is(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(4))
    hosts = inventory(4)
    hosts["all"]["hosts"]["c0000"]["reinstate_customer_identity"]["secret"] = "wrong"
    (ansible.folder / "hosts.json").write_text(json.dumps(hosts))
    enabled = {"ANSIBLE_CALLBACKS_ENABLED": "csp.azure.progress", "CSP_AZURE_PROGRESS_INTERVAL": "0"}
    env = ansible.environment({**dict.fromkeys(CUSTOMER, ""), **PARTNERS, **enabled})
    command = ["ansible-playbook", "csp.azure.reinstate", "-i", "hosts.json", "-f", "1"]
    shown = on_a_terminal(command, ansible.folder, env)
    assert re.search(r"^1 of 4 hosts, 1 failed, about \d+ s left\r$", shown, re.MULTILINE), shown
    assert re.search(r"^3 of 4 hosts, 1 failed, about \d+ s left\r$", shown, re.MULTILINE), shown
    assert "4 of 4" not in shown
    for other in (
        ansible.playbook(*command[1:], env=env).output,
        on_a_terminal(command, ansible.folder, {**env, "AWX_ISOLATED_DATA_DIR": "x"}),
    ):
        assert "c0003" in other
        assert " of 4 hosts" not in other


@pytest.mark.parametrize("playbook", ["reinstate", "audit"])
@pytest.mark.parametrize(
    ("inventory_text", "hosts", "words"),
    [
        ("all:\n", "", "The inventory has no hosts."),
        ("all: {hosts: {a.example: }}\n", "b.example", "No host of the inventory matches"),
    ],
    ids=["an inventory without hosts", "a misspelled host"],
)
def test_a_run_without_hosts_fails_and_writes_no_report(
    ansible: Ansible, playbook: str, inventory_text: str, hosts: str, words: str
) -> None:
    (ansible.folder / "hosts.yml").write_text(inventory_text)
    given = {f"{playbook}_hosts": hosts, f"{playbook}_report": "report"}
    run = ansible.playbook(f"csp.azure.{playbook}", "-i", "hosts.yml", "-e", json.dumps(given))
    assert run.status != 0
    assert words in run.output
    assert not list(ansible.folder.glob("report*"))
    assert ansible.azure.log == []


def test_a_group_may_be_empty(ansible: Ansible) -> None:
    (ansible.folder / "hosts.yml").write_text("all: {hosts: {a.example: }, children: {audit_worklist: }}\n")
    run = ansible.playbook("csp.azure.reinstate", "-i", "hosts.yml", "-e", "reinstate_hosts=audit_worklist")
    assert (run.status, ansible.azure.log) == (0, [])


def test_a_misspelled_variable_fails_before_anything_is_written(ansible: Ansible) -> None:
    given = {"reinstate_scopes": [PRODUCTION], "reinstate_rolle": "Reader"}
    run = ansible.playbook("csp.azure.reinstate", "-e", json.dumps(given), env=PARTNERS)
    assert run.status != 0
    assert "reinstate_rolle is not a variable of the role csp.azure.reinstate. Use reinstate_role" in run.output
    assert ansible.azure.log == []
