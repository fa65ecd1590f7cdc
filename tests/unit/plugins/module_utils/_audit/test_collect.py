# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit asks for, and that it makes the best of what cannot be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.checks import Check
from ansible_collections.csp.azure.plugins.module_utils._access.grants import Grant, Grants
from ansible_collections.csp.azure.plugins.module_utils._access.relationship import RelationshipCheck
from ansible_collections.csp.azure.plugins.module_utils._audit.collect import Audit, AuditRequest, audit
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment, DenyAssignment, Lock
from ansible_collections.csp.azure.plugins.module_utils._model.built_in_roles import BUILT_IN_ROLES
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Principal, Subscription
from ansible_collections.csp.azure.plugins.module_utils._model.earned_credit_roles import earning_roles
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.permissions import Permission
from ansible_collections.csp.azure.plugins.module_utils._model.roles import RoleDefinition
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import parse

from ..fakes import answered, assignment

TENANT, PARTNER = "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"
ONE, TWO, OFF = (f"11111111-1111-4111-8111-11111111111{n}" for n in (1, 2, 3))
OURS, THEIRS = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in range(2))
KNOWN = Principal(OURS, "ForeignGroup", "F", PARTNER)
NO = AzureError("no", code="AuthorizationFailed")


def held(scope: str, principal: str = OURS, role: str = "Owner") -> Assignment:
    return assignment(scope, principal, BUILT_IN_ROLES.get(role, role), principal_id=principal)


class Arm:
    """An ARM that notes what it is asked; an answer that is an error is raised."""

    def __init__(self, assignments: dict[str, Any], **answers: Any) -> None:
        self.assigned, self.answers, self.asked = assignments, answers, []

    def _answer(self, what: str, where: str, default: Any) -> Any:
        self.asked.append(f"{what} {where[-1]}")
        return answered(self.answers.get(what, default))

    def subscriptions(self) -> list[Subscription]:
        rows = [
            (ONE, "Enabled", TENANT),
            (TWO, "Enabled", TENANT),
            (OFF, "Disabled", TENANT),
            ("o", "Enabled", "other"),
        ]
        return self._answer("subscriptions", "*", [Subscription(i, i[-1], s, t) for i, s, t in rows])

    def assignments(self, scope: str) -> list[Assignment]:
        self.asked.append(f"assignments {scope[-1]}")
        return answered(self.assigned.get(scope.rpartition("/")[2], []))

    def deny_assignments(self, scope: str) -> list[DenyAssignment]:
        return self._answer("deny", scope, [])

    def locks(self, subscription: str) -> list[Lock]:
        return self._answer("locks", subscription, [])

    def role_definition(self, scope: str, role_id: str) -> RoleDefinition:
        desk = RoleDefinition(role_id, "Desk", True, (Permission(("Microsoft.Support/*",)),))
        return self._answer("role", role_id, desk)

    def role_definitions(self, scope: str, name: str) -> list[RoleDefinition]:
        return []

    def resource_groups(self, subscription: str) -> list[str]:
        return self._answer("groups", subscription, [])


class Directory:
    def __init__(self, *known: Principal) -> None:
        self.known = known
        self.asked: list[list[str]] = []

    def principals(self, ids: list[str]) -> list[Principal]:
        self.asked.append(ids)
        return [principal for principal in self.known if principal.id in ids]


def audited(arm: Arm, directory: Any = None, scopes: tuple[str, ...] = (), **more: Any) -> Audit:
    def opened() -> Any:
        if isinstance(directory, AzureError):
            raise directory
        assert directory is not None, "nobody had to ask the directory"
        return directory

    grants = Grants((Grant(tuple(map(parse, scopes)), OURS, "Owner", "AdminAgents"),))
    return audit(arm, opened, AuditRequest(grants, TENANT, earning_roles({}), **more))


def findings(found: Audit) -> dict[str, list[str]]:
    return {item["scope"][-1]: [grant["finding"] for grant in item["grants"]] for item in found.subscriptions}


EVERYWHERE = {ONE: [held(f"/subscriptions/{ONE}")], TWO: [held(f"/subscriptions/{TWO}")]}


