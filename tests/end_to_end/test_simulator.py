# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local Azure answers as recorded traffic of the real one does; each row is a fact of ARM, Graph or Entra."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from .. import azure_simulator
from ..azure_simulator.running import Azure
from .conftest import AGENTS, CUSTOMER, DISABLED, PARTNER, PRODUCTION, TEST, WOODGROVE

TENANT = CUSTOMER["AZURE_TENANT"]
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
AGENTS_32 = AGENTS.replace("-", "")
SUB = f"/subscriptions/{PRODUCTION}"
NAME = "36ad83ff-56a7-5b5d-8bb1-301f4d0beb5c"
OWN_GROUP = "77777777-0000-4000-8000-000000000001"


class Client:
    """Plain HTTP with a token."""

    def __init__(self, azure: Azure, who: dict[str, str] | None = None, api: str = "arm", audience: str = "") -> None:
        who = who or CUSTOMER
        self.azure, self.base = azure, getattr(azure, api)
        form = {
            "grant_type": "client_credentials",
            "client_id": who["AZURE_CLIENT_ID"],
            "client_secret": who["AZURE_SECRET"],
            "scope": f"{audience or self.base}/.default",
        }
        self.token = requests.post(
            f"{azure.login}/{who['AZURE_TENANT']}/oauth2/v2.0/token", data=form, verify=azure.ca
        ).json()["access_token"]

    def ask(
        self, method: str, path: str, body: Any = None, version: str | None = "2022-04-01", **params: str
    ) -> requests.Response:
        return requests.request(
            method,
            self.base + path,
            json=body,
            params={**({"api-version": version} if version else {}), **params},
            headers={"Authorization": f"Bearer {self.token}"},
            verify=self.azure.ca,
        )

    def put(self, scope: str = SUB, name: str = NAME, **properties: Any) -> requests.Response:
        sent = {
            "roleDefinitionId": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}",
            "principalId": AGENTS,
            "principalType": "ForeignGroup",
            **properties,
        }
        body = {"properties": {key: value for key, value in sent.items() if value is not None}}
        return self.ask("PUT", f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}", body)


def error(answer: requests.Response) -> tuple[int, str, str]:
    result = answer.json()["error"]
    return answer.status_code, result["code"], result["message"]


def test_a_write_answers_201_each_time_in_this_very_form(azure: Azure) -> None:
    client = Client(azure)
    for description in (None, "why"):
        answer = client.put(scope=f"{SUB}/resourcegroups/web", description=description)
        assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["properties", "id", "type", "name"]
    assert list(body["properties"]) == [
        "roleDefinitionId",
        "principalId",
        "principalType",
        "scope",
        "condition",
        "conditionVersion",
        "createdOn",
        "updatedOn",
        "createdBy",
        "updatedBy",
        "delegatedManagedIdentityResourceId",
        "description",
    ]
    properties = body["properties"]
    assert properties["scope"] == f"{SUB}/resourcegroups/web"  # letter case as sent
    assert body["id"] == f"{SUB}/resourcegroups/web/providers/Microsoft.Authorization/roleAssignments/{NAME}"
    assert properties["roleDefinitionId"] == f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
    assert (properties["createdBy"], properties["condition"], properties["description"]) == (None, None, "why")
    assert properties["createdOn"] == properties["updatedOn"]
    assert properties["createdOn"].endswith("Z")
    listed = client.ask(
        "GET", f"{SUB}/providers/Microsoft.Authorization/roleAssignments", **{"$filter": f"principalId eq '{AGENTS}'"}
    ).json()
    assert list(listed) == ["value"]  # no nextLink, not even an empty one
    assert listed["value"][0]["properties"]["createdBy"]


