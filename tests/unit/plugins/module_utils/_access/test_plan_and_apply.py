# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned and done about role assignments, with a gateway of a few lines."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.apply import apply
from ansible_collections.csp.azure.plugins.module_utils._access.plan import (
    AssignmentOutcome,
    plan,
    resolve_role,
)
from ansible_collections.csp.azure.plugins.module_utils._access.plan import (
    desired as desired_for,
)
from ansible_collections.csp.azure.plugins.module_utils._access.results import diff, result, summary
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment, DesiredAssignment
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.roles import OWNER, Role, RoleDefinition
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

from ..fakes import AGENTS, GROUP, OTHER, READER, ROOT, SUB, Azure, Clock, assignment, desired, error


@pytest.mark.parametrize(
    ("held", "requested", "present", "state"),
    [
        ([], desired(), True, "created"),
        ([], desired(), False, "absent"),
        ([assignment()], desired(), True, "unchanged"),
        ([assignment()], desired(), False, "removed"),
        ([assignment(SUB.upper())], desired(), True, "unchanged"),
        ([assignment(f"{SUB}/")], desired(), True, "unchanged"),
        ([assignment(role_definition_id=f"/providers/x/{OWNER.upper()}")], desired(), True, "unchanged"),
        ([assignment(role_definition_id=f"/providers/x/{READER}")], desired(), True, "created"),
        ([assignment(ROOT)], desired(), True, "created"),
        ([assignment("/")], desired(GROUP), True, "created"),
        ([assignment(SUB)], desired(GROUP), True, "created"),
        ([assignment(GROUP)], desired(SUB), True, "created"),
        ([assignment(GROUP)], desired(SUB), False, "absent"),
        ([assignment(description="old")], desired(), True, "unchanged"),
        ([assignment(description="old")], desired(description="old"), True, "unchanged"),
        ([assignment(description="old")], desired(description="new"), True, "updated"),
        ([assignment(description="old")], desired(description=""), True, "updated"),
        ([assignment(description="")], desired(description=""), True, "unchanged"),
        ([assignment(condition="c", condition_version="2.0")], desired(), True, "unchanged"),
        ([assignment(condition="c", condition_version="2.0")], desired(condition="c"), True, "unchanged"),
        (
            [assignment(condition="c", condition_version="1.0")],
            desired(condition="c", condition_version="2.0"),
            True,
            "updated",
        ),
        ([assignment(condition="c", condition_version="2.0")], desired(condition=""), True, "updated"),
        ([assignment(principal_type="Group")], desired(), True, "failed"),
        ([assignment(principal_type="Group")], desired(), False, "removed"),
        ([assignment(principal_type=None)], desired(), True, "unchanged"),
        ([assignment(principal_type="Unknown")], desired(), True, "unchanged"),
    ],
)
def test_the_plan(held: list[Assignment], requested: DesiredAssignment, present: bool, state: str) -> None:
    [row] = plan(Azure(*held), [requested], present)
    assert row.state == state


def test_a_plan_and_its_outcome_agree_and_the_second_run_changes_nothing() -> None:
    requested = [desired(), desired(GROUP, description="why"), desired(OTHER)]
    azure = Azure(assignment(GROUP, "theirs", description="else"))
    rows = plan(azure, requested, True)
    predicted = [row.state for row in rows]
    rows = apply(azure, rows, Clock().read_back())
    assert [row.state for row in rows] == predicted == ["created", "updated", "created"]
    assert ("put", "theirs") in azure.calls
    azure.calls.clear()
    second = plan(azure, requested, True)
    second = apply(azure, second, Clock().read_back())
    assert [row.state for row in second] == ["unchanged"] * 3
    assert azure.calls == []


def test_inherited_assignments_are_reported() -> None:
    azure = Azure(
        assignment(ROOT, "mg"),
        assignment("/", "root"),
        assignment(SUB, "sub"),
        assignment(GROUP, "self"),
        assignment(OTHER, "no"),
    )
    [row] = plan(azure, [desired(GROUP)], True)
    assert [item.name for item in row.inherited] == ["root", "mg", "sub"]
    [row] = plan(azure, [desired(ROOT)], True)
    assert [item.name for item in row.inherited] == ["root"]
    [row] = plan(Azure(assignment(ROOT), assignment(f"{ROOT}-child", "child")), [desired(f"{ROOT}-child")], True)
    assert (row.state, len(row.inherited)) == ("unchanged", 1)


