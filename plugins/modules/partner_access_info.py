#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: what access a partner has at one customer, and what it is worth."""

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_access_info
short_description: Audit a partner's access to one customer
version_added: 1.1.0
description:
  - Tells for every subscription of a customer whether the access that a partner expects is there, whether it earns Partner Earned Credit (PEC), whether support
    tickets can be opened, which other partners have access, and what stands in the way. It only reads.
  - Without grants, it tells what all foreign principals have.
  - All subscriptions that the identity can see are looked at, those that were sold (O(sold)), those that O(grants) name, and those of the earlier report.
  - What would M(csp.azure.partner_access) do? Both decide by the same rules, so RV(subscriptions[].grants[].reinstate) is what its check mode says; only the
    right to assign is not looked at, because who audits needs no such right.
  - The identity signs in to the B(customer's) tenant and needs C(*/read) at the subscriptions, which Reader has. To tell which partner a foreign principal
    belongs to, it needs to read the directory (Directory Readers, or C(Directory.Read.All) for an application) and the Python library msgraph-sdk; without
    them RV(steps) says so.
  - A subscription costs two requests, and a third (its locks) where something is missing.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
  - csp.azure._grants
options:
  partner_tenants:
    description:
      - Ids of further tenants whose groups count for the partner, for example that of an indirect provider and of its reseller.
      - Credit is earned where one of them has a role that earns; what any other partner has neither helps nor harms.
    type: list
    elements: str
    default: []
  sold:
    description:
      - Ids of the subscriptions that the partner sold to this customer, such as M(csp.azure.customer_info) tells.
      - Left out, Partner Center is asked with O(partner) for those that are active, if O(check_relationship) says so.
    type: list
    elements: str
  relationship:
    description:
      - The relationship of partner and customer, if it is known, for example V(reseller), or V(none). With it and O(sold), Partner Center is not asked.
    type: str
  check_relationship:
    description:
      - Whether to ask Partner Center for the relationship and for what was sold, where one of them is left out and there is a partner's identity, and the
        customer's directory whether it knows a group that lacks something.
    type: bool
    default: true
  customer:
    description: What the customer is called in reports. Left out, by the id of its tenant.
    type: str
  customer_name:
    description: The name of its company, for reports. Left out, that of Partner Center, where it is asked.
    type: str
  earlier_report:
    description:
      - A JSON Lines file of M(csp.azure.audit_report), to compare with. The row of this tenant counts, that of O(customer) first.
      - It may be the file that this run will write. A file that is not there yet is none to compare with.
      - If it cannot be read, the audit is made without it. That is a warning, a line of RV(summary) and one of RV(steps). The task fails if O(fail_on) names
        V(lost) or V(gained), or V(unreadable) without V(unknown), because nobody can tell.
      - What an audit cannot read, or does not expect for a while, is remembered for 30 days.
    type: path
  pec_roles:
    description:
      - Roles by name, and whether they earn credit, where Microsoft's list of 2022-11-08, which the collection holds, is outdated or does not know them.
    type: dict
    default: {}
  fail_on:
    description:
      - With which findings the task fails. All subscriptions are audited and returned in any case.
      - V(missing), V(different_role), V(inherited) (from above only), V(conditional), V(duplicated), V(wrong_principal) (the assignment is for a group of the
        customer's own) and V(unknown) (could not be read) are those of an expected grant.
      - V(lost), V(unreadable) (was there, and cannot be read any more) and V(gained) need O(earlier_report).
      - V(no_credit), V(no_tickets), V(other_partner), V(denied) (a deny assignment concerns the partner), V(locked) (a lock stands in the way of what is to be
        done), V(disabled), V(sold_without_access) and V(not_sold) (accessible, but not sold) are those of a subscription.
    type: list
    elements: str
    choices:
      - missing
      - different_role
      - inherited
      - conditional
      - duplicated
      - wrong_principal
      - unknown
      - lost
      - unreadable
      - gained
      - no_credit
      - no_tickets
      - other_partner
      - denied
      - locked
      - disabled
      - sold_without_access
      - not_sold
    default: [unknown, unreadable]
  failure_log:
    description:
      - If the audit cannot be made, a file to which all its requests and answers are appended, for Microsoft Support. Secrets are masked.
      - Relative paths are relative to the folder that ansible was called in.
    type: path
requirements:
  - azure-mgmt-authorization
seealso:
  - module: csp.azure.audit_report
  - module: csp.azure.partner_access
"""

EXAMPLES = r"""
- name: Is our access there, and does it earn?
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
  description: Who was audited, and how the partner signs in there apart from role assignments. What nobody knows is null.
  returned: when the options were good
  type: dict
  contains:
    tenant:
      description: Id of the tenant.
      type: str
    name:
      description: Name of the company.
      type: str
    relationship:
      description: Relationship in Partner Center, in lower case, V(none) if there is none.
      type: str
    delegated_access:
      description: Whether the customer lets the partner act on its behalf in its directory (delegated admin privileges).
      type: bool
  sample: {tenant: 22222222-2222-4222-8222-222222222222, name: Fabrikam, relationship: reseller, delegated_access: false}
subscriptions:
  description: What was found, one row for each subscription (and management group, where one is expected).
  returned: when the audit was made, whatever it found
  type: list
  elements: dict
  contains:
    scope:
      description: Its id as a scope.
      type: str
    subscription_id:
      description: Its GUID, null for a management group.
      type: str
    name:
      description: Its name, null if the identity does not see it.
      type: str
    state:
      description: Its state, null if the identity does not see it.
      type: str
    sold:
      description: Whether the partner sold it, null if nobody knows.
      type: bool
    access:
      description: V(full), V(part), V(none) or V(unknown) of what is expected; where nothing is, of whatever the partner's groups hold.
      type: str
    credit:
      description: Whether it earns Partner Earned Credit, V(yes), V(partly) (only in some resource groups), V(no) or V(unknown).
      type: str
    credit_reason:
      description: Why.
      type: str
    tickets:
      description:
        - Whether the partner's groups may open support tickets there, V(yes), V(no) or V(unknown), as far as roles and the relationship tell.
        - Microsoft also wants any Entra role of a granular delegated admin relationship, and lets no indirect reseller open tickets for Azure.
      type: str
    notes:
      description: Sold against accessible, as Microsoft's own sample report has it. Empty if nobody knows what was sold.
      type: str
    flags:
      description: What is worth a look, in the words of O(fail_on).
      type: list
      elements: str
    advice:
      description: What to do next.
      type: list
      elements: str
    grants:
      description: What was expected.
      type: list
      elements: dict
      contains:
        principal_id:
          description: Object ID of the group.
          type: str
        group:
          description: Its name, where it was named.
          type: str
        display_name:
          description: Its name as the customer's directory has it, where that was asked.
          type: str
        partner_tenant_id:
          description: The tenant that it belongs to, where the directory was asked.
          type: str
        role:
          description: The role that is expected.
          type: str
        role_id:
          description: Its GUID.
          type: str
        scope:
          description: Where.
          type: str
        finding:
          description: V(exact), or one of the findings of O(fail_on).
          type: str
        access:
          description: Whether the group has the role there, null if nobody knows.
          type: bool
        reinstate:
          description: The state that M(csp.azure.partner_access) would reach, V(created), V(unchanged) or V(failed).
          type: str
        change:
          description: V(lost), V(unreadable), V(gained) or V(none) since the earlier report, null if there is nothing to compare with.
          type: str
        since:
          description:
            - When that state began, in UTC; the time of the assignment, or of the first audit that saw it. Of what cannot be read, when it was read last.
          type: str
        assignments:
          description: The assignments that say so, with their id, scope, role, principal_type, condition, created_on and created_by.
          type: list
          elements: dict
        error:
          description: What stands in the way, in parts.
          type: dict
    foreign_principals:
      description:
        - Assignments of foreign principals that are not expected, those of former partners among them, and further roles of the partner's own groups.
        - Each is like those of RV(subscriptions[].grants[].assignments), with principal_id, display_name, partner_tenant_id, whether it is one of the partner's
          (ours, null if nobody could tell), and whether its role earns credit (earns).
      type: list
      elements: dict
    deny_assignments:
      description:
        - Deny assignments, with their id, name, scope and whether they concern the partner (concerns_us).
        - The API version 2022-04-01 does not show whether a deny assignment is only audited; each counts as enforced.
      type: list
      elements: dict
    locks:
      description: Locks that stand in the way of what is to be done, with their name, scope and level.
      type: list
      elements: dict
    error:
      description: Why it, or its deny assignments or locks, could not be read, in parts.
      type: dict
  sample:
    - scope: /subscriptions/11111111-1111-4111-8111-111111111111
      subscription_id: 11111111-1111-4111-8111-111111111111
      name: Fabrikam production
      state: Enabled
      sold: true
      access: none
      credit: "no"
      credit_reason: No group of the partner has a role.
      tickets: "no"
      notes: Sold, but no access
      flags: [missing, lost, no_credit, no_tickets, sold_without_access]
      advice: ["Run csp.azure.reinstate: Owner is missing at /subscriptions/11111111-1111-4111-8111-111111111111."]
      grants: []
      foreign_principals: []
      deny_assignments: []
      locks: []
summary:
  description: The same in words, one line for each subscription, lost access first.
  returned: when the audit was made, whatever it found
  type: list
  elements: str
  sample:
    - "Fabrikam production (11111111-1111-4111-8111-111111111111): access full, credit yes, tickets yes."
steps:
  description: What was checked beside the assignments, with its outcome (V(ok), V(refused), V(skipped) or V(unknown)).
  returned: when the audit was made, whatever it found
  type: list
  elements: dict
  sample: []
compared_with:
  description: When the audit was made that this one was compared with, null if there was none.
  returned: when the audit was made, whatever it found
  type: str
  sample: "2026-11-22T10:00:00Z"
memory:
  description: What the next audit compares with. The report keeps it, even if the next audit fails.
  returned: when the audit was made, whatever it found
  type: list
  elements: dict
  sample: []
checked_at:
  description: When the audit was made, in UTC.
  returned: when the audit was made, whatever it found
  type: str
  sample: "2026-11-23T10:00:00Z"
left_out:
  description: The subscriptions of other tenants that the identity sees and that are left out.
  returned: when the subscriptions could be listed
  type: list
  elements: str
  sample:
    - "The subscription 11111111-1111-4111-8111-111111111119 belongs to the tenant 99999999-0000-4000-8000-000000000000: it was left out."
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
from typing import Any

from ..module_utils._access.assignments import object_id
from ..module_utils._access.grants import OPTIONS, resolve
from ..module_utils._access.preflight import (
    ASKING_SECONDS,
    Sale,
    ask_partner_center,
    no_relationship,
    step,
)
from ..module_utils._audit.collect import Order, audit
from ..module_utils._audit.findings import FLAGS
from ..module_utils._audit.history import compare, subscriptions_of
from ..module_utils._clients.arm import Arm
from ..module_utils._clients.graph import Graph
from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.sign_in import SignIn, argument_spec, environments_identity, partner_identity
from ..module_utils._model.earned_credit_roles import by_name, earning_roles
from ..module_utils._model.errors import AzureError, invalid
from ..module_utils._model.scopes import guid
from ..module_utils._module import Arguments, run
from ..module_utils._reports.audit_rows import earlier_row, summary
from ..module_utils._reports.report import now

ARGUMENTS = Arguments(
    {
        **OPTIONS,
        "partner": {"type": "dict", "options": argument_spec()},
        "partner_tenants": {"type": "list", "elements": "str", "default": []},
        "sold": {"type": "list", "elements": "str"},
        "relationship": {"type": "str"},
        "check_relationship": {"type": "bool", "default": True},
        "customer": {"type": "str"},
        "customer_name": {"type": "str"},
        "earlier_report": {"type": "path"},
        "pec_roles": {"type": "dict", "default": {}},
        "fail_on": {"type": "list", "elements": "str", "choices": list(FLAGS), "default": ["unknown", "unreadable"]},
        "failure_log": {"type": "path"},
    }
)


def use_case(params: Mapping[str, Any], check_mode: bool, sign_in: SignIn) -> dict[str, Any]:
    """One customer's access, compared with what earlier audits knew."""
    relationship = str(params["relationship"] or "").lower() or None
    about = {
        "tenant": guid(str(sign_in.values["tenant"] or "")),
        "name": params["customer_name"] or None,
        "relationship": relationship,
        "delegated_access": None,
    }
    try:
        told = _audited(params, sign_in, about)
    except AzureError as exc:  # the report still has to say of whom
        return {"failed": True, "msg": str(exc), "error": exc.as_dict(), "customer": about}
    if sign_in.network.trace and told.get("failed"):
        sign_in.network.trace.entries.clear()  # a finding is none of Microsoft Support's
    return told


def _audited(params: Mapping[str, Any], sign_in: SignIn, about: dict[str, Any]) -> dict[str, Any]:
    further = _guids("partner_tenants", params["partner_tenants"])
    told = _booleans(params["pec_roles"])
    told_sold = None if params["sold"] is None else _guids("sold", params["sold"])
    identity = partner_identity(params["partner"])
    partner = sign_in.beside(identity) if identity else None
    grants, groups = resolve(
        params["grants"], params["groups"], lambda name: Graph(partner or environments_identity(sign_in, name))
    )
    arm = Arm(sign_in)
    tenant = about["tenant"] = arm.caller["tenant"]
    name = params["customer"] or tenant or ""
    earlier, trouble = _earlier(params["earlier_report"], name, tenant)
    memory = (earlier or {}).get("memory") or []
    sale, sold = _sale(params, partner, about, frozenset(map(object_id, groups.values())), told_sold)
    own = guid(str(partner.values["tenant"])) if partner else None
    order = Order(
        grants,
        tenant,
        earning_roles(told),
        sold,
        subscriptions_of(memory),
        further | ({own} if own else set()),
        bool(further),
        by_name(told),
        about["relationship"],
        sale,
        params["check_relationship"],
    )
    found = audit(arm, lambda: Graph(sign_in), order)
    checked_at = now()
    memory = compare(found.subscriptions, memory, checked_at)
    return {
        "customer": about,
        "subscriptions": found.subscriptions,
        "summary": [*summary(found.subscriptions), *found.left_out, *trouble],
        "left_out": found.left_out,
        "steps": [*found.steps, *(step("earlier_report", "unknown", text) for text in trouble)],
        "checked_at": checked_at,
        "compared_with": earlier["checked_at"] if earlier else None,
        "memory": memory,
        "caller": arm.caller,
        **({"warnings": trouble} if trouble else {}),
        **(_alarm(found.subscriptions, params["fail_on"]) or _blind(trouble, params["fail_on"])),
    }


def _earlier(path: str | None, customer: str, tenant: str | None) -> tuple[dict[str, Any] | None, list[str]]:
    """The row to compare with, and what is said where the report is broken: that must not keep the customer from being audited."""
    try:
        return (earlier_row(path, customer, tenant) if path else None), []
    except AzureError as exc:
        return None, [f"{exc.message} Nothing was compared with it."]


def _sale(
    params: Mapping[str, Any],
    partner: SignIn | None,
    about: dict[str, Any],
    groups: frozenset[str],
    sold: frozenset[str] | None,
) -> tuple[Sale | None, frozenset[str] | None]:
    """What is known of relationship and sales: what was told, else what Partner Center says. What it says of the customer goes to ``about``."""
    tenant = about["tenant"]
    if not params["check_relationship"] or not tenant:
        return None, sold
    if about["relationship"] == "none":
        return no_relationship(str(partner.values["tenant"]) if partner else None, tenant, groups), sold
    if partner is None or (about["relationship"] and sold is not None):
        return None, sold
    sale, sold = _asked(partner, tenant, groups, sold)
    for name, value in (sale.customer or {}).items():
        if name in about and about[name] is None:
            about[name] = value
    return sale, sold


def _guids(option: str, texts: list[str]) -> frozenset[str]:
    found = {text: guid(text) for text in texts}
    wrong = [text for text, identity in found.items() if identity is None]
    if wrong:
        raise invalid(f"{option}: {', '.join(map(repr, wrong))} is not a GUID.")
    return frozenset(str(identity) for identity in found.values())


def _booleans(roles: Mapping[str, Any]) -> dict[str, bool]:
    wrong = [name for name, earns in roles.items() if not isinstance(earns, bool)]
    if wrong:
        raise invalid(f"pec_roles: {', '.join(wrong)} must be true or false.")
    return dict(roles)


def _asked(
    partner: SignIn, customer: str, groups: frozenset[str], sold: frozenset[str] | None
) -> tuple[Sale, frozenset[str] | None]:
    """What Partner Center says of the relationship and, unless it is known, of what was sold; that it cannot be asked is a step."""
    opened: list[PartnerCenter] = []

    def center() -> PartnerCenter:
        opened.append(PartnerCenter(partner.within(ASKING_SECONDS)))
        return opened[0]

    sale = ask_partner_center(center, customer, groups)
    if sold is None and sale.customer and not sale.refusal:
        try:
            entitled = opened[0].azure_subscriptions(customer)[1]
            active = [
                guid(one["subscription_id"]) for one in entitled if str(one["status"]).lower() in ("active", "none")
            ]
            sold = frozenset(filter(None, active))
        except AzureError as exc:
            text = f"{sale.told['message']} What was sold could not be read: {exc}"
            return Sale({**sale.told, "outcome": "unknown", "message": text}, groups, customer=sale.customer), None
    return sale, sold


def _alarm(subscriptions: list[dict[str, Any]], fail_on: list[str]) -> dict[str, Any]:
    """The failure, if there is something that shall be one."""
    alarming = [(place, flag) for place in subscriptions for flag in place["flags"] if flag in fail_on]
    if not alarming:
        return {}
    places = {place["scope"]: [flag for other, flag in alarming if other is place] for place, _flag in alarming}
    text = "; ".join(f"{scope}: {', '.join(flags)}" for scope, flags in places.items())
    error = AzureError(
        f"The audit found what it shall fail on. {text}", code="AuditFindings", hint="See advice in subscriptions."
    )
    return {
        "failed": True,
        "msg": "\n".join([str(error), *summary(list({id(place): place for place, _flag in alarming}.values()))]),
        "error": error.as_dict(),
    }


def _blind(trouble: list[str], fail_on: list[str]) -> dict[str, Any]:
    """The failure, if something shall be one that only the earlier report can tell. What is unreadable is unknown, too."""
    needed = {"lost", "gained"} | (set() if "unknown" in fail_on else {"unreadable"})
    wanted = [flag for flag in fail_on if flag in needed]
    if not trouble or not wanted:
        return {}
    text = f"{' '.join(trouble)} So nobody can tell: {', '.join(wanted)}."
    error = AzureError(text, code="NotCompared", hint="Repair the earlier report, or move it away.")
    return {"failed": True, "msg": str(error), "error": error.as_dict()}


def main() -> None:
    """Be the module."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
