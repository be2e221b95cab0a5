"""One-slot mailbox between threads: the newest value wins, older ones are dropped."""

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
