# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access assignments of a delegated admin relationship: plans, conflicts and waiting."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._gdap.access_assignments import (
    AccessPlan,
    apply,
    check_relationship,
    plan,
    wait_until_active,
)
from ansible_collections.csp.azure.plugins.module_utils._gdap.relationships import Pace
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import AccessAssignment
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..fakes import Clock
from .graph_in_memory import ADMIN_AGENTS, READERS, DelegatedAdminGraph, assignment, refused, relationship

NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("existing", "present", "action"),
    [
        ([], True, "assign"),
        ([], False, "none"),
        ([assignment()], True, "none"),
        ([assignment("pending")], True, "none"),
        ([assignment(roles=NONE)], True, "change"),
        ([assignment(roles=READERS | {"more"})], True, "change"),
        ([assignment("deleted")], True, "assign"),
        ([assignment("deleting")], True, "assign"),
        ([assignment("deleted"), assignment(id="a2")], True, "none"),
        ([assignment(group="another")], True, "assign"),
        ([assignment()], False, "remove"),
        ([assignment("pending")], False, "remove"),
        ([assignment("error")], False, "remove"),
        ([assignment("deleted")], False, "none"),
    ],
)
def test_plan(existing: list[AccessAssignment], present: bool, action: str) -> None:
    result = plan(existing, ADMIN_AGENTS, READERS, present)
    assert (result.action, result.changes) == (action, action != "none")


def test_an_assignment_in_error_is_not_taken_for_one_that_works() -> None:
    with pytest.raises(AzureError) as exc:
        plan([assignment("error")], ADMIN_AGENTS, READERS, True)
    assert exc.value.code == "AccessAssignmentError"


@pytest.mark.parametrize(
    ("status", "roles", "code", "text"),
    [
        ("approvalPending", READERS, "RelationshipNotActive", "granularAdminRelationships/r1"),
        ("activating", READERS, "RelationshipNotActive", "Run again"),
        ("active", NONE, "MissingRoles", "another one"),
    ],
)
def test_a_relationship_that_cannot_take_the_roles(status: str, roles: frozenset[str], code: str, text: str) -> None:
    with pytest.raises(AzureError) as exc:
        check_relationship(relationship(status, roles=roles), READERS)
    assert exc.value.code == code
    assert text in exc.value.hint


@pytest.mark.parametrize("status", ["active", "expiring"])
def test_a_relationship_in_force_takes_its_roles(status: str) -> None:
    check_relationship(relationship(status), READERS)


@pytest.mark.parametrize(
    ("existing", "present", "calls", "roles"),
    [
        ([], True, ["assign"], READERS),
        ([assignment(roles=NONE)], True, ["change_assignment"], READERS),
        ([assignment()], True, [], READERS),
        ([assignment()], False, ["remove_assignment"], None),
    ],
)
def test_apply(existing: list[AccessAssignment], present: bool, calls: list[str], roles: frozenset[str] | None) -> None:
    graph = DelegatedAdminGraph.of(*existing)
    after = apply(graph, "r1", plan(graph.access_assignments("r1"), ADMIN_AGENTS, READERS, present))
    assert [call[0] for call in graph.written] == calls
    assert (after and after.roles) == roles


def test_an_equal_assignment_of_another_run_is_adopted() -> None:
    graph = DelegatedAdminGraph.of(assignment())
    graph.errors["assign"] = [refused(409)]
    after = apply(graph, "r1", AccessPlan("assign", ADMIN_AGENTS, READERS))
    assert after
    assert after.id == "a1"
    assert [call[0] for call in graph.written] == ["assign"]


@pytest.mark.parametrize(("exact", "roles"), [(True, READERS), (False, READERS | {"more"})])
def test_another_assignment_of_another_run_is_changed(exact: bool, roles: frozenset[str]) -> None:
    graph = DelegatedAdminGraph.of(assignment(roles=frozenset({"more"})))
    graph.errors["assign"] = [refused(409)]
    after = apply(graph, "r1", AccessPlan("assign", ADMIN_AGENTS, READERS, exact=exact))
    assert after
    assert after.roles == roles


@pytest.mark.parametrize(("action", "call"), [("change", "change_assignment"), ("remove", "remove_assignment")])
def test_a_stale_etag_is_read_again_once(action: str, call: str) -> None:
    stale = assignment(roles=NONE, etag="0")
    graph = DelegatedAdminGraph.of(assignment(roles=NONE, etag="2"))
    graph.errors[call] = [refused(412)]
    apply(graph, "r1", AccessPlan(action, ADMIN_AGENTS, READERS, stale))
    assert graph.written == [(call, "a1", "0"), (call, "a1", "2")]
    graph.errors[call] = [refused(412), refused(412)]
    graph.assignments["a1"] = assignment(roles=NONE, etag="3")
    with pytest.raises(AzureError):
        apply(graph, "r1", AccessPlan(action, ADMIN_AGENTS, READERS, stale))


def test_other_refusals_are_not_tried_again() -> None:
    graph = DelegatedAdminGraph()
    graph.errors["assign"] = [refused(500)]
    with pytest.raises(AzureError):
        apply(graph, "r1", AccessPlan("assign", ADMIN_AGENTS, READERS))
    assert len(graph.written) == 1


class SlowGraph(DelegatedAdminGraph):
    """Answers with another list at each read; the last one stays."""

    lists: list[list[AccessAssignment]]

    def access_assignments(self, relationship_id: str) -> list[AccessAssignment]:
        return self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]


@pytest.mark.parametrize(
    ("action", "lists", "slept"),
    [
        ("assign", [[assignment()]], 0),
        ("assign", [[], [assignment("pending")], [assignment()]], 15),
        ("change", [[assignment(roles=NONE)], [assignment()]], 5),
        ("remove", [[assignment()], [assignment("deleting")]], 5),
    ],
)
def test_waiting_for_graph(action: str, lists: list[list[AccessAssignment]], slept: float) -> None:
    graph, clock = SlowGraph(), Clock()
    graph.lists = lists
    steps = Pace(clock.sleep, lambda: clock.now)
    after = wait_until_active(graph, "r1", AccessPlan(action, ADMIN_AGENTS, READERS), 600, steps)
    assert (after is None) == (action == "remove")
    assert clock.now == slept


@pytest.mark.parametrize(("left", "word"), [([assignment("pending")], "pending"), ([], "not listed")])
def test_waiting_has_an_end(left: Any, word: str) -> None:
    graph, clock = SlowGraph(), Clock()
    graph.lists = [left]
    steps = Pace(clock.sleep, lambda: clock.now)
    with pytest.raises(AzureError, match=f"is {word} after 60 s") as exc:
        wait_until_active(graph, "r1", AccessPlan("assign", ADMIN_AGENTS, READERS), 60, steps)
    assert exc.value.code == "NotReadBack"
    assert clock.now == 35
