# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entra's token endpoint: client secret, certificate assertion, federated token, refresh token, device code."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.x509 import load_pem_x509_certificate
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .applications import Applications
from .state import Identity, State

# Tokens are only read by this program, so one key for all is enough.
KEY = "a key that only this process knows, and long enough for HS256"

_TEXTS = {
    7000215: (
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the"
        " client secret ID, for a secret added to app '{client_id}'.",
    ),
    7000222: (
        401,
        "invalid_client",
        "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys for your app:"
        " https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    700016: (
        400,
        "unauthorized_client",
        "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the application has"
        " not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your"
        " authentication request to the wrong tenant.",
    ),
    90002: (
        400,
        "invalid_tenant",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check"
        " with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
    ),
    50076: (
        400,
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor"
        " authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013'.",
    ),
    50079: (
        400,
        "interaction_required",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in"
        " multi-factor authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013'.",
    ),
    53003: (
        400,
        "interaction_required",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    700027: (401, "invalid_client", "Client assertion failed signature validation."),
    70000: (400, "invalid_grant", "Provided grant is invalid or malformed."),
    70016: (400, "authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70003: (400, "unsupported_grant_type", "The app requested an unsupported grant type."),
}


class Answer(JSONResponse):
    """JSON with the content type and the request id of Entra."""

    media_type = "application/json; charset=utf-8"

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Add the id to the headers."""
        super().init_headers({"x-ms-request-id": str(uuid.uuid4()), **(headers or {})})


def refusal(number: int, **values: str) -> Response:
    """An error of the token endpoint, in its envelope."""
    status, error, text = _TEXTS[number]
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    described = f"AADSTS{number}: {text.format(**values)}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {now}"
    body: dict[str, Any] = {
        "error": error,
        "error_description": described,
        "error_codes": [number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    if number == 53003:
        body.update(suberror="message_only", claims='{"access_token":{"capolids":{"essential":true,"values":["1"]}}}')
    return Answer(body, status, {"x-ms-request-id": trace})


class Entra:
    """The sign-in of all tenants."""

    def __init__(self, state: State, address: str, applications: Applications) -> None:
        self.state = state
        self.address = address
        self.applications = applications
        # The scope that each was asked for, and whether it was polled before.
        self.device_codes: dict[str, tuple[str, bool]] = {}
        self.refresh_tokens: dict[str, Identity] = {}

    async def discovery(self, request: Request) -> Response:
        """OpenID Connect discovery of a tenant."""
        name = request.path_params["tenant"]
        tenant = self.state.tenant(name)
        if tenant is None and name not in ("common", "organizations"):
            return refusal(90002, tenant=name)
        base = f"{self.address}/{tenant.id if tenant else name}"
        return Answer(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "issuer": f"{base}/v2.0",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def instance(self, request: Request) -> Response:
        """Instance discovery, which clients of other makers ask for."""
        tenant = request.query_params.get("authorization_endpoint", "").split("/")[3]
        return Answer(
            {
                "tenant_discovery_endpoint": f"{self.address}/{tenant}/v2.0/.well-known/openid-configuration",
                "metadata": [],
            }
        )

    async def device_code(self, request: Request) -> Response:
        """Start of the device code flow; the code is accepted at the second time of asking, as if a person had typed it."""
        code = str(uuid.uuid4())
        form = dict(parse_qsl((await request.body()).decode()))
        self.device_codes[code] = (form.get("scope", ""), False)
        return Answer(
            {
                "user_code": "CSPAZURE1",
                "device_code": code,
                "verification_uri": f"{self.address}/device",
                "expires_in": 60,
                "interval": 1,
                "message": "To sign in, open the page and enter the code CSPAZURE1.",
            }
        )

    async def admin_consent(self, request: Request) -> Response:
        """The page on which a Global Administrator consents to an application, as if one had."""
        name, client_id = request.path_params["tenant"], request.query_params["client_id"]
        tenant = self.state.tenant(name)
        if tenant is None or not self.applications.consent(client_id, tenant.id):
            return refusal(700016 if tenant else 90002, client_id=client_id, tenant=name)
        return Answer({"admin_consent": True})

    async def token(self, request: Request) -> Response:
        """The token endpoint, version 2."""
        form = dict(parse_qsl((await request.body()).decode()))
        name = request.path_params["tenant"]
        tenant = self.state.tenant(name)
        if tenant is None:
            return refusal(90002, tenant=name)
        result = self._identity(form, tenant.id)
        if isinstance(result, int):
            return refusal(result, client_id=form.get("client_id", ""), tenant=tenant.name)
        if result.refuse:
            return refusal(result.refuse, client_id=form.get("client_id", ""), tenant=tenant.name)
        return self._issue(result, tenant.id, form)

    def _identity(self, form: dict[str, str], tenant: str) -> Identity | int:
        """Who proves to be who it claims, or the number of the refusal."""
        grant = form.get("grant_type", "")
        here = [item for item in self.state.identities if item.tenant == tenant]
        if grant == "client_credentials":
            result = next((item for item in here if item.client_id == form.get("client_id")), None)
            return self._check_application(result, form) if result else 700016
        if grant == "refresh_token":
            token = form.get("refresh_token", "").partition("#")[0]
            result = next((item for item in here if item.refresh_token and item.refresh_token == token), None)
            return result or self.refresh_tokens.get(token, 70000)
        if grant == "urn:ietf:params:oauth:grant-type:device_code":
            form["scope"], polled = self.device_codes.get(form.get("device_code", ""), ("", False))
            if not polled:
                self.device_codes[form["device_code"]] = (form["scope"], True)
                return 70016
            people = [item for item in here if item.kind == "User"]
            return next((item for item in people if item.client_id == form.get("client_id")), [*people, 70000][0])
        return 70003

    def _check_application(self, found: Identity, form: dict[str, str]) -> Identity | int:
        if "client_secret" in form:
            if found.secret is None or form["client_secret"] != found.secret:
                return 7000215
            return 7000222 if found.secret_expired else found
        assertion = form.get("client_assertion", "")
        if found.certificate:
            key = load_pem_x509_certificate(found.certificate.encode()).public_key()
            try:
                jwt.decode(assertion, key, algorithms=["RS256", "PS256"], options={"verify_aud": False})
                return found
            except jwt.InvalidTokenError:
                return 700027
        try:
            subject = jwt.decode(assertion, options={"verify_signature": False}).get("sub")
        except jwt.InvalidTokenError:
            return 700027
        return found if subject and subject == found.federated_subject else 700027

    def _issue(self, who: Identity, tenant: str, form: dict[str, str]) -> Response:
        scopes = form.get("scope", "").split()
        resource = next((scope.rpartition("/")[0] for scope in scopes if scope.startswith("https://")), "")
        seconds = self.state.settings["token_seconds"]
        now = int(time.time())
        claims = {
            "aud": resource.rstrip("/"),
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "tid": tenant,
            "oid": who.object_id,
            "sub": who.object_id,
            "appid": form.get("client_id"),
            "idtyp": "user" if who.kind == "User" else "app",
            "ver": "1.0",
        }
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": jwt.encode(claims, KEY, algorithm="HS256"),
        }
        if who.kind == "User":
            answer["refresh_token"] = who.refresh_token or str(uuid.uuid4())
            self.refresh_tokens[answer["refresh_token"]] = who
            answer["scope"] = form.get("scope", "")
            shown = {
                **claims,
                "aud": form.get("client_id"),
                "iss": f"{self.address}/{tenant}/v2.0",
                "preferred_username": who.name,
            }
            answer["id_token"] = jwt.encode(shown, KEY, algorithm="HS256")
            known_as = json.dumps({"uid": who.object_id, "utid": tenant}).encode()
            answer["client_info"] = base64.urlsafe_b64encode(known_as).decode().rstrip("=")
        return Answer(answer)
