# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the sign-in options, which every module has. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of `module_utils/_connection/options.py`, in words; a unit test compares the two."""

    DOCUMENTATION = r"""
options:
  auth_source:
    description:
      - How to sign in, one of V(auto), V(service_principal), V(workload_identity), V(managed_identity), V(cli), V(device_code) and
        V(refresh_token).
      - V(auto) uses the credential that is set, that is, O(secret) or O(x509_certificate_path) (a service
        principal), O(federated_token_file) (workload identity) or O(refresh_token).
        Without one, it uses the managed identity if E(IDENTITY_ENDPOINT) is set, otherwise the sign-in of the Azure CLI.
      - An incomplete credential is an error, never a reason to sign in as somebody else.
      - V(device_code) needs a person at the terminal, and a local connection.
      - If it is not set, the environment variable E(CSP_AZURE_AUTH_SOURCE) applies, otherwise V(auto).
    type: str
  tenant:
    description:
      - The tenant to sign in to, its ID or one of its domain names.
      - If it is not set, the environment variable E(AZURE_TENANT) or E(AZURE_TENANT_ID) applies.
    type: str
  client_id:
    description:
      - The application (client) ID of the service principal, of the user-assigned managed identity or of the application that the
        refresh token or device code is for.
      - If it is not set, the environment variable E(AZURE_CLIENT_ID) applies.
    type: str
  secret:
    description:
      - The client secret of the application.
      - If it is not set, the environment variable E(AZURE_SECRET) or E(AZURE_CLIENT_SECRET) applies.
    type: str
  x509_certificate_path:
    description:
      - A file with the certificate of the application and its private key, as PEM or PKCS12.
      - If it is not set, the environment variable E(AZURE_X509_CERTIFICATE_PATH) or E(AZURE_CLIENT_CERTIFICATE_PATH) applies.
    type: path
  x509_certificate_password:
    description:
      - The password of the private key.
      - If it is not set, the environment variable E(AZURE_X509_CERTIFICATE_PASSWORD) or E(AZURE_CLIENT_CERTIFICATE_PASSWORD) applies.
    type: str
  federated_token_file:
    description:
      - A file with a token of another identity provider that the application trusts (workload identity federation).
      - If it is not set, the environment variable E(AZURE_FEDERATED_TOKEN_FILE) applies.
    type: path
  refresh_token:
    description:
      - A refresh token of a user for the application O(client_id), as in Microsoft's Secure Application Model for partners.
      - If it is not set, the environment variable E(AZURE_REFRESH_TOKEN) applies.
    type: str
  cloud_environment:
    description:
      - The cloud, V(AzureCloud), V(AzureUSGovernment) or V(AzureChinaCloud), or the https address of a resource manager that describes
        its cloud itself.
      - If it is not set, the environment variable E(AZURE_CLOUD_ENVIRONMENT) applies, otherwise V(AzureCloud).
    type: str
  timeout:
    description:
      - The longest time in seconds for which the task retries if Azure throttles it, fails or does not respond.
      - If it is not set, the environment variable E(CSP_AZURE_TIMEOUT) applies, otherwise V(300).
    type: int
  debug_log:
    version_added: 2.0.0
    description:
      - A file to which all requests and responses of the task are appended, for Microsoft Support. Only its owner can read it.
      - Tokens, secrets and assertions are masked; IDs of tenants, subscriptions and objects stay readable.
      - If it is not set, the environment variable E(CSP_AZURE_DEBUG_LOG) applies, otherwise nothing is written.
    type: path
notes:
  - Empty values, variables and files count as not set.
  - Identities are never mixed. If a task sets O(client_id) or any credential, the environment is ignored for
    O(auth_source), O(tenant), O(client_id) and all credentials. If it sets none of them, or only O(tenant), the environment completes the identity.
  - Name a private certificate authority in E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE) or E(SSL_CERT_FILE); the first that is set
    applies to all requests.
  - On a local connection without become, the task runs inside ansible itself, with the Python libraries of the controller; in a play of
    many hosts, in one worker process for all of them, which ends with ansible.
    With the variable C(csp_azure_in_process=false), it runs as an ordinary module.
requirements:
  - python >= 3.10
  - azure-identity >= 1.16.0
"""
