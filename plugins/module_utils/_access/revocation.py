# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the removal of a partner's access. Reads, never writes.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .._model.assignments import Assignment, DesiredAssignment, Key
from .._model.customers import Principal
from .._model.errors import AzureError
from .._model.roles import OWNER, USER_ACCESS_ADMINISTRATOR, Role, name_of
from .._model.scopes import Scope
from .plan import AssignmentOutcome

_ADMINISTRATORS = (OWNER, USER_ACCESS_ADMINISTRATOR)


class AssignmentLister(Protocol):
    """See `_clients.arm.Arm`."""

    def assignments(self, scope: str) -> list[Assignment]:
        pass


class Directory(Protocol):
    """The customer's directory; see `_clients.directory.Directory`."""

    def principals(self, ids: list[str]) -> list[Principal]:
        pass


@dataclass(frozen=True)
class Partners:
    """Whose access to remove: groups by object ID, and all groups of partners by the partner's tenant ID."""

    principal_ids: frozenset[str]
    tenants: frozenset[str]


@dataclass(frozen=True)
class RevocationPlan:
    """What to remove.

    ``above``: assignments of the same partners that the scopes inherit. ``unknown``: foreign groups whose partner cannot be determined.
    ``unread``: scopes that could not be read. ``absent``: selected tenants without a group there, ``others``: other partners that have one.
    """

    outcomes: tuple[AssignmentOutcome, ...]
    above: tuple[Assignment, ...] = ()
    unknown: tuple[str, ...] = ()
    unread: tuple[tuple[str, AzureError], ...] = ()
    absent: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Selection:
    """The groups to remove by ID, the foreign groups whose partner the directory does not know, and the tenants (see RevocationPlan)."""

    ids: frozenset[str]
    unknown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def plan_revocation(
    client: AssignmentLister,
    open_directory: Callable[[], Directory],
    scopes: Iterable[Scope],
    partners: Partners,
    roles: frozenset[str],
) -> RevocationPlan:
    """The partners' assignments at the scopes and below them, as outcomes to remove; of all roles if ``roles`` is empty.

    A scope that cannot be read is reported, and hides none of the others; a directory that cannot be read is an error.
    """
    lists, unread = _lists(client, scopes)
    listed = {item.id.lower(): item for items in lists.values() for item in items}
    selected = _selection(listed.values(), open_directory, partners)
    theirs = [
        item
        for _id, item in sorted(listed.items())
        if item.principal_id in selected.ids and (not roles or item.role_id in roles)
    ]
    inside: list[Assignment] = []
    above: list[Assignment] = []
    for item in theirs:
        (inside if any(scope.holds(item.scope) for scope in lists) else above).append(item)
    outcomes = _keep_administrators(_outcomes(inside), lists)
    return RevocationPlan(
        tuple(outcomes), tuple(above), selected.unknown, tuple(unread), selected.absent, selected.others
    )


def _lists(
    client: AssignmentLister, scopes: Iterable[Scope]
) -> tuple[dict[Scope, list[Assignment]], list[tuple[str, AzureError]]]:
    lists: dict[Scope, list[Assignment]] = {}
    unread: list[tuple[str, AzureError]] = []
    for scope in scopes:
        try:
            lists[scope] = client.assignments(scope.path)
        except AzureError as exc:
            unread.append((scope.path, exc))
    return lists, unread


def _selection(listed: Iterable[Assignment], open_directory: Callable[[], Directory], partners: Partners) -> _Selection:
    foreign = {item.principal_id for item in listed if item.may_be_foreign} - partners.principal_ids
    if not partners.tenants or not foreign:
        return _Selection(partners.principal_ids)
    tenants = {principal.id: principal.partner_tenant_id for principal in open_directory().principals(sorted(foreign))}
    theirs = frozenset(identity for identity in foreign if tenants.get(identity) in partners.tenants)
    present = {str(tenant) for tenant in tenants.values() if tenant}
    return _Selection(
        theirs | partners.principal_ids,
        tuple(sorted(identity for identity in foreign if not tenants.get(identity))),
        tuple(sorted(partners.tenants - present)),
        tuple(sorted(present - partners.tenants)),
    )


def _outcomes(items: Iterable[Assignment]) -> list[AssignmentOutcome]:
    """One outcome for each triple (Azure allows duplicates); a principal of the customer's own is not touched."""
    by_key: dict[Key, tuple[DesiredAssignment, list[Assignment]]] = {}
    for item in items:
        role = Role(item.role_id, name_of(item.role_id) or item.role_id)
        desired = DesiredAssignment(item.scope, item.principal_id, role, str(item.principal_type))
        by_key.setdefault(desired.key, (desired, []))[1].append(item)
    return [_outcome(desired, existing) for desired, existing in by_key.values()]


def _outcome(desired: DesiredAssignment, existing: Sequence[Assignment]) -> AssignmentOutcome:
    outcome = AssignmentOutcome(desired, "removed", tuple(existing))
    own = next((item for item in existing if not item.may_be_foreign), None)
    if own is None:
        return outcome
    return outcome.failed(
        AzureError(
            f"{desired.principal_id} is a {own.principal_type} of the customer's own tenant, not a group of a partner.",
            code="WrongPrincipalType",
            hint="To remove its assignment, use csp.azure.role_assignment with state: absent.",
        )
    )


def _keep_administrators(
    outcomes: Sequence[AssignmentOutcome], lists: Mapping[Scope, Sequence[Assignment]]
) -> list[AssignmentOutcome]:
    """The outcomes, failed where their removal would leave nobody in sight who can assign roles at their scope.

    Azure refuses that, too, but only to some callers, and only for the very last one. A role with a condition does not count. A list shows
    the management groups above its own scope only, so each outcome is judged by the lists that it is in.
    """
    leaving = {item.id.lower() for outcome in outcomes if outcome.to_write for item in outcome.existing}
    return [
        outcome
        if not outcome.to_write
        or outcome.desired.role.id not in _ADMINISTRATORS
        or _has_another_administrator(outcome.desired.scope, lists, leaving)
        else outcome.failed(
            AzureError(
                f"No other visible principal is Owner or User Access Administrator at {outcome.desired.scope.path}.",
                code="LastAdministrator",
                hint="Make a user of the customer Owner first (csp.azure.elevated_access helps a Global Administrator), then run again.",
            )
        )
        for outcome in outcomes
    ]


def _has_another_administrator(scope: Scope, lists: Mapping[Scope, Sequence[Assignment]], leaving: set[str]) -> bool:
    return any(
        item.id.lower() not in leaving
        and item.role_id in _ADMINISTRATORS
        and not item.condition
        and item.scope.reaches(scope)
        for place, items in lists.items()
        if place.holds(scope)
        for item in items
    )
