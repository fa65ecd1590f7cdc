# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client of Azure Resource Manager.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from .._connection.identities import SignIn
from .._connection.responses import error_in, json_object, models, optional_text_of, text_of, unreadable
from .._connection.sdk_errors import translated
from .._model.assignments import Assignment, AssignmentProperties, DenyAssignment, Lock
from .._model.customers import Caller, Subscription
from .._model.errors import missing_library
from .._model.permissions import Permission
from .._model.roles import RoleDefinition
from .._model.scopes import of_azure
from .._model.text import printable
from .._model.types import JsonObject

try:
    from azure.core import PipelineClient
    from azure.core.pipeline import PipelineResponse
    from azure.core.pipeline.policies import ContentDecodePolicy, RequestIdPolicy, SansIOHTTPPolicy, UserAgentPolicy
    from azure.core.rest import HttpRequest, HttpResponse
    from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    HAS_AUTHORIZATION = True
except ImportError:
    HAS_AUTHORIZATION = False

# The version of role, deny and permission resources that azure-mgmt-authorization calls 2022-04-01.
AUTHORIZATION_API = "2022-04-01"
SUBSCRIPTIONS_API = "2022-12-01"
# The only version that has this operation.
ELEVATION_API = "2016-07-01"
GROUPS_API = "2021-04-01"
LOCKS_API = "2016-09-01"
_AUTHORIZATION = "/providers/Microsoft.Authorization"


