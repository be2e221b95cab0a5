"""Numbers as people read them."""

from __future__ import annotations

import math

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def duration(seconds: float) -> str:
    """Return such as ``"12 s"``, ``"4 min 05 s"``, ``"2 h 10 min"`` or ``"3 d 4 h"``."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def rough_duration(seconds: float) -> str:
    """Return a guess without false precision, such as ``"about 4 min"``."""
    if seconds < 45:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    if seconds < 90 * _MINUTE:
        return f"about {max(1, round(seconds / _MINUTE))} min"
    if seconds < 2 * _DAY:
        return f"about {seconds / _HOUR:.1f} h"
    return f"about {seconds / _DAY:.1f} days"


def loss(value: float) -> str:
    """Return four significant digits, such as ``"0.01234"``; a dash for NaN."""
    if not math.isfinite(value):
        return "–"
    if value and (abs(value) < 1e-4 or abs(value) >= 1e5):
        return f"{value:.2e}"
    return f"{value:.4g}" if abs(value) >= 1 else f"{value:.5f}"


def count(value: int) -> str:
    """Return a whole number with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def memory(num_bytes: int) -> str:
    """Return such as ``"380 MB"`` or ``"1.4 GB"``."""
    if num_bytes < 1_000_000_000:
        return f"{num_bytes / 1e6:.0f} MB"
    if num_bytes < 1_000_000_000_000:
        return f"{num_bytes / 1e9:.1f} GB"
    return f"{num_bytes / 1e12:,.1f} TB"


def rate(per_second: float) -> str:
    """Return pictures a second with as many digits as make sense."""
    return f"{per_second:.0f}" if per_second >= 20 else f"{per_second:.1f}"


def rough_step(seconds: float) -> str:
    """Return the time of a step, such as ``"85 ms"`` or ``"1.4 s"``."""
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
