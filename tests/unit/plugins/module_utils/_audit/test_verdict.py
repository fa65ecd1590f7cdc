# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found of a subscription, whatever it is that was read there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.plan import AssignmentOutcome
from ansible_collections.csp.azure.plugins.module_utils._audit.collect import _locks_matter
from ansible_collections.csp.azure.plugins.module_utils._audit.customer import _findings, _not_compared
from ansible_collections.csp.azure.plugins.module_utils._audit.grants import find_all, with_errors
from ansible_collections.csp.azure.plugins.module_utils._audit.model import (
    FLAGS,
    AuditedScope,
    CustomerFacts,
    ExpectedGrant,
)
from ansible_collections.csp.azure.plugins.module_utils._audit.verdict import judge
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import (
    Assignment,
    DenyAssignment,
    DesiredAssignment,
    Lock,
)
from ansible_collections.csp.azure.plugins.module_utils._model.built_in_roles import BUILT_IN_ROLES
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Principal
from ansible_collections.csp.azure.plugins.module_utils._model.earned_credit_roles import earning_roles
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.permissions import Permission
from ansible_collections.csp.azure.plugins.module_utils._model.roles import Role, RoleDefinition
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import of_azure, parse

from ..fakes import GROUP as WEB
from ..fakes import ROOT, SUB, assignment

OURS, HELPDESK, THEIRS = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in range(3))
VM = BUILT_IN_ROLES["Virtual Machine Contributor"]
CUSTOM = "99999999-0000-4000-8000-000000000001"
EVERYONE = "00000000-0000-0000-0000-000000000000"
CONDITION = "@Request[x] StringEquals 'y'"


def held(role: str = "Owner", scope: str = SUB, principal: str = OURS, **more: Any) -> Assignment:
    name = f"{role}{principal[-1]}{more.pop('twin', '')}"
    role_id = BUILT_IN_ROLES.get(role, role)
    return assignment(scope, name, role_id, principal_id=principal, created_on="2026-01-01T00:00:00Z", **more)


def expected(role: str = "Owner", scope: str = SUB, principal: str = OURS, **more: Any) -> ExpectedGrant:
    desired = DesiredAssignment(parse(scope), principal, Role(BUILT_IN_ROLES.get(role, role), role), **more)
    return ExpectedGrant(desired, "AdminAgents")


def place(*assignments: Assignment, **more: Any) -> AuditedScope:
    values = {"name": "Production", "state": "Enabled", "sold": True, "expected": (expected(),), **more}
    audited = AuditedScope(parse(SUB), assignments=assignments, **values)
    return replace(audited, findings=find_all(audited))


def known(**more: Any) -> CustomerFacts:
    return CustomerFacts(more.pop("ours", frozenset([OURS, HELPDESK])), earning_roles(more.pop("changes", {})), **more)


def custom(name: str = "Desk", *permissions: Permission, built_in: bool = False) -> dict[str, RoleDefinition]:
    return {CUSTOM: RoleDefinition(CUSTOM, name, built_in, permissions)}


def deny(scope: str = SUB, **more: Any) -> DenyAssignment:
    values = {"permissions": (Permission(("*",)),), "principals": frozenset([EVERYONE]), **more}
    return DenyAssignment(f"{scope}/deny", "protected", of_azure(scope), **values)


DENIED = AzureError("no", code="AuthorizationFailed", hint="ask")
GRANTS: list[tuple[str, AuditedScope, str, str]] = [
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
    ("an unknown role", place(expected=(expected("Ours", error=DENIED),)), "unknown", "failed"),
]


@pytest.mark.parametrize(("item", "finding", "would"), [row[1:] for row in GRANTS], ids=[row[0] for row in GRANTS])
def test_a_grant(item: AuditedScope, finding: str, would: str) -> None:
    [result] = item.findings
    assert (result.finding, result.outcome.state) == (finding, would)
    assert result.access == {"unknown": None, "missing": False, "different_role": False, "wrong_principal": False}.get(
        finding, True
    )
    assert finding == "exact" or finding in judge(item, known())["flags"]


def test_what_would_stop_the_write_is_reported_where_something_is_missing_only() -> None:
    errors = {expected().desired.key: DENIED}
    [missing] = with_errors(place().findings, errors)
    assert (missing.finding, missing.outcome) == (
        "missing",
        AssignmentOutcome(expected().desired, "failed", error=DENIED),
    )
    [exact] = with_errors(place(held()).findings, errors)
    assert (exact.finding, exact.outcome.state) == ("exact", "unchanged")


