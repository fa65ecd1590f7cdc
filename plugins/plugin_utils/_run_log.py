# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the customers of this run of ansible. For internal use of csp.azure only.

Gathering the results of thousands of hosts from their variables takes ansible as long as the work itself. So each task leaves its line in a
file, whatever the strategy and the batches are, and whether the host fails or not. It lies in the folder that ansible makes for each run,
for its user alone, and removes at its end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible import constants

from ansible_collections.csp.azure.plugins.module_utils._report import row
from ansible_collections.csp.azure.plugins.module_utils._trace import append


def _path() -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, "csp-azure-results.jsonl")


def note(customer: str, result: Mapping[str, Any]) -> None:
    """Keep a customer's result."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = {**row(customer, result, now), "summary": result.get("summary") or []}
    append(_path(), json.dumps(kept, ensure_ascii=False) + "\n")


def rows() -> list[dict[str, Any]]:
    """What was kept in this run so far, in the order in which it came."""
    try:
        with open(_path(), encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []
