# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found of a subscription, whatever it is that was read there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.assignments import Role, Wanted
from ansible_collections.csp.azure.plugins.module_utils._audit.findings import (
    FLAGS,
    Expected,
    Known,
    Place,
    find,
    judge,
    wants_locks,
)
from ansible_collections.csp.azure.plugins.module_utils._model.earned_credit_roles import earning_roles
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.roles import BUILT_IN
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

SUB = "/subscriptions/11111111-1111-4111-8111-111111111111"
WEB = f"{SUB}/resourceGroups/web"
ROOT = "/providers/Microsoft.Management/managementGroups/root"
OURS, HELPDESK, THEIRS = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in range(3))
CUSTOM = "99999999-0000-4000-8000-000000000001"
EVERYONE = "00000000-0000-0000-0000-000000000000"
CONDITION = "@Request[x] StringEquals 'y'"


def held(role: str = "Owner", scope: str = SUB, principal: str = OURS, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{role}{principal[-1]}{more.pop('twin', '')}",
        "name": "n",
        "scope": scope,
        "principal_id": principal.upper(),
        "principal_type": "ForeignGroup",
        "role_definition_id": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{BUILT_IN.get(role, role)}",
        "description": None,
        "condition": None,
        "condition_version": None,
        "created_on": "2026-01-01T00:00:00Z",
        "created_by": "",
        **more,
    }


def expected(role: str = "Owner", scope: str = SUB, principal: str = OURS, **more: Any) -> Expected:
    return Expected(Wanted(parse(scope), principal, Role(BUILT_IN.get(role, role), role), **more), "AdminAgents")


def place(*assignments: dict[str, Any], **more: Any) -> Place:
    told = {"name": "Production", "state": "Enabled", "sold": True, "expected": [expected()], **more}
    return Place(parse(SUB), assignments=list(assignments), **told)


def known(**more: Any) -> Known:
    return Known(more.pop("ours", frozenset([OURS, HELPDESK])), earning_roles(more.pop("changes", {})), **more)


def deny(scope: str = SUB, **more: Any) -> dict[str, Any]:
    told = {
        "principals": [EVERYONE],
        "excluded": [],
        "below": True,
        "permissions": [{"actions": ["*"], "notActions": []}],
        "condition": None,
    }
    return {"id": f"{scope}/deny", "name": "protected", "scope": scope, **told, **more}


DENIED = AzureError("no", code="AuthorizationFailed", hint="ask")
GRANTS: list[tuple[str, Place, str, str]] = [
    ("nothing", place(), "missing", "created"),
    ("there", place(held()), "exact", "unchanged"),
    ("ids in other letters", place(held(scope=SUB.upper())), "exact", "unchanged"),
    ("somebody else's", place(held(principal=THEIRS)), "missing", "created"),
    ("below only", place(held(scope=WEB)), "missing", "created"),
    ("from above", place(held(scope=ROOT)), "inherited", "created"),
    ("here and above", place(held(), held(scope=ROOT)), "exact", "unchanged"),
    ("another role", place(held("Reader")), "different_role", "created"),
    ("another role from above", place(held("Reader", ROOT)), "different_role", "created"),
    ("another role below", place(held("Reader", WEB)), "missing", "created"),
    ("twice", place(held(), held(twin=2)), "duplicated", "unchanged"),
    ("with a condition", place(held(condition=CONDITION)), "conditional", "unchanged"),
    ("with a condition, and without", place(held(condition=CONDITION), held(twin=2)), "duplicated", "unchanged"),
    ("with a condition from above", place(held(scope=ROOT, condition=CONDITION)), "conditional", "created"),
    (
        "with and without from above",
        place(held(scope=ROOT), held(scope="/", condition=CONDITION)),
        "inherited",
        "created",
    ),
    ("of the customer's own group", place(held(principal_type="Group")), "wrong_principal", "failed"),
    ("of its own group, from above", place(held(scope=ROOT, principal_type="Group")), "wrong_principal", "created"),
    ("of its own group, another role", place(held("Reader", principal_type="Group")), "wrong_principal", "created"),
    ("not read", place(error=DENIED, deny=None), "unknown", "failed"),
    ("an unknown role", place(expected=[expected("Ours", error=DENIED)]), "unknown", "failed"),
]


@pytest.mark.parametrize(("one", "finding", "would"), [row[1:] for row in GRANTS], ids=[row[0] for row in GRANTS])
def test_a_grant(one: Place, finding: str, would: str) -> None:
    found = find(one.expected[0], one)
    assert (found.finding, found.would.state) == (finding, would)
    assert found.access == {"unknown": None, "missing": False, "different_role": False, "wrong_principal": False}.get(
        finding, True
    )
    assert finding == "exact" or finding in judge(one, known())["flags"]


