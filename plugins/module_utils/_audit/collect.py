# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits one customer's access: reads what is there, and has it judged. Reads only.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._access.assignments import FOREIGN_GROUP, side_by_side, wants
from .._access.grants import Grant
from .._access.preflight import (
    Sale,
    check_places,
    check_relationship,
    omission,
    step,
    visible_subscriptions,
)
from .._model.errors import AzureError, printable
from .._model.roles import OPENS_TICKETS, role_of
from .._model.scopes import Scope, parse
from .findings import (
    Expected,
    Known,
    Place,
    judge,
    needs_work,
    wants_locks,
)


class Arm(Protocol):
    """What is needed of ARM; see `_arm.Arm`."""

    def subscriptions(self) -> list[dict[str, Any]]: ...

    def assignments(self, scope: str) -> list[dict[str, Any]]: ...

    def deny_assignments(self, scope: str) -> list[dict[str, Any]]: ...

    def locks(self, subscription: str) -> list[dict[str, Any]]: ...

    def role_definition(self, scope: str, identity: str) -> dict[str, Any]: ...

    def role_definitions(self, scope: str, name: str) -> list[dict[str, Any]]: ...

    def resource_groups(self, subscription: str) -> list[str]: ...


class Directory(Protocol):
    """What is needed of Graph; see `_graph.Graph`."""

    def principals(self, ids: list[str]) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Order:
    """What is to be audited.

    ``sold`` are the ids of the subscriptions that the partner sold, None where nobody knows; ``earlier`` those that an earlier report saw.
    ``partners`` are the tenants whose groups count for the partner, ``further`` whether some of them are not its own. ``earning`` are the roles that
    earn credit, ``told`` what the user has said of them.
    """

    grants: Sequence[Grant]
    tenant: str | None
    earning: Mapping[str, bool]
    sold: frozenset[str] | None = None
    earlier: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    further: bool = False
    told: Mapping[str, bool] = field(default_factory=dict)
    relationship: str | None = None
    sale: Sale | None = None
    check_relationship: bool = True