@pytest.mark.parametrize(
    ("sent", "status", "code", "message"),
    [
        (
            {"principalId": "00000000-0000-4000-8000-000000000000"},
            400,
            "PrincipalNotFound",
            f"Principal 00000000000040008000000000000000 does not exist in the directory {TENANT}. Check that you have the correct principal ID. If you are"
            " creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role"
            " assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        ),
        (
            {"principalType": "Group"},
            400,
            "UnmatchedPrincipalType",
            f"The PrincipalId '{AGENTS_32}' has type 'ForeignGroup' , which is different from specified PrinciaplType 'Group'.",
        ),
        (
            {"principalId": OWN_GROUP},
            400,
            "UnmatchedPrincipalType",
            "The PrincipalId '77777777000040008000000000000001' has type 'Group' , which is different from specified PrinciaplType 'ForeignGroup'.",
        ),
        ({"roleDefinitionId": OWNER}, 400, "BadRequestFormat", "The request was incorrectly formatted."),
        ({"principalId": None}, 400, "InvalidRequestContent", None),
        (
            {"principalId": "AdminAgents"},
            400,
            "InvalidPrincipalId",
            "The Principal ID 'AdminAgents' is not valid. Principal ID must be a GUID.",
        ),
        (
            {"name": "mine"},
            400,
            "InvalidRoleAssignmentId",
            "The role assignment ID 'mine' is not valid. The role assignment ID must be a GUID.",
        ),
        (
            {"conditionVersion": "2.0"},
            400,
            "InvalidCreateOrUpdateRoleAssignmentRequest",
            "When 'Condition' property is not set 'ConditionVersion' property also must not be set.",
        ),
        (
            {"scope": f"/subscriptions/{OWN_GROUP}"},
            404,
            "SubscriptionNotFound",
            f"The subscription '{OWN_GROUP}' could not be found.",
        ),
        (
            {"scope": f"{SUB}/resourceGroups/no"},
            404,
            "ResourceGroupNotFound",
            "Resource group 'no' could not be found.",
        ),
        ({"scope": f"/subscriptions/{DISABLED}"}, 409, "ReadOnlyDisabledSubscription", None),
        (
            {"scope": f"/subscriptions/{WOODGROVE}"},
            401,
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer 'https://sts.windows.net/{TENANT}/'. It must match the tenant"
            " 'https://sts.windows.net/66666666-6666-4666-8666-666666666666/' associated with this subscription. Please use the authority (URL)"
            " 'https://login.windows.net/66666666-6666-4666-8666-666666666666' to get the token. Note, if the subscription is transferred to another tenant"
            " there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your"
            " subscription and see this error message, please try back later.",
        ),
    ],
)
def test_a_write_is_refused_as_azure_refuses_it(
    azure: Azure, sent: dict[str, Any], status: int, code: str, message: str | None
) -> None:
    result = error(Client(azure).put(**sent))
    assert result[:2] == (status, code)
    if message:
        assert result[2] == message


def test_what_makes_an_assignment_the_same(azure: Azure) -> None:
    client = Client(azure)
    client.put()
    other = str(uuid.uuid4())
    assert error(client.put(name=other)) == (409, "RoleAssignmentExists", "The role assignment already exists.")
    azure.ask("settings", {"exists_form": "long"})
    assert error(client.put(name=other))[2].endswith(
        f"The ID of the conflicting role assignment is {NAME.replace('-', '')}."
    )
    reader = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    assert error(client.put(roleDefinitionId=reader)) == (
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )
    assert client.put(name=other, roleDefinitionId=reader).status_code == 201


def test_removing_answers_with_what_was_removed(azure: Azure) -> None:
    client = Client(azure)
    client.put()
    path = f"{SUB}/providers/Microsoft.Authorization/roleAssignments/{NAME}"
    assert client.ask("DELETE", path).json()["name"] == NAME
    gone = client.ask("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert error(client.ask("GET", path)) == (
        404,
        "RoleAssignmentNotFound",
        f"The role assignment '{NAME}' is not found.",
    )


def test_who_may_not_is_told_what_and_where(azure: Azure) -> None:
    reader = {
        **CUSTOMER,
        "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000012",
        "AZURE_SECRET": "the-readers-secret",
    }
    status, code, message = error(Client(azure, reader).put())
    assert (status, code) == (403, "AuthorizationFailed")
    assert message == (
        "The client '0c1f5d6e-0000-4000-8000-000000000012' with object id '5e6ad4a5-0000-4000-8000-000000000012' does not have authorization to perform"
        f" action 'Microsoft.Authorization/roleAssignments/write' over scope '{SUB}/providers/Microsoft.Authorization/roleAssignments/{NAME}' or the scope"
        " is invalid. If access was recently granted, please refresh your credentials."
    )


def test_what_the_filters_show(azure: Azure) -> None:
    client = Client(azure)
    root = "/providers/Microsoft.Management/managementGroups/fabrikam-root"
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    for scope in (root, SUB, f"{SUB}/resourceGroups/web"):
        assert client.put(scope, str(uuid.uuid4()), roleDefinitionId=role).status_code == 201
    path = f"{SUB}/providers/Microsoft.Authorization/roleAssignments"

    def shown(**filters: str) -> list[str]:
        rows = client.ask("GET", path, **filters).json()["value"]
        return [item["properties"]["scope"] for item in rows if item["properties"]["principalId"] == AGENTS]

    assert shown(**{"$filter": "atScope()"}) == [root, SUB]
    assert shown(**{"$filter": f"principalId eq '{AGENTS}'"}) == [root, SUB, f"{SUB}/resourceGroups/web"]
    assert shown() == [root, SUB, f"{SUB}/resourceGroups/web"]
    assert client.ask("GET", path, **{"$filter": f"principalId eq '{OWN_GROUP}'"}).json() == {"value": []}


def test_a_token_is_good_for_its_api_and_its_tenant_only(azure: Azure) -> None:
    assert Client(azure, audience=azure.graph).ask("GET", "/subscriptions").status_code == 401
    assert Client(azure, api="graph", audience=azure.arm).ask("GET", "/v1.0/groups").status_code == 401
    assert error(Client(azure, PARTNER).ask("GET", f"/subscriptions/{TEST}"))[1] == "InvalidAuthenticationTokenTenant"
    azure.ask("settings", {"token_seconds": -10})
    assert error(Client(azure).ask("GET", "/subscriptions"))[1] == "ExpiredAuthenticationToken"
    assert requests.get(f"{azure.arm}/subscriptions", verify=azure.ca).status_code == 401
    assert error(Client(azure).ask("GET", "/subscriptions", version=None))[0] == 401


def test_a_version_is_required(azure: Azure) -> None:
    result = error(Client(azure).ask("GET", "/subscriptions", version=None))
    assert result == (
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/subscriptions", "InvalidApiVersionParameter"),
        (SUB, "InvalidApiVersionParameter"),
        (f"{SUB}/resourcegroups", "InvalidApiVersionParameter"),
        ("/tenants", "InvalidApiVersionParameter"),
        ("/metadata/endpoints", "InvalidApiVersionParameter"),
        *(
            (f"{SUB}/providers/Microsoft.Authorization/{kind}", "NoRegisteredProviderFound")
            for kind in ("roleAssignments", "roleDefinitions", "permissions", "denyAssignments", "locks")
        ),
    ],
)
def test_a_version_that_a_type_does_not_have_is_refused(azure: Azure, path: str, code: str) -> None:
    result = error(Client(azure).ask("GET", path, version="2022-04-10"))
    assert result[:2] == (400, code)
    assert "'2022-04-10'" in result[2]


