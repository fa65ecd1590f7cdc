# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides about one customer's access: what is asked before anything is written.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .._model.errors import AzureError
from .._model.hints import hint_for
from .._model.permissions import ASSIGN, missing
from .._model.scopes import Scope, parse
from .assignments import (
    FOREIGN_GROUP,
    Row,
)


class Directory(Protocol):
    """What the decisions need of Graph; see `_graph.Graph`."""

    def principals(self, ids: list[str]) -> list[dict[str, Any]]: ...


class Center(Protocol):
    """What the decisions need of Partner Center; see `_partner_center.PartnerCenter`."""

    @property
    def caller(self) -> dict[str, str | None]: ...

    def customer(self, tenant_id: str) -> dict[str, Any]: ...

    def relationship_request(self) -> str: ...


class Arm(Protocol):
    """What the decisions need of ARM; see `_arm.Arm`."""

    def permissions(self, scope: str) -> list[dict[str, Any]]: ...

    def assignments_reaching(self, scope: str, object_id: str) -> list[dict[str, Any]]: ...


class Places(Protocol):
    """What the decisions about places need of ARM."""

    def subscription_state(self, subscription: str) -> str: ...

    def resource_groups(self, subscription: str) -> list[str]: ...


# Azure takes writes in these states: PastDue is active. A subscription that is Warned can be read and deleted from.
_WRITABLE = ("Enabled", "PastDue")


@dataclass(frozen=True)
class Everywhere:
    """What ``all`` means in one tenant; ``left_out`` says in words which subscriptions it does not mean, and why."""

    scopes: list[Scope]
    left_out: list[str]

    @property
    def steps(self) -> list[dict[str, str]]:
        """What was left out, as steps of a result."""
        return [step("place", "skipped", text) for text in self.left_out]


def visible_subscriptions(listed: Sequence[Mapping[str, Any]], tenant: str | None, writable: bool) -> Everywhere:
    """Of the subscriptions that ARM lists, those of the tenant; with ``writable`` only those in a state in which Azure takes writes.

    AzureError if nothing is left: a partner whose identity sees nothing must not take that for nothing to do.
    """
    scopes: list[Scope] = []
    left_out = []
    for item in sorted(listed, key=lambda item: item["subscriptionId"]):
        reason = ""
        if tenant and item.get("tenantId") not in (None, tenant):
            reason = f"belongs to the tenant {item['tenantId']}"
        elif writable and item.get("state") not in _WRITABLE:
            reason = f"is {str(item.get('state')).lower()}"
        if reason:
            left_out.append(omission(item["subscriptionId"], reason))
        else:
            scopes.append(parse(item["subscriptionId"]))
    if scopes:
        return Everywhere(scopes, left_out)
    kind = "subscription in a state that takes writes" if writable else "subscription of the tenant"
    raise AzureError(
        " ".join([f"The caller sees no {kind}.", *left_out]),
        code="NoSubscription",
        hint="Check the tenant; who has no role on a subscription does not see it. Name the subscriptions instead, which tells more.",
    )


def omission(subscription: str, reason: str) -> str:
    """How results, reports and the inventory name a subscription that a selection of ours leaves out."""
    return f"The subscription {subscription} {reason}: it was left out."


def step(name: str, outcome: str, message: str) -> dict[str, str]:
    """One thing that was checked; ``outcome`` is ok, refused, skipped or unknown."""
    return {"step": name, "outcome": outcome, "message": message}


def lacks_rights(rows: list[Row]) -> bool:
    """Whether a row failed for want of a right; who has no role at all on a subscription is told that it is not there."""
    return any(
        row.error and row.error.code in ("AuthorizationFailed", "MissingPermission", "SubscriptionNotFound")
        for row in rows
    )


