# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client of a tenant's directory in Microsoft Graph: groups, principals and the partner's contracts.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json

from .._connection.responses import models, optional_text_of, text_of
from .._model.customers import Customer, Group, Principal
from .._model.types import JsonObject
from .graph import Graph, all_pages, send

try:
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation
    from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient
except ImportError:
    pass  # Graph reports it

# The most IDs that Graph resolves in one request.
IDS_A_REQUEST = 1000
# Foreign groups are returned only where their type is asked for by name.
_PRINCIPAL_TYPES = ["user", "group", "servicePrincipal", "directoryObjectPartnerReference"]


class Directory(Graph):
    """The directory of the signed-in tenant."""

    def groups(self, name: str) -> list[Group]:
        """The groups of that display name."""
        escaped = name.replace("'", "''")

        async def pages(client: GraphServiceClient) -> list[Group]:
            query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
                filter=f"displayName eq '{escaped}'",
                select=["id", "displayName", "description", "securityEnabled", "mailNickname"],
            )
            request = client.groups.to_get_request_information(RequestConfiguration(query_parameters=query))
            return models(_group, await all_pages(client, request))

        return self.run(pages, f"look up the group {name!r}")

    def contracts(self) -> list[Customer]:
        """The customers that the tenant has contracts with; a tenant that is not a partner has none."""

        async def pages(client: GraphServiceClient) -> list[Customer]:
            request = RequestInformation(Method.GET)
            request.url = f"{self.base}/contracts?$top=999"
            return models(_customer, await all_pages(client, request))

        return self.run(pages, "list the contracts")

    def principals(self, ids: list[str]) -> list[Principal]:
        """The principals with these object IDs that the directory knows, foreign groups included."""

        async def chunks(client: GraphServiceClient) -> list[Principal]:
            items: list[JsonObject] = []
            for start in range(0, len(ids), IDS_A_REQUEST):
                request = RequestInformation(Method.POST)
                request.url = f"{self.base}/directoryObjects/getByIds"
                body = {"ids": ids[start : start + IDS_A_REQUEST], "types": _PRINCIPAL_TYPES}
                request.set_stream_content(json.dumps(body).encode(), "application/json")
                items += (await send(client, request))["value"]
            return models(_principal, items)

        return self.run(chunks, "resolve object IDs")


def _group(item: JsonObject) -> Group:
    enabled = item.get("securityEnabled")
    return Group(
        id=text_of(item, "id").lower(),
        display_name=optional_text_of(item, "displayName"),
        description=optional_text_of(item, "description"),
        mail_nickname=optional_text_of(item, "mailNickname"),
        security_enabled=None if enabled is None else bool(enabled),
    )


def _customer(item: JsonObject) -> Customer:
    """A contract; its type is the relationship, except for a reseller's."""
    kind = str(item.get("contractType") or "none")
    return Customer(
        tenant_id=text_of(item, "customerId").lower(),
        domain=optional_text_of(item, "defaultDomainName"),
        name=optional_text_of(item, "displayName"),
        relationship="reseller" if kind == "ResellerPartner" else kind.lower(),
    )


def _principal(item: JsonObject) -> Principal:
    """A directory object, with the type that ARM gives its kind."""
    kind = text_of(item, "@odata.type").rpartition(".")[2] or "unknown"
    type_ = kind[0].upper() + kind[1:]
    if kind == "directoryObjectPartnerReference":
        type_ = f"Foreign{str(item.get('objectType') or 'Group').capitalize()}"
    return Principal(
        id=text_of(item, "id").lower(),
        type=type_,
        display_name=optional_text_of(item, "displayName"),
        partner_tenant_id=(optional_text_of(item, "externalPartnerTenantId") or "").lower() or None,
    )
