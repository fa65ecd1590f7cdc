# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knows what a grant is: which group should have which role where. Looks up what it leaves open.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .._model.errors import AzureError, invalid
from .._model.scopes import Scope, parse_all
from .assignments import object_id

# As the only scope: every subscription that can be worked on.
EVERYWHERE = ["all"]
OPTIONS: dict[str, dict[str, Any]] = {
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


class Directory(Protocol):
    """What is needed of Graph; see `_graph.Graph`."""

    @property
    def caller(self) -> dict[str, str | None]: ...

    def groups(self, name: str) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Grant:
    """One group's role. Without ``scopes``, it is meant everywhere; ``group`` is its name, where it was named."""

    scopes: tuple[Scope, ...]
    principal_id: str
    role: str
    group: str = ""


def resolve(
    grants: Sequence[Mapping[str, Any]], groups: Mapping[str, Any], open_directory: Callable[[str], Directory]
) -> tuple[list[Grant], dict[str, str]]:
    """The grants as a task gives them, and the object ids of all groups by name.

    What is wrong is refused before the first request; groups whose ids nobody gave are looked up then. No grant is none to be looked at.
    """
    scopes = [() if grant["scopes"] == EVERYWHERE else tuple(parse_all(grant["scopes"])) for grant in grants]
    names = [_named_group(grant, groups) for grant in grants]
    known = dict(groups)
    directory: Directory | None = None
    for name in names:
        if name and name not in known:
            try:
                directory = directory or open_directory(name)
                known[name] = find_group(directory, name)["id"]
            except AzureError as exc:
                raise replace(
                    exc, message=f"The group {name!r} could not be looked up in the partner's tenant: {exc.message}"
                ) from exc
    found = [
        Grant(places, object_id(known[name] if name else grant["principal_id"]), grant["role"], name)
        for grant, places, name in zip(grants, scopes, names, strict=True)
    ]
    return found, known


def _named_group(grant: Mapping[str, Any], groups: Mapping[str, Any]) -> str:
    """The group that a grant names, empty if it gives an object ID; an empty option counts as not given."""
    if bool(grant["principal_id"]) == bool(grant["group"]):
        raise invalid("Each grant needs either principal_id or group.")
    if grant["principal_id"]:
        object_id(grant["principal_id"])
        return ""
    if grant["group"] in groups:
        object_id(str(groups[grant["group"]]))
    return grant["group"]


def find_group(directory: Directory, name: str) -> dict[str, Any]:
    """The one security group of that name, as Graph shows it (step 4); AzureError if there is none, or more than one."""
    found = [group for group in directory.groups(name) if group.get("securityEnabled")]
    if not found:
        raise AzureError(
            f"The tenant {directory.caller['tenant']} has no security group that is called {name!r}.",
            code="GroupNotFound",
            hint="Sign in to the partner's own tenant: AdminAgents is there, not in the customer's. Only CSP partner tenants have it.",
        )
    if len(found) > 1:
        hits = ", ".join(f"{group['id']} ({group.get('mailNickname')})" for group in found)
        raise AzureError(
            f"{len(found)} security groups are called {name!r}: {hits}.",
            code="GroupNotUnique",
            hint="Take the id of the right one, and use it instead of the name.",
        )
    return found[0]
