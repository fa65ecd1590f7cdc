# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes one customer a step further towards delegated admin privileges: request, wait for the customer, assign, done.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .._model.delegated_admin import WAITING, DelegatedAdminRelationship, role_names
from .._model.types import Result
from . import access_assignments
from .access_assignments import AccessPlan
from .explained import explained
from .partner_tenant import PartnerTenant
from .relationship_plan import RelationshipRequest, satisfying
from .relationships import Pace
from .sign_in_path import SignInPath, read_path
from .steps import StepClient, relationship_diff, take_step, up_to_date


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
    wanted = request.relationship
    existing = up_to_date(client, partner.relationships, wanted)
    plan, relationship = take_step(client, existing, wanted, request.check_mode, request.pace)
    awaited = None if relationship.is_in_force else relationship
    candidates = _candidates(existing, wanted, relationship, plan.changes)
    if awaited and not candidates:
        return Delegation(_path_of_request(awaited, plan.changes), plan.changes, *relationship_diff(plan))
    relationship, access = _access(client, candidates, request)
    if awaited and not access.changes:
        return Delegation(_path_meanwhile(client, candidates, partner.groups, request, awaited))
    if access.changes and not request.check_mode:
        with explained(client, request.group):
            access_assignments.apply(client, relationship.id, access)
    before, after = relationship_diff(plan)
    if access.changes:
        label = f"access assignment of {request.group} in {relationship.name}"
        before[label] = role_names(access.existing.roles) if access.existing else "absent"
        after[label] = role_names(access.roles)
    path = _path(request, relationship, partner.groups, access, awaited)
    return Delegation(path, plan.changes or access.changes, before, after)


def _candidates(
    existing: Sequence[DelegatedAdminRelationship],
    wanted: RelationshipRequest,
    relationship: DelegatedAdminRelationship,
    is_changed: bool,
) -> list[DelegatedAdminRelationship]:
    """The relationships to assign the roles in: those that need no step, else, while a successor is awaited, those that end soon."""
    if relationship.is_in_force:
        return [relationship] if is_changed else satisfying(existing, wanted)
    if is_changed:
        return []
    return [item for item in existing if item.is_in_force and wanted.roles <= item.roles]


def _access(
    client: StepClient, candidates: Sequence[DelegatedAdminRelationship], request: DelegationRequest
) -> tuple[DelegatedAdminRelationship, AccessPlan]:
    """The relationship in which the group has the roles already, else the first one, and what has to be done there."""
    plans = []
    for item in candidates:
        held = client.access_assignments(item.id)
        plans.append(
            (item, access_assignments.plan(held, request.group, request.relationship.roles, True, exact=False))
        )
        if not plans[-1][1].changes:
            return plans[-1]
    return plans[0]


def _path(
    request: DelegationRequest,
    relationship: DelegatedAdminRelationship,
    groups: frozenset[str] | None,
    access: AccessPlan,
    awaited: DelegatedAdminRelationship | None,
) -> SignInPath:
    status = access.existing.status if access.existing else "pending"
    if access.changes or status == "pending":
        text = (
            f"The relationship {relationship.name} is {relationship.status}; the access assignment takes some minutes."
        )
        return SignInPath("assigned", text, relationship, awaited)
    if status != "active":
        return SignInPath(
            "unknown", f"The access assignment in {relationship.name} has the status {status}.", relationship
        )
    return _ready(request, relationship, groups)


def _path_of_request(relationship: DelegatedAdminRelationship, is_new: bool) -> SignInPath:
    """The path where nothing but a relationship that is not in force yet leads."""
    awaited = relationship if relationship.status in WAITING else None
    if is_new:
        text = f"The relationship {relationship.name} was requested; it awaits the customer's approval."
        return SignInPath("requested", text, None, awaited)
    if relationship.has_unknown_status:
        return SignInPath("unknown", f"The relationship {relationship.name} is {relationship.status}.", relationship)
    word = "awaits the customer's approval" if awaited else "is being activated"
    return SignInPath("waiting", f"The relationship {relationship.name} {word}.", relationship, awaited)


def _path_meanwhile(
    client: StepClient,
    predecessors: Sequence[DelegatedAdminRelationship],
    groups: frozenset[str] | None,
    request: DelegationRequest,
    relationship: DelegatedAdminRelationship,
) -> SignInPath:
    """The path while a successor is not in force yet."""
    now, days = request.relationship.now, request.relationship.renew_before
    path = read_path(lambda: client, [*predecessors, relationship], groups, days, now)
    return path if path.status in ("ready", "expiring") else _path_of_request(relationship, False)


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
