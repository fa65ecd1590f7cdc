#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: resolve a partner's groups as the customer's tenant sees them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: foreign_principal_info
short_description: Check whether the customer's tenant knows a partner's groups
version_added: 1.0.0
description:
  - Resolves the object IDs of a partner's groups in the B(customer's) tenant and returns the partner tenant behind each.
  - If a group is unknown, there is no reseller relationship with that partner (yet), or the ID is wrong. Azure would reject an
    assignment for it with C(PrincipalNotFound).
  - An unknown group is a result. A directory that cannot be read is a failure, never reported as an unknown group.
  - The identity signs in to the customer's tenant and needs to read the directory there, that is, the role Directory Readers or, for an
    application, the permission C(Directory.Read.All).
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
options:
  principal_ids:
    description: Object IDs of the groups.
    type: list
    elements: str
    required: true
requirements:
  - msgraph-sdk >= 1.5.0
seealso:
  - module: csp.azure.role_assignment_info
    description: Lists the foreign principals that have access.
"""

EXAMPLES = r"""
- name: Does the customer know our AdminAgents group?
  csp.azure.foreign_principal_info:
    tenant: customer.onmicrosoft.com
    principal_ids:
      - 065b0bfc-0000-4000-8000-000000000001
  register: known

- name: Stop if the relationship is missing
  ansible.builtin.assert:
    that: known.all_known
    fail_msg: The customer has to accept the reseller relationship first.
"""

RETURN = r"""
all_known:
  description: Whether every id is a foreign group that the tenant knows.
  returned: success
  type: bool
  sample: true
principals:
  description: One row per id, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The object ID.
      type: str
    known:
      description: Whether the tenant knows it.
      type: bool
    type:
      description: C(ForeignGroup) for a partner's group; C(Group), C(User) or C(ServicePrincipal) for an object of the tenant itself.
      type: str
    display_name:
      description: Its name. Names of foreign groups are not unique; the id and the partner's tenant tell them apart.
      type: str
    partner_tenant_id:
      description: Tenant of the partner that the group belongs to.
      type: str
  sample:
    - id: 065b0bfc-0000-4000-8000-000000000001
      known: true
      type: ForeignGroup
      display_name: Foreign Principal for 'Contoso Cloud' in Role 'TenantAdmins' (Fabrikam)
      partner_tenant_id: 33333333-3333-4333-8333-333333333333
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

from ..module_utils._clients.directory import Directory
from ..module_utils._connection.identities import Identities
from ..module_utils._model.assignments import FOREIGN_GROUP
from ..module_utils._model.errors import invalid
from ..module_utils._model.identifiers import guid, guids
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments({"principal_ids": {"type": "list", "elements": "str", "required": True}})


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Look up the IDs in the signed-in tenant."""
    ids = guids("principal_ids", options["principal_ids"], "Give the object IDs of the groups.")
    if not ids:
        raise invalid("No object ID was given.")
    directory = Directory(identities.customer)
    known = {principal.id: principal for principal in directory.principals(sorted(ids))}
    unknown = {"type": None, "display_name": None, "partner_tenant_id": None}
    rows = [
        {"id": identity, "known": identity in known, **(known[identity].as_dict() if identity in known else unknown)}
        for identity in map(guid, options["principal_ids"])
    ]
    return {
        "principals": rows,
        "all_known": all(row["type"] == FOREIGN_GROUP for row in rows),
        "caller": directory.caller.as_dict(),
    }


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
