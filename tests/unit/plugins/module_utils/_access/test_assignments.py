# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned and done about role assignments, with a gateway of a few lines."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.assignments import (
    Role,
    Row,
    Wait,
    Wanted,
    apply,
    diff,
    plan,
    resolve_role,
    result,
    summary,
    wants,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.roles import OWNER
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

SUB = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUB}/resourceGroups/web"
OTHER = "/subscriptions/11111111-1111-4111-8111-111111111112"
ROOT = "/providers/Microsoft.Management/managementGroups/root"
AGENTS = "065b0bfc-0000-4000-8000-000000000001"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def wanted(scope: str = SUB, **more: Any) -> Wanted:
    return Wanted(parse(scope), AGENTS, Role(more.pop("role", OWNER), "Owner"), **more)


def assignment(scope: str = SUB, name: str = "n", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "scope": scope,
        "principal_id": AGENTS,
        "principal_type": "ForeignGroup",
        "role_definition_id": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}",
        "description": None,
        "condition": None,
        "condition_version": None,
        **more,
    }


def refusal(code: str, message: str = "") -> AzureError:
    return AzureError(message or code, code=code)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    def wait(self, read_back: bool = True, seconds: float = 60) -> Wait:
        return Wait(read_back, seconds, self.sleep, lambda: self.now)


