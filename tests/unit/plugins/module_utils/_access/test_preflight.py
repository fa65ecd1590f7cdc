# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is checked before a customer's access is written."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.assignments import Role, Row, Wanted
from ansible_collections.csp.azure.plugins.module_utils._access.preflight import (
    Sale,
    ask_partner_center,
    check_permission,
    check_places,
    check_relationship,
    step,
    visible_subscriptions,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

SUB = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUB}/resourceGroups/web"
DATA = f"{SUB}/resourceGroups/data"
AGENTS = "065b0bfc-0000-4000-8000-000000000001"
OWNER = [{"actions": ["*"], "notActions": []}]
KNOWN = {"id": AGENTS, "type": "ForeignGroup", "display_name": "Foreign Principal", "partner_tenant_id": "p"}
CALLER = {"tenant": "t", "object_id": "o", "application_id": "a"}


def row(scope: str = SUB) -> Row:
    return Row(Wanted(parse(scope), AGENTS, Role("r", "Owner")), "created")


def answered(answer: Any) -> Any:
    if isinstance(answer, AzureError):
        raise answer
    return answer


class Directory:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def principals(self, ids: list[str]) -> list[dict[str, Any]]:
        return answered(self.answer)


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

    def assignments_reaching(self, scope: str, object_id: str) -> list[dict[str, Any]]:
        return [{"condition": answered(self.condition)}]

    def permissions(self, scope: str) -> list[dict[str, Any]]:
        self.asked.append(scope)
        answer = self.held.get(scope, [])
        if isinstance(answer, AzureError):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("answer", "check_mode", "outcome", "code"),
    [
        ([KNOWN], False, "ok", None),
        ([], False, "unknown", None),
        ([], True, "refused", "PrincipalNotFound"),
        ([{**KNOWN, "type": "Group"}], False, "refused", "WrongPrincipalType"),
        ([{**KNOWN, "type": "ServicePrincipal"}], True, "refused", "WrongPrincipalType"),
        (AzureError("Insufficient", code="Authorization_RequestDenied"), False, "unknown", None),
        (AzureError("Insufficient", code="Authorization_RequestDenied"), True, "unknown", None),
    ],
)
def test_the_relationship(answer: Any, check_mode: bool, outcome: str, code: str | None) -> None:
    one = row()
    [told] = check_relationship(lambda: Directory(answer), [one], check_mode)
    assert told["outcome"] == outcome
    assert (one.error.code if one.error else None) == code


NO_SALE = Sale(step("partner_center", "refused", "no"), frozenset({AGENTS}), AzureError("no", code="NoRelationship"))


@pytest.mark.parametrize(
    ("answer", "groups", "code"),
    [
        ([KNOWN], {AGENTS}, None),  # the customer knows the group: then it works whatever Partner Center says
        ([], {AGENTS}, "NoRelationship"),
        ([], {"another partner's"}, None),
        ([{**KNOWN, "type": "Group"}], {AGENTS}, "WrongPrincipalType"),
        (AzureError("Insufficient", code="Authorization_RequestDenied"), {AGENTS}, "NoRelationship"),
        (AzureError("Insufficient", code="Authorization_RequestDenied"), {"another partner's"}, None),
    ],
)
def test_where_partner_center_knows_no_relationship(answer: Any, groups: set[str], code: str | None) -> None:
    one = row()
    sale = dataclasses.replace(NO_SALE, groups=frozenset(groups))
    steps = check_relationship(lambda: Directory(answer), [one], False, sale)
    assert (one.error.code if one.error else None) == code
    assert steps[0] == NO_SALE.told


class Center:
    def __init__(self, relationship: Any, url: Any) -> None:
        self.caller = {"tenant": "the partner"}
        self.relationship, self.url = relationship, url

    def customer(self, tenant_id: str) -> dict[str, Any]:
        return {"relationship": answered(self.relationship)}

    def relationship_request(self) -> str:
        return answered(self.url)


