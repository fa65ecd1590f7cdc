# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: wrong answers, throttling, delays, dropped and truncated connections; and the log of all requests."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KINDS = {"GET": "reads", "PUT": "writes", "DELETE": "deletes"}


@dataclass
class Fault:
    """What goes wrong with requests that match; ``times`` is None for as long as it stands."""

    api: str = ".*"
    method: str = ".*"
    path: str = ".*"
    times: int | None = None
    probability: float = 1.0
    delay: float = 0.0
    hold: float = 0.0  # carry the request out at once, and answer so many seconds later
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    truncate: bool = False
    after: bool = False  # drop the connection after the request was carried out
    skip: int = 0  # let so many matching requests pass first


@dataclass
class Bucket:
    """A token bucket as ARM throttles by: ``size`` requests at once, ``refill`` a second."""

    size: float
    refill: float
    left: float = -1
    at: float = 0.0

    def take(self) -> float:
        """0 if the request may pass, else the seconds to wait."""
        now = time.monotonic()
        self.left = self.size if self.left < 0 else min(self.size, self.left + (now - self.at) * self.refill)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return (1 - self.left) / self.refill


class Control:
    """The standing faults, the buckets and the log, shared by all APIs."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """No faults, an empty log."""
        self.faults: list[Fault] = []
        self.log: list[dict[str, Any]] = []
        self.limits: dict[str, tuple[float, float]] = {}
        self.buckets: dict[tuple[str, str], Bucket] = {}
        self.random = random.Random(1)

    def fault_for(self, api: str, method: str, path: str) -> Fault | None:
        """The first fault that hits this request."""
        for fault in self.faults:
            if not (
                re.fullmatch(fault.api, api) and re.fullmatch(fault.method, method) and re.search(fault.path, path)
            ):
                continue
            if fault.times == 0 or self.random.random() >= fault.probability:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times:
                fault.times -= 1
            return fault
        return None

    def left(self, method: str, path: str) -> tuple[bytes, bytes] | None:
        """The header that says how many requests are left in the bucket of this one, if it has a bucket."""
        kind = _KINDS.get(method, "other")
        result = re.match(r"/+subscriptions/([^/]+)", path, re.IGNORECASE)
        bucket = self.buckets.get((result[1].lower(), kind)) if result else None
        if bucket is None:
            return None
        return f"x-ms-ratelimit-remaining-subscription-{kind}".encode(), str(int(bucket.left)).encode()

    def wait_for(self, api: str, method: str, path: str) -> float:
        """Seconds that token buckets make this request wait: ARM has one for each subscription and kind, Partner Center for paths that differ in IDs alone."""
        kind = _KINDS.get(method, "other") if api == "arm" else api
        result = re.match(r"/+subscriptions/([^/]+)", path, re.IGNORECASE) if api == "arm" else None
        if kind not in self.limits or (api == "arm" and not result):
            return 0
        key = (result[1].lower() if result else re.sub(r"s/[^/]+", "s/*", path), kind)
        if key not in self.buckets:
            self.buckets[key] = Bucket(*self.limits[key[1]])
        return self.buckets[key].take()


class Faulty:
    """ASGI middleware in front of one API."""

    def __init__(self, app: ASGIApp, api: str, control: Control) -> None:
        self.app, self.api, self.control = app, api, control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log the request, and let it pass or fail."""
        if scope["type"] != "http" or scope["path"].startswith("/_simulator"):
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        entry = {"api": self.api, "method": method, "path": path, "query": scope["query_string"].decode(), "status": 0}
        log = self.control.log
        log.append(entry)

        wait = self.control.wait_for(self.api, method, path)
        left = self.control.left(method, path) if self.api == "arm" else None

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
                if left:
                    message["headers"] = [item for item in message["headers"] if item[0] != left[0]] + [left]
            await send(message)

        if wait:
            seconds = int(wait) + 1
            await _answer(noted, 429, _throttled(self.api, method, path, seconds), {"retry-after": str(seconds)})
            return
        fault = self.control.fault_for(self.api, method, f"{path}?{entry['query']}")
        if fault is None:
            await self.app(scope, receive, noted)
            return
        await asyncio.sleep(fault.delay)
        if log is not self.control.log:  # it was reset meanwhile: the client belongs to an earlier test
            scope["extensions"]["transport"].abort()
            return
        if fault.after:
            await self.app(scope, receive, _nowhere)
        if fault.drop or fault.after:
            scope["extensions"]["transport"].abort()
        elif fault.truncate:
            await noted({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
            await noted({"type": "http.response.body", "body": b'{"value": [', "more_body": True})
            scope["extensions"]["transport"].abort()
        elif fault.status:
            await _answer(noted, fault.status, fault.body, fault.headers)
        else:

            async def held(message: Message) -> None:
                await asyncio.sleep(fault.hold if message["type"] == "http.response.start" else 0)
                await noted(message)

            await self.app(scope, receive, held)


async def _nowhere(_message: Message) -> None:
    """Where an answer goes that nobody will read."""


def _throttled(api: str, method: str, path: str, seconds: int) -> dict[str, Any]:
    if api == "partner_center":
        return {"statusCode": 429, "message": f"Rate limit is exceeded. Try again in {seconds} seconds."}
    subscription = re.match(r"/+subscriptions/([^/]+)", path, re.IGNORECASE)[1]
    message = (
        f"Number of requests for subscription '{subscription}' and operation '{method}/{path.upper()}' exceeded the backend storage"
        f" limit. Please try again after '{seconds}' seconds."
    )
    return {"error": {"code": "SubscriptionRequestsThrottled", "message": message}}


async def _answer(send: Send, status: int, body: Any, headers: dict[str, str]) -> None:
    kind = "text/html" if isinstance(body, str) else "application/json; charset=utf-8"
    data = (body if isinstance(body, str) else json.dumps(body if body is not None else {})).encode()
    lines = [(b"content-type", kind.encode()), (b"content-length", str(len(data)).encode())]
    lines += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": data})
