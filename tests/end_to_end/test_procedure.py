# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole procedure through the playbook, in every situation that it is really run in: each ends as documented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..azure_simulator.running import ROOT
from .conftest import AGENTS, CUSTOMER, DISABLED, PARTNER, PARTNERS, PRODUCTION, TEST, WOODGROVE, Ansible, Run

CONTOSO = PARTNER["AZURE_TENANT"]
WOODGROVE_TENANT = "66666666-6666-4666-8666-666666666666"
WOODGROVES = {
    "AZURE_TENANT": WOODGROVE_TENANT,
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000031",
    "AZURE_SECRET": "the-other-customers-secret",
}
# The partner as a user, whom Partner Center gives the link, and as an application.
AGENT = {
    "CSP_PARTNER_TENANT": CONTOSO,
    "CSP_PARTNER_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000077",
    "CSP_PARTNER_REFRESH_TOKEN": "the-partners-refresh-token",
}
APPLICATION = PARTNERS
LINK = f"invType=ResellerRelationship&partnerId={CONTOSO}"
FILES = ["Reinstate-Access.ps1", "mail.txt", "playbook.yml", "reinstate-access.sh", "vars.yml"]


def reinstate(ansible: Ansible, env: dict[str, str], *args: str, **variables: Any) -> Run:
    given = {"reinstate_wait_timeout": 20, **variables}
    return ansible.playbook("csp.azure.reinstate", "-e", json.dumps(given), *args, env=env)


def agents_at(ansible: Ansible) -> list[str]:
    return sorted(item["scope"] for item in ansible.azure.assignments if item["principal"] == AGENTS)


def writes(ansible: Ansible) -> list[str]:
    return [entry["path"] for entry in ansible.azure.log if entry["api"] == "arm" and entry["method"] != "GET"]


def test_no_relationship(ansible: Ansible) -> None:
    run = reinstate(ansible, {**WOODGROVES, **AGENT}, reinstate_scopes=[WOODGROVE])
    assert run.status == 2
    assert "NoRelationship" in run.output
    assert LINK in run.output
    folder = ansible.folder / "handoff" / WOODGROVE_TENANT
    assert f"The files for localhost are in {folder.parent}." in run.output
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert LINK in (folder / "mail.txt").read_text(encoding="utf-8")
    assert WOODGROVE in (folder / "reinstate-access.sh").read_text(encoding="utf-8")
    assert len(writes(ansible)) == 1, "Azure refused once; without a relationship, trying again is pointless"
    assert agents_at(ansible) == []


def test_nothing_at_either_level_is_one_mail_with_both_links(ansible: Ansible) -> None:
    more = {"reinstate_scopes": [WOODGROVE], "reinstate_gdap_roles": ["Directory Readers"]}
    run = reinstate(ansible, {**WOODGROVES, **AGENT}, **more)
    assert run.status == 2
    [requested] = [item for item in ansible.azure.relationships if item["customer"] == WOODGROVE_TENANT]
    mail = (ansible.folder / "handoff" / WOODGROVE_TENANT / "mail.txt").read_text(encoding="utf-8")
    assert LINK in mail
    assert f"granularAdminRelationships/{requested['id']}\n" in mail
    assert agents_at(ansible) == []


def test_no_relationship_is_predicted(ansible: Ansible) -> None:
    run = reinstate(ansible, {**WOODGROVES, **AGENT}, "--check", reinstate_scopes=[WOODGROVE])
    assert run.status == 2
    assert LINK in run.output
    assert not (ansible.folder / "handoff").exists()


def test_no_relationship_and_no_link_for_an_application(ansible: Ansible) -> None:
    run = reinstate(ansible, {**WOODGROVES, **APPLICATION}, reinstate_scopes=[WOODGROVE])
    assert "requests in Partner Center" in run.output
    assert (ansible.folder / "handoff" / WOODGROVE_TENANT / "mail.txt").exists()


