#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: remove a partner's access to a customer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_revocation
short_description: Remove a partner's access to a customer's subscriptions
version_added: 2.0.0
description:
  - Removes all role assignments of a partner's groups at the scopes B(and below them), of a partner that has been replaced, or as the last
    step of a transfer.
  - Select the partner by group object IDs or by tenant. Nothing else is removed, least of all assignments of the customer's own principals.
  - The last visible Owner or User Access Administrator at a scope is kept, because nobody could assign roles there any more.
  - All assignments are tried. Failures, for example because of a lock, are reported at the end. Run it in check mode first, with C(--diff)
    to see the list.
  - Removing the access does not end the reseller relationship, and ending the relationship does not remove the access.
  - The identity signs in to the B(customer's) tenant and needs C(Microsoft.Authorization/roleAssignments/delete) and
    C(Microsoft.Authorization/roleAssignments/read), which Owner and User Access Administrator have. For O(partner_tenants) it also needs the
    library msgraph-sdk and reading the directory (Directory Readers, or C(Directory.Read.All) for an application).
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.writes
  - csp.azure._sign_in
options:
  scopes:
    description:
      - Where, in the forms that M(csp.azure.role_assignment) takes. Everything below subscriptions, resource groups and resources is included;
        for a management group, only the group itself.
      - V(all) alone means every subscription of the tenant that the identity sees, whatever its state, because Azure removes assignments in any state.
    type: list
    elements: str
    required: true
  principal_ids:
    description: Object IDs of the partner's groups, for example of AdminAgents.
    type: list
    elements: str
    default: []
  partner_tenants:
    description:
      - IDs of partners' tenants. All their groups are selected.
      - A group whose partner the customer's directory no longer knows cannot be selected this way; a warning and RV(unknown) name it.
    type: list
    elements: str
    default: []
  roles:
    description: Remove only assignments of these roles, given by name, GUID or full ID.
    type: list
    elements: str
    default: []
  wait:
    description: Whether to wait until Azure's list no longer shows the assignments.
    type: bool
    default: true
  wait_timeout:
    description: Maximum time in seconds to wait for the assignments to disappear.
    type: int
    default: 60
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
  - msgraph-sdk >= 1.5.0, for O(partner_tenants)
seealso:
  - module: csp.azure.role_assignment_info
  - module: csp.azure.role_assignment
"""

EXAMPLES = r"""
- name: See what the former partner still has
  csp.azure.partner_revocation:
    partner_tenants: [44444444-4444-4444-8444-444444444444]
    scopes: [11111111-1111-4111-8111-111111111111]
  check_mode: true
  register: former

- name: Remove Owner and Contributor from one group, but keep its other roles
  csp.azure.partner_revocation:
    principal_ids: [065b0bfc-0000-4000-8000-000000000001]
    roles: [Owner, Contributor]
    scopes: [11111111-1111-4111-8111-111111111111]
"""

RETURN = r"""
assignments:
  description: The partner's assignments at the scopes and below, ordered by ID.
  returned: when they could be read
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
      description: The role's name where it is a built-in one, else its ID.
      type: str
    state:
      description: C(removed), C(absent) where somebody else was faster, or C(failed). In check mode, the state that the real run would reach.
      type: str
    id:
      description: ID of the role assignment.
      type: str
    principal_type:
      description: Type of the principal, as Azure recorded it.
      type: str
    description:
      description: The assignment's description.
      type: str
    condition:
      description: The assignment's condition.
      type: str
    inherited_from:
      description: Always empty here; see RV(above).
      type: list
      elements: str
    error:
      description: Why the row failed, with the keys of RV(error).
      returned: for failed rows
      type: dict
above:
  description: IDs of the partner's assignments above the scopes, for example at a management group, which stay and still give access.
  returned: when they could be read
  type: list
  elements: str
  sample: []
unknown:
  description: Object IDs of foreign groups whose partner the customer's directory does not know any more.
  returned: when they could be read
  type: list
  elements: str
  sample: []
summary:
  description: The outcome in words, one line per row of RV(assignments).
  returned: when they could be read
  type: list
  elements: str
  sample:
    - "removed: Owner of 065b0bfc-0000-4000-8000-000000000001 at /subscriptions/11111111-1111-4111-8111-111111111111"
left_out:
  description: The subscriptions of other tenants that the identity sees and that are left out.
  returned: when they could be read
  type: list
  elements: str
  sample:
    - "The subscription 11111111-1111-4111-8111-111111111119 belongs to the tenant 99999999-0000-4000-8000-000000000000: it was left out."
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

from ..module_utils._access.apply import ReadBack, apply
from ..module_utils._access.plan import resolve_role
from ..module_utils._access.results import diff, result, summary
from ..module_utils._access.revocation import Partners, RevocationPlan, plan_revocation
from ..module_utils._access.selection import ALL, Selection, select_all
from ..module_utils._clients.arm import Arm
from ..module_utils._clients.directory import Directory
from ..module_utils._connection.identities import Identities
from ..module_utils._model.errors import AzureError, invalid, partial_failure
from ..module_utils._model.identifiers import guids, object_id
from ..module_utils._model.scopes import Scope, parse_all
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "scopes": {"type": "list", "elements": "str", "required": True},
        "principal_ids": {"type": "list", "elements": "str", "default": []},
        "partner_tenants": {"type": "list", "elements": "str", "default": []},
        "roles": {"type": "list", "elements": "str", "default": []},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 60},
    }
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Remove the partners' assignments."""
    partners = _partners(options)
    scopes = [] if options["scopes"] == ALL else parse_all(options["scopes"])
    arm = Arm(identities.customer)
    if arm.caller.tenant in partners.tenants:
        raise invalid(f"partner_tenants: {arm.caller.tenant} is the customer's own tenant.")
    # Azure reads and deletes in every state of a subscription: a former partner keeps its access to none.
    selection = Selection(tuple(scopes))
    if not scopes:
        selection = select_all(arm.subscriptions(), arm.caller.tenant, writable=False)
    roles = frozenset(role_id for role in options["roles"] for role_id in _role_ids(arm, role, selection.scopes))
    plan = plan_revocation(arm, lambda: Directory(identities.customer), selection.scopes, partners, roles)
    outcomes = list(plan.outcomes)
    changes = diff(outcomes, present=False)
    if not check_mode:
        outcomes = apply(arm, outcomes, ReadBack(options["wait"], options["wait_timeout"]))
    return {
        **_with_unread(result(outcomes, changes), plan),
        **_warnings(plan, selection.scopes),
        "summary": [*summary(outcomes, check_mode), *_absent(plan), *selection.left_out],
        "left_out": list(selection.left_out),
        "above": [item.id for item in plan.above],
        "unknown": list(plan.unknown),
        "caller": arm.caller.as_dict(),
    }


