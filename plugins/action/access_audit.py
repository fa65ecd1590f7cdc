# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of csp.azure.access_audit."""

from __future__ import annotations

from ..modules import access_audit
from ..plugin_utils._customer_action import OfCustomer
from ..plugin_utils._run_results import AUDITS_LOG


class ActionModule(OfCustomer):
    """Runs the use case."""

    module = access_audit
    log = AUDITS_LOG
