# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Manager: metadata, subscriptions, resource groups, roles, role assignments, permissions, elevation."""

from __future__ import annotations

import base64
import json
import math
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .state import Assignment, ResourceGroup, State, Subscription, now_text
from .tokens import Refused, claims_of

_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_KIND = re.compile(
    r"(?P<scope>.*?)/providers/microsoft\.authorization/"
    r"(?P<kind>roleassignments|roledefinitions|permissions|denyassignments|locks|elevateaccess)(/(?P<name>[^/]+))?",
    re.IGNORECASE,
)
# The versions that each type has here: those of Microsoft's specifications and of recorded traffic. Of these, the Azure CLI sends 2022-04-01 for
# assignments, 2022-05-01-preview for definitions and 2024-11-01 for resource groups, azure.azcollection sends 2020-04-01-preview for assignments.
# For subscriptions and tenants the list is longer, as the versions that these two send change with each release of theirs.
_SUBSCRIPTION_VERSIONS = (
    "2022-12-01",
    "2021-01-01",
    "2020-01-01",
    "2019-11-01",
    "2019-06-01",
    "2018-06-01",
    "2016-06-01",
)
_VERSIONS = {
    "roleAssignments": (
        "2014-10-01-preview",
        "2015-05-01-preview",
        "2015-07-01",
        "2018-01-01-preview",
        "2018-09-01-preview",
        "2020-04-01-preview",
        "2020-08-01-preview",
        "2022-04-01",
    ),
    "roleDefinitions": ("2015-05-01-preview", "2015-07-01", "2018-01-01-preview", "2022-04-01", "2022-05-01-preview"),
    "permissions": ("2015-07-01", "2018-01-01-preview", "2022-04-01"),
    "denyAssignments": ("2022-04-01",),
    "locks": ("2016-09-01",),
    "elevateAccess": ("2015-07-01", "2016-07-01", "2018-01-01"),
    "subscriptions": _SUBSCRIPTION_VERSIONS,
    "tenants": _SUBSCRIPTION_VERSIONS,
    "resourceGroups": ("2024-11-01", "2022-09-01", "2021-04-01"),
    "endpoints": ("2022-09-01", "2019-05-01", "2015-01-01"),
}
# The types that the gateway answers for itself, and not a resource provider.
_OF_GATEWAY = ("subscriptions", "tenants", "resourceGroups", "endpoints")
_TYPES = {name.lower(): name for name in _VERSIONS}

_ID = r"'[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}'"
_TEXT = r"'(?:[^']|'')*'"
# The forms of $filter that are documented and that the lists here evaluate, and how Azure names them. Other lists take none.
_FILTERS = {
    "roleAssignments": (
        rf"atScope\(\)|principalId eq {_ID}|assignedTo\({_ID}\)|atScope\(\) and assignedTo\({_ID}\)",
        "'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'",
    ),
    "roleDefinitions": (
        rf"atScopeAndBelow\(\)|roleName eq {_TEXT}|type eq '(?:BuiltInRole|CustomRole)'",
        "'atScopeAndBelow()' or 'roleName eq '{value}' or type eq 'BuiltInRole|CustomRole'",
    ),
    "denyAssignments": (r"atScope\(\)", "'atScope()'"),
}
_KINDS = {"GET": "reads", "DELETE": "deletes"}
_LEFT = {"reads": "249", "writes": "199", "deletes": "199"}
_PRIVILEGED = ("Owner", "User Access Administrator", "Role Based Access Control Administrator", "Contributor")


class Answer(JSONResponse):
    """JSON with the content type of ARM."""

    media_type = "application/json; charset=utf-8"


class ArmError(Exception):
    """An error in ARM's envelope; ``by_gateway`` ones carry the header that says so."""

    def __init__(self, status: int, code: str, message: str, by_gateway: bool = False) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.by_gateway = status, code, message, by_gateway

    @property
    def answer(self) -> Response:
        """What the client gets."""
        body = {"error": {"code": self.code, "message": self.message}}
        return Answer(body, self.status, {"x-ms-failure-cause": "gateway"} if self.by_gateway else None)


