#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: give a group Entra roles in a customer's tenant, or take them away."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gdap_access_assignment
short_description: Assign the roles of a delegated admin relationship (GDAP) to a group
version_added: 2.0.0
description:
  - A relationship gives roles to nobody by itself. This module assigns some of them to a security group of the partner's tenant.
  - For Azure, the group has to be AdminAgents, or one in it; any role is enough.
  - The identity signs in to the B(partner's) tenant. It needs the Graph permission C(DelegatedAdminRelationship.ReadWrite.All) with admin consent.
    A user also has to be in the group AdminAgents and to sign in with multi-factor authentication. Users are the safe choice, because reports differ on
    whether Graph accepts applications here.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.writes
  - csp.azure._sign_in
  - csp.azure._partner.alone
options:
  customer:
    description:
      - The customer's tenant, by its ID or one of its domain names. Its active relationship that holds O(roles) is used.
      - If it still awaits the customer's approval, the task fails with the link.
    type: str
  relationship_id:
    description:
      - ID of the relationship, instead of O(customer).
    type: str
  group:
    description:
      - Display name of the group.
    type: str
    default: AdminAgents
  group_id:
    description:
      - Object ID of the group, instead of its name.
    type: str
  roles:
    description:
      - The roles that the group should have in the relationship, no more and no less, by name or template ID.
    type: list
    elements: str
    default: [Directory Readers]
  state:
    description:
      - V(present) makes the group hold exactly O(roles).
      - V(absent) takes all roles of the relationship from the group; with O(customer), those of all its active relationships.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description:
      - Whether to wait until the assignment is active, or gone. It typically takes up to five minutes.
    type: bool
    default: true
  wait_timeout:
    description:
      - The longest time in seconds to wait.
    type: int
    default: 600
requirements:
  - msgraph-sdk >= 1.5.0
seealso:
  - module: csp.azure.gdap_relationship
  - module: csp.azure.admin_agents_info
"""

EXAMPLES = r"""
- name: Let AdminAgents sign in to the customer's tenant
  csp.azure.gdap_access_assignment:
    customer: customer.onmicrosoft.com

- name: Give the service desk what it needs, in one relationship
  csp.azure.gdap_access_assignment:
    relationship_id: aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000002
    group: Service desk
    roles: [Service Support Administrator, Helpdesk Administrator]
"""

RETURN = r"""
assignment:
  description: The group's assignment afterwards, null if it has none (left).
  returned: success
  type: dict
  contains:
    id: {description: "ID, null in check mode if it would be created.", type: str}
    status: {description: "C(pending), C(active) or C(error).", type: str}
    group_id: {description: Object ID of the group., type: str}
    roles: {description: "Names of the Entra roles; template IDs where the name is unknown.", type: list, elements: str}
  sample:
    id: 4c4c4c4c-0000-4000-8000-000000000001
    status: active
    group_id: 065b0bfc-0000-4000-8000-000000000001
    roles: [Directory Readers]
relationship:
  description: The relationship, null if the customer has none that matters; see RV(csp.azure.gdap_relationship#module:relationship).
  returned: success
  type: dict
  sample:
    id: aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000002
    name: csp-azure-22222222-2222-4222-8222-222222222222-1
    status: active
caller:
  description: The identity that was signed in. A value that its token does not contain is null.
  returned: when the sign-in succeeded
  type: dict
  contains:
    tenant: {description: ID of the tenant., type: str}
    object_id: {description: "Object ID of the user, service principal or managed identity.", type: str}
    application_id: {description: Application ID that the token was issued to., type: str}
    kind: {description: "V(user), or V(app) for a service principal or managed identity.", type: str}
  sample: {tenant: 33333333-3333-4333-8333-333333333333, object_id: 5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10,
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
    code: Authorization_RequestDenied
    message: Insufficient privileges to complete the operation.
    hint: The partner's identity needs the Graph permission DelegatedAdminRelationship.ReadWrite.All ...
    request_id: 6d1c2f0e-3b6c-4d7c-9c6b-4f1f8d0a2c11
"""

from ..module_utils._access.grants import find_group
from ..module_utils._clients.delegated_admin import DelegatedAdmin
from ..module_utils._clients.directory import Directory
from ..module_utils._connection.identities import Identities
from ..module_utils._gdap.partner_tenant import ADMIN_AGENTS, all_relationships, customer_tenant, of_customer
from ..module_utils._gdap.steps import AccessRequest, assign, remove_assignments
from ..module_utils._model.delegated_admin import (
    ROLES_OPTION,
    DelegatedAdminRelationship,
    entra_roles,
    relationship_id,
)
from ..module_utils._model.errors import AzureError
from ..module_utils._model.identifiers import object_id
from ..module_utils._model.times import now
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "customer": {"type": "str"},
        "relationship_id": {"type": "str"},
        "group": {"type": "str", "default": ADMIN_AGENTS},
        "group_id": {"type": "str"},
        "roles": ROLES_OPTION,
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 600},
    },
    {"mutually_exclusive": [["customer", "relationship_id"]], "required_one_of": [["customer", "relationship_id"]]},
    as_partner=True,
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Assign the roles to the group, or remove its assignments."""
    id_ = relationship_id(options["relationship_id"]) if options["relationship_id"] else None
    group = object_id(options["group_id"]) if options["group_id"] else None
    wait_seconds = options["wait_timeout"] if options["wait"] else 0
    partner = identities.acting_partner.with_time_to_wait(wait_seconds)
    client, directory = DelegatedAdmin(partner), Directory(partner)
    request = AccessRequest(
        group or find_group(directory, options["group"]).id,
        entra_roles(options["roles"], client.role_ids),
        now(),
        check_mode,
        wait_seconds,
        known_group=group is None,
    )
    if id_:
        relationships = _chosen(client, id_, options["state"] == "present")
    else:
        listed = all_relationships(client, lambda: find_group(directory, ADMIN_AGENTS).id)
        relationships = of_customer(listed, customer_tenant(options["customer"], client.tenant_of))
    step = assign if options["state"] == "present" else remove_assignments
    return {**step(client, relationships, request), "caller": client.caller.as_dict()}


def _chosen(client: DelegatedAdmin, id_: str, needed: bool) -> list[DelegatedAdminRelationship]:
    """The relationship with this ID; one that is gone has no assignments to remove."""
    try:
        return [client.relationship(id_)]
    except AzureError as exc:
        if exc.status != 404 or needed:
            raise
        return []


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
