# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Global Administrator without any right on the subscription: elevated for as long as it takes, never longer."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import AGENTS, CUSTOMER, PRODUCTION, TEST, Ansible

NOTHING = dict.fromkeys(CUSTOMER, "")
ADMINISTRATOR = {
    "tenant": CUSTOMER["AZURE_TENANT"],
    "client_id": "0c1f5d6e-0000-4000-8000-000000000077",
    "refresh_token": "the-customers-refresh-token",
}
GRANT = {"grants": [{"principal_id": AGENTS, "scopes": [PRODUCTION]}], "elevate": True, **ADMINISTRATOR}


def elevated(ansible: Ansible) -> list[str]:
    return [item["principal"] for item in ansible.azure.assignments if item["scope"] == "/"]


def test_the_module(ansible: Ansible) -> None:
    options: dict[str, Any] = {**ADMINISTRATOR, "wait_timeout": 5}
    tasks = [
        {"name": "predicted", "csp.azure.elevated_access": options, "check_mode": True, "diff": True},
        {"name": "made", "csp.azure.elevated_access": options},
        {"name": "again", "csp.azure.elevated_access": options},
        {"name": "used", "csp.azure.role_assignment": {"principal_id": AGENTS, "scopes": [TEST], **ADMINISTRATOR}},
        {"name": "back, predicted", "csp.azure.elevated_access": {**options, "state": "absent"}, "check_mode": True},
        {"name": "back", "csp.azure.elevated_access": {**options, "state": "absent"}},
        {"name": "back again", "csp.azure.elevated_access": {**options, "state": "absent"}},
    ]
    actual = ansible.tasks(*tasks, env=NOTHING).results
    assert {name: result["changed"] for name, result in actual.items()} == {
        "predicted": True,
        "made": True,
        "again": False,
        "used": True,
        "back, predicted": True,
        "back": True,
        "back again": False,
    }
    assert (actual["made"]["before"], actual["again"]["before"]) == (False, True)
    assert elevated(ansible) == []


@pytest.mark.parametrize("module", ["elevated_access", "partner_access"])
def test_a_service_principal_is_told_before_anything_is_tried(ansible: Ansible, module: str) -> None:
    reader = {
        "tenant": CUSTOMER["AZURE_TENANT"],
        "client_id": "0c1f5d6e-0000-4000-8000-000000000012",
        "secret": "the-readers-secret",
    }
    options = reader if module == "elevated_access" else {**GRANT, "refresh_token": "", **reader}
    result = ansible.task(module, options)
    assert result["error"]["code"] == "NotAUser", result["msg"]
    assert not any("elevateAccess" in entry["path"] for entry in ansible.azure.log)


def test_who_is_no_global_administrator_is_told(ansible: Ansible) -> None:
    options = {
        "tenant": "33333333-3333-4333-8333-333333333333",
        "client_id": ADMINISTRATOR["client_id"],
        "refresh_token": "the-partners-refresh-token",
    }
    result = ansible.task("elevated_access", options, env=NOTHING)
    assert result["error"]["code"] == "AuthorizationFailed"
    assert "Global Administrator" in result["error"]["hint"]


def test_an_elevation_lasts_as_long_as_the_work(ansible: Ansible) -> None:
    result = ansible.task("partner_access", GRANT, env=NOTHING)
    assert [row["state"] for row in result["assignments"]] == ["created"], result
    assert result["steps"][-1]["step"] == "elevation"
    assert elevated(ansible) == []


def test_without_being_told_nobody_is_elevated(ansible: Ansible) -> None:
    result = ansible.task("partner_access", {**GRANT, "elevate": False}, env=NOTHING)
    assert result["error"]["code"] == "AuthorizationFailed"
    predicted = ansible.task("partner_access", GRANT, env=NOTHING, check_mode=True)
    assert predicted["steps"][-1]["message"] == "The real run would elevate the caller's access first."
    assert not any("elevateAccess" in entry["path"] for entry in ansible.azure.log)


def test_who_has_the_right_is_not_elevated(ansible: Ansible) -> None:
    ansible.azure.ask(
        "assign",
        {"scope": f"/subscriptions/{PRODUCTION}", "role": "Owner", "principal": "5e6ad4a5-0000-4000-8000-000000000016"},
    )
    assert ansible.task("partner_access", GRANT, env=NOTHING)["changed"]
    assert not any("elevateAccess" in entry["path"] for entry in ansible.azure.log)


def test_an_elevation_is_taken_back_after_a_failure_too(ansible: Ansible) -> None:
    body = {"error": {"code": "RequestDisallowedByPolicy", "message": "no"}}
    ansible.azure.ask("faults", [{"api": "arm", "method": "PUT", "status": 403, "body": body}])
    result = ansible.task("partner_access", GRANT, env=NOTHING)
    assert result["error"]["code"] == "RequestDisallowedByPolicy"
    assert elevated(ansible) == []


@pytest.mark.parametrize(
    ("fault", "gone"),
    [
        # The sign-in after the elevation fails, and so may the one that takes it back: then the failure says that it stays.
        ({"times": 1}, True),
        ({}, False),
    ],
)
def test_an_elevation_is_taken_back_though_the_next_sign_in_fails(
    ansible: Ansible, fault: dict[str, Any], gone: bool
) -> None:
    body = {"error": "interaction_required", "error_description": "AADSTS50076: Due to a change, you must use MFA."}
    ansible.azure.ask("faults", [{"api": "login", "method": "POST", "skip": 1, "status": 400, "body": body, **fault}])
    result = ansible.task("partner_access", GRANT, env=NOTHING)
    assert result["failed"]
    assert "AADSTS50076" in result["msg"]
    assert (elevated(ansible) == []) is gone
    assert ("ELEVATION NOT REMOVED" in result["msg"]) is not gone


def test_an_elevation_that_was_there_stays(ansible: Ansible) -> None:
    ansible.task("elevated_access", ADMINISTRATOR, env=NOTHING)
    assert ansible.task("partner_access", GRANT, env=NOTHING)["changed"]
    assert len(elevated(ansible)) == 1


def test_an_elevation_that_cannot_be_taken_back_is_a_loud_failure(ansible: Ansible) -> None:
    body = {"error": {"code": "InternalServerError", "message": "no"}}
    ansible.azure.ask("faults", [{"api": "arm", "method": "DELETE", "status": 403, "body": body}])
    run = ansible.playbook(
        "csp.azure.reinstate",
        "-e", "reinstate_elevate=true", "-e", f"reinstate_admin_agents_id={AGENTS}", "-e", f"reinstate_scopes={PRODUCTION}",
        env={**NOTHING, "AZURE_TENANT": ADMINISTRATOR["tenant"], "AZURE_CLIENT_ID": ADMINISTRATOR["client_id"],
             "AZURE_REFRESH_TOKEN": ADMINISTRATOR["refresh_token"]},
    )  # fmt: skip
    assert run.status == 2
    assert "ELEVATION NOT REMOVED" in run.output


def test_a_device_code_is_shown_once_for_all_sign_ins_of_an_elevation(ansible: Ansible) -> None:
    person = {"tenant": ADMINISTRATOR["tenant"], "client_id": ADMINISTRATOR["client_id"], "auth_source": "device_code"}
    result = ansible.task("partner_access", {**GRANT, "refresh_token": "", **person}, env=NOTHING)
    assert result["changed"], result
    assert result["output"].count("enter the code") == 1
    assert elevated(ansible) == []
    tokens = [entry for entry in ansible.azure.log if entry["path"].endswith("/token")]
    assert len(tokens) >= 4  # pending, the code, and new tokens for the work and for removing the elevation
