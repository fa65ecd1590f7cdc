# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a credential out of the sign-in options: first validated without the network, then used.

For internal use of csp.azure only.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .._model.errors import (
    AzureError,
    each,
    from_answer,
    invalid,
    missing_library,
    printable,
    sign_in_failed,
    translated,
)
from .clouds import Cloud, check_name, cloud
from .debug_log import Trace
from .transport import Deadline, Network

try:
    import msal
    from azure import identity
    from azure.core.credentials import AccessToken
    from azure.core.exceptions import ClientAuthenticationError
    from azure.core.pipeline import Pipeline
    from azure.core.rest import HttpRequest
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    HAS_AZURE_IDENTITY = True
except ImportError:
    HAS_AZURE_IDENTITY = False


@dataclass(frozen=True)
class Option:
    """A sign-in option: the variables that stand in for it, in order, and how ansible should treat it."""

    environment: tuple[str, ...]
    type: str = "str"
    secret: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None


# Names follow azure.azcollection and the azure-identity package, so that what is set up for either works here.
OPTIONS = {
    "auth_source": Option(
        ("CSP_AZURE_AUTH_SOURCE",),
        choices=(
            "auto",
            "service_principal",
            "workload_identity",
            "managed_identity",
            "cli",
            "device_code",
            "refresh_token",
        ),
        default="auto",
    ),
    "tenant": Option(("AZURE_TENANT", "AZURE_TENANT_ID")),
    "client_id": Option(("AZURE_CLIENT_ID",)),
    "secret": Option(("AZURE_SECRET", "AZURE_CLIENT_SECRET"), secret=True),
    "x509_certificate_path": Option(("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"), type="path"),
    "x509_certificate_password": Option(
        ("AZURE_X509_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD"), secret=True
    ),
    "federated_token_file": Option(("AZURE_FEDERATED_TOKEN_FILE",), type="path"),
    "refresh_token": Option(("AZURE_REFRESH_TOKEN",), secret=True),
    "cloud_environment": Option(("AZURE_CLOUD_ENVIRONMENT",), default="AzureCloud"),
    "timeout": Option(("CSP_AZURE_TIMEOUT",), type="int", default=300),
    "debug_log": Option(("CSP_AZURE_DEBUG_LOG",), type="path"),
}

SECRETS = [name for name, option in OPTIONS.items() if option.secret]
# What proves an identity, and all that makes one.
_PROOFS = ("secret", "x509_certificate_path", "federated_token_file", "refresh_token")
_IDENTITY = ("auth_source", "tenant", "client_id", "x509_certificate_password", *_PROOFS)


def argument_spec() -> dict[str, dict[str, Any]]:
    """The sign-in options for an argument spec; `given` sees to defaults, choices and variables: an empty text counts as not given."""
    spec: dict[str, dict[str, Any]] = {}
    for name, option in OPTIONS.items():
        spec[name] = {"type": option.type}
        if option.secret or "token" in name:  # ansible takes any name with "token" for a secret unless told
            spec[name]["no_log"] = option.secret
    return spec


