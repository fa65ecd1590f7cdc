#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: a Global Administrator's access to all subscriptions, for as long as it is needed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: elevated_access
short_description: Elevate a Global Administrator's access to all Azure subscriptions, or remove the elevation
version_added: 2.0.0
description:
  - Assigns the role User Access Administrator at C(/) to the signed-in Global Administrator, or removes it. With this role, the user can assign roles where
    nobody else can.
  - An elevation that existed before is reported (RV(before)), so that a later task removes only its own.
  - The permissions apply to tokens issued afterwards, that is, from the next task on.
  - The identity must be a B(user) who is Global Administrator of the tenant (with Privileged Identity Management, activated).
    Service principals cannot elevate.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.writes
  - csp.azure._sign_in
options:
  state:
    description: Whether the user should be elevated.
    type: str
    choices: [present, absent]
    default: present
  wait_timeout:
    description: The longest time in seconds to wait until Azure shows the change.
    type: int
    default: 60
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
seealso:
  - name: csp.azure.reinstate
    description: With its variable reinstate_elevate, the role elevates, and removes the elevation whether it succeeds or fails; not if the run is killed.
    link: https://github.com/csp-azure/csp.azure/blob/main/roles/reinstate/README.md
"""

EXAMPLES = r"""
- name: Assign with an elevation, and leave none behind
  block:
    - name: Elevate
      csp.azure.elevated_access:
      register: elevation

    - name: Assign
      csp.azure.role_assignment:
        principal_id: 065b0bfc-0000-4000-8000-000000000001
        scopes: [11111111-1111-4111-8111-111111111111]
  always:
    - name: Remove the elevation, unless it existed before
      csp.azure.elevated_access:
        state: absent
      when: elevation.before is defined and not elevation.before
"""

RETURN = r"""
before:
  description: Whether the user was elevated already.
  returned: success
  type: bool
  sample: false
id:
  description: ID of the role assignment at C(/), null where there is none (yet).
  returned: success
  type: str
  sample: /providers/Microsoft.Authorization/roleAssignments/8f0c3b1e-5d0a-5a39-8d3e-2b6c7c1d9e42
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
    application_id: 0c1f5d6e-7a3b-4f0e-9d55-3a8d1c2b4e6f, kind: user}
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

from ..module_utils._access.elevation import IN_DOUBT, Patience, elevate, find, revoke
from ..module_utils._clients.arm import Arm
from ..module_utils._connection.identities import Identities
from ..module_utils._model.errors import AzureError
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "wait_timeout": {"type": "int", "default": 60},
    }
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Elevate the caller's access, or remove the elevation."""
    arm = Arm(identities.customer)
    assignments = find(arm)
    elevated, present = bool(assignments), options["state"] == "present"
    if elevated != present and not check_mode:
        patience = Patience(options["wait_timeout"])
        try:
            if present:
                assignments = elevate(arm, patience)
            else:
                revoke(arm, assignments, patience)
        except AzureError as exc:
            # Azure accepted the request, or may have: only what shows afterwards is in doubt.
            return {**exc.as_result(), "changed": exc.code in (IN_DOUBT, "NotReadBack")}
    words = {True: "elevated", False: "not elevated"}
    return {
        "before": elevated,
        "changed": elevated != present,
        "id": assignments[0].id if assignments else None,
        "diff": {"before": words[elevated], "after": words[present]},
        "caller": arm.caller.as_dict(),
    }


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