class Arm:
    """Role assignments, permissions, locks and subscriptions, as one signed-in identity sees them.

    Scopes are paths in the form of `Scope`. Every method raises AzureError; "not found" is an error, never an empty result.
    """

    def __init__(self, sign_in: SignIn) -> None:
        if not HAS_AUTHORIZATION:
            raise missing_library("azure-mgmt-authorization")
        cloud, self._credential = sign_in.connect()
        self._sign_in = sign_in
        self._base = cloud.resource_manager
        self._audience = f"{cloud.audience}/.default"
        self._client: PipelineClient[Any, Any] = PipelineClient(self._base, **self._pipeline())
        self._credential.get_token(self._audience)  # a sign-in that fails is reported once, not for each scope

    def _pipeline(self, *decoders: SansIOHTTPPolicy[Any, Any]) -> dict[str, Any]:
        """How requests travel. The SDK's own policies would follow redirects and register providers: a tenth of the CPU time."""
        return {
            "policies": [
                RequestIdPolicy(),
                UserAgentPolicy(sdk_moniker="mgmt-authorization"),
                self._sign_in.network.retries(),
                ARMChallengeAuthenticationPolicy(self._credential, self._audience),
                *decoders,
            ],
            "transport": self._sign_in.network.transport(),
        }

    @cached_property
    def _role_assignments(self) -> Any:
        """The SDK's operations on role assignments, for writes; with ``cls``, they return what that makes of the response.

        Lists do without them: making the SDK's models takes longer than the requests.
        """
        # Every call names its scope, so the client needs no subscription.
        client = AuthorizationManagementClient(
            self._credential,
            "",
            base_url=self._base,
            credential_scopes=[self._audience],
            **self._pipeline(ContentDecodePolicy()),
        )
        return client.role_assignments

    @property
    def caller(self) -> Caller:
        """Who is signed in."""
        return self._credential.caller

    def assignments_of(self, scope: str, principal_id: str) -> list[Assignment]:
        """The assignments of this very principal at the scope, above it and below it."""
        return self._assignments(scope, f"principalId eq '{principal_id}'")

    def assignments_reaching(self, scope: str, object_id: str) -> list[Assignment]:
        """The assignments that a user or service principal has, through groups too, at the scope and above it."""
        return self._assignments(scope, f"atScope() and assignedTo('{object_id}')")

    def assignments_at(self, scope: str) -> list[Assignment]:
        """All assignments at the scope and above it."""
        return self._assignments(scope, "atScope()")

    def assignments(self, scope: str) -> list[Assignment]:
        """All assignments at the scope, above it and below it. At ``/``, Azure lists none below; at a management group, its answer is undocumented."""
        return self._assignments(scope, "atScope()" if scope == "/" else None)

    def _assignments(self, scope: str, condition: str | None) -> list[Assignment]:
        path = f"{_url_path(scope)}{_AUTHORIZATION}/roleAssignments"
        items = self._list(path, AUTHORIZATION_API, f"list the role assignments at {scope}", condition)
        return models(_assignment, items)

    def put_assignment(self, scope: str, name: str, properties: AssignmentProperties) -> Assignment:
        """Create the assignment of that name, or change its description and condition. Azure answers 201 to both."""
        values = {_PROPERTIES[key]: value for key, value in vars(properties).items() if value is not None}
        identity = f"{'' if scope == '/' else scope}{_AUTHORIZATION}/roleAssignments/{name}"
        body = json.dumps({"properties": values}).encode()
        with translated(f"write the role assignment at {scope}"):
            response = self._role_assignments.create_by_id(_operand(identity), body, cls=_response)
        [assignment] = models(_assignment, [json_object(response.text().encode(), "properties", dict)])
        return assignment

    def delete_assignment(self, assignment_id: str) -> bool:
        """Remove an assignment; False if it was already gone."""
        with translated(f"remove {assignment_id}"):
            response = self._role_assignments.delete_by_id(_operand(assignment_id), cls=_response)
        return response.status_code == 200

    def role_definitions(self, scope: str, name: str) -> list[RoleDefinition]:
        """The roles of that name that can be assigned at the scope."""
        escaped = name.replace("'", "''")
        path = f"{_url_path(scope)}{_AUTHORIZATION}/roleDefinitions"
        action = f"look up the role {name!r} at {scope}"
        return models(_definition, self._list(path, AUTHORIZATION_API, action, f"roleName eq '{escaped}'"))

    def role_definition(self, scope: str, role_id: str) -> RoleDefinition:
        """A role by its GUID."""
        url = (
            f"{self._base}{_url_path(scope)}{_AUTHORIZATION}/roleDefinitions/{role_id}?api-version={AUTHORIZATION_API}"
        )
        [definition] = models(_definition, [self._get(url, f"read the role {role_id}", "properties", dict)])
        return definition

    def permissions(self, scope: str) -> list[Permission]:
        """What the caller may do at the scope: one permission for each role that it holds."""
        path = f"{_url_path(scope)}{_AUTHORIZATION}/permissions"
        return models(_permission, self._list(path, AUTHORIZATION_API, f"read the caller's permissions at {scope}"))

    def deny_assignments(self, scope: str) -> list[DenyAssignment]:
        """All deny assignments at the scope, above it and below it."""
        path = f"{_url_path(scope)}{_AUTHORIZATION}/denyAssignments"
        items = self._list(path, AUTHORIZATION_API, f"list the deny assignments at {scope}")
        return models(_deny_assignment, items)

    def locks(self, subscription: str) -> list[Lock]:
        """The locks of a subscription and of everything in it."""
        path = f"/subscriptions/{subscription}{_AUTHORIZATION}/locks"
        return models(_lock, self._list(path, LOCKS_API, f"list the locks of {subscription}"))

    def subscriptions(self) -> list[Subscription]:
        """The subscriptions that the caller sees."""
        return models(_subscription, self._list("/subscriptions", SUBSCRIPTIONS_API, "list the subscriptions"))

    def subscription_state(self, subscription: str) -> str:
        """The state of a subscription: Enabled, Warned, PastDue, Disabled or Deleted."""
        url = f"{self._base}/subscriptions/{subscription}?api-version={SUBSCRIPTIONS_API}"
        return str(self._get(url, f"read the subscription {subscription}", "state", str)["state"])

    def resource_groups(self, subscription: str) -> list[str]:
        """The names of a subscription's resource groups."""
        path = f"/subscriptions/{subscription}/resourcegroups"
        items = self._list(path, GROUPS_API, f"list the resource groups of {subscription}")
        return models(lambda item: str(item["name"]), items)

    def elevate(self) -> None:
        """Make the caller User Access Administrator at ``/``, which Azure allows Global Administrators."""
        url = f"{self._base}{_AUTHORIZATION}/elevateAccess?api-version={ELEVATION_API}"
        self._send(HttpRequest("POST", url), "elevate the access", 200, 204)

    def _list(self, path: str, api_version: str, action: str, condition: str | None = None) -> list[JsonObject]:
        """The items of all pages of a list."""
        query = {"api-version": api_version, **({"$filter": condition} if condition else {})}
        url: str | None = f"{self._base}{path}?{urlencode(query, quote_via=quote, safe='$()')}"
        items: list[JsonObject] = []
        while url:
            page = self._get(url, action, "value", list)
            items += page["value"]
            url = page.get("nextLink")
            if not isinstance(url, str | None):
                raise unreadable(json.dumps(url))
        return items

    def _get(self, url: str, action: str, member: str, kind: type) -> JsonObject:
        return json_object(self._send(HttpRequest("GET", url), action, 200).content, member, kind)

    def _send(self, request: HttpRequest, action: str, *expected: int) -> HttpResponse:
        with translated(action):
            response = self._client.send_request(request)
        if response.status_code not in expected:
            raise error_in(response.status_code, response.headers, response.text(), response.reason)
        return response


