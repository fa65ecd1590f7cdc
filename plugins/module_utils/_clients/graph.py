# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to Microsoft Graph through the request builders of its SDK; what comes back are plain dicts.

The SDK's models are left alone: importing them costs two seconds, and each object some milliseconds more.
For internal use of csp.azure only.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

from .._connection.sign_in import SignIn
from .._connection.transport import (
    CONNECT_SECONDS,
    READ_SECONDS,
    Network,
    ca_bundle,
    proxy,
    trust,
)
from .._model.errors import (
    AzureError,
    each,
    from_answer,
    missing_library,
    object_of,
    translated,
    unreadable,
)

try:
    import httpx
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from kiota_http.kiota_client_factory import KiotaClientFactory
    from kiota_http.middleware import BaseMiddleware
    from kiota_http.middleware.options import RetryHandlerOption
    from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory

    HAS_MSGRAPH = True
except ImportError:
    HAS_MSGRAPH = False
    BaseMiddleware = object  # type: ignore[assignment,misc]

# Graph resolves at most this many ids in one request.
IDS_A_REQUEST = 1000
# Foreign groups are returned only where their type is asked for by name.
_PRINCIPAL_TYPES = ["user", "group", "servicePrincipal", "directoryObjectPartnerReference"]


class Graph:
    """The directory of one tenant, as one signed-in identity sees it. Every method raises AzureError."""

    def __init__(self, sign_in: SignIn) -> None:
        if not HAS_MSGRAPH:
            raise missing_library("msgraph-sdk")
        cloud, self._credential = sign_in.connect()
        self._base = f"{cloud.graph}/v1.0"
        self._scope = f"{cloud.graph}/.default"
        self._network = sign_in.network
        self._credential.get_token(self._scope)

    @property
    def caller(self) -> dict[str, str | None]:
        """Who is signed in: tenant, object_id, application_id."""
        return self._credential.caller

    def groups(self, name: str) -> list[dict[str, Any]]:
        """The groups of that display name: ``id``, ``displayName``, ``description``, ``securityEnabled``, ``mailNickname``."""
        escaped = name.replace("'", "''")

        async def pages(client: GraphServiceClient) -> list[dict[str, Any]]:
            query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(
                filter=f"displayName eq '{escaped}'",
                select=["id", "displayName", "description", "securityEnabled", "mailNickname"],
            )
            request = client.groups.to_get_request_information(RequestConfiguration(query_parameters=query))
            return each(_group, await _all(client, request))

        return self._run(pages, f"look up the group {name!r}")

    def contracts(self) -> list[dict[str, Any]]:
        """The customers that the tenant has contracts with, as rows like those of Partner Center; who is no partner has none."""

        async def pages(client: GraphServiceClient) -> list[dict[str, Any]]:
            request = RequestInformation(Method.GET)
            request.url = f"{self._base}/contracts?$top=999"
            return each(_customer, await _all(client, request))

        return self._run(pages, "list the contracts")

    def principals(self, ids: list[str]) -> list[dict[str, Any]]:
        """What the directory knows of these object ids, foreign groups included; see `_principal`. Unknown ids are left out."""

        async def chunks(client: GraphServiceClient) -> list[dict[str, Any]]:
            found = []
            for start in range(0, len(ids), IDS_A_REQUEST):
                request = RequestInformation(Method.POST)
                request.url = f"{self._base}/directoryObjects/getByIds"
                body = {"ids": ids[start : start + IDS_A_REQUEST], "types": _PRINCIPAL_TYPES}
                request.set_stream_content(json.dumps(body).encode(), "application/json")
                found += (await _send(client, request))["value"]
            return each(_principal, found)

        return self._run(chunks, "resolve object ids")

    def _run(self, work: Callable[[GraphServiceClient], Coroutine[Any, Any, Any]], doing: str) -> Any:
        """Run one piece of asynchronous work to its end, at the longest until the deadline."""

        last_mile = _LastMile(self._network)

        async def bounded() -> Any:
            async with self._http() as http:
                client = self._client(http, last_mile)
                return await asyncio.wait_for(work(client), max(1, self._network.deadline.remaining()))

        with translated(doing):
            try:
                return asyncio.run(bounded())
            except asyncio.TimeoutError as exc:
                if last_mile.refused:
                    raise from_answer(*last_mile.refused) from exc
                raise AzureError(
                    f"Could not {doing} within {self._network.deadline.seconds} s.",
                    code="TimedOut",
                    hint="Graph answers slowly; run again later or with a longer timeout.",
                ) from exc

    def _http(self) -> httpx.AsyncClient:
        seconds = self._network.deadline.seconds
        address = proxy(self._base)
        return httpx.AsyncClient(
            # The environment is read by `proxy` and `ca_bundle`, for all libraries alike.
            trust_env=False,
            transport=httpx.AsyncHTTPTransport(
                verify=trust(ca_bundle()), proxy=httpx.Proxy(address) if address else None
            ),
            timeout=httpx.Timeout(min(READ_SECONDS, seconds), connect=min(CONNECT_SECONDS, seconds)),
        )

    def _client(self, http: httpx.AsyncClient, last_mile: _LastMile) -> GraphServiceClient:
        middleware = KiotaClientFactory.get_default_middleware(
            {RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=5)}
        )
        adapter = GraphRequestAdapter(
            AzureIdentityAuthenticationProvider(self._credential, scopes=[self._scope]),
            client=GraphClientFactory.create_with_custom_middleware([*middleware, last_mile], client=http),
        )
        adapter.base_url = self._base
        return GraphServiceClient(request_adapter=adapter)


