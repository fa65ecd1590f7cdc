# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the local Azure, read from a scenario: tenants with their identities and groups, subscriptions, role assignments."""

from __future__ import annotations

import math
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .relationships import Relationship, relationship_of

# Permissions of some built-in roles: id, name, actions, notActions.
BUILT_IN_ROLES = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", ["*"], []),
    (
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        ["*"],
        [
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ],
    ),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", ["*/read"], []),
    (
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        "User Access Administrator",
        ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        [],
    ),
    (
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        "Role Based Access Control Administrator",
        [
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        [],
    ),
    (
        "cfd33db0-3dd1-45e3-aa9d-cdbdf3b6f24e",
        "Support Request Contributor",
        [
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ],
        [],
    ),
]


def now_text() -> str:
    """The time as ARM writes it: UTC, seven digits, zeros at the end dropped."""
    digits = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "1"
    return digits.rstrip("0") + "Z"


@dataclass
class Identity:
    """A service principal or user of one tenant; ``delegated_admin`` is an application's right on relationships: read, write or none."""

    object_id: str
    tenant: str
    kind: str = "ServicePrincipal"
    client_id: str | None = None
    secret: str | None = None
    secret_expired: bool = False
    certificate: str | None = None
    federated_subject: str | None = None
    refresh_token: str | None = None
    name: str | None = None
    refuse: int | None = None
    mfa: bool = True
    reads_directory: bool = False
    global_administrator: bool = False
    delegated_admin: str = ""
    groups: list[str] = field(default_factory=list)


@dataclass
class Group:
    """A group of one tenant."""

    id: str
    name: str
    tenant: str
    description: str | None = None
    mail_nickname: str = ""
    security_enabled: bool = True
    members: list[str] = field(default_factory=list)


@dataclass
class Tenant:
    """A tenant; ``partners`` maps the tenants of partners with a relationship to the time from which it is known."""

    id: str
    name: str
    domain: str
    partners: dict[str, float] = field(default_factory=dict)


@dataclass
class Application:
    """An application as its tenant registers it."""

    tenant: str
    name: str
    audience: str = "AzureADMyOrg"
    permissions: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    object_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def shown(self) -> dict[str, Any]:
        """The application as Graph shows it."""
        return {
            "id": self.object_id,
            "appId": self.client_id,
            "displayName": self.name,
            "signInAudience": self.audience,
            "identifierUris": [],
            "keyCredentials": [],
            "passwordCredentials": [{"keyId": key} for key in self.secrets],
            "requiredResourceAccess": self.permissions,
        }


@dataclass(frozen=True)
class ResourceGroup:
    """A resource group with the ids of its resources."""

    name: str
    resources: list[str] = field(default_factory=list)
    location: str = "westeurope"


@dataclass
class Subscription:
    """A subscription with its resource groups by their names in lower case."""

    id: str
    tenant: str
    name: str
    state: str = "Enabled"
    sold: bool = True
    resource_groups: dict[str, ResourceGroup] = field(default_factory=dict)
    management_groups: list[str] = field(default_factory=list)


@dataclass
class Assignment:
    """A role assignment; it shows in lists from ``visible`` on and, once removed, until ``gone``."""

    scope: str
    name: str
    role: str
    principal: str
    principal_type: str | None
    tenant: str
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None
    created_on: str = field(default_factory=now_text)
    updated_on: str = field(default_factory=now_text)
    created_by: str | None = ""
    updated_by: str | None = ""
    visible: float = 0.0
    gone: float = math.inf

    @property
    def key(self) -> tuple[str, str, str]:
        return self.scope.lower(), self.principal.lower(), self.role.lower()


@dataclass(frozen=True)
class Lock:
    """A management lock."""

    scope: str
    level: str = "CanNotDelete"
    name: str = "keep"


