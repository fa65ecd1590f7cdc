# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of audits: made, validated, counted and sorted. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._audit.history import is_record
from .._audit.model import FLAGS
from .._audit.summary import ORDER, rank
from .._model.types import JsonObject, Result
from .report import reason_of
from .shape import TEXT, TRUTH, fits
from .sign_in import DELEGATED_ADMIN, sign_in_totals

# How far down a customer without a verdict stands.
UNCHECKED = ORDER.index("unknown")
_ACCESS = ("full", "part", "none", "unknown")
_CREDIT = ("yes", "partly", "no", "unknown")
_ERROR = dict.fromkeys(("code", "message", "hint"), TEXT)
_HELD = {**dict.fromkeys(("id", "scope", "created_on", "created_by"), TEXT), "role": str}
_GRANT = {
    **dict.fromkeys(("principal_id", "role", "scope", "finding", "reinstate"), str),
    **dict.fromkeys(("group", "display_name", "partner_tenant_id", "change", "since"), TEXT),
    "access": TRUTH,
    "assignments": [_HELD],
    "error?": _ERROR,
}
_SUBSCRIPTION = {
    **dict.fromkeys(("scope", "access", "credit", "credit_reason", "tickets", "notes"), str),
    **dict.fromkeys(("subscription_id", "name", "state"), TEXT),
    "sold": TRUTH,
    "flags": [str],
    "advice": [str],
    "grants": [_GRANT],
    "foreign_principals": [
        {**_HELD, **dict.fromkeys(("principal_id", "partner_tenant_id", "display_name"), TEXT), "ours": TRUTH}
    ],
    "deny_assignments": [{"name": TEXT, "scope": TEXT, "concerns_us": bool}],
    "locks": [dict.fromkeys(("name", "level", "scope"), TEXT)],
    "error?": _ERROR,
}
# What is read again; later versions may add to it.
_ROW = {
    **dict.fromkeys(("customer", "outcome", "checked_at"), str),
    **dict.fromkeys(("tenant", "name", "code", "reason", "hint", "request_id", "checked_by", "compared_with"), TEXT),
    "relationship": TEXT,
    "delegated_access": TRUTH,
    "subscriptions": [_SUBSCRIPTION],
    "steps": list,
    "left_out?": [str],
    "memory": list,
    "delegated_admin?": DELEGATED_ADMIN,
}


def audit_row(customer: str, result: JsonObject, checked_at: str) -> Result:
    """One customer's row. ``outcome`` is checked, findings (some of which fail the task) or failed; ``result`` is that of partner_access_info."""
    profile, caller = result.get("customer") or {}, result.get("caller") or {}
    audited = "subscriptions" in result
    return {
        "customer": customer,
        "tenant": profile.get("tenant") or caller.get("tenant"),
        "name": profile.get("name"),
        "outcome": ("findings" if audited else "failed") if result.get("failed") else "checked",
        **reason_of({} if audited else result),
        "checked_at": result.get("checked_at") or checked_at,
        "checked_by": _checked_by(caller),
        "compared_with": result.get("compared_with"),
        "relationship": profile.get("relationship"),
        "delegated_access": profile.get("delegated_access"),
        **{name: result.get(name) or [] for name in ("subscriptions", "steps", "left_out", "memory")},
        "delegated_admin": result.get("delegated_admin"),
    }


def _checked_by(caller: JsonObject) -> str | None:
    if not caller.get("object_id"):
        return None
    return f"{caller.get('kind') or 'identity'} {caller['object_id']} of tenant {caller.get('tenant')}"


def is_row(value: object) -> bool:
    """Whether a value from a file is a row of an audit."""
    return isinstance(value, dict) and fits(value, _ROW) and all(map(is_record, value["memory"]))


def totals(rows: Sequence[JsonObject]) -> dict[str, int]:
    """The number of customers and subscriptions, with each access and credit (without disabled ones), and with each flag."""
    subscriptions = [subscription for row in rows for subscription in row["subscriptions"]]
    used = [subscription for subscription in subscriptions if "disabled" not in subscription["flags"]]
    return {
        "customers": len(rows),
        "failed": sum(row["outcome"] == "failed" for row in rows),
        "compared": sum(row["compared_with"] is not None for row in rows),
        "subscriptions": len(subscriptions),
        **{f"access_{word}": sum(item["access"] == word for item in used) for word in _ACCESS},
        **{f"credit_{word}": sum(item["credit"] == word for item in used) for word in _CREDIT},
        **{flag: sum(flag in item["flags"] for item in subscriptions) for flag in FLAGS},
        **sign_in_totals(rows),
    }


def in_order(rows: Iterable[JsonObject]) -> list[tuple[JsonObject, JsonObject]]:
    """All subscriptions with their customers, lost access first."""
    pairs = [(row, subscription) for row in rows for subscription in row["subscriptions"]]
    return sorted(pairs, key=lambda pair: (rank(pair[1]), pair[0]["customer"], pair[1]["scope"]))