@pytest.mark.parametrize(
    ("scopes", "lists"),
    [
        ([SUB], [SUB]),
        ([GROUP], [GROUP]),
        ([GROUP, SUB], [SUB]),
        ([f"{SUB}/resourceGroups/g{n}" for n in range(50)], [SUB]),
        ([SUB, OTHER, ROOT], [SUB, OTHER, ROOT]),
    ],
)
def test_a_subscription_costs_one_list(scopes: list[str], lists: list[str]) -> None:
    azure = Azure()
    plan(azure, [desired(scope) for scope in scopes], True)
    assert sorted(azure.lists) == sorted(lists)


def test_who_may_not_read_the_subscription_reads_each_scope() -> None:
    other_group = f"{SUB}/resourceGroups/data"
    azure = Azure(assignment(GROUP), errors={f"list {SUB}": [error("AuthorizationFailed")]})
    rows = plan(azure, [desired(GROUP), desired(other_group)], True)
    assert [row.state for row in rows] == ["unchanged", "created"]
    assert sorted(azure.lists[1:]) == sorted([GROUP, other_group])


@pytest.mark.parametrize("present", [True, False])
def test_a_failed_read_is_never_absent(present: bool) -> None:
    azure = Azure(errors={f"list {SUB}": [error("AuthorizationFailed")]})
    rows = plan(azure, [desired(SUB), desired(OTHER)], present)
    rows = apply(azure, rows, Clock().read_back())
    assert rows[0].state == "failed"
    assert rows[1].state == ("created" if present else "absent")
    assert not any(name == "n" for _verb, name in azure.calls)


def test_names_are_made_from_what_they_name() -> None:
    names = {
        item.new_name
        for item in (
            desired(),
            desired(GROUP),
            desired(role=READER),
            dataclasses.replace(desired(), principal_id=READER),
        )
    }
    assert len(names) == 4
    assert desired(SUB.upper().replace("/SUBSCRIPTIONS", "/subscriptions")).new_name == desired().new_name
    assert desired(description="x").new_name == desired().new_name
    assert desired().new_name == "36ad83ff-56a7-5b5d-8bb1-301f4d0beb5c"  # never changes: two versions must not make two


def test_one_failure_hides_nothing() -> None:
    locked = error("ScopeLocked", "locked")
    azure = Azure(errors={f"put {GROUP}": [locked]})
    rows = plan(azure, [desired(), desired(GROUP), desired(OTHER)], True)
    rows = apply(azure, rows, Clock().read_back())
    message = result(rows, diff(rows, True))
    assert [row["state"] for row in message["assignments"]] == ["created", "failed", "created"]
    assert message["failed"]
    assert message["changed"]
    assert message["error"]["code"] == "ScopeLocked"
    assert "1 of 3" in message["msg"]
    assert GROUP in message["msg"]


def test_a_reason_is_told_once() -> None:
    azure = Azure(errors={"put": [error("ScopeLocked", "locked") for _n in range(3)]})
    rows = plan(azure, [desired(), desired(GROUP), desired(OTHER)], True)
    rows = apply(azure, rows, Clock().read_back())
    assert result(rows, {})["msg"].count("ScopeLocked") == 1
    assert "and 2 more" in result(rows, {})["msg"]


