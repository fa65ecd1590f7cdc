# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a customer's delegated admin relationship, and the step that each one asks for."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._gdap.relationship_plan import (
    DELETED,
    RelationshipPlan,
    RelationshipRequest,
    plan_absent,
    plan_present,
    predicted,
    predicted_end,
)
from ansible_collections.csp.azure.plugins.module_utils._gdap.relationships import Pace, apply, end, wait_until_in_force
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import (
    DIRECTORY_READERS,
    GLOBAL_ADMINISTRATOR,
    DelegatedAdminRelationship,
    entra_roles,
    relationship_id,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..fakes import Clock
from .graph_in_memory import CUSTOMER, NOW, OTHER_CUSTOMER, READERS, DelegatedAdminGraph, refused, relationship

STATUSES = (
    "created",
    "approvalPending",
    "approved",
    "activating",
    "active",
    "expiring",
    "expirationPending",
    "expired",
    "terminationRequested",
    "terminating",
    "terminated",
)
MORE = READERS | {"f2ef992c-3afb-46b9-b7cf-a126ee74c451"}
OURS: dict[str, Any] = {"name": f"csp-azure-{CUSTOMER}-1"}
SOON, LATER = "2026-12-10T12:00:00Z", "2027-06-01T00:00:00Z"


def request(**more: Any) -> RelationshipRequest:
    return RelationshipRequest(CUSTOMER, NOW, **{"roles": READERS, **more})


def pace() -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(clock.sleep, lambda: clock.now), clock


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("created", "lock"),
        ("approvalPending", "none"),
        ("approved", "none"),
        ("activating", "none"),
        ("active", "none"),
        ("expiring", "none"),
        ("expirationPending", "create"),
        ("expired", "create"),
        ("terminationRequested", "create"),
        ("terminating", "create"),
        ("terminated", "create"),
    ],
)
def test_every_status_has_a_next_step(status: str, action: str) -> None:
    assert plan_present([relationship(status, **OURS)], request()).action == action


@pytest.mark.parametrize(
    ("relationships", "action", "chosen"),
    [
        ([], "create", None),
        ([relationship(customer=OTHER_CUSTOMER)], "create", None),
        ([relationship(customer=None)], "create", None),
        ([relationship(roles=frozenset())], "create", None),
        ([relationship("created", **OURS), relationship("approvalPending", id="r2")], "none", "r2"),
        ([relationship("created", **OURS)], "lock", "r1"),
        ([relationship("created")], "create", None),
        ([relationship("created", **{**OURS, "roles": MORE})], "create", None),
        ([relationship(auto_extend=False, roles=MORE)], "none", "r1"),
        ([relationship("expiring", auto_extend=False, roles=MORE, expires_at=SOON)], "create", None),
        ([relationship("unknownFutureValue")], "none", "r1"),
        ([relationship("unknownFutureValue"), relationship("approvalPending", id="r2")], "none", "r2"),
        ([relationship("approvalPending"), relationship("activating", id="r2")], "none", "r2"),
        ([relationship("activating"), relationship(id="r2")], "none", "r2"),
        ([relationship(auto_extend=False), relationship(id="r2")], "none", "r2"),
        ([relationship(auto_extend=False)], "extend", "r1"),
        ([relationship("expiring", auto_extend=False, expires_at=SOON)], "create", None),
        ([relationship("expiring", auto_extend=False, expires_at=LATER)], "none", "r1"),
        ([relationship(expires_at=LATER), relationship(id="r2")], "none", "r2"),
    ],
)
def test_the_best_relationship_of_the_customer_counts(
    relationships: list[DelegatedAdminRelationship], action: str, chosen: str | None
) -> None:
    plan = plan_present(relationships, request())
    assert (plan.action, plan.relationship and plan.relationship.id) == (action, chosen)


@pytest.mark.parametrize(
    ("expires_at", "auto_extend", "action"),
    [
        (SOON, False, "create"),
        (LATER, False, "none"),
        (SOON, True, "none"),
        ("2026-12-28T12:00:00Z", False, "create"),
        ("2026-12-29T12:00:00Z", False, "none"),
        (None, False, "none"),
    ],
)
def test_one_that_ends_soon_gets_a_successor(expires_at: str | None, auto_extend: bool, action: str) -> None:
    existing = relationship(expires_at=expires_at, auto_extend=auto_extend)
    assert plan_present([existing], request(auto_extend=False)).action == action


