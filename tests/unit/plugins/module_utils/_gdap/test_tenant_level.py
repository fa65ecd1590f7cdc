# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant-level half beside the role assignments: neither depends on the other."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._gdap.partner_tenant import always
from ansible_collections.csp.azure.plugins.module_utils._gdap.relationships import Pace
from ansible_collections.csp.azure.plugins.module_utils._gdap.tenant_level import (
    OPTIONS,
    Partner,
    TenantLevelRequest,
    look,
    with_tenant_level,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..fakes import Clock
from .graph_in_memory import (
    ADMIN_AGENTS,
    CUSTOMER,
    NOW,
    PARTNER,
    DelegatedAdminGraph,
    assignment,
    refused,
    relationship,
)

GDAP = {name: option["default"] for name, option in OPTIONS.items()}
RESULT: dict[str, Any] = {
    "changed": False,
    "assignments": [{"state": "unchanged"}],
    "summary": ["unchanged: Owner"],
    "steps": [],
    "diff": {"before": {"a": 1}, "after": {"a": 2}},
}
CREATED = {**RESULT, "changed": True, "assignments": [{"state": "created"}]}


def run(
    graph: DelegatedAdminGraph | None, access: Any, gdap: dict[str, Any] | None = GDAP, **more: Any
) -> dict[str, Any]:
    clock = Clock()

    def reinstate(before_write: Any) -> Any:
        if isinstance(access, AzureError):
            raise access
        if access["changed"]:
            before_write()
        return access

    partner = Partner(lambda: graph, lambda name: ADMIN_AGENTS, always) if graph else None
    tenant = more.pop("tenant", CUSTOMER)
    pace = Pace(clock.sleep, lambda: clock.now)
    return with_tenant_level(reinstate, partner, TenantLevelRequest(lambda: tenant, gdap, NOW, pace=pace, **more))


def test_both_halves_in_one_result() -> None:
    result = run(DelegatedAdminGraph(), RESULT)
    assert (result["changed"], result["delegated_admin"]["status"]) == (True, "requested")
    assert result["summary"][1].endswith(result["delegated_admin"]["approval_url"])
    assert list(result["diff"]["after"]) == ["a", f"relationship csp-azure-{CUSTOMER}-1"]
    ready = run(DelegatedAdminGraph.of(relationship(), assignment()), CREATED)
    assert (ready["changed"], ready["delegated_admin"]["status"]) == (True, "ready")
    assert not run(DelegatedAdminGraph.of(relationship(), assignment()), RESULT)["changed"]


def test_check_mode_says_would() -> None:
    graph = DelegatedAdminGraph()
    assert run(graph, RESULT, check_mode=True)["summary"][1].startswith("sign-in would be requested")
    assert graph.written == []


def test_one_half_that_fails_does_not_keep_the_other_from_its_step() -> None:
    graph = DelegatedAdminGraph()
    result = run(graph, AzureError("no", code="AADSTS50020"))
    assert (result["failed"], result["error"]["code"], result["changed"]) == (True, "AADSTS50020", True)
    assert result["delegated_admin"]["status"] == "requested"
    assert [call[0] for call in graph.written] == ["create", "lock"]
    graph.errors["create"] = [refused(403, "accessDenied")]
    graph.by_id.clear()
    result = run(graph, CREATED)
    assert (result["failed"], result["error"]["code"], result["changed"]) == (True, "accessDenied", True)
    assert result["delegated_admin"]["status"] == "unknown"
    graph.errors["create"] = [refused(403, "accessDenied")]
    both = run(graph, {**CREATED, "failed": True, "msg": "first", "error": {"code": "First"}})
    assert both["error"]["code"] == "First"
    assert both["msg"].startswith("first\nDelegated admin privileges: accessDenied")


@pytest.mark.parametrize("gdap", [None, {**GDAP, "roles": []}])
def test_without_roles_a_role_that_was_written_is_worth_a_look(gdap: dict[str, Any] | None) -> None:
    graph = DelegatedAdminGraph.of(relationship(), assignment())
    result = run(graph, CREATED, gdap)
    assert (result["delegated_admin"]["status"], result["steps"]) == (
        "ready",
        [{"step": "sign_in", "outcome": "ok", "message": "The relationship contoso is active."}],
    )
    assert graph.written == []
    assert run(DelegatedAdminGraph(), CREATED, gdap)["steps"][0]["outcome"] == "missing"
    assert run(graph, RESULT, gdap) == RESULT
    assert run(None, CREATED, gdap) == CREATED
    assert run(graph, CREATED, gdap, looks=False) == CREATED
    graph.errors["relationships"] = [refused(403)]
    assert run(graph, CREATED, gdap)["steps"][0]["outcome"] == "unknown"
    with pytest.raises(AzureError, match="gone"):
        run(graph, AzureError("gone"), gdap)


@pytest.mark.parametrize(
    ("graph", "tenant", "text"),
    [
        (None, CUSTOMER, "need the partner's identity"),
        (DelegatedAdminGraph(), PARTNER, "is the partner's own"),
        (DelegatedAdminGraph(), None, "is not a customer"),
    ],
)
def test_what_cannot_work_fails(graph: DelegatedAdminGraph | None, tenant: str | None, text: str) -> None:
    result = run(graph, RESULT, tenant=tenant)
    assert result["failed"]
    assert text in result["msg"]


def test_a_look_at_a_customer_without_a_relationship_in_force_asks_for_no_assignments() -> None:
    graph = DelegatedAdminGraph.of(relationship("approvalPending"))
    partner = Partner(lambda: graph, lambda name: ADMIN_AGENTS, always)
    assert look(partner, CUSTOMER, 30, NOW).status == "waiting"
    assert [call[0] for call in graph.calls] == ["relationships", "transitive_groups"]
