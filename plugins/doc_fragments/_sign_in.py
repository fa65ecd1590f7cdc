# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the sign-in options, which every module has. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """What `module_utils/_auth.py` knows, in words; a unit test holds the two together."""

    DOCUMENTATION = r"""
options:
  auth_source:
    description:
      - How to sign in, one of V(auto), V(service_principal), V(workload_identity), V(managed_identity), V(cli), V(device_code) and
        V(refresh_token).
      - V(auto) takes the credential that was given, that is O(secret) or O(x509_certificate_path) (a service
        principal), O(federated_token_file) (workload identity) or O(refresh_token).
        Where none was given and E(IDENTITY_ENDPOINT) is set, it takes the managed identity, otherwise the sign-in of the Azure CLI.
      - Half a credential is an error, never a reason to sign in as somebody else.
      - V(device_code) asks a person at the terminal; it works only on a local connection.
      - If not given, the environment variable E(CSP_AZURE_AUTH_SOURCE) decides, and without it V(auto).
    type: str
  tenant:
    description:
      - The tenant to sign in to, its id or one of its domain names.
      - If not given, the environment variable E(AZURE_TENANT) or E(AZURE_TENANT_ID) decides.
    type: str
  client_id:
    description:
      - The application (client) id of the service principal, of the user-assigned managed identity or of the application that the
        refresh token or device code is for.
      - If not given, the environment variable E(AZURE_CLIENT_ID) decides.
    type: str
  secret:
    description:
      - The client secret of the application.
      - If not given, the environment variable E(AZURE_SECRET) or E(AZURE_CLIENT_SECRET) decides.
    type: str
  x509_certificate_path:
    description:
      - A file with the certificate of the application and its private key, as PEM or PKCS12.
      - If not given, the environment variable E(AZURE_X509_CERTIFICATE_PATH) or E(AZURE_CLIENT_CERTIFICATE_PATH) decides.
    type: path
  x509_certificate_password:
    description:
      - The password of the private key.
      - If not given, the environment variable E(AZURE_X509_CERTIFICATE_PASSWORD) or E(AZURE_CLIENT_CERTIFICATE_PASSWORD) decides.
    type: str
  federated_token_file:
    description:
      - A file with a token of another identity provider that the application trusts (workload identity federation).
      - If not given, the environment variable E(AZURE_FEDERATED_TOKEN_FILE) decides.
    type: path
  refresh_token:
    description:
      - A refresh token of a user for the application O(client_id), as Microsoft's Secure Application Model for partners makes it.
      - If not given, the environment variable E(AZURE_REFRESH_TOKEN) decides.
    type: str
  cloud_environment:
    description:
      - The cloud, V(AzureCloud), V(AzureUSGovernment) or V(AzureChinaCloud), or the https address of a resource manager that describes
        its cloud itself.
      - If not given, the environment variable E(AZURE_CLOUD_ENVIRONMENT) decides, and without it V(AzureCloud).
    type: str
  timeout:
    description:
      - The longest time in seconds that the task goes on retrying when Azure throttles it, fails or does not answer.
      - If not given, the environment variable E(CSP_AZURE_TIMEOUT) decides, and without it V(300).
    type: int
  debug_log:
    description:
      - A file to which all requests and answers of the task are appended, for Microsoft Support. Only its owner can read it.
      - Tokens, secrets and assertions are masked; ids of tenants, subscriptions and objects stay readable.
      - If not given, the environment variable E(CSP_AZURE_DEBUG_LOG) decides, and without it nothing is written.
    type: path
notes:
  - Empty texts, variables and files count as not given.
  - An identity is whole. Where a task gives O(client_id) or a credential, the environment is not asked for
    O(auth_source), O(tenant), O(client_id) or a credential;
    where it gives none of them, or only O(tenant), the environment gives the rest.
  - A private certificate authority is named by E(REQUESTS_CA_BUNDLE), E(CURL_CA_BUNDLE) or E(SSL_CERT_FILE); the first that is set
    holds for all requests.
  - On a local connection without become, the task runs inside ansible itself, with the Python libraries of the controller;
    where a play has many hosts, in one process for all of them, which ends with ansible.
    With the variable C(csp_azure_in_process=false), it runs as any module does.
requirements:
  - python >= 3.10
  - azure-identity
"""
