"""Progress in a terminal: one bar that redraws itself, or plain lines where there is no terminal.

The bar goes to stderr. Plain lines go to stdout, so that stderr holds nothing but errors.
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tusk_core.events import JobProgress

_REDRAW_S = 0.1
_PLAIN_S = 10.0
_BAR = 24
_WIDE = 100


def duration(seconds: float | None) -> str:
    """Return a time such as ``4:07`` or ``1:02:09``; a dash when unknown."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def number(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:.3g}" if math.isfinite(value) else str(value)


class Terminal:
    """Draws progress; one at a time.

    Args:
        stream: of the bar; None takes stderr.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._bar_stream = stream or sys.stderr
        # Of several processes the first one speaks for all.
        self.is_quiet = os.environ.get("RANK", "0") != "0"
        self.is_live = bool(getattr(self._bar_stream, "isatty", lambda: False)())
        self._last = -math.inf
        self._is_drawn = False
        self._phase = ""

    def progress(self, done: int, total: int, text: str, remaining: float | None = None) -> None:
        """Show how far something has come, not more often than can be read."""
        if self.is_quiet:
            return
        is_end = bool(total) and done >= total
        now = time.monotonic()
        if now - self._last < (_REDRAW_S if self.is_live else _PLAIN_S) and not is_end:
            return
        self._last = now
        left = f"{duration(remaining)} left  " if remaining is not None and not is_end else ""
        if not self.is_live:
            self.line(f"{done / total:4.0%}  {left}{text}" if total else f"{left}{text}")
            return
        share = min(1.0, done / total) if total else 0.0
        bar = f"{self._filled(share)} {share:4.0%}  " if total else ""
        self._draw(f"{bar}{left}{text}")

    def _filled(self, share: float) -> str:
        full, empty = ("█", "░")
        encoding = getattr(self._bar_stream, "encoding", None) or "ascii"
        try:
            full.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            full, empty = "#", "."
        width = _BAR if shutil.get_terminal_size().columns >= _WIDE else _BAR // 3
        count = round(share * width)
        return full * count + empty * (width - count)

    def _draw(self, text: str) -> None:
        width = max(20, shutil.get_terminal_size().columns - 1)
        shown = text if len(text) <= width else text[: width - 1] + "…"
        encoding = getattr(self._bar_stream, "encoding", None) or "utf-8"
        shown = shown.encode(encoding, "replace").decode(encoding, "replace")
        self._bar_stream.write(f"\r{shown}\x1b[K")
        self._bar_stream.flush()
        self._is_drawn = True

    def phase(self, text: str) -> None:
        """Show what happens now; repeated texts are shown once where there is no terminal."""
        if self.is_live and not self.is_quiet:
            self._draw(text)
        elif text != self._phase:
            self.line(text)
        self._phase = text

    def line(self, text: str) -> None:
        """Write a line that stays."""
        if self.is_quiet:
            return
        self.clear()
        stream = self._bar_stream if self.is_live else sys.stdout
        encoding = getattr(stream, "encoding", None) or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)

    def clear(self) -> None:
        """Wipe the bar away."""
        if self._is_drawn:
            self._bar_stream.write("\r\x1b[K")
            self._bar_stream.flush()
            self._is_drawn = False


def follow(job: Iterable[object], terminal: Terminal) -> Iterator[object]:
    """Show a job's ``JobProgress`` and yield everything else it gives."""
    from tusk_core.events import JobProgress

    try:
        for item in job:
            if isinstance(item, JobProgress):
                terminal.progress(item.done, item.total, item.message, item.remaining)
            else:
                yield item
    finally:
        terminal.clear()


def finish(job: Iterable[JobProgress], terminal: Terminal) -> None:
    """Show a job's progress to its end."""
    for _ in follow(job, terminal):
        pass
