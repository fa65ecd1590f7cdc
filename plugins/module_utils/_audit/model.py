# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit works on: scopes with what was read of them, the findings about expected grants, and facts about the customer. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._access.plan import AssignmentOutcome
from .._model.assignments import Assignment, DenyAssignment, DesiredAssignment, Lock
from .._model.customers import Principal
from .._model.errors import AzureError
from .._model.roles import RoleDefinition, name_of, opens_tickets
from .._model.scopes import Scope

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
    "sign_in_missing",
    "sign_in_waiting",
    "sign_in_expiring",
    "sign_in_unknown",
)
_WITH_ACCESS = ("exact", "inherited", "conditional", "duplicated")
_WITHOUT_USAGE = ("disabled", "deleted")


@dataclass(frozen=True)
class ExpectedGrant:
    """An assignment that should exist; ``group`` is the name of its principal, where it was named."""

    desired: DesiredAssignment
    group: str = ""


@dataclass(frozen=True)
class GrantFinding:
    """The finding about one expected grant.

    ``finding`` is exact or one of `GRANT_FINDINGS`, ``outcome`` what `reinstate` would do, ``held`` the assignments that show it.
    """

    expected: ExpectedGrant
    finding: str
    outcome: AssignmentOutcome
    held: tuple[Assignment, ...] = ()

    @property
    def access(self) -> bool | None:
        """Whether the group has the role there, None if that is unknown."""
        return None if self.finding == "unknown" else self.finding in _WITH_ACCESS


@dataclass(frozen=True)
class AuditedScope:
    """A subscription or management group, and what was read of it.

    ``sold`` is None if that is unknown, ``error`` why its assignments could not be read, ``deny`` None if those could not be. ``unread`` says
    why something beside the assignments could not be read.
    """

    scope: Scope
    name: str | None = None
    state: str | None = None
    sold: bool | None = None
    expected: tuple[ExpectedGrant, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    findings: tuple[GrantFinding, ...] = ()
    deny: tuple[DenyAssignment, ...] | None = ()
    locks: tuple[Lock, ...] = ()
    error: AzureError | None = None
    unread: tuple[AzureError, ...] = ()

    @property
    def in_use(self) -> bool:
        """Whether the subscription may have usage."""
        return (self.state or "").lower() not in _WITHOUT_USAGE

    @property
    def outcomes(self) -> list[AssignmentOutcome]:
        """What `reinstate` would write here."""
        return [finding.outcome for finding in self.findings if finding.outcome.to_write]


@dataclass(frozen=True)
class CustomerFacts:
    """Facts that apply to all scopes of a customer.

    ``ours`` are the principals whose roles count for the partner: the partner that bills and its reseller earn credit, nobody else.
    ``unknown`` are foreign principals whose tenant cannot be determined. ``earning`` says by name in lower case which roles earn,
    ``overrides`` what the user stated about them. ``roles`` has the definitions of roles that are not common ones. ``further_partners`` is
    whether other tenants count for the partner, too.
    """

    ours: frozenset[str]
    earning: Mapping[str, bool]
    overrides: Mapping[str, bool] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    further_partners: bool = False
    principals: Mapping[str, Principal] = field(default_factory=dict)
    roles: Mapping[str, RoleDefinition] = field(default_factory=dict)
    relationship: str | None = None

    def is_ours(self, assignment: Assignment) -> bool:
        """Whether an assignment counts for the partner."""
        return assignment.principal_id in self.ours and not assignment.is_customers_own

    def is_unknown(self, assignment: Assignment) -> bool:
        """Whether an assignment may count for the partner."""
        return assignment.principal_id in self.unknown and not assignment.is_customers_own

    def role(self, assignment: Assignment) -> str:
        """The name of an assignment's role, its GUID if the name is unknown."""
        definition = self.roles.get(assignment.role_id)
        return name_of(assignment.role_id) or (definition.name if definition else assignment.role_id)

    def earns(self, assignment: Assignment) -> bool | None:
        """Whether the role earns credit, None if the list does not say."""
        definition = self.roles.get(assignment.role_id)
        custom = definition is not None and not definition.built_in
        return (self.overrides if custom else self.earning).get(self.role(assignment).casefold())

    def opens_tickets(self, assignment: Assignment) -> bool | None:
        """Whether the role may open support tickets, None if its permissions are unknown."""
        return opens_tickets(assignment.role_id, self.roles.get(assignment.role_id))
