# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Partner Center sold to each customer, read as fast as it allows: thousands of customers take minutes.

For internal use of csp.azure only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from typing import Any

from ..module_utils._clients.partner_center import PartnerCenter
from ..module_utils._connection.identities import SignIn
from ..module_utils._model.customers import Customer
from ..module_utils._model.errors import AzureError
from ..module_utils._model.secrets import masked
from ..module_utils._parallel import run_in_parallel
from ._progress import Progress

Row = dict[str, Any]
# After so many customers, or a twentieth of those that are known, the cache is written: no more are lost if the run is killed.
STEP = 50


class PartialCache:
    """The customers that were read before a run was interrupted, below one key of a cache of ansible.

    Each has the time when it was read. A row older than ``timeout`` seconds is not used; 0 means that none expires.
    """

    def __init__(self, cache: MutableMapping[str, Any], key: str, timeout: float, write: Callable[[], None]) -> None:
        self._cache, self._key, self._timeout, self._write = cache, key, timeout, write

    def rows(self) -> dict[str, Row]:
        """The rows by tenant."""
        oldest = time.time() - self._timeout if self._timeout else 0
        kept = self._cache.get(self._key) or {}
        return {tenant: item["row"] for tenant, item in kept.items() if item["at"] >= oldest}

    def add(self, rows: list[Row]) -> None:
        """Keep these rows, too."""
        at = time.time()
        kept = {**(self._cache.get(self._key) or {}), **{row["tenant_id"]: {"at": at, "row": row} for row in rows}}
        self._cache[self._key] = kept
        self._write()

    def clear(self) -> None:
        """Forget all: the whole is cached."""
        if self._cache.get(self._key):
            self._cache[self._key] = {}


def read_sold(
    partner: SignIn, customers: list[Customer], partial: PartialCache | None, progress: Progress
) -> list[Row]:
    """A row for each customer, with its subscriptions, or with the error if they could not be read."""

    def read(customer: Customer) -> Row:
        # Each customer has the whole time of a task: all of them may take an hour.
        center = PartnerCenter(partner.with_time_to_wait(0))
        try:
            _plans, sold = center.azure_subscriptions(customer.tenant_id)
        except AzureError as exc:
            return {**customer.as_dict(), "error": masked(str(exc), partner.options.secrets)}
        return {**customer.as_dict(), "subscriptions": [item.as_dict() for item in sold]}

    known = partial.rows() if partial else {}
    rows = {customer.tenant_id: known[customer.tenant_id] for customer in customers if customer.tenant_id in known}
    progress.skip(len(rows))
    unread = [customer for customer in customers if customer.tenant_id not in rows]
    kept: list[Row] = []
    for start in range(0, len(unread), STEP):
        step = run_in_parallel(read, unread[start : start + STEP])
        rows.update((row["tenant_id"], row) for row in step)
        complete = [row for row in step if "error" not in row]
        progress.advance(len(step), failed=len(step) - len(complete))
        kept += complete
        # The cache is written whole: rows that it holds already are written again each time.
        if partial and (len(kept) >= len(rows) // 20 or start + STEP >= len(unread)):
            partial.add(kept)
            kept = []
    return [rows[customer.tenant_id] for customer in customers]
