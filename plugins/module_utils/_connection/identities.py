# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs in for a task: validated without a request, then used.

For internal use of csp.azure only.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._model.customers import Caller
from .._model.errors import AzureError, invalid, missing_library
from .._model.identifiers import guid
from .._model.types import Options
from .clouds import Cloud, check_name, cloud
from .credential_context import CredentialContext, SignedInUser
from .credentials import HAS_AZURE_IDENTITY, Credential, Tokens, make_credential
from .debug_log import DebugLog
from .options import OWN_VARIABLES, PARTNER_VARIABLES, SignInOptions, environment_secrets, partner_options, resolve
from .transport import Deadline, Network

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12
except ImportError:
    pass  # connect() reports it

Prompt = Callable[[str], None]


@dataclass
class _Connection:
    """The cloud and the credential of a sign-in, once it has connected."""

    cloud: Cloud | None = None
    credential: Credential | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class SignIn:
    """A validated way to sign in. It makes no request before `connect`, and one connection serves all clients of a task."""

    options: SignInOptions
    source: str
    network: Network
    prompt: Prompt | None = None
    _user: SignedInUser = field(default_factory=SignedInUser)
    _tokens: Tokens = field(default_factory=dict)
    _connection: _Connection = field(default_factory=_Connection)
    _bounds: SignIn | None = None

    @property
    def caller(self) -> Caller | None:
        """Who signed in, None before the first token."""
        credential = self._connection.credential
        return credential.caller if credential and credential.caller != Caller() else None

    @property
    def tenant(self) -> str | None:
        """The tenant's ID, None where the options name a domain or nothing."""
        return guid(self.options.tenant or "")

    @property
    def tenant_or_domain(self) -> str | None:
        """The tenant's ID once somebody signed in, else what the options name."""
        return (self.caller.tenant if self.caller else None) or self.options.tenant

    def with_deadline(self, seconds: float) -> SignIn:
        """The same connection for requests that may take no longer. Signing in may: a person may have to enter a code."""
        left = min(seconds, self.network.deadline.remaining())
        return replace(self, network=replace(self.network, deadline=Deadline(left)), _bounds=self)

    def with_time_to_wait(self, seconds: float) -> SignIn:
        """The same connection for a task that waits so long for something beside its work."""
        return replace(self, network=replace(self.network, deadline=Deadline(self.options.timeout + seconds)))

    def fresh(self) -> SignIn:
        """The same identity, not signed in yet: permissions granted since the last token count for the next one.

        A person who entered a code need not enter another one.
        It has the whole time of a task again: slow work must not keep an elevation from being removed.
        """
        network = replace(self.network, deadline=Deadline(self.options.timeout))
        return replace(self, network=network, _connection=_Connection(), _tokens={})

    def connect(self) -> tuple[Cloud, Credential]:
        """The cloud, with its endpoints read if it is not a well-known one, and the credential."""
        if not HAS_AZURE_IDENTITY:
            raise missing_library("azure-identity")
        if self._bounds:
            return self._bounds.connect()
        connection = self._connection
        with connection.lock:
            if connection.cloud is None or connection.credential is None:
                connection.cloud = cloud(self.options.cloud_environment, self.network)
                context = CredentialContext(
                    self.source, self.options, self.network, connection.cloud, self.prompt, self._user
                )
                connection.credential = make_credential(context, self._tokens)
            return connection.cloud, connection.credential


@dataclass(frozen=True)
class Identities:
    """The identities of a task: who signs in to the customer's tenant and, where the task or the environment names one, the partner."""

    customer: SignIn
    partner: SignIn | None = None

    @property
    def secrets(self) -> set[str]:
        """The values that no result or log may show."""
        own = self.customer.options.secrets | (self.partner.options.secrets if self.partner else set())
        return own | environment_secrets()

    @property
    def acting_partner(self) -> SignIn:
        """Who acts for the partner in tasks that work in its tenant alone: the partner's identity, else the task's own."""
        return self.partner or self.customer

    def partner_for(self, group: str) -> SignIn:
        """The identity that can look up a group of the partner's tenant: the partner's, else that of the environment."""
        if self.partner:
            return self.partner
        environments = _beside(self.customer, {})
        if not environments.options.tenant:
            raise invalid(
                f"No object ID was given for the group {group!r}, and no partner's identity is set that can look it up.",
                "Set the partner's identity (CSP_PARTNER_TENANT, CSP_PARTNER_CLIENT_ID, CSP_PARTNER_SECRET; the customer's is AZURE_TENANT and so on), or name"
                " the group's ID (groups, in the roles reinstate_admin_agents_id or audit_admin_agents_id).",
            )
        return environments


# Options that apply to both identities of a task.
_SHARED = ("cloud_environment", "timeout")
# The tokens of partners: a process that works for many customers signs in to the partner's tenant once.
_PARTNERS: dict[tuple[SignInOptions, str], Tokens] = {}


