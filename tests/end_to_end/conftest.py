# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: a local Azure, and plays run by ansible-playbook."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..azure_simulator.running import Azure, running

CUSTOMER = {
    "AZURE_TENANT": "22222222-2222-4222-8222-222222222222",
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000011",
    "AZURE_SECRET": "the-customers-secret",
}
PARTNER = {
    "AZURE_TENANT": "33333333-3333-4333-8333-333333333333",
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000001",
    "AZURE_SECRET": "the-partners-secret",
}
# The same identity beside that of a customer.
PARTNERS = {name.replace("AZURE", "CSP_PARTNER"): value for name, value in PARTNER.items()}
AGENTS = "065b0bfc-0000-4000-8000-000000000001"
PRODUCTION = "11111111-1111-4111-8111-111111111111"
TEST = "11111111-1111-4111-8111-111111111112"
DISABLED = "11111111-1111-4111-8111-111111111113"
WOODGROVE = "11111111-1111-4111-8111-111111111131"


@dataclass
class Run:
    """What a run of ansible-playbook left behind; ``results`` are the registered results by the task's name."""

    status: int
    output: str
    results: dict[str, Any] = field(default_factory=dict)


@dataclass
class Ansible:
    """Runs plays in a folder of their own."""

    azure: Azure
    folder: Path
    in_process: bool = True
    mark: str = field(default_factory=lambda: str(uuid.uuid4()))

    def environment(self, more: dict[str, str] | None = None) -> dict[str, str]:
        result = {**self.azure.environment, **CUSTOMER}
        result.update(
            ANSIBLE_ACTION_PLUGINS=str(Path(__file__).with_name("action_plugins")),
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
            ANSIBLE_NOCOLOR="1",
            ANSIBLE_COLLECTIONS_PATH=os.environ["ANSIBLE_COLLECTIONS_PATH"],
            CSP_TEST_RUN=self.mark,
            PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        )
        return {**result, **(more or {})}

    def playbook(self, playbook: str | list[dict[str, Any]], *args: str, env: dict[str, str] | None = None) -> Run:
        """Run a playbook, named or given as plays."""
        if not isinstance(playbook, str):
            path = self.folder / "play.yml"
            path.write_text(yaml.safe_dump(playbook, sort_keys=False), encoding="utf-8")
            playbook = str(path)
        return self.command("ansible-playbook", playbook, *args, env=env)

    def command(self, *command: str, env: dict[str, str] | None = None) -> Run:
        """Run any command of the environment's in the folder."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(env),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def tasks(
        self, *tasks: dict[str, Any], args: tuple[str, ...] = (), env: dict[str, str] | None = None, **play: Any
    ) -> Run:
        """Run tasks one after the other, whether they fail or not; results under each task's name."""
        written = self.folder / "results.json"
        written.unlink(missing_ok=True)
        names = [task.get("name") or str(number) for number, task in enumerate(tasks)]
        listed = [
            {"name": name, **task, "register": f"r{n}", "ignore_errors": True}
            for n, (name, task) in enumerate(zip(names, tasks, strict=True))
        ]
        listed.append(
            {
                "name": "Write the results",
                "keep": {
                    "content": "{{ {" + ", ".join(f"'{name}': r{n}" for n, name in enumerate(names)) + "} | to_json }}",
                    "dest": str(written),
                },
            }
        )
        plays = [
            {
                "hosts": "localhost",
                "connection": "local",
                "gather_facts": False,
                **play,
                "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", **play.get("vars", {})},
                "tasks": listed,
            }
        ]
        run = self.playbook(plays, *args, env=env)
        assert written.exists(), run.output
        run.results = json.loads(written.read_text(encoding="utf-8"))
        return run

    def task(self, module: str, options: dict[str, Any], **keywords: Any) -> dict[str, Any]:
        """Run one task of the collection and return its result."""
        play = {key: keywords.pop(key) for key in ("args", "env") if key in keywords}
        run = self.tasks({f"csp.azure.{module}": options, **keywords}, **play)
        return {**run.results["0"], "output": run.output}


@pytest.fixture(scope="session")
def the_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with running(tmp_path_factory.mktemp("azure")) as azure:
        yield azure


@pytest.fixture
def azure(the_azure: Azure) -> Azure:
    """A local Azure as at its start."""
    the_azure.ask("reset")
    return the_azure


@pytest.fixture
def ansible(azure: Azure, tmp_path: Path) -> Iterator[Ansible]:
    """Plays on that Azure. A module outlives a task that ansible stops, and would write into the next test's world."""
    plays = Ansible(azure, tmp_path)
    yield plays
    for pid in left(plays.mark):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def left(mark: str) -> dict[int, int]:
    """The processes of a run and their parents, by an environment variable that only they have. Empty where there is no /proc."""
    result = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                result[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended, or is another user's
    return result


@pytest.fixture(params=[True, False], ids=["in process", "module"])
def edge(request: pytest.FixtureRequest, ansible: Ansible) -> Ansible:
    """Both edges, one after the other."""
    original = ansible.playbook
    ansible.in_process = request.param

    def on_edge(playbook: Any, *args: str, env: dict[str, str] | None = None) -> Run:
        return original(playbook, "-e", f"csp_azure_in_process={request.param}", *args, env=env)

    ansible.playbook = on_edge  # type: ignore[method-assign]
    return ansible
