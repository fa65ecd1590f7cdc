# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run of ansible leave for each other: the results of the hosts, and the partner's groups.

Collecting the results of thousands of hosts from their variables takes ansible as long as the work itself. So each task leaves its result in
a file, whatever the strategy and the batches are, and whether the host fails or not. The file is in the folder that ansible makes for each
run, for its user alone, and removes at its end. For internal use of csp.azure only.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from ansible import constants

from ..module_utils._connection.debug_log import append
from ..module_utils._model.times import now
from ..module_utils._reports.report import HostResult


def _path(name: str) -> str:
    return os.path.join(constants.DEFAULT_LOCAL_TMP, f"csp-azure-{name}")


@dataclass(frozen=True)
class RunResults:
    """The results of one kind of task, by its ``name``."""

    name: str

    def note(self, host: str, result: Mapping[str, Any]) -> None:
        """Keep a host's result."""
        append(_path(f"{self.name}.jsonl"), json.dumps([host, now(), result], ensure_ascii=False) + "\n")

    def read(self) -> list[HostResult]:
        """The results so far, in the order in which they came."""
        try:
            with open(_path(f"{self.name}.jsonl"), encoding="utf-8") as file:
                # `append` locks, too: no line is read while it is being written.
                fcntl.flock(file, fcntl.LOCK_SH)
                return [HostResult(*json.loads(line)) for line in file]
        except FileNotFoundError:
            return []


REINSTATED = RunResults("reinstated")
AUDITED = RunResults("audited")


def exclusive_report() -> AbstractContextManager[dict[str, Any]]:
    """Let the tasks that report on this run do so one at a time: the last one knows all results. They share what was reported."""
    return _shared("reported")


def shared_groups(tenant: str) -> AbstractContextManager[dict[str, str]]:
    """The object IDs of the groups of a partner's tenant by name, empty where the look-up failed; later tasks know what is added.

    One task at a time: the first one looks up, the others wait for it. What one host learns counts only for hosts of the same partner.
    """
    return _shared(f"groups-{tenant.lower().encode().hex()}")


def note_written(written: bool) -> None:
    """Keep whether a customer's access had to be written."""
    if written != was_written():
        with open(_path("written"), "w", encoding="utf-8") as file:
            file.write("yes" if written else "no")


def was_written() -> bool:
    """Whether the access of the last customer of this run had to be written: probably that of the next has to be, too."""
    try:
        with open(_path("written"), encoding="utf-8") as file:
            return file.read() == "yes"
    except FileNotFoundError:
        return False


# The values of `run_once` that this process knows: a worker serves many tasks.
_KNOWN: dict[str, Any] = {}


def run_once(tenant: str, name: str, produce: Callable[[], Any]) -> Any:
    """A value of JSON types about a partner's tenant, which the first task that needs it produces for all tasks of the run."""
    path = _path(f"{name}-{tenant.lower().encode().hex()}.json")
    if path not in _KNOWN:
        with open(path, "a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            text = file.read()
            if not text:
                text = json.dumps(produce())
                file.write(text)
            _KNOWN[path] = json.loads(text)
    return _KNOWN[path]


@contextmanager
def _shared(name: str) -> Iterator[dict[str, Any]]:
    """A value that tasks share, for one of them at a time; later ones see its changes."""
    with open(_path(f"{name}.json"), "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before = file.read() or "{}"
        value = json.loads(before)
        yield value
        if json.dumps(value) != before:
            file.seek(0)
            file.truncate()
            file.write(json.dumps(value))
