# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides about the elevation of a Global Administrator: User Access Administrator at ``/``.

For internal use of csp.azure only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ansible_collections.csp.azure.plugins.module_utils._errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._roles import USER_ACCESS_ADMINISTRATOR, role_of


class Gateway(Protocol):
    """What the decisions need of ARM; see `_arm.Arm`."""

    def assignments_of(self, scope: str, principal_id: str) -> list[dict[str, Any]]: ...

    def delete_assignment(self, assignment_id: str) -> bool: ...

    def elevate(self) -> None: ...


Caller = Mapping[str, Any]


def find(gateway: Gateway, caller: Caller) -> list[dict[str, Any]]:
    """The caller's elevation, an empty list if there is none; AzureError for who can never have one.

    Somebody who is not elevated may not read at ``/``: that refusal is the answer.
    """
    if caller.get("kind") == "app":
        raise AzureError(
            "A service principal cannot elevate its access.",
            code="NotAUser",
            hint="Sign in as a user who is Global Administrator: with the Azure CLI, a device code or a refresh token.",
        )
    try:
        listed = gateway.assignments_of("/", caller["object_id"])
    except AzureError as exc:
        if exc.code != "AuthorizationFailed":
            raise
        return []
    return [item for item in listed if item["scope"] == "/" and _is_administrator(item)]


def _is_administrator(item: Mapping[str, Any]) -> bool:
    return role_of(item) == USER_ACCESS_ADMINISTRATOR


def elevate(gateway: Gateway, caller: Caller, seconds: float) -> list[dict[str, Any]]:
    """Elevate, and wait until it shows."""
    gateway.elevate()
    return _until(lambda: find(gateway, caller), seconds, "Azure accepted the elevation, but does not show it.")


def revoke(gateway: Gateway, found: list[dict[str, Any]], caller: Caller, seconds: float) -> None:
    """Take the elevation back, and wait until it is gone; AzureError if it stays."""
    for item in found:
        gateway.delete_assignment(item["id"])
    _until(lambda: not find(gateway, caller), seconds, "The elevation could not be taken back: Azure still shows it.")


def _until(reached: Callable[[], Any], seconds: float, otherwise: str) -> Any:
    until, pause = time.monotonic() + seconds, 1.0
    while True:
        found = reached()
        if found:
            return found
        if time.monotonic() + pause > until:
            raise AzureError(
                otherwise,
                code="NotReadBack",
                hint="Look at the user's access at / (csp.azure.elevated_access in check mode, or the portal: Microsoft Entra ID, Properties).",
            )
        time.sleep(pause)
        pause = min(2 * pause, 10)
