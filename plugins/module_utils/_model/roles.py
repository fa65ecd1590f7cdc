# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles by name and ID. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from dataclasses import dataclass

from .built_in_roles import BUILT_IN_ROLES
from .identifiers import guid
from .permissions import Permission, missing

OWNER = BUILT_IN_ROLES["Owner"]
USER_ACCESS_ADMINISTRATOR = BUILT_IN_ROLES["User Access Administrator"]
SUPPORT_REQUEST_CONTRIBUTOR = "Support Request Contributor"
_TICKET = "Microsoft.Support/supportTickets/write"
# The commonest roles, so that knowing whether they open support tickets costs no request.
_OPENS_TICKETS = {
    BUILT_IN_ROLES[name]: name != "Reader"
    for name in ("Owner", "Contributor", "User Access Administrator", SUPPORT_REQUEST_CONTRIBUTOR, "Reader")
}
_BY_NAME = {name.casefold(): identity for name, identity in BUILT_IN_ROLES.items()}
_BY_ID = {identity: name for name, identity in BUILT_IN_ROLES.items()}


@dataclass(frozen=True)
class Role:
    """A role by the GUID of its definition; ``name`` is the name that was asked for."""

    id: str
    name: str


@dataclass(frozen=True)
class RoleDefinition:
    """A role as Azure defines it."""

    id: str
    name: str
    built_in: bool
    permissions: tuple[Permission, ...] = ()


def is_common(role_id: str) -> bool:
    """Whether the definition of the role is known without a request, as far as an audit needs it."""
    return role_id in _OPENS_TICKETS


def opens_tickets(role_id: str, definition: RoleDefinition | None) -> bool | None:
    """Whether a role may open support tickets, None if its permissions are unknown."""
    if is_common(role_id) or definition is None:
        return _OPENS_TICKETS.get(role_id)
    return not missing([_TICKET], definition.permissions)


def denies_tickets(permissions: tuple[Permission, ...]) -> bool:
    """Whether a deny assignment with these permissions forbids opening support tickets."""
    return not missing([_TICKET], permissions)


def id_of(name: str) -> str | None:
    """The ID of a built-in role by its name in any letter case, None if it is not among those known here."""
    return _BY_NAME.get(name.strip().casefold())


def name_of(role_id: str) -> str | None:
    """The name of a built-in role by its ID, None if it is not among those known here."""
    return _BY_ID.get(role_id.lower())


def known_role(text: str) -> Role | None:
    """The role that a GUID, a full ID or the name of a built-in role means; None if only Azure knows it."""
    identity = guid(text.strip().rstrip("/").rpartition("/")[2]) or id_of(text)
    return Role(identity, name_of(identity) or text) if identity else None
