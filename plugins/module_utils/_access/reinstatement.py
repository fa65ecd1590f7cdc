# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reinstates a partner's access to one customer: plan, write, explain what was refused, elevated if need be.

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
from .evidence import Evidence
from .grants import Grants
from .plan import AssignmentOutcome, desired, plan
from .preflight import PermissionReader, PlaceReader, check_permission, check_places, lacks_permission
from .relationship import Directory, PartnerCenter, check_relationship
from .results import diff, result, summary
from .selection import NO_SUBSCRIPTION, Selection, select_all


class Arm(AssignmentWriter, PlaceReader, PermissionReader, ElevationClient, Protocol):
    """See `_clients.arm.Arm`."""

    def subscriptions(self) -> list[Subscription]:
        pass


@dataclass(frozen=True)
class Clients:
    """Opens the clients of a task. ``fresh_arm`` signs in anew each time; ``partner_center`` is None without a partner's identity.

    ``announce`` shows a text while the task runs; ``before_write`` is called before the first write.
    """

    arm: Callable[[], Arm]
    fresh_arm: Callable[[], Arm]
    directory: Callable[[], Directory]
    partner_center: Callable[[], PartnerCenter] | None = None
    announce: Callable[[str], None] = no_announcement
    before_write: Callable[[], None] = lambda: None


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
class Attempt:
    """What became of the plan: what the checks predict in check mode, else what Azure did.

    ``planned`` are the outcomes before anything was written, ``selection`` is what ``all`` means.
    """

    planned: tuple[AssignmentOutcome, ...] = ()
    outcomes: tuple[AssignmentOutcome, ...] = ()
    checks: tuple[Check, ...] = ()
    selection: Selection = field(default_factory=Selection)
    invitation: Result = field(default_factory=dict)


def reinstate(clients: Clients, request: ReinstatementRequest) -> Result:
    """The access as it should be; the caller is elevated if Azure refuses it, and the request allows that."""
    arm = clients.arm()
    try:
        attempt = _attempt(clients, arm, request)
    except AzureError as exc:
        # A caller without any role sees no subscription that `all` could mean; elevated, it sees every one.
        if not request.elevate or exc.code != NO_SUBSCRIPTION:
            raise
        return _elevated(clients, arm, request, Attempt())
    if request.elevate and lacks_permission(attempt.outcomes):
        return _elevated(clients, arm, request, attempt)
    return _as_result(arm, request, attempt)


def _attempt(clients: Clients, arm: Arm, request: ReinstatementRequest) -> Attempt:
    """Plan, then predict or write."""
    selection = Selection()
    if request.grants.everywhere:
        selection = select_all(arm.subscriptions(), arm.caller.tenant, writable=True)
    planned = plan(arm, _desired(arm, request, selection), present=True)
    partner_center = clients.partner_center if request.check_relationship else None
    evidence = Evidence(clients.directory, partner_center, arm.caller.tenant, request.grants.principal_ids)
    work = _predict if request.check_mode else partial(_write, clients.before_write)
    attempt = work(arm, request, evidence, planned)
    return replace(
        attempt, checks=(*selection.checks, *attempt.checks), selection=selection, invitation=evidence.invitation
    )


def _predict(arm: Arm, request: ReinstatementRequest, evidence: Evidence, planned: list[AssignmentOutcome]) -> Attempt:
    outcomes, checks = _checked(arm, request, evidence, planned)
    return Attempt(tuple(outcomes), tuple(outcomes), tuple(checks))


def _write(
    before: Callable[[], None],
    arm: Arm,
    request: ReinstatementRequest,
    evidence: Evidence,
    planned: list[AssignmentOutcome],
) -> Attempt:
    """Write first, and explain what Azure refuses: most customers need no explanation.

    Only one question comes before: no group of the customer's own may get the role.
    """
    todo = [outcome for outcome in planned if outcome.to_write]
    checks = check_relationship(evidence, todo, check_mode=False) if request.check_relationship else []
    allowed = refused_by(checks, planned)
    if any(outcome.to_write for outcome in allowed):
        before()
    outcomes = apply(arm, allowed, request.read_back, evidence.is_hopeless)
    if not (request.elevate and lacks_permission(outcomes)):
        outcomes, reasons = _explained(arm, request, evidence, allowed, outcomes)
        # What was unknown before the write is known now.
        earlier = (check for check in checks if not reasons or check.outcome != "unknown")
        checks = [*(check for check in earlier if check not in reasons), *reasons]
    return Attempt(tuple(allowed), tuple(outcomes), tuple(checks))


