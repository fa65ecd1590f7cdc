# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One worker process for the hosts of a run. For internal use of csp.azure only.

Ansible forks a process for each host. Most of its cost is not the work but the start: every page of memory that it touches is copied first,
every connection opened. So the first of many hosts leaves a copy of itself behind, and all of them hand their work over to it; with a hundred
hosts, that saves a fifth of the run's CPU time. It listens on a socket in the folder that ansible makes for each run, for its user alone.

This is not the turbo mode of other collections: the worker lives inside one run of ansible and keeps nothing between runs. It ends with ansible,
with the folder of the run, or after a minute without work, whichever comes first. Every failure to start it leaves the work to the task itself.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import logging
import multiprocessing
import os
import signal
import socket
import socketserver
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail

# Without work for so long the process ends: a run may have other things to do for hours.
IDLE_SECONDS = 60
FAREWELL_SECONDS = 5
_NAME = "csp-azure-shared"
_PATH = os.path.join(constants.DEFAULT_LOCAL_TMP, _NAME)


def run_in_worker(
    action: str, task: dict[str, Any], display: Callable[[str], None], explain: Callable[[str], None]
) -> dict[str, Any] | None:
    """The result of a task, executed by the action plugin of the Python module ``action``; None if there can be no worker.

    ``display`` shows a text to the user, ``explain`` whether the worker was used. AnsibleActionFail if the worker ends without a result.
    """
    try:
        connection = _connected()
    except OSError as exc:
        explain(f"csp.azure: this task works itself, because the worker cannot be reached: {exc}.")
        return None
    explain("csp.azure: the worker runs this task.")
    with suppress(OSError, ValueError), connection, connection.makefile("rw", encoding="utf-8") as lines:
        lines.write(json.dumps({"action": action, "task": task}) + "\n")
        lines.flush()
        for line in lines:
            message = json.loads(line)
            if "result" in message:
                return message["result"]
            if "error" in message:
                raise AnsibleActionFail(message["error"])
            display(message["display"])
    raise AnsibleActionFail(
        "The shared worker ended before returning a result. Some changes may be incomplete; run again."
    )


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


@contextmanager
def _address() -> Iterator[str]:
    """The socket by a name that is short enough, wherever the folder is: sockets allow a hundred bytes."""
    folder = os.open(constants.DEFAULT_LOCAL_TMP, os.O_RDONLY)
    try:
        yield f"/dev/fd/{folder}/{_NAME}"
    finally:
        os.close(folder)


def _call() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        with _address() as address:
            connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _start() -> None:
    """Leave a worker behind; OSError if that fails."""
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None:
        raise OSError("ansible's own process is unknown")
    with suppress(FileNotFoundError):
        os.unlink(_PATH)  # left behind by a killed worker
    with _address() as address:
        listening = _Server(address, _Task, parent.pid)  # a call that comes at once waits for the answer
    with listening as server:
        if os.fork() == 0:
            try:
                _let_go(server.fileno())
                server.serve_forever()
            finally:
                os._exit(0)  # whatever happens: what called this function belongs to ansible's own process


def _let_go(keep: int) -> None:
    """Leave what belongs to ansible's process. Files are replaced, not closed: objects that still hold a number must not close a later file's."""
    os.setsid()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in {int(name) for name in os.listdir("/dev/fd")} - {keep, nothing}:
        with suppress(OSError):  # the one that listed them is closed by now
            os.fstat(number)
            os.dup2(nothing, number)
    logging.disable(logging.CRITICAL)


def _runs(number: int) -> bool:
    """Whether a process of that number exists."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


class _Server(socketserver.ThreadingUnixStreamServer):
    """One thread for each task. An unexpected exception goes back to the task, which shows it."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address: str, handler: Any, ansible: int) -> None:
        super().__init__(address, handler)
        # Not getppid: a task may have outlived the run that it belongs to.
        self._ansible = ansible
        self._lock = threading.Lock()
        self._tasks = 0
        self._idle_since = time.monotonic()
        self._retired = False

    def service_actions(self) -> None:
        """Twice a second: end when ansible has ended, however it did, or after a long time without work.

        An ansible that nobody waited for keeps its number, but not its folder. The number of one that ended may belong to another process.
        """
        if not _runs(self._ansible) or not os.path.isdir(constants.DEFAULT_LOCAL_TMP):
            os._exit(0)
        with self._lock:
            idle = 0.0 if self._tasks else time.monotonic() - self._idle_since
        if idle > IDLE_SECONDS and not self._retired:
            # Calls that came already are still served; the next one starts another worker.
            self._retired = True
            with suppress(FileNotFoundError):
                os.unlink(_PATH)
        elif idle > IDLE_SECONDS + FAREWELL_SECONDS:  # never at once: a call may have come while the machine was busy
            os._exit(0)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a task."""
        with self._lock:
            self._tasks += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Run a task, in a thread of its own."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._tasks -= 1
                self._idle_since = time.monotonic()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Called by socketserver while it handles an exception."""
        with suppress(OSError):  # the task has gone
            _send(request, error=traceback.format_exc())


class _Task(socketserver.StreamRequestHandler):
    """One task."""

    def handle(self) -> None:
        """Execute the task."""
        message = json.loads(self.rfile.readline())
        action = importlib.import_module(message["action"]).ActionModule
        _send(
            self.request,
            result=action.execute(**message["task"], display=lambda text: _send(self.request, display=text)),
        )


def _send(connection: socket.socket, **message: object) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")
