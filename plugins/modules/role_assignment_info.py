#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: list role assignments."""

from __future__ import annotations

DOCUMENTATION = r"""
module: role_assignment_info
short_description: List role assignments, or all foreign principals
version_added: 1.0.0
description:
  - Lists role assignments at scopes, optionally only those of one principal, of one role, or of foreign principals (groups of present and former partners).
  - Assignments above a scope apply to it, too; they are marked as inherited.
  - The identity needs C(Microsoft.Authorization/roleAssignments/read) at the scopes, which every built-in role with C(*/read) has.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
options:
  scopes:
    description: Where, in the forms that M(csp.azure.role_assignment) takes.
    type: list
    elements: str
    required: true
  principal_id:
    description: Only assignments of the principal with this object ID.
    type: str
  role:
    description: Only assignments of this role, given by name, GUID or full ID.
    type: str
  foreign_only:
    description: Only assignments of foreign principals.
    type: bool
    default: false
  below:
    description: Whether to list assignments at resource groups and resources below the scopes, too.
    type: bool
    default: false
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
seealso:
  - module: csp.azure.foreign_principal_info
    description: Finds the partner that a foreign principal belongs to.
"""

EXAMPLES = r"""
- name: List the partners that have access to the subscription
  csp.azure.role_assignment_info:
    scopes: [11111111-1111-4111-8111-111111111111]
    foreign_only: true
    below: true
  register: foreign

- name: List where our group is Owner
  csp.azure.role_assignment_info:
    scopes: [11111111-1111-4111-8111-111111111111]
    principal_id: 065b0bfc-0000-4000-8000-000000000001
    role: Owner
"""

RETURN = r"""
assignments:
  description: The assignments, ordered by scope and ID, without duplicates. If a scope failed, only those of the other scopes.
  returned: when the sign-in succeeded
  type: list
  elements: dict
  contains:
    id:
      description: ID of the assignment.
      type: str
    name:
      description: Its name, a GUID.
      type: str
    scope:
      description: Scope that it was made at.
      type: str
    inherited:
      description: Whether it was made above every requested scope that it applies to.
      type: bool
    principal_id:
      description: Object ID of the principal.
      type: str
    principal_type:
      description: Type of the principal, as Azure recorded it.
      type: str
    role:
      description: Name of the role where it is a built-in one that is known here, else its ID.
      type: str
    role_definition_id:
      description: Full ID of the role.
      type: str
    description:
      description: Description.
      type: str
    condition:
      description: Condition.
      type: str
    condition_version:
      description: Version of the language of the condition.
      type: str
    created_on:
      description: When it was created, in UTC.
      type: str
    created_by:
      description: Object ID of who created it.
      type: str
    updated_on:
      description: When it was changed last, in UTC.
      type: str
    updated_by:
      description: Object ID of who changed it last.
      type: str
  sample:
    - id: /subscriptions/11111111-1111-4111-8111-111111111111/providers/Microsoft.Authorization/roleAssignments/8f0c3b1e-5d0a-5a39-8d3e-2b6c7c1d9e42
      name: 8f0c3b1e-5d0a-5a39-8d3e-2b6c7c1d9e42
      scope: /subscriptions/11111111-1111-4111-8111-111111111111
      inherited: false
      principal_id: 065b0bfc-0000-4000-8000-000000000001
      principal_type: ForeignGroup
      role: Owner
      role_definition_id: /subscriptions/11111111-1111-4111-8111-111111111111/providers/.../roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635
      description: null
      condition: null
      condition_version: null
      created_on: "2026-11-23T08:15:00.1234567Z"
      created_by: 5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10
      updated_on: "2026-11-23T08:15:00.1234567Z"
      updated_by: 5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10
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

from collections.abc import Iterator

from ..module_utils._access.plan import resolve_role
from ..module_utils._clients.arm import Arm
from ..module_utils._connection.identities import Identities
from ..module_utils._model.assignments import Assignment
from ..module_utils._model.errors import AzureError, partial_failure
from ..module_utils._model.identifiers import object_id
from ..module_utils._model.roles import name_of
from ..module_utils._model.scopes import Scope, parse_all
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "scopes": {"type": "list", "elements": "str", "required": True},
        "principal_id": {"type": "str"},
        "role": {"type": "str"},
        "foreign_only": {"type": "bool", "default": False},
        "below": {"type": "bool", "default": False},
    }
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """List the matching assignments at the scopes, above them and, on request, below them. All scopes are tried."""
    scopes = parse_all(options["scopes"])
    principal_id = object_id(options["principal_id"]) if options["principal_id"] else None
    arm = Arm(identities.customer)
    rows: dict[str, Result] = {}
    failures: list[tuple[str, AzureError]] = []
    for scope in scopes:
        try:
            for item in _matching(arm, scope, principal_id, options):
                row = {**item.as_dict(), "role": name_of(item.role_id) or item.role_id}
                inherited = item.scope.is_above(scope)
                known = rows.setdefault(item.id.lower(), {**row, "inherited": inherited})
                known["inherited"] = known["inherited"] and inherited
        except AzureError as exc:
            failures.append((scope.path, exc))
    assignments = sorted(rows.values(), key=lambda row: (row["scope"].lower(), row["id"].lower()))
    return {"assignments": assignments, "caller": arm.caller.as_dict(), **partial_failure(failures)}


def _matching(arm: Arm, scope: Scope, principal_id: str | None, options: Options) -> Iterator[Assignment]:
    role_id = resolve_role(arm, options["role"], scope).id if options["role"] else None
    for item in _listed(arm, scope, principal_id, options["below"]):
        if role_id in (None, item.role_id) and (not options["foreign_only"] or item.is_foreign_group):
            yield item


def _listed(arm: Arm, scope: Scope, principal_id: str | None, below: bool) -> list[Assignment]:
    if principal_id:
        listed = arm.assignments_of(scope.path, principal_id)
    elif below:
        listed = arm.assignments(scope.path)
    else:
        listed = arm.assignments_at(scope.path)
    return listed if below else [item for item in listed if item.scope.reaches(scope)]


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
