# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks as values: what was checked before something is written, and which outcomes fail because of it. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._model.assignments import Key
from .._model.errors import AzureError
from .plan import AssignmentOutcome


@dataclass(frozen=True)
class Check:
    """One check. ``outcome`` is ok, refused, skipped or unknown; ``error`` fails the assignments with these ``keys``."""

    step: str
    outcome: str
    message: str
    error: AzureError | None = None
    keys: frozenset[Key] = frozenset()

    def as_dict(self) -> dict[str, str]:
        """The check as a step of a result."""
        return {"step": self.step, "outcome": self.outcome, "message": self.message}


def errors_of(checks: Iterable[Check]) -> dict[Key, AzureError]:
    """The error of each assignment that a check refuses, the first one where there are several."""
    errors: dict[Key, AzureError] = {}
    for check in checks:
        if check.error:
            errors.update(dict.fromkeys(check.keys - set(errors), check.error))
    return errors


def refused_by(checks: Iterable[Check], outcomes: Sequence[AssignmentOutcome]) -> list[AssignmentOutcome]:
    """The outcomes, failed where a check refuses to write them."""
    errors = errors_of(checks)
    return [
        outcome.failed(errors[outcome.desired.key]) if outcome.to_write and outcome.desired.key in errors else outcome
        for outcome in outcomes
    ]


def keys_of(outcomes: Iterable[AssignmentOutcome]) -> frozenset[Key]:
    """The keys of these outcomes."""
    return frozenset(outcome.desired.key for outcome in outcomes)
