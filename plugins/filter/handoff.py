# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters for what leaves this collection as text: scopes and roles in Azure's form, values quoted for PowerShell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._model.errors import AzureError
from ..module_utils._model.lists import by_line
from ..module_utils._model.roles import known_role
from ..module_utils._model.scopes import parse_all

# PowerShell takes these for single quotes, too: ' and its typographic forms.
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


def scopes(value: Any) -> list[dict[str, str | None]]:
    """The scopes in Azure's form, with the subscription and the resource group that each lies in."""
    texts = [value] if isinstance(value, str) else list(value)
    try:
        parsed = parse_all(by_line(str(text) for text in texts))
    except AzureError as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return [
        {"scope": scope.path, "subscription": scope.subscription, "resource_group": scope.resource_group}
        for scope in parsed
    ]


def role(value: Any) -> dict[str, str]:
    """The role's GUID, empty if only Azure knows it, and its name."""
    text = str(value).strip()
    known = known_role(text)
    return {"id": known.id, "name": known.name} if known else {"id": "", "name": text}


def powershell_quote(value: Any) -> str:
    """The value as a PowerShell string that is taken as it stands."""
    return "'" + _QUOTES.sub(r"\1\1", str(value)) + "'"


class FilterModule:
    """The filters of hand-offs."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Names and functions."""
        return {"powershell_quote": powershell_quote, "role": role, "scopes": scopes}
