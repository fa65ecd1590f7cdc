# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What jobs of AWX meet: they are killed, their inventory is always there, and surveys send empty texts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from typing import Any

from ..azure_simulator.many import inventory, world
from .conftest import AGENTS, CUSTOMER, PARTNERS, PRODUCTION, WOODGROVE, Ansible, Run, left
from .test_elevation import ADMINISTRATOR, elevated
from .test_hosts import agents
from .test_procedure import AGENT, WOODGROVES


def test_a_killed_run_says_how_to_remove_the_elevation_and_a_playbook_does(ansible: Ansible) -> None:
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "hold": 30}])
    identity = {
        "AZURE_TENANT": ADMINISTRATOR["tenant"],
        "AZURE_CLIENT_ID": ADMINISTRATOR["client_id"],
        "AZURE_REFRESH_TOKEN": ADMINISTRATOR["refresh_token"],
    }
    env = {**dict.fromkeys(CUSTOMER, ""), **identity}
    variables = {"reinstate_elevate": True, "reinstate_admin_agents_id": AGENTS, "reinstate_scopes": PRODUCTION}
    command = ["ansible-playbook", "csp.azure.reinstate", "-e", json.dumps(variables)]
    with subprocess.Popen(
        command, cwd=ansible.folder, env=ansible.environment(env), stdout=subprocess.PIPE, text=True
    ) as process:
        while not any(entry["method"] == "PUT" for entry in ansible.azure.log):
            assert process.poll() is None
            time.sleep(0.05)
        for pid in left(ansible.mark):
            os.kill(pid, signal.SIGKILL)
        output, _nothing = process.communicate()
    assert len(elevated(ansible)) == 1
    assert "ansible-playbook csp.azure.take_back" in output
    ansible.azure.ask("faults", [])
    run = ansible.playbook("csp.azure.take_back", env=env)
    assert run.status == 0, run.output
    assert elevated(ansible) == []
    assert "changed=0" in ansible.playbook("csp.azure.take_back", env=env).output


def test_the_playbooks_work_on_the_customers_of_the_inventory(ansible: Ansible) -> None:
    ansible.azure.ask("reset", world(3))
    hosts = inventory(3)
    (ansible.folder / "hosts.json").write_text(json.dumps(hosts))
    env = {**dict.fromkeys(CUSTOMER, ""), **PARTNERS}
    run = ansible.playbook("csp.azure.reinstate", "-i", "hosts.json", env=env)
    assert run.status == 0, run.output
    assert agents(ansible) == 3
    hosts["all"]["children"] = {"csp_customers": {"hosts": {"c0001": {}}}}
    (ansible.folder / "hosts.json").write_text(json.dumps(hosts))
    for playbook in ("reinstate", "audit"):
        run = ansible.playbook(f"csp.azure.{playbook}", "-i", "hosts.json", "-e", f"{playbook}_hosts=", "--list-hosts")
        assert re.findall(r"hosts \((\d)\):\s+(\S+)", run.output) == [("1", "c0001")], run.output


def sign_in(variables: dict[str, str], prefix: str) -> dict[str, str]:
    """The options that these variables of the environment stand for."""
    return {name.removeprefix(prefix).lower(): value for name, value in variables.items()}


def artifacts_of(run: Run) -> dict[str, Any]:
    """The artifacts of a job: what the run's statistics end with."""
    text = run.output.rpartition("RUN: ")[2]
    artifacts, _end = json.JSONDecoder().raw_decode(text)
    assert isinstance(artifacts, dict)
    return artifacts


class Jobs:
    """Runs playbooks as AWX runs jobs: the whole inventory or a slice of it, extra variables with the job's ID, artifacts handed on."""

    def __init__(self, ansible: Ansible, customers: int) -> None:
        ansible.azure.ask("reset", world(customers))
        self.ansible = ansible
        self.hosts = inventory(customers)
        self.artifacts: dict[str, Any] = {}

    def run(self, job: int, playbook: str, part: slice = slice(None), **variables: Any) -> Run:
        """Run a job; AWX cuts slices from the hosts sorted by name."""
        hosts = {name: self.hosts["all"]["hosts"][name] for name in sorted(self.hosts["all"]["hosts"])[part]}
        (self.ansible.folder / "hosts.json").write_text(json.dumps({"all": {**self.hosts["all"], "hosts": hosts}}))
        (self.ansible.folder / "vars.json").write_text(json.dumps({**variables, **self.artifacts, "awx_job_id": job}))
        env = {**dict.fromkeys(CUSTOMER, ""), **PARTNERS, "ANSIBLE_SHOW_CUSTOM_STATS": "true"}
        run = self.ansible.playbook(f"csp.azure.{playbook}", "-i", "hosts.json", "-e", "@vars.json", env=env)
        if "CUSTOM STATS" in run.output:
            self.artifacts |= artifacts_of(run)
        return run


