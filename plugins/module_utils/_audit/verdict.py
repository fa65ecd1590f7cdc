# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on an audited scope, as results and reports show it: access, credit, flags, and what to do next. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from .._model.assignments import Assignment, Lock
from .._model.roles import OWNER, SUPPORT_REQUEST_CONTRIBUTOR
from .._model.text import optional_text
from .._model.types import JsonObject, Result
from .credit import Holdings, concerns, credit_of, tickets_of
from .model import FLAGS, AuditedScope, CustomerFacts, GrantFinding

# What has to be written, even if another check stops it.
_LACKING = ("missing", "different_role", "inherited")


def judge(audited: AuditedScope, facts: CustomerFacts) -> Result:
    """The verdict on a scope."""
    holdings = Holdings.of(audited, facts)
    credit = credit_of(audited, holdings, facts)
    error = audited.error or next(iter(audited.unread), None)
    row: Result = {
        "scope": audited.scope.path,
        "subscription_id": audited.scope.subscription,
        "name": audited.name,
        "state": audited.state,
        "sold": audited.sold,
        "access": _access(audited, holdings),
        "credit": credit.verdict,
        "credit_reason": credit.reason,
        "tickets": tickets_of(audited, holdings, facts),
        "grants": [_grant(finding, facts) for finding in audited.findings],
        "foreign_principals": _foreign_principals(audited, facts),
        "deny_assignments": [
            {
                "id": deny.id,
                "name": deny.name,
                "scope": deny.scope.path,
                "concerns_us": bool(deny.denied(facts.ours)),
            }
            for deny in audited.deny or ()
            if concerns(deny, audited.scope)
        ],
        "locks": [lock.as_dict() for lock in _locks_in_the_way(audited)],
    }
    if error:
        row["error"] = error.as_dict()
    row["notes"] = _notes(row)
    row["flags"] = _flags(audited, row)
    row["advice"] = _advice(audited, row, holdings, facts)
    return row


def _access(audited: AuditedScope, holdings: Holdings) -> str:
    """full, part, none or unknown: of what is expected, else of whatever the partner's groups hold."""
    if audited.error:
        return "unknown"
    if not audited.findings:
        whole = any(item.scope.reaches(audited.scope) for item in holdings.ours)
        return "full" if whole else "part" if holdings.ours else "none"
    access = [finding.access for finding in audited.findings]
    if all(access):
        return "full"
    if any(access) or holdings.ours:
        return "part"
    return "unknown" if None in access else "none"


def _foreign_principals(audited: AuditedScope, facts: CustomerFacts) -> list[Result]:
    """The assignments of foreign principals that no finding shows: of former partners, and further ones of our own groups."""
    shown = {assignment.id for finding in audited.findings for assignment in finding.held}
    return [
        {
            **_assignment(item, facts),
            "principal_id": item.principal_id,
            "ours": None if facts.is_unknown(item) else facts.is_ours(item),
            **_principal(item.principal_id, facts),
            "earns": facts.earns(item),
        }
        for item in sorted(audited.assignments, key=lambda item: (item.principal_id, item.id))
        if item.is_foreign_group and item.id not in shown
    ]


def _principal(identity: str, facts: CustomerFacts) -> Result:
    principal = facts.principals.get(identity)
    return {
        "display_name": optional_text(principal.display_name) if principal else None,
        "partner_tenant_id": principal.partner_tenant_id if principal else None,
    }


def _assignment(item: Assignment, facts: CustomerFacts) -> Result:
    return {
        "id": item.id,
        "scope": item.scope.path,
        "principal_type": item.principal_type,
        "condition": item.condition,
        "created_on": item.created_on,
        "created_by": item.created_by,
        "role": facts.role(item),
    }


def _grant(finding: GrantFinding, facts: CustomerFacts) -> Result:
    item, outcome = finding.expected.desired, finding.outcome
    row: Result = {
        "principal_id": item.principal_id,
        "group": finding.expected.group or None,
        **_principal(item.principal_id, facts),
        "role": item.role.name,
        "role_id": item.role.id,
        "scope": item.scope.path,
        "finding": finding.finding,
        "access": finding.access,
        "reinstate": outcome.state,
        "assignments": [_assignment(held, facts) for held in finding.held],
    }
    if outcome.error:
        row["error"] = outcome.error.as_dict()
    return row


