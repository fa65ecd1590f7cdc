# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job gets from AWX's credentials is what the modules sign in with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from awx_plugins.credentials.injectors import azure_rm

from ansible_collections.csp.azure.plugins.module_utils._connection.identities import Identities, identities
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError

from .rules import Refused, check_credential_type, injected

ROOT = Path(__file__).resolve().parents[2]
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
TENANT = {"tenant": "contoso.example", "client_id": "c"}


class Loader(yaml.SafeLoader):
    """Reads the role's variables without evaluating them."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
VARIABLES = yaml.load((ROOT / "roles/awx/vars/main.yml").read_text(encoding="utf-8"), Loader)
PARTNER_TYPE, USER_TYPE = VARIABLES["__awx_credential_types"]


def signed_in_with(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, **options: Any) -> Identities:
    """The identities of a task in a job with this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return identities({**options, "partner": {}}, partner_by_environment=True)


CUSTOMER = {"tenant": "t", "client_id": "c", "secret": "s"}


@pytest.mark.parametrize(
    ("inputs", "source"),
    [
        ({"secret": "s"}, "service_principal"),
        ({"refresh_token": "r"}, "refresh_token"),
        ({"refresh_token": "r", "secret": "s"}, "refresh_token"),
    ],
)
def test_the_partners_credential(
    inputs: dict[str, str], source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = injected(PARTNER_TYPE, {**TENANT, **inputs}, tmp_path)
    assert Path(environment["CSP_PARTNER_X509_CERTIFICATE_PATH"]).read_text() == ""
    partner = signed_in_with(environment, monkeypatch, **CUSTOMER).partner
    assert partner
    assert (partner.source, partner.options.tenant) == (source, "contoso.example")
    assert partner.options.cloud_environment == "AzureCloud"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"certificate": PEM}, "private key"),
        ({"certificate": PEM, "secret": "s"}, "secret and x509_certificate_path"),
        ({}, "no credential for it"),
    ],
)
def test_half_of_the_partners_credential(
    inputs: dict[str, str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = injected(PARTNER_TYPE, {**TENANT, **inputs}, tmp_path)
    with pytest.raises(AzureError, match=message):
        signed_in_with(environment, monkeypatch, **CUSTOMER)


def test_a_secret_of_two_lines_sets_no_variable(tmp_path: Path) -> None:
    environment = injected(PARTNER_TYPE, {**TENANT, "secret": "s\nAZURE_SECRET=evil"}, tmp_path)
    assert environment["CSP_PARTNER_SECRET"] == "s"


def test_the_elevating_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = injected(USER_TYPE, {**TENANT, "refresh_token": "r"}, tmp_path)
    assert signed_in_with(environment, monkeypatch).customer.source == "refresh_token"


class Credential:
    """A credential of AWX's own type, as its injector reads it."""

    def __init__(self, **inputs: str) -> None:
        self.inputs = inputs

    def get_input(self, name: str, default: str = "") -> str:
        return self.inputs.get(name, default)

    def has_input(self, name: str) -> bool:
        return self.inputs.get(name, "") != ""


PARTNER = {"CSP_PARTNER_TENANT": "contoso.example", "CSP_PARTNER_CLIENT_ID": "c", "CSP_PARTNER_SECRET": "s"}


@pytest.mark.parametrize("cloud", ["", "AzureChinaCloud"])
def test_awxs_own_credential_for_azure(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tenant of the host takes the place of the credential's."""
    environment: dict[str, str] = {}
    inputs = {"subscription": "none", "client": "c", "secret": "s", "tenant": "partner.example"}
    azure_rm(Credential(**inputs, cloud_environment=cloud), environment, "")
    customer = signed_in_with({**environment, **PARTNER}, monkeypatch, tenant="customer.example").customer
    assert (customer.source, customer.options.tenant) == ("service_principal", "customer.example")
    assert (customer.options.client_id, customer.options.secret) == ("c", "s")
    assert customer.options.cloud_environment == (cloud or "AzureCloud")


def test_awxs_own_credential_with_a_name_and_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    environment: dict[str, str] = {}
    azure_rm(Credential(subscription="none", username="u@example.com", password="p"), environment, "")
    with pytest.raises(AzureError, match="AZURE_AD_USER"):
        signed_in_with({**environment, **PARTNER}, monkeypatch, tenant="customer.example")


@pytest.mark.parametrize(
    ("part", "value", "reason"),
    [
        ("injectors", {"env": {}, "file": {}}, "empty injectors"),
        ("injectors", {"env": {"ANSIBLE_CONFIG": "{{ tenant }}"}}, "ANSIBLE_CONFIG"),
        ("injectors", {"env": {"A": "{{ nothing }}"}}, "undefined {'nothing'}"),
        ("inputs", {"fields": [{"id": "a b", "type": "string"}]}, "id a b"),
    ],
)
def test_the_rules_refuse_what_awx_refuses(part: str, value: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check_credential_type({**PARTNER_TYPE, "kind": "cloud", part: value})
