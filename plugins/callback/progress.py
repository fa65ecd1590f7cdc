# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callback: how far a run over many hosts is."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: Shows how far a run over many hosts is
version_added: 2.0.0
author:
  - csp.azure contributors (@csp-azure)
description:
  - Shows every few seconds for how many hosts a task is done, how many hosts failed so far, and about how long the others take.
  - Only a terminal shows it. The output of a job in AWX, a pipe and a log file stay as they are.
  - It works with any playbook, and beside any callback for the standard output.
requirements:
  - enable in configuration (C(callbacks_enabled=csp.azure.progress) in the section C([defaults]) of C(ansible.cfg), or E(ANSIBLE_CALLBACKS_ENABLED))
options:
  interval:
    description: Seconds between two messages. A task that takes less time shows none.
    type: int
    default: 10
    env:
      - name: CSP_AZURE_PROGRESS_INTERVAL
    ini:
      - section: csp_azure_progress
        key: interval
"""

from typing import Any

from ansible.plugins.callback import CallbackBase

from ..plugin_utils._progress import Progress


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Counts the results of each task."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "csp.azure.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._play: Any = None
        self._progress: Progress | None = None
        self._failed: set[str] = set()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Know the hosts of the tasks that follow."""
        self._play = play

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Begin to count."""
        hosts = self._play.get_variable_manager().get_vars(play=self._play)["ansible_play_batch"]
        total = 1 if task.run_once else len(hosts)
        self._progress = Progress(self._display, total, "hosts", self.get_option("interval"), failed=len(self._failed))

    def v2_runner_on_ok(self, result: Any) -> None:
        """Count a host."""
        self._count()

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Count a host."""
        self._count()

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Count a host, and once that it failed."""
        self._count("" if ignore_errors else result._host.get_name())

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Count a host, and once that it failed."""
        self._count(result._host.get_name())

    def _count(self, failed: str = "") -> None:
        new = {failed} - self._failed - {""}
        self._failed |= new
        if self._progress:
            self._progress.advance(1, len(new))
