# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials: one maker for each way to sign in, and a cache of their tokens.

For internal use of csp.azure only.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .._model.customers import Caller
from .._model.errors import AzureError, invalid
from .._model.text import printable
from .credential_context import CredentialContext
from .responses import sign_in_error
from .sdk_errors import translated
from .user_credentials import DeviceCode, RefreshToken

try:
    from azure import identity
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.exceptions import ClientAuthenticationError

    HAS_AZURE_IDENTITY = True
except ImportError:
    HAS_AZURE_IDENTITY = False

# Seconds before its expiry from which a token is not used any more.
_MARGIN = 300


# The application is not in the tenant, or nobody consented to it there.
_WITHOUT_CONSENT = ("AADSTS65001", "AADSTS700016", "AADSTS7000229")
# An identity's tokens by their scopes.
Tokens = dict[tuple[str, ...], "AccessToken"]


class Credential:
    """An azure-core TokenCredential that caches tokens (not every kind does) and remembers who they were issued to."""

    def __init__(self, inner: TokenCredential, tokens: Tokens | None = None, consent_url: str = "") -> None:
        self._inner = inner
        self._consent_url = consent_url
        self._tokens: Tokens = {} if tokens is None else tokens
        self._locks: dict[tuple[str, ...], threading.Lock] = {}
        self.caller = Caller()

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """A token, from the cache where there is one; AzureError if the sign-in fails."""
        # A token for continuous access evaluation is another one: each client would sign in once more.
        kwargs.pop("enable_cae", None)
        with self._locks.setdefault(scopes, threading.Lock()):
            token = self._tokens.get(scopes)
            if token is None or token.expires_on - _MARGIN < time.time() or kwargs.get("claims"):
                try:
                    with translated("sign in"):
                        token = self._inner.get_token(*scopes, **kwargs)
                except AzureError as exc:
                    raise self._with_consent(exc) from exc
                self._tokens[scopes] = token
            self.caller = caller_of(token.token)
            return token

    def _with_consent(self, error: AzureError) -> AzureError:
        """The error; where the application is not in the tenant yet, with the link for its administrator."""
        if error.code not in _WITHOUT_CONSENT or not self._consent_url:
            return error
        return replace(error, hint=f"{error.hint} The link for an administrator of the tenant: {self._consent_url}")


