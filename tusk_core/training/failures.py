"""What a run can die of, told apart by kind, so that the right remedy can be offered."""

from __future__ import annotations

import errno

import torch

from tusk_core.results import TrainingError

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES})
# PyTorch has no class of its own for the main memory, so its words have to do.
_CPU_MEMORY = ("can't allocate memory", "cannot allocate memory", "not enough memory", "bad alloc")


def as_training_error(error: BaseException) -> BaseException:
    """Return a ``TrainingError`` with its cause where memory or the disk ended a run.

    Everything else is returned as it is.
    """
    if _is_memory(error):
        return TrainingError(
            "The computer ran out of memory. Train with fewer pictures in a step, smaller "
            "pictures or narrower networks.",
            cause="memory",
        )
    if isinstance(error, OSError) and error.errno in _DISK:
        place = f" ({error.filename})" if error.filename else ""
        return TrainingError(
            f"The run could not be written to the disk: {error.strerror or error}{place}. Free "
            "some disk space or choose another folder for runs, then resume from the last "
            "checkpoint.",
            cause="disk",
        )
    return error


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    message = str(error).lower()
    return type(error) is RuntimeError and any(words in message for words in _CPU_MEMORY)
