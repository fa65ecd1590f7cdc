# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spreadsheet of audits. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .._model.text import yes_no
from .._model.types import JsonObject, Result
from .formats import spreadsheet

# The columns of Microsoft's own sample report, then ours.
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
    "SignIn",
    "SignInReason",
    "ApprovalUrl",
    "ApprovalAwaitedSince",
    "ApprovalAwaitedUntil",
    "ExpectedRole",
)


def as_csv(rows: Iterable[JsonObject]) -> str:
    """A line for each expected grant and each other foreign principal of each subscription, and for each customer that could not be audited."""
    return spreadsheet(COLUMNS, (line for row in rows for line in _lines(row)))


def _lines(row: JsonObject) -> Iterator[Result]:
    customer = {
        "CustomerTenantName": row.get("name"),
        "CustomerTenantID": row["tenant"],
        "TimeChecked": row["checked_at"],
        "CredentialsUsedForAccessCheck": row["checked_by"],
        "Customer": row["customer"],
        "Relationship": row.get("relationship"),
        "DelegatedAccess": yes_no(row.get("delegated_access")),
        "LeftOut": " ".join(row.get("left_out") or []),
        **_sign_in_cells(row.get("delegated_admin") or {}),
    }
    if not row["subscriptions"]:
        error = {"code": row["code"], "message": row["reason"], "request_id": row.get("request_id")}
        yield {**customer, **_error_cells(error), "Advice": row["hint"]}
    for subscription in row["subscriptions"]:
        shared = {**customer, **_subscription_cells(subscription)}
        names = _names(subscription)
        for grant in subscription["grants"]:
            yield {**shared, **_principal_cells(grant, names), **_grant_cells(grant)}
        for held in subscription["foreign_principals"]:
            yield {**shared, **_principal_cells(held, names), **_foreign_cells(held)}
        if not subscription["grants"] and not subscription["foreign_principals"]:
            yield shared


def _names(subscription: JsonObject) -> dict[str | None, str | None]:
    """The names of the foreign principals in the customer's directory; a group without one there has its name in the partner's tenant."""
    items = [*subscription["grants"], *subscription["foreign_principals"]]
    groups = {item["principal_id"]: item.get("group") for item in reversed(items)}
    return groups | {item["principal_id"]: item["display_name"] for item in items if item["display_name"]}


def _sign_in_cells(path: JsonObject) -> Result:
    return {
        "SignIn": path.get("status"),
        "SignInReason": path.get("reason"),
        "ApprovalUrl": path.get("approval_url"),
        "ApprovalAwaitedSince": path.get("requested_at"),
        "ApprovalAwaitedUntil": path.get("request_ends_at"),
    }


def _subscription_cells(subscription: JsonObject) -> Result:
    return {
        "SubscriptionId": subscription["subscription_id"] or subscription["scope"],
        "SubscriptionName": subscription["name"],
        "SubscriptionState": subscription["state"],
        "Notes": subscription["notes"],
        "PartnerEarnedCredit": subscription["credit"],
        "SupportTickets": subscription["tickets"],
        "Flags": " ".join(subscription["flags"]),
        "Advice": " ".join(subscription["advice"]),
        **_error_cells(subscription.get("error") or {}),
    }


def _foreign_cells(held: JsonObject) -> Result:
    findings = {True: "further role of the partner", False: "other partner"}
    return {
        **_assignment_cells(held),
        "AzureRBACRole": held["role"],
        "Finding": findings.get(held["ours"], "foreign principal"),
    }


def _grant_cells(grant: JsonObject) -> Result:
    first = grant["assignments"][0] if grant["assignments"] else {}
    return {
        **_assignment_cells(first),
        "AzureRBACRole": first.get("role"),
        "ExpectedRole": grant["role"],
        "Finding": grant["finding"],
        "Scope": grant["scope"],
        "Change": grant.get("change"),
        "Since": grant.get("since"),
        **_error_cells(grant.get("error") or {}),
    }


def _principal_cells(item: JsonObject, names: Mapping[str | None, str | None]) -> Result:
    return {
        "ForeignPrincipalName": names[item["principal_id"]],
        "ObjectID": item["principal_id"],
        "PartnerTenantID": item["partner_tenant_id"],
    }


def _assignment_cells(held: JsonObject) -> Result:
    names = {
        "AssignmentId": "id",
        "AssignmentScope": "scope",
        "CreatedOn": "created_on",
        "CreatedBy": "created_by",
        "Condition": "condition",
    }
    return {name: held.get(key) for name, key in names.items()}


def _error_cells(error: JsonObject) -> Result:
    if not error:
        return {}
    return {"ErrorCode": error.get("code"), "ErrorMessage": error.get("message"), "RequestId": error.get("request_id")}
