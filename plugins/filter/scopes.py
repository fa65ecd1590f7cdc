# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: put Azure scopes into Azure's own form."""

from __future__ import annotations

DOCUMENTATION = r"""
name: scopes
author: csp.azure contributors (@csp-azure)
version_added: 2.0.0
short_description: Put Azure scopes into Azure's own form
description:
  - Takes scopes as people write them and returns each once in Azure's form, with the subscription and the resource group that it lies in.
  - A value that is not a scope is rejected with the expected form.
options:
  _input:
    description: Scopes, in the forms that M(csp.azure.role_assignment) takes, or one text with a scope on each line.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show where a grant would be made
  ansible.builtin.debug:
    msg: "{{ ['11111111-1111-4111-8111-111111111111'] | csp.azure.scopes | map(attribute='scope') }}"
"""

RETURN = r"""
_value:
  description: One dictionary per scope with C(scope), C(subscription) and C(resource_group), the latter two null where there is none.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._model.errors import AzureError
from ..module_utils._model.lists import by_line
from ..module_utils._model.scopes import parse_all


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


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Name and function."""
        return {"scopes": scopes}
