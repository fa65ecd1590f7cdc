# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever an API answers, a client gives a value or an AzureError."""

from __future__ import annotations

import base64
import copy
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.csp.azure.plugins.module_utils._clients.arm import Arm
from ansible_collections.csp.azure.plugins.module_utils._clients.delegated_admin import DelegatedAdmin
from ansible_collections.csp.azure.plugins.module_utils._clients.directory import Directory
from ansible_collections.csp.azure.plugins.module_utils._clients.graph import Graph
from ansible_collections.csp.azure.plugins.module_utils._clients.partner_center import PartnerCenter
from ansible_collections.csp.azure.plugins.module_utils._connection.clouds import cloud
from ansible_collections.csp.azure.plugins.module_utils._connection.credentials import caller_of
from ansible_collections.csp.azure.plugins.module_utils._connection.responses import error_in, json_object
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import AssignmentProperties
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from .scripted_http import Answer, Script, Signed

IDENTITY = "11111111-1111-4111-8111-111111111111"
SUBSCRIPTION = f"/subscriptions/{IDENTITY}"
ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
# A whole answer of each kind of object: what is taken away from it is what an answer may lack.
ASSIGNMENT = {
    "id": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/x",
    "name": "x",
    "properties": {"scope": SUBSCRIPTION, "principalId": IDENTITY, "roleDefinitionId": f"/x/{ROLE}"},
}
DEFINITION = {"id": f"/x/{ROLE}", "properties": {"roleName": "Owner", "permissions": [{"actions": ["*"]}]}}
DENIAL = {
    "id": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/denyAssignments/x",
    "properties": {"denyAssignmentName": "x", "permissions": [{"actions": ["*"]}], "principals": [{"id": IDENTITY}]},
}
LOCK = {
    "id": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/locks/x",
    "name": "x",
    "properties": {"level": "ReadOnly"},
}
GROUP = {"id": IDENTITY, "displayName": "AdminAgents", "securityEnabled": True}
CONTRACT = {"customerId": IDENTITY, "contractType": "ResellerPartner", "displayName": "x", "defaultDomainName": "x.com"}
REFERENCE = {"@odata.type": "#microsoft.graph.directoryObjectPartnerReference", "id": IDENTITY, "objectType": "Group"}
CUSTOMER = {
    "id": IDENTITY,
    "companyProfile": {"tenantId": IDENTITY, "domain": "x.com"},
    "relationshipToPartner": "reseller",
}
PLAN = {"id": IDENTITY, "offerId": "DZH318Z0BPS6:0001", "offerName": "Azure plan", "status": "active"}

ENTRA_ROLES = {"unifiedRoles": [{"roleDefinitionId": IDENTITY}]}
RELATIONSHIP = {
    "@odata.etag": "1",
    "@odata.type": "#microsoft.graph.delegatedAdminRelationship",
    "id": "r",
    "displayName": "contoso",
    "customer": {"tenantId": IDENTITY, "displayName": "Contoso"},
    "accessDetails": ENTRA_ROLES,
    "status": "active",
    "autoExtendDuration": "P180D",
    "createdDateTime": "2026-01-10T08:00:00Z",
    "endDateTime": "2027-01-10T08:00:00Z",
}
ACCESS = {
    "id": "a",
    "status": "active",
    "accessContainer": {"accessContainerId": IDENTITY},
    "accessDetails": ENTRA_ROLES,
}
READERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "put": (
        ASSIGNMENT,
        lambda identity: Arm(identity).put_assignment(
            SUBSCRIPTION, "x", AssignmentProperties("r", IDENTITY, "ForeignGroup")
        ),
    ),
    "assignments": ({"value": [ASSIGNMENT]}, lambda identity: Arm(identity).assignments(SUBSCRIPTION)),
    "role_definitions": (
        {"value": [DEFINITION]},
        lambda identity: Arm(identity).role_definitions(SUBSCRIPTION, "Owner"),
    ),
    "role_definition": (DEFINITION, lambda identity: Arm(identity).role_definition(SUBSCRIPTION, ROLE)),
    "permissions": (
        {"value": [{"actions": ["*"], "notActions": []}]},
        lambda identity: Arm(identity).permissions(SUBSCRIPTION),
    ),
    "deny_assignments": ({"value": [DENIAL]}, lambda identity: Arm(identity).deny_assignments(SUBSCRIPTION)),
    "locks": ({"value": [LOCK]}, lambda identity: Arm(identity).locks(IDENTITY)),
    "subscriptions": (
        {"value": [{"subscriptionId": IDENTITY, "state": "Enabled"}]},
        lambda identity: Arm(identity).subscriptions(),
    ),
    "subscription_state": ({"state": "Enabled"}, lambda identity: Arm(identity).subscription_state(IDENTITY)),
    "resource_groups": ({"value": [{"name": "x"}]}, lambda identity: Arm(identity).resource_groups(IDENTITY)),
    "groups": ({"value": [GROUP]}, lambda identity: Directory(identity).groups("AdminAgents")),
    "relationships": ({"value": [RELATIONSHIP]}, lambda identity: DelegatedAdmin(identity).relationships()),
    "relationship": (RELATIONSHIP, lambda identity: DelegatedAdmin(identity).relationship("r")),
    "access assignments": ({"value": [ACCESS]}, lambda identity: DelegatedAdmin(identity).access_assignments("r")),
    "tenant of a domain": ({"tenantId": IDENTITY}, lambda identity: DelegatedAdmin(identity).tenant_of("a.com")),
    "contracts": ({"value": [CONTRACT]}, lambda identity: Directory(identity).contracts()),
    "principals": ({"value": [REFERENCE]}, lambda identity: Directory(identity).principals([IDENTITY])),
    "customer": (CUSTOMER, lambda identity: PartnerCenter(identity).customer(IDENTITY)),
    "customers": ({"totalCount": 1, "items": [CUSTOMER]}, lambda identity: PartnerCenter(identity).customers()),
    "azure_subscriptions": ({"items": [PLAN]}, lambda identity: PartnerCenter(identity).azure_subscriptions(IDENTITY)),
    "relationship_request": ({"url": "https://x"}, lambda identity: PartnerCenter(identity).relationship_request()),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)

