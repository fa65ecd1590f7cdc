#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: request a delegated admin relationship of a customer, or end it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gdap_relationship
short_description: Request a delegated admin relationship (GDAP) with a customer, or end it
version_added: 2.0.0
description:
  - Gives a partner the tenant-level half of its admin privileges. Without a relationship, and a role in it (M(csp.azure.gdap_access_assignment)), the
    partner's users cannot sign in to the customer's tenant, and an Azure role there is of no use.
  - Each run takes one step. Without a relationship, it creates one that is bound to the customer, locks it and returns the link with which a Global
    Administrator of the customer approves it; nobody can approve it for them. While that is awaited, nothing changes and the link is returned again.
    What a killed run left half done, the next run completes.
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
      - The customer's tenant, by its ID or one of its domain names.
    type: str
    required: true
  name:
    description:
      - Name of the relationship, at most 50 characters. Names are unique among all relationships of a partner, and that of an ended one stays
        taken for up to a year.
      - Without O(name) and O(id), any relationship of the customer that holds O(roles) satisfies, and a new one gets the name
        C(csp-azure-<tenant ID>-<number>).
    type: str
  id:
    description:
      - ID of an existing relationship, instead of O(name).
    type: str
  roles:
    description:
      - Entra roles, by name or template ID. Directory Readers is enough to work in the customer's Azure.
      - Roles cannot be added to a relationship once it is requested. If the one that O(name) or O(id) chooses lacks some, the task fails.
    type: list
    elements: str
    default: [Directory Readers]
  duration:
    description:
      - Days that a new relationship lasts, from V(1) to V(730).
    type: int
    default: 730
  auto_extend:
    description:
      - Whether Microsoft extends the relationship by 180 days each time it would end. An active relationship without it is changed, if it is chosen by
        O(name) or O(id), or holds just O(roles).
      - It cannot be combined with the role Global Administrator.
    type: bool
    default: true
  renew_before:
    description:
      - Without O(name) and O(id), a relationship that is not extended and ends within so many days gets a successor.
    type: int
    default: 30
  state:
    description:
      - V(present) takes the next step towards an active relationship.
      - V(absent) ends the relationship that O(name) or O(id) chooses, else all relationships of the customer that hold O(roles). One that was not
        requested yet is deleted, an active one is terminated. A request that awaits approval cannot be withdrawn; it lapses after 90 days, and the
        task only warns of it.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description:
      - Whether to wait for the customer's approval, and until the relationship is active. If the time ends first, the task fails.
    type: bool
    default: false
  wait_timeout:
    description:
      - The longest time in seconds to wait.
    type: int
    default: 600
requirements:
  - msgraph-sdk >= 1.5.0
seealso:
  - module: csp.azure.gdap_access_assignment
  - module: csp.azure.gdap_relationship_info
"""

EXAMPLES = r"""
- name: Request what the partner's users need to sign in to the customer's tenant
  csp.azure.gdap_relationship:
    customer: customer.onmicrosoft.com
  register: gdap

- name: Show the link for the customer's Global Administrator
  ansible.builtin.debug:
    var: gdap.approval_url
  when: gdap.approval_url

- name: Request roles for the service desk under a name of its own, for a year
  csp.azure.gdap_relationship:
    customer: 22222222-2222-4222-8222-222222222222
    name: contoso-service-desk
    roles: [Service Support Administrator, Helpdesk Administrator]
    duration: 365

- name: End it
  csp.azure.gdap_relationship:
    customer: 22222222-2222-4222-8222-222222222222
    name: contoso-service-desk
    state: absent
"""

RETURN = r"""
relationship:
  description: The relationship afterwards, null if there is none (left).
  returned: success
  type: dict
  contains:
    id: {description: "ID, which consists of two GUIDs. Null in check mode, if it would be created.", type: str}
    name: {description: Display name., type: str}
    status:
      description:
        - C(created), C(approvalPending), C(approved), C(activating), C(active), C(expiring), C(expired), C(terminationRequested), C(terminating)
          or C(terminated).
      type: str
    customer: {description: "Tenant ID of the customer, null if the relationship is not bound to one.", type: str}
    customer_name: {description: "Name of the customer, where Graph gives it.", type: str}
    roles: {description: "Names of its Entra roles; template IDs where the name is unknown.", type: list, elements: str}
    auto_extend: {description: Whether it is extended by 180 days at its end., type: bool}
    requested_at: {description: "Since when the customer's approval is awaited, null if it is not.", type: str}
    request_ends_at: {description: "When the request lapses, null if no approval is awaited.", type: str}
    activated_at: {description: "When it became active, null if it never was.", type: str}
    expires_at: {description: "When it ends, null if it never was active.", type: str}
    days_left: {description: "Whole days until it ends, or until the request lapses.", type: int}
    approval_url: {description: "The link with which the customer approves, null if that is not awaited.", type: str}
    microsoft_led: {description: "Whether Microsoft made it in its transition of 2023 (its name begins with C(MLT_)).", type: bool}
    of_reseller: {description: Whether an indirect provider made it for its reseller., type: bool}
  sample:
    id: aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000002
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
approval_url:
  description: The link with which a Global Administrator of the customer approves the relationship, null if that is not awaited.
  returned: success
  type: str
  sample: https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/aaaaaaaa-...
ended:
  description:
    - The relationships that were ended, or could not be, as they are afterwards, with the keys of RV(relationship). The status of a deleted one is
      V(deleted).
  returned: with O(state=absent)
  type: list
  elements: dict
  sample: []
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

from functools import partial

from ..module_utils._access.grants import find_group
from ..module_utils._clients.delegated_admin import DelegatedAdmin
from ..module_utils._clients.directory import Directory
from ..module_utils._connection.identities import Identities
from ..module_utils._gdap.partner_tenant import ADMIN_AGENTS, all_relationships, check_customer, customer_tenant
from ..module_utils._gdap.relationship_plan import RelationshipRequest
from ..module_utils._gdap.steps import end_relationships, establish
from ..module_utils._model.delegated_admin import ROLES_OPTION, check_name, entra_roles, relationship_id
from ..module_utils._model.times import now
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "customer": {"type": "str", "required": True},
        "name": {"type": "str"},
        "id": {"type": "str"},
        "roles": ROLES_OPTION,
        "duration": {"type": "int", "default": 730},
        "auto_extend": {"type": "bool", "default": True},
        "renew_before": {"type": "int", "default": 30},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 600},
    },
    {"mutually_exclusive": [["name", "id"]]},
    as_partner=True,
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """The next step towards the relationship, or its end."""
    name = check_name(options["name"]) if options["name"] else None
    id_ = relationship_id(options["id"]) if options["id"] else None
    present, wait_seconds = options["state"] == "present", options["wait_timeout"] if options["wait"] else 0
    partner = identities.acting_partner.with_time_to_wait(wait_seconds)
    client = DelegatedAdmin(partner)
    request = RelationshipRequest(
        customer_tenant(options["customer"], client.tenant_of),
        now(),
        entra_roles(options["roles"], client.role_ids),
        name,
        id_,
        options["duration"],
        options["auto_extend"] and present,
        options["renew_before"],
    )
    check_customer(request.customer, client.caller.tenant)
    existing = all_relationships(client, lambda: find_group(Directory(partner), ADMIN_AGENTS).id)
    step = partial(establish, wait_seconds=wait_seconds) if present else end_relationships
    return {**step(client, existing, request, check_mode), "caller": client.caller.as_dict()}


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
