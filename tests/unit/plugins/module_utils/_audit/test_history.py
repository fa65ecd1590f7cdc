# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed since an earlier audit."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._audit.history import (
    compare,
    is_record,
    remembered_subscriptions,
)

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
OLD, YESTERDAY, NOW = "2026-11-01T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"
MADE, AGAIN = "2026-01-01T00:00:00.1234567Z", "2026-11-20T00:00:00Z"
RECORD = {
    "scope": "/SUBSCRIPTIONS/s",
    "principal_id": "p",
    "role_id": "r",
    "subscription_id": SUBSCRIPTION,
    "access": True,
    "since": OLD,
    "seen": YESTERDAY,
}


def places(access: bool | None, created_on: str | None = MADE, **more: Any) -> list[dict[str, Any]]:
    created = [{"created_on": created_on}] if access else []
    grant = {
        "scope": "/subscriptions/S",
        "principal_id": "p",
        "role": "Owner",
        "role_id": "r",
        "access": access,
        "assignments": created,
        **more,
    }
    return [
        {"subscription_id": SUBSCRIPTION, "state": "Enabled", "sold": None, "flags": ["no_credit"], "grants": [grant]}
    ]


# What was known -> what is read now -> what is said, and remembered.
TABLE: list[tuple[str, bool | None, bool | None, str | None, str, bool | None]] = [
    ("first, there", None, True, None, MADE, True),
    ("first, not there", None, False, None, NOW, False),
    ("first, unknown", None, None, None, NOW, None),
    ("stays", True, True, "none", OLD, True),
    ("stays away", False, False, "none", OLD, False),
    ("lost", True, False, "lost", NOW, False),
    ("gained", False, True, "gained", MADE, True),
    ("cannot be read any more", True, None, "unreadable", YESTERDAY, True),
    ("was not there, cannot be read", False, None, "none", YESTERDAY, False),
]


@pytest.mark.parametrize(
    ("before", "access", "change", "since", "remembered"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_changes(
    before: bool | None, access: bool | None, change: str | None, since: str, remembered: bool | None
) -> None:
    before_ = [{**RECORD, "access": before}] if before is not None else []
    result, memory = compare(places(access), before_, NOW)
    grant = result[0]["grants"][0]
    assert (grant["change"], grant["since"]) == (change, since)
    assert (change in result[0]["flags"]) == (change in ("lost", "gained", "unreadable"))
    assert "no_credit" in result[0]["flags"]
    assert [item["access"] for item in memory] == ([] if remembered is None else [remembered])
    assert all(is_record(item) for item in memory)


def test_an_assignment_that_was_made_anew_is_younger_than_the_last_audit() -> None:
    result, _memory = compare(places(True, AGAIN), [RECORD], NOW)
    assert (result[0]["grants"][0]["change"], result[0]["grants"][0]["since"]) == ("none", AGAIN)
    nobody_knows, _memory = compare(places(True, None), [RECORD], NOW)
    assert nobody_knows[0]["grants"][0]["since"] == OLD


def test_a_loss_is_told_however_long_nobody_could_look() -> None:
    """A failed read, a scope that is left out, a subscription that is not seen: then it is looked at again."""
    _found, memory = compare(places(True), [], "2026-11-01T00:00:00Z")
    for day, access in ((2, None), (3, None)):
        _found, memory = compare(places(access), memory, f"2026-11-{day:02}T00:00:00Z")
    _found, memory = compare([], memory, "2026-11-04T00:00:00Z")
    assert remembered_subscriptions(memory) == {SUBSCRIPTION}
    result, memory = compare(places(False, scope="/SUBSCRIPTIONS/s"), memory, "2026-11-05T00:00:00Z")
    assert result[0]["grants"][0]["change"] == "lost"
    assert remembered_subscriptions(memory) == frozenset()


def test_what_nobody_has_seen_for_a_month_is_forgotten() -> None:
    assert compare([], [{**RECORD, "seen": "2026-10-25T00:00:00Z"}], NOW)[1]
    assert not compare([], [{**RECORD, "seen": "2026-10-23T00:00:00Z"}], NOW)[1]


def test_another_grant_is_no_change() -> None:
    others = [{**RECORD, "principal_id": "q"}, {**RECORD, "role_id": "q"}]
    result, _memory = compare(places(False), others, NOW)
    assert result[0]["grants"][0]["change"] is None


@pytest.mark.parametrize("wrong", [{}, {"seen": "yesterday"}, {"access": None}, {"since": None}])
def test_what_is_no_record(wrong: dict[str, Any]) -> None:
    assert not is_record({**RECORD, **wrong} if wrong else None)
