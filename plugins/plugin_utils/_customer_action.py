# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions that work on one customer share. For internal use of csp.azure only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils._connection.sign_in import partner_identity
from ..module_utils._module import outcome
from ..modules import admin_agents_info
from ._in_process_action import InProcess
from ._run_results import RunLog, shared_groups


class OfCustomer(InProcess):
    """Runs its use case, keeps the result for the report, and looks up a partner's groups once for all hosts of a run."""

    log: RunLog

    @classmethod
    def prepare(cls, options: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
        """The options with the groups that this run knows already. What cannot be looked up is left to the use case, which says why."""
        tenant = partner_identity(options["partner"]).get("tenant")
        groups = options["groups"]
        named = {grant["group"] for grant in options["grants"] if grant.get("group")} - set(groups)
        if not tenant or not named:
            return options
        with shared_groups(tenant) as known:
            for name in named - set(known):
                wanted = {**_signed_in_beside(options), "name": name}
                found = outcome(admin_agents_info.ARGUMENTS, admin_agents_info.use_case, wanted, True, say)[0]
                if "object_id" in found:
                    known[name] = found["object_id"]
            return {**options, "groups": {**{name: known[name] for name in named & set(known)}, **groups}}

    def done(self, result: dict[str, Any], task_vars: Mapping[str, Any]) -> None:
        """Keep what became of the host."""
        self.log.note(str(task_vars.get("inventory_hostname")), result)


def _signed_in_beside(options: Mapping[str, Any]) -> dict[str, Any]:
    """The sign-in options of the partner: its identity, and the task's for what both share."""
    shared = {name: options[name] for name in ("cloud_environment", "timeout", "debug_log")}
    return {**shared, **partner_identity(options["partner"])}
