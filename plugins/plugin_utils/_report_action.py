# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions that report share. For internal use of csp.azure only."""

from __future__ import annotations

from typing import Any

from ._in_process_action import InProcess
from ._run_results import RunLog, one_at_a_time

# What a report is told by, to later hosts of the same run.
_TOLD = ("changed", "failed", "msg", "error", "table", "complete", "files", "by")


class Reporting(InProcess):
    """Runs its use case on what this run of ansible has kept."""

    log: RunLog
    shares = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the task."""
        host = str((task_vars or {}).get("inventory_hostname"))
        failure = self._task.args.get("failure")
        if failure:
            self.log.note_failure(host, failure)
            return super().run(tmp, task_vars)
        with one_at_a_time() as reported:
            results = self.log.rows()
            name = f"{self.log.name} {self._task.args.get('path')} {self._task.check_mode}"
            last = reported.get(name)
            if last and last["results"] == len(results) and self._task.args.get("expected"):
                # With the strategy free each host reports: who has nothing new to tell gets what was told.
                return last["made"]
            self._task.args = {"results": results, **self._task.args}
            made = {**super().run(tmp, task_vars), "by": host}
            # A batch replaces the report that the batch before it has found broken: the last table still names that one.
            before = last["warnings"] if last else []
            new = made.get("warnings", [])
            if "table" in made:
                made["table"] = [*made["table"], *(text for text in before if text not in new)]
            reported[name] = {
                "results": len(results),
                "made": {key: made[key] for key in _TOLD if key in made},
                "warnings": list(dict.fromkeys([*before, *new])),
            }
            return made
