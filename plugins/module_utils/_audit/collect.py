# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what an audit judges, and has each scope judged. Reads only.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from .._access.checks import Check, errors_of
from .._access.grants import Grants
from .._access.plan import AssignmentOutcome, desired
from .._access.preflight import check_places
from .._access.relationship import Directory, RelationshipCheck, check_relationship
from .._access.selection import omission, select_all
from .._model.assignments import Assignment, DenyAssignment, Lock
from .._model.customers import Principal, Subscription
from .._model.errors import AzureError
from .._model.roles import RoleDefinition, is_common
from .._model.scopes import Scope, parse
from .._model.text import optional_text
from .._model.types import Result
from .._parallel import run_in_parallel
from .grants import find_all, with_errors
from .model import AuditedScope, CustomerFacts, ExpectedGrant
from .verdict import judge


class Arm(Protocol):
    """See `_clients.arm.Arm`."""

    def subscriptions(self) -> list[Subscription]:
        pass

    def assignments(self, scope: str) -> list[Assignment]:
        pass

    def deny_assignments(self, scope: str) -> list[DenyAssignment]:
        pass

    def locks(self, subscription: str) -> list[Lock]:
        pass

    def role_definition(self, scope: str, role_id: str) -> RoleDefinition:
        pass

    def role_definitions(self, scope: str, name: str) -> list[RoleDefinition]:
        pass

    def resource_groups(self, subscription: str) -> list[str]:
        pass


@dataclass(frozen=True)
class AuditRequest:
    """What to audit.

    ``sold`` are the IDs of the subscriptions that the partner sold, None if unknown; ``remembered`` those that an earlier report knows.
    ``partners`` are the tenants whose groups count for the partner, ``further_partners`` whether some are not its own. ``earning`` are the
    roles that earn credit, ``overrides`` what the user stated about them.
    """

    grants: Grants
    tenant: str | None
    earning: Mapping[str, bool]
    overrides: Mapping[str, bool] = field(default_factory=dict)
    sold: frozenset[str] | None = None
    remembered: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    further_partners: bool = False
    relationship: str | None = None
    partner_center: RelationshipCheck | None = None
    check_relationship: bool = True


@dataclass(frozen=True)
class Audit:
    """The verdict on each subscription, what was checked beside them, and in words which subscriptions were left out."""

    subscriptions: tuple[Result, ...]
    checks: tuple[Check, ...] = ()
    left_out: tuple[str, ...] = ()


def audit(arm: Arm, open_directory: Callable[[], Directory], request: AuditRequest) -> Audit:
    """One customer's access. What cannot be read is reported as unknown; only the list of subscriptions has to be readable."""
    visible = {subscription.id: subscription for subscription in arm.subscriptions()}
    foreign = {
        identity: subscription.tenant_id
        for identity, subscription in sorted(visible.items())
        if request.tenant is not None and subscription.tenant_id not in (None, request.tenant)
    }
    listed = {identity: subscription for identity, subscription in visible.items() if identity not in foreign}
    scopes = run_in_parallel(lambda audited: _read(arm, audited), _scopes(arm, request, listed))
    expected = frozenset(grant.desired.principal_id for audited in scopes for grant in audited.expected)
    directory = _KnownPrincipals.of(open_directory, _principals_to_know(scopes, expected))
    checks = _look_ahead(arm, directory, scopes, request)
    errors = errors_of(checks)
    ours, unknown = _owners(scopes, expected, directory.known, request)
    facts = CustomerFacts(
        ours,
        request.earning,
        request.overrides,
        unknown,
        request.further_partners,
        directory.known,
        _definitions(arm, scopes, ours | unknown),
        request.relationship,
    )
    verdicts = [judge(replace(item, findings=with_errors(item.findings, errors)), facts) for item in scopes]
    left_out = [omission(identity, f"belongs to the tenant {tenant}") for identity, tenant in foreign.items()]
    return Audit(tuple(verdicts), tuple(check for check in checks if check.message), tuple(left_out))


def _scopes(arm: Arm, request: AuditRequest, listed: Mapping[str, Subscription]) -> list[AuditedScope]:
    """All subscriptions that the caller sees, that are expected, that were sold or that are remembered, each with its expected grants."""
    unseen = ((request.sold or frozenset()) | request.remembered) - set(listed)
    everywhere = [parse(identity) for identity in sorted(unseen)]
    if request.grants.everywhere:
        everywhere = [*_writable(listed, request, bool(everywhere)), *everywhere]
    scopes = {scope.key: scope for scope in map(parse, sorted([*listed, *unseen]))}
    expected: dict[str, dict[tuple[str, str, str], ExpectedGrant]] = {}
    for grant in request.grants.grants:
        for item in desired(arm, grant.scopes or everywhere, grant.principal_id, grant.role):
            top = item.scope.top()
            scopes.setdefault(top.key, top)
            expected.setdefault(top.key, {}).setdefault(item.key, ExpectedGrant(item, grant.group))
    return [
        _audited(scope, tuple(expected.get(key, {}).values()), request, listed.get(scope.subscription or ""))
        for key, scope in scopes.items()
    ]


def _writable(listed: Mapping[str, Subscription], request: AuditRequest, others: bool) -> list[Scope]:
    try:
        return list(select_all(listed.values(), request.tenant, writable=True).scopes)
    except AzureError:
        if not others and not listed:
            raise
        return []


def _audited(
    scope: Scope, expected: tuple[ExpectedGrant, ...], request: AuditRequest, subscription: Subscription | None
) -> AuditedScope:
    sold = None if request.sold is None or not scope.subscription else scope.subscription in request.sold
    name = optional_text(subscription.name) if subscription else None
    return AuditedScope(scope, name, subscription.state if subscription else None, sold, expected)


