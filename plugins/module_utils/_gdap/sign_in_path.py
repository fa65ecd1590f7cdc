# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the partner's users can sign in to a customer's tenant: a relationship in force, with a role for AdminAgents or a group in it.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .._model.delegated_admin import (
    ACTIVATING,
    DIRECTORY_READERS,
    WAITING,
    AccessAssignment,
    DelegatedAdminRelationship,
)
from .._model.errors import AzureError
from .._model.types import Result


@dataclass(frozen=True)
class SignInPath:
    """The path into a customer's tenant.

    ``status`` is ready, expiring, waiting, missing or unknown; after a step towards it also requested or assigned. ``relationship`` is the
    one that counts, ``awaited`` the one that the customer has yet to approve.
    """

    status: str
    reason: str
    relationship: DelegatedAdminRelationship | None = None
    awaited: DelegatedAdminRelationship | None = None

    def as_dict(self) -> Result:
        """The path as results show it."""
        counting, awaited = self.relationship or self.awaited, self.awaited
        return {
            "status": self.status,
            "reason": self.reason,
            "relationship": (counting.id or None) if counting else None,
            "expires_at": counting.expires_at if counting else None,
            "approval_url": awaited.approval_url if awaited else None,
            "requested_at": awaited.requested_at if awaited else None,
            "request_ends_at": awaited.request_ends_at if awaited else None,
        }


class AssignmentReader(Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    def access_assignments(self, relationship_id: str) -> list[AccessAssignment]:
        pass


def read_path(
    open_client: Callable[[], AssignmentReader],
    relationships: Sequence[DelegatedAdminRelationship],
    groups: frozenset[str] | None,
    expiring_days: int,
    now: str,
) -> SignInPath:
    """The path, with one request where the best relationship has a role, and none without one in force; see `sign_in_path`."""
    assignments: dict[str, list[AccessAssignment] | None] = {}
    for item in sorted(filter(_is_in_force, relationships), key=_rank, reverse=True):
        try:
            assignments[item.id] = open_client().access_assignments(item.id)
        except AzureError:
            assignments[item.id] = None
        if _has_role(assignments[item.id], groups):
            break
    return sign_in_path(relationships, assignments, groups, expiring_days, now)


def sign_in_path(
    relationships: Sequence[DelegatedAdminRelationship],
    assignments: Mapping[str, Sequence[AccessAssignment] | None],
    groups: frozenset[str] | None,
    expiring_days: int,
    now: str,
) -> SignInPath:
    """The path into one customer's tenant, by its relationships and their assignments by relationship ID (None: unread).

    ``groups`` are AdminAgents and the groups in it, None if they could not be read.
    """
    in_force = [item for item in relationships if item.is_in_force]
    awaited = next((item for item in relationships if item.status in WAITING), None)
    ready = [item for item in in_force if _has_role(assignments.get(item.id), groups)]
    if ready:
        best = max(ready, key=_rank)
        days = best.days_left(now)
        if best.auto_extend or days is None or days > expiring_days:
            return SignInPath("ready", f"The relationship {best.name} is {best.status}.", best, awaited)
        return SignInPath("expiring", f"The relationship {best.name} ends in {days} days.", best, awaited)
    if any(assignments.get(item.id) is None for item in in_force) or (in_force and groups is None):
        text = "The access assignments, or the groups in AdminAgents, could not be read."
        return SignInPath("unknown", text, in_force[0], awaited)
    for item in in_force:
        if _has_role(assignments.get(item.id), groups, "pending"):
            return SignInPath("waiting", f"The access assignment in the relationship {item.name} is pending.", item)
    usable = next((item for item in in_force if DIRECTORY_READERS in item.roles), None)
    if awaited and not usable:
        return SignInPath("waiting", f"The relationship {awaited.name} awaits the customer's approval.", None, awaited)
    for item in relationships:
        if item.status in ACTIVATING:
            return SignInPath("waiting", f"The relationship {item.name} is being activated.", item)
    if in_force:
        text = f"In the relationship {in_force[0].name}, neither AdminAgents nor a group in it has a role."
        return SignInPath("missing", text, usable or in_force[0], awaited)
    for item in relationships:
        if item.has_unknown_status:
            return SignInPath("unknown", f"The relationship {item.name} is {item.status}.", item)
    return SignInPath("missing", "There is no delegated admin relationship in force.")


def _is_in_force(item: DelegatedAdminRelationship) -> bool:
    return item.is_in_force


def _rank(item: DelegatedAdminRelationship) -> tuple[bool, str]:
    return item.auto_extend, item.expires_at or ""


def _has_role(
    assignments: Sequence[AccessAssignment] | None, groups: frozenset[str] | None, status: str = "active"
) -> bool:
    return any(
        item.status == status and bool(item.roles) and item.group in groups for item in assignments or () if groups
    )
