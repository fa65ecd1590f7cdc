# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what was read of a subscription: is the partner's access there, what is it worth, and what else is wrong. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.csp.azure.plugins.module_utils._errors import AzureError
from ansible_collections.csp.azure.plugins.module_utils._permissions import missing
from ansible_collections.csp.azure.plugins.module_utils._role_assignments import (
    FOREIGN_GROUP,
    Row,
    Wanted,
    decide,
    is_above,
    scope_key,
)
from ansible_collections.csp.azure.plugins.module_utils._roles import (
    OPENS_TICKETS,
    OWNER,
    SUPPORT_REQUEST_CONTRIBUTOR,
    name_of,
    role_of,
)
from ansible_collections.csp.azure.plugins.module_utils._scope import Scope

# What can be found of an expected grant, and of a whole subscription: what `fail_on` may name.
GRANT_FINDINGS = (
    "missing",
    "different_role",
    "inherited",
    "conditional",
    "duplicated",
    "wrong_principal",
    "unknown",
)
FLAGS = (
    *GRANT_FINDINGS,
    "lost",
    "unreadable",
    "gained",
    "no_credit",
    "no_tickets",
    "other_partner",
    "denied",
    "locked",
    "disabled",
    "sold_without_access",
    "not_sold",
)
# What `reinstate` answers with a write.
TO_WRITE = ("missing", "different_role", "inherited")
_ACCESS = ("exact", "inherited", "conditional", "duplicated")
_TICKET = "Microsoft.Support/supportTickets/write"
# As deny assignments name all principals at once.
_EVERYONE = "00000000-0000-0000-0000-000000000000"
_WITHOUT_USAGE = ("disabled", "deleted")


@dataclass(frozen=True)
class Expected:
    """An assignment that should be there; ``group`` is the name of its principal, where it was named."""

    wanted: Wanted
    group: str = ""


@dataclass
class Place:
    """What was read of a subscription, or of a management group.

    ``sold`` is None where nobody knows, ``error`` why its assignments could not be read, ``deny`` None if those could not be, ``locks`` None if
    nobody had to ask. ``blocked`` is what would stop a grant that has to be written.
    """

    scope: Scope
    name: str | None = None
    state: str | None = None
    sold: bool | None = None
    expected: list[Expected] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    deny: list[dict[str, Any]] | None = field(default_factory=list)
    locks: list[dict[str, Any]] | None = None
    error: AzureError | None = None
    blocked: dict[tuple[str, str, str], AzureError] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What holds for all places of a customer.

    ``ours`` are the principals whose roles count for the partner: credit is earned by the partner that bills and by its reseller, by nobody else.
    ``roles`` has name and permissions of roles that are not common ones; ``earning`` says by name in lower case which roles earn.
    """

    ours: frozenset[str]
    earning: Mapping[str, bool]
    principals: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    relationship: str | None = None

    def role(self, assignment: Mapping[str, Any]) -> str:
        """The name of an assignment's role, its GUID where nobody knows a name."""
        identity = role_of(assignment)
        return name_of(identity) or str(self.roles.get(identity, {}).get("name") or identity)

    def earns(self, assignment: Mapping[str, Any]) -> bool | None:
        """Whether the role earns credit, None if the list does not tell."""
        return self.earning.get(self.role(assignment).casefold())

    def opens_tickets(self, assignment: Mapping[str, Any]) -> bool | None:
        """Whether the role may open support tickets, None if its permissions are not known."""
        identity = role_of(assignment)
        if identity in OPENS_TICKETS or identity not in self.roles:
            return OPENS_TICKETS.get(identity)
        return not missing([_TICKET], self.roles[identity]["permissions"])


@dataclass
class Finding:
    """What was found of one expected grant; ``held`` are the assignments that say so."""

    expected: Expected
    finding: str
    would: Row
    held: list[dict[str, Any]] = field(default_factory=list)

    @property
    def access(self) -> bool | None:
        """Whether the group has the role there, None if nobody knows."""
        return None if self.finding == "unknown" else self.finding in _ACCESS


