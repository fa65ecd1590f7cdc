# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated admin relationships as the local Azure keeps them: their statuses go on by themselves, as the real ones do."""

from __future__ import annotations

import base64
import re
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

# What a status becomes by itself, after `gdap_seconds`.
_NEXT = {
    "approved": "activating",
    "activating": "active",
    "terminationRequested": "terminating",
    "terminating": "terminated",
    "pending": "active",
    "deleting": "deleted",
}


@dataclass
class Timed:
    """Something with an etag and a status that goes on by itself."""

    status: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    version: int = 0
    since: float = field(default_factory=time.time)

    @property
    def etag(self) -> str:
        return f'W/"{base64.b64encode(f"{self.id[:8]}{self.version}".encode()).decode()}"'

    def become(self, status: str) -> None:
        self.status, self.since, self.version = status, time.time(), self.version + 1

    def advance(self, seconds: float) -> None:
        while self.status in _NEXT and time.time() - self.since >= seconds:
            self.become(_NEXT[self.status])


@dataclass
class AccessAssignment(Timed):
    """The roles of one security group."""

    group: str = ""
    roles: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        return {
            "@odata.etag": self.etag,
            "id": self.id,
            "status": self.status,
            "createdDateTime": _time(self.since),
            "lastModifiedDateTime": _time(self.since),
            "accessContainer": {"accessContainerId": self.group, "accessContainerType": "securityGroup"},
            "accessDetails": details(self.roles),
        }


@dataclass
class Relationship(Timed):
    """A relationship of one partner. Without ``customer``, any tenant may approve it."""

    partner: str = ""
    customer: str | None = None
    name: str = ""
    duration: str = "P730D"
    extend: str = "P180D"
    roles: list[str] = field(default_factory=list)
    kind: str = "delegatedAdminRelationship"
    activated: float | None = None
    days_left: float | None = None
    created: float = field(default_factory=time.time)
    assignments: list[AccessAssignment] = field(default_factory=list)

    def become(self, status: str) -> None:
        super().become(status)
        if status == "active" and self.activated is None:
            self.activated = time.time()

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        for item in self.assignments:
            item.advance(seconds)

    @property
    def end(self) -> str | None:
        if self.activated is None:
            return None
        days = int(re.sub(r"\D", "", self.duration)) if self.days_left is None else self.days_left
        return _time(self.activated + timedelta(days=days).total_seconds())

    def shown(self, names: dict[str, str]) -> dict[str, Any]:
        customer = {"tenantId": self.customer, "displayName": names.get(self.customer or "")}
        return {
            "@odata.etag": self.etag,
            "@odata.type": f"#microsoft.graph.{self.kind}",
            "id": self.id,
            "displayName": self.name,
            "duration": self.duration,
            "customer": customer if self.customer else None,
            "accessDetails": details(self.roles),
            "status": self.status,
            "autoExtendDuration": self.extend,
            "createdDateTime": _time(self.created),
            "lastModifiedDateTime": _time(self.since),
            "activatedDateTime": _time(self.activated) if self.activated else None,
            "endDateTime": self.end,
        }


def relationship_of(scenario: dict[str, Any]) -> Relationship:
    """A relationship of a scenario, as if it had always been there."""
    item = dict(scenario)
    assignments = [AccessAssignment(**assignment) for assignment in item.pop("assignments", [])]
    status = item.pop("status", "active")
    id_ = item.pop("id", f"{uuid.uuid4()}-{uuid.uuid4()}")
    activated = time.time() if status in ("active", "expiring") else None
    return Relationship(status, id_, assignments=assignments, activated=activated, **item)


def details(roles: list[str]) -> dict[str, Any]:
    return {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
