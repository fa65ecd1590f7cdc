# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read once for all customers of a partner."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._gdap.partner_tenant import (
    all_relationships,
    always,
    check_customer,
    customer_tenant,
    partner_tenant,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from .graph_in_memory import (
    ADMIN_AGENTS,
    CUSTOMER,
    OTHER_CUSTOMER,
    PARTNER,
    DelegatedAdminGraph,
    refused,
    relationship,
)


def agents() -> str:
    return ADMIN_AGENTS


class Kept:
    """Keeps values as files do."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def __call__(self, name: str, produce: Callable[[], Any]) -> Any:
        if name not in self.values:
            self.values[name] = json.dumps(produce())
        return json.loads(self.values[name])


def test_a_customer_gets_its_own_relationships_and_the_list_is_read_once() -> None:
    items = [
        relationship(),
        relationship("expired", id="r2", customer=OTHER_CUSTOMER),
        relationship(id="r3", customer=None),
    ]
    graph, kept = DelegatedAdminGraph.of(*items), Kept()
    graph.nested = frozenset({"nested"})
    for customer, expected in ((CUSTOMER, items[:1]), (OTHER_CUSTOMER, items[1:2]), (PARTNER, [])):
        facts = partner_tenant(customer, lambda: graph, agents, kept)
        assert facts.relationships == tuple(expected)
        assert facts.groups == {ADMIN_AGENTS, "nested"}
    assert [call[0] for call in graph.calls] == ["relationships", "transitive_groups"]


def test_a_failure_is_raised_for_each_customer_but_not_repeated() -> None:
    graph, kept = DelegatedAdminGraph(), Kept()
    graph.errors["relationships"] = [refused(403, "Authorization_RequestDenied")]
    for customer in (CUSTOMER, OTHER_CUSTOMER):
        with pytest.raises(AzureError) as exc:
            partner_tenant(customer, lambda: graph, agents, kept)
        assert (exc.value.code, exc.value.status) == ("Authorization_RequestDenied", 403)
    assert len(graph.calls) == 1


def test_groups_that_cannot_be_read_are_unknown() -> None:
    graph = DelegatedAdminGraph.of(relationship())
    graph.errors["transitive_groups"] = [refused(403)]
    assert partner_tenant(CUSTOMER, lambda: graph, agents, always).groups is None


@pytest.mark.parametrize(
    ("kind", "member", "believed"),
    [("user", True, True), ("user", False, False), ("app", False, True), (None, False, False)],
)
def test_an_empty_list_is_checked_against_the_callers_right(kind: str | None, member: bool, believed: bool) -> None:
    graph = DelegatedAdminGraph()
    graph.caller, graph.member = type(graph.caller)(PARTNER, kind=kind), member
    if believed:
        assert all_relationships(graph, agents) == []
        return
    with pytest.raises(AzureError) as exc:
        all_relationships(graph, agents)
    assert exc.value.code == "NotInAdminAgents"
    assert exc.value.hint
    graph.by_id["r1"] = relationship()
    assert all_relationships(graph, agents) == [relationship()]


def test_a_customer_by_id_or_domain_who_is_not_the_partner() -> None:
    assert customer_tenant(CUSTOMER.upper(), pytest.fail) == CUSTOMER
    assert customer_tenant(" fabrikam.com ", {"fabrikam.com": CUSTOMER}.__getitem__) == CUSTOMER
    check_customer(CUSTOMER, PARTNER)
    with pytest.raises(AzureError, match="is the partner's own"):
        check_customer(PARTNER, PARTNER)
