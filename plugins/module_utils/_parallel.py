# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounded threads for requests.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from multiprocessing.pool import AsyncResult, ThreadPool
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
# Requests at a time: ARM refills 10 writes a second for a subscription, more would only be throttled.
PARALLEL = 8


def run_in_parallel(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """Run the work for all items, some at a time: the results in order. The first unexpected exception passes.

    It uses daemon threads, unlike ThreadPoolExecutor: a task that is interrupted must not wait for pending requests.
    """
    todo = list(items)
    if len(todo) < 2:
        return [work(item) for item in todo]
    pool = ThreadPool(min(PARALLEL, len(todo)))
    try:
        return pool.map(work, todo, chunksize=1)
    finally:
        pool.terminate()


class Background(Generic[_Result]):
    """Work that starts before its result is needed, beside other requests."""

    def __init__(self, work: Callable[[], _Result]) -> None:
        self._work = work
        self._started: AsyncResult[_Result] | None = None

    def start(self) -> None:
        """Start the work, once."""
        if self._started is None:
            pool = ThreadPool(1)

            def close(_result: object) -> None:
                pool.close()  # a process that works for thousands of customers must not keep a pool for each

            self._started = pool.apply_async(self._work, callback=close, error_callback=close)

    def result(self) -> _Result:
        """The result, waiting for it; an exception of the work passes."""
        return self._started.get() if self._started else self._work()
