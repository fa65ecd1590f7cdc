# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partner's access taken away: a former partner's, one's own, with locks and with somebody's last Owner."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from ..azure_simulator.running import ROOT
from .conftest import AGENTS, DISABLED, PARTNERS, PRODUCTION, TEST, WOODGROVE, Ansible

PROVIDER = "34c4dd11-0000-4000-8000-000000000001"
PROVIDER_TENANT = "44444444-4444-4444-8444-444444444444"
WEB = f"/subscriptions/{PRODUCTION}/resourceGroups/web"
PLACES = (f"/subscriptions/{PRODUCTION}", f"/subscriptions/{TEST}", WEB)


@pytest.fixture(autouse=True)
def two_partners(ansible: Ansible) -> None:
    for place in PLACES:
        for group in (AGENTS, PROVIDER):
            given(ansible, place, group)


def given(ansible: Ansible, scope: str, group: str, role: str = "Owner") -> None:
    body = {"scope": scope, "role": role, "principal": group, "principal_type": "ForeignGroup"}
    ansible.azure.ask("assign", body)


def places_of(ansible: Ansible, group: str) -> list[str]:
    return sorted(item["scope"] for item in ansible.azure.assignments if item["principal"] == group)


def play(ansible: Ansible, *args: str, **variables: Any) -> Any:
    given = {"revoke_scopes": [PRODUCTION, TEST], "revoke_wait_timeout": 5, **variables}
    partner = PARTNERS
    return ansible.playbook("csp.azure.revoke", "-e", json.dumps(given), *args, env=partner)


def test_everywhere_is_every_subscription_in_whatever_state(ansible: Ansible) -> None:
    given(ansible, f"/subscriptions/{DISABLED}", PROVIDER)
    done = play(ansible, revoke_scopes=["all"], revoke_partner_tenants=[PROVIDER_TENANT])
    assert (done.status, places_of(ansible, PROVIDER)) == (0, []), done.output


def test_a_former_partner(ansible: Ansible) -> None:
    partner = {"revoke_partner_tenants": [PROVIDER_TENANT]}
    predicted = play(ansible, "--check", "--diff", **partner)
    assert predicted.status == 0, predicted.output
    assert predicted.output.count("would be removed: Owner of") == 3
    assert f"Owner of {PROVIDER} at {WEB}" in predicted.output.partition("would be")[0], "the diff comes first"
    assert places_of(ansible, PROVIDER) == sorted(PLACES)
    done = play(ansible, **partner)
    assert (done.status, places_of(ansible, PROVIDER)) == (0, []), done.output
    assert places_of(ansible, AGENTS) == sorted(PLACES)
    second = play(ansible, **partner)
    assert "changed=0 " in second.output
    assert "nothing to remove" in second.output
    left = f"No group of {PROVIDER_TENANT} has a role there. Groups of {PARTNERS['CSP_PARTNER_TENANT']} have."
    assert left in second.output, "a mistyped tenant would look the same"


def test_ones_own_group_by_name(ansible: Ansible) -> None:
    done = play(ansible, revoke_groups=["AdminAgents"])
    assert (done.status, places_of(ansible, AGENTS)) == (0, []), done.output


def test_nothing_is_taken_away_unasked(ansible: Ansible) -> None:
    done = play(ansible)
    assert done.status == 2
    assert "Give principal_ids or partner_tenants" in done.output
    assert not [entry for entry in ansible.azure.log if entry["api"] == "arm"]


def test_a_lock_stops_one_and_not_the_others(ansible: Ansible) -> None:
    ansible.azure.ask("lock", WEB)
    done = play(ansible, revoke_principal_ids=[PROVIDER])
    assert done.status == 2
    assert "ScopeLocked" in done.output
    assert "never removes locks" in done.output
    assert places_of(ansible, PROVIDER) == [WEB]


def test_the_last_owner_stays(ansible: Ansible) -> None:
    given(ansible, f"/subscriptions/{WOODGROVE}", PROVIDER)
    env = {
        "AZURE_TENANT": "66666666-6666-4666-8666-666666666666",
        "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000031",
        "AZURE_SECRET": "the-other-customers-secret",
    }
    mine = next(item for item in ansible.azure.assignments if item["scope"] == f"/subscriptions/{WOODGROVE}")
    options = {"principal_ids": [PROVIDER], "scopes": [WOODGROVE], "wait_timeout": 5}
    tasks = [
        {
            "name": "own",
            "csp.azure.role_assignment": {
                "principal_id": mine["principal"],
                "principal_type": "ServicePrincipal",
                "scopes": [WOODGROVE],
                "state": "absent",
                "wait": False,
            },
        },
    ]
    assert ansible.task("partner_revocation", options, env=env, check_mode=True)["changed"]
    body = {
        "scope": f"/subscriptions/{WOODGROVE}",
        "role": "Role Based Access Control Administrator",
        "principal": mine["principal"],
    }
    ansible.azure.ask("assign", body)
    assert ansible.tasks(*tasks, env=env).results["own"]["changed"]
    for check_mode in (True, False):
        result = ansible.task("partner_revocation", options, env=env, check_mode=check_mode)
        assert result["error"]["code"] == "LastAdministrator", result
    assert places_of(ansible, PROVIDER) == sorted([*PLACES, f"/subscriptions/{WOODGROVE}"])