class TestWriting:
    """What Azure may say to a write."""

    def write(self, azure: Azure, clock: Clock | None = None, **wait: Any) -> AssignmentOutcome:
        rows = plan(azure, [desired()], True)
        rows = apply(azure, rows, (clock or Clock()).read_back(**wait))
        return rows[0]

    def test_a_hash_conflict_takes_another_name(self) -> None:
        azure = Azure(errors={"put": [error("HashConflictOnDifferentRoleAssignmentIds")] * 2})
        assert self.write(azure).state == "created"
        assert len({name for _verb, name in azure.calls}) == 3

    def test_hash_conflicts_end(self) -> None:
        azure = Azure(errors={"put": [error("HashConflictOnDifferentRoleAssignmentIds")] * 9})
        assert self.write(azure).state == "failed"
        assert len(azure.calls) == 4

    def test_a_lost_race_is_no_failure(self) -> None:
        azure = Azure(errors={"put": [error("RoleAssignmentExists")]})
        rows = plan(azure, [desired()], True)
        azure.held.append(assignment(name="theirs"))
        rows = apply(azure, rows, Clock().read_back())
        assert rows[0].state == "unchanged"
        assert rows[0].existing[0].name == "theirs"
        assert not result(rows, {})["changed"]

    @pytest.mark.parametrize("word", ["existing", "conflicting"])
    def test_a_lost_race_that_no_list_shows_is_believed_if_azure_names_the_other(self, word: str) -> None:
        text = f"The role assignment already exists. The ID of the {word} role assignment is 593d47719b195096804b7b96d6e5a5ac."
        row = self.write(Azure(errors={"put": [error("RoleAssignmentExists", text)]}))
        assert row.state == "unchanged"
        assert row.existing[0].id.endswith("/roleAssignments/593d4771-9b19-5096-804b-7b96d6e5a5ac")

    def test_a_race_lost_to_another_condition_is_put_right(self) -> None:
        azure = Azure(errors={"put": [error("RoleAssignmentExists")]})
        rows = plan(azure, [desired(condition="only this")], True)
        azure.held.append(assignment(name="theirs"))
        rows = apply(azure, rows, Clock().read_back())
        assert rows[0].state == "updated"
        assert ("put", "theirs") in azure.calls
        assert azure.held[0].condition == "only this"
        assert result(rows, {})["changed"]

    def test_a_lost_race_that_nobody_names_is_a_failure(self) -> None:
        clock = Clock()
        row = self.write(Azure(errors={"put": [error("RoleAssignmentExists")]}), clock, seconds=5)
        assert row.state == "failed"
        assert clock.now <= 5

    @pytest.mark.parametrize(("times", "state"), [(3, "created"), (9, "failed")])
    def test_a_principal_may_need_some_seconds(self, times: int, state: str) -> None:
        clock = Clock()
        row = self.write(Azure(errors={"put": [error("PrincipalNotFound")] * times}), clock)
        assert row.state == state
        assert clock.now <= 15

    def test_an_unknown_principal_is_not_waited_for_beyond_the_timeout(self) -> None:
        clock = Clock()
        assert self.write(Azure(errors={"put": [error("PrincipalNotFound")] * 9}), clock, seconds=2).state == "failed"
        assert clock.now <= 2

    def test_the_wrong_people_are_a_loud_failure(self) -> None:
        azure = Azure()
        azure.put_assignment = lambda scope, name, properties: assignment(scope, name, principal_type="Group")  # type: ignore
        row = self.write(azure)
        assert row.error
        assert row.error.code == "WrongPrincipalType"
        assert "wrong people" in row.error.message

    def test_it_is_read_back_until_it_shows(self) -> None:
        clock = Clock()
        azure = Azure(lag=2)
        assert self.write(azure, clock).state == "created"
        assert len(azure.lists) == 4
        assert clock.slept == [1, 2]

    def test_what_never_shows_is_a_failure(self) -> None:
        clock = Clock()
        row = self.write(Azure(lag=99), clock, seconds=30)
        assert row.error
        assert row.error.code == "NotReadBack"
        assert clock.now <= 30
        assert result([row], {})["changed"]

    def test_a_read_back_that_fails_says_why(self) -> None:
        azure = Azure()
        rows = plan(azure, [desired()], True)
        azure.errors["list"] = [error("ServerTimeout", "late")] * 99
        rows = apply(azure, rows, Clock().read_back(seconds=5))
        assert rows[0].error
        assert "could not be read back: ServerTimeout: late" in rows[0].error.message

    def test_without_wait_nothing_is_read_back(self) -> None:
        azure = Azure(lag=99)
        assert self.write(azure, enabled=False).state == "created"
        assert azure.lists == [SUB]


