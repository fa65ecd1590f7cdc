# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that sets up AWX, with the modules of awx.awx, against as much of AWX's API as they use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from .fake_awx import Awx, serving

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx"
PLAYBOOKS = frozenset(path.name for path in PROJECT.glob("*.yml") if isinstance(yaml.safe_load(path.read_text()), list))
GIVEN: dict[str, Any] = {
    "awx_image": "registry.example/csp-azure:1",
    "awx_project_url": "https://git.example/partner/azure.git",
    "awx_partner_inputs": {"tenant": "contoso.example", "client_id": "app-1", "secret": "the-partners-s3cret"},
    "awx_customers_inputs": {"tenant": "contoso.example", "client": "app-2", "secret": "the-customers-s3cret"},
    "awx_slices": 3,
    "awx_elevation": True,
    "awx_elevating_user_inputs": {
        "tenant": "fabrikam.example",
        "client_id": "app-3",
        "refresh_token": "the-refresh-t0ken",
    },
    "awx_variables": {"reinstate_gdap_roles": ["Directory Readers"]},
}


class Setup:
    """Runs the playbook in a folder of its own."""

    def __init__(self, awx: Awx, address: str, folder: Path) -> None:
        self.awx, self.address, self.folder = awx, address, folder
        self.first = ""

    def run(self, *args: str, **changed: Any) -> str:
        """The output; ``writes`` of the fake are those of this run."""
        self.awx.writes.clear()
        (self.folder / "vars.json").write_text(json.dumps({**GIVEN, **changed}))
        own, awx = os.environ["ANSIBLE_COLLECTIONS_PATH"], os.environ["CSP_AZURE_AWX_COLLECTIONS"]
        env = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": f"{own}{os.pathsep}{awx}",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "CONTROLLER_HOST": self.address,
            "CONTROLLER_OAUTH_TOKEN": "t0ken",
        }
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "csp.azure.awx", "-e", "@vars.json", *args]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    awx = Awx(PLAYBOOKS)
    with serving(awx) as address:
        setup = Setup(awx, address, tmp_path_factory.mktemp("awx"))
        setup.first = setup.run("-vvv")
        yield setup


def test_a_second_run_changes_nothing(setup: Setup) -> None:
    assert "changed=0" not in setup.first
    again = setup.run()
    assert "changed=0" in again, again
    assert setup.awx.writes == []


def test_no_secret_is_shown(setup: Setup) -> None:
    assert not [secret for secret in ("s3cret", "t0ken") if secret in setup.first]


def test_every_object_bears_the_prefix(setup: Setup) -> None:
    kinds = ("credential_types", "credentials", "execution_environments", "projects", "inventories", "job_templates")
    items = [
        item for kind in (*kinds, "workflow_job_templates", "schedules") for item in setup.awx.objects[kind].values()
    ]
    names = [item["name"] for item in items if not item.get("managed")]
    assert len(names) == 21
    assert [name for name in names if not name.startswith("csp.azure")] == []


def test_each_playbook_of_the_example_project_has_a_template(setup: Setup) -> None:
    assert {item["playbook"] for item in setup.awx.objects["job_templates"].values()} == PLAYBOOKS


def following(setup: Setup, workflow: str) -> dict[str, dict[str, list[str]]]:
    """The nodes that follow each node of a workflow."""
    number = setup.awx.named("workflow_job_templates", f"csp.azure {workflow}")["id"]
    nodes = setup.awx.objects["workflow_job_template_nodes"]
    return {
        node["identifier"]: {
            when: [
                nodes[item]["identifier"]
                for item in setup.awx.associated[f"workflow_job_template_nodes/{node['id']}/{when}_nodes"]
            ]
            for when in ("always", "success", "failure")
            if setup.awx.associated[f"workflow_job_template_nodes/{node['id']}/{when}_nodes"]
        }
        for node in nodes.values()
        if node["workflow_job_template"] == number
    }


def test_an_approval_stands_between_the_audit_and_the_restoring_and_a_quiet_night_asks_nobody(setup: Setup) -> None:
    assert following(setup, "audit and reinstate") == {
        "audit": {"always": ["audit report"]},
        "audit report": {"failure": ["restore the access"]},
        "restore the access": {"success": ["reinstate what is lacking"]},
        "reinstate what is lacking": {"always": ["reinstate report"]},
        "reinstate report": {},
    }
    templates = {item["name"]: item for item in setup.awx.objects["job_templates"].values()}
    report = json.loads(templates["csp.azure audit report"]["extra_vars"])
    assert report == {**GIVEN["awx_variables"], "audit_artifacts": ["page"], "audit_fail_if_lacking": True}
    # Without the artifact of the report, nothing is restored.
    assert json.loads(templates["csp.azure reinstate what is lacking"]["extra_vars"])["reinstate_hosts"] == "nobody"
    assert templates["csp.azure reinstate what is lacking"]["ask_variables_on_launch"]
    assert templates["csp.azure audit"]["job_slice_count"] == 3
    assert not any(item["allow_simultaneous"] for item in templates.values())


def test_a_failed_elevation_is_taken_back(setup: Setup) -> None:
    nodes = following(setup, "reinstate elevated, then take back")
    assert nodes["reinstate elevated"] == {"failure": ["take back"]}


def test_without_elevation_and_schedule_there_is_less(tmp_path: Path) -> None:
    awx = Awx(PLAYBOOKS)
    with serving(awx) as address:
        Setup(awx, address, tmp_path).run(
            awx_elevation=False, awx_audit_schedule="", awx_elevating_user_inputs={}, awx_prefix="us"
        )
    assert not awx.objects["schedules"]
    assert "us take back" not in {item["name"] for item in awx.objects["job_templates"].values()}
