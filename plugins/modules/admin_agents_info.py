#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: find the partner's AdminAgents group."""

from __future__ import annotations

DOCUMENTATION = r"""
module: admin_agents_info
short_description: Find the object ID of the partner's AdminAgents group
version_added: 1.0.0
description:
  - Looks up a group of the partner's own tenant by its name and returns its object ID, to which the customer assigns the role. This is step 4 of
    Microsoft's procedure to reinstate admin privileges.
  - The name must match exactly one group. Several groups of one name are an error that lists them, because the wrong group would give the
    wrong people access.
  - The identity signs in to the B(partner's) tenant and needs to read groups there, that is, the role Directory Readers (or membership in
    AdminAgents) or, for an application, the permission C(Group.Read.All).
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
  - csp.azure._partner.alone
options:
  name:
    description:
      - Display name of the group. V(HelpdeskAgents) is the other group that Microsoft creates in every partner tenant; only these two can be
        foreign principals.
    type: str
    default: AdminAgents
requirements:
  - msgraph-sdk >= 1.5.0
seealso:
  - module: csp.azure.role_assignment
  - module: csp.azure.foreign_principal_info
"""

EXAMPLES = r"""
- name: Find AdminAgents with the partner's identity (CSP_PARTNER_TENANT, CSP_PARTNER_CLIENT_ID, CSP_PARTNER_SECRET)
  csp.azure.admin_agents_info:
    partner: {}
  register: partner

- name: Show what the customer needs
  ansible.builtin.debug:
    msg: "Object ID of AdminAgents: {{ partner.object_id }}"

- name: Find HelpdeskAgents in a partner tenant of another region
  csp.azure.admin_agents_info:
    name: HelpdeskAgents
    tenant: partner-europe.onmicrosoft.com
    client_id: 0c1f5d6e-7a3b-4f0e-9d55-3a8d1c2b4e6f
    secret: "{{ lookup('ansible.builtin.env', 'PARTNER_EUROPE_SECRET') }}"
"""

RETURN = r"""
object_id:
  description: Object ID of the group.
  returned: success
  type: str
  sample: 065b0bfc-0000-4000-8000-000000000001
group:
  description: The group.
  returned: success
  type: dict
  contains:
    id:
      description: Object ID.
      type: str
    displayName:
      description: Display name.
      type: str
    description:
      description: Description.
      type: str
    mailNickname:
      description: Mail nickname, which tells apart groups of one name.
      type: str
    securityEnabled:
      description: Whether it is a security group. Only those can hold roles.
      type: bool
  sample:
    id: 065b0bfc-0000-4000-8000-000000000001
    displayName: AdminAgents
    description: null
    mailNickname: AdminAgents
    securityEnabled: true
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

from ..module_utils._access.grants import find_group
from ..module_utils._clients.directory import Directory
from ..module_utils._connection.identities import Identities
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments({"name": {"type": "str", "default": "AdminAgents"}}, as_partner=True)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Find the one group of that name; AzureError if there is none, or more than one."""
    directory = Directory(identities.acting_partner)
    group = find_group(directory, options["name"])
    return {"object_id": group.id, "group": group.as_dict(), "caller": directory.caller.as_dict()}


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
