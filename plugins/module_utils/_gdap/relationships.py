# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out what `relationship_plan` decided about delegated admin relationships, and waits for them.

For internal use of csp.azure only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from .._model.delegated_admin import DelegatedAdminRelationship
from .._model.errors import AzureError
from .relationship_plan import DELETED, RelationshipPlan, RelationshipRequest

# After a create, Graph may not know the relationship for some seconds: it answers 404 or 405. After a lock, it may show it unlocked.
_TRIES = 6
_PAUSE = 5.0


class RelationshipClient(Protocol):
    """See `_clients.delegated_admin.DelegatedAdmin`."""

    def relationship(self, relationship_id: str) -> DelegatedAdminRelationship:
        pass

    def create(
        self, name: str, customer: str, roles: frozenset[str], days: int, extend: bool
    ) -> DelegatedAdminRelationship:
        pass

    def lock(self, relationship_id: str) -> None:
        pass

    def terminate(self, relationship_id: str) -> None:
        pass

    def delete(self, relationship: DelegatedAdminRelationship) -> None:
        pass

    def set_auto_extend(self, relationship: DelegatedAdminRelationship, extend: bool) -> None:
        pass


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
        try:
            return _lock(client, relationship, pace)
        except AzureError as exc:
            text = (
                f"The relationship {relationship.name} exists, but its approval could not be requested: {exc.message}"
            )
            raise replace(exc, message=text) from exc
    return _extend(client, relationship) if plan.action == "extend" else relationship


def end(client: RelationshipClient, plan: RelationshipPlan) -> DelegatedAdminRelationship | None:
    """Carry out a plan of `plan_end`: the relationship afterwards; a deleted one has that for its status."""
    relationship = plan.relationship
    if relationship and plan.action == "delete":
        _write_fresh(client, relationship, client.delete)
        return replace(relationship, status=DELETED)
    if relationship and plan.action == "terminate":
        client.terminate(relationship.id)
        return client.relationship(relationship.id)
    return relationship


def _lock(
    client: RelationshipClient, relationship: DelegatedAdminRelationship, pace: Pace
) -> DelegatedAdminRelationship:
    """Lock, and read until that shows; what Graph accepted is believed in the end. A conflict may mean that another run was faster."""
    conflict: AzureError | None = None
    for remaining in reversed(range(_TRIES)):
        try:
            client.lock(relationship.id)
            break
        except AzureError as exc:
            if exc.status == 409:
                conflict = exc
                break
            if exc.status not in (404, 405) or not remaining:
                raise
            pace.sleep(_PAUSE)
    for _try in range(_TRIES):
        locked = client.relationship(relationship.id)
        if locked.status != "created":
            return locked
        pace.sleep(_PAUSE)
    if conflict:
        raise conflict
    return replace(relationship, status="approvalPending")


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
