"""What comes before the rest is loaded: an answer to Ctrl-C, how threads wait, how memory comes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130
_SPINS = "2000"


def interruptible(run: Callable[[], int]) -> int:
    """Return the exit status of ``run``, which loads the rest; 130 if Ctrl-C broke it off."""
    calm_threads()
    large_pages()
    try:
        return run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED


def calm_threads() -> None:
    """Keep compute threads from spinning while they wait for each other; before torch is loaded.

    Unasked, a waiting thread holds its core for 15 to 200 milliseconds. Where another program has
    the other core, the thread that is waited for cannot run then, and a step takes many times as
    long. A tenth of a millisecond is enough between two operations of one step.
    """
    asked = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}
    if asked.isdisjoint(os.environ):
        os.environ["GOMP_SPINCOUNT"] = _SPINS  # GNU OpenMP, on Linux
        os.environ["KMP_BLOCKTIME"] = "1"  # LLVM's and Intel's, elsewhere; milliseconds


def large_pages() -> None:
    """Let torch ask Linux for memory in pages of 2 MB; before torch is loaded.

    The maps of a training step are made anew in each: in pages of 4 KB the system hands out, and
    clears, thousands for each of them.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
