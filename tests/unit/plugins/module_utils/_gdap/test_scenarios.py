# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated scenarios: check mode predicts the run, the audit agrees with both, and every customer gets there."""

from __future__ import annotations

import copy
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.csp.azure.plugins.module_utils._gdap.delegation import Delegation, DelegationRequest, delegate
from ansible_collections.csp.azure.plugins.module_utils._gdap.partner_tenant import PartnerTenant
from ansible_collections.csp.azure.plugins.module_utils._gdap.relationship_plan import RelationshipRequest
from ansible_collections.csp.azure.plugins.module_utils._gdap.sign_in_path import read_path

from .graph_in_memory import (
    ADMIN_AGENTS,
    CUSTOMER,
    NOW,
    READERS,
    ByRelationship,
    DelegatedAdminGraph,
    assignment,
    relationship,
)

STATUSES = ("created", "approvalPending", "approved", "activating", "active", "expiring", "expired", "terminated")
ENDS = ("2026-12-10T12:00:00Z", "2027-06-01T00:00:00Z", "2028-06-01T00:00:00Z")
MORE = READERS | {"f2ef992c-3afb-46b9-b7cf-a126ee74c451"}
GROUPS = frozenset({ADMIN_AGENTS})


@st.composite
def graphs(draw: st.DrawFn) -> DelegatedAdminGraph:
    graph = ByRelationship()
    for number in range(draw(st.integers(0, 3))):
        status = draw(st.sampled_from(STATUSES))
        in_force = status in ("active", "expiring")
        item = relationship(
            status,
            id=f"r{number + 1}",
            name=f"n{number}",
            roles=draw(st.sampled_from([READERS, MORE, MORE - READERS])),
            auto_extend=draw(st.booleans()),
            expires_at=draw(st.sampled_from(ENDS)) if in_force else None,
        )
        graph.by_id[item.id] = item
        for which in range(draw(st.integers(0, 2)) if in_force else 0):
            group = draw(st.sampled_from([ADMIN_AGENTS, "another"]))
            held = assignment(
                draw(st.sampled_from(["active", "deleted"])),
                id=f"{item.id}/{which}",
                group=group,
                roles=draw(st.sampled_from([item.roles, frozenset(sorted(item.roles)[:1])])),
            )
            if not any(other.group == group and other.is_live for other in graph.access_assignments(item.id)):
                graph.assignments[held.id] = held
    graph.calls.clear()
    return graph


def step(graph: DelegatedAdminGraph, check_mode: bool = False) -> Delegation:
    request = DelegationRequest(RelationshipRequest(CUSTOMER, NOW, READERS), ADMIN_AGENTS, check_mode)
    return delegate(graph, PartnerTenant(tuple(graph.by_id.values()), GROUPS), request)


def audited(graph: DelegatedAdminGraph) -> str:
    return read_path(lambda: graph, list(graph.by_id.values()), GROUPS, 30, NOW).status


@given(graphs())
def test_check_mode_predicts_the_run(graph: DelegatedAdminGraph) -> None:
    predicted = step(copy.deepcopy(graph), check_mode=True)
    done = step(graph)
    assert (predicted.path.status, predicted.changed) == (done.path.status, done.changed)
    assert (predicted.before, predicted.after) == (done.before, done.after)
    assert done.changed == bool(graph.written)


@given(graphs())
def test_the_audit_agrees_with_check_mode(graph: DelegatedAdminGraph) -> None:
    before = audited(graph)
    predicted = step(copy.deepcopy(graph), check_mode=True)
    if predicted.path.status == "ready":
        assert before in ("ready", "expiring"), "what is left as it is, or only extended, works already"
    if before == "missing":
        assert predicted.changed or predicted.path.status == "waiting", "what is missing gets its step, or had it"
    if before == "waiting":
        assert predicted.path.status in ("waiting", "requested", "assigned")
    if not predicted.changed:
        # Any role is a way in for the audit; the roles that are wanted may still be awaited.
        assert predicted.path.status == before or before in ("ready", "expiring")


@given(graphs())
def test_every_customer_gets_there_and_stays(graph: DelegatedAdminGraph) -> None:
    for _run in range(5):
        step(graph)
        for item in list(graph.by_id.values()):
            if item.status in ("approvalPending", "approved", "activating"):
                graph.by_id[item.id] = replace(item, status="active", expires_at=ENDS[-1])
    assert (audited(graph), step(graph).path.status, step(graph).changed) == ("ready", "ready", False)
    names = [item.name for item in graph.by_id.values()]
    assert len(set(names)) == len(names)
    assert sum(call[0] == "create" for call in graph.written) <= 1, "one request is enough"