def test_where_all_is_well_two_requests_for_each_subscription_are_enough() -> None:
    arm = Arm(EVERYWHERE)
    assert findings(audited(arm)) == {"1": ["exact"], "2": ["exact"], "3": []}
    assert sorted(arm.asked) == sorted(
        ["subscriptions *", *(f"{what} {n}" for what in ("assignments", "deny") for n in "123")]
    )


def test_what_is_missing_costs_a_look_at_locks_and_at_the_directory() -> None:
    arm, directory = Arm({ONE: EVERYWHERE[ONE]}), Directory(KNOWN)
    result = audited(arm, directory)
    assert findings(result) == {"1": ["exact"], "2": ["missing"], "3": []}
    assert [item for item in arm.asked if item.startswith("locks")] == ["locks 2"]
    assert directory.asked == [[OURS]]
    [grant] = result.subscriptions[1]["grants"]
    assert (grant["reinstate"], grant["partner_tenant_id"]) == ("created", PARTNER)


def test_a_group_that_the_directory_does_not_know_cannot_be_given_access() -> None:
    result = audited(Arm({}), Directory(), (ONE,))
    [grant] = result.subscriptions[0]["grants"]
    assert (grant["finding"], grant["reinstate"], grant["error"]["code"]) == ("missing", "failed", "PrincipalNotFound")
    assert result.checks[0].outcome == "refused"


def test_partner_center_says_why() -> None:
    refusal = AzureError("none", code="NoRelationship", hint="accept")
    refused = RelationshipCheck(Check("partner_center", "refused", "none"), frozenset([OURS]), refusal)
    result = audited(Arm({}), Directory(), (ONE,), partner_center=refused)
    assert result.subscriptions[0]["grants"][0]["error"]["code"] == "NoRelationship"


def test_a_disabled_subscription_cannot_be_written_to() -> None:
    result = audited(Arm({}), Directory(KNOWN), (OFF,))
    off = next(item for item in result.subscriptions if item["subscription_id"] == OFF)
    assert off["grants"][0]["error"]["code"] == "ReadOnlyDisabledSubscription"


def test_a_resource_group_that_is_not_there() -> None:
    result = audited(Arm({}, groups=["data"]), Directory(KNOWN), (f"/subscriptions/{ONE}/resourceGroups/web",))
    assert result.subscriptions[0]["grants"][0]["error"]["code"] == "ResourceGroupNotFound"


def test_other_partners_are_resolved_and_those_of_further_tenants_are_ours() -> None:
    them = Principal(THEIRS, "ForeignGroup", "T", "t2")
    assigned = {**EVERYWHERE, ONE: [held(f"/subscriptions/{ONE}"), held(f"/subscriptions/{ONE}", THEIRS, "Reader")]}
    result = audited(Arm(assigned), Directory(them)).subscriptions[0]
    assert (result["foreign_principals"][0]["partner_tenant_id"], result["flags"]) == ("t2", ["other_partner"])
    result = audited(Arm(assigned), Directory(them), partners=frozenset(["t2"])).subscriptions[0]
    assert (result["foreign_principals"][0]["ours"], result["flags"]) == (True, [])


def test_a_directory_that_cannot_be_read_is_a_step() -> None:
    assigned = {**EVERYWHERE, ONE: [held(f"/subscriptions/{ONE}"), held(f"/subscriptions/{ONE}", THEIRS)]}
    result = audited(Arm(assigned), NO)
    assert [(check.step, check.outcome) for check in result.checks] == [("directory", "unknown")]
    assert result.subscriptions[0]["foreign_principals"][0]["ours"] is None
    assert "other_partner" not in result.subscriptions[0]["flags"]
    assert result.subscriptions[0]["foreign_principals"][0]["partner_tenant_id"] is None
    missing = audited(Arm({}), NO, (ONE,))
    assert missing.checks[0].outcome == "unknown"
    assert missing.subscriptions[0]["grants"][0]["reinstate"] == "created"


def test_the_tenant_of_an_expected_group_is_the_partners() -> None:
    helpdesk = replace(KNOWN, id=THEIRS)
    assigned = {**EVERYWHERE, ONE: [held(f"/subscriptions/{ONE}"), held(f"/subscriptions/{ONE}", THEIRS, "Reader")]}
    directory = Directory(KNOWN, helpdesk)
    assert audited(Arm(assigned), directory).subscriptions[0]["foreign_principals"][0]["ours"]
    assert directory.asked == [[OURS, THEIRS]]