def find(expected: Expected, place: Place) -> Finding:
    """What is there of an expected grant. ``would`` is the row that `reinstate` makes of the same list."""
    item = expected.wanted
    error = place.error or item.error
    if error:
        return Finding(expected, "unknown", Row(item, "failed", error=error))
    would = decide(item, place.assignments, present=True)
    if item.key in place.blocked and would.to_write:
        would.fail(place.blocked[item.key])
    if would.error and would.existing:
        return Finding(expected, "wrong_principal", would, would.existing)
    if would.existing:
        return Finding(expected, _kind(would.existing, "exact"), would, would.existing)
    reaching = [one for one in place.assignments if _is_of(one, item) and _reaches(one, item.scope)]
    same = [one for one in reaching if role_of(one) == item.role.id]
    if same:
        return Finding(expected, _kind(same, "inherited"), would, same)
    return Finding(expected, "different_role" if reaching else "missing", would, reaching)


def _kind(held: Sequence[Mapping[str, Any]], unconditional: str) -> str:
    """One assignment without a condition is worth more than any number with one."""
    free = [one for one in held if not one["condition"]]
    if not free:
        return "conditional"
    return "duplicated" if unconditional == "exact" and len(held) > 1 else unconditional


def _is_of(found: Mapping[str, Any], item: Wanted) -> bool:
    return found["principal_id"].lower() == item.principal_id


def _reaches(found: dict[str, Any], scope: Scope) -> bool:
    return scope_key(found) == scope.key or is_above(found, scope)


def needs_work(place: Place) -> list[Row]:
    """The rows that `reinstate` would write, without what may stop it."""
    if place.error:
        return []
    rows = [decide(one.wanted, place.assignments, present=True) for one in place.expected if not one.wanted.error]
    return [row for row in rows if row.to_write]


def wants_locks(place: Place) -> bool:
    """Whether locks matter: where something has to be written, or a duplicate removed."""
    return bool(needs_work(place)) or any(find(one, place).finding == "duplicated" for one in place.expected)


def judge(place: Place, known: Known) -> dict[str, Any]:
    """A place as results and reports show it."""
    found = [find(one, place) for one in place.expected]
    ours = [one for one in place.assignments if one["principal_id"].lower() in known.ours]
    credit, credit_reason = credit_of(place, ours, known)
    others = _others(place, known)
    shown: dict[str, Any] = {
        "scope": place.scope.path,
        "subscription_id": place.scope.subscription,
        "name": place.name,
        "state": place.state,
        "sold": place.sold,
        "access": _access(place, found, ours),
        "credit": credit,
        "credit_reason": credit_reason,
        "tickets": _tickets(place, ours, known),
        "grants": [_grant(one, known) for one in found],
        "foreign_principals": others,
        "deny_assignments": [
            {**{name: one[name] for name in ("id", "name", "scope")}, "concerns_us": bool(_denied(one, known.ours))}
            for one in place.deny or []
        ],
        "locks": _locks_that_matter(place, found),
    }
    if place.error:
        shown["error"] = place.error.as_dict()
    shown["notes"] = _notes(shown)
    shown["flags"] = _flags(place, shown)
    shown["advice"] = _advice(shown, ours, known)
    return shown


def _access(place: Place, found: Sequence[Finding], ours: Sequence[dict[str, Any]]) -> str:
    """full, part, none or unknown: of what is expected, else of whatever our groups hold."""
    if place.error:
        return "unknown"
    whole = [one for one in ours if _reaches(one, place.scope)]
    if not found:
        return "full" if whole else "part" if ours else "none"
    have = [one.access for one in found]
    if all(have):
        return "full"
    if any(have) or ours:
        return "part"
    return "unknown" if None in have else "none"


def credit_of(place: Place, ours: Sequence[dict[str, Any]], known: Known) -> tuple[str, str]:
    """Whether the subscription earns Partner Earned Credit: yes, partly, no or unknown; and why."""
    if place.error:
        return "unknown", "Its role assignments could not be read."
    if place.sold is False:
        return "no", "It was not sold through this partner."
    if (place.state or "").lower() in _WITHOUT_USAGE:
        return "no", f"The subscription is {str(place.state).lower()}."
    if not ours:
        return "no", "No group of the partner has a role."
    whole = [one for one in ours if _reaches(one, place.scope)]
    earning = [one for one in whole if known.earns(one)]
    free = [one for one in earning if not one["condition"]]
    if free:
        return _undenied(place, known.role(free[0]), frozenset(one["principal_id"].lower() for one in free))
    if earning:
        return "unknown", f"{known.role(earning[0])} earns, but the assignment has a condition."
    parts = [one for one in ours if one not in whole and known.earns(one)]
    if parts:
        places = ", ".join(sorted({one["scope"] for one in parts}))
        return "partly", f"Only at {places}."
    unlisted = [one for one in ours if known.earns(one) is None]
    if unlisted:
        return "unknown", f"The role {known.role(unlisted[0])} is not in Microsoft's list."
    return "no", f"{known.role(ours[0])} does not earn."


