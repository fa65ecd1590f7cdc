# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role assignments, deny assignments and locks, as they are and as they should be. Pure.

An assignment is the triple of scope, principal and role, compared as Azure compares it, whatever its name. For internal use of csp.azure only.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from .errors import AzureError
from .permissions import Permission
from .roles import Role
from .scopes import Scope
from .types import Result

FOREIGN_GROUP = "ForeignGroup"
Key = tuple[str, str, str]
# Names derive from the triple, so two runs that race create one assignment. Never change it.
_NAMES = uuid.UUID("5a4b8ba0-4e5c-5c5c-9d6b-0f4f2c1b7a11")
_EVERYONE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Assignment:
    """A role assignment that exists. Times are ARM's own text: ISO 8601 in UTC."""

    id: str
    name: str
    scope: Scope
    principal_id: str
    role_definition_id: str
    principal_type: str | None = None
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None
    created_on: str | None = None
    created_by: str | None = None
    updated_on: str | None = None
    updated_by: str | None = None

    @property
    def role_id(self) -> str:
        """The GUID of the role; ARM writes its full ID with and without a subscription in front."""
        return self.role_definition_id.rpartition("/")[2].lower()

    @property
    def is_foreign_group(self) -> bool:
        """Whether Azure calls the principal a group of another tenant."""
        return self.principal_type == FOREIGN_GROUP

    @property
    def may_be_foreign(self) -> bool:
        """Whether the principal may belong to another tenant: Azure does not show the type of old assignments."""
        return self.principal_type not in ("User", "Group", "ServicePrincipal", "Device")

    @property
    def is_customers_own(self) -> bool:
        """Whether the principal belongs to the customer's own tenant, even under the ID of a partner's group."""
        return self.principal_type in ("User", "Group", "ServicePrincipal")

    def as_dict(self) -> Result:
        """The assignment as results show it."""
        return {**vars(self), "scope": self.scope.path}


@dataclass(frozen=True)
class AssignmentProperties:
    """The properties that a write sends."""

    role_definition_id: str
    principal_id: str
    principal_type: str
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None


@dataclass(frozen=True)
class DesiredAssignment:
    """An assignment that should exist, or not. For ``description`` and ``condition``, None keeps the current value, "" clears it.

    ``error`` says why its role could not be resolved.
    """

    scope: Scope
    principal_id: str
    role: Role
    principal_type: str = FOREIGN_GROUP
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None
    error: AzureError | None = None

    @property
    def key(self) -> Key:
        """Equal for equal triples."""
        return self.scope.key, self.principal_id, self.role.id

    @property
    def new_name(self) -> str:
        """The name under which it is created."""
        return str(uuid.uuid5(_NAMES, "|".join(self.key)))

    @property
    def label(self) -> str:
        """The assignment in words."""
        return f"{self.role.name} of {self.principal_id} at {self.scope.path}"

    def matches(self, assignment: Assignment) -> bool:
        """Whether an assignment gives this principal this role, wherever it is."""
        return assignment.principal_id == self.principal_id and assignment.role_id == self.role.id

    def properties(self, existing: Assignment | None) -> AssignmentProperties:
        """The properties to write: where no value is desired, those of the existing assignment."""
        description, condition = self.description, self.condition
        version = self.condition_version if condition is not None else None
        if existing:
            description = existing.description if description is None else description
            if condition is None:
                condition, version = existing.condition, existing.condition_version
        return self._properties(description, condition, version)

    def properties_of(self, existing: Assignment) -> AssignmentProperties:
        """The properties that an existing assignment has, in the same form."""
        return self._properties(existing.description, existing.condition, existing.condition_version)

    def _properties(self, description: str | None, condition: str | None, version: str | None) -> AssignmentProperties:
        root = f"/subscriptions/{self.scope.subscription}" if self.scope.subscription else ""
        return AssignmentProperties(
            role_definition_id=f"{root}/providers/Microsoft.Authorization/roleDefinitions/{self.role.id}",
            principal_id=self.principal_id,
            principal_type=self.principal_type,
            description=description or None,
            condition=condition or None,
            condition_version=(version or "2.0") if condition else None,
        )


@dataclass(frozen=True)
class DenyAssignment:
    """A deny assignment. ``principals`` and ``excluded`` are object IDs in lower case; ``below`` is whether it holds below its scope, too."""

    id: str
    name: str
    scope: Scope
    permissions: tuple[Permission, ...] = ()
    principals: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    below: bool = True
    condition: str | None = None

    def denied(self, principals: frozenset[str]) -> frozenset[str]:
        """Those of the principals that it applies to."""
        return (principals if _EVERYONE in self.principals else principals & self.principals) - self.excluded

    def covers(self, scope: Scope) -> bool:
        """Whether it applies to the scope itself."""
        return self.scope.key == scope.key or (self.below and self.scope.is_above(scope))


@dataclass(frozen=True)
class Lock:
    """A lock; ``level`` is CanNotDelete or ReadOnly."""

    name: str
    scope: Scope
    level: str

    @property
    def read_only(self) -> bool:
        """Whether it forbids writing, too."""
        return self.level.lower() == "readonly"

    def as_dict(self) -> Result:
        """The lock as results show it."""
        return {**vars(self), "scope": self.scope.path}
