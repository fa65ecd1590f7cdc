# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misspelled variables of a role, which ansible ignores. For internal use of csp.azure only."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from ..module_utils._model.errors import AzureError, invalid

_COLLECTION = "csp.azure."
_OF_PLAYBOOKS = {"hosts", "serial"}
# Some roles fall back to the variables of `reinstate`.
_OF_OTHERS = "reinstate_"
_OTHER = re.compile(rf"\b{_OF_OTHERS}(\w+)")
# How alike two names must be; other variables with the role's prefix are the user's own.
_ALIKE = 0.8


def misspelled(role: Any, variables: Iterable[str]) -> AzureError | None:
    """The error for variables that a role of this collection does not have, but that resemble one that it reads; ``role`` is ansible's, or None."""
    name = role.get_name() if role else ""
    if not name.startswith(_COLLECTION):
        return None
    defaults = role.get_default_vars()
    own = f"{name.removeprefix(_COLLECTION)}_"
    known = {own: {option.removeprefix(own) for option in defaults} | _OF_PLAYBOOKS}
    if own != _OF_OTHERS:
        known[_OF_OTHERS] = {option for value in defaults.values() for option in _OTHER.findall(str(value))}
    meant = {text: close for text in sorted(variables) if (close := _meant(text, known))}
    if not meant:
        return None
    words = [f"{text} is not a variable of the role {name}." for text in meant]
    return invalid(" ".join(words), f"Use {' and '.join(meant.values())}, or another name for a variable of your own.")


def _meant(variable: str, known: Mapping[str, Collection[str]]) -> str:
    """The variable that a misspelled one resembles; empty if it is right, or somebody's own."""
    for prefix, options in known.items():
        text = variable.removeprefix(prefix)
        if variable.startswith(prefix) and text not in options:
            return next((f"{prefix}{close}" for close in get_close_matches(text, options, 1, _ALIKE)), "")
    return ""
