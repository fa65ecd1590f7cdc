# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of csp.azure.partner_access."""

from __future__ import annotations

from typing import Any

from ..module_utils._model.types import Options, Result
from ..modules import partner_access
from ..plugin_utils._customer_action import CustomerAction
from ..plugin_utils._in_process_action import Variables
from ..plugin_utils._run_results import REINSTATED, note_written, was_written


class ActionModule(CustomerAction):
    """Runs the use case."""

    module = partner_access
    results = REINSTATED
    lists = ("assignments", "steps", "summary", "handoffs")

    @classmethod
    def shared(cls, options: Options) -> dict[str, Any]:
        return {**super().shared(options), "likely_missing": was_written()}

    def completed(self, result: Result, variables: Variables) -> Result:
        result = super().completed(result, variables)
        note_written(any(item.get("state") in ("created", "updated") for item in result.get("assignments", ())))
        return result
