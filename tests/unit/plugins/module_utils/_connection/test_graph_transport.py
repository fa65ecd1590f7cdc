# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests to Microsoft Graph travel, against a server on this machine."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from ansible_collections.csp.azure.plugins.module_utils._connection.graph_transport import GraphTransport
from ansible_collections.csp.azure.plugins.module_utils._connection.transport import Deadline


class _Handler(BaseHTTPRequestHandler):
    """Keeps connections, compresses, and leaves /stuck without an answer until the server ends."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.callers.add(self.client_address)
        if self.path == "/stuck":
            self.server.ending.wait()
        content = gzip.compress(body)
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.callers: set[Any] = set()
        self.ending = threading.Event()

    def post(self, path: str, deadline: Deadline, text: str = "text") -> str:
        """The text of a response, as a task of its own gets it."""

        async def work() -> str:
            async with httpx.AsyncClient(trust_env=False, transport=GraphTransport(deadline)) as http:
                return (await http.post(f"http://127.0.0.1:{self.server_port}{path}", content=text)).text

        return asyncio.run(work())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with _Server() as result:
        thread = threading.Thread(target=result.serve_forever)
        thread.start()
        yield result
        result.ending.set()
        result.shutdown()
        thread.join()


def test_tasks_share_connections(server: _Server) -> None:
    assert [server.post("/", Deadline(60), text) for text in ("one", "two", "three")] == ["one", "two", "three"]
    assert len(server.callers) == 1


def test_simultaneous_tasks_get_their_own_responses(server: _Server) -> None:
    texts: dict[int, str] = {}

    def work(number: int) -> None:
        texts[number] = server.post("/", Deadline(60), str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: str(number) for number in range(20)}


def test_a_response_that_does_not_come_ends_with_the_deadline(server: _Server) -> None:
    with pytest.raises(asyncio.TimeoutError):
        server.post("/stuck", Deadline(0.1))
    # The connection is not used again: the late response would be taken for another one's.
    assert server.post("/", Deadline(60), "next") == "next"


def test_a_request_takes_the_proxy_of_the_environment(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    deadline = Deadline(60)

    async def work() -> str:
        async with httpx.AsyncClient(trust_env=False, transport=GraphTransport(deadline)) as http:
            return (await http.post("http://graph.example/v1.0", content="by proxy")).text

    assert asyncio.run(work()) == "by proxy"