def _locks_in_the_way(audited: AuditedScope) -> list[Lock]:
    """Read-only locks on what has to be written, any lock on a duplicate that has to go."""
    written = [
        item.expected.desired.scope for item in audited.findings if item.outcome.to_write or item.finding in _LACKING
    ]
    duplicated = [item.expected.desired.scope for item in audited.findings if item.finding == "duplicated"]
    return [
        lock
        for lock in audited.locks
        if any(lock.scope.holds(scope) for scope in duplicated)
        or (lock.read_only and any(lock.scope.holds(scope) for scope in written))
    ]


def _notes(row: JsonObject) -> str:
    """Sold against accessible, in the words of Microsoft's own sample report."""
    if row["sold"] is None:
        return ""
    if row["access"] == "unknown":
        return "Sold, access unknown" if row["sold"] else "Not sold, access unknown"
    accessible = row["access"] in ("full", "part")
    if row["sold"]:
        return "Sold and accessible" if accessible else "Sold, but no access"
    return "Accessible, but not sold" if accessible else "Neither sold nor accessible"


def _flags(audited: AuditedScope, row: JsonObject) -> list[str]:
    findings = {finding.finding for finding in audited.findings}
    # What a subscription without usage earns, and who helps there, is nobody's concern.
    used = audited.in_use
    holds = {
        "unknown": "unknown" in findings or bool(audited.error or audited.unread),
        "no_credit": used and row["credit"] == "no",
        "no_tickets": used and row["tickets"] == "no",
        "other_partner": any(held["ours"] is False for held in row["foreign_principals"]),
        "denied": any(deny["concerns_us"] for deny in row["deny_assignments"]),
        "locked": bool(row["locks"]),
        "disabled": not used,
        "sold_without_access": used and audited.sold is True and row["access"] == "none",
        "not_sold": audited.sold is False and row["access"] in ("full", "part"),
    }
    return [name for name in FLAGS if name in findings or holds.get(name)]


def _advice(audited: AuditedScope, row: JsonObject, holdings: Holdings, facts: CustomerFacts) -> list[str]:
    """What to do next, in the order of its worth."""
    texts: list[str] = []
    for finding in audited.findings:
        texts += _advice_on(finding, facts)
    texts += [str(error) for error in audited.unread]
    texts += [
        f"The lock {lock['name']} ({lock['level']}) at {lock['scope']} blocks the change." for lock in row["locks"]
    ]
    others = [held for held in row["foreign_principals"] if held["ours"] is False]
    if others:
        names = ", ".join(sorted({held["partner_tenant_id"] or held["principal_id"] for held in others}))
        texts.append(f"Other partners have access: {names}. Remove a former partner's access with csp.azure.revoke.")
    texts += _advice_on_role(audited, row["credit"], holdings, facts)
    return list(dict.fromkeys(texts))


def _advice_on_role(audited: AuditedScope, credit: str, holdings: Holdings, facts: CustomerFacts) -> list[str]:
    ours, role = holdings.ours, SUPPORT_REQUEST_CONTRIBUTOR
    if credit == "yes" and any(item.role_id == OWNER for item in ours):
        return [f"{role} alone would keep the credit and the tickets; Owner is only needed to manage resources."]
    if credit == "no" and audited.sold is not False and ours and facts.earns(ours[0]) is False:
        return [f"{role} is the least-privileged role that earns credit."]
    return []


def _advice_on(finding: GrantFinding, facts: CustomerFacts) -> list[str]:
    item, error, held = finding.expected.desired, finding.outcome.error, finding.held
    where, role = item.scope.path, item.role.name
    if error:
        return [" ".join(filter(None, (f"{error.code}: {error.message}", error.hint)))]
    roles = ", ".join(sorted({facts.role(assignment) for assignment in held}))
    above = held[0].scope.path if held else "above"
    texts = {
        "missing": f"Run csp.azure.reinstate: {role} is missing at {where}.",
        "different_role": f"The group has {roles} at {where}, not {role}: csp.azure.reinstate adds it.",
        "inherited": f"{role} is inherited from {above} only: csp.azure.reinstate assigns it at {where} itself.",
        "wrong_principal": f"The group at {where} belongs to the customer's own tenant: the access went to the wrong people.",
        "conditional": f"The assignment at {above} has a condition, which may cost the credit.",
        "duplicated": f"{len(held)} assignments of the same role at {where}: one is enough.",
    }
    return [texts[finding.finding]] if finding.finding in texts else []
