# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the actions that work on one customer. For internal use of csp.azure only."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from ..module_utils._connection.options import partner_options
from ..module_utils._gdap.partner_tenant import ADMIN_AGENTS
from ..module_utils._model.errors import AzureError
from ..module_utils._model.scopes import NO_SCOPE
from ..module_utils._model.types import Options, Result
from ..module_utils._module import run_use_case
from ..modules import admin_agents_info
from ._in_process_action import InProcessAction, Variables, plain
from ._run_results import RunResults, run_once, shared_groups


class CustomerAction(InProcessAction):
    """Runs its use case, keeps the result for the report, and looks up a partner's groups once for all hosts of a run."""

    results: RunResults
    # Lists of the result that are empty after a failure before the first request.
    lists: tuple[str, ...]

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """The result of the task. In a job of AWX, which loses its working folder, a log in it is not promised."""
        log = self._task.args.get("failure_log")
        if log and "awx_job_id" in (task_vars or {}) and not os.path.isabs(str(log)):
            self._task.args = {**self._task.args, "failure_log": ""}
        return super().run(tmp, task_vars)

    @classmethod
    def prepare(cls, options: Options, display: Callable[[str], None]) -> Options:
        """The options with the groups that this run knows already. What fails here is left to the use case, which reports it."""
        try:
            partner = partner_options(options["partner"])
        except AzureError:
            return options
        tenant, groups = partner.get("tenant"), options["groups"]
        missing = _groups(options) - set(groups)
        if not tenant or not missing:
            return options
        shared = {name: options[name] for name in ("cloud_environment", "timeout", "debug_log")}
        with shared_groups(tenant) as known:
            for name in missing - set(known):
                look_up = {**shared, **partner, "name": name}
                result, _secrets = run_use_case(
                    admin_agents_info.ARGUMENTS, admin_agents_info.use_case, look_up, True, display
                )
                known[name] = result.get("object_id", "")
            return {**options, "groups": {**{name: known[name] for name in missing if known[name]}, **groups}}

    @classmethod
    def shared(cls, options: Options) -> dict[str, Any]:
        """What is read once for all customers of a partner."""
        try:
            tenant = partner_options(options["partner"]).get("tenant")
        except AzureError:  # the use case reports it
            return {}
        return {"once": partial(run_once, tenant)} if tenant else {}

    def completed(self, result: Result, variables: Variables) -> Result:
        """Keep the result."""
        result = _explained(result, variables)
        if result.get("failed"):
            result = {**{name: [] for name in self.lists}, **result}
        # A module's failure may hold ansible's own objects.
        kept = {name: value for name, value in result.items() if name != "exception"}
        if variables.get("csp_name"):
            kept["customer_name"] = variables["csp_name"]
        if variables.get("csp_tenant_id"):
            kept["customer_tenant"] = variables["csp_tenant_id"]
        try:
            self.results.note(str(variables.get("inventory_hostname")), plain(kept))
        except AzureError as exc:  # what was done must not be lost with it
            text = f"The report will lack this host: {exc.message}"
            return {**result, "warnings": [*result.get("warnings", []), text]}
        return result


def _groups(options: Options) -> set[str]:
    """The groups that a task names; delegated admin privileges are a matter of AdminAgents, too."""
    gdap = options.get("gdap") or {}
    further = [gdap["group"], ADMIN_AGENTS] if gdap.get("roles") else []
    return {*further, *(grant["group"] for grant in options["grants"] if grant.get("group"))}


def _explained(result: Result, variables: Variables) -> Result:
    """The result; without subscriptions because Partner Center could not be read for the inventory `customers`, that is the reason to show."""
    unread = variables.get("csp_error")
    if not unread or (result.get("error") or {}).get("code") != NO_SCOPE:
        return result
    message = f"What was sold to this customer could not be read: {unread}"
    return {**result, **AzureError(message, code="NotRead", hint="Run again.").as_result()}
