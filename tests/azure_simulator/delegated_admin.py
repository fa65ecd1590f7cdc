# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph's delegated admin relationships (GDAP), and the customer's approval, which the real one takes in a portal only.

No exchange with the real API has been recorded: shapes and rules are those of the documentation of Graph v1.0, and of what others report.
"""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .relationships import AccessAssignment, Relationship, Timed
from .state import Identity, State

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_LONGEST_NAME = 50
_PAGE = 300


class Refusal(Exception):
    """A request that is refused."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class DelegatedAdmin:
    """The relationships of all partners; the caller decides whose."""

    def __init__(self, state: State, address: str) -> None:
        self.state = state
        self.address = f"{address}/v1.0"

    async def handle(self, request: Request, path: str, identity: Identity) -> Response:
        """Any request below tenantRelationships."""
        body = await request.json() if await request.body() else {}
        try:
            return self._dispatch(request, path.split("/")[1:], identity, body)
        except Refusal as exc:
            inner = {"date": "2026-11-23T08:00:00", "request-id": str(uuid.uuid4())}
            return JSONResponse(
                {"error": {"code": exc.code, "message": exc.message, "innerError": inner}},
                exc.status,
                headers={"request-id": inner["request-id"]},
            )

    def _dispatch(self, request: Request, parts: list[str], identity: Identity, body: dict[str, Any]) -> Response:
        domain = re.fullmatch(r"findTenantInformationByDomainName\(domainName='([^']+)'\)", parts[0])
        if domain:
            tenant = self.state.tenant(domain[1])
            if tenant is None:
                raise Refusal(404, "Directory_ObjectNotFound", f"Unable to read the tenant of {domain[1]}.")
            return JSONResponse({"tenantId": tenant.id, "displayName": tenant.name, "defaultDomainName": tenant.domain})
        if parts[0] != "delegatedAdminRelationships":
            raise Refusal(404, "Request_ResourceNotFound", f"Resource not found for the segment '{parts[0]}'.")
        self._check_right(identity, writes=request.method != "GET")
        if len(parts) == 1:
            return self._create(identity, body) if request.method == "POST" else self._list(request, identity)
        relationship = self._relationship(parts[1], identity)
        if len(parts) == 2:
            return self._one(request, relationship, body)
        if parts[2] == "requests" and request.method == "POST":
            return self._request(relationship, str(body.get("action")))
        if parts[2] == "accessAssignments":
            return self._assignments(request, relationship, parts[3:], body)
        if parts[2] == "operations" and len(parts) == 4:
            kind = "delegatedAdminAccessAssignmentUpdate"
            return JSONResponse({"id": parts[3], "operationType": kind, "data": "{}", "status": "succeeded"})
        raise Refusal(404, "Request_ResourceNotFound", f"Resource not found for the segment '{parts[2]}'.")

    def _check_right(self, identity: Identity, writes: bool) -> None:
        """An application needs the permission; a user who is not in AdminAgents gets empty lists, and none without MFA does anything."""
        if identity.kind == "User":
            if not identity.mfa:
                raise Refusal(
                    403,
                    "accessDenied",
                    "The user (principal) does not have the required permissions to perform the specified action on the resource.",
                )
            return
        if identity.delegated_admin not in (("write",) if writes else ("read", "write")):
            raise Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        if writes and not self.state.settings["gdap_service_principal"]:
            raise Refusal(500, "unexpectedError", "An unexpected error occurred in the server.")

    def _of_partner(self, identity: Identity) -> list[Relationship]:
        agents = {
            item.id for item in self.state.groups if item.tenant == identity.tenant and item.name == "AdminAgents"
        }
        if identity.kind == "User" and not agents & set(identity.groups):
            return []
        items = [item for item in self.state.relationships.values() if item.partner == identity.tenant]
        for item in items:
            item.advance(self.state.settings["gdap_seconds"])
        return items

    def _relationship(self, id_: str, identity: Identity) -> Relationship:
        if len(id_) != 73:
            raise Refusal(400, "badRequest", "The passed in delegatedAdminRelationshipId is invalid.")
        for item in self._of_partner(identity):
            if item.id == id_:
                return item
        raise Refusal(404, "notFound", "The resource could not be found.")

    def _shown(self, relationship: Relationship) -> dict[str, Any]:
        return relationship.shown({item.id: item.name for item in self.state.tenants.values()})

    def _list(self, request: Request, identity: Identity) -> Response:
        items = self._of_partner(identity)
        which = request.query_params.get("$filter")
        if which is not None:
            customer = re.fullmatch(r"customer/tenantId eq '([^']+)'", which)
            if customer is None:
                raise Refusal(400, "badRequest", f"The local Azure does not evaluate {which!r}.")
            items = [item for item in items if item.customer == customer[1]]
        return self._page(request, [self._shown(item) for item in items], "delegatedAdminRelationships")

    def _page(self, request: Request, rows: list[dict[str, Any]], name: str) -> Response:
        start = int(request.query_params.get("$skipToken", 0))
        size = min(_PAGE, int(request.query_params.get("$top", _PAGE)), self.state.settings["gdap_page_size"])
        page: dict[str, Any] = {"@odata.context": f"{self.address}/$metadata#{name}"}
        if start + size < len(rows):
            query = request.url.include_query_params(**{"$skipToken": start + size}).query
            page["@odata.nextLink"] = f"{self.address}/{request.path_params['path']}?{query}"
        return JSONResponse({**page, "value": rows[start : start + size]})

    def _create(self, identity: Identity, body: dict[str, Any]) -> Response:
        name, roles = str(body.get("displayName") or ""), _roles(body)
        if not name or len(name) > _LONGEST_NAME or not roles or not body.get("duration"):
            raise Refusal(400, "badRequest", "Cannot process the request because it is malformed or incorrect.")
        extend = str(body.get("autoExtendDuration") or "PT0S")
        if GLOBAL_ADMINISTRATOR in roles and extend != "PT0S":
            raise Refusal(400, "badRequest", "Auto extend is not allowed with the Global Administrator role.")
        if any(item.name.lower() == name.lower() for item in self._of_partner(identity)):
            raise Refusal(409, "conflict", "The resource already exists.")
        relationship = Relationship(
            "created",
            f"{uuid.uuid4()}-{uuid.uuid4()}",
            partner=identity.tenant,
            customer=(body.get("customer") or {}).get("tenantId"),
            name=name,
            duration=body["duration"],
            extend=extend,
            roles=roles,
        )
        self.state.relationships[relationship.id] = relationship
        return JSONResponse(self._shown(relationship), 201)

    def _one(self, request: Request, relationship: Relationship, body: dict[str, Any]) -> Response:
        if request.method == "GET":
            return JSONResponse(self._shown(relationship))
        _check_etag(request, relationship)
        if request.method == "DELETE":
            if relationship.status != "created":
                raise Refusal(400, "badRequest", f"A relationship that is {relationship.status} cannot be deleted.")
            del self.state.relationships[relationship.id]
            return Response(status_code=204)
        if relationship.status in ("created", "active") and GLOBAL_ADMINISTRATOR not in relationship.roles:
            relationship.extend = body.get("autoExtendDuration", relationship.extend)
            relationship.version += 1
        # What may not be changed is left as it is, and answered like a success.
        return JSONResponse(self._shown(relationship))

    def _request(self, relationship: Relationship, action: str) -> Response:
        if action == "lockForApproval":
            if time.time() - relationship.created < self.state.settings["gdap_seconds"]:
                raise Refusal(405, "methodNotAllowed", "Specified HTTP method is not allowed for the request target.")
            self._become(relationship, ("created",), "approvalPending")
        elif action == "terminate":
            self._become(relationship, ("active", "expiring"), "terminationRequested")
        else:
            raise Refusal(400, "badRequest", "Cannot process the request because it is malformed or incorrect.")
        kind = "#microsoft.graph.delegatedAdminRelationshipRequest"
        return JSONResponse({"@odata.type": kind, "id": str(uuid.uuid4()), "action": action, "status": "created"}, 201)

    def _become(self, relationship: Relationship, before: tuple[str, ...], after: str) -> None:
        if relationship.status not in before:
            raise Refusal(409, "conflict", f"The relationship is {relationship.status}.")
        relationship.become(after)

    def _assignments(
        self, request: Request, relationship: Relationship, parts: list[str], body: dict[str, Any]
    ) -> Response:
        if not parts:
            if request.method == "POST":
                return self._assign(relationship, body)
            return self._page(request, [item.shown() for item in relationship.assignments], "accessAssignments")
        assignment = next((item for item in relationship.assignments if item.id == parts[0]), None)
        if assignment is None:
            raise Refusal(404, "notFound", "The resource could not be found.")
        if request.method == "GET":
            return JSONResponse(assignment.shown())
        _check_etag(request, assignment)
        if request.method == "DELETE":
            assignment.become("deleting")
            return Response(status_code=204)
        roles = _roles(body)
        self._check_roles(relationship, roles)
        if sorted(roles) == sorted(assignment.roles):
            return JSONResponse(assignment.shown())
        assignment.roles = roles
        assignment.become("pending")
        location = f"{self.address}/tenantRelationships/delegatedAdminRelationships/{relationship.id}/operations/{uuid.uuid4()}"
        return JSONResponse({}, 202, headers={"Location": location, "Retry-After": "10"})

    def _assign(self, relationship: Relationship, body: dict[str, Any]) -> Response:
        group = str((body.get("accessContainer") or {}).get("accessContainerId"))
        known = [item for item in self.state.groups if item.id == group and item.tenant == relationship.partner]
        if not known or not known[0].security_enabled:
            raise Refusal(500, "unexpectedError", "An unexpected error occurred in the server.")
        if relationship.status != "active":
            raise Refusal(400, "badRequest", f"The relationship is {relationship.status}.")
        roles = _roles(body)
        self._check_roles(relationship, roles)
        if any(item.group == group and item.status not in ("deleting", "deleted") for item in relationship.assignments):
            raise Refusal(409, "conflict", "The resource already exists.")
        assignment = AccessAssignment("pending", group=group, roles=roles)
        relationship.assignments.append(assignment)
        return JSONResponse(assignment.shown(), 201)

    def _check_roles(self, relationship: Relationship, roles: list[str]) -> None:
        if not roles or not set(roles) <= set(relationship.roles):
            raise Refusal(400, "badRequest", "The role is not in the relationship.")


def approve(state: State, customer: str) -> None:
    """The customer approves what it was asked for."""
    for item in state.relationships.values():
        if item.customer == customer and item.status == "approvalPending":
            item.become("approved")


def _check_etag(request: Request, item: Timed) -> None:
    given = request.headers.get("if-match")
    if not given:
        raise Refusal(400, "badRequest", "The If-Match header is required.")
    if given != item.etag:
        raise Refusal(412, "preconditionFailed", "The etag does not match.")


def _roles(body: dict[str, Any]) -> list[str]:
    return [item["roleDefinitionId"] for item in (body.get("accessDetails") or {}).get("unifiedRoles") or []]
