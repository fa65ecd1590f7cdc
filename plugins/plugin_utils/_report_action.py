# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the actions that report on this run of ansible. For internal use of csp.azure only.

Ansible's own place for the results of all hosts is a callback plugin, which a collection cannot enable by itself. So the actions of the hosts
keep their results in a file, and this one reads it. It always runs in the controller's process: the results exist only there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from ansible.utils.display import Display

from ..module_utils._model.times import now
from ..module_utils._model.types import Result
from ..module_utils._reports.report import HostResult, Run
from ._in_process_action import InProcessAction, Variables, plain
from ._run_results import RunResults, exclusive_report


class ReportAction(InProcessAction):
    """Builds a report of the hosts' ``results``, and shows its table once all hosts are in it.

    ``role`` registers the result of a host as ``<role>_result``, also of one whose task could not even start.
    """

    results: RunResults
    role: str

    def _runs_here(self, variables: Variables) -> bool:
        return True

    def _run_here(self, variables: Variables) -> Result:
        with exclusive_report() as reported:
            results = self.results.read()
            this_run = self._this_run(results, variables)
            name = json.dumps([self.results.name, plain(self._task.args), self._task.check_mode], sort_keys=True)
            last = reported.get(name, {"all": 0, "read": 0, "warnings": []})
            if this_run.expected and last["all"] == len(this_run.results) > 0:
                # With the free strategy each host reports: a host with nothing new gets the previous report.
                return last["result"]
            this_run = replace(this_run, reported=last["read"])
            result = _with_warnings(self._execute_here(this_run=this_run), last["warnings"])
            # A batch in which all hosts failed is the last one.
            if result.get("complete") or not variables.get("ansible_play_batch"):
                Display().display("\n".join(result.get("table", [])))
            elif result.get("complete") is False:
                result = {**result, "failed": False}  # the last batch reports again
            reported[name] = {
                "all": len(this_run.results),
                "read": len(results),
                "warnings": list(dict.fromkeys([*last["warnings"], *result.get("warnings", [])])),
                "result": {**result, **({"handoffs": []} if "handoffs" in result else {})},
            }
            return self._with_artifacts(result, variables)

    def _with_artifacts(self, result: Result, variables: Variables) -> Result:
        """The result; ansible keeps what is under ``ansible_stats`` as set_stats does, and AWX as the job's artifacts."""
        chosen = self._task.args.get("artifacts") or ()
        names = [name for name in ("rows", "page") if name in chosen and name in result]
        if not names:
            return result
        # By the job's ID: of artifacts of one name, those of one slice would replace those of all others.
        job = f"_{variables['awx_job_id']}" if "awx_job_id" in variables else ""
        data = {f"csp_azure_{self.role}_{name}{job}": result[name] for name in names}
        result.pop("page", None)
        return {**result, "ansible_stats": {"data": data, "per_host": False, "aggregate": False}}

    def _this_run(self, results: list[HostResult], variables: Variables) -> Run:
        """This run, as far as it has come. A play none of whose hosts has a result only reports on others."""
        inventory = frozenset(map(str, variables.get("groups", {}).get("all", ())))
        play = frozenset(map(str, variables.get("ansible_play_hosts_all", ())))
        left = frozenset(map(str, variables.get("ansible_play_hosts", ())))
        known = {item.host for item in results}
        started = frozenset(map(str, variables.get("ansible_play_batch", ()))) | (play - left)
        results = [*results, *self._failures(sorted(started - known), variables)]
        if not play & {item.host for item in results}:
            return Run(tuple(results), inventory=inventory)
        return Run(tuple(results), tuple(sorted(play - left)), play, inventory)

    def _failures(self, hosts: Sequence[str], variables: Variables) -> list[HostResult]:
        """The results of hosts whose task could not even start, which only their variables know."""
        kept = [(host, variables["hostvars"][host].get(f"{self.role}_result")) for host in hosts]
        return [HostResult(host, now(), plain(result)) for host, result in kept if result and result.get("failed")]


def _with_warnings(result: Result, earlier: Sequence[str]) -> Result:
    """The result; a batch replaces the report that the batch before found broken, so the last table still names that one."""
    new = result.get("warnings", [])
    if "table" not in result:
        return result
    return {**result, "table": [*result["table"], *(text for text in earlier if text not in new)]}
