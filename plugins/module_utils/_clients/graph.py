# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clients of Microsoft Graph share: requests through the builders and middleware of its SDK.

The SDK's models are not used: importing them costs two seconds, and each object some milliseconds more. For internal use of csp.azure only.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from .._connection.graph_transport import GraphTransport
from .._connection.identities import SignIn
from .._connection.responses import any_json_object, error_in, json_object, unreadable
from .._connection.sdk_errors import translated
from .._connection.transport import Network
from .._model.customers import Caller
from .._model.errors import AzureError, missing_library
from .._model.types import JsonObject

try:
    import httpx
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from kiota_http.kiota_client_factory import KiotaClientFactory
    from kiota_http.middleware import BaseMiddleware
    from kiota_http.middleware.options import RetryHandlerOption
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory

    HAS_MSGRAPH = True
except ImportError:
    HAS_MSGRAPH = False
    BaseMiddleware = object  # type: ignore[assignment,misc]

_Result = TypeVar("_Result")


class Graph:
    """Microsoft Graph of one tenant, as one signed-in identity sees it. Every method raises AzureError."""

    def __init__(self, sign_in: SignIn) -> None:
        if not HAS_MSGRAPH:
            raise missing_library("msgraph-sdk")
        cloud, self._credential = sign_in.connect()
        self.base = f"{cloud.graph}/v1.0"
        self._scope = f"{cloud.graph}/.default"
        self._network = sign_in.network
        self._credential.get_token(self._scope)

    @property
    def caller(self) -> Caller:
        """Who is signed in."""
        return self._credential.caller

    def run(self, work: Callable[[GraphServiceClient], Coroutine[Any, Any, _Result]], action: str) -> _Result:
        """Run asynchronous work to its end, at the longest until the deadline."""
        last_mile = _RetryBrokenConnections(self._network)

        async def bounded() -> _Result:
            async with self._http() as http:
                client = self._service_client(http, last_mile)
                return await asyncio.wait_for(work(client), max(1, self._network.deadline.remaining()))

        with translated(action):
            try:
                return _run(bounded())
            except asyncio.TimeoutError as exc:
                if last_mile.refused:
                    raise error_in(*last_mile.refused) from exc
                raise AzureError(
                    f"Could not {action} within {self._network.deadline.seconds} s.",
                    code="TimedOut",
                    hint="Graph responds slowly; run again later or with a longer timeout.",
                ) from exc

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(trust_env=False, transport=GraphTransport(self._network.deadline))

    def _service_client(self, http: httpx.AsyncClient, last_mile: _RetryBrokenConnections) -> GraphServiceClient:
        middleware = KiotaClientFactory.get_default_middleware(
            {RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=5)}
        )
        adapter = GraphRequestAdapter(
            AzureIdentityAuthenticationProvider(self._credential, scopes=[self._scope]),
            client=GraphClientFactory.create_with_custom_middleware([*middleware, last_mile], client=http),
        )
        adapter.base_url = self.base
        return GraphServiceClient(request_adapter=adapter)


def _run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """The result of asynchronous work. Unlike `asyncio.run`, an interrupt ends a request that is waiting for its response."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


class _RetryBrokenConnections(BaseMiddleware):
    """Retries reads where a connection breaks, which the SDK leaves to us, and logs each try. A write is sent once: it may have arrived.

    ``refused`` is the last response that the SDK retries, as status, headers and body: the reason if the time runs out meanwhile.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self._network = network
        self.refused: tuple[int, Mapping[str, str], str] | None = None

    async def send(self, request: httpx.Request, transport: httpx.AsyncBaseTransport) -> httpx.Response:
        """Send to the network itself."""
        for pause in (0, 1) if _only_reads(request) else ():
            try:
                response = await self._try(request, transport)
                if response.status_code not in (500, 502):  # the SDK retries the others
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
        log = self._network.log
        if log is None:
            return await super().send(request, transport)
        started = time.monotonic()
        got: tuple[int | str, Mapping[str, str], str] = ("no answer", {}, "")
        try:
            response = await super().send(request, transport)
            await response.aread()
            got = (response.status_code, response.headers, response.text)
            return response
        finally:
            body = request.content.decode("utf-8", "replace")
            log.note(request.method, str(request.url), (request.headers, body), got, started)


def _only_reads(request: httpx.Request) -> bool:
    return request.method == "GET" or request.url.path.endswith("/getByIds")


async def all_pages(client: GraphServiceClient, request: RequestInformation) -> list[JsonObject]:
    """The items of all pages."""
    items: list[JsonObject] = []
    while True:
        page = await send(client, request)
        items += page["value"]
        link = page.get("@odata.nextLink")
        if not link:
            return items
        if not isinstance(link, str):
            raise unreadable(json.dumps(link))
        request = RequestInformation(Method.GET)
        request.url = link


async def send(client: GraphServiceClient, request: RequestInformation) -> JsonObject:
    """The JSON object of a response with a ``value``."""
    return json_object(await _bytes(client, request), "value", list)


async def send_object(client: GraphServiceClient, request: RequestInformation) -> JsonObject:
    """The JSON object of a response, an empty one where there is no content."""
    data = await _bytes(client, request)
    return any_json_object(data) if data.strip() else {}


async def _bytes(client: GraphServiceClient, request: RequestInformation) -> bytes:
    adapter: Any = client.request_adapter
    return await adapter.send_primitive_async(request, "bytes", {"XXX": ODataError}) or b""
