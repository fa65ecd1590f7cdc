# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide Troubleshooting, made from the hints that errors come with: `python3 -m tests.troubleshooting` writes it anew."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs/docsite/rst/guide_troubleshooting.rst"
HEAD = """\
.. _ansible_collections.csp.azure.docsite.guide_troubleshooting:

Troubleshooting
===============

A task that fails returns ``error`` with the code and the words of Azure, a hint, and the request ID that Microsoft Support asks for.
This page lists the hints by code.

* ``debug_log`` (``CSP_AZURE_DEBUG_LOG``) writes all requests and responses of a task to a file, with secrets masked.
  The role ``reinstate`` writes ``newRoleAssignment.log`` if it fails.
* ``--check`` asks for every permission that a run needs, and writes nothing.
* ``-vvv`` shows whether a task runs in the shared worker; ``-e csp_azure_in_process=false`` runs ordinary modules.
* A list that cannot be read is an error, never an empty list.
"""


def hints() -> ModuleType:
    """The hints, without the collection's other code."""
    path = ROOT / "plugins/module_utils/_model/hints.py"
    spec = importlib.util.spec_from_file_location("hints", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def guide() -> str:
    """The whole page."""
    known = hints()
    special = [(code, re.sub(r"{(\w+)}", r"*\1*", hint)) for code, _pattern, hint in known.BY_MESSAGE]
    listed = {code for by_code in known.BY_SERVICE.values() for code in by_code}
    sections = [HEAD]
    for service, by_code in known.BY_SERVICE.items():
        # Codes whose hint depends on the message alone are Azure Resource Manager's.
        own = {*by_code, *({code for code, _hint in special} - listed if service == "Azure Resource Manager" else ())}
        rows = [*by_code.items(), *((code, hint) for code, hint in special if code in own)]
        sections.append(f"{service}\n{'-' * len(service)}\n\n{_table(sorted(rows))}")
    return "\n".join(sections)


def _table(rows: list[tuple[str, str]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 30 70", "", "   * - code", "     - what to do"]
    for code, hint in rows:
        lines += [f"   * - ``{code}``", f"     - {hint}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GUIDE.write_text(guide(), encoding="utf-8")
