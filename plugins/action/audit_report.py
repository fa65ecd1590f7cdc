# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of csp.azure.audit_report."""

from __future__ import annotations

from ..modules import audit_report
from ..plugin_utils._report_action import ReportAction
from ..plugin_utils._run_results import AUDITED


class ActionModule(ReportAction):
    """Runs the use case."""

    module = audit_report
    results = AUDITED
    role = "audit"