def test_writes_at_a_version_that_there_is_not_change_nothing(azure: Azure) -> None:
    client = Client(azure)
    client.put()
    path = f"{SUB}/providers/Microsoft.Authorization/roleAssignments/{NAME}"
    assert error(client.ask("DELETE", path, version="2016-07-01"))[1] == "NoRegisteredProviderFound"
    assert client.ask("GET", path).status_code == 200
    elevation = client.ask("POST", "/providers/Microsoft.Authorization/elevateAccess", version="2022-04-01")
    assert error(elevation)[1] == "NoRegisteredProviderFound"


@pytest.mark.parametrize(
    ("kind", "which"),
    [
        ("roleAssignments", f"principalId eq {AGENTS}"),
        ("roleAssignments", f"principalID eq '{AGENTS}'"),
        ("roleAssignments", "principalId eq ''"),
        ("roleAssignments", f"principalId eq '{AGENTS}' and atScope()"),
        ("roleAssignments", f"atScope() and principalId eq '{AGENTS}'"),
        ("roleAssignments", "atscope"),
        ("roleDefinitions", "rolename eq 'Owner'"),
        ("roleDefinitions", "roleName eq 'Keeper of the King's keys'"),
        ("roleDefinitions", "roleName eq 'Owner' and type eq 'BuiltInRole'"),
        ("denyAssignments", "scope eq '/'"),
        ("permissions", "atScope()"),
    ],
)
def test_a_filter_that_is_not_documented_is_refused(azure: Azure, kind: str, which: str) -> None:
    answer = Client(azure).ask("GET", f"{SUB}/providers/Microsoft.Authorization/{kind}", **{"$filter": which})
    result = error(answer)
    assert result[:2] == (400, "UnsupportedQuery")
    assert result[2].startswith(f"The filter '{which}' is not supported. Supported filters are either ")


def test_what_the_filters_of_roles_show(azure: Azure) -> None:
    def shown(which: str) -> list[str]:
        path = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions"
        rows = Client(azure).ask("GET", path, **{"$filter": which}).json()["value"]
        return [item["properties"]["roleName"] for item in rows]

    assert shown("roleName eq 'owner'") == ["Owner"]
    assert "Owner" in shown("type eq 'BuiltInRole'")
    assert "Owner" not in shown("type eq 'CustomRole'")
    assert "Owner" in shown("atScopeAndBelow()")


