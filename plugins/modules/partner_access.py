#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: restore the access to one customer in one task."""

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_access
short_description: Restore a partner's access to one customer's subscriptions
version_added: 1.0.0
description:
  - Carries out steps 5 and 6 of Microsoft's procedure to reinstate admin privileges for one customer, for any number of groups, roles and scopes.
  - First it reads the existing assignments. If one is missing, it checks in the customer's directory that the group is not the customer's own, creates the
    assignment and reads it back.
  - If Azure refuses, it finds out why. Does the customer's directory know the partner's groups? Does the subscription accept writes, and does the resource
    group exist? May the signed-in identity assign roles? With the partner's identity (O(partner)), does Partner Center know a reseller relationship
    (steps 1 to 3)? Without one, the task fails with the invitation link.
  - Check mode, which cannot ask Azure, checks all of that beforehand.
  - The directory check requires the Python library msgraph-sdk and reading the directory (Directory Readers, or
    C(Directory.Read.All) for an application). If one of them is missing, the check is skipped, and RV(steps) says so.
  - The identity signs in to the B(customer's) tenant and needs C(Microsoft.Authorization/roleAssignments/write) at the scopes, which Owner,
    User Access Administrator and Role Based Access Control Administrator have.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.writes
  - csp.azure._sign_in
  - csp.azure._grants
  - csp.azure._partner
options:
  description:
    description:
      - A description of the assignments, for example a ticket number.
      - If it is not set, existing descriptions stay.
    type: str
  check_relationship:
    description:
      - Whether to check the relationship in Partner Center (with O(partner)) and the groups in the customer's directory.
      - A group of the customer's own tenant is rejected before anything is written. A group that the directory does not know is left for Azure to reject,
        but fails in check mode.
    type: bool
    default: true
  gdap:
    description:
      - The tenant-level half of the access. Without a delegated admin relationship (GDAP) that gives a role to AdminAgents, or to a group in it, the
        partner's users cannot sign in to the customer's tenant, and the role in Azure is of no use.
      - Each run takes one step, whatever becomes of the role assignments. It requests a relationship that is bound to the customer and returns the link
        with which the customer's Global Administrator approves it; once that is done, it assigns the roles to the group. RV(delegated_admin) says how far
        the customer is. Waiting for the approval is neither a failure nor a change.
      - It requires the partner's identity (O(partner)), with the Graph permission C(DelegatedAdminRelationship.ReadWrite.All).
    type: dict
    version_added: 2.0.0
    suboptions:
      roles:
        description:
          - Entra roles, by name or template ID. Directory Readers is enough for Azure. With an empty list, nothing is done.
        type: list
        elements: str
        default: [Directory Readers]
      group:
        description:
          - The group to assign the roles to, AdminAgents or a group nested in it. Other roles of the group are kept.
        type: str
        default: AdminAgents
      duration: {description: "Days that a new relationship lasts, from V(1) to V(730).", type: int, default: 730}
      auto_extend:
        description:
          - Whether Microsoft extends the relationship by 180 days each time it would end. Set it to V(false) with Global Administrator.
        type: bool
        default: true
      renew_before:
        description:
          - A relationship that is not extended and ends within so many days gets a successor.
        type: int
        default: 30
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
  elevate:
    version_added: 2.0.0
    description:
      - Whether to elevate the access of a Global Administrator, as M(csp.azure.elevated_access) does, if the permission to assign roles is missing.
      - The elevation is removed before the task ends, whatever happened, unless it existed before. If it cannot be removed, the task fails and says so.
      - A run that is killed, such as a cancelled job of AWX, cannot remove it. The output says so as soon as the access is elevated; the playbook
        C(csp.azure.take_back) removes it.
      - With the scope V(all), a caller that sees no subscription at all is elevated, too. Once it sees one, V(all) means those that it sees.
      - Check mode does not elevate; it only reports that the real run would.
    type: bool
    default: false
  failure_log:
    version_added: 2.0.0
    description:
      - A file to which all requests and responses of the task are appended if it fails; O(debug_log) does so in any case.
      - Microsoft Support asks for it as C(newRoleAssignment.log).
    type: path
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
  - msgraph-sdk >= 1.5.0, for groups by name, the check of the directory and O(gdap)
seealso:
  - module: csp.azure.admin_agents_info
  - module: csp.azure.role_assignment
"""

EXAMPLES = r"""
- name: Restore the access of an indirect provider and of its reseller
  csp.azure.partner_access:
    tenant: customer.onmicrosoft.com
    description: CSP partner access, ticket 4711
    groups:
      AdminAgents: "{{ partner.object_id }}"
    grants:
      - group: AdminAgents
        scopes:
          - 11111111-1111-4111-8111-111111111111
      - principal_id: 34c4dd11-0000-4000-8000-000000000003
        role: Support Request Contributor
        scopes:
          - 11111111-1111-4111-8111-111111111111
          - /providers/Microsoft.Management/managementGroups/customer
  register: access

- name: Restore both halves of the access, one step each run
  csp.azure.partner_access:
    tenant: customer.onmicrosoft.com
    partner:
      tenant: partner.onmicrosoft.com
      client_id: 0c1f5d6e-7a3b-4f0e-9d55-3a8d1c2b4e6f
      refresh_token: "{{ partner_refresh_token }}"
    grants:
      - group: AdminAgents
        scopes: all
    gdap:
      roles: [Directory Readers]
  register: access

- name: Show what was checked
  ansible.builtin.debug:
    msg: "{{ access.steps | map(attribute='message') }}"
"""

RETURN = r"""
assignments:
  description: One row per grant and scope, in the order given.
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
handoffs:
  version_added: 2.0.0
  description: The grants that wait for a relationship, by role and group, for the role P(csp.azure.handoff#role).
  returned: when the sign-in succeeded
  type: list
  elements: dict
  contains:
    role: {description: Name of the role., type: str}
    principal_id: {description: Object ID of the group., type: str}
    scopes: {description: Scopes of the grants., type: list, elements: str}
  sample: []
steps:
  description: The checks made before writing, and the subscriptions that V(all) leaves out. Nothing is checked if nothing has to be written.
  returned: when the sign-in succeeded
  type: list
  elements: dict
  contains:
    step:
      description: C(partner_center), C(relationship), C(permission), C(place) (a subscription or resource group), C(elevation), or C(sign_in).
      type: str
    outcome:
      description: C(ok), C(refused), C(missing), C(skipped) if it was left out, or C(unknown) if it could not be checked.
      type: str
    message:
      description: The outcome in words.
      type: str
  sample:
    - step: permission
      outcome: ok
      message: The caller may assign roles at /subscriptions/11111111-1111-4111-8111-111111111111.
delegated_admin:
  version_added: 2.0.0
  description: Whether the partner's users can sign in to the customer's tenant.
  returned: with O(gdap), or if a role was written and the partner's identity is set
  type: dict
  contains:
    status:
      description:
        - V(requested) if this run requested it, V(waiting) for the customer's approval or for Microsoft to activate it, V(assigned) if the assignment of roles
          takes effect within minutes, V(ready), V(expiring) if it ends soon, V(missing), or V(unknown) if it could not be read.
      type: str
    reason: {description: The reason in words., type: str}
    relationship: {description: "ID of the relationship, null if there is none.", type: str}
    expires_at: {description: "When it ends, null if it is not active.", type: str}
    approval_url: {description: "The link with which the customer's Global Administrator approves, null if that is not awaited.", type: str}
    requested_at: {description: "Since when the approval is awaited, null if it is not.", type: str}
    request_ends_at: {description: "When the request lapses, null if no approval is awaited.", type: str}
  sample:
    status: requested
    reason: The relationship csp-azure-22222222-2222-4222-8222-222222222222-1 was requested; it awaits the customer's approval.
    relationship: aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000002
    expires_at: null
    approval_url: https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/aaaaaaaa-...
    requested_at: "2026-11-28T12:00:00Z"
    request_ends_at: "2027-02-26T12:00:00Z"
invitation_url:
  version_added: 2.0.0
  description: The link with which the customer accepts the relationship, null where it could not be read.
  returned: where Partner Center says that there is no relationship
  type: str
  sample: https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=33333333-3333-4333-8333-333333333333&msppId=0&DAP=false
failure_log:
  version_added: 2.0.0
  description: The file that the requests and responses were written to.
  returned: on failure, where O(failure_log) is given
  type: str
  sample: newRoleAssignment.log
summary:
  description: The outcome in words, one line per row of RV(assignments).
  returned: when the sign-in succeeded
  type: list
  elements: str
  sample:
    - "created: Owner of 065b0bfc-0000-4000-8000-000000000001 at /subscriptions/11111111-1111-4111-8111-111111111111"
left_out:
  version_added: 2.0.0
  description: The subscriptions that the identity sees and that C(all) or the tenant leaves out, each with the reason.
  returned: when the assignments could be read
  type: list
  elements: str
  sample:
    - "The subscription 11111111-1111-4111-8111-111111111113 is disabled: it was left out."
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

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..module_utils._access.apply import ReadBack
from ..module_utils._access.elevation import no_announcement
from ..module_utils._access.evidence import prefetched
from ..module_utils._access.grants import OPTIONS, resolve
from ..module_utils._access.reinstatement import Clients, ReinstatementRequest, reinstate
from ..module_utils._access.relationship import PARTNER_CENTER_SECONDS
from ..module_utils._access.relationship import Directory as AnyDirectory
from ..module_utils._clients.arm import Arm
from ..module_utils._clients.delegated_admin import DelegatedAdmin
from ..module_utils._clients.directory import Directory
from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.identities import Identities
from ..module_utils._gdap.partner_tenant import Once, always
from ..module_utils._gdap.tenant_level import OPTIONS as GDAP_OPTIONS
from ..module_utils._gdap.tenant_level import Partner, TenantLevelRequest, with_tenant_level
from ..module_utils._model.times import now
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        **OPTIONS,
        "description": {"type": "str"},
        "check_relationship": {"type": "bool", "default": True},
        "gdap": {"type": "dict", "options": GDAP_OPTIONS},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 60},
        "failure_log": {"type": "path"},
        "elevate": {"type": "bool", "default": False},
    },
    partner=True,
)


