# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes one customer a step further towards delegated admin privileges: request, wait for the customer, assign, done.

For internal use of csp.azure only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._model.delegated_admin import ACTIVATING, DelegatedAdminRelationship, role_names
from .._model.types import Result
from . import access_assignments
from .explained import explained
from .partner_tenant import PartnerTenant
from .relationships import Pace, RelationshipPlan, RelationshipRequest
from .sign_in_path import SignInPath, read_path
from .steps import StepClient, relationship_diff, take_step


@dataclass(frozen=True)
class DelegationRequest:
    """The relationship that a customer should have, and the group that gets its roles."""

    relationship: RelationshipRequest
    group: str
    check_mode: bool = False
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class Delegation:
    """How far a customer is, and what this run changed, for ``--diff``."""

    path: SignInPath
    changed: bool = False
    before: Result = field(default_factory=dict)
    after: Result = field(default_factory=dict)


def delegate(client: StepClient, partner: PartnerTenant, request: DelegationRequest) -> Delegation:
    """The next step for one customer. AzureError if Graph refuses it."""
    plan, relationship = take_step(
        client, partner.relationships, request.relationship, request.check_mode, request.pace
    )
    if not relationship.is_in_force:
        return _requested(client, partner, request, plan, relationship)
    existing = client.access_assignments(relationship.id)
    access = access_assignments.plan(existing, request.group, request.relationship.roles, True, exact=False)
    if access.changes and not request.check_mode:
        with explained(client, request.group):
            access_assignments.apply(client, relationship.id, access)
    pending = access.existing is not None and access.existing.status == "pending"
    if access.changes or pending:
        text = (
            f"The relationship {relationship.name} is {relationship.status}; the access assignment takes some minutes."
        )
        path = SignInPath("assigned", text, relationship)
    else:
        path = _ready(request, relationship, partner.groups)
    before, after = relationship_diff(plan)
    if access.changes:
        label = f"access assignment of {request.group} in {relationship.name}"
        before[label] = role_names(access.existing.roles) if access.existing else "absent"
        after[label] = role_names(access.roles)
    return Delegation(path, plan.changes or access.changes, before, after)


def _requested(
    client: StepClient,
    partner: PartnerTenant,
    request: DelegationRequest,
    plan: RelationshipPlan,
    relationship: DelegatedAdminRelationship,
) -> Delegation:
    """A relationship that is not in force yet; one that it will succeed may be."""
    before, after = relationship_diff(plan)
    if plan.changes:
        text = f"The relationship {relationship.name} was requested; it awaits the customer's approval."
        return Delegation(SignInPath("requested", text, None, relationship), True, before, after)
    if relationship.status in ACTIVATING:
        text = f"The relationship {relationship.name} is being activated."
        return Delegation(SignInPath("waiting", text, relationship))
    others = [item for item in partner.relationships if item.id != relationship.id]
    now, days = request.relationship.now, request.relationship.renew_before
    return Delegation(read_path(lambda: client, [relationship, *others], partner.groups, days, now))


def _ready(
    request: DelegationRequest, relationship: DelegatedAdminRelationship, groups: frozenset[str] | None
) -> SignInPath:
    if groups is None:
        text = "Whether the group is in AdminAgents could not be read."
        return SignInPath("unknown", text, relationship)
    if request.group not in groups:
        text = f"The group {request.group} is not in AdminAgents, so its members do not reach the customer's subscriptions."
        return SignInPath("missing", text, relationship)
    return SignInPath("ready", f"The relationship {relationship.name} is {relationship.status}.", relationship)
