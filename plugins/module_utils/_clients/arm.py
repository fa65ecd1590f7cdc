# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to Azure Resource Manager; what comes back are plain dicts.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

from .._connection.sign_in import SignIn
from .._model.errors import (
    each,
    from_answer,
    missing_library,
    object_of,
    printable,
    translated,
    unreadable,
)

try:
    from azure.core.pipeline.policies import RequestIdPolicy, UserAgentPolicy
    from azure.core.rest import HttpRequest, HttpResponse
    from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    HAS_AUTHORIZATION = True
except ImportError:
    HAS_AUTHORIZATION = False

# The first versions that answer all that is asked here; newer ones add nothing that is used.
AUTHORIZATION_API = "2022-04-01"
SUBSCRIPTIONS_API = "2022-12-01"
ELEVATION_API = "2016-07-01"
GROUPS_API = "2021-04-01"
LOCKS_API = "2016-09-01"


class Arm:
    """Role assignments, role definitions, permissions and subscriptions, as one signed-in identity sees them.

    Scopes are paths as `_scope` makes them. Every method raises AzureError; "not found" is an error, never an empty answer.
    """

    def __init__(self, sign_in: SignIn) -> None:
        if not HAS_AUTHORIZATION:
            raise missing_library("azure-mgmt-authorization")
        cloud, self._credential = sign_in.connect()
        self._base = cloud.resource_manager
        audience = f"{cloud.audience}/.default"
        self._client = AuthorizationManagementClient(
            self._credential,
            "",  # every call names its scope, so the client needs no subscription
            base_url=cloud.resource_manager,
            credential_scopes=[audience],
            # The client's own would decode answers that are decoded here, follow redirects and register providers: a tenth of the CPU time.
            policies=[
                RequestIdPolicy(),
                UserAgentPolicy(sdk_moniker="mgmt-authorization"),
                sign_in.network.retries(),
                ARMChallengeAuthenticationPolicy(self._credential, audience),
            ],
            transport=sign_in.network.transport(),
        )
        self._credential.get_token(audience)  # a sign-in that fails is told once, not for each scope

    @property
    def caller(self) -> dict[str, str | None]:
        """Who is signed in: tenant, object_id, application_id."""
        return self._credential.caller

    def assignments_of(self, scope: str, principal_id: str) -> list[dict[str, Any]]:
        """Assignments of this very principal at the scope, above it and below it."""
        return self._assignments(scope, f"principalId eq '{principal_id}'")

    def assignments_reaching(self, scope: str, object_id: str) -> list[dict[str, Any]]:
        """Assignments that a user or service principal has, through groups too, at the scope and above it."""
        return self._assignments(scope, f"atScope() and assignedTo('{object_id}')")

    def assignments_at(self, scope: str) -> list[dict[str, Any]]:
        """All assignments at the scope and above it."""
        return self._assignments(scope, "atScope()")

    def assignments(self, scope: str) -> list[dict[str, Any]]:
        """All assignments at the scope, above it and below it; at ``/`` those below are not told, and at a management group nobody knows."""
        return self._assignments(scope, "atScope()" if scope == "/" else None)

    def _assignments(self, scope: str, which: str | None) -> list[dict[str, Any]]:
        path = f"{_path(scope)}/providers/Microsoft.Authorization/roleAssignments"
        doing = f"list the role assignments at {scope}"
        return each(_assignment, self._get_all(path, AUTHORIZATION_API, doing, which))

    def put_assignment(self, scope: str, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Create the assignment of that name, or change its description and condition.

        ``properties`` are the keys of `_assignment` that ARM takes: role_definition_id, principal_id, principal_type,
        description, condition, condition_version. Azure answers 201 to both.
        """
        body = {"properties": {_PROPERTIES[key]: value for key, value in properties.items() if value is not None}}
        path = f"{_path(scope)}/providers/Microsoft.Authorization/roleAssignments/{name}"
        request = HttpRequest("PUT", f"{self._base}{path}?api-version={AUTHORIZATION_API}", json=body)
        [written] = each(
            _assignment, [self._object(request, f"write the role assignment at {scope}", "properties", dict)]
        )
        return written

    def delete_assignment(self, assignment_id: str) -> bool:
        """Remove an assignment; False if it was gone already."""
        request = HttpRequest("DELETE", f"{self._base}{_path(assignment_id)}?api-version={AUTHORIZATION_API}")
        return self._sent(request, f"remove {assignment_id}", 200, 204).status_code == 200

    def role_definitions(self, scope: str, name: str) -> list[dict[str, Any]]:
        """The roles of that name that can be assigned at the scope: ``id`` and ``name``."""
        escaped = name.replace("'", "''")
        path = f"{_path(scope)}/providers/Microsoft.Authorization/roleDefinitions"
        doing = f"look up the role {name!r} at {scope}"
        found = self._get_all(path, AUTHORIZATION_API, doing, f"roleName eq '{escaped}'")
        return each(lambda item: {"id": str(item["id"]), "name": str(item["properties"]["roleName"])}, found)

    def permissions(self, scope: str) -> list[dict[str, Any]]:
        """What the caller may do at the scope: ARM's entries {actions, notActions, ...}, one per role that is held."""
        path = f"{_path(scope)}/providers/Microsoft.Authorization/permissions"
        return each(_permission, self._get_all(path, AUTHORIZATION_API, f"read the caller's permissions at {scope}"))

    def role_definition(self, scope: str, identity: str) -> dict[str, Any]:
        """A role by its GUID: ``name``, ``built_in``, and ``permissions``, ARM's entries {actions, notActions, ...}."""
        path = f"{_path(scope)}/providers/Microsoft.Authorization/roleDefinitions/{identity}"
        url = f"{self._base}{path}?api-version={AUTHORIZATION_API}"
        [found] = each(_definition, [self._get(url, f"read the role {identity}", "properties", dict)])
        return found

    def deny_assignments(self, scope: str) -> list[dict[str, Any]]:
        """All deny assignments at the scope, above it and below it; see `_deny_assignment`."""
        path = f"{_path(scope)}/providers/Microsoft.Authorization/denyAssignments"
        doing = f"list the deny assignments at {scope}"
        return each(_deny_assignment, self._get_all(path, AUTHORIZATION_API, doing))

    def locks(self, subscription: str) -> list[dict[str, Any]]:
        """The locks of a subscription and of all that lies in it: ``name``, ``scope`` and ``level`` (CanNotDelete, ReadOnly)."""
        path = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/locks"
        return each(_lock, self._get_all(path, LOCKS_API, f"list the locks of {subscription}"))

    def subscriptions(self) -> list[dict[str, Any]]:
        """The subscriptions that the caller can see, as ARM lists them."""
        return each(_subscription, self._get_all("/subscriptions", SUBSCRIPTIONS_API, "list the subscriptions"))

    def elevate(self) -> None:
        """Make the caller User Access Administrator at ``/``; Azure lets Global Administrators do so."""
        url = f"{self._base}/providers/Microsoft.Authorization/elevateAccess?api-version={ELEVATION_API}"
        self._sent(HttpRequest("POST", url), "elevate the access", 200, 204)

    def subscription_state(self, subscription: str) -> str:
        """The state of a subscription: Enabled, Warned, PastDue, Disabled or Deleted."""
        url = f"{self._base}/subscriptions/{subscription}?api-version={SUBSCRIPTIONS_API}"
        return self._get(url, f"read the subscription {subscription}", "state", str)["state"]

    def resource_groups(self, subscription: str) -> list[str]:
        """The names of a subscription's resource groups."""
        path = f"/subscriptions/{subscription}/resourcegroups"
        listed = self._get_all(path, GROUPS_API, f"list the resource groups of {subscription}")
        return each(lambda item: str(item["name"]), listed)

    def _get_all(self, path: str, api_version: str, doing: str, which: str | None = None) -> list[dict[str, Any]]:
        """All pages of a list."""
        query = {"api-version": api_version, **({"$filter": which} if which else {})}
        url: str | None = f"{self._base}{path}?{urlencode(query, quote_via=quote, safe='$()')}"
        found: list[dict[str, Any]] = []
        while url:
            page = self._get(url, doing, "value", list)
            found += page["value"]
            url = page.get("nextLink")
            if not isinstance(url, str | None):
                raise unreadable(json.dumps(url))
        return found

    def _get(self, url: str, doing: str, member: str, kind: type) -> dict[str, Any]:
        return self._object(HttpRequest("GET", url), doing, member, kind)

    def _object(self, request: HttpRequest, doing: str, member: str, kind: type) -> dict[str, Any]:
        return object_of(self._sent(request, doing, 200, 201).content, member, kind)

    def _sent(self, request: HttpRequest, doing: str, *expected: int) -> HttpResponse:
        """The answer to a request, through the SDK's door for what it has no method for: its models cost more than the request."""
        with translated(doing):
            answer = self._client._send_request(request)  # pylint: disable=protected-access
        if answer.status_code not in expected:
            raise from_answer(answer.status_code, answer.headers, answer.text(), answer.reason)
        return answer


def _path(scope: str) -> str:
    """The scope for a URL; names of resources may hold blanks, letters beyond ASCII and more."""
    return "" if scope == "/" else quote(scope, safe="/()@!$,;=:~")


def _assignment(item: dict[str, Any]) -> dict[str, Any]:
    """A role assignment as the dict that results and services use; times are ARM's own text, ISO 8601 in UTC."""
    properties = item["properties"]
    texts = (item["id"], item["name"], *(properties[key] for key in ("scope", "principalId", "roleDefinitionId")))
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("an assignment without its triple")
    return {"id": item["id"], "name": item["name"], **{name: properties.get(key) for name, key in _PROPERTIES.items()}}


def _subscription(item: dict[str, Any]) -> dict[str, Any]:
    """A subscription as ARM shows it, if it has an id."""
    if not isinstance(item["subscriptionId"], str):
        raise TypeError("a subscription without its id")
    return item


def _permission(item: dict[str, Any]) -> dict[str, Any]:
    """What one role permits, as ARM shows it; its lists must hold texts."""
    lists = (item.get("actions") or [], item.get("notActions") or [])
    if not all(isinstance(actions, list) and all(isinstance(action, str) for action in actions) for actions in lists):
        raise TypeError("a permission without lists of actions")
    return item


def _definition(item: dict[str, Any]) -> dict[str, Any]:
    properties = item["properties"]
    kept = {
        "name": str(properties["roleName"]),
        "permissions": [_permission(entry) for entry in properties["permissions"]],
    }
    return {**kept, "built_in": properties.get("type") != "CustomRole"}


def _lock(item: dict[str, Any]) -> dict[str, Any]:
    level = str(item["properties"]["level"])
    return {"name": printable(str(item["name"])), "scope": _before(item["id"], "locks"), "level": level}


def _deny_assignment(item: dict[str, Any]) -> dict[str, Any]:
    """A deny assignment; ``principals`` and ``excluded`` are object ids in lower case, ``below`` whether it holds below its scope, too."""
    properties = item["properties"]
    return {
        "id": str(item["id"]),
        "name": printable(str(properties.get("denyAssignmentName"))),
        "scope": str(properties.get("scope") or _before(item["id"], "denyAssignments")),
        "permissions": [_permission(entry) for entry in properties.get("permissions") or []],
        "principals": _ids(properties.get("principals")),
        "excluded": _ids(properties.get("excludePrincipals")),
        "below": not properties.get("doNotApplyToChildScopes"),
        "condition": properties.get("condition"),
    }


def _ids(principals: list[dict[str, Any]] | None) -> list[str]:
    return [str(one["id"]).lower() for one in principals or []]


def _before(identity: str, kind: str) -> str:
    """The scope that an id of that kind begins with."""
    return re.split(f"/providers/Microsoft.Authorization/{kind}/", identity, flags=re.IGNORECASE)[0] or "/"


# Our names of the properties of a role assignment -> ARM's.
_PROPERTIES = {
    "scope": "scope",
    "principal_id": "principalId",
    "principal_type": "principalType",
    "role_definition_id": "roleDefinitionId",
    "description": "description",
    "condition": "condition",
    "condition_version": "conditionVersion",
    "created_on": "createdOn",
    "created_by": "createdBy",
    "updated_on": "updatedOn",
    "updated_by": "updatedBy",
}
