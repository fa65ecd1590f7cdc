#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: create, change and remove role assignments."""

from __future__ import annotations

DOCUMENTATION = r"""
module: role_assignment
short_description: Create or remove role assignments for a partner's group
version_added: 1.0.0
description:
  - Creates or removes role assignments in Azure, by default those of a partner's group (a foreign principal). This is step 6 of Microsoft's
    procedure to reinstate admin privileges.
  - An assignment is the combination of scope, principal and role. An existing one is kept, whatever its name. An inherited one is reported,
    but does not count.
  - All scopes are tried. If one fails, the task fails at the end, and the result shows the outcome of each.
  - The identity signs in to the B(customer's) tenant and needs C(Microsoft.Authorization/roleAssignments/write) at the scopes, which Owner,
    User Access Administrator and Role Based Access Control Administrator have, and C(Microsoft.Authorization/roleAssignments/delete) to remove them.
  - Reading takes one request for each subscription. Names of built-in roles take none.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.writes
  - csp.azure._sign_in
options:
  scopes:
    description:
      - Subscription GUIDs, or IDs of subscriptions, resource groups, resources or management groups, or
        V(/providers/Microsoft.Capacity) for reservations.
      - Quotes around IDs, doubled and trailing slashes and letter case are corrected; anything else that is not a scope is rejected before the
        first request.
    type: list
    elements: str
    required: true
  principal_id:
    description:
      - Object ID of the principal; for a partner, that of M(csp.azure.admin_agents_info).
    type: str
    required: true
  principal_type:
    description:
      - The type of the principal. A group of another tenant is a V(ForeignGroup).
      - If Azure assigns the role to another type, the task fails, because the wrong principal got the access.
    type: str
    choices: [ForeignGroup, Group, ServicePrincipal, User]
    default: ForeignGroup
  role:
    description: Name, GUID or full ID of the role.
    type: str
    default: Owner
  state:
    description: Whether the assignments should exist.
    type: str
    choices: [present, absent]
    default: present
  description:
    description:
      - A description of the assignment, for example a ticket number. The customer's security staff will read it.
      - If it is not set, an existing description stays. An empty string removes it.
      - For some seconds, Azure's list does not show a new assignment. Another run that sets no description then creates it again, without one. The same
        applies to O(condition).
    type: str
  condition:
    description:
      - A condition that restricts the role, in Azure's condition language.
      - If it is not set, an existing condition stays. An empty string removes it.
    type: str
  condition_version:
    description: Version of the language of O(condition). If it is not set, V(2.0) is used.
    type: str
  wait:
    description:
      - Whether to read back what was written, until Azure's list shows it.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum time in seconds to wait for the assignments to appear. Up to 15 of these seconds are spent waiting for Azure to learn of a new principal.
    type: int
    default: 60
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
seealso:
  - module: csp.azure.partner_access
    description: Restores one customer's access in one task, and checks the relationship and the permission first.
  - module: csp.azure.role_assignment_info
"""

EXAMPLES = r"""
- name: Make the partner's AdminAgents group Owner of two subscriptions
  csp.azure.role_assignment:
    tenant: customer.onmicrosoft.com
    principal_id: 065b0bfc-0000-4000-8000-000000000001
    scopes:
      - 11111111-1111-4111-8111-111111111111
      - /subscriptions/44444444-4444-4444-8444-444444444444
    description: CSP partner access, ticket 4711

- name: Let them open support tickets for one resource group, no more
  csp.azure.role_assignment:
    principal_id: 065b0bfc-0000-4000-8000-000000000001
    role: Support Request Contributor
    scopes:
      - /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/web

- name: Remove the former partner's access
  csp.azure.role_assignment:
    principal_id: 0e5d1c2b-0000-4000-8000-000000000002
    scopes: [11111111-1111-4111-8111-111111111111]
    state: absent
"""