def use_case(
    options: Options, check_mode: bool, identities: Identities, once: Once = always, likely_missing: bool = False
) -> Result:
    """Reinstate the grants, explain what Azure refuses, and take the next step towards a way in.

    ``likely_missing`` is a guess that something has to be written: then the directory is read beside Azure.
    """
    customer, partner = identities.customer, identities.partner
    grants = resolve(options, lambda group: Directory(identities.partner_for(group)))
    request = ReinstatementRequest(
        grants=grants,
        description=options["description"],
        check_mode=check_mode,
        check_relationship=options["check_relationship"],
        elevate=options["elevate"],
        read_back=ReadBack(options["wait"], options["wait_timeout"]),
    )
    directory: Callable[[], AnyDirectory] = partial(Directory, customer)
    if likely_missing and request.check_relationship and not check_mode:
        directory = prefetched(directory, grants.foreign_ids)
    clients = Clients(
        arm=lambda: Arm(customer),
        fresh_arm=lambda: Arm(customer.fresh()),
        directory=directory,
        partner_center=(lambda: PartnerCenter(partner.with_deadline(PARTNER_CENTER_SECONDS))) if partner else None,
        announce=customer.prompt or no_announcement,
    )
    level = None
    if partner:
        group = partial(grants.id_of, open_directory=lambda: Directory(partner))
        level = Partner(lambda: DelegatedAdmin(partner), group, once)
    tenant_level = TenantLevelRequest(
        lambda: customer.tenant_or_domain, options["gdap"], now(), check_mode, options["check_relationship"]
    )
    return with_tenant_level(
        lambda before_write: reinstate(replace(clients, before_write=before_write), request), level, tenant_level
    )


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
