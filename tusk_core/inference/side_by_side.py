"""Batches through the network side by side: on a CPU each core computes a batch of its own.

Threads that share a batch wait for each other at every layer; threads with a batch each never do,
and another program on one core holds up one batch rather than all.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import torch

from tusk_core.nn.device import limit_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Known = TypeVar("Known")
Batch = TypeVar("Batch")
Result = TypeVar("Result")


def num_lanes(device: torch.device) -> int:
    """Return how many batches are computed at a time: one for each thread of a CPU."""
    return torch.get_num_threads() if device.type == "cpu" else 1


def side_by_side(
    batches: Iterable[tuple[Known, Batch]], work: Callable[[Batch], Result], device: torch.device
) -> Iterator[tuple[Known, Result]]:
    """Yield what ``work`` makes of each batch, in order, with what came with it.

    Args:
        batches: taken in the caller's thread, some ahead.
        work: called in several threads at once, where there are several for a CPU.
        device: of the network.
    """
    threads = num_lanes(device)
    if threads == 1:
        for known, batch in batches:
            yield known, work(batch)
        return
    pool = ThreadPoolExecutor(threads, "tusk-network", limit_threads, (1,))
    ahead: deque[tuple[Known, Future[Result]]] = deque()
    try:
        for known, batch in batches:
            ahead.append((known, pool.submit(work, batch)))
            if len(ahead) > threads:
                first, future = ahead.popleft()
                yield first, future.result()
        while ahead:
            first, future = ahead.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # in part a number for the whole program
