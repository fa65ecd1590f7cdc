# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reinstates a partner's access to one customer: plan, check, apply, elevated if need be.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from .._model.assignments import DesiredAssignment
from .._model.customers import Subscription
from .._model.errors import AzureError
from .._model.types import Result
from .apply import AssignmentWriter, ReadBack, apply
from .checks import Check, refused_by
from .elevation import Elevation, ElevationClient, Patience, find, no_announcement
from .grants import Grants
from .plan import AssignmentOutcome, desired, plan
from .preflight import PermissionReader, PlaceReader, check_permission, check_places, lacks_permission
from .relationship import Directory, PartnerCenter, RelationshipCheck, ask_partner_center, check_relationship
from .results import diff, result, summary
from .selection import NO_SUBSCRIPTION, Selection, select_all


class Arm(AssignmentWriter, PlaceReader, PermissionReader, ElevationClient, Protocol):
    """See `_clients.arm.Arm`."""

    def subscriptions(self) -> list[Subscription]: ...


@dataclass(frozen=True)
class Clients:
    """Opens the clients of a task. ``fresh_arm`` signs in anew each time; ``partner_center`` is None without a partner's identity.

    ``announce`` shows a text while the task runs.
    """

    arm: Callable[[], Arm]
    fresh_arm: Callable[[], Arm]
    directory: Callable[[], Directory]
    partner_center: Callable[[], PartnerCenter] | None = None
    announce: Callable[[str], None] = no_announcement


@dataclass(frozen=True)
class ReinstatementRequest:
    """What to reinstate, and how."""

    grants: Grants
    description: str | None = None
    check_mode: bool = False
    check_relationship: bool = True
    elevate: bool = False
    read_back: ReadBack = field(default_factory=ReadBack)

    @property
    def patience(self) -> Patience:
        """How long to wait for an elevation."""
        return Patience(self.read_back.seconds, self.read_back.sleep, self.read_back.clock)


@dataclass(frozen=True)
class Preflight:
    """The plan with the checks applied; ``selection`` is what ``all`` means."""

    outcomes: tuple[AssignmentOutcome, ...] = ()
    checks: tuple[Check, ...] = ()
    selection: Selection = field(default_factory=Selection)
    invitation: Result = field(default_factory=dict)


def reinstate(clients: Clients, request: ReinstatementRequest) -> Result:
    """The access as it should be: checked first where something is missing."""
    arm = clients.arm()
    try:
        preflight = check(clients, arm, request)
    except AzureError as exc:
        # A caller without any role sees no subscription that `all` could mean; elevated, it sees every one.
        if not request.elevate or exc.code != NO_SUBSCRIPTION:
            raise
        return _elevated(clients, arm, request, Preflight())
    if request.elevate and lacks_permission(preflight.outcomes):
        return _elevated(clients, arm, request, preflight)
    return _carry_out(arm, request, preflight)


def check(clients: Clients, arm: Arm, request: ReinstatementRequest) -> Preflight:
    """Plan, and check what has to be written; only what earlier checks left is checked further."""
    selection = Selection()
    if request.grants.everywhere:
        selection = select_all(arm.subscriptions(), arm.caller.tenant, writable=True)
    outcomes = plan(arm, _desired(arm, request, selection), present=True)
    partner_center = _ask_partner_center(clients, arm, request, outcomes)
    checks = selection.checks
    for preflight_check in _checks(clients, arm, request, partner_center):
        results = preflight_check([outcome for outcome in outcomes if outcome.to_write])
        outcomes = refused_by(results, outcomes)
        checks += results
    refused = partner_center is not None and partner_center.refusal is not None
    invitation = {"invitation_url": partner_center.invitation_url} if partner_center and refused else {}
    return Preflight(tuple(outcomes), tuple(checks), selection, invitation)


def _checks(
    clients: Clients, arm: Arm, request: ReinstatementRequest, partner_center: RelationshipCheck | None
) -> list[Callable[[list[AssignmentOutcome]], list[Check]]]:
    """The checks in their order."""
    relationship = partial(
        check_relationship, clients.directory, check_mode=request.check_mode, partner_center=partner_center
    )
    return [
        *([relationship] if request.check_relationship else []),
        partial(check_places, arm),
        partial(check_permission, arm, caller=arm.caller),
    ]


