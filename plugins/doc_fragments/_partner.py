# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the partner's identity. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """The option `partner`: beside the customer's identity, or (ALONE) of modules that work in the partner's tenant."""

    DOCUMENTATION = r"""
options:
  partner:
    version_added: 2.0.0
    description:
      - The partner's identity, which signs in to the B(partner's) tenant to look up groups and to ask Partner Center for the relationship. The former
        requires reading groups (Directory Readers, or C(Group.Read.All) for an application), the latter the role Admin agent or Global admin; for an
        application, the Partner Center permission and consent of the partner. Only users get the invitation link.
      - It also reads the delegated admin relationships (GDAP) in Microsoft Graph, which requires C(DelegatedAdminRelationship.Read.All), and for a user
        membership in AdminAgents.
      - If it is not set or empty, the environment variables E(CSP_PARTNER_AUTH_SOURCE), E(CSP_PARTNER_TENANT), E(CSP_PARTNER_CLIENT_ID),
        E(CSP_PARTNER_SECRET), E(CSP_PARTNER_X509_CERTIFICATE_PATH), E(CSP_PARTNER_X509_CERTIFICATE_PASSWORD), E(CSP_PARTNER_FEDERATED_TOKEN_FILE) and
        E(CSP_PARTNER_REFRESH_TOKEN) apply. Without them, Partner Center is not asked, and the identity of the environment (E(AZURE_TENANT) and so on)
        looks up groups.
      - If Partner Center cannot be asked, RV(steps) says so and the work continues.
    type: dict
    suboptions:
      auth_source: {description: As O(auth_source)., type: str}
      tenant: {description: "The partner's tenant, as O(tenant).", type: str}
      client_id: {description: As O(client_id)., type: str}
      secret: {description: As O(secret)., type: str}
      x509_certificate_path: {description: As O(x509_certificate_path)., type: path}
      x509_certificate_password: {description: As O(x509_certificate_password)., type: str}
      federated_token_file: {description: As O(federated_token_file)., type: path}
      refresh_token: {description: As O(refresh_token)., type: str}
      cloud_environment: {description: "As O(cloud_environment), which applies if this is not set.", type: str}
      timeout: {description: "As O(timeout), which applies if this is not set.", type: int}
      debug_log: {description: "As O(debug_log), which applies if it is set.", type: path}
"""

    ALONE = r"""
options:
  partner:
    description:
      - The partner's identity, in place of the task's own. With an empty dict, the environment variables E(CSP_PARTNER_AUTH_SOURCE),
        E(CSP_PARTNER_TENANT), E(CSP_PARTNER_CLIENT_ID), E(CSP_PARTNER_SECRET), E(CSP_PARTNER_X509_CERTIFICATE_PATH),
        E(CSP_PARTNER_X509_CERTIFICATE_PASSWORD), E(CSP_PARTNER_FEDERATED_TOKEN_FILE) and E(CSP_PARTNER_REFRESH_TOKEN) apply.
      - If it is not set, or names no identity, the task's own sign-in options apply.
    type: dict
    version_added: 2.0.0
    suboptions:
      auth_source: {description: As O(auth_source)., type: str}
      tenant: {description: "The partner's tenant, as O(tenant).", type: str}
      client_id: {description: As O(client_id)., type: str}
      secret: {description: As O(secret)., type: str}
      x509_certificate_path: {description: As O(x509_certificate_path)., type: path}
      x509_certificate_password: {description: As O(x509_certificate_password)., type: str}
      federated_token_file: {description: As O(federated_token_file)., type: path}
      refresh_token: {description: As O(refresh_token)., type: str}
      cloud_environment: {description: "As O(cloud_environment), which applies if this is not set.", type: str}
      timeout: {description: "As O(timeout), which applies if this is not set.", type: int}
      debug_log: {description: "As O(debug_log), which applies if it is set.", type: path}
"""