def test_no_relationship_and_told_to_go_on(ansible: Ansible) -> None:
    more = {"reinstate_check_relationship": False, "reinstate_wait_timeout": 1}
    run = reinstate(ansible, {**WOODGROVES, **AGENT}, reinstate_scopes=[WOODGROVE], **more)
    assert "PrincipalNotFound" in run.output
    assert len(writes(ansible)) >= 1
    assert not (ansible.folder / "handoff").exists()


def test_several_roles_have_a_folder_each(ansible: Ansible) -> None:
    roles = ("Owner", "Support Request Contributor")
    grants = [{"group": "AdminAgents", "role": role, "scopes": [WOODGROVE]} for role in roles]
    run = reinstate(ansible, {**WOODGROVES, **AGENT}, reinstate_grants=grants)
    for role in roles:
        name = f"{role.replace(' ', '_')}-{AGENTS}"
        script = ansible.folder / "handoff" / name / WOODGROVE_TENANT / "reinstate-access.sh"
        assert role in script.read_text(encoding="utf-8"), run.output


def test_several_hosts_and_groups_have_a_folder_each(ansible: Ansible) -> None:
    """No group may get what another one was meant to have, and no host's folder may hide another's."""
    customer = {
        "tenant": WOODGROVE_TENANT,
        "client_id": WOODGROVES["AZURE_CLIENT_ID"],
        "secret": WOODGROVES["AZURE_SECRET"],
    }
    web = f"/subscriptions/{WOODGROVE}/resourceGroups/web"
    grants = [{"group": "AdminAgents", "scopes": [WOODGROVE]}, {"group": "HelpdeskAgents", "scopes": [web]}]
    hosts = {"one": {"reinstate_grants": grants}, "two": {"reinstate_scopes": [WOODGROVE]}}
    inventory = ansible.folder / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": {"reinstate_customer_identity": customer}}}))
    run = reinstate(ansible, APPLICATION, "-i", str(inventory), reinstate_hosts="all")
    scripts = {path.parent.parent: path.read_text() for path in (ansible.folder / "handoff").rglob("*.sh")}
    helpdesk = AGENTS[:-1] + "2"
    result = {str(path.relative_to(ansible.folder / "handoff")): text for path, text in scripts.items()}
    assert set(result) == {f"one/Owner-{AGENTS}", f"one/Owner-{helpdesk}", "two"}, run.output
    for name, text in result.items():
        assert (helpdesk in text, web in text) == ((True, True) if helpdesk in name else (False, False))


@pytest.mark.parametrize(
    ("fault", "identity"),
    [
        ({"status": 404, "body": "<html>not here</html>"}, {}),
        ({"status": 429, "headers": {"Retry-After": "1"}}, {"timeout": 5}),
        ({"drop": True}, {"cloud_environment": ""}),
    ],
    ids=["a page", "throttled", "dropped"],
)
def test_a_partner_center_that_does_not_answer_decides_nothing(
    ansible: Ansible, fault: dict[str, Any], identity: dict[str, Any]
) -> None:
    ansible.azure.ask("faults", [{"api": "partner_center", **fault}])
    partner = {"tenant": CONTOSO, "client_id": PARTNER["AZURE_CLIENT_ID"], "secret": PARTNER["AZURE_SECRET"]}
    web = f"/subscriptions/{PRODUCTION}/resourceGroups/web"
    group_owner = {"AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000017", "AZURE_SECRET": "the-group-owners-secret"}
    options = {
        "grants": [{"principal_id": "", "group": "AdminAgents", "scopes": [web]}],
        "partner": {**partner, **identity},
    }
    env = {**CUSTOMER, **group_owner}
    predicted = ansible.task("partner_access", options, env=env, check_mode=True)
    step = predicted["steps"][0]
    assert (step["step"], step["outcome"], predicted["changed"]) == ("partner_center", "unknown", True), predicted
    ansible.azure.ask("forget")
    assert ansible.task("partner_access", options, env=env)["changed"]
    assert not any(entry["api"] == "partner_center" for entry in ansible.azure.log)


