# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides about role assignments: `plan` only reads, `apply` only writes.

An assignment is the triple (scope, principal, role), compared as Azure compares it, whatever its name is.
For internal use of csp.azure only.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from multiprocessing.pool import ThreadPool
from typing import Any, Protocol

from .._model.errors import AzureError, invalid
from .._model.roles import identify, name_of, role_of
from .._model.scopes import Scope, guid

FOREIGN_GROUP = "ForeignGroup"
# Requests that are under way at once: ARM refills 10 writes a second for a subscription, more would only be throttled.
PARALLEL = 8
# How long Azure may go on saying that it does not know a principal. A foreign group is known or not, but for the seconds
# after a relationship was accepted; more than that only delays the answer.
PRINCIPAL_SECONDS = 15
# Names are made from the triple, so two runs that race make one assignment. Never change it.
_NAMES = uuid.UUID("5a4b8ba0-4e5c-5c5c-9d6b-0f4f2c1b7a11")
_MANAGEMENT_GROUPS = "/providers/microsoft.management/managementgroups/"


class Definitions(Protocol):
    """What resolving a role needs of ARM; see `_arm.Arm`."""

    def role_definitions(self, scope: str, name: str) -> list[dict[str, Any]]: ...


class Gateway(Definitions, Protocol):
    """What the decisions need of ARM."""

    def assignments_of(self, scope: str, principal_id: str) -> list[dict[str, Any]]: ...

    def put_assignment(self, scope: str, name: str, properties: dict[str, Any]) -> dict[str, Any]: ...

    def delete_assignment(self, assignment_id: str) -> bool: ...


@dataclass(frozen=True)
class Role:
    """A role by the id of its definition; ``name`` is how it was asked for."""

    id: str
    name: str


@dataclass(frozen=True)
class Wanted:
    """One assignment that should be there, or not. Of ``description`` and ``condition``, None leaves what is, "" clears it."""

    scope: Scope
    principal_id: str
    role: Role
    principal_type: str = FOREIGN_GROUP
    description: str | None = None
    condition: str | None = None
    condition_version: str | None = None
    error: AzureError | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.scope.key, self.principal_id, self.role.id

    @property
    def new_name(self) -> str:
        return str(uuid.uuid5(_NAMES, "|".join(self.key)))


@dataclass
class Row:
    """One assignment's plan and then its outcome. ``existing`` are the assignments with its triple."""

    wanted: Wanted
    state: str
    existing: list[dict[str, Any]] = field(default_factory=list)
    inherited_from: list[str] = field(default_factory=list)
    error: AzureError | None = None
    written: bool = False

    @property
    def to_write(self) -> bool:
        return self.state in ("created", "updated", "removed")

    def fail(self, error: AzureError) -> None:
        self.state, self.error = "failed", error

    def as_dict(self) -> dict[str, Any]:
        """The row as results show it."""
        first = self.existing[0] if self.existing else {}
        shown: dict[str, Any] = {
            "scope": self.wanted.scope.path,
            "principal_id": self.wanted.principal_id,
            "role": self.wanted.role.name,
            "state": self.state,
            "id": first.get("id"),
            "principal_type": first.get("principal_type"),
            "description": first.get("description"),
            "condition": first.get("condition"),
            "inherited_from": self.inherited_from,
        }
        if self.error:
            shown["error"] = self.error.as_dict()
        return shown


@dataclass(frozen=True)
class Wait:
    """Whether to read back what was written, and for how many seconds at the most."""

    read_back: bool = True
    seconds: float = 60
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def known_role(role: str) -> Role | None:
    """The role that a GUID, a full id or the name of a built-in role means; None if only Azure knows it."""
    identity = guid(role.strip().rstrip("/").rpartition("/")[2]) or identify(role)
    return Role(identity, name_of(identity) or role) if identity else None


def resolve_role(gateway: Definitions, role: str, scope: Scope) -> Role:
    """The role that a name, a GUID or a full id means; only the name of a role that is not built in costs a request."""
    known = known_role(role)
    if known:
        return known
    found = gateway.role_definitions(scope.path, role)
    if len(found) != 1:
        ids = ", ".join(item["id"] for item in found)
        raise invalid(
            f"{len(found)} roles are called {role!r} at {scope.path}{': ' + ids if ids else '.'}",
            "Give the role's id."
            if found
            else "Check the role's name; a custom role exists only below its assignable scopes.",
        )
    return Role(found[0]["id"].rpartition("/")[2].lower(), role)


def object_id(text: str) -> str:
    """The object id in its normal form; what is none is refused."""
    found = guid(text)
    if found is None:
        raise invalid(
            f"principal_id {text!r} is not an object ID.",
            "Give the GUID of the group, which the partner finds with csp.azure.admin_agents_info.",
        )
    return found


