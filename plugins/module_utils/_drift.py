# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares an audit with an earlier one: what was gained, what was lost, and since when. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.csp.azure.plugins.module_utils._findings import FLAGS

_Key = tuple[str, str, str]


def compare(subscriptions: Sequence[dict[str, Any]], earlier: Mapping[str, Any] | None, checked_at: str) -> None:
    """Give each grant its ``change`` (lost, unreadable, gained, none; None where there is nothing to compare with) and ``since``.

    ``since`` is when the present state began, as far as it is known: the time of the assignment, or of the audit that first saw it. ``was`` keeps
    the access that was known last while nothing can be read. ``earlier`` is the customer's row in the earlier report.
    """
    before = _grants(earlier or {})
    for place in subscriptions:
        for grant in place["grants"]:
            _compare(grant, before.get(_key(grant)), checked_at)
        changes = {grant["change"] for grant in place["grants"]}
        place["flags"] = [name for name in FLAGS if name in changes or name in place["flags"]]


def _grants(row: Mapping[str, Any]) -> dict[_Key, Mapping[str, Any]]:
    return {_key(grant): grant for place in row.get("subscriptions") or [] for grant in place["grants"]}


def _key(grant: Mapping[str, Any]) -> _Key:
    return grant["scope"].lower(), grant["principal_id"], grant["role"].casefold()


def _compare(grant: dict[str, Any], before: Mapping[str, Any] | None, checked_at: str) -> None:
    access = grant["access"]
    was = None if before is None else before["access"] if before["access"] is not None else before.get("was")
    grant["was"] = was
    since = _made(grant) or checked_at
    if before is None or was is None:
        grant["change"], grant["since"] = None, since
    elif access is None:
        grant["change"] = "unreadable" if was else "none"
        grant["since"] = before["since"] if before["access"] is None else checked_at
    elif access == was:
        grant["change"], grant["since"] = "none", since if before["access"] is None else before["since"]
    else:
        grant["change"], grant["since"] = "gained" if access else "lost", since


def _made(grant: Mapping[str, Any]) -> str | None:
    """When the oldest of the assignments that give the access was made."""
    made = [one["created_on"] for one in grant["assignments"] if one["created_on"]]
    return min(made) if made and grant["access"] else None


def subscriptions_of(earlier: Mapping[str, Any] | None) -> frozenset[str]:
    """The subscriptions that an earlier audit saw, or knew to be sold: one that it only remembered itself is forgotten."""
    return frozenset(
        place["subscription_id"]
        for place in (earlier or {}).get("subscriptions") or []
        if place["subscription_id"] and (place["state"] or place["sold"])
    )