def test_a_group_id_without_dashes_is_the_partners_too(ansible: Ansible) -> None:
    run = reinstate(
        ansible,
        {**WOODGROVES, **AGENT},
        reinstate_scopes=[WOODGROVE],
        reinstate_admin_agents_id=AGENTS.replace("-", "").upper(),
    )
    assert LINK in run.output


def test_half_a_partner_is_told_as_such(ansible: Ansible) -> None:
    half = {"CSP_PARTNER_TENANT": CONTOSO, "CSP_PARTNER_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000001"}
    variables = {"reinstate_admin_agents_id": AGENTS, "reinstate_scopes": [PRODUCTION]}
    run = reinstate(ansible, {**CUSTOMER, **half}, **variables)
    assert run.status == 2
    assert "The partner's identity: " in run.output
    assert ansible.azure.log == []


@pytest.mark.parametrize(
    "partner",
    [{**AGENT, "CSP_PARTNER_REFRESH_TOKEN": "a-refresh-token-without-mfa"}, {}],
    ids=["without MFA", "no partner"],
)
def test_who_cannot_ask_partner_center_goes_on(ansible: Ansible, partner: dict[str, str]) -> None:
    variables = {"reinstate_admin_agents_id": AGENTS, "reinstate_scopes": [PRODUCTION]}
    run = reinstate(ansible, {**CUSTOMER, **partner}, **variables)
    assert (run.status, agents_at(ansible)) == (0, [f"/subscriptions/{PRODUCTION}"]), run.output


def test_the_relationship_was_just_accepted(ansible: Ansible) -> None:
    """Partner Center knows it already; the customer's directory needs some seconds more."""
    world = yaml.safe_load((ROOT / "tests/azure_simulator/scenario.yml").read_text(encoding="utf-8"))
    woodgrove = next(item for item in world["tenants"] if item["id"] == WOODGROVE_TENANT)
    woodgrove["partners"] = [{"tenant": CONTOSO, "known_after": 9}]
    ansible.azure.ask("reset", world)
    run = reinstate(ansible, {**WOODGROVES, **APPLICATION}, reinstate_scopes=[WOODGROVE])
    assert (run.status, agents_at(ansible)) == (0, [f"/subscriptions/{WOODGROVE}"]), run.output
    assert len([entry for entry in ansible.azure.log if entry["status"] == 400]) >= 1, (
        "it was too fast to show anything"
    )


READER = {**CUSTOMER, "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000012", "AZURE_SECRET": "the-readers-secret"}
CONDITIONAL = {
    **CUSTOMER,
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000013",
    "AZURE_SECRET": "the-conditional-secret",
}
ADMINISTRATOR = {
    "AZURE_TENANT": CUSTOMER["AZURE_TENANT"],
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000077",
    "AZURE_SECRET": "",
    "AZURE_REFRESH_TOKEN": "the-customers-refresh-token",
}
WEB, NOWHERE = (f"/subscriptions/{PRODUCTION}/resourceGroups/{name}" for name in ("web", "nowhere"))


@pytest.mark.parametrize(
    ("who", "scopes", "result", "done"),
    [
        (READER, [PRODUCTION], ["MissingPermission", "Microsoft.Authorization/roleAssignments/write"], []),
        (CONDITIONAL, [PRODUCTION], ["AuthorizationFailed", "a condition on its own role"], []),
        (ADMINISTRATOR, [PRODUCTION], ["AuthorizationFailed"], []),
        (WOODGROVES, [PRODUCTION], ["InvalidAuthenticationTokenTenant", f"tenant {CUSTOMER['AZURE_TENANT']}"], []),
        (
            CUSTOMER,
            [PRODUCTION, DISABLED, TEST],
            ["1 of 3 role assignments failed", "ReadOnlyDisabledSubscription", "enable it again"],
            [f"/subscriptions/{PRODUCTION}", f"/subscriptions/{TEST}"],
        ),
        (CUSTOMER, [WEB, NOWHERE], ["1 of 2", "ResourceGroupNotFound", "name of the resource group"], [WEB]),
        (
            CUSTOMER,
            [f"{WEB}/providers/Microsoft.Web/sites/shop", f"{WEB}/providers/Microsoft.Web/sites/gone"],
            ["1 of 2", "ResourceNotFound", "resource ID"],
            [f"{WEB}/providers/Microsoft.Web/sites/shop"],
        ),
    ],
    ids=["no right", "conditional right", "no owner", "wrong tenant", "disabled", "no resource group", "no resource"],
)
def test_refusals_say_what_to_do(
    ansible: Ansible, who: dict[str, str], scopes: list[str], result: list[str], done: list[str]
) -> None:
    run = reinstate(ansible, {**who, **APPLICATION}, reinstate_scopes=scopes)
    assert run.status == 2
    assert [text for text in result if text not in run.output] == [], run.output
    assert agents_at(ansible) == sorted(done)
    assert "newRoleAssignment.log" in run.output
    assert (ansible.folder / "newRoleAssignment.log").stat().st_mode & 0o777 == 0o600