def _undenied(place: Place, role: str, principals: frozenset[str]) -> tuple[str, str]:
    """A role that earns, unless a deny assignment stands against it: Microsoft wants none."""
    if place.deny is None:
        return "unknown", f"{role} earns, but the deny assignments could not be read."
    against = [one for one in place.deny if _denied(one, principals) == principals]
    whole = [one for one in against if _covers(one, place.scope)]
    if whole:
        return "unknown", f"{role} earns, but the deny assignment {whole[0]['name']!r} stands against it."
    if against:
        places = ", ".join(sorted({one["scope"] for one in against}))
        return "yes", f"{role} earns; not where deny assignments stand against it: {places}."
    return "yes", f"{role} earns."


def _denied(deny: Mapping[str, Any], principals: frozenset[str]) -> frozenset[str]:
    """Those of the principals that a deny assignment is meant for."""
    meant = principals if _EVERYONE in deny["principals"] else principals & set(deny["principals"])
    return meant - set(deny["excluded"])


def _covers(deny: dict[str, Any], scope: Scope) -> bool:
    return scope_key(deny) == scope.key or (deny["below"] and is_above(deny, scope))


def _tickets(place: Place, ours: Sequence[dict[str, Any]], known: Known) -> str:
    """Whether the partner's people may open support tickets, as far as the role tells: yes, no or unknown."""
    if place.error:
        return "unknown"
    if known.relationship == "none":
        return "no"
    reaching = [one for one in ours if _reaches(one, place.scope)]
    told = {known.opens_tickets(one) for one in reaching if not one["condition"]}
    if True in told:
        who = frozenset(one["principal_id"].lower() for one in reaching if known.opens_tickets(one))
        stopped = [
            one
            for one in place.deny or []
            if _denied(one, who) == who and _covers(one, place.scope) and not missing([_TICKET], one["permissions"])
        ]
        return "no" if stopped else "yes"
    return "unknown" if None in told or any(one["condition"] for one in reaching) else "no"


def _others(place: Place, known: Known) -> list[dict[str, Any]]:
    """The assignments of all foreign principals that are not among the expected groups, former partners among them."""
    expected = {one.wanted.principal_id for one in place.expected}
    found = [
        one
        for one in place.assignments
        if one["principal_type"] == FOREIGN_GROUP and one["principal_id"].lower() not in expected
    ]
    return [
        {
            **_assignment(one, known),
            "principal_id": one["principal_id"].lower(),
            "ours": one["principal_id"].lower() in known.ours,
            **_principal(one["principal_id"].lower(), known),
            "earns": known.earns(one),
        }
        for one in sorted(found, key=lambda one: (one["principal_id"], one["id"]))
    ]


def _principal(identity: str, known: Known) -> dict[str, Any]:
    told = known.principals.get(identity, {})
    return {"display_name": told.get("display_name"), "partner_tenant_id": told.get("partner_tenant_id")}


def _assignment(one: Mapping[str, Any], known: Known) -> dict[str, Any]:
    kept = {name: one.get(name) for name in ("id", "scope", "principal_type", "condition", "created_on", "created_by")}
    return {**kept, "role": known.role(one)}


def _grant(found: Finding, known: Known) -> dict[str, Any]:
    item = found.expected.wanted
    shown: dict[str, Any] = {
        "principal_id": item.principal_id,
        "group": found.expected.group or None,
        **_principal(item.principal_id, known),
        "role": item.role.name,
        "scope": item.scope.path,
        "finding": found.finding,
        "access": found.access,
        "reinstate": found.would.state,
        "assignments": [_assignment(one, known) for one in found.held],
    }
    if found.would.error:
        shown["error"] = found.would.error.as_dict()
    return shown


