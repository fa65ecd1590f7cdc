# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants: the roles each group should have, and where. Resolves the groups that are given by name.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from .._model.customers import Caller, Group
from .._model.errors import AzureError, invalid
from .._model.identifiers import object_id
from .._model.scopes import Scope, parse_all
from .._model.types import ArgumentSpec, Options
from .selection import ALL

OPTIONS: ArgumentSpec = {
    "grants": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "principal_id": {"type": "str"},
            "group": {"type": "str"},
            "role": {"type": "str", "default": "Owner"},
            "scopes": {"type": "list", "elements": "str", "required": True},
        },
    },
    "groups": {"type": "dict", "default": {}},
}


class GroupDirectory(Protocol):
    """The partner's directory; see `_clients.directory.Directory`."""

    @property
    def caller(self) -> Caller:
        pass

    def groups(self, name: str) -> list[Group]:
        pass


@dataclass(frozen=True)
class Grant:
    """One group's role. Without ``scopes``, it is meant for `ALL`; ``group`` is its name, where it was given by name."""

    scopes: tuple[Scope, ...]
    principal_id: str
    role: str
    group: str = ""


@dataclass(frozen=True)
class Grants:
    """The grants of a task; ``groups`` are the object IDs of all groups that it names."""

    grants: tuple[Grant, ...]
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def everywhere(self) -> bool:
        """Whether a grant is meant for `ALL`."""
        return not all(grant.scopes for grant in self.grants)

    @property
    def principal_ids(self) -> frozenset[str]:
        """The object IDs of the partner's groups that were named."""
        return frozenset(map(object_id, self.groups.values()))

    @property
    def foreign_ids(self) -> list[str]:
        """The object IDs of all groups that get a role."""
        return sorted({grant.principal_id for grant in self.grants})

    def id_of(self, name: str, open_directory: Callable[[], GroupDirectory]) -> str:
        """The object ID of a group, which is looked up unless the task names it."""
        return object_id(self.groups[name]) if name in self.groups else find_group(open_directory(), name).id


def resolve(options: Options, open_directory: Callable[[str], GroupDirectory]) -> Grants:
    """The grants of a task's options ``grants`` and ``groups``.

    Wrong options are rejected before the first request; then groups without a known ID are looked up.
    """
    grants: Sequence[Options] = options["grants"]
    ids: dict[str, str] = dict(options["groups"])
    scopes = [() if grant["scopes"] == ALL else tuple(parse_all(grant["scopes"])) for grant in grants]
    names = [_group_name(grant, ids) for grant in grants]
    directory: GroupDirectory | None = None
    for name in names:
        if name and name not in ids:
            try:
                directory = directory or open_directory(name)
                ids[name] = find_group(directory, name).id
            except AzureError as exc:
                text = f"The group {name!r} could not be looked up in the partner's tenant: {exc.message}"
                raise replace(exc, message=text) from exc
    resolved = [
        Grant(places, object_id(ids[name] if name else grant["principal_id"]), grant["role"], name)
        for grant, places, name in zip(grants, scopes, names, strict=True)
    ]
    return Grants(tuple(resolved), ids)


def _group_name(grant: Options, ids: Mapping[str, str]) -> str:
    """The group that a grant names, empty if it has an object ID; an empty option counts as not set."""
    if bool(grant["principal_id"]) == bool(grant["group"]):
        raise invalid("Each grant needs either principal_id or group.")
    if grant["principal_id"]:
        object_id(grant["principal_id"])
        return ""
    if grant["group"] in ids:
        object_id(str(ids[grant["group"]]))
    return str(grant["group"])


def find_group(directory: GroupDirectory, name: str) -> Group:
    """The one security group of that name (step 4); AzureError if there is none, or more than one."""
    groups = [group for group in directory.groups(name) if group.security_enabled]
    if not groups:
        raise AzureError(
            f"The tenant {directory.caller.tenant} has no security group called {name!r}.",
            code="GroupNotFound",
            hint="Sign in to the partner's own tenant: AdminAgents is there, not in the customer's. Only tenants of CSP partners have it.",
        )
    if len(groups) > 1:
        matches = ", ".join(f"{group.id} ({group.mail_nickname})" for group in groups)
        raise AzureError(
            f"{len(groups)} security groups are called {name!r}: {matches}.",
            code="GroupNotUnique",
            hint="Use the ID of the right one instead of the name.",
        )
    return groups[0]
