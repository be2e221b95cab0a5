"""Decode pictures in one thread while the network works on those before; bounded memory."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

Item = TypeVar("Item")

_POLL_S = 0.1


class _End:
    """What the thread leaves last: why it ended."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure


class ReadAhead(Generic[Item]):
    """An iterator that is filled by a thread of its own; use it in a ``with`` block.

    Args:
        items: consumed and closed in that thread; an error in it is raised here, in its turn.
        depth: items that may wait.
    """

    def __init__(self, items: Generator[Item, None, None], depth: int) -> None:
        self._items = items
        self._waiting: queue.Queue[Item | _End] = queue.Queue(depth)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="tusk-read-ahead", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def __iter__(self) -> Iterator[Item]:
        """Yield the items in order."""
        while not isinstance(item := self._waiting.get(), _End):
            yield item
        if item.failure is not None:
            raise item.failure

    def _fill(self) -> None:
        failure: BaseException | None = None
        try:
            with contextlib.closing(self._items) as items:
                for item in items:
                    if not self._put(item):
                        break
        except BaseException as error:  # noqa: BLE001 - handed over to the reader
            failure = error
        self._put(_End(failure))

    def _put(self, item: Item | _End) -> bool:
        """Wait for room; False when nobody reads any more."""
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._waiting.put(item, timeout=_POLL_S)
                return True
        return False
