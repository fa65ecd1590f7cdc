# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides about the elevation of a Global Administrator: User Access Administrator at ``/``.

For internal use of csp.azure only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._model.errors import AzureError
from .._model.roles import USER_ACCESS_ADMINISTRATOR, role_of

# With these Azure says that it did not elevate. After any other answer, or none, it may have.
_REFUSALS = (400, 401, 403, 404)
IN_DOUBT = "ElevationInDoubt"
_HINT = (
    "Look at the user's access at / in some minutes (csp.azure.elevated_access in check mode, or the portal: Microsoft Entra ID, Properties), and remove"
    " it with csp.azure.elevated_access and state: absent."
)


class Gateway(Protocol):
    """What the decisions need of ARM; see `_arm.Arm`."""

    @property
    def caller(self) -> dict[str, str | None]: ...

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


@dataclass(frozen=True)
class Patience:
    """For how many seconds to look whether a change shows."""

    seconds: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def elevate(gateway: Gateway, caller: Caller, patience: Patience) -> list[dict[str, Any]]:
    """Elevate, and wait until it shows. An error with the code `IN_DOUBT` says that the caller may be elevated all the same."""
    failure: AzureError | None = None
    try:
        gateway.elevate()
    except AzureError as exc:
        if exc.status in _REFUSALS:
            raise
        failure = exc
    assignments, reading = _until(lambda: find(gateway, caller), patience)
    if assignments:
        return assignments
    reason = (
        f"Azure did not confirm the elevation: {failure}"
        if failure
        else "Azure accepted the elevation, but does not show it."
    )
    unread = f" It could not be looked at: {reading}" if reading else ""
    raise AzureError(f"{reason}{unread} The caller may be elevated all the same.", code=IN_DOUBT, hint=_HINT)


def revoke(gateway: Gateway, assignments: list[dict[str, Any]], caller: Caller, patience: Patience) -> None:
    """Take the elevation back, and wait until it is gone; AzureError if it stays."""
    for item in assignments:
        gateway.delete_assignment(item["id"])
    gone, reading = _until(lambda: not find(gateway, caller), patience)
    if not gone:
        reason = f"It could not be looked at: {reading}" if reading else "Azure still shows it."
        raise AzureError(f"The elevation could not be taken back. {reason}", code="NotReadBack", hint=_HINT)


@dataclass
class Elevation:
    """A caller's elevation for the time of some work: taken back after it, whatever became of it.

    ``refused`` is whether Azure said that it does not elevate; ``stays`` is why the elevation could not be taken back, None if it was.
    """

    gateway: Gateway
    reopen: Callable[[], Gateway]
    patience: Patience
    assignments: list[dict[str, Any]] = field(default_factory=list)
    refused: bool = False
    stays: AzureError | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Elevate for the block. What is raised in it passes."""
        try:
            try:
                self.assignments = elevate(self.gateway, self.gateway.caller, self.patience)
            except AzureError as exc:
                self.refused = exc.code != IN_DOUBT
                raise
            yield
        finally:
            if not self.refused:
                self.stays = self._taken_back()

    def _taken_back(self) -> AzureError | None:
        """The reason if the elevation stays, or may stay; a new sign-in removes it: the work's own may be what has failed."""
        try:
            gateway = self.reopen()
            assignments = self.assignments or find(gateway, gateway.caller)
            if not assignments:
                return AzureError("Whether the caller is elevated could not be seen.", code=IN_DOUBT, hint=_HINT)
            revoke(gateway, assignments, gateway.caller, self.patience)
        except AzureError as exc:
            return exc
        return None


def _until(reached: Callable[[], Any], patience: Patience) -> tuple[Any, AzureError | None]:
    """What was reached, looked at again and again; nothing when the time is over, and why the last look failed."""
    until, pause = patience.clock() + patience.seconds, 1.0
    while True:
        reading: AzureError | None = None
        try:
            value = reached()
        except AzureError as exc:  # a look that fails says nothing of what it looks at
            value, reading = None, exc
        if value or patience.clock() + pause > until:
            return value, reading
        patience.sleep(pause)
        pause = min(2 * pause, 10)
