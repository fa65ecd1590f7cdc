# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client of delegated admin relationships (GDAP) in Microsoft Graph.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

from .._connection.responses import models, optional_text_of, text_of
from .._model.delegated_admin import AccessAssignment, DelegatedAdminRelationship
from .._model.errors import AzureError
from .._model.identifiers import guid
from .._model.times import in_utc
from .._model.types import JsonObject
from .graph import Graph, all_pages, send_object

try:
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation
    from msgraph.graph_service_client import GraphServiceClient
except ImportError:
    pass  # Graph reports it

# Graph of these clouds has no delegated admin relationships (metadata of 2026-08-20).
_WITHOUT = ("microsoftgraph.chinacloudapi.cn",)
_RIGHT = (
    "The partner's identity needs the Graph permission DelegatedAdminRelationship.ReadWrite.All (to read, Read.All) with admin consent."
    " A user also has to be in AdminAgents, and to sign in with multi-factor authentication."
)


class DelegatedAdmin(Graph):
    """The relationships of the signed-in partner. Every method raises AzureError."""

    def _url(self, *parts: str) -> str:
        if any(host in self.base for host in _WITHOUT):
            raise AzureError("This cloud has no granular delegated admin privileges (GDAP).", code="NoDelegatedAdmin")
        return "/".join([f"{self.base}/tenantRelationships/delegatedAdminRelationships", *parts])

    def relationships(self, customer: str | None = None) -> list[DelegatedAdminRelationship]:
        """All relationships, or those of one customer's tenant. To a caller without the right, Graph answers with an empty list."""
        url = self._url() + (f"?$filter=customer/tenantId eq '{customer}'" if customer else "?$top=300")
        return models(_relationship, self._list(url, "list the delegated admin relationships"))

    def relationship(self, relationship_id: str) -> DelegatedAdminRelationship:
        """One relationship, with its current etag."""
        url = self._url(relationship_id)
        return self._relationship("GET", url, None, f"read the relationship {relationship_id}")

    def create(
        self, name: str, customer: str, roles: frozenset[str], days: int, extend: bool
    ) -> DelegatedAdminRelationship:
        """Create a relationship that is bound to its customer; nobody sees it before `lock`."""
        body = {
            "displayName": name,
            "duration": f"P{days}D",
            "customer": {"tenantId": customer},
            "accessDetails": _access_details(roles),
            "autoExtendDuration": "P180D" if extend else "PT0S",
        }
        return self._relationship("POST", self._url(), body, f"create the relationship {name}")

    def lock(self, relationship_id: str) -> None:
        """Ask the customer for its approval; nothing but the end can change afterwards."""
        self._request(relationship_id, "lockForApproval")

    def terminate(self, relationship_id: str) -> None:
        """End a relationship that is in force."""
        self._request(relationship_id, "terminate")

    def delete(self, relationship: DelegatedAdminRelationship) -> None:
        """Delete a relationship that was never locked."""
        action = f"delete the relationship {relationship.id}"
        self._send("DELETE", self._url(relationship.id), None, action, relationship.etag)

    def set_auto_extend(self, relationship: DelegatedAdminRelationship, extend: bool) -> None:
        """Switch the extension by 180 days on or off."""
        body = {"autoExtendDuration": "P180D" if extend else "PT0S"}
        self._send(
            "PATCH", self._url(relationship.id), body, f"change the relationship {relationship.id}", relationship.etag
        )

    def access_assignments(self, relationship_id: str) -> list[AccessAssignment]:
        """The access assignments of a relationship, deleted ones included."""
        url = self._url(relationship_id, "accessAssignments")
        return models(_assignment, self._list(url, f"list the access assignments of {relationship_id}"))

    def assign(self, relationship_id: str, group: str, roles: frozenset[str]) -> AccessAssignment:
        """Assign roles of the relationship to a security group."""
        container = {"accessContainerId": group, "accessContainerType": "securityGroup"}
        body = {"accessContainer": container, "accessDetails": _access_details(roles)}
        url = self._url(relationship_id, "accessAssignments")
        [assignment] = models(_assignment, [self._send("POST", url, body, f"assign roles to the group {group}")])
        return assignment

    def change_assignment(self, relationship_id: str, assignment: AccessAssignment, roles: frozenset[str]) -> None:
        """Replace the roles of an access assignment."""
        url = self._url(relationship_id, "accessAssignments", assignment.id)
        body = {"accessDetails": _access_details(roles)}
        self._send("PATCH", url, body, f"change the access assignment {assignment.id}", assignment.etag)

    def remove_assignment(self, relationship_id: str, assignment: AccessAssignment) -> None:
        """Remove an access assignment."""
        url = self._url(relationship_id, "accessAssignments", assignment.id)
        self._send("DELETE", url, None, f"remove the access assignment {assignment.id}", assignment.etag)

    def tenant_of(self, domain: str) -> str:
        """The tenant ID of a domain name, which needs no consent of that tenant."""
        url = f"{self.base}/tenantRelationships/findTenantInformationByDomainName(domainName='{quote(domain)}')"
        [identity] = models(
            lambda item: text_of(item, "tenantId"), [self._send("GET", url, None, f"find the tenant of {domain}")]
        )
        return identity.lower()

    def transitive_groups(self, group: str) -> frozenset[str]:
        """The IDs of the groups in a group, however deep."""
        url = f"{self.base}/groups/{group}/transitiveMembers/microsoft.graph.group?$select=id"
        return frozenset(
            models(lambda item: text_of(item, "id").lower(), self._list(url, f"list the groups in {group}"))
        )

    def role_ids(self, name: str) -> list[str]:
        """The template IDs of the built-in Entra roles of that name."""
        escaped = quote(name.replace("'", "''"))
        url = f"{self.base}/roleManagement/directory/roleDefinitions?$filter=displayName eq '{escaped}'"
        items = self._list(url, f"look up the Entra role {name!r}")
        return models(lambda item: text_of(item, "templateId"), [item for item in items if item.get("isBuiltIn")])

    def is_security_group(self, group: str) -> bool | None:
        """Whether the group can hold roles, None if the partner's tenant has no such group."""
        url = f"{self.base}/groups/{group}?$select=id,securityEnabled"
        try:
            return bool(self._send("GET", url, None, f"read the group {group}").get("securityEnabled"))
        except AzureError as exc:
            if exc.status == 404:
                return None
            raise

    def has_service_principal(self, application: str) -> bool:
        """Whether the partner's tenant has a service principal of this application."""
        url = f"{self.base}/servicePrincipals?$filter=appId eq '{application}'&$select=id"
        return bool(self._list(url, f"look up the service principal of {application}"))

    def is_member(self, group: str) -> bool:
        """Whether the signed-in user is in a group, however deep."""
        url = f"{self.base}/me/checkMemberGroups"
        answer = self._send("POST", url, {"groupIds": [group]}, "check the user's membership in AdminAgents")
        return group in map(str.lower, answer["value"])

    def _request(self, relationship_id: str, action: str) -> None:
        self._send(
            "POST", self._url(relationship_id, "requests"), {"action": action}, f"send {action} for {relationship_id}"
        )

    def _relationship(self, method: str, url: str, body: JsonObject | None, action: str) -> DelegatedAdminRelationship:
        [relationship] = models(_relationship, [self._send(method, url, body, action)])
        return relationship

    def _list(self, url: str, action: str) -> list[JsonObject]:
        async def pages(client: GraphServiceClient) -> list[JsonObject]:
            request = RequestInformation(Method.GET)
            request.url = url
            return await all_pages(client, request)

        with _needed_right(url):
            return self.run(pages, action)

    def _send(self, method: str, url: str, body: JsonObject | None, action: str, etag: str = "") -> JsonObject:
        async def once(client: GraphServiceClient) -> JsonObject:
            request = RequestInformation(Method[method])
            request.url = url
            if etag:
                request.headers.add("If-Match", etag)
            if body is not None:
                request.set_stream_content(json.dumps(body).encode(), "application/json")
            return await send_object(client, request)

        with _needed_right(url):
            return self.run(once, action)