def no_dashes(text: str) -> str:
    """As ARM writes principals and assignments in its errors."""
    return text.replace("-", "").lower()


class Arm:
    """The resource manager of the whole cloud."""

    def __init__(self, state: State, address: str, login: str, graph: str, partner_center: str = "") -> None:
        self.state = state
        self.address, self.login, self.graph, self.partner_center = address, login, graph, partner_center

    def metadata(self, request: Request) -> Response:
        """The endpoints of this cloud, in the version that is asked for."""
        try:
            _check_query(request, "endpoints")
        except ArmError as exc:
            return exc.answer
        authentication = {
            "loginEndpoint": self.login,
            "audiences": [self.address, self.address + "/"],
            "tenant": "common",
            "identityProvider": "AAD",
        }
        body: dict[str, Any] = {
            "name": "LocalAzure",
            "resourceManager": self.address + "/",
            "microsoftGraphResourceId": self.graph,
            "partnerCenter": self.partner_center,
            "authentication": authentication,
            "portal": self.address,
            "gallery": self.address,
            "graph": self.graph,
            "graphAudience": self.graph,
            "suffixes": {"storage": "core.local", "keyVaultDns": "vault.local"},
        }
        version = request.query_params["api-version"]
        if version == "2015-01-01":
            body = {
                "galleryEndpoint": self.address,
                "graphEndpoint": self.graph,
                "portalEndpoint": self.address,
                "authentication": {"loginEndpoint": self.login + "/", "audiences": [self.address]},
            }
        return Answer([body] if version == "2019-05-01" else body)

    async def handle(self, request: Request) -> Response:
        """Any request but the metadata's."""
        request_id = str(uuid.uuid4())
        # ARM takes doubled slashes; the URL's own parser would take a leading pair for a host.
        path = re.sub("/{2,}", "/", request.scope["path"]).rstrip("/") or "/"
        try:
            answer = await self._dispatch(request, path, claims_of(request, self.address))
        except Refused as exc:
            answer = ArmError(401, exc.code, exc.message, True).answer
            answer.headers["www-authenticate"] = self._challenge(path, exc.description)
        except ArmError as exc:
            answer = exc.answer
            if exc.code == "InvalidAuthenticationTokenTenant":
                description = (
                    "The access token is from the wrong issuer. It must match the tenant associated with this subscription."
                    " Please use correct authority to get the token."
                )
                answer.headers["www-authenticate"] = self._challenge(path, description)
        answer.headers.update({"x-ms-request-id": request_id, "x-ms-correlation-request-id": request_id})
        if "x-ms-failure-cause" not in answer.headers:
            level = "subscription" if re.match("/subscriptions/", path, re.IGNORECASE) else "tenant"
            kind = _KINDS.get(request.method, "writes")
            answer.headers[f"x-ms-ratelimit-remaining-{level}-{kind}"] = _LEFT[kind]
        return answer

    def _challenge(self, path: str, description: str) -> str:
        """It names the tenant of the subscription, if the request is for one that there is."""
        tenant = self.state.tenant_of(path) or ""
        return f'Bearer authorization_uri="{self.login}/{tenant}", error="invalid_token", error_description="{description}"'

    async def _dispatch(self, request: Request, path: str, who: dict[str, Any]) -> Response:
        result = _KIND.fullmatch(path)
        if result:
            scope = result["scope"] or "/"
            self._check_place(scope, who)
            _check_query(request, _TYPES[result["kind"].lower()])
            verb = (request.method, result["kind"].lower(), bool(result["name"]))
            handler: Callable[..., Any] | None = {
                ("GET", "roleassignments", False): self._list,
                ("GET", "roleassignments", True): self._get,
                ("PUT", "roleassignments", True): self._put,
                ("DELETE", "roleassignments", True): self._delete,
                ("GET", "roledefinitions", False): self._roles,
                ("GET", "roledefinitions", True): self._role,
                ("GET", "permissions", False): self._permissions,
                ("GET", "denyassignments", False): self._deny,
                ("GET", "locks", False): self._locks,
                ("POST", "elevateaccess", False): self._elevate,
            }.get(verb)
            if handler:
                body = await request.body()
                return handler(request, scope, result["name"], who, body)
        elif request.method == "GET":
            return self._resources(request, path, who)
        raise ArmError(405, "MethodNotAllowed", f"The HTTP method '{request.method}' is not supported at '{path}'.")

    # Places and rights

    def _check_place(self, scope: str, who: dict[str, Any]) -> None:
        parts = scope.strip("/").split("/")
        if parts[0].lower() != "subscriptions" or len(parts) < 2:
            return
        subscription = self.state.subscriptions.get(parts[1].lower())
        if subscription is None:
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{parts[1]}' could not be found.", True)
        if subscription.tenant != who["tid"]:
            raise ArmError(
                401,
                "InvalidAuthenticationTokenTenant",
                f"The access token is from the wrong issuer 'https://sts.windows.net/{who['tid']}/'. It must match the tenant"
                f" 'https://sts.windows.net/{subscription.tenant}/' associated with this subscription. Please use the authority (URL)"
                f" 'https://login.windows.net/{subscription.tenant}' to get the token. Note, if the subscription is transferred to another"
                " tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an"
                " hour). If you just transferred your subscription and see this error message, please try back later.",
                True,
            )

    def _held(self, scope: str, who: dict[str, Any]) -> list[Assignment]:
        """The caller's assignments that reach the scope."""
        mine = {who["oid"]}
        for identity in self.state.identities:
            if identity.object_id == who["oid"]:
                mine.update(identity.groups)
        above = set(self.state.above(scope))
        return [
            item
            for item in self.state.assignments.values()
            if item.gone == math.inf
            and item.principal in mine
            and (item.scope.lower().rstrip("/") or "/") in above
            and item.tenant in ("", who["tid"])
        ]

    def _entries(self, scope: str, who: dict[str, Any]) -> list[dict[str, Any]]:
        roles = [self.state.roles[item.role] for item in self._held(scope, who) if item.role in self.state.roles]
        return [
            {"actions": role["actions"], "notActions": role["notActions"], "dataActions": [], "notDataActions": []}
            for role in roles
        ]

    def _require(self, action: str, scope: str, target: str, who: dict[str, Any]) -> None:
        if any(_permits(entry, action) for entry in self._entries(scope, who)):
            return
        raise ArmError(
            403,
            "AuthorizationFailed",
            f"The client '{who['appid']}' with object id '{who['oid']}' does not have authorization to perform action '{action}' over"
            f" scope '{target}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            True,
        )

    # Role assignments

    def _list(self, request: Request, scope: str, _name: str, who: dict[str, Any], _body: bytes) -> Response:
        shown = scope.rstrip("/") + "/providers/Microsoft.Authorization"
        self._require("Microsoft.Authorization/roleAssignments/read", scope, shown, who)
        which = request.query_params.get("$filter")
        if scope == "/" and not which:
            raise ArmError(400, "BadRequest", "The filter atScope() is required at the root scope.")
        now = time.time()
        result = [item for item in self._near(scope, which, who) if item.visible <= now < item.gone]
        size = self.state.settings["page_size"] or len(result) or 1
        start = _skipped(request.query_params.get("$skiptoken"))
        page: dict[str, Any] = {"value": [self._shown(item) for item in result[start : start + size]]}
        if start + size < len(result):
            token = base64.b64encode(json.dumps({"SkipCount": start + size, "Type": "First"}).encode()).decode()
            query = f"api-version={request.query_params['api-version']}&%24skiptoken={token.replace('=', '%3d')}"
            if which:
                query += "&%24filter=" + which.replace(" ", "%20").replace("'", "%27")
            page["nextLink"] = f"{self.address}{request.scope['path']}?{query}"
        return Answer(page)

    def _near(self, scope: str, which: str | None, who: dict[str, Any]) -> list[Assignment]:
        above = set(self.state.above(scope))
        prefix = scope.lower().rstrip("/") + "/"
        at_scope = which is not None and "atScope()" in which
        principal = re.search(r"principalId eq '([^']*)'", which or "")
        assigned = re.search(r"assignedTo\('([^']*)'\)", which or "")
        mine = {assigned[1]} if assigned else set()
        for identity in self.state.identities:
            if assigned and identity.object_id == assigned[1]:
                mine.update(identity.groups)
        result = []
        for item in self.state.assignments.values():
            key = item.scope.lower().rstrip("/") or "/"
            if key not in above and (at_scope or assigned or not key.startswith(prefix)):
                continue
            if item.tenant not in ("", who["tid"]):
                continue
            if (principal and item.principal.lower() != principal[1].lower()) or (
                assigned and item.principal not in mine
            ):
                continue
            result.append(item)
        return result

    def _get(self, _request: Request, scope: str, name: str, who: dict[str, Any], _body: bytes) -> Response:
        self._require("Microsoft.Authorization/roleAssignments/read", scope, f"{scope}/{name}", who)
        result = self._at(scope, name)
        if result is None or result.visible > time.time():
            raise ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
        return Answer(self._shown(result))

    def _at(self, scope: str, name: str) -> Assignment | None:
        result = self.state.assignments.get(name.lower())
        if result and result.gone != math.inf:
            return None
        return result if result and result.scope.lower().rstrip("/") == scope.lower().rstrip("/") else None

    def _put(self, _request: Request, scope: str, name: str, who: dict[str, Any], body: bytes) -> Response:
        target = f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}"
        self._require("Microsoft.Authorization/roleAssignments/write", scope, target, who)
        properties, role_id = self._checked_body(name, body)
        self._check_writable(scope)
        self._check_locks(scope, target, "write")
        self._check_conditions(scope, role_id, target, who)
        kind = self._principal_type(properties, who["tid"])
        if properties.get("conditionVersion") and not properties.get("condition"):
            raise ArmError(
                400,
                "InvalidCreateOrUpdateRoleAssignmentRequest",
                "When 'Condition' property is not set 'ConditionVersion' property also must not be set.",
            )
        result = self._upsert(scope, name.lower(), properties, role_id, kind, who)
        # ARM leaves createdBy empty in the answer to the PUT itself.
        answer = self._shown(result)
        answer["properties"]["createdBy"] = None
        return Answer(answer, 201)

    def _checked_body(self, name: str, body: bytes) -> tuple[dict[str, Any], str]:
        properties = json.loads(body).get("properties", {})
        if not _GUID.fullmatch(name):
            raise ArmError(
                400,
                "InvalidRoleAssignmentId",
                f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
            )
        if "principalId" not in properties:
            raise ArmError(
                400,
                "InvalidRequestContent",
                "The content of your request was not valid, and the original object could not be deserialized. Exception message:"
                " 'Required property 'principalId' not found in JSON. Path 'properties', line 4, position 3.'",
            )
        role = re.fullmatch(
            r"(/subscriptions/[^/]+)?/providers/Microsoft\.Authorization/roleDefinitions/([^/]+)",
            properties.get("roleDefinitionId", ""),
            re.IGNORECASE,
        )
        if role is None or not _GUID.fullmatch(role[2]):
            raise ArmError(400, "BadRequestFormat", "The request was incorrectly formatted.")
        if not _GUID.fullmatch(properties["principalId"]):
            raise ArmError(
                400,
                "InvalidPrincipalId",
                f"The Principal ID '{properties['principalId']}' is not valid. Principal ID must be a GUID.",
            )
        if role[2].lower() not in self.state.roles:
            raise ArmError(
                404,
                "RoleDefinitionDoesNotExist",
                f"The specified role definition with ID '{no_dashes(role[2])}' does not exist.",
            )
        return properties, role[2].lower()

    def _check_writable(self, scope: str) -> None:
        parts = scope.lower().strip("/").split("/")
        if parts[0] != "subscriptions":
            return
        subscription = self.state.subscriptions[parts[1]]
        if subscription.state in ("Disabled", "Warned"):
            raise ArmError(
                409,
                "ReadOnlyDisabledSubscription",
                f"The subscription '{subscription.id}' is disabled and therefore marked as read only. You cannot perform any write"
                " actions on this subscription until it is re-enabled.",
            )
        self._check_group(scope)
        self._check_resource(scope)

    def _check_resource(self, scope: str) -> None:
        """Resources are known only where the scenario lists those of their group."""
        parts = scope.strip("/").split("/")
        if len(parts) < 8 or parts[2].lower() != "resourcegroups":
            return
        listed = self.state.subscriptions[parts[1].lower()].resource_groups[parts[3].lower()].resources
        top = "/" + "/".join(parts[:8])
        if listed and top.lower() not in [item.lower() for item in listed]:
            kind = "/".join(parts[5:7])
            raise ArmError(
                404,
                "ResourceNotFound",
                f"The Resource '{kind}/{parts[7]}' under resource group '{parts[3]}' was not found. For more details please go to"
                " https://aka.ms/ARMResourceNotFoundFix",
                True,
            )

    def _check_group(self, scope: str) -> None:
        parts = scope.strip("/").split("/")
        if len(parts) < 4 or parts[2].lower() != "resourcegroups":
            return
        if parts[3].lower() not in self.state.subscriptions[parts[1].lower()].resource_groups:
            raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{parts[3]}' could not be found.", True)

    def _check_conditions(self, scope: str, role_id: str, target: str, who: dict[str, Any]) -> None:
        """A condition on all that permits the caller to assign forbids the privileged roles, as the portal's preset does."""
        held = [
            item
            for item in self._held(scope, who)
            if _permits(self.state.roles[item.role], "Microsoft.Authorization/roleAssignments/write")
        ]
        if all(item.condition for item in held) and self.state.roles[role_id]["name"] in _PRIVILEGED:
            raise ArmError(
                403,
                "AuthorizationFailed",
                f"The client '{who['appid']}' with object id '{who['oid']}' does not have authorization or an ABAC condition not fulfilled"
                f" to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '{target}' or the scope is invalid. If"
                " access was recently granted, please refresh your credentials.",
                True,
            )

    def _principal_type(self, properties: dict[str, Any], tenant: str) -> str:
        principal, sent = properties["principalId"].lower(), properties.get("principalType")
        known = self.state.principal(principal, tenant)
        if known is None:
            if sent == "ServicePrincipal":  # for these ARM does not ask the directory
                return sent
            raise ArmError(
                400,
                "PrincipalNotFound",
                f"Principal {no_dashes(principal)} does not exist in the directory {tenant}. Check that you have the correct principal"
                " ID. If you are creating this principal and then immediately assigning a role, this error might be related to a"
                " replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal,"
                " User, or Group.  See https://aka.ms/docs-principaltype",
            )
        if sent and sent != known[0]:
            if self.state.settings.get("takes_any_type"):
                return known[0]
            raise ArmError(
                400,
                "UnmatchedPrincipalType",
                f"The PrincipalId '{no_dashes(principal)}' has type '{known[0]}' , which is different from specified PrinciaplType"
                f" '{sent}'.",
            )
        return known[0]

    def _upsert(
        self, scope: str, name: str, properties: dict[str, Any], role_id: str, kind: str, who: dict[str, Any]
    ) -> Assignment:
        wanted = (scope.lower(), properties["principalId"].lower(), role_id)
        self.state.assignments = {key: item for key, item in self.state.assignments.items() if item.gone == math.inf}
        existing = self.state.assignments.get(name)
        if existing and existing.key != wanted:
            raise ArmError(
                400,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
        twin = next((item for item in self.state.assignments.values() if item.key == wanted), None)
        if existing is None and twin:
            text = "The role assignment already exists."
            if self.state.settings["exists_form"] == "long":
                text += f" The ID of the conflicting role assignment is {no_dashes(twin.name)}."
            raise ArmError(409, "RoleAssignmentExists", text)
        if existing is None and self.state.settings["hash_conflicts"]:
            self.state.settings["hash_conflicts"] -= 1
            raise ArmError(
                400,
                "HashConflictOnDifferentRoleAssignmentIds",
                "A hash conflict was encountered for the role Assignment ID. Please use a new Guid.",
            )
        result = existing or self.state.add_assignment(
            scope, role_id, wanted[1], kind, name=name, created_by=who["oid"]
        )
        if existing is None:
            result.visible = time.time() + self.state.settings["lag"]
        result.description = properties.get("description")
        result.condition = properties.get("condition")
        result.condition_version = properties.get("conditionVersion")
        # ARM sets the time of creation anew with every write.
        result.created_on = result.updated_on = now_text()
        result.updated_by = who["oid"]
        return result

    def _delete(self, _request: Request, scope: str, name: str, who: dict[str, Any], _body: bytes) -> Response:
        target = f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}"
        self._require("Microsoft.Authorization/roleAssignments/delete", scope, target, who)
        result = self._at(scope, name)
        if result is None:
            return Response(status_code=204)
        self._check_locks(scope, target, "delete")
        result.gone = time.time() + self.state.settings["lag"]
        return Answer(self._shown(result))

    def _check_locks(self, scope: str, target: str, operation: str) -> None:
        """Any lock forbids to delete, one that lets only read forbids to write, too."""
        levels = ("ReadOnly",) if operation == "write" else ("ReadOnly", "CanNotDelete")
        above = self.state.above(scope)
        locked = [lock.scope for lock in self.state.locks if lock.scope.lower() in above and lock.level in levels]
        if locked:
            raise ArmError(
                409,
                "ScopeLocked",
                f"The scope '{target}' cannot perform {operation} operation because following scope(s) are locked: '{locked[0]}'. Please remove"
                " the lock and try again.",
            )

    def _shown(self, one: Assignment) -> dict[str, Any]:
        root = re.match(r"/subscriptions/[^/]+", one.scope, re.IGNORECASE)
        prefix = "" if one.scope == "/" else one.scope
        return {
            "properties": {
                "roleDefinitionId": f"{root[0] if root else ''}/providers/Microsoft.Authorization/roleDefinitions/{one.role}",
                "principalId": one.principal,
                "principalType": one.principal_type,
                "scope": one.scope,
                "condition": one.condition,
                "conditionVersion": one.condition_version,
                "createdOn": one.created_on,
                "updatedOn": one.updated_on,
                "createdBy": one.created_by,
                "updatedBy": one.updated_by,
                "delegatedManagedIdentityResourceId": None,
                "description": one.description,
            },
            "id": f"{prefix}/providers/Microsoft.Authorization/roleAssignments/{one.name}",
            "type": "Microsoft.Authorization/roleAssignments",
            "name": one.name,
        }

    # Roles, permissions, elevation

    def _roles(self, request: Request, scope: str, _name: str, who: dict[str, Any], _body: bytes) -> Response:
        self._require("Microsoft.Authorization/roleDefinitions/read", scope, scope, who)
        which = request.query_params.get("$filter", "")
        wanted = re.fullmatch("roleName eq '(.*)'", which)
        name = wanted[1].replace("''", "'").lower() if wanted else None
        kind = re.fullmatch("type eq '(.*)'", which)
        above = set(self.state.above(scope))
        prefix = scope.lower().rstrip("/") + "/" if which == "atScopeAndBelow()" else None

        def near(place: str) -> bool:
            key = place.lower().rstrip("/") or "/"
            return key in above or (prefix is not None and key.startswith(prefix))

        result = [
            self._role_shown(identity, role, scope)
            for identity, role in self.state.roles.items()
            if (name is None or role["name"].lower() == name)
            and (kind is None or role["type"] == kind[1])
            and any(near(place) for place in role["scopes"])
        ]
        return Answer({"value": result})

    def _role(self, _request: Request, scope: str, name: str, who: dict[str, Any], _body: bytes) -> Response:
        role = self.state.roles.get(name.lower())
        if role is None:
            raise ArmError(
                404,
                "RoleDefinitionDoesNotExist",
                f"The specified role definition with ID '{no_dashes(name)}' does not exist.",
            )
        return Answer(self._role_shown(name.lower(), role, scope))

    def _role_shown(self, identity: str, role: dict[str, Any], scope: str) -> dict[str, Any]:
        root = re.match(r"/subscriptions/[^/]+", scope, re.IGNORECASE)
        entry = {"actions": role["actions"], "notActions": role["notActions"], "dataActions": [], "notDataActions": []}
        return {
            "properties": {
                "roleName": role["name"],
                "type": role["type"],
                "description": "",
                "assignableScopes": role["scopes"],
                "permissions": [entry],
                "createdOn": "2015-02-02T21:55:09.8806423Z",
                "updatedOn": "2020-08-14T20:13:58.4137852Z",
                "createdBy": None,
                "updatedBy": None,
            },
            "id": f"{root[0] if root else ''}/providers/Microsoft.Authorization/roleDefinitions/{identity}",
            "type": "Microsoft.Authorization/roleDefinitions",
            "name": identity,
        }

    def _permissions(self, _request: Request, scope: str, _name: str, who: dict[str, Any], _body: bytes) -> Response:
        if "/providers/" in scope:  # an absent resource group itself answers with what is inherited
            self._check_group(scope)
        self._require(
            "Microsoft.Authorization/permissions/read", scope, f"{scope}/providers/Microsoft.Authorization", who
        )
        return Answer({"value": self._entries(scope, who)})

    def _deny(self, request: Request, scope: str, _name: str, who: dict[str, Any], _body: bytes) -> Response:
        self._require("Microsoft.Authorization/denyAssignments/read", scope, scope, who)
        key = scope.lower().rstrip("/")
        below = "$filter" not in request.query_params
        near = [
            item
            for item in self.state.deny_assignments
            if item["scope"].lower() in self.state.above(scope)
            or (below and item["scope"].lower().startswith(f"{key}/"))
        ]
        return Answer({"value": [_deny_shown(item) for item in near]})

    def _locks(self, _request: Request, scope: str, _name: str, who: dict[str, Any], _body: bytes) -> Response:
        self._require("Microsoft.Authorization/locks/read", scope, scope, who)
        near = [item for item in self.state.locks if f"{item.scope}/".lower().startswith(f"{scope}/".lower())]
        rows = [
            {
                "properties": {"level": item.level, "notes": ""},
                "id": f"{item.scope}/providers/Microsoft.Authorization/locks/{item.name}",
                "type": "Microsoft.Authorization/locks",
                "name": item.name,
            }
            for item in near
        ]
        return Answer({"value": rows})

    def _elevate(self, _request: Request, _scope: str, _name: str, who: dict[str, Any], _body: bytes) -> Response:
        identity = next((item for item in self.state.identities if item.object_id == who["oid"]), None)
        if identity is None or identity.kind != "User" or not identity.global_administrator:
            self._require(
                "Microsoft.Authorization/elevateAccess/action", "/", "/providers/Microsoft.Authorization", who
            )
        held = [
            item
            for item in self.state.assignments.values()
            if item.scope == "/" and item.principal == who["oid"] and item.gone == math.inf
        ]
        if not held:
            created = self.state.add_assignment("/", "User Access Administrator", who["oid"], "User")
            created.tenant = who["tid"]
        return Response(status_code=200)

    # Subscriptions and what lies in them

    def _resources(self, request: Request, path: str, who: dict[str, Any]) -> Response:
        parts = path.strip("/").split("/")
        lower = [part.lower() for part in parts]
        self._check_place(path, who)
        kind = _TYPES.get(lower[2] if len(lower) > 2 else lower[0])
        if kind in _OF_GATEWAY:
            _check_query(request, kind)
        if lower == ["subscriptions"]:
            seen = [self._subscription(item) for item in self.state.subscriptions.values() if self._sees(item.id, who)]
            return Answer({"value": seen, "count": {"type": "Total", "value": len(seen)}})
        if lower == ["tenants"]:
            tenant = self.state.tenants[who["tid"]]
            row = {
                "id": f"/tenants/{tenant.id}",
                "tenantId": tenant.id,
                "displayName": tenant.name,
                "defaultDomain": tenant.domain,
            }
            return Answer({"value": [row]})
        if lower[0] == "subscriptions":
            subscription = self.state.subscriptions[lower[1]]
            self._require("Microsoft.Resources/subscriptions/read", f"/subscriptions/{subscription.id}", path, who)
            if len(lower) == 2:
                return Answer(self._subscription(subscription))
            if len(lower) == 3 and lower[2] == "resourcegroups":
                rows = [_group_shown(subscription, group) for group in subscription.resource_groups.values()]
                return Answer({"value": rows})
            if len(lower) == 4 and lower[2] == "resourcegroups":
                self._check_group(path)
                return Answer(_group_shown(subscription, subscription.resource_groups[lower[3]]))
        raise ArmError(404, "ResourceNotFound", f"The Resource '{path}' was not found.", True)

    def _sees(self, subscription: str, who: dict[str, Any]) -> bool:
        if self.state.subscriptions[subscription].tenant != who["tid"]:
            return False
        prefix = f"/subscriptions/{subscription}"
        return bool(self._held(prefix, who)) or any(
            item.principal == who["oid"] and item.scope.lower().startswith(prefix)
            for item in self.state.assignments.values()
        )

    @staticmethod
    def _subscription(one: Subscription) -> dict[str, Any]:
        return {
            "id": f"/subscriptions/{one.id}",
            "subscriptionId": one.id,
            "tenantId": one.tenant,
            "displayName": one.name,
            "state": one.state,
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "CSP_2015-05-01",
                "spendingLimit": "Off",
            },
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
        }


