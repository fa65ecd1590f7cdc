# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of the modules for relationships and access assignments: plan, write or predict, wait, and the result of the task.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .._model.delegated_admin import ACTIVATING, WAITING, AccessAssignment, DelegatedAdminRelationship, role_names
from .._model.errors import AzureError, invalid
from .._model.types import Result
from . import access_assignments, relationship_plan, relationships
from .access_assignments import AccessAssignmentClient, AccessPlan
from .explained import ReasonClient, check_group, explained
from .relationship_plan import RelationshipPlan, RelationshipRequest
from .relationships import Pace, RelationshipClient

# More roles than this on one group are reported to stay pending.
MANY_ROLES = 10


class StepClient(RelationshipClient, AccessAssignmentClient, ReasonClient, Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    def relationships(self, customer: str | None = None) -> list[DelegatedAdminRelationship]:
        pass


def establish(
    client: StepClient,
    existing: Sequence[DelegatedAdminRelationship],
    request: RelationshipRequest,
    check_mode: bool,
    wait_seconds: int = 0,
    pace: Pace | None = None,
) -> Result:
    """The next step towards a relationship in force, as a result; a failure while waiting keeps the link."""
    check_roles(request.roles)
    pace = pace or Pace()
    plan, relationship = take_step(client, existing, request, check_mode, pace)
    failure: AzureError | None = None
    if wait_seconds and not check_mode:
        try:
            relationship = relationships.wait_until_in_force(client, relationship, wait_seconds, pace)
            failure = None if relationship.is_in_force else _not_in_force(relationship, wait_seconds)
        except AzureError as exc:
            failure = exc
    before, after = relationship_diff(plan)
    return {
        "changed": plan.changes,
        "relationship": relationship.as_dict(request.now),
        "approval_url": relationship.approval_url,
        "diff": {"before": before, "after": after},
        **(failure.as_result() if failure else {}),
    }


def check_roles(roles: frozenset[str]) -> None:
    """AzureError without a role: neither a relationship nor an assignment can be without one."""
    if not roles:
        raise invalid("No role was given.", "Directory Readers is enough for Azure.")


def take_step(
    client: StepClient,
    existing: Sequence[DelegatedAdminRelationship],
    request: RelationshipRequest,
    check_mode: bool,
    pace: Pace,
) -> tuple[RelationshipPlan, DelegatedAdminRelationship]:
    """Plan, and carry it out or predict it. If another run creates the relationship first, that one is adopted."""
    plan = relationship_plan.plan_present(existing, request)
    if check_mode:
        return plan, relationship_plan.predicted(plan, request)
    try:
        with explained(client):
            return plan, relationships.apply(client, plan, request, pace)
    except AzureError as exc:
        if plan.action != "create" or exc.status != 409:
            raise
        plan = relationship_plan.plan_present(client.relationships(), request)
        return plan, relationships.apply(client, plan, request, pace)


def up_to_date(
    client: StepClient, existing: Sequence[DelegatedAdminRelationship], request: RelationshipRequest
) -> Sequence[DelegatedAdminRelationship]:
    """The customer's relationships; read anew unless the list, which may be as old as the run, leaves nothing to do."""
    plan = relationship_plan.plan_present(existing, request)
    if plan.relationship is None:
        return client.relationships(request.customer)
    if plan.changes or not plan.relationship.is_in_force:
        fresh = client.relationship(plan.relationship.id)
        return [fresh if item.id == fresh.id else item for item in existing]
    return existing


def relationship_diff(plan: RelationshipPlan) -> tuple[Result, Result]:
    """What a plan changes about a relationship, before and after."""
    if not plan.changes:
        return {}, {}
    name = plan.relationship.name if plan.relationship else plan.new_name
    before = plan.relationship.status if plan.relationship else "absent"
    after = {
        "create": "approvalPending",
        "lock": "approvalPending",
        "extend": "extended automatically",
        "delete": "absent",
        "terminate": "terminationRequested",
    }
    return {f"relationship {name}": before}, {f"relationship {name}": after[plan.action]}


def _not_in_force(relationship: DelegatedAdminRelationship, seconds: int) -> AzureError:
    text = f"The relationship {relationship.name} is {relationship.status} after {seconds} s."
    url = relationship.approval_url
    hint = f"Let a Global Administrator of the customer approve it: {url}" if url else "Run again later to check."
    return AzureError(text, code="RelationshipNotActive", hint=hint)


def end_relationships(
    client: StepClient, existing: Sequence[DelegatedAdminRelationship], request: RelationshipRequest, check_mode: bool
) -> Result:
    """End the customer's relationships that the request chooses, as a result."""
    plans = relationship_plan.plan_absent(existing, request)
    ended: list[DelegatedAdminRelationship] = []
    before: Result = {}
    after: Result = {}
    failures: list[AzureError] = []
    for plan in plans:
        try:
            item = relationship_plan.predicted_end(plan) if check_mode else relationships.end(client, plan)
        except AzureError as exc:  # the others end all the same
            failures.append(exc)
            continue
        ended += [item] if item else []
        old, new = relationship_diff(plan)
        before.update(old)
        after.update(new)
    left = [item for item in ended if item.status != relationship_plan.DELETED]
    return {
        "changed": bool(after),
        "relationship": left[0].as_dict(request.now) if left else None,
        "approval_url": next((item.approval_url for item in left if item.approval_url), None),
        "ended": [item.as_dict(request.now) for item in ended],
        "diff": {"before": before, "after": after},
        "warnings": [plan.warning for plan in plans if plan.warning],
        **(failures[0].as_result() if failures else {}),
    }


@dataclass(frozen=True)
class AccessRequest:
    """The roles that a group should have; ``wait_seconds`` is 0 not to wait, ``known_group`` whether the group was looked up."""

    group: str
    roles: frozenset[str]
    now: str
    check_mode: bool = False
    wait_seconds: int = 0
    known_group: bool = False
    pace: Pace = field(default_factory=Pace)


def assign(client: StepClient, existing: Sequence[DelegatedAdminRelationship], request: AccessRequest) -> Result:
    """Make the group hold exactly the roles, as a result; ``existing`` are the relationships to choose from."""
    check_roles(request.roles)
    relationship = _choose(existing, request.roles)
    access_assignments.check_relationship(relationship, request.roles)
    held = client.access_assignments(relationship.id)
    plan = access_assignments.plan(held, request.group, request.roles, present=True)
    if plan.action == "assign" and not request.known_group:
        check_group(client, request.group)
    result: Result = {"relationship": relationship.as_dict(request.now), **_access_result([(relationship, plan)])}
    if len(request.roles) > MANY_ROLES:
        text = f"{len(request.roles)} roles for one group may stay pending; others report that several groups work."
        result["warnings"] = [text]
    if request.check_mode:
        status = plan.existing.status if plan.existing else "pending"
        id_ = plan.existing.id if plan.existing else None
        shown = {"id": id_, "status": status, "group_id": request.group, "roles": role_names(request.roles)}
        return {**result, "assignment": shown}
    with explained(client, request.group):
        current = access_assignments.apply(client, relationship.id, plan) if plan.changes else plan.existing
    try:
        current = _waited(client, relationship, plan, current, request)
    except AzureError as exc:
        return {**result, "assignment": current.as_dict() if current else None, **exc.as_result()}
    return {**result, "assignment": current.as_dict() if current else None}


def remove_assignments(
    client: StepClient, existing: Sequence[DelegatedAdminRelationship], request: AccessRequest
) -> Result:
    """Take the roles of these relationships from the group, as a result."""
    in_force = [item for item in existing if item.is_in_force]
    plans = [
        (item, access_assignments.plan(client.access_assignments(item.id), request.group, frozenset(), present=False))
        for item in in_force
    ]
    failures: list[AzureError] = []
    for relationship, plan in plans:
        try:
            if plan.changes and not request.check_mode:
                current = access_assignments.apply(client, relationship.id, plan)
                _waited(client, relationship, plan, current, request)
        except AzureError as exc:  # the others go all the same
            failures.append(exc)
    return {
        "assignment": None,
        "relationship": in_force[0].as_dict(request.now) if in_force else None,
        **_access_result(plans),
        **(failures[0].as_result() if failures else {}),
    }


def _waited(
    client: StepClient,
    relationship: DelegatedAdminRelationship,
    plan: AccessPlan,
    current: AccessAssignment | None,
    request: AccessRequest,
) -> AccessAssignment | None:
    """The assignment once the plan is reached, if that is to be waited for; AzureError when the time is over."""
    if not request.wait_seconds or (current and current.status == "active" and current.roles == plan.roles):
        return current
    return access_assignments.wait_until_active(client, relationship.id, plan, request.wait_seconds, request.pace)


def _access_result(plans: Sequence[tuple[DelegatedAdminRelationship, AccessPlan]]) -> Result:
    before: Result = {}
    after: Result = {}
    for relationship, plan in plans:
        if plan.changes:
            label = f"{plan.group} in the relationship {relationship.name}"
            before[label] = role_names(plan.existing.roles) if plan.existing else "absent"
            after[label] = role_names(plan.roles) if plan.roles else "absent"
    return {"changed": any(plan.changes for _item, plan in plans), "diff": {"before": before, "after": after}}


def _choose(existing: Sequence[DelegatedAdminRelationship], roles: frozenset[str]) -> DelegatedAdminRelationship:
    """The relationship to assign roles in; if none fits, the one that explains best why not."""
    chosen = [
        *(item for item in existing if item.is_in_force and roles <= item.roles),
        *(item for item in existing if item.status in (*ACTIVATING, *WAITING, "created") and roles <= item.roles),
        *(item for item in existing if item.is_in_force),
        *(item for item in existing if not item.is_in_force),
    ]
    if not chosen:
        raise AzureError(
            "There is no delegated admin relationship with the customer.",
            code="RelationshipNotFound",
            hint="Request one with csp.azure.gdap_relationship.",
        )
    in_force = [item for item in chosen if item.is_in_force and roles <= item.roles]
    return relationship_plan.latest(in_force) if in_force else chosen[0]
