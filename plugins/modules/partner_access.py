#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: one customer's work in one task."""

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_access
short_description: Bring back a partner's access to one customer, checks included
version_added: 1.0.0
description:
  - Does steps 5 and 6 of Microsoft's procedure to reinstate admin privileges for one customer, for any number of groups, roles and scopes.
  - First it reads what is there. Only if something is missing, it checks that the customer's directory knows the partner's groups, that the
    subscriptions can be written to and the resource groups exist, and that the signed-in identity may assign roles; then it assigns and reads back.
    Check mode does the same without the writes.
  - With the partner's identity (O(partner)) it also asks Partner Center whether there is a reseller relationship (steps 1 to 3). Where there is none, and
    the customer's directory does not tell that it knows the group all the same, it stops with the invitation link, because the assignment cannot work.
  - The check of the directory needs the Python library msgraph-sdk and the right to read the directory (Directory Readers, or
    C(Directory.Read.All) for an application). Where one of them is missing the check is left out, and RV(steps) says so.
  - The identity signs in to the B(customer's) tenant and needs C(Microsoft.Authorization/roleAssignments/write) at the scopes, which Owner,
    User Access Administrator and Role Based Access Control Administrator have.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.writes
  - csp.azure._sign_in
  - csp.azure._grants
options:
  description:
    description:
      - A description of the assignments, for example a ticket number.
      - If not given, existing descriptions stay.
    type: str
  check_relationship:
    description:
      - Whether to ask Partner Center (with O(partner)) for the relationship, and the customer's directory if it knows the groups.
      - A group of the customer's own tenant is refused; one that the directory does not know is left to Azure to refuse, but fails in check mode
        and where Partner Center says that there is no relationship.
    type: bool
    default: true
  wait:
    description:
      - Whether to read back what was written, until Azure's list shows it.
    type: bool
    default: true
  wait_timeout:
    description:
      - The longest time in seconds to wait for that, and for Azure to get to know a principal (of which it takes 15 seconds at the most).
    type: int
    default: 60
  elevate:
    description:
      - Whether to elevate a Global Administrator who lacks the right to assign, as M(csp.azure.elevated_access) does, and only then.
      - The elevation is taken back before the task ends, whatever happened, unless it was there before. If it cannot be taken back, the task fails and says so.
      - Check mode does not elevate, so it can only tell that the real run would.
    type: bool
    default: false
  failure_log:
    description:
      - A file to which all requests and answers of the task are appended if it fails, as O(debug_log) does in any case.
      - This is what Microsoft Support asks for as C(newRoleAssignment.log).
    type: path
requirements:
  - azure-mgmt-authorization
seealso:
  - module: csp.azure.admin_agents_info
  - module: csp.azure.role_assignment
"""

EXAMPLES = r"""
- name: Bring back the access of an indirect provider and of its reseller
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
      description: Object id of the principal.
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
      description: Id of the role assignment, null where there is none (yet).
      type: str
    principal_type:
      description: What Azure takes the principal for, null where there is no assignment (yet).
      type: str
    description:
      description: The assignment's description.
      type: str
    condition:
      description: The assignment's condition.
      type: str
    inherited_from:
      description: Ids of assignments of the same role to the same principal above the scope. They do not count as this one.
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
steps:
  description: What was checked before anything was written; empty where nothing had to be written.
  returned: when the sign-in succeeded
  type: list
  elements: dict
  contains:
    step:
      description: C(partner_center), C(relationship), C(permission), C(place) where a subscription or resource group refuses, or C(elevation).
      type: str
    outcome:
      description: C(ok), C(refused), C(skipped) for what was left out, or C(unknown) where it could not be checked.
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
  description: The file that the requests and answers were written to.
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
  description: Who was signed in. A value that the token does not tell is null.
  returned: when the sign-in succeeded
  type: dict
  contains:
    tenant:
      description: Id of the tenant.
      type: str
    object_id:
      description: Object id of the user, service principal or managed identity.
      type: str
    application_id:
      description: Application id that the token was issued to.
      type: str
    kind:
      description: C(user), or C(app) for a service principal or managed identity.
      type: str
  sample:
    tenant: 22222222-2222-4222-8222-222222222222
    object_id: 5e6ad4a5-1f2c-4c2e-8b8e-0f8f3b7b6a10
    application_id: 0c1f5d6e-7a3b-4f0e-9d55-3a8d1c2b4e6f
    kind: app
error:
  description: The failure in parts, the first one where there are several.
  returned: on failure
  type: dict
  contains:
    code:
      description: Azure's code, or C(InvalidInput) for an option that was refused.
      type: str
    message:
      description: Azure's words.
      type: str
    hint:
      description: What to do next, empty where Azure's words say it.
      type: str
    request_id:
      description: The request id that Microsoft Support asks for, empty where no answer came.
      type: str
  sample:
    code: AuthorizationFailed
    message: The client ... does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' ...
    hint: The signed-in identity lacks Microsoft.Authorization/roleAssignments/write there ...
    request_id: 6d1c2f0e-3b6c-4d7c-9c6b-4f1f8d0a2c11
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils._access.assignments import (
    Row,
    Wait,
    apply,
    diff,
    object_id,
    plan,
    result,
    summary,
    wants,
)
from ..module_utils._access.elevation import Elevation, Patience, find
from ..module_utils._access.grants import OPTIONS, Grant, resolve
from ..module_utils._access.preflight import (
    ASKING_SECONDS,
    Everywhere,
    Sale,
    ask_partner_center,
    check_permission,
    check_places,
    check_relationship,
    lacks_rights,
    step,
    visible_subscriptions,
)
from ..module_utils._clients.arm import Arm
from ..module_utils._clients.graph import Graph
from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.sign_in import SignIn, argument_spec, environments_identity, partner_identity
from ..module_utils._model.errors import AzureError
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        **OPTIONS,
        "partner": {"type": "dict", "options": argument_spec()},
        "description": {"type": "str"},
        "check_relationship": {"type": "bool", "default": True},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 60},
        "failure_log": {"type": "path"},
        "elevate": {"type": "bool", "default": False},
    }
)


