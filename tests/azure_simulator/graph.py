# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph: groups, object ids, the organization; read only."""

from __future__ import annotations

import re
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .state import Group, Identity, State
from .tokens import Refused, claims_of

_CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def failure(status: int, code: str, message: str) -> Response:
    """An error in Graph's envelope."""
    request_id = str(uuid.uuid4())
    inner = {"date": "2026-11-23T08:00:00", "request-id": request_id, "client-request-id": request_id}
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return JSONResponse(body, status, headers={"request-id": request_id, "client-request-id": request_id})


class Graph:
    """The directory of every tenant; a token decides which."""

    def __init__(self, state: State, address: str) -> None:
        self.state = state
        self.address = address

    async def handle(self, request: Request) -> Response:
        """Any request below /v1.0."""
        try:
            who = claims_of(request, self.address)
        except Refused as exc:
            return failure(401, "InvalidAuthenticationToken", exc.message)
        path = request.path_params["path"].strip("/")
        identity = next(
            (one for one in self.state.identities if one.object_id == who["oid"] and one.tenant == who["tid"]), None
        )
        if identity is None or not identity.reads_directory:
            return failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if request.method == "POST" and path == "directoryObjects/getByIds":
            return await self._by_ids(request, who["tid"])
        if request.method != "GET":
            return failure(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        if path == "groups":
            return self._groups(request, who["tid"])
        if path == "contracts":
            return self._contracts(request, who["tid"])
        if path == "organization":
            tenant = self.state.tenants[who["tid"]]
            return self._page("organization", [{"id": tenant.id, "displayName": tenant.name}])
        if path == "servicePrincipals":
            wanted = re.search(r"'([^']*)'", request.query_params.get("$filter", ""))
            found = [one for one in self._here(who["tid"]) if wanted and wanted[1] in (one.client_id, one.object_id)]
            return self._page("servicePrincipals", [_shown(one, who["tid"]) for one in found])
        if path.startswith("groups/"):
            wanted_id = path.partition("/")[2]
            for group in self.state.groups:
                if group.id == wanted_id and group.tenant == who["tid"]:
                    return self._answer(
                        {"@odata.context": f"{self.address}/v1.0/$metadata#groups/$entity", **_group(group)}
                    )
        return failure(
            404,
            "Request_ResourceNotFound",
            f"Resource '{path.rpartition('/')[2]}' does not exist or one of its queried reference-property objects are not present.",
        )

    def _here(self, tenant: str) -> list[Identity]:
        return [one for one in self.state.identities if one.tenant == tenant]

    def _contracts(self, request: Request, tenant: str) -> Response:
        found = [one for one in self.state.tenants.values() if tenant in one.partners]
        start, size = int(request.query_params.get("$skiptoken", 0)), self.state.settings["graph_page_size"]
        more = {}
        if start + size < len(found):
            query = request.url.include_query_params(**{"$skiptoken": start + size}).query
            more = {"@odata.nextLink": f"{self.address}/v1.0/contracts?{query}"}
        rows = [
            {
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, one.id)),
                "contractType": "ResellerPartner",
                "customerId": one.id,
                "defaultDomainName": one.domain,
                "displayName": one.name,
            }
            for one in found[start : start + size]
        ]
        return self._page("contracts", rows, more)

    def _groups(self, request: Request, tenant: str) -> Response:
        found = [group for group in self.state.groups if group.tenant == tenant]
        which = request.query_params.get("$filter")
        if which is not None:
            wanted = re.fullmatch(r"displayName eq '((?:[^']|'')*)'", which)
            if wanted is None:
                return failure(400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: {which}.")
            name = wanted[1].replace("''", "'").lower()
            found = [group for group in found if group.name.lower() == name]
        start, size = int(request.query_params.get("$skiptoken", 0)), self.state.settings["graph_page_size"]
        more = {}
        if start + size < len(found):
            query = request.url.include_query_params(**{"$skiptoken": start + size}).query
            more = {"@odata.nextLink": f"{self.address}/v1.0/groups?{query}"}
        return self._page("groups", [_group(group) for group in found[start : start + size]], more)

    async def _by_ids(self, request: Request, tenant: str) -> Response:
        body = await request.json()
        types = body.get("types") or ["directoryObject"]
        rows = []
        for object_id in body["ids"]:
            known = self.state.principal(object_id, tenant)
            shown = _shown(known[1], tenant) if known else None
            kind = shown["@odata.type"].rpartition(".")[2] if shown else ""
            # A foreign object comes only to those who ask for its type.
            if shown and (kind in types or ("directoryObject" in types and kind != "directoryObjectPartnerReference")):
                rows.append(shown)
        return self._page("directoryObjects", rows)

    def _page(self, kind: str, rows: list[dict[str, Any]], more: dict[str, str] | None = None) -> Response:
        return self._answer({"@odata.context": f"{self.address}/v1.0/$metadata#{kind}", **(more or {}), "value": rows})

    def _answer(self, body: dict[str, Any]) -> Response:
        request_id = str(uuid.uuid4())
        return JSONResponse(body, headers={"content-type": _CONTENT_TYPE, "request-id": request_id})


def _group(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "deletedDateTime": None,
        "description": group.description,
        "displayName": group.name,
        "groupTypes": [],
        "mailEnabled": False,
        "mailNickname": group.mail_nickname or group.name,
        "securityEnabled": group.security_enabled,
    }


def _shown(found: Identity | Group, tenant: str) -> dict[str, Any]:
    if isinstance(found, Identity):
        kind = "user" if found.kind == "User" else "servicePrincipal"
        return {
            "@odata.type": f"#microsoft.graph.{kind}",
            "id": found.object_id,
            "displayName": found.name,
            "appId": found.client_id,
            "userPrincipalName": found.name,
            "servicePrincipalNames": [found.client_id],
        }
    if found.tenant == tenant:
        return {"@odata.type": "#microsoft.graph.group", **_group(found)}
    return {
        "@odata.type": "#microsoft.graph.directoryObjectPartnerReference",
        "id": found.id,
        "deletedDateTime": None,
        "description": None,
        "displayName": f"Foreign Principal for '{found.tenant}' in Role 'TenantAdmins'",
        "externalPartnerTenantId": found.tenant,
        "objectType": "Group",
    }