def caller_of(token: str) -> Caller:
    """Who a token was issued to. Microsoft reserves the right to make tokens opaque: such a token says nothing."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        claims = None
    texts = {name: text for name, text in claims.items() if isinstance(text, str)} if isinstance(claims, dict) else {}
    return Caller(texts.get("tid"), texts.get("oid"), texts.get("appid") or texts.get("azp"), texts.get("idtyp"))


def make_credential(context: CredentialContext, tokens: Tokens | None = None) -> Credential:
    """The credential of a sign-in, with tokens that others of the same identity share; AzureError for options that it rejects."""
    with translated("read the sign-in options"):
        return Credential(_MAKERS[context.source](context), tokens, _consent_url(context))


def _consent_url(context: CredentialContext) -> str:
    """Where an administrator consents to the application; empty without one.

    https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
    """
    options = context.options
    if not options.client_id or not options.tenant:
        return ""
    return f"{context.cloud.authority.rstrip('/')}/{options.tenant}/adminconsent?client_id={options.client_id}"


def _service_principal(context: CredentialContext) -> TokenCredential:
    options = context.options
    common: dict[str, Any] = {
        "tenant_id": options.tenant,
        "client_id": options.client_id,
        "authority": context.cloud.authority,
    }
    if options.secret and not options.x509_certificate_path:
        return identity.ClientSecretCredential(client_secret=options.secret, **common, **context.transport_options)
    return identity.CertificateCredential(
        certificate_path=options.x509_certificate_path,
        password=options.x509_certificate_password,
        **common,
        **context.transport_options,
    )


def _workload_identity(context: CredentialContext) -> TokenCredential:
    return identity.WorkloadIdentityCredential(
        tenant_id=context.options.tenant,
        client_id=context.options.client_id,
        token_file_path=context.options.federated_token_file,
        authority=context.cloud.authority,
        **context.transport_options,
    )


@dataclass(frozen=True)
class _ManagedIdentity:
    """The identity of the machine. Its endpoint words all refusals alike, so the hint depends on what was asked for."""

    context: CredentialContext

    def get_token(self, *scopes: str, **_kwargs: Any) -> AccessToken:
        client_id = self.context.options.client_id
        try:
            credential = identity.ManagedIdentityCredential(
                client_id=client_id, transport=self.context.network.transport(), timeout=self.context.seconds
            )
            return credential.get_token(*scopes)
        except ValueError as exc:  # the platform's variables are incomplete
            raise invalid(f"The managed identity cannot be used: {exc}") from exc
        except ClientAuthenticationError as exc:
            raise _refused_managed_identity(exc, client_id) from exc


# What azure-identity quotes of the endpoint's response: (error) description.
_ENDPOINTS_WORDS = re.compile(r"Token request error: \((\w+)\) ?(.*)", re.DOTALL)


def _refused_managed_identity(exc: Exception, client_id: str | None) -> AzureError:
    refusal = _ENDPOINTS_WORDS.search(str(exc))
    if refusal is None:
        return AzureError(
            " ".join(str(exc).split()),
            code="NoManagedIdentity",
            hint="No managed identity endpoint responds here: run this on a machine in Azure that has one, or set a credential.",
        )
    if client_id:
        hint = f"Check client_id: this machine has no user-assigned identity {client_id}."
    else:
        hint = (
            "Without client_id, the machine's only identity is used: set the client_id of one of its user-assigned identities, or assign an identity to"
            " the machine."
        )
    return AzureError(printable(refusal[2] or refusal[1]), code="ManagedIdentityRefused", hint=hint)


# Seconds for the Azure CLI: it starts a Python of its own, which takes its time on many hosts at once.
_CLI_SECONDS = 60
# A command that the Azure CLI asks its user to run.
_CLI_COMMAND = re.compile(r"^\s*(az login .*)$", re.MULTILINE)


@dataclass(frozen=True)
class _AzureCli:
    """The sign-in of the Azure CLI; a refusal depends on how the command ended."""

    context: CredentialContext

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        seconds = min(_CLI_SECONDS, self.context.seconds)
        tenant = self.context.options.tenant or ""
        credential = identity.AzureCliCredential(tenant_id=tenant, process_timeout=seconds)
        try:
            return credential.get_token(*scopes, **kwargs)
        except ClientAuthenticationError as exc:
            raise self._refusal(exc, seconds, bool(kwargs.get("claims"))) from exc

    def _refusal(self, exc: Exception, seconds: int, challenged: bool) -> AzureError:
        cause = exc.__cause__
        if challenged and cause is None:
            hint = "Azure requires a stronger sign-in, usually multi-factor authentication: run this az login command, then run again."
            return AzureError(printable(str(exc)), code="ClaimsChallenge", hint=hint)
        if isinstance(cause, subprocess.TimeoutExpired):
            return AzureError(
                f"The Azure CLI did not answer within {seconds} s.",
                code="AzureCliTooSlow",
                hint=f"Raise timeout (the Azure CLI gets at most {_CLI_SECONDS} s of it), run fewer tasks in parallel, or set a credential.",
            )
        if shutil.which("az") is None or getattr(cause, "returncode", 0) == 127:
            hint = self._instead("install the Azure CLI and sign in with it")
            return AzureError("The Azure CLI was not found on PATH.", code="NoAzureCli", hint=hint)
        words = cause.stderr if isinstance(cause, subprocess.CalledProcessError) and cause.stderr else str(exc)
        return self._in_its_words(words)

    def _in_its_words(self, words: str) -> AzureError:
        error = sign_in_error(words)
        advised = _CLI_COMMAND.search(words)
        if advised:
            message = error.message if advised[1] in error.message else f"{error.message} {advised[1]}"
            return replace(error, message=printable(message), hint="Run this az login command, then run again.")
        if error.code != "SignInFailed":
            return error
        # Whoever has lost every role sees no subscription, and could not sign in otherwise.
        command = "az login --allow-no-subscriptions"
        tenant = f" --tenant {self.context.options.tenant}" if self.context.options.tenant else ""
        return replace(error, code="AzureCliRefused", hint=self._instead(f"run {command}{tenant}"))

    def _instead(self, action: str) -> str:
        """The hint where the Azure CLI is of no use: if nobody chose it, a credential was forgotten."""
        if self.context.options.auth_source != "auto":
            return f"{action[0].upper()}{action[1:]}."
        return (
            "No credential was set, so the sign-in of the Azure CLI was tried. Set tenant, client_id and secret (AZURE_TENANT, AZURE_CLIENT_ID,"
            f" AZURE_SECRET; for a partner CSP_PARTNER_TENANT and so on) or another credential, or {action}."
        )


_MAKERS: dict[str, Callable[[CredentialContext], TokenCredential]] = {
    "service_principal": _service_principal,
    "workload_identity": _workload_identity,
    "managed_identity": _ManagedIdentity,
    "cli": _AzureCli,
    "device_code": DeviceCode,
    "refresh_token": RefreshToken,
}
