# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of delegated admin relationships against scripted HTTP, in the shapes of Microsoft's documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ansible_collections.csp.azure.plugins.module_utils._clients.delegated_admin import DelegatedAdmin
from ansible_collections.csp.azure.plugins.module_utils._clients.graph import Graph
from ansible_collections.csp.azure.plugins.module_utils._connection.clouds import CLOUDS
from ansible_collections.csp.azure.plugins.module_utils._model.delegated_admin import (
    DIRECTORY_READERS,
    AccessAssignment,
    DelegatedAdminRelationship,
)
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..scripted_http import Answer, Script, Signed

CUSTOMER = "22222222-2222-4222-8222-222222222222"
ADMIN_AGENTS = "33333333-3333-4333-8333-333333333333"
READERS = frozenset({DIRECTORY_READERS})
ID = "aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000002"
ROLES = {"unifiedRoles": [{"roleDefinitionId": DIRECTORY_READERS.upper()}]}
RELATIONSHIP: dict[str, Any] = {
    "@odata.etag": 'W/"1"',
    "@odata.type": "#microsoft.graph.delegatedAdminRelationship",
    "id": ID,
    "displayName": "contoso",
    "duration": "P730D",
    "customer": {"tenantId": CUSTOMER, "displayName": "Contoso"},
    "accessDetails": ROLES,
    "status": "created",
    "autoExtendDuration": "PT0S",
    "createdDateTime": "2026-01-10T08:00:00Z",
    "lastModifiedDateTime": "2026-01-10T08:00:00Z",
    "activatedDateTime": "",
    "endDateTime": None,
}
CREATED = DelegatedAdminRelationship(
    ID,
    "contoso",
    "created",
    CUSTOMER,
    "Contoso",
    READERS,
    created_at="2026-01-10T08:00:00Z",
    modified_at="2026-01-10T08:00:00Z",
    etag='W/"1"',
)
ASSIGNMENT = {
    "@odata.etag": 'W/"2"',
    "id": "a1",
    "status": "pending",
    "accessContainer": {"accessContainerId": ADMIN_AGENTS.upper(), "accessContainerType": "securityGroup"},
    "accessDetails": ROLES,
}
PENDING = AccessAssignment("a1", "pending", ADMIN_AGENTS, READERS, 'W/"2"')


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[DelegatedAdmin, Script]]:
    def create(*answers: Answer | Exception, **more: Any) -> tuple[DelegatedAdmin, Script]:
        script = Script(*answers)
        monkeypatch.setattr(Graph, "_http", lambda self: script.http())
        monkeypatch.setattr("kiota_http.middleware.retry_handler.RetryHandler.get_delay_time", lambda *_args: 0)
        return DelegatedAdmin(Signed(script, **more)), script

    return create


Client = Callable[..., tuple[DelegatedAdmin, Script]]


def test_relationships_of_all_pages(client: Client) -> None:
    link = "https://graph.microsoft.com/v1.0/tenantRelationships/delegatedAdminRelationships?$skipToken=x"
    reseller = {
        "@odata.type": "#microsoft.graph.resellerDelegatedAdminRelationship",
        "id": "r2",
        "displayName": "MLT_a_b_c",
        "status": "active",
        "autoExtendDuration": "P180D",
    }
    first = Answer(200, {"value": [RELATIONSHIP], "@odata.nextLink": link})
    admin, script = client(first, Answer(200, {"value": [reseller]}))
    created, other = admin.relationships()
    assert created == CREATED
    assert (other.customer, other.roles, other.auto_extend) == (None, frozenset(), True)
    assert (other.is_of_reseller, other.is_microsoft_led) == (True, True)
    assert [sent.method for sent in script.sent] == ["GET", "GET"]


def test_relationships_of_one_customer(client: Client) -> None:
    admin, script = client(Answer(200, {"value": []}))
    assert admin.relationships(CUSTOMER) == []
    assert httpx.URL(script.sent[0].url).params["$filter"] == f"customer/tenantId eq '{CUSTOMER}'"


