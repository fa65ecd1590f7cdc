# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the guides works as it stands, in the order in which it stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from ..azure_simulator.many import SECRET, subscription
from ..guides import GUIDES, blocks, commands, text_of
from ..pictures import without_access, world
from .conftest import CUSTOMER, PARTNERS, Ansible

# What a reader fills in.
VALUES = {
    **CUSTOMER,
    **PARTNERS,
    "OUR_SECRET": SECRET,
    "CSP_PARTNER_REFRESH_TOKEN": "the-partners-refresh-token",
}
# Not here: the local Azure has a cloud, an authority and a network of its own.
ELSEWHERE = {"AZURE_CLOUD_ENVIRONMENT", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CONTROLLER_HOST"}
# The first installation, and the hand-off's script, run in tests/peers; AWX's set-up in tests/awx; images are built in tests/execution_environment.
OUTSIDE = {"git", "cd", "python3", "pip", "az", "ansible-galaxy", "ansible-builder", "podman", "bash"}
SET_UP = "ansible-playbook csp.azure.awx "
COMMANDS = {"ansible-playbook", "ansible-inventory"}


def write_files(guide: str, folder: Path) -> None:
    for block in blocks(guide):
        if block.language in ("yaml", "bash") and block.caption:
            path = folder / block.caption
            path.parent.mkdir(parents=True, exist_ok=True)
            filled = re.sub(r"(\w+)=\.\.\.", lambda match: f"{match[1]}={VALUES[match[1]]}", block.text)
            path.write_text(filled, encoding="utf-8")


def exported(command: str) -> dict[str, str]:
    pairs = dict(item.split("=", 1) for item in shlex.split(command)[1:])
    return {
        name: VALUES[name] if value == "..." else value
        for name, value in pairs.items()
        if name not in ELSEWHERE and (value != "..." or name in VALUES)
    }


def customers(guide: str) -> Any:
    """Five customers who know the partner's application, one of whom lost an assignment, or the local Azure's first scenario."""
    many = any("csp_customers.yml" in block.text for block in blocks(guide))
    return without_access(world(), subscription(1, 1)) if many else None


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_work(ansible: Ansible, guide: str) -> None:
    scenario = customers(guide)
    if scenario:
        ansible.azure.ask("reset", scenario)
    for source in ("guide_many_customers", guide):
        write_files(source, ansible.folder)
    env = {**dict.fromkeys(CUSTOMER, ""), "OUR_SECRET": SECRET}
    for command in commands(guide):
        program = shlex.split(command)[0]
        if program == "export":
            env.update(exported(command))
        elif (program in COMMANDS and not command.startswith(SET_UP)) or _is_script(command, ansible.folder):
            run = ansible.command(*shlex.split(command), env=env)
            assert run.status == 0, f"{command}\n{run.output}"
        else:
            assert program in OUTSIDE or command.startswith(SET_UP), command


def _is_script(command: str, folder: Path) -> bool:
    """Whether a command runs or changes a file that the guide has."""
    program, *rest = shlex.split(command)
    return program in ("bash", "chmod") and (folder / rest[-1]).exists()


def test_the_guides_have_commands() -> None:
    """The pattern above finds them."""
    by_guide = {guide: commands(guide) for guide in GUIDES}
    assert len([guide for guide, lines in by_guide.items() if lines]) >= 8
    assert sum(map(len, by_guide.values())) == sum(text_of(guide).count("   $ ") for guide in GUIDES)
