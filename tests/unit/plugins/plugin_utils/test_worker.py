# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When many hosts share a process, when a task works itself, and when the process ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.plugin_utils import _in_process_action, _worker
from ansible_collections.csp.azure.plugins.plugin_utils._in_process_action import InProcessAction


def reason(hosts: int, worker: Any = None, environment: Any = None, timeout: int = 0) -> str:
    edge = SimpleNamespace(
        _task=SimpleNamespace(timeout=timeout),
        _templar=SimpleNamespace(template=lambda value: value),
        _task_environment=lambda: environment or {},
    )
    edge._flag = lambda name, variables: InProcessAction._flag(edge, name, variables)
    variables = {"ansible_play_hosts_all": ["x"] * hosts, "csp_azure_worker": worker}
    return InProcessAction._reason_against_worker(edge, variables)


@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ({"hosts": 20}, True),
        ({"hosts": 19}, False),
        ({"hosts": 19, "worker": "yes"}, True),
        ({"hosts": 2, "worker": True}, True),
        ({"hosts": 1, "worker": True}, False),
        ({"hosts": 5000, "worker": "false"}, False),
        ({"hosts": 20, "worker": ""}, True),
        ({"hosts": 20, "environment": {"A": "b"}}, False),
        ({"hosts": 20, "timeout": 5}, False),
    ],
)
def test_who_shares_a_process(options: dict[str, Any], shared: bool) -> None:
    assert bool(reason(**options)) is not shared


def test_on_macos_nobody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_in_process_action.sys, "platform", "darwin")
    assert "macOS" in reason(5000, worker=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(_worker.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(_worker, "_PATH", str(tmp_path / "csp-azure-shared"))
    return tmp_path


def test_where_nobody_knows_ansibles_process_the_task_works_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_worker.multiprocessing, "parent_process", lambda: None)
    words: list[str] = []
    assert _worker.run_in_worker("x", {}, words.append, words.append) is None
    assert "ansible's own" in words[0]


def test_where_a_folder_holds_no_sockets_the_reason_is_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any) -> None:
        raise PermissionError(errno.EPERM, "sockets are not for this folder")

    monkeypatch.setattr(_worker.multiprocessing, "parent_process", lambda: SimpleNamespace(pid=os.getpid()))
    monkeypatch.setattr(_worker._Server, "server_bind", refuse)
    words: list[str] = []
    assert _worker.run_in_worker("x", {}, words.append, words.append) is None
    assert "sockets are not for this folder" in words[0]


class Alone(InProcessAction):
    """An action whose work shows where it was done."""

    def _execute_here(self, **injected: Any) -> dict[str, Any]:
        return {"where": "task"}

    def _task_environment(self) -> dict[str, str]:
        return {}


@pytest.mark.parametrize(
    ("hosts", "answer", "where", "shown"),
    [
        (20, {"where": "process"}, "process", []),
        (20, None, "task", ["cannot be reached"]),
        (19, {"where": "process"}, "task", ["from 20 hosts on, and the play has 19"]),
    ],
)
def test_a_task_works_once_and_shows_why_where(
    hosts: int, answer: dict[str, Any] | None, where: str, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[tuple[str, str]] = []

    def ask(_action: str, _asked: Any, _say: Any, explain: Any) -> dict[str, Any] | None:
        if answer is None:
            explain("cannot be reached")
        return answer

    display = SimpleNamespace(vvv=lambda text, host: words.append((host, text)), display=None)
    monkeypatch.setattr(_in_process_action, "Display", lambda: display)
    monkeypatch.setattr(_in_process_action, "run_in_worker", ask)
    monkeypatch.setattr(_in_process_action.ActionBase, "run", lambda *_args: {})
    action = Alone.__new__(Alone)
    action._task = SimpleNamespace(action="x", args={}, check_mode=False, diff=False, timeout=0)
    action._templar = SimpleNamespace(template=lambda value: value)
    variables = {"inventory_hostname": "c1", "ansible_play_hosts_all": ["x"] * hosts}
    assert action._run_here(variables) == {"where": where}
    assert [host for host, _text in words] == ["c1"] * len(shown)
    assert all(part in text for part, (_host, text) in zip(shown, words, strict=True))


class Ended(Exception):
    """The process has ended itself."""


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_worker._Server]:
    def end(_status: int) -> None:
        raise Ended

    monkeypatch.setattr(_worker.os, "_exit", end)
    with _worker._Server(str(folder / "csp-azure-shared"), None, os.getpid()) as running:
        yield running


def test_it_ends_after_a_minute_without_work(server: _worker._Server, folder: Path) -> None:
    server.service_actions()
    assert (folder / "csp-azure-shared").exists()
    server._idle_since -= _worker.IDLE_SECONDS + 1
    server._tasks = 1
    server.service_actions()
    assert (folder / "csp-azure-shared").exists(), "somebody is served"
    server._tasks = 0
    server.service_actions()
    assert not (folder / "csp-azure-shared").exists(), "the next task starts another process"
    server._idle_since -= _worker.FAREWELL_SECONDS
    with pytest.raises(Ended):
        server.service_actions()


def test_after_a_stall_who_has_called_is_still_served(server: _worker._Server) -> None:
    """On a busy machine minutes may pass between two looks, with a call in between."""
    server._idle_since -= 10 * _worker.IDLE_SECONDS
    server.service_actions()  # takes no more calls, and goes back to accept those that are there
    with pytest.raises(Ended):
        server.service_actions()


def test_it_ends_with_ansible_or_its_folder(
    server: _worker._Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_worker.constants, "DEFAULT_LOCAL_TMP", str(folder / "gone"))
    with pytest.raises(Ended):
        server.service_actions()
    monkeypatch.setattr(_worker.constants, "DEFAULT_LOCAL_TMP", str(folder))
    server.service_actions()
    monkeypatch.setattr(_worker, "_runs", lambda number: False)
    with pytest.raises(Ended):
        server.service_actions()
