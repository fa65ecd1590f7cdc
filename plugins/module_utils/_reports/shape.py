# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the form of what was read from a file. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT = (str, type(None))
TRUTH = (bool, type(None))
# Reports nest less than half as deep; what is deeper could be read, but not written again.
DEPTH = 30


def fits(value: object, shape: Any) -> bool:
    """Whether a value has a form: a type, a tuple of forms, ``[form]`` for a list of any length, or a form for each key.

    A key that ends with ``?`` may be missing or null; keys that are not named may be there.
    """
    if isinstance(shape, tuple):
        return any(fits(value, form) for form in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, Mapping):
        return isinstance(value, dict) and all(_has(value, name, form) for name, form in shape.items())
    return isinstance(value, shape)


def _has(value: Mapping[str, Any], name: str, form: Any) -> bool:
    key = name.removesuffix("?")
    if key != name and value.get(key) is None:
        return True
    return key in value and fits(value[key], form)


def is_flat(value: object, depth: int = DEPTH) -> bool:
    """Whether a value is nested no deeper than that."""
    if not isinstance(value, (dict, list)):
        return True
    items = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(is_flat(item, depth - 1) for item in items)
