# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans role assignments: compares what exists with what is desired. Reads, never writes.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from .._model.assignments import FOREIGN_GROUP, Assignment, DesiredAssignment
from .._model.errors import AzureError, invalid
from .._model.roles import Role, RoleDefinition, known_role
from .._model.scopes import Scope
from .._model.types import Result
from .._parallel import run_in_parallel


class RoleReader(Protocol):
    """Resolves roles; see `_clients.arm.Arm`."""

    def role_definitions(self, scope: str, name: str) -> list[RoleDefinition]:
        pass


class AssignmentReader(RoleReader, Protocol):
    """Lists assignments; see `_clients.arm.Arm`."""

    def assignments_of(self, scope: str, principal_id: str) -> list[Assignment]:
        pass


@dataclass(frozen=True)
class AssignmentOutcome:
    """What has to be done about one desired assignment, and later what was done.

    ``state`` is created, updated or removed (to be written), unchanged, absent or failed. ``existing`` are the assignments of the same
    triple, ``inherited`` those of the same principal and role above. ``written`` is whether Azure accepted a change.
    """

    desired: DesiredAssignment
    state: str
    existing: tuple[Assignment, ...] = ()
    inherited: tuple[Assignment, ...] = ()
    error: AzureError | None = None
    written: bool = False

    @property
    def to_write(self) -> bool:
        """Whether something has to be written."""
        return self.state in ("created", "updated", "removed")

    @property
    def first(self) -> Assignment | None:
        """The existing assignment that a write changes."""
        return self.existing[0] if self.existing else None

    def failed(self, error: AzureError) -> AssignmentOutcome:
        """The same outcome as a failure."""
        return replace(self, state="failed", error=error)

    def as_dict(self) -> Result:
        """The outcome as results show it."""
        first = self.first
        row: Result = {
            "scope": self.desired.scope.path,
            "principal_id": self.desired.principal_id,
            "role": self.desired.role.name,
            "state": self.state,
            "id": first.id if first else None,
            "principal_type": first.principal_type if first else None,
            "description": first.description if first else None,
            "condition": first.condition if first else None,
            "inherited_from": [assignment.id for assignment in self.inherited],
        }
        if self.error:
            row["error"] = self.error.as_dict()
        return row


def resolve_role(client: RoleReader, role: str, scope: Scope) -> Role:
    """The role that a name, a GUID or a full ID means; only a name that is not built in costs a request."""
    known = known_role(role)
    if known:
        return known
    definitions = client.role_definitions(scope.path, role)
    if len(definitions) != 1:
        ids = ", ".join(definition.id for definition in definitions)
        raise invalid(
            f"{len(definitions)} roles are called {role!r} at {scope.path}{': ' + ids if ids else '.'}",
            "Give the role's ID."
            if definitions
            else "Check the role's name; a custom role exists only below its assignable scopes.",
        )
    return Role(definitions[0].id.rpartition("/")[2].lower(), role)


def desired(
    client: RoleReader,
    scopes: Iterable[Scope],
    principal_id: str,
    role: str,
    principal_type: str = FOREIGN_GROUP,
    description: str | None = None,
    condition: str | None = None,
    condition_version: str | None = None,
) -> list[DesiredAssignment]:
    """One desired assignment for each scope; the role is resolved once for each subscription.

    A role that does not exist at the subscription may still be assignable at a scope below it. A role that cannot be resolved is the
    assignment's ``error``.
    """
    resolver = _RoleResolver(client, role)
    assignments = []
    for scope in scopes:
        resolved, error = resolver.resolve(scope)
        assignments.append(
            DesiredAssignment(
                scope, principal_id, resolved, principal_type, description, condition, condition_version, error
            )
        )
    return assignments


class _RoleResolver:
    """Resolves one role at many scopes."""

    def __init__(self, client: RoleReader, role: str) -> None:
        self._client, self._role = client, role
        self._known: dict[str, Role] = {}

    def resolve(self, scope: Scope) -> tuple[Role, AzureError | None]:
        top = scope.top()
        known = self._known.get(top.key) or self._known.get(scope.key)
        if known:
            return known, None
        try:
            return self._look_up(top, scope), None
        except AzureError as exc:
            # The name keeps the assignment apart from those of other roles that do not exist.
            return Role(self._role, self._role), exc

    def _look_up(self, top: Scope, scope: Scope) -> Role:
        try:
            role = self._known[top.key] = resolve_role(self._client, self._role, top)
            return role
        except AzureError:
            if scope == top:
                raise
        role = self._known[scope.key] = resolve_role(self._client, self._role, scope)
        return role


