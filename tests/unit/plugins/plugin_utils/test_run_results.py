# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run leave for the report."""

from __future__ import annotations

import fcntl
import itertools
import tempfile
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.csp.azure.plugins.plugin_utils import _run_results as _run_log
from ansible_collections.csp.azure.plugins.plugin_utils._run_results import CHANGES_LOG

GOOD: dict[str, Any] = {"changed": True, "assignments": []}
BAD: dict[str, Any] = {"failed": True, "msg": "no", "error": {"code": "ScopeLocked", "message": "no"}}
STOPPED: dict[str, Any] = {"failed": True, "msg": "stopped", "error": {"code": "Stopped", "message": "stopped"}}


OTHER: dict[str, Any] = {"failed": True, "msg": "else", "error": {"code": "Forbidden", "message": "else"}}
NOTES = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["a", "b"]), st.sampled_from([GOOD, BAD, OTHER, STOPPED])), max_size=12
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_run_log.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


def outcomes() -> list[tuple[str, str | None]]:
    return [(row["customer"], row["code"] or row["outcome"]) for row in CHANGES_LOG.rows()]


def test_a_failure_that_the_task_has_left_itself_counts_once() -> None:
    CHANGES_LOG.note("a", BAD)
    CHANGES_LOG.note_failure("a", BAD)
    CHANGES_LOG.note_failure("b", BAD)
    assert outcomes() == [("a", "ScopeLocked"), ("b", "ScopeLocked")]


def test_who_was_stopped_because_of_another_host_keeps_its_result() -> None:
    CHANGES_LOG.note("a", GOOD)
    CHANGES_LOG.note_failure("a", STOPPED)
    CHANGES_LOG.note_failure("b", STOPPED)
    assert outcomes() == [("a", "changed"), ("b", "Stopped")]


def test_a_host_that_fails_after_its_result_has_both() -> None:
    CHANGES_LOG.note("a", GOOD)
    CHANGES_LOG.note_failure("a", BAD)
    assert outcomes() == [("a", "changed"), ("a", "ScopeLocked")]


def test_tasks_side_by_side_lose_no_line() -> None:
    long = {**GOOD, "summary": ["x" * 100_000]}
    with ThreadPool(8) as pool:
        pool.map(lambda number: CHANGES_LOG.note(str(number), long), range(40))
    assert sorted(int(row["customer"]) for row in CHANGES_LOG.rows()) == list(range(40))


@given(NOTES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_noted_no_result_is_lost_and_no_failure_counts_twice(notes: list[tuple[bool, str, Any]]) -> None:
    """Each note comes at another time; a report that is made in between has rows that a later one has, too."""
    clock = itertools.count()
    results = []
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(_run_log.constants, "DEFAULT_LOCAL_TMP", folder)
        patch.setattr(_run_log, "now", lambda: str(next(clock)))
        before: list[dict[str, Any]] = []
        for number, (failure, customer, result) in enumerate(notes):
            (CHANGES_LOG.note_failure if failure else CHANGES_LOG.note)(customer, result)
            results += [] if failure else [str(number)]
            rows = CHANGES_LOG.rows()
            assert rows[: len(before)] == before
            before = rows
    assert set(results) <= {row["checked_at"] for row in before}
    assert {row["customer"] for row in before} == {customer for _failure, customer, _result in notes}
    repeatable = [(row["customer"], row["code"]) for row in before if row["checked_at"] not in results]
    assert len(repeatable) == len(set(repeatable))
    for number, row in enumerate(before):
        if row["code"] == "Stopped" and row["checked_at"] not in results:
            assert row["customer"] not in {one["customer"] for one in before[:number]}


def test_a_line_is_read_whole_though_it_comes_in_two_halves() -> None:
    CHANGES_LOG.note("a", GOOD)
    path = Path(_run_log._path("changes.jsonl"))
    line = path.read_bytes()
    with ThreadPool(1) as pool, path.open("ab", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(line[:20])
        reading = pool.apply_async(CHANGES_LOG.rows)
        reading.wait(0.2)
        file.write(line[20:])
        fcntl.flock(file, fcntl.LOCK_UN)
        assert len(reading.get()) == 2