class State:
    """Everything that the local Azure knows. Lists of a scenario may be left out."""

    def __init__(self, scenario: dict[str, Any]) -> None:
        self.load(scenario)

    def load(self, scenario: dict[str, Any]) -> None:
        """Start anew from a scenario; the same as at the start of the server."""
        started = time.time()
        self.tenants: dict[str, Tenant] = {}
        self.identities: list[Identity] = []
        self.groups: list[Group] = []
        self.applications: dict[str, Application] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.management_groups: dict[str, str] = {}
        self.roles: dict[str, dict[str, Any]] = {
            id_: {"name": name, "actions": actions, "notActions": nots, "scopes": ["/"], "type": "BuiltInRole"}
            for id_, name, actions, nots in BUILT_IN_ROLES
        }
        self.assignments: dict[str, Assignment] = {}
        self.locks: list[Lock] = [Lock(**item) for item in scenario.get("locks", [])]
        self.deny_assignments: list[dict[str, Any]] = list(scenario.get("deny_assignments", []))
        self.settings: dict[str, Any] = {
            "lag": 0,
            "page_size": 0,
            "graph_page_size": 100,
            "partner_center_page_size": 500,
            "exists_form": "short",
            "hash_conflicts": 0,
            "gdap_seconds": 0,
            "gdap_page_size": 300,
            "gdap_service_principal": True,
            "entra_roles": {"Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de"},
            "token_seconds": 3600,
            **scenario.get("settings", {}),
        }
        for item in scenario.get("tenants", []):
            self._load_tenant(item, started)
        for group in scenario.get("management_groups", []):
            self.management_groups[group["id"].lower()] = group["tenant"]
        for item in scenario.get("subscriptions", []):
            groups = {
                name.lower(): ResourceGroup(name, list(resources or []))
                for name, resources in item.pop("resource_groups", {}).items()
            }
            subscription = Subscription(**item, resource_groups=groups)
            self.subscriptions[subscription.id] = subscription
        for item in scenario.get("roles", []):
            self.roles[item["id"]] = {"notActions": [], "type": "CustomRole", **item}
        for item in scenario.get("assignments", []):
            self.add_assignment(**item)
        relationships = map(relationship_of, scenario.get("relationships", []))
        self.relationships: dict[str, Relationship] = {item.id: item for item in relationships}

    def _load_tenant(self, item: dict[str, Any], started: float) -> None:
        partners = {partner["tenant"]: started + partner.get("known_after", 0) for partner in item.get("partners", [])}
        self.tenants[item["id"]] = Tenant(item["id"], item["name"], item["domain"], partners)
        for group in item.get("groups", []):
            self.groups.append(Group(tenant=item["id"], **group))
        for identity in item.get("identities", []):
            self.identities.append(Identity(tenant=item["id"], **identity))

    def add_assignment(
        self, scope: str, role: str, principal: str, principal_type: str | None = "ServicePrincipal", **more: Any
    ) -> Assignment:
        """Make an assignment as if it had always been there; ``role`` by name or id."""
        name = more.pop("name", None) or str(uuid.uuid4())
        role_id = next((id_ for id_, known in self.roles.items() if known["name"] == role), role)
        result = Assignment(scope, name, role_id, principal, principal_type, self.tenant_of(scope) or "", **more)
        self.assignments[result.name] = result
        return result

    def tenant(self, text: str) -> Tenant | None:
        """A tenant by its id or domain."""
        return next((item for item in self.tenants.values() if text.lower() in (item.id, item.domain.lower())), None)

    def tenant_of(self, scope: str) -> str | None:
        """The tenant that a scope lies in; None above all tenants or if there is no such place."""
        parts = scope.lower().strip("/").split("/")
        if parts[0] == "subscriptions" and len(parts) > 1:
            result = self.subscriptions.get(parts[1])
            return result.tenant if result else None
        if parts[:3] == ["providers", "microsoft.management", "managementgroups"]:
            return self.management_groups.get(parts[3])
        return None

    def above(self, scope: str) -> list[str]:
        """The scope and all above it, in lower case."""
        key = scope.lower().rstrip("/")
        result = ["/"]
        parts = key.strip("/").split("/")
        if parts[0] == "subscriptions" and len(parts) > 1 and parts[1] in self.subscriptions:
            for group in self.subscriptions[parts[1]].management_groups:
                result.append(f"/providers/microsoft.management/managementgroups/{group.lower()}")
        for end in range(2, len(parts) + 1, 2):
            result.append("/" + "/".join(parts[:end]))
        if key and key not in result:
            result.append(key)
        return result

    def principal(self, object_id: str, tenant: str) -> tuple[str, Any] | None:
        """What a tenant knows an object id as: the ARM principal type and the object; partners' groups are foreign."""
        for identity in self.identities:
            if identity.object_id == object_id and identity.tenant == tenant:
                return identity.kind, identity
        for group in self.groups:
            if group.id != object_id:
                continue
            if group.tenant == tenant:
                return "Group", group
            known_from = self.tenants[tenant].partners.get(group.tenant)
            if known_from is not None and known_from <= time.time():
                return "ForeignGroup", group
        return None
