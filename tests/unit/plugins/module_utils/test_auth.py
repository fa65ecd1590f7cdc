# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which identity the options and the environment mean; nothing here touches a network."""

from __future__ import annotations

import base64
import json
import time
from multiprocessing.pool import ThreadPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils import _auth
from ansible_collections.csp.azure.plugins.module_utils._errors import AzureError

ALL = {"AZURE_TENANT": "t", "AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in _auth.OPTIONS.values():
        for name in option.environment:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("IDENTITY_ENDPOINT", raising=False)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "full").write_text("something")
    (tmp_path / "empty").write_text("")
    return {"full": str(tmp_path / "full"), "empty": str(tmp_path / "empty"), "absent": str(tmp_path / "absent")}


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
        ({"tenant": "t", "client_id": "c", "x509_certificate_path": "full"}, {}, "service_principal"),
        ({}, {**ALL, "AZURE_SECRET": "", "AZURE_X509_CERTIFICATE_PATH": "full"}, "service_principal"),
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
    assert _auth.sign_in({name: files.get(value, value) for name, value in params.items()}).source == source


@pytest.mark.parametrize(
    ("params", "environ", "told"),
    [
        ({"client_id": "c"}, {}, "nothing to prove it with"),
        ({"secret": "s"}, {}, "tenant (AZURE_TENANT), client_id (AZURE_CLIENT_ID)"),
        ({}, {"AZURE_TENANT": "t", "AZURE_SECRET": "s"}, "client_id (AZURE_CLIENT_ID)"),
        ({}, {"AZURE_CLIENT_ID": "c", "AZURE_SECRET": "s"}, "tenant (AZURE_TENANT)"),
        ({}, {**ALL, "AZURE_SECRET": ""}, "nothing to prove it with"),
        (
            {"auth_source": "service_principal"},
            {"AZURE_TENANT": "t", "AZURE_CLIENT_ID": "c"},
            "secret (AZURE_SECRET) or x509",
        ),
        ({"auth_source": "workload_identity"}, ALL, "federated_token_file (AZURE_FEDERATED_TOKEN_FILE)"),
        ({"auth_source": "device_code"}, {}, "tenant (AZURE_TENANT)"),
        ({}, {**ALL, "AZURE_X509_CERTIFICATE_PATH": "/"}, "secret and x509_certificate_path"),
        ({"tenant": "t", "client_id": "c", "x509_certificate_path": "absent"}, {}, "there is no file"),
        ({"client_id": "c", "tenant": "t"}, ALL, "nothing to prove it with"),
        ({"secret": "s"}, ALL, "tenant (AZURE_TENANT), client_id (AZURE_CLIENT_ID)"),
        ({"client_id": "c", "secret": "s"}, ALL, "tenant (AZURE_TENANT)"),
        ({"x509_certificate_path": "empty"}, {"AZURE_TENANT": "t", "AZURE_CLIENT_ID": "c"}, "nothing to prove it with"),
        ({"cloud_environment": "AzureGermany"}, ALL, "AzureGermany' is not a cloud"),
        ({"cloud_environment": "http://localhost"}, ALL, "is not a cloud"),
        ({"auth_source": "password"}, ALL, "auth_source=password is none of"),
        ({}, {**ALL, "CSP_AZURE_AUTH_SOURCE": "password"}, "CSP_AZURE_AUTH_SOURCE=password is none of"),
        ({}, {**ALL, "CSP_AZURE_TIMEOUT": "soon"}, "CSP_AZURE_TIMEOUT=soon is not a number"),
    ],
)
def test_half_a_credential_is_an_error_and_never_somebody_else(
    params: dict[str, str], environ: dict[str, str], told: str, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AzureError) as caught:
        _auth.sign_in({name: files.get(value, value) for name, value in params.items()})
    assert told in str(caught.value)
    assert caught.value.code == "InvalidInput"


def test_defaults_and_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    values = _auth.given({})
    assert (values["cloud_environment"], values["timeout"], values["auth_source"]) == ("AzureCloud", 300, "auto")
    monkeypatch.setenv("CSP_AZURE_TIMEOUT", "7")
    monkeypatch.setenv("AZURE_X509_CERTIFICATE_PATH", "~/certificate.pem")
    values = _auth.given({"tenant": "t"})
    assert values["timeout"] == 7
    assert values["tenant"] == "t"
    assert values["x509_certificate_path"] == str(Path("~/certificate.pem").expanduser())


def test_secrets_are_known_wherever_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AZURE_X509_CERTIFICATE_PASSWORD", "p")
    assert _auth.sign_in({}).secrets == {"s", "p"}
    spec = _auth.argument_spec()
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
    assert tuple(_auth.caller(text).values()) == who


def test_a_certificate_that_cannot_be_used_is_told(files: dict[str, str]) -> None:
    chosen = _auth.sign_in({"tenant": "t", "client_id": "c", "x509_certificate_path": files["full"]})
    with pytest.raises(AzureError, match="its private key"):
        chosen.connect()


def test_a_device_code_needs_somebody_to_show_it_to() -> None:
    with pytest.raises(AzureError, match="cannot show a device code"):
        _auth.sign_in({"auth_source": "device_code", "tenant": "t"}).connect()


class Counting:
    """A credential that counts how often it is asked, and gives tokens that last so long."""

    def __init__(self, seconds: float) -> None:
        self.asked, self.seconds = 0, seconds

    def get_token(self, *scopes: str, **_kwargs: Any) -> Any:
        self.asked += 1
        return SimpleNamespace(token=token({"oid": str(self.asked)}), expires_on=time.time() + self.seconds)


@pytest.mark.parametrize(("seconds", "asked"), [(3600, 1), (60, 8)])
def test_a_token_is_asked_for_once_until_it_ends(seconds: float, asked: int) -> None:
    inner = Counting(seconds)
    credential = _auth.Credential(inner)
    with ThreadPool(8) as pool:
        pool.map(lambda _n: credential.get_token("scope"), range(8))
    assert inner.asked == asked
    assert credential.caller["object_id"] == str(asked)
    credential.get_token("another")
    assert inner.asked == asked + 1