def test_one_unreadable_subscription_hides_nothing(ansible: Ansible) -> None:
    result = ansible.task(
        "partner_revocation", {"principal_ids": [PROVIDER], "scopes": [PRODUCTION, WOODGROVE], "wait_timeout": 5}
    )
    assert [row["state"] for row in result["assignments"]] == ["removed", "removed"]
    assert WOODGROVE in result["msg"]
    assert result["failed"]
    assert places_of(ansible, PROVIDER) == [f"/subscriptions/{TEST}"]


def test_what_stays_above_is_told(ansible: Ansible) -> None:
    root = "/providers/Microsoft.Management/managementGroups/fabrikam-root"
    given(ansible, root, PROVIDER, "Reader")
    done = play(ansible, revoke_principal_ids=PROVIDER)
    assert (done.status, places_of(ansible, PROVIDER)) == (0, [root]), done.output
    assert "The partner keeps its assignments above the scopes" in done.output
    done = play(ansible, revoke_principal_ids=PROVIDER, revoke_scopes=[root])
    assert (done.status, places_of(ansible, PROVIDER)) == (0, []), done.output
    assert "Name the subscriptions below it, too" in done.output


def test_all_means_every_enabled_subscription(ansible: Ansible) -> None:
    done = play(ansible, revoke_groups="AdminAgents", revoke_scopes="all")
    assert (done.status, places_of(ansible, AGENTS)) == (0, []), done.output


def test_a_custom_role_that_only_one_scope_knows(ansible: Ansible) -> None:
    given(ansible, f"/subscriptions/{PRODUCTION}", PROVIDER, "Partner's ticket desk")
    done = play(ansible, revoke_principal_ids=PROVIDER, revoke_roles=["Partner's ticket desk"])
    assert (done.status, len(places_of(ansible, PROVIDER))) == (0, 3), done.output
    done = play(ansible, revoke_principal_ids=PROVIDER, revoke_roles=["nobody's role"])
    assert (done.status, len(places_of(ansible, PROVIDER))) == (2, 3), done.output


def test_the_documented_transfer(ansible: Ansible) -> None:
    readme = (ROOT / "roles/revoke/README.md").read_text(encoding="utf-8")
    example = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)[-1]
    path = ansible.folder / "transfer.yml"
    path.write_text(example, encoding="utf-8")
    assert len(yaml.safe_load(example)) == 2
    ansible.azure.ask("reset")
    given(ansible, f"/subscriptions/{PRODUCTION}", PROVIDER)
    variables = {
        "new_partner_admin_agents_id": AGENTS,
        "old_partner_tenant": PROVIDER_TENANT,
        "subscriptions": [PRODUCTION],
    }
    first = ansible.playbook(str(path), "-e", json.dumps(variables))
    assert first.status == 0, first.output
    assert (len(places_of(ansible, AGENTS)), len(places_of(ansible, PROVIDER))) == (1, 1)
    second = ansible.playbook(str(path), "-e", json.dumps(variables), "--tags", "complete")
    assert second.status == 0, second.output
    assert (len(places_of(ansible, AGENTS)), len(places_of(ansible, PROVIDER))) == (1, 0)


def test_a_host_that_another_ones_failure_stops_keeps_its_result(ansible: Ansible) -> None:
    role = {"ansible.builtin.include_role": {"name": "csp.azure.revoke"}}
    keep = {"keep": {"dest": str(ansible.folder / "b.json"), "content": "{{ revoke_result | to_json }}"}}
    tasks = [{"block": [role], "always": [{**keep, "when": "inventory_hostname == 'b'"}]}]
    play = {"hosts": "a,b", "connection": "local", "gather_facts": False, "any_errors_fatal": True, "tasks": tasks}
    inventory = {"a": {"revoke_partner_tenants": ["no tenant"]}, "b": {"revoke_partner_tenants": [PROVIDER_TENANT]}}
    (ansible.folder / "hosts.json").write_text(json.dumps({"all": {"hosts": inventory}}))
    variables = {"revoke_scopes": [PRODUCTION], "revoke_wait_timeout": 5}
    run = ansible.playbook([play], "-i", "hosts.json", "-e", json.dumps(variables))
    assert "ansible_failed_result" not in run.output, run.output
    result = json.loads((ansible.folder / "b.json").read_text())
    assert [item["state"] for item in result["assignments"]] == ["removed", "removed"], run.output