class TestRemoving:
    """What removing does."""

    def test_all_of_the_triple_go(self) -> None:
        azure = Azure(assignment(name="one"), assignment(name="two"), assignment(GROUP, "three"))
        rows = plan(azure, [desired()], False)
        rows = apply(azure, rows, Clock().read_back())
        assert rows[0].state == "removed"
        assert [item.name for item in azure.held] == ["three"]

    def test_what_somebody_else_removed_is_absent(self) -> None:
        azure = Azure(assignment())
        rows = plan(azure, [desired()], False)
        azure.held.clear()
        rows = apply(azure, rows, Clock().read_back())
        assert rows[0].state == "absent"

    def test_one_that_stays_keeps_no_other(self) -> None:
        azure = Azure(assignment(name="one"), assignment(name="two"), errors={"delete": [error("ScopeLocked")]})
        rows = plan(azure, [desired()], False)
        rows = apply(azure, rows, Clock().read_back())
        assert [item.name for item in azure.held] == ["one"]
        message = result(rows, {})
        assert message["failed"]
        assert message["changed"]

    def test_who_removes_its_own_access_is_believed(self) -> None:
        azure = Azure(assignment(), errors={"list": []})
        rows = plan(azure, [desired()], False)
        azure.errors["list"] = [error("AuthorizationFailed")] * 99
        clock = Clock()
        rows = apply(azure, rows, clock.read_back())
        assert rows[0].state == "removed"
        assert clock.now == 0

    def test_a_lock_is_a_failure(self) -> None:
        azure = Azure(assignment(), errors={"delete": [error("ScopeLocked")]})
        rows = plan(azure, [desired()], False)
        rows = apply(azure, rows, Clock().read_back())
        assert rows[0].state == "failed"
        assert result(rows, {})["error"]["code"] == "ScopeLocked"


@pytest.mark.parametrize(
    ("role", "result"),
    [
        ("Owner", Role(OWNER, "Owner")),
        (" owner ", Role(OWNER, "Owner")),
        (OWNER.upper(), Role(OWNER, "Owner")),
        (f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}", Role(OWNER, "Owner")),
        (
            "99999999-0000-4000-8000-000000000001",
            Role("99999999-0000-4000-8000-000000000001", "99999999-0000-4000-8000-000000000001"),
        ),
        ("Ticket desk", Role("abc", "Ticket desk")),
    ],
)
def test_a_role_by_name_guid_or_id(role: str, result: Role) -> None:
    azure = Azure()
    assert resolve_role(azure, role, parse(SUB)) == result
    assert len(azure.calls) == (role == "Ticket desk")


@pytest.mark.parametrize(("role", "result"), [("Nobody", "0 roles"), ("Twice", "a/1, a/2")])
def test_a_role_must_be_one(role: str, result: str) -> None:
    with pytest.raises(AzureError, match=result):
        resolve_role(Azure(), role, parse(SUB))


def test_a_role_is_resolved_once_per_subscription() -> None:
    azure = Azure()
    result = desired_for(azure, [parse(SUB), parse(GROUP), parse(OTHER)], AGENTS, "Ticket desk")
    assert [item.role.id for item in result] == ["abc"] * 3
    assert len(azure.calls) == 2


def test_a_role_that_is_not_there_fails_its_rows_only() -> None:
    class OnlyBelow(Azure):
        def role_definitions(self, scope: str, name: str) -> list[RoleDefinition]:
            return [RoleDefinition("x/abc", name, False)] if scope == GROUP else []

    azure = OnlyBelow()
    rows = plan(azure, desired_for(azure, [parse(GROUP), parse(OTHER)], AGENTS, "Ticket desk"), True)
    assert [row.state for row in rows] == ["created", "failed"]
    assert "0 roles are called" in rows[1].error.message


def test_two_roles_that_are_not_there_are_two_rows() -> None:
    azure = Azure()
    both = [item for role in ("Nobody", "No one") for item in desired_for(azure, [parse(SUB)], AGENTS, role)]
    assert [(row.desired.role.name, row.state) for row in plan(azure, both, True)] == [
        ("Nobody", "failed"),
        ("No one", "failed"),
    ]


def test_the_diff_shows_only_what_changes() -> None:
    azure = Azure(assignment(GROUP, description="old"), assignment(OTHER))
    rows = plan(azure, [desired(), desired(GROUP, description="new"), desired(OTHER)], True)
    result = diff(rows, True)
    assert list(result["before"]) == list(result["after"])
    assert [value if isinstance(value, str) else value["description"] for value in result["before"].values()] == [
        "absent",
        "old",
    ]
    assert [value["description"] for value in result["after"].values()] == [None, "new"]
    assert set(diff(plan(azure, [desired(OTHER)], False), False)["after"].values()) == {"absent"}


def test_the_summary_is_for_people() -> None:
    rows = plan(Azure(assignment(ROOT, "mg")), [desired(GROUP)], True)
    assert summary(rows, True)[0].startswith(f"would be created: Owner of {AGENTS} at {GROUP}")
    assert "also inherits" in summary(rows, False)[0]
