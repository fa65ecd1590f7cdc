# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The elevation of a Global Administrator: User Access Administrator at ``/``.

For internal use of csp.azure only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from .._model.assignments import Assignment
from .._model.customers import Caller
from .._model.errors import AzureError
from .._model.roles import USER_ACCESS_ADMINISTRATOR

_Value = TypeVar("_Value")
# The statuses with which Azure says that it did not elevate. After any other response, or none, it may have.
_REFUSALS = (400, 401, 403, 404)
IN_DOUBT = "ElevationInDoubt"
_HINT = (
    "Check the user's access at / in some minutes (csp.azure.elevated_access in check mode, or the portal: Microsoft Entra ID, Properties), and remove"
    " it with csp.azure.elevated_access and state: absent."
)

_ANNOUNCEMENT = (
    "The access of {} is elevated until this task ends: User Access Administrator at /. If the run is stopped before, remove the elevation"
    " with: ansible-playbook csp.azure.take_back"
)


class ElevationClient(Protocol):
    """See `_clients.arm.Arm`."""

    @property
    def caller(self) -> Caller:
        pass

    def assignments_of(self, scope: str, principal_id: str) -> list[Assignment]:
        pass

    def delete_assignment(self, assignment_id: str) -> bool:
        pass

    def elevate(self) -> None:
        pass


def find(client: ElevationClient) -> list[Assignment]:
    """The caller's elevation, an empty list without one; AzureError for a caller that can never have one.

    A caller that is not elevated may not read at ``/``: that refusal is the answer.
    """
    if client.caller.kind == "app":
        raise AzureError(
            "A service principal cannot elevate its access.",
            code="NotAUser",
            hint="Sign in as a user who is Global Administrator: with the Azure CLI, a device code or a refresh token.",
        )
    try:
        listed = client.assignments_of("/", client.caller.object_id or "")
    except AzureError as exc:
        if exc.code != "AuthorizationFailed":
            raise
        return []
    return [item for item in listed if item.scope.is_root and item.role_id == USER_ACCESS_ADMINISTRATOR]


@dataclass(frozen=True)
class Patience:
    """For how many seconds to check whether a change shows."""

    seconds: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def no_announcement(_text: str) -> None:
    """Announce nothing, where there is no terminal."""


def elevate(
    client: ElevationClient, patience: Patience, announce: Callable[[str], None] = no_announcement
) -> list[Assignment]:
    """Elevate, and wait until it shows. An error with the code `IN_DOUBT` says that the caller may be elevated anyway.

    ``announce`` shows a text at once: a run that is killed from then on cannot remove the elevation, and has no result to say so.
    """
    failure: AzureError | None = None
    try:
        client.elevate()
    except AzureError as exc:
        if exc.status in _REFUSALS:
            raise
        failure = exc
    announce(_ANNOUNCEMENT.format(client.caller.object_id))
    assignments, reading = _until(lambda: find(client), patience)
    if assignments:
        return assignments
    reason = (
        f"Azure did not confirm the elevation: {failure}"
        if failure
        else "Azure accepted the elevation, but does not show it."
    )
    unread = f" It could not be read back: {reading}" if reading else ""
    raise AzureError(f"{reason}{unread} The caller may be elevated anyway.", code=IN_DOUBT, hint=_HINT)


def revoke(client: ElevationClient, assignments: Sequence[Assignment], patience: Patience) -> None:
    """Remove the elevation, and wait until it is gone; AzureError if it stays."""
    failures: list[AzureError] = []
    for item in assignments:
        try:
            client.delete_assignment(item.id)
        except AzureError as exc:  # the others go all the same
            failures.append(exc)
    if failures:
        raise failures[0]
    gone, reading = _until(lambda: not find(client), patience)
    if not gone:
        reason = f"It could not be read back: {reading}" if reading else "Azure still shows it."
        raise AzureError(f"The elevation could not be removed. {reason}", code="NotReadBack", hint=_HINT)


@dataclass
class Elevation:
    """A caller's elevation for the time of some work: removed after it, whatever became of the work.

    ``refused`` is whether Azure said that it does not elevate; ``stays`` is why the elevation could not be removed, None if it was.
    """

    client: ElevationClient
    reopen: Callable[[], ElevationClient]
    patience: Patience
    announce: Callable[[str], None] = no_announcement
    assignments: list[Assignment] = field(default_factory=list)
    refused: bool = False
    stays: AzureError | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Elevate for the block. Exceptions pass."""
        try:
            try:
                self.assignments = elevate(self.client, self.patience, self.announce)
            except AzureError as exc:
                self.refused = exc.code != IN_DOUBT
                raise
            yield
        finally:
            if not self.refused:
                self.stays = self._remove()

    def _remove(self) -> AzureError | None:
        """The reason if the elevation stays, or may stay. A new sign-in removes it: the one of the work may be what failed."""
        try:
            client = self.reopen()
            assignments = self.assignments or find(client)
            if not assignments:
                return AzureError("Could not determine whether the caller is elevated.", code=IN_DOUBT, hint=_HINT)
            revoke(client, assignments, self.patience)
        except AzureError as exc:
            return exc
        return None


def _until(reached: Callable[[], _Value], patience: Patience) -> tuple[_Value | None, AzureError | None]:
    """The first true value, read again and again until the time is over; then the last one, and why it could not be read."""
    until, pause = patience.clock() + patience.seconds, 1.0
    while True:
        value: _Value | None = None
        reading: AzureError | None = None
        try:
            value = reached()
        except AzureError as exc:  # a failed read says nothing about what it reads
            reading = exc
        if value or patience.clock() + pause > until:
            return value, reading
        patience.sleep(pause)
        pause = min(2 * pause, 10)
