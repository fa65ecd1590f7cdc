# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes in words."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.csp.azure.plugins.module_utils._access.apply import apply
from ansible_collections.csp.azure.plugins.module_utils._access.plan import AssignmentOutcome, plan
from ansible_collections.csp.azure.plugins.module_utils._access.results import summary

from ..fakes import AGENTS, GROUP, SUB, Azure, Clock, assignment, desired, error

CREATED = AssignmentOutcome(desired(), "created")
FAILED = AssignmentOutcome(desired(GROUP), "failed", error=error("ScopeLocked", "locked"))


def test_failures_come_first_and_bear_their_reason() -> None:
    lines = summary([CREATED, FAILED], False)
    assert lines[0].startswith(f"failed: Owner of {AGENTS} at {GROUP}: ScopeLocked: locked")
    assert lines[1] == f"created: Owner of {AGENTS} at {SUB}"
    assert summary([CREATED], True) == [f"would be created: Owner of {AGENTS} at {SUB}"]
    assert summary([replace(CREATED, state="unchanged")], True) == [f"unchanged: Owner of {AGENTS} at {SUB}"]


def never_shown(present: bool) -> str:
    azure = Azure(*([] if present else [assignment()]), lag=99)
    outcomes = plan(azure, [desired()], present)
    if not present:
        azure.delete_assignment = lambda _id: True  # type: ignore[method-assign]
    [outcome] = apply(azure, outcomes, Clock().read_back(seconds=5))
    assert outcome.error
    assert outcome.error.code == "NotReadBack"
    return outcome.error.message


def test_what_never_shows_is_worded_by_what_was_done() -> None:
    assert "does not show" in never_shown(True)
    assert "still shows" in never_shown(False)
