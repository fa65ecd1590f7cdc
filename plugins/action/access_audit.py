# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of csp.azure.access_audit."""

from __future__ import annotations

from typing import Any

from ansible_collections.csp.azure.plugins.modules import access_audit
from ansible_collections.csp.azure.plugins.plugin_utils._of_customer import OfCustomer
from ansible_collections.csp.azure.plugins.plugin_utils._run_log import AUDITS_LOG, as_it_was


class ActionModule(OfCustomer):
    """Runs the use case."""

    module = access_audit
    log = AUDITS_LOG

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the task. The earlier report is that of before this run, although this run may write in its place."""
        earlier = self._task.args.get("earlier_report")
        if earlier and self._connection.transport == "local":
            self._task.args = {**self._task.args, "earlier_report": as_it_was(str(earlier))}
        return super().run(tmp, task_vars)
