# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The use cases of the modules for delegated admin relationships, in process, against scripted HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import DIRECTORY_READERS
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.modules import (
    gdap_access_assignment,
    gdap_relationship,
    gdap_relationship_info,
)

from ..module_utils.scripted_http import Answer
from .test_use_cases import AGENTS, EMPTY, GROUP, PARTNER, TENANT, Case, case, listed

__all__ = ["case"]
AGENT = Caller(PARTNER, "5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10", None, "user")
ID = "aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000002"
ROLES = {"unifiedRoles": [{"roleDefinitionId": DIRECTORY_READERS}]}
ACCESS = {
    "id": "a1",
    "status": "active",
    "accessContainer": {"accessContainerId": AGENTS, "accessContainerType": "securityGroup"},
    "accessDetails": ROLES,
    "@odata.etag": "1",
}


def relationship(status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "displayName": "contoso",
        "status": status,
        "customer": {"tenantId": TENANT, "displayName": "Contoso"},
        "accessDetails": ROLES,
        "autoExtendDuration": "P180D",
        "createdDateTime": "2026-01-10T08:00:00.0000000Z",
        "endDateTime": "2099-01-10T08:00:00.0000000Z" if status == "active" else None,
        "@odata.etag": "1",
        **more,
    }


def run(case: Case, module: Any, options: dict[str, Any], *answers: Answer, **more: Any) -> Any:
    return case.run(module, options, *answers, **{"caller": AGENT, **more})


def test_a_relationship_is_created_and_locked(case: Case) -> None:
    created, locked = relationship("created"), relationship("approvalPending")
    answers = [listed(relationship(customer=None)), Answer(201, created), Answer(201, {}), Answer(200, locked)]
    result = run(case, gdap_relationship, {"customer": TENANT}, *answers)
    assert result["changed"]
    assert result["approval_url"].endswith(ID)
    assert result["relationship"]["customer_name"] == "Contoso"
    assert case.methods == ["GET", "POST", "POST", "GET"]
    assert case.script.sent[1].body["customer"] == {"tenantId": TENANT}
    assert case.script.sent[1].body["displayName"] == f"csp-azure-{TENANT}-1"
    assert case.script.sent[2].body == {"action": "lockForApproval"}


def test_check_mode_only_lists(case: Case) -> None:
    result = run(case, gdap_relationship, {"customer": TENANT}, listed(relationship("expired")), check_mode=True)
    assert (result["changed"], result["relationship"]["status"]) == (True, "approvalPending")
    assert result["approval_url"] is None
    assert list(result["diff"]["after"].values()) == ["approvalPending"]


def test_a_domain_and_a_role_by_name_are_resolved(case: Case) -> None:
    role = {"templateId": "29232cdf-9323-42fd-ade2-1d097af3e4de", "isBuiltIn": True}
    details = {"unifiedRoles": [{"roleDefinitionId": role["templateId"]}]}
    result = run(
        case,
        gdap_relationship,
        {"customer": "contoso.com", "roles": ["Exchange Administrator"]},
        Answer(200, {"tenantId": TENANT}),
        listed(role, {**role, "isBuiltIn": False}),
        listed(relationship(accessDetails=details)),
    )
    assert not result["changed"]
    assert result["relationship"]["roles"] == [role["templateId"]]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("status", "answers", "changed", "after", "warns"),
    [
        (
            "active",
            [Answer(201, {}), Answer(200, relationship("terminationRequested"))],
            True,
            "terminationRequested",
            0,
        ),
        ("created", [Answer(200, relationship("created")), Answer(204, None)], True, None, 0),
        ("approvalPending", [], False, "approvalPending", 1),
        ("terminated", [], False, None, 0),
    ],
)
def test_the_end(
    case: Case, status: str, answers: list[Answer], changed: bool, after: str | None, warns: int, check_mode: bool
) -> None:
    options = {"customer": TENANT, "state": "absent", "roles": ["Directory Readers"]}
    given = [listed(relationship(status)), *([] if check_mode else answers)]
    result = run(case, gdap_relationship, options, *given, check_mode=check_mode)
    assert result["changed"] == changed
    assert (result["relationship"] or {}).get("status") == after
    assert len(result["warnings"]) == warns
    assert bool(result["diff"]["before"]) == changed


def test_waiting_in_vain_fails_with_the_link(case: Case) -> None:
    pending = relationship("approvalPending")
    options = {"customer": TENANT, "wait": True, "wait_timeout": 0.1}
    result = run(case, gdap_relationship, options, listed(pending))
    assert result["failed"]
    assert result["approval_url"] in result["msg"]
    assert result["relationship"]["id"] == ID


