# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides about the access assignments of a delegated admin relationship: `plan` only decides, `apply` writes.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .._model.delegated_admin import AccessAssignment, DelegatedAdminRelationship, role_names
from .._model.errors import AzureError
from .relationships import Pace


class AccessAssignmentClient(Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    def access_assignments(self, relationship_id: str) -> list[AccessAssignment]:
        pass

    def assign(self, relationship_id: str, group: str, roles: frozenset[str]) -> AccessAssignment:
        pass

    def change_assignment(self, relationship_id: str, assignment: AccessAssignment, roles: frozenset[str]) -> None:
        pass

    def remove_assignment(self, relationship_id: str, assignment: AccessAssignment) -> None:
        pass


@dataclass(frozen=True)
class AccessPlan:
    """What has to be done about one group: ``action`` is assign, change, remove or none. Unless ``exact``, it keeps further roles."""

    action: str
    group: str
    roles: frozenset[str] = frozenset()
    existing: AccessAssignment | None = None
    exact: bool = True

    @property
    def changes(self) -> bool:
        """Whether something has to be written."""
        return self.action != "none"


def check_relationship(relationship: DelegatedAdminRelationship, roles: frozenset[str]) -> None:
    """AzureError if roles cannot be assigned in this relationship."""
    if not relationship.is_in_force:
        url = relationship.approval_url
        raise AzureError(
            f"The relationship {relationship.name} is {relationship.status}, so no role can be assigned in it.",
            code="RelationshipNotActive",
            hint=f"Let a Global Administrator of the customer approve it: {url}"
            if url
            else "Run again when it is active.",
        )
    missing = roles - relationship.roles
    if missing:
        raise AzureError(
            f"The relationship {relationship.name} lacks {', '.join(role_names(frozenset(missing)))}.",
            code="MissingRoles",
            hint="Roles cannot be added to a relationship: create another one with csp.azure.gdap_relationship.",
        )


def plan(
    existing: Sequence[AccessAssignment], group: str, roles: frozenset[str], present: bool, exact: bool = True
) -> AccessPlan:
    """What has to be done about one group; deleted assignments are history."""
    current = next((item for item in existing if item.group == group and item.is_live), None)
    if not present:
        return AccessPlan("remove" if current else "none", group, frozenset(), current)
    if current is None:
        return AccessPlan("assign", group, roles, exact=exact)
    if current.status == "error":
        raise AzureError(
            f"The access assignment {current.id} of the group {group} is in the status error.",
            code="AccessAssignmentError",
            hint="Remove it with state: absent, then assign again; Graph does not say why.",
        )
    wanted = roles if exact else roles | current.roles
    return AccessPlan("none" if current.roles == wanted else "change", group, wanted, current, exact)


def apply(client: AccessAssignmentClient, relationship_id: str, access: AccessPlan) -> AccessAssignment | None:
    """Carry out a plan; a conflict is read again: an equal assignment of another run is adopted, a stale etag is used once more."""
    try:
        _write(client, relationship_id, access)
    except AzureError as exc:
        if exc.status not in (409, 412):
            raise
        existing, present = client.access_assignments(relationship_id), access.action != "remove"
        renewed = plan(existing, access.group, access.roles, present, access.exact)
        if renewed.changes:
            _write(client, relationship_id, renewed)
    return current_of(client, relationship_id, access.group)


def _write(client: AccessAssignmentClient, relationship_id: str, access: AccessPlan) -> None:
    if access.action == "assign":
        client.assign(relationship_id, access.group, access.roles)
    elif access.existing and access.action == "change":
        client.change_assignment(relationship_id, access.existing, access.roles)
    elif access.existing and access.action == "remove":
        client.remove_assignment(relationship_id, access.existing)


def current_of(client: AccessAssignmentClient, relationship_id: str, group: str) -> AccessAssignment | None:
    """The group's live assignment."""
    assignments = client.access_assignments(relationship_id)
    return next((item for item in assignments if item.group == group and item.is_live), None)


def _is_reached(current: AccessAssignment | None, access: AccessPlan) -> bool:
    if access.action == "remove" or current is None:
        return current is None and access.action == "remove"
    return current.status == "active" and current.roles == access.roles


def wait_until_active(
    client: AccessAssignmentClient, relationship_id: str, access: AccessPlan, seconds: float, pace: Pace
) -> AccessAssignment | None:
    """The assignment once it is active with the roles, or gone after a removal; AzureError when the time is over."""
    until, wait = pace.clock() + seconds, 5.0
    while True:
        current = current_of(client, relationship_id, access.group)
        if _is_reached(current, access):
            return current
        if pace.clock() + wait > until:
            status = current.status if current else "not listed"
            raise AzureError(
                f"The access assignment of the group {access.group} is {status} after {seconds:.0f} s.",
                code="NotReadBack",
                hint="It may take some minutes; run again to check, or raise wait_timeout.",
            )
        pace.sleep(wait)
        wait = min(2 * wait, 30)