def test_what_would_stop_the_write_is_told_where_something_is_missing_only() -> None:
    wanted = expected().wanted
    missing = find(expected(), place(blocked={wanted.key: DENIED}))
    assert (missing.finding, missing.would.state, missing.would.error) == ("missing", "failed", DENIED)
    there = find(expected(), place(held(), blocked={wanted.key: DENIED}))
    assert (there.finding, there.would.state) == ("exact", "unchanged")


ACCESS: list[tuple[str, Place, str]] = [
    ("all", place(held()), "full"),
    ("nothing", place(), "none"),
    ("one of two", place(held(), expected=[expected(), expected("Reader", principal=HELPDESK)]), "part"),
    ("another role", place(held("Reader")), "part"),
    ("below only", place(held(scope=WEB)), "part"),
    ("not read", place(error=DENIED, deny=None), "unknown"),
    ("nothing expected, nothing there", place(expected=[]), "none"),
    ("nothing expected, something there", place(held("Reader"), expected=[]), "full"),
    ("nothing expected, something below", place(held("Reader", WEB), expected=[]), "part"),
]


@pytest.mark.parametrize(("one", "access"), [row[1:] for row in ACCESS], ids=[row[0] for row in ACCESS])
def test_access(one: Place, access: str) -> None:
    assert judge(one, known())["access"] == access


CREDIT: list[tuple[str, Place, Known, str, str]] = [
    ("owner", place(held()), known(), "yes", "Owner earns"),
    ("the least role", place(held("Support Request Contributor")), known(), "yes", "Support"),
    ("another group of ours", place(held(principal=HELPDESK)), known(), "yes", "Owner"),
    ("from above", place(held(scope=ROOT)), known(), "yes", "Owner"),
    ("reader", place(held("Reader")), known(), "no", "Reader does not"),
    ("reader and contributor", place(held("Reader"), held("Contributor")), known(), "yes", "Contributor"),
    ("another partner only", place(held(principal=THEIRS)), known(), "no", "No group"),
    ("another partner beside us", place(held(principal=THEIRS), held()), known(), "yes", "Owner"),
    ("a condition", place(held(condition=CONDITION)), known(), "unknown", "condition"),
    ("a group only", place(held(scope=WEB)), known(), "partly", "web"),
    ("a reader's group only", place(held("Reader", WEB)), known(), "no", "Reader"),
    ("not in the list", place(held("Reservations Reader")), known(), "unknown", "not in Microsoft's list"),
    (
        "the user knows better",
        place(held("Reservations Reader")),
        known(changes={"reservations READER": True}),
        "yes",
        "",
    ),
    ("the user knows worse", place(held()), known(changes={"Owner": False}), "no", ""),
    (
        "a custom role",
        place(held(CUSTOM)),
        known(roles={CUSTOM: {"name": "Desk", "permissions": []}}),
        "unknown",
        "Desk",
    ),
    (
        "a custom role told",
        place(held(CUSTOM)),
        known(roles={CUSTOM: {"name": "Desk", "permissions": []}}, changes={"desk": True}),
        "yes",
        "",
    ),
    ("a custom role not read", place(held(CUSTOM)), known(), "unknown", CUSTOM),
    ("not sold", place(held(), sold=False), known(), "no", "not sold"),
    ("sold by who knows", place(held(), sold=None), known(), "yes", ""),
    ("disabled", place(held(), state="Disabled"), known(), "no", "disabled"),
    ("past due", place(held(), state="PastDue"), known(), "yes", ""),
    ("not read", place(error=DENIED, deny=None), known(), "unknown", "not be read"),
    ("denied", place(held(), deny=[deny()]), known(), "unknown", "protected"),
    ("denied from above", place(held(), deny=[deny(ROOT)]), known(), "unknown", "protected"),
    ("denied above only", place(held(), deny=[deny(ROOT, below=False)]), known(), "yes", ""),
    ("denied below", place(held(), deny=[deny(WEB)]), known(), "yes", "web"),
    ("denied but for us", place(held(), deny=[deny(excluded=[OURS])]), known(), "yes", ""),
    ("denied to others", place(held(), deny=[deny(principals=[THEIRS])]), known(), "yes", ""),
    (
        "denied to one of us",
        place(held(), held(principal=HELPDESK), deny=[deny(principals=[OURS])]),
        known(),
        "yes",
        "",
    ),
    ("no relationship", place(held()), known(relationship="none"), "no", "no relationship"),
    ("no relationship, but another of ours bills", place(held()), known(relationship="none", further=True), "yes", ""),
    ("nobody knows whose", place(held(principal=THEIRS)), known(unknown=frozenset([THEIRS])), "unknown", "whose it is"),
    (
        "nobody knows whose, beside us",
        place(held(), held(principal=THEIRS)),
        known(unknown=frozenset([THEIRS])),
        "yes",
        "",
    ),
    ("the customer's own group", place(held(principal_type="Group")), known(), "no", "No group"),
    ("a group only, with a condition", place(held(scope=WEB, condition=CONDITION)), known(), "unknown", "condition"),
    ("a group only, denied", place(held(scope=WEB), deny=[deny(WEB)]), known(), "unknown", "deny"),
    (
        "each of us denied",
        place(held(), held(principal=HELPDESK), deny=[deny(principals=[OURS]), deny(principals=[HELPDESK])]),
        known(),
        "unknown",
        "protected",
    ),
    (
        "a custom role of a listed name",
        place(held(CUSTOM)),
        known(roles={CUSTOM: {"name": "Owner", "permissions": [], "built_in": False}}),
        "unknown",
        "Owner",
    ),
    ("denials not read", place(held(), deny=None), known(), "unknown", "could not be read"),
]


