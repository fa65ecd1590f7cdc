# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits one customer: relationship and sales, the audit itself, the comparison with an earlier one, and the findings that fail the task.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

from .._access.checks import Check
from .._access.grants import Grants
from .._access.relationship import (
    Directory,
    PartnerCenter,
    RelationshipCheck,
    ask_partner_center,
    no_relationship,
)
from .._gdap.sign_in_path import SignInPath
from .._model.customers import AzurePlan, Caller, SoldSubscription, is_active
from .._model.earned_credit_roles import by_name, earning_roles
from .._model.errors import AzureError
from .._model.identifiers import guid
from .._model.times import now
from .._model.types import JsonObject, Result
from . import collect
from .collect import AuditRequest, audit
from .history import compare, remembered_subscriptions
from .sign_in import delegated_admin, with_sign_in
from .summary import summary


class Arm(collect.Arm, Protocol):
    """See `_clients.arm.Arm`."""

    @property
    def caller(self) -> Caller:
        pass


class SalesReader(PartnerCenter, Protocol):
    """See `_clients.partner_center.PartnerCenter`."""

    def azure_subscriptions(self, tenant_id: str) -> tuple[list[AzurePlan], list[SoldSubscription]]:
        pass


class EarlierReport(Protocol):
    """Reads the row of a customer in an earlier report, None if it has none."""

    def __call__(self, customer: str, tenant: str | None) -> JsonObject | None:
        pass


@dataclass(frozen=True)
class Clients:
    """Opens the clients of a task. Without a partner's identity, ``partner_center`` and ``sign_in_path`` are None.

    ``sign_in_path`` reads whether the partner's users can sign in to a customer's tenant.
    """

    arm: Callable[[], Arm]
    directory: Callable[[], Directory]
    partner_center: Callable[[], SalesReader] | None = None
    sign_in_path: Callable[[str], SignInPath] | None = None


@dataclass(frozen=True)
class CustomerAuditRequest:
    """What to audit, and what is known of the customer already.

    ``grants`` looks up the groups that are given by name. ``sold`` is None if unknown; ``partner_tenant`` is the partner's own tenant, where
    its identity names it.
    """

    grants: Callable[[], Grants]
    tenant: str | None = None
    customer: str | None = None
    customer_name: str | None = None
    relationship: str | None = None
    sold: frozenset[str] | None = None
    partner_tenant: str | None = None
    further_partners: frozenset[str] = frozenset()
    earned_credit_roles: Mapping[str, bool] = field(default_factory=dict)
    check_relationship: bool = True
    fail_on: Sequence[str] = ()
    earlier_report: EarlierReport | None = None

    @property
    def profile(self) -> CustomerProfile:
        """What the request states of the customer."""
        return CustomerProfile(self.tenant, self.customer_name, self.relationship)


@dataclass(frozen=True)
class CustomerProfile:
    """The customer as results show it; None is unknown."""

    tenant: str | None = None
    name: str | None = None
    relationship: str | None = None
    delegated_access: bool | None = None

    def completed(self, check: RelationshipCheck | None) -> CustomerProfile:
        """The profile with what Partner Center knows beside."""
        customer = check.customer if check else None
        if customer is None:
            return self
        return replace(
            self,
            name=self.name or customer.name,
            relationship=self.relationship or customer.relationship,
            delegated_access=customer.delegated_access,
        )

    def as_dict(self) -> Result:
        """The profile as results show it."""
        return dict(vars(self))


def audit_customer(clients: Clients, request: CustomerAuditRequest) -> Result:
    """One customer's audit; a failure still names the customer."""
    profile = request.profile
    try:
        grants = request.grants()
        arm = clients.arm()
        profile = replace(profile, tenant=arm.caller.tenant)
        earlier, warnings = _earlier(request, profile.tenant)
        memory: Sequence[JsonObject] = (earlier or {}).get("memory") or []
        check, sold = _sales(clients, request, profile, grants.principal_ids)
        profile = profile.completed(check)
        audited = audit(arm, clients.directory, _audit_request(request, profile, grants, check, sold, memory))
    except AzureError as exc:
        path = _path(clients, request, profile)
        return {**exc.as_result(), "customer": profile.as_dict(), **delegated_admin(path)}
    checked_at = now()
    path = _path(clients, request, profile)
    verdicts = [with_sign_in(verdict, path) for verdict in audited.subscriptions]
    subscriptions, new_memory = compare(verdicts, memory, checked_at)
    checks = [*audited.checks, *(Check("earlier_report", "unknown", text) for text in warnings)]
    return {
        "customer": profile.as_dict(),
        "subscriptions": subscriptions,
        "summary": [*summary(subscriptions), *audited.left_out, *warnings],
        "left_out": list(audited.left_out),
        "steps": [check.as_dict() for check in checks],
        "checked_at": checked_at,
        "compared_with": earlier["checked_at"] if earlier else None,
        "memory": new_memory,
        "caller": arm.caller.as_dict(),
        **delegated_admin(path),
        **({"warnings": warnings} if warnings else {}),
        **(_findings(subscriptions, request.fail_on) or _not_compared(warnings, request.fail_on)),
    }


