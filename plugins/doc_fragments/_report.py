# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what reports are made of. For internal use of csp.azure only."""

from __future__ import annotations


class ModuleDocFragment:
    """What the modules that report share."""

    DOCUMENTATION = r"""
options:
  results:
    description: Rows as a report's JSON Lines file has them. Left out, those of this run.
    type: list
    elements: dict
  failure:
    description:
      - A failure of the host itself, for example C(ansible_failed_result), that is to be in the report of this run. With it the module reports nothing yet.
    type: dict
  hosts:
    description:
      - Hosts that have failed or cannot be reached, for example C(ansible_play_hosts_all | difference(ansible_play_hosts)).
      - Those without a failure of their own count as failed, too.
    type: list
    elements: str
    default: []
  merge:
    description: JSON Lines files of earlier reports.
    type: list
    elements: path
    default: []
"""
