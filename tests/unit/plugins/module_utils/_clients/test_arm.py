# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ARM client against scripted HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from ansible_collections.csp.azure.plugins.module_utils._clients.arm import Arm
from ansible_collections.csp.azure.plugins.module_utils._connection.clouds import CLOUDS
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import Assignment, AssignmentProperties, Lock
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.permissions import Permission
from ansible_collections.csp.azure.plugins.module_utils._model.roles import RoleDefinition
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import of_azure

from ..scripted_http import Answer, Script, Signed

SUB = "/subscriptions/11111111-1111-4111-8111-111111111111"
AGENTS = "065b0bfc-0000-4000-8000-000000000001"
NAME = "36ad83ff-56a7-5b5d-8bb1-301f4d0beb5c"
# As ARM sends it since 2022-04-01: nulls are there, the last zeros of a time are not, createdBy is empty for the system's own.
ASSIGNMENT = {
    "properties": {
        "roleDefinitionId": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "principalId": AGENTS,
        "principalType": "ForeignGroup",
        "scope": f"{SUB}/resourcegroups/web",
        "condition": None,
        "conditionVersion": None,
        "createdOn": "2024-11-26T02:12:24.81781Z",
        "updatedOn": "2024-11-26T02:12:24.8178102Z",
        "createdBy": "",
        "updatedBy": "547f6960-a967-417a-a9a4-0f35fbdca11c",
        "delegatedManagedIdentityResourceId": None,
        "description": None,
    },
    "id": f"{SUB}/resourcegroups/web/providers/Microsoft.Authorization/roleAssignments/{NAME}",
    "type": "Microsoft.Authorization/roleAssignments",
    "name": NAME,
}
PAGE = Answer(200, {"value": [ASSIGNMENT]})


def arm(script: Script, **more: Any) -> Arm:
    return Arm(Signed(script, **more))


def test_assignments_of_a_principal() -> None:
    script = Script(PAGE)
    [result] = arm(script).assignments_of(SUB, AGENTS)
    url = requests.utils.unquote(script.sent[0].url)
    assert url.startswith(f"https://management.azure.com{SUB}/providers/Microsoft.Authorization/roleAssignments?")
    assert f"$filter=principalId eq '{AGENTS}'" in url.replace("+", " ")
    assert "api-version=2022-04-01" in url
    assert result == Assignment(
        id=ASSIGNMENT["id"],
        name=NAME,
        scope=of_azure(f"{SUB}/resourcegroups/web"),
        principal_id=AGENTS,
        principal_type="ForeignGroup",
        role_definition_id=ASSIGNMENT["properties"]["roleDefinitionId"],
        created_on="2024-11-26T02:12:24.81781Z",
        created_by="",
        updated_on="2024-11-26T02:12:24.8178102Z",
        updated_by="547f6960-a967-417a-a9a4-0f35fbdca11c",
    )
    assert result.role_id == "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def test_ids_are_normalised() -> None:
    item = {**ASSIGNMENT, "properties": {**ASSIGNMENT["properties"], "principalId": AGENTS.upper(), "scope": f"{SUB}/"}}
    [result] = arm(Script(Answer(200, {"value": [item]}))).assignments(SUB)
    assert (result.principal_id, result.scope) == (AGENTS, of_azure(SUB))
    rows = [{"subscriptionId": SUB[15:].upper(), "displayName": "One", "state": "Enabled", "tenantId": "t"}]
    [subscription] = arm(Script(Answer(200, {"value": rows}))).subscriptions()
    assert (subscription.id, subscription.takes_writes) == (SUB[15:], True)


def test_pages_are_followed_as_azure_names_them() -> None:
    link = f"https://management.azure.com{SUB}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&%24skiptoken=eyJT%3d%3d"
    script = Script(Answer(200, {"value": [ASSIGNMENT], "nextLink": link}), PAGE)
    assert len(arm(script).assignments_at(SUB)) == 2
    assert requests.utils.unquote(script.sent[1].url) == requests.utils.unquote(link)
    entries = [{"actions": ["*"]}, {"actions": None, "notActions": []}]
    raw = Script(
        Answer(200, {"value": entries[:1], "nextLink": link}), Answer(200, {"value": entries[1:], "nextLink": None})
    )
    assert arm(raw).permissions(SUB) == [Permission(("*",)), Permission(())]
    assert requests.utils.unquote(raw.sent[1].url) == requests.utils.unquote(link)


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("/", "/providers/Microsoft.Authorization/permissions"),
        (
            f"{SUB}/resourceGroups/größe (1)",
            f"{SUB}/resourceGroups/gr%C3%B6%C3%9Fe%20(1)/providers/Microsoft.Authorization/permissions",
        ),
        (f"{SUB}/resourceGroups/100%", f"{SUB}/resourceGroups/100%25/providers/Microsoft.Authorization/permissions"),
    ],
)
def test_any_scope_makes_an_address(scope: str, path: str) -> None:
    script = Script(Answer(200, {"value": []}), Answer(200, {"value": []}))
    client = arm(script)
    client.permissions(scope)
    client.assignments_at(scope)
    assert script.sent[0].url == f"https://management.azure.com{path}?api-version=2022-04-01"
    assert script.sent[1].url.partition("?")[0] == f"https://management.azure.com{path}".replace(
        "permissions", "roleAssignments"
    )


