# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates what roles permit: actions and notActions with wildcards. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

ASSIGN = "Microsoft.Authorization/roleAssignments/write"


def missing(actions: Iterable[str], permissions: Sequence[Mapping[str, Any]]) -> list[str]:
    """The actions that none of the permissions grants.

    ``permissions`` is ARM's list, one entry per role held ({actions, notActions}). An action is granted if one entry
    has it in its actions and not in its own notActions: entries add up, they do not take away from each other.
    """
    return [action for action in actions if not any(_grants(entry, action) for entry in permissions)]


def _grants(entry: Mapping[str, Any], action: str) -> bool:
    return _matches(entry.get("actions"), action) and not _matches(entry.get("notActions"), action)


def _matches(patterns: Iterable[str] | None, action: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.IGNORECASE) for pattern in patterns or ()
    )