@pytest.mark.parametrize(
    "options",
    [
        {"customer": "not a tenant"},
        {"customer": TENANT, "id": TENANT},
        {"customer": TENANT, "name": "x" * 51},
        {"customer": TENANT, "duration": 731},
        {"customer": TENANT, "roles": ["Global Administrator"]},
    ],
)
def test_wrong_options_are_rejected_before_the_first_request(case: Case, options: dict[str, Any]) -> None:
    with pytest.raises(AzureError) as caught:
        run(case, gdap_relationship, options)
    assert caught.value.code == "InvalidInput"
    assert case.methods == []


def test_the_partner_is_no_customer_of_its_own(case: Case) -> None:
    with pytest.raises(AzureError, match="the partner's own"):
        run(case, gdap_relationship, {"customer": PARTNER})


def test_roles_are_assigned_and_read_back(case: Case) -> None:
    answers = [listed(GROUP), listed(relationship()), EMPTY, Answer(201, ACCESS), listed(ACCESS)]
    result = run(case, gdap_access_assignment, {"customer": TENANT}, *answers)
    assert result["changed"]
    assert result["assignment"] == {
        "id": "a1",
        "status": "active",
        "group_id": AGENTS,
        "roles": ["Directory Readers"],
    }
    assert case.methods == ["GET", "GET", "GET", "POST", "GET"]
    unchanged = run(
        case,
        gdap_access_assignment,
        {"relationship_id": ID, "group_id": AGENTS},
        Answer(200, relationship()),
        listed(ACCESS),
    )
    assert not unchanged["changed"]
    assert unchanged["assignment"] == result["assignment"]


def test_check_mode_predicts_an_assignment(case: Case) -> None:
    options = {"relationship_id": ID, "group_id": AGENTS}
    group = Answer(200, {"id": AGENTS, "securityEnabled": True})
    answers = (Answer(200, relationship()), EMPTY)
    result = run(case, gdap_access_assignment, options, *answers, group, check_mode=True)
    assert (result["changed"], result["assignment"]["status"], result["assignment"]["id"]) == (True, "pending", None)
    missing = Answer(404, {"error": {"code": "Request_ResourceNotFound", "message": "no"}})
    with pytest.raises(AzureError, match="has no group"):
        run(case, gdap_access_assignment, options, *answers, missing, check_mode=True)


def test_a_relationship_that_is_gone_has_no_assignments(case: Case) -> None:
    options = {"relationship_id": ID, "group_id": AGENTS}
    gone = Answer(404, {"error": {"code": "notFound", "message": "no"}})
    assert not run(case, gdap_access_assignment, {**options, "state": "absent"}, gone)["changed"]
    with pytest.raises(AzureError, match="notFound"):
        run(case, gdap_access_assignment, options, gone)


@pytest.mark.parametrize("module", [gdap_relationship, gdap_access_assignment])
def test_no_role_is_no_request(case: Case, module: Any) -> None:
    with pytest.raises(AzureError, match="No role was given"):
        run(case, module, {"customer": TENANT, "roles": [], "name": None, "group_id": AGENTS}, listed(relationship()))


def test_an_end_that_fails_keeps_what_ended(case: Case) -> None:
    ended, other = relationship("terminationRequested"), {**relationship(), "id": ID.replace("a", "c")}
    refused = Answer(403, {"error": {"code": "accessDenied", "message": "no"}})
    answers = (listed(relationship(), other), Answer(201, {}), Answer(200, ended), refused)
    result = run(case, gdap_relationship, {"customer": TENANT, "state": "absent", "roles": []}, *answers)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, True, "accessDenied")
    assert [item["id"] for item in result["ended"]] == [ID]


def test_one_odd_relationship_hides_no_other(case: Case) -> None:
    odd = {
        "id": "x",
        "customer": None,
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": None}]},
        "endDateTime": "0001-01-01T00:00:00Z",
    }
    result = run(case, gdap_relationship_info, {}, listed(odd, {**relationship(), "createdDateTime": "soon"}))
    assert [item["status"] for item in result["relationships"]] == ["unknown", "active"]
    assert run(case, gdap_relationship_info, {"status": ["Active"]}, listed(relationship()))["relationships"]
    with pytest.raises(AzureError, match="status: acive is no status"):
        run(case, gdap_relationship_info, {"status": ["acive"]})


