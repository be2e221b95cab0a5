"""Mailboxes between threads: one that keeps the newest value, one that keeps them all."""

from __future__ import annotations

import threading
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
