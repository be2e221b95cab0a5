"""Work that tells its progress by a call, turned into events of a generator."""

from __future__ import annotations

import contextlib
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from tusk_core.events import JobProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tusk_core.data.cache_folder import Progress

Result = TypeVar("Result")

_POLL_S = 0.1


def told(work: Callable[[Progress], Result]) -> Generator[JobProgress, None, Result]:
    """Do ``work`` in a thread of its own, yield its progress and return its result.

    Args:
        work: takes the call that it reports by.
    """
    news: queue.SimpleQueue[JobProgress] = queue.SimpleQueue()
    begin = time.monotonic()

    def report(done: int, total: int, message: str) -> None:
        left = (time.monotonic() - begin) * (total - done) / done if done else None
        news.put(JobProgress(done, total, message, left))

    with ThreadPoolExecutor(1, thread_name_prefix="tusk-discover") as pool:
        future = pool.submit(work, report)
        while not future.done():
            with contextlib.suppress(queue.Empty):
                yield news.get(timeout=_POLL_S)
        return future.result()