def _role_ids(arm: Arm, role: str, scopes: tuple[Scope, ...]) -> set[str]:
    """The roles of that name at the scopes; a custom role exists at some of them only."""
    ids: set[str] = set()
    failure: AzureError | None = None
    for scope in scopes:
        try:
            ids.add(resolve_role(arm, role, scope).id)
        except AzureError as exc:
            failure = exc
    if failure and not ids:
        raise failure
    return ids


def _partners(options: Options) -> Partners:
    tenants = guids("partner_tenants", options["partner_tenants"], "Give the GUID of the partner's tenant.")
    if not tenants and not options["principal_ids"]:
        raise invalid("No partner was selected.", "Give principal_ids or partner_tenants.")
    return Partners(frozenset(map(object_id, options["principal_ids"])), tenants)


def _with_unread(keys: Result, plan: RevocationPlan) -> Result:
    """The result, failed if a scope could not be read."""
    unread = partial_failure(plan.unread)
    if unread and keys.get("failed"):
        unread = {"msg": f"{keys['msg']}\n{unread['msg']}"}
    return {**keys, **unread}


def _absent(plan: RevocationPlan) -> list[str]:
    """A mistyped tenant selects nothing, and looks like one whose access was removed before."""
    if not plan.absent or not plan.others:
        return []
    nothing = "" if plan.outcomes else "There was nothing to remove. "
    return [f"{nothing}No group of {', '.join(plan.absent)} has a role there. Groups of {', '.join(plan.others)} have."]


def _warnings(plan: RevocationPlan, scopes: tuple[Scope, ...]) -> Result:
    warnings = []
    if plan.unknown:
        warnings.append(
            f"The customer's directory no longer knows which partner these groups belong to: {', '.join(plan.unknown)}."
            " If they are the partner's, name them in principal_ids."
        )
    if plan.above:
        ids = ", ".join(item.id for item in plan.above)
        warnings.append(f"The partner keeps its assignments above the scopes: {ids}. Name those scopes, too.")
    if any(scope.subscription is None for scope in scopes):
        warnings.append(
            "Above subscriptions, only the scope itself is searched. Name the subscriptions below it, too, or all."
        )
    return {"warnings": warnings} if warnings else {}


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
