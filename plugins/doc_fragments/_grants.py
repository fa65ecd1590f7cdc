# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of grants. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that work on one customer."""

    DOCUMENTATION = r"""
options:
  grants:
    description: The roles each group should have, and where. An empty list grants nothing.
    type: list
    elements: dict
    required: true
    suboptions:
      principal_id:
        description: Object ID of the partner's group. Give either this or O(grants[].group).
        type: str
      group:
        description: Name of the partner's group, one of O(groups), or one that O(partner) can look up.
        type: str
      role:
        description: Name, GUID or full ID of the role.
        type: str
        default: Owner
      scopes:
        description:
          - Where, in the forms that M(csp.azure.role_assignment) takes.
          - V(all) alone means every subscription of the customer's tenant that the identity sees and that accepts writes (Enabled, PastDue); for an audit,
            also those that were sold. RV(left_out) names the others.
        type: list
        elements: str
        required: true
  groups:
    description: Object IDs of the groups that O(grants[].group) names. Missing ones are looked up with O(partner), once for each task.
    type: dict
    default: {}
"""
