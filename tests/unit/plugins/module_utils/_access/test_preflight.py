# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is checked before something is written."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.checks import Check, refused_by
from ansible_collections.csp.azure.plugins.module_utils._access.plan import AssignmentOutcome
from ansible_collections.csp.azure.plugins.module_utils._access.preflight import check_permission, check_places
from ansible_collections.csp.azure.plugins.module_utils._access.relationship import check_relationship
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.permissions import Permission

from ..fakes import DATA, GROUP, SUB, answered, assignment, desired

OWNER = [Permission(("*",))]
CALLER = Caller("t", "o", "a")


def outcome(scope: str = SUB) -> AssignmentOutcome:
    return AssignmentOutcome(desired(scope), "created")


class Arm:
    def __init__(
        self, held: dict[str, Any], state: Any = "Enabled", groups: Any = ("Web",), condition: Any = None
    ) -> None:
        self.held, self.state, self.groups, self.condition = held, state, groups, condition
        self.asked: list[str] = []

    def subscription_state(self, subscription: str) -> str:
        return answered(self.state)

    def resource_groups(self, subscription: str) -> list[str]:
        return answered(self.groups)

    def assignments_reaching(self, scope: str, object_id: str) -> list[Assignment]:
        return [assignment(condition=answered(self.condition))]

    def permissions(self, scope: str) -> list[Permission]:
        self.asked.append(scope)
        answer = self.held.get(scope, [])
        if isinstance(answer, AzureError):
            raise answer
        return answer


def test_nothing_to_write_asks_nothing() -> None:
    nobody: Any = None
    assert check_relationship(nobody, [], False) == []
    assert check_permission(Arm({}), [], CALLER) == []


def test_the_first_refusal_counts_and_only_what_is_to_be_written_fails() -> None:
    to_write, unchanged = outcome(), AssignmentOutcome(desired(GROUP), "unchanged")
    keys = frozenset({to_write.desired.key, unchanged.desired.key})
    checks = [
        Check("a", "refused", "", AzureError("first"), keys),
        Check("b", "refused", "", AzureError("second"), keys),
    ]
    failed, same = refused_by(checks, [to_write, unchanged])
    assert failed.error
    assert (failed.state, failed.error.message) == ("failed", "first")
    assert same == unchanged


@pytest.mark.parametrize(
    ("state", "groups", "codes"),
    [
        ("Enabled", ["Web"], [None, None, "ResourceGroupNotFound"]),
        ("Warned", ["web", "data"], [None, None, None]),
        ("Disabled", [], ["ReadOnlyDisabledSubscription"] * 3),
        ("Deleted", [], ["ReadOnlyDisabledSubscription"] * 3),
        (AzureError("no"), AzureError("no"), [None, None, None]),
    ],
)
def test_the_places(state: Any, groups: Any, codes: list[str | None]) -> None:
    outcomes = [outcome(SUB), outcome(GROUP), outcome(DATA), outcome("/providers/Microsoft.Capacity")]
    checks = check_places(Arm({}, state, groups), outcomes)
    outcomes = refused_by(checks, outcomes)
    assert [item.error.code if item.error else None for item in outcomes] == [*codes, None]
    assert {check.outcome for check in checks} <= {"refused"}
    assert bool(checks) == any(codes)
    if state in ("Disabled", "Deleted"):
        assert f"is {state.lower()}." in checks[0].message


@pytest.mark.parametrize(("condition", "expected"), [(None, "ok"), ("c", "unknown"), (AzureError("no"), "ok")])
def test_a_condition_on_the_caller_is_reported(condition: Any, expected: str) -> None:
    [check] = check_permission(Arm({SUB: OWNER}, condition=condition), [outcome()], CALLER)
    assert (check.outcome, check.error) == (expected, None)


@pytest.mark.parametrize(
    ("scopes", "held", "states", "requested"),
    [
        ([SUB], {SUB: OWNER}, ["created"], [SUB]),
        ([SUB], {}, ["failed"], [SUB]),
        ([GROUP], {GROUP: OWNER}, ["created"], [GROUP]),
        ([GROUP, DATA], {SUB: OWNER}, ["created", "created"], [SUB]),
        ([GROUP, DATA], {GROUP: OWNER}, ["created", "failed"], [SUB, GROUP, DATA]),
        ([GROUP, DATA], {SUB: AzureError("no"), GROUP: OWNER, DATA: OWNER}, ["created", "created"], [SUB, GROUP, DATA]),
        ([GROUP], {GROUP: AzureError("no")}, ["created"], [GROUP]),
    ],
)
def test_the_permission(scopes: list[str], held: dict[str, Any], states: list[str], requested: list[str]) -> None:
    arm = Arm(held)
    outcomes = [outcome(scope) for scope in scopes]
    outcomes = refused_by(check_permission(arm, outcomes, CALLER), outcomes)
    assert [item.state for item in outcomes] == states
    assert arm.asked == requested
    for item in outcomes:
        if item.error:
            assert "Microsoft.Authorization/roleAssignments/write" in item.error.message
            assert "Owner" in item.error.hint


@pytest.mark.parametrize(
    ("caller", "who", "assignee"),
    [
        (Caller("t", "o", "a", "app"), "The application a of the tenant t lacks", "--assignee a "),
        (Caller("t", "o", "a", "user"), "The user o of the tenant t lacks", "--assignee o "),
        (Caller("t", "o"), "The caller o of the tenant t lacks", "--assignee o "),
    ],
)
def test_who_lacks_the_permission_and_how_to_get_it(caller: Caller, who: str, assignee: str) -> None:
    [check] = check_permission(Arm({}), [outcome()], caller)
    assert check.message.startswith(who)
    assert check.error
    assert f"az role assignment create {assignee}" in check.error.hint
    assert check.error.hint.endswith(f"--scope {SUB}")


def test_an_unknown_caller_gets_no_command() -> None:
    [check] = check_permission(Arm({}), [outcome()], Caller())
    assert check.error
    assert "az role" not in check.error.hint
