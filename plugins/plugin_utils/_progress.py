# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far long work is, for a person who waits for it.

For internal use of csp.azure only.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

# Seconds between two lines of a log.
LOG_SECONDS = 60


class Progress:
    """Counts items, and shows the counts on a terminal every few seconds. The first message comes after an interval: short work shows none.

    ``total`` items of this ``noun`` (in the plural); ``failed`` of them did before. In a log, there is a line a minute where ``log`` allows it.
    """

    def __init__(
        self,
        display: Any,
        total: int,
        noun: str,
        seconds: float,
        failed: int = 0,
        log: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._display, self._total, self._noun, self._failed, self._clock = display, total, noun, failed, clock
        # ansible-runner, and with it AWX, runs ansible in a terminal that nobody watches.
        terminal = sys.stderr.isatty() and "AWX_ISOLATED_DATA_DIR" not in os.environ
        self._seconds = seconds if terminal else LOG_SECONDS
        self._shows = terminal or log
        self._done = self._skipped = 0
        self._started = self._last = clock()

    def skip(self, count: int) -> None:
        """Count items that need no work: they say nothing about the time that the others take."""
        self._done += count
        self._skipped += count

    def advance(self, count: int, failed: int = 0) -> None:
        """Count items, at least one, that are done, whether they failed or not."""
        self._done += count
        self._failed += failed
        now = self._clock()
        if self._shows and now - self._last >= self._seconds and self._done < self._total:
            self._last = now
            self._display.display(self._text(now - self._started), stderr=True, screen_only=True)

    def _text(self, elapsed: float) -> str:
        failed = f", {self._failed:,} failed" if self._failed else ""
        left = elapsed / (self._done - self._skipped) * (self._total - self._done)
        duration = f"{left / 60:.0f} min" if left >= 90 else f"{left:.0f} s"
        return f"{self._done:,} of {self._total:,} {self._noun}{failed}, about {duration} left"
