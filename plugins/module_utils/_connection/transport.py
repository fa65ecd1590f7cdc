# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests travel: certificate authorities, time-outs, retries and the deadline of the task.

For internal use of csp.azure only.
"""

from __future__ import annotations

import os
import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies_environment

from .._model.errors import authorities_variable, invalid
from .debug_log import Trace

try:
    from azure.core.pipeline import PipelineResponse
    from azure.core.pipeline.policies import RetryPolicy
    from azure.core.pipeline.transport import RequestsTransport
    from requests import Session
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH, should_bypass_proxies
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    # Who signs in is told what is missing; until then the classes below only have to be definable.
    RetryPolicy = RequestsTransport = Session = HTTPAdapter = object  # type: ignore[assignment,misc]

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


def ca_bundle() -> str | None:
    """The file or folder of certificate authorities that the environment names, None for the system's own."""
    name = authorities_variable()
    path = os.environ[name] if name else None
    if path and not os.path.exists(path):
        raise invalid(f"{name}: there is no {path}.")
    return path


@lru_cache
def trust(bundle: str | None) -> ssl.SSLContext:
    """Whom TLS connections trust: the authorities of `ca_bundle`, else those of certifi, as requests has it.

    Reading them takes 40 ms of CPU, more than all requests of a customer: once for all connections, and for all tasks where ansible forks.
    """
    context = create_urllib3_context()
    try:
        context.load_verify_locations(
            **{"capath" if bundle and os.path.isdir(bundle) else "cafile": bundle or DEFAULT_CA_BUNDLE_PATH}
        )
    except (ssl.SSLError, OSError) as exc:
        raise invalid(
            f"The certificate authorities of {bundle or DEFAULT_CA_BUNDLE_PATH} cannot be read: {exc}."
        ) from exc
    return context


# Where Azure's machines ask for their managed identity: never to be reached through a proxy.
_METADATA_HOST = "169.254.169.254"


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


# ARM counts reads, writes and deletes apart, for each subscription or tenant, and refills so many a second (token buckets, since 2024).
_REFILL = {"reads": 25, "writes": 10, "deletes": 10}
_KINDS = {"GET": "reads", "PUT": "writes", "DELETE": "deletes"}
# From so few on, requests go one by one, no faster than the bucket refills: at most twice as many are under way side by side.
_RESERVE = 16


class Pace:
    """Slows a task down before ARM has to refuse it: each answer tells how many requests are left."""

    def __init__(
        self, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep, self._clock = sleep, clock
        self._left: dict[tuple[str, str], int] = {}
        self._next: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def wait(self, method: str, url: str) -> None:
        """Wait for this request's turn, if there are few left."""
        key = self._key(method, url)
        with self._lock:
            if self._left.get(key, _RESERVE) >= _RESERVE:
                return
            now = self._clock()
            turn = max(now, self._next.get(key, now))
            self._next[key] = turn + 1 / _REFILL[key[1]]
        self._sleep(turn - now)

    def note(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        """Take notice of what an answer says is left."""
        key = self._key(method, url)
        told = headers.get(f"x-ms-ratelimit-remaining-subscription-{key[1]}") or headers.get(
            f"x-ms-ratelimit-remaining-tenant-{key[1]}"
        )
        if told and told.isdecimal():
            with self._lock:
                self._left[key] = int(told)

    @staticmethod
    def _key(method: str, url: str) -> tuple[str, str]:
        found = re.search(r"/subscriptions/([^/?]+)", url, re.IGNORECASE)
        return found[1].lower() if found else "", _KINDS.get(method, "writes")


@dataclass(frozen=True)
class Network:
    """How all requests of one task travel."""

    deadline: Deadline
    trace: Trace | None = None
    pace: Pace = field(default_factory=Pace)

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
    return _Adapter(trust(bundle))


# Two processes that use one connection get each other's answers.
os.register_at_fork(after_in_child=_connections.cache_clear)


class _Transport(RequestsTransport):  # type: ignore[misc]  # its type is lost where azure-core is not installed
    """Waits for no answer beyond the deadline, and notes every try where there is a trace."""

    def __init__(self, network: Network) -> None:
        super().__init__(session=network.session, session_owner=False)
        self._network = network

    def send(self, request: Any, **options: Any) -> Any:
        """Send; an exception is noted, too."""
        left = max(1.0, self._network.deadline.remaining())
        options["connection_timeout"] = min(CONNECT_SECONDS, left)
        options["read_timeout"] = min(READ_SECONDS, left)
        self._network.pace.wait(request.method, request.url)
        response = self._traced(request, options)
        self._network.pace.note(request.method, request.url, response.headers)
        return response

    def _traced(self, request: Any, options: dict[str, Any]) -> Any:
        trace = self._network.trace
        if trace is None:
            return super().send(request, **options)
        started = time.monotonic()
        sent = (request.headers, _text(getattr(request, "content", None) or getattr(request, "data", None)))
        got: tuple[int | str, Any, str] = ("no answer", {}, "")
        try:
            response = super().send(request, **options)
            got = (response.status_code, response.headers, response.text() if not options.get("stream") else "")
            return response
        finally:
            trace.note(request.method, request.url, sent, got, started)


def _text(body: Any) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return urlencode(body) if isinstance(body, dict) else str(body or "")


class BoundedRetry(RetryPolicy):
    """azure-core's retries (429 and 5xx with Retry-After, broken connections), but none that outlasts the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__(retry_total=1000, retry_status=1000, retry_backoff_max=30)
        self._deadline = deadline

    def get_retry_after(self, response: Any) -> float | None:
        """The time to wait that the answer names, and a little more, so that tasks side by side do not come back at once."""
        told = super().get_retry_after(response)
        return told + random.uniform(0, 0.5) if told else None

    def increment(self, settings: dict[str, Any], response: Any = None, error: Exception | None = None) -> bool:
        """Whether to try once more: as long as the answers name a time to wait that ends before the deadline; else a few times."""
        if not super().increment(settings, response=response, error=error):
            return False
        told = self.get_retry_after(response) if isinstance(response, PipelineResponse) else None
        if not told:
            # Answers that name a time do not use up the tries of those that do not: a throttle is no fault.
            settings["untold"] = settings.get("untold", 0) + 1
            if settings["untold"] >= TRIES:
                return False
        return (told or self.get_backoff_time(settings)) < self._deadline.remaining()
