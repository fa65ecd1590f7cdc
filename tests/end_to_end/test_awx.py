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
from pathlib import Path

import yaml

from ..azure_simulator.many import inventory, world
from .conftest import AGENTS, CUSTOMER, PARTNERS, PRODUCTION, Ansible, left
from .test_elevation import ADMINISTRATOR, elevated
from .test_hosts import agents

ROOT = Path(__file__).resolve().parents[2]


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


def test_the_recipe_of_the_audits_readme_passes_on_that_nobody_lacks_access_if_all_hosts_fail(ansible: Ansible) -> None:
    readme = (ROOT / "roles/audit/README.md").read_text(encoding="utf-8")
    plays = yaml.safe_load(
        next(text for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "set_stats" in text)
    )
    ansible.azure.ask("reset", world(2))
    hosts = inventory(2)
    for host in hosts["all"]["hosts"].values():
        host["reinstate_customer_identity"]["secret"] = "wrong"
    (ansible.folder / "hosts.json").write_text(json.dumps(hosts))
    env = {**dict.fromkeys(CUSTOMER, ""), **PARTNERS, "ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    run = ansible.playbook(plays, "-i", "hosts.json", env=env)
    assert run.output.count("AADSTS7000215") >= 2
    assert "nobody" in run.output.rpartition("CUSTOM STATS")[2], run.output
