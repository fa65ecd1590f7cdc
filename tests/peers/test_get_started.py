# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide Get started, from an empty home to an identity that restores access, with pip, git and the Azure CLI themselves."""

from __future__ import annotations

import os
import re
import shlex
import ssl
import subprocess
import urllib.request
from pathlib import Path

from ..azure_simulator.running import Azure
from ..guides import commands, text_of
from .test_peers import AGENTS, CUSTOMER, SUBSCRIPTION, registered

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/csp-azure/csp.azure"
GUIDE = "guide_get_started"
# Fabrikam's Global Administrator, in the first scenario without a role in Azure.
ADMINISTRATOR = "5e6ad4a5-0000-4000-8000-000000000016"
CONSENT = re.compile(r"``https://login\.microsoftonline\.com(/CUSTOMER_TENANT/adminconsent\?client_id=APP_ID)``")


class Reader:
    """Somebody who types the commands of the guide into one shell, and fills in what it leaves open."""

    def __init__(self, azure: Azure, home: Path) -> None:
        self.azure = azure
        self.identities = iter(("CSP_PARTNER", "AZURE"))
        self.identity = ""
        self.values = {
            "CSP_PARTNER_TENANT=...": "CSP_PARTNER_TENANT=contoso.onmicrosoft.com",
            "AZURE_TENANT=...": f"AZURE_TENANT={CUSTOMER['AZURE_TENANT']}",
            "CUSTOMER_TENANT": CUSTOMER["AZURE_TENANT"],
            "SUBSCRIPTION_ID": SUBSCRIPTION,
            " install csp.azure": f" install {tarball(home)}",
        }
        self.env = {
            **registered(azure, home / "cli"),
            "HOME": str(home),
            # Settings and caches of pip and uv are this machine's.
            **{f"XDG_{name.upper()}_HOME": str(Path.home() / f".{name}") for name in ("config", "cache")},
            "PATH": f"{os.environ['PATH']}{os.pathsep}{os.environ['CSP_AZURE_CLI']}/bin",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{repository(home)}.insteadOf",
            "GIT_CONFIG_VALUE_0": REPOSITORY,
        }
        for name in ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_HOME"):
            self.env.pop(name, None)
        self.state = home / "state"
        self.state.write_text("cd ~\n")

    def follow(self, command: str) -> None:
        """Do what one command of the guide says, and what the guide says beside it."""
        if command.startswith("az ad app permission admin-consent "):
            # The Azure CLI does this in the public cloud only; the page does the same.
            assert "not yet supported on sovereign clouds" in self.run(command, status=1)
            self.consent("/contoso.onmicrosoft.com/adminconsent?client_id=APP_ID")
            return
        if command == "az login --tenant CUSTOMER_TENANT":
            [link] = CONSENT.findall(text_of(GUIDE))
            self.consent(link)
        output = self.run(command)
        if command.startswith("az ad app create "):
            self.identity = next(self.identities)
            self.values["APP_ID"] = output
            self.values[f"{self.identity}_CLIENT_ID=..."] = f"{self.identity}_CLIENT_ID={output}"
        if command.startswith("az ad app credential reset "):
            self.values[f"{self.identity}_SECRET=..."] = f"{self.identity}_SECRET={output}"

    def filled(self, text: str) -> str:
        for name, value in self.values.items():
            text = text.replace(name, value)
        return text

    def run(self, command: str, status: int = 0) -> str:
        """The output of a command, or its error; the next one finds what it exported, and where it went."""
        state = shlex.quote(str(self.state))
        keep = f"{{ export -p; printf 'cd %q\\n' \"$PWD\"; }} > {state}"
        script = f"set -e\n. {state}\n{self.filled(command)}\n{keep}\n"
        done = subprocess.run(
            ["bash", "-c", script], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, f"{command}\n{done.stdout}{done.stderr}"
        return done.stderr if status else done.stdout.strip()

    def consent(self, link: str) -> None:
        """Open a consent page of the local Entra as a Global Administrator."""
        context = ssl.create_default_context(cafile=self.azure.environment["REQUESTS_CA_BUNDLE"])
        with urllib.request.urlopen(f"{self.azure.login}{self.filled(link)}", context=context) as answer:
            assert b"true" in answer.read()


def repository(folder: Path) -> str:
    """A repository with the files of this checkout."""
    result = folder / "repository"
    git = ["git", f"--git-dir={result}", f"--work-tree={ROOT}", "-c", "user.name=A", "-c", "user.email=a@b.example"]
    subprocess.run(["git", "init", "-q", "--bare", str(result)], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "All"], check=True)
    return str(result)


def tarball(folder: Path) -> Path:
    """The collection as Galaxy gives it out."""
    build = ["ansible-galaxy", "collection", "build", "--output-path", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [result] = folder.glob("csp-azure-*.tar.gz")
    return result


def test_the_commands_of_the_guide_work(azure: Azure, tmp_path: Path) -> None:
    """Galaxy's part is played by a tarball, GitHub's by a repository of this checkout."""
    owner = {"role": "Owner", "principal": ADMINISTRATOR, "principal_type": "User"}
    azure.ask("assign", {"scope": f"/subscriptions/{SUBSCRIPTION}", **owner})
    reader = Reader(azure, tmp_path)
    for command in commands(GUIDE):
        reader.follow(command)
        if command.startswith("ansible-playbook "):
            assert "--check" in command
            assert AGENTS not in [item["principal"] for item in azure.assignments]
            assert "changed=1 " in reader.run(command.replace(" --check", ""))
            assert AGENTS in [item["principal"] for item in azure.assignments]
