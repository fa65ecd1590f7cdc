# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcomes of role assignments as modules return them. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._model.assignments import AssignmentProperties
from .._model.errors import AzureError
from .._model.types import Result
from .plan import AssignmentOutcome


def result(outcomes: Sequence[AssignmentOutcome], plan_diff: Result) -> Result:
    """Every outcome and, if one failed, the message that names the reasons."""
    keys: Result = {
        "changed": any(outcome.to_write or outcome.written for outcome in outcomes),
        "assignments": [outcome.as_dict() for outcome in outcomes],
        "diff": plan_diff,
    }
    failed = [(outcome, outcome.error) for outcome in outcomes if outcome.error]
    if failed:
        keys.update(failed=True, msg=_reasons(failed, len(outcomes)), error=failed[0][1].as_dict())
    return keys


def summary(outcomes: Sequence[AssignmentOutcome], check_mode: bool) -> list[str]:
    """The outcomes in words, failures first."""
    failed = [outcome for outcome in outcomes if outcome.error]
    return [
        _sentence(outcome, check_mode) for outcome in (*failed, *(outcome for outcome in outcomes if not outcome.error))
    ]


def _sentence(outcome: AssignmentOutcome, check_mode: bool) -> str:
    state = f"would be {outcome.state}" if check_mode and outcome.to_write else outcome.state
    text = f"{state}: {outcome.desired.label}"
    if outcome.inherited:
        text += f" (it also inherits the role: {', '.join(assignment.id for assignment in outcome.inherited)})"
    return f"{text}: {outcome.error}" if outcome.error else text


def _reasons(failed: Sequence[tuple[AssignmentOutcome, AzureError]], total: int) -> str:
    """The failures in one text: each reason once, with the first assignment that it affects."""
    by_reason: dict[tuple[str, str], list[tuple[AssignmentOutcome, AzureError]]] = {}
    for outcome, error in failed:
        by_reason.setdefault((error.code, error.hint or error.message), []).append((outcome, error))
    parts = [f"{len(failed)} of {total} role assignments failed."]
    for (outcome, error), *others in by_reason.values():
        more = f" (and {len(others)} more for the same reason)" if others else ""
        parts.append(f"{outcome.desired.label}{more}: {error}")
    return "\n".join(parts)


def diff(outcomes: Sequence[AssignmentOutcome], present: bool) -> Result:
    """What a plan changes, for ``--diff``: the affected assignments, before and after."""
    before: Result = {}
    after: Result = {}
    for outcome in outcomes:
        if outcome.to_write:
            label, first = outcome.desired.label, outcome.first
            before[label] = _visible(outcome.desired.properties_of(first)) if first else "absent"
            after[label] = _visible(outcome.desired.properties(first)) if present else "absent"
    return {"before": before, "after": after}


def _visible(properties: AssignmentProperties) -> dict[str, str | None]:
    return {
        "principal_type": properties.principal_type,
        "description": properties.description,
        "condition": properties.condition,
    }
