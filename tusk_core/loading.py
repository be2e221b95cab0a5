"""Ctrl-C while a program still loads: a word and a status, where nobody else answers it yet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130


def interruptible(run: Callable[[], int]) -> int:
    """Return the exit status of ``run``, which loads the rest; 130 if Ctrl-C broke it off."""
    try:
        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
