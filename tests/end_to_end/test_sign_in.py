# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in: every way, every refusal, certificates of a private authority, and no secret anywhere."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ..azure_simulator.running import ROOT
from .conftest import AGENTS, CUSTOMER, PARTNER, PRODUCTION, Ansible

TENANT = CUSTOMER["AZURE_TENANT"]
NOTHING = dict.fromkeys(CUSTOMER, "")
APPLICATION = "0c1f5d6e-0000-4000-8000-0000000000"


def scenario() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "tests/azure_simulator/scenario.yml").read_text(encoding="utf-8"))


@pytest.fixture
def certificate(ansible: Ansible) -> Path:
    """An application of the customer that signs in with a certificate; its key is encrypted."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fabrikam")])
    now = datetime.datetime.now(datetime.timezone.utc)
    created = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    public = created.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"the-key's-password"),
    )
    path = ansible.folder / "certificate.pem"
    path.write_bytes(private + public)
    world = scenario()
    world["tenants"][2]["identities"].append(
        {
            "object_id": "5e6ad4a5-0000-4000-8000-000000000099",
            "client_id": f"{APPLICATION}99",
            "certificate": public.decode(),
        }
    )
    ansible.azure.ask("reset", world)
    return path


def test_with_a_certificate(ansible: Ansible, certificate: Path) -> None:
    options = {
        "tenant": TENANT,
        "client_id": f"{APPLICATION}99",
        "x509_certificate_path": str(certificate),
        "x509_certificate_password": "the-key's-password",
    }
    result = ansible.task("subscription_info", options, env=NOTHING)
    assert not result["failed"], result
    assert result["caller"]["object_id"] == "5e6ad4a5-0000-4000-8000-000000000099"
    wrong = ansible.task("subscription_info", {**options, "x509_certificate_password": "nobodys-s3cret~Q"}, env=NOTHING)
    assert "x509_certificate_password" in wrong["msg"]


def test_with_a_federated_token(ansible: Ansible) -> None:
    token = ansible.folder / "token"
    token.write_text(jwt.encode({"sub": "repo:fabrikam/infrastructure"}, "k" * 32, algorithm="HS256"))
    result = ansible.task(
        "subscription_info",
        {},
        env={
            **NOTHING,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": f"{APPLICATION}18",
            "AZURE_FEDERATED_TOKEN_FILE": str(token),
        },
    )
    assert result["caller"]["object_id"] == "5e6ad4a5-0000-4000-8000-000000000018", result


def test_with_a_refresh_token(ansible: Ansible) -> None:
    options = {"tenant": TENANT, "client_id": f"{APPLICATION}77", "refresh_token": "the-customers-refresh-token"}
    result = ansible.task("foreign_principal_info", {**options, "principal_ids": [AGENTS]}, env=NOTHING)
    assert result["all_known"], result
    assert result["caller"]["object_id"] == "5e6ad4a5-0000-4000-8000-000000000016"
    wrong = ansible.task("subscription_info", {**options, "refresh_token": "another"}, env=NOTHING)
    assert wrong["error"]["code"] == "AADSTS70000"


def test_with_a_device_code(ansible: Ansible) -> None:
    options = {"auth_source": "device_code", "tenant": TENANT}
    result = ansible.task("subscription_info", options, env=NOTHING)
    assert not result["failed"], result
    assert result["caller"]["object_id"] == "5e6ad4a5-0000-4000-8000-000000000016"
    assert "enter the code CSPAZURE1" in result["output"]
    apart = ansible.task("subscription_info", options, env=NOTHING, vars={"csp_azure_in_process": False})
    assert "cannot show a device code" in apart["msg"]


def test_with_the_azure_cli(ansible: Ansible) -> None:
    """With nothing given, and an az that is not there or not signed in: one clear message."""
    result = ansible.task("subscription_info", {}, env=NOTHING)
    assert result["failed"]
    assert result["error"]["code"] in ("NoAzureCli", "AzureCliRefused")
    assert "Azure CLI" in result["msg"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"secret": "nobodys-s3cret~Q"}, "AADSTS7000215", "secret's value, not its id"),
        ({"client_id": f"{APPLICATION}14", "secret": "the-expired-secret"}, "AADSTS7000222", "expired"),
        ({"client_id": f"{APPLICATION}00"}, "AADSTS700016", "consent"),
        ({"client_id": f"{APPLICATION}15", "secret": "the-blocked-secret"}, "AADSTS53003", "Conditional Access"),
        ({"client_id": f"{APPLICATION}98", "secret": "s"}, "AADSTS50076", "Multi-factor"),
        ({"client_id": f"{APPLICATION}97", "secret": "s"}, "AADSTS50079", "enrol"),
        ({"tenant": "00000000-0000-4000-8000-000000000000"}, "AADSTS90002", "Check the tenant id"),
        ({"tenant": "nobody.example"}, "AADSTS90002", "Check the tenant id"),
        ({"tenant": "not a tenant"}, "InvalidInput", "domain names"),
        ({"secret": "", "client_id": ""}, "AADSTS7000215", "secret's value"),
        ({"secret": "the-customers-secret", "client_id": "", "tenant": ""}, "InvalidInput", "Incomplete credential"),
        ({"cloud_environment": "https://localhost:9", "timeout": 1}, "NoAnswer", "cloud_environment"),
    ],
)
def test_refusals_are_one_clear_message(ansible: Ansible, options: dict[str, Any], code: str, message: str) -> None:
    world = scenario()
    for number, refusal in ((98, 50076), (97, 50079)):
        world["tenants"][2]["identities"].append(
            {
                "object_id": f"5e6ad4a5-0000-4000-8000-0000000000{number}",
                "client_id": f"{APPLICATION}{number}",
                "secret": "s",
                "refuse": refusal,
            }
        )
    ansible.azure.ask("reset", world)
    env = {"AZURE_SECRET": "nobodys-s3cret~Q"} if options.get("secret") == "" else {}
    if options.get("secret") or options.get("client_id"):
        options = {
            "tenant": TENANT,
            "client_id": CUSTOMER["AZURE_CLIENT_ID"],
            "secret": CUSTOMER["AZURE_SECRET"],
            **options,
        }
    result = ansible.task("subscription_info", options, env=env)
    assert result["failed"]
    assert result["error"]["code"] == code, result["msg"]
    assert message.lower() in result["msg"].lower()
    assert "Traceback" not in result["output"]
    assert "********" not in result["msg"]  # of which a short secret would be full
    assert len(result["msg"]) < 900, result["msg"]


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_one_variable_names_the_private_authority_for_all_requests(ansible: Ansible, variable: str) -> None:
    others = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""}
    trust = {**others, variable: ansible.azure.ca}
    tasks = [
        {"name": "arm", "csp.azure.subscription_info": {}},
        {"name": "graph", "csp.azure.admin_agents_info": {}, "environment": PARTNER},
    ]
    run = ansible.tasks(*tasks, env=trust)
    assert [run.results[name]["failed"] for name in ("arm", "graph")] == [False, False], run.output
    run = ansible.tasks(*({**task, "environment": {**PARTNER, **trust}} for task in tasks), env=others)
    assert [run.results[name]["failed"] for name in ("arm", "graph")] == [False, False], run.output


def test_an_unknown_authority_is_told(ansible: Ansible) -> None:
    result = ansible.task(
        "subscription_info", {"timeout": 1}, env={"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""}
    )
    assert result["error"]["code"] == "CertificateNotTrusted", result["msg"]
    assert "REQUESTS_CA_BUNDLE" in result["msg"]


# Basic authentication, and what its end says of the secret.
BASIC = base64.b64encode(f"{CUSTOMER['AZURE_CLIENT_ID']}:{CUSTOMER['AZURE_SECRET']}".encode()).decode()
SECRETS = [
    "the-customers-secret",
    "the-partners-secret",
    "the-customers-refresh-token",
    "the-key's-password",
    BASIC[51:-4],
    "eyJ",  # the beginning of every token and assertion
]


@pytest.mark.parametrize("how", ["options", "environment"])
def test_no_secret_is_seen_anywhere(edge: Ansible, certificate: Path, how: str) -> None:
    log = edge.folder / "ansible.log"
    customer = {"tenant": TENANT, "client_id": CUSTOMER["AZURE_CLIENT_ID"], "secret": CUSTOMER["AZURE_SECRET"]}
    partner = {
        "tenant": PARTNER["AZURE_TENANT"],
        "client_id": PARTNER["AZURE_CLIENT_ID"],
        "secret": PARTNER["AZURE_SECRET"],
    }
    in_options = how == "options"
    if not in_options and not edge.in_process:
        # At -vvv ansible itself shows what "environment:" gives to an ordinary module.
        partner_environment, partner_options = {}, partner
    else:
        partner_environment, partner_options = ({}, partner) if in_options else (PARTNER, {})
    edge.azure.ask(
        "faults",
        [
            {
                "api": "arm",
                "method": "PUT",
                "times": 1,
                "status": 403,
                "body": {"error": {"code": "X", "message": f"secret the-customers-secret echoed, Basic {BASIC}"}},
            }
        ],
    )
    grant = {"principal_id": AGENTS, "scopes": [PRODUCTION]}
    tasks: list[dict[str, Any]] = [
        {"csp.azure.role_assignment": {**grant, **(customer if in_options else {})}, "diff": True},
        {"csp.azure.role_assignment": {**grant, **(customer if in_options else {}), "unknown": 1}},
        {"csp.azure.subscription_info": {**customer, "secret": "{{ 'the-customers-secret' }}", "timeout": "soon"}},
        {"csp.azure.admin_agents_info": partner_options, "environment": partner_environment},
        {"csp.azure.admin_agents_info": {**partner, "name": "the-partners-secret"}},
        {
            "csp.azure.subscription_info": {
                "tenant": TENANT,
                "client_id": "x",
                "refresh_token": "the-customers-refresh-token",
                "secret": "",
            }
        },
        {
            "csp.azure.subscription_info": {
                "tenant": TENANT,
                "client_id": f"{APPLICATION}99",
                "x509_certificate_path": str(certificate),
                "x509_certificate_password": "the-key's-password",
            }
        },
        {
            "csp.azure.subscription_info": {
                **customer,
                "secret": "the-customers-secret",
                "x509_certificate_path": str(certificate),
            }
        },
        {"csp.azure.partner_access": {"grants": [grant], **(customer if in_options else {}), "wait_timeout": 1}},
    ]
    env = {"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_KEEP_REMOTE_FILES": "0", "ANSIBLE_INJECT_INVOCATION": "1"}
    run = edge.tasks(*tasks, args=("-vvv",), env=env)
    seen = {
        path: path.read_text(encoding="utf-8", errors="replace")
        for path in edge.folder.iterdir()
        if path.is_file() and path.name not in ("play.yml", "certificate.pem")
    }
    assert log in seen
    seen[Path("output")] = run.output
    for where, text in seen.items():
        for secret in SECRETS:
            for line in text.splitlines():
                if secret in line:
                    pytest.fail(f"{secret} in {where.name}: {line[:300]}")
    assert TENANT in run.output
    assert PRODUCTION in run.output


def test_a_netrc_is_left_alone(ansible: Ansible) -> None:
    """Curl's file of passwords: requests would send what it holds instead of the token."""
    path = ansible.folder / "netrc"
    path.write_text("default login somebody password theirs\n")
    result = ansible.task("foreign_principal_info", {"principal_ids": [AGENTS]}, env={"NETRC": str(path)})
    assert not result["failed"], result
    result = ansible.task("subscription_info", {}, env={"NETRC": str(path)})
    assert not result["failed"], result