def _read(arm: Arm, audited: AuditedScope) -> AuditedScope:
    """Read a scope and decide about its grants: two requests, and a third where locks matter."""
    try:
        audited = replace(audited, assignments=tuple(_assignments(arm, audited)))
    except AzureError as exc:
        audited = replace(audited, error=exc, deny=None)
        return replace(audited, findings=find_all(audited))
    audited = replace(audited, findings=find_all(audited))
    try:
        audited = replace(audited, deny=tuple(arm.deny_assignments(audited.scope.path)))
    except AzureError as exc:
        audited = replace(audited, deny=None, unread=(exc,))
    if audited.scope.subscription and _locks_matter(audited):
        try:
            audited = replace(audited, locks=tuple(arm.locks(audited.scope.subscription)))
        except AzureError as exc:
            audited = replace(audited, unread=(*audited.unread, exc))
    return audited


def _locks_matter(audited: AuditedScope) -> bool:
    """Whether something has to be written, or a duplicate removed."""
    return bool(audited.outcomes) or any(finding.finding == "duplicated" for finding in audited.findings)


def _assignments(arm: Arm, audited: AuditedScope) -> list[Assignment]:
    """The assignments of a scope, else those of the expected scopes in it: who may read these need not be able to read all."""
    expected = {grant.desired.scope.path for grant in audited.expected}
    try:
        return arm.assignments(audited.scope.path)
    except AzureError as exc:
        if exc.code != "AuthorizationFailed" or not expected or audited.scope.path in expected:
            raise
    return list({item.id.lower(): item for path in sorted(expected) for item in arm.assignments(path)}.values())


def _strangers(scopes: Iterable[AuditedScope], expected: frozenset[str]) -> frozenset[str]:
    """Foreign principals that no grant expects."""
    foreign = {item.principal_id for audited in scopes for item in audited.assignments if item.is_foreign_group}
    return frozenset(foreign) - expected


def _principals_to_know(scopes: Sequence[AuditedScope], expected: frozenset[str]) -> list[str]:
    """The principals to look up: strangers, and with them the expected groups, whose tenant is the partner's; else groups that lack something."""
    strangers = _strangers(scopes, expected)
    lacking = {outcome.desired.principal_id for audited in scopes for outcome in audited.outcomes}
    return sorted(strangers | expected if strangers else lacking)


@dataclass(frozen=True)
class _KnownPrincipals:
    """The answer of the customer's directory, read once or not at all."""

    known: Mapping[str, Principal]
    error: AzureError | None = None

    @classmethod
    def of(cls, open_directory: Callable[[], Directory], ids: list[str]) -> _KnownPrincipals:
        try:
            return cls({principal.id: principal for principal in open_directory().principals(ids)} if ids else {})
        except AzureError as exc:
            return cls({}, exc)

    def principals(self, ids: list[str]) -> list[Principal]:
        """Those with these IDs; AzureError if the directory could not be read."""
        if self.error:
            raise self.error
        return [self.known[identity] for identity in ids if identity in self.known]


def _owners(
    scopes: Iterable[AuditedScope], expected: frozenset[str], known: Mapping[str, Principal], request: AuditRequest
) -> tuple[frozenset[str], frozenset[str]]:
    """The principals that count for the partner, and those whose tenant cannot be determined."""
    tenants = {identity: principal.partner_tenant_id for identity, principal in known.items()}
    partners = request.partners | {tenants[identity] for identity in expected & set(tenants)}
    strangers = _strangers(scopes, expected)
    ours = {identity for identity in strangers if tenants.get(identity) and tenants[identity] in partners}
    return expected | ours, frozenset(identity for identity in strangers if not tenants.get(identity))


def _look_ahead(
    arm: Arm, directory: _KnownPrincipals, scopes: Sequence[AuditedScope], request: AuditRequest
) -> list[Check]:
    """What would stop `reinstate` from writing what is missing, by its own rules. Checks without a message are not shown."""
    todo = [outcome for audited in scopes for outcome in audited.outcomes]
    checks = [request.partner_center.check] if request.partner_center else []
    if request.check_relationship:
        relationship = check_relationship(directory, todo, True, request.partner_center)
        checks += [check for check in relationship if check not in checks]
    if directory.error and not (todo and request.check_relationship):
        text = f"Foreign principals could not be resolved: {directory.error}"
        checks.append(Check("directory", "unknown", text))
    refused = errors_of(checks)
    states = {audited.scope.subscription: audited.state for audited in scopes if audited.state}
    places = check_places(
        _KnownStates(states, arm),
        [outcome for outcome in todo if outcome.desired.key not in refused and _subscription(outcome) in states],
    )
    return [*checks, *(replace(check, message="") for check in places)]


def _subscription(outcome: AssignmentOutcome) -> str | None:
    return outcome.desired.scope.subscription


@dataclass(frozen=True)
class _KnownStates:
    """The states of subscriptions that are listed already; only resource groups have to be read."""

    states: Mapping[str | None, str | None]
    arm: Arm

    def subscription_state(self, subscription: str) -> str:
        return str(self.states[subscription])

    def resource_groups(self, subscription: str) -> list[str]:
        return self.arm.resource_groups(subscription)


def _definitions(arm: Arm, scopes: Iterable[AuditedScope], principals: frozenset[str]) -> dict[str, RoleDefinition]:
    """The definitions of these principals' roles that are not common ones; a role that cannot be read stays unknown."""
    wanted = {
        item.role_id: audited.scope.path
        for audited in scopes
        for item in audited.assignments
        if item.principal_id in principals and not is_common(item.role_id)
    }
    definitions = {}
    for role_id, path in wanted.items():
        try:
            definitions[role_id] = arm.role_definition(path, role_id)
        except AzureError:
            continue
    return definitions
