# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others, made fit to show. Pure.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST = 2000
_LONGEST_LINE = 100


def printable(text: str) -> str:
    """The text without anything that a terminal obeys, cut at 2,000 characters."""
    clean = _UNPRINTABLE.sub("\ufffd", text)
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}\u2026"


def optional_text(value: object) -> str | None:
    """The value as printable text, None if it is empty."""
    return printable(str(value)) if value else None


def one_line(text: str) -> str:
    """The text as one line of at most 100 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}\u2026"


def counted(number: int, noun: str) -> str:
    """The number with its noun, in the plural unless it is one."""
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def yes_no(value: bool | None) -> str:
    """``yes``, ``no``, or nothing if it is unknown."""
    return "" if value is None else "yes" if value else "no"
