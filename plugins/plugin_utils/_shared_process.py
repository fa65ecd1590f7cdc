# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process that works for all hosts of a run. For internal use of csp.azure only.

Ansible makes a new process for each host. What costs time there is less the work than its beginning: every page of memory that it touches has
to be copied first, every connection to be opened. So the first of many hosts leaves a process behind, a copy of its own, and all of them hand
their work over to it; from the second customer on, that takes a fifth of the CPU time. It listens on a socket in the folder that ansible makes
for each run, for its user alone, and ends when ansible does.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import logging
import os
import signal
import socket
import socketserver
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ansible import constants

_PATH = os.path.join(constants.DEFAULT_LOCAL_TMP, "csp-azure-shared")


def work_there(action: str, asked: dict[str, Any], say: Callable[[str], None]) -> dict[str, Any] | None:
    """What the action plugin's ``work`` makes of it, ``action`` being its Python module; ``say`` shows a text to the user.

    None where there can be no such process, or where it ended before it answered: then the work has to be done here.
    """
    try:
        with _connected() as connection, connection.makefile("rw", encoding="utf-8") as lines:
            lines.write(json.dumps({"action": action, "asked": asked}) + "\n")
            lines.flush()
            for line in lines:
                told = json.loads(line)
                if "result" in told:
                    return told["result"]
                say(told["say"])
    except OSError:
        pass
    return None


def _connected() -> socket.socket:
    try:
        return _call()
    except (FileNotFoundError, ConnectionRefusedError):
        with open(f"{_PATH}.lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:  # another host may have been faster
                return _call()
            except (FileNotFoundError, ConnectionRefusedError):
                _start()
                return _call()


def _call() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(_PATH)
    except OSError:
        connection.close()
        raise
    return connection


def _start() -> None:
    with suppress(FileNotFoundError):
        os.unlink(_PATH)  # of one that was killed
    with _Server(_PATH, _Customer) as server:  # listens from here on: who calls at once waits for the answer
        if os.fork() == 0:
            try:
                _let_go(server.fileno())
                server.serve_forever()
            finally:
                os._exit(0)  # whatever happens: what called this function belongs to ansible's own process


def _let_go(keep: int) -> None:
    """Leave what belongs to ansible's process. Files are replaced, not closed: objects that still hold a number must not close a later file's."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in {int(name) for name in os.listdir("/dev/fd")} - {keep, nothing}:
        with suppress(OSError):  # the one that listed them is closed by now
            os.fstat(number)
            os.dup2(nothing, number)
    gc.freeze()
    logging.disable(logging.CRITICAL)


class _Server(socketserver.ThreadingUnixStreamServer):
    """One thread for each task."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._ansible = os.getppid()

    def service_actions(self) -> None:
        """Twice a second: end when ansible has ended, however it did. One that nobody has waited for keeps its number, but not its folder."""
        with suppress(ProcessLookupError):
            os.kill(self._ansible, 0)
            if os.path.exists(_PATH):
                return
        os._exit(0)


class _Customer(socketserver.StreamRequestHandler):
    """One task. If an error is not one of Azure's, the connection ends without a result, and the task meets it itself."""

    def handle(self) -> None:
        """Do what was asked."""
        told = json.loads(self.rfile.readline())
        action = importlib.import_module(told["action"]).ActionModule
        self._send(result=action.work(**told["asked"], say=lambda text: self._send(say=text)))

    def _send(self, **told: Any) -> None:
        self.wfile.write(json.dumps(told).encode() + b"\n")