def test_who_is_not_signed_in_is_told_where_to(azure: Azure) -> None:
    url = f"{azure.arm}{SUB}?api-version=2022-12-01"
    anonymous = requests.get(url, verify=azure.ca)
    assert anonymous.headers["WWW-Authenticate"] == (
        f'Bearer authorization_uri="{azure.login}/{TENANT}", error="invalid_token",'
        " error_description=\"The authentication failed because of missing 'Authorization' header.\""
    )
    stranger = Client(azure, PARTNER).ask("GET", SUB, version="2022-12-01")
    assert f'authorization_uri="{azure.login}/{TENANT}", error="invalid_token"' in stranger.headers["WWW-Authenticate"]
    azure.ask("settings", {"token_seconds": -10})
    expired = Client(azure).ask("GET", SUB, version="2022-12-01")
    assert 'error_description="The access token has expired."' in expired.headers["WWW-Authenticate"]


def test_the_headers_of_arm(azure: Azure) -> None:
    client = Client(azure)
    path = f"{SUB}/providers/Microsoft.Authorization/roleAssignments/{NAME}"
    answers = {
        "subscription-reads": client.ask("GET", SUB, version="2022-12-01"),
        "subscription-writes": client.put(),
        "subscription-deletes": client.ask("DELETE", path),
        "tenant-reads": client.ask("GET", "/subscriptions", version="2022-12-01"),
    }
    for kind, answer in answers.items():
        assert answer.status_code in (200, 201)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        limits = [name.lower() for name in answer.headers if "ratelimit" in name.lower()]
        assert limits == [f"x-ms-ratelimit-remaining-{kind}"]
    assert client.ask("GET", path).headers["Content-Type"] == "application/json; charset=utf-8"


def test_resource_groups_keep_their_letter_case(azure: Azure) -> None:
    scenario = yaml.safe_load((Path(azure_simulator.__file__).parent / "scenario.yml").read_text(encoding="utf-8"))
    next(item for item in scenario["subscriptions"] if item["id"] == PRODUCTION)["resource_groups"] = {"Web-RG": []}
    azure.ask("reset", scenario)
    client = Client(azure)
    group = {
        "id": f"{SUB}/resourceGroups/Web-RG",
        "name": "Web-RG",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded"},
    }
    assert client.ask("GET", f"{SUB}/resourcegroups", version="2021-04-01").json() == {"value": [group]}
    assert client.ask("GET", f"{SUB}/resourcegroups/web-rg", version="2021-04-01").json() == group


def test_permissions_come_one_entry_per_role(azure: Azure) -> None:
    client = Client(azure)
    path = "/providers/Microsoft.Authorization/permissions"
    assert (
        len(client.ask("GET", SUB + path).json()["value"]) == 2
    )  # Owner twice: of the subscription and of its management group
    assert client.ask("GET", f"{SUB}/resourcegroups/no{path}").status_code == 200
    missing = client.ask("GET", f"{SUB}/resourcegroups/no/providers/Microsoft.Web//sites/x{path}")
    assert error(missing)[:2] == (404, "ResourceGroupNotFound")