def plan(client: AssignmentReader, assignments: Iterable[DesiredAssignment], present: bool) -> list[AssignmentOutcome]:
    """What has to be done, in the order given, each triple once. Where a read fails, the outcome is that failure.

    All scopes below one subscription are answered by one list.
    """
    unique = list({item.key: item for item in assignments}.values())
    groups: dict[tuple[str, str], list[DesiredAssignment]] = {}
    for item in unique:
        if not item.error:
            groups.setdefault((item.scope.top().key, item.principal_id), []).append(item)
    outcomes = {item.key: AssignmentOutcome(item, "failed", error=item.error) for item in unique if item.error}
    for group in run_in_parallel(lambda group: _plan_group(client, group, present), groups.values()):
        outcomes.update({outcome.desired.key: outcome for outcome in group})
    return [outcomes[item.key] for item in unique]


def _plan_group(client: AssignmentReader, group: Sequence[DesiredAssignment], present: bool) -> list[AssignmentOutcome]:
    """The outcomes for one principal in one subscription."""
    by_scope: dict[str, list[DesiredAssignment]] = {}
    for item in group:
        by_scope.setdefault(item.scope.key, []).append(item)
    # A single scope is read by itself: its reader need not be able to read the whole subscription.
    place = group[0].scope.top() if len(by_scope) > 1 else group[0].scope
    try:
        listed = client.assignments_of(place.path, group[0].principal_id)
    except AzureError as exc:
        if exc.code != "AuthorizationFailed" or len(by_scope) == 1:
            return [AssignmentOutcome(item, "failed", error=exc) for item in group]
        parts = run_in_parallel(lambda part: _plan_group(client, part, present), by_scope.values())
        return [outcome for part in parts for outcome in part]
    near = _at_or_above(listed)
    return [decide(item, near(item.scope), present) for item in group]


def _at_or_above(listed: Iterable[Assignment]) -> Callable[[Scope], list[Assignment]]:
    """The assignments of a list that may count at a scope: comparing a thousand with each of a thousand scopes takes longer than all requests."""
    by_scope: dict[str, list[Assignment]] = {}
    for assignment in listed:
        key = "management groups" if assignment.scope.is_management_group else assignment.scope.key
        by_scope.setdefault(key, []).append(assignment)
    return lambda scope: [
        assignment for key in ("management groups", *scope.lineage) for assignment in by_scope.get(key, ())
    ]


def decide(item: DesiredAssignment, listed: Iterable[Assignment], present: bool) -> AssignmentOutcome:
    """What has to be done about one desired assignment, given a list of the assignments at its scope and above it."""
    same = sorted(
        (assignment for assignment in listed if item.matches(assignment)), key=lambda assignment: assignment.id
    )
    existing = tuple(assignment for assignment in same if assignment.scope.key == item.scope.key)
    inherited = tuple(assignment for assignment in same if assignment.scope.is_above(item.scope))
    outcome = AssignmentOutcome(item, "unchanged", existing, inherited)
    if not present:
        return replace(outcome, state="removed" if existing else "absent")
    if not existing:
        return replace(outcome, state="created")
    if item.properties(existing[0]) != item.properties_of(existing[0]):
        outcome = replace(outcome, state="updated")
    return checked_type(outcome)


def checked_type(outcome: AssignmentOutcome) -> AssignmentOutcome:
    """The outcome, failed if Azure took the principal for another kind: then somebody else received the access."""
    first, wanted = outcome.first, outcome.desired.principal_type
    if first is None or not first.is_customers_own or first.principal_type == wanted:
        return outcome
    owner = "this tenant" if first.principal_type == "Group" else "somebody else"
    return outcome.failed(
        AzureError(
            f"The assignment {first.id} is for a principal of type {first.principal_type}, not {wanted}:"
            f" {outcome.desired.principal_id} belongs to {owner}, so the access went to the wrong people.",
            code="WrongPrincipalType",
            hint="Check principal_id, then remove that assignment with state: absent.",
        )
    )
