# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of csp.azure.partner_access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.csp.azure.plugins.modules import partner_access
from ansible_collections.csp.azure.plugins.plugin_utils._in_process import InProcess
from ansible_collections.csp.azure.plugins.plugin_utils._run_log import note


class ActionModule(InProcess):
    """Runs its use case, and keeps the result for csp.azure.report."""

    module = partner_access

    def done(self, result: dict[str, Any], task_vars: Mapping[str, Any]) -> None:
        """Keep what became of the host."""
        note(str(task_vars.get("inventory_hostname")), result)
