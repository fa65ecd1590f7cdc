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
  - First it reads the existing assignments. Only if one is missing, it checks that the customer's directory knows the partner's groups, that the
    subscriptions accept writes and the resource groups exist, and that the signed-in identity may assign roles. Then it creates the assignments and reads
    them back. Check mode does the same without writing.
  - With the partner's identity (O(partner)), it also checks the reseller relationship in Partner Center (steps 1 to 3). Without a relationship, the assignment
    cannot work, so unless the customer's directory knows the group anyway, the task fails with the invitation link.
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
      - A group of the customer's own tenant is rejected. A group that the directory does not know is left for Azure to reject, but fails in check mode,
        and where Partner Center knows no relationship.
    type: bool
    default: true
  wait:
    description:
      - Whether to read back what was written, until Azure's list shows it.
    type: bool
    default: true
  wait_timeout:
    description:
      - The longest time in seconds to wait for that, and at most 15 seconds of it for Azure to learn of a principal.
    type: int
    default: 60
  elevate:
    description:
      - Whether to elevate the access of a Global Administrator, as M(csp.azure.elevated_access) does, if the permission to assign roles is missing.
      - The elevation is removed before the task ends, whatever happened, unless it existed before. If it cannot be removed, the task fails and says so.
      - With the scope V(all), a caller that sees no subscription at all is elevated, too. Once it sees one, V(all) means those that it sees.
      - Check mode does not elevate; it only reports that the real run would.
    type: bool
    default: false
  failure_log:
    description:
      - A file to which all requests and responses of the task are appended if it fails; O(debug_log) does so in any case.
      - Microsoft Support asks for it as C(newRoleAssignment.log).
    type: path
requirements:
  - azure-mgmt-authorization
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
      description: C(partner_center), C(relationship), C(permission), C(place) (a subscription or resource group), or C(elevation).
      type: str
    outcome:
      description: C(ok), C(refused), C(skipped) if it was left out, or C(unknown) if it could not be checked.
      type: str
    message:
      description: The outcome in words.
      type: str
  sample:
    - step: permission
      outcome: ok
      message: The caller may assign roles at /subscriptions/11111111-1111-4111-8111-111111111111.
invitation_url:
  description: The link with which the customer accepts the relationship, null where it could not be read.
  returned: where Partner Center says that there is no relationship
  type: str
  sample: https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=33333333-3333-4333-8333-333333333333&msppId=0&DAP=false
failure_log:
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

from ..module_utils._access.apply import ReadBack
from ..module_utils._access.grants import OPTIONS, resolve
from ..module_utils._access.reinstatement import Clients, ReinstatementRequest, reinstate
from ..module_utils._access.relationship import PARTNER_CENTER_SECONDS
from ..module_utils._clients.arm import Arm
from ..module_utils._clients.directory import Directory
from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.identities import Identities
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        **OPTIONS,
        "description": {"type": "str"},
        "check_relationship": {"type": "bool", "default": True},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 60},
        "failure_log": {"type": "path"},
        "elevate": {"type": "bool", "default": False},
    },
    partner=True,
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Reinstate the grants; what is missing is checked first."""
    customer, partner = identities.customer, identities.partner
    request = ReinstatementRequest(
        grants=resolve(options, lambda group: Directory(identities.partner_for(group))),
        description=options["description"],
        check_mode=check_mode,
        check_relationship=options["check_relationship"],
        elevate=options["elevate"],
        read_back=ReadBack(options["wait"], options["wait_timeout"]),
    )
    clients = Clients(
        arm=lambda: Arm(customer),
        fresh_arm=lambda: Arm(customer.fresh()),
        directory=lambda: Directory(customer),
        partner_center=(lambda: PartnerCenter(partner.with_deadline(PARTNER_CENTER_SECONDS))) if partner else None,
    )
    return reinstate(clients, request)


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
