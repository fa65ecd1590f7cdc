# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies a plan of role assignments: writes, settles races, and reads back.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from .._model.assignments import Assignment, AssignmentProperties, DesiredAssignment
from .._model.errors import AzureError
from .._model.identifiers import guid
from .._parallel import run_in_parallel
from .plan import AssignmentOutcome, AssignmentReader, checked_type, plan

# For how long Azure may answer that it does not know a principal: it learns of a foreign group seconds after a relationship was accepted.
PRINCIPAL_SECONDS = 15
_EXISTING_ID = re.compile(r"role assignment is ([0-9a-f]{32})", re.IGNORECASE)


class AssignmentWriter(AssignmentReader, Protocol):
    """Writes assignments; see `_clients.arm.Arm`."""

    def put_assignment(self, scope: str, name: str, properties: AssignmentProperties) -> Assignment:
        pass

    def delete_assignment(self, assignment_id: str) -> bool:
        pass


@dataclass(frozen=True)
class ReadBack:
    """Whether to read back what was written, and for how many seconds at most."""

    enabled: bool = True
    seconds: float = 60
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @property
    def limit(self) -> float:
        """The seconds to read back for."""
        return self.seconds if self.enabled else 0


def _is_never_hopeless(_item: DesiredAssignment) -> bool:
    return False


def apply(
    client: AssignmentWriter,
    outcomes: Sequence[AssignmentOutcome],
    read_back: ReadBack,
    is_hopeless: Callable[[DesiredAssignment], bool] = _is_never_hopeless,
) -> list[AssignmentOutcome]:
    """Carry out a plan, some writes at a time; every one is tried, whatever becomes of the others.

    ``is_hopeless`` is asked about an assignment whose principal Azure does not know, before it is tried again.
    """
    until = read_back.clock() + min(PRINCIPAL_SECONDS, read_back.seconds)
    todo = [outcome for outcome in outcomes if outcome.to_write]
    writer = _Writer(client, read_back, until, is_hopeless)
    written = run_in_parallel(writer.write, todo)
    doubtful = [
        outcome
        for planned, outcome in zip(todo, written, strict=True)
        if _lost_race(planned, outcome) or (outcome.to_write and read_back.enabled)
    ]
    settled = {outcome.desired.key: outcome for outcome in (*written, *_read_back(client, doubtful, read_back))}
    return [settled.get(outcome.desired.key, outcome) for outcome in outcomes]


def _lost_race(planned: AssignmentOutcome, outcome: AssignmentOutcome) -> bool:
    """Whether somebody else created the assignment meanwhile."""
    return planned.state != "removed" and outcome.error is not None and outcome.error.code == "RoleAssignmentExists"


@dataclass(frozen=True)
class _Writer:
    """Writes one assignment. While Azure does not know the principal, it tries again ``until`` then, unless that is hopeless."""

    client: AssignmentWriter
    read_back: ReadBack
    until: float
    is_hopeless: Callable[[DesiredAssignment], bool] = _is_never_hopeless

    def write(self, outcome: AssignmentOutcome) -> AssignmentOutcome:
        """What became of it."""
        try:
            if outcome.state == "removed":
                return self._remove(outcome)
            assignment = self._put(outcome)
            return checked_type(replace(outcome, written=True, existing=(assignment,)))
        except AzureError as exc:
            return outcome.failed(exc)

    def _remove(self, outcome: AssignmentOutcome) -> AssignmentOutcome:
        """Remove all assignments of the triple: Azure allows duplicates under different names."""
        failure: AzureError | None = None
        removed = False
        for assignment in outcome.existing:
            try:
                removed = self.client.delete_assignment(assignment.id) or removed
            except AzureError as exc:
                failure = exc
        outcome = replace(outcome, written=removed, state="removed" if removed else "absent")
        return outcome.failed(failure) if failure else outcome

    def _put(self, outcome: AssignmentOutcome) -> Assignment:
        item, first = outcome.desired, outcome.first
        name = first.name if first else item.new_name
        pause = 1.0
        fresh_names = 3
        while True:
            try:
                return self.client.put_assignment(item.scope.path, name, item.properties(first))
            except AzureError as exc:
                if exc.code == "HashConflictOnDifferentRoleAssignmentIds" and fresh_names:
                    name, fresh_names = str(uuid.uuid4()), fresh_names - 1
                elif exc.code == "PrincipalNotFound" and self._may_appear(item, pause):
                    self.read_back.sleep(pause)
                    pause = min(2 * pause, 4)
                else:
                    raise

    def _may_appear(self, item: DesiredAssignment, pause: float) -> bool:
        return self.read_back.clock() + pause <= self.until and not self.is_hopeless(item)