def test_a_new_relationship_is_bound_to_its_customer(client: Client) -> None:
    admin, script = client(Answer(201, RELATIONSHIP))
    assert admin.create("contoso", CUSTOMER, READERS, 730, False) == CREATED
    assert script.sent[0].body == {
        "displayName": "contoso",
        "duration": "P730D",
        "customer": {"tenantId": CUSTOMER},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": DIRECTORY_READERS}]},
        "autoExtendDuration": "PT0S",
    }


@pytest.mark.parametrize(
    ("call", "answer", "method", "path", "body"),
    [
        (lambda admin: admin.lock(ID), Answer(201, {}), "POST", "/requests", {"action": "lockForApproval"}),
        (lambda admin: admin.terminate(ID), Answer(201, {}), "POST", "/requests", {"action": "terminate"}),
        (lambda admin: admin.delete(CREATED), Answer(204), "DELETE", "", None),
        (
            lambda admin: admin.set_auto_extend(CREATED, True),
            Answer(200, RELATIONSHIP),
            "PATCH",
            "",
            {"autoExtendDuration": "P180D"},
        ),
        (
            lambda admin: admin.change_assignment(ID, PENDING, READERS),
            Answer(202, {}),
            "PATCH",
            "/accessAssignments/a1",
            {"accessDetails": {"unifiedRoles": [{"roleDefinitionId": DIRECTORY_READERS}]}},
        ),
        (lambda admin: admin.remove_assignment(ID, PENDING), Answer(204), "DELETE", "/accessAssignments/a1", None),
    ],
    ids=["lock", "terminate", "delete", "extend", "change", "remove"],
)
def test_writes(call: Any, answer: Answer, method: str, path: str, body: Any, client: Client) -> None:
    admin, script = client(answer)
    call(admin)
    [sent] = script.sent
    assert (sent.method, sent.body) == (method, body)
    assert sent.url == f"https://graph.microsoft.com/v1.0/tenantRelationships/delegatedAdminRelationships/{ID}{path}"
    etag = 'W/"2"' if "accessAssignments" in path else 'W/"1"'
    assert sent.headers.get("if-match") == (etag if method in ("PATCH", "DELETE") else None)


def test_access_assignments(client: Client) -> None:
    admin, script = client(Answer(201, ASSIGNMENT), Answer(200, {"value": [ASSIGNMENT]}))
    assert admin.assign(ID, ADMIN_AGENTS, READERS) == PENDING
    assert script.sent[0].body["accessContainer"] == {
        "accessContainerId": ADMIN_AGENTS,
        "accessContainerType": "securityGroup",
    }
    assert admin.access_assignments(ID) == [PENDING]


def test_a_tenant_by_its_domain_and_groups_in_a_group(client: Client) -> None:
    admin, script = client(Answer(200, {"tenantId": CUSTOMER.upper()}), Answer(200, {"value": [{"id": "ABC"}]}))
    assert admin.tenant_of("contoso.com") == CUSTOMER
    assert script.sent[0].url.endswith("/findTenantInformationByDomainName(domainName='contoso.com')")
    assert admin.transitive_groups(ADMIN_AGENTS) == frozenset({"abc"})


@pytest.mark.parametrize("failure", [httpx.ReadError("reset"), Answer(500, {"error": {"code": "x", "message": "y"}})])
def test_a_write_is_sent_once(failure: Answer | Exception, client: Client) -> None:
    admin, script = client(failure)
    with pytest.raises(AzureError):
        admin.create("contoso", CUSTOMER, READERS, 730, False)
    assert len(script.sent) == 1


def test_an_error_without_an_inner_error(client: Client) -> None:
    body = {"error": {"code": "conflict", "message": "Exists.", "target": None, "details": [], "innerError": None}}
    admin, _script = client(Answer(409, body))
    with pytest.raises(AzureError) as caught:
        admin.assign(ID, ADMIN_AGENTS, READERS)
    assert (caught.value.status, caught.value.code, caught.value.message) == (409, "conflict", "Exists.")


def test_a_cloud_without_these_relationships(client: Client) -> None:
    admin, _script = client(cloud=CLOUDS["AzureChinaCloud"])
    with pytest.raises(AzureError, match="no granular delegated admin privileges"):
        admin.relationships()