class Azure:
    """A gateway that keeps assignments in a list; ``errors`` are raised by scope or name of the method, one after the other."""

    def __init__(self, *held: dict[str, Any], errors: dict[str, list[AzureError]] | None = None, lag: int = 0) -> None:
        self.held = list(held)
        self.errors = errors or {}
        self.calls: list[tuple[str, str]] = []
        self.hidden = lag
        self.lists: list[str] = []

    def _maybe_fail(self, *keys: str) -> None:
        for key in keys:
            if self.errors.get(key):
                raise self.errors[key].pop(0)

    def assignments_of(self, scope: str, principal_id: str) -> list[dict[str, Any]]:
        self.lists.append(scope)
        self._maybe_fail(f"list {scope}", "list")
        written = [one for one in self.held if one.get("written")]
        if written and self.hidden:
            self.hidden -= 1
            return [one for one in self.held if not one.get("written")]
        return [one for one in self.held if one["principal_id"].lower() == principal_id]

    def put_assignment(self, scope: str, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(("put", name))
        self._maybe_fail(f"put {scope}", "put")
        found = assignment(
            scope,
            name,
            written=True,
            **{
                key: properties[key]
                for key in ("description", "condition", "condition_version", "principal_type", "role_definition_id")
            },
        )
        self.held = [one for one in self.held if one["name"] != name] + [found]
        return found

    def delete_assignment(self, assignment_id: str) -> bool:
        self.calls.append(("delete", assignment_id))
        self._maybe_fail("delete")
        before = len(self.held)
        self.held = [one for one in self.held if one["id"] != assignment_id]
        return len(self.held) < before

    def role_definitions(self, scope: str, name: str) -> list[dict[str, Any]]:
        self.calls.append(("roles", name))
        return {"Ticket desk": [{"id": f"{scope}/x/ABC", "name": name}], "Twice": [{"id": "a/1"}, {"id": "a/2"}]}.get(
            name, []
        )


@pytest.mark.parametrize(
    ("held", "asked", "present", "state"),
    [
        ([], wanted(), True, "created"),
        ([], wanted(), False, "absent"),
        ([assignment()], wanted(), True, "unchanged"),
        ([assignment()], wanted(), False, "removed"),
        ([assignment(SUB.upper())], wanted(), True, "unchanged"),
        ([assignment(f"{SUB}/")], wanted(), True, "unchanged"),
        ([assignment(principal_id=AGENTS.upper())], wanted(), True, "unchanged"),
        ([assignment(role_definition_id=f"/providers/x/{OWNER.upper()}")], wanted(), True, "unchanged"),
        ([assignment(role_definition_id=f"/providers/x/{READER}")], wanted(), True, "created"),
        ([assignment(ROOT)], wanted(), True, "created"),
        ([assignment("/")], wanted(GROUP), True, "created"),
        ([assignment(SUB)], wanted(GROUP), True, "created"),
        ([assignment(GROUP)], wanted(SUB), True, "created"),
        ([assignment(GROUP)], wanted(SUB), False, "absent"),
        ([assignment(description="old")], wanted(), True, "unchanged"),
        ([assignment(description="old")], wanted(description="old"), True, "unchanged"),
        ([assignment(description="old")], wanted(description="new"), True, "updated"),
        ([assignment(description="old")], wanted(description=""), True, "updated"),
        ([assignment(description="")], wanted(description=""), True, "unchanged"),
        ([assignment(condition="c", condition_version="2.0")], wanted(), True, "unchanged"),
        ([assignment(condition="c", condition_version="2.0")], wanted(condition="c"), True, "unchanged"),
        (
            [assignment(condition="c", condition_version="1.0")],
            wanted(condition="c", condition_version="2.0"),
            True,
            "updated",
        ),
        ([assignment(condition="c", condition_version="2.0")], wanted(condition=""), True, "updated"),
        ([assignment(principal_type="Group")], wanted(), True, "failed"),
        ([assignment(principal_type="Group")], wanted(), False, "removed"),
        ([assignment(principal_type=None)], wanted(), True, "unchanged"),
        ([assignment(principal_type="Unknown")], wanted(), True, "unchanged"),
    ],
)
def test_the_plan(held: list[dict], asked: Wanted, present: bool, state: str) -> None:
    [row] = plan(Azure(*held), [asked], present)
    assert row.state == state


def test_a_plan_and_its_outcome_agree_and_the_second_run_changes_nothing() -> None:
    asked = [wanted(), wanted(GROUP, description="why"), wanted(OTHER)]
    azure = Azure(assignment(GROUP, "theirs", description="else"))
    rows = plan(azure, asked, True)
    predicted = [row.state for row in rows]
    apply(azure, rows, Clock().wait())
    assert [row.state for row in rows] == predicted == ["created", "updated", "created"]
    assert ("put", "theirs") in azure.calls
    azure.calls.clear()
    again = plan(azure, asked, True)
    apply(azure, again, Clock().wait())
    assert [row.state for row in again] == ["unchanged"] * 3
    assert azure.calls == []


def test_inherited_assignments_are_reported() -> None:
    azure = Azure(
        assignment(ROOT, "mg"),
        assignment("/", "root"),
        assignment(SUB, "sub"),
        assignment(GROUP, "self"),
        assignment(OTHER, "no"),
    )
    [row] = plan(azure, [wanted(GROUP)], True)
    assert [one.rpartition("/")[2] for one in row.inherited_from] == ["root", "mg", "sub"]
    [row] = plan(azure, [wanted(ROOT)], True)
    assert [one.rpartition("/")[2] for one in row.inherited_from] == ["root"]
    [row] = plan(Azure(assignment(ROOT), assignment(f"{ROOT}-child", "child")), [wanted(f"{ROOT}-child")], True)
    assert (row.state, len(row.inherited_from)) == ("unchanged", 1)


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
    plan(azure, [wanted(scope) for scope in scopes], True)
    assert sorted(azure.lists) == sorted(lists)


def test_who_may_not_read_the_subscription_reads_each_scope() -> None:
    other_group = f"{SUB}/resourceGroups/data"
    azure = Azure(assignment(GROUP), errors={f"list {SUB}": [refusal("AuthorizationFailed")]})
    rows = plan(azure, [wanted(GROUP), wanted(other_group)], True)
    assert [row.state for row in rows] == ["unchanged", "created"]
    assert sorted(azure.lists[1:]) == sorted([GROUP, other_group])


@pytest.mark.parametrize("present", [True, False])
def test_a_failed_read_is_never_absent(present: bool) -> None:
    azure = Azure(errors={f"list {SUB}": [refusal("AuthorizationFailed")]})
    rows = plan(azure, [wanted(SUB), wanted(OTHER)], present)
    apply(azure, rows, Clock().wait())
    assert rows[0].state == "failed"
    assert rows[1].state == ("created" if present else "absent")
    assert not any(name == "n" for _verb, name in azure.calls)


def test_names_are_made_from_what_they_name() -> None:
    names = {
        one.new_name
        for one in (wanted(), wanted(GROUP), wanted(role=READER), dataclasses.replace(wanted(), principal_id=READER))
    }
    assert len(names) == 4
    assert wanted(SUB.upper().replace("/SUBSCRIPTIONS", "/subscriptions")).new_name == wanted().new_name
    assert wanted(description="x").new_name == wanted().new_name
    assert wanted().new_name == "36ad83ff-56a7-5b5d-8bb1-301f4d0beb5c"  # never changes: two versions must not make two


def test_one_failure_hides_nothing() -> None:
    locked = refusal("ScopeLocked", "locked")
    azure = Azure(errors={f"put {GROUP}": [locked]})
    rows = plan(azure, [wanted(), wanted(GROUP), wanted(OTHER)], True)
    apply(azure, rows, Clock().wait())
    told = result(rows, diff(rows, True), {"tenant": "t"})
    assert [row["state"] for row in told["assignments"]] == ["created", "failed", "created"]
    assert told["failed"]
    assert told["changed"]
    assert told["error"]["code"] == "ScopeLocked"
    assert "1 of 3" in told["msg"]
    assert GROUP in told["msg"]


def test_a_reason_is_told_once() -> None:
    azure = Azure(errors={"put": [refusal("ScopeLocked", "locked") for _n in range(3)]})
    rows = plan(azure, [wanted(), wanted(GROUP), wanted(OTHER)], True)
    apply(azure, rows, Clock().wait())
    assert result(rows, {}, {})["msg"].count("ScopeLocked") == 1
    assert "and 2 more" in result(rows, {}, {})["msg"]


class TestWriting:
    """What Azure may say to a write."""

    def write(self, azure: Azure, clock: Clock | None = None, **wait: Any) -> Row:
        rows = plan(azure, [wanted()], True)
        apply(azure, rows, (clock or Clock()).wait(**wait))
        return rows[0]

    def test_a_hash_conflict_takes_another_name(self) -> None:
        azure = Azure(errors={"put": [refusal("HashConflictOnDifferentRoleAssignmentIds")] * 2})
        assert self.write(azure).state == "created"
        assert len({name for _verb, name in azure.calls}) == 3

    def test_hash_conflicts_end(self) -> None:
        azure = Azure(errors={"put": [refusal("HashConflictOnDifferentRoleAssignmentIds")] * 9})
        assert self.write(azure).state == "failed"
        assert len(azure.calls) == 4

    def test_a_lost_race_is_no_failure(self) -> None:
        azure = Azure(errors={"put": [refusal("RoleAssignmentExists")]})
        rows = plan(azure, [wanted()], True)
        azure.held.append(assignment(name="theirs"))
        apply(azure, rows, Clock().wait())
        assert rows[0].state == "unchanged"
        assert rows[0].existing[0]["name"] == "theirs"
        assert not result(rows, {}, {})["changed"]

    @pytest.mark.parametrize("word", ["existing", "conflicting"])
    def test_a_lost_race_that_no_list_shows_is_believed_if_azure_names_the_other(self, word: str) -> None:
        text = f"The role assignment already exists. The ID of the {word} role assignment is 593d47719b195096804b7b96d6e5a5ac."
        row = self.write(Azure(errors={"put": [refusal("RoleAssignmentExists", text)]}))
        assert row.state == "unchanged"
        assert row.existing[0]["id"].endswith("/roleAssignments/593d4771-9b19-5096-804b-7b96d6e5a5ac")

    def test_a_race_lost_to_another_condition_is_put_right(self) -> None:
        azure = Azure(errors={"put": [refusal("RoleAssignmentExists")]})
        rows = plan(azure, [wanted(condition="only this")], True)
        azure.held.append(assignment(name="theirs"))
        apply(azure, rows, Clock().wait())
        assert rows[0].state == "updated"
        assert ("put", "theirs") in azure.calls
        assert azure.held[0]["condition"] == "only this"
        assert result(rows, {}, {})["changed"]

    def test_a_lost_race_that_nobody_names_is_a_failure(self) -> None:
        clock = Clock()
        row = self.write(Azure(errors={"put": [refusal("RoleAssignmentExists")]}), clock, seconds=5)
        assert row.state == "failed"
        assert clock.now <= 5

    @pytest.mark.parametrize(("times", "state"), [(3, "created"), (9, "failed")])
    def test_a_principal_may_need_some_seconds(self, times: int, state: str) -> None:
        clock = Clock()
        row = self.write(Azure(errors={"put": [refusal("PrincipalNotFound")] * times}), clock)
        assert row.state == state
        assert clock.now <= 15

    def test_an_unknown_principal_is_not_waited_for_beyond_the_timeout(self) -> None:
        clock = Clock()
        assert self.write(Azure(errors={"put": [refusal("PrincipalNotFound")] * 9}), clock, seconds=2).state == "failed"
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
        assert result([row], {}, {})["changed"]

    def test_a_read_back_that_fails_says_why(self) -> None:
        azure = Azure()
        rows = plan(azure, [wanted()], True)
        azure.errors["list"] = [refusal("ServerTimeout", "late")] * 99
        apply(azure, rows, Clock().wait(seconds=5))
        assert rows[0].error
        assert "could not be read back: ServerTimeout: late" in rows[0].error.message

    def test_without_wait_nothing_is_read_back(self) -> None:
        azure = Azure(lag=99)
        assert self.write(azure, read_back=False).state == "created"
        assert azure.lists == [SUB]


class TestRemoving:
    """What removing does."""

    def test_all_of_the_triple_go(self) -> None:
        azure = Azure(assignment(name="one"), assignment(name="two"), assignment(GROUP, "three"))
        rows = plan(azure, [wanted()], False)
        apply(azure, rows, Clock().wait())
        assert rows[0].state == "removed"
        assert [one["name"] for one in azure.held] == ["three"]

    def test_what_somebody_else_removed_is_absent(self) -> None:
        azure = Azure(assignment())
        rows = plan(azure, [wanted()], False)
        azure.held.clear()
        apply(azure, rows, Clock().wait())
        assert rows[0].state == "absent"

    def test_one_that_stays_keeps_no_other(self) -> None:
        azure = Azure(assignment(name="one"), assignment(name="two"), errors={"delete": [refusal("ScopeLocked")]})
        rows = plan(azure, [wanted()], False)
        apply(azure, rows, Clock().wait())
        assert [one["name"] for one in azure.held] == ["one"]
        told = result(rows, {}, {})
        assert told["failed"]
        assert told["changed"]

    def test_who_removes_its_own_access_is_believed(self) -> None:
        azure = Azure(assignment(), errors={"list": []})
        rows = plan(azure, [wanted()], False)
        azure.errors["list"] = [refusal("AuthorizationFailed")] * 99
        clock = Clock()
        apply(azure, rows, clock.wait())
        assert rows[0].state == "removed"
        assert clock.now == 0

    def test_a_lock_is_a_failure(self) -> None:
        azure = Azure(assignment(), errors={"delete": [refusal("ScopeLocked")]})
        rows = plan(azure, [wanted()], False)
        apply(azure, rows, Clock().wait())
        assert rows[0].state == "failed"
        assert result(rows, {}, {})["error"]["code"] == "ScopeLocked"


@pytest.mark.parametrize(
    ("role", "found"),
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
def test_a_role_by_name_guid_or_id(role: str, found: Role) -> None:
    azure = Azure()
    assert resolve_role(azure, role, parse(SUB)) == found
    assert len(azure.calls) == (role == "Ticket desk")


@pytest.mark.parametrize(("role", "told"), [("Nobody", "0 roles"), ("Twice", "a/1, a/2")])
def test_a_role_must_be_one(role: str, told: str) -> None:
    with pytest.raises(AzureError, match=told):
        resolve_role(Azure(), role, parse(SUB))


def test_a_role_is_resolved_once_per_subscription() -> None:
    azure = Azure()
    found = wants(azure, [parse(SUB), parse(GROUP), parse(OTHER)], AGENTS, "Ticket desk")
    assert [one.role.id for one in found] == ["abc"] * 3
    assert len(azure.calls) == 2


def test_a_role_that_is_not_there_fails_its_rows_only() -> None:
    class OnlyBelow(Azure):
        def role_definitions(self, scope: str, name: str) -> list[dict[str, Any]]:
            return [{"id": "x/abc", "name": name}] if scope == GROUP else []

    azure = OnlyBelow()
    rows = plan(azure, wants(azure, [parse(GROUP), parse(OTHER)], AGENTS, "Ticket desk"), True)
    assert [row.state for row in rows] == ["created", "failed"]
    assert "0 roles are called" in rows[1].error.message


def test_two_roles_that_are_not_there_are_two_rows() -> None:
    azure = Azure()
    both = [one for role in ("Nobody", "No one") for one in wants(azure, [parse(SUB)], AGENTS, role)]
    assert [(row.wanted.role.name, row.state) for row in plan(azure, both, True)] == [
        ("Nobody", "failed"),
        ("No one", "failed"),
    ]


def test_the_diff_shows_only_what_changes() -> None:
    azure = Azure(assignment(GROUP, description="old"), assignment(OTHER))
    rows = plan(azure, [wanted(), wanted(GROUP, description="new"), wanted(OTHER)], True)
    told = diff(rows, True)
    assert list(told["before"]) == list(told["after"])
    assert [value if isinstance(value, str) else value["description"] for value in told["before"].values()] == [
        "absent",
        "old",
    ]
    assert [value["description"] for value in told["after"].values()] == [None, "new"]
    assert set(diff(plan(azure, [wanted(OTHER)], False), False)["after"].values()) == {"absent"}


def test_the_summary_is_for_people() -> None:
    rows = plan(Azure(assignment(ROOT, "mg")), [wanted(GROUP)], True)
    assert summary(rows, True)[0].startswith(f"would be created: Owner of {AGENTS} at {GROUP}")
    assert "from above too" in summary(rows, False)[0]
