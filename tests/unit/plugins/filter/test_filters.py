# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the hand-off."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.filter.role import role
from ansible_collections.csp.azure.plugins.filter.scopes import scopes

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CUSTOM = "11111111-1111-4111-8111-111111111111"
DEFINITION = "/providers/Microsoft.Authorization/roleDefinitions"
SUBSCRIPTION = "/subscriptions/22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("text", "identity", "name"),
    [
        ("Owner", OWNER, "Owner"),
        (" owner\n", OWNER, "Owner"),
        (OWNER.upper(), OWNER, "Owner"),
        (f"{DEFINITION}/{OWNER}", OWNER, "Owner"),
        (f"{SUBSCRIPTION}{DEFINITION}/{OWNER}/".upper(), OWNER, "Owner"),
        (CUSTOM, CUSTOM, CUSTOM),
        ("Our desk's role", "", "Our desk's role"),
    ],
)
def test_a_role_in_every_form(text: str, identity: str, name: str) -> None:
    assert role(text) == {"id": identity, "name": name}


def test_scopes_one_a_line() -> None:
    text = f"{SUBSCRIPTION}\r\n\r\n{SUBSCRIPTION}/resourceGroups/web\r\n"
    result = [item["scope"] for item in scopes(text)]
    assert result == [SUBSCRIPTION, f"{SUBSCRIPTION}/resourceGroups/web"]
