# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a customer's row in the report of an earlier audit.

For internal use of csp.azure only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

from .._model.types import JsonObject
from .audit_rows import is_row
from .files import parsed_rows, read_earlier_lines, version

# How the lines that `audit_report` writes begin. Others are parsed to the end, which takes five times as long.
_TEXT = r'"(?:[^"\\]|\\.)*"'
_BEGINNING = re.compile(rf'\{{"customer": ({_TEXT}), "tenant": ({_TEXT}|null),')
_LOCK = Lock()


@dataclass(frozen=True)
class _Lines:
    """The lines of a report by customer and by tenant; ``others`` have neither, and count for each text that they contain."""

    first: Sequence[str]
    by_text: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    def of(self, *texts: str) -> list[str]:
        marks = [json.dumps(text, ensure_ascii=False) for text in texts]
        keyed = [line for text in texts for line in self.by_text.get(text, ())]
        return list(dict.fromkeys([*keyed, *(line for line in self.others if any(mark in line for mark in marks))]))


def earlier_row(path: str, customer: str, tenant: str | None) -> JsonObject | None:
    """The row of a customer's tenant in an earlier report, None without one or without a file; AzureError if it is not a report.

    A tenant may have rows of several hosts: then the one of this name counts.
    """
    with _LOCK:  # the hosts of a run are threads of its worker
        lines = _lines(path, version(path))
    parsed_rows(lines.first, is_row, path)
    best: tuple[int, JsonObject | None] = (0, None)
    for row in parsed_rows(lines.of(*filter(None, (customer, tenant))), is_row, path):
        same_tenant, same_name = row["tenant"] == tenant, row["customer"] == customer
        rank = 2 * same_tenant + same_name if row["tenant"] in (tenant, None) else 0
        if rank and rank >= best[0]:
            best = (rank, row)
    return best[1]


@lru_cache(maxsize=1)
def _lines(path: str, _version: object) -> _Lines:
    """The lines of a report: thousands of customers look for theirs in one process."""
    lines = read_earlier_lines(path)
    result = _Lines(lines[:1])
    for line in lines:
        keys = set(_keys(line))
        for text in keys:
            result.by_text.setdefault(text, []).append(line)
        if not keys:
            result.others.append(line)
    return result


def _keys(line: str) -> Iterator[str]:
    """The customer and the tenant of a line, nothing if it cannot be parsed."""
    beginning = _BEGINNING.match(line)
    try:
        values = map(json.loads, beginning.groups()) if beginning else map(json.loads(line).get, ("customer", "tenant"))
        yield from (value for value in values if isinstance(value, str))
    except (ValueError, RecursionError, AttributeError):
        return
