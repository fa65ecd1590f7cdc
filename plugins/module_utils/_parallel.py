# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounded threads for requests.

For internal use of csp.azure only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from multiprocessing.pool import ThreadPool
from threading import Thread
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


class _Raised:
    """Keeps the exception of a thread for whoever needs the thread's result."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        self.error = error
        return True


class Background(Generic[_Result]):
    """Work that starts before its result is needed, beside other requests."""

    def __init__(self, work: Callable[[], _Result]) -> None:
        self._work = work
        self._thread: Thread | None = None
        self._results: list[_Result] = []
        self._raised = _Raised()

    def start(self) -> None:
        """Start the work, once, in a thread that keeps nobody from ending."""
        if self._thread is None:
            self._thread = Thread(target=self._run, daemon=True)
            self._thread.start()

    def result(self) -> _Result:
        """The result, waiting for it; an exception of the work passes."""
        if self._thread is None:
            return self._work()
        self._thread.join()
        if self._raised.error:
            raise self._raised.error
        return self._results[0]

    def _run(self) -> None:
        with self._raised:
            self._results.append(self._work())