NO_MORE = [Answer(400, {"error": {"code": "NoMorePages", "message": "x"}})] * 3
# Each example is a request of its own, through the SDKs: few are enough where the whole answers are small.
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each part of a JSON value."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def without(value: Any, path: tuple[Any, ...]) -> Any:
    """The value without one of its parts."""
    return changed(value, path, None, remove=True)


def changed(value: Any, path: tuple[Any, ...], part: Any, remove: bool = False) -> Any:
    """The value with another part there."""
    if not path:
        return part
    result = copy.deepcopy(value)
    holder = result
    for key in path[:-1]:
        holder = holder[key]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = part
    return result


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Answer], Any]:
    """Reads an answer as one of the clients' methods does, None where that is an AzureError."""

    def run(name: str, answer: Answer) -> Any:
        script = Script(answer, *NO_MORE)
        monkeypatch.setattr(Graph, "_http", lambda self: script.http())
        with suppress(AzureError):
            return READERS[name][1](Signed(script))

    return run


@pytest.mark.parametrize("name", READERS)
def test_an_answer_may_lack_anything(name: str, read: Callable[[str, Answer], Any]) -> None:
    whole = READERS[name][0]
    for path in places(whole):
        read(name, Answer(200, without(whole, path)))
        read(name, Answer(200, changed(whole, path, None)))


@pytest.mark.parametrize("name", READERS)
@few
@given(data=st.data())
def test_an_answer_may_hold_anything(name: str, read: Callable[[str, Answer], Any], data: st.DataObject) -> None:
    whole = READERS[name][0]
    path = data.draw(st.sampled_from(list(places(whole))))
    read(name, Answer(200, changed(whole, path, data.draw(JSON))))


@pytest.mark.parametrize("name", ["assignments", "groups", "customers"])
@few
@given(text=st.text() | st.sampled_from(["[" * 100_000, '{"a":' * 100_000, "5", "true", '"x"']))
def test_an_answer_may_be_any_text(name: str, read: Callable[[str, Answer], Any], text: str) -> None:
    assert read(name, Answer(200, text)) is None


@given(status=st.sampled_from([400, 401, 403, 404, 409, 429, 500, 502]), body=st.text() | JSON.map(json.dumps))
def test_any_refusal_is_an_error_with_words(status: int, body: str) -> None:
    error = error_in(status, {}, body)
    assert error.message
    assert error.code


@pytest.mark.parametrize(
    "body", ['{"error": true}', "5", "[1]", "[" * 100_000, '{"error": {"code": {"x": 1}}}', "null"]
)
def test_a_refusal_in_no_known_form_keeps_its_status(body: str) -> None:
    error = error_in(502, {}, body)
    assert (error.code, error.status) == ("502", 502)


@given(inner=st.lists(JSON), outer=JSON)
def test_details_may_be_anything(inner: list[Any], outer: Any) -> None:
    error_in(400, {}, json.dumps({"error": {"code": outer, "message": outer, "details": inner}}))


def test_the_code_within_several_errors_is_shown_with_its_hint() -> None:
    details = [{"code": "ScopeLocked", "message": "A lock is there."}]
    error = error_in(400, {}, json.dumps({"error": {"code": "MultipleErrors", "message": "x", "details": details}}))
    assert "ScopeLocked" in error.message
    assert error.hint == AzureError("", code="ScopeLocked").hint


@given(st.binary())
def test_any_bytes_are_an_object_or_an_error(data: bytes) -> None:
    with suppress(AzureError):
        assert isinstance(json_object(data, "value", list)["value"], list)


@given(JSON | st.none())
def test_a_token_may_hold_anything(claims: Any) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    assert all(isinstance(value, (str, type(None))) for value in caller_of(f"a.{payload}.b").as_dict().values())


@pytest.mark.parametrize("token", ["", "a", "a.MQ.b", "a.b.c", "a.W10.b", f"a.{'W1tb' * 5000}.b"])
def test_an_opaque_token_says_nothing(token: str) -> None:
    assert set(caller_of(token).as_dict().values()) == {None}


@few
@given(JSON)
def test_a_cloud_may_describe_itself_in_any_way(described: Any) -> None:
    network = Signed(Script(Answer(200, described), *NO_MORE)).network
    with suppress(AzureError):
        assert cloud(f"https://{uuid.uuid4()}.example", network).resource_manager
