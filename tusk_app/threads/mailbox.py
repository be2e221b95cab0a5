"""Mailboxes between threads: the newest value, all values at once, or one after another.

Two more keep what they hold by a key and stay with their only user: ``engine/requests.py`` (one
request of each kind, by urgency) and ``pictures/thumbnail_worker.py`` (the last asked for first).
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestValue(Generic[T]):
    """Hand the newest value from a producing thread to a consuming one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None

    def put(self, value: T) -> bool:
        """Store ``value``; True if the slot was empty, so that the consumer must be woken."""
        with self._lock:
            was_empty = self._value is None
            self._value = value
        return was_empty

    def take(self) -> T | None:
        """Return the newest value and empty the slot; None if nothing came since."""
        with self._lock:
            value, self._value = self._value, None
        return value

    @property
    def is_full(self) -> bool:
        """True while a value waits."""
        with self._lock:
            return self._value is not None


class AllValues(Generic[T]):
    """Hand every value from a producing thread to a consuming one, many at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: list[T] = []

    def put(self, value: T) -> bool:
        """Add ``value``; True if the box was empty, so that the consumer must be woken."""
        with self._lock:
            self._values.append(value)
            return len(self._values) == 1

    def take(self) -> tuple[T, ...]:
        """Return all values in order and empty the box."""
        with self._lock:
            values, self._values = self._values, []
        return tuple(values)


class Queue(Generic[T]):
    """Hand values one after another, oldest first; what comes while it is full is dropped.

    Attributes:
        num_dropped: values that found it full.
    """

    def __init__(self, limit: int | None = None) -> None:
        """Hold at most ``limit`` values; None holds any number."""
        self._limit = limit
        self._lock = threading.Lock()
        self._values: deque[T] = deque()
        self.num_dropped = 0

    def put(self, value: T) -> None:
        """Add ``value``."""
        with self._lock:
            if self._limit is not None and len(self._values) >= self._limit:
                self.num_dropped += 1
            else:
                self._values.append(value)

    def take(self) -> T | None:
        """Return the oldest value, or None."""
        with self._lock:
            return self._values.popleft() if self._values else None

    def clear(self) -> None:
        """Forget everything that waits."""
        with self._lock:
            self._values.clear()
