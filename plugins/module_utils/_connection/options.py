# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sign-in options: their names, variables and defaults, and the values that apply to a task.

For internal use of csp.azure only.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any

from .._model.errors import invalid
from .._model.types import ArgumentSpec, Options


@dataclass(frozen=True)
class SignInOption:
    """A sign-in option; ``environment`` are the variables that stand in for it, in order."""

    environment: tuple[str, ...]
    type: str = "str"
    secret: bool = False
    choices: tuple[str, ...] = ()
    default: str | int | None = None


_AUTH_SOURCES = (
    "auto",
    "service_principal",
    "workload_identity",
    "managed_identity",
    "cli",
    "device_code",
    "refresh_token",
)
# Names follow azure.azcollection and the azure-identity package, so that what is set up for either works here.
OPTIONS = {
    "auth_source": SignInOption(("CSP_AZURE_AUTH_SOURCE",), choices=_AUTH_SOURCES, default="auto"),
    "tenant": SignInOption(("AZURE_TENANT", "AZURE_TENANT_ID")),
    "client_id": SignInOption(("AZURE_CLIENT_ID",)),
    "secret": SignInOption(("AZURE_SECRET", "AZURE_CLIENT_SECRET"), secret=True),
    "x509_certificate_path": SignInOption(
        ("AZURE_X509_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"), type="path"
    ),
    "x509_certificate_password": SignInOption(
        ("AZURE_X509_CERTIFICATE_PASSWORD", "AZURE_CLIENT_CERTIFICATE_PASSWORD"), secret=True
    ),
    "federated_token_file": SignInOption(("AZURE_FEDERATED_TOKEN_FILE",), type="path"),
    "refresh_token": SignInOption(("AZURE_REFRESH_TOKEN",), secret=True),
    "cloud_environment": SignInOption(("AZURE_CLOUD_ENVIRONMENT",), default="AzureCloud"),
    "timeout": SignInOption(("CSP_AZURE_TIMEOUT",), type="int", default=300),
    "debug_log": SignInOption(("CSP_AZURE_DEBUG_LOG",), type="path"),
}
# The options that prove an identity, and all that make one.
PROOFS = ("secret", "x509_certificate_path", "federated_token_file", "refresh_token")
_IDENTITY = ("auth_source", "tenant", "client_id", "x509_certificate_password", *PROOFS)


@dataclass(frozen=True)
class SignInOptions:
    """The sign-in options that apply to a task."""

    auth_source: str = "auto"
    tenant: str | None = None
    client_id: str | None = None
    secret: str | None = None
    x509_certificate_path: str | None = None
    x509_certificate_password: str | None = None
    federated_token_file: str | None = None
    refresh_token: str | None = None
    cloud_environment: str = "AzureCloud"
    timeout: int = 300
    debug_log: str | None = None

    @property
    def secrets(self) -> set[str]:
        """The values that no result or log may show."""
        return set(filter(None, (self.secret, self.x509_certificate_password, self.refresh_token)))

    @property
    def proofs(self) -> list[str]:
        """The names of the credentials that are set."""
        return [name for name in PROOFS if getattr(self, name)]


def argument_spec() -> ArgumentSpec:
    """The sign-in options for an argument spec, without defaults and choices: an empty text counts as not set (see `resolve`)."""
    spec: ArgumentSpec = {}
    for name, option in OPTIONS.items():
        spec[name] = {"type": option.type}
        if option.secret or "token" in name:  # ansible takes any option with "token" in its name for a secret
            spec[name]["no_log"] = option.secret
    return spec


# The secrets with which a managed identity's endpoint knows its machine.
_OF_PLATFORM = ("IDENTITY_HEADER", "MSI_SECRET")


def environment_secrets() -> set[str]:
    """The secrets of the variables: a task that sets its own identity may still read them for another one."""
    variables = [name for option in OPTIONS.values() if option.secret for name in option.environment]
    return {value for name in (*variables, *_OF_PLATFORM) if (value := os.environ.get(name, "").strip())}


# What the variables of an identity start with: those of a task's own, and of the partner's beside it.
OWN_VARIABLES, PARTNER_VARIABLES = "AZURE_", "CSP_PARTNER_"


def partner_options(params: Options | None) -> Options:
    """The options of the partner's identity: those of the task, else those of the variables ``CSP_PARTNER_*``; empty without a partner."""
    options = {name: value for name, value in (params or {}).items() if _is_set(name, value)}
    if set(options) & set(_IDENTITY):
        return options
    variables = {name: f"{PARTNER_VARIABLES}{name.upper()}" for name in _IDENTITY}
    values = {name: _from_environment(name, variable) for name, variable in variables.items()}
    identity = {name: value for name, value in values.items() if value is not None}
    return {**options, **identity} if identity else {}


def resolve(params: Options) -> SignInOptions:
    """The options that apply: the task's, else the environment's, else the default.

    An empty string or an empty file counts as not set: AWX passes one for a field that was left blank.
    """
    # Identities are never mixed: once the task sets part of one, it has to set all of it.
    whole = any(_is_set(name, params.get(name)) for name in ("client_id", *PROOFS))
    values = {name: _value(name, params.get(name), whole) for name in OPTIONS}
    return SignInOptions(**{name: value for name, value in values.items() if value is not None})


def _value(name: str, value: Any, whole: bool) -> Any:
    option = OPTIONS[name]
    if _is_set(name, value):
        return _converted(name, name, value)
    if whole and name in _IDENTITY:
        return option.default
    variable = next((variable for variable in option.environment if os.environ.get(variable)), "")
    value = _from_environment(name, variable)
    return option.default if value is None else value


def _from_environment(name: str, variable: str) -> Any:
    """The value of a variable as an option, None if it is not set."""
    value = os.environ.get(variable, "")
    if OPTIONS[name].type == "path":
        value = os.path.expanduser(value)
    return _converted(name, variable, value) if _is_set(name, value) else None


def _is_set(name: str, value: object) -> bool:
    value = _trimmed(name, value)
    if name not in PROOFS or OPTIONS[name].type != "path" or not value:
        return value not in (None, "")
    return not (os.path.isfile(str(value)) and os.path.getsize(str(value)) == 0)


# What text areas, Kubernetes secrets and copied cells leave at the ends of a value, beside what Python calls white space.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"


def _trimmed(name: str, value: object) -> object:
    """The value without invisible characters at its ends. A password or a path may end with a blank, but not with a line break."""
    if not isinstance(value, str):
        return value
    if name == "x509_certificate_password" or OPTIONS[name].type == "path":
        return value.rstrip("\r\n")
    return re.sub(rf"^[\s{_INVISIBLE}]+|[\s{_INVISIBLE}]+$", "", value)


def _converted(name: str, source: str, value: object) -> Any:
    """The value as its option's type. Messages name ``source``, not the value, which may be a secret."""
    option = OPTIONS[name]
    value = _trimmed(name, value)
    if isinstance(value, str) and re.search(rf"[\x00-\x1f\x7f{_INVISIBLE}]", value):
        raise invalid(f"{source} contains an invisible character.", "Copy the value again.")
    if option.choices and value not in option.choices:
        raise invalid(f"{source}={value} is not one of {', '.join(option.choices)}.")
    if option.type == "int" and not isinstance(value, int):
        if not str(value).isdecimal():
            raise invalid(f"{source}={value} is not a number.")
        return int(str(value))
    return value
