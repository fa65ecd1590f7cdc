# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process edge of csp.azure.handoff_files."""

from __future__ import annotations

from ..modules import handoff_files
from ..plugin_utils._in_process_action import InProcessAction


class ActionModule(InProcessAction):
    """Runs the use case."""

    module = handoff_files
