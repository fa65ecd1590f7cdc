# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-ins of people, by a refresh token or a code. azure-identity leaves refresh tokens to msal.

For internal use of csp.azure only.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from .._model.errors import AzureError, invalid
from .credential_context import CredentialContext
from .responses import error_in, models, sign_in_error
from .transport import Network

try:
    import msal
    from azure.core.credentials import AccessToken
    from azure.core.pipeline import Pipeline
    from azure.core.rest import HttpRequest
except ImportError:
    pass  # connect() reports it

# The Azure CLI's own application, which every tenant knows: who enters a code needs no application of the partner's.
_AZURE_CLI_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


@dataclass(frozen=True)
class RefreshToken:
    """Redeems a refresh token (the Secure Application Model)."""

    context: CredentialContext

    def get_token(self, *scopes: str, **_kwargs: Any) -> AccessToken:
        options = self.context.options
        kind = msal.ConfidentialClientApplication if options.secret else msal.PublicClientApplication
        credential = {"client_credential": options.secret} if options.secret else {}
        application = _msal_application(self.context, kind, options.client_id, **credential)
        return _access_token(application.acquire_token_by_refresh_token(options.refresh_token, list(scopes)))


@dataclass(frozen=True)
class DeviceCode:
    """Shows a person a code, once a task: the tokens after the first come from its refresh token, without the code.

    azure-identity keeps no refresh token beyond one credential, and a permission that was granted meanwhile needs a new one.
    """

    context: CredentialContext

    def __post_init__(self) -> None:
        if self.context.prompt is None:
            raise invalid(
                "A module that runs outside of the controller's process cannot show a device code.",
                "Run the task on a local connection, without become, without async, and leave csp_azure_in_process on.",
            )

    def get_token(self, *scopes: str, **_kwargs: Any) -> AccessToken:
        with self.context.user.lock:
            return self._get_token([*scopes])

    def _get_token(self, scopes: list[str]) -> AccessToken:
        user = self.context.user
        user.tokens = user.tokens or msal.TokenCache()
        application = _msal_application(
            self.context, msal.PublicClientApplication, self.context.options.client_id or _AZURE_CLI_ID, user.tokens
        )
        for account in application.get_accounts():
            response = application.acquire_token_silent_with_error(scopes, account, force_refresh=True)
            if response:
                return _access_token(response)
        return _access_token(self._with_code(application, scopes))

    def _with_code(self, application: msal.PublicClientApplication, scopes: list[str]) -> dict[str, Any]:
        flow: dict[str, Any] = application.initiate_device_flow(scopes)
        if "user_code" not in flow or self.context.prompt is None:
            return flow
        self.context.prompt(
            f"To sign in to the tenant {self.context.options.tenant}, open {flow['verification_uri']} and enter the code {flow['user_code']}."
        )
        flow["expires_at"] = min(flow["expires_at"], time.time() + self.context.seconds)
        response: dict[str, Any] = application.acquire_token_by_device_flow(flow)
        if response.get("error") == "authorization_pending":
            raise AzureError(
                "Nobody entered the code in time.", code="SignInFailed", hint="Run again, or raise the timeout."
            )
        return response


def _msal_application(
    context: CredentialContext, kind: Any, client_id: str | None, tokens: Any = None, **more: Any
) -> Any:
    return kind(
        client_id,
        authority=f"{context.cloud.authority}/{context.options.tenant}",
        instance_discovery=False,
        http_client=_MsalHttp(context.network),
        token_cache=tokens,
        **more,
    )


def _access_token(response: dict[str, Any]) -> AccessToken:
    """The token of msal's answer; AzureError if it is a refusal."""
    if "access_token" not in response:
        raise sign_in_error(response.get("error_description") or str(response.get("error")))
    [seconds] = models(int, [response.get("expires_in")])
    return AccessToken(response["access_token"], int(time.time()) + seconds)


class _MsalHttp:
    """An HTTP client for msal, with the retries of all other requests."""

    def __init__(self, network: Network) -> None:
        self._pipeline: Pipeline[Any, Any] = Pipeline(network.transport(), [network.retries()])

    def get(self, url: str, **options: Any) -> SimpleNamespace:
        return self._run("GET", url, options)

    def post(self, url: str, **options: Any) -> SimpleNamespace:
        return self._run("POST", url, options)

    def _run(self, method: str, url: str, options: dict[str, Any]) -> SimpleNamespace:
        sent = {name: options[name] for name in ("params", "headers", "data") if options.get(name)}
        # A sign-in may be retried.
        response = self._pipeline.run(HttpRequest(method, url, **sent), retry_on_methods=["GET", "POST"]).http_response
        if response.status_code >= 500 or response.status_code == 429:
            raise error_in(response.status_code, response.headers, response.text())
        return SimpleNamespace(status_code=response.status_code, headers=response.headers, text=response.text())

    def close(self) -> None:
        """The connections are not its own."""
