# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the reports of audits: a table for the terminal, and files for people, spreadsheets, programs and `reinstate`. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .audit_page import as_html
from .audit_rows import (
    FAILED,
    FIRST,
    ORDER,
    in_order,
    is_row,
    rank,
    remember,
    row,
    summary,
    totals,
    yes,
)
from .report import (
    SHORT,
    Kind,
    as_json_lines,
    left_out,
    shortened,
    spreadsheet,
)

# Those of Microsoft's own sample report, then ours.
COLUMNS = (
    "CustomerTenantName",
    "CustomerTenantID",
    "SubscriptionId",
    "ForeignPrincipalName",
    "ObjectID",
    "AzureRBACRole",
    "TimeChecked",
    "Notes",
    "CredentialsUsedForAccessCheck",
    "Customer",
    "SubscriptionName",
    "SubscriptionState",
    "Relationship",
    "DelegatedAccess",
    "Finding",
    "Scope",
    "Change",
    "Since",
    "PartnerTenantID",
    "AssignmentId",
    "AssignmentScope",
    "CreatedOn",
    "CreatedBy",
    "Condition",
    "PartnerEarnedCredit",
    "SupportTickets",
    "Flags",
    "Advice",
    "ErrorCode",
    "ErrorMessage",
    "RequestId",
    "LeftOut",
)


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The lines for the terminal: lost access first, then the customers with findings, then the totals. One customer is told in full."""
    if len(rows) == 1 and rows[0]["subscriptions"]:
        return [*summary(rows[0]["subscriptions"]), *(rows[0].get("left_out") or [])]
    lines = []
    for one, place in in_order(rows):
        for grant in place["grants"]:
            if grant.get("change") in ("lost", "unreadable"):
                lines.append(f"{grant['change'].upper()}: {one['customer']}: {grant['role']} at {grant['scope']}")
    cells = [("customer", "subscriptions", "with access", "with credit", "first finding"), *_lines(rows)]
    widths = [max(len(line[number]) for line in cells) for number in range(4)]
    lines += [
        "  ".join([*(text.ljust(width) for text, width in zip(line[:4], widths, strict=True)), line[4]]).rstrip()
        for line in cells
        if len(cells) > 1
    ]
    return [*lines, *left_out(rows), _last_line(rows)]


def _last_line(rows: Sequence[Mapping[str, Any]]) -> str:
    found = totals(rows)
    since = min((one["compared_with"] for one in rows if one["compared_with"]), default=None)
    changes = f"{found['lost']} lost, {found['gained']} gained since {since}" if since else "nothing to compare with"
    return (
        f"{found['customers']} customers ({found['failed']} could not be checked), {found['subscriptions']} subscriptions: {found['access_full']} with access,"
        f" {found['access_part']} in part, {found['access_none']} without, {found['access_unknown']} unknown, {found['disabled']} disabled;"
        f" {found['credit_yes'] + found['credit_partly']} earn credit; {changes}."
    )


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for one in sorted(rows, key=lambda one: (min(map(rank, one["subscriptions"]), default=FAILED), one["customer"])):
        places = sorted(one["subscriptions"], key=rank)
        worst = next((flag for place in places for flag in ORDER if flag in place["flags"]), "")
        reason = f"{one['code']}: {one['reason']}" if one["code"] else one["reason"] or ""
        if len(rows) > SHORT and worst not in FIRST and one["outcome"] == "checked":
            continue
        first = next((place for place in places if worst and worst in place["flags"]), None)
        told = f"{worst}: {' '.join(first['advice']) or first['credit_reason']}" if first else reason
        access = sum(place["access"] == "full" for place in places)
        credit = sum(place["credit"] in ("yes", "partly") for place in places)
        yield one["customer"], str(len(places)), str(access), str(credit), shortened(told)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each expected grant and each other foreign principal of each subscription, and for each customer that could not be checked."""
    lines = ([line.get(name) for name in COLUMNS] for one in rows for line in _csv_lines(one))
    return spreadsheet(COLUMNS, lines)