ACCESS: list[tuple[str, AuditedScope, str]] = [
    ("all", place(held()), "full"),
    ("nothing", place(), "none"),
    (
        "one of two",
        place(
            held(),
            expected=(
                expected(),
                expected("Reader", principal=HELPDESK),
            ),
        ),
        "part",
    ),
    ("another role", place(held("Reader")), "part"),
    ("below only", place(held(scope=WEB)), "part"),
    ("not read", place(error=DENIED, deny=None), "unknown"),
    ("nothing expected, nothing there", place(expected=()), "none"),
    ("nothing expected, something there", place(held("Reader"), expected=()), "full"),
    ("nothing expected, something below", place(held("Reader", WEB), expected=()), "part"),
]


@pytest.mark.parametrize(("item", "access"), [row[1:] for row in ACCESS], ids=[row[0] for row in ACCESS])
def test_access(item: AuditedScope, access: str) -> None:
    assert judge(item, known())["access"] == access


CREDIT: list[tuple[str, AuditedScope, CustomerFacts, str, str]] = [
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
        known(roles=custom(built_in=True)),
        "unknown",
        "Desk",
    ),
    (
        "a custom role told",
        place(held(CUSTOM)),
        known(roles=custom(built_in=True), changes={"desk": True}),
        "yes",
        "",
    ),
    ("a custom role not read", place(held(CUSTOM)), known(), "unknown", CUSTOM),
    ("not sold", place(held(), sold=False), known(), "no", "not sold"),
    ("sold by who knows", place(held(), sold=None), known(), "yes", ""),
    ("disabled", place(held(), state="Disabled"), known(), "no", "disabled"),
    ("past due", place(held(), state="PastDue"), known(), "yes", ""),
    ("not read", place(error=DENIED, deny=None), known(), "unknown", "not be read"),
    ("denied", place(held(), deny=(deny(),)), known(), "unknown", "protected"),
    ("denied from above", place(held(), deny=(deny(ROOT),)), known(), "unknown", "protected"),
    ("denied above only", place(held(), deny=(deny(ROOT, below=False),)), known(), "yes", ""),
    ("denied below", place(held(), deny=(deny(WEB),)), known(), "yes", "web"),
    (
        "denied below twice",
        place(held(), deny=(deny(WEB), deny(f"{SUB}/resourceGroups/a"))),
        known(),
        "yes",
        f"/a, {WEB}",
    ),
    ("denied but for us", place(held(), deny=(deny(excluded=frozenset([OURS])),)), known(), "yes", ""),
    ("denied to others", place(held(), deny=(deny(principals=frozenset([THEIRS])),)), known(), "yes", ""),
    (
        "denied to one of us",
        place(held(), held(principal=HELPDESK), deny=(deny(principals=frozenset([OURS])),)),
        known(),
        "yes",
        "",
    ),
    ("no relationship", place(held()), known(relationship="none"), "no", "no relationship"),
    (
        "no relationship, but another of ours bills",
        place(held()),
        known(relationship="none", further_partners=True),
        "yes",
        "",
    ),
    (
        "nobody knows whose",
        place(held(principal=THEIRS)),
        known(unknown=frozenset([THEIRS])),
        "unknown",
        "cannot be determined",
    ),
    (
        "nobody knows whose, beside us",
        place(held(), held(principal=THEIRS)),
        known(unknown=frozenset([THEIRS])),
        "yes",
        "",
    ),
    ("the customer's own group", place(held(principal_type="Group")), known(), "no", "No group"),
    ("a group only, with a condition", place(held(scope=WEB, condition=CONDITION)), known(), "unknown", "condition"),
    ("a group only, denied", place(held(scope=WEB), deny=(deny(WEB),)), known(), "unknown", "deny"),
    (
        "each of us denied",
        place(
            held(),
            held(principal=HELPDESK),
            deny=(
                deny(principals=frozenset([OURS])),
                deny(principals=frozenset([HELPDESK])),
            ),
        ),
        known(),
        "unknown",
        "protected",
    ),
    (
        "a custom role of a listed name",
        place(held(CUSTOM)),
        known(roles=custom("Owner")),
        "unknown",
        "Owner",
    ),
    ("denials not read", place(held(), deny=None), known(), "unknown", "could not be read"),
]


@pytest.mark.parametrize(
    ("item", "about", "credit", "why"), [row[1:] for row in CREDIT], ids=[row[0] for row in CREDIT]
)
def test_credit(item: AuditedScope, about: CustomerFacts, credit: str, why: str) -> None:
    result = judge(item, about)
    assert result["credit"] == credit
    assert why in result["credit_reason"]


