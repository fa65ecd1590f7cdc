# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which identity the options and the environment mean; nothing here touches a network."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from multiprocessing.pool import ThreadPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.csp.azure.plugins.module_utils._connection.clouds import CLOUDS
from ansible_collections.csp.azure.plugins.module_utils._connection.credential_context import CredentialContext
from ansible_collections.csp.azure.plugins.module_utils._connection.credentials import (
    Credential,
    caller_of,
    make_credential,
)
from ansible_collections.csp.azure.plugins.module_utils._connection.identities import identities, sign_in
from ansible_collections.csp.azure.plugins.module_utils._connection.options import (
    OPTIONS,
    argument_spec,
    partner_options,
    resolve,
)
from ansible_collections.csp.azure.plugins.module_utils._connection.transport import Deadline, Network
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from ..scripted_http import Answer, Script

ALL = {"AZURE_TENANT": "t", "AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS.values():
        for name in option.environment:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "full").write_text("something")
    (tmp_path / "empty").write_text("")
    (tmp_path / "certificate").write_bytes(pem(key := new_key(), key))
    return {name: str(tmp_path / name) for name in ("full", "empty", "absent", "certificate")}


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem(key: ec.EllipticCurvePrivateKey, certified: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key, and a certificate of another one, or of its own."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "csp")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, certified.public_key(), 1, now, now + timedelta(1))
    certificate = builder.sign(certified, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    ("params", "environ", "source"),
    [
        ({}, {}, "cli"),
        ({}, {"IDENTITY_ENDPOINT": "http://localhost"}, "managed_identity"),
        ({"tenant": "t"}, {}, "cli"),
        ({}, ALL, "service_principal"),
        ({}, {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}, "service_principal"),
        ({"tenant": "t", "client_id": "c", "secret": "s"}, {}, "service_principal"),
        ({"tenant": "other"}, ALL, "service_principal"),
        ({"tenant": "t", "client_id": "c", "x509_certificate_path": "certificate"}, {}, "service_principal"),
        ({}, {**ALL, "AZURE_SECRET": "", "AZURE_X509_CERTIFICATE_PATH": "certificate"}, "service_principal"),
        ({}, {**ALL, "AZURE_X509_CERTIFICATE_PATH": "empty"}, "service_principal"),
        ({"tenant": "t", "client_id": "c", "federated_token_file": "full"}, {}, "workload_identity"),
        ({"tenant": "t", "client_id": "c", "refresh_token": "r"}, {}, "refresh_token"),
        # What the task gives shuts out what the environment has.
        ({"tenant": "t", "client_id": "c", "refresh_token": "r"}, ALL, "refresh_token"),
        ({"tenant": "", "client_id": "", "secret": ""}, {}, "cli"),
        ({}, dict.fromkeys(ALL, ""), "cli"),
        ({}, {**ALL, "AZURE_REFRESH_TOKEN": "r"}, "refresh_token"),
        ({"auth_source": ""}, ALL, "service_principal"),
        # A developer's choice in the environment is not for an identity that the task gives.
        ({"tenant": "t", "client_id": "c", "secret": "s"}, {"CSP_AZURE_AUTH_SOURCE": "cli"}, "service_principal"),
        ({"auth_source": "cli"}, ALL, "cli"),
        ({"auth_source": "managed_identity"}, {}, "managed_identity"),
        ({"auth_source": "device_code", "tenant": "t"}, {}, "device_code"),
        ({}, {"CSP_AZURE_AUTH_SOURCE": "managed_identity"}, "managed_identity"),
        (
            {"auth_source": "service_principal", "tenant": "t", "client_id": "c", "refresh_token": "r", "secret": "s"},
            {},
            "service_principal",
        ),
    ],
)
def test_the_way_to_sign_in(
    params: dict[str, str], environ: dict[str, str], source: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, files.get(value, value))
    assert sign_in({name: files.get(value, value) for name, value in params.items()}).source == source


@pytest.mark.parametrize(
    ("params", "environ", "result"),
    [
        ({"client_id": "c"}, {}, "no credential for it"),
        ({"secret": "s"}, {}, "tenant (AZURE_TENANT), client_id (AZURE_CLIENT_ID)"),
        ({}, {"AZURE_TENANT": "t", "AZURE_SECRET": "s"}, "client_id (AZURE_CLIENT_ID)"),
        ({}, {"AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s"}, "tenant (AZURE_TENANT)"),
        ({}, {**ALL, "AZURE_SECRET": ""}, "no credential for it"),
        (
            {"auth_source": "service_principal"},
            {"AZURE_TENANT": "t", "AZURE_CLIENT_ID": "c"},
            "secret (AZURE_SECRET) or x509",
        ),
        ({"auth_source": "workload_identity"}, ALL, "federated_token_file (AZURE_FEDERATED_TOKEN_FILE)"),
        ({"auth_source": "device_code"}, {}, "tenant (AZURE_TENANT)"),
        ({}, {**ALL, "AZURE_X509_CERTIFICATE_PATH": "/"}, "secret and x509_certificate_path"),
        ({"tenant": "t", "client_id": "c", "x509_certificate_path": "absent"}, {}, "there is no file"),
        ({"client_id": "c", "tenant": "t"}, ALL, "no credential for it"),
        ({"secret": "s"}, ALL, "tenant (AZURE_TENANT), client_id (AZURE_CLIENT_ID)"),
        ({"client_id": "c", "secret": "s"}, ALL, "tenant (AZURE_TENANT)"),
        ({"x509_certificate_path": "empty"}, {"AZURE_TENANT": "t", "AZURE_CLIENT_ID": "c"}, "no credential for it"),
        ({"cloud_environment": "AzureGermany"}, ALL, "AzureGermany' is not a cloud"),
        ({"cloud_environment": "http://localhost"}, ALL, "is not a cloud"),
        ({"auth_source": "password"}, ALL, "auth_source=password is not one of"),
        ({}, {**ALL, "CSP_AZURE_AUTH_SOURCE": "password"}, "CSP_AZURE_AUTH_SOURCE=password is not one of"),
        ({}, {**ALL, "CSP_AZURE_TIMEOUT": "soon"}, "CSP_AZURE_TIMEOUT=soon is not a number"),
    ],
)
def test_half_a_credential_is_an_error_and_never_somebody_else(
    params: dict[str, str], environ: dict[str, str], result: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AzureError) as caught:
        sign_in({name: files.get(value, value) for name, value in params.items()})
    assert result in str(caught.value)
    assert caught.value.code == "InvalidInput"


def test_a_name_and_password_of_awx_are_no_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_AD_USER", "admin@contoso.com")
    with pytest.raises(AzureError, match="AZURE_AD_USER is set: signing in with a user's name"):
        sign_in({})
    assert sign_in({"auth_source": "cli"}).source == "cli"


def test_defaults_and_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    values = resolve({})
    assert (values.cloud_environment, values.timeout, values.auth_source) == ("AzureCloud", 300, "auto")
    monkeypatch.setenv("CSP_AZURE_TIMEOUT", "7")
    monkeypatch.setenv("AZURE_X509_CERTIFICATE_PATH", "~/certificate.pem")
    values = resolve({"tenant": "t"})
    assert values.timeout == 7
    assert values.tenant == "t"
    assert values.x509_certificate_path == str(Path("~/certificate.pem").expanduser())


def test_secrets_are_known_wherever_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AZURE_X509_CERTIFICATE_PASSWORD", "p")
    assert sign_in({}).options.secrets == {"s", "p"}
    spec = argument_spec()
    assert {name for name, option in spec.items() if option.get("no_log")} == {
        "secret",
        "x509_certificate_password",
        "refresh_token",
    }


def token(claims: dict[str, Any]) -> str:
    return "h." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".s"


@pytest.mark.parametrize(
    ("text", "who"),
    [
        (token({"tid": "t", "oid": "o", "appid": "a", "idtyp": "app"}), ("t", "o", "a", "app")),
        (token({"tid": "t", "oid": "o", "azp": "b"}), ("t", "o", "b", None)),
        (token({"sub": "x"}), (None, None, None, None)),
        ("opaque", (None, None, None, None)),
        ("a.b.c", (None, None, None, None)),
    ],
)
def test_the_caller(text: str, who: tuple[str | None, ...]) -> None:
    assert tuple(caller_of(text).as_dict().values()) == who


def test_a_certificate_that_cannot_be_used_is_refused(files: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(pem(new_key(), new_key()))
    certificate = Path(files["certificate"]).read_bytes()
    (tmp_path / "key").write_bytes(certificate[: certificate.index(b"-----BEGIN CERTIFICATE")])
    (tmp_path / "public").write_bytes(certificate[certificate.index(b"-----BEGIN CERTIFICATE") :])
    for path in (files["full"], *(str(tmp_path / name) for name in ("other", "key", "public"))):
        with pytest.raises(AzureError, match="cannot be used"):
            sign_in({"tenant": "t", "client_id": "c", "x509_certificate_path": path})


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\ufeff", "\u200b", "\xa0"])
@pytest.mark.parametrize("name", ["tenant", "client_id", "secret", "refresh_token", "cloud_environment", "auth_source"])
def test_invisible_letters_at_the_ends_count_for_nothing(name: str, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"tenant": "t", "client_id": "c", "secret": "s3cret~Q"}
    values |= {"refresh_token": "r", "cloud_environment": "AzureCloud", "auth_source": "service_principal"}
    wished = values[name]
    assert getattr(resolve({**values, name: f"{end}{wished}{end}"}), name) == wished
    assert getattr(resolve({**values, name: end}), name) in (None, "AzureCloud", "auto")
    for variable in OPTIONS[name].environment:
        monkeypatch.setenv(variable, f"{wished}{end}")
        assert getattr(resolve({}), name) == wished
        monkeypatch.delenv(variable)
    monkeypatch.setenv(f"CSP_PARTNER_{name.upper()}", f"{wished}{end}")
    if name != "cloud_environment":
        assert partner_options({}) == {name: wished}


def test_a_password_may_end_with_a_blank_but_not_with_a_line() -> None:
    assert resolve({"x509_certificate_password": "secret \r\n"}).x509_certificate_password == "secret "


def test_an_invisible_letter_within_a_secret_names_its_variable_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "s3cret\u200b~Q")
    with pytest.raises(AzureError) as caught:
        resolve({})
    assert "AZURE_CLIENT_SECRET" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_device_code_needs_somebody_to_show_it_to() -> None:
    with pytest.raises(AzureError, match="cannot show a device code"):
        sign_in({"auth_source": "device_code", "tenant": "t"}).connect()


class Counting:
    """A credential that counts how often it is asked, and gives tokens that last so long."""

    def __init__(self, seconds: float) -> None:
        self.asked, self.seconds = 0, seconds

    def get_token(self, *scopes: str, **_kwargs: Any) -> Any:
        self.asked += 1
        return SimpleNamespace(token=token({"oid": str(self.asked)}), expires_on=time.time() + self.seconds)


@pytest.mark.parametrize(("seconds", "requested"), [(3600, 1), (60, 8)])
def test_a_token_is_asked_for_once_until_it_ends(seconds: float, requested: int) -> None:
    inner = Counting(seconds)
    credential = Credential(inner)
    with ThreadPool(8) as pool:
        pool.map(lambda _n: credential.get_token("scope"), range(8))
    assert inner.asked == requested
    assert credential.caller.object_id == str(requested)
    credential.get_token("another")
    assert inner.asked == requested + 1


@pytest.mark.parametrize(
    ("code", "linked"),
    [("AADSTS700016", True), ("AADSTS7000229", True), ("AADSTS65001", True), ("AADSTS7000215", False)],
)
def test_where_consent_is_missing_the_error_has_the_link(
    code: str, linked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"tenant": "fabrikam.example", "client_id": "c", "secret": "s"}
    cloud = CLOUDS["AzureUSGovernment"]
    context = CredentialContext("service_principal", resolve(options), Network(Deadline(60)), cloud)
    credential = make_credential(context)

    def refuse(*_scopes: str, **_more: Any) -> None:
        raise ClientAuthenticationError(f"{code}: No. Trace ID: x")

    monkeypatch.setattr(credential._inner, "get_token", refuse)
    with pytest.raises(AzureError) as caught:
        credential.get_token("scope")
    link = "https://login.microsoftonline.us/fabrikam.example/adminconsent?client_id=c"
    assert caught.value.code == code
    assert (link in caught.value.hint) is linked


# What an az may do, as a script of the shell, and what error becomes of it, with and without a choice of the Azure CLI.
CLIS = {
    "absent": (None, "NoAzureCli"),
    "not signed in": ("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1", "AzureCliRefused"),
    "slow": ("exec sleep 30", "AzureCliTooSlow"),
    "another refusal": ("echo 'ERROR: AADSTS53003: Blocked. Trace ID: x' >&2; exit 1", "AADSTS53003"),
    "command": (
        "printf 'ERROR: AADSTS50076: Use MFA.\\naz login --tenant t --claims-challenge e30=\\n' >&2; exit 1",
        "AADSTS50076",
    ),
}


@pytest.mark.parametrize("source", ["auto", "cli"])
@pytest.mark.parametrize("kind", CLIS)
def test_the_azure_cli_fails_in_several_ways(
    kind: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, code = CLIS[kind]
    if script:
        (tmp_path / "az").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin" if script else str(tmp_path))
    _where, credential = sign_in({"auth_source": source, "tenant": "t", "timeout": 1}).connect()
    with pytest.raises(AzureError) as caught:
        credential.get_token("https://management.azure.com/.default")
    error = caught.value
    assert error.code == code
    # Only where nobody chose the Azure CLI, and it is of no use, a credential was forgotten.
    forgotten = source == "auto" and kind in ("absent", "not signed in")
    assert ("No credential was set" in error.hint) is forgotten
    assert ("--claims-challenge e30=" in error.message) is (kind == "command")
    assert ("run az login --allow-no-subscriptions --tenant t" in error.hint.lower()) is (kind == "not signed in")


@pytest.mark.parametrize("client_id", [None, "c"])
@pytest.mark.parametrize("words", ["Multiple user assigned identities exist", "Identity not found"])
def test_a_managed_identity_that_is_refused_depends_on_what_was_asked_for(
    client_id: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"error": "invalid_request", "error_description": words}
    script = Script(Answer(400, answer))
    monkeypatch.setattr(Network, "transport", lambda self: script.transport())
    _where, credential = sign_in({"auth_source": "managed_identity", "client_id": client_id}).connect()
    with pytest.raises(AzureError) as caught:
        credential.get_token("https://management.azure.com/.default")
    assert (caught.value.code, caught.value.message) == ("ManagedIdentityRefused", words)
    assert ("Check client_id" in caught.value.hint) is bool(client_id)


def test_without_an_endpoint_there_is_no_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(*[requests.exceptions.ConnectionError("no route")] * 9)
    monkeypatch.setattr(Network, "transport", lambda self: script.transport())
    _where, credential = sign_in({"auth_source": "managed_identity"}).connect()
    with pytest.raises(AzureError) as caught:
        credential.get_token("https://management.azure.com/.default")
    assert caught.value.code == "NoManagedIdentity"


PARTNER = {"CSP_PARTNER_TENANT": "p", "CSP_PARTNER_CLIENT_ID": "c", "CSP_PARTNER_SECRET": "partner's"}


@pytest.mark.parametrize(
    ("params", "environ", "by_environment", "partner"),
    [
        ({}, PARTNER, True, "p"),
        ({"partner": {}}, PARTNER, True, "p"),
        ({"partner": {"tenant": "q", "client_id": "c", "secret": "s"}}, PARTNER, True, "q"),
        ({"partner": {"timeout": 5}}, {}, True, None),
        ({}, {}, True, None),
        # A task that works in the partner's tenant takes the variables only if it is told to.
        ({}, PARTNER, False, None),
        ({"partner": {}}, PARTNER, False, "p"),
        ({"partner": {}}, {}, False, None),
    ],
)
def test_the_partners_identity(
    params: Any, environ: dict[str, str], by_environment: bool, partner: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**ALL, **environ}.items():
        monkeypatch.setenv(name, value)
    result = identities(params, partner_by_environment=by_environment)
    assert (result.partner.options.tenant if result.partner else None) == partner
    assert result.acting_partner.options.tenant == (partner or "t")
    assert result.secrets >= {"s"}


def test_half_of_a_partner_says_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSP_PARTNER_SECRET", "x")
    with pytest.raises(
        AzureError, match=r"The partner's identity: Incomplete credential.*CSP_PARTNER_TENANT"
    ) as caught:
        identities({"tenant": "t"}, partner_by_environment=True)
    assert " (AZURE_" not in str(caught.value)


def test_an_incomplete_partner_names_its_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANT", "CLIENT_ID"):
        monkeypatch.setenv(f"CSP_PARTNER_{name}", "x")
    with pytest.raises(AzureError, match="CSP_PARTNER_SECRET"):
        identities({"tenant": "t"}, partner_by_environment=True)


def test_a_federated_token_of_the_partner(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"TENANT": "p", "CLIENT_ID": "c", "FEDERATED_TOKEN_FILE": files["full"]}
    for name, value in variables.items():
        monkeypatch.setenv(f"CSP_PARTNER_{name}", value)
    assert identities({"partner": {}}).acting_partner.source == "workload_identity"


def test_groups_are_looked_up_by_the_partner_else_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    task = {"tenant": "customer", "client_id": "c", "secret": "s"}
    with pytest.raises(AzureError, match="no partner's identity"):
        identities(task, partner_by_environment=True).partner_for("AdminAgents")
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    assert identities(task, partner_by_environment=True).partner_for("AdminAgents").options.tenant == "t"
    for name, value in PARTNER.items():
        monkeypatch.setenv(name, value)
    assert identities(task, partner_by_environment=True).partner_for("AdminAgents").options.tenant == "p"


def test_both_identities_write_one_log_that_masks_both(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ALL, **PARTNER}.items():
        monkeypatch.setenv(name, value)
    result = identities({}, partner_by_environment=True, keep_log=True)
    assert result.partner
    assert result.partner.network.log is result.customer.network.log
    assert result.customer.network.log
    assert result.customer.network.log.secrets == {"s", "partner's"}
    assert identities({}).customer.network.log is None


def test_a_shorter_deadline_keeps_the_connection_and_a_fresh_sign_in_does_not() -> None:
    task = sign_in({"tenant": "t", "client_id": "c", "secret": "s"})
    _cloud, credential = task.connect()
    assert task.with_deadline(1).connect()[1] is credential
    assert task.with_deadline(1).network.deadline.seconds <= 1
    assert task.fresh().connect()[1] is not credential
    assert task.caller is None


def test_requests_are_bounded_and_signing_in_is_not() -> None:
    task = sign_in({"tenant": "t", "client_id": "c", "secret": "s"})
    bounded = task.with_deadline(0)
    _cloud, credential = bounded.connect()
    assert task.connect()[1] is credential
    assert bounded.network.deadline.remaining() <= 0


def test_waiting_has_a_time_of_its_own() -> None:
    signed_in = sign_in({"auth_source": "cli", "timeout": 5})
    patient = signed_in.with_time_to_wait(600)
    assert 600 < patient.network.deadline.remaining() <= 605
    assert patient._connection is signed_in._connection


def test_a_fresh_sign_in_has_the_whole_time_again() -> None:
    task = sign_in({"tenant": "t", "client_id": "c", "secret": "s", "timeout": 100})
    late = replace(task, network=replace(task.network, deadline=Deadline(0)))
    assert late.fresh().network.deadline.remaining() > 90


@pytest.mark.parametrize("option", ["x509_certificate_path", "federated_token_file"])
def test_a_file_that_cannot_be_read_is_named(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.pem"
    path.write_text("x")

    def refused(*_args: Any, **_more: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(AzureError, match=f"{option}: {path} cannot be read: Permission denied"):
        sign_in({"tenant": "t", "client_id": "c", option: str(path)})


def test_paths_of_the_partner_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSP_PARTNER_X509_CERTIFICATE_PATH", "~/partner.pem")
    assert partner_options({}) == {"x509_certificate_path": str(Path("~/partner.pem").expanduser())}


def test_the_secrets_of_a_managed_identitys_endpoint_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "endpoint's")
    assert "endpoint's" in identities({}).secrets


def test_a_process_signs_in_once_for_a_partner_and_each_time_for_customers() -> None:
    partner = {"tenant": "p", "client_id": "c", "secret": "s"}
    first, second = (
        identities({"tenant": tenant, "client_id": "c", "secret": "s", "partner": partner}) for tenant in "ab"
    )
    other = identities({"tenant": "a", "client_id": "c", "secret": "s", "partner": {**partner, "secret": "t"}})
    assert first.partner
    assert second.partner
    assert other.partner
    assert first.partner._tokens is second.partner._tokens
    assert first.partner._tokens is not other.partner._tokens
    assert first.partner.fresh()._tokens is not first.partner._tokens
    assert first.customer._tokens is not second.customer._tokens
    inner, tokens = Counting(3600), first.partner._tokens
    for credential in (Credential(inner, tokens), Credential(inner, tokens)):
        credential.get_token("scope")
        assert credential.caller.object_id == "1"
    assert inner.asked == 1
