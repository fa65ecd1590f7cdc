# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What check mode predicts is what a real run meets, though one asks before and the other writes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.grants import Grant, Grants
from ansible_collections.csp.azure.plugins.module_utils._access.plan import AssignmentOutcome
from ansible_collections.csp.azure.plugins.module_utils._access.reinstatement import (
    Attempt,
    Clients,
    ReinstatementRequest,
    _after,
    reinstate,
)
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment, AssignmentProperties
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller, Customer, Principal
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.permissions import Permission
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

from ..fakes import AGENTS, GROUP, OTHER, SUB, Azure, Clock, Directory, desired, error

TENANT = "22222222-2222-4222-8222-222222222222"
KNOWN = Principal(AGENTS, "ForeignGroup", "Foreign Principal", "p")
DIRECTORIES: dict[str, Any] = {
    "knows the group": [KNOWN],
    "does not know it": [],
    "has a group of its own": [replace(KNOWN, type="Group")],
    "cannot be read": error("Authorization_RequestDenied"),
}


class Arm(Azure):
    """A customer's Azure, which refuses in Azure's order: the place, the permission, the principal."""

    def __init__(self, may: bool, state: str, knows: bool) -> None:
        super().__init__()
        self.may, self.state, self.knows = may, state, knows
        self.caller = Caller(TENANT, "5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10", None, "app")

    def put_assignment(self, scope: str, name: str, properties: AssignmentProperties) -> Assignment:
        if self.state == "Disabled":
            raise AzureError("read only", code="ReadOnlyDisabledSubscription", status=409)
        if not self.may:
            raise AzureError("no", code="AuthorizationFailed", status=403)
        if not self.knows:
            raise AzureError("unknown", code="PrincipalNotFound", status=400)
        return super().put_assignment(scope, name, properties)

    def subscription_state(self, subscription: str) -> str:
        return self.state

    def resource_groups(self, subscription: str) -> list[str]:
        return ["web"]

    def permissions(self, scope: str) -> list[Permission]:
        return [Permission(("*",))] if self.may else []

    def assignments_reaching(self, scope: str, object_id: str) -> list[Assignment]:
        return []

    def subscriptions(self) -> Any:
        raise NotImplementedError

    def elevate(self) -> None:
        raise NotImplementedError


class PartnerCenter:
    caller = Caller("p")

    def __init__(self, relationship: str) -> None:
        self.relationship = relationship

    def customer(self, tenant_id: str) -> Customer:
        return Customer(tenant_id, relationship=self.relationship)

    def relationship_request(self) -> str:
        return "https://invite"


@pytest.mark.parametrize("may", [True, False], ids=["may assign", "may not"])
@pytest.mark.parametrize("state", ["Enabled", "Disabled"])
@pytest.mark.parametrize("directory", DIRECTORIES)
@pytest.mark.parametrize("relationship", ["reseller", "none"])
def test_check_mode_predicts_a_real_run(may: bool, state: str, directory: str, relationship: str) -> None:
    knows = directory == "knows the group" or (directory == "cannot be read" and relationship != "none")

    def run(arm: Arm, check_mode: bool) -> Any:
        grants = Grants((Grant((parse(SUB), parse(GROUP)), AGENTS, "Owner"),), {"AdminAgents": AGENTS})
        request = ReinstatementRequest(grants, check_mode=check_mode, read_back=Clock().read_back())
        answer = DIRECTORIES[directory]
        clients = Clients(lambda: arm, lambda: arm, lambda: Directory(answer), lambda: PartnerCenter(relationship))
        return reinstate(clients, request)

    arm = Arm(may, state, knows)
    predicted, real = run(Arm(may, state, knows), True), run(arm, False)
    for name in ("changed", "handoffs", "diff"):
        assert predicted[name] == real[name], name
    assert (predicted["handoffs"] == []) or (predicted["invitation_url"] == real["invitation_url"])
    codes = [[item.get("error", {}).get("code") for item in result["assignments"]] for result in (predicted, real)]
    # Check mode takes a group that the directory does not know for the reason; a real run learns of others first.
    assert codes[0] == codes[1] or (directory == "does not know it" and all(codes[1]))
    if directory == "has a group of its own":
        assert arm.calls == []


def test_what_was_written_before_an_elevation_stays_written() -> None:
    created = AssignmentOutcome(desired(), "created")
    unchanged = replace(created, state="unchanged")
    other = AssignmentOutcome(desired(OTHER), "created")
    first = Attempt((created, other), (replace(created, written=True), other.failed(error("AuthorizationFailed"))))
    second = Attempt((unchanged, other), (unchanged, replace(other, written=True)))
    merged = _after(first, second)
    assert [outcome.state for outcome in merged.outcomes] == ["created", "created"]
    assert [outcome.state for outcome in merged.planned] == ["created", "created"]
