#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: the partner's customers in Partner Center."""

from __future__ import annotations

DOCUMENTATION = r"""
module: customer_info
short_description: List a partner's customers with their relationship and Azure subscriptions
version_added: 2.0.0
description:
  - Lists one customer or all customers in Partner Center, with their reseller relationship and delegated admin privileges.
  - On request, it also lists their Azure plans and the Azure subscriptions in them, as far as this partner sold them.
  - A tenant without a relationship is a result (V(none)), not a failure.
  - The identity signs in to the B(partner's) tenant. A user needs the role Admin agent or Global admin; an application needs the
    Partner Center permission and the partner's consent.
  - Microsoft requires users to sign in with multi-factor authentication; a refresh token that was issued without it is rejected.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
  - csp.azure._partner.alone
options:
  customer:
    description: Tenant ID or domain of one customer. If it is not set, all customers are listed.
    type: str
  subscriptions:
    description: Whether to list Azure plans and subscriptions, too, which takes two more requests for each customer.
    type: bool
    default: false
seealso:
  - module: csp.azure.relationship_request_info
"""

EXAMPLES = r"""
- name: Get the relationship with Fabrikam
  csp.azure.customer_info:
    customer: fabrikam.onmicrosoft.com
  register: fabrikam

- name: Stop if the relationship is missing
  ansible.builtin.assert:
    that: fabrikam.customers[0].relationship == 'reseller'
    fail_msg: Fabrikam has to accept a reseller relationship first.

- name: List all customers with the Azure subscriptions that we sold them
  csp.azure.customer_info:
    subscriptions: true
"""

RETURN = r"""
customers:
  description: The customers, ordered by tenant ID.
  returned: success
  type: list
  elements: dict
  contains:
    tenant_id:
      description: ID of the customer's tenant.
      type: str
    domain:
      description: Its main domain.
      type: str
    name:
      description: Name of the company.
      type: str
    relationship:
      description:
        - The relationship in lower case, C(reseller) where the partner may sell and C(none) where there is none; null where Partner Center does
          not say.
      type: str
    delegated_access:
      description: Whether the partner has delegated admin privileges; null where Partner Center does not say, which is so in the list of all customers.
      type: bool
    azure_plans:
      description: The customer's Azure plans with C(id) and C(status).
      returned: where O(subscriptions) is true
      type: list
      elements: dict
    subscriptions:
      description: The Azure subscriptions with C(subscription_id), C(name), C(status) and C(plan_id).
      returned: where O(subscriptions) is true
      type: list
      elements: dict
  sample:
    - tenant_id: 22222222-2222-4222-8222-222222222222
      domain: fabrikam.onmicrosoft.com
      name: Fabrikam
      relationship: reseller
      delegated_access: false
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

from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.identities import Identities
from ..module_utils._model.customers import Customer
from ..module_utils._model.errors import AzureError, partial_failure
from ..module_utils._model.identifiers import guid
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {"customer": {"type": "str"}, "subscriptions": {"type": "bool", "default": False}}, as_partner=True
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """List the selected customers and, on request, what was sold to them."""
    center = PartnerCenter(identities.acting_partner)
    rows: list[Result] = []
    failures: list[tuple[str, AzureError]] = []
    for customer in _selected(center, (options["customer"] or "").strip()):
        row = customer.as_dict()
        try:
            rows.append({**row, **(_sold(center, customer) if options["subscriptions"] else {})})
        except AzureError as exc:
            rows.append(row)
            failures.append((f"{customer.domain} ({customer.tenant_id})", exc))
    customers = sorted(rows, key=lambda row: row["tenant_id"])
    return {"customers": customers, "caller": center.caller.as_dict(), **partial_failure(failures)}


def _selected(center: PartnerCenter, selector: str) -> list[Customer]:
    """All customers, or the one with this tenant ID or domain."""
    if not selector:
        return center.customers()
    tenant = guid(selector)
    if tenant is None:
        customers = (customer for customer in center.customers() if customer.domain)
        domains = {str(customer.domain).lower(): customer.tenant_id for customer in customers}
        tenant = domains.get(selector.lower())
    if tenant is None:
        return [Customer("", selector, relationship="none")]
    return [center.customer(tenant)]


def _sold(center: PartnerCenter, customer: Customer) -> Result:
    if customer.relationship == "none":
        return {"azure_plans": [], "subscriptions": []}
    plans, subscriptions = center.azure_subscriptions(customer.tenant_id)
    return {
        "azure_plans": [plan.as_dict() for plan in plans],
        "subscriptions": [subscription.as_dict() for subscription in subscriptions],
    }


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
