# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what became of each expected grant, by the same decisions as `reinstate`. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .._access.plan import AssignmentOutcome, decide
from .._model.assignments import Assignment, Key
from .._model.errors import AzureError
from .model import AuditedScope, ExpectedGrant, GrantFinding


def find_all(audited: AuditedScope) -> tuple[GrantFinding, ...]:
    """The finding about each grant that is expected at the scope or below it."""
    return tuple(find(expected, audited) for expected in audited.expected)


def find(expected: ExpectedGrant, audited: AuditedScope) -> GrantFinding:
    """The finding about one expected grant."""
    item = expected.desired
    error = audited.error or item.error
    if error:
        return GrantFinding(expected, "unknown", AssignmentOutcome(item, "failed", error=error))
    outcome = decide(item, audited.assignments, present=True)
    reaching = tuple(
        assignment
        for assignment in audited.assignments
        if assignment.principal_id == item.principal_id and assignment.scope.reaches(item.scope)
    )
    if any(assignment.is_customers_own for assignment in reaching):
        return GrantFinding(expected, "wrong_principal", outcome, reaching)
    if outcome.existing:
        return GrantFinding(expected, _best(outcome.existing, "exact"), outcome, outcome.existing)
    same = tuple(assignment for assignment in reaching if assignment.role_id == item.role.id)
    if same:
        return GrantFinding(expected, _best(same, "inherited"), outcome, same)
    return GrantFinding(expected, "different_role" if reaching else "missing", outcome, reaching)


def _best(held: Sequence[Assignment], unconditional: str) -> str:
    """One assignment without a condition is worth more than any number with one."""
    if all(assignment.condition for assignment in held):
        return "conditional"
    return "duplicated" if unconditional == "exact" and len(held) > 1 else unconditional


def with_errors(findings: Sequence[GrantFinding], errors: Mapping[Key, AzureError]) -> tuple[GrantFinding, ...]:
    """The findings, with the errors that would stop `reinstate` from writing."""
    return tuple(
        replace(finding, outcome=finding.outcome.failed(errors[finding.outcome.desired.key]))
        if finding.outcome.to_write and finding.outcome.desired.key in errors
        else finding
        for finding in findings
    )
