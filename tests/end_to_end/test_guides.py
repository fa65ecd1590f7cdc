# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the guides works as it stands, in the order in which it stands there."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..azure_simulator.many import SECRET, subscription
from ..pictures import without_access, world
from .conftest import CUSTOMER, PARTNERS, Ansible

FOLDER = Path(__file__).resolve().parents[2] / "docs/docsite/rst"
GUIDES = sorted(path.stem for path in FOLDER.glob("*.rst"))
BLOCK = re.compile(
    r"^(?P<indent> *)\.\. code-block:: (?P<language>\w+)\n(?:(?P=indent)   :caption: (?P<name>.*)\n)?\n(?P<text>(?:(?P=indent)   .*\n|\n)+)",
    re.MULTILINE,
)
# What a reader fills in.
VALUES = {
    **CUSTOMER,
    **PARTNERS,
    "OUR_SECRET": SECRET,
    "CSP_PARTNER_REFRESH_TOKEN": "the-partners-refresh-token",
}
# Not here: the local Azure has a cloud, an authority and a network of its own.
ELSEWHERE = {"AZURE_CLOUD_ENVIRONMENT", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CONTROLLER_HOST"}
# Programs of others, the demo (tests/first_run.py), the hand-off's script (tests/peers), AWX's set-up (tests/awx).
OUTSIDE = {"git", "cd", "python3", "pip", "az", "ansible-galaxy", "ansible-builder", "podman", "bash"}
SET_UP = "ansible-playbook csp.azure.awx "
COMMANDS = {"ansible-playbook", "ansible-inventory"}


def blocks(guide: str) -> Iterator[tuple[str, str, str]]:
    """Language, caption and text of each block."""
    for match in BLOCK.finditer((FOLDER / f"{guide}.rst").read_text(encoding="utf-8")):
        yield match["language"], match["name"] or "", textwrap.dedent(match["text"])


def commands(text: str) -> list[str]:
    return [line[2:] for line in text.replace("\\\n", "").splitlines() if line.startswith("$ ")]


def write_files(guide: str, folder: Path) -> None:
    for language, name, text in blocks(guide):
        if language in ("yaml", "bash") and name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            filled = re.sub(r"(\w+)=\.\.\.", lambda match: f"{match[1]}={VALUES[match[1]]}", text)
            (folder / name).write_text(filled, encoding="utf-8")


def exported(command: str) -> dict[str, str]:
    pairs = dict(item.split("=", 1) for item in shlex.split(command)[1:])
    return {
        name: VALUES[name] if value == "..." else value
        for name, value in pairs.items()
        if name not in ELSEWHERE and (value != "..." or name in VALUES)
    }


def customers(guide: str) -> Any:
    """Five customers who know the partner's application, one of whom lost an assignment, or the local Azure's first scenario."""
    texts = [text for _language, _name, text in blocks(guide)]
    return without_access(world(), subscription(1, 1)) if any("csp_customers.yml" in text for text in texts) else None


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_work(ansible: Ansible, guide: str) -> None:
    scenario = customers(guide)
    if scenario:
        ansible.azure.ask("reset", scenario)
    for source in ("guide_many_customers", guide):
        write_files(source, ansible.folder)
    env = {**dict.fromkeys(CUSTOMER, ""), "OUR_SECRET": SECRET}
    for command in (
        line for language, _name, text in blocks(guide) if language == "console" for line in commands(text)
    ):
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
    by_guide = {
        guide: [line for language, _name, text in blocks(guide) if language == "console" for line in commands(text)]
        for guide in GUIDES
    }
    assert len([guide for guide, lines in by_guide.items() if lines]) >= 8
    assert sum(map(len, by_guide.values())) == sum(
        (FOLDER / f"{guide}.rst").read_text(encoding="utf-8").count("   $ ") for guide in GUIDES
    )
