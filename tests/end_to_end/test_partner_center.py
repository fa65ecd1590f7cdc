# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partner Center: customers, what was sold to them, the invitation link, and its own ways to fail."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ..azure_simulator.running import ROOT
from .conftest import CUSTOMER, PARTNER, PRODUCTION, Ansible

FABRIKAM = CUSTOMER["AZURE_TENANT"]
WOODGROVE_TENANT = "66666666-6666-4666-8666-666666666666"
CONTOSO = PARTNER["AZURE_TENANT"]
USER = {
    **dict.fromkeys(PARTNER, ""),
    "AZURE_TENANT": CONTOSO,
    "AZURE_CLIENT_ID": "0c1f5d6e-0000-4000-8000-000000000077",
    "AZURE_REFRESH_TOKEN": "the-partners-refresh-token",
}


def test_one_customer_with_what_was_sold(ansible: Ansible) -> None:
    for customer in (FABRIKAM, "Fabrikam.onmicrosoft.com"):
        result = ansible.task("customer_info", {"customer": customer, "subscriptions": True}, env=PARTNER)
        [row] = result["customers"]
        assert (row["tenant_id"], row["name"], row["relationship"], row["delegated_access"]) == (
            FABRIKAM,
            "Fabrikam",
            "reseller",
            False,
        )
        assert [plan["status"] for plan in row["azure_plans"]] == ["active"]
        assert PRODUCTION in [item["subscription_id"] for item in row["subscriptions"]]


@pytest.mark.parametrize("customer", [WOODGROVE_TENANT, "00000000-0000-4000-8000-000000000000", "nobody.example"])
def test_no_relationship_is_an_answer(ansible: Ansible, customer: str) -> None:
    result = ansible.task("customer_info", {"customer": customer, "subscriptions": True}, env=PARTNER)
    assert not result["failed"], result
    assert [(row["relationship"], row["subscriptions"]) for row in result["customers"]] == [("none", [])]


def test_all_customers_over_many_pages(ansible: Ansible) -> None:
    world = yaml.safe_load((ROOT / "tests/azure_simulator/scenario.yml").read_text(encoding="utf-8"))
    for number in range(1000):
        tenant = f"88888888-0000-4000-8000-{number:012d}"
        world["tenants"].append(
            {
                "id": tenant,
                "name": f"Customer {number}",
                "domain": f"c{number}.example",
                "partners": [{"tenant": CONTOSO}],
            }
        )
    world["settings"] = {"partner_center_page_size": 300}
    ansible.azure.ask("reset", world)
    result = ansible.task("customer_info", {}, env=PARTNER)
    assert len(result["customers"]) == 1001
    assert len({row["tenant_id"] for row in result["customers"]}) == 1001
    assert len([entry for entry in ansible.azure.log if entry["api"] == "partner_center"]) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {},
            f"invType=ResellerRelationship&partnerId={CONTOSO}&msppId=0&DAP=false#/BillingAccounts/partner-invitation",
        ),
        ({"delegated_admin": True}, "&DAP=true#"),
        (
            {"reseller_tenant": "55555555-5555-4555-8555-555555555555", "reseller_mpn_id": "601089"},
            "invType=IndirectResellerRelationship&partnerId=55555555-5555-4555-8555-555555555555&msppId=601089&DAP=false"
            f"&indirectCSPId={CONTOSO}#/BillingAccounts/partner-invitation",
        ),
    ],
)
def test_the_invitation_link(ansible: Ansible, options: dict[str, Any], message: str) -> None:
    result = ansible.task("relationship_request_info", options, env=USER)
    assert message in result["url"], result


def test_an_application_gets_no_link(ansible: Ansible) -> None:
    result = ansible.task("relationship_request_info", {}, env=PARTNER)
    assert result["error"]["code"] == "2032"
    assert "user" in result["error"]["hint"]


def test_a_sign_in_without_mfa_is_explained(ansible: Ansible) -> None:
    result = ansible.task("customer_info", {}, env={**USER, "AZURE_REFRESH_TOKEN": "a-refresh-token-without-mfa"})
    assert result["error"]["code"] == "900421"
    assert "multi-factor" in result["error"]["hint"]


@pytest.mark.parametrize(
    "fault",
    [
        {
            "status": 429,
            "body": {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."},
            "headers": {"Retry-After": "1"},
        },
        {"status": 503},
        {"drop": True},
    ],
)
def test_passing_faults_pass(ansible: Ansible, fault: dict[str, Any]) -> None:
    ansible.azure.ask("faults", [{"api": "partner_center", "times": 2, **fault}])
    assert len(ansible.task("customer_info", {}, env=PARTNER)["customers"]) == 1


def test_a_throttle_that_stays_is_told(ansible: Ansible) -> None:
    body = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}
    ansible.azure.ask(
        "faults", [{"api": "partner_center", "status": 429, "body": body, "headers": {"Retry-After": "57"}}]
    )
    result = ansible.task("customer_info", {"timeout": 5}, env=PARTNER)
    assert "57 s" in result["msg"]
    assert "throttles" in result["error"]["hint"]
