# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the partner's users get into a customer's tenant."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._gdap.sign_in_path import read_path, sign_in_path
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import (
    AccessAssignment,
    DelegatedAdminRelationship,
)

from .graph_in_memory import ADMIN_AGENTS, NOW, DelegatedAdminGraph, assignment, refused, relationship

SOON = {"expires_at": "2026-12-10T12:00:00Z", "auto_extend": False}
NESTED = "33333333-3333-4333-8333-333333333334"
ASSIGNED = {"r1": [assignment()]}


@pytest.mark.parametrize(
    ("relationships", "assignments", "status", "reason"),
    [
        ([relationship()], ASSIGNED, "ready", "is active"),
        ([relationship("expiring")], ASSIGNED, "ready", "is expiring"),
        ([relationship()], {"r1": [assignment(group=NESTED)]}, "ready", "is active"),
        ([relationship(**{**SOON, "auto_extend": True})], ASSIGNED, "ready", "is active"),
        ([relationship(**SOON)], ASSIGNED, "expiring", "ends in 12 days"),
        ([relationship(**SOON), relationship(id="r2")], {**ASSIGNED, "r2": [assignment()]}, "ready", "is active"),
        ([relationship()], {"r1": [assignment(group="another")]}, "missing", "neither AdminAgents"),
        ([relationship()], {"r1": [assignment(roles=frozenset())]}, "missing", "neither AdminAgents"),
        ([relationship()], {"r1": [assignment("pending")]}, "waiting", "is pending"),
        ([relationship()], {"r1": [assignment("pending", group="another")]}, "missing", "neither AdminAgents"),
        ([relationship()], {"r1": [assignment("deleted")]}, "missing", "neither AdminAgents"),
        ([relationship()], {"r1": None}, "unknown", "could not be read"),
        ([relationship(), relationship("approvalPending", id="r2")], {"r1": []}, "missing", "neither AdminAgents"),
        (
            [relationship(roles=frozenset({"x"})), relationship("approvalPending", id="r2")],
            {"r1": []},
            "waiting",
            "awaits the customer",
        ),
        ([relationship("unknownFutureValue")], {}, "unknown", "is unknownFutureValue"),
        ([relationship("approvalPending")], {}, "waiting", "awaits the customer"),
        ([relationship("approved")], {}, "waiting", "is being activated"),
        ([relationship("activating")], {}, "waiting", "is being activated"),
        ([relationship("created")], {}, "missing", "no delegated admin relationship in force"),
        ([relationship("expired")], ASSIGNED, "missing", "no delegated admin relationship in force"),
        ([relationship("terminationRequested")], ASSIGNED, "missing", "no delegated admin relationship in force"),
        ([], {}, "missing", "no delegated admin relationship in force"),
    ],
)
def test_status(
    relationships: list[DelegatedAdminRelationship],
    assignments: dict[str, list[AccessAssignment] | None],
    status: str,
    reason: str,
) -> None:
    path = sign_in_path(relationships, assignments, frozenset({ADMIN_AGENTS, NESTED}), 30, NOW)
    assert path.status == status
    assert reason in path.reason


def test_groups_that_could_not_be_read_are_not_missing() -> None:
    assert sign_in_path([relationship()], ASSIGNED, None, 30, NOW).status == "unknown"
    assert sign_in_path([], {}, None, 30, NOW).status == "missing"


@pytest.mark.parametrize(("days", "status"), [(11, "ready"), (12, "expiring")])
def test_the_threshold(days: int, status: str) -> None:
    assert sign_in_path([relationship(**SOON)], ASSIGNED, frozenset({ADMIN_AGENTS}), days, NOW).status == status


def test_as_results_show_it() -> None:
    requested = relationship("approvalPending", modified_at="2026-11-20T00:00:00Z")
    path = sign_in_path([requested], {}, frozenset(), 30, NOW)
    assert path.as_dict() == {
        "status": "waiting",
        "reason": "The relationship contoso awaits the customer's approval.",
        "relationship": "r1",
        "approval_url": "https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/r1",
        "requested_at": "2026-11-20T00:00:00Z",
        "request_ends_at": "2027-02-18T00:00:00Z",
        "expires_at": None,
    }
    assert sign_in_path([], {}, frozenset(), 30, NOW).as_dict()["relationship"] is None


def test_the_link_of_a_successor_is_shown_while_its_predecessor_still_works() -> None:
    successor = relationship("approvalPending", id="r2")
    path = sign_in_path([relationship(**SOON), successor], ASSIGNED, frozenset({ADMIN_AGENTS}), 30, NOW)
    assert (path.status, path.as_dict()["relationship"]) == ("expiring", "r1")
    assert path.as_dict()["approval_url"] == successor.approval_url


def test_reading_stops_at_the_best_relationship_that_has_a_role() -> None:
    graph = DelegatedAdminGraph.of(assignment())
    items = [relationship(**SOON), relationship(id="r2"), relationship("expired", id="r3")]
    path = read_path(lambda: graph, items, frozenset({ADMIN_AGENTS}), 30, NOW)
    assert (path.status, path.relationship and path.relationship.id) == ("ready", "r2")
    assert graph.calls == [("access_assignments", "r2")]


def test_assignments_that_could_not_be_read_are_not_missing() -> None:
    graph = DelegatedAdminGraph.of(assignment())
    graph.errors["access_assignments"] = [refused(403), refused(403)]
    items = [relationship(), relationship(id="r2")]
    assert read_path(lambda: graph, items, frozenset({ADMIN_AGENTS}), 30, NOW).status == "unknown"
    graph.errors["access_assignments"] = [refused(403)]
    assert read_path(lambda: graph, items, frozenset({ADMIN_AGENTS}), 30, NOW).status == "ready"
