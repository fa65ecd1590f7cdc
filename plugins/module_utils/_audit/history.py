# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares an audit with what earlier ones knew: gained, lost, and since when. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from .._model.identifiers import guid
from .._model.times import parse_time
from .._model.types import JsonObject, Result
from .model import FLAGS

# For how long a grant that no audit could read is remembered.
REMEMBERED = timedelta(days=30)
_Key = tuple[str, str, str]
_TEXTS = ("scope", "principal_id", "role_id", "since", "seen")


def compare(
    subscriptions: Iterable[JsonObject], memory: Iterable[JsonObject], checked_at: str
) -> tuple[list[Result], list[Result]]:
    """The subscriptions with the ``change`` and ``since`` of each grant, and the new memory.

    ``change`` is lost, unreadable, gained or none; None if nothing was known of the grant. A memory has a record for each grant whose access
    was ever known: ``scope``, ``principal_id``, ``role_id``, ``subscription_id``, ``access``, ``since`` (when that began: the time of the
    assignment, or of the audit that first saw it) and ``seen`` (when it was last read). What cannot be read, is not expected for a while, or
    belongs to a customer that cannot be audited, stays in it as it was.
    """
    records = {_key(record): dict(record) for record in memory if _is_fresh(record, checked_at)}
    compared = [_subscription(subscription, records, checked_at) for subscription in subscriptions]
    for subscription in compared:
        for grant in subscription["grants"]:
            if grant["access"] is not None:
                records[_key(grant)] = _record(grant, subscription["subscription_id"], checked_at)
    return compared, [records[key] for key in sorted(records)]


def _subscription(subscription: JsonObject, records: Mapping[_Key, JsonObject], checked_at: str) -> Result:
    grants = [{**grant, **_change(grant, records.get(_key(grant)), checked_at)} for grant in subscription["grants"]]
    changes = {grant["change"] for grant in grants}
    flags = [name for name in FLAGS if name in changes or name in subscription["flags"]]
    return {**subscription, "grants": grants, "flags": flags}


def _change(grant: JsonObject, record: JsonObject | None, checked_at: str) -> dict[str, str | None]:
    """``change`` and ``since`` of a grant; ``record`` is what was known of it."""
    access, created = grant["access"], _created(grant)
    if access is None:
        if record is None:
            return {"change": None, "since": checked_at}
        return {"change": "unreadable" if record["access"] else "none", "since": record["seen"]}
    if record is None:
        return {"change": None, "since": created or checked_at}
    if access == record["access"]:
        return {"change": "none", "since": max(created or "", record["since"])}
    return {"change": "gained" if access else "lost", "since": created or checked_at}


def _record(grant: JsonObject, subscription: str | None, checked_at: str) -> Result:
    kept = {name: grant[name] for name in ("scope", "principal_id", "role_id", "access", "since")}
    return {**kept, "subscription_id": subscription, "seen": checked_at}


def _key(item: JsonObject) -> _Key:
    return str(item["scope"]).lower(), str(item["principal_id"]), str(item["role_id"])


def _is_fresh(record: JsonObject, checked_at: str) -> bool:
    return parse_time(record["seen"]) > parse_time(checked_at) - REMEMBERED


def _created(grant: JsonObject) -> str | None:
    """When the oldest of the assignments that give the access was created."""
    times: Sequence[str] = [held["created_on"] for held in grant["assignments"] if held["created_on"]]
    return min(times) if times and grant["access"] else None


def remembered_subscriptions(memory: Iterable[JsonObject]) -> frozenset[str]:
    """The subscriptions to which access is remembered: they are audited even if nobody sees them any more."""
    ids = {guid(str(record.get("subscription_id"))) for record in memory if record["access"]}
    return frozenset(filter(None, ids))


def is_record(value: object) -> bool:
    """Whether a value from a file is a record of a memory."""
    if not isinstance(value, Mapping) or not isinstance(value.get("access"), bool):
        return False
    try:
        return all(isinstance(value[name], str) for name in _TEXTS) and parse_time(value["seen"]).tzinfo is not None
    except (KeyError, ValueError):
        return False