def wants(gateway: Definitions, scopes: Iterable[Scope], principal_id: str, role: str, **kept: Any) -> list[Wanted]:
    """One wanted assignment per scope (``principal_id`` from `object_id`); the role is resolved once per subscription.

    A role that is not found there may still be assignable at a scope below only. A role that is not found at all makes its rows fail.
    """
    roles: dict[str, Role] = {}
    found = []
    for scope in scopes:
        top = scope.top()
        try:
            known = roles.get(top.key) or roles.get(scope.key) or _resolved(gateway, role, top, scope, roles)
            found.append(Wanted(scope, principal_id, known, **kept))
        except AzureError as exc:
            # Its name keeps the row apart from those of other roles that were not found.
            found.append(Wanted(scope, principal_id, Role(role, role), error=exc, **kept))
    return found


def _resolved(gateway: Definitions, role: str, top: Scope, scope: Scope, roles: dict[str, Role]) -> Role:
    try:
        roles[top.key] = resolve_role(gateway, role, top)
        return roles[top.key]
    except AzureError:
        if scope == top:
            raise
    roles[scope.key] = resolve_role(gateway, role, scope)
    return roles[scope.key]


def plan(gateway: Gateway, wanted: Iterable[Wanted], present: bool) -> list[Row]:
    """What has to be done, in the order asked for. Reads, never writes; a read that fails makes its rows fail.

    All scopes below one subscription are answered by one list.
    """
    once = list({item.key: item for item in wanted}.values())
    groups: dict[tuple[str, str], list[Wanted]] = {}
    for item in once:
        if item.error:
            continue
        groups.setdefault((item.scope.top().key, item.principal_id), []).append(item)
    rows = {item.key: _failed(item, item.error) for item in once if item.error}
    for found in side_by_side(lambda group: _plan_group(gateway, group, present), groups.values()):
        rows.update({row.wanted.key: row for row in found})
    return [rows[item.key] for item in once]


def _plan_group(gateway: Gateway, group: list[Wanted], present: bool) -> list[Row]:
    scopes = {item.scope.key: item.scope for item in group}
    # One scope is asked for itself: its reader need not be able to read the whole subscription.
    place = group[0].scope.top() if len(scopes) > 1 else group[0].scope
    try:
        listed = gateway.assignments_of(place.path, group[0].principal_id)
    except AzureError as exc:
        if exc.code != "AuthorizationFailed" or len(scopes) == 1:
            return [_failed(item, exc) for item in group]
        by_scope: dict[str, list[Wanted]] = {}
        for item in group:
            by_scope.setdefault(item.scope.key, []).append(item)
        parts = side_by_side(lambda part: _plan_group(gateway, part, present), by_scope.values())
        return [row for part in parts for row in part]
    near = _at_or_above(listed)
    return [decide(item, near(item.scope), present) for item in group]


def _at_or_above(listed: list[dict[str, Any]]) -> Callable[[Scope], list[dict[str, Any]]]:
    """What of a list may count at a scope: to look at all of a thousand for each of a thousand scopes takes longer than all requests."""
    places: dict[str, list[dict[str, Any]]] = {}
    for found in listed:
        key = scope_key(found)
        places.setdefault(_MANAGEMENT_GROUPS if key.startswith(_MANAGEMENT_GROUPS) else key, []).append(found)
    return lambda scope: [found for key in (_MANAGEMENT_GROUPS, *scope.lineage) for found in places.get(key, ())]


def _failed(item: Wanted, error: AzureError) -> Row:
    return Row(item, "failed", error=error)


def decide(item: Wanted, listed: list[dict[str, Any]], present: bool) -> Row:
    """What has to be done about one wanted assignment, given a list of those at its scope and above it."""
    same = [found for found in listed if _is_role_of(found, item)]
    existing = sorted((found for found in same if scope_key(found) == item.scope.key), key=lambda found: found["id"])
    row = Row(item, "unchanged", existing, sorted(found["id"] for found in same if is_above(found, item.scope)))
    if not present:
        row.state = "removed" if existing else "absent"
    elif not existing:
        row.state = "created"
    elif _properties(item, existing[0]) != _properties(item, existing[0], as_it_is=True):
        row.state = "updated"
    if present and existing:
        _check_type(row, existing[0])
    return row


def _is_role_of(found: dict[str, Any], item: Wanted) -> bool:
    return found["principal_id"].lower() == item.principal_id and role_of(found) == item.role.id


def scope_key(found: Mapping[str, Any]) -> str:
    """The scope of a listed assignment as `Scope.key` has it."""
    return found["scope"].rstrip("/").lower() or "/"