TICKETS: list[tuple[str, AuditedScope, CustomerFacts, str]] = [
    ("owner", place(held()), known(), "yes"),
    ("reader", place(held("Reader")), known(), "no"),
    ("nothing", place(), known(), "no"),
    ("in one group only", place(held(scope=WEB)), known(), "no"),
    ("no relationship", place(held()), known(relationship="none"), "no"),
    (
        "a role that was read",
        place(held("Virtual Machine Contributor")),
        known(roles={VM: RoleDefinition(VM, "v", True, (Permission(("Microsoft.Support/*",)),))}),
        "yes",
    ),
    (
        "a role without",
        place(held(CUSTOM)),
        known(roles=custom("d", Permission(("*",), ("Microsoft.Support/*",)))),
        "no",
    ),
    ("a role that was not read", place(held(CUSTOM)), known(), "unknown"),
    ("a condition", place(held(condition=CONDITION)), known(), "unknown"),
    ("denied", place(held(), deny=(deny(),)), known(), "no"),
    (
        "something else denied",
        place(held(), deny=[deny(permissions=(Permission(("Microsoft.Storage/*",)),))]),
        known(),
        "yes",
    ),
    ("not read", place(error=DENIED, deny=None), known(), "unknown"),
    ("denials not read", place(held(), deny=None), known(), "unknown"),
    ("denied under a condition", place(held(), deny=(deny(condition="x"),)), known(), "unknown"),
    (
        "denied to one of us",
        place(held(), held(principal=HELPDESK), deny=(deny(principals=frozenset([OURS])),)),
        known(),
        "yes",
    ),
    (
        "denied, and a condition",
        place(held(), held(principal=HELPDESK, condition="x"), deny=(deny(principals=frozenset([OURS])),)),
        known(),
        "unknown",
    ),
    ("nobody knows whose", place(held(principal=THEIRS)), known(unknown=frozenset([THEIRS])), "unknown"),
    ("the customer's own group", place(held(principal_type="Group")), known(), "no"),
]


@pytest.mark.parametrize(("item", "about", "tickets"), [row[1:] for row in TICKETS], ids=[row[0] for row in TICKETS])
def test_tickets(item: AuditedScope, about: CustomerFacts, tickets: str) -> None:
    assert judge(item, about)["tickets"] == tickets


NOTES = [
    (True, [held()], "Sold and accessible", set()),
    (True, [], "Sold, but no access", {"missing", "no_credit", "no_tickets", "sold_without_access"}),
    (False, [held()], "Accessible, but not sold", {"no_credit", "not_sold"}),
    (False, [], "Neither sold nor accessible", {"missing", "no_credit", "no_tickets"}),
    (None, [held()], "", set()),
]


@pytest.mark.parametrize(("sold", "assignments", "notes", "flags"), NOTES)
def test_sold_against_accessible(sold: bool | None, assignments: list[Any], notes: str, flags: set[str]) -> None:
    result = judge(place(*assignments, sold=sold), known())
    assert (result["notes"], set(result["flags"])) == (notes, flags)


def test_a_disabled_subscription_raises_no_alarm_but_that() -> None:
    assert judge(place(state="Disabled", expected=()), known())["flags"] == ["disabled"]


def test_flags_are_what_fail_on_takes() -> None:
    everything = place(
        held(principal=THEIRS),
        held(condition=CONDITION),
        expected=(
            expected(),
            expected("Reader", WEB),
        ),
        deny=(deny(),),
        locks=(Lock("l", of_azure(SUB), "ReadOnly"),),
    )
    result = judge(everything, known())["flags"]
    assert result == [flag for flag in FLAGS if flag in result]
    assert set(result) >= {"conditional", "different_role", "other_partner", "denied", "locked"}


def test_other_partners_are_told_from_our_other_groups() -> None:
    directory = {THEIRS: Principal(THEIRS, "ForeignGroup", "Foreign Principal", "t2")}
    result = judge(
        place(held(), held(principal=THEIRS), held("Reader", principal=HELPDESK)), known(principals=directory)
    )
    assert [
        (item["principal_id"], item["ours"], item["partner_tenant_id"], item["earns"])
        for item in result["foreign_principals"]
    ] == [
        (HELPDESK, True, None, False),
        (THEIRS, False, "t2", True),
    ]
    assert "other_partner" in result["flags"]
    assert any("t2" in text and "csp.azure.revoke" in text for text in result["advice"])
    assert "other_partner" not in judge(place(held(), held("Reader", principal=HELPDESK)), known())["flags"]
    unclear = judge(place(held(), held(principal=THEIRS)), known(unknown=frozenset([THEIRS])))
    assert (unclear["foreign_principals"][0]["ours"], unclear["flags"]) == (None, [])
    assert "revoke" not in " ".join(unclear["advice"])