def _desired(arm: Arm, request: ReinstatementRequest, selection: Selection) -> list[DesiredAssignment]:
    return [
        item
        for grant in request.grants.grants
        for item in desired(
            arm,
            grant.scopes or selection.scopes,
            grant.principal_id,
            grant.role,
            description=request.description,
        )
    ]


def _ask_partner_center(
    clients: Clients, arm: Arm, request: ReinstatementRequest, outcomes: list[AssignmentOutcome]
) -> RelationshipCheck | None:
    """Partner Center's answer, where a partner's identity can ask and something is missing."""
    groups, tenant = request.grants.principal_ids, arm.caller.tenant
    missing = any(outcome.to_write and outcome.desired.principal_id in groups for outcome in outcomes)
    if not request.check_relationship or clients.partner_center is None or not tenant or not missing:
        return None
    return ask_partner_center(clients.partner_center, tenant, groups)


def _carry_out(arm: Arm, request: ReinstatementRequest, preflight: Preflight) -> Result:
    outcomes: list[AssignmentOutcome] = list(preflight.outcomes)
    changes = diff(outcomes, present=True)
    if not request.check_mode:
        outcomes = apply(arm, outcomes, request.read_back)
    words = summary(outcomes, request.check_mode) or ["No grants were given."]
    return {
        **result(outcomes, changes),
        "summary": [*words, *preflight.selection.left_out],
        "left_out": list(preflight.selection.left_out),
        "steps": [check.as_dict() for check in preflight.checks],
        "handoffs": _handoffs(outcomes),
        "caller": arm.caller.as_dict(),
        **preflight.invitation,
    }


def _handoffs(outcomes: list[AssignmentOutcome]) -> list[Result]:
    """The grants that wait for a relationship, each group's role with its scopes: what a customer is asked for."""
    scopes: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.error and outcome.error.code == "NoRelationship":
            key = (outcome.desired.role.name, outcome.desired.principal_id)
            scopes.setdefault(key, []).append(outcome.desired.scope.path)
    return [{"role": role, "principal_id": group, "scopes": paths} for (role, group), paths in scopes.items()]


def _elevated(clients: Clients, arm: Arm, request: ReinstatementRequest, preflight: Preflight) -> Result:
    """Elevate, work with a fresh token, and remove the elevation whatever happened, unless it existed before."""

    def carry_out() -> Result:
        fresh = clients.fresh_arm()
        return _carry_out(fresh, request, check(clients, fresh, request))

    if find(arm):
        return carry_out()
    if request.check_mode:
        would = Check("elevation", "unknown", "The real run would elevate the caller's access first.")
        keys = _carry_out(arm, request, replace(preflight, checks=(*preflight.checks, would)))
        return keys if preflight.outcomes else {**keys, "summary": [would.message]}
    elevation = Elevation(arm, clients.fresh_arm, request.patience, clients.announce)
    try:
        with elevation.held():
            keys = carry_out()
    except AzureError as exc:
        if elevation.refused:
            raise
        keys = {**exc.as_result(), "assignments": [], "summary": [], "steps": [], "handoffs": []}
    return {**keys, **_without_elevation(keys, elevation.stays)}


def _without_elevation(keys: Result, stays: AzureError | None) -> Result:
    """The keys that say what became of the elevation after the work."""
    if stays is None:
        removed = Check("elevation", "ok", "The caller was elevated for the run; the elevation was removed.")
        return {"steps": [*keys["steps"], removed.as_dict()]}
    message = f"{keys['msg']}\n" if keys.get("failed") else ""
    return {
        "steps": [*keys["steps"], Check("elevation", "refused", str(stays)).as_dict()],
        "changed": True,
        "failed": True,
        "msg": f"{message}ELEVATION NOT REMOVED: {stays}",
        "error": stays.as_dict(),
    }