def test_a_write_says_all_and_nothing_else() -> None:
    script = Script(Answer(201, ASSIGNMENT))
    result = arm(script).put_assignment(SUB, NAME, AssignmentProperties("r", AGENTS, "ForeignGroup"))
    assert result.principal_type == "ForeignGroup"
    [sent] = script.sent
    assert (sent.method, sent.url.partition("?")[0]) == (
        "PUT",
        f"https://management.azure.com{SUB}/providers/Microsoft.Authorization/roleAssignments/{NAME}",
    )
    assert sent.body == {
        "properties": {"roleDefinitionId": "r", "principalId": AGENTS, "principalType": "ForeignGroup"}
    }


@pytest.mark.parametrize(("answer", "there"), [(Answer(200, ASSIGNMENT), True), (Answer(204), False)])
def test_removing(answer: Answer, there: bool) -> None:
    script = Script(answer)
    assert arm(script).delete_assignment(ASSIGNMENT["id"]) is there
    assert script.sent[0].url.partition("?")[0] == f"https://management.azure.com{ASSIGNMENT['id']}"


def test_an_elevation_that_is_refused_is_an_error() -> None:
    refused = Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})
    with pytest.raises(AzureError, match="AuthorizationFailed: no"):
        arm(Script(refused)).elevate()


def test_a_role_by_its_name() -> None:
    role = {"id": "/providers/x/1", "name": "1", "properties": {"roleName": "Partner's desk", "permissions": []}}
    script = Script(Answer(200, {"value": [role]}))
    assert arm(script).role_definitions(SUB, "Partner's desk") == [
        RoleDefinition("/providers/x/1", "Partner's desk", True)
    ]
    assert "roleName eq 'Partner''s desk'" in requests.utils.unquote(script.sent[0].url).replace("+", " ")


READS = {
    "assignments": lambda client: client.assignments_of(SUB, AGENTS),
    "roles": lambda client: client.role_definitions(SUB, "x"),
    "permissions": lambda client: client.permissions(SUB),
    "subscriptions": lambda client: client.subscriptions(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}), "AuthorizationFailed"),
        (Answer(404, {"error": {"code": "SubscriptionNotFound", "message": "no"}}), "SubscriptionNotFound"),
        (
            Answer(401, {"error": {"code": "InvalidAuthenticationTokenTenant", "message": "no"}}),
            "InvalidAuthenticationTokenTenant",
        ),
        (Answer(400, "<html><title>Bad</title></html>"), "400"),
    ],
)
def test_a_read_that_fails_is_an_error(read: Any, answer: Answer, code: str) -> None:
    with pytest.raises(AzureError) as caught:
        read(arm(Script(answer)))
    assert caught.value.code == code


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize(
    "trouble",
    [
        Answer(429, {"error": {"code": "TooManyRequests", "message": "slow"}}, {"Retry-After": "3"}),
        Answer(500),
        Answer(502, "<html>Bad client</html>"),
        Answer(503, {"error": {"code": "ServerTimeout", "message": "late"}}),
        Answer(504),
        requests.exceptions.ConnectionError("reset by peer"),
        requests.exceptions.ReadTimeout("late"),
    ],
    ids=str,
)
def test_passing_trouble_passes(read: Any, trouble: Any) -> None:
    script = Script(trouble, trouble, Answer(200, {"value": []}))
    assert read(arm(script)) == []
    assert len(script.sent) == 3
    if isinstance(trouble, Answer) and trouble.status == 429:
        assert all(3 <= wait < 3.6 for wait in script.slept)
        assert len(script.slept) == 2


def test_a_storm_is_sat_out() -> None:
    slow = Answer(429, {"error": {"code": "TooManyRequests", "message": "slow"}}, {"Retry-After": "1"})
    script = Script(*[slow] * 40, Answer(200, {"value": []}))
    assert arm(script).subscriptions() == []


def test_a_throttle_does_not_use_up_the_tries_of_a_fault() -> None:
    slow = Answer(429, {"error": {"code": "TooManyRequests", "message": "slow"}}, {"Retry-After": "1"})
    broken = requests.exceptions.ConnectionError("reset by peer")
    script = Script(*[slow] * 9, broken, slow, Answer(503), broken, Answer(200, {"value": []}))
    assert arm(script).subscriptions() == []


def test_a_throttle_beyond_the_deadline_is_told_and_not_waited_for() -> None:
    throttle = Answer(
        429, {"error": {"code": "SubscriptionRequestsThrottled", "message": "slow"}}, {"Retry-After": "3600"}
    )
    script = Script(throttle)
    with pytest.raises(AzureError, match="Retry-After: 3600") as caught:
        arm(script).subscriptions()
    assert "throttles" in caught.value.hint
    assert script.slept == []


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.put_assignment(SUB, NAME, AssignmentProperties("r", "p", "t")),
        lambda client: client.delete_assignment(ASSIGNMENT["id"]),
    ],
    ids=["put", "delete"],
)
def test_a_write_that_fails_is_an_error(write: Any) -> None:
    body = {"error": {"code": "ScopeLocked", "message": "no"}}
    with pytest.raises(AzureError) as caught:
        write(arm(Script(Answer(409, body, {"x-ms-request-id": "r"}))))
    assert (caught.value.code, caught.value.request_id, caught.value.status) == ("ScopeLocked", "r", 409)