@dataclass
class Work:
    """One task's work, and who does it; ``groups`` are the object ids of the partner's groups by name."""

    params: Mapping[str, Any]
    check_mode: bool
    sign_in: SignIn
    partner: SignIn | None
    groups: dict[str, str]
    grants: list[Grant]


@dataclass
class Checked:
    """What has to be written and may be, and what was checked to know so; ``left_out`` says which subscriptions ``all`` does not mean."""

    rows: list[Row]
    steps: list[dict[str, str]]
    left_out: list[str]
    invitation: dict[str, str | None]


def use_case(params: Mapping[str, Any], check_mode: bool, sign_in: SignIn) -> dict[str, Any]:
    """The grants as they should be, checked first where something is missing."""
    work = _work(params, check_mode, sign_in)
    arm = Arm(sign_in)
    checked = _checked(work, arm)
    if params["elevate"] and lacks_rights(checked.rows):
        if not check_mode:
            return _with_elevation(work, arm)
        checked.steps.append(step("elevation", "unknown", "The real run would elevate the caller's access first."))
    return _carried_out(work, arm, checked)


def _work(params: Mapping[str, Any], check_mode: bool, sign_in: SignIn) -> Work:
    """What is to be done, with the groups' object ids."""
    identity = partner_identity(params["partner"])
    partner = sign_in.beside(identity) if identity else None
    grants, groups = resolve(
        params["grants"], params["groups"], lambda name: Graph(partner or environments_identity(sign_in, name))
    )
    return Work(params, check_mode, sign_in, partner, groups, grants)


def _checked(work: Work, arm: Arm) -> Checked:
    """Read what is there; what is missing is checked, row by row."""
    everywhere = Everywhere([], [])
    if not all(grant.scopes for grant in work.grants):
        everywhere = visible_subscriptions(arm.subscriptions(), arm.caller["tenant"], writable=True)
    wanted = [
        item
        for grant in work.grants
        for item in wants(
            arm,
            grant.scopes or everywhere.scopes,
            grant.principal_id,
            grant.role,
            description=work.params["description"],
        )
    ]
    rows = plan(arm, wanted, present=True)
    checked = Checked(rows, everywhere.steps, everywhere.left_out, {})
    if work.params["check_relationship"]:
        missing = [row for row in rows if row.to_write]
        sale = _asked(work, arm, missing)
        checked.steps += check_relationship(lambda: Graph(work.sign_in), missing, work.check_mode, sale)
        if sale and sale.refusal:
            checked.invitation = {"invitation_url": sale.invitation_url}
    checked.steps += check_places(arm, [row for row in rows if row.to_write])
    checked.steps += check_permission(arm, [row for row in rows if row.to_write], arm.caller)
    return checked


def _asked(work: Work, arm: Arm, missing: list[Row]) -> Sale | None:
    """What Partner Center says, where there is a partner identity to ask it with and something to ask for."""
    groups = frozenset(map(object_id, work.groups.values()))
    customer, partner = arm.caller["tenant"], work.partner
    if partner is None or not customer or not any(row.wanted.principal_id in groups for row in missing):
        return None
    return ask_partner_center(lambda: PartnerCenter(partner.within(ASKING_SECONDS)), customer, groups)


def _carried_out(work: Work, arm: Arm, checked: Checked) -> dict[str, Any]:
    changes = diff(checked.rows, present=True)
    if not work.check_mode:
        apply(arm, checked.rows, Wait(work.params["wait"], work.params["wait_timeout"]))
    words = summary(checked.rows, work.check_mode) or ["There was no grant to look at."]
    return {
        **result(checked.rows, changes, arm.caller),
        "summary": [*words, *checked.left_out],
        "left_out": checked.left_out,
        "steps": checked.steps,
        **checked.invitation,
    }


def _with_elevation(work: Work, arm: Arm) -> dict[str, Any]:
    """Elevate, do the work with a fresh token, and take the elevation back whatever happened, unless it was there before."""

    def carry_out() -> dict[str, Any]:
        fresh = Arm(work.sign_in.again())
        return _carried_out(work, fresh, _checked(work, fresh))

    if find(arm, arm.caller):
        return carry_out()
    elevation = Elevation(arm, lambda: Arm(work.sign_in.again()), Patience(work.params["wait_timeout"]))
    try:
        with elevation.held():
            result = carry_out()
    except AzureError as exc:
        if elevation.refused:
            raise
        result = {
            "failed": True,
            "msg": str(exc),
            "error": exc.as_dict(),
            "assignments": [],
            "summary": [],
            "steps": [],
        }
    if elevation.stays is None:
        result["steps"].append(step("elevation", "ok", "The caller was elevated for the run, and that was taken back."))
        return result
    result["steps"].append(step("elevation", "refused", str(elevation.stays)))
    message = f"{result['msg']}\n" if result.get("failed") else ""
    return {
        **result,
        "failed": True,
        "msg": f"{message}THE ELEVATION STAYS: {elevation.stays}",
        "error": elevation.stays.as_dict(),
    }


def main() -> None:
    """Be the module."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
