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
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from ansible import constants

from ..module_utils._connection.debug_log import append
from ..module_utils._reports.audit_report import AUDITS
from ..module_utils._reports.report import CHANGES, Kind, now


def _path(name: str) -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, f"csp-azure-{name}")


@dataclass(frozen=True)
class RunLog:
    """The results of one kind of task."""

    name: str
    kind: Kind

    def note(self, customer: str, result: Mapping[str, Any]) -> None:
        """Keep a customer's result."""
        self._keep(customer, result, "result")

    def note_failure(self, customer: str, failure: Mapping[str, Any]) -> None:
        """Keep a failure of the host itself. It may be that of the task, which is known: `rows` leaves it out then."""
        stopped = (failure.get("error") or {}).get("code") == "Stopped"
        self._keep(customer, failure, "stopped" if stopped else "failure")

    def _keep(self, customer: str, result: Mapping[str, Any], origin: str) -> None:
        line = [origin, self.kind.row(customer, result, now())]
        append(_path(f"{self.name}.jsonl"), json.dumps(line, ensure_ascii=False) + "\n")

    def rows(self) -> list[dict[str, Any]]:
        """What was kept in this run so far, in the order in which it came.

        A failure that only repeats what is known of its customer is left out, and so is that a customer with a result was stopped because of
        another host. Failing hosts do not look that up themselves: each would read what all others have left.
        """
        rows: list[dict[str, Any]] = []
        known: dict[str, list[dict[str, Any]]] = {}
        for origin, row in self._lines():
            timeless = {**row, "checked_at": ""}
            before = known.setdefault(row["customer"], [])
            if (origin == "failure" and timeless in before) or (origin == "stopped" and before):
                continue
            before.append(timeless)
            rows.append(row)
        return rows

    def _lines(self) -> list[list[Any]]:
        try:
            with open(_path(f"{self.name}.jsonl"), encoding="utf-8") as file:
                # `append` locks, too: a line that is being written must not be read in half.
                fcntl.flock(file, fcntl.LOCK_SH)
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []


CHANGES_LOG = RunLog("changes", CHANGES)
AUDITS_LOG = RunLog("audits", AUDITS)


def one_at_a_time() -> AbstractContextManager[dict[str, Any]]:
    """Let tasks that report on this run do so one after the other: whoever is last knows all results. They share what was reported."""
    return _shared("reported")


def shared_groups(tenant: str) -> AbstractContextManager[dict[str, str]]:
    """The object ids of the groups of a partner's tenant, by name, as far as this run knows them; what is added, later tasks know.

    One task at a time: the first one looks up, the others wait for it. What one host learnt counts only for hosts of the same partner.
    """
    return _shared(f"groups-{tenant.lower().encode().hex()}")


@contextmanager
def _shared(name: str) -> Iterator[dict[str, Any]]:
    """What tasks share, for one of them at a time; what it changes, later ones see."""
    with open(_path(f"{name}.json"), "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before = file.read() or "{}"
        value = json.loads(before)
        yield value
        if json.dumps(value) != before:
            file.seek(0)
            file.truncate()
            file.write(json.dumps(value))