def test_partner_center_is_told_of_though_nothing_is_missing() -> None:
    check = Check("partner_center", "unknown", "MFA required")
    unanswered = RelationshipCheck(check, frozenset([OURS]))
    assert audited(Arm(EVERYWHERE), partner_center=unanswered).checks == (check,)


def test_without_the_check_of_the_relationship_the_directory_decides_nothing() -> None:
    result = audited(Arm({}), Directory(), (ONE,), check_relationship=False)
    assert (result.subscriptions[0]["grants"][0]["reinstate"], result.checks) == ("created", ())


def test_who_may_only_read_one_group_is_told_of_that_group() -> None:
    group = f"/subscriptions/{ONE}/resourceGroups/web"
    arm = Arm({ONE: NO, "web": [held(group)]}, subscriptions=[])
    result = audited(arm, None, (group,)).subscriptions[0]
    assert [item["finding"] for item in result["grants"]] == ["exact"]
    assert (
        audited(Arm({ONE: NO, "web": NO}, subscriptions=[]), None, (group,)).subscriptions[0]["error"]["code"]
        == "AuthorizationFailed"
    )


def test_one_wish_told_twice_is_one_grant() -> None:
    arm = Arm(EVERYWHERE)
    result = audited(arm, None, (ONE, f"/subscriptions/{ONE.upper()}/"))
    assert [len(item["grants"]) for item in result.subscriptions] == [1, 0, 0]


def test_a_name_is_shown_without_what_a_terminal_obeys() -> None:
    rows = [Subscription(ONE, "One\x1b[31m", "Enabled")]
    result = audited(Arm({ONE: EVERYWHERE[ONE]}, subscriptions=rows), sold=frozenset([ONE])).subscriptions
    assert [(item["subscription_id"], item["name"], item["sold"]) for item in result] == [(ONE, "One\ufffd[31m", True)]


def test_one_subscription_that_cannot_be_read_hides_no_other() -> None:
    result = audited(Arm({**EVERYWHERE, TWO: NO}))
    assert findings(result) == {"1": ["exact"], "2": ["unknown"], "3": []}
    assert result.subscriptions[1]["error"]["code"] == "AuthorizationFailed"


def test_denials_and_locks_that_cannot_be_read() -> None:
    result = audited(Arm({ONE: EVERYWHERE[ONE]}, deny=NO, locks=NO), Directory(KNOWN), (ONE, TWO))
    assert "unknown" in result.subscriptions[0]["flags"]
    assert result.subscriptions[0]["credit"] == "unknown"
    assert findings(result)["2"] == ["missing"]


def test_what_was_sold_or_was_there_is_looked_at_though_nobody_sees_it() -> None:
    sold, gone = "11111111-1111-4111-8111-111111111117", "11111111-1111-4111-8111-111111111118"
    lost = AzureError("gone", code="SubscriptionNotFound")
    arm = Arm({**EVERYWHERE, sold: lost, gone: lost})
    actual = audited(arm, sold=frozenset([ONE, sold]), remembered=frozenset([TWO, gone]))
    assert findings(actual) == {"1": ["exact"], "2": ["exact"], "3": [], "7": ["unknown"], "8": ["unknown"]}
    result = {item["scope"][-1]: (item["sold"], item["notes"]) for item in actual.subscriptions}
    assert result["1"] == (True, "Sold and accessible")
    assert result["2"] == (False, "Accessible, but not sold")
    assert result["7"] == (True, "Sold, access unknown")


def test_an_uncommon_role_is_asked_for_once() -> None:
    custom = "99999999-0000-4000-8000-000000000001"
    both = {item: [held(f"/subscriptions/{item}", role=custom)] for item in (ONE, TWO)}
    arm = Arm(both)
    result = audited(arm, Directory(KNOWN))
    assert [item for item in arm.asked if item.startswith("role")] == ["role 1"]
    assert (result.subscriptions[0]["tickets"], result.subscriptions[0]["grants"][0]["assignments"][0]["role"]) == (
        "yes",
        "Desk",
    )
    assert audited(Arm(both, role=NO), Directory(KNOWN)).subscriptions[0]["tickets"] == "unknown"


def test_who_sees_no_subscription_at_all_is_told_so() -> None:
    with pytest.raises(AzureError, match="no subscription"):
        audited(Arm({}, subscriptions=[]))
