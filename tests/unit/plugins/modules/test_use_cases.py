# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module's use case, in process, against scripted HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._clients.graph import Graph
from ansible_collections.csp.azure.plugins.module_utils._connection.identities import Identities
from ansible_collections.csp.azure.plugins.module_utils._model.built_in_roles import BUILT_IN_ROLES
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._parallel import Background
from ansible_collections.csp.azure.plugins.modules import (
    admin_agents_info,
    customer_info,
    elevated_access,
    foreign_principal_info,
    partner_access,
    partner_access_info,
    partner_revocation,
    permission_info,
    relationship_request_info,
    role_assignment,
    role_assignment_info,
    subscription_info,
)

from ..module_utils.scripted_http import Answer, Script, Signed

IDENTITY = "11111111-1111-4111-8111-111111111111"
SUB = f"/subscriptions/{IDENTITY}"
AGENTS = "065b0bfc-0000-4000-8000-000000000001"
TENANT, PARTNER = "22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"
USER = Caller(TENANT, "5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10", None, "user")
EMPTY = Answer(200, {"value": []})
MAY = Answer(200, {"value": [{"actions": ["*"], "notActions": []}]})
REFUSED = Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})
KNOWN = {
    "@odata.type": "#microsoft.graph.directoryObjectPartnerReference",
    "id": AGENTS,
    "displayName": "AdminAgents",
    "externalPartnerTenantId": PARTNER,
    "objectType": "Group",
}


def item(
    scope: str = SUB, role: str = "Owner", principal: str = AGENTS, kind: str = "ForeignGroup", **more: Any
) -> Any:
    properties = {"scope": scope, "principalId": principal, "principalType": kind}
    properties |= {"roleDefinitionId": f"/providers/x/{BUILT_IN_ROLES[role]}", **more}
    name = f"{role[:2]}{principal[:4]}"
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "properties": properties,
    }


def listed(*items: Any) -> Answer:
    return Answer(200, {"value": list(items)})


