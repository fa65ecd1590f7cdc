# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests to Microsoft Graph travel: its SDK builds on httpx, the other clients on requests.

For internal use of csp.azure only.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from functools import lru_cache

from .authorities import ca_bundle, ssl_context
from .transport import CONNECT_SECONDS, IDLE_SECONDS, READ_SECONDS, Deadline, proxy

try:
    from httpx import (
        AsyncBaseTransport,
        ByteStream,
        HTTPTransport,
        Limits,
        Proxy,
        Request,
        Response,
        Timeout,
        TimeoutException,
    )
except ImportError:
    # `Graph` reports it.
    AsyncBaseTransport = object  # type: ignore[assignment,misc]

# Connections kept for the next request, as many as for the other clients.
_KEPT = 64


class GraphTransport(AsyncBaseTransport):
    """Sends over the connections of all tasks of this process, and waits for no response beyond the deadline.

    It blocks the event loop, which has nothing else to do: each task has its own. Connections of httpx's asynchronous transport belong to one
    loop, so that each task would open its own, which takes two round trips.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    async def handle_async_request(self, request: Request) -> Response:
        """The whole response; asyncio.TimeoutError at the deadline."""
        left = max(1.0, self._deadline.remaining())
        timeout = Timeout(min(READ_SECONDS, left), connect=min(CONNECT_SECONDS, left))
        request.extensions = {**request.extensions, "timeout": timeout.as_dict()}
        try:
            response = _connections(ca_bundle(), proxy(str(request.url))).handle_request(request)
            with closing(response):
                content = b"".join(response.iter_raw())
        except TimeoutException as exc:
            if self._deadline.remaining() > 0:
                raise
            raise asyncio.TimeoutError from exc
        return Response(response.status_code, headers=response.headers, stream=ByteStream(content))


@lru_cache
def _connections(bundle: str | None, address: str | None) -> HTTPTransport:
    """The connections of all tasks of this process that trust the same authorities and use the same proxy."""
    limits = Limits(max_connections=None, max_keepalive_connections=_KEPT, keepalive_expiry=IDLE_SECONDS)
    # `ca_bundle` and `proxy` read the environment, for all libraries alike.
    return HTTPTransport(
        verify=ssl_context(bundle), trust_env=False, proxy=Proxy(address) if address else None, limits=limits
    )


# Two processes that use one connection get each other's answers.
os.register_at_fork(after_in_child=_connections.cache_clear)
