# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin against fakes of its clients."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader

from ansible_collections.csp.azure.plugins.inventory import customers
from ansible_collections.csp.azure.plugins.inventory.customers import InventoryModule
from ansible_collections.csp.azure.plugins.module_utils._model.customers import AzurePlan, Customer, SoldSubscription
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.plugin_utils import _sold_customers

try:
    from ansible.template import trust_as_template
except ImportError:  # before 2.19, every text is a template

    def trust_as_template(text: str) -> str:
        return text


ONE = Customer("11111111-1111-4111-8111-111111111111", "fabrikam.com", "Fabrikam", "reseller")
TWO = Customer("22222222-2222-4222-8222-222222222222", "fabrikam.com", "{{ evil }}", "reseller")
ODD = Customer("33333333-3333-4333-8333-333333333333", "no domain!", None, "advisor")
SOLD = [SoldSubscription("s1", "P", "active", "plan"), SoldSubscription("s2", "Q", "suspended", "plan")]


class PartnerCenter:
    def __init__(self, _sign_in: Any) -> None:
        pass

    def customers(self) -> list[Customer]:
        return [ONE, TWO, ODD]

    def azure_subscriptions(self, tenant_id: str) -> tuple[list[AzurePlan], list[SoldSubscription]]:
        if tenant_id == ODD.tenant_id:
            raise AzureError("slow", code="429")
        return [AzurePlan("plan")], SOLD if tenant_id == ONE.tenant_id else []


class Directory(PartnerCenter):
    def contracts(self) -> list[Customer]:
        return [ONE, TWO]


Inventory = Callable[..., InventoryData]


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def inventory(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> Inventory:
    """Parses a file with these options."""
    monkeypatch.setattr(customers, "PartnerCenter", PartnerCenter)
    monkeypatch.setattr(_sold_customers, "PartnerCenter", PartnerCenter)
    monkeypatch.setattr(customers, "Directory", Directory)

    def parse(data: InventoryData | None = None, **options: Any) -> InventoryData:
        plugin = InventoryModule()
        path = tmp_path / "our.csp_customers.yml"
        path.write_text("plugin: csp.azure.customers\n")
        values = {
            "source": "partner_center",
            "subscriptions": True,
            "hostname": "domain",
            "filters": [],
            "cache": False,
        }
        values |= {"compose": {}, "groups": {}, "keyed_groups": [], "strict": True}
        values |= {"tenant": "t", "client_id": "c", "secret": "s3cret-value", **options}
        monkeypatch.setattr(plugin, "get_option", values.get)
        monkeypatch.setattr(plugin, "_read_config_data", lambda _path: None)
        monkeypatch.setattr(plugin.display, "warning", warnings.append)
        data = data or InventoryData()
        plugin.parse(data, DataLoader(), str(path))
        return data

    return parse


def test_customers_become_hosts_with_what_was_sold(inventory: Inventory, warnings: list[str]) -> None:
    hosts = inventory().hosts
    assert list(hosts) == ["fabrikam.com", TWO.tenant_id, ODD.tenant_id]
    assert hosts["fabrikam.com"].vars["csp_subscription_ids"] == ["s1"]
    assert hosts["fabrikam.com"].vars["csp_left_out"] == ["The subscription s2 is suspended: it was left out."]
    assert hosts[TWO.tenant_id].vars["csp_subscription_ids"] == []
    assert "429: slow" in hosts[ODD.tenant_id].vars["csp_error"]
    assert len(warnings) == 2
    assert any("leaves out 1 subscription of 1 customer because" in text for text in warnings)


def test_a_filter_never_drops_a_customer_that_could_not_be_read(inventory: Inventory) -> None:
    assert list(inventory(filters=[trust_as_template("csp_subscription_ids | length > 0")]).hosts) == [
        "fabrikam.com",
        ODD.tenant_id,
    ]
    with pytest.raises(AnsibleParserError, match="cannot be evaluated"):
        inventory(filters=[trust_as_template("csp_nothing.at.all")])


def test_hosts_may_be_named_after_their_tenants(inventory: Inventory) -> None:
    assert list(inventory(hostname="tenant_id").hosts) == [ONE.tenant_id, TWO.tenant_id, ODD.tenant_id]


def test_graph_knows_no_subscriptions(inventory: Inventory) -> None:
    hosts = inventory(source="graph").hosts
    assert len(hosts) == 2
    assert "csp_subscription_ids" not in hosts["fabrikam.com"].vars


def test_without_subscriptions_nothing_is_read_of_each(inventory: Inventory, warnings: list[str]) -> None:
    assert len(inventory(subscriptions=False).hosts) == 3
    assert warnings == []


def test_an_error_shows_no_secret(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_sign_in: Any) -> None:
        raise AzureError("you sent s3cret-value", code="x")

    monkeypatch.setattr(customers, "PartnerCenter", refused)
    with pytest.raises(AnsibleParserError) as caught:
        inventory()
    assert "s3cret-value" not in str(caught.value)
    assert "could not be read: x: you sent ********" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "valid"),
    [("a.csp_customers.yml", True), ("csp_customers.yaml", True), ("hosts.yml", False)],
)
def test_only_files_of_its_name_are_its_own(name: str, valid: bool, tmp_path: Any) -> None:
    (tmp_path / name).write_text("")
    assert InventoryModule().verify_file(str(tmp_path / name)) is valid


