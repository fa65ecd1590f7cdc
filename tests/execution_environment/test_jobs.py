# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the execution environments of the example project, and runs its playbooks in them as AWX does."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..azure_simulator.many import ADMIN_AGENTS, APPLICATION, SECRET, inventory, world
from ..azure_simulator.running import Azure, running
from ..guides import commands

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples/awx"
BASE = "localhost/csp-azure-base:test"
PARTNER_SECRET = "the-partners-secret"
# A job's environment: AWX's credential for Azure, and that of the partner without a certificate.
CREDENTIALS = {
    "AZURE_TENANT": "33333333-3333-4333-8333-333333333333",
    "AZURE_CLIENT_ID": APPLICATION,
    "AZURE_SECRET": SECRET,
    "CSP_PARTNER_TENANT": "33333333-3333-4333-8333-333333333333",
    "CSP_PARTNER_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000001",
    "CSP_PARTNER_SECRET": PARTNER_SECRET,
    "CSP_PARTNER_X509_CERTIFICATE_PATH": "/runner/env/empty",
    "CSP_PARTNER_REFRESH_TOKEN": "",
}


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def build(definition: str, folder: Path) -> str:
    """Build an image of a definition as the guide says, of this checkout's collection, on the test's base image."""
    folder.mkdir()
    subprocess.run(
        [program("ansible-galaxy"), "collection", "build", "--output-path", str(folder)], cwd=ROOT, check=True
    )
    [tarball] = folder.glob("*.tar.gz")
    described = yaml.safe_load((PROJECT / f"{definition}.yml").read_text(encoding="utf-8"))
    described["images"] = {"base_image": {"name": BASE}}
    described["options"] = {"package_manager_path": "/usr/bin/apt-get", "skip_pip_install": True}
    described["additional_build_files"] = [{"src": tarball.name, "dest": "."}]
    described["dependencies"]["galaxy"]["collections"] = [{"name": tarball.name, "type": "file"}]
    del described["dependencies"]["python_interpreter"]
    # The newest ansible-core that the Python of the base image runs.
    described["dependencies"]["ansible_core"]["package_pip"] = "ansible-core~=2.19.0"
    (folder / f"{definition}.yml").write_text(yaml.safe_dump(described))
    [command] = [shlex.split(line) for line in commands("guide_awx") if line.startswith("ansible-builder ")]
    values = {command[0]: program(command[0]), "execution-environment.yml": f"{definition}.yml"}
    tag = values[command[-1]] = f"localhost/csp-azure-{definition}:test"
    subprocess.run([values.get(part, part) for part in command], cwd=folder, check=True)
    return tag


@dataclass
class Job:
    """What a job left behind: its status, its output, its artifacts, and all that its events hold."""

    status: str
    output: str
    artifacts: dict[str, Any]
    events: str


class Jobs:
    """Runs playbooks of the project in an image, through ansible-runner as AWX uses it."""

    def __init__(self, azure: Azure, image: str, folder: Path) -> None:
        self.azure, self.image, self.folder = azure, image, folder
        self.number = 0

    def run(self, playbook: str, hosts: dict[str, Any], **variables: Any) -> Job:
        self.number += 1
        sent, received = self.folder / f"sent{self.number}", self.folder / f"received{self.number}"
        shutil.copytree(PROJECT, sent / "project")
        for name in ("env", "inventory"):
            (sent / name).mkdir()
        (sent / "env/empty").write_text("")
        shutil.copy(self.azure.ca, sent / "ca.pem")
        trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), "/runner/ca.pem")
        environment = {**CREDENTIALS, **trust, "AZURE_CLOUD_ENVIRONMENT": self.azure.arm, "HOME": "/root"}
        settings = {
            "process_isolation": True,
            "process_isolation_executable": "podman",
            "container_image": self.image,
            "container_options": ["--user=root"],
        }
        for name, value in (
            ("envvars", environment),
            ("extravars", {"awx_job_id": self.number, **variables}),
            ("settings", settings),
        ):
            (sent / "env" / name).write_text(json.dumps(value))
        (sent / "inventory/hosts.json").write_text(json.dumps(hosts))
        runner = program("ansible-runner")
        transmitted = subprocess.run(
            [runner, "transmit", str(sent), "-p", f"{playbook}.yml", "--ident", "job"], check=True, capture_output=True
        )
        worker = [runner, "worker", "--private-data-dir", str(self.folder / f"worker{self.number}")]
        worked = subprocess.run(worker, input=transmitted.stdout, check=False, capture_output=True)
        subprocess.run(
            [runner, "process", str(received), "--ident", "job"], input=worked.stdout, check=False, capture_output=True
        )
        left = received / "artifacts/job"
        events = [path.read_text(encoding="utf-8") for path in sorted(left.glob("job_events/*.json"))]
        parsed = [json.loads(text)["event_data"] for text in events]
        artifacts = next((item["artifact_data"] for item in parsed if "artifact_data" in item), {})
        output = (left / "stdout").read_text(encoding="utf-8")
        return Job((left / "status").read_text(encoding="utf-8"), output, artifacts, "".join(events))


@pytest.fixture(scope="session")
def base() -> None:
    if subprocess.run(["podman", "image", "exists", BASE], check=False).returncode:
        subprocess.run([str(Path(__file__).with_name("base_image.sh")), BASE], check=True)


@pytest.fixture(params=["execution-environment", "execution-environment-without-graph"])
def jobs(request: pytest.FixtureRequest, base: None, tmp_path: Path) -> Iterator[Jobs]:
    (tmp_path / "azure").mkdir()
    image = build(request.param, tmp_path / "build")
    with running(tmp_path / "azure") as azure:
        azure.ask("reset", world(3))
        yield Jobs(azure, image, tmp_path)


def test_jobs(jobs: Jobs) -> None:
    hosts = inventory(3)
    for number, host in enumerate(hosts["all"]["hosts"].values()):
        host["csp_tenant_id"] = host.pop("reinstate_customer_identity")["tenant"]
        assert str(number) in host["csp_tenant_id"]
    # The synchronisation stores the group variables beside the inventory file as they are.
    hosts["all"]["vars"] = yaml.safe_load((PROJECT / "group_vars/all.yml").read_text(encoding="utf-8"))
    alone = {"reinstate_admin_agents_id": ADMIN_AGENTS, "reinstate_check_relationship": False}
    variables = alone if "without-graph" in jobs.image else {}
    first = jobs.run("reinstate", hosts, reinstate_artifacts=["rows", "page"], **variables)
    assert first.status == "successful", first.output
    assert "3 customers: 3 changed" in first.output
    assert len(first.artifacts["csp_azure_reinstate_rows_1"]) == 3
    assert first.artifacts["csp_azure_reinstate_page_1"].startswith("<!doctype html>")
    again = jobs.run("reinstate", hosts, **variables)
    assert "0 changed, 3 unchanged, 0 failed" in again.output
    audit = jobs.run("audit", hosts, **variables)
    assert "3 with access" in audit.output, audit.output
    for job in (first, again, audit):
        assert not [secret for secret in (SECRET, PARTNER_SECRET) if secret in job.output + job.events]