def _read_back(
    client: AssignmentWriter, outcomes: Sequence[AssignmentOutcome], read_back: ReadBack
) -> list[AssignmentOutcome]:
    """Read until every outcome shows, or until the time is over; what somebody else created meanwhile counts as unchanged."""
    until = read_back.clock() + read_back.limit
    pause = 1.0
    settled: list[AssignmentOutcome] = []
    pending = list(outcomes)
    while pending:
        current = plan(client, [outcome.desired for outcome in pending], present=True)
        pending = [
            _adopted(client, outcome, now, read_back, until) for outcome, now in zip(pending, current, strict=True)
        ]
        pairs = [(outcome, now, _settled(outcome, now)) for outcome, now in zip(pending, current, strict=True)]
        settled += [done for _outcome, _now, done in pairs if done]
        still = [(outcome, now) for outcome, now, done in pairs if not done]
        pending = [outcome for outcome, _now in still]
        if pending and read_back.clock() + pause > until:
            return [*settled, *(_unsettled(outcome, now.error, read_back.enabled) for outcome, now in still)]
        if pending:
            read_back.sleep(pause)
            pause = min(pause * 2, 10)
    return settled


def _adopted(
    client: AssignmentWriter, outcome: AssignmentOutcome, now: AssignmentOutcome, read_back: ReadBack, until: float
) -> AssignmentOutcome:
    """The outcome; after a lost race whose winner chose other properties, those are updated."""
    if not outcome.error or now.state != "updated":
        return outcome
    return _Writer(client, read_back, until).write(replace(now, error=None))


def _settled(outcome: AssignmentOutcome, now: AssignmentOutcome) -> AssignmentOutcome | None:
    """The final outcome if the list shows what was written, None if it does not yet; ``now`` is a fresh plan."""
    if outcome.state == "removed":
        # A caller who removed its own access cannot see that it is gone.
        gone = now.state == "created" or (now.error is not None and now.error.code == "AuthorizationFailed")
        return outcome if gone else None
    if not now.existing or now.state == "updated":
        return None
    state = "unchanged" if outcome.error else outcome.state  # after an error, somebody else was first
    outcome = replace(outcome, existing=now.existing, state=state, error=None)
    return outcome.failed(now.error) if now.error else outcome


def _unsettled(outcome: AssignmentOutcome, reading: AzureError | None, expected: bool) -> AssignmentOutcome:
    """The outcome of what the list never showed, though that was ``expected`` or not; ``reading`` is why it could not be read."""
    if outcome.error:
        # Azure names the assignment without the dashes of its ID.
        match = _EXISTING_ID.search(outcome.error.message)
        name = guid(match[1]) if match and reading is None else None
        return _existing_elsewhere(outcome, name) if name else outcome
    if not expected:
        return outcome
    word = "still shows" if outcome.state == "removed" else "does not show"
    message = f"Azure accepted the change, but its list {word} the assignment."
    if reading:
        message = f"Azure accepted the change, but it could not be read back: {reading}"
    hint = "It can take up to 10 minutes; run again to check, or raise wait_timeout."
    return outcome.failed(AzureError(message, code="NotReadBack", hint=hint))


def _existing_elsewhere(outcome: AssignmentOutcome, name: str) -> AssignmentOutcome:
    """The outcome for an assignment that Azure says exists under this name, though its list does not show it yet."""
    item = outcome.desired
    path = f"{item.scope.path.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}"
    assignment = Assignment(path, name, item.scope, item.principal_id, item.properties(None).role_definition_id)
    return replace(outcome, state="unchanged", error=None, existing=(assignment,))
