# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role handoff writes, whatever the customers are called."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tree_sitter import Language, Parser
from tree_sitter_powershell import language

from ..azure_simulator.running import Azure
from .conftest import AGENTS, CUSTOMER, PARTNER, PRODUCTION, TEST, Ansible

TENANT = CUSTOMER["AZURE_TENANT"]
GROUP = f"/subscriptions/{PRODUCTION}/resourceGroups/Müller's $(touch hacked) `x` \u2019; $env:PATH"
FABRIKAM = {
    "tenant": TENANT,
    "name": "Fabrikam\nBcc: everybody",
    "scopes": [f"/subscriptions/'{PRODUCTION}'", GROUP, f"{TEST}"],
}
HOSTILE = {"tenant": "../../etc/$(x)'; rm -rf", "scopes": [PRODUCTION], "role": "Partner's \u2018desk\u2019 $(whoami)"}
NAMES = ["Reinstate-Access.ps1", "mail.txt", "playbook.yml", "reinstate-access.sh", "vars.yml"]


def hand_off(ansible: Ansible, *args: str, **more: Any) -> Any:
    variables = {
        "handoff_customers": [FABRIKAM, HOSTILE],
        "handoff_admin_agents_id": AGENTS,
        "handoff_invitation_url": "https://admin.microsoft.com/x?DAP=false#/y",
        "handoff_directory": str(ansible.folder / "out"),
        **more,
    }
    path = ansible.folder / "vars.json"
    path.write_text(yaml.safe_dump(variables))
    return ansible.playbook("csp.azure.handoff", "-e", f"@{path}", *args)


