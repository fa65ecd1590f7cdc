# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks before something is written: do the places exist and accept writes, and may the caller assign roles there?

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import quote
from typing import Protocol

from .._model.assignments import Assignment
from .._model.customers import Caller
from .._model.errors import AzureError
from .._model.hints import hint_for
from .._model.permissions import ASSIGN, Permission, missing
from .._model.scopes import Scope
from .checks import Check, keys_of
from .plan import AssignmentOutcome


class PlaceReader(Protocol):
    """Reads subscriptions; see `_clients.arm.Arm`."""

    def subscription_state(self, subscription: str) -> str:
        pass

    def resource_groups(self, subscription: str) -> list[str]:
        pass


class PermissionReader(Protocol):
    """Reads the caller's permissions; see `_clients.arm.Arm`."""

    def permissions(self, scope: str) -> list[Permission]:
        pass

    def assignments_reaching(self, scope: str, object_id: str) -> list[Assignment]:
        pass


def lacks_permission(outcomes: Iterable[AssignmentOutcome]) -> bool:
    """Whether one failed for lack of a permission; to a caller without any role on a subscription, it does not exist."""
    codes = ("AuthorizationFailed", "MissingPermission", "SubscriptionNotFound")
    return any(outcome.error and outcome.error.code in codes for outcome in outcomes)


def check_places(client: PlaceReader, outcomes: Sequence[AssignmentOutcome]) -> list[Check]:
    """Whether the subscriptions accept writes and the resource groups exist. What the caller may not read decides nothing."""
    checks: list[Check] = []
    by_subscription: dict[str, list[AssignmentOutcome]] = {}
    for outcome in outcomes:
        if outcome.desired.scope.subscription:
            by_subscription.setdefault(outcome.desired.scope.subscription, []).append(outcome)
    for subscription, group in by_subscription.items():
        error = _not_writable(client, subscription)
        if error:
            checks.append(Check("place", "refused", error.message, error, keys_of(group)))
        else:
            checks += _missing_groups(client, subscription, group)
    return checks


def _not_writable(client: PlaceReader, subscription: str) -> AzureError | None:
    try:
        state = client.subscription_state(subscription)
    except AzureError:
        return None
    if state not in ("Disabled", "Deleted"):
        return None
    return AzureError(f"The subscription {subscription} is {state.lower()}.", code="ReadOnlyDisabledSubscription")


def _missing_groups(client: PlaceReader, subscription: str, outcomes: Sequence[AssignmentOutcome]) -> list[Check]:
    if not any(outcome.desired.scope.resource_group for outcome in outcomes):
        return []
    try:
        known = {name.lower() for name in client.resource_groups(subscription)}
    except AzureError:
        return []
    checks = []
    for outcome in outcomes:
        group = outcome.desired.scope.resource_group
        if group and group.lower() not in known:
            error = AzureError(f"Resource group '{group}' could not be found.", code="ResourceGroupNotFound")
            text = f"There is no resource group {group} in the subscription {subscription}."
            checks.append(Check("place", "refused", text, error, keys_of([outcome])))
    return checks


def check_permission(client: PermissionReader, outcomes: Iterable[AssignmentOutcome], caller: Caller) -> list[Check]:
    """Whether the caller may assign roles where something is to be written.

    What is allowed at the subscription is allowed below it, so a subscription costs one request.
    """
    checks: list[Check] = []
    by_top: dict[Scope, list[AssignmentOutcome]] = {}
    for outcome in outcomes:
        by_top.setdefault(outcome.desired.scope.top(), []).append(outcome)
    for top, group in by_top.items():
        checks += _not_allowed(client, top, group, caller) or [_allowed(client, top, caller)]
    return checks


def _allowed(client: PermissionReader, top: Scope, caller: Caller) -> Check:
    """The check of a place where the caller may assign; a condition on its own role may still forbid it."""
    text = f"The caller may assign roles at {top.path}"
    try:
        held = client.assignments_reaching(top.path, caller.object_id) if caller.object_id else []
    except AzureError:
        held = []
    if any(assignment.condition for assignment in held):
        return Check("permission", "unknown", f"{text}, but a condition on its own role may forbid this assignment.")
    return Check("permission", "ok", f"{text}.")


def _not_allowed(
    client: PermissionReader, top: Scope, outcomes: Sequence[AssignmentOutcome], caller: Caller
) -> list[Check]:
    by_scope: dict[Scope, list[AssignmentOutcome]] = {}
    for outcome in outcomes:
        by_scope.setdefault(outcome.desired.scope, []).append(outcome)
    if len(by_scope) > 1 and _may_assign(client, top):
        return []
    checks = []
    for scope, group in by_scope.items():
        try:
            lacking = missing([ASSIGN], client.permissions(scope.path))
        except AzureError as exc:
            # A role that assigns but cannot read its own permissions is odd, yet enough: Azure decides.
            text = f"The caller's permissions at {scope.path} could not be read: {exc}"
            checks.append(Check("permission", "unknown", text))
            continue
        if lacking:
            error = AzureError(
                f"{caller.words} of the tenant {caller.tenant} lacks {lacking[0]} at {scope.path}.",
                code="MissingPermission",
                hint=f"{hint_for('AuthorizationFailed', ASSIGN)} {_command(caller, scope)}".strip(),
            )
            checks.append(Check("permission", "refused", error.message, error, keys_of(group)))
    return checks


def _command(caller: Caller, scope: Scope) -> str:
    """What somebody who may assign roles there can run."""
    assignee = caller.application_id if caller.kind == "app" else caller.object_id
    if not assignee:
        return ""
    role = "Role Based Access Control Administrator"
    return f'As an Owner there: az role assignment create --assignee {assignee} --role "{role}" --scope {quote(scope.path)}'


def _may_assign(client: PermissionReader, top: Scope) -> bool:
    """Whether the caller may assign roles in the whole place; if that cannot be read, each scope decides for itself."""
    try:
        return not missing([ASSIGN], client.permissions(top.path))
    except AzureError:
        return False