def partner_identity(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The partner's sign-in options as far as they were given; the identity is the task's, else that of the variables CSP_PARTNER_TENANT and so on."""
    options = {name: value for name, value in (params or {}).items() if _not_empty(name, value)}
    if set(options) & set(_IDENTITY):
        return options
    variables = {name: os.environ.get(f"CSP_PARTNER_{name.upper()}") for name in _IDENTITY}
    identity = {
        name: _converted(name, f"CSP_PARTNER_{name.upper()}", value)
        for name, value in variables.items()
        if _not_empty(name, value)
    }
    return {**options, **identity} if identity else {}


def given(params: Mapping[str, Any]) -> dict[str, Any]:
    """The sign-in options that hold: the task's, else the environment's, else the default.

    An empty string or an empty file is what AWX hands over for a field that was left out: it counts as not given.
    """
    values = {name: params.get(name) for name in OPTIONS}
    # Half an identity must not be filled up with another one's secret: once the task gives part of one, it gives all of it.
    whole = any(_not_empty(name, values[name]) for name in ("client_id", *_PROOFS))
    for name, option in OPTIONS.items():
        if _not_empty(name, values[name]):
            values[name] = _converted(name, name, values[name])
            continue
        values[name] = option.default
        if whole and name in _IDENTITY:
            continue
        variable = next((name for name in option.environment if os.environ.get(name)), "")
        value = os.environ.get(variable, "")
        if option.type == "path":
            value = os.path.expanduser(value)
        if _not_empty(name, value):
            values[name] = _converted(name, variable, value)
    return values


def _not_empty(name: str, value: Any) -> bool:
    value = _trimmed(name, value)
    if name not in _PROOFS or OPTIONS[name].type != "path" or not value:
        return value not in (None, "")
    return not (os.path.isfile(value) and os.path.getsize(value) == 0)


# What text areas, Kubernetes secrets and copied cells leave at the ends of a value, beside what Python takes for white space.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"


def _trimmed(name: str, value: Any) -> Any:
    """The value without invisible letters at its ends. A password and a path may end with a blank, but not with a line."""
    if not isinstance(value, str):
        return value
    if name == "x509_certificate_password" or OPTIONS[name].type == "path":
        return value.rstrip("\r\n")
    return re.sub(rf"^[\s{_INVISIBLE}]+|[\s{_INVISIBLE}]+$", "", value)


def _converted(name: str, source: str, value: Any) -> Any:
    """A value as its option's type; ``source`` is what a complaint names. The value itself may be a secret."""
    option = OPTIONS[name]
    value = _trimmed(name, value)
    if isinstance(value, str) and re.search(rf"[\x00-\x1f\x7f{_INVISIBLE}]", value):
        raise invalid(f"{source} holds an invisible character in its middle.", "Copy the value anew.")
    if option.choices and value not in option.choices:
        raise invalid(f"{source}={value} is none of {', '.join(option.choices)}.")
    if option.type == "int" and not isinstance(value, int):
        if not value.isdecimal():
            raise invalid(f"{source}={value} is not a number.")
        return int(value)
    return value


@dataclass
class SignIn:
    """A validated way to sign in; nothing goes over the network before `connect`.

    ``prompt`` shows a text to the person at the terminal, None where there is none.
    """

    values: dict[str, Any]
    source: str
    network: Network
    prompt: Callable[[str], None] | None = None
    _connected: tuple[Cloud, Credential] | None = None
    _others: list[SignIn] = field(default_factory=list)

    @property
    def caller(self) -> dict[str, str | None]:
        """Who signed in, empty before the first token."""
        return self._connected[1].caller if self._connected else {}

    @property
    def secrets(self) -> set[str]:
        """The values that must never be seen in a result."""
        own = {self.values[name] for name in SECRETS if self.values[name]}
        return own.union(*(other.secrets for other in self._others))

    def beside(self, params: Mapping[str, Any]) -> SignIn:
        """The partner's identity for the same task; where the task has a log, it is in there, too."""
        shared = {name: self.values[name] for name in ("cloud_environment", "timeout")}
        try:
            other = sign_in({**shared, **params}, self.prompt)
        except AzureError as exc:
            raise replace(exc, message=f"The partner's identity: {exc.message}") from exc
        if self.network.trace:
            self.network.trace.secrets |= other.secrets
            other.network = replace(other.network, trace=self.network.trace)
        self._others.append(other)
        return other

    def within(self, seconds: float) -> SignIn:
        """The same sign-in for something that must not take longer."""
        left = min(seconds, self.network.deadline.remaining())
        return replace(self, network=replace(self.network, deadline=Deadline(left)))

    def connect(self) -> tuple[Cloud, Credential]:
        """The cloud, its endpoints read if it is not a known one, and its credential; one for all gateways of a task."""
        if not HAS_AZURE_IDENTITY:
            raise missing_library("azure-identity")
        if self._connected is None:
            where = cloud(self.values["cloud_environment"], self.network)
            with translated("read the sign-in options"):
                self._connected = where, Credential(_MAKERS[self.source](self, where))
        return self._connected

    def again(self) -> SignIn:
        """The same sign-in, not signed in yet: rights that came since the last token was issued count for the next."""
        return replace(self, _connected=None)

    def travel(self) -> dict[str, Any]:
        """How azure-identity's own requests travel."""
        return {
            "transport": self.network.transport(),
            "retry_policy_class": lambda **kwargs: self.network.retries(),
            # The authority is one of ours or of the user's own cloud: asking the public cloud about it is a detour.
            "disable_instance_discovery": True,
        }


# Seconds before its end from which a token is not used any more.
_MARGIN = 300


class Credential:
    """An azure-core TokenCredential that keeps its tokens (not every kind does) and remembers who it signed in as."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._tokens: dict[tuple[str, ...], AccessToken] = {}
        self._lock = threading.Lock()
        self.caller: dict[str, str | None] = {}

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """A token, from the cache where there is one; AzureError where the sign-in fails."""
        # A token for continuous access evaluation would be another one: each client would sign in once more.
        kwargs.pop("enable_cae", None)
        with self._lock:
            token = self._tokens.get(scopes)
            if token is None or token.expires_on - _MARGIN < time.time() or kwargs.get("claims"):
                with translated("sign in"):
                    token = self._inner.get_token(*scopes, **kwargs)
                self._tokens[scopes] = token
                self.caller = caller(token.token)
            return token


def caller(token: str) -> dict[str, str | None]:
    """Who a token was issued to: ``tenant``, ``object_id``, ``application_id``, ``kind`` (app or user); None where it does not say."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        claims = None
    # A token that is no JWT says nothing: Microsoft reserves the right to make tokens opaque.
    texts = (
        {name: value for name, value in claims.items() if isinstance(value, str)} if isinstance(claims, dict) else {}
    )
    return {
        "tenant": texts.get("tid"),
        "object_id": texts.get("oid"),
        "application_id": texts.get("appid") or texts.get("azp"),
        "kind": texts.get("idtyp"),
    }


def environments_identity(sign_in: SignIn, group: str) -> SignIn:
    """The identity of the environment, to look a group up for who has no other of the partner's."""
    found = sign_in.beside({})
    if not found.values["tenant"]:
        raise invalid(
            f"No object ID was given for the group {group!r}, and no partner's identity that could look it up.",
            "Give groups (in the roles reinstate_admin_agents_id, audit_admin_agents_id), or the partner's identity (CSP_PARTNER_TENANT and so on).",
        )
    return found


def sign_in(params: Mapping[str, Any], prompt: Callable[[str], None] | None = None) -> SignIn:
    """Choose the way to sign in and check that nothing is missing for it, without any request.

    Requests are traced for ``debug_log``, and for a module's own ``failure_log``.
    """
    values = given(params)
    check_name(values["cloud_environment"])
    source = values["auth_source"]
    if source == "auto":
        source = _chosen(values)
    _check(source, values)
    trace = None
    if values["debug_log"] or params.get("failure_log"):
        trace = Trace({values[name] for name in SECRETS if values[name]}, values["debug_log"] or "")
    return SignIn(values, source, Network(Deadline(values["timeout"]), trace), prompt)


def _chosen(values: Mapping[str, Any]) -> str:
    """What ``auto`` means: the credential that was given; the Azure CLI's sign-in only where none was begun."""
    proofs = [name for name in _PROOFS if values[name]]
    if proofs == ["secret", "refresh_token"]:
        return "refresh_token"  # the secret is the application's, as the Secure Application Model has it
    if len(proofs) > 1:
        raise invalid(
            f"More than one credential was given: {' and '.join(proofs)}.", "Leave one, or say which with auth_source."
        )
    if proofs:
        return {"federated_token_file": "workload_identity", "refresh_token": "refresh_token"}.get(
            proofs[0], "service_principal"
        )
    if values["client_id"]:
        raise invalid(
            "client_id was given, but nothing to prove it with.",
            "Give secret (AZURE_SECRET), x509_certificate_path, federated_token_file or refresh_token;"
            " or set auth_source to managed_identity, cli or device_code.",
        )
    return "managed_identity" if os.environ.get("IDENTITY_ENDPOINT") else "cli"


_NEEDS = {
    "service_principal": ("tenant", "client_id"),
    "workload_identity": ("tenant", "client_id", "federated_token_file"),
    "refresh_token": ("tenant", "client_id", "refresh_token"),
    "device_code": ("tenant",),
}


def _check(source: str, values: Mapping[str, Any]) -> None:
    missing = [f"{name} ({OPTIONS[name].environment[0]})" for name in _NEEDS.get(source, ()) if not values[name]]
    if source == "service_principal" and not (values["secret"] or values["x509_certificate_path"]):
        missing.append("secret (AZURE_SECRET) or x509_certificate_path (AZURE_X509_CERTIFICATE_PATH)")
    if missing:
        raise invalid(
            f"Half a credential: to sign in with {source}, {', '.join(missing)} must be given too.",
            "An empty value counts as not given, and a task that gives client_id or a credential has to give all of it: the environment is"
            " not asked for the rest.",
        )
    if values["tenant"] and not re.fullmatch(r"[A-Za-z0-9.-]+", values["tenant"]):
        raise invalid(f"{values['tenant']!r} is not a tenant.", "Give the tenant's id or one of its domain names.")
    for name in ("x509_certificate_path", "federated_token_file"):
        if values[name] and not Path(values[name]).is_file():
            raise invalid(f"{name}: there is no file {values[name]}.")
    if source == "service_principal" and values["x509_certificate_path"] and HAS_AZURE_IDENTITY:
        _check_certificate(values["x509_certificate_path"], values["x509_certificate_password"])


def _check_certificate(path: str, password: str | None) -> None:
    """Refuse a file that holds no certificate, no key, or those that do not belong together, which Entra would refuse in other words."""
    data, secret = Path(path).read_bytes(), password.encode() if password else None
    try:
        if b"-----BEGIN" in data:
            key: Any = serialization.load_pem_private_key(data, secret)
            certificate: Any = x509.load_pem_x509_certificate(data)
        else:
            key, certificate, _others = pkcs12.load_key_and_certificates(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise _unusable(path, exc) from exc
    if key is None or certificate is None:
        raise _unusable(path, "the certificate or the key is missing")
    if key.public_key() != certificate.public_key():
        raise _unusable(path, "its first certificate does not belong to its private key")


def _unusable(path: str, reason: object) -> AzureError:
    return invalid(
        f"x509_certificate_path: {path} cannot be used: {reason}.",
        "It has to hold the certificate and its private key, as PEM or PKCS12; if the key is encrypted, give x509_certificate_password.",
    )


def _service_principal(chosen: SignIn, where: Cloud) -> Any:
    values = chosen.values
    common = {"tenant_id": values["tenant"], "client_id": values["client_id"], "authority": where.authority}
    if values["secret"] and not values["x509_certificate_path"]:
        return identity.ClientSecretCredential(client_secret=values["secret"], **common, **chosen.travel())
    return identity.CertificateCredential(
        certificate_path=values["x509_certificate_path"],
        password=values["x509_certificate_password"],
        **common,
        **chosen.travel(),
    )


def _workload_identity(chosen: SignIn, where: Cloud) -> Any:
    return identity.WorkloadIdentityCredential(
        tenant_id=chosen.values["tenant"],
        client_id=chosen.values["client_id"],
        token_file_path=chosen.values["federated_token_file"],
        authority=where.authority,
        **chosen.travel(),
    )


def _managed_identity(chosen: SignIn, where: Cloud) -> Any:
    return _ManagedIdentity(chosen)


def _cli(chosen: SignIn, where: Cloud) -> Any:
    return _AzureCli(chosen)


def _device_code(chosen: SignIn, where: Cloud) -> Any:
    if chosen.prompt is None:
        raise invalid(
            "A module that runs apart from the controller cannot show a device code.",
            "Run the task on a local connection, without become, without async, and leave csp_azure_in_process on.",
        )
    show = chosen.prompt
    options = {"client_id": chosen.values["client_id"]} if chosen.values["client_id"] else {}
    return identity.DeviceCodeCredential(
        tenant_id=chosen.values["tenant"],
        authority=where.authority,
        prompt_callback=lambda url, code, expires: show(
            f"To sign in to the tenant {chosen.values['tenant']}, open {url} and enter the code {code}."
        ),
        timeout=max(1, int(chosen.network.deadline.remaining())),
        **options,
        **chosen.travel(),
    )


def _refresh_token(chosen: SignIn, where: Cloud) -> Any:
    return _RefreshToken(chosen, where)


_MAKERS: dict[str, Callable[[SignIn, Cloud], Any]] = {
    "service_principal": _service_principal,
    "workload_identity": _workload_identity,
    "managed_identity": _managed_identity,
    "cli": _cli,
    "device_code": _device_code,
    "refresh_token": _refresh_token,
}


@dataclass
class _ManagedIdentity:
    """The identity of the machine. Its endpoint answers all refusals alike, so what was asked for says what to do next."""

    chosen: SignIn

    def get_token(self, *scopes: str, **_kwargs: Any) -> AccessToken:
        """A token for these scopes; AzureError in the endpoint's words."""
        client_id = self.chosen.values["client_id"]
        seconds = max(1, int(self.chosen.network.deadline.remaining()))
        try:
            credential = identity.ManagedIdentityCredential(
                client_id=client_id, transport=self.chosen.network.transport(), timeout=seconds
            )
            return credential.get_token(*scopes)
        except ValueError as exc:  # the variables of the platform lack something
            raise invalid(f"The managed identity cannot be used: {exc}") from exc
        except ClientAuthenticationError as exc:
            refusal = _ENDPOINTS_WORDS.search(str(exc))
            if refusal is None:
                raise AzureError(
                    " ".join(str(exc).split()),
                    code="NoManagedIdentity",
                    hint="No endpoint of a managed identity answers here: run this on a machine in Azure that has one, or give a credential.",
                ) from exc
            if client_id:
                hint = f"Check client_id: this machine has no user-assigned identity {client_id}."
            else:
                hint = (
                    "No client_id was given, which takes the machine's only identity: give that of one of its user-assigned identities, or assign an"
                    " identity to the machine."
                )
            raise AzureError(printable(refusal[2] or refusal[1]), code="ManagedIdentityRefused", hint=hint) from exc


# What azure-identity quotes of the endpoint's answer: (error) description.
_ENDPOINTS_WORDS = re.compile(r"Token request error: \((\w+)\) ?(.*)", re.DOTALL)
# How long the Azure CLI may take: it starts a Python of its own, and on many hosts at once that takes its time.
_CLI_SECONDS = 60
# A command that the Azure CLI itself tells its user to run.
_CLI_COMMAND = re.compile(r"^\s*(az login .*)$", re.MULTILINE)


@dataclass
class _AzureCli:
    """The sign-in of the Azure CLI, whose refusals depend on what became of the command."""

    chosen: SignIn

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """A token for these scopes; AzureError in the words of the Azure CLI."""
        seconds = max(1, int(min(_CLI_SECONDS, self.chosen.network.deadline.remaining())))
        credential = identity.AzureCliCredential(tenant_id=self.chosen.values["tenant"] or "", process_timeout=seconds)
        try:
            return credential.get_token(*scopes, **kwargs)
        except ClientAuthenticationError as exc:
            raise self._refusal(exc, seconds, bool(kwargs.get("claims"))) from exc

    def _refusal(self, exc: Exception, seconds: int, challenged: bool) -> AzureError:
        cause = exc.__cause__
        if challenged and cause is None:
            hint = "Azure asks for a stronger sign-in, in most cases with multi-factor authentication: run this az login command, then run again."
            return AzureError(printable(str(exc)), code="ClaimsChallenge", hint=hint)
        if isinstance(cause, subprocess.TimeoutExpired):
            return AzureError(
                f"The Azure CLI did not answer within {seconds} s.",
                code="AzureCliTooSlow",
                hint=f"Raise timeout (of which it gets at most {_CLI_SECONDS} s), run fewer tasks side by side, or give a credential.",
            )
        words = cause.stderr if isinstance(cause, subprocess.CalledProcessError) and cause.stderr else str(exc)
        if shutil.which("az") is None or getattr(cause, "returncode", 0) == 127:
            return AzureError(
                "There is no Azure CLI on PATH.",
                code="NoAzureCli",
                hint=self._instead("install the Azure CLI and run az login"),
            )
        error = sign_in_failed(words)
        command = _CLI_COMMAND.search(words)
        if command:
            message = error.message if command[1] in error.message else f"{error.message} {command[1]}"
            return replace(error, message=printable(message), hint="Run this az login command, then run again.")
        if error.code != "SignInFailed":
            return error
        return replace(error, code="AzureCliRefused", hint=self._instead(f"run az login{self._tenant()}"))

    def _tenant(self) -> str:
        return f" --tenant {self.chosen.values['tenant']}" if self.chosen.values["tenant"] else ""

    def _instead(self, action: str) -> str:
        """What to do where the Azure CLI is of no use: if nobody asked for it, a credential is what was forgotten."""
        if self.chosen.values["auth_source"] != "auto":
            return f"{action[0].upper()}{action[1:]}."
        return (
            "No credential was given, so the sign-in of the Azure CLI was tried. Give tenant, client_id and secret (AZURE_TENANT, AZURE_CLIENT_ID,"
            f" AZURE_SECRET) or another credential, or {action}."
        )


@dataclass
class _RefreshToken:
    """Redeems a refresh token (the Secure Application Model), which azure-identity leaves to msal."""

    chosen: SignIn
    where: Cloud

    def get_token(self, *scopes: str, **_kwargs: Any) -> AccessToken:
        """A token for these scopes; AzureError in Entra's words where it is refused."""
        values = self.chosen.values
        kind = msal.ConfidentialClientApplication if values["secret"] else msal.PublicClientApplication
        application = kind(
            values["client_id"],
            authority=f"{self.where.authority}/{values['tenant']}",
            instance_discovery=False,
            http_client=_MsalHttp(self.chosen.network),
            **({"client_credential": values["secret"]} if values["secret"] else {}),
        )
        answer = application.acquire_token_by_refresh_token(values["refresh_token"], list(scopes))
        if "access_token" not in answer:
            raise sign_in_failed(answer.get("error_description") or str(answer.get("error")))
        [seconds] = each(int, [answer.get("expires_in")])
        return AccessToken(answer["access_token"], int(time.time()) + seconds)


class _MsalHttp:
    """What msal needs of an HTTP client, with the retries of all other requests."""

    def __init__(self, network: Network) -> None:
        self._pipeline: Pipeline[Any, Any] = Pipeline(network.transport(), [network.retries()])

    def get(self, url: str, **options: Any) -> Any:
        """A GET as msal makes it: params, headers."""
        return self._run("GET", url, options)

    def post(self, url: str, **options: Any) -> Any:
        """A POST as msal makes it: params, headers, data. A sign-in may be tried again."""
        return self._run("POST", url, options)

    def _run(self, method: str, url: str, options: dict[str, Any]) -> Any:
        sent = {name: options[name] for name in ("params", "headers", "data") if options.get(name)}
        answer = self._pipeline.run(HttpRequest(method, url, **sent), retry_on_methods=["GET", "POST"]).http_response
        if answer.status_code >= 500 or answer.status_code == 429:
            raise from_answer(answer.status_code, answer.headers, answer.text())
        return SimpleNamespace(status_code=answer.status_code, headers=answer.headers, text=answer.text())

    def close(self) -> None:
        """Nothing to be done: the connections are not its own."""