def _earlier(request: CustomerAuditRequest, tenant: str | None) -> tuple[JsonObject | None, list[str]]:
    """The row to compare with, and a warning if the report is broken: that must not keep the customer from being audited."""
    if request.earlier_report is None:
        return None, []
    try:
        return request.earlier_report(request.customer or tenant or "", tenant), []
    except AzureError as exc:
        return None, [f"{exc.message} Nothing was compared with it."]


def _path(clients: Clients, request: CustomerAuditRequest, profile: CustomerProfile) -> SignInPath | None:
    """The partner's way into the customer's tenant, None if nobody is to ask for it."""
    if clients.sign_in_path is None or not request.check_relationship or not profile.tenant:
        return None
    return clients.sign_in_path(profile.tenant)


def _sales(
    clients: Clients, request: CustomerAuditRequest, profile: CustomerProfile, groups: frozenset[str]
) -> tuple[RelationshipCheck | None, frozenset[str] | None]:
    """The relationship and what was sold: what the request states, else Partner Center's answer."""
    tenant, sold = profile.tenant, request.sold
    if not request.check_relationship or not tenant:
        return None, sold
    if request.relationship == "none":
        return no_relationship(request.partner_tenant, tenant, groups), sold
    if clients.partner_center is None or (request.relationship and sold is not None):
        return None, sold
    open_partner_center = lru_cache(clients.partner_center)
    check = ask_partner_center(open_partner_center, tenant, groups)
    if sold is not None or not check.customer or check.refusal:
        return check, sold
    try:
        return check, _active(open_partner_center().azure_subscriptions(tenant)[1])
    except AzureError as exc:
        text = f"{check.check.message} What was sold could not be read: {exc}"
        return replace(check, check=Check("partner_center", "unknown", text)), None


def _active(sold: Sequence[SoldSubscription]) -> frozenset[str]:
    active = (guid(item.id) for item in sold if is_active(item.status))
    return frozenset(filter(None, active))


def _audit_request(
    request: CustomerAuditRequest,
    profile: CustomerProfile,
    grants: Grants,
    check: RelationshipCheck | None,
    sold: frozenset[str] | None,
    memory: Sequence[JsonObject],
) -> AuditRequest:
    own = {request.partner_tenant} if request.partner_tenant else set()
    return AuditRequest(
        grants=grants,
        tenant=profile.tenant,
        earning=earning_roles(request.earned_credit_roles),
        overrides=by_name(request.earned_credit_roles),
        sold=sold,
        remembered=remembered_subscriptions(memory),
        partners=request.further_partners | own,
        further_partners=bool(request.further_partners),
        relationship=profile.relationship,
        partner_center=check,
        check_relationship=request.check_relationship,
    )


def _findings(subscriptions: Sequence[JsonObject], fail_on: Sequence[str]) -> Result:
    """The failure, if the audit found conditions that fail the task. Such a failure is not one that Microsoft Support would look at.

    An alarm for the sign-in covers one that could not be read, too.
    """
    if any(flag.startswith("sign_in_") for flag in fail_on):
        fail_on = [*fail_on, "sign_in_unknown"]
    alarming = {
        item["scope"]: [flag for flag in item["flags"] if flag in fail_on]
        for item in subscriptions
        if set(item["flags"]) & set(fail_on)
    }
    if not alarming:
        return {}
    text = "; ".join(f"{scope}: {', '.join(flags)}" for scope, flags in alarming.items())
    error = AzureError(
        f"The audit found conditions listed in fail_on. {text}",
        code="AuditFindings",
        hint="See advice in subscriptions.",
    )
    words = summary(item for item in subscriptions if item["scope"] in alarming)
    return {**error.as_result(), "msg": "\n".join([str(error), *words]), "findings": True}


def _not_compared(warnings: Sequence[str], fail_on: Sequence[str]) -> Result:
    """The failure, if only the earlier report could show a condition that fails the task. What is unreadable is unknown, too."""
    needed = {"lost", "gained"} | (set() if "unknown" in fail_on else {"unreadable"})
    flags = [flag for flag in fail_on if flag in needed]
    if not warnings or not flags:
        return {}
    text = f"{' '.join(warnings)} So these conditions are unknown: {', '.join(flags)}."
    error = AzureError(text, code="NotCompared", hint="Repair the earlier report, or move it away.")
    return {**error.as_result(), "findings": True}