@pytest.fixture(scope="module")
def written(the_azure: Azure, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of both customers, which the tests only read."""
    ansible = Ansible(the_azure, tmp_path_factory.mktemp("handoff"))
    run = hand_off(ansible)
    assert run.status == 0, run.output
    return ansible.folder / "out"


def test_a_folder_for_each_customer_inside_the_directory(ansible: Ansible, written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == sorted([TENANT, "__.._etc___x____rm_-rf"])
    for folder in written.iterdir():
        assert sorted(path.name for path in folder.iterdir()) == NAMES
    second = hand_off(ansible, handoff_directory=str(written))
    assert "changed=0 " in second.output, second.output


def test_a_run_without_customers_fails(ansible: Ansible) -> None:
    run = hand_off(ansible, handoff_customers=[])
    assert run.status != 0
    assert "handoff_customers is empty" in run.output


def test_the_folders_are_named(ansible: Ansible) -> None:
    run = hand_off(ansible, handoff_customers=[FABRIKAM])
    assert f"{ansible.folder}/out/{TENANT}" in run.output


def test_the_shell_script_takes_values_as_they_stand(written: Path) -> None:
    script = written / TENANT / "reinstate-access.sh"
    subprocess.run(["bash", "-n", str(script)], check=True)
    head = script.read_text().partition("log=/dev/null")[0]
    shown = subprocess.run(
        ["bash", "-c", f'{head}\nprintf "%s\\0" "$tenant" "$group" "$role" "${{scopes[@]}}"'],
        capture_output=True,
        text=True,
        check=True,
        cwd=written,
    ).stdout.split("\0")[:-1]
    assert shown == [TENANT, AGENTS, "Owner", f"/subscriptions/{PRODUCTION}", GROUP, f"/subscriptions/{TEST}"]
    assert not (written / "hacked").exists()
    other = next(path for path in written.iterdir() if path.name != TENANT) / "reinstate-access.sh"
    role = re.search(r"^role=(.*)$", other.read_text(), re.MULTILINE)
    assert role
    assert shlex.split(role[1]) == [HOSTILE["role"]]


def strings(node: Any) -> list[str]:
    """The single-quoted strings of a PowerShell tree, as PowerShell reads them."""
    result = []
    if node.type == "verbatim_string_characters":
        result.append(re.sub("(['\u2018\u2019\u201a\u201b])\\1", r"\1", node.text.decode()[1:-1]))
    for child in node.children:
        result += strings(child)
    return result


def test_the_powershell_script_is_powershell_and_takes_values_as_they_stand(written: Path) -> None:
    parser = Parser(Language(language()))
    for folder in written.iterdir():
        tree = parser.parse((folder / "Reinstate-Access.ps1").read_bytes())
        assert not tree.root_node.has_error, folder
        result = strings(tree.root_node)
        wanted = [TENANT, AGENTS, "Owner", GROUP] if folder.name == TENANT else [HOSTILE["tenant"], HOSTILE["role"]]
        assert all(value in result for value in wanted), result


def test_both_scripts_take_the_same_steps(written: Path) -> None:
    folder = written / TENANT
    steps = [
        re.findall(r"# Step: (.*)", (folder / name).read_text())
        for name in ("reinstate-access.sh", "Reinstate-Access.ps1")
    ]
    assert steps[0] == steps[1]
    assert len(steps[0]) == 8
    assert "--assignee-principal-type ForeignGroup" in (folder / "reinstate-access.sh").read_text()
    assert "-ObjectType 'ForeignGroup'" in (folder / "Reinstate-Access.ps1").read_text()


def test_windows_powershell_reads_names_as_they_stand(written: Path) -> None:
    """Windows PowerShell 5.1 takes a file for UTF-8 by its byte-order mark only."""
    folder = written / TENANT
    text = (folder / "Reinstate-Access.ps1").read_text(encoding="utf-8-sig")
    assert (folder / "Reinstate-Access.ps1").read_bytes().startswith(b"\xef\xbb\xbf# ")
    assert "M\u00fcller" in text
    assert (folder / "reinstate-access.sh").read_bytes().startswith(b"#!")


OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


@pytest.mark.parametrize(
    "role", [OWNER.upper(), f"/providers/Microsoft.Authorization/roleDefinitions/{OWNER}", "owner"]
)
def test_both_scripts_ask_for_the_role_by_its_guid(ansible: Ansible, role: str) -> None:
    customers = [{"tenant": TENANT, "scopes": [PRODUCTION]}]
    assert hand_off(ansible, handoff_customers=customers, handoff_role=role).status == 0
    folder = ansible.folder / "out" / TENANT
    shell = (folder / "reinstate-access.sh").read_text()
    assert f"role_key={OWNER}\n" in shell
    assert 'role definition list --name "$role_key"' in shell
    powershell = (folder / "Reinstate-Access.ps1").read_text(encoding="utf-8-sig")
    assert f"$roleId = '{OWNER}'\n" in powershell
    assert "Get-AzRoleDefinition -Id $roleId" in powershell


def test_the_powershell_script_checks_az_resources(written: Path) -> None:
    """Before anything else, with the catch-all's advice for each way in which it fails."""
    checked, _steps, rest = (written / TENANT / "Reinstate-Access.ps1").read_text().partition("# Step:")
    assert "Get-Module -Name Az.Resources -ListAvailable" in checked
    assert "-lt [version] '4.1.1'" in checked
    assert "Import-Module -Name Az.Resources -MinimumVersion 4.1.1" in checked
    for advice in ("Update-Module Az.Resources -Force", "Install-Module", "in use", "Az.Accounts is too old"):
        assert advice in checked
    assert "Az.Resources" not in rest


def test_the_vars_file_works_with_the_collection(ansible: Ansible) -> None:
    plain = {"tenant": TENANT, "scopes": [PRODUCTION, f"/subscriptions/{PRODUCTION}/resourceGroups/web"]}
    assert hand_off(ansible, handoff_customers=[plain]).status == 0
    folder = ansible.folder / "out" / TENANT
    run = ansible.playbook(str(folder / "playbook.yml"), "-e", f"@{folder / 'vars.yml'}")
    assert run.status == 0, run.output
    assert len([item for item in ansible.azure.assignments if item["principal"] == AGENTS]) == 2


def test_the_mail_has_the_link_and_no_headers_of_others(written: Path) -> None:
    mail = (written / TENANT / "mail.txt").read_text()
    assert "https://admin.microsoft.com/x?DAP=false#/y" in mail
    assert AGENTS in mail
    assert not re.search("^Bcc", mail, re.MULTILINE)


def test_what_the_partner_knows_is_looked_up(ansible: Ansible) -> None:
    partner = {
        "CSP_PARTNER_TENANT": PARTNER["AZURE_TENANT"],
        "CSP_PARTNER_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000077",
        "CSP_PARTNER_REFRESH_TOKEN": "the-partners-refresh-token",
    }
    path = ansible.folder / "vars.json"
    path.write_text(
        yaml.safe_dump(
            {
                "handoff_customers": [{"tenant": TENANT, "scopes": [TEST]}],
                "handoff_directory": str(ansible.folder / "out"),
            }
        )
    )
    run = ansible.playbook("csp.azure.handoff", "-e", f"@{path}", env=partner)
    assert run.status == 0, run.output
    mail = (ansible.folder / "out" / TENANT / "mail.txt").read_text()
    assert f"partnerId={PARTNER['AZURE_TENANT']}" in mail
    assert AGENTS in mail


def test_a_scope_that_is_none_is_refused(ansible: Ansible) -> None:
    run = hand_off(ansible, handoff_customers=[{"tenant": TENANT, "scopes": ["production"]}])
    assert run.status == 2
    assert "is not a scope" in run.output


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"handoff_custumers": [{"tenant": TENANT, "scopes": [PRODUCTION]}]}, "Use handoff_customers"),
        ({"handoff_customers": [{"tenant": TENANT[:-1], "scopes": [PRODUCTION]}]}, f"{TENANT[:-1]} is neither"),
        ({"handoff_customers": []}, "handoff_customers is empty."),
    ],
)
def test_a_mistyped_variable_writes_nothing(ansible: Ansible, variables: dict[str, Any], words: str) -> None:
    run = hand_off(ansible, **variables)
    assert run.status == 2
    assert words in run.output
    assert not (ansible.folder / "out").exists()
