# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's list of roles that earn credit."""

from __future__ import annotations

from ansible_collections.csp.azure.plugins.module_utils._model.earned_credit_roles import (
    EARNING,
    NOT_EARNING,
    earning_roles,
)
from ansible_collections.csp.azure.plugins.module_utils._model.roles import id_of


def test_the_list_is_the_published_one() -> None:
    assert (len(EARNING), len(NOT_EARNING), len(EARNING & NOT_EARNING)) == (98, 24, 0)
    assert {"Owner", "Contributor", "Support Request Contributor", "Backup Operator"} <= EARNING
    assert {"Reader", "Billing Reader", "Cognitive Services User"} <= NOT_EARNING


def test_names_are_those_that_roles_are_known_by() -> None:
    # This one was never more than a preview, and is gone.
    assert {name for name in EARNING | NOT_EARNING if id_of(name) is None} == {
        "Blockchain Member Node Access (Preview)"
    }


def test_the_user_knows_better() -> None:
    result = earning_roles({" Reader ": True, "Our role": False})
    assert (result["reader"], result["our role"], result["owner"], result.get("quota request operator")) == (
        True,
        False,
        True,
        None,
    )
