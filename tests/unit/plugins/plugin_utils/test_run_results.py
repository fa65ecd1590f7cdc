# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run leave for each other."""

from __future__ import annotations

import fcntl
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.plugin_utils import _run_results
from ansible_collections.csp.azure.plugins.plugin_utils._run_results import REINSTATED, shared_groups

GOOD: dict[str, Any] = {"changed": True, "assignments": []}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_run_results.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def test_results_come_back_as_they_were_in_order() -> None:
    assert REINSTATED.read() == []
    for host in "aba":
        REINSTATED.note(host, {**GOOD, "summary": [f"Zoë {host}\n"]})
    assert [(item.host, item.result["summary"]) for item in REINSTATED.read()] == [
        (host, [f"Zoë {host}\n"]) for host in "aba"
    ]
    assert all(item.time.endswith("Z") for item in REINSTATED.read())


def test_tasks_side_by_side_lose_no_line() -> None:
    long = {**GOOD, "summary": ["x" * 100_000]}
    with ThreadPool(8) as pool:
        pool.map(lambda number: REINSTATED.note(str(number), long), range(40))
    assert sorted(int(item.host) for item in REINSTATED.read()) == list(range(40))


def test_a_line_is_read_whole_though_it_comes_in_two_halves() -> None:
    REINSTATED.note("a", GOOD)
    path = Path(_run_results._path("reinstated.jsonl"))
    line = path.read_bytes()
    with ThreadPool(1) as pool, path.open("ab", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line[:20])
        reading = pool.apply_async(REINSTATED.read)
        reading.wait(0.2)
        file.write(line[20:])
        fcntl.flock(file, fcntl.LOCK_UN)
        assert len(reading.get()) == 2


def test_only_the_owner_reads_results() -> None:
    REINSTATED.note("a", GOOD)
    assert Path(_run_results._path("reinstated.jsonl")).stat().st_mode & 0o077 == 0


def test_groups_are_known_to_hosts_of_the_same_partner_only() -> None:
    with shared_groups("T") as known:
        known["AdminAgents"] = "x"
    with shared_groups("t") as known:
        assert known == {"AdminAgents": "x"}
    with shared_groups("other") as known:
        assert known == {}