@contextmanager
def _needed_right(url: str) -> Iterator[None]:
    """Say which permission a refused request for relationships needs: Graph answers with words that apply to anything."""
    try:
        yield
    except AzureError as exc:
        if exc.status != 403 or "/delegatedAdminRelationships" not in url:
            raise
        raise replace(exc, hint=_RIGHT) from exc


def _access_details(roles: frozenset[str]) -> JsonObject:
    return {"unifiedRoles": [{"roleDefinitionId": role} for role in sorted(roles)]}


def _roles(item: JsonObject) -> frozenset[str]:
    roles = (item.get("accessDetails") or {}).get("unifiedRoles") or []
    return frozenset(str(role["roleDefinitionId"]).lower() for role in roles if role.get("roleDefinitionId"))


def _relationship(item: JsonObject) -> DelegatedAdminRelationship:
    customer: Mapping[str, object] = item.get("customer") or {}
    extend = item.get("autoExtendDuration")
    return DelegatedAdminRelationship(
        id=text_of(item, "id"),
        name=str(item.get("displayName") or ""),
        # One odd relationship must not hide those of all other customers.
        status=optional_text_of(item, "status") or "unknown",
        customer=guid(str(customer.get("tenantId") or "")),
        customer_name=optional_text_of(customer, "displayName"),
        roles=_roles(item),
        # Off is spelled in three ways.
        auto_extend=extend not in (None, "", "PT0S", "P0D"),
        created_at=_time(item, "createdDateTime"),
        modified_at=_time(item, "lastModifiedDateTime"),
        activated_at=_time(item, "activatedDateTime"),
        expires_at=_time(item, "endDateTime"),
        etag=str(item.get("@odata.etag") or ""),
        kind=str(item.get("@odata.type") or "").rpartition(".")[2] or "delegatedAdminRelationship",
    )


def _time(item: JsonObject, name: str) -> str | None:
    """A time that may be absent, null, empty or no time until it is known."""
    text = optional_text_of(item, name)
    try:
        # .NET writes the year 1 where there is no time.
        return in_utc(text) if text and not text.startswith("0001") else None
    except ValueError:
        return None


def _assignment(item: JsonObject) -> AccessAssignment:
    return AccessAssignment(
        id=text_of(item, "id"),
        status=text_of(item, "status"),
        group=text_of(item["accessContainer"], "accessContainerId").lower(),
        roles=_roles(item),
        etag=str(item.get("@odata.etag") or ""),
    )
