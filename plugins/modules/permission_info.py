#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: check the caller's permissions."""

from __future__ import annotations

DOCUMENTATION = r"""
module: permission_info
short_description: Check whether the signed-in identity may assign roles
version_added: 1.0.0
description:
  - Evaluates the effective permissions of the signed-in identity at scopes, by action and not by the name of a role. This is step 5 of
    Microsoft's procedure to reinstate admin privileges.
  - A missing permission is a result, not a failure.
  - A condition on the identity's own role can forbid what its actions allow, for example assigning the role Owner. Conditions are
    reported, not evaluated. Deny assignments are ignored.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
options:
  scopes:
    description:
      - Subscription GUIDs, or IDs of subscriptions, resource groups, resources or management groups.
    type: list
    elements: str
    required: true
  actions:
    description: The required actions.
    type: list
    elements: str
    default: [Microsoft.Authorization/roleAssignments/write]
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
seealso:
  - module: csp.azure.role_assignment
"""

EXAMPLES = r"""
- name: Check whether I may assign roles
  csp.azure.permission_info:
    scopes:
      - 11111111-1111-4111-8111-111111111111
  register: right

- name: Stop if I may not
  ansible.builtin.assert:
    that: right.allowed
    fail_msg: "Missing: {{ right.missing_actions | join(', ') }}"

- name: Check whether I may remove assignments in one resource group
  csp.azure.permission_info:
    scopes:
      - /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/web
    actions:
      - Microsoft.Authorization/roleAssignments/delete
"""

RETURN = r"""
allowed:
  description: Whether all actions are permitted at all scopes.
  returned: success
  type: bool
  sample: false
missing_actions:
  description: The actions that are missing at one or more scopes.
  returned: success
  type: list
  elements: str
  sample: [Microsoft.Authorization/roleAssignments/write]
restricted:
  description:
    - Whether a condition restricts one of the caller's roles at one or more scopes.
    - Null where the caller's assignments could not be read.
  returned: success
  type: bool
  sample: false
permissions:
  description: The permissions at each scope that could be read.
  returned: when the sign-in succeeded
  type: list
  elements: dict
  contains:
    scope:
      description: The scope in Azure's form.
      type: str
    allowed:
      description: Whether all actions are permitted there.
      type: bool
    missing_actions:
      description: The actions that are missing there.
      type: list
      elements: str
    conditions:
      description: The conditions on the caller's role assignments that reach the scope; null where these could not be read.
      type: list
      elements: str
  sample:
    - scope: /subscriptions/11111111-1111-4111-8111-111111111111
      allowed: false
      missing_actions: [Microsoft.Authorization/roleAssignments/write]
      conditions: []
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

from ..module_utils._clients.arm import Arm
from ..module_utils._connection.identities import Identities
from ..module_utils._model.errors import AzureError, invalid, partial_failure
from ..module_utils._model.permissions import ASSIGN, missing
from ..module_utils._model.scopes import Scope, parse_all
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "scopes": {"type": "list", "elements": "str", "required": True},
        "actions": {"type": "list", "elements": "str", "default": [ASSIGN]},
    }
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Evaluate the caller's permissions at the scopes."""
    scopes, actions = parse_all(options["scopes"]), options["actions"]
    if not actions or not all(actions):
        raise invalid("No action was given, or an empty one.")
    arm = Arm(identities.customer)
    rows: list[Result] = []
    failures: list[tuple[str, AzureError]] = []
    for scope in scopes:
        try:
            lacking = missing(actions, arm.permissions(scope.path))
            row = {"scope": scope.path, "allowed": not lacking, "missing_actions": lacking}
            rows.append({**row, "conditions": _conditions(arm, scope)})
        except AzureError as exc:
            failures.append((scope.path, exc))
    known = [row["conditions"] for row in rows if row["conditions"] is not None]
    return {
        "allowed": not failures and all(row["allowed"] for row in rows),
        "missing_actions": [action for action in actions if any(action in row["missing_actions"] for row in rows)],
        "restricted": True if any(known) else None if len(known) < len(scopes) else False,
        "permissions": rows,
        "caller": arm.caller.as_dict(),
        **partial_failure(failures),
    }


def _conditions(arm: Arm, scope: Scope) -> list[str] | None:
    """The conditions on the caller's own assignments, None if it may not read them."""
    if arm.caller.object_id is None:
        return None
    try:
        assignments = arm.assignments_reaching(scope.path, arm.caller.object_id)
    except AzureError as exc:
        if exc.code != "AuthorizationFailed":
            raise
        return None
    return [item.condition for item in assignments if item.condition]


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