def _check_query(request: Request, kind: str) -> None:
    """Refuse a version that the type does not have, and a filter that its list does not take."""
    version = request.query_params.get("api-version")
    if not version:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
            True,
        )
    if version not in _VERSIONS[kind]:
        if kind in _OF_GATEWAY:
            text = f"The api-version '{version}' is invalid. The supported versions are '{','.join(_VERSIONS[kind])}'."
            raise ArmError(400, "InvalidApiVersionParameter", text, True)
        raise ArmError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '' and API version '{version}' for type '{kind}'. The supported"
            f" api-versions are '{', '.join(_VERSIONS[kind])}'. The supported locations are ''.",
            True,
        )
    which = request.query_params.get("$filter")
    forms, names = _FILTERS.get(kind, ("", "none"))
    if which is not None and not re.fullmatch(forms, which):
        text = f"The filter '{which}' is not supported. Supported filters are either {names}."
        raise ArmError(400, "UnsupportedQuery", text)


def _group_shown(subscription: Subscription, group: ResourceGroup) -> dict[str, Any]:
    return {
        "id": f"/subscriptions/{subscription.id}/resourceGroups/{group.name}",
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "properties": {"provisioningState": "Succeeded"},
    }


def _deny_shown(one: dict[str, Any]) -> dict[str, Any]:
    """A deny assignment as ARM shows those that Azure makes for managed applications."""
    everyone = {"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined", "displayName": "All Principals"}
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{one['scope']}|{one['name']}"))
    principals = [{"id": identity, "type": "Group"} for identity in one.get("principals", [])] or [everyone]
    actions = {"actions": one.get("actions", ["*"]), "notActions": ["*/read"], "dataActions": [], "notDataActions": []}
    return {
        "properties": {
            "denyAssignmentName": one["name"],
            "description": "",
            "permissions": [actions],
            "scope": one["scope"],
            "doNotApplyToChildScopes": False,
            "principals": principals,
            "excludePrincipals": [{"id": identity, "type": "Group"} for identity in one.get("excluded", [])],
            "isSystemProtected": True,
            "condition": one.get("condition"),
            "conditionVersion": "2.0" if one.get("condition") else None,
            "createdOn": "2026-01-15T09:30:00.1234567Z",
            "updatedOn": "2026-01-15T09:30:00.1234567Z",
            "createdBy": None,
            "updatedBy": None,
        },
        "id": f"{one['scope']}/providers/Microsoft.Authorization/denyAssignments/{name}",
        "type": "Microsoft.Authorization/denyAssignments",
        "name": name,
    }


def _permits(entry: dict[str, Any], action: str) -> bool:
    def hit(patterns: list[str]) -> bool:
        return any(re.fullmatch(re.escape(item).replace(r"\*", ".*"), action, re.IGNORECASE) for item in patterns)

    return hit(entry["actions"]) and not hit(entry["notActions"])


def _skipped(token: str | None) -> int:
    return int(json.loads(base64.b64decode(token))["SkipCount"]) if token else 0
