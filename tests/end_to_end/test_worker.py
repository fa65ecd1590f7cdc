# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that works for all hosts of a run: that it is used, what it must not be used for, and that it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..azure_simulator.many import inventory, world
from .conftest import AGENTS, CUSTOMER, PARTNER, Ansible, left

# From so many hosts on, as the README says, the process is used without being asked for.
MANY_HOSTS = 20
REINSTATE = {
    "csp.azure.partner_access": {
        "grants": [{"principal_id": AGENTS, "scopes": "{{ reinstate_scopes }}"}],
        "tenant": "{{ reinstate_customer_identity.tenant }}",
        "client_id": "{{ reinstate_customer_identity.client_id }}",
        "secret": "{{ reinstate_customer_identity.secret }}",
    }
}
NO_SOCKETS = """
import socketserver

def server_bind(self):
    raise PermissionError(1, "Operation not permitted")

socketserver.UnixStreamServer.server_bind = server_bind
"""
BROKEN = """
from ansible_collections.csp.azure.plugins.modules import subscription_info
from ansible_collections.csp.azure.plugins.plugin_utils._in_process_action import InProcessAction

class ActionModule(InProcessAction):
    module = subscription_info

    @classmethod
    def execute(cls, **task):
        raise LookupError("one of ours")
"""
SUBSCRIPTIONS: dict[str, Any] = {"csp.azure.subscription_info": {}}


def play(*tasks: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "hosts": "all",
            "connection": "local",
            "gather_facts": False,
            "vars": {"csp_azure_worker": True},
            "tasks": list(tasks),
        }
    ]


def customers(ansible: Ansible, number: int) -> tuple[str, str]:
    """As many customers as hosts: the arguments that name them."""
    ansible.azure.ask("reset", world(number))
    (ansible.folder / "hosts.json").write_text(json.dumps(inventory(number)))
    return "-i", "hosts.json"


def beginnings(ansible: Ansible) -> int:
    """How many processes have begun to work: each has to learn once what cloud this is."""
    return len([entry for entry in ansible.azure.log if entry["path"].startswith("/metadata/")])


def agents(ansible: Ansible) -> int:
    return len([item for item in ansible.azure.assignments if item["principal"] == AGENTS])


def ended(mark: str) -> bool:
    until = time.monotonic() + 5
    while left(mark) and time.monotonic() < until:
        time.sleep(0.1)
    return not left(mark)


