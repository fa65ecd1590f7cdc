# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions, notActions and wildcards."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.permissions import ASSIGN, Permission, missing

UNASSIGN = "Microsoft.Authorization/roleAssignments/delete"
OWNER = Permission(("*",))
CONTRIBUTOR = Permission(("*",), ("Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"))
READER = Permission(("*/read",))
ADMINISTRATOR = Permission(("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"))
WRITER = Permission(("microsoft.authorization/ROLEASSIGNMENTS/write",))


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        ([], [ASSIGN, UNASSIGN]),
        ([OWNER], []),
        ([CONTRIBUTOR], [ASSIGN, UNASSIGN]),
        ([READER], [ASSIGN, UNASSIGN]),
        ([READER, CONTRIBUTOR], [ASSIGN, UNASSIGN]),
        ([CONTRIBUTOR, ADMINISTRATOR], []),  # what one role takes away, another gives
        ([ADMINISTRATOR], []),
        ([WRITER], [UNASSIGN]),
        ([Permission(("Microsoft.AuthorizationX/*",))], [ASSIGN, UNASSIGN]),
        ([Permission(())], [ASSIGN, UNASSIGN]),
    ],
)
def test_missing_actions(held: list, lacking: list[str]) -> None:
    assert missing([ASSIGN, UNASSIGN], held) == lacking
