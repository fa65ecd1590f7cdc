# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether partner and customer have a relationship: Partner Center's answer, and what the customer's directory knows of the partner's groups.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .._model.assignments import FOREIGN_GROUP
from .._model.customers import Caller, Customer, Principal
from .._model.errors import AzureError
from .checks import Check, keys_of
from .plan import AssignmentOutcome


class Directory(Protocol):
    """The customer's directory; see `_clients.directory.Directory`."""

    def principals(self, ids: list[str]) -> list[Principal]:
        pass


class PartnerCenter(Protocol):
    """See `_clients.partner_center.PartnerCenter`."""

    @property
    def caller(self) -> Caller:
        pass

    def customer(self, tenant_id: str) -> Customer:
        pass

    def relationship_request(self) -> str:
        pass


# Seconds for Partner Center, whose answer is worth having but decides nothing by itself.
PARTNER_CENTER_SECONDS = 20


@dataclass(frozen=True)
class RelationshipCheck:
    """Partner Center's answer about partner and customer, for the partner's ``groups``; ``refusal`` if there is no relationship.

    ``customer`` is None where Partner Center did not answer.
    """

    check: Check
    groups: frozenset[str]
    refusal: AzureError | None = None
    invitation_url: str | None = None
    customer: Customer | None = None


def ask_partner_center(
    open_partner_center: Callable[[], PartnerCenter], tenant: str, groups: frozenset[str]
) -> RelationshipCheck:
    """Whether the partner that owns these groups has a relationship with the customer's tenant (steps 1 to 3).

    Partner Center does not answer everybody (it requires the role Admin agent, and multi-factor authentication): no answer decides nothing.
    """
    try:
        center = open_partner_center()
        customer = center.customer(tenant)
    except AzureError as exc:
        return RelationshipCheck(_unanswered(str(exc)), groups)
    partner = center.caller.tenant
    if partner == tenant:
        return RelationshipCheck(_unanswered("the partner's identity belongs to the customer's own tenant."), groups)
    if customer.relationship is None:
        return RelationshipCheck(_unanswered("the response does not contain it."), groups)
    if customer.relationship != "none":
        text = f"The partner {partner} has a relationship with the customer {tenant} ({customer.relationship})."
        return RelationshipCheck(Check("partner_center", "ok", text), groups, customer=customer)
    try:
        url = center.relationship_request()
    except AzureError:  # only users get the link
        url = None
    return no_relationship(partner, tenant, groups, url, customer)


def _unanswered(reason: str) -> Check:
    return Check("partner_center", "unknown", f"The relationship could not be determined in Partner Center: {reason}")


def no_relationship(
    partner: str | None,
    tenant: str | None,
    groups: frozenset[str],
    url: str | None = None,
    customer: Customer | None = None,
) -> RelationshipCheck:
    """The refusal where there is no relationship; ``url`` is the link with which the customer can accept one."""
    text = f"The partner {partner or ''} has no reseller relationship with the customer {tenant}.".replace("  ", " ")
    how = f"open {url} and accept" if url else "accept the relationship that the partner requests in Partner Center"
    hint = (
        f"Let a Global Administrator of the customer {how} (steps 1 to 3 of the procedure), then run again. To try anyway, set check_relationship"
        " (in the role reinstate_check_relationship) to false."
    )
    error = AzureError(text, code="NoRelationship", hint=hint)
    return RelationshipCheck(Check("partner_center", "refused", text), groups, error, url, customer)


def check_relationship(
    directory: Directory,
    outcomes: Sequence[AssignmentOutcome],
    check_mode: bool,
    partner_center: RelationshipCheck | None = None,
) -> list[Check]:
    """Whether the customer's directory knows the partner's groups; a group of its own is refused.

    Azure decides about a group that the directory does not know: the directory may lag, and a rejected write leaves nothing behind. Check
    mode, which cannot ask Azure, predicts the rejection that is most likely. Where Partner Center says that there is no relationship, only
    a directory that knows the group anyway lets it pass. A directory that cannot be read decides nothing.
    """
    foreign = [outcome for outcome in outcomes if outcome.desired.principal_type == FOREIGN_GROUP]
    ids = sorted({outcome.desired.principal_id for outcome in foreign})
    if not ids:
        return []
    checks = [partner_center.check] if partner_center else []
    refused = partner_center.groups if partner_center and partner_center.refusal else frozenset()
    refusal = partner_center.refusal if partner_center else None
    try:
        known = {principal.id: principal for principal in directory.principals(ids)}
    except AzureError as exc:
        text = f"Could not check whether the customer's directory knows the partner's group: {exc}"
        keys = keys_of(outcome for outcome in foreign if outcome.desired.principal_id in refused)
        return [*checks, Check("relationship", "unknown", text, refusal, keys)]
    for identity in ids:
        keys = keys_of(outcome for outcome in outcomes if outcome.desired.principal_id == identity)
        group_refusal = refusal if identity in refused else None
        checks.append(_check_group(identity, known.get(identity), check_mode, group_refusal, keys))
    return checks


def _check_group(
    identity: str,
    known: Principal | None,
    check_mode: bool,
    refusal: AzureError | None,
    keys: frozenset[tuple[str, str, str]],
) -> Check:
    """Whether a group may get a role; ``refusal`` is Partner Center's against one that is not known."""
    if known is None:
        error = AzureError(f"The customer's directory does not know the group {identity}.", code="PrincipalNotFound")
        if refusal is None and not check_mode:
            return Check("relationship", "unknown", f"{error.message} Azure decides.")
        return Check("relationship", "refused", error.message, refusal or error, keys)
    if known.type != FOREIGN_GROUP:
        error = AzureError(
            f"{identity} ({known.display_name}) is a {known.type} of the customer's own tenant, not a group of the partner.",
            code="WrongPrincipalType",
            hint="Give the object ID of the AdminAgents group of the partner's tenant.",
        )
        return Check("relationship", "refused", error.message, error, keys)
    text = f"The customer knows {identity} ({known.display_name}) of the partner's tenant {known.partner_tenant_id}."
    return Check("relationship", "ok", text)