def check_relationship(
    open_directory: Callable[[], Directory], rows: list[Row], check_mode: bool, sale: Sale | None = None
) -> list[dict[str, str]]:
    """Whether the customer's directory knows the partners' groups; rows for a group of its own fail.

    A group that it does not know is Azure's to refuse: the directory may be behind, and a refused write leaves nothing behind. Only check
    mode, which cannot ask Azure, takes it for the refusal that it will most likely be. Where the partner itself says that there is no
    relationship (``sale``), only a directory that knows the group all the same lets it pass. A directory that cannot be read decides nothing.
    """
    ids = sorted({row.wanted.principal_id for row in rows if row.wanted.principal_type == FOREIGN_GROUP})
    if not ids:
        return []
    steps = [sale.told] if sale else []
    try:
        known: dict[str, dict[str, Any]] | None = {item["id"]: item for item in open_directory().principals(ids)}
    except AzureError as exc:
        known = None
        text = f"It could not be checked whether the customer knows the partner's group: {exc}"
        steps.append(step("relationship", "unknown", text))
    for identity in ids:
        error = sale.refusal if sale and identity in sale.groups else None
        if known is not None:
            error, told = _judge(identity, known.get(identity), check_mode, error)
            steps.append(told)
        for row in rows:
            if error and row.wanted.principal_id == identity:
                row.fail(error)
    return steps


def _judge(
    identity: str, known: dict[str, Any] | None, check_mode: bool, refusal: AzureError | None
) -> tuple[AzureError | None, dict[str, str]]:
    """Whether a group may get a role; ``refusal`` is what the partner's own half says against one that is not known."""
    if known is None:
        error = AzureError(
            f"The customer's directory does not know the group {identity}.",
            code="PrincipalNotFound",
        )
        if refusal:
            return refusal, step("relationship", "refused", error.message)
        if not check_mode:
            return None, step("relationship", "unknown", f"{error.message} Azure decides.")
    elif known["type"] != FOREIGN_GROUP:
        error = AzureError(
            f"{identity} ({known['display_name']}) is a {known['type']} of the customer's own tenant, not a group of the partner.",
            code="WrongPrincipalType",
            hint="Give the object ID of the AdminAgents group of the partner's tenant.",
        )
    else:
        text = f"The customer knows {identity} ({known['display_name']}) of the partner's tenant {known['partner_tenant_id']}."
        return None, step("relationship", "ok", text)
    return error, step("relationship", "refused", error.message)


@dataclass(frozen=True)
class Sale:
    """What Partner Center says of partner and customer: in words, for which groups, and the refusal where there is no relationship.

    ``customer`` is its row of the customer, None where it could not be asked.
    """

    told: dict[str, str]
    groups: frozenset[str]
    refusal: AzureError | None = None
    invitation_url: str | None = None
    customer: Mapping[str, Any] | None = None


# It is only asked to spare people a refusal: the work must not wait for it long.
ASKING_SECONDS = 20


def ask_partner_center(open_center: Callable[[], Center], customer: str, groups: frozenset[str]) -> Sale:
    """Whether the partner, whose these groups are, has a relationship with the customer's tenant (steps 1 to 3).

    Partner Center cannot always be asked (it wants the role Admin agent, and multi-factor authentication): that decides nothing.
    """
    try:
        center = open_center()
        row = center.customer(customer)
        relationship = row["relationship"]
    except AzureError as exc:
        text = f"Partner Center could not be asked whether there is a relationship: {exc}"
        return Sale(step("partner_center", "unknown", text), groups)
    partner = center.caller["tenant"]
    if partner == customer or relationship is None:
        why = (
            "the partner's identity belongs to the customer's own tenant" if partner == customer else "it does not say"
        )
        text = f"Partner Center could not be asked whether there is a relationship: {why}."
        return Sale(step("partner_center", "unknown", text), groups)
    if relationship != "none":
        text = f"The partner {partner} has a relationship with the customer {customer} ({relationship})."
        return Sale(step("partner_center", "ok", text), groups, customer=row)
    try:
        url = center.relationship_request()
    except AzureError:  # only users are given the link
        url = None
    return no_relationship(partner, customer, groups, url, row)


def no_relationship(
    partner: str | None,
    customer: str | None,
    groups: frozenset[str],
    url: str | None = None,
    row: Mapping[str, Any] | None = None,
) -> Sale:
    """What there is to say where there is no relationship; ``url`` is the link with which the customer can accept one."""
    text = f"The partner {partner or ''} has no reseller relationship with the customer {customer}.".replace("  ", " ")
    how = f"open {url} and accept" if url else "accept the relationship that the partner requests in Partner Center"
    hint = (
        f"Let a Global Administrator of the customer {how} (steps 1 to 3 of the procedure), then run again. To try it all the same, set check_relationship"
        " (in the role reinstate_check_relationship) to false."
    )
    error = AzureError(text, code="NoRelationship", hint=hint)
    return Sale(step("partner_center", "refused", text), groups, error, url, row)


