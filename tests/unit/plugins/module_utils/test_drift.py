# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed since an earlier audit."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._drift import compare, subscriptions_of

OLD, NOW, MADE = "2026-11-01T00:00:00Z", "2026-11-23T00:00:00Z", "2026-01-01T00:00:00Z"


def places(access: bool | None, **more: Any) -> list[dict[str, Any]]:
    made = [{"created_on": MADE}] if access else []
    grant = {
        "scope": "/subscriptions/S",
        "principal_id": "p",
        "role": "Owner",
        "access": access,
        "assignments": made,
        **more,
    }
    return [{"subscription_id": "s", "state": "Enabled", "sold": None, "flags": ["no_credit"], "grants": [grant]}]


TABLE: list[tuple[str, Any, bool | None, str | None, str]] = [
    ("first, there", None, True, None, MADE),
    ("first, not there", None, False, None, NOW),
    ("first, unknown", None, None, None, NOW),
    ("stays", {"access": True, "since": OLD}, True, "none", OLD),
    ("stays away", {"access": False, "since": OLD}, False, "none", OLD),
    ("lost", {"access": True, "since": OLD}, False, "lost", NOW),
    ("gained", {"access": False, "since": OLD}, True, "gained", MADE),
    ("cannot be read any more", {"access": True, "since": OLD}, None, "unreadable", NOW),
    ("still cannot be read", {"access": None, "was": True, "since": OLD}, None, "unreadable", OLD),
    ("was not there, cannot be read", {"access": False, "since": OLD}, None, "none", NOW),
    ("read again", {"access": None, "was": True, "since": OLD}, True, "none", MADE),
    ("read again, and lost meanwhile", {"access": None, "was": True, "since": OLD}, False, "lost", NOW),
    ("never known", {"access": None, "was": None, "since": OLD}, False, None, NOW),
]


@pytest.mark.parametrize(
    ("before", "access", "change", "since"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_changes(before: Any, access: bool | None, change: str | None, since: str) -> None:
    found = places(access)
    earlier = (
        {"subscriptions": places(before.pop("access"), role="OWNER", scope="/SUBSCRIPTIONS/s", **before)}
        if before
        else None
    )
    compare(found, earlier, NOW)
    grant = found[0]["grants"][0]
    assert (grant["change"], grant["since"]) == (change, since)
    assert (change in found[0]["flags"]) == (change in ("lost", "gained", "unreadable"))
    assert "no_credit" in found[0]["flags"]


def test_another_grant_is_no_change() -> None:
    found = places(False)
    compare(found, {"subscriptions": places(True, principal_id="q")}, NOW)
    assert found[0]["grants"][0]["change"] is None


@pytest.mark.parametrize(("state", "sold", "kept"), [("Enabled", None, True), (None, True, True), (None, None, False)])
def test_a_subscription_that_only_reports_remember_is_forgotten(state: Any, sold: Any, kept: bool) -> None:
    rows = [{**places(True)[0], "state": state, "sold": sold}]
    assert subscriptions_of({"subscriptions": rows}) == ({"s"} if kept else set())
    assert subscriptions_of(None) == frozenset()
