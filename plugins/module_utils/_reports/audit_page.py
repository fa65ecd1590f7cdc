# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the page of audits, for people. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._audit.model import FLAGS
from .._audit.summary import URGENT, label, rank
from .._model.text import counted, one_line, yes_no
from .._model.types import JsonObject
from .audit_rows import UNCHECKED, in_order, totals
from .html_page import Tile, customer_cell, details, escaped, identifier, page, pill, stacked_bar, titled
from .html_page import row as page_row
from .report import reason_line
from .sign_in import sign_in_text, status_of

_MOODS = {
    "full": "good",
    "part": "warn",
    "none": "bad",
    "unknown": "plain",
    "yes": "good",
    "partly": "warn",
    "no": "bad",
}
# What the page calls the values and flags of the other formats.
_ACCESS = {"full": "full access", "part": "in part", "none": "no access"}
_CREDIT = {"yes": "earns", "no": "no credit"}
_SIGN_IN = {"missing": "cannot sign in", "waiting": "awaits approval"}
_FLAGS = {
    "missing": "no role",
    "different_role": "another role",
    "conditional": "with a condition",
    "wrong_principal": "role of the customer's own group",
    "unknown": "could not be read",
    "unreadable": "cannot be read any more",
    "no_credit": "earns no credit",
    "no_tickets": "cannot open tickets",
    "other_partner": "another partner has access",
    "denied": "denied by an assignment",
    "sold_without_access": "sold, but no access",
    "not_sold": "not sold by the partner",
    "sign_in_missing": "cannot sign in",
    "sign_in_waiting": "awaits approval",
    "sign_in_expiring": "sign-in expires",
    "sign_in_unknown": "sign-in not known",
}
_HEADS = ("customer", "access", "subscription", "credit", "tickets", "GDAP", "since", "sold", "findings")

_MEANINGS = (
    "access: whether the partner's groups have the roles that they should have",
    "credit: whether a role earns Partner Earned Credit",
    "tickets: whether the partner can open support requests",
    "GDAP: whether the partner's users can sign in to the customer's tenant",
    "since: when an audit first saw this access, or its loss",
    "sold: whether the partner sold the subscription",
)


def as_html(rows: Sequence[JsonObject], title: str) -> str:
    """The page for people: coverage, what was lost, and a row for each subscription that opens to all that is known of it."""
    counts = totals(rows)
    fresh = [row for row in rows if not row.get("kept")]
    tiles = [
        Tile("customers", counts["customers"]),
        Tile("subscriptions", counts["subscriptions"]),
        Tile("with access", counts["access_full"], "good"),
    ]
    if counts["compared"]:
        tiles.append(Tile("lost", totals(fresh)["lost"], "bad"))
    tiles += [
        Tile("without credit", counts["no_credit"], "warn"),
        Tile("access unknown", counts["access_unknown"], "warn"),
    ]
    if any(map(status_of, rows)):
        tiles.append(Tile("awaiting approval", counts["awaiting_approval"], "warn"))
    tiles.append(Tile("customers not checked", counts["failed"], "bad"))
    checkers = sorted({str(row["checked_by"]) for row in rows if row["checked_by"]})
    by = checkers[0] if len(checkers) == 1 else f"{len(checkers)} identities"
    subtitle = f"Checked until {max((str(row['checked_at']) for row in fresh), default='')} (UTC) by {by}."
    since = min((row["compared_with"] for row in fresh if row["compared_with"]), default=None)
    subtitle += f" Compared with what was known since {since}." if since else " There was nothing to compare with."
    if len(fresh) < len(rows):
        subtitle += f" Rows of {counted(len(rows) - len(fresh), 'customer')} are older: this run did not cover them."
    lines = [
        (rank(subscription), row["customer"], subscription["scope"], _html_row(row, subscription))
        for row in rows
        for subscription in row["subscriptions"]
    ]
    failed = [row for row in rows if not row["subscriptions"]]
    lines += [(UNCHECKED, row["customer"], "", _failed_row(row)) for row in failed]
    marks = {flag: _FLAGS.get(flag, flag) for flag in FLAGS if counts[flag]}
    return page(title, subtitle, tiles, _HEADS, [line[-1] for line in sorted(lines)], _above(fresh, counts), marks)


def _above(rows: Sequence[JsonObject], counts: dict[str, int]) -> str:
    """The charts, and what was lost: that has to be seen first."""
    charts = {
        "Access": ("access", _ACCESS, ("full", "part", "none", "unknown")),
        "Partner Earned Credit": ("credit", _CREDIT, ("yes", "partly", "no", "unknown")),
    }
    bars = [
        stacked_bar(
            f"{name} of {counted(counts['subscriptions'], 'subscription')}",
            [
                *((names.get(word, word), _MOODS.get(word, "plain"), counts[f"{key}_{word}"]) for word in words),
                ("disabled", "off", counts["disabled"]),
            ],
        )
        for name, (key, names, words) in charts.items()
    ]
    changes = {"lost": "Lost since the earlier report", "unreadable": "Cannot be read any more"}
    lists = [
        f"<section id={change}><h2>{title}</h2><ul>{items}</ul></section>"
        for change, title in changes.items()
        if (items := "".join(_changed(rows, change)))
    ]
    return "".join([*bars, *lists, details("What the columns mean", (), _MEANINGS)])


