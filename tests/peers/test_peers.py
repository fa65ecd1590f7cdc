# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that nobody here wrote work against the local Azure: the Azure CLI and azure.azcollection.

Their folders come from the nox session, in CSP_AZURE_CLI and CSP_AZURE_AZCOLLECTION.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from ..azure_simulator.running import Azure

CUSTOMER = {
    "AZURE_TENANT": "22222222-2222-4222-8222-222222222222",
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000011",
    "AZURE_SECRET": "the-customers-secret",
}
AGENTS = "065b0bfc-0000-4000-8000-000000000001"
OWN_GROUP = "77777777-0000-4000-8000-000000000001"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"


def az(env: dict[str, str], *args: str, status: int = 0) -> Any:
    """What the Azure CLI answers, or its error."""
    program = str(Path(os.environ["CSP_AZURE_CLI"]) / "bin/az")
    done = subprocess.run([program, *args], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() and not status else done.stderr


def registered(azure: Azure, folder: Path) -> dict[str, str]:
    """The environment of an Azure CLI that knows the local Azure, with its settings in that folder."""
    env = {**azure.environment, "AZURE_CONFIG_DIR": str(folder), "AZURE_CORE_INSTANCE_DISCOVERY": "false"}
    env["AZURE_CORE_COLLECT_TELEMETRY"] = "false"
    az(env, "cloud", "register", "--name", "local",
       "--endpoint-resource-manager", azure.arm, "--endpoint-active-directory", azure.login,
       "--endpoint-active-directory-resource-id", azure.arm, "--endpoint-microsoft-graph-resource-id", azure.graph,
       "--endpoint-active-directory-graph-resource-id", azure.graph)  # fmt: skip
    az(env, "cloud", "set", "--name", "local")
    return env


class Cli:
    """The Azure CLI, signed in as the customer."""

    def __init__(self, azure: Azure, folder: Path) -> None:
        self.env = registered(azure, folder)
        self.run("login", "--service-principal", "--username", CUSTOMER["AZURE_CLIENT_ID"],
                 "--password", CUSTOMER["AZURE_SECRET"], "--tenant", CUSTOMER["AZURE_TENANT"])  # fmt: skip

    def run(self, *args: str, status: int = 0) -> Any:
        return az(self.env, *args, status=status)


def test_the_azure_cli(azure: Azure, tmp_path: Path) -> None:
    cli = Cli(azure, tmp_path / "cli")
    create = ("role", "assignment", "create", "--role", "Owner", "--scope", SCOPE, "--assignee-object-id")
    created = cli.run(*create, AGENTS, "--assignee-principal-type", "ForeignGroup")
    assert (created["principalType"], created["scope"], created["createdBy"]) == ("ForeignGroup", SCOPE, None)
    second = cli.run(*create, AGENTS, "--assignee-principal-type", "ForeignGroup")
    assert second["id"] == created["id"]
    listed = cli.run("role", "assignment", "list", "--scope", SCOPE)
    assert created["id"] in [item["id"] for item in listed]
    assert "is different from specified PrinciaplType" in cli.run(
        *create, AGENTS, "--assignee-principal-type", "Group", status=1
    )
    stranger = "00000000-0000-4000-8000-000000000000"
    assert "PrincipalNotFound" in cli.run(*create, stranger, "--assignee-principal-type", "ForeignGroup", status=1)
    cli.run("role", "assignment", "delete", "--role", "Owner", "--scope", SCOPE, "--assignee", AGENTS)
    assert AGENTS not in [item["principal"] for item in azure.assignments]


def test_signing_in_with_the_azure_cli(azure: Azure, tmp_path: Path) -> None:
    cli = Cli(azure, tmp_path / "cli")
    play = tmp_path / "play.yml"
    task = {"csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [SUBSCRIPTION]}}
    play.write_text(
        yaml.safe_dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}])
    )
    env = {**cli.env, "PATH": f"{os.environ['CSP_AZURE_CLI']}/bin{os.pathsep}{os.environ['PATH']}"}
    env["ANSIBLE_COLLECTIONS_PATH"] = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    done = subprocess.run(["ansible-playbook", str(play)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "changed=1 " in done.stdout


def test_azcollection(azure: Azure, tmp_path: Path) -> None:
    reader = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    assignment = {"scope": SCOPE, "assignee_object_id": OWN_GROUP, "role_definition_id": reader}
    module = "azure.azcollection.azure_rm_roleassignment"
    tasks = [
        {module: assignment, "register": "first"},
        {module: assignment, "register": "second"},
        {f"{module}_info": {"scope": SCOPE, "assignee": OWN_GROUP}, "register": "listed"},
        {module: {**assignment, "state": "absent"}, "register": "gone"},
        {
            "ansible.builtin.assert": {
                "that": [
                    "first is changed and second is not changed and gone is changed",
                    "listed.roleassignments | length == 1",
                    "listed.roleassignments[0].principal_type == 'Group'",
                ]
            }
        },
    ]
    play = tmp_path / "play.yml"
    play.write_text(
        yaml.safe_dump(
            [
                {
                    "hosts": "localhost",
                    "connection": "local",
                    "gather_facts": False,
                    "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
                    "tasks": tasks,
                }
            ]
        )
    )
    # It knows only clouds that are listed; the list is read from the address in ARM_CLOUD_METADATA_URL.
    env = {
        **azure.environment,
        **CUSTOMER,
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "AZURE_CONFIG_DIR": str(tmp_path / "cli"),
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "ARM_CLOUD_METADATA_URL": f"{azure.arm}/metadata/endpoints?api-version=2019-05-01",
    }
    env.pop("ANSIBLE_COLLECTIONS_PATH", None)
    program = Path(os.environ["CSP_AZURE_AZCOLLECTION"]) / "bin/ansible-playbook"
    done = subprocess.run([str(program), str(play)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_script_of_the_role_handoff(azure: Azure, tmp_path: Path) -> None:
    """First run, second run, one failure among good ones, and the log for Microsoft."""
    cli = Cli(azure, tmp_path / "cli")
    group = f"{SCOPE}/resourceGroups/web"
    variables = {
        "handoff_customers": [
            {"tenant": CUSTOMER["AZURE_TENANT"], "scopes": [SUBSCRIPTION, group, f"{SCOPE}/resourceGroups/no"]}
        ],
        "handoff_admin_agents_id": AGENTS,
        "handoff_invitation": False,
        "handoff_directory": str(tmp_path / "out"),
    }
    (tmp_path / "vars.yml").write_text(yaml.safe_dump(variables))
    env = {**cli.env, "PATH": f"{os.environ['CSP_AZURE_CLI']}/bin{os.pathsep}{os.environ['PATH']}"}
    env["ANSIBLE_COLLECTIONS_PATH"] = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    subprocess.run(["ansible-playbook", "csp.azure.handoff", "-e", f"@{tmp_path / 'vars.yml'}"], env=env, check=True)
    script = ["bash", str(tmp_path / "out" / CUSTOMER["AZURE_TENANT"] / "reinstate-access.sh")]
    first = subprocess.run(script, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (first.returncode, first.stderr) == (1, ""), first.stdout
    assert "Summary: 2 created, 0 already present, 1 failed, of 3." in first.stdout, first.stdout
    assert f"FAILED:  Owner at {SCOPE}/resourceGroups/no" in first.stdout
    assert "ResourceGroupNotFound" in first.stdout
    assert sorted(item["scope"] for item in azure.assignments if item["principal"] == AGENTS) == [SCOPE, group]
    second = subprocess.run([*script, "--log"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Summary: 0 created, 2 already present, 1 failed, of 3." in second.stdout, second.stdout
    log = tmp_path / "newRoleAssignment.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "ResourceGroupNotFound" in log.read_text()
    assert "Bearer ey" not in log.read_text()