def _locks_that_matter(place: Place, found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Read-only locks on what has to be written, any lock on a duplicate that has to go."""
    written = [one.expected.wanted.scope for one in found if one.finding in TO_WRITE]
    doubled = [one.expected.wanted.scope for one in found if one.finding == "duplicated"]
    return [
        lock
        for lock in place.locks or []
        if any(Scope(lock["scope"]).holds(scope.key) for scope in doubled)
        or (lock["level"] == "ReadOnly" and any(Scope(lock["scope"]).holds(scope.key) for scope in written))
    ]


def _notes(shown: Mapping[str, Any]) -> str:
    """What Microsoft's own sample report calls its notes: sold against accessible."""
    if shown["sold"] is None:
        return ""
    accessible = shown["access"] in ("full", "part")
    if shown["access"] == "unknown":
        return "Sold, access unknown" if shown["sold"] else "Not sold, access unknown"
    if shown["sold"]:
        return "Sold and accessible" if accessible else "Sold, but no access"
    return "Accessible, but not sold" if accessible else "Neither sold nor accessible"


def _flags(place: Place, shown: Mapping[str, Any]) -> list[str]:
    accessible = shown["access"] in ("full", "part")
    told = {one["finding"] for one in shown["grants"]}
    # What a subscription without usage earns, and who helps there, is nobody's concern.
    used = (place.state or "").lower() not in _WITHOUT_USAGE
    holds = {
        "unknown": "unknown" in told or bool(place.error) or place.deny is None,
        "no_credit": used and shown["credit"] == "no",
        "no_tickets": used and shown["tickets"] == "no",
        "other_partner": any(not one["ours"] for one in shown["foreign_principals"]),
        "denied": any(one["concerns_us"] for one in shown["deny_assignments"]),
        "locked": bool(shown["locks"]),
        "disabled": not used,
        "sold_without_access": used and place.sold is True and shown["access"] == "none",
        "not_sold": place.sold is False and accessible,
    }
    return [name for name in FLAGS if name in told or holds.get(name)]


def _advice(shown: Mapping[str, Any], ours: Sequence[Mapping[str, Any]], known: Known) -> list[str]:
    """What to do next, in the order of what it is worth."""
    told = []
    for one in shown["grants"]:
        told += _advice_on(one)
    told += [
        f"A read-only or delete lock stands in the way at {one['scope']}: {one['name']}." for one in shown["locks"]
    ]
    strangers = sorted(
        {one["partner_tenant_id"] or one["principal_id"] for one in shown["foreign_principals"] if not one["ours"]}
    )
    if strangers:
        told.append(
            f"Other partners have access: {', '.join(strangers)}. Take a former one's away with csp.azure.revoke."
        )
    if any(role_of(one) == OWNER for one in ours) and shown["credit"] == "yes":
        told.append(
            f"{SUPPORT_REQUEST_CONTRIBUTOR} alone would keep the credit and the tickets; Owner is only needed to manage resources."
        )
    elif shown["credit"] == "no" and ours and known.earns(ours[0]) is False:
        told.append(f"{SUPPORT_REQUEST_CONTRIBUTOR} is the least role that earns credit.")
    return list(dict.fromkeys(told))


def _advice_on(grant: Mapping[str, Any]) -> list[str]:
    where = grant["scope"]
    error = grant.get("error")
    if error:
        return [" ".join(text for text in (f"{error['code']}: {error['message']}", error["hint"]) if text)]
    held = grant["assignments"]
    return {
        "missing": [f"Run csp.azure.reinstate: {grant['role']} is missing at {where}."],
        "different_role": [
            f"The group has {', '.join(sorted({one['role'] for one in held}))} at {where}, not {grant['role']}: csp.azure.reinstate adds it."
        ],
        "inherited": [
            f"{grant['role']} comes from {held[0]['scope'] if held else 'above'} only: csp.azure.reinstate makes it at {where} itself."
        ],
        "conditional": [f"The assignment at {where} has a condition, which may take from it what earns the credit."],
        "duplicated": [f"{len(held)} assignments of the same role at {where}: one is enough."],
    }.get(grant["finding"], [])