def test_at_the_root_a_write_has_one_slash() -> None:
    script = Script(Answer(201, ASSIGNMENT))
    arm(script).put_assignment("/", NAME, AssignmentProperties("r", AGENTS, "User"))
    path = f"https://management.azure.com/providers/Microsoft.Authorization/roleAssignments/{NAME}"
    assert script.sent[0].url.partition("?")[0] == path


def test_a_fault_that_stays_is_told() -> None:
    script = Script(*[Answer(503, {"error": {"code": "ServerTimeout", "message": "late"}})] * 9)
    with pytest.raises(AzureError, match="ServerTimeout"):
        arm(script).subscriptions()
    assert sum(script.slept) < 15


def test_a_dead_network_is_told() -> None:
    script = Script(*[requests.exceptions.ConnectionError("no route")] * 9)
    with pytest.raises(AzureError, match="no route") as caught:
        arm(script).assignments_of(SUB, AGENTS)
    assert caught.value.code == "NoAnswer"


@pytest.mark.parametrize("cloud", CLOUDS.values(), ids=CLOUDS)
def test_every_cloud_has_its_own_addresses(cloud: Any) -> None:
    script = Script(Answer(200, {"value": []}))
    client = arm(script, cloud=cloud)
    client.subscriptions()
    assert script.sent[0].url.startswith(cloud.resource_manager + "/subscriptions")
    assert client._credential.scopes[0] == f"{cloud.resource_manager}/.default"
    assert script.sent[0].headers["Authorization"] == "Bearer token"


def test_deny_assignments() -> None:
    # As the REST reference shows those that Azure makes for managed applications; ids of principals come in any letter case.
    item = {
        "properties": {
            "denyAssignmentName": "Deny for managed application",
            "permissions": [{"actions": ["*"], "notActions": ["*/read"], "dataActions": [], "notDataActions": []}],
            "scope": f"{SUB}/resourceGroups/managed",
            "doNotApplyToChildScopes": False,
            "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
            "excludePrincipals": [{"id": AGENTS.upper(), "type": "Group"}],
        },
        "id": f"{SUB}/resourceGroups/managed/providers/Microsoft.Authorization/denyAssignments/{NAME}",
    }
    script = Script(Answer(200, {"value": [item]}))
    [result] = arm(script).deny_assignments(SUB)
    assert script.sent[0].url.partition("?")[0].endswith(f"{SUB}/providers/Microsoft.Authorization/denyAssignments")
    assert result.name == "Deny for managed application"
    assert (result.scope.path, result.below) == (f"{SUB}/resourceGroups/managed", True)
    assert result.denied(frozenset([AGENTS, "b"])) == {"b"}
    assert result.permissions == (Permission(("*",), ("*/read",)),)


def test_locks_bear_the_scope_that_their_ids_begin_with() -> None:
    where = {"keep": SUB, "web": f"{SUB}/resourceGroups/web"}
    rows = [
        {
            "properties": {"level": "ReadOnly", "notes": ""},
            "id": f"{scope}/providers/microsoft.authorization/locks/{name}",
            "name": name,
        }
        for name, scope in where.items()
    ]
    result = arm(Script(Answer(200, {"value": rows}))).locks(SUB.rpartition("/")[2])
    assert result == [Lock(name, of_azure(scope), "ReadOnly") for name, scope in where.items()]


def test_a_role_by_its_id() -> None:
    properties = {"roleName": "Desk", "type": "CustomRole", "permissions": [{"actions": ["Microsoft.Support/*"]}]}
    script = Script(Answer(200, {"properties": properties, "id": "/x", "name": NAME}))
    result = arm(script).role_definition(SUB, NAME)
    assert result == RoleDefinition("/x", "Desk", False, (Permission(("Microsoft.Support/*",)),))
    assert f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{NAME}?" in script.sent[0].url


@pytest.mark.parametrize(
    ("ask", "item"),
    [
        ("assignments", {**ASSIGNMENT, "properties": None}),
        ("assignments", {**ASSIGNMENT, "properties": {**ASSIGNMENT["properties"], "principalId": None}}),
        ("deny_assignments", {"id": "/x", "properties": {"principals": [{"type": "Group"}]}}),
        ("locks", {"id": "/x", "name": "keep", "properties": {}}),
    ],
)
def test_an_item_that_is_not_as_it_has_to_be_is_an_error(ask: str, item: Any) -> None:
    with pytest.raises(AzureError) as caught:
        getattr(arm(Script(Answer(200, {"value": [item]}))), ask)(SUB)
    assert caught.value.code == "UnreadableAnswer"
