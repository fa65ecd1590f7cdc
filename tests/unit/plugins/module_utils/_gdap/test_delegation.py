# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step for one customer at a time: from nothing to a way in."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._gdap.delegation import Delegation, DelegationRequest, delegate
from ansible_collections.csp.azure.plugins.module_utils._gdap.partner_tenant import PartnerTenant
from ansible_collections.csp.azure.plugins.module_utils._gdap.relationship_plan import RelationshipRequest
from ansible_collections.csp.azure.plugins.module_utils._gdap.relationships import Pace
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import (
    AccessAssignment,
    DelegatedAdminRelationship,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..fakes import Clock
from .graph_in_memory import (
    ADMIN_AGENTS,
    CUSTOMER,
    NOW,
    READERS,
    ByRelationship,
    DelegatedAdminGraph,
    assignment,
    refused,
    relationship,
)

SOON = {"expires_at": "2026-12-10T12:00:00Z", "auto_extend": False}
MORE = READERS | {"f2ef992c-3afb-46b9-b7cf-a126ee74c451"}


def step(
    graph: DelegatedAdminGraph,
    *,
    check_mode: bool = False,
    group: str = ADMIN_AGENTS,
    groups: frozenset[str] | None = frozenset({ADMIN_AGENTS}),
    **wanted: Any,
) -> Delegation:
    clock = Clock()
    request = DelegationRequest(
        RelationshipRequest(CUSTOMER, NOW, **{"roles": READERS, **wanted}),
        group,
        check_mode,
        Pace(clock.sleep, lambda: clock.now),
    )
    return delegate(graph, PartnerTenant(tuple(graph.by_id.values()), groups), request)


def test_four_runs_lead_from_nothing_to_a_way_in() -> None:
    graph = DelegatedAdminGraph()
    first = step(graph)
    assert (first.path.status, first.changed) == ("requested", True)
    assert first.path.as_dict()["approval_url"]
    waiting = step(graph)
    assert (waiting.path.status, waiting.changed) == ("waiting", False)
    assert waiting.path.as_dict()["approval_url"] == first.path.as_dict()["approval_url"]
    graph.by_id["r1"] = relationship(id="r1")
    assigned = step(graph)
    assert (assigned.path.status, assigned.changed) == ("assigned", True)
    ready = step(graph)
    assert (ready.path.status, ready.changed) == ("ready", False)
    assert [call[0] for call in graph.written] == ["create", "lock", "assign"]


@pytest.mark.parametrize(
    ("items", "status", "changed", "calls"),
    [
        ([relationship("approved")], "waiting", False, []),
        ([relationship("created", name=f"csp-azure-{CUSTOMER}-1")], "requested", True, ["lock"]),
        ([relationship("created")], "requested", True, ["create", "lock"]),
        ([relationship("unknownFutureValue")], "unknown", False, []),
        ([relationship(), assignment("unknownFutureValue")], "unknown", False, []),
        (
            [relationship("expiring", **SOON), relationship("activating", id="r2"), assignment()],
            "expiring",
            False,
            [],
        ),
        ([relationship(), assignment("pending")], "assigned", False, []),
        ([relationship(), assignment("deleted")], "assigned", True, ["assign"]),
        ([relationship(), assignment()], "ready", False, []),
        ([relationship(auto_extend=False), assignment()], "ready", True, ["set_auto_extend"]),
        ([relationship("expiring"), assignment()], "ready", False, []),
        ([relationship("expiring", **SOON), assignment()], "requested", True, ["create", "lock"]),
        (
            [relationship("expiring", **SOON), relationship("approvalPending", id="r2"), assignment()],
            "expiring",
            False,
            [],
        ),
        ([relationship(roles=MORE), assignment(roles=MORE)], "ready", False, []),
        ([relationship(roles=MORE), assignment(roles=MORE - READERS)], "assigned", True, ["change_assignment"]),
    ],
)
def test_each_state_and_what_check_mode_says_of_it(
    items: list[DelegatedAdminRelationship | AccessAssignment], status: str, changed: bool, calls: list[str]
) -> None:
    predicted = step(DelegatedAdminGraph.of(*items), check_mode=True)
    graph = DelegatedAdminGraph.of(*items)
    done = step(graph)
    assert (done.path.status, done.changed, [call[0] for call in graph.written]) == (status, changed, calls)
    assert (predicted.path.status, predicted.changed) == (status, changed)
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert bool(done.after) == changed


def test_check_mode_writes_nothing() -> None:
    for items in ([], [relationship("created")], [relationship()], [relationship(auto_extend=False)]):
        graph = DelegatedAdminGraph.of(*items)
        assert step(graph, check_mode=True).changed
        assert graph.written == []


def test_a_group_keeps_the_roles_that_it_has_beside() -> None:
    graph = DelegatedAdminGraph.of(relationship(roles=MORE), assignment(roles=MORE - READERS))
    step(graph)
    assert graph.assignments["a1"].roles == MORE


def test_a_group_outside_admin_agents_gets_its_role_but_is_no_way_in() -> None:
    graph = DelegatedAdminGraph.of(relationship())
    assert step(graph, group="another").path.status == "assigned"
    path = step(graph, group="another").path
    assert path.status == "missing"
    assert "another is not in AdminAgents" in path.reason
    assert step(graph, group="another", groups=None).path.status == "unknown"


def test_a_request_of_a_parallel_run_is_adopted() -> None:
    graph = DelegatedAdminGraph()
    graph.errors["create"] = [refused(409)]
    request = DelegationRequest(RelationshipRequest(CUSTOMER, NOW, READERS), ADMIN_AGENTS)
    graph.by_id["r1"] = relationship("approvalPending")
    done = delegate(graph, PartnerTenant((), frozenset({ADMIN_AGENTS})), request)
    assert list(graph.by_id) == ["r1"]
    assert done.path.as_dict()["approval_url"] == relationship("approvalPending").approval_url
    assert (done.path.status, done.changed) == ("waiting", False)


def test_a_refusal_is_raised() -> None:
    for method, items in (("create", []), ("assign", [relationship()])):
        graph = DelegatedAdminGraph.of(*items)
        graph.errors[method] = [refused(403, "accessDenied")]
        with pytest.raises(AzureError, match="accessDenied"):
            step(graph)


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"security_group": None}, "has no group 33333333"),
        ({"security_group": False}, "is not a security group"),
        ({"service_principal": False}, "az ad sp create --id 2832473f"),
    ],
)
def test_an_error_of_the_server_is_explained(values: dict[str, Any], hint: str) -> None:
    graph = DelegatedAdminGraph.of(relationship())
    vars(graph).update(values)
    graph.caller = type(graph.caller)(graph.caller.tenant, kind="app")
    graph.errors["assign"] = [refused(500, "unexpectedError")]
    with pytest.raises(AzureError) as exc:
        step(graph)
    assert hint in exc.value.hint
    assert exc.value.code == "unexpectedError"


