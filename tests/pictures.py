# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of README and guides, from runs against the local Azure: `python3 noxfile.py -s pictures` makes them anew.

Five customers of Contoso Cloud: one of them lost the partner's access since the last audit, and one lets none of its users sign in.
"""

from __future__ import annotations

import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from .azure_simulator.many import ADMIN_AGENTS, APPLICATION, PARTNER, SECRET, relationship, subscription, tenant
from .azure_simulator.running import Azure, running
from .browser import BROWSER, OPTIONS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/pictures"
PROJECT = ROOT / "examples/awx"
# Microsoft's fictitious companies -> subscriptions of each.
CUSTOMERS = {
    "Adventure Works": ("Shop", "Warehouse"),
    "Fabrikam": ("Production", "Test"),
    "Litware": ("Website",),
    "Tailspin Toys": ("Production",),
    "Woodgrove Bank": ("Analytics",),
}
LOST, WITHOUT_SIGN_IN = 1, 4
WIDTH = 118
# Background, text, and the eight colours of a terminal, dark and bright.
_DARK = [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255), (188, 140, 255), (57, 197, 207)]
THEME = TerminalTheme((28, 33, 40), (225, 228, 232), [*_DARK, (177, 186, 196)], [*_DARK, (255, 255, 255)])
# rich's own frame names a font that the browser would fetch.
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="Menlo, Consolas, DejaVu Sans Mono, monospace">
<style>.{unique_id}-matrix {{ font-size: {char_height}px; white-space: pre; }}
{styles}</style>
<defs>{lines}</defs>
<rect width="{width}" height="{height}" rx="8" fill="#1c2128"/>
<g transform="translate({terminal_x}, {terminal_y})">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""
VARYING = (
    (re.compile(r"Origin: .*/ansible_collections/"), "Origin: ~/.ansible/collections/ansible_collections/"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-28T02:00:12Z"),
)


def world() -> dict[str, Any]:
    """Every customer lets AdminAgents sign in, but one; all of them know the partner's application."""
    result = yaml.safe_load((ROOT / "tests/azure_simulator/scenario.yml").read_text(encoding="utf-8"))
    result["tenants"] = [item for item in result["tenants"] if item["id"] == PARTNER]
    result.update(management_groups=[], subscriptions=[], roles=[], assignments=[], relationships=[])
    for number, (name, subscriptions) in enumerate(CUSTOMERS.items()):
        application = f"5e6ad4a5-1111-4000-8000-{number:012d}"
        identity = {"object_id": application, "name": "contoso-automation", "client_id": APPLICATION, "secret": SECRET}
        domain = f"{name.lower().replace(' ', '')}.example"
        customer = {"id": tenant(number), "name": name, "domain": domain, "partners": [{"tenant": PARTNER}]}
        result["tenants"].append({**customer, "identities": [{**identity, "reads_directory": True}]})
        for which, title in enumerate(subscriptions):
            scope = f"/subscriptions/{subscription(number, which)}"
            result["subscriptions"].append({"id": scope[15:], "tenant": tenant(number), "name": title})
            owners = ({"principal": application}, {"principal": ADMIN_AGENTS, "principal_type": "ForeignGroup"})
            result["assignments"] += [{"scope": scope, "role": "Owner", **owner} for owner in owners]
        if number != WITHOUT_SIGN_IN:
            result["relationships"].append(relationship(number))
    return result


def without_access(scenario: dict[str, Any], *lost: str) -> dict[str, Any]:
    """The same customers, after AdminAgents lost these subscriptions."""
    kept = [
        item
        for item in scenario["assignments"]
        if item["principal"] != ADMIN_AGENTS or item["scope"].rpartition("/")[2] not in lost
    ]
    return {**scenario, "assignments": kept}


@dataclass(frozen=True)
class Terminal:
    """What a person sees of a command."""

    name: str
    command: str
    output: str

    @property
    def text(self) -> Text:
        """The command and its output without what differs each time, as a terminal shows them."""
        output = self.output
        for pattern, example in VARYING:
            output = pattern.sub(example, output)
        return Text.from_ansi(f"\x1b[1m$ {self.command}\x1b[0m\n{output.strip()}")

    def svg(self) -> str:
        """The picture."""
        console = Console(width=WIDTH, file=io.StringIO(), record=True, force_terminal=True)
        console.print(self.text)
        return console.export_svg(theme=THEME, code_format=FRAME, unique_id=self.name)


def words(svg: str) -> list[str]:
    """What stands in a picture, without what places it."""
    return html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))).split()


@dataclass(frozen=True)
class Scene:
    """A folder with a copy of the example project, in which AWX's jobs and a person's commands run."""

    azure: Azure
    folder: Path

    def run(self, playbook: str, **variables: Any) -> str:
        command = ["ansible-playbook", playbook, "-i", "our.csp_customers.yml", "-e", json.dumps(variables)]
        partner = {
            "TENANT": PARTNER,
            "CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000001",
            "SECRET": "the-partners-secret",
        }
        environment = {
            **self.azure.environment,
            **{f"CSP_PARTNER_{name}": value for name, value in partner.items()},
            "AZURE_TENANT": PARTNER,
            "AZURE_CLIENT_ID": APPLICATION,
            "AZURE_SECRET": SECRET,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_FORCE_COLOR": "1",
            "ANSIBLE_FORKS": "1",  # the hosts in their order
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": str(WIDTH),
        }
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def terminals(self) -> Iterator[Terminal]:
        """Run an audit, lose an assignment, audit again; report as AWX does, and restore the access."""
        self.azure.ask("reset", world())
        self.run("audit.yml", audit_report="audit")
        self.azure.ask("reset", without_access(world(), subscription(LOST, 1)))
        self.run("audit.yml", audit_report="audit", audit_earlier_report="audit.jsonl")
        rows = [json.loads(line) for line in (self.folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
        job = {"awx_job_id": 42, "csp_azure_audit_rows_41": rows}
        yield Terminal(
            "approval",
            "ansible-playbook audit_report.yml",
            self.run("audit_report.yml", audit_fail_if_lacking=True, **job),
        )
        command = "ansible-playbook csp.azure.reinstate -i our.csp_customers.yml"
        yield Terminal("reinstate", command, self.run("csp.azure.reinstate", reinstate_report="reinstate"))


def scene(azure: Azure, folder: Path) -> Scene:
    """Copy the example project."""
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    return Scene(azure, folder)


def photograph(page: Path, picture: Path) -> None:
    """Take a picture of a report's page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=OPTIONS)
        tab = browser.new_page(viewport={"width": 1280, "height": 760}, device_scale_factor=1.5)
        tab.goto(page.as_uri())
        tab.screenshot(path=picture)
        browser.close()


def main() -> None:
    """Make all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, running(Path(directory)) as azure:
        stage = scene(azure, Path(directory) / "project")
        for terminal in stage.terminals():
            (FOLDER / f"{terminal.name}.svg").write_text(terminal.svg(), encoding="utf-8")
        photograph(stage.folder / "audit.html", FOLDER / "audit.png")


if __name__ == "__main__":
    main()