@pytest.mark.parametrize(
    ("relationship", "url", "outcome", "told"),
    [
        ("reseller", "", "ok", None),
        ("advisor", "", "ok", None),
        ("none", "https://x", "refused", "open https://x and accept"),
        ("none", AzureError("no", code="2032"), "refused", "requests in Partner Center"),
        (AzureError("no", code="900421"), "", "unknown", None),
    ],
)
def test_what_partner_center_says(relationship: Any, url: Any, outcome: str, told: str | None) -> None:
    sale = ask_partner_center(lambda: Center(relationship, url), "c", frozenset({AGENTS}))
    assert sale.told["outcome"] == outcome
    assert told in sale.refusal.hint if told and sale.refusal else sale.refusal is None


def test_a_directory_that_cannot_be_opened_decides_nothing() -> None:
    def no_library() -> Directory:
        raise AzureError("no msgraph", code="MissingLibrary")

    one = row()
    [told] = check_relationship(no_library, [one], True)
    assert (told["outcome"], one.state) == ("unknown", "created")


def test_nothing_to_write_asks_nothing() -> None:
    assert check_relationship(lambda: pytest.fail("asked"), [], False) == []
    assert check_permission(Arm({}), [], CALLER) == []


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
    rows = [row(SUB), row(GROUP), row(DATA), row("/providers/Microsoft.Capacity")]
    steps = check_places(Arm({}, state, groups), rows)
    assert [one.error.code if one.error else None for one in rows] == [*codes, None]
    assert {one["outcome"] for one in steps} <= {"refused"}
    assert bool(steps) == any(codes)


@pytest.mark.parametrize(("condition", "outcome"), [(None, "ok"), ("c", "unknown"), (AzureError("no"), "ok")])
def test_a_condition_on_the_caller_is_told(condition: Any, outcome: str) -> None:
    one = row()
    [told] = check_permission(Arm({SUB: OWNER}, condition=condition), [one], CALLER)
    assert (told["outcome"], one.state) == (outcome, "created")


@pytest.mark.parametrize(
    ("scopes", "held", "states", "asked"),
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
def test_the_permission(scopes: list[str], held: dict[str, Any], states: list[str], asked: list[str]) -> None:
    arm = Arm(held)
    rows = [row(scope) for scope in scopes]
    check_permission(arm, rows, CALLER)
    assert [one.state for one in rows] == states
    assert arm.asked == asked
    for one in rows:
        if one.error:
            assert "Microsoft.Authorization/roleAssignments/write" in one.error.message
            assert "Owner" in one.error.hint


def listed(*states: str, tenant: str = "t") -> list[dict[str, str]]:
    return [
        {"subscriptionId": f"11111111-1111-4111-8111-11111111111{number}", "tenantId": tenant, "state": state}
        for number, state in enumerate(states)
    ]


@pytest.mark.parametrize("writable", [True, False])
def test_everywhere_is_every_subscription_and_what_is_left_out_is_said(writable: bool) -> None:
    states = ("Enabled", "PastDue", "Warned", "Disabled", "Deleted")
    strangers = [
        {**item, "subscriptionId": f"2{item['subscriptionId'][1:]}"} for item in listed("Enabled", tenant="other")
    ]
    everywhere = visible_subscriptions([*listed(*states), *strangers], "t", writable)
    assert len(everywhere.scopes) == (2 if writable else 5)
    assert len(everywhere.scopes) + len(everywhere.left_out) == 6
    assert [item["outcome"] for item in everywhere.steps] == ["skipped"] * len(everywhere.left_out)


def test_to_see_nothing_that_counts_is_an_error_that_names_what_was_seen() -> None:
    with pytest.raises(AzureError, match="disabled") as caught:
        visible_subscriptions(listed("Disabled"), "t", writable=True)
    assert caught.value.code == "NoSubscription"
    assert visible_subscriptions(listed("Disabled"), "t", writable=False).left_out == []
