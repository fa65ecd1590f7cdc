# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what is a partner's access and may be taken away: plans only, `_role_assignments.apply` removes.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._model.errors import AzureError
from .._model.roles import OWNER, USER_ACCESS_ADMINISTRATOR, name_of, role_of
from .._model.scopes import Scope, of_azure
from .assignments import (
    Role,
    Row,
    Wanted,
    is_above,
    scope_key,
)

_ADMINISTRATORS = (OWNER, USER_ACCESS_ADMINISTRATOR)


class Gateway(Protocol):
    """What the decisions need of ARM; see `_arm.Arm`."""

    def assignments(self, scope: str) -> list[dict[str, Any]]: ...


class Directory(Protocol):
    """What the decisions need of Graph; see `_graph.Graph`."""

    def principals(self, ids: list[str]) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Partners:
    """Whose access is meant: groups by object id, and all groups of partners by the partner's tenant id."""

    principal_ids: frozenset[str]
    tenants: frozenset[str]


@dataclass
class Found:
    """What `plan` found; ``above`` are assignments of the same partners that the scopes inherit, ``unknown`` foreign groups of nobody knows whom."""

    rows: list[Row] = field(default_factory=list)
    above: list[dict[str, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unread: list[tuple[str, AzureError]] = field(default_factory=list)


def plan(
    gateway: Gateway,
    open_directory: Callable[[], Directory],
    scopes: Iterable[Scope],
    partners: Partners,
    roles: frozenset[str],
) -> Found:
    """The partners' assignments at the scopes and below them, as rows to be removed; of all roles if none is given.

    Reads, never writes. A scope that cannot be read is told, and hides nothing of the others; a directory that cannot be read is an error.
    """
    found = Found()
    lists: dict[Scope, list[dict[str, Any]]] = {}
    for scope in scopes:
        try:
            lists[scope] = gateway.assignments(scope.path)
        except AzureError as exc:
            found.unread.append((scope.path, exc))
    listed = {item["id"].lower(): item for items in lists.values() for item in items}
    meant = _principals(listed.values(), open_directory, partners, found)
    theirs = {
        key: item
        for key, item in sorted(listed.items())
        if item["principal_id"].lower() in meant and (not roles or role_of(item) in roles)
    }
    inside = {key for key, item in theirs.items() if any(scope.holds(scope_key(item)) for scope in lists)}
    found.above = [item for key, item in theirs.items() if key not in inside]
    found.rows = _rows(item for key, item in theirs.items() if key in inside)
    _keep_administrators(found.rows, lists)
    return found


def _principals(
    listed: Iterable[dict[str, Any]], open_directory: Callable[[], Directory], partners: Partners, found: Found
) -> set[str]:
    """The ids that are meant; foreign groups that the directory does not place any more are noted as unknown."""
    foreign = {item["principal_id"].lower() for item in listed if _is_foreign(item)} - partners.principal_ids
    if not partners.tenants or not foreign:
        return set(partners.principal_ids)
    known = {item["id"]: item["partner_tenant_id"] for item in open_directory().principals(sorted(foreign))}
    found.unknown = sorted(one for one in foreign if not known.get(one))
    return {one for one in foreign if str(known.get(one)).lower() in partners.tenants} | partners.principal_ids


def _is_foreign(item: dict[str, Any]) -> bool:
    """Whether it may be a partner's; of old assignments Azure does not tell the type."""
    return item["principal_type"] not in ("User", "Group", "ServicePrincipal", "Device")


def _rows(items: Iterable[dict[str, Any]]) -> list[Row]:
    """One row per triple (Azure lets duplicates exist); who is no foreign principal is not touched."""
    rows: dict[tuple[str, str, str], Row] = {}
    for item in items:
        role = role_of(item)
        wanted = Wanted(
            of_azure(item["scope"]),
            item["principal_id"].lower(),
            Role(role, name_of(role) or role),
            principal_type=item["principal_type"],
        )
        row = rows.setdefault(wanted.key, Row(wanted, "removed"))
        row.existing.append(item)
        if not _is_foreign(item):
            row.fail(
                AzureError(
                    f"{wanted.principal_id} is a {item['principal_type']} of the customer's own tenant, not a group of a partner.",
                    code="WrongPrincipalType",
                    hint="If its assignment has to go, remove it with csp.azure.role_assignment and state: absent.",
                )
            )
    return list(rows.values())


def _keep_administrators(rows: list[Row], lists: dict[Scope, list[dict[str, Any]]]) -> None:
    """Fail the rows after whose removal nobody who is seen could assign roles at their scope any more.

    Azure refuses that, too, but only for some callers and only the very last one. Who is bound by a condition does not count. A list shows
    the management groups above its own scope only, so each row is judged by the lists that it is in.
    """
    going = {item["id"].lower() for row in rows if row.to_write for item in row.existing}
    for row in rows:
        scope = row.wanted.scope
        if not row.to_write or row.wanted.role.id not in _ADMINISTRATORS:
            continue
        seen = [item for place, items in lists.items() if place.holds(scope.key) for item in items]
        staying = [item for item in seen if item["id"].lower() not in going and _is_administrator(item)]
        if not any(scope_key(item) == scope.key or is_above(item, scope) for item in staying):
            row.fail(
                AzureError(
                    f"Nobody else who can be seen is Owner or User Access Administrator at {scope.path}.",
                    code="LastAdministrator",
                    hint="Make somebody of the customer Owner first (csp.azure.elevated_access helps a Global Administrator), then run again.",
                )
            )


def _is_administrator(item: dict[str, Any]) -> bool:
    return role_of(item) in _ADMINISTRATORS and not item["condition"]