RETURN = r"""
assignments:
  description: One row per scope, in the order given.
  returned: when the sign-in succeeded
  type: list
  elements: dict
  contains:
    scope:
      description: The scope in Azure's form.
      type: str
    principal_id:
      description: Object ID of the principal.
      type: str
    role:
      description: The role's name where it is a built-in one, else as it was given.
      type: str
    state:
      description:
        - C(created), C(updated), C(unchanged), C(removed), C(absent) or C(failed).
        - In check mode, the state that the real run would reach.
      type: str
    id:
      description: ID of the role assignment, null where there is none (yet).
      type: str
    principal_type:
      description: Type of the principal, as Azure recorded it, null where there is no assignment (yet).
      type: str
    description:
      description: The assignment's description.
      type: str
    condition:
      description: The assignment's condition.
      type: str
    inherited_from:
      description: IDs of assignments of the same role to the same principal above the scope. They do not count as this one.
      type: list
      elements: str
    error:
      description: Why the row failed, with the keys of RV(error).
      returned: for failed rows
      type: dict
  sample:
    - scope: /subscriptions/11111111-1111-4111-8111-111111111111
      principal_id: 065b0bfc-0000-4000-8000-000000000001
      role: Owner
      state: created
      id: /subscriptions/11111111-1111-4111-8111-111111111111/providers/Microsoft.Authorization/roleAssignments/8f0c3b1e-5d0a-5a39-8d3e-2b6c7c1d9e42
      principal_type: ForeignGroup
      description: null
      condition: null
      inherited_from: []
caller:
  description: The identity that was signed in. A value that its token does not contain is null.
  returned: when the sign-in succeeded
  type: dict
  contains:
    tenant: {description: ID of the tenant., type: str}
    object_id: {description: "Object ID of the user, service principal or managed identity.", type: str}
    application_id: {description: Application ID that the token was issued to., type: str}
    kind: {description: "V(user), or V(app) for a service principal or managed identity.", type: str}
  sample: {tenant: 22222222-2222-4222-8222-222222222222, object_id: 5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10,
    application_id: 0c1f5d6e-7a3b-4f0e-9d55-3a8d1c2b4e6f, kind: app}
error:
  description: Details of the failure; of the first one if there are several.
  returned: on failure
  type: dict
  contains:
    code: {description: "Azure's code, or V(InvalidInput) for an option that was rejected.", type: str}
    message: {description: Azure's message., type: str}
    hint: {description: "What to do next; empty if Azure's message says it.", type: str}
    request_id: {description: "The request ID that Microsoft Support asks for, empty without a response.", type: str}
  sample:
    code: AuthorizationFailed
    message: The client ... does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' ...
    hint: The signed-in identity lacks Microsoft.Authorization/roleAssignments/write there ...
    request_id: 6d1c2f0e-3b6c-4d7c-9c6b-4f1f8d0a2c11
"""

from ..module_utils._access.apply import ReadBack, apply
from ..module_utils._access.plan import desired, plan
from ..module_utils._access.results import diff, result
from ..module_utils._clients.arm import Arm
from ..module_utils._connection.identities import Identities
from ..module_utils._model.identifiers import object_id
from ..module_utils._model.scopes import parse_all
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "scopes": {"type": "list", "elements": "str", "required": True},
        "principal_id": {"type": "str", "required": True},
        "principal_type": {
            "type": "str",
            "choices": ["ForeignGroup", "Group", "ServicePrincipal", "User"],
            "default": "ForeignGroup",
        },
        "role": {"type": "str", "default": "Owner"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "description": {"type": "str"},
        "condition": {"type": "str"},
        "condition_version": {"type": "str"},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 60},
    },
    {"required_by": {"condition_version": ["condition"]}},
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Create, update or remove the assignments."""
    scopes = parse_all(options["scopes"])
    principal_id = object_id(options["principal_id"])
    present = options["state"] == "present"
    arm = Arm(identities.customer)
    assignments = desired(
        arm,
        scopes,
        principal_id,
        options["role"],
        options["principal_type"],
        options["description"],
        options["condition"],
        options["condition_version"],
    )
    outcomes = plan(arm, assignments, present)
    changes = diff(outcomes, present)
    if not check_mode:
        outcomes = apply(arm, outcomes, ReadBack(options["wait"], options["wait_timeout"]))
    return {**result(outcomes, changes), "caller": arm.caller.as_dict()}


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
