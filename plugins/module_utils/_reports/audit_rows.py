# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of audits: how they are made, known again, counted and put in order. Pure but for `earlier_row`.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .._audit.findings import FLAGS
from .._audit.history import is_record
from .report import earlier_rows, reason_of, result_of
from .shape import TEXT, TRUTH, fits

# In which order subscriptions are worth a look: the flag, and the mood of its row.
FIRST = {
    "lost": "bad",
    "unreadable": "bad",
    "sold_without_access": "bad",
    "missing": "bad",
    "wrong_principal": "bad",
    "unknown": "warn",
    "different_role": "warn",
    "no_credit": "warn",
    "denied": "warn",
    "conditional": "warn",
}
ORDER = [*FIRST, *(flag for flag in FLAGS if flag not in FIRST)]
_ERROR = dict.fromkeys(("code", "message", "hint"), TEXT)
_HELD = {**dict.fromkeys(("id", "scope", "created_on", "created_by"), TEXT), "role": str}
_GRANT = {
    **dict.fromkeys(("principal_id", "role", "scope", "finding", "reinstate"), str),
    **dict.fromkeys(("group", "display_name", "partner_tenant_id", "change", "since"), TEXT),
    "access": TRUTH,
    "assignments": [_HELD],
    "error?": _ERROR,
}
_PLACE = {
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
    "subscriptions": [_PLACE],
    "steps": list,
    "left_out?": [str],
    "memory": list,
}


def row(customer: str, result: Mapping[str, Any] | None, checked_at: str) -> dict[str, Any]:
    """One customer's row. ``outcome`` is checked, findings (some of which fail the task) or failed; ``result`` is what partner_access_info returned."""
    told = result_of(result)
    about = told.get("customer") or {}
    audited = "subscriptions" in told
    return {
        "customer": customer,
        "tenant": about.get("tenant") or (told.get("caller") or {}).get("tenant"),
        "name": about.get("name"),
        "outcome": ("findings" if audited else "failed") if told.get("failed") else "checked",
        **reason_of({} if audited else told),
        "checked_at": told.get("checked_at") or checked_at,
        "checked_by": _caller(told.get("caller") or {}),
        "compared_with": told.get("compared_with"),
        "relationship": about.get("relationship"),
        "delegated_access": about.get("delegated_access"),
        "subscriptions": told.get("subscriptions") or [],
        "steps": told.get("steps") or [],
        "left_out": told.get("left_out") or [],
        "memory": told.get("memory") or [],
    }


def remember(one: dict[str, Any], older: Mapping[str, Any]) -> dict[str, Any]:
    """A customer that could not be audited is not one without access: what was known stays for the next audit."""
    if one["outcome"] != "failed":
        return one
    return {
        **one,
        "memory": older["memory"],
        "name": one["name"] or older["name"],
        "tenant": one["tenant"] or older["tenant"],
    }


def _caller(caller: Mapping[str, Any]) -> str | None:
    if not caller.get("object_id"):
        return None
    return f"{caller.get('kind') or 'identity'} {caller['object_id']} of tenant {caller.get('tenant')}"


def is_row(one: Any) -> bool:
    """Whether a line of a file is a row of an audit."""
    return fits(one, _ROW) and all(map(is_record, one["memory"]))


def earlier_row(path: str, customer: str, tenant: str | None) -> dict[str, Any] | None:
    """The row of a customer's tenant in an earlier report, None if it is not in there or there is no such file yet; AzureError if it is no report.

    A tenant may have rows of several hosts: the one of this name counts then. Only lines that hold tenant or name are parsed: thousands of
    customers look for their row.
    """
    marks = [json.dumps(text, ensure_ascii=False) for text in (customer, tenant) if text]
    found = earlier_rows(path, is_row, lambda number, line: number == 0 or any(mark in line for mark in marks))
    rank = {(True, True): 3, (True, False): 2, (False, True): 1}
    ranked = [
        (rank.get((one["tenant"] == tenant, one["customer"] == customer), 0), number)
        for number, one in enumerate(found)
        if one["tenant"] in (tenant, None)
    ]
    best = max(ranked, default=(0, 0))
    return found[best[1]] if best[0] else None


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many customers and subscriptions there are, with which access and credit (disabled ones left out), and with which flag."""
    places = [place for one in rows for place in one["subscriptions"]]
    used = [place for place in places if "disabled" not in place["flags"]]
    return {
        "customers": len(rows),
        "failed": sum(one["outcome"] == "failed" for one in rows),
        "compared": sum(one["compared_with"] is not None for one in rows),
        "subscriptions": len(places),
        **{
            f"access_{word}": sum(one["access"] == word for one in used) for word in ("full", "part", "none", "unknown")
        },
        **{f"credit_{word}": sum(one["credit"] == word for one in used) for word in ("yes", "partly", "no", "unknown")},
        **{flag: sum(flag in one["flags"] for one in places) for flag in FLAGS},
    }


def rank(place: Mapping[str, Any]) -> int:
    """How far down a subscription stands: lost access first."""
    return next((number for number, flag in enumerate(ORDER) if flag in place["flags"]), len(ORDER))


# Customers that could not be checked stand with the subscriptions that could not be read.
FAILED = ORDER.index("unknown")


def in_order(rows: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """All subscriptions with their customers, lost access first."""
    found = [(one, place) for one in rows for place in one["subscriptions"]]
    return sorted(found, key=lambda pair: (rank(pair[1]), pair[0]["customer"], pair[1]["scope"]))


def label(place: Mapping[str, Any]) -> str:
    """A subscription in words."""
    where = place["subscription_id"] or place["scope"]
    return f"{place['name']} ({where})" if place["name"] else str(where)


def summary(places: Sequence[Mapping[str, Any]]) -> list[str]:
    """One customer's subscriptions in words, lost access first."""
    return [_sentence(place) for place in sorted(places, key=lambda place: (rank(place), place["scope"]))]


def _sentence(place: Mapping[str, Any]) -> str:
    told = f"{label(place)}: access {place['access']}, credit {place['credit']}, tickets {place['tickets']}"
    flags = f" [{', '.join(place['flags'])}]" if place["flags"] else ""
    return f"{told}{flags}. {' '.join(place['advice'])}".rstrip()


def yes(value: bool | None) -> str:
    """A truth in words, nothing if nobody knows it."""
    return "" if value is None else "yes" if value else "no"
