# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose access is taken away, and whose is not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.revocation import (
    Partners,
    RevocationPlan,
    plan_revocation,
)
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment
from ansible_collections.csp.azure.plugins.module_utils._model.built_in_roles import BUILT_IN_ROLES
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Principal
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

from ..fakes import GROUP, OTHER, ROOT, SUB, assignment

OURS, THEIRS, GONE, CUSTOMER = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in range(4))
TENANT = "44444444-4444-4444-8444-444444444444"


def held(principal: str, scope: str = SUB, role: str = "Owner", **more: Any) -> Assignment:
    name = f"{principal[-1]}-{role}-{len(scope)}-{more.pop('twin', '')}"
    kind = "ServicePrincipal" if principal == CUSTOMER else "ForeignGroup"
    return assignment(scope, name, BUILT_IN_ROLES[role], **{"principal_id": principal, "principal_type": kind, **more})


class Arm:
    def __init__(self, *items: Assignment, unreadable: str = "") -> None:
        self.items, self.unreadable = items, unreadable

    def assignments(self, scope: str) -> list[Assignment]:
        if scope == self.unreadable:
            raise AzureError("no", code="AuthorizationFailed")
        return [item for item in self.items if item.scope.path == ROOT or item.scope.path.startswith(scope)]


class Directory:
    def principals(self, ids: list[str]) -> list[Principal]:
        known = {OURS: "33333333-3333-4333-8333-333333333333", THEIRS: TENANT.upper()}
        return [Principal(item, "ForeignGroup", None, known[item]) for item in ids if item in known]


def planned(
    arm: Arm, *scopes: str, ids: tuple[str, ...] = (), tenants: tuple[str, ...] = (), roles: Any = ()
) -> RevocationPlan:
    partners = Partners(frozenset(ids), frozenset(tenants))
    return plan_revocation(arm, Directory, [parse(item) for item in scopes or (SUB,)], partners, frozenset(roles))


def shown(found: RevocationPlan) -> list[tuple[str, str, str]]:
    return [(item.desired.principal_id, item.desired.scope.path, item.state) for item in found.outcomes]


SAFE = held(CUSTOMER)
TABLE: list[tuple[str, list[Assignment], dict[str, Any], list[tuple[str, str, str]]]] = [
    ("nothing there", [SAFE], {"ids": (OURS,)}, []),
    ("one of two partners", [SAFE, held(OURS), held(THEIRS)], {"ids": (OURS,)}, [(OURS, SUB, "removed")]),
    ("by the partner's tenant", [SAFE, held(OURS), held(THEIRS)], {"tenants": (TENANT,)}, [(THEIRS, SUB, "removed")]),
    ("below the scope too", [SAFE, held(OURS, GROUP)], {"ids": (OURS,)}, [(OURS, GROUP, "removed")]),
    ("not above the scope", [SAFE, held(OURS, ROOT)], {"ids": (OURS,)}, []),
    (
        "only some roles",
        [held(OURS), held(OURS, role="Reader")],
        {"ids": (OURS,), "roles": (BUILT_IN_ROLES["Reader"],)},
        [(OURS, SUB, "removed")],
    ),
    ("the last owner", [held(OURS)], {"ids": (OURS,)}, [(OURS, SUB, "failed")]),
    ("the last owner's other role", [held(OURS, role="Reader")], {"ids": (OURS,)}, [(OURS, SUB, "removed")]),
    ("an administrator above", [held(OURS), held(CUSTOMER, ROOT)], {"ids": (OURS,)}, [(OURS, SUB, "removed")]),
    ("an administrator below only", [held(OURS), held(CUSTOMER, GROUP)], {"ids": (OURS,)}, [(OURS, SUB, "failed")]),
    (
        "an administrator bound by a condition",
        [held(OURS), held(CUSTOMER, condition="@x")],
        {"ids": (OURS,)},
        [(OURS, SUB, "failed")],
    ),
    (
        "two administrators that both go",
        [held(OURS), held(THEIRS, role="User Access Administrator")],
        {"ids": (OURS, THEIRS)},
        [(OURS, SUB, "failed"), (THEIRS, SUB, "failed")],
    ),
    ("another partner stays", [held(OURS), held(THEIRS)], {"ids": (OURS,)}, [(OURS, SUB, "removed")]),
    (
        "a contributor is no administrator",
        [held(OURS), held(THEIRS, role="Contributor")],
        {"ids": (OURS,)},
        [(OURS, SUB, "failed")],
    ),
    ("somebody of the customer's own", [SAFE, held(OURS)], {"ids": (CUSTOMER,)}, [(CUSTOMER, SUB, "failed")]),
]