def _csv_lines(one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    about = {
        "CustomerTenantName": one.get("name"),
        "CustomerTenantID": one["tenant"],
        "TimeChecked": one["checked_at"],
        "CredentialsUsedForAccessCheck": one["checked_by"],
        "Customer": one["customer"],
        "Relationship": one.get("relationship"),
        "DelegatedAccess": yes(one.get("delegated_access")),
        "LeftOut": " ".join(one.get("left_out") or []),
    }
    if not one["subscriptions"]:
        yield {
            **about,
            **_error_cells({"code": one["code"], "message": one["reason"], "request_id": one.get("request_id")}),
        }
    for place in one["subscriptions"]:
        shared = {
            **about,
            "SubscriptionId": place["subscription_id"] or place["scope"],
            "SubscriptionName": place["name"],
            "SubscriptionState": place["state"],
            "Notes": place["notes"],
            "PartnerEarnedCredit": place["credit"],
            "SupportTickets": place["tickets"],
            "Flags": " ".join(place["flags"]),
            "Advice": " ".join(place["advice"]),
            **_error_cells(place.get("error") or {}),
        }
        for grant in place["grants"]:
            yield {**shared, **_grant_cells(grant)}
        for held in place["foreign_principals"]:
            finding = {True: "further role of the partner", False: "other partner"}.get(
                held["ours"], "foreign principal"
            )
            yield {
                **shared,
                **_principal_cells(held),
                **_assignment_cells(held),
                "AzureRBACRole": held["role"],
                "Finding": finding,
            }
        if not place["grants"] and not place["foreign_principals"]:
            yield shared


def _grant_cells(grant: Mapping[str, Any]) -> dict[str, Any]:
    first = grant["assignments"][0] if grant["assignments"] else {}
    return {
        **_principal_cells({**grant, "display_name": grant["display_name"] or grant["group"]}),
        **_assignment_cells(first),
        "AzureRBACRole": grant["role"],
        "Finding": grant["finding"],
        "Scope": grant["scope"],
        "Change": grant.get("change"),
        "Since": grant.get("since"),
        **_error_cells(grant.get("error") or {}),
    }


def _principal_cells(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ForeignPrincipalName": one["display_name"],
        "ObjectID": one["principal_id"],
        "PartnerTenantID": one["partner_tenant_id"],
    }


def _assignment_cells(held: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "AssignmentId": "id",
        "AssignmentScope": "scope",
        "CreatedOn": "created_on",
        "CreatedBy": "created_by",
        "Condition": "condition",
    }
    return {name: held.get(key) for name, key in names.items()}


def _error_cells(error: Mapping[str, Any]) -> dict[str, Any]:
    if not error:
        return {}
    return {"ErrorCode": error.get("code"), "ErrorMessage": error.get("message"), "RequestId": error.get("request_id")}


def work(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The grants that each customer lacks and that can be written, as `reinstate` takes them. Customers without are left out.

    The values will be templates to ansible: a scope that looks like one is left out.
    """
    found = {
        one["customer"]: [
            {"principal_id": grant["principal_id"], "role": grant["role"], "scopes": [grant["scope"]]}
            for place in one["subscriptions"]
            for grant in place["grants"]
            if grant["reinstate"] == "created" and "{" not in grant["scope"] + grant["role"]
        ]
        for one in rows
        if not one.get("kept")
    }
    return {customer: grants for customer, grants in found.items() if grants}


def as_worklist(rows: Sequence[Mapping[str, Any]]) -> str:
    """An inventory of the customers that lack something; people may take lines away before `reinstate` is given it.

    Where a customer's own are taken away, the empty list of the group stands: it must not fall back to what else is configured.
    """
    hosts = {customer: {"reinstate_worklist": grants} for customer, grants in work(rows).items()}
    return json.dumps({"audit_worklist": {"hosts": hosts, "vars": {"reinstate_worklist": []}}}, indent=2) + "\n"


AUDITS = Kind(
    row,
    is_row,
    (),  # what was found stays true, whatever became of the host after it
    table,
    totals,
    lambda rows, title: {
        "jsonl": as_json_lines(rows),
        "csv": as_csv(rows),
        "html": as_html(rows, title),
        "worklist.json": as_worklist(rows),
    },
    lambda rows: {"lacking": list(work(rows))},
    remember,
)
