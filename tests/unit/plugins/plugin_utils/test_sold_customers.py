# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was sold to many customers: read side by side, kept while it is read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.module_utils._model.customers import Customer
from ansible_collections.csp.azure.plugins.module_utils._model.errors import AzureError
from ansible_collections.csp.azure.plugins.plugin_utils import _sold_customers
from ansible_collections.csp.azure.plugins.plugin_utils._sold_customers import STEP, PartialCache, read_sold

PARTNER: Any = SimpleNamespace(with_time_to_wait=lambda _seconds: None, options=SimpleNamespace(secrets=set()))
PROGRESS: Any = SimpleNamespace(skip=lambda _number: None, advance=lambda _number, failed: None)


class Cache(dict[str, Any]):
    """A cache of ansible that counts the rows which it writes."""

    written = 0

    def write(self) -> None:
        self.written += sum(map(len, self.values()))


def customers(number: int) -> list[Customer]:
    return [
        Customer(tenant_id=f"t{n}", domain=f"c{n}.example", name=None, relationship="reseller") for n in range(number)
    ]


def read(cache: Cache, number: int, monkeypatch: pytest.MonkeyPatch, *failing: str) -> tuple[list[Any], list[str]]:
    """The rows, and the tenants that were read for them."""
    requested: list[str] = []

    def sold(tenant: str) -> tuple[list[Any], list[Any]]:
        requested.append(tenant)
        if tenant in failing:
            raise AzureError("Azure is busy.")
        return [], []

    monkeypatch.setattr(_sold_customers, "PartnerCenter", lambda _partner: SimpleNamespace(azure_subscriptions=sold))
    rows = read_sold(PARTNER, customers(number), PartialCache(cache, "key", 0, cache.write), PROGRESS)
    return rows, requested


def test_rows_are_in_order_and_a_failure_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache()
    rows, _requested = read(cache, 120, monkeypatch, "t7")
    assert [row["tenant_id"] for row in rows] == [f"t{n}" for n in range(120)]
    assert [row["tenant_id"] for row in rows if "error" in row] == ["t7"]
    _rows, requested = read(cache, 120, monkeypatch)
    assert requested == ["t7"]


@pytest.mark.parametrize("number", [1000, 8000])
def test_keeping_the_rows_costs_in_proportion_to_their_number(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache()
    read(cache, number, monkeypatch)
    assert cache.written <= 25 * number


def test_an_interruption_loses_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache()
    monkeypatch.setattr(cache, "write", lambda: None if len(cache["key"]) < 2000 else pytest.fail("cut"))
    with pytest.raises(pytest.fail.Exception):
        read(cache, 8000, monkeypatch)
    _rows, requested = read(Cache(cache), 8000, monkeypatch)
    assert 6000 - 2000 // 20 - STEP <= len(requested) <= 6000
