# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sees how far long work is."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.csp.azure.plugins.plugin_utils._progress import Progress


@dataclass
class Display:
    shown: list[str] = field(default_factory=list)

    def display(self, text: str, **options: Any) -> None:
        assert options == {"stderr": True, "screen_only": True}
        self.shown.append(text)


@dataclass
class Clock:
    now: float = 0

    def __call__(self) -> float:
        return self.now


LINES = ["1,000 of 5,000 customers, 3 failed, about 40 s left", "2,000 of 5,000 customers, 15 failed, about 30 s left"]


@pytest.mark.parametrize(
    ("terminal", "runner", "log", "shown"),
    [(True, False, False, LINES), (True, True, False, []), (False, False, True, []), (False, False, False, [])],
)
def test_a_terminal_shows_it(
    terminal: bool, runner: bool, log: bool, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.delenv("AWX_ISOLATED_DATA_DIR", raising=False)
    if runner:
        monkeypatch.setenv("AWX_ISOLATED_DATA_DIR", "/runner/artifacts/1")
    display, clock = Display(), Clock()
    progress = Progress(display, 5000, "customers", 5, failed=3, log=log, clock=clock)
    for failed in (0, 12):
        clock.now += 10
        progress.advance(1000, failed)
        progress.advance(0)
    clock.now += 10
    progress.advance(3000)
    assert display.shown == shown


def test_a_log_gets_a_line_a_minute_and_the_time_is_that_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    display, clock = Display(), Clock()
    progress = Progress(display, 5000, "customers", 5, log=True, clock=clock)
    progress.skip(1000)
    for _second in range(120):
        clock.now += 1
        progress.advance(10)
    assert display.shown == ["1,600 of 5,000 customers, about 6 min left", "2,200 of 5,000 customers, about 5 min left"]
