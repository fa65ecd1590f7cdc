# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partner's Graph with delegated admin relationships, in memory: what the services of `_gdap` are tested against."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import (
    DIRECTORY_READERS,
    AccessAssignment,
    DelegatedAdminRelationship,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

CUSTOMER = "22222222-2222-4222-8222-222222222222"
OTHER_CUSTOMER = "22222222-2222-4222-8222-222222222223"
PARTNER = "11111111-1111-4111-8111-111111111111"
ADMIN_AGENTS = "33333333-3333-4333-8333-333333333333"
READERS = frozenset({DIRECTORY_READERS})
NOW = "2026-11-28T12:00:00Z"


def relationship(status: str = "active", **more: Any) -> DelegatedAdminRelationship:
    values: dict[str, Any] = {
        "id": "r1",
        "name": "contoso",
        "customer": CUSTOMER,
        "roles": READERS,
        "auto_extend": True,
        "expires_at": "2027-11-28T12:00:00Z" if status in ("active", "expiring") else None,
        **more,
    }
    return DelegatedAdminRelationship(status=status, **values)


def assignment(status: str = "active", **more: Any) -> AccessAssignment:
    values: dict[str, Any] = {"id": "a1", "group": ADMIN_AGENTS, "roles": READERS, "etag": "1", **more}
    return AccessAssignment(status=status, **values)


def refused(status: int, code: str = "conflict") -> AzureError:
    return AzureError(code, code=code, status=status)


@dataclass
class DelegatedAdminGraph:
    """Holds relationships and assignments; ``errors`` are raised by the next calls of a method, ``calls`` are the writes."""

    by_id: dict[str, DelegatedAdminRelationship] = field(default_factory=dict)
    assignments: dict[str, AccessAssignment] = field(default_factory=dict)
    errors: dict[str, list[AzureError]] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    ignores_changes: bool = False
    nested: frozenset[str] = frozenset()
    member: bool = True
    shows_late: int = 0
    security_group: bool | None = True
    service_principal: bool = True
    caller: Caller = field(default_factory=lambda: Caller(PARTNER, kind="user"))

    @classmethod
    def of(cls, *items: DelegatedAdminRelationship | AccessAssignment) -> DelegatedAdminGraph:
        graph = cls()
        for item in items:
            if isinstance(item, AccessAssignment):
                graph.assignments[item.id] = item
            else:
                graph.by_id[item.id] = item
        return graph

    def _call(self, method: str, *arguments: Any) -> None:
        self.calls.append((method, *arguments))
        if self.errors.get(method):
            raise self.errors[method].pop(0)

    def relationships(self, customer: str | None = None) -> list[DelegatedAdminRelationship]:
        self._call("relationships")
        return [item for item in self.by_id.values() if customer in (None, item.customer)]

    def transitive_groups(self, group: str) -> frozenset[str]:
        self._call("transitive_groups", group)
        return self.nested

    def tenant_of(self, domain: str) -> str:
        return {"contoso.com": CUSTOMER}[domain]

    def role_ids(self, name: str) -> list[str]:
        return []

    def is_member(self, group: str) -> bool:
        return self.member

    def is_security_group(self, group: str) -> bool | None:
        self._call("is_security_group", group)
        return self.security_group

    def has_service_principal(self, application: str) -> bool:
        return self.service_principal

    @property
    def written(self) -> list[tuple[Any, ...]]:
        """The writes."""
        reads = ("relationships", "transitive_groups", "is_security_group", "access_assignments")
        return [call for call in self.calls if call[0] not in reads]

    def relationship(self, relationship_id: str) -> DelegatedAdminRelationship:
        item = self.by_id[relationship_id]
        if item.status == "approvalPending" and self.shows_late:
            self.shows_late -= 1
            return replace(item, status="created")
        return item

    def create(
        self, name: str, customer: str, roles: frozenset[str], days: int, extend: bool
    ) -> DelegatedAdminRelationship:
        self._call("create", name, customer, days)
        number = f"r{len(self.by_id) + 1}"
        new = DelegatedAdminRelationship(number, name, "created", customer, None, roles, auto_extend=extend)
        self.by_id[number] = new
        return new

    def lock(self, relationship_id: str) -> None:
        self._call("lock", relationship_id)
        self._change(relationship_id, status="approvalPending")

    def terminate(self, relationship_id: str) -> None:
        self._call("terminate", relationship_id)
        self._change(relationship_id, status="terminationRequested")

    def delete(self, relationship: DelegatedAdminRelationship) -> None:
        self._call("delete", relationship.id)
        del self.by_id[relationship.id]

    def set_auto_extend(self, relationship: DelegatedAdminRelationship, extend: bool) -> None:
        self._call("set_auto_extend", relationship.id, extend)
        if not self.ignores_changes:
            self._change(relationship.id, auto_extend=extend)

    def _change(self, relationship_id: str, **values: Any) -> None:
        self.by_id[relationship_id] = replace(self.by_id[relationship_id], **values)

    def access_assignments(self, relationship_id: str) -> list[AccessAssignment]:
        self._call("access_assignments", relationship_id)
        return list(self.assignments.values())

    def assign(self, relationship_id: str, group: str, roles: frozenset[str]) -> AccessAssignment:
        self._call("assign", group)
        new = AccessAssignment(f"a{len(self.assignments) + 1}", "active", group, roles, "1")
        self.assignments[new.id] = new
        return new

    def change_assignment(self, relationship_id: str, assignment: AccessAssignment, roles: frozenset[str]) -> None:
        self._call("change_assignment", assignment.id, assignment.etag)
        self.assignments[assignment.id] = replace(self.assignments[assignment.id], roles=roles)

    def remove_assignment(self, relationship_id: str, assignment: AccessAssignment) -> None:
        self._call("remove_assignment", assignment.id, assignment.etag)
        self.assignments[assignment.id] = replace(self.assignments[assignment.id], status="deleting")


class ByRelationship(DelegatedAdminGraph):
    """Keeps the assignments of each relationship apart, by the beginning of their IDs."""

    def access_assignments(self, relationship_id: str) -> list[AccessAssignment]:
        self._call("access_assignments", relationship_id)
        return [item for item in self.assignments.values() if item.id.startswith(f"{relationship_id}/")]

    def assign(self, relationship_id: str, group: str, roles: frozenset[str]) -> AccessAssignment:
        self._call("assign", group)
        new = AccessAssignment(f"{relationship_id}/{len(self.assignments)}", "active", group, roles, "1")
        self.assignments[new.id] = new
        return new