@pytest.mark.parametrize(("one", "about", "credit", "why"), [row[1:] for row in CREDIT], ids=[row[0] for row in CREDIT])
def test_credit(one: Place, about: Known, credit: str, why: str) -> None:
    told = judge(one, about)
    assert told["credit"] == credit
    assert why in told["credit_reason"]


TICKETS: list[tuple[str, Place, Known, str]] = [
    ("owner", place(held()), known(), "yes"),
    ("reader", place(held("Reader")), known(), "no"),
    ("nothing", place(), known(), "no"),
    ("in one group only", place(held(scope=WEB)), known(), "no"),
    ("no relationship", place(held()), known(relationship="none"), "no"),
    (
        "a role that was read",
        place(held("Virtual Machine Contributor")),
        known(
            roles={
                BUILT_IN["Virtual Machine Contributor"]: {
                    "name": "v",
                    "permissions": [{"actions": ["Microsoft.Support/*"]}],
                }
            }
        ),
        "yes",
    ),
    (
        "a role without",
        place(held(CUSTOM)),
        known(
            roles={CUSTOM: {"name": "d", "permissions": [{"actions": ["*"], "notActions": ["Microsoft.Support/*"]}]}}
        ),
        "no",
    ),
    ("a role that was not read", place(held(CUSTOM)), known(), "unknown"),
    ("a condition", place(held(condition=CONDITION)), known(), "unknown"),
    ("denied", place(held(), deny=[deny()]), known(), "no"),
    (
        "something else denied",
        place(held(), deny=[deny(permissions=[{"actions": ["Microsoft.Storage/*"]}])]),
        known(),
        "yes",
    ),
    ("not read", place(error=DENIED, deny=None), known(), "unknown"),
    ("denials not read", place(held(), deny=None), known(), "unknown"),
    ("denied under a condition", place(held(), deny=[deny(condition="x")]), known(), "unknown"),
    ("denied to one of us", place(held(), held(principal=HELPDESK), deny=[deny(principals=[OURS])]), known(), "yes"),
    (
        "denied, and a condition",
        place(held(), held(principal=HELPDESK, condition="x"), deny=[deny(principals=[OURS])]),
        known(),
        "unknown",
    ),
    ("nobody knows whose", place(held(principal=THEIRS)), known(unknown=frozenset([THEIRS])), "unknown"),
    ("the customer's own group", place(held(principal_type="Group")), known(), "no"),
]


@pytest.mark.parametrize(("one", "about", "tickets"), [row[1:] for row in TICKETS], ids=[row[0] for row in TICKETS])
def test_tickets(one: Place, about: Known, tickets: str) -> None:
    assert judge(one, about)["tickets"] == tickets


NOTES = [
    (True, [held()], "Sold and accessible", set()),
    (True, [], "Sold, but no access", {"missing", "no_credit", "no_tickets", "sold_without_access"}),
    (False, [held()], "Accessible, but not sold", {"no_credit", "not_sold"}),
    (False, [], "Neither sold nor accessible", {"missing", "no_credit", "no_tickets"}),
    (None, [held()], "", set()),
]


