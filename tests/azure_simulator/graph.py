# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph: groups, object ids, the organization, role definitions; read only. What is written is elsewhere."""

from __future__ import annotations

import re
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .applications import Applications
from .delegated_admin import DelegatedAdmin
from .state import Group, Identity, State
from .tokens import Refused, claims_of

_GROUP = """
    accessType allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers classification createdDateTime description displayName
    expirationDateTime groupTypes hasMembersWithLicenseErrors hideFromAddressLists hideFromOutlookClients infoCatalogs isArchived isAssignableToRole
    isFavorite isManagementRestricted isSubscribedByMail licenseProcessingState mail mailEnabled mailNickname membershipRule
    membershipRuleProcessingState onPremisesDomainName onPremisesExtensionAttributes onPremisesLastSyncDateTime onPremisesNetBiosName
    onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled organizationId preferredDataLocation
    preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions securityEnabled securityIdentifier
    serviceProvisioningErrors theme uniqueName unseenConversationsCount unseenCount unseenMessagesCount visibility welcomeMessageEnabled
"""
# What the directory's types have beside `id` and `deletedDateTime`: all of a group, of the others what is shown here.
_PROPERTIES = {
    "group": _GROUP.split(),
    "contract": ["contractType", "customerId", "defaultDomainName", "displayName"],
    "organization": ["displayName"],
    "roleDefinition": ["displayName", "isBuiltIn", "templateId"],
    "servicePrincipal": ["appId", "displayName", "servicePrincipalNames"],
    "directoryObject": [],
}
# What getByIds may be asked for: directoryObject and the types derived from it.
_TYPES = {
    "activityBasedTimeoutPolicy", "administrativeUnit", "agentIdentity", "agentIdentityBlueprint", "agentIdentityBlueprintPrincipal",
    "agentUser", "application", "appManagementPolicy", "appRoleAssignment", "authorizationPolicy", "certificateAuthorityDetail",
    "certificateBasedAuthPki", "claimsMappingPolicy", "contract", "crossTenantAccessPolicy", "device", "directoryObject",
    "directoryObjectPartnerReference", "directoryRole", "directoryRoleTemplate", "endpoint", "extensionProperty",
    "federatedTokenValidationPolicy", "group", "groupSettingTemplate", "homeRealmDiscoveryPolicy",
    "identitySecurityDefaultsEnforcementPolicy", "mailbox", "multiTenantOrganizationMember", "organization", "orgContact",
    "permissionGrantPolicy", "policyBase", "remoteTenantGroup", "resourceSpecificPermissionGrant", "servicePrincipal", "stsPolicy",
    "tenantAppManagementPolicy", "tokenIssuancePolicy", "tokenLifetimePolicy", "user",
}  # fmt: skip
_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_MOST_IDS = 1000
_MOST_ROWS = 999
_CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def failure(status: int, code: str, message: str) -> Response:
    """An error in Graph's envelope."""
    request_id = str(uuid.uuid4())
    inner = {"date": "2026-11-23T08:00:00", "request-id": request_id, "client-request-id": request_id}
    body = {"error": {"code": code, "message": message, "innerError": inner}}
    return JSONResponse(body, status, headers={"request-id": request_id, "client-request-id": request_id})