def _explained(
    arm: Arm,
    request: ReinstatementRequest,
    evidence: Evidence,
    allowed: list[AssignmentOutcome],
    outcomes: list[AssignmentOutcome],
) -> tuple[list[AssignmentOutcome], list[Check]]:
    """The outcomes, with the reason of a check where one explains a refusal."""
    refused = [
        before for before, after in zip(allowed, outcomes, strict=True) if before.to_write and _was_refused(after)
    ]
    if not refused:
        return outcomes, []
    explained, checks = _checked(arm, request, evidence, refused)
    errors = {outcome.desired.key: outcome.error for outcome in explained if outcome.error}
    return [replace(outcome, error=errors.get(outcome.desired.key, outcome.error)) for outcome in outcomes], checks


def _was_refused(outcome: AssignmentOutcome) -> bool:
    """Whether Azure refused it for a reason that a check may know better. Locks, limits and faults speak for themselves."""
    error = outcome.error
    return error is not None and (error.status in (400, 401, 403, 404) or error.code == "ReadOnlyDisabledSubscription")


def _checked(
    arm: Arm, request: ReinstatementRequest, evidence: Evidence, outcomes: list[AssignmentOutcome]
) -> tuple[list[AssignmentOutcome], list[Check]]:
    """The outcomes, failed where a check refuses to write them; only what earlier checks left is checked further."""
    groups = request.grants.principal_ids
    missing = any(outcome.to_write and outcome.desired.principal_id in groups for outcome in outcomes)
    partner_center = evidence.partner_center() if missing else None
    relationship = partial(check_relationship, evidence, check_mode=request.check_mode, partner_center=partner_center)
    checks: list[Check] = []
    for check in (
        *([relationship] if request.check_relationship else []),
        partial(check_places, arm),
        partial(check_permission, arm, caller=arm.caller),
    ):
        results = check([outcome for outcome in outcomes if outcome.to_write])
        outcomes = refused_by(results, outcomes)
        checks += results
    return outcomes, checks


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


def _as_result(arm: Arm, request: ReinstatementRequest, attempt: Attempt) -> Result:
    outcomes = list(attempt.outcomes)
    changes = [before for before, after in zip(attempt.planned, outcomes, strict=True) if after.error is None]
    words = summary(outcomes, request.check_mode) or ["No grants were given."]
    return {
        **result(outcomes, diff(changes, present=True)),
        "summary": [*words, *attempt.selection.left_out],
        "left_out": list(attempt.selection.left_out),
        "steps": [check.as_dict() for check in attempt.checks],
        "handoffs": _handoffs(outcomes),
        "caller": arm.caller.as_dict(),
        **attempt.invitation,
    }


def _handoffs(outcomes: list[AssignmentOutcome]) -> list[Result]:
    """The grants that wait for a relationship, each group's role with its scopes: what a customer is asked for."""
    scopes: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.error and outcome.error.code == "NoRelationship":
            key = (outcome.desired.role.name, outcome.desired.principal_id)
            scopes.setdefault(key, []).append(outcome.desired.scope.path)
    return [{"role": role, "principal_id": group, "scopes": paths} for (role, group), paths in scopes.items()]


def _elevated(clients: Clients, arm: Arm, request: ReinstatementRequest, refused: Attempt) -> Result:
    """Elevate, work with a fresh token, and remove the elevation whatever happened, unless it existed before."""

    def carry_out() -> Result:
        fresh = clients.fresh_arm()
        attempt = _attempt(clients, fresh, replace(request, elevate=False))
        return _as_result(fresh, request, _after(refused, attempt))

    if find(arm):
        return carry_out()
    if request.check_mode:
        would = Check("elevation", "unknown", "The real run would elevate the caller's access first.")
        keys = _as_result(arm, request, replace(refused, checks=(*refused.checks, would)))
        return keys if refused.outcomes else {**keys, "summary": [would.message]}
    elevation = Elevation(arm, clients.fresh_arm, request.patience, clients.announce)
    try:
        with elevation.held():
            keys = carry_out()
    except AzureError as exc:
        if elevation.refused:
            raise
        keys = {**exc.as_result(), "assignments": [], "summary": [], "steps": [], "handoffs": []}
    return {**keys, **_without_elevation(keys, elevation.stays)}


def _after(first: Attempt, second: Attempt) -> Attempt:
    """The second attempt, with what the first one had already written."""
    done = {
        outcome.desired.key: (before, outcome)
        for before, outcome in zip(first.planned, first.outcomes, strict=True)
        if outcome.written and not outcome.error
    }
    pairs = [
        done.get(outcome.desired.key, (before, outcome))
        for before, outcome in zip(second.planned, second.outcomes, strict=True)
    ]
    return replace(
        second,
        planned=tuple(before for before, _outcome in pairs),
        outcomes=tuple(outcome for _before, outcome in pairs),
    )


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
