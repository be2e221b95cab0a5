"""``events.jsonl``: every event of a run, one line each, append-only, readable after a crash.

Preview arrays lie beside it as ``previews/*.npz``; their lines name the file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from tusk_core.arrays import sealed
from tusk_core.atomic import write_bytes
from tusk_core.events import (
    CheckpointSaved,
    Notice,
    PhaseChanged,
    PreviewReady,
    RunFinished,
    RunStarted,
    StepDone,
    TrainEvent,
)
from tusk_core.runs.folder import RunFolder

if TYPE_CHECKING:
    from tusk_core.training.tensorboard_log import TensorBoardLog

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (PhaseChanged, RunStarted, StepDone, CheckpointSaved, Notice, RunFinished)
}
_PATHS = {"run_dir", "path", "model_dir"}
_ARRAYS = ("images", "reconstructions", "xy", "scores", "labels", "usage")


class EventLog:
    """Appends events to a run's log.

    Args:
        folder: of the run.
        tensorboard: also written to, or None.
    """

    def __init__(self, folder: RunFolder, tensorboard: TensorBoardLog | None) -> None:
        self._folder = folder
        self._tensorboard = tensorboard
        self._file: IO[str] = folder.events.open("a", encoding="utf-8", newline="\n")

    def write(self, event: TrainEvent) -> None:
        """Append one event; each line is whole or, after a crash, ignored."""
        if isinstance(event, PreviewReady):
            write_preview(self._folder.previews / "latest.npz", event)
            values: dict[str, Any] = {"kind": "PreviewReady", "step": event.step}
        else:
            values = {"kind": type(event).__name__, **_plain(event)}
        self._file.write(json.dumps(values) + "\n")
        self._file.flush()
        if self._tensorboard is not None and isinstance(event, StepDone):
            self._tensorboard.write(event)
        elif self._tensorboard is not None and isinstance(event, CheckpointSaved):
            self._tensorboard.write_held_out(event)

    def is_gone(self) -> bool:
        """Tell whether somebody deleted the log, or the whole folder."""
        return not self._folder.events.exists()

    def reopen(self) -> None:
        """Begin the log again after it was deleted.

        Raises:
            OSError: if it cannot be written.
        """
        with contextlib.suppress(OSError):
            self._file.close()
        self._file = self._folder.events.open("a", encoding="utf-8", newline="\n")

    def close(self) -> None:
        """Flush and close; what a full disk does not take is lost."""
        with contextlib.suppress(OSError):
            self._file.close()
        if self._tensorboard is not None:
            self._tensorboard.close()


def _plain(event: Any) -> dict[str, Any]:
    values = dataclasses.asdict(event)
    return {k: str(v) if isinstance(v, Path) else v for k, v in values.items()}


def write_preview(path: Path, preview: PreviewReady) -> None:
    """Write a preview's arrays atomically; about 100 kB."""
    buffer = io.BytesIO()
    arrays = {name: getattr(preview, name) for name in _ARRAYS}
    np.savez_compressed(buffer, step=np.int64(preview.step), **arrays)
    write_bytes(path, buffer.getvalue())


def read_preview(path: Path) -> PreviewReady | None:
    """Return a preview written by ``write_preview``; None if it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            step = int(file["step"])
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return PreviewReady(step=step, **{name: sealed(array) for name, array in arrays.items()})


def read_events(path: Path, *, offset: int = 0) -> tuple[list[TrainEvent], int]:
    """Return the events of a run after byte ``offset``, and the next offset.

    Lines that are not whole yet, or damaged, are left out; only the newest preview is loaded.
    """
    folder = RunFolder(path)
    try:
        with folder.events.open("rb") as file:
            file.seek(offset)
            content = file.read()
    except OSError:
        return [], offset
    whole = content[: content.rfind(b"\n") + 1]
    events: list[TrainEvent] = []
    has_preview = False
    for line in whole.splitlines():
        event = _parse(line)
        if event == "preview":
            has_preview = True
        elif event is not None:
            events.append(event)
    if has_preview:
        preview = read_preview(folder.previews / "latest.npz")
        if preview is not None:
            events.append(preview)
    return events, offset + len(whole)


def _parse(line: bytes) -> Any:
    try:
        values = json.loads(line)
        kind = values.pop("kind")
        if kind == "PreviewReady":
            return "preview"
        for key in _PATHS & values.keys():
            values[key] = Path(values[key]) if values[key] is not None else None
        return _KINDS[kind](**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