class _LastMile(BaseMiddleware):
    """Tries once more where a connection breaks, which the SDK leaves to us (all that is asked here only reads), and notes each try.

    ``refused`` is the last answer that the SDK tries again, as status, headers and body: the reason if the time runs out meanwhile.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self.refused: tuple[int, Any, str] | None = None

    async def send(self, request: httpx.Request, transport: httpx.AsyncBaseTransport) -> httpx.Response:
        """Send to the network itself."""
        for pause in (0, 1):
            try:
                response = await self._try(request, transport)
                if response.status_code not in (500, 502):  # the SDK sees to the others
                    await self._remember(response)
                    return response
                await response.aclose()
            except httpx.TransportError:
                if pause > self._network.deadline.remaining():
                    raise
            await asyncio.sleep(pause)
        return await self._try(request, transport)

    async def _remember(self, response: httpx.Response) -> None:
        self.refused = None
        if response.status_code in (429, 503, 504):
            await response.aread()
            self.refused = (response.status_code, response.headers, response.text)

    async def _try(self, request: httpx.Request, transport: httpx.AsyncBaseTransport) -> httpx.Response:
        started = time.monotonic()
        got: tuple[int | str, Any, str] = ("no answer", {}, "")
        try:
            response = await super().send(request, transport)
            if self._network.trace:
                await response.aread()
                got = (response.status_code, response.headers, response.text)
            return response
        finally:
            if self._network.trace:
                body = request.content.decode("utf-8", "replace")
                self._network.trace.note(request.method, str(request.url), (request.headers, body), got, started)


async def _all(client: GraphServiceClient, request: RequestInformation) -> list[dict[str, Any]]:
    """The items of all pages."""
    found: list[dict[str, Any]] = []
    while True:
        page = await _send(client, request)
        found += page["value"]
        link = page.get("@odata.nextLink")
        if not link:
            return found
        if not isinstance(link, str):
            raise unreadable(json.dumps(link))
        request = RequestInformation(Method.GET)
        request.url = link


async def _send(client: GraphServiceClient, request: RequestInformation) -> dict[str, Any]:
    adapter: Any = client.request_adapter
    data = await adapter.send_primitive_async(request, "bytes", {"XXX": ODataError})
    return object_of(data or b"", "value", list)


def _group(item: dict[str, Any]) -> dict[str, Any]:
    """A group as Graph shows it; its id must be there."""
    return {**item, "id": item["id"].lower()}


def _customer(item: dict[str, Any]) -> dict[str, Any]:
    """A contract as a row like those of Partner Center; the relationship is Graph's type of contract where it is no reseller's."""
    kind = str(item.get("contractType") or "none")
    return {
        "tenant_id": item["customerId"].lower(),
        "domain": item.get("defaultDomainName"),
        "name": item.get("displayName"),
        "relationship": "reseller" if kind == "ResellerPartner" else kind.lower(),
        "delegated_access": None,
    }


def _principal(item: dict[str, Any]) -> dict[str, Any]:
    """A directory object: ``id``, ``type`` as ARM's principal types, ``display_name``, ``partner_tenant_id`` of foreign ones."""
    kind = item["@odata.type"].rpartition(".")[2] or "unknown"
    foreign = kind == "directoryObjectPartnerReference"
    return {
        "id": item["id"].lower(),
        "type": f"Foreign{str(item.get('objectType') or 'Group').capitalize()}"
        if foreign
        else kind[0].upper() + kind[1:],
        "display_name": item.get("displayName"),
        "partner_tenant_id": item.get("externalPartnerTenantId"),
    }
