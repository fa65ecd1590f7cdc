# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misspelled variables of a role, which ansible ignores. For internal use of csp.azure only."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from ..module_utils._model.errors import AzureError, invalid

_COLLECTION = "csp.azure."
_OF_PLAYBOOKS = {"hosts", "serial"}
# How alike two names must be; other variables with the role's prefix are the user's own.
_ALIKE = 0.8


def misspelled(role: Any, variables: Iterable[str]) -> AzureError | None:
    """The error for variables that a role of this collection does not have, but that resemble one of its own; ``role`` is ansible's, or None."""
    name = role.get_name() if role else ""
    if not name.startswith(_COLLECTION):
        return None
    prefix = f"{name.removeprefix(_COLLECTION)}_"
    options = {option.removeprefix(prefix) for option in role.get_default_vars()} | _OF_PLAYBOOKS
    unknown = {text.removeprefix(prefix) for text in variables if text.startswith(prefix)} - options
    meant = {text: get_close_matches(text, options, 1, _ALIKE) for text in sorted(unknown)}
    words = [f"{prefix}{text} is not a variable of the role {name}." for text, close in meant.items() if close]
    hints = [f"{prefix}{close[0]}" for close in meant.values() if close]
    if not words:
        return None
    return invalid(" ".join(words), f"Use {' and '.join(hints)}, or another name for a variable of your own.")
