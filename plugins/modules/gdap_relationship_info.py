#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: list delegated admin relationships, and say who can sign in where."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gdap_relationship_info
short_description: List the partner's delegated admin relationships (GDAP)
version_added: 2.0.0
description:
  - Lists the relationships with their status, roles and end. With O(assignments), it also says for each customer whether the partner's users can sign in
    to its tenant.
  - To a user who is not in AdminAgents, Microsoft Graph answers with an empty list. The task fails then, because that does not mean that there are none.
  - The identity signs in to the B(partner's) tenant. It needs the Graph permission C(DelegatedAdminRelationship.Read.All) with admin consent.
    A user also has to be in the group AdminAgents and to sign in with multi-factor authentication. Users are the safe choice, because reports differ on
    whether Graph accepts applications here.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
  - csp.azure._partner.alone
options:
  customer:
    description:
      - Only relationships with this customer, by its tenant ID or one of its domain names.
    type: str
  name:
    description:
      - Only the relationship of this name.
    type: str
  id:
    description:
      - Only the relationship with this ID.
    type: str
  status:
    description:
      - Only relationships with one of these statuses, for example V(active) or V(approvalPending).
    type: list
    elements: str
    default: []
  assignments:
    description:
      - Whether to read the access assignments of relationships in force (a request for each), and to judge the customers.
    type: bool
    default: false
  expiring_days:
    description:
      - A relationship that is not extended and ends within so many days counts as V(expiring).
    type: int
    default: 30
requirements:
  - msgraph-sdk >= 1.5.0
seealso:
  - module: csp.azure.gdap_relationship
"""

EXAMPLES = r"""
- name: Find the requests that customers have yet to approve
  csp.azure.gdap_relationship_info:
    status: [approvalPending]
  register: gdap

- name: Show whom to remind
  ansible.builtin.debug:
    msg: "{{ item.customer_name }}, until {{ item.request_ends_at }}: {{ item.approval_url }}"
  loop: "{{ gdap.relationships }}"
  loop_control:
    label: "{{ item.name }}"

- name: Find out whether the partner's users can sign in to a customer's tenant
  csp.azure.gdap_relationship_info:
    customer: customer.onmicrosoft.com
    assignments: true
"""

RETURN = r"""
relationships:
  description: The relationships, by customer and name, with the keys of RV(csp.azure.gdap_relationship#module:relationship).
  returned: success
  type: list
  elements: dict
  contains:
    assignments:
      description: The access assignments, null if they could not be read; empty for relationships that are not in force.
      returned: with O(assignments)
      type: list
      elements: dict
      contains:
        id: {description: ID., type: str}
        status: {description: "C(pending), C(active) or C(error).", type: str}
        group_id: {description: Object ID of the group., type: str}
        roles: {description: "Names of the Entra roles; template IDs where the name is unknown.", type: list, elements: str}
  sample:
    - id: aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000002
      name: csp-azure-22222222-2222-4222-8222-222222222222-1
      status: approvalPending
      customer: 22222222-2222-4222-8222-222222222222
      customer_name: Contoso
      roles: [Directory Readers]
      auto_extend: true
      requested_at: "2026-11-28T12:00:00Z"
      request_ends_at: "2027-02-26T12:00:00Z"
      activated_at: null
      expires_at: null
      days_left: 89
      approval_url: https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/aaaaaaaa-...
      microsoft_led: false
      of_reseller: false
customers:
  description: The customers of these relationships, and O(customer) where it is given.
  returned: with O(assignments)
  type: list
  elements: dict
  contains:
    customer: {description: Tenant ID., type: str}
    customer_name: {description: "Name, where Graph gives it.", type: str}
    sign_in:
      description:
        - V(ready) if an active relationship gives a role to AdminAgents or to a group in it.
        - V(expiring) if that ends within O(expiring_days), V(waiting) if the customer has yet to approve or Microsoft to activate, V(missing) if there is
          none, V(unknown) if something could not be read.
      type: str
    reason: {description: The reason in words., type: str}
    approval_url: {description: "The link with which the customer approves, null if that is not awaited.", type: str}
  sample:
    - customer: 22222222-2222-4222-8222-222222222222
      customer_name: Contoso
      sign_in: waiting
      reason: The relationship csp-azure-22222222-2222-4222-8222-222222222222-1 awaits the customer's approval.
      approval_url: https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/aaaaaaaa-...
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
from ..module_utils._gdap.listing import ListingRequest, listing
from ..module_utils._gdap.partner_tenant import ADMIN_AGENTS, customer_tenant
from ..module_utils._model.delegated_admin import known_statuses, relationship_id
from ..module_utils._model.times import now
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "customer": {"type": "str"},
        "name": {"type": "str"},
        "id": {"type": "str"},
        "status": {"type": "list", "elements": "str", "default": []},
        "assignments": {"type": "bool", "default": False},
        "expiring_days": {"type": "int", "default": 30},
    },
    as_partner=True,
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """List the relationships, and judge the customers."""
    id_ = relationship_id(options["id"]) if options["id"] else None
    partner = identities.acting_partner
    client = DelegatedAdmin(partner)
    request = ListingRequest(
        now(),
        customer_tenant(options["customer"], client.tenant_of) if options["customer"] else None,
        options["name"],
        id_,
        known_statuses(options["status"]),
        options["assignments"],
        options["expiring_days"],
    )
    result = listing(client, lambda: find_group(Directory(partner), ADMIN_AGENTS).id, request)
    return {**result, "caller": client.caller.as_dict()}


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
