#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: what access a partner has at one customer, and what it is worth."""

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_access_info
short_description: Audit a partner's access to one customer
version_added: 2.0.0
description:
  - Reports, for each of a customer's subscriptions, whether the expected access exists, whether it earns Partner Earned Credit (PEC), whether
    support tickets can be opened, which other partners have access, and what is in the way. It only reads.
  - Without grants, it reports the assignments of all foreign principals.
  - It audits all subscriptions that the identity sees, those that were sold (O(sold)), those that O(grants) name, and those of the earlier report.
  - It decides by the same rules as M(csp.azure.partner_access). So RV(subscriptions[].grants[].reinstate) is what the check mode of that module says;
    only the permission to assign is not checked, because an auditor needs none.
  - The identity signs in to the B(customer's) tenant and needs C(*/read) at the subscriptions, which Reader has. Finding the partner of a foreign principal
    requires reading the directory (Directory Readers, or C(Directory.Read.All) for an application) and the Python library msgraph-sdk; without them,
    RV(steps) says so.
  - A subscription takes two requests, and a third (its locks) if something is missing.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
  - csp.azure._grants
  - csp.azure._partner
options:
  partner_tenants:
    description:
      - IDs of further tenants whose groups count for the partner, for example of an indirect provider and its reseller.
      - Credit is earned if one of them has a role that earns; the roles of other partners neither help nor harm.
    type: list
    elements: str
    default: []
  sold:
    description:
      - IDs of the subscriptions that the partner sold to this customer, for example from M(csp.azure.customer_info).
      - If it is not set and O(check_relationship) is true, the active ones in Partner Center count (O(partner)).
    type: list
    elements: str
  relationship:
    description:
      - The relationship of partner and customer, if it is known, for example V(reseller), or V(none). With it and O(sold), Partner Center is not asked.
    type: str
  check_relationship:
    description:
      - Whether to read the relationship and the sold subscriptions in Partner Center, if one of them is not set and there is a partner's identity, and to
        check in the customer's directory whether it knows a group that lacks access.
    type: bool
    default: true
  customer:
    description: Name of the customer in reports. If it is not set, the tenant's ID.
    type: str
  customer_name:
    description: Name of its company, for reports. If it is not set, that of Partner Center, if it is asked.
    type: str
  earlier_report:
    description:
      - A JSON Lines file of M(csp.azure.audit_report) to compare with. The row of this tenant counts, preferably that of O(customer).
      - It may be the file that this run will write. If it does not exist yet, there is nothing to compare with.
      - If it cannot be read, the audit is made without it, with a warning, a line of RV(summary) and one of RV(steps). The task fails if O(fail_on) lists
        V(lost) or V(gained), or V(unreadable) without V(unknown), because these are unknown then.
      - What an audit cannot read, or does not expect for a while, is remembered for 30 days.
    type: path
  pec_roles:
    description:
      - Roles by name, and whether they earn credit, if Microsoft's list of 2022-11-08, which the collection contains, is outdated or does not list them.
    type: dict
    default: {}
  gdap_expiring_days:
    description:
      - A delegated admin relationship that is not extended and ends within so many days counts as V(expiring).
    type: int
    default: 30
    version_added: 2.0.0
  fail_on:
    description:
      - Findings that fail the task. All subscriptions are audited and returned in any case.
      - V(missing), V(different_role), V(inherited) (from above only), V(conditional), V(duplicated), V(wrong_principal) (the assignment is for a group of the
        customer's own) and V(unknown) (could not be read) are findings about an expected grant.
      - V(lost), V(unreadable) (existed, and can no longer be read) and V(gained) need O(earlier_report).
      - V(sign_in_missing), V(sign_in_waiting) and V(sign_in_expiring) say that the partner's users cannot, or soon can no longer, sign in to the customer's
        tenant to make use of the access; see RV(delegated_admin). With one of them, V(sign_in_unknown) (it could not be read) fails the task, too.
      - V(no_credit), V(no_tickets), V(other_partner), V(denied) (a deny assignment concerns the partner), V(locked) (a lock is in the way of a change),
        V(disabled), V(sold_without_access) and V(not_sold) (accessible, but not sold) are findings about a subscription.
    type: list
    elements: str
    choices: [missing, different_role, inherited, conditional, duplicated, wrong_principal, unknown, lost, unreadable, gained, no_credit, no_tickets,
      other_partner, denied, locked, disabled, sold_without_access, not_sold, sign_in_missing, sign_in_waiting, sign_in_expiring, sign_in_unknown]
    default: [unknown, unreadable]
  failure_log:
    description:
      - A file to which all requests and responses are appended if the audit cannot be made, for Microsoft Support. Secrets are masked.
      - Relative paths are relative to the folder in which ansible was called.
    type: path
requirements:
  - azure-mgmt-authorization >= 4.0.0, < 5
  - msgraph-sdk >= 1.5.0, for groups by name, the directory and delegated admin relationships
seealso:
  - module: csp.azure.audit_report
  - module: csp.azure.partner_access
"""

EXAMPLES = r"""
- name: Audit access and Partner Earned Credit
  csp.azure.partner_access_info:
    grants:
      - principal_id: 065b0bfc-0000-4000-8000-000000000001
        scopes: [all]
  register: audit

- name: Fail if something was lost since yesterday, or does not earn
  csp.azure.partner_access_info:
    grants:
      - group: AdminAgents
        role: Support Request Contributor
        scopes: "{{ csp_subscription_ids }}"
    sold: "{{ csp_subscription_ids }}"
    customer: "{{ inventory_hostname }}"
    earlier_report: reports/audit.jsonl
    fail_on: [lost, missing, no_credit, unknown]
"""

RETURN = r"""
customer:
  description: The audited customer. Unknown values are null.
  returned: when the options were valid
  type: dict
  contains:
    tenant: {description: ID of the tenant., type: str}
    name: {description: Name of the company., type: str}
    relationship: {description: "Relationship in Partner Center, in lower case, V(none) without one.", type: str}
    delegated_access: {description: Whether the partner has delegated admin privileges (DAP) in the customer's directory., type: bool}
  sample: {tenant: 22222222-2222-4222-8222-222222222222, name: Fabrikam, relationship: reseller, delegated_access: false}
subscriptions:
  description: The verdicts, one for each subscription (and management group, if a grant is expected there).
  returned: when the audit was made, whatever it found
  type: list
  elements: dict
  contains:
    scope: {description: Its ID as a scope., type: str}
    subscription_id: {description: "Its GUID, null for a management group.", type: str}
    name: {description: "Its name, null if the identity does not see it.", type: str}
    state: {description: "Its state, null if the identity does not see it.", type: str}
    sold: {description: "Whether the partner sold it, null if unknown.", type: bool}
    access:
      description: V(full), V(part), V(none) or V(unknown), of the expected grants; without any, of whatever the partner's groups hold.
      type: str
    credit: {description: "Whether it earns Partner Earned Credit, V(yes), V(partly) (in some resource groups), V(no) or V(unknown).", type: str}
    credit_reason: {description: Why., type: str}
    tickets:
      description:
        - Whether the partner's users may open support tickets there, V(yes), V(no) or V(unknown), as far as roles and the relationship say.
        - Microsoft also requires any Entra role in a granular delegated admin relationship, and lets no indirect reseller open tickets for Azure.
      type: str
    sign_in: {description: "The status of RV(delegated_admin), null without the partner's identity.", type: str}
    notes: {description: "Whether it is sold and accessible, as in Microsoft's sample report. Empty if it is unknown whether it was sold.", type: str}
    flags: {description: The findings in the words of O(fail_on)., type: list, elements: str}
    advice: {description: What to do next., type: list, elements: str}
    grants:
      description: The expected grants.
      type: list
      elements: dict
      contains:
        principal_id: {description: Object ID of the group., type: str}
        group: {description: "Its name, if it was given by name.", type: str}
        display_name: {description: "Its name in the customer's directory, if that was read.", type: str}
        partner_tenant_id: {description: "The tenant that it belongs to, if the directory was read.", type: str}
        role: {description: The expected role., type: str}
        role_id: {description: Its GUID., type: str}
        scope: {description: Scope of the grant., type: str}
        finding: {description: "V(exact), or one of the findings of O(fail_on).", type: str}
        access: {description: "Whether the group has the role there, null if unknown.", type: bool}
        reinstate: {description: "The state after M(csp.azure.partner_access), V(created), V(unchanged) or V(failed).", type: str}
        change: {description: "V(lost), V(unreadable), V(gained) or V(none) since the earlier report, null without a comparison.", type: str}
        since:
          description: When that state began, in UTC, by the assignment or the first audit that saw it; if unreadable, when it was last read.
          type: str
        assignments:
          description: The assignments behind the finding, with id, scope, role, principal_type, condition, created_on and created_by.
          type: list
          elements: dict
        error: {description: "What is in the way, in parts.", type: dict}
    foreign_principals:
      description:
        - Other assignments of foreign principals, such as those of former partners, and further roles of the partner's own groups.
        - They have the keys of RV(subscriptions[].grants[].assignments), and principal_id, display_name, partner_tenant_id, whether the principal counts
          for the partner (ours, null if unknown), and whether its role earns credit (earns).
      type: list
      elements: dict
    deny_assignments:
      description:
        - Deny assignments, with id, name, scope and whether they concern the partner (concerns_us).
        - The API version 2022-04-01 does not show whether a deny assignment is only audited; each counts as enforced.
      type: list
      elements: dict
    locks: {description: "Locks in the way of a change, with name, scope and level.", type: list, elements: dict}
    error: {description: "Why it, or its deny assignments or locks, could not be read, in parts.", type: dict}
  sample:
    - {scope: /subscriptions/11111111-1111-4111-8111-111111111111, subscription_id: 11111111-1111-4111-8111-111111111111, name: Fabrikam production,
       state: Enabled, sold: true, access: none, credit: "no", credit_reason: No group of the partner has a role., tickets: "no",
       notes: "Sold, but no access", flags: [missing, lost, no_credit, no_tickets, sold_without_access],
       advice: ["Run csp.azure.reinstate: Owner is missing at /subscriptions/11111111-1111-4111-8111-111111111111."],
       grants: [], foreign_principals: [], deny_assignments: [], locks: []}
delegated_admin:
  description:
    - Whether the partner's users can sign in to the customer's tenant, by its delegated admin relationships (GDAP), with the keys of
      RV(csp.azure.partner_access#module:delegated_admin).
    - The status is V(ready), V(expiring), V(waiting), V(missing) or V(unknown). A relationship without a role for AdminAgents, or a group in it, is missing.
  returned: with the partner's identity, unless O(check_relationship=false)
  type: dict
  sample: {status: ready, reason: The relationship contoso is active., relationship: aaaaaaaa-..., expires_at: "2028-11-27T12:00:00Z", approval_url: null,
    requested_at: null, request_ends_at: null}
summary:
  description: The verdicts in words, one line for each subscription, lost access first.
  returned: when the audit was made, whatever it found
  type: list
  elements: str
  sample:
    - "Fabrikam production (11111111-1111-4111-8111-111111111111): access full, credit yes, tickets yes."
steps:
  description: The checks beside the assignments.
  returned: when the audit was made, whatever it found
  type: list
  elements: dict
  contains:
    step: {description: "What was checked, for example V(partner_center), V(sign_in) or V(earlier_report).", type: str}
    outcome: {description: "V(ok), V(refused), V(missing), V(skipped) if it was left out, or V(unknown) if it could not be checked.", type: str}
    message: {description: The outcome in words., type: str}
  sample: []
compared_with: {description: "Time of the audit that this one was compared with, null without one.",
  returned: "when the audit was made, whatever it found", type: str, sample: "2026-11-22T10:00:00Z"}
memory: {description: "The state that the next audit compares with. Reports keep it even if the next audit fails.",
  returned: "when the audit was made, whatever it found", type: list, elements: dict, sample: []}
checked_at: {description: "Time of the audit, in UTC.",
  returned: "when the audit was made, whatever it found", type: str, sample: "2026-11-23T10:00:00Z"}
left_out:
  description: The subscriptions of other tenants that the identity sees and that are left out.
  returned: when the subscriptions could be listed
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

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from ..module_utils._access.grants import OPTIONS, Grants, resolve
from ..module_utils._access.relationship import PARTNER_CENTER_SECONDS
from ..module_utils._audit.customer import Clients, CustomerAuditRequest, audit_customer
from ..module_utils._audit.model import FLAGS
from ..module_utils._clients.arm import Arm
from ..module_utils._clients.delegated_admin import DelegatedAdmin
from ..module_utils._clients.directory import Directory
from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.identities import Identities
from ..module_utils._gdap.partner_tenant import Once, always
from ..module_utils._gdap.tenant_level import EXPIRING_DAYS, Partner, look
from ..module_utils._model.earned_credit_roles import stated_roles
from ..module_utils._model.identifiers import guids
from ..module_utils._model.times import now
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run
from ..module_utils._reports.earlier_report import earlier_row

ARGUMENTS = Arguments(
    {
        **OPTIONS,
        "partner_tenants": {"type": "list", "elements": "str", "default": []},
        "sold": {"type": "list", "elements": "str"},
        "relationship": {"type": "str"},
        "check_relationship": {"type": "bool", "default": True},
        "customer": {"type": "str"},
        "customer_name": {"type": "str"},
        "earlier_report": {"type": "path"},
        "pec_roles": {"type": "dict", "default": {}},
        "gdap_expiring_days": {"type": "int", "default": EXPIRING_DAYS},
        "fail_on": {"type": "list", "elements": "str", "choices": list(FLAGS), "default": ["unknown", "unreadable"]},
        "failure_log": {"type": "path"},
    },
    partner=True,
)


def use_case(options: Options, check_mode: bool, identities: Identities, once: Once = always) -> Result:
    """Audit one customer's access, and compare it with an earlier audit."""
    customer, partner = identities.customer, identities.partner
    grants = cache(lambda: resolve(options, lambda group: Directory(identities.partner_for(group))))
    clients = Clients(arm=lambda: Arm(customer), directory=lambda: Directory(customer))
    if partner:
        level = Partner(
            lambda: DelegatedAdmin(partner), lambda name: grants().id_of(name, lambda: Directory(partner)), once
        )
        clients = replace(
            clients,
            partner_center=lambda: PartnerCenter(partner.with_deadline(PARTNER_CENTER_SECONDS)),
            sign_in_path=lambda tenant: look(level, tenant, options["gdap_expiring_days"], now()),
        )
    return audit_customer(clients, _request(options, identities, grants))


def _request(options: Options, identities: Identities, grants: Callable[[], Grants]) -> CustomerAuditRequest:
    earlier_report = options["earlier_report"]
    return CustomerAuditRequest(
        grants=grants,
        tenant=identities.customer.tenant,
        customer=options["customer"],
        customer_name=options["customer_name"] or None,
        relationship=str(options["relationship"] or "").lower() or None,
        sold=None if options["sold"] is None else guids("sold", options["sold"]),
        partner_tenant=identities.partner.tenant if identities.partner else None,
        further_partners=guids("partner_tenants", options["partner_tenants"]),
        earned_credit_roles=stated_roles("pec_roles", options["pec_roles"]),
        check_relationship=options["check_relationship"],
        fail_on=options["fail_on"],
        earlier_report=partial(earlier_row, earlier_report) if earlier_report else None,
    )


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
