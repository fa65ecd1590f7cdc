# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the local Azure: python -m tests.azure_simulator DIRECTORY [--scenario FILE]

It writes what clients need into the directory: ca.pem (the certificate authority) and azure.json (addresses and process id), the
latter last, so whoever waits for it finds everything ready. Each API listens on a port of its own on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import math
import os
import signal
import socket
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import trustme
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .applications import Applications
from .arm import Arm
from .delegated_admin import approve
from .entra import Entra
from .faults import Control, Fault, Faulty
from .graph import Graph
from .partner_center import PartnerCenter
from .state import Lock, State

_METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"]
_DEFAULT = Path(__file__).with_name("scenario.yml")


class Protocol(HttpToolsProtocol):
    """Lets faults reach the connection itself."""

    def on_message_begin(self) -> None:
        """Put the transport where the middleware finds it."""
        super().on_message_begin()
        self.scope["extensions"] = {"transport": self.transport}


class Simulator:
    """All APIs on one state, and the door through which tests look at it and change it."""

    def __init__(self, scenario: dict[str, Any], addresses: dict[str, str]) -> None:
        self.scenario = scenario
        self.state = State(copy.deepcopy(scenario))
        self.control = Control()
        self.addresses = addresses
        self.stopping = asyncio.Event()

    def apps(self) -> dict[str, Faulty]:
        """The application of each API."""
        applications = Applications(self.state)
        entra = Entra(self.state, self.addresses["login"], applications)
        arm = Arm(
            self.state,
            self.addresses["arm"],
            self.addresses["login"],
            self.addresses["graph"],
            self.addresses["partner_center"],
        )
        graph = Graph(self.state, self.addresses["graph"], applications)
        partner_center = PartnerCenter(self.state, self.addresses["partner_center"])

        async def metadata(request: Request) -> Response:
            return arm.metadata(request)

        routes = {
            "login": [
                Route("/common/discovery/instance", entra.instance),
                Route("/{tenant}/v2.0/.well-known/openid-configuration", entra.discovery),
                Route("/{tenant}/.well-known/openid-configuration", entra.discovery),
                Route("/{tenant}/adminconsent", entra.admin_consent),
                Route("/{tenant}/oauth2/v2.0/token", entra.token, methods=["POST"]),
                Route("/{tenant}/oauth2/v2.0/devicecode", entra.device_code, methods=["POST"]),
            ],
            "arm": [
                Route("/_simulator/{what}", self.door, methods=["GET", "POST"]),
                Route("/metadata/endpoints", metadata),
                Route("/{path:path}", arm.handle, methods=_METHODS),
            ],
            "partner_center": [Route("/v1/{path:path}", partner_center.handle, methods=_METHODS)],
            "graph": [Route("/v1.0/{path:path}", graph.handle, methods=_METHODS)],
        }
        return {name: Faulty(Starlette(routes=routes[name]), name, self.control) for name in routes}

    async def door(self, request: Request) -> Response:
        """GET log, assignments or relationships; POST reset (with a scenario, or to the first one), faults, limits, settings, assign, lock, approve, quit."""
        what = request.path_params["what"]
        if request.method == "GET":
            if what == "log":
                return JSONResponse(self.control.log)
            if what == "relationships":
                return JSONResponse([asdict(item) for item in self.state.relationships.values()])
            held = [{**vars(item), "gone": None} for item in self.state.assignments.values() if item.gone == math.inf]
            return JSONResponse(held)
        body = json.loads(await request.body() or b"null")
        if what == "reset":
            self.state.load(copy.deepcopy(body or self.scenario))
            self.control.reset()
        elif what == "forget":
            self.control.log.clear()
        elif what == "faults":
            known = {item.name for item in fields(Fault)}
            self.control.faults = [
                Fault(**{key: value for key, value in item.items() if key in known}) for item in body
            ]
        elif what == "limits":
            self.control.limits = {kind: tuple(limit) for kind, limit in body.items()}
        elif what == "assign":
            self.state.add_assignment(**body)
        elif what == "lock":
            self.state.locks.append(Lock(body))
        elif what == "approve":
            approve(self.state, body["customer"])
        elif what == "settings":
            self.state.settings.update(body)
        elif what == "quit":
            self.stopping.set()
        else:
            return JSONResponse({"unknown": what}, 404)
        return JSONResponse({})


async def serve(directory: Path, scenario: dict[str, Any]) -> None:
    """Serve until told to quit."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    sockets = {name: _socket() for name in ("login", "arm", "graph", "partner_center")}
    addresses = {name: f"https://localhost:{item.getsockname()[1]}" for name, item in sockets.items()}
    directory.mkdir(parents=True, exist_ok=True)
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    certificate.private_key_and_cert_chain_pem.write_to_path(str(directory / "server.pem"))
    os.chmod(directory / "server.pem", 0o600)
    simulator = Simulator(scenario, addresses)
    servers = []
    for name, app in simulator.apps().items():
        config = uvicorn.Config(
            app,
            http=Protocol,
            ssl_certfile=str(directory / "server.pem"),
            log_level="error",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,  # a fault may hold a response long after its test
        )
        server = uvicorn.Server(config)
        servers.append((server, asyncio.create_task(server.serve(sockets=[sockets[name]]))))
    while not all(server.started for server, _task in servers):
        await asyncio.sleep(0.01)
    ready = directory / "azure.json.new"
    ready.write_text(json.dumps({**addresses, "ca": str(directory / "ca.pem"), "pid": os.getpid()}))
    ready.rename(directory / "azure.json")
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, simulator.stopping.set)
    await simulator.stopping.wait()
    for server, _task in servers:
        server.should_exit = True
    await asyncio.gather(*(task for _server, task in servers))


def _socket() -> socket.socket:
    # asyncio sends small pieces at once only on sockets whose protocol is named; else each answer waits 40 ms.
    item = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    item.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    item.bind(("127.0.0.1", 0))
    return item


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--scenario", type=Path, default=_DEFAULT)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.directory.resolve(), yaml.safe_load(arguments.scenario.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
