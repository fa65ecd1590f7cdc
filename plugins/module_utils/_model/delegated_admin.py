# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated admin relationships (GDAP) and their access assignments. Pure.

Facts: Microsoft Graph v1.0, resource types delegatedAdminRelationship and delegatedAdminAccessAssignment. For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .errors import invalid
from .identifiers import guid
from .times import before, parse_time
from .types import Result

# The least role for Azure, and the one that forbids extending a relationship.
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
# The roles that partners use most, by the names of Microsoft's documentation; any other one by its template ID.
ENTRA_ROLES = {
    "Directory Readers": DIRECTORY_READERS,
    "Directory Writers": "9360feb5-f418-4baa-8175-e2a00bac4301",
    "Global Administrator": GLOBAL_ADMINISTRATOR,
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "License Administrator": "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
    "Service Support Administrator": "f023fd81-a637-4b56-95fd-791ac0226033",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Privileged Authentication Administrator": "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "Cloud Application Administrator": "158c047a-c907-4556-b7ef-446551a6b5f7",
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Billing Administrator": "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "Security Reader": "5d6b6bb7-de71-4623-b4af-96380a352509",
}
_NAMES = {identity: name for name, identity in ENTRA_ROLES.items()}
_IDS = {name.casefold(): identity for name, identity in ENTRA_ROLES.items()}
# The statuses by what may still become of a relationship.
WAITING = ("approvalPending",)
ACTIVATING = ("approved", "activating")
IN_FORCE = ("active", "expiring")
ENDED = ("expired", "expirationPending", "terminated", "terminating", "terminationRequested")
_STATUSES = ("created", *WAITING, *ACTIVATING, *IN_FORCE, *ENDED)
_APPROVAL = "https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/"
LONGEST_NAME = 50
ROLES_OPTION: dict[str, Any] = {"type": "list", "elements": "str", "default": ["Directory Readers"]}
# A request that nobody approves vanishes after so long.
REQUEST_DAYS = 90


def entra_roles(names: Iterable[str], look_up: Callable[[str], list[str]]) -> frozenset[str]:
    """The template IDs of Entra roles, by name or ID; ``look_up`` finds the IDs of other built-in roles by name."""
    return frozenset(_entra_role(name.strip(), look_up) for name in names)


def _entra_role(name: str, look_up: Callable[[str], list[str]]) -> str:
    identity = guid(name) or _IDS.get(name.casefold())
    if identity:
        return identity
    identities = look_up(name) if name else []
    if len(identities) != 1:
        raise invalid(
            f"{name!r} is not the name of a built-in Entra role.",
            "Give the role's template ID, or its name as the Entra admin center shows it, such as Directory Readers.",
        )
    return identities[0].lower()


def known_statuses(words: Sequence[str]) -> tuple[str, ...]:
    """Statuses in lower case; AzureError names a word that is none."""
    wrong = [word for word in words if word.casefold() not in map(str.casefold, _STATUSES)]
    if wrong:
        raise invalid(f"status: {', '.join(wrong)} is no status.", f"Statuses are {', '.join(_STATUSES)}.")
    return tuple(map(str.casefold, words))


def check_name(text: str) -> str:
    """The name of a relationship; AzureError if Graph would refuse it."""
    if len(text) > LONGEST_NAME:
        raise invalid(f"The name {text!r} has {len(text)} characters; {LONGEST_NAME} are allowed.")
    return text


def relationship_id(text: str) -> str:
    """The ID of a relationship, two GUIDs; AzureError if the text is not one."""
    half = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    identity = text.strip().lower()
    if not re.fullmatch(f"{half}-{half}", identity):
        raise invalid(
            f"{text!r} is not the ID of a delegated admin relationship.", "It consists of two GUIDs, joined by a dash."
        )
    return identity


def role_names(roles: frozenset[str]) -> list[str]:
    """The names of these roles, their IDs where the name is unknown."""
    return sorted(_NAMES.get(role, role) for role in roles)


@dataclass(frozen=True)
class DelegatedAdminRelationship:
    """A relationship; ``kind`` is its OData type. Times are in UTC, None until they are known. ``customer`` is a tenant ID."""

    id: str
    name: str
    status: str
    customer: str | None = None
    customer_name: str | None = None
    roles: frozenset[str] = frozenset()
    auto_extend: bool = False
    created_at: str | None = None
    modified_at: str | None = None
    activated_at: str | None = None
    expires_at: str | None = None
    etag: str = ""
    kind: str = "delegatedAdminRelationship"

    @property
    def is_live(self) -> bool:
        """Whether it has not ended, and is not about to."""
        return self.status not in ENDED

    @property
    def is_in_force(self) -> bool:
        """Whether its roles apply."""
        return self.status in IN_FORCE

    @property
    def has_unknown_status(self) -> bool:
        """Whether its status is one that this version does not know."""
        return self.status not in _STATUSES

    @property
    def is_of_reseller(self) -> bool:
        """Whether an indirect provider made it for its reseller."""
        return self.kind.startswith("reseller")

    @property
    def is_microsoft_led(self) -> bool:
        """Whether Microsoft made it in its transition of 2023."""
        return self.name.startswith("MLT_")

    @property
    def approval_url(self) -> str | None:
        """The link with which the customer approves, while that is awaited and the customer is bound."""
        awaited = self.status in WAITING and self.customer is not None and bool(self.id)
        return f"{_APPROVAL}{self.id}" if awaited else None

    @property
    def requested_at(self) -> str | None:
        """Since when the customer's approval is awaited, None if it is not."""
        return (self.modified_at or self.created_at) if self.status in WAITING else None

    def days_left(self, now: str) -> int | None:
        """Whole days until it ends, or until its request lapses; None if that is unknown."""
        end = self._end()
        return None if end is None else (end - parse_time(now)).days

    def _end(self) -> datetime | None:
        if self.expires_at:
            return parse_time(self.expires_at)
        requested = self.requested_at
        return parse_time(requested) + timedelta(days=REQUEST_DAYS) if requested else None

    @property
    def request_ends_at(self) -> str | None:
        """When the request lapses, None if no approval is awaited."""
        return before(self.requested_at, -timedelta(days=REQUEST_DAYS)) if self.requested_at else None

    def as_dict(self, now: str) -> Result:
        """The relationship as results show it."""
        return {
            "id": self.id or None,
            "name": self.name,
            "status": self.status,
            "customer": self.customer,
            "customer_name": self.customer_name,
            "roles": role_names(self.roles),
            "auto_extend": self.auto_extend,
            "requested_at": self.requested_at,
            "request_ends_at": self.request_ends_at,
            "activated_at": self.activated_at,
            "expires_at": self.expires_at,
            "days_left": self.days_left(now),
            "approval_url": self.approval_url,
            "microsoft_led": self.is_microsoft_led,
            "of_reseller": self.is_of_reseller,
        }

    def as_json(self) -> Result:
        """All of it, for `from_json`."""
        return {**vars(self), "roles": sorted(self.roles)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> DelegatedAdminRelationship:
        """The relationship that `as_json` wrote."""
        return cls(**{**values, "roles": frozenset(values["roles"])})


@dataclass(frozen=True)
class AccessAssignment:
    """The roles of one security group in a relationship. ``status`` is pending, active, deleting, deleted or error."""

    id: str
    status: str
    group: str
    roles: frozenset[str] = frozenset()
    etag: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it exists: lists are a history that keeps the deleted ones."""
        return self.status not in ("deleting", "deleted")

    def as_dict(self) -> Result:
        """The assignment as results show it."""
        return {"id": self.id, "status": self.status, "group_id": self.group, "roles": role_names(self.roles)}
