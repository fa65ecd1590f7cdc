# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant-level half of a partner's access to one customer, beside the role assignments: its step, or a look at it.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from .._model.delegated_admin import entra_roles
from .._model.errors import AzureError, invalid
from .._model.types import ArgumentSpec, Options, Result
from .._parallel import Background
from .delegation import Delegation, DelegationRequest, delegate
from .partner_tenant import (
    ADMIN_AGENTS,
    Once,
    PartnerClient,
    PartnerTenant,
    check_customer,
    customer_tenant,
    partner_tenant,
)
from .relationship_plan import RelationshipRequest
from .relationships import Pace
from .sign_in_path import SignInPath, read_path
from .steps import StepClient

EXPIRING_DAYS = 30
OPTIONS: ArgumentSpec = {
    "roles": {"type": "list", "elements": "str", "default": ["Directory Readers"]},
    "group": {"type": "str", "default": ADMIN_AGENTS},
    "duration": {"type": "int", "default": 730},
    "auto_extend": {"type": "bool", "default": True},
    "renew_before": {"type": "int", "default": EXPIRING_DAYS},
}


class TenantLevelClient(StepClient, PartnerClient, Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    def role_ids(self, name: str) -> list[str]:
        pass

    def tenant_of(self, domain: str) -> str:
        pass


@dataclass(frozen=True)
class Partner:
    """The partner's tenant. ``group`` finds the object ID of a group there."""

    open_client: Callable[[], TenantLevelClient]
    group: Callable[[str], str]
    once: Once

    def tenant(self, customer: str) -> PartnerTenant:
        """What is known there about a customer; AzureError if it cannot be read."""
        return partner_tenant(customer, self.open_client, lambda: self.group(ADMIN_AGENTS), self.once)


@dataclass(frozen=True)
class TenantLevelRequest:
    """What to do for a customer. ``tenant`` is called after the work on the role assignments; ``gdap`` are `OPTIONS`.

    Without roles in it, nothing is done; ``looks`` is whether to look then.
    """

    tenant: Callable[[], str | None]
    gdap: Options | None
    now: str
    check_mode: bool = False
    looks: bool = True
    pace: Pace = field(default_factory=Pace)


_NOTHING: Result = {"changed": False, "assignments": [], "summary": [], "steps": [], "handoffs": [], "left_out": []}
_WRITTEN = ("created", "updated")


def with_tenant_level(
    reinstate: Callable[[Callable[[], None]], Result], partner: Partner | None, request: TenantLevelRequest
) -> Result:
    """The result of the work on the role assignments with that of the tenant-level half, which does not depend on it.

    Where nothing is to be done there, a role that was written is worth a look: without a way to sign in, it is of no use. ``reinstate``
    calls its argument before it writes, so that the look takes place beside it.
    """
    gdap = request.gdap
    if not gdap or not gdap["roles"]:
        return _with_look(reinstate, partner, request) if partner and request.looks else reinstate(_no_look)
    try:
        access = reinstate(_no_look)
    except AzureError as exc:
        access = {**_NOTHING, **exc.as_result()}
    try:
        return _with_delegation(access, _step(partner, gdap, request), request.check_mode)
    except AzureError as exc:
        return {**access, **_failed(access, exc)}


def _with_delegation(access: Result, delegation: Delegation, check_mode: bool) -> Result:
    path, diff = delegation.path, access.get("diff") or {"before": {}, "after": {}}
    return {
        **access,
        "changed": access["changed"] or delegation.changed,
        "delegated_admin": path.as_dict(),
        "diff": {
            "before": {**diff["before"], **delegation.before},
            "after": {**diff["after"], **delegation.after},
        },
        "summary": [*access["summary"], _sentence(path, delegation.changed and check_mode)],
    }


def _step(partner: Partner | None, gdap: Options, request: TenantLevelRequest) -> Delegation:
    if partner is None:
        raise invalid(
            "Delegated admin privileges need the partner's identity, and none is set.",
            "Set partner, or CSP_PARTNER_TENANT and so on.",
        )
    client = partner.open_client()
    customer = customer_tenant(request.tenant() or "", client.tenant_of)
    check_customer(customer, client.caller.tenant)
    wanted = RelationshipRequest(
        customer,
        request.now,
        entra_roles(gdap["roles"], client.role_ids),
        days=gdap["duration"],
        auto_extend=gdap["auto_extend"],
        renew_before=gdap["renew_before"],
    )
    group = partner.group(gdap["group"])
    delegation = DelegationRequest(wanted, group, request.check_mode, request.pace)
    return delegate(client, partner.tenant(customer), delegation)


def _failed(access: Result, exc: AzureError) -> Result:
    path = SignInPath("unknown", exc.message)
    message = f"Delegated admin privileges: {exc}"
    keys: Result = {"failed": True, "msg": message, "error": exc.as_dict(), "delegated_admin": path.as_dict()}
    if access.get("failed"):
        keys.update(msg=f"{access['msg']}\n{message}", error=access["error"])
    return {**keys, "summary": [*access["summary"], f"failed: {message}"]}


def _no_look() -> None:
    pass


def _with_look(
    reinstate: Callable[[Callable[[], None]], Result], partner: Partner, request: TenantLevelRequest
) -> Result:
    background = Background(lambda: look(partner, request.tenant() or "", EXPIRING_DAYS, request.now))
    access = reinstate(background.start)
    if not any(item["state"] in _WRITTEN for item in access["assignments"]):
        return access
    path = background.result()
    outcome = {"ready": "ok", "expiring": "ok", "unknown": "unknown"}.get(path.status, "missing")
    step = {"step": "sign_in", "outcome": outcome, "message": path.reason}
    return {
        **access,
        "delegated_admin": path.as_dict(),
        "steps": [*access["steps"], step],
        "summary": [*access["summary"], _sentence(path, False)],
    }


def look(partner: Partner, customer: str, expiring_days: int, now: str) -> SignInPath:
    """Whether the partner's users can sign in to the customer's tenant; unknown if that cannot be read."""
    try:
        tenant = partner.tenant(customer_tenant(customer, lambda domain: partner.open_client().tenant_of(domain)))
        return read_path(partner.open_client, tenant.relationships, tenant.groups, expiring_days, now)
    except AzureError as exc:
        return SignInPath("unknown", f"Whether the partner's users can sign in could not be read: {exc}")


def _sentence(path: SignInPath, predicted: bool) -> str:
    status = f"would be {path.status}" if predicted else path.status
    link = path.awaited.approval_url if path.awaited else None
    return f"sign-in {status}: {path.reason}" + (f" {link}" if link else "")