class Case:
    """Runs use cases against the answers of a script."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.script = Script()
        self.started: list[Background[Any]] = []
        monkeypatch.setattr(Graph, "_http", lambda _graph: self.script.http())

    def run(self, module: Any, options: dict[str, Any], *answers: Any, check_mode: bool = False, **more: Any) -> Any:
        self.script = Script(*answers)
        spec = module.ARGUMENTS.options
        defaults = {name: option.get("default") for name, option in spec.items()}
        signed = Signed(self.script, caller=more.pop("caller", USER), tenant=more.get("tenant"))
        partner = Signed(self.script, caller=Caller(PARTNER)) if more.get("partner") else None
        injected = {name: more[name] for name in ("likely_missing",) if name in more}
        result = module.use_case({**defaults, **options}, check_mode, Identities(signed, partner), **injected)
        assert self.script.answers == [], "an answer was not asked for"
        return result

    @property
    def methods(self) -> list[str]:
        return [sent.method for sent in self.script.sent]


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    created = Case(monkeypatch)

    # Work beside other work waits until its result is needed: the answers have an order.
    def hold(background: Background[Any]) -> None:
        created.started.append(background)

    monkeypatch.setattr(Background, "start", hold)
    return created


GROUP = {"id": AGENTS.upper(), "displayName": "AdminAgents", "securityEnabled": True, "mailNickname": "AdminAgents"}


def test_admin_agents_info(case: Case) -> None:
    distribution_list = {**GROUP, "id": "x", "securityEnabled": False}
    result = case.run(admin_agents_info, {}, listed(GROUP, distribution_list))
    assert result["object_id"] == AGENTS
    assert result["group"]["displayName"] == "AdminAgents"
    for groups, code in ([], "GroupNotFound"), ([GROUP, GROUP], "GroupNotUnique"):
        with pytest.raises(AzureError) as caught:
            case.run(admin_agents_info, {}, listed(*groups))
        assert caught.value.code == code


def test_admin_agents_info_looks_in_the_partners_tenant(case: Case) -> None:
    assert case.run(admin_agents_info, {}, listed(GROUP), partner=True)["caller"]["tenant"] == PARTNER


def test_foreign_principal_info(case: Case) -> None:
    ids = [AGENTS.upper(), IDENTITY]
    result = case.run(foreign_principal_info, {"principal_ids": ids}, listed(KNOWN))
    assert [(row["id"], row["known"], row["partner_tenant_id"]) for row in result["principals"]] == [
        (AGENTS, True, PARTNER),
        (IDENTITY, False, None),
    ]
    assert not result["all_known"]
    assert case.run(foreign_principal_info, {"principal_ids": [AGENTS]}, listed(KNOWN))["all_known"]
    for wrong in [], ["x"]:
        with pytest.raises(AzureError, match=r"No object ID|is not a GUID"):
            case.run(foreign_principal_info, {"principal_ids": wrong})


CUSTOMER = {"id": TENANT, "companyProfile": {"domain": "fabrikam.com", "companyName": "Fabrikam"}}
RESELLER = {**CUSTOMER, "relationshipToPartner": "Reseller", "allowDelegatedAccess": False}
PLAN = {"id": "plan", "offerId": "DZH318Z0BPS6:0001", "status": "active"}
SOLD = {"id": IDENTITY, "friendlyName": "Production", "status": "active"}
NO_RELATIONSHIP = Answer(400, {"code": 20002, "description": "no"})


def page(*items: Any) -> Answer:
    return Answer(200, {"totalCount": len(items), "items": list(items)})


def test_customer_info(case: Case) -> None:
    [row] = case.run(customer_info, {"customer": TENANT}, Answer(200, RESELLER))["customers"]
    assert (row["relationship"], row["delegated_access"]) == ("reseller", False)
    [row] = case.run(customer_info, {"customer": " Fabrikam.com "}, page(RESELLER), Answer(200, RESELLER))["customers"]
    assert row["tenant_id"] == TENANT
    [row] = case.run(customer_info, {"customer": "other.com"}, page(RESELLER))["customers"]
    assert (row["tenant_id"], row["domain"], row["relationship"]) == ("", "other.com", "none")
    nameless = {"id": TENANT, "companyProfile": {"companyName": "Nameless"}}
    [row] = case.run(customer_info, {"customer": "none"}, page(nameless))["customers"]
    assert row["tenant_id"] == ""
    [row] = case.run(customer_info, {"customer": TENANT, "subscriptions": True}, NO_RELATIONSHIP)["customers"]
    assert (row["relationship"], row["subscriptions"]) == ("none", [])
    assert case.run(customer_info, {}, page(RESELLER))["customers"][0]["name"] == "Fabrikam"


def test_customer_info_hides_no_customer_behind_another_ones_failure(case: Case) -> None:
    both = page({**RESELLER, "id": "b"}, {**RESELLER, "id": "a"})
    result = case.run(
        customer_info,
        {"subscriptions": True},
        both,
        Answer(403, {"code": 1, "description": "x"}),
        page(PLAN),
        page(SOLD),
    )
    assert result["failed"]
    assert [(row["tenant_id"], "subscriptions" in row) for row in result["customers"]] == [("a", True), ("b", False)]
    assert result["customers"][0]["subscriptions"][0]["subscription_id"] == IDENTITY
    assert result["customers"][0]["azure_plans"] == [{"id": "plan", "status": "active"}]


def test_relationship_request_info(case: Case) -> None:
    link = Answer(200, {"url": f"https://admin.microsoft.com/invite?partnerId={PARTNER}&msppId=0&DAP=true"})
    assert "DAP=false" in case.run(relationship_request_info, {}, link)["url"]
    url = case.run(relationship_request_info, {"reseller_tenant": TENANT, "reseller_mpn_id": "7"}, link)["url"]
    assert f"partnerId={TENANT}" in url
    assert f"indirectCSPId={PARTNER}" in url
    assert "msppId=7" in url
    with pytest.raises(AzureError, match="not a tenant ID"):
        case.run(relationship_request_info, {"reseller_tenant": "x"})


def test_subscription_info(case: Case) -> None:
    rows = [
        {"subscriptionId": identity, "displayName": "S", "state": state, "tenantId": TENANT}
        for identity, state in (("B", "Enabled"), ("a", "Disabled"))
    ]
    every = case.run(subscription_info, {}, listed(*rows))["subscriptions"]
    assert [(row["subscription_id"], row["scope"]) for row in every] == [
        ("a", "/subscriptions/a"),
        ("b", "/subscriptions/b"),
    ]
    [enabled] = case.run(subscription_info, {"states": ["Enabled"]}, listed(*rows))["subscriptions"]
    assert (enabled["state"], enabled["tenant_id"], enabled["display_name"]) == ("Enabled", TENANT, "S")


def test_permission_info(case: Case) -> None:
    held = listed(item(condition="c"), item(role="Reader"))
    result = case.run(permission_info, {"scopes": [SUB]}, MAY, held)
    assert (result["allowed"], result["missing_actions"], result["restricted"]) == (True, [], True)
    result = case.run(permission_info, {"scopes": [SUB], "actions": ["a/b"]}, EMPTY, REFUSED)
    assert (result["allowed"], result["missing_actions"], result["restricted"]) == (False, ["a/b"], None)
    assert result["permissions"][0]["conditions"] is None
    result = case.run(permission_info, {"scopes": [SUB, f"{SUB}/resourceGroups/g"]}, MAY, EMPTY, REFUSED)
    assert (result["allowed"], result["failed"], len(result["permissions"])) == (False, True, 1)
    assert case.run(permission_info, {"scopes": [SUB]}, MAY, caller=Caller(TENANT))["restricted"] is None
    with pytest.raises(AzureError, match="No action"):
        case.run(permission_info, {"scopes": [SUB], "actions": [""]})


ASSIGN = {"scopes": [SUB], "principal_id": AGENTS}


def test_role_assignment(case: Case) -> None:
    result = case.run(role_assignment, ASSIGN, EMPTY, check_mode=True)
    assert (result["changed"], case.methods) == (True, ["GET"])
    result = case.run(role_assignment, ASSIGN, EMPTY, Answer(201, item()), listed(item()))
    assert (result["assignments"][0]["state"], result["changed"], case.methods) == (
        "created",
        True,
        ["GET", "PUT", "GET"],
    )
    assert result["diff"]["before"] != result["diff"]["after"]
    assert not case.run(role_assignment, ASSIGN, listed(item()))["changed"]
    result = case.run(role_assignment, {**ASSIGN, "state": "absent"}, listed(item()), Answer(200, item()), EMPTY)
    assert (result["assignments"][0]["state"], case.methods) == ("removed", ["GET", "DELETE", "GET"])
    result = case.run(role_assignment, {**ASSIGN, "wait": False}, EMPTY, Answer(201, item()))
    assert result["assignments"][0]["state"] == "created"
    for name in ("description", "condition"):
        result = case.run(role_assignment, {**ASSIGN, name: "new"}, listed(item()), check_mode=True)
        assert result["assignments"][0]["state"] == "updated"
    with pytest.raises(AzureError, match="not an object ID"):
        case.run(role_assignment, {**ASSIGN, "principal_id": "x"})


def test_role_assignment_info(case: Case) -> None:
    above = item("/providers/Microsoft.Management/managementGroups/root", "Reader")
    below = item(f"{SUB}/resourceGroups/g", "Reader")
    own = item(kind="User", principal=IDENTITY)
    rows = case.run(role_assignment_info, {"scopes": [SUB]}, listed(item(), own, above, below))["assignments"]
    assert [(row["role"], row["inherited"]) for row in rows] == [("Reader", True), ("Owner", False), ("Owner", False)]
    rows = case.run(
        role_assignment_info,
        {"scopes": [SUB], "below": True, "foreign_only": True, "role": "Reader"},
        listed(item(), own, below),
    )["assignments"]
    assert [row["scope"] for row in rows] == [f"{SUB}/resourceGroups/g"]
    rows = case.run(role_assignment_info, {"scopes": [SUB], "principal_id": AGENTS}, listed(item(), below))[
        "assignments"
    ]
    assert len(rows) == 1
    assert "principalId" in case.script.sent[0].url
    both = [SUB, "/providers/Microsoft.Management/managementGroups/root"]
    result = case.run(role_assignment_info, {"scopes": both}, listed(above), listed(above))
    assert [row["inherited"] for row in result["assignments"]] == [False]
    result = case.run(role_assignment_info, {"scopes": both}, REFUSED, listed(above))
    assert (result["failed"], len(result["assignments"])) == (True, 1)


ELEVATED = listed(item("/", "User Access Administrator", principal=str(USER.object_id), kind="User"))


def test_elevated_access(case: Case) -> None:
    assert case.run(elevated_access, {}, REFUSED, check_mode=True)["changed"]
    result = case.run(elevated_access, {}, REFUSED, Answer(200), ELEVATED)
    assert (result["before"], result["changed"], bool(result["id"])) == (False, True, True)
    assert not case.run(elevated_access, {}, ELEVATED)["changed"]
    result = case.run(elevated_access, {"state": "absent"}, ELEVATED, Answer(200, item()), REFUSED)
    assert (result["before"], result["changed"], result["diff"]["after"]) == (True, True, "not elevated")
    assert not case.run(elevated_access, {"state": "absent"}, REFUSED)["changed"]


@pytest.mark.parametrize(
    ("options", "answers", "changed"),
    [
        ({}, (REFUSED, REFUSED), False),
        ({}, (REFUSED, Answer(200), REFUSED), True),
        ({"state": "absent"}, (ELEVATED, Answer(200, item()), ELEVATED), True),
        ({"state": "absent"}, (ELEVATED, REFUSED), False),
    ],
    ids=["refused", "accepted, but not shown", "removed, but still shown", "removal refused"],
)
def test_an_elevation_in_doubt_is_a_change(
    options: dict[str, Any], answers: tuple[Answer, ...], changed: bool, case: Case
) -> None:
    result = case.run(elevated_access, {**options, "wait_timeout": 0}, *answers)
    assert (result["failed"], result["changed"]) == (True, changed)


GRANT = {"principal_id": AGENTS, "group": None, "role": "Owner", "scopes": [SUB]}
OPTIONS = {"grants": [GRANT], "groups": {}}
STATE = Answer(200, {"state": "Enabled"})
CHECKS = (EMPTY, listed(KNOWN), STATE, MAY, EMPTY)


def test_partner_access(case: Case) -> None:
    result = case.run(partner_access, OPTIONS, EMPTY, listed(KNOWN), Answer(201, item()), listed(item()))
    assert (result["changed"], result["assignments"][0]["state"], result["handoffs"]) == (True, "created", [])
    assert [step["step"] for step in result["steps"]] == ["relationship"]
    result = case.run(partner_access, OPTIONS, *CHECKS, check_mode=True)
    assert result["summary"][0].startswith("would be created: Owner")
    result = case.run(partner_access, OPTIONS, listed(item()))
    assert (result["changed"], result["steps"]) == (False, [])
    result = case.run(partner_access, {**OPTIONS, "grants": []})
    assert result["summary"] == ["No grants were given."]
    result = case.run(
        partner_access, {**OPTIONS, "check_relationship": False}, EMPTY, STATE, MAY, EMPTY, check_mode=True
    )
    assert [step["step"] for step in result["steps"]] == ["permission"]


def test_partner_access_names_the_subscriptions_that_all_leaves_out(case: Case) -> None:
    rows = [
        {"subscriptionId": IDENTITY[:-1] + end, "state": state, "tenantId": TENANT}
        for end, state in (("1", "Enabled"), ("2", "Disabled"))
    ]
    result = case.run(
        partner_access, {**OPTIONS, "grants": [{**GRANT, "scopes": ["all"]}]}, listed(*rows), listed(item())
    )
    assert result["left_out"] == [f"The subscription {IDENTITY[:-1]}2 is disabled: it was left out."]
    assert result["steps"][0]["outcome"] == "skipped"


NOT_KNOWN = Answer(400, {"error": {"code": "PrincipalNotFound", "message": "Principal x does not exist"}})
LINK = Answer(200, {"url": "https://invite"})


def test_partner_access_stops_without_a_relationship(case: Case) -> None:
    named = {"grants": [GRANT], "groups": {"AdminAgents": AGENTS}}
    result = case.run(partner_access, named, EMPTY, EMPTY, NOT_KNOWN, NO_RELATIONSHIP, LINK, partner=True)
    assert case.methods.count("PUT") == 1, "without a relationship, Azure will not learn of the group"
    assert (result["failed"], result["error"]["code"]) == (True, "NoRelationship")
    assert result["invitation_url"] == "https://invite"
    assert result["diff"]["after"] == {}
    predicted = case.run(partner_access, named, EMPTY, NO_RELATIONSHIP, LINK, EMPTY, partner=True, check_mode=True)
    for name in ("error", "handoffs", "invitation_url", "summary"):
        assert predicted[name] == result[name]
    grants = [{**GRANT, "scopes": [SUB, f"{SUB}/resourceGroups/g"]}]
    several = {**named, "grants": grants}
    result = case.run(partner_access, several, EMPTY, NO_RELATIONSHIP, LINK, EMPTY, partner=True, check_mode=True)
    [handoff] = result["handoffs"]
    assert handoff == {"role": "Owner", "principal_id": AGENTS, "scopes": [SUB, f"{SUB}/resourceGroups/g"]}


def test_partner_access_asks_partner_center_only_if_azure_refuses(case: Case) -> None:
    named = {"grants": [GRANT], "groups": {"AdminAgents": AGENTS}}
    written = (EMPTY, listed(KNOWN), Answer(201, item()), listed(item()))
    case.run(partner_access, named, *written, REFUSED, partner=True)
    assert len(case.started) == 1, "the look at the sign-in begins before the write"
    assert not any("partnercenter" in sent.url for sent in case.script.sent)
    result = case.run(partner_access, {**named, "wait_timeout": 0}, EMPTY, EMPTY, NOT_KNOWN, STATE, MAY, EMPTY)
    assert result["error"]["code"] == "PrincipalNotFound"


@pytest.mark.parametrize(
    ("refusal", "reasons", "code"),
    [
        (REFUSED, ("state", "lacking"), "MissingPermission"),
        # The caller may assign: then Azure's own words stay.
        (REFUSED, ("state", "may", "held"), "AuthorizationFailed"),
        (
            Answer(409, {"error": {"code": "ReadOnlyDisabledSubscription", "message": "no"}}),
            ("disabled",),
            "ReadOnlyDisabledSubscription",
        ),
        (Answer(409, {"error": {"code": "ScopeLocked", "message": "no"}}), (), "ScopeLocked"),
    ],
)
def test_partner_access_explains_what_azure_refused(
    case: Case, refusal: Answer, reasons: tuple[str, ...], code: str
) -> None:
    answers = {
        "state": STATE,
        "lacking": EMPTY,
        "may": MAY,
        "held": EMPTY,
        "disabled": Answer(200, {"state": "Disabled"}),
    }
    result = case.run(partner_access, OPTIONS, EMPTY, listed(KNOWN), refusal, *(answers[name] for name in reasons))
    assert (result["failed"], result["error"]["code"]) == (True, code)
    assert case.methods.count("PUT") == 1


def test_partner_access_asks_the_directory_beside_azure_if_something_is_probably_missing(case: Case) -> None:
    answers = (EMPTY, listed(KNOWN), Answer(201, item()), listed(item()))
    assert case.run(partner_access, OPTIONS, *answers)["changed"]
    assert case.started == []
    assert case.run(partner_access, OPTIONS, *answers, likely_missing=True)["changed"]
    assert len(case.started) == 1
    assert not case.run(partner_access, OPTIONS, listed(item()), likely_missing=True)["changed"]


def test_partner_access_writes_nothing_for_a_group_of_the_customers_own(case: Case) -> None:
    own = {"@odata.type": "#microsoft.graph.group", "id": AGENTS, "displayName": "Ours"}
    result = case.run(partner_access, OPTIONS, EMPTY, listed(own))
    assert result["error"]["code"] == "WrongPrincipalType"
    assert "PUT" not in case.methods


def test_partner_access_elevates_only_if_the_permission_is_missing(case: Case) -> None:
    options = {**OPTIONS, "elevate": True, "check_relationship": False}
    lacking = (EMPTY, STATE, EMPTY)
    result = case.run(partner_access, options, *lacking, REFUSED, check_mode=True)
    assert result["steps"][-1]["step"] == "elevation"
    result = case.run(partner_access, options, *lacking, ELEVATED, EMPTY, STATE, MAY, EMPTY, check_mode=True)
    assert result["summary"][0].startswith("would be created: Owner")
    refused = (EMPTY, REFUSED)
    with pytest.raises(AzureError, match="A service principal cannot elevate"):
        case.run(partner_access, options, *refused, caller=replace(USER, kind="app"))
    granted = (EMPTY, Answer(201, item()), listed(item()))
    elevation = (REFUSED, Answer(200), ELEVATED)
    result = case.run(partner_access, options, *refused, *elevation, *granted, Answer(200, item()), REFUSED)
    assert (result["changed"], result.get("failed"), result["steps"][-1]["outcome"]) == (True, None, "ok")
    stays = [Answer(500, {"error": {"code": "x", "message": "y"}})] * 5
    result = case.run(partner_access, options, *refused, *elevation, *granted, *stays)
    assert (result["failed"], result["msg"].startswith("ELEVATION NOT REMOVED")) == (True, True)
    assert result["changed"]
    assert result["assignments"][0]["state"] == "created"
    result = case.run(partner_access, options, *refused, ELEVATED, *granted)
    assert "elevation" not in [step["step"] for step in result["steps"]]


def test_partner_access_elevates_a_caller_that_all_would_mean_nothing_for(case: Case) -> None:
    options = {"grants": [{**GRANT, "scopes": ["all"]}], "groups": {}, "check_relationship": False, "elevate": True}
    visible = listed({"subscriptionId": SUB.rpartition("/")[2], "state": "Enabled", "tenantId": TENANT})
    work = (visible, EMPTY, Answer(201, item()), listed(item()))
    elevation = (REFUSED, Answer(200), ELEVATED)
    result = case.run(partner_access, options, EMPTY, *elevation, *work, Answer(200, item()), REFUSED)
    assert (result["changed"], result.get("failed"), result["steps"][-1]["outcome"]) == (True, None, "ok")
    result = case.run(partner_access, options, EMPTY, REFUSED, check_mode=True)
    assert result["summary"] == ["The real run would elevate the caller's access first."]
    with pytest.raises(AzureError, match="sees no subscription"):
        case.run(partner_access, options, EMPTY, ELEVATED, EMPTY)
    with pytest.raises(AzureError, match="sees no subscription"):
        case.run(partner_access, {**options, "elevate": False}, EMPTY)


def test_partner_access_info(case: Case) -> None:
    rows = listed({"subscriptionId": IDENTITY, "displayName": "S", "state": "Enabled", "tenantId": TENANT})
    result = case.run(partner_access_info, OPTIONS, rows, listed(item()), EMPTY)
    assert result["subscriptions"][0]["access"] == "full"
    assert result["customer"]["tenant"] == TENANT
    result = case.run(
        partner_access_info, {**OPTIONS, "fail_on": ["missing"]}, rows, EMPTY, EMPTY, EMPTY, listed(KNOWN)
    )
    assert (result["failed"], result["findings"], result["error"]["code"]) == (True, True, "AuditFindings")
    result = case.run(partner_access_info, OPTIONS, REFUSED)
    assert (result["failed"], result["customer"]["tenant"], "findings" in result) == (True, TENANT, False)
    for wrong in {"sold": ["x"]}, {"partner_tenants": ["x"]}, {"pec_roles": {"Owner": "yes"}}:
        with pytest.raises(AzureError):
            case.run(partner_access_info, {**OPTIONS, **wrong})


def test_partner_access_info_asks_partner_center_for_what_was_sold(case: Case) -> None:
    rows = listed({"subscriptionId": IDENTITY, "displayName": "S", "state": "Enabled", "tenantId": TENANT})
    sold = (page(PLAN), page(SOLD, {**SOLD, "id": "x", "status": "suspended"}))
    audited = (rows, listed(item()), EMPTY, EMPTY, listed(GROUP), EMPTY)
    result = case.run(partner_access_info, OPTIONS, Answer(200, RESELLER), *sold, *audited, partner=True)
    assert (result["subscriptions"][0]["sold"], len(result["subscriptions"])) == (True, 1)
    assert result["customer"] == {
        "tenant": TENANT,
        "name": "Fabrikam",
        "relationship": "reseller",
        "delegated_access": False,
    }
    refused = Answer(403, {"code": 1, "description": "no"})
    result = case.run(partner_access_info, OPTIONS, Answer(200, RESELLER), refused, *audited, partner=True)
    assert (result["subscriptions"][0]["sold"], result["steps"][0]["outcome"]) == (None, "unknown")
    known = {**OPTIONS, "sold": [IDENTITY], "relationship": "Reseller"}
    assert case.run(partner_access_info, known, *audited, partner=True)["subscriptions"][0]["sold"]
    result = case.run(partner_access_info, {**OPTIONS, "relationship": "none"}, rows, listed(item()), EMPTY)
    assert result["subscriptions"][0]["credit"] == "no"


REVOKE = {"scopes": [SUB], "principal_ids": [AGENTS]}
ADMINISTRATOR = item(kind="User", principal=IDENTITY)


def test_partner_revocation(case: Case) -> None:
    result = case.run(partner_revocation, REVOKE, listed(item(), ADMINISTRATOR), check_mode=True)
    assert (result["changed"], result["assignments"][0]["state"]) == (True, "removed")
    result = case.run(partner_revocation, {**REVOKE, "wait": False}, listed(item(), ADMINISTRATOR), Answer(200, item()))
    assert (case.methods, result["summary"][0][:8]) == (["GET", "DELETE"], "removed:")
    result = case.run(
        partner_revocation, {"scopes": [SUB], "partner_tenants": [PARTNER]}, listed(item(), ADMINISTRATOR), EMPTY
    )
    assert (result["unknown"], len(result["warnings"])) == ([AGENTS], 1)
    above = "/providers/Microsoft.Management/managementGroups/root"
    result = case.run(partner_revocation, REVOKE, listed(item(above), ADMINISTRATOR))
    assert len(result["above"]) == len(result["warnings"]) == 1
    result = case.run(partner_revocation, {**REVOKE, "scopes": [above]}, EMPTY)
    assert "Above subscriptions" in result["warnings"][0]
    result = case.run(partner_revocation, REVOKE, REFUSED)
    assert (result["failed"], "Not everything could be read" in result["msg"]) == (True, True)
    for wrong in {"principal_ids": []}, {"partner_tenants": ["x"]}, {"partner_tenants": [TENANT]}:
        with pytest.raises(AzureError):
            case.run(partner_revocation, {**REVOKE, **wrong})


def test_every_module_that_signs_in_is_here() -> None:
    tested: set[Callable[..., Any]] = {value for name, value in globals().items() if name.startswith("test_")}
    modules = [name for name, value in globals().items() if hasattr(value, "use_case")]
    assert len(modules) == 12
    assert all(any(test.__name__.startswith(f"test_{name}") for test in tested) for name in modules)
