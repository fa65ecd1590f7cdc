# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example project as AWX runs it: its inventory is synchronised, kept in AWX's database, and given to the jobs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..azure_simulator.many import APPLICATION, SECRET, world
from ..end_to_end.conftest import CUSTOMER, PARTNERS, Ansible, Run
from ..end_to_end.test_hosts import agents

PROJECT = Path(__file__).resolve().parents[2] / "examples/awx"
# How AWX runs ansible-inventory.
SYNC = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "true"}
NOTHING = dict.fromkeys(CUSTOMER, "")
# AWX's credential for Azure: the application that all customers know, in the partner's tenant.
AZURE = {"AZURE_TENANT": PARTNERS["CSP_PARTNER_TENANT"], "AZURE_CLIENT_ID": APPLICATION, "AZURE_SECRET": SECRET}


def synchronised(ansible: Ansible, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("ansible-inventory")),
        "-i",
        "our.csp_customers.yml",
        "--list",
        "--export",
        *args,
    ]
    environment = ansible.environment({**NOTHING, **PARTNERS, **SYNC, **env})
    return subprocess.run(command, cwd=ansible.folder, env=environment, capture_output=True, text=True, check=False)


def job(ansible: Ansible, playbook: str, **variables: Any) -> Run:
    """Run a playbook of the project with what AWX gives a job."""
    given = json.dumps({"awx_job_id": 7, **variables})
    command = (str(ansible.folder / f"{playbook}.yml"), "-i", "inventory.json", "-e", given)
    return ansible.playbook(*command, env={**NOTHING, **PARTNERS, **AZURE})


def test_a_synchronised_inventory_and_its_jobs(ansible: Ansible) -> None:
    ansible.azure.ask("reset", {**world(4), "settings": {}})
    shutil.copytree(PROJECT, ansible.folder, dirs_exist_ok=True)
    sync = synchronised(ansible)
    assert sync.returncode == 0, sync.stderr
    assert not [text for text in ("__ansible_unsafe", SECRET, PARTNERS["CSP_PARTNER_SECRET"]) if text in sync.stdout]
    inventory = json.loads(sync.stdout)
    assert inventory["all"]["vars"]["reinstate_customer_identity"] == {"tenant": "{{ csp_tenant_id }}"}
    many = [name for name, values in inventory["_meta"]["hostvars"].items() if values["csp_domain"].startswith("c")]
    # AWX gives a job the synchronised hosts, not the file.
    (ansible.folder / "our.csp_customers.yml").unlink()
    (ansible.folder / "stored.json").write_text(sync.stdout)
    script = ansible.folder / "inventory.json"
    script.write_text(f"#!{sys.executable}\nprint(open({str(ansible.folder / 'stored.json')!r}).read())\n")
    script.chmod(0o755)
    run = job(ansible, "reinstate", reinstate_hosts=":".join(many))
    assert run.status == 0, run.output
    assert f"{len(many)} customers: {len(many)} changed" in run.output
    assert agents(ansible) == len(many) > 3
    again = job(ansible, "reinstate", reinstate_hosts=":".join(many))
    assert f"0 changed, {len(many)} unchanged" in again.output
    audit = job(ansible, "audit", audit_hosts=":".join(many), audit_artifacts=["rows"])
    assert f"{len(many)} with access" in audit.output, audit.output


def test_a_synchronisation_that_fails_says_why_first(ansible: Ansible) -> None:
    shutil.copytree(PROJECT, ansible.folder, dirs_exist_ok=True)
    sync = synchronised(ansible, "-vvv", CSP_PARTNER_SECRET="nobodys-s3cret~Q")
    assert sync.returncode != 0
    first = next(line for line in sync.stderr.splitlines() if line)
    assert first.startswith("[ERROR]: The customers could not be read: AADSTS7000215"), sync.stderr
    assert "nobodys-s3cret~Q" not in sync.stderr + sync.stdout
