# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action of the tests: write a text to a file on the controller, without the two modules that `ansible.builtin.copy` starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]
    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write ``content`` to ``dest``."""
        content = self._task.args["content"]
        # Before 2.19, ansible makes an object of a text that looks like JSON.
        text = content if isinstance(content, str) else json.dumps(content)
        Path(self._task.args["dest"]).write_text(text, encoding="utf-8")
        return {"changed": False}
