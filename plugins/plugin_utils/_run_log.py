# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run of ansible know of each other: what became of the customers, and the partner's groups.

Gathering the results of thousands of hosts from their variables takes ansible as long as the work itself. So each task leaves its line in a
file, whatever the strategy and the batches are, and whether the host fails or not. It lies in the folder that ansible makes for each run,
for its user alone, and removes at its end. For internal use of csp.azure only.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible import constants

from ansible_collections.csp.azure.plugins.module_utils._audit_report import AUDITS
from ansible_collections.csp.azure.plugins.module_utils._report import CHANGES, Kind, now
from ansible_collections.csp.azure.plugins.module_utils._trace import append


def _path(name: str) -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, f"csp-azure-{name}")


@dataclass(frozen=True)
class RunLog:
    """The results of one kind of task."""

    name: str
    kind: Kind

    def note(self, customer: str, result: Mapping[str, Any]) -> None:
        """Keep a customer's result."""
        kept = self.kind.row(customer, result, now())
        append(_path(f"{self.name}.jsonl"), json.dumps(kept, ensure_ascii=False) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        """What was kept in this run so far, in the order in which it came."""
        try:
            with open(_path(f"{self.name}.jsonl"), encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []


CHANGES_LOG = RunLog("changes", CHANGES)
AUDITS_LOG = RunLog("audits", AUDITS)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let tasks that write a report of this run do so one after the other: whoever is last knows all results."""
    with open(_path("reporting"), "a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def shared_groups(tenant: str) -> Iterator[dict[str, str]]:
    """The object ids of the groups of a partner's tenant, by name, as far as this run knows them; what is added, later tasks know.

    One task at a time: the first one looks up, the others wait for it. What one host learnt counts only for hosts of the same partner.
    """
    with open(_path("groups.json"), "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known: dict[str, dict[str, str]] = json.loads(file.read() or "{}")
        mine = known.setdefault(tenant.lower(), {})
        before = dict(mine)
        yield mine
        if mine != before:
            file.seek(0)
            file.truncate()
            file.write(json.dumps(known))