class GraphError(Exception):
    """A request that Graph refuses with 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Graph:
    """The directory of every tenant; a token decides which."""

    def __init__(self, state: State, address: str, applications: Applications) -> None:
        self.state = state
        self.address = address
        self.applications = applications
        self.delegated_admin = DelegatedAdmin(state, address)

    async def handle(self, request: Request) -> Response:
        """Any request below /v1.0."""
        try:
            who = claims_of(request, self.address)
        except Refused as exc:
            return failure(401, "InvalidAuthenticationToken", exc.message)
        path = request.path_params["path"].strip("/")
        identity = next(
            (item for item in self.state.identities if item.object_id == who["oid"] and item.tenant == who["tid"]), None
        )
        if identity and path.startswith("tenantRelationships/"):
            return await self.delegated_admin.handle(request, path, identity)
        if identity and identity.kind == "User" and _is_about_applications(request.method, path):
            body = await request.json() if await request.body() else {}
            which = request.query_params.get("$filter", "")
            shown = self.applications.answer(request.method, path, which, body, identity.tenant)
            return self._answer(shown) if shown else _missing(path)
        if identity is None or not identity.reads_directory:
            return failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        try:
            return await self._dispatch(request, path, who)
        except GraphError as exc:
            return failure(400, exc.code, exc.message)

    async def _dispatch(self, request: Request, path: str, who: dict[str, Any]) -> Response:
        if request.method == "POST" and path == "directoryObjects/getByIds":
            return await self._by_ids(request, who["tid"])
        if request.method == "POST" and path == "me/checkMemberGroups":
            asked = (await request.json())["groupIds"]
            return self._answer({"value": [group for group in asked if group in self._groups_of(who)]})
        if request.method != "GET":
            return failure(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        if path == "groups":
            return self._groups(request, who["tid"])
        if path == "contracts":
            return self._contracts(request, who["tid"])
        if path == "organization":
            tenant = self.state.tenants[who["tid"]]
            return self._list(request, "organization", [{"id": tenant.id, "displayName": tenant.name}])
        if path == "servicePrincipals":
            return self._service_principals(request, who["tid"])
        if path == "roleManagement/directory/roleDefinitions":
            return self._role_definitions(request)
        if path.endswith("/transitiveMembers/microsoft.graph.group"):
            return self._transitive_groups(request, path.split("/")[1], who["tid"])
        if path.startswith("groups/"):
            wanted_id = path.partition("/")[2]
            if not _GUID.fullmatch(wanted_id):
                raise GraphError("Request_BadRequest", f"Invalid object identifier '{wanted_id}'.")
            for group in self.state.groups:
                if group.id == wanted_id and group.tenant == who["tid"]:
                    [row] = _selected(request, "group", [_group(group)])
                    return self._answer({"@odata.context": f"{self.address}/v1.0/$metadata#groups/$entity", **row})
        return _missing(path)

    def _service_principals(self, request: Request, tenant: str) -> Response:
        result = [item for item in self.state.identities if item.tenant == tenant and item.kind != "User"]
        which = request.query_params.get("$filter")
        if which is not None:
            wanted = re.fullmatch(r"(?:appId eq |servicePrincipalNames/any\((\w+):\1 eq )'([^']*)'\)?", which)
            if wanted is None:
                raise _unsupported(which)
            result = [item for item in result if item.client_id == wanted[2]]
        return self._list(request, "servicePrincipals", [_shown(item, tenant) for item in result])

    def _contracts(self, request: Request, tenant: str) -> Response:
        if "$filter" in request.query_params:
            raise _unsupported(request.query_params["$filter"])
        result = [item for item in self.state.tenants.values() if tenant in item.partners]
        rows = [
            {
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, item.id)),
                "contractType": "ResellerPartner",
                "customerId": item.id,
                "defaultDomainName": item.domain,
                "displayName": item.name,
            }
            for item in result
        ]
        return self._list(request, "contracts", rows)

    def _groups(self, request: Request, tenant: str) -> Response:
        result = [group for group in self.state.groups if group.tenant == tenant]
        which = request.query_params.get("$filter")
        if which is not None:
            wanted = re.fullmatch(r"displayName eq '((?:[^']|'')*)'", which)
            if wanted is None:
                raise _unsupported(which)
            name = wanted[1].replace("''", "'").lower()
            result = [group for group in result if group.name.lower() == name]
        return self._list(request, "groups", [_group(group) for group in result])

    def _groups_of(self, who: dict[str, Any]) -> list[str]:
        return next(item.groups for item in self.state.identities if item.object_id == who["oid"])

    def _transitive_groups(self, request: Request, group_id: str, tenant: str) -> Response:
        groups = {group.id: group for group in self.state.groups if group.tenant == tenant}
        if group_id not in groups:
            return _missing(group_id)
        members: dict[str, Group] = {}
        todo = list(groups[group_id].members)
        while todo:
            member = todo.pop()
            if member not in members:
                members[member] = groups[member]
                todo += groups[member].members
        return self._list(request, "groups", [_group(group) for group in members.values()])

    def _role_definitions(self, request: Request) -> Response:
        wanted = re.fullmatch(r"displayName eq '((?:[^']|'')*)'", request.query_params.get("$filter", ""))
        if wanted is None:
            raise _unsupported(request.query_params.get("$filter", ""))
        name = wanted[1].replace("''", "'").lower()
        rows = [
            {"id": identity, "displayName": role, "isBuiltIn": True, "templateId": identity}
            for role, identity in self.state.settings["entra_roles"].items()
            if role.lower() == name
        ]
        return self._list(request, "roleDefinitions", rows)

    async def _by_ids(self, request: Request, tenant: str) -> Response:
        body = await request.json()
        types = body.get("types") or ["directoryObject"]
        ids = body.get("ids") or []
        _check_ids(ids, types)
        rows = []
        for object_id in ids:
            known = self.state.principal(object_id, tenant)
            shown = _shown(known[1], tenant) if known else None
            kind = shown["@odata.type"].rpartition(".")[2] if shown else ""
            # A foreign object comes only to those who ask for its type.
            if shown and (kind in types or ("directoryObject" in types and kind != "directoryObjectPartnerReference")):
                rows.append(shown)
        rows = _selected(request, "directoryObject", rows)
        return self._answer({"@odata.context": f"{self.address}/v1.0/$metadata#directoryObjects", "value": rows})

    def _list(self, request: Request, name: str, rows: list[dict[str, Any]]) -> Response:
        """One page of a collection, of the size and with the properties that the request asks for."""
        known = {"$select", "$top", "$filter", "$skiptoken"}
        for option in request.query_params:
            if option not in known:
                raise GraphError("Request_UnsupportedQuery", f"The local Azure does not evaluate '{option}'.")
        start, size = int(request.query_params.get("$skiptoken", 0)), self.state.settings["graph_page_size"]
        size = min(size, _rows(request.query_params.get("$top", str(size))))
        page: dict[str, Any] = {"@odata.context": f"{self.address}/v1.0/$metadata#{name}"}
        if start + size < len(rows):
            query = request.url.include_query_params(**{"$skiptoken": start + size}).query
            page["@odata.nextLink"] = f"{self.address}/v1.0/{request.path_params['path']}?{query}"
        kind = name if name in _PROPERTIES else name.removesuffix("s")
        return self._answer({**page, "value": _selected(request, kind, rows[start : start + size])})

    def _answer(self, body: dict[str, Any]) -> Response:
        request_id = str(uuid.uuid4())
        return JSONResponse(body, headers={"content-type": _CONTENT_TYPE, "request-id": request_id})


def _is_about_applications(method: str, path: str) -> bool:
    return path.split("/")[0] == "applications" or (method == "POST" and path == "servicePrincipals")


def _missing(path: str) -> Response:
    text = f"Resource '{path.rpartition('/')[2]}' does not exist or one of its queried reference-property objects are not present."
    return failure(404, "Request_ResourceNotFound", text)


def _unsupported(which: str) -> GraphError:
    return GraphError("Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: {which}.")


def _rows(top: str) -> int:
    if not top.isdecimal() or not 1 <= int(top) <= _MOST_ROWS:
        text = f"Invalid page size specified: '{top}'. Must be between 1 and {_MOST_ROWS} inclusive."
        raise GraphError("Request_UnsupportedQuery", text)
    return int(top)


def _check_ids(ids: list[str], types: list[str]) -> None:
    if len(ids) > _MOST_IDS:
        raise GraphError("Request_BadRequest", f"Number of included identifiers cannot exceed '{_MOST_IDS}'.")
    if not ids or not all(_GUID.fullmatch(item) for item in ids):
        raise GraphError("Request_BadRequest", "Invalid GUID specified.")
    for item in types:
        if item not in _TYPES:
            # Azure's own words for this are not known.
            raise GraphError("Request_BadRequest", f"Invalid type '{item}' specified.")


def _selected(request: Request, kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with no more than what $select names; a name that the type does not have is refused."""
    if "$select" not in request.query_params:
        return rows
    names = [name.strip() for name in request.query_params["$select"].split(",")]
    for name in names:
        if name not in ("id", "deletedDateTime", *_PROPERTIES[kind]):
            raise GraphError(
                "BadRequest",
                f"Parsing OData Select and Expand failed: Could not find a property named '{name}' on type"
                f" 'microsoft.graph.{kind}'.",
            )
    return [
        {**{key: value for key, value in row.items() if key.startswith("@")}, **{name: row.get(name) for name in names}}
        for row in rows
    ]


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
