#!/usr/bin/python
# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module: write the files that a customer gets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: handoff_files
short_description: Write the files that a customer gets
version_added: 2.0.0
description:
  - Writes all files of a folder in one task. For thousands of customers, the role P(csp.azure.handoff#role) would need hours with M(ansible.builtin.template).
  - A file that already has this content and these permissions is left alone. Other files of the folder are left alone, too.
  - It makes no requests and needs no credentials.
author:
  - csp.azure contributors (@csp-azure)
extends_documentation_fragment:
  - csp.azure._attributes.writes
attributes:
  async:
    description: Supports being used with the C(async) keyword.
    support: full
options:
  path:
    description: The folder. It is created if it is missing.
    type: path
    required: true
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the file, without a folder.
        type: str
        required: true
      content:
        description: The whole text.
        type: str
        required: true
      executable:
        description: Whether the file is a program. All files can be read by everybody.
        type: bool
        default: false
seealso:
  - module: ansible.builtin.template
"""

EXAMPLES = r"""
- name: Write what the customer has to run
  csp.azure.handoff_files:
    path: handoff/fabrikam
    files:
      - name: reinstate-access.sh
        content: "{{ lookup('ansible.builtin.template', 'our-script.sh.j2') }}"
        executable: true
"""

RETURN = r"""
path:
  description: The folder.
  returned: success
  type: str
  sample: handoff/fabrikam
written:
  description: Names of the files that were written; in check mode, of those that a run would write.
  returned: success
  type: list
  elements: str
  sample: [reinstate-access.sh]
diff:
  description: Text before and after, for each file that differs.
  returned: in diff mode
  type: list
  elements: dict
error:
  description: Details of the failure.
  returned: on failure
  type: dict
  contains:
    code: {description: V(InvalidInput)., type: str}
    message: {description: What is wrong., type: str}
    hint: {description: What to do next., type: str}
    request_id: {description: Always empty., type: str}
  sample: {code: InvalidInput, message: "/handoff/mail.txt cannot be written: Permission denied.", hint: "", request_id: ""}
"""

import os
import stat

from ..module_utils._model.errors import invalid
from ..module_utils._model.types import Options, Result
from ..module_utils._module import Arguments, run
from ..module_utils._reports.files import write

FILE = {
    "name": {"type": "str", "required": True},
    "content": {"type": "str", "required": True},
    "executable": {"type": "bool", "default": False},
}
ARGUMENTS = Arguments(
    {
        "path": {"type": "path", "required": True},
        "files": {"type": "list", "elements": "dict", "options": FILE, "required": True},
    },
    signs_in=False,
)


def use_case(options: Options, check_mode: bool) -> Result:
    """Write the files that differ."""
    folder, written, diff = options["path"], [], []
    for file in options["files"]:
        name, content = file["name"], file["content"]
        if not name or name != os.path.basename(name) or name in (".", ".."):
            raise invalid(f"{name!r} is no name of a file.")
        path, mode = os.path.join(folder, name), 0o755 if file["executable"] else 0o644
        before = _text(path)
        if before == content and stat.S_IMODE(os.stat(path).st_mode) == mode:
            continue
        written.append(name)
        header = {"before_header": path, "after_header": path}
        diff.append({**header, "before": before or "", "after": content})
        if not check_mode:
            write(path, content, mode)
    return {"changed": bool(written), "path": folder, "written": written, "diff": diff}


def _text(path: str) -> str | None:
    """The text of a file, None if it does not exist or is no text; AzureError if it cannot be read."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None
    except OSError as exc:
        raise invalid(f"{path} cannot be read: {exc.strerror}.") from exc


def main() -> None:
    """Entry point."""
    run(ARGUMENTS, use_case)


if __name__ == "__main__":
    main()