# What the path of a scope may keep: names of resources may hold blanks, letters beyond ASCII and more.
_SAFE = "/()@!$,;=:~"


def _url_path(scope: str) -> str:
    return "" if scope == "/" else quote(scope, safe=_SAFE)


def _operand(resource_id: str) -> str:
    """An ID as the SDK's operations take it: they put the slash in front, and quote nothing."""
    return quote(resource_id.lstrip("/"), safe=_SAFE)


def _response(pipeline_response: PipelineResponse[Any, Any], _model: object, _headers: object) -> Any:
    """What an operation returns instead of its model: the response itself, whose class depends on the SDK's version."""
    return pipeline_response.http_response


def _assignment(item: JsonObject) -> Assignment:
    properties = item["properties"]
    return Assignment(
        id=text_of(item, "id"),
        name=text_of(item, "name"),
        scope=of_azure(text_of(properties, "scope")),
        principal_id=text_of(properties, "principalId").lower(),
        role_definition_id=text_of(properties, "roleDefinitionId"),
        principal_type=optional_text_of(properties, "principalType"),
        description=optional_text_of(properties, "description"),
        condition=optional_text_of(properties, "condition"),
        condition_version=optional_text_of(properties, "conditionVersion"),
        created_on=optional_text_of(properties, "createdOn"),
        created_by=optional_text_of(properties, "createdBy"),
        updated_on=optional_text_of(properties, "updatedOn"),
        updated_by=optional_text_of(properties, "updatedBy"),
    )


_PROPERTIES = {
    "principal_id": "principalId",
    "principal_type": "principalType",
    "role_definition_id": "roleDefinitionId",
    "description": "description",
    "condition": "condition",
    "condition_version": "conditionVersion",
}


def _subscription(item: JsonObject) -> Subscription:
    return Subscription(
        id=text_of(item, "subscriptionId").lower(),
        name=optional_text_of(item, "displayName"),
        state=optional_text_of(item, "state"),
        tenant_id=optional_text_of(item, "tenantId"),
    )


def _permission(item: JsonObject) -> Permission:
    return Permission(_texts(item.get("actions")), _texts(item.get("notActions")))


def _texts(values: object) -> tuple[str, ...]:
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("a permission without lists of actions")
    return tuple(values)


def _permissions(items: Sequence[JsonObject] | None) -> tuple[Permission, ...]:
    return tuple(_permission(item) for item in items or ())


def _definition(item: JsonObject) -> RoleDefinition:
    properties = item["properties"]
    return RoleDefinition(
        id=text_of(item, "id"),
        name=printable(str(properties["roleName"])),
        built_in=properties.get("type") != "CustomRole",
        permissions=_permissions(properties.get("permissions")),
    )


def _lock(item: JsonObject) -> Lock:
    scope = of_azure(_scope_of(text_of(item, "id"), "locks"))
    return Lock(printable(str(item["name"])), scope, str(item["properties"]["level"]))


def _deny_assignment(item: JsonObject) -> DenyAssignment:
    properties = item["properties"]
    return DenyAssignment(
        id=text_of(item, "id"),
        name=printable(str(properties.get("denyAssignmentName"))),
        scope=of_azure(str(properties.get("scope") or _scope_of(item["id"], "denyAssignments"))),
        permissions=_permissions(properties.get("permissions")),
        principals=_ids(properties.get("principals")),
        excluded=_ids(properties.get("excludePrincipals")),
        below=not properties.get("doNotApplyToChildScopes"),
        condition=optional_text_of(properties, "condition"),
    )


def _ids(principals: Sequence[JsonObject] | None) -> frozenset[str]:
    return frozenset(str(principal["id"]).lower() for principal in principals or ())


def _scope_of(resource_id: str, kind: str) -> str:
    """The scope that the ID of such a resource begins with."""
    return re.split(f"{_AUTHORIZATION}/{kind}/", resource_id, flags=re.IGNORECASE)[0] or "/"