@pytest.mark.parametrize("kind", ["user", "app"])
def test_an_error_of_the_server_without_a_reason_keeps_its_words(kind: str) -> None:
    graph = DelegatedAdminGraph.of(relationship())
    graph.caller = type(graph.caller)(graph.caller.tenant, kind=kind)
    graph.service_principal = kind == "app"
    graph.errors["assign"] = [refused(500, "unexpectedError")]
    with pytest.raises(AzureError) as exc:
        step(graph)
    assert "az ad sp" not in exc.value.hint
    graph.errors.update(assign=[refused(500, "unexpectedError")], is_security_group=[refused(403, "denied")])
    with pytest.raises(AzureError, match="unexpectedError"):
        step(graph)


def test_the_relationship_in_which_the_group_has_its_role_is_enough() -> None:
    graph = ByRelationship.of(
        relationship(), relationship(id="r2", expires_at="2029-01-01T00:00:00Z"), assignment(id="r1/1")
    )
    done = step(graph)
    assert (done.path.status, done.changed, graph.written) == ("ready", False, [])


def test_further_roles_are_awaited_though_the_old_ones_work() -> None:
    graph = DelegatedAdminGraph.of(relationship(), assignment())
    assert step(graph, roles=MORE).path.status == "requested"
    again = step(graph, roles=MORE)
    assert (again.path.status, again.changed) == ("waiting", False)
    assert again.path.as_dict()["approval_url"]


@pytest.mark.parametrize("status", ["approvalPending", "created"])
def test_what_changed_since_the_list_was_read_counts(status: str) -> None:
    """A run's list may be as old as the run: an approval, or a request of another task, has come meanwhile."""
    graph = DelegatedAdminGraph.of(relationship(), assignment())
    old = relationship(status, name=f"csp-azure-{CUSTOMER}-1")
    request = DelegationRequest(RelationshipRequest(CUSTOMER, NOW, READERS), ADMIN_AGENTS)
    done = delegate(graph, PartnerTenant((old,), frozenset({ADMIN_AGENTS})), request)
    assert (done.path.status, graph.written) == ("ready", [])
    graph = DelegatedAdminGraph.of(relationship("approvalPending", name="somebody-elses"))
    done = delegate(graph, PartnerTenant((), frozenset({ADMIN_AGENTS})), request)
    assert (done.path.status, graph.written) == ("waiting", [])