def _changed(rows: Sequence[JsonObject], change: str) -> Iterator[str]:
    for row, subscription in in_order(rows):
        for grant in subscription["grants"]:
            if grant.get("change") == change:
                when = f"{'noticed' if change == 'lost' else 'last seen'} {grant['since']}"
                yield f"<li>{escaped(row.get('name') or row['customer'])}: {escaped(grant['role'])} at {escaped(label(subscription))} ({escaped(when)})</li>"


def _failed_row(row: JsonObject) -> str:
    reason = reason_line(row) or "It has no subscription."
    more = [
        reason,
        row.get("hint"),
        sign_in_text(row),
        f"request id {row['request_id']}" if row.get("request_id") else "",
        f"Tenant {row['tenant'] or 'not known'}, tried at {row['checked_at']}.",
        "Not part of this run." if row.get("kept") else "",
    ]
    mood = "warn" if row["outcome"] == "failed" else "plain"
    cells = {
        "access": pill("not checked" if row["outcome"] == "failed" else "", "warn"),
        "subscription": "",
        "credit": "",
        "tickets": "",
        "GDAP": escaped(_SIGN_IN.get(status_of(row), status_of(row))),
        "since": "",
        "sold": "",
    }
    return page_row(
        mood, {"customer": customer_cell(row), **cells, "findings": details(one_line(reason), more)}, ["unknown"]
    )


def _access(value: str) -> str:
    return pill(_ACCESS.get(value, value), _MOODS.get(value, "plain"))


def _subscription(subscription: JsonObject) -> str:
    """The subscription's name with its state, and its ID below it."""
    state = "" if subscription["state"] in (None, "Enabled") else f" ({subscription['state']})"
    where = subscription["subscription_id"] or subscription["scope"]
    return titled(f"{subscription['name'] or ''}{state}", identifier(where))


def _html_row(row: JsonObject, subscription: JsonObject) -> str:
    since = [
        grant["since"]
        for grant in subscription["grants"]
        if grant.get("since") and (grant["change"] or grant["access"])
    ]
    shown = {
        "customer": customer_cell(row),
        "access": _access(subscription["access"]),
        "subscription": _subscription(subscription),
        "credit": escaped(_CREDIT.get(subscription["credit"], subscription["credit"])),
        "tickets": escaped(subscription["tickets"]),
        "GDAP": escaped(_SIGN_IN.get(status_of(row), status_of(row))),
        "since": escaped(max(since, default="")[:10]),
        "sold": escaped(yes_no(subscription["sold"])),
        "findings": details(
            " \u00b7 ".join(_FLAGS.get(flag, flag) for flag in subscription["flags"]) or "no findings",
            _texts(row, subscription),
            _items(subscription),
        ),
    }
    mood = next(
        (mood for flag, mood in URGENT.items() if flag in subscription["flags"]),
        _MOODS.get(subscription["access"], "plain"),
    )
    return page_row(mood, shown, subscription["flags"])


def _texts(row: JsonObject, subscription: JsonObject) -> list[str]:
    error = subscription.get("error") or {}
    path = f"Relationship: {row.get('relationship') or 'not known'}; delegated access: {yes_no(row.get('delegated_access')) or 'not known'}."
    return [
        *subscription["advice"],
        sign_in_text(row),
        f"{error['code']}: {error['message']} {error['hint']}" if error else "",
        f"request id {error['request_id']}" if error.get("request_id") else "",
        subscription["credit_reason"],
        f"{subscription['notes']}." if subscription["notes"] else "",
        path if row.get("relationship") or row.get("delegated_access") is not None else "",
        f"Tenant {row['tenant']}, checked at {row['checked_at']} by {row['checked_by']}.",
        *(row.get("left_out") or []),
        "Not part of this run." if row.get("kept") else "",
    ]


def _items(subscription: JsonObject) -> Iterator[str]:
    for grant in subscription["grants"]:
        who = grant["group"] or grant["display_name"] or grant["principal_id"]
        yield f"expected {grant['role']} of {who} ({grant['principal_id']}) at {grant['scope']}: {grant['finding']}"
        for held in grant["assignments"]:
            yield f"has {held['role']} at {held['scope']} since {held['created_on']}, made by {held['created_by'] or 'Azure'}: {held['id']}"
    for held in subscription["foreign_principals"]:
        whose = f"{_whose(held)} {held['partner_tenant_id'] or '(tenant not known)'}"
        yield f"{whose}: {held['role']} of {held['principal_id']} at {held['scope']} since {held['created_on']}"
    for deny in subscription["deny_assignments"]:
        yield f"deny assignment {deny['name']} at {deny['scope']}{'' if deny['concerns_us'] else ', not for our groups'}"
    for lock in subscription["locks"]:
        yield f"lock {lock['name']} ({lock['level']}) at {lock['scope']}"


def _whose(held: JsonObject) -> str:
    return {True: "our group of", False: "other partner"}.get(held["ours"], "foreign group of")
