# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of reports. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """What the modules that report share."""

    DOCUMENTATION = r"""
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details: The table is shown, no file is written.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: none
  delegation:
    description: Can be used in conjunction with delegate_to and related keywords.
    support: none
    details: It always runs on the controller.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: none
    details: A report contains the time at which it was written.
options:
  merge:
    description: JSON Lines files of earlier reports.
    type: list
    elements: path
    default: []
  merge_rows:
    description: Rows of earlier reports, as RV(rows) returns them.
    type: list
    elements: dict
    default: []
  expected:
    description: Customers that must have a row. Whoever has none is reported as failed (V(NoRow)), such as the customers of a slice whose job was killed.
    type: list
    elements: str
    default: []
  artifacts:
    description:
      - What to leave as statistics of the run (M(ansible.builtin.set_stats)), which are the artifacts of a job of AWX and the extra variables of the
        jobs that follow it in a workflow.
      - The variables are C(csp_azure_reinstate_rows) and C(csp_azure_reinstate_page), of audits C(csp_azure_audit_rows) and C(csp_azure_audit_page). In
        AWX, their names end with the job's ID (C(csp_azure_audit_rows_42)), so that slices do not replace each other's.
    type: list
    elements: str
    choices: [rows, page]
    default: []
notes:
  - The task always runs on the controller, whatever the host's connection is, because the results of the run are there.
  - It reports the results that this run of ansible has so far. While hosts of its play have none yet, it is silent, writes files that later batches
    replace, and does not fail. The last batch shows the table and fails if a file could not be written.
  - Hosts of its play that failed or cannot be reached are reported as failed.
"""
