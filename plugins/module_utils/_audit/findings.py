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

from .._access.assignments import (
    FOREIGN_GROUP,
    Row,
    Wanted,
    decide,
    is_above,
    scope_key,
)
from .._model.errors import AzureError, printable
from .._model.permissions import missing
from .._model.roles import (
    OPENS_TICKETS,
    OWNER,
    SUPPORT_REQUEST_CONTRIBUTOR,
    name_of,
    role_of,
)
from .._model.scopes import Scope

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
_TO_WRITE = ("missing", "different_role", "inherited")
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

    ``sold`` is None where nobody knows, ``error`` why its assignments could not be read, ``deny`` None if those could not be. ``unread`` says why
    something beside the assignments could not be read, ``blocked`` what would stop a grant that has to be written.
    """

    scope: Scope
    name: str | None = None
    state: str | None = None
    sold: bool | None = None
    expected: list[Expected] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    deny: list[dict[str, Any]] | None = field(default_factory=list)
    locks: list[dict[str, Any]] = field(default_factory=list)
    error: AzureError | None = None
    unread: list[AzureError] = field(default_factory=list)
    blocked: dict[tuple[str, str, str], AzureError] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What holds for all places of a customer.

    ``ours`` are the principals whose roles count for the partner: credit is earned by the partner that bills and by its reseller, by nobody else;
    ``unknown`` are those of which nobody could tell whose they are. ``earning`` says by name in lower case which roles earn, ``told`` what the
    user has said of them. ``roles`` has name, permissions and whether it is built in of roles that are not common ones. ``further`` is whether
    other tenants count for the partner, too.
    """

    ours: frozenset[str]
    earning: Mapping[str, bool]
    told: Mapping[str, bool] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    further: bool = False
    principals: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    relationship: str | None = None

    def role(self, assignment: Mapping[str, Any]) -> str:
        """The name of an assignment's role, its GUID where nobody knows a name."""
        identity = role_of(assignment)
        return name_of(identity) or printable(str(self.roles.get(identity, {}).get("name") or identity))

    def earns(self, assignment: Mapping[str, Any]) -> bool | None:
        """Whether the role earns credit, None if the list does not tell."""
        custom = self.roles.get(role_of(assignment), {}).get("built_in") is False
        return (self.told if custom else self.earning).get(self.role(assignment).casefold())

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
    reaching = [one for one in place.assignments if _is_of(one, item) and _reaches(one, item.scope)]
    if any(_is_ours_in_name_only(one) for one in reaching):
        return Finding(expected, "wrong_principal", would, reaching)
    if would.existing:
        return Finding(expected, _kind(would.existing, "exact"), would, would.existing)
    same = [one for one in reaching if role_of(one) == item.role.id]
    if same:
        return Finding(expected, _kind(same, "inherited"), would, same)
    return Finding(expected, "different_role" if reaching else "missing", would, reaching)


def _is_ours_in_name_only(found: Mapping[str, Any]) -> bool:
    """Whether an assignment for an expected id is for a principal of the customer's own tenant."""
    return found["principal_type"] in ("Group", "ServicePrincipal", "User")


def _kind(held: Sequence[Mapping[str, Any]], unconditional: str) -> str:
    """One assignment without a condition is worth more than any number with one."""
    free = [one for one in held if not one["condition"]]
    if not free:
        return "conditional"
    return "duplicated" if unconditional == "exact" and len(held) > 1 else unconditional


def _is_of(found: Mapping[str, Any], item: Wanted) -> bool:
    return found["principal_id"].lower() == item.principal_id


def _reaches(found: Mapping[str, Any], scope: Scope) -> bool:
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
    ours = [one for one in place.assignments if _belongs(one, known.ours)]
    unclear = [one for one in place.assignments if _belongs(one, known.unknown)]
    credit, credit_reason = credit_of(place, ours, unclear, known)
    deny = [one for one in place.deny or [] if _touches(one, place.scope)]
    error = place.error or next(iter(place.unread), None)
    shown: dict[str, Any] = {
        "scope": place.scope.path,
        "subscription_id": place.scope.subscription,
        "name": place.name,
        "state": place.state,
        "sold": place.sold,
        "access": _access(place, found, ours),
        "credit": credit,
        "credit_reason": credit_reason,
        "tickets": _tickets(place, ours, unclear, known),
        "grants": [_grant(one, known) for one in found],
        "foreign_principals": _others(place, found, known),
        "deny_assignments": [
            {**{name: one[name] for name in ("id", "name", "scope")}, "concerns_us": bool(_denied([one], known.ours))}
            for one in deny
        ],
        "locks": _locks_that_matter(place, found),
    }
    if error:
        shown["error"] = error.as_dict()
    shown["notes"] = _notes(shown)
    shown["flags"] = _flags(place, shown)
    shown["advice"] = _advice(place, shown, ours, known)
    return shown