def test_hosts_of_another_source_are_the_same_customer(inventory: Inventory, warnings: list[str]) -> None:
    data = InventoryData()
    data.add_host("fabrikam.com")
    data.set_variable("fabrikam.com", "csp_left_out", ["of another source"])
    hosts = inventory(data, subscriptions=False).hosts
    assert list(hosts) == ["fabrikam.com", TWO.tenant_id, ODD.tenant_id]
    assert hosts["fabrikam.com"].vars["csp_tenant_id"] == ONE.tenant_id


@pytest.mark.parametrize(("tenant", "kept"), [("t", 1), (None, 0)])
def test_only_customers_of_a_known_partner_are_cached(
    tenant: str | None, kept: int, inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache: dict[str, Any] = {}
    monkeypatch.setattr(InventoryModule, "_cache", cache, raising=False)
    inventory(source="graph", cache=True, tenant=tenant, auth_source="cli", client_id=None, secret=None)
    assert len(cache) == kept


def many(monkeypatch: pytest.MonkeyPatch, count: int, fails: Callable[[int], bool]) -> list[int]:
    """So many customers, of whom some fail while their subscriptions are read; the numbers of those that are read."""
    read: list[int] = []

    def azure_subscriptions(_center: Any, tenant_id: str) -> tuple[list[AzurePlan], list[SoldSubscription]]:
        number = int(tenant_id)
        read.append(number)
        if fails(number):
            raise AzureError("slow", code="429")
        return [], []

    listed = [Customer(str(number), f"c{number}.example", "C", "reseller") for number in range(count)]
    monkeypatch.setattr(PartnerCenter, "customers", lambda _center: listed)
    monkeypatch.setattr(PartnerCenter, "azure_subscriptions", azure_subscriptions)
    return read


def test_an_interrupted_run_continues_where_it_was_cut(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    cache: dict[str, Any] = {}
    monkeypatch.setattr(InventoryModule, "_cache", cache, raising=False)
    monkeypatch.setattr(InventoryModule, "update_cache_if_changed", lambda _plugin: None)
    read = many(monkeypatch, 120, lambda _number: False)
    read_step = _sold_customers.run_in_parallel

    def cut(work: Any, items: list[Customer]) -> Any:
        if items[0].tenant_id == "50":
            raise KeyboardInterrupt
        return read_step(work, items)

    with monkeypatch.context() as patch:
        patch.setattr(_sold_customers, "run_in_parallel", cut)
        with pytest.raises(KeyboardInterrupt):
            inventory(cache=True, cache_timeout=3600)
    assert sorted(read) == list(range(50))
    assert len(inventory(cache=True, cache_timeout=3600).hosts) == 120
    assert sorted(read) == list(range(120))
    assert len(inventory(cache=True, cache_timeout=3600).hosts) == 120
    assert len(read) == 120, "the whole is cached"


@pytest.mark.parametrize(("timeout", "seconds", "again"), [(3600, 60, [7]), (3600, 4000, None), (0, 10**6, [7])])
def test_only_failures_and_what_expired_are_read_again(
    timeout: int, seconds: int, again: list[int] | None, inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InventoryModule, "_cache", {}, raising=False)
    monkeypatch.setattr(InventoryModule, "update_cache_if_changed", lambda _plugin: None)
    read = many(monkeypatch, 60, lambda number: number == 7)
    inventory(cache=True, cache_timeout=timeout)
    read.clear()
    start = time.time()
    monkeypatch.setattr("time.time", lambda: start + seconds)
    inventory(cache=True, cache_timeout=timeout)
    assert sorted(read) == (again or list(range(60)))


def test_one_warning_counts_the_customers_that_could_not_be_read(
    inventory: Inventory, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    many(monkeypatch, 1200, lambda number: number < 7)
    inventory()
    [warning] = warnings
    assert warning.startswith(
        "The subscriptions of 7 of 1,200 customers could not be read (csp_error): c0.example: 429"
    )
    assert warning.endswith("and 2 more")


@pytest.mark.parametrize(("status", "sold"), [("active", ["s"]), ("Active", ["s"]), (None, ["s"]), ("deleted", [])])
def test_what_counts_as_sold(
    status: str | None, sold: list[str], inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = SoldSubscription("s", "P", status, "plan")
    monkeypatch.setattr(PartnerCenter, "azure_subscriptions", lambda *_args: ([], [subscription]))
    assert inventory().hosts["fabrikam.com"].vars["csp_subscription_ids"] == sold
