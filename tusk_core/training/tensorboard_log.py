"""TensorBoard event files, where the optional writer is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.events import CheckpointSaved, StepDone

_EVERY = 10


class TensorBoardLog:
    """Writes each loss term as a scalar, every tenth step.

    Args:
        writer: of ``tensorboardX``.
    """

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, event: StepDone) -> None:
        """Write one step's terms."""
        if event.step % _EVERY:
            return
        for name, value in event.losses.items():
            self._writer.add_scalar(f"loss/{name}", value, event.step)
        self._writer.add_scalar("speed/pictures_per_second", event.pictures_per_second, event.step)

    def write_held_out(self, event: CheckpointSaved) -> None:
        """Write what was measured at a checkpoint on the held-out pictures."""
        if event.held_out_loss is not None:
            self._writer.add_scalar("held_out/reconstruction", event.held_out_loss, event.step)
        if event.sorting is not None:
            self._writer.add_scalar("held_out/sorting", event.sorting, event.step)

    def close(self) -> None:
        """Flush and close."""
        self._writer.close()


def open_tensorboard(folder: Path) -> TensorBoardLog | None:
    """Return a log into ``folder``, or None where tensorboardX is not installed."""
    try:
        from tensorboardX import SummaryWriter  # noqa: PLC0415 - optional
    except ImportError:
        return None
    return TensorBoardLog(SummaryWriter(str(folder), flush_secs=10))
