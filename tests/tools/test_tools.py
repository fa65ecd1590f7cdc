# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples, and the tools around ansible with which people run this collection."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..azure_simulator.many import SECRET, subscription
from ..azure_simulator.running import Azure
from ..end_to_end.conftest import AGENTS, CUSTOMER, PARTNERS, PRODUCTION, Ansible, azure, the_azure
from ..pictures import without_access, world

__all__ = ["azure", "the_azure"]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def ansible(azure: Azure, tmp_path: Path) -> Ansible:
    return Ansible(azure, tmp_path)


def run(ansible: Ansible, folder: Path, *command: str, **env: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=folder,
        env={**ansible.environment({**CUSTOMER, **PARTNERS, **env}), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def owned(ansible: Ansible) -> int:
    return len([item for item in ansible.azure.assignments if item["principal"] == AGENTS])


def example(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / name, folder / name))


def test_one_customer(ansible: Ansible) -> None:
    folder = example("one_customer", ansible.folder)
    command = ("ansible-playbook", "reinstate.yml", "-e", "@fabrikam.yml")
    assert "changed=1" in run(ansible, folder, *command)
    assert owned(ansible) == 2
    assert "changed=0" in run(ansible, folder, *command)


def test_many_customers(ansible: Ansible) -> None:
    scenario = without_access(world(), subscription(1, 1))
    ansible.azure.ask("reset", scenario)
    folder = example("many_customers", ansible.folder)
    none = dict.fromkeys(CUSTOMER, "")
    before = owned(ansible)
    assert "5 customers: 1 changed, 4 unchanged" in run(
        ansible, folder, "ansible-playbook", "csp.azure.reinstate", OUR_SECRET=SECRET, **none
    )
    assert owned(ansible) == before + 1
    assert "7 with access" in run(ansible, folder, "ansible-playbook", "csp.azure.audit", OUR_SECRET=SECRET, **none)
    assert (folder / "reports/audit.html").is_file()


def test_molecule(ansible: Ansible) -> None:
    folder = example("molecule", ansible.folder)
    # Without a path, molecule would install the collection for the user.
    run(ansible, folder, "molecule", "test", ANSIBLE_COLLECTIONS_PATH=os.environ["ANSIBLE_COLLECTIONS_PATH"])
    assert owned(ansible) == 1


def test_ansible_navigator(ansible: Ansible) -> None:
    options = ("--mode", "stdout", "--execution-environment", "false", "--playbook-artifact-enable", "false")
    command = ("ansible-navigator", "run", "csp.azure.reinstate", *options, "-e", f"reinstate_scopes={PRODUCTION}")
    assert "changed=1" in run(ansible, ansible.folder, *command)
    assert owned(ansible) == 1


def test_ansible_runner(ansible: Ansible) -> None:
    folder = ansible.folder / "runner"
    (folder / "env").mkdir(parents=True)
    (folder / "env/extravars").write_text(json.dumps({"reinstate_scopes": [PRODUCTION]}))
    assert "changed=1" in run(
        ansible, ansible.folder, "ansible-runner", "run", str(folder), "-p", "csp.azure.reinstate"
    )
    assert owned(ansible) == 1