def is_above(found: Mapping[str, Any], scope: Scope) -> bool:
    """Whether a listed assignment was made above the scope, so that the scope inherits it."""
    key = scope_key(found)
    if key == scope.key:
        return False
    if key.startswith(_MANAGEMENT_GROUPS):
        # A list holds only those management groups that its scope lies in.
        return not scope.is_root
    return Scope(key).holds(scope.key)


def _check_type(row: Row, found: dict[str, Any]) -> None:
    """Fail if Azure took the principal for something else: then somebody else has got the access."""
    wanted, actual = row.wanted.principal_type, found["principal_type"]
    if wanted != actual and actual in ("Group", "ServicePrincipal", "User"):
        row.fail(
            AzureError(
                f"The assignment {found['id']} is for a principal of type {actual}, not {wanted}:"
                f" {row.wanted.principal_id} belongs to {'this tenant' if actual == 'Group' else 'somebody else'},"
                " so the access went to the wrong people.",
                code="WrongPrincipalType",
                hint="Check principal_id, then remove that assignment with state: absent.",
            )
        )


def _properties(item: Wanted, found: dict[str, Any] | None, as_it_is: bool = False) -> dict[str, Any]:
    """What a write sends: the triple and, where nothing was asked for, what the assignment has."""
    found = found or {}
    wished = {"description": item.description, "condition": item.condition}
    kept = {name: found.get(name) if as_it_is or wish is None else wish for name, wish in wished.items()}
    condition = kept["condition"] or None
    version = found.get("condition_version")
    if not as_it_is and item.condition is not None:
        version = item.condition_version
    root = f"/subscriptions/{item.scope.subscription}" if item.scope.subscription else ""
    return {
        "role_definition_id": f"{root}/providers/Microsoft.Authorization/roleDefinitions/{item.role.id}",
        "principal_id": item.principal_id,
        "principal_type": item.principal_type,
        "description": kept["description"] or None,
        "condition": condition,
        "condition_version": (version or "2.0") if condition else None,
    }


def apply(gateway: Gateway, rows: list[Row], wait: Wait) -> None:
    """Do what the plan says, side by side; the outcome is written into the rows. Every row is tried."""
    until = wait.clock() + min(PRINCIPAL_SECONDS, wait.seconds)
    touched = [row for row in rows if row.to_write]
    side_by_side(lambda row: _write(gateway, row, wait, until), touched)
    raced = [row for row in touched if row.error and row.error.code == "RoleAssignmentExists"]
    written = [row for row in touched if row.to_write] if wait.read_back else []
    if raced or written:
        _read_back(gateway, raced + written, wait)


def _write(gateway: Gateway, row: Row, wait: Wait, until: float) -> None:
    try:
        if row.state == "removed":
            _remove(gateway, row)
        else:
            found = _put(gateway, row, wait, until)
            row.written, row.existing = True, [found]
            _check_type(row, found)
    except AzureError as exc:
        row.fail(exc)


def _remove(gateway: Gateway, row: Row) -> None:
    """Remove all assignments of the triple: Azure lets duplicates exist under different names."""
    failure: AzureError | None = None
    for found in row.existing:
        try:
            row.written = gateway.delete_assignment(found["id"]) or row.written
        except AzureError as exc:
            failure = exc
    if failure:
        raise failure
    row.state = "removed" if row.written else "absent"


def _put(gateway: Gateway, row: Row, wait: Wait, until: float) -> dict[str, Any]:
    existing = row.existing[0] if row.existing else None
    name = existing["name"] if existing else row.wanted.new_name
    pause = 1.0
    fresh_names = 3
    while True:
        try:
            return gateway.put_assignment(row.wanted.scope.path, name, _properties(row.wanted, existing))
        except AzureError as exc:
            if exc.code == "HashConflictOnDifferentRoleAssignmentIds" and fresh_names:
                name, fresh_names = str(uuid.uuid4()), fresh_names - 1
            elif exc.code == "PrincipalNotFound" and wait.clock() + pause <= until:
                wait.sleep(pause)
                pause = min(2 * pause, 4)
            else:
                raise


def _read_back(gateway: Gateway, rows: list[Row], wait: Wait) -> None:
    """Read until every row shows, or until the time is over; what somebody else made meanwhile counts as unchanged."""
    until = wait.clock() + (wait.seconds if wait.read_back else 0)
    pause = 1.0
    while True:
        seen = plan(gateway, [row.wanted for row in rows], present=True)
        for row, now in zip(rows, seen, strict=True):
            if row.error and now.state == "updated":  # a race, and who was first made it another way
                row.state, row.error, row.existing = "updated", None, now.existing
                _write(gateway, row, wait, until)
        open_rows = [(row, now) for row, now in zip(rows, seen, strict=True) if not _settled(row, now)]
        rows = [row for row, _now in open_rows]
        if not rows or wait.clock() + pause > until:
            break
        wait.sleep(pause)
        pause = min(pause * 2, 10)
    for row, now in open_rows:
        _not_settled(row, now.error)


