"""What ``tusk bench`` measured before on machines of this kind, so that a slowdown is seen.

One JSON line for each result, in the user's own folder. A kind of machine is its processor, its
cores, its device and its operating system; results are compared only where settings agree too.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk_core.places import kept_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMPARED = ("_ms", "_s", "_fps", "_second")
_SAME = ("device_label", "threads", "precision", "preset", "picture_size", "pictures_per_step")


def machine_kind() -> str:
    """Return the processor, its cores and the system in a few words."""
    name = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        lines = facts.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count() or 1} cores, {platform.system()}"


def last_result(key: str) -> dict[str, Any] | None:
    """Return the newest stored result under ``key``: ``{"when": ..., "numbers": {...}}``."""
    found = None
    try:
        with _file().open(encoding="utf-8") as file:
            for line in file:
                if (values := _read(line)).get("key") == key:
                    found = values
    except OSError:
        return None
    return found


def store(key: str, numbers: Mapping[str, Any]) -> None:
    """Append a result; a folder that cannot be written costs the comparison, nothing else."""
    when = dt.datetime.now().astimezone().isoformat(timespec="minutes")
    entry = {"key": key, "when": when, "numbers": dict(leaves(numbers))}
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        with _file().open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
    except OSError:
        return


def key_of(part: str, numbers: Mapping[str, Any]) -> str:
    """Return what must agree for two results to be compared."""
    return "; ".join([part, machine_kind(), *(str(numbers.get(name, "")) for name in _SAME)])


def leaves(numbers: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Yield every time and rate with its path, such as ``phases_ms.warp``."""
    for name, value in numbers.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            yield from leaves(value, here)
        elif isinstance(value, float) and any(part.endswith(_COMPARED) for part in here.split(".")):
            yield here, value


def ratios(numbers: Mapping[str, Any], before: Mapping[str, float]) -> dict[str, float]:
    """Return each time and rate over what it was, by path, where both are known."""
    return {
        path: value / before[path]
        for path, value in leaves(numbers)
        if isinstance(before.get(path), int | float) and before[path]
    }


def _file() -> Path:
    return kept_in("bench", Path.home() / "TUSK" / "bench") / "results.jsonl"


def _read(line: str) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    good = isinstance(values, dict) and isinstance(values.get("numbers"), dict)
    return values if good else {}
