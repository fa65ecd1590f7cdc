# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests travel: proxies, time-outs, retries and the deadline of the task.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import os
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies_environment

from .._model.errors import invalid
from .authorities import ca_bundle, ssl_context
from .debug_log import DebugLog
from .throttle import Pace, Throttle

try:
    from azure.core.pipeline import PipelineResponse
    from azure.core.pipeline.policies import RetryPolicy, SansIOHTTPPolicy
    from azure.core.pipeline.transport import RequestsTransport
    from requests import Session
    from requests.adapters import HTTPAdapter
    from requests.utils import should_bypass_proxies
    from urllib3 import HTTPResponse
except ImportError:
    # The sign-in reports what is missing; until then the classes below only have to be definable.
    RetryPolicy = SansIOHTTPPolicy = RequestsTransport = Session = HTTPAdapter = object  # type: ignore[assignment,misc]

CONNECT_SECONDS = 10
READ_SECONDS = 60
# Tasks that begin within so long use the same connections.
IDLE_SECONDS = 30
# Tries after which a fault that names no time to wait is believed: 11 seconds of waiting in all.
TRIES = 5


@dataclass(frozen=True)
class Deadline:
    """The moment after which a task stops waiting for retries."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    def remaining(self) -> float:
        """Seconds that are left, negative when it has passed."""
        return self.started + self.seconds - time.monotonic()


_METADATA_HOST = "169.254.169.254"
# The document with which Entra describes a tenant, and the endpoints in it, which are at the same paths in every cloud.
_DISCOVERY = "/v2.0/.well-known/openid-configuration"
_ENDPOINTS = {
    "authorization_endpoint": "/oauth2/v2.0/authorize",
    "token_endpoint": "/oauth2/v2.0/token",
    "device_authorization_endpoint": "/oauth2/v2.0/devicecode",
    "issuer": "/v2.0",
}


def proxy(url: str) -> str | None:
    """The proxy that the environment names for this address, None if it needs none; AzureError names the variable that cannot be read.

    One answer for ARM, Entra and Graph: their HTTP libraries read the same variables differently, and some stumble over entries of NO_PROXY.
    Only the environment is asked: what macOS and Windows have configured beside it cannot be read in a process that ansible has forked.
    """
    proxies = getproxies_environment()
    scheme = next((name for name in (urlsplit(url).scheme, "all") if proxies.get(name)), None)
    if scheme is None or urlsplit(url).hostname == _METADATA_HOST or should_bypass_proxies(url, proxies.get("no")):
        return None
    address = proxies[scheme] if "://" in proxies[scheme] else f"http://{proxies[scheme]}"
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname and (parts.port is None or parts.port))
    except ValueError:
        usable = False
    if not usable:
        variable = next(name for name in os.environ if name.lower() == f"{scheme}_proxy" and os.environ[name])
        raise invalid(f"{variable} does not hold the address of a proxy.", "Write it as http://host:port.")
    return address


@dataclass(frozen=True)
class Network:
    """How all requests of one task travel."""

    deadline: Deadline
    log: DebugLog | None = None
    throttle: Throttle = field(default_factory=Throttle)

    @cached_property
    def session(self) -> Session:
        """The proxies and cookies of the task; its connections are those of all tasks of this process."""
        return _Session()

    def transport(self) -> RequestsTransport:
        """The way to the network for one API."""
        return _Transport(self)

    def retries(self) -> BoundedRetry:
        """The policy for failures that pass."""
        return BoundedRetry(self.deadline)


class _Session(Session):
    """Takes proxies from the environment, once for each host; but no password from ~/.netrc, which would take the place of the token."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("https://", _connections(ca_bundle(), int(time.monotonic() / IDLE_SECONDS)))
        self._proxies: dict[str, str | None] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """The settings of a request; which certificates are trusted, `ca_bundle` decides."""
        host = urlsplit(url).netloc
        if host not in self._proxies:
            self._proxies[host] = proxy(url)
        address = self._proxies[host]
        chosen = {"http": address, "https": address} if address else {}
        return super().merge_environment_settings(url, {**chosen, **(proxies or {})}, stream, verify, cert)