def test_slices_of_an_audit_then_a_report_then_what_lacks_access_is_restored(ansible: Ansible) -> None:
    jobs = Jobs(ansible, 5)
    for number in range(3):
        run = jobs.run(10 + number, "audit", slice(number, None, 3), audit_artifacts=["rows"])
        assert run.status == 0, run.output
    assert sorted(jobs.artifacts) == [f"csp_azure_audit_rows_{job}" for job in (10, 11, 12)]
    report = jobs.run(13, "audit_report", audit_artifacts=["page"], audit_fail_if_lacking=True)
    assert report.status == 2
    assert "These customers lack access: c0000, c0001, c0002, c0003, c0004" in report.output
    assert "5 customers (0 could not be checked)" in report.output
    assert "c0004" in jobs.artifacts["csp_azure_audit_page_13"]
    restored = jobs.run(14, "reinstate", reinstate_hosts="nobody", reinstate_artifacts=["rows"])
    assert "5 customers: 5 changed, 0 unchanged, 0 failed." in restored.output
    jobs.artifacts = {}
    assert jobs.run(15, "audit", audit_artifacts=["rows"]).status == 0
    quiet = jobs.run(16, "audit_report", audit_fail_if_lacking=True)
    assert quiet.status == 0, quiet.output
    assert jobs.artifacts["reinstate_hosts"] == "nobody"
    assert "no hosts matched" in jobs.run(17, "reinstate", reinstate_hosts="nobody").output


def test_a_report_names_the_customers_of_a_slice_that_left_none(ansible: Ansible) -> None:
    jobs = Jobs(ansible, 3)
    run = jobs.run(20, "reinstate", slice(0, None, 2), reinstate_artifacts=["rows", "page"])
    assert run.status == 0, run.output
    jobs.artifacts["csp_azure_reinstate_page_20"] = ""
    report = jobs.run(21, "reinstate_report", reinstate_artifacts=["page"])
    assert "3 customers: 2 changed, 0 unchanged, 1 failed." in report.output
    assert "NoRow: No report that was merged has a row of this customer." in report.output
    assert "c0001" in jobs.artifacts["csp_azure_reinstate_page_21"]


def test_a_host_that_fails_is_told_once_and_promises_no_file_that_is_lost_with_the_job(ansible: Ansible) -> None:
    jobs = Jobs(ansible, 2)
    jobs.hosts["all"]["hosts"]["c0001"]["reinstate_customer_identity"]["secret"] = "nobodys-s3cret~Q"
    run = jobs.run(30, "reinstate")
    assert run.status == 2
    assert re.findall(r"fatal: \[c0001\]: FAILED! => .*", run.output)[1:] == [
        'fatal: [c0001]: FAILED! => {"changed": false, "msg": "AADSTS7000215, as shown before: this host failed there."}'
    ]
    assert re.findall(r"TASK \[(.*?)\]", run.output) == [
        "csp.azure.reinstate : Check and assign (steps 1 to 6)",
        "csp.azure.reinstate : Fail the host",
        "csp.azure.reinstate : Report",
        "csp.azure.reinstate : Hand off to the customers that have no relationship",
    ]
    assert "newRoleAssignment.log" not in run.output
    assert not (ansible.folder / "newRoleAssignment.log").exists()


def test_a_job_hands_off_to_a_folder_that_is_named_only(ansible: Ansible) -> None:
    jobs = Jobs(ansible, 0)
    jobs.hosts["all"]["hosts"] = {
        "woodgrove": {"reinstate_customer_identity": sign_in(WOODGROVES, "AZURE_"), "reinstate_scopes": [WOODGROVE]}
    }
    agent = {"reinstate_partner_identity": sign_in(AGENT, "CSP_PARTNER_")}
    run = jobs.run(40, "reinstate", **agent)
    assert "No files were written for woodgrove, because reinstate_handoff_directory is empty." in run.output
    assert not (ansible.folder / "handoff").exists()
    run = jobs.run(41, "reinstate", reinstate_handoff_directory="/proc/none", **agent)
    assert "The files for woodgrove could not be written to /proc/none." in run.output
    assert run.output.count("NoRelationship") > 0


def test_a_job_that_only_hands_off_needs_a_folder(ansible: Ansible) -> None:
    run = Jobs(ansible, 1).run(45, "handoff", handoff_customers=[{"tenant": "t", "scopes": ["s"]}])
    assert run.status == 2
    assert "handoff_directory is empty. In AWX, name a folder that the job mounts" in run.output


def test_the_audit_reports_that_nobody_lacks_access_if_all_hosts_fail(ansible: Ansible) -> None:
    jobs = Jobs(ansible, 2)
    for host in jobs.hosts["all"]["hosts"].values():
        host["reinstate_customer_identity"]["secret"] = "nobodys-s3cret~Q"
    run = jobs.run(50, "audit", audit_artifacts=["rows"])
    assert run.status == 2
    report = jobs.run(51, "audit_report", audit_fail_if_lacking=True)
    assert report.status == 0
    assert "2 customers (2 could not be checked)" in report.output
    assert jobs.artifacts["reinstate_hosts"] == "nobody"