@contextmanager
def started(ansible: Ansible, mark: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A run in the background, whose output ends with it: nothing else holds on to it."""
    (ansible.folder / "play.yml").write_text(yaml.safe_dump(play(REINSTATE)))
    with subprocess.Popen(
        ["ansible-playbook", "play.yml", *args],
        cwd=ansible.folder,
        env=ansible.environment({"CSP_TEST_RUN": mark, **dict.fromkeys(CUSTOMER, "")}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process


def until_written(ansible: Ansible, number: int) -> None:
    until = time.monotonic() + 30
    while agents(ansible) < number:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_one_process_works_for_all_hosts_of_a_large_play(ansible: Ansible) -> None:
    """Without a variable; with --forks=1, each task that works itself would have to begin anew."""
    (large,) = play(REINSTATE)
    del large["vars"]
    run = ansible.playbook([large], *customers(ansible, MANY_HOSTS), "--forks=1", "-vvv")
    assert run.status == 0, run.output
    assert agents(ansible) == MANY_HOSTS
    assert beginnings(ansible) == 1
    assert run.output.count("the worker runs this task") == MANY_HOSTS


def test_what_a_person_has_to_do_is_shown(ansible: Ansible) -> None:
    code = {"auth_source": "device_code", "tenant": CUSTOMER["AZURE_TENANT"]}
    run = ansible.playbook(
        play({"csp.azure.subscription_info": code}), "-i", "one,two,", env=dict.fromkeys(CUSTOMER, "")
    )
    assert run.status == 0, run.output
    assert run.output.count("enter the code CSPAZURE1") == 2


def test_a_host_that_is_alone_needs_none(ansible: Ansible) -> None:
    run = ansible.playbook(play(SUBSCRIPTIONS, SUBSCRIPTIONS), "-i", "localhost,")
    assert run.status == 0, run.output
    assert beginnings(ansible) == 2


def test_what_a_task_has_for_itself_stays_with_it(ansible: Ansible) -> None:
    """An environment is one process's own; so each host of these signs in as what its task's environment says."""
    who = {"ansible.builtin.assert": {"that": "found.caller.tenant == wanted.AZURE_TENANT"}}
    task = {**SUBSCRIPTIONS, "environment": "{{ wanted }}", "register": "found"}
    hosts = {"all": {"hosts": {"customer": {"wanted": CUSTOMER}, "partner": {"wanted": PARTNER}}}}
    (ansible.folder / "hosts.json").write_text(json.dumps(hosts))
    run = ansible.playbook(play(SUBSCRIPTIONS, task, who), "-i", "hosts.json", env=dict(CUSTOMER))
    assert run.status == 0, run.output


def test_a_task_that_is_stopped_after_its_time_writes_no_more(ansible: Ansible) -> None:
    args = customers(ansible, 2)
    ansible.azure.ask("faults", [{"api": "arm", "method": "GET", "path": "roleAssignments", "delay": 3}])
    run = ansible.playbook(play({**REINSTATE, "timeout": 1}), *args)
    assert run.status == 2
    time.sleep(3)
    assert agents(ansible) == 0, run.output


def test_it_is_found_in_a_folder_with_a_long_name(ansible: Ansible) -> None:
    """The name of a socket must not be longer than 107 bytes."""
    long = ansible.folder / ("long" * 30)
    args = (*customers(ansible, 3), "--forks=1")
    run = ansible.playbook(play(REINSTATE), *args, env={"ANSIBLE_LOCAL_TEMP": str(long)})
    assert run.status == 0, run.output
    assert agents(ansible) == 3
    assert beginnings(ansible) == 1


def test_the_task_works_itself_where_there_can_be_no_such_process(ansible: Ansible) -> None:
    """As in a folder that holds no sockets."""
    (ansible.folder / "sitecustomize.py").write_text(NO_SOCKETS)
    env = {"PYTHONPATH": str(ansible.folder)}
    run = ansible.playbook(play(REINSTATE), *customers(ansible, 3), env=env)
    assert run.status == 0, run.output
    assert agents(ansible) == beginnings(ansible) == 3


def test_an_error_that_is_none_of_azures_is_shown(ansible: Ansible) -> None:
    (ansible.folder / "action_plugins").mkdir()
    (ansible.folder / "action_plugins/broken.py").write_text(BROKEN)
    run = ansible.playbook(play({"broken": {}}), "-i", "one,two,")
    assert run.status == 2
    assert "LookupError: one of ours" in run.output
    assert not beginnings(ansible)


def test_a_process_that_is_killed_fails_those_under_way_and_is_replaced(ansible: Ansible) -> None:
    args, mark = customers(ansible, 12), str(uuid.uuid4())
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "delay": 2}])
    with started(ansible, mark, *args, "--forks=2") as run:
        until_written(ansible, 1)
        (shared,) = [pid for pid, parent in left(mark).items() if run.pid not in (pid, parent)]
        held = {os.readlink(item) for item in Path(f"/proc/{shared}/fd").iterdir()}
        assert run.stdout
        assert f"pipe:[{os.fstat(run.stdout.fileno()).st_ino}]" not in held, (
            "who reads ansible's output must not wait for this process"
        )
        time.sleep(1)  # the next ones are under way
        os.kill(shared, signal.SIGKILL)
        ansible.azure.ask("faults", [])
        output, _nothing = run.communicate()
    assert run.returncode == 2, output
    assert 0 < output.count("fatal: ") <= 2
    assert output.count("may be incomplete; run again") >= output.count("fatal: ")
    assert output.count("changed: ") == 12 - output.count("fatal: ")
    assert beginnings(ansible) < 8, "nobody works alone"
    assert ended(mark)


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_ansible(ansible: Ansible, number: signal.Signals | None) -> None:
    args, mark = customers(ansible, 6), str(uuid.uuid4())
    if number:
        ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "delay": 0.5}])
    with started(ansible, mark, *args, "--forks=2") as run:
        if number:
            until_written(ansible, 1)
            os.kill(run.pid, number)
        run.communicate()
    assert bool(run.returncode) == bool(number)
    assert ended(mark)
    assert (agents(ansible) < 6) == bool(number)