def test_global_administrator_cannot_be_extended() -> None:
    roles = READERS | {GLOBAL_ADMINISTRATOR}
    ending = relationship(roles=roles, auto_extend=False, expires_at=SOON)
    assert plan_present([ending], request()).action == "create"
    lasting = relationship(roles=roles, auto_extend=False, expires_at=LATER)
    assert plan_present([lasting], request()).action == "none"
    with pytest.raises(AzureError, match="cannot be extended automatically"):
        request(roles=roles)
    assert request(roles=roles, auto_extend=False).roles == roles


@pytest.mark.parametrize("days", [0, 731])
def test_a_duration_has_bounds(days: int) -> None:
    with pytest.raises(AzureError, match="not between 1 and 730 days"):
        request(days=days)


@pytest.mark.parametrize("days", [1, 730])
def test_the_bounds_are_allowed(days: int) -> None:
    assert request(days=days).days == days


@pytest.mark.parametrize(
    ("status", "more", "code"),
    [
        ("active", {"customer": OTHER_CUSTOMER}, "RelationshipOfAnother"),
        ("created", {"customer": None}, "RelationshipOfAnother"),
        ("terminated", {}, "RelationshipEnded"),
        ("expired", {}, "RelationshipEnded"),
        ("active", {"roles": frozenset()}, "MissingRoles"),
    ],
)
def test_a_name_that_is_taken_is_explained(status: str, more: dict[str, Any], code: str) -> None:
    with pytest.raises(AzureError) as exc:
        plan_present([relationship(status, **more)], request(name="Contoso"))
    assert exc.value.code == code
    assert exc.value.hint


@pytest.mark.parametrize(
    ("status", "more", "action"),
    [
        ("created", {}, "lock"),
        ("approvalPending", {}, "none"),
        ("active", {}, "none"),
        ("active", {"auto_extend": False}, "extend"),
    ],
)
@pytest.mark.parametrize("key", [{"name": "CONTOSO"}, {"id": "r1"}])
def test_a_chosen_relationship(status: str, more: dict[str, Any], action: str, key: dict[str, str]) -> None:
    assert plan_present([relationship(status, **more)], request(**key)).action == action


def test_a_chosen_name_is_created_and_a_chosen_id_is_not() -> None:
    assert plan_present([], request(name="fabrikam")) == RelationshipPlan("create", new_name="fabrikam")
    with pytest.raises(AzureError) as exc:
        plan_present([relationship()], request(id="r9"))
    assert exc.value.code == "RelationshipNotFound"


def test_new_names_avoid_those_that_are_taken() -> None:
    taken = [relationship("terminated", id=f"r{number}", name=f"CSP-azure-{CUSTOMER}-{number}") for number in (1, 2)]
    assert plan_present(taken, request()).new_name == f"csp-azure-{CUSTOMER}-3"
    assert plan_present([], request()).new_name == f"csp-azure-{CUSTOMER}-1"


@pytest.mark.parametrize(
    ("status", "action", "warns"),
    [
        ("created", "delete", False),
        ("approvalPending", "none", True),
        ("approved", "none", True),
        ("activating", "none", True),
        ("active", "terminate", False),
        ("expiring", "terminate", False),
    ],
)
def test_how_each_status_ends(status: str, action: str, warns: bool) -> None:
    [plan] = plan_absent([relationship(status)], request())
    assert (plan.action, plan.warning is not None) == (action, warns)


@pytest.mark.parametrize("status", STATUSES[6:])
def test_what_has_ended_stays(status: str) -> None:
    assert plan_absent([relationship(status)], request()) == []


@pytest.mark.parametrize(
    ("name", "id_", "chosen"),
    [(None, None, ["r1", "r2"]), ("FABRIKAM", None, ["r2"]), (None, "r1", ["r1"]), ("adatum", None, ["r4"])],
)
def test_only_the_chosen_ones_of_the_customer_end(name: str | None, id_: str | None, chosen: list[str]) -> None:
    others = [relationship(), relationship(id="r2", name="fabrikam"), relationship(id="r3", customer=OTHER_CUSTOMER)]
    others.append(relationship(id="r4", name="adatum", roles=frozenset()))
    plans = plan_absent(others, request(name=name, id=id_))
    assert [plan.relationship.id for plan in plans if plan.relationship] == chosen