def test_graph(azure: Azure) -> None:
    partner = Client(azure, PARTNER, "graph")
    result = partner.ask("GET", "/v1.0/groups", version=None, **{"$filter": "displayName eq 'Twins'"}).json()
    assert list(result) == ["@odata.context", "value"]
    assert len(result["value"]) == 2
    none = partner.ask("GET", "/v1.0/groups", version=None, **{"$filter": "displayName eq 'Nobody'"})
    assert (none.status_code, none.json()["value"]) == (200, [])
    assert error(partner.ask("GET", f"/v1.0/groups/{OWN_GROUP}", version=None)) == (
        404,
        "Request_ResourceNotFound",
        f"Resource '{OWN_GROUP}' does not exist or one of its queried reference-property objects are not present.",
    )
    reader = {
        **CUSTOMER,
        "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000012",
        "AZURE_SECRET": "the-readers-secret",
    }
    denied = Client(azure, reader, "graph").ask("GET", "/v1.0/groups", version=None)
    assert error(denied) == (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    assert list(denied.json()["error"]["innerError"]) == ["date", "request-id", "client-request-id"]


def test_graph_shows_foreign_groups_only_to_who_asks_for_them(azure: Azure) -> None:
    customer = Client(azure, CUSTOMER, "graph")
    for types, result in ((["group"], []), (["directoryObjectPartnerReference"], [AGENTS])):
        body = {"ids": [AGENTS], "types": types}
        rows = customer.ask("POST", "/v1.0/directoryObjects/getByIds", body, version=None).json()["value"]
        assert [item["id"] for item in rows] == result
    assert rows[0]["@odata.type"] == "#microsoft.graph.directoryObjectPartnerReference"
    assert rows[0]["externalPartnerTenantId"] == PARTNER["AZURE_TENANT"]


def test_graph_answers_with_what_was_selected(azure: Azure) -> None:
    partner = Client(azure, PARTNER, "graph")
    groups = partner.ask("GET", "/v1.0/groups", version=None, **{"$select": "id,securityEnabled"}).json()["value"]
    assert all(list(item) == ["id", "securityEnabled"] for item in groups)
    refused = partner.ask("GET", "/v1.0/groups", version=None, **{"$select": "id,displayname"})
    assert error(refused) == (
        400,
        "BadRequest",
        "Parsing OData Select and Expand failed: Could not find a property named 'displayname' on type 'microsoft.graph.group'.",
    )


def test_graph_pages_by_the_size_that_is_asked_for(azure: Azure) -> None:
    partner = Client(azure, PARTNER, "graph")
    every = partner.ask("GET", "/v1.0/groups", version=None).json()["value"]
    page = partner.ask("GET", "/v1.0/groups", version=None, **{"$top": "2"}).json()
    result = page["value"]
    assert len(result) == 2 < len(every)
    while link := page.get("@odata.nextLink"):
        page = partner.ask("GET", link.removeprefix(azure.graph), version=None).json()
        result += page["value"]
    assert result == every
    for top in ("0", "1000", "many"):
        assert error(partner.ask("GET", "/v1.0/contracts", version=None, **{"$top": top})) == (
            400,
            "Request_UnsupportedQuery",
            f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive.",
        )


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [str(uuid.uuid4()) for _number in range(1001)]},
        {"ids": [AGENTS, "AdminAgents"]},
        {"ids": [AGENTS_32]},
        {"types": ["group"]},
        {"ids": [AGENTS], "types": ["group", "serviceprincipal"]},
    ],
)
def test_graph_refuses_ids_and_types_that_it_cannot_resolve(azure: Azure, body: dict[str, Any]) -> None:
    customer = Client(azure, CUSTOMER, "graph")
    answer = customer.ask("POST", "/v1.0/directoryObjects/getByIds", body, version=None)
    assert error(answer)[:2] == (400, "Request_BadRequest")


def test_partner_center_returns_the_ids_of_a_request(azure: Azure) -> None:
    partner = Client(azure, PARTNER, "partner_center")
    sent = {"MS-RequestId": str(uuid.uuid4()), "MS-CorrelationId": str(uuid.uuid4())}
    for path, status in (("/v1/customers", 200), (f"/v1/customers/{OWN_GROUP}", 404)):
        headers = {"Authorization": f"Bearer {partner.token}", **sent}
        answer = requests.get(azure.partner_center + path, headers=headers, verify=azure.ca)
        assert answer.status_code == status
        assert {name: answer.headers[name] for name in sent} == sent


def test_entra_wraps_its_words(azure: Azure) -> None:
    body = requests.post(
        f"{azure.login}/{TENANT}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials", "client_id": CUSTOMER["AZURE_CLIENT_ID"], "client_secret": "x"},
        verify=azure.ca,
    )
    result = body.json()
    assert body.status_code == 401
    assert list(result) == [
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
        "error_uri",
    ]
    assert result["error_description"].startswith("AADSTS7000215: Invalid client secret provided. Ensure the secret")
    assert (
        f"\r\nTrace ID: {result['trace_id']}\r\nCorrelation ID: {result['correlation_id']}\r\nTimestamp: "
        in result["error_description"]
    )


def test_a_request_does_not_outlive_a_reset(azure: Azure) -> None:
    """A client that was killed has sent it, and what it writes would be found by the next test."""
    client = Client(azure)
    azure.ask("faults", [{"api": "arm", "method": "PUT", "delay": 5}])
    with ThreadPoolExecutor() as threads:
        write = threads.submit(client.put)
        while not any(entry["method"] == "PUT" for entry in azure.log):
            assert not write.done()
        azure.ask("reset")
        with pytest.raises(requests.ConnectionError):
            write.result()
    assert client.put().status_code == 201
    assert len([item for item in azure.assignments if item["principal"] == AGENTS]) == 1
