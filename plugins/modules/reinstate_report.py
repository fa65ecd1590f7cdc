#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: report the outcome for many customers, as a table and files."""

from __future__ import annotations

DOCUMENTATION = r"""
module: reinstate_report
short_description: Report the outcome for many customers
version_added: 2.0.0
description:
  - Shows a table of what M(csp.azure.partner_access) did in this run of ansible, for every host, whether it failed or not, and writes it to three files on
    request. The role P(csp.azure.reinstate#role) ends with it.
  - The files are JSON Lines (one object for each customer, for programs and for O(merge)), CSV (for spreadsheets) and one self-contained HTML page.
  - It merges reports of earlier runs, such as the slices of an AWX job. For each customer, the latest row counts.
  - It makes no requests and needs no credentials.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._report
options:
  path:
    description: Path of the files, without the endings C(.jsonl), C(.csv) and C(.html). If it is empty, no file is written.
    type: path
  title:
    description: The page's title.
    type: str
    default: Access of the partner
seealso:
  - module: csp.azure.partner_access
"""

EXAMPLES = r"""
- name: Merge the reports of the slices of a job
  csp.azure.reinstate_report:
    merge: "{{ query('ansible.builtin.fileglob', 'reports/reinstate-*.jsonl') }}"
    path: reports/all

- name: Merge the rows that other jobs of an AWX workflow left as artifacts
  csp.azure.reinstate_report:
    merge_rows: "{{ query('ansible.builtin.vars', *query('ansible.builtin.varnames', '^csp_azure_reinstate_rows_')) | flatten }}"
    artifacts: [page]
"""

RETURN = r"""
table:
  description: The lines of the table, failures first. Of many customers, only those that changed or failed have one.
  returned: success
  type: list
  elements: str
  sample:
    - customer   outcome    created  unchanged  failed  first reason
    - fabrikam   changed    1        0          0
    - northwind  unchanged  0        1          0
    - "2 customers: 1 changed, 1 unchanged, 0 failed."
totals:
  description: The number of customers with each outcome, and of assignments in each state.
  returned: success
  type: dict
  sample:
    customers: 2
    changed: 1
    unchanged: 1
    failed: 0
    assignments_created: 1
    assignments_updated: 0
    assignments_unchanged: 1
    assignments_failed: 0
rows:
  description: A row for each customer, as the JSON Lines file has them; O(merge_rows) takes them.
  returned: success
  type: list
  elements: dict
  contains:
    customer: {description: Name of the host., type: str}
    tenant: {description: "ID of the customer's tenant, null if it is unknown.", type: str}
    name: {description: "The customer's name, null if it is unknown.", type: str}
    outcome: {description: "V(changed), V(unchanged) or V(failed).", type: str}
    code: {description: "Azure's code, null without a failure; C(reason), C(hint) and C(request_id) go with it.", type: str}
    checked_at: {description: "When, in UTC.", type: str}
    assignments: {description: As RV(csp.azure.partner_access#module:assignments)., type: list, elements: dict}
  sample:
    - customer: fabrikam
      tenant: 22222222-2222-4222-8222-222222222222
      outcome: changed
      created: 1
      updated: 0
      unchanged: 0
      failed: 0
handoffs:
  description: What customers have to be asked for because they have no relationship with the partner, each by the first report of a run that knows it.
  returned: success
  type: list
  elements: dict
  sample:
    - customer: woodgrove
      tenant: 66666666-6666-4666-8666-666666666666
      principal_id: 065b0bfc-0000-4000-8000-000000000001
      role: Owner
      scopes: [/subscriptions/11111111-1111-4111-8111-111111111131]
      invitation_url: https://admin.microsoft.com/Adminportal/Home?invType=ResellerRelationship
      approval_url: null
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
  sample: [reports/all.jsonl, reports/all.csv, reports/all.html]
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
    message: reports/all.csv is not a report of this kind.
    hint: Give the file that ends with .jsonl.
    request_id: ""
"""

from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run
from ..module_utils._reports.reinstate_report import ReinstateReport
from ..module_utils._reports.report import OPTIONS, Run, build

ARGUMENTS = Arguments({**OPTIONS, "title": {"type": "str", "default": "Access of the partner"}}, signs_in=False)


def use_case(options: Options, check_mode: bool, this_run: Run | None = None) -> Result:
    """Build the table and, on request, the files."""
    return build(ReinstateReport(), options, check_mode, this_run)


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
