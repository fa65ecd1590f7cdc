# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What both reports show of the partner's way into a customer's tenant: its status, and who has yet to approve. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._model.text import counted
from .._model.types import JsonObject
from .shape import TEXT

_NAMES = ("relationship", "expires_at", "approval_url", "requested_at", "request_ends_at")
DELEGATED_ADMIN = {"status": str, "reason": str, **{f"{name}?": TEXT for name in _NAMES}}
_READY = ("ready", "expiring")


def status_of(row: JsonObject) -> str:
    """The status of a row, empty if nobody asked."""
    return str((row.get("delegated_admin") or {}).get("status") or "")


def link_of(row: JsonObject) -> str:
    """The link with which the customer approves, empty if that is not awaited."""
    return str((row.get("delegated_admin") or {}).get("approval_url") or "")


def sign_in_totals(rows: Sequence[JsonObject]) -> dict[str, int]:
    """The number of customers into whose tenants the partner's users can sign in, and of those who have yet to approve."""
    return {
        "sign_in_ready": sum(status_of(row) in _READY for row in rows),
        "awaiting_approval": sum(bool(link_of(row)) for row in rows),
    }


def awaiting_lines(rows: Sequence[JsonObject]) -> list[str]:
    """A line for each customer who has yet to approve, those that wait longest first."""
    awaiting = [(row, row["delegated_admin"]) for row in rows if link_of(row)]
    return [
        f"{row['customer']}: approval awaited since {_day(path.get('requested_at'))}, until {_day(path.get('request_ends_at'))}: {link_of(row)}"
        for row, path in sorted(awaiting, key=lambda pair: (pair[1].get("requested_at") or "", pair[0]["customer"]))
    ]


def sign_in_sentence(rows: Sequence[JsonObject]) -> str:
    """The totals in words, empty if nobody asked."""
    if not any(map(status_of, rows)):
        return ""
    counts = sign_in_totals(rows)
    waiting = counted(counts["awaiting_approval"], "customer")
    return f"Sign-in: {counts['sign_in_ready']} ready; the approval of {waiting} is awaited."


def sign_in_text(row: JsonObject) -> str:
    """The way in, in words, empty if nobody asked."""
    path = row.get("delegated_admin") or {}
    return f"Sign-in {path['status']}: {path['reason']} {link_of(row)}".rstrip() if path else ""


def _day(time: object) -> str:
    return str(time)[:10] if time else "an unknown time"