@pytest.mark.parametrize(("listed", "requested", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_plan(listed: list[Assignment], requested: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert shown(planned(Arm(*listed), **requested)) == expected


def test_an_administrator_above_another_scope_does_not_count() -> None:
    """Each subscription has management groups of its own; one list does not speak for another scope."""

    class Apart(Arm):
        def assignments(self, scope: str) -> list[Assignment]:
            above = [item for item in self.items if item.scope.path == ROOT and scope == OTHER]
            return above + [item for item in self.items if item.scope.path.startswith(scope)]

    result = planned(Apart(held(OURS), held(OURS, OTHER), held(CUSTOMER, ROOT)), SUB, OTHER, ids=(OURS,))
    assert shown(result) == [(OURS, SUB, "failed"), (OURS, OTHER, "removed")]


def test_scopes_of_azure_are_taken_as_they_are() -> None:
    odd = f"{GROUP}/providers/84codes.CloudAMQP/servers/q"
    assert shown(planned(Arm(SAFE, held(OURS, odd)), ids=(OURS,))) == [(OURS, odd, "removed")]


def test_an_old_assignment_without_a_type_may_be_a_partners() -> None:
    result = planned(Arm(SAFE, held(OURS, principal_type=None)), ids=(OURS,))
    assert shown(result) == [(OURS, SUB, "removed")]


def test_duplicates_go_together() -> None:
    [row] = planned(Arm(SAFE, held(OURS), held(OURS, twin="2")), ids=(OURS,)).outcomes
    assert len(row.existing) == 2


def test_what_stays_above_is_told() -> None:
    result = planned(Arm(SAFE, held(OURS, ROOT), held(OURS)), ids=(OURS,))
    assert [item.scope.path for item in result.above] == [ROOT]
    assert shown(result) == [(OURS, SUB, "removed")]


def test_a_group_that_nobody_knows_any_more_is_told() -> None:
    result = planned(Arm(SAFE, held(GONE), held(THEIRS)), tenants=(TENANT,))
    assert (shown(result), result.unknown) == ([(THEIRS, SUB, "removed")], (GONE,))
    named = planned(Arm(SAFE, held(GONE), held(THEIRS)), tenants=(TENANT,), ids=(GONE,))
    assert (len(named.outcomes), named.unknown) == (2, ())


PARTNER = "33333333-3333-4333-8333-333333333333"
TYPO = "33333333-3333-4333-8333-333333333334"


@pytest.mark.parametrize(
    ("tenants", "absent", "others"),
    [
        ((PARTNER,), (), (TENANT,)),
        ((TYPO,), (TYPO,), (PARTNER, TENANT)),
        ((PARTNER, TENANT), (), ()),
        ((), (), ()),
    ],
)
def test_a_mistyped_tenant_is_not_one_whose_access_is_gone(
    tenants: tuple[str, ...], absent: tuple[str, ...], others: tuple[str, ...]
) -> None:
    result = planned(Arm(held(OURS), held(THEIRS)), tenants=tenants, ids=(GONE,))
    assert (result.absent, result.others) == (absent, others)


def test_a_scope_that_cannot_be_read_hides_nothing() -> None:
    result = planned(Arm(SAFE, held(OURS), held(OURS, OTHER), unreadable=OTHER), SUB, OTHER, ids=(OURS,))
    assert shown(result) == [(OURS, SUB, "removed")]
    assert [(place, error.code) for place, error in result.unread] == [(OTHER, "AuthorizationFailed")]


def test_a_directory_that_cannot_be_read_is_an_error() -> None:
    class Closed(Directory):
        def principals(self, ids: list[str]) -> list[Principal]:
            raise AzureError("no", code="Authorization_RequestDenied")

    with pytest.raises(AzureError, match="Authorization_RequestDenied"):
        plan_revocation(
            Arm(SAFE, held(THEIRS)), Closed, [parse(SUB)], Partners(frozenset(), frozenset({TENANT})), frozenset()
        )