class _Adapter(HTTPAdapter):
    """Connections that trust whom the context says, instead of reading the authorities anew."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_maxsize=64)

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        """Send; what Entra answers about a tenant's endpoints is known, and asking would cost a request for each customer."""
        tenant = request.url.removesuffix(_DISCOVERY)
        if request.method != "GET" or tenant == request.url:
            return super().send(request, *args, **options)
        body = json.dumps({name: f"{tenant}{path}" for name, path in _ENDPOINTS.items()}).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return self.build_response(request, HTTPResponse(BytesIO(body), headers, 200, preload_content=False))

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """The connections without a proxy."""
        super().init_poolmanager(*args, **options, ssl_context=self._context)

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        """Those through a proxy."""
        return super().proxy_manager_for(proxy, **options, ssl_context=self._context)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context has the authorities; what is here says only that they count."""
        conn.cert_reqs = "CERT_REQUIRED"


@lru_cache(maxsize=1)
def _connections(bundle: str | None, period: int) -> _Adapter:
    """The connections of all tasks of this process that began in the same period and trust the same authorities.

    A NAT on the way forgets connections that are idle for some minutes, and tells nobody: each would cost a time-out.
    """
    return _Adapter(ssl_context(bundle))


# Two processes that use one connection get each other's answers.
os.register_at_fork(after_in_child=_connections.cache_clear)


class _Transport(RequestsTransport):  # type: ignore[misc]  # its type is lost where azure-core is not installed
    """Waits for no response beyond the deadline, and logs every try where there is a log."""

    def __init__(self, network: Network) -> None:
        super().__init__(session=network.session, session_owner=False)
        self._network = network

    def send(self, request: Any, **options: Any) -> Any:
        """Send; an exception is noted, too."""
        left = max(1.0, self._network.deadline.remaining())
        options["connection_timeout"] = min(CONNECT_SECONDS, left)
        options["read_timeout"] = min(READ_SECONDS, left)
        self._network.throttle.wait(request.method, request.url)
        response = self._logged(request, options)
        self._network.throttle.note(request.method, request.url, response.headers)
        return response

    def _logged(self, request: Any, options: dict[str, Any]) -> Any:
        log = self._network.log
        if log is None:
            return super().send(request, **options)
        started = time.monotonic()
        sent = (request.headers, _text(getattr(request, "content", None) or getattr(request, "data", None)))
        got: tuple[int | str, Any, str] = ("no answer", {}, "")
        try:
            response = super().send(request, **options)
            got = (response.status_code, response.headers, response.text() if not options.get("stream") else "")
            return response
        finally:
            log.note(request.method, request.url, sent, got, started)


def _text(body: Any) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return urlencode(body) if isinstance(body, dict) else str(body or "")


class BoundedRetry(RetryPolicy):
    """azure-core's retries (429 and 5xx with Retry-After, broken connections), within the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(retry_total=1000, retry_status=1000, retry_backoff_max=30)
        self._deadline = deadline

    def get_retry_after(self, response: Any) -> float | None:
        """The seconds to wait that the response names, and a random bit more, so that parallel tasks do not return at once."""
        seconds = super().get_retry_after(response)
        return seconds + random.uniform(0, 0.5) if seconds else None

    def increment(self, settings: dict[str, Any], response: Any = None, error: Exception | None = None) -> bool:
        """Whether to retry: as long as responses name a time to wait that ends before the deadline, else a few times."""
        if not super().increment(settings, response=response, error=error):
            return False
        seconds = self.get_retry_after(response) if isinstance(response, PipelineResponse) else None
        if not seconds:
            # A response that names a time uses up no try: being throttled is not a fault.
            settings["faults"] = settings.get("faults", 0) + 1
            if settings["faults"] >= TRIES:
                return False
        return (seconds or self.get_backoff_time(settings)) < self._deadline.remaining()


class Paced(SansIOHTTPPolicy):
    """Holds each try of a request until its turn: it belongs behind the retries. ``api_of`` names the API of a path."""

    def __init__(self, pace: Pace, api_of: Callable[[str], str]) -> None:
        super().__init__()
        self._pace, self._api_of = pace, api_of

    def on_request(self, request: Any) -> None:
        """Wait."""
        self._pace.wait(self._api_of(urlsplit(request.http_request.url).path))

    def on_response(self, request: Any, response: Any) -> None:
        """After a rejection, all threads wait: a try that comes too early counts against the limit, too."""
        seconds = RetryPolicy().get_retry_after(response) if response.http_response.status_code == 429 else None
        if seconds:
            self._pace.pause(self._api_of(urlsplit(request.http_request.url).path), seconds)
