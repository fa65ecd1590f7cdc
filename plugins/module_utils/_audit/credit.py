# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the partner's roles are worth: Partner Earned Credit and support tickets, against conditions and deny assignments. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._model.assignments import Assignment, DenyAssignment
from .._model.roles import denies_tickets
from .._model.scopes import Scope
from .model import AuditedScope, CustomerFacts


@dataclass(frozen=True)
class Holdings:
    """The assignments of one scope by whom they count for: the partner, or perhaps the partner."""

    ours: tuple[Assignment, ...]
    unknown: tuple[Assignment, ...] = ()

    @classmethod
    def of(cls, audited: AuditedScope, facts: CustomerFacts) -> Holdings:
        """The holdings of an audited scope."""
        return cls(
            tuple(filter(facts.is_ours, audited.assignments)), tuple(filter(facts.is_unknown, audited.assignments))
        )


@dataclass(frozen=True)
class Credit:
    """Whether a subscription earns Partner Earned Credit (yes, partly, no or unknown), and why."""

    verdict: str
    reason: str


def credit_of(audited: AuditedScope, holdings: Holdings, facts: CustomerFacts) -> Credit:
    """Whether the subscription earns Partner Earned Credit."""
    never = _never_earns(audited, facts)
    if never:
        return never
    whole = [item for item in holdings.ours if item.scope.reaches(audited.scope)]
    earning = [item for item in whole if facts.earns(item)]
    if earning:
        return _whole(audited, earning, facts)
    parts = [item for item in holdings.ours if item not in whole and facts.earns(item)]
    free = [item for item in parts if not item.condition and not _stopped(audited, item)]
    if free:
        return Credit("partly", f"Only at {', '.join(sorted({item.scope.path for item in free}))}.")
    if parts:
        role, scope = facts.role(parts[0]), parts[0].scope.path
        return Credit("unknown", f"{role} at {scope} earns, but a condition or a deny assignment may block it.")
    return _without_earning_roles(holdings, facts)


def _never_earns(audited: AuditedScope, facts: CustomerFacts) -> Credit | None:
    """What no role can change."""
    if audited.error:
        return Credit("unknown", "Its role assignments could not be read.")
    if audited.sold is False:
        return Credit("no", "It was not sold through this partner.")
    if facts.relationship == "none" and not facts.further_partners:
        return Credit("no", "The partner has no relationship with the customer.")
    if not audited.in_use:
        return Credit("no", f"The subscription is {str(audited.state).lower()}.")
    return None


def _whole(audited: AuditedScope, earning: Sequence[Assignment], facts: CustomerFacts) -> Credit:
    """The worth of earning roles that reach the whole subscription: Microsoft accepts neither conditions nor deny assignments."""
    role = facts.role(earning[0])
    free = [item for item in earning if not item.condition]
    if not free:
        return Credit("unknown", f"{role} earns, but the assignment has a condition.")
    if audited.deny is None:
        return Credit("unknown", f"{role} earns, but the deny assignments could not be read.")
    left = [item for item in free if not _stopped(audited, item)]
    if not left:
        names = ", ".join(repr(deny.name) for deny in audited.deny if deny.covers(audited.scope))
        return Credit("unknown", f"{role} earns, but a deny assignment may block it: {names}.")
    role = facts.role(left[0])
    principals = frozenset(item.principal_id for item in left)
    denied = [deny for deny in audited.deny if is_below(deny.scope, audited.scope) and deny.denied(principals)]
    places = ", ".join(sorted({deny.scope.path for deny in denied}))
    but = f", except where deny assignments block it: {places}" if places else ""
    unsold = " Whether this partner sold the subscription is unknown." if audited.sold is None else ""
    return Credit("yes", f"{role} earns{but}.{unsold}")


def _without_earning_roles(holdings: Holdings, facts: CustomerFacts) -> Credit:
    unlisted = [item for item in holdings.ours if facts.earns(item) is None]
    if unlisted:
        role = facts.role(unlisted[0])
        reason = f"Whether the role {role} earns is unknown: it is not in Microsoft's list, or could not be read."
        return Credit("unknown", reason)
    perhaps = [item for item in holdings.unknown if facts.earns(item) is not False]
    if perhaps:
        who, role = perhaps[0].principal_id, facts.role(perhaps[0])
        return Credit("unknown", f"{who} has {role}, and its tenant cannot be determined.")
    if holdings.ours:
        return Credit("no", f"{facts.role(holdings.ours[0])} does not earn credit.")
    return Credit("no", "No group of the partner has a role.")


def tickets_of(audited: AuditedScope, holdings: Holdings, facts: CustomerFacts) -> str:
    """Whether the partner's users may open support tickets, as far as roles say: yes, no or unknown."""
    if audited.error:
        return "unknown"
    if facts.relationship == "none":
        return "no"
    able = [item for item in holdings.ours if _may_open(item, audited.scope, facts)]
    sure = [item for item in able if facts.opens_tickets(item) and not item.condition]
    against = [deny for deny in audited.deny or () if deny.covers(audited.scope) and denies_tickets(deny.permissions)]
    principals = frozenset(item.principal_id for item in sure)
    if principals - denied_by(against, principals):
        return "unknown" if audited.deny is None else "yes"
    if principals - denied_by((deny for deny in against if not deny.condition), principals):
        return "unknown"
    unsure = [item for item in able if item not in sure]
    perhaps = [item for item in holdings.unknown if _may_open(item, audited.scope, facts)]
    return "unknown" if unsure or perhaps else "no"


def _may_open(assignment: Assignment, scope: Scope, facts: CustomerFacts) -> bool:
    return assignment.scope.reaches(scope) and facts.opens_tickets(assignment) is not False


def _stopped(audited: AuditedScope, held: Assignment) -> bool:
    """Whether a deny assignment is against an assignment, at its scope or above."""
    place = held.scope if is_below(held.scope, audited.scope) else audited.scope
    against = [deny for deny in audited.deny or () if deny.covers(place)]
    return bool(denied_by(against, frozenset([held.principal_id])))


def denied_by(deny: Iterable[DenyAssignment], principals: frozenset[str]) -> frozenset[str]:
    """Those of the principals that any of the deny assignments applies to."""
    return frozenset().union(*(item.denied(principals) for item in deny))


def is_below(scope: Scope, other: Scope) -> bool:
    """Whether a scope lies below another one."""
    return scope.key != other.key and other.holds(scope)


def concerns(deny: DenyAssignment, scope: Scope) -> bool:
    """Whether a deny assignment applies to the scope or to something in it."""
    return deny.covers(scope) or is_below(deny.scope, scope)
