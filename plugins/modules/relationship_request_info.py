#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: the link that asks a customer for a reseller relationship."""

from __future__ import annotations

DOCUMENTATION = r"""
module: relationship_request_info
short_description: Get the link with which a customer accepts a reseller relationship
version_added: 2.0.0
description:
  - Gets the partner's invitation link from Partner Center. A Global Administrator of the customer opens it and accepts; this is step 3 of
    Microsoft's procedure to reinstate admin privileges.
  - The link is the partner's, the same for every customer. It comes with or without delegated admin privileges, or for an indirect reseller of this provider.
  - The identity signs in to the B(partner's) tenant. It must be a user (refresh token or device code) with the role
    Admin agent or Global admin; applications do not get the link.
  - Microsoft requires users to sign in with multi-factor authentication; a refresh token that was issued without it is rejected.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes
  - csp.azure._attributes.read_only
  - csp.azure._sign_in
  - csp.azure._partner.alone
options:
  delegated_admin:
    description:
      - Whether the relationship comes with delegated admin privileges (DAP). Access to Azure subscriptions does not need them.
      - In the US government cloud, Microsoft offers no relationship without them.
    type: bool
    default: false
  reseller_tenant:
    description: Tenant ID of an indirect reseller of the signed-in provider, to invite the customer for this reseller.
    type: str
  reseller_mpn_id:
    description: The reseller's partner ID (MPN ID).
    type: str
seealso:
  - module: csp.azure.customer_info
"""

EXAMPLES = r"""
- name: Get our link
  csp.azure.relationship_request_info:
    auth_source: refresh_token
  register: request

- name: Show it
  ansible.builtin.debug:
    msg: "Please open {{ request.url }} as Global Administrator and accept."

- name: Get the link for one of our resellers
  csp.azure.relationship_request_info:
    reseller_tenant: 55555555-5555-4555-8555-555555555555
    reseller_mpn_id: "601089"
"""

RETURN = r"""
url:
  description: The link.
  returned: success
  type: str
  sample: https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship&partnerId=33333333-3333-4333-8333-333333333333&msppId=0&DAP=false
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

from ..module_utils._clients.partner_center import PartnerCenter, invitation
from ..module_utils._connection.identities import Identities
from ..module_utils._model.errors import invalid
from ..module_utils._model.identifiers import guid
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run

ARGUMENTS = Arguments(
    {
        "delegated_admin": {"type": "bool", "default": False},
        "reseller_tenant": {"type": "str"},
        "reseller_mpn_id": {"type": "str"},
    },
    {"required_by": {"reseller_mpn_id": ["reseller_tenant"]}},
    as_partner=True,
)


def use_case(options: Options, check_mode: bool, identities: Identities) -> Result:
    """Get the link, in the requested form."""
    reseller = options["reseller_tenant"]
    if reseller and guid(reseller) is None:
        raise invalid(f"reseller_tenant {reseller!r} is not a tenant ID.")
    center = PartnerCenter(identities.acting_partner)
    url = invitation(center.relationship_request(), options["delegated_admin"], reseller, options["reseller_mpn_id"])
    return {"url": url, "caller": center.caller.as_dict()}


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
