"""Ctrl-C asks a job to stop and keep its work; a second one ends it at once."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tusk_core.control import RunControl


class Interrupts:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self.happened = False


@contextlib.contextmanager
def stopping(control: RunControl, message: str) -> Iterator[Interrupts]:
    """Turn the first Ctrl-C or SIGTERM into ``control.request_stop()``.

    Args:
        control: of the job.
        message: shown when it happens, such as ``"Stopping after this step…"``.
    """
    state = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield state
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        if state.happened:
            raise KeyboardInterrupt
        state.happened = True
        control.request_stop()
        print(f"\n{message} Press Ctrl-C again to end at once.", file=sys.stderr, flush=True)

    signals = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, ask) for number in signals}
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