@pytest.mark.parametrize("key", [{"name": "contoso"}, {"id": "r1"}])
def test_a_relationship_of_another_customer_is_not_ended(key: dict[str, str]) -> None:
    with pytest.raises(AzureError) as caught:
        plan_absent([relationship(customer=OTHER_CUSTOMER)], request(**key))
    assert caught.value.code == "RelationshipOfAnother"


def test_four_runs_lead_from_nothing_to_a_relationship_in_force() -> None:
    graph, actions = DelegatedAdminGraph(), []
    for _run in range(3):
        plan = plan_present(list(graph.by_id.values()), request())
        actions.append(plan.action)
        apply(graph, plan, request(), pace()[0])
    graph.by_id["r1"] = relationship()
    actions.append(plan_present(list(graph.by_id.values()), request()).action)
    assert actions == ["create", "none", "none", "none"]
    assert [call[0] for call in graph.calls] == ["create", "lock"]


def test_a_run_that_dies_between_create_and_lock_is_continued() -> None:
    graph = DelegatedAdminGraph()
    graph.errors["lock"] = [AzureError("killed", code="Killed")]
    with pytest.raises(AzureError, match="killed"):
        apply(graph, plan_present([], request()), request(), pace()[0])
    plan = plan_present(list(graph.by_id.values()), request())
    after = apply(graph, plan, request(), pace()[0])
    assert plan.action == "lock"
    assert after.status == "approvalPending"
    assert len(graph.by_id) == 1


@pytest.mark.parametrize("status", [404, 405])
def test_a_lock_waits_until_graph_knows_the_relationship(status: int) -> None:
    graph = DelegatedAdminGraph()
    graph.errors["lock"] = [refused(status)] * 5
    steps, clock = pace()
    after = apply(graph, plan_present([], request()), request(), steps)
    assert after.status == "approvalPending"
    assert clock.now == 25


def test_a_lock_that_is_refused_for_good_fails() -> None:
    graph = DelegatedAdminGraph()
    graph.errors["lock"] = [refused(405)] * 6
    with pytest.raises(AzureError):
        apply(graph, plan_present([], request()), request(), pace()[0])
    graph = DelegatedAdminGraph()
    graph.errors["lock"] = [refused(403)]
    steps, clock = pace()
    with pytest.raises(AzureError):
        apply(graph, plan_present([], request()), request(), steps)
    assert clock.now == 0


def test_a_lock_of_another_run_counts() -> None:
    graph = DelegatedAdminGraph.of(relationship("approvalPending"))
    graph.errors["lock"] = [refused(409)]
    after = apply(graph, RelationshipPlan("lock", relationship("created")), request(), pace()[0])
    assert after.status == "approvalPending"


def test_a_lock_is_believed_though_graph_shows_it_late() -> None:
    graph = DelegatedAdminGraph()
    steps, clock = pace()
    graph.shows_late = 2
    after = apply(graph, plan_present([], request()), request(), steps)
    assert (after.status, clock.now) == ("approvalPending", 10)
    graph = DelegatedAdminGraph()
    graph.shows_late = 100
    assert apply(graph, plan_present([], request()), request(), pace()[0]).approval_url
    graph = DelegatedAdminGraph.of(relationship("created"))
    graph.errors["lock"] = [refused(409)]
    with pytest.raises(AzureError, match="conflict"):
        apply(graph, RelationshipPlan("lock", relationship("created")), request(), pace()[0])


def test_a_request_that_stays_half_done_is_named() -> None:
    graph = DelegatedAdminGraph()
    graph.errors["lock"] = [refused(403, "accessDenied")]
    with pytest.raises(AzureError, match=f"csp-azure-{CUSTOMER}-1 exists, but its approval could not be requested"):
        apply(graph, plan_present([], request()), request(), pace()[0])


def test_extending_believes_what_is_read_afterwards() -> None:
    existing = relationship(auto_extend=False)
    graph = DelegatedAdminGraph.of(existing)
    after = apply(graph, RelationshipPlan("extend", existing), request(), pace()[0])
    assert after.auto_extend
    graph = DelegatedAdminGraph.of(existing)
    graph.ignores_changes = True
    with pytest.raises(AzureError) as exc:
        apply(graph, RelationshipPlan("extend", existing), request(), pace()[0])
    assert exc.value.code == "NotReadBack"


