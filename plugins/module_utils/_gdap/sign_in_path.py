# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the partner's users can sign in to a customer's tenant: a relationship in force, with a role for AdminAgents or a group in it. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._model.delegated_admin import ACTIVATING, WAITING, AccessAssignment, DelegatedAdminRelationship
from .._model.types import Result


@dataclass(frozen=True)
class SignInPath:
    """``status`` is ready, expiring, waiting, missing or unknown."""

    status: str
    reason: str
    relationship: DelegatedAdminRelationship | None = None

    def as_dict(self) -> Result:
        """The path as results show it."""
        return {
            "status": self.status,
            "reason": self.reason,
            "relationship": self.relationship.id if self.relationship else None,
            "approval_url": self.relationship.approval_url if self.relationship else None,
            "expires_at": self.relationship.expires_at if self.relationship else None,
        }


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
    ready = [item for item in in_force if _has_role(assignments.get(item.id), groups)]
    if ready:
        best = max(ready, key=lambda item: (item.auto_extend, item.expires_at or ""))
        days = best.days_left(now)
        if best.auto_extend or days is None or days > expiring_days:
            return SignInPath("ready", f"The relationship {best.name} is {best.status}.", best)
        return SignInPath("expiring", f"The relationship {best.name} ends in {days} days.", best)
    if any(assignments.get(item.id) is None for item in in_force) or (in_force and groups is None):
        text = "The access assignments, or the groups in AdminAgents, could not be read."
        return SignInPath("unknown", text, in_force[0])
    for item in relationships:
        if item.status in (*WAITING, *ACTIVATING):
            word = "awaits the customer's approval" if item.status in WAITING else "is being activated"
            return SignInPath("waiting", f"The relationship {item.name} {word}.", item)
    if in_force:
        text = f"In the relationship {in_force[0].name}, neither AdminAgents nor a group in it has a role."
        return SignInPath("missing", text, in_force[0])
    return SignInPath("missing", "There is no delegated admin relationship in force.")


def _has_role(assignments: Sequence[AccessAssignment] | None, groups: frozenset[str] | None) -> bool:
    return any(
        item.status == "active" and bool(item.roles) and item.group in groups for item in assignments or () if groups
    )
