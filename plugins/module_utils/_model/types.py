# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three untyped shapes at the edges; everything between them is typed.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A task's options, as ansible parsed them.
Options = Mapping[str, Any]
# What a task returns.
Result = dict[str, Any]
# An object of an API's answer or of a report's file.
JsonObject = Mapping[str, Any]
# The options of a module, as AnsibleModule takes them.
ArgumentSpec = dict[str, dict[str, Any]]