@dataclass
class Audit:
    """The rows of all subscriptions, what was checked beside them, and which subscriptions were left out, in words."""

    subscriptions: list[dict[str, Any]]
    steps: list[dict[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def audit(arm: Arm, open_directory: Callable[[], Directory], order: Order) -> Audit:
    """One customer's access. What cannot be read is said to be unknown, where it could not be; only the list of subscriptions has to be there."""
    visible = {str(one["subscriptionId"]).lower(): one for one in arm.subscriptions()}
    listed = {
        identity: one
        for identity, one in visible.items()
        if order.tenant is None or one.get("tenantId") in (None, order.tenant)
    }
    left_out = [
        omission(identity, f"belongs to the tenant {one['tenantId']}")
        for identity, one in sorted(visible.items())
        if identity not in listed
    ]
    places = _places(arm, order, listed)
    side_by_side(lambda place: _read(arm, place), places)
    expected = frozenset(one.wanted.principal_id for place in places for one in place.expected)
    directory = _Directory(open_directory, _principals_to_know(places, expected))
    steps = _look_ahead(arm, directory, places, order)
    ours, unknown = _whose(places, expected, directory, order)
    roles = _roles(arm, places, ours | unknown)
    known = Known(ours, order.earning, order.told, unknown, order.further, directory.known, roles, order.relationship)
    return Audit([judge(place, known) for place in places], steps, left_out)


def _whose(
    places: Iterable[Place], expected: frozenset[str], directory: _Directory, order: Order
) -> tuple[frozenset[str], frozenset[str]]:
    """The principals that count for the partner, and those of which nobody can tell whose they are."""
    tenants = {identity: one.get("partner_tenant_id") for identity, one in directory.known.items()}
    partners = order.partners | {tenants[one] for one in expected & set(tenants)}
    foreign = _strangers(places, expected)
    ours = {one for one in foreign if tenants.get(one) and tenants[one] in partners}
    return expected | ours, frozenset(one for one in foreign if not tenants.get(one))


def _strangers(places: Iterable[Place], expected: frozenset[str]) -> set[str]:
    """Foreign principals whom nobody expects."""
    found = {
        one["principal_id"].lower()
        for place in places
        for one in place.assignments
        if one["principal_type"] == FOREIGN_GROUP
    }
    return found - expected


def _places(arm: Arm, order: Order, listed: Mapping[str, Mapping[str, Any]]) -> list[Place]:
    """All that the caller sees, that is expected, that was sold, and that was there before; what is expected there with it."""
    unseen = ((order.sold or frozenset()) | order.earlier) - set(listed)
    everywhere = [parse(one) for one in sorted(unseen)]
    if not all(grant.scopes for grant in order.grants):
        try:
            everywhere = [
                *visible_subscriptions(list(listed.values()), order.tenant, writable=True).scopes,
                *everywhere,
            ]
        except AzureError:
            if not everywhere and not listed:
                raise
    found: dict[str, Place] = {}
    for one in sorted([*listed, *unseen]):
        _place(found, parse(one), order, listed)
    for grant in order.grants:
        for item in wants(arm, grant.scopes or everywhere, grant.principal_id, grant.role):
            place = _place(found, item.scope.top(), order, listed)
            if item.key not in {one.wanted.key for one in place.expected}:
                place.expected.append(Expected(item, grant.group))
    return list(found.values())


def _place(found: dict[str, Place], scope: Scope, order: Order, listed: Mapping[str, Mapping[str, Any]]) -> Place:
    told = listed.get(scope.subscription or "", {})
    sold = None if order.sold is None or not scope.subscription else scope.subscription in order.sold
    name = printable(str(told["displayName"])) if told.get("displayName") else None
    return found.setdefault(scope.key, Place(scope, name, told.get("state"), sold))


@dataclass(frozen=True)
class _Listed:
    """The states of subscriptions that were listed already; only resource groups have to be asked for."""

    states: Mapping[str, str]
    arm: Arm

    def subscription_state(self, subscription: str) -> str:
        return self.states[subscription]

    def resource_groups(self, subscription: str) -> list[str]:
        return self.arm.resource_groups(subscription)


def _read(arm: Arm, place: Place) -> None:
    """Read a place: two requests, and a third where locks matter."""
    try:
        place.assignments = _assignments(arm, place)
    except AzureError as exc:
        place.error, place.deny = exc, None
        return
    try:
        place.deny = arm.deny_assignments(place.scope.path)
    except AzureError as exc:
        place.deny = None
        place.unread.append(exc)
    if place.scope.subscription and wants_locks(place):
        try:
            place.locks = arm.locks(place.scope.subscription)
        except AzureError as exc:
            place.unread.append(exc)


def _assignments(arm: Arm, place: Place) -> list[dict[str, Any]]:
    """The assignments of a place, else those of the scopes in it that matter: who may read these need not be able to read all."""
    scopes = {one.wanted.scope.path for one in place.expected}
    try:
        return arm.assignments(place.scope.path)
    except AzureError as exc:
        if exc.code != "AuthorizationFailed" or not scopes or place.scope.path in scopes:
            raise
    return list({one["id"].lower(): one for scope in sorted(scopes) for one in arm.assignments(scope)}.values())


def _principals_to_know(places: Sequence[Place], expected: frozenset[str]) -> list[str]:
    """Whom the directory is asked about: strangers, and with them the expected groups, whose tenant is the partner's; groups that lack something."""
    strangers = _strangers(places, expected)
    lacking = {row.wanted.principal_id for place in places for row in needs_work(place)}
    return sorted(strangers | expected if strangers else lacking)


class _Directory:
    """The customer's directory, asked once, or not at all."""

    def __init__(self, open_directory: Callable[[], Directory], ids: list[str]) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.error: AzureError | None = None
        try:
            self.known = {one["id"]: one for one in open_directory().principals(ids)} if ids else {}
        except AzureError as exc:
            self.error = exc

    def principals(self, ids: list[str]) -> list[dict[str, Any]]:
        """What it knows of these; AzureError if it could not be asked."""
        if self.error:
            raise self.error
        return [self.known[one] for one in ids if one in self.known]


def _look_ahead(arm: Arm, directory: _Directory, places: Sequence[Place], order: Order) -> list[dict[str, str]]:
    """What would stop `reinstate` from writing what is missing, by its own rules; and what was checked for that."""
    rows = {place.scope.key: needs_work(place) for place in places}
    todo = [row for one in rows.values() for row in one]
    steps = [order.sale.told] if order.sale else []
    if order.check_relationship:
        told = check_relationship(lambda: directory, todo, True, order.sale)
        steps += [one for one in told if one not in steps]
    if directory.error and not (todo and order.check_relationship):
        steps.append(step("directory", "unknown", f"Foreign principals could not be resolved: {directory.error}"))
    states = {str(place.scope.subscription): place.state for place in places if place.state}
    check_places(
        _Listed(states, arm), [row for row in todo if row.to_write and row.wanted.scope.subscription in states]
    )
    for place in places:
        place.blocked = {row.wanted.key: row.error for row in rows[place.scope.key] if row.error}
    return steps


def _roles(arm: Arm, places: Iterable[Place], ours: frozenset[str]) -> dict[str, dict[str, Any]]:
    """Name, permissions and kind of the roles of our groups that are not common ones; a role that cannot be read stays unknown."""
    wanted = {
        role_of(one): place.scope.path
        for place in places
        for one in place.assignments
        if one["principal_id"].lower() in ours and role_of(one) not in OPENS_TICKETS
    }
    found = {}
    for identity, scope in wanted.items():
        try:
            found[identity] = arm.role_definition(scope, identity)
        except AzureError:
            continue
    return found
