# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API as the modules of awx.awx use to set up objects.

It keeps objects and associations, records writes, and refuses what AWX 24.6.1 was seen to refuse (`rules`). It runs no jobs.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .rules import Refused, check_credential_type, check_survey

Object = dict[str, Any]
_ENCRYPTED = "$encrypted$"
# The kinds whose objects can be launched, and so be a node of a workflow.
_UNIFIED = ("job_templates", "workflow_job_templates", "workflow_approval_templates", "projects")
_SINGULAR = {"inventories": "inventory"}


def _defaults(kind: str) -> Object:
    """The fields that AWX adds and that the modules read."""
    return {"type": _SINGULAR.get(kind, kind.removesuffix("s")), "summary_fields": {}}


@dataclass
class Awx:
    """The server's objects by kind and ID; ``writes`` are the requests that changed something."""

    playbooks: frozenset[str]
    objects: dict[str, dict[int, Object]] = field(default_factory=lambda: defaultdict(dict))
    associated: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    surveys: dict[int, Object] = field(default_factory=dict)
    writes: list[tuple[str, str]] = field(default_factory=list)
    last_id: int = 0

    def __post_init__(self) -> None:
        self.add("organizations", {"name": "Default"})
        fields = [
            {"id": name, "secret": name in ("password", "secret")}
            for name in ("subscription", "secret", "tenant", "client")
        ]
        azure = {
            "name": "Microsoft Azure Resource Manager",
            "managed": True,
            "inputs": {"fields": fields, "required": ["subscription"]},
        }
        self.add("credential_types", azure)

    def add(self, kind: str, values: Object) -> Object:
        """Create an object."""
        self.last_id += 1
        url = f"/api/v2/{kind}/{self.last_id}/"
        item = {
            **_defaults(kind),
            **values,
            "id": self.last_id,
            "url": url,
            "related": {"survey_spec": f"{url}survey_spec/"},
        }
        self.objects[kind][self.last_id] = item
        return item

    def named(self, kind: str, name: str) -> Object:
        """The only object of that name."""
        [item] = [item for item in self.objects[kind].values() if item.get("name") == name]
        return item

    def get(self, path: list[str], query: Object) -> Object:
        """The response to a GET: an object, or a list."""
        kind, number, below = [*path, "", ""][:3]
        if below == "survey_spec":
            return self.surveys.get(int(number), {})
        if below:
            linked = "workflow_job_template_nodes" if below.endswith("_nodes") else below
            return self._page([self.objects[linked][item] for item in self.associated["/".join(path)]])
        if number:
            return self._shown(kind, self.objects[kind][int(number)])
        kinds = _UNIFIED if kind == "unified_job_templates" else (kind,)
        items = [self._shown(name, item) for name in kinds for item in self.objects[name].values()]
        return self._page([item for item in items if _matches(item, query)])

    def post(self, path: list[str], body: Object) -> Object | None:
        """The created object, None for an association or a survey."""
        kind, number, below = [*path, "", ""][:3]
        if below == "survey_spec":
            check_survey(body)
            self.surveys[int(number)] = body
            return None
        if below == "create_approval_template":
            approval = self.add("workflow_approval_templates", body)
            node = self.objects[kind][int(number)]
            node["unified_job_template"] = approval["id"]
            node["related"] = {"unified_job_template": approval["url"]}
            return approval
        if below:
            self._associate("/".join(path), body)
            return None
        self._check(kind, body)
        item = self.add(kind, body)
        if kind == "projects":
            # AWX fetches the project at once; the module waits for it.
            update = self.add("project_updates", {"status": "successful"})
            return {**item, "scm_revision": "", "summary_fields": {"current_update": {"id": update["id"]}}}
        return self._shown(kind, item)

    def patch(self, path: list[str], body: Object) -> Object:
        """The changed object."""
        kind, number = path
        item = self.objects[kind][int(number)]
        self._check(kind, {**item, **body})
        secrets = {
            name: item["inputs"][name] for name, value in (body.get("inputs") or {}).items() if value == _ENCRYPTED
        }
        item.update(body)
        if secrets:
            item["inputs"] = {**item["inputs"], **secrets}
        return self._shown(kind, item)

    def _associate(self, name: str, body: Object) -> None:
        linked = self.associated[name]
        if body.get("disassociate"):
            linked.remove(body["id"])
            return
        if name.endswith("/credentials"):
            of_type = [self.objects["credentials"][item]["credential_type"] for item in [*linked, body["id"]]]
            if len(set(of_type)) < len(of_type):
                raise Refused("Cannot assign multiple credentials of one type.")
        linked.append(body["id"])

    def _check(self, kind: str, item: Object) -> None:
        if kind == "credential_types":
            check_credential_type(item)
        if kind == "credentials":
            known = {
                name["id"] for name in self.objects["credential_types"][item["credential_type"]]["inputs"]["fields"]
            }
            unknown = set(item.get("inputs", {})) - known
            if unknown:
                raise Refused(f"inputs: unknown {sorted(unknown)}")
        if kind == "job_templates" and item["playbook"] not in self.playbooks:
            raise Refused(f"Playbook not found for project: {item['playbook']}")
        if kind == "workflow_job_template_nodes" and item.get("extra_data"):
            raise Refused("Variables are not allowed on launch.")

    def _shown(self, kind: str, item: Object) -> Object:
        """The object as the API shows it: without secrets."""
        if kind != "credentials":
            return item
        described = self.objects["credential_types"][item["credential_type"]]["inputs"]["fields"]
        secret = {name["id"] for name in described if name.get("secret")}
        inputs = {name: _ENCRYPTED if name in secret else value for name, value in item.get("inputs", {}).items()}
        return {**item, "inputs": inputs}

    @staticmethod
    def _page(items: list[Object]) -> Object:
        return {"count": len(items), "next": None, "previous": None, "results": items}


def _matches(item: Object, query: Object) -> bool:
    """Whether the filters of a list select an object; ``or__`` filters select it together."""
    every = {name: value for name, value in query.items() if not name.startswith("or__")}
    some = {name.removeprefix("or__"): value for name, value in query.items() if name.startswith("or__")}
    if any(str(item.get(name)) != value for name, value in every.items()):
        return False
    return not some or any(str(item.get(name)) == value for name, value in some.items())


class _Handler(BaseHTTPRequestHandler):
    awx: Awx

    def _answer(self, respond: Callable[[list[str], Object], Object | None], argument: Object, created: int) -> None:
        path = urlsplit(self.path).path.removeprefix("/api/v2/").strip("/").split("/")
        try:
            result = respond(path, argument)
            status = created if result is not None else 204 if path[-1] != "survey_spec" else 200
        except Refused as exc:
            status, result = 400, {"__all__": [str(exc)]}
        except KeyError:
            status, result = 404, {"detail": "Not found."}
        text = b"" if result is None else json.dumps(result).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.end_headers()
        self.wfile.write(text)

    def _body(self) -> Object:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self.awx.writes.append((self.command, self.path))
        return dict(body)

    def do_GET(self) -> None:
        self._answer(self.awx.get, dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)), 200)

    def do_POST(self) -> None:
        self._answer(self.awx.post, self._body(), 201)

    def do_PATCH(self) -> None:
        self._answer(self.awx.patch, self._body(), 200)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal."""


@contextmanager
def serving(awx: Awx) -> Iterator[str]:
    """Serve the API; yields its address."""
    handler = type("Handler", (_Handler,), {"awx": awx})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
