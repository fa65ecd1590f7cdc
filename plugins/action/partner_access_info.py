# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of csp.azure.partner_access_info."""

from __future__ import annotations

from ..modules import partner_access_info
from ..plugin_utils._customer_action import CustomerAction
from ..plugin_utils._run_results import AUDITED


class ActionModule(CustomerAction):
    """Runs the use case."""

    module = partner_access_info
    results = AUDITED
    lists = ("steps", "summary")
