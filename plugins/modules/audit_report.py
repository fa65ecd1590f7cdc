#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: the audits of many customers, in one table and in files."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_report
short_description: Report the audits of many customers
version_added: 2.0.0
description:
  - Shows a table of the findings of M(csp.azure.partner_access_info) for every host of this run of ansible, including failed hosts. Lost access comes first.
    On request, it writes four files. The role P(csp.azure.audit#role) ends with this task.
  - The files are JSON Lines (one object for each customer, for programs, for O(merge), and for the next audit to compare with), CSV (for spreadsheets, with the
    columns of Microsoft's own sample report first), one self-contained HTML page, and a worklist.
  - The worklist (C(.worklist.json)) is an inventory of the customers that lack access, in the group C(audit_worklist), with the variable
    C(reinstate_worklist). P(csp.azure.reinstate#role) restores exactly what it lists; whoever approves it may remove hosts and entries first.
  - It merges reports of earlier runs, such as the slices of an AWX job. For each customer, the latest row counts.
  - Customers of the inventory that this run did not reach keep their rows of an older report for 30 days; they are not in RV(table). The older report is
    O(earlier_report), and the one that this one replaces. A broken one is not replaced, but renamed to C(.jsonl.broken), C(.jsonl.broken-2) and so on.
  - It makes no requests and needs no credentials.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._report
options:
  earlier_report:
    description:
      - The JSON Lines file that the audits of this run were compared with. What it knew of customers that could not be audited is kept for the next audit.
      - If it cannot be read or does not exist, the new report is written anyway; a warning and a line of RV(table) say so.
    type: path
  path:
    description: Path of the files, without the endings C(.jsonl), C(.csv), C(.html) and C(.worklist.json). If it is empty, no file is written.
    type: path
  title:
    description: The page's title.
    type: str
    default: Audit of the partner's access
seealso:
  - module: csp.azure.partner_access_info
"""

EXAMPLES = r"""
- name: Merge the audits of the slices of a job
  csp.azure.audit_report:
    merge: "{{ query('ansible.builtin.fileglob', 'reports/audit-*.jsonl') }}"
    path: reports/audit

- name: Merge the rows that other jobs of an AWX workflow left as artifacts
  csp.azure.audit_report:
    merge_rows: "{{ query('ansible.builtin.vars', *query('ansible.builtin.varnames', '^csp_azure_audit_rows_')) | flatten }}"
    artifacts: [page]
"""

RETURN = r"""
table:
  description: The lines for the terminal. A single customer has one for each subscription; of many customers, only those with findings are listed.
  returned: success
  type: list
  elements: str
  sample:
    - "LOST: fabrikam: Owner at /subscriptions/11111111-1111-4111-8111-111111111111"
totals:
  description: How many customers and subscriptions there are, with which access and credit, and with each of the flags of M(csp.azure.partner_access_info).
  returned: success
  type: dict
  sample:
    customers: 1
    failed: 0
    subscriptions: 2
    access_full: 1
    access_none: 1
    lost: 1
rows:
  description: A row for each customer, as the JSON Lines file has them; O(merge_rows) takes them.
  returned: success
  type: list
  elements: dict
  contains:
    customer: {description: Name of the host., type: str}
    tenant: {description: "ID of the customer's tenant, null if it is unknown.", type: str}
    name: {description: "The customer's name, null if it is unknown.", type: str}
    outcome: {description: "V(checked), V(findings) if some of them fail the task, or V(failed).", type: str}
    code: {description: "Azure's code, null without a failure; C(reason), C(hint) and C(request_id) go with it.", type: str}
    checked_at: {description: "When, in UTC.", type: str}
    subscriptions: {description: As RV(csp.azure.partner_access_info#module:subscriptions)., type: list, elements: dict}
  sample:
    - customer: fabrikam
      tenant: 22222222-2222-4222-8222-222222222222
      outcome: checked
      checked_at: "2026-11-22T10:00:00Z"
lacking:
  description: The customers that lack something that C(csp.azure.reinstate) could write.
  returned: success
  type: list
  elements: str
  sample: [fabrikam]
complete:
  description: Whether all hosts of the play have a result, or were lost.
  returned: success
  type: bool
  sample: true
files:
  description: The files that were written.
  returned: success
  type: list
  elements: str
  sample: [reports/audit.jsonl, reports/audit.csv, reports/audit.html, reports/audit.worklist.json]
error:
  description: Details of the failure.
  returned: on failure
  type: dict
  contains:
    code: {description: V(InvalidInput)., type: str}
    message: {description: What is wrong., type: str}
    hint: {description: What to do next., type: str}
    request_id: {description: Always empty., type: str}
  sample:
    code: InvalidInput
    message: reports/audit.csv is not a report of this kind.
    hint: Give the file that ends with .jsonl.
    request_id: ""
"""

from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run
from ..module_utils._reports.audit_report import AuditReport
from ..module_utils._reports.report import OPTIONS, Run, build

ARGUMENTS = Arguments(
    {
        **OPTIONS,
        "earlier_report": {"type": "path"},
        "title": {"type": "str", "default": "Audit of the partner's access"},
    },
    signs_in=False,
)


def use_case(options: Options, check_mode: bool, this_run: Run | None = None) -> Result:
    """Build the table and, on request, the files."""
    return build(AuditReport(), options, check_mode, this_run)


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
