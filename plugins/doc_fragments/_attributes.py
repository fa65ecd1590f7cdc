# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what modules support. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """`DOCUMENTATION` for all modules, `READ_ONLY` and `WRITES` for the two kinds."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/csp.azure.all) in C(module_defaults) to set the sign-in options of all modules at once.
    support: full
    membership: [csp.azure.all]
  async:
    description: Supports being used with the C(async) keyword.
    support: full
"""

    READ_ONLY = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details: This module only reads.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: N/A
    details: This module only reads.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
    details: This module only reads.
"""

    WRITES = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details: It sends no write, and fails where the real run would fail on reading. It cannot predict a rejection that Azure issues only for a write.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
"""
