# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the page of audits, for people. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._audit.findings import FLAGS
from .audit_rows import (
    FAILED,
    FIRST,
    in_order,
    label,
    rank,
    totals,
    yes,
)
from .html_page import details, escaped, page, stacked_bar
from .html_page import row as page_row
from .report import shortened

_MOODS = {
    "full": "good",
    "part": "warn",
    "none": "bad",
    "unknown": "plain",
    "yes": "good",
    "partly": "warn",
    "no": "bad",
}
_HEADS = ("customer", "access", "subscription", "credit", "tickets", "since", "sold", "findings")


def as_html(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """The page for people: coverage, what was lost, and a row for each subscription that opens to all that is known of it."""
    found = totals(rows)
    fresh = [one for one in rows if not one.get("kept")]
    tiles = {
        "customers": found["customers"],
        "subscriptions": found["subscriptions"],
        "with access": found["access_full"],
    }
    if found["compared"]:
        tiles["lost"] = totals(fresh)["lost"]
    tiles |= {"without credit": found["no_credit"], "access unknown": found["access_unknown"]}
    tiles["customers not checked"] = found["failed"]
    checkers = sorted({str(one["checked_by"]) for one in rows if one["checked_by"]})
    by = checkers[0] if len(checkers) == 1 else f"{len(checkers)} identities"
    made = f"Checked until {max((str(one['checked_at']) for one in fresh), default='')} (UTC) by {by}."
    since = min((one["compared_with"] for one in fresh if one["compared_with"]), default=None)
    made += f" Compared with what was known since {since}." if since else " There was nothing to compare with."
    if len(fresh) < len(rows):
        made += f" {len(rows) - len(fresh)} customers were not part of this run: their rows are older."
    lines = [
        (rank(place), one["customer"], place["scope"], _html_row(one, place))
        for one in rows
        for place in one["subscriptions"]
    ]
    failed = [one for one in rows if not one["subscriptions"]]
    lines += [(FAILED, one["customer"], "", _failed_row(one)) for one in failed]
    marks = [flag for flag in FLAGS if found[flag]]
    return page(title, made, tiles, _HEADS, [line[-1] for line in sorted(lines)], _above(fresh, found), marks)


def _above(rows: Sequence[Mapping[str, Any]], found: Mapping[str, int]) -> str:
    """The charts, and what was lost: that has to be seen first."""
    charts = {
        "Access": ("access", ("full", "part", "none", "unknown")),
        "Partner Earned Credit": ("credit", ("yes", "partly", "no", "unknown")),
    }
    bars = [
        stacked_bar(
            f"{name} of {found['subscriptions']} subscriptions",
            [
                *((word, _MOODS.get(word, "plain"), found[f"{key}_{word}"]) for word in words),
                ("disabled", "off", found["disabled"]),
            ],
        )
        for name, (key, words) in charts.items()
    ]
    changes = {"lost": "Lost since the earlier report", "unreadable": "Cannot be read any more"}
    lists = [
        f"<section id={change}><h2>{title}</h2><ul>{items}</ul></section>"
        for change, title in changes.items()
        if (items := "".join(_changed(rows, change)))
    ]
    return "".join([*bars, *lists])


def _changed(rows: Sequence[Mapping[str, Any]], change: str) -> Iterator[str]:
    for one, place in in_order(rows):
        for grant in place["grants"]:
            if grant.get("change") == change:
                when = f"{'noticed' if change == 'lost' else 'last seen'} {grant['since']}"
                yield f"<li>{escaped(_customer(one))}: {escaped(grant['role'])} at {escaped(label(place))} ({escaped(when)})</li>"


def _failed_row(one: Mapping[str, Any]) -> str:
    reason = ": ".join(str(one[name]) for name in ("code", "reason") if one[name]) or "It has no subscription."
    more = [
        reason,
        one.get("hint"),
        f"request id {one['request_id']}" if one.get("request_id") else "",
        f"Tenant {one['tenant'] or 'not known'}, tried at {one['checked_at']}.",
        "Not part of this run." if one.get("kept") else "",
    ]
    mood = "warn" if one["outcome"] == "failed" else "plain"
    cells = {
        "access": "not checked" if one["outcome"] == "failed" else "",
        "subscription": "",
        "credit": "",
        "tickets": "",
        "since": "",
        "sold": "",
    }
    return page_row(
        mood, {"customer": escaped(_customer(one)), **cells, "findings": details(shortened(reason), more)}, ["unknown"]
    )


def _customer(one: Mapping[str, Any]) -> str:
    return (
        f"{one['customer']} ({one['name']})"
        if one.get("name") and one["name"] != one["customer"]
        else str(one["customer"])
    )


def _html_row(one: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    since = [grant["since"] for grant in place["grants"] if grant.get("since") and (grant["change"] or grant["access"])]
    shown = {
        "customer": escaped(_customer(one)),
        "access": escaped(place["access"]),
        "subscription": escaped(
            f"{label(place)}{'' if place['state'] in (None, 'Enabled') else ', ' + place['state']}"
        ),
        "credit": escaped(place["credit"]),
        "tickets": escaped(place["tickets"]),
        "since": escaped(max(since, default="")[:10]),
        "sold": escaped(yes(place["sold"])),
        "findings": details(", ".join(place["flags"]) or "none", _texts(one, place), _items(place)),
    }
    mood = next((mood for flag, mood in FIRST.items() if flag in place["flags"]), _MOODS.get(place["access"], "plain"))
    return page_row(mood, shown, place["flags"])


def _texts(one: Mapping[str, Any], place: Mapping[str, Any]) -> list[str]:
    error = place.get("error") or {}
    path = f"Relationship: {one.get('relationship') or 'not known'}; delegated access: {yes(one.get('delegated_access')) or 'not known'}."
    return [
        *place["advice"],
        f"{error['code']}: {error['message']} {error['hint']}" if error else "",
        f"request id {error['request_id']}" if error.get("request_id") else "",
        place["credit_reason"],
        f"{place['notes']}." if place["notes"] else "",
        path if one.get("relationship") or one.get("delegated_access") is not None else "",
        f"Tenant {one['tenant']}, checked at {one['checked_at']} by {one['checked_by']}.",
        *(one.get("left_out") or []),
        "Not part of this run." if one.get("kept") else "",
    ]


def _items(place: Mapping[str, Any]) -> Iterator[str]:
    for grant in place["grants"]:
        who = grant["group"] or grant["display_name"] or grant["principal_id"]
        yield f"expected {grant['role']} of {who} ({grant['principal_id']}) at {grant['scope']}: {grant['finding']}"
        for held in grant["assignments"]:
            yield f"has {held['role']} at {held['scope']} since {held['created_on']}, made by {held['created_by'] or 'Azure'}: {held['id']}"
    for held in place["foreign_principals"]:
        whose = f"{_whose(held)} {held['partner_tenant_id'] or '(tenant not known)'}"
        yield f"{whose}: {held['role']} of {held['principal_id']} at {held['scope']} since {held['created_on']}"
    for deny in place["deny_assignments"]:
        yield f"deny assignment {deny['name']} at {deny['scope']}{'' if deny['concerns_us'] else ', not for our groups'}"
    for lock in place["locks"]:
        yield f"lock {lock['name']} ({lock['level']}) at {lock['scope']}"


def _whose(held: Mapping[str, Any]) -> str:
    return {True: "our group of", False: "other partner"}.get(held["ours"], "foreign group of")
