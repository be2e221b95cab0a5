"""What can be tried after a run has failed."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk_app.training.failure import RunFailed
    from tusk_app.training.request import TrainingRequest
    from tusk_app.training.run_record import RunRecord


class Remedy(enum.Enum):
    """What can be tried after a failure."""

    HALF_BATCH = "half the batch"
    CPU = "on the CPU"
    LOWER_RATE = "lower learning rate"
    RESUME = "resume"
    AGAIN = "again"


_REMEDIES: dict[str, tuple[Remedy, ...]] = {
    "memory": (Remedy.HALF_BATCH, Remedy.CPU, Remedy.RESUME),
    "not finite": (Remedy.RESUME, Remedy.LOWER_RATE),
    "disk": (Remedy.RESUME, Remedy.AGAIN),
    "pictures": (Remedy.AGAIN,),
    "model": (),
    "settings": (),
    "engine": (Remedy.RESUME, Remedy.HALF_BATCH, Remedy.AGAIN),
    "bug": (Remedy.RESUME, Remedy.AGAIN),
}


def remedies_for(
    failure: RunFailed, request: TrainingRequest, record: RunRecord
) -> tuple[Remedy, ...]:
    """Return what can be tried, best first."""
    candidates = _REMEDIES[failure.cause]
    return tuple(r for r in candidates if remedied(r, request, record) is not None)


def remedied(remedy: Remedy, request: TrainingRequest, record: RunRecord) -> TrainingRequest | None:
    """Return the request that tries ``remedy``; None if it cannot help."""
    match remedy:
        case Remedy.HALF_BATCH:
            return request.with_half_the_batch()
        case Remedy.CPU:
            was_on_cpu = record.started is not None and record.started.device == "cpu"
            return None if was_on_cpu else request.on_the_cpu()
        case Remedy.LOWER_RATE:
            return request.with_a_lower_rate()
        case Remedy.RESUME:
            if record.run_dir is None or not record.checkpoints:
                return None
            return request.resumed(record.run_dir)
        case Remedy.AGAIN:
            return request