@pytest.mark.parametrize(
    ("existing", "code"),
    [
        ([], "RelationshipNotFound"),
        ([relationship("approvalPending")], "RelationshipNotActive"),
        ([relationship("approved")], "RelationshipNotActive"),
        ([relationship("terminated")], "RelationshipNotActive"),
        ([relationship(accessDetails=None)], "MissingRoles"),
        ([relationship(accessDetails=None), relationship("approvalPending")], "RelationshipNotActive"),
    ],
)
def test_where_no_role_can_be_assigned(case: Case, existing: list[Any], code: str) -> None:
    with pytest.raises(AzureError) as caught:
        run(
            case,
            gdap_access_assignment,
            {"customer": TENANT, "group_id": AGENTS},
            listed(*existing),
            caller=Caller(PARTNER, kind="app"),
        )
    assert caught.value.code == code
    assert caught.value.hint


def test_many_roles_get_a_warning(case: Case) -> None:
    roles = [f"29232cdf-9323-42fd-ade2-{number:012d}" for number in range(11)]
    details = {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}
    held = {**ACCESS, "accessDetails": details}
    result = run(
        case,
        gdap_access_assignment,
        {"relationship_id": ID, "group_id": AGENTS, "roles": roles},
        Answer(200, relationship(accessDetails=details)),
        listed(held),
    )
    assert "11 roles" in result["warnings"][0]


def test_an_assignment_is_removed_from_all_relationships_in_force(case: Case) -> None:
    gone = {**ACCESS, "status": "deleting"}
    answers = [listed(relationship(), relationship("expired")), listed(ACCESS), Answer(204, None), listed(gone)]
    options = {"customer": TENANT, "group_id": AGENTS, "state": "absent", "wait": False}
    result = run(case, gdap_access_assignment, options, *answers)
    assert (result["changed"], result["assignment"]) == (True, None)
    again = run(case, gdap_access_assignment, options, listed(relationship()), listed(gone))
    assert not again["changed"]
    none = run(case, gdap_access_assignment, options, listed(relationship("expired")))
    assert (none["changed"], none["relationship"]) == (False, None)


def test_a_removal_that_fails_keeps_no_other_from_its_own(case: Case) -> None:
    other = {**relationship(), "id": ID.replace("a", "c")}
    refused = Answer(403, {"error": {"code": "accessDenied", "message": "no"}})
    removed = (Answer(204, None), listed({**ACCESS, "status": "deleting"}))
    options = {"customer": TENANT, "group_id": AGENTS, "state": "absent", "wait": False}
    answers = (listed(relationship(), other), listed(ACCESS), listed(ACCESS), refused, *removed)
    result = run(case, gdap_access_assignment, options, *answers)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, True, "accessDenied")


OTHER = {**relationship("approvalPending"), "id": ID.replace("a", "c"), "displayName": "adatum"}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["adatum", "contoso"]),
        ({"name": "CONTOSO"}, ["contoso"]),
        ({"id": ID}, ["contoso"]),
        ({"status": ["approvalPending"]}, ["adatum"]),
        ({"customer": TENANT}, ["adatum", "contoso"]),
        ({"customer": AGENTS}, []),
    ],
)
def test_a_list_is_filtered(case: Case, options: dict[str, Any], names: list[str]) -> None:
    result = run(case, gdap_relationship_info, options, listed(relationship(), OTHER))
    assert [item["name"] for item in result["relationships"]] == names
    assert "customers" not in result


def test_customers_are_judged_by_all_of_their_relationships(case: Case) -> None:
    options = {"assignments": True, "status": ["approvalPending"], "customer": TENANT}
    deleted = {**ACCESS, "status": "deleted"}
    answers = [listed(relationship(), OTHER), listed(ACCESS, deleted), listed(GROUP), EMPTY]
    result = run(case, gdap_relationship_info, options, *answers)
    assert [item["assignments"] for item in result["relationships"]] == [[]]
    [judged] = result["customers"]
    assert (judged["customer"], judged["sign_in"], judged["customer_name"]) == (TENANT, "ready", "Contoso")


def test_what_cannot_be_read_is_unknown(case: Case) -> None:
    refused = Answer(403, {"error": {"code": "Forbidden", "message": "no"}})
    answers = [listed(relationship()), refused, listed(GROUP), EMPTY]
    result = run(case, gdap_relationship_info, {"assignments": True}, *answers)
    assert result["relationships"][0]["assignments"] is None
    assert result["customers"][0]["sign_in"] == "unknown"


def test_a_user_without_the_right_gets_no_empty_list(case: Case) -> None:
    with pytest.raises(AzureError) as caught:
        run(case, gdap_relationship_info, {}, EMPTY, listed(GROUP), Answer(200, {"value": []}))
    assert caught.value.code == "NotInAdminAgents"
    member = run(case, gdap_relationship_info, {}, EMPTY, listed(GROUP), Answer(200, {"value": [AGENTS]}))
    assert member["relationships"] == []
