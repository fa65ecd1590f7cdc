# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists as people type them: one value a line, in one text. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


def by_line(texts: Iterable[str]) -> list[str]:
    """The texts, those of several lines as one for each line; blank lines are none."""
    found: list[str] = []
    for text in texts:
        lines = re.split(r"[\r\n]+", text)
        found += [text] if len(lines) == 1 else [line.strip() for line in lines if line.strip()]
    return found


def with_lists(params: Mapping[str, Any], spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A module's options, each list of texts `by_line`; so are those of its suboptions."""
    return {name: _value(value, spec.get(name, {})) for name, value in params.items()}


def _value(value: Any, option: Mapping[str, Any]) -> Any:
    below = option.get("options")
    if isinstance(value, list):
        if option.get("elements") == "str":
            return by_line(value)
        return [with_lists(item, below) if below and isinstance(item, Mapping) else item for item in value]
    return with_lists(value, below) if below and isinstance(value, Mapping) else value
