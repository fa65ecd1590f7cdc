# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what a grant is, and of the partner's identity. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """What the modules that work on one customer share."""

    DOCUMENTATION = r"""
options:
  grants:
    description: Which group is meant to have which role where. With an empty list, none is.
    type: list
    elements: dict
    required: true
    suboptions:
      principal_id:
        description: Object ID of the partner's group. Give either this or O(grants[].group).
        type: str
      group:
        description: Name of the partner's group, one of O(groups), or one that O(partner) can look up.
        type: str
      role:
        description: Name, GUID or full id of the role.
        type: str
        default: Owner
      scopes:
        description:
          - Where, in the forms that M(csp.azure.role_assignment) takes.
          - V(all) alone means every subscription of the customer's tenant that the identity can see and that takes writes (Enabled, PastDue); for an audit,
            those that were sold, too. RV(left_out) names the others.
        type: list
        elements: str
        required: true
  groups:
    description: Object IDs of the groups that O(grants[].group) names. Those that are missing are looked up with O(partner), once for each task.
    type: dict
    default: {}
  partner:
    description:
      - The partner's identity, which signs in to the B(partner's) tenant to look up groups and to ask Partner Center for the relationship. For the first it
        needs to read groups (Directory Readers, or C(Group.Read.All) for an application), for the second the role Admin agent or Global admin; for an
        application, the Partner Center permission and consent of the partner. Only users are given the invitation link.
      - Left out or empty, the environment variables E(CSP_PARTNER_AUTH_SOURCE), E(CSP_PARTNER_TENANT), E(CSP_PARTNER_CLIENT_ID), E(CSP_PARTNER_SECRET),
        E(CSP_PARTNER_X509_CERTIFICATE_PATH), E(CSP_PARTNER_X509_CERTIFICATE_PASSWORD), E(CSP_PARTNER_FEDERATED_TOKEN_FILE) and E(CSP_PARTNER_REFRESH_TOKEN)
        decide. Without them Partner Center is not asked, and groups are looked up as whoever the environment (E(AZURE_TENANT) and so on) says.
      - Where Partner Center cannot be asked, RV(steps) says so and the work goes on.
    type: dict
    suboptions:
      auth_source:
        description: As O(auth_source).
        type: str
      tenant:
        description: The partner's tenant, as O(tenant).
        type: str
      client_id:
        description: As O(client_id).
        type: str
      secret:
        description: As O(secret).
        type: str
      x509_certificate_path:
        description: As O(x509_certificate_path).
        type: path
      x509_certificate_password:
        description: As O(x509_certificate_password).
        type: str
      federated_token_file:
        description: As O(federated_token_file).
        type: path
      refresh_token:
        description: As O(refresh_token).
        type: str
      cloud_environment:
        description: As O(cloud_environment), which holds if this is left out.
        type: str
      timeout:
        description: As O(timeout), which holds if this is left out.
        type: int
      debug_log:
        description: As O(debug_log), which holds if it is given.
        type: path
"""