def _settled(row: Row, now: Row) -> bool:
    """Whether the list shows the row as it was written; ``now`` is a fresh plan for it."""
    if row.state == "removed":
        # Who has removed its own access cannot see that it is gone.
        return now.state == "created" or (now.error is not None and now.error.code == "AuthorizationFailed")
    if not now.existing or now.state == "updated":
        return False
    row.existing = now.existing
    if row.error:  # a race, and somebody else was first
        row.state, row.error = "unchanged", None
    if now.error:
        row.fail(now.error)
    return True


_EXISTING_ID = re.compile(r"role assignment is ([0-9a-f]{32})", re.IGNORECASE)


def _not_settled(row: Row, reading: AzureError | None) -> None:
    if row.error:
        # Azure names the assignment without the dashes of its id.
        told = _EXISTING_ID.search(row.error.message)
        if told and reading is None:
            path = (
                f"{row.wanted.scope.path.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{guid(told[1])}"
            )
            row.state, row.error, row.existing = "unchanged", None, [{"id": path}]
        return
    word = "still shows" if row.state == "removed" else "does not show"
    message = f"Azure accepted the change, but its list {word} the assignment."
    if reading:
        message = f"Azure accepted the change, but it could not be read back: {reading}"
    hint = "It can take up to 10 minutes; run again to see, or raise wait_timeout."
    row.fail(AzureError(message, code="NotReadBack", hint=hint))


def side_by_side(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """Run the work for all items, some at a time; results in order, the first unexpected exception passes.

    Its threads are of the kind that ends with the process: a task that is interrupted must not wait for requests under way.
    """
    todo = list(items)
    if len(todo) < 2:
        return [work(item) for item in todo]
    pool = ThreadPool(min(PARALLEL, len(todo)))
    try:
        return pool.map(work, todo, chunksize=1)
    finally:
        pool.terminate()


def result(rows: list[Row], diff_of_plan: dict[str, Any], caller: dict[str, Any]) -> dict[str, Any]:
    """What modules return: every row, and where one failed the message that names the reasons."""
    told: dict[str, Any] = {
        "changed": any(row.to_write or row.written for row in rows),
        "assignments": [row.as_dict() for row in rows],
        "caller": caller,
        "diff": diff_of_plan,
    }
    failed = [(row, row.error) for row in rows if row.error]
    if failed:
        told.update(failed=True, msg=_reasons(failed, len(rows)), error=failed[0][1].as_dict())
    return told


def summary(rows: list[Row], check_mode: bool) -> list[str]:
    """The rows in words, for people."""
    return [_sentence(row, check_mode) for row in rows]


def _sentence(row: Row, check_mode: bool) -> str:
    state = f"would be {row.state}" if check_mode and row.to_write else row.state
    told = f"{state}: {_label(row.wanted)}"
    if row.inherited_from:
        told += f" (it has the role from above too: {', '.join(row.inherited_from)})"
    return f"{told}: {row.error}" if row.error else told


def _label(item: Wanted) -> str:
    return f"{item.role.name} of {item.principal_id} at {item.scope.path}"


def _reasons(failed: list[tuple[Row, AzureError]], total: int) -> str:
    """The failures in one text, each reason once with the first of the rows that it hit."""
    by_reason: dict[tuple[str, str], list[tuple[Row, AzureError]]] = {}
    for row, error in failed:
        by_reason.setdefault((error.code, error.hint or error.message), []).append((row, error))
    parts = [f"{len(failed)} of {total} role assignments failed."]
    for (row, error), *others in by_reason.values():
        more = f" (and {len(others)} more with the same reason)" if others else ""
        parts.append(f"{_label(row.wanted)}{more}: {error}")
    return "\n".join(parts)


def diff(rows: list[Row], present: bool) -> dict[str, Any]:
    """What the plan changes, for ``--diff``: the assignments at the scopes that are touched, before and after."""
    before, after = {}, {}
    for row in rows:
        if not row.to_write:
            continue
        label = _label(row.wanted)
        found = row.existing[0] if row.existing else None
        before[label] = _shown(_properties(row.wanted, found, as_it_is=True)) if found else "absent"
        after[label] = _shown(_properties(row.wanted, found)) if present else "absent"
    return {"before": before, "after": after}


def _shown(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: properties[name] for name in ("principal_type", "description", "condition")}
