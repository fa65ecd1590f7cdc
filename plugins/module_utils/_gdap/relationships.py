# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides about a customer's delegated admin relationship: `plan` only decides, `apply` writes.

For internal use of csp.azure only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from .._model.delegated_admin import (
    ACTIVATING,
    GLOBAL_ADMINISTRATOR,
    WAITING,
    DelegatedAdminRelationship,
    role_names,
)
from .._model.errors import AzureError, invalid

_PREFIX = "csp-azure-"
# After a create, Graph may not know the relationship for some seconds: it answers 404 or 405.
_LOCK_TRIES = 6
_LOCK_PAUSE = 5.0


class RelationshipClient(Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    def relationship(self, relationship_id: str) -> DelegatedAdminRelationship: ...

    def create(
        self, name: str, customer: str, roles: frozenset[str], days: int, extend: bool
    ) -> DelegatedAdminRelationship: ...

    def lock(self, relationship_id: str) -> None: ...

    def terminate(self, relationship_id: str) -> None: ...

    def delete(self, relationship: DelegatedAdminRelationship) -> None: ...

    def set_auto_extend(self, relationship: DelegatedAdminRelationship, extend: bool) -> None: ...


@dataclass(frozen=True)
class RelationshipRequest:
    """The relationship that a customer should have, by its ``name`` or ``id``, or any that holds the roles. ``now`` is the current time."""

    customer: str
    now: str
    roles: frozenset[str]
    name: str | None = None
    id: str | None = None
    days: int = 730
    auto_extend: bool = True
    renew_before: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 730:
            raise invalid(f"duration {self.days} is not between 1 and 730 days.")
        if self.auto_extend and GLOBAL_ADMINISTRATOR in self.roles:
            raise invalid(
                "A relationship with Global Administrator cannot be extended automatically.",
                "Set auto_extend to false, or leave that role out.",
            )


@dataclass(frozen=True)
class RelationshipPlan:
    """What has to be done: ``action`` is create, lock, extend, delete, terminate or none; ``new_name`` is that of a new one."""

    action: str
    relationship: DelegatedAdminRelationship | None = None
    new_name: str | None = None
    warning: str | None = None

    @property
    def changes(self) -> bool:
        """Whether something has to be written."""
        return self.action != "none"


def plan_present(relationships: Sequence[DelegatedAdminRelationship], request: RelationshipRequest) -> RelationshipPlan:
    """The next step towards a relationship in force.

    ``relationships`` are the customer's; for a request by name or ID all of the partner's, because names are unique among them.
    """
    if request.id or request.name:
        return _plan_chosen(relationships, request)
    live = [item for item in relationships if item.customer == request.customer and item.is_live]
    holding = [item for item in live if request.roles <= item.roles]
    in_force = [item for item in holding if item.is_in_force]
    settled = [item for item in in_force if item.auto_extend or not _is_ending(item, request)]
    as_wished = [item for item in settled if not _is_extensible(item, request)]
    if as_wished:
        return RelationshipPlan("none", latest(as_wished))
    extensible = [item for item in in_force if _is_extensible(item, request)]
    if extensible:
        return RelationshipPlan("extend", latest(extensible))
    for statuses, action in ((ACTIVATING, "none"), (WAITING, "none"), (("created",), "lock")):
        coming = [item for item in holding if item.status in statuses]
        if coming:
            return RelationshipPlan(action, latest(coming))
    return RelationshipPlan("create", new_name=_free_name(relationships, request.customer))


def _plan_chosen(relationships: Sequence[DelegatedAdminRelationship], request: RelationshipRequest) -> RelationshipPlan:
    chosen = next((item for item in relationships if _is_chosen(item, request)), None)
    if chosen is None:
        if request.id:
            raise AzureError(f"The partner has no relationship {request.id}.", code="RelationshipNotFound")
        return RelationshipPlan("create", new_name=request.name)
    if chosen.customer != request.customer:
        raise AzureError(
            f"The relationship {chosen.name} is with the customer {chosen.customer}, not {request.customer}.",
            code="RelationshipOfAnother",
            hint="Choose another name: names are unique among all relationships of a partner.",
        )
    if not chosen.is_live:
        raise AzureError(
            f"The relationship {chosen.name} is {chosen.status}, and cannot be revived.",
            code="RelationshipEnded",
            hint="Choose another name: that of an ended relationship stays taken for up to a year.",
        )
    missing = request.roles - chosen.roles
    if missing:
        raise AzureError(
            f"The relationship {chosen.name} lacks {', '.join(role_names(frozenset(missing)))}.",
            code="MissingRoles",
            hint="Roles cannot be added to a relationship. Create another one under another name, and let the customer approve it.",
        )
    if chosen.status == "created":
        return RelationshipPlan("lock", chosen)
    if chosen.is_in_force and _is_extensible(chosen, request):
        return RelationshipPlan("extend", chosen)
    return RelationshipPlan("none", chosen)


def _is_chosen(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    if request.id:
        return item.id == request.id
    return item.name.casefold() == str(request.name).casefold()


def _is_ending(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    days = item.days_left(request.now)
    return days is not None and days <= request.renew_before


def _is_extensible(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    """Whether it should be extended automatically, is not yet, and may be: Global Administrator and the last days forbid it."""
    wanted = request.auto_extend and not item.auto_extend
    return wanted and item.status == "active" and GLOBAL_ADMINISTRATOR not in item.roles


def latest(items: Iterable[DelegatedAdminRelationship]) -> DelegatedAdminRelationship:
    """The relationship that ends last."""
    return max(items, key=lambda item: (item.expires_at or "", item.created_at or "", item.id))


def _free_name(relationships: Iterable[DelegatedAdminRelationship], customer: str) -> str:
    """A name that no other customer's relationship has, and that two parallel runs choose alike: then Graph rejects the second one."""
    taken = {item.name.casefold() for item in relationships}
    names = (f"{_PREFIX}{customer}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name.casefold() not in taken)


def plan_absent(
    relationships: Sequence[DelegatedAdminRelationship], request: RelationshipRequest
) -> list[RelationshipPlan]:
    """How to end the chosen relationship with the customer, else those that hold the roles."""
    own = [item for item in relationships if item.customer == request.customer and item.is_live]
    if request.id or request.name:
        return [plan_end(item) for item in own if _is_chosen(item, request)]
    return [plan_end(item) for item in own if request.roles <= item.roles]


def plan_end(item: DelegatedAdminRelationship) -> RelationshipPlan:
    """How to end one relationship."""
    if item.status == "created":
        return RelationshipPlan("delete", item)
    if item.is_in_force:
        return RelationshipPlan("terminate", item)
    if item.status in WAITING:
        text = f"The request {item.name} awaits the customer's approval and cannot be withdrawn; it lapses by itself."
        return RelationshipPlan("none", item, warning=text)
    text = f"The relationship {item.name} is {item.status}; run again when it is active, to end it."
    return RelationshipPlan("none", item, warning=text)


@dataclass(frozen=True)
class Pace:
    """How to wait between tries."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def apply(
    client: RelationshipClient, plan: RelationshipPlan, request: RelationshipRequest, pace: Pace
) -> DelegatedAdminRelationship:
    """Carry out a plan of `plan_present`: the relationship afterwards. What was created but not locked, the next run locks."""
    relationship = plan.relationship or client.create(
        str(plan.new_name), request.customer, request.roles, request.days, request.auto_extend
    )
    if plan.action in ("create", "lock"):
        _lock(client, relationship, pace)
        return client.relationship(relationship.id)
    return _extend(client, relationship) if plan.action == "extend" else relationship


def end(client: RelationshipClient, plan: RelationshipPlan) -> DelegatedAdminRelationship | None:
    """Carry out a plan of `plan_end`: the relationship afterwards, None if it was deleted."""
    relationship = plan.relationship
    if relationship is None or plan.action == "delete":
        if relationship:
            _write_fresh(client, relationship, client.delete)
        return None
    if plan.action == "terminate":
        client.terminate(relationship.id)
        return client.relationship(relationship.id)
    return relationship


def _lock(client: RelationshipClient, relationship: DelegatedAdminRelationship, pace: Pace) -> None:
    for remaining in reversed(range(_LOCK_TRIES)):
        try:
            client.lock(relationship.id)
            return
        except AzureError as exc:
            if exc.status == 409:  # another run was faster
                return
            if exc.status not in (404, 405) or not remaining:
                raise
            pace.sleep(_LOCK_PAUSE)


def _write_fresh(
    client: RelationshipClient,
    relationship: DelegatedAdminRelationship,
    write: Callable[[DelegatedAdminRelationship], None],
) -> None:
    """Write with a fresh etag, and once more with another one if somebody wrote meanwhile."""
    try:
        write(client.relationship(relationship.id))
    except AzureError as exc:
        if exc.status not in (409, 412):
            raise
        write(client.relationship(relationship.id))


def _extend(client: RelationshipClient, relationship: DelegatedAdminRelationship) -> DelegatedAdminRelationship:
    """Switch the extension on with a fresh etag; Graph answers 200 to a change that it ignores, so what is read afterwards counts."""
    _write_fresh(client, relationship, lambda fresh: client.set_auto_extend(fresh, True))
    changed = client.relationship(relationship.id)
    if not changed.auto_extend:
        raise AzureError(
            f"Graph accepted the change of the relationship {relationship.name}, but did not make it.",
            code="NotReadBack",
            hint="Run again; if it stays, switch on auto-extend in Partner Center.",
        )
    return changed


def wait_until_in_force(
    client: RelationshipClient, relationship: DelegatedAdminRelationship, seconds: float, pace: Pace
) -> DelegatedAdminRelationship:
    """The relationship once it is in force, or as it is when the time is over."""
    until, pause = pace.clock() + seconds, 5.0
    while not relationship.is_in_force and relationship.is_live and pace.clock() + pause <= until:
        pace.sleep(pause)
        relationship = client.relationship(relationship.id)
        pause = min(2 * pause, 30)
    return relationship


def predicted(plan: RelationshipPlan, request: RelationshipRequest) -> DelegatedAdminRelationship:
    """The relationship that `apply` would leave."""
    relationship = plan.relationship or DelegatedAdminRelationship(
        id="",
        name=str(plan.new_name),
        status="created",
        customer=request.customer,
        roles=request.roles,
        auto_extend=request.auto_extend,
    )
    if plan.action in ("create", "lock"):
        return replace(relationship, status="approvalPending")
    return replace(relationship, auto_extend=True) if plan.action == "extend" else relationship


def predicted_end(plan: RelationshipPlan) -> DelegatedAdminRelationship | None:
    """The relationship that `end` would leave."""
    if plan.relationship is None or plan.action == "delete":
        return None
    if plan.action == "terminate":
        return replace(plan.relationship, status="terminationRequested")
    return plan.relationship
