#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: list the subscriptions that the identity can see."""

from __future__ import annotations

DOCUMENTATION = r"""
module: subscription_info
short_description: List the subscriptions of a tenant
version_added: 1.0.0
description:
  - Lists the subscriptions that the signed-in identity sees in the tenant, with their state.
  - An identity without any role on a subscription does not see it, so a subscription that is missing here is not necessarily gone.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
options:
  states:
    description: Only subscriptions in these states. An empty list means all.
    type: list
    elements: str
    choices: [Enabled, Warned, PastDue, Disabled, Deleted]
    default: []
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
seealso:
  - module: csp.azure.permission_info
"""

EXAMPLES = r"""
- name: List the subscriptions that accept writes
  csp.azure.subscription_info:
    tenant: customer.onmicrosoft.com
    states: [Enabled, PastDue]
  register: customer

- name: Give the partner access to all of them
  csp.azure.role_assignment:
    tenant: customer.onmicrosoft.com
    principal_id: 065b0bfc-0000-4000-8000-000000000001
    scopes: "{{ customer.subscriptions | map(attribute='scope') }}"
"""

RETURN = r"""
subscriptions:
  description: The subscriptions, ordered by ID.
  returned: success
  type: list
  elements: dict
  contains:
    subscription_id:
      description: ID of the subscription.
      type: str
    scope:
      description: The subscription as a scope.
      type: str
    display_name:
      description: Its name.
      type: str
    state:
      description: C(Enabled), C(Warned), C(PastDue), C(Disabled) or C(Deleted). Azure accepts writes in C(Enabled) and C(PastDue).
      type: str
    tenant_id:
      description: Tenant that owns it. It differs from the tenant of RV(caller) where access was delegated from another tenant.
      type: str
  sample:
    - subscription_id: 11111111-1111-4111-8111-111111111111
      scope: /subscriptions/11111111-1111-4111-8111-111111111111
      display_name: Azure subscription 1
      state: Enabled
      tenant_id: 22222222-2222-4222-8222-222222222222
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
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

STATES = ["Enabled", "Warned", "PastDue", "Disabled", "Deleted"]
ARGUMENTS = Arguments({"states": {"type": "list", "elements": "str", "choices": STATES, "default": []}})


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """List the visible subscriptions in the selected states."""
    arm = Arm(identities.customer)
    subscriptions = [
        {
            "subscription_id": item.id,
            "scope": f"/subscriptions/{item.id}",
            "display_name": item.name,
            "state": item.state,
            "tenant_id": item.tenant_id,
        }
        for item in sorted(arm.subscriptions(), key=lambda item: item.id)
        if not options["states"] or item.state in options["states"]
    ]
    return {"subscriptions": subscriptions, "caller": arm.caller.as_dict()}


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
