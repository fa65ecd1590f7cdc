# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluates what roles permit: actions and notActions with wildcards. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

ASSIGN = "Microsoft.Authorization/roleAssignments/write"


@dataclass(frozen=True)
class Permission:
    """One entry of ARM's permissions: of one role that is held, or of a role definition or deny assignment."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()


def missing(actions: Iterable[str], permissions: Iterable[Permission]) -> list[str]:
    """The actions that no permission grants.

    A permission grants an action that is in its actions and not in its own notActions: permissions add up, they do not
    subtract from each other.
    """
    entries = tuple(permissions)
    return [action for action in actions if not any(_grants(entry, action) for entry in entries)]


def _grants(permission: Permission, action: str) -> bool:
    return _matches(permission.actions, action) and not _matches(permission.not_actions, action)


def _matches(patterns: Iterable[str], action: str) -> bool:
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), action, re.IGNORECASE) for pattern in patterns
    )