@pytest.mark.parametrize(
    ("status", "call", "after"), [("created", "delete", DELETED), ("active", "terminate", "terminationRequested")]
)
def test_ending(status: str, call: str, after: str | None) -> None:
    graph = DelegatedAdminGraph.of(relationship(status))
    [plan] = plan_absent(list(graph.by_id.values()), request())
    result = end(graph, plan)
    assert (result and result.status) == after
    assert graph.calls == [(call, "r1")]


@pytest.mark.parametrize(("status", "method"), [("created", "delete"), ("active", "set_auto_extend")])
def test_a_stale_etag_is_read_again_once(status: str, method: str) -> None:
    existing = relationship(status, auto_extend=False)

    def write(graph: DelegatedAdminGraph) -> None:
        if method == "delete":
            end(graph, RelationshipPlan("delete", existing))
        else:
            apply(graph, RelationshipPlan("extend", existing), request(), pace()[0])

    graph = DelegatedAdminGraph.of(existing)
    graph.errors[method] = [refused(412)]
    write(graph)
    assert [call[0] for call in graph.calls] == [method, method]
    for errors in ([refused(412), refused(412)], [refused(403)]):
        graph = DelegatedAdminGraph.of(existing)
        graph.errors[method] = errors
        with pytest.raises(AzureError):
            write(graph)


@pytest.mark.parametrize("status", STATUSES)
def test_check_mode_predicts_what_the_run_leaves(status: str) -> None:
    graph = DelegatedAdminGraph.of(relationship(status, **OURS))
    plan = plan_present([relationship(status, **OURS)], request())
    after = apply(graph, plan, request(), pace()[0])
    expected = predicted(plan, request())
    assert (expected.status, expected.name, expected.auto_extend) == (after.status, after.name, after.auto_extend)
    assert plan.changes == bool(graph.calls)


@pytest.mark.parametrize("status", STATUSES[:6])
def test_check_mode_predicts_the_end(status: str) -> None:
    graph = DelegatedAdminGraph.of(relationship(status))
    [plan] = plan_absent([relationship(status)], request())
    assert predicted_end(plan) == end(graph, plan)
    assert plan.changes == bool(graph.calls)


def test_waiting_ends_with_the_approval_or_with_the_time() -> None:
    graph = DelegatedAdminGraph.of(relationship("approvalPending"))
    steps, clock = pace()
    waiting = wait_until_in_force(graph, relationship("approvalPending"), 60, steps)
    assert (waiting.status, clock.now) == ("approvalPending", 35)
    graph = DelegatedAdminGraph.of(relationship())
    assert wait_until_in_force(graph, relationship("activating"), 60, pace()[0]).status == "active"
    graph = DelegatedAdminGraph.of(relationship("terminated"))
    steps, clock = pace()
    assert wait_until_in_force(graph, relationship("activating"), 600, steps).status == "terminated"
    assert clock.now == 5


@pytest.mark.parametrize("text", ["Directory Readers", " directory readers ", DIRECTORY_READERS.upper()])
def test_a_role_by_its_name_or_template_id(text: str) -> None:
    assert entra_roles([text], pytest.fail) == READERS


def test_the_name_of_a_role_that_is_not_known_here_is_looked_up() -> None:
    known = {"Exchange Administrator": ["29232CDF-9323-42FD-ADE2-1D097AF3E4DE"], "Twins": ["a", "b"]}
    assert entra_roles(["Exchange Administrator"], lambda name: known.get(name, [])) == {
        "29232cdf-9323-42fd-ade2-1d097af3e4de"
    }
    for name in ("Emperor", "Twins", ""):
        with pytest.raises(AzureError, match=f"'{name}' is not the name of a built-in Entra role"):
            entra_roles([name], lambda name: known.get(name, []))


def test_a_relationship_id_has_two_halves() -> None:
    half = "AAAAAAAA-0000-4000-8000-000000000001"
    assert relationship_id(f" {half}-{half} ") == f"{half}-{half}".lower()
    for text in (half, "", f"{half}{half}"):
        with pytest.raises(AzureError, match="two GUIDs"):
            relationship_id(text)