def _belongs(found: Mapping[str, Any], principals: frozenset[str]) -> bool:
    return found["principal_id"].lower() in principals and not _is_ours_in_name_only(found)


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


def credit_of(
    place: Place, ours: Sequence[dict[str, Any]], unclear: Sequence[dict[str, Any]], known: Known
) -> tuple[str, str]:
    """Whether the subscription earns Partner Earned Credit: yes, partly, no or unknown; and why.

    ``unclear`` are assignments of foreign principals of which nobody could tell whose they are.
    """
    never = _never_earns(place, known)
    if never:
        return never
    whole = [one for one in ours if _reaches(one, place.scope)]
    found = _earns(place, [one for one in whole if known.earns(one)], known)
    if found[0] != "no":
        return found
    parts = [one for one in ours if one not in whole and known.earns(one)]
    free = [one for one in parts if not one["condition"] and not _stopped(place, one)]
    if free:
        return "partly", f"Only at {', '.join(sorted({one['scope'] for one in free}))}."
    if parts:
        return (
            "unknown",
            f"{known.role(parts[0])} at {parts[0]['scope']} earns, but a condition or a deny assignment stands against it.",
        )
    unlisted = [one for one in ours if known.earns(one) is None]
    if unlisted:
        return (
            "unknown",
            f"Whether the role {known.role(unlisted[0])} earns is not known: it is not in Microsoft's list, or could not be read.",
        )
    theirs = [one for one in unclear if known.earns(one) is not False]
    if theirs:
        return "unknown", f"{theirs[0]['principal_id']} has {known.role(theirs[0])}, and nobody could tell whose it is."
    return "no", f"{known.role(ours[0])} does not earn." if ours else "No group of the partner has a role."


def _never_earns(place: Place, known: Known) -> tuple[str, str] | None:
    """What no role can change."""
    if place.error:
        return "unknown", "Its role assignments could not be read."
    if place.sold is False:
        return "no", "It was not sold through this partner."
    if known.relationship == "none" and not known.further:
        return "no", "The partner has no relationship with the customer."
    if (place.state or "").lower() in _WITHOUT_USAGE:
        return "no", f"The subscription is {str(place.state).lower()}."
    return None


def _earns(place: Place, earning: Sequence[dict[str, Any]], known: Known) -> tuple[str, str]:
    """What roles that earn, and reach the whole subscription, are worth: Microsoft wants neither conditions nor deny assignments."""
    if not earning:
        return "no", ""
    role = known.role(earning[0])
    free = [one for one in earning if not one["condition"]]
    if not free:
        return "unknown", f"{role} earns, but the assignment has a condition."
    if place.deny is None:
        return "unknown", f"{role} earns, but the deny assignments could not be read."
    left = [one for one in free if not _stopped(place, one)]
    if not left:
        names = ", ".join(repr(one["name"]) for one in place.deny if _covers(one, place.scope))
        return "unknown", f"{role} earns, but a deny assignment stands against it: {names}."
    role = known.role(left[0])
    principals = frozenset(one["principal_id"].lower() for one in left)
    places = sorted({one["scope"] for one in place.deny if _is_below(one, place.scope) and _denied([one], principals)})
    but = f"; not where deny assignments stand against it: {', '.join(places)}" if places else ""
    unsold = " Whether this partner sold the subscription is not known." if place.sold is None else ""
    return "yes", f"{role} earns{but}.{unsold}"


def _stopped(place: Place, held: Mapping[str, Any]) -> bool:
    """Whether a deny assignment stands against an assignment, at its scope or above."""
    against = [
        one
        for one in place.deny or []
        if _covers(one, Scope(scope_key(held)) if _is_below(held, place.scope) else place.scope)
    ]
    return bool(_denied(against, frozenset([held["principal_id"].lower()])))


def _denied(deny: Sequence[Mapping[str, Any]], principals: frozenset[str]) -> frozenset[str]:
    """Those of the principals that any of the deny assignments is meant for."""
    found: set[str] = set()
    for one in deny:
        meant = principals if _EVERYONE in one["principals"] else principals & set(one["principals"])
        found |= meant - set(one["excluded"])
    return frozenset(found)


def _covers(deny: Mapping[str, Any], scope: Scope) -> bool:
    key = scope_key(deny)
    return key == scope.key or (deny["below"] and is_above(deny, scope))


def _is_below(found: Mapping[str, Any], scope: Scope) -> bool:
    key = scope_key(found)
    return key != scope.key and scope.holds(key)


