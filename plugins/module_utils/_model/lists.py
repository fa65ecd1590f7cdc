# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists as people type them: one value a line, in one text. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .types import ArgumentSpec, Options


def by_line(texts: Iterable[str]) -> list[str]:
    """The texts, with a text of several lines split into one for each line that is not blank."""
    values: list[str] = []
    for text in texts:
        lines = re.split(r"[\r\n]+", text)
        values += [text] if len(lines) == 1 else [line.strip() for line in lines if line.strip()]
    return values


def with_lists(options: Options, spec: ArgumentSpec) -> dict[str, object]:
    """A task's options with each list of texts `by_line`, those in suboptions included."""
    return {name: _value(value, spec.get(name, {})) for name, value in options.items()}


def _value(value: object, option: Options) -> object:
    suboptions = option.get("options")
    if isinstance(value, list):
        if option.get("elements") == "str":
            return by_line(value)
        return [with_lists(item, suboptions) if suboptions and isinstance(item, Mapping) else item for item in value]
    return with_lists(value, suboptions) if suboptions and isinstance(value, Mapping) else value