def test_further_roles_of_an_expected_group_are_told() -> None:
    result = judge(place(held(), held("Reader")), known())
    assert [(item["role"], item["ours"]) for item in result["foreign_principals"]] == [("Reader", True)]


def test_what_could_not_be_read_beside_the_assignments_is_told() -> None:
    result = judge(place(held(), unread=(DENIED,)), known())
    assert ("unknown" in result["flags"], result["error"]["code"]) == (True, "AuthorizationFailed")
    assert str(DENIED) in result["advice"]


def test_a_denial_that_does_not_reach_the_subscription_is_not_told() -> None:
    assert not judge(place(held(), deny=(deny(ROOT, below=False),)), known())["deny_assignments"]


LOCKS = [
    ("missing, read only", place(), SUB, "ReadOnly", True),
    ("missing, no deletions", place(), SUB, "CanNotDelete", False),
    ("missing, another group locked", place(), WEB, "ReadOnly", False),
    ("missing below a lock", place(expected=(expected(scope=WEB),)), SUB.upper(), "ReadOnly", True),
    ("twice, no deletions", place(held(), held(twin=2)), SUB, "CanNotDelete", True),
    ("with a condition from above", place(held(scope=ROOT, condition=CONDITION)), SUB, "ReadOnly", True),
]


@pytest.mark.parametrize(
    ("item", "scope", "level", "result"), [row[1:] for row in LOCKS], ids=[row[0] for row in LOCKS]
)
def test_locks_that_matter(item: AuditedScope, scope: str, level: str, result: bool) -> None:
    assert _locks_matter(item)
    shown = judge(replace(item, locks=(Lock("keep", of_azure(scope), level.upper()),)), known())
    assert bool(shown["locks"]) == result == ("locked" in shown["flags"])


def test_a_lock_is_shown_even_if_another_check_stops_the_write() -> None:
    locked = place(locks=(Lock("l", of_azure(SUB), "ReadOnly"),))
    stopped = replace(locked, findings=with_errors(locked.findings, {expected().desired.key: DENIED}))
    assert "locked" in judge(stopped, known())["flags"]


def test_locks_are_not_asked_for_where_nothing_is_to_be_done() -> None:
    assert not _locks_matter(place(held()))
    assert not _locks_matter(place(error=DENIED))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (place(), "csp.azure.reinstate: Owner is missing"),
        (place(held()), "Support Request Contributor alone would keep the credit"),
        (place(held("Reader"), expected=(expected("Reader"),)), "the least-privileged role that earns"),
        (place(held("Reader")), "has Reader"),
        (place(held(scope=ROOT)), "csp.azure.reinstate assigns it"),
        (place(held(), held(twin=2)), "one is enough"),
        (place(held(condition=CONDITION)), "has a condition"),
        (place(error=DENIED, deny=None), "AuthorizationFailed: no ask"),
    ],
)
def test_advice(item: AuditedScope, words: str) -> None:
    assert words in " ".join(judge(item, known())["advice"])


@pytest.mark.parametrize(
    ("warnings", "fail_on", "conditions"),
    [
        (["Broken."], ["lost", "missing"], "lost"),
        (["Broken."], ["unreadable"], "unreadable"),
        (["Broken."], ["unreadable", "gained"], "unreadable, gained"),
        (["Broken."], ["unreadable", "unknown"], ""),
        (["Broken."], ["missing"], ""),
        ([], ["lost"], ""),
    ],
)
def test_what_an_earlier_report_that_is_broken_hides(warnings: list[str], fail_on: list[str], conditions: str) -> None:
    result = _not_compared(warnings, fail_on)
    assert bool(result) == bool(conditions)
    assert f"Broken. So these conditions are unknown: {conditions}." in result.get("msg", "") or not conditions


def test_only_the_chosen_conditions_fail_an_audit() -> None:
    rows = [judge(place(), known()), judge(place(held()), known())]
    result = _findings(rows, ["missing", "duplicated"])
    assert f"listed in fail_on. {SUB}: missing. See advice" in result["msg"]
    assert result["findings"]
    assert _findings(rows, ["duplicated"]) == {}
