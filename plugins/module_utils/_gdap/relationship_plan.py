# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides about a customer's delegated admin relationship: the next step towards one in force, or to its end. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .._model.delegated_admin import (
    ACTIVATING,
    GLOBAL_ADMINISTRATOR,
    WAITING,
    DelegatedAdminRelationship,
    role_names,
)
from .._model.errors import AzureError, invalid

_PREFIX = "csp-azure-"
# Graph has no word for what is not there any more.
DELETED = "deleted"


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

    @property
    def is_choice(self) -> bool:
        """Whether it means one relationship."""
        return bool(self.id or self.name)

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
    if request.is_choice:
        return _plan_chosen(relationships, request)
    holding = [item for item in relationships if _satisfies(item, request)]
    settled = satisfying(holding, request)
    if settled:
        return RelationshipPlan("none", settled[0])
    extensible = [item for item in holding if _is_extensible(item, request)]
    if extensible:
        return RelationshipPlan("extend", latest(extensible))
    coming = [item for status in _COMING for item in holding if item.status in status]
    if coming:
        return RelationshipPlan("none", coming[0])
    drafts = [item for item in holding if item.status == "created" and _is_ours(item, request)]
    if drafts:
        return RelationshipPlan("lock", latest(drafts))
    unknown = next((item for item in holding if item.has_unknown_status), None)
    if unknown:
        return RelationshipPlan("none", unknown)
    return RelationshipPlan("create", new_name=_free_name(relationships, request.customer))


# A relationship that is being activated is further than one that awaits approval.
_COMING = (ACTIVATING, WAITING)


def satisfying(
    relationships: Iterable[DelegatedAdminRelationship], request: RelationshipRequest
) -> list[DelegatedAdminRelationship]:
    """The relationships of the customer that need no step, the one that ends last first."""
    settled = [
        item
        for item in relationships
        if _satisfies(item, request)
        and item.is_in_force
        and (item.auto_extend or not _is_ending(item, request))
        and not _is_extensible(item, request)
    ]
    return sorted(settled, key=_rank, reverse=True)


def _satisfies(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    return item.customer == request.customer and item.is_live and request.roles <= item.roles


def _is_ours(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    """Whether it was made for just this: what others made for more may be theirs to finish."""
    return item.roles == request.roles and item.name.startswith(_PREFIX)


def _plan_chosen(relationships: Sequence[DelegatedAdminRelationship], request: RelationshipRequest) -> RelationshipPlan:
    chosen = next((item for item in relationships if _is_chosen(item, request)), None)
    if chosen is None:
        if request.id:
            raise AzureError(f"The partner has no relationship {request.id}.", code="RelationshipNotFound")
        return RelationshipPlan("create", new_name=request.name)
    _check_customer(chosen, request)
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


def _check_customer(item: DelegatedAdminRelationship, request: RelationshipRequest) -> None:
    if item.customer != request.customer:
        raise AzureError(
            f"The relationship {item.name} is with the customer {item.customer}, not {request.customer}.",
            code="RelationshipOfAnother",
            hint="Choose another one: names are unique among all relationships of a partner.",
        )


def _is_chosen(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    if request.id:
        return item.id == request.id
    return item.name.casefold() == str(request.name).casefold()


def _is_ending(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    days = item.days_left(request.now)
    return days is not None and days <= request.renew_before


def _is_extensible(item: DelegatedAdminRelationship, request: RelationshipRequest) -> bool:
    """Whether it should be extended automatically, is not yet, and may be: Global Administrator and the last days forbid it.

    One that was made for more roles, and not chosen, ends when somebody meant it to.
    """
    wanted = request.auto_extend and not item.auto_extend and (request.is_choice or item.roles == request.roles)
    return wanted and item.status == "active" and GLOBAL_ADMINISTRATOR not in item.roles


def latest(items: Iterable[DelegatedAdminRelationship]) -> DelegatedAdminRelationship:
    """The relationship that ends last."""
    return max(items, key=_rank)


def _rank(item: DelegatedAdminRelationship) -> tuple[str, str, str]:
    return item.expires_at or "", item.created_at or "", item.id


def _free_name(relationships: Iterable[DelegatedAdminRelationship], customer: str) -> str:
    """A name that no other customer's relationship has, and that two parallel runs choose alike: then Graph rejects the second one."""
    taken = {item.name.casefold() for item in relationships}
    names = (f"{_PREFIX}{customer}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name.casefold() not in taken)


def plan_absent(
    relationships: Sequence[DelegatedAdminRelationship], request: RelationshipRequest
) -> list[RelationshipPlan]:
    """How to end the chosen relationship with the customer, else those that hold the roles."""
    if request.is_choice:
        chosen = [item for item in relationships if _is_chosen(item, request)]
        for item in chosen:
            _check_customer(item, request)
    else:
        chosen = [item for item in relationships if _satisfies(item, request)]
    return [plan_end(item) for item in chosen if item.is_live]


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
    """The relationship that ending it would leave; a deleted one has that for its status."""
    statuses = {"terminate": "terminationRequested", "delete": DELETED}
    if plan.relationship is None:
        return None
    return replace(plan.relationship, status=statuses.get(plan.action, plan.relationship.status))
