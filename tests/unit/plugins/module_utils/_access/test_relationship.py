# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether partner and customer have a relationship."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.checks import Check, refused_by
from ansible_collections.csp.azure.plugins.module_utils._access.plan import AssignmentOutcome
from ansible_collections.csp.azure.plugins.module_utils._access.relationship import (
    RelationshipCheck,
    ask_partner_center,
    check_relationship,
)
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller, Customer, Principal

from ..fakes import AGENTS, Directory, answered, desired, error

KNOWN = Principal(AGENTS, "ForeignGroup", "Foreign Principal", "p")
OUTCOME = AssignmentOutcome(desired(), "created")
DENIED = error("Authorization_RequestDenied")


def code_after(checks: list[Check]) -> str | None:
    """The code with which the outcome fails, None if it does not."""
    [outcome] = refused_by(checks, [OUTCOME])
    return outcome.error.code if outcome.error else None


@pytest.mark.parametrize(
    ("answer", "check_mode", "expected", "code"),
    [
        ([KNOWN], False, "ok", None),
        ([], False, "unknown", None),
        ([], True, "refused", "PrincipalNotFound"),
        ([replace(KNOWN, type="Group")], False, "refused", "WrongPrincipalType"),
        ([replace(KNOWN, type="ServicePrincipal")], True, "refused", "WrongPrincipalType"),
        (DENIED, False, "unknown", None),
        (DENIED, True, "unknown", None),
    ],
)
def test_the_directory(answer: Any, check_mode: bool, expected: str, code: str | None) -> None:
    checks = check_relationship(Directory(answer), [OUTCOME], check_mode)
    assert [check.outcome for check in checks] == [expected]
    assert code_after(checks) == code


REFUSED = RelationshipCheck(Check("partner_center", "refused", "no"), frozenset({AGENTS}), error("NoRelationship"))


@pytest.mark.parametrize(
    ("answer", "groups", "code"),
    [
        ([KNOWN], {AGENTS}, None),  # the customer knows the group: then it works whatever Partner Center says
        ([], {AGENTS}, "NoRelationship"),
        ([], {"another partner's"}, None),
        ([replace(KNOWN, type="Group")], {AGENTS}, "WrongPrincipalType"),
        (DENIED, {AGENTS}, "NoRelationship"),
        (DENIED, {"another partner's"}, None),
    ],
)
def test_partner_center_knows_no_relationship(answer: Any, groups: set[str], code: str | None) -> None:
    refused = replace(REFUSED, groups=frozenset(groups))
    checks = check_relationship(Directory(answer), [OUTCOME], False, refused)
    assert code_after(checks) == code
    assert checks[0] == REFUSED.check


class PartnerCenter:
    def __init__(self, relationship: Any, url: Any, tenant: str = "the partner") -> None:
        self.caller = Caller(tenant)
        self.relationship, self.url = relationship, url

    def customer(self, tenant_id: str) -> Customer:
        return Customer(tenant_id, relationship=answered(self.relationship))

    def relationship_request(self) -> str:
        return answered(self.url)


@pytest.mark.parametrize(
    ("relationship", "url", "expected", "hint"),
    [
        ("reseller", "", "ok", None),
        ("advisor", "", "ok", None),
        ("none", "https://x", "refused", "open https://x and accept"),
        ("none", error("2032"), "refused", "requests in Partner Center"),
        (None, "", "unknown", None),
        (error("900421"), "", "unknown", None),
    ],
)
def test_the_answer_of_partner_center(relationship: Any, url: Any, expected: str, hint: str | None) -> None:
    answer = ask_partner_center(lambda: PartnerCenter(relationship, url), "c", frozenset({AGENTS}))
    assert answer.check.outcome == expected
    assert hint in answer.refusal.hint if hint and answer.refusal else answer.refusal is None
    assert (answer.customer is None) == (expected == "unknown")


def test_an_identity_of_the_customers_own_tenant_decides_nothing() -> None:
    answer = ask_partner_center(lambda: PartnerCenter("none", "", tenant="c"), "c", frozenset({AGENTS}))
    assert (answer.check.outcome, answer.refusal) == ("unknown", None)
    assert "customer's own tenant" in answer.check.message


class Nobody:
    def principals(self, ids: list[str]) -> Any:
        pytest.fail("asked")


def test_groups_of_the_customers_own_kind_are_not_looked_up() -> None:
    own = AssignmentOutcome(desired(principal_type="Group"), "created")
    assert check_relationship(Nobody(), [own], True) == []
