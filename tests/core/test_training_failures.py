"""What ends a run is told apart by its cause, not by its words."""

from __future__ import annotations

import errno
import pickle

import pytest
import torch

from tusk_core.results import SourceError, TrainingError
from tusk_core.training.failures import as_training_error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (MemoryError(), "memory"),
        (torch.OutOfMemoryError("CUDA out of memory"), "memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 GB"), "memory"),
        (OSError(errno.ENOSPC, "No space left on device", "runs/a/log.txt"), "disk"),
    ],
)
def test_memory_and_disk_are_causes(error: BaseException, cause: str) -> None:
    told = as_training_error(error)
    assert isinstance(told, TrainingError)
    assert told.cause == cause
    assert str(told).count(".") >= 2, "what happened, and what to do"


@pytest.mark.parametrize(
    "error", [SourceError("Gone."), RuntimeError("shapes differ"), OSError(errno.ENOENT, "x")]
)
def test_everything_else_stays_what_it_is(error: BaseException) -> None:
    assert as_training_error(error) is error


def test_the_cause_survives_another_process() -> None:
    again = pickle.loads(pickle.dumps(TrainingError("Full.", cause="disk")))
    assert (str(again), again.cause) == ("Full.", "disk")
