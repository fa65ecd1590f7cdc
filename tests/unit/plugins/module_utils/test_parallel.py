# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work beside other work."""

from __future__ import annotations

import gc
import threading
import time
import warnings

import pytest

from ansible_collections.csp.azure.plugins.module_utils._parallel import Background


def test_background_work_starts_before_its_result_is_needed() -> None:
    began, go_on = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        assert go_on.wait(5)
        return "done"

    background = Background(work)
    background.start()
    assert began.wait(5)
    go_on.set()
    assert background.result() == "done"


def test_background_work_is_done_once() -> None:
    calls: list[int] = []
    background = Background(lambda: calls.append(1))
    background.start()
    background.start()
    background.result()
    assert calls == [1]


def test_no_thread_is_left(recwarn: pytest.WarningsRecorder) -> None:
    warnings.simplefilter("always", ResourceWarning)
    before = threading.active_count()
    for number in range(20):
        background = Background(lambda number=number: number)
        background.start()
        assert background.result() == number
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() <= before
    gc.collect()
    assert [item for item in recwarn if item.category is ResourceWarning] == [], "a pool was not closed"


def test_work_that_was_not_started_is_done_when_its_result_is_needed() -> None:
    assert Background(lambda: 7).result() == 7


def test_an_exception_of_the_work_passes() -> None:
    def fail() -> None:
        raise ValueError("no")

    background = Background(fail)
    background.start()
    with pytest.raises(ValueError, match="no"):
        background.result()
