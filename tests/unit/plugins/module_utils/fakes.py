# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fakes that the tests of the services share."""

from __future__ import annotations

from typing import Any

from ansible_collections.csp.azure.plugins.module_utils._access.apply import ReadBack
from ansible_collections.csp.azure.plugins.module_utils._access.elevation import Patience
from ansible_collections.csp.azure.plugins.module_utils._model.assignments import (
    Assignment,
    AssignmentProperties,
    DesiredAssignment,
)
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Principal
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._model.roles import OWNER, Role, RoleDefinition
from ansible_collections.csp.azure.plugins.module_utils._model.scopes import of_azure, parse

SUB = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUB}/resourceGroups/web"
DATA = f"{SUB}/resourceGroups/data"
OTHER = "/subscriptions/11111111-1111-4111-8111-111111111112"
ROOT = "/providers/Microsoft.Management/managementGroups/root"
AGENTS = "065b0bfc-0000-4000-8000-000000000001"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def desired(scope: str = SUB, **more: Any) -> DesiredAssignment:
    return DesiredAssignment(parse(scope), AGENTS, Role(more.pop("role", OWNER), "Owner"), **more)


def assignment(scope: str = SUB, name: str = "n", role: str = OWNER, **more: Any) -> Assignment:
    values: dict[str, Any] = {
        "id": f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "scope": of_azure(scope),
        "principal_id": AGENTS,
        "principal_type": "ForeignGroup",
        "role_definition_id": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        **more,
    }
    return Assignment(**values)


def error(code: str, message: str = "") -> AzureError:
    return AzureError(message or code, code=code)


def answered(answer: Any) -> Any:
    """The answer, raised if it is an error."""
    if isinstance(answer, AzureError):
        raise answer
    return answer


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    def read_back(self, enabled: bool = True, seconds: float = 60) -> ReadBack:
        return ReadBack(enabled, seconds, self.sleep, lambda: self.now)

    def patience(self, seconds: float = 60) -> Patience:
        return Patience(seconds, self.sleep, lambda: self.now)


class Azure:
    """An ARM that keeps assignments in a list; ``errors`` are raised by scope or name of the method, one after the other."""

    def __init__(self, *held: Assignment, errors: dict[str, list[AzureError]] | None = None, lag: int = 0) -> None:
        self.held = list(held)
        self.errors = errors or {}
        self.calls: list[tuple[str, str]] = []
        self.hidden = lag
        self.lists: list[str] = []
        self.written: set[str] = set()

    def _maybe_fail(self, *keys: str) -> None:
        for key in keys:
            if self.errors.get(key):
                raise self.errors[key].pop(0)

    def assignments_of(self, scope: str, principal_id: str) -> list[Assignment]:
        self.lists.append(scope)
        self._maybe_fail(f"list {scope}", "list")
        if self.hidden and any(item.name in self.written for item in self.held):
            self.hidden -= 1
            return [item for item in self.held if item.name not in self.written]
        return [item for item in self.held if item.principal_id == principal_id]

    def put_assignment(self, scope: str, name: str, properties: AssignmentProperties) -> Assignment:
        self.calls.append(("put", name))
        self._maybe_fail(f"put {scope}", "put")
        written = assignment(scope, name, **vars(properties))
        self.written.add(name)
        self.held = [item for item in self.held if item.name != name] + [written]
        return written

    def delete_assignment(self, assignment_id: str) -> bool:
        self.calls.append(("delete", assignment_id))
        self._maybe_fail("delete")
        before = len(self.held)
        self.held = [item for item in self.held if item.id != assignment_id]
        return len(self.held) < before

    def role_definitions(self, scope: str, name: str) -> list[RoleDefinition]:
        self.calls.append(("roles", name))
        definitions = {
            "Ticket desk": [RoleDefinition(f"{scope}/x/ABC", name, False)],
            "Twice": [RoleDefinition("a/1", name, False), RoleDefinition("a/2", name, False)],
        }
        return definitions.get(name, [])


class Directory:
    """A directory with one answer for all."""

    def __init__(self, answer: list[Principal] | AzureError) -> None:
        self.answer = answer
        self.ids: list[list[str]] = []

    def principals(self, ids: list[str]) -> list[Principal]:
        self.ids.append(ids)
        return answered(self.answer)