def test_no_owner_at_all_and_a_global_administrator(ansible: Ansible) -> None:
    run = reinstate(ansible, {**ADMINISTRATOR, **APPLICATION}, reinstate_scopes=[PRODUCTION], reinstate_elevate=True)
    assert (run.status, agents_at(ansible)) == (0, [f"/subscriptions/{PRODUCTION}"]), run.output
    assert not [item for item in ansible.azure.assignments if item["scope"] == "/"]


SECRETS = ("the-other-customers-secret", "the-partners-refresh-token", "the-partners-secret", "eyJ")


@pytest.mark.parametrize("partner", [AGENT, APPLICATION], ids=["user", "application"])
def test_a_failing_run_leaks_no_secret(edge: Ansible, partner: dict[str, str]) -> None:
    """Every file and line that a failing run with -vvv and all logs leaves behind, the hand-off's too."""
    logs = {"ANSIBLE_LOG_PATH": str(edge.folder / "ansible.log"), "CSP_AZURE_DEBUG_LOG": str(edge.folder / "debug.log")}
    run = reinstate(edge, {**WOODGROVES, **partner, **logs}, "-vvv", reinstate_scopes=[WOODGROVE])
    assert run.status == 2
    files = {path: path.read_text(encoding="utf-8", errors="replace") for path in tree(edge.folder)}
    names = {path.name for path in files}
    assert {"ansible.log", "debug.log", "newRoleAssignment.log", "mail.txt"} <= names
    traced = next(text for path, text in files.items() if path.name == "debug.log")
    assert f"/v1/customers/{WOODGROVE_TENANT}" in traced, "Partner Center is in the log, too"
    for where, text in {**files, Path("output"): run.output}.items():
        for line in text.splitlines():
            assert not [secret for secret in SECRETS if secret in line], f"{where.name}: {line[:300]}"


def test_a_failing_run_leaves_no_secret_in_facts(ansible: Ansible) -> None:
    keep = {
        "keep": {
            "content": "{{ hostvars[inventory_hostname] | to_json }}",
            "dest": str(ansible.folder / "facts"),
        }
    }
    role = {"ansible.builtin.include_role": {"name": "csp.azure.reinstate"}}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"reinstate_scopes": [WOODGROVE]},
    }
    run = ansible.playbook([{**play, "tasks": [{"block": [role], "rescue": [keep]}]}], env={**WOODGROVES, **AGENT})
    facts = (ansible.folder / "facts").read_text(encoding="utf-8")
    assert "NoRelationship" in facts, run.output
    assert not [secret for secret in SECRETS if secret in facts]


def tree(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_all_leaves_out_is_said_on_the_terminal_and_in_each_report(ansible: Ansible) -> None:
    run = ansible.playbook(
        "csp.azure.reinstate", "-e", "reinstate_scopes=all", "-e", f"reinstate_admin_agents_id={AGENTS}", "-e", "reinstate_report=out/report"
    )  # fmt: skip
    assert run.status == 0, run.output
    assert f"{DISABLED} is disabled" in run.output
    for ending in ("jsonl", "csv", "html"):
        assert f"{DISABLED} is disabled" in (ansible.folder / f"out/report.{ending}").read_text(encoding="utf-8")
