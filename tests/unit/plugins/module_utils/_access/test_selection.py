# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``all`` selects, and what it leaves out."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._access.selection import select_all
from ansible_collections.csp.azure.plugins.module_utils._model.customers import Subscription
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError


def listed(*states: str, tenant: str = "t", first: str = "1") -> list[Subscription]:
    return [
        Subscription(f"{first}1111111-1111-4111-8111-11111111111{number}", None, state, tenant)
        for number, state in enumerate(states)
    ]


@pytest.mark.parametrize("writable", [True, False])
def test_all_selects_every_subscription_and_names_the_others(writable: bool) -> None:
    states = ("Enabled", "PastDue", "Warned", "Disabled", "Deleted")
    strangers = listed("Enabled", tenant="other", first="2")
    selection = select_all([*listed(*states), *strangers], "t", writable)
    assert len(selection.scopes) == (2 if writable else 5)
    assert len(selection.scopes) + len(selection.left_out) == 6
    assert "belongs to the tenant other" in selection.left_out[-1]
    assert [check.outcome for check in selection.checks] == ["skipped"] * len(selection.left_out)


def test_no_selected_subscription_is_an_error_that_names_the_others() -> None:
    with pytest.raises(AzureError, match="disabled") as caught:
        select_all(listed("Disabled"), "t", writable=True)
    assert caught.value.code == "NoSubscription"
    assert "sees no subscription in a state that accepts writes." in caught.value.message
    with pytest.raises(AzureError, match="sees no subscription of the tenant"):
        select_all([], "t", writable=False)
    assert select_all(listed("Disabled"), "t", writable=False).left_out == ()


def test_a_subscription_without_a_tenant_counts() -> None:
    [subscription] = listed("Enabled")
    unknown = Subscription(subscription.id, state="Enabled")
    assert len(select_all([unknown], "t", writable=True).scopes) == 1
    assert len(select_all([subscription], None, writable=True).scopes) == 1
