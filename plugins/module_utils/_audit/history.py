# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares an audit with what earlier ones knew: what was gained, what was lost, and since when. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from .._model.scopes import guid
from .findings import FLAGS

# What nobody has seen for so long is forgotten: subscriptions are deleted, too.
REMEMBERED = timedelta(days=30)
_Key = tuple[str, str, str]


def compare(
    subscriptions: Sequence[dict[str, Any]], memory: Sequence[Mapping[str, Any]], checked_at: str
) -> list[dict[str, Any]]:
    """Give each grant its ``change`` (lost, unreadable, gained, none; None where nothing was known of it) and ``since``; return the new memory.

    A memory has a record for each grant whose access was ever known: ``scope``, ``principal_id``, ``role_id``, ``subscription_id``, ``access``, ``since``
    (when that began: the time of the assignment, or of the audit that first saw it) and ``seen`` (when it was read last). What cannot be read, is not expected
    for a while, or belongs to a customer that cannot be audited, stays in it as it was.
    """
    records = {_key(one): dict(one) for one in memory if _is_fresh(one, checked_at)}
    for place in subscriptions:
        for grant in place["grants"]:
            _compare(grant, place["subscription_id"], records, checked_at)
        changes = {grant["change"] for grant in place["grants"]}
        place["flags"] = [name for name in FLAGS if name in changes or name in place["flags"]]
    return [records[key] for key in sorted(records)]


def _key(one: Mapping[str, Any]) -> _Key:
    return str(one["scope"]).lower(), str(one["principal_id"]), str(one["role_id"])


def _is_fresh(record: Mapping[str, Any], checked_at: str) -> bool:
    return _time(record["seen"]) > _time(checked_at) - REMEMBERED


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _compare(
    grant: dict[str, Any], subscription: str | None, records: dict[_Key, dict[str, Any]], checked_at: str
) -> None:
    key, access = _key(grant), grant["access"]
    before = records.get(key)
    since = _made(grant) or checked_at
    if access is None:
        grant["change"] = None if before is None else "unreadable" if before["access"] else "none"
        grant["since"] = before["seen"] if before else checked_at
        return
    if before is None:
        grant["change"] = None
    elif access == before["access"]:
        grant["change"] = "none"
        since = max(_made(grant) or "", before["since"])
    else:
        grant["change"] = "gained" if access else "lost"
    grant["since"] = since
    kept = {name: grant[name] for name in ("scope", "principal_id", "role_id", "access", "since")}
    records[key] = {**kept, "subscription_id": subscription, "seen": checked_at}


def _made(grant: Mapping[str, Any]) -> str | None:
    """When the oldest of the assignments that give the access was made."""
    made = [one["created_on"] for one in grant["assignments"] if one["created_on"]]
    return min(made) if made and grant["access"] else None


def subscriptions_of(memory: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The subscriptions to which access is remembered, so that they are looked at though nobody sees them any more."""
    found = {guid(str(one.get("subscription_id"))) for one in memory if one["access"]}
    return frozenset(filter(None, found))


def is_record(one: Any) -> bool:
    """Whether something that was read from a file is a record of a memory."""
    names = ("scope", "principal_id", "role_id", "since", "seen")
    try:
        return (
            all(isinstance(one[name], str) for name in names)
            and isinstance(one["access"], bool)
            and _time(one["seen"]).tzinfo is not None
        )
    except (KeyError, TypeError, ValueError):
        return False
