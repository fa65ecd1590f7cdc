# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: quote a value for PowerShell."""

from __future__ import annotations

DOCUMENTATION = r"""
name: powershell_quote
author: csp.azure contributors (@csp-azure)
version_added: 2.0.0
short_description: Quote a value for PowerShell
description:
  - Returns the value as a single-quoted PowerShell string, with special characters escaped.
options:
  _input:
    description: The value.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show a line of PowerShell
  ansible.builtin.debug:
    msg: Write-Output {{ name | csp.azure.powershell_quote }}
  vars:
    name: O'Brien
"""

RETURN = r"""
_value:
  description: The quoted value.
  type: str
"""

import re
from collections.abc import Callable
from typing import Any

# PowerShell takes these for single quotes, too: ' and its typographic forms.
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


def powershell_quote(value: Any) -> str:
    """The value as a PowerShell string that is taken as it stands."""
    return "'" + _QUOTES.sub(r"\1\1", str(value)) + "'"


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Name and function."""
        return {"powershell_quote": powershell_quote}