def check_places(arm: Places, rows: list[Row]) -> list[dict[str, str]]:
    """Whether the subscriptions can be written to and the resource groups exist; the rows where not fail.

    What the caller may not read decides nothing.
    """
    steps = []
    by_subscription: dict[str, list[Row]] = {}
    for row in rows:
        if row.wanted.scope.subscription:
            by_subscription.setdefault(row.wanted.scope.subscription, []).append(row)
    for subscription, group in by_subscription.items():
        error = _not_writable(arm, subscription)
        if error is None:
            steps += _missing_groups(arm, subscription, group)
            continue
        steps.append(step("place", "refused", error.message))
        for row in group:
            row.fail(error)
    return steps


def _not_writable(arm: Places, subscription: str) -> AzureError | None:
    try:
        state = arm.subscription_state(subscription)
    except AzureError:
        return None
    if state not in ("Disabled", "Deleted"):
        return None
    return AzureError(
        f"The subscription {subscription} is {state.lower()}.",
        code="ReadOnlyDisabledSubscription",
    )


def _missing_groups(arm: Places, subscription: str, rows: list[Row]) -> list[dict[str, str]]:
    wanted = {row.wanted.scope.resource_group for row in rows} - {None}
    if not wanted:
        return []
    try:
        known = {name.lower() for name in arm.resource_groups(subscription)}
    except AzureError:
        return []
    steps = []
    for row in rows:
        group = row.wanted.scope.resource_group
        if group and group.lower() not in known:
            row.fail(
                AzureError(
                    f"Resource group '{group}' could not be found.",
                    code="ResourceGroupNotFound",
                )
            )
            steps.append(
                step("place", "refused", f"There is no resource group {group} in the subscription {subscription}.")
            )
    return steps


def check_permission(arm: Arm, rows: list[Row], caller: dict[str, str | None]) -> list[dict[str, str]]:
    """Whether the caller may assign roles where something is to be written; the rows where it may not fail.

    What is allowed at the subscription is allowed below it, so a subscription costs one request.
    """
    steps = []
    groups: dict[Scope, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.wanted.scope.top(), []).append(row)
    for top, group in groups.items():
        refused = _not_allowed(arm, top, group, caller)
        steps += refused or [_allowed(arm, top, caller)]
    return steps


def _allowed(arm: Arm, top: Scope, caller: dict[str, str | None]) -> dict[str, str]:
    """The step for a place where the caller may assign; a condition on its own role may still forbid it."""
    told = f"The caller may assign roles at {top.path}"
    who = caller.get("object_id")
    try:
        held = arm.assignments_reaching(top.path, who) if who else []
    except AzureError:
        held = []
    if any(item["condition"] for item in held):
        return step("permission", "unknown", f"{told}, but a condition on its own role may forbid this one.")
    return step("permission", "ok", f"{told}.")


def _not_allowed(arm: Arm, top: Scope, rows: list[Row], caller: dict[str, str | None]) -> list[dict[str, str]]:
    by_scope: dict[Scope, list[Row]] = {}
    for row in rows:
        by_scope.setdefault(row.wanted.scope, []).append(row)
    if len(by_scope) > 1 and not _missing(arm, top):
        return []
    steps = []
    for scope, group in by_scope.items():
        try:
            lacking = missing([ASSIGN], arm.permissions(scope.path))
        except AzureError as exc:
            # A role that assigns but cannot read its own permissions is odd, yet enough: Azure decides.
            steps.append(
                step("permission", "unknown", f"The caller's permissions at {scope.path} could not be read: {exc}")
            )
            continue
        if lacking:
            error = AzureError(
                f"The caller {caller.get('object_id')} of the tenant {caller.get('tenant')} lacks {lacking[0]} at {scope.path}.",
                code="MissingPermission",
                hint=hint_for("AuthorizationFailed", lacking[0]),
            )
            steps.append(step("permission", "refused", error.message))
            for row in group:
                row.fail(error)
    return steps


def _missing(arm: Arm, top: Scope) -> list[str]:
    try:
        return missing([ASSIGN], arm.permissions(top.path))
    except AzureError:
        return [ASSIGN]  # then each scope is asked for itself
