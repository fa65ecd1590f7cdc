# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: identify an Azure role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: role
author: csp.azure contributors (@csp-azure)
version_added: 2.0.0
short_description: Identify an Azure role
description:
  - Takes a role as people write it and returns its GUID and its name. It makes no requests.
  - By the GUID, the Azure CLI and Azure PowerShell find a role however it was written.
options:
  _input:
    description: The name of the role in any letter case, its GUID, or its full ID with or without a subscription.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the GUID of a role
  ansible.builtin.debug:
    msg: "{{ ('owner' | csp.azure.role).id }}"
"""

RETURN = r"""
_value:
  description: A dictionary with C(id), which is empty for the name of a custom role, and C(name), which is what was given for the GUID of a custom role.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ..module_utils._model.roles import known_role


def role(value: Any) -> dict[str, str]:
    """The role's GUID, empty if only Azure knows it, and its name."""
    text = str(value).strip()
    known = known_role(text)
    return {"id": known.id, "name": known.name} if known else {"id": "", "name": text}


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Callable[[Any], Any]]:
        """Name and function."""
        return {"role": role}
