# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted HTTP for the clients: the real SDKs, with answers from a list instead of a network."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport

from ansible_collections.csp.azure.plugins.module_utils._connection.clouds import CLOUDS, Cloud
from ansible_collections.csp.azure.plugins.module_utils._connection.credentials import Credential
from ansible_collections.csp.azure.plugins.module_utils._connection.identities import SignIn
from ansible_collections.csp.azure.plugins.module_utils._connection.options import SignInOptions
from ansible_collections.csp.azure.plugins.module_utils._connection.transport import Deadline, Network
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Caller


@dataclass
class Answer:
    """One answer; ``body`` is text, or anything else as JSON."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def content(self) -> bytes:
        text = self.body if isinstance(self.body, str) else "" if self.body is None else json.dumps(self.body)
        return text.encode()

    @property
    def all_headers(self) -> dict[str, str]:
        kind = "text/html" if isinstance(self.body, str) else "application/json; charset=utf-8"
        return {"content-type": kind, **self.headers}


@dataclass
class Sent:
    """One request that was sent."""

    method: str
    url: str
    body: Any
    headers: dict[str, str]


class Script:
    """Answers in order; an exception among them is raised. ``slept`` are the waits between."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[Sent] = []
        self.slept: list[float] = []

    def next(self, method: str, url: str, body: bytes, headers: Any) -> Answer:
        self.sent.append(Sent(method, url, json.loads(body) if body else None, dict(headers)))
        assert self.answers, f"Nobody wrote an answer to {method} {url}"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def transport(self) -> RequestsTransport:
        session = requests.Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Adapter(self))
        result = RequestsTransport(session=session)
        result.sleep = self.slept.append
        return result

    def http(self) -> httpx.AsyncClient:
        def handle(request: httpx.Request) -> httpx.Response:
            answer = self.next(request.method, str(request.url), request.content, request.headers)
            return httpx.Response(answer.status, headers=answer.all_headers, content=answer.content)

        return httpx.AsyncClient(transport=httpx.MockTransport(handle))


class _Adapter(requests.adapters.BaseAdapter):
    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script

    def send(self, request: requests.PreparedRequest, **_kwargs: Any) -> requests.Response:
        body = request.body or b""
        answer = self.script.next(
            str(request.method), str(request.url), body if isinstance(body, bytes) else body.encode(), request.headers
        )
        response = requests.Response()
        response.status_code = answer.status
        response.reason = answer.reason
        response.headers.update(answer.all_headers)
        response.raw = io.BytesIO(answer.content)
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class ScriptedNetwork(Network):
    """A network whose answers are written down."""

    script: Script = field(default_factory=Script)

    def transport(self) -> RequestsTransport:
        return self.script.transport()


ANYBODY = Caller("t", "o", "a")


class Anybody:
    """A credential that always has a token."""

    def __init__(self, caller: Caller) -> None:
        self.scopes: list[str] = []
        self.caller = caller

    def get_token(self, *scopes: str, **_kwargs: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken("token", 4102444800)


class Signed(SignIn):
    """A sign-in that needs no network."""

    def __init__(
        self,
        script: Script,
        seconds: float = 300,
        cloud: Cloud = CLOUDS["AzureCloud"],
        caller: Caller = ANYBODY,
        **options: Any,
    ) -> None:
        super().__init__(SignInOptions(**options), "cli", ScriptedNetwork(Deadline(seconds), script=script))
        self._connection.cloud = cloud
        self._connection.credential = cast(Credential, Anybody(caller))

    def fresh(self) -> SignIn:
        return self

    def with_deadline(self, seconds: float) -> SignIn:
        return self

    def with_time_to_wait(self, seconds: float) -> SignIn:
        return self
