# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions, notActions and wildcards."""

from __future__ import annotations

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.permissions import ASSIGN, missing

UNASSIGN = "Microsoft.Authorization/roleAssignments/delete"
OWNER = {"actions": ["*"], "notActions": []}
CONTRIBUTOR = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]}
READER = {"actions": ["*/read"], "notActions": []}
ADMINISTRATOR = {"actions": ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"], "notActions": None}
WRITER = {"actions": ["microsoft.authorization/ROLEASSIGNMENTS/write"]}


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
        ([{"actions": ["Microsoft.AuthorizationX/*"]}], [ASSIGN, UNASSIGN]),
        ([{"actions": []}], [ASSIGN, UNASSIGN]),
    ],
)
def test_missing_actions(held: list, lacking: list[str]) -> None:
    assert missing([ASSIGN, UNASSIGN], held) == lacking