def identities(
    params: Options, prompt: Prompt | None = None, partner_by_environment: bool = False, keep_log: bool = False
) -> Identities:
    """The identities of a task, each complete; no request is made.

    The option ``partner``, a dict that may be empty, names the partner's; ``partner_by_environment`` lets the variables ``CSP_PARTNER_*``
    name it where the option is not set. ``keep_log`` keeps the requests of both for a `failure_log`.
    """
    customer = sign_in(params, prompt, keep_log=keep_log)
    if params.get("partner") is None and not partner_by_environment:
        return Identities(customer)
    options = partner_options(params.get("partner"))
    if not options:
        return Identities(customer)
    try:
        return Identities(customer, _beside(customer, options, PARTNER_VARIABLES))
    except AzureError as exc:
        raise replace(exc, message=f"The partner's identity: {exc.message}") from exc


def _beside(customer: SignIn, options: Options, variables: str = OWN_VARIABLES) -> SignIn:
    """Another identity of the same task; its requests go to the task's log, too."""
    shared = {name: getattr(customer.options, name) for name in _SHARED}
    partner = sign_in({**shared, **options}, customer.prompt, variables=variables)
    partner = replace(partner, _tokens=_PARTNERS.setdefault((partner.options, partner.source), {}))
    log = customer.network.log
    if log is None:
        return partner
    log.secrets |= partner.options.secrets
    return replace(partner, network=replace(partner.network, log=log))


def sign_in(
    params: Options, prompt: Prompt | None = None, keep_log: bool = False, variables: str = OWN_VARIABLES
) -> SignIn:
    """One identity: choose the way to sign in, and check that nothing is missing for it. Errors name variables that start with ``variables``."""
    options = resolve(params)
    check_name(options.cloud_environment)
    source = _chosen(options, variables) if options.auth_source == "auto" else options.auth_source
    _check(source, options, variables)
    log = DebugLog(options.secrets, options.debug_log or "") if keep_log or options.debug_log else None
    return SignIn(options, source, Network(Deadline(options.timeout), log), prompt)


def _chosen(options: SignInOptions, variables: str) -> str:
    """The meaning of ``auto``: the credential that is set; the Azure CLI's sign-in only where none is begun."""
    proofs = options.proofs
    if proofs == ["secret", "refresh_token"]:
        return "refresh_token"  # the secret is the application's, as the Secure Application Model has it
    if len(proofs) > 1:
        raise invalid(
            f"More than one credential is set: {' and '.join(proofs)}.", "Keep one, or choose with auth_source."
        )
    if proofs:
        sources = {"federated_token_file": "workload_identity", "refresh_token": "refresh_token"}
        return sources.get(proofs[0], "service_principal")
    if options.client_id:
        raise invalid(
            "client_id is set, but no credential for it.",
            f"Set secret ({variables}SECRET), x509_certificate_path, federated_token_file or refresh_token;"
            " or set auth_source to managed_identity, cli or device_code.",
        )
    if os.environ.get("AZURE_AD_USER"):
        raise invalid(
            "AZURE_AD_USER is set: signing in with a user's name and password is not supported.",
            "Set client, secret and tenant (in AWX, in the credential), or use a refresh token or a device code.",
        )
    return "managed_identity" if os.environ.get("IDENTITY_ENDPOINT") else "cli"


_NEEDS = {
    "service_principal": ("tenant", "client_id"),
    "workload_identity": ("tenant", "client_id", "federated_token_file"),
    "refresh_token": ("tenant", "client_id", "refresh_token"),
    "device_code": ("tenant",),
}


def _check(source: str, options: SignInOptions, variables: str) -> None:
    needed = _NEEDS.get(source, ())
    missing = [f"{name} ({variables}{name.upper()})" for name in needed if not getattr(options, name)]
    if source == "service_principal" and not (options.secret or options.x509_certificate_path):
        missing.append(f"secret ({variables}SECRET) or x509_certificate_path ({variables}X509_CERTIFICATE_PATH)")
    if missing:
        raise invalid(
            f"Incomplete credential: auth_source {source} also needs {', '.join(missing)}.",
            "An empty value counts as not set. Identities are never mixed: if a task sets client_id or a credential, it sets all of the identity,"
            " and the environment is ignored for the rest.",
        )
    if options.tenant and not re.fullmatch(r"[A-Za-z0-9.-]+", options.tenant):
        raise invalid(f"{options.tenant!r} is not a tenant.", "Give the tenant's ID or one of its domain names.")
    for name in ("x509_certificate_path", "federated_token_file"):
        path = getattr(options, name)
        if path:
            _check_readable(name, Path(path))
    if source == "service_principal" and options.x509_certificate_path and HAS_AZURE_IDENTITY:
        _check_certificate(options.x509_certificate_path, options.x509_certificate_password)


def _check_readable(name: str, path: Path) -> None:
    if not path.is_file():
        raise invalid(f"{name}: there is no file {path}.")
    try:
        path.open("rb").close()
    except OSError as exc:
        raise invalid(f"{name}: {path} cannot be read: {exc.strerror}.") from exc


def _check_certificate(path: str, password: str | None) -> None:
    """Reject a file without a certificate, without a key, or with a pair that does not match: Entra would word it another way."""
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
        "It must contain the certificate and its private key, as PEM or PKCS12; if the key is encrypted, set x509_certificate_password.",
    )