def _touches(deny: Mapping[str, Any], scope: Scope) -> bool:
    return _covers(deny, scope) or _is_below(deny, scope)


def _tickets(place: Place, ours: Sequence[dict[str, Any]], unclear: Sequence[dict[str, Any]], known: Known) -> str:
    """Whether the partner's people may open support tickets, as far as the role tells: yes, no or unknown."""
    if place.error:
        return "unknown"
    if known.relationship == "none":
        return "no"
    may = [one for one in ours if _reaches(one, place.scope) and known.opens_tickets(one) is not False]
    sure = [one for one in may if known.opens_tickets(one) and not one["condition"]]
    against = [
        one for one in place.deny or [] if _covers(one, place.scope) and not missing([_TICKET], one["permissions"])
    ]
    who = frozenset(one["principal_id"].lower() for one in sure)
    if who - _denied(against, who):
        return "unknown" if place.deny is None else "yes"
    if who - _denied([one for one in against if not one["condition"]], who):
        return "unknown"
    rest = [one for one in may if one not in sure]
    theirs = [one for one in unclear if _reaches(one, place.scope) and known.opens_tickets(one) is not False]
    return "unknown" if rest or theirs else "no"


def _others(place: Place, found: Sequence[Finding], known: Known) -> list[dict[str, Any]]:
    """The assignments of all foreign principals that are no finding above: of former partners, and further ones of our own groups."""
    told = {one["id"] for finding in found for one in finding.held}
    return [
        {
            **_assignment(one, known),
            "principal_id": one["principal_id"].lower(),
            "ours": None if _belongs(one, known.unknown) else _belongs(one, known.ours),
            **_principal(one["principal_id"].lower(), known),
            "earns": known.earns(one),
        }
        for one in sorted(place.assignments, key=lambda one: (one["principal_id"], one["id"]))
        if one["principal_type"] == FOREIGN_GROUP and one["id"] not in told
    ]


def _principal(identity: str, known: Known) -> dict[str, Any]:
    told = known.principals.get(identity, {})
    name = printable(str(told["display_name"])) if told.get("display_name") else None
    return {"display_name": name, "partner_tenant_id": told.get("partner_tenant_id")}


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
        "role_id": item.role.id,
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
    written = [one.expected.wanted.scope for one in found if one.finding in _TO_WRITE]
    doubled = [one.expected.wanted.scope for one in found if one.finding == "duplicated"]
    return [
        lock
        for lock in place.locks
        if any(Scope(lock["scope"]).holds(scope.key) for scope in doubled)
        or (lock["level"].lower() == "readonly" and any(Scope(lock["scope"]).holds(scope.key) for scope in written))
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
        "unknown": "unknown" in told or bool(place.error or place.unread),
        "no_credit": used and shown["credit"] == "no",
        "no_tickets": used and shown["tickets"] == "no",
        "other_partner": any(one["ours"] is False for one in shown["foreign_principals"]),
        "denied": any(one["concerns_us"] for one in shown["deny_assignments"]),
        "locked": bool(shown["locks"]),
        "disabled": not used,
        "sold_without_access": used and place.sold is True and shown["access"] == "none",
        "not_sold": place.sold is False and accessible,
    }
    return [name for name in FLAGS if name in told or holds.get(name)]


def _advice(place: Place, shown: Mapping[str, Any], ours: Sequence[Mapping[str, Any]], known: Known) -> list[str]:
    """What to do next, in the order of what it is worth."""
    told = []
    for one in shown["grants"]:
        told += _advice_on(one)
    told += [str(error) for error in place.unread]
    told += [f"The lock {one['name']} ({one['level']}) stands in the way at {one['scope']}." for one in shown["locks"]]
    strangers = [one for one in shown["foreign_principals"] if one["ours"] is False]
    if strangers:
        names = ", ".join(sorted({one["partner_tenant_id"] or one["principal_id"] for one in strangers}))
        told.append(f"Other partners have access: {names}. Take a former one's away with csp.azure.revoke.")
    if shown["credit"] == "yes" and any(role_of(one) == OWNER for one in ours):
        told.append(
            f"{SUPPORT_REQUEST_CONTRIBUTOR} alone would keep the credit and the tickets; Owner is only needed to manage resources."
        )
    elif shown["credit"] == "no" and place.sold is not False and ours and known.earns(ours[0]) is False:
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
        "wrong_principal": [
            f"The group at {where} is one of the customer's own tenant: access went to the wrong people."
        ],
        "conditional": [f"The assignment at {where} has a condition, which may take from it what earns the credit."],
        "duplicated": [f"{len(held)} assignments of the same role at {where}: one is enough."],
    }.get(grant["finding"], [])
