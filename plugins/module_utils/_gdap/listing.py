# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists a partner's relationships, and says for each customer whether the partner's users can sign in to its tenant.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .._model.delegated_admin import AccessAssignment, DelegatedAdminRelationship
from .._model.errors import AzureError
from .._model.types import Result
from .._parallel import run_in_parallel
from .partner_tenant import PartnerClient, all_relationships, groups_in_admin_agents, of_customer
from .sign_in_path import AssignmentReader, sign_in_path


class ListingClient(PartnerClient, AssignmentReader, Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""


@dataclass(frozen=True)
class ListingRequest:
    """Which relationships to list; ``statuses`` are in lower case. With ``assignments``, those of relationships in force are read, and the customers judged."""

    now: str
    customer: str | None = None
    name: str | None = None
    id: str | None = None
    statuses: tuple[str, ...] = ()
    assignments: bool = False
    expiring_days: int = 30

    def includes(self, item: DelegatedAdminRelationship) -> bool:
        """Whether a relationship is to be listed."""
        return (
            self.customer in (None, item.customer)
            and (not self.name or item.name.casefold() == self.name.casefold())
            and self.id in (None, item.id)
            and (not self.statuses or item.status.casefold() in self.statuses)
        )


def listing(client: ListingClient, admin_agents: Callable[[], str], request: ListingRequest) -> Result:
    """The relationships, and the customers if they are to be judged, as a result."""
    existing = sorted(all_relationships(client, admin_agents), key=lambda item: (item.customer or "", item.name))
    listed = [item for item in existing if request.includes(item)]
    if not request.assignments:
        return {"relationships": [item.as_dict(request.now) for item in listed]}
    customers = {item.customer for item in listed if item.customer} | ({request.customer} - {None})
    assignments = _assignments(client, [item for item in existing if item in listed or item.customer in customers])
    groups = groups_in_admin_agents(client, admin_agents)
    return {
        "relationships": [
            {**item.as_dict(request.now), "assignments": _shown(assignments.get(item.id, []))} for item in listed
        ],
        "customers": [
            _judged(customer, existing, assignments, groups, request) for customer in sorted(filter(None, customers))
        ],
    }


def _assignments(
    client: ListingClient, existing: Sequence[DelegatedAdminRelationship]
) -> dict[str, list[AccessAssignment] | None]:
    """The assignments of the relationships in force by ID, None where they could not be read."""

    def read(item: DelegatedAdminRelationship) -> list[AccessAssignment] | None:
        try:
            return client.access_assignments(item.id)
        except AzureError:
            return None

    in_force = [item for item in existing if item.is_in_force]
    return dict(zip([item.id for item in in_force], run_in_parallel(read, in_force), strict=True))


def _shown(assignments: Sequence[AccessAssignment] | None) -> list[Result] | None:
    return None if assignments is None else [item.as_dict() for item in assignments if item.is_live]


def _judged(
    customer: str,
    existing: Sequence[DelegatedAdminRelationship],
    assignments: Mapping[str, Sequence[AccessAssignment] | None],
    groups: frozenset[str] | None,
    request: ListingRequest,
) -> Result:
    own = of_customer(existing, customer)
    path = sign_in_path(own, assignments, groups, request.expiring_days, request.now)
    return {
        "customer": customer,
        "customer_name": next((item.customer_name for item in own if item.customer_name), None),
        "sign_in": path.status,
        "reason": path.reason,
        "approval_url": path.as_dict()["approval_url"],
    }
