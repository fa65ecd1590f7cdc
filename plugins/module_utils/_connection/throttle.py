# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a task below the limits of ARM and Partner Center.

For internal use of csp.azure only.
"""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping

# ARM counts reads, writes and deletes apart, for each subscription or tenant, and refills so many a second (token buckets, since 2024).
_REFILL = {"reads": 25, "writes": 10, "deletes": 10}
_OPERATIONS = {"GET": "reads", "PUT": "writes", "DELETE": "deletes"}
# From so few requests left on, they go one by one, no faster than the bucket refills: at most twice as many are under way side by side.
_RESERVE = 16


class Throttle:
    """Slows a task down before ARM rejects requests: each response states how many are left."""

    def __init__(
        self, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep, self._clock = sleep, clock
        self._left: dict[tuple[str, str], int] = {}
        self._next: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def wait(self, method: str, url: str) -> None:
        """Wait for this request's turn, if few are left."""
        key = self._key(method, url)
        with self._lock:
            if self._left.get(key, _RESERVE) >= _RESERVE:
                return
            now = self._clock()
            turn = max(now, self._next.get(key, now))
            self._next[key] = turn + 1 / _REFILL[key[1]]
        self._sleep(turn - now)

    def note(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        """Note how many requests a response leaves."""
        key = self._key(method, url)
        remaining = headers.get(f"x-ms-ratelimit-remaining-subscription-{key[1]}") or headers.get(
            f"x-ms-ratelimit-remaining-tenant-{key[1]}"
        )
        if remaining and remaining.isdecimal():
            with self._lock:
                self._left[key] = int(remaining)

    @staticmethod
    def _key(method: str, url: str) -> tuple[str, str]:
        match = re.search(r"/subscriptions/([^/?]+)", url, re.IGNORECASE)
        return match[1].lower() if match else "", _OPERATIONS.get(method, "writes")


class Pace:
    """Keeps the requests of a process to one API at or below a number a minute, and still for as long as a response says so."""

    def __init__(
        self,
        a_minute: int,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep, self._clock = sleep, clock
        self._turns: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=a_minute))
        self._resumes: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, api: str) -> None:
        """Wait for this request's turn."""
        with self._lock:
            turns, now = self._turns[api], self._clock()
            turn = max(now, self._resumes.get(api, now))
            if len(turns) == turns.maxlen:
                turn = max(turn, turns[0] + 60)
            turns.append(turn)
        self._sleep(turn - now)

    def pause(self, api: str, seconds: float) -> None:
        """Send no request within so many seconds."""
        with self._lock:
            self._resumes[api] = max(self._resumes.get(api, 0), self._clock() + seconds)