@pytest.mark.parametrize(("sold", "assignments", "notes", "flags"), NOTES)
def test_sold_against_accessible(sold: bool | None, assignments: list[Any], notes: str, flags: set[str]) -> None:
    told = judge(place(*assignments, sold=sold), known())
    assert (told["notes"], set(told["flags"])) == (notes, flags)


def test_a_disabled_subscription_raises_no_alarm_but_that() -> None:
    assert judge(place(state="Disabled", expected=[]), known())["flags"] == ["disabled"]


def test_flags_are_what_fail_on_takes() -> None:
    everything = place(
        held(principal=THEIRS),
        held(condition=CONDITION),
        expected=[expected(), expected("Reader", WEB)],
        deny=[deny()],
        locks=[{"name": "l", "scope": SUB, "level": "ReadOnly"}],
    )
    told = judge(everything, known())["flags"]
    assert told == [flag for flag in FLAGS if flag in told]
    assert set(told) >= {"conditional", "different_role", "other_partner", "denied", "locked"}


def test_other_partners_are_told_from_our_other_groups() -> None:
    directory = {THEIRS: {"display_name": "Foreign Principal", "partner_tenant_id": "t2"}}
    told = judge(place(held(), held(principal=THEIRS), held("Reader", principal=HELPDESK)), known(principals=directory))
    assert [
        (one["principal_id"], one["ours"], one["partner_tenant_id"], one["earns"]) for one in told["foreign_principals"]
    ] == [
        (HELPDESK, True, None, False),
        (THEIRS, False, "t2", True),
    ]
    assert "other_partner" in told["flags"]
    assert any("t2" in text and "csp.azure.revoke" in text for text in told["advice"])
    assert "other_partner" not in judge(place(held(), held("Reader", principal=HELPDESK)), known())["flags"]
    unclear = judge(place(held(), held(principal=THEIRS)), known(unknown=frozenset([THEIRS])))
    assert (unclear["foreign_principals"][0]["ours"], unclear["flags"]) == (None, [])
    assert "revoke" not in " ".join(unclear["advice"])


def test_further_roles_of_an_expected_group_are_told() -> None:
    told = judge(place(held(), held("Reader")), known())
    assert [(one["role"], one["ours"]) for one in told["foreign_principals"]] == [("Reader", True)]


def test_what_could_not_be_read_beside_the_assignments_is_told() -> None:
    told = judge(place(held(), unread=[DENIED]), known())
    assert ("unknown" in told["flags"], told["error"]["code"]) == (True, "AuthorizationFailed")
    assert str(DENIED) in told["advice"]


def test_a_denial_that_does_not_reach_the_subscription_is_not_told() -> None:
    assert not judge(place(held(), deny=[deny(ROOT, below=False)]), known())["deny_assignments"]


LOCKS = [
    ("missing, read only", place(), SUB, "ReadOnly", True),
    ("missing, no deletions", place(), SUB, "CanNotDelete", False),
    ("missing, another group locked", place(), WEB, "ReadOnly", False),
    ("missing below a lock", place(expected=[expected(scope=WEB)]), SUB.upper(), "ReadOnly", True),
    ("twice, no deletions", place(held(), held(twin=2)), SUB, "CanNotDelete", True),
]


@pytest.mark.parametrize(("one", "scope", "level", "told"), [row[1:] for row in LOCKS], ids=[row[0] for row in LOCKS])
def test_locks_that_matter(one: Place, scope: str, level: str, told: bool) -> None:
    assert wants_locks(one)
    one.locks = [{"name": "keep", "scope": scope, "level": level.upper()}]
    shown = judge(one, known())
    assert bool(shown["locks"]) == told == ("locked" in shown["flags"])


def test_locks_are_not_asked_for_where_nothing_is_to_be_done() -> None:
    assert not wants_locks(place(held()))
    assert not wants_locks(place(error=DENIED))


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (place(), "csp.azure.reinstate: Owner is missing"),
        (place(held()), "Support Request Contributor alone would keep the credit"),
        (place(held("Reader"), expected=[expected("Reader")]), "the least role that earns"),
        (place(held("Reader")), "has Reader"),
        (place(held(scope=ROOT)), "csp.azure.reinstate makes it"),
        (place(held(), held(twin=2)), "one is enough"),
        (place(held(condition=CONDITION)), "has a condition"),
        (place(error=DENIED, deny=None), "AuthorizationFailed: no ask"),
    ],
)
def test_advice(one: Place, words: str) -> None:
    assert words in " ".join(judge(one, known())["advice"])
