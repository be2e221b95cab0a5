"""Several processes as one: each takes its part of every batch, gradients are averaged.

Started by ``torchrun``; without it everything here does nothing.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn


_LONGEST_WAIT = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Team:
    """The processes of one run.

    Attributes:
        rank: of this process, 0 is the one that writes.
        size: processes in all.
        local_rank: index of the GPU to take on this machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_main(self) -> bool:
        """True for the process that writes files."""
        return self.rank == 0

    def part(self, count: int) -> tuple[int, int]:
        """Return start and stop of this process's share of ``count`` items.

        Raises:
            ValueError: if ``count`` cannot be shared evenly.
        """
        if count % self.size:
            raise ValueError(
                f"optim.batch_size ({count}) must be divisible by the number of processes "
                f"({self.size})."
            )
        share = count // self.size
        return self.rank * share, (self.rank + 1) * share

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes, in one message."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        position = 0
        for gradient in gradients:
            gradient.copy_(flat[position : position + gradient.numel()].view_as(gradient))
            position += gradient.numel()

    def gather(self, values: Tensor, dim: int) -> Tensor:
        """Join every process's part along ``dim``, in order of rank."""
        if self.size == 1:
            return values
        parts = [torch.empty_like(values) for _ in range(self.size)]
        dist.all_gather(parts, values.contiguous())
        return torch.cat(parts, dim=dim)

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of a tensor over the processes."""
        if self.size > 1:
            values = values.clone()
            dist.all_reduce(values)
            values /= self.size
        return values

    def agree(self, *, flag: bool) -> bool:
        """Return process 0's flag in every process, so that all stop at the same step."""
        if self.size == 1:
            return flag
        value = torch.tensor([float(flag)])
        if dist.get_backend() == "nccl":
            value = value.cuda(self.local_rank)
        dist.broadcast(value, 0)
        return bool(value.item())

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            dist.barrier()

    def share_text(self, text: str) -> str:
        """Return process 0's text in every process."""
        if self.size == 1:
            return text
        box = [text]
        dist.broadcast_object_list(box, 0)
        return box[0]


def join_team(*, works_apart: bool = False) -> Team:
    """Join the processes that ``torchrun`` started; alone otherwise.

    Args:
        works_apart: they exchange nothing but that they are done, which may take them days.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return Team()
    if not dist.is_initialized():
        if works_apart:
            dist.init_process_group("gloo", timeout=_LONGEST_WAIT)
        else:
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return Team(dist.get_rank(), size, int(os.environ.get("LOCAL_RANK", "0")))


def own_device(name: str) -> str:
    """Return the GPU of this process where several share a machine and none was named."""
    is_one = int(os.environ.get("WORLD_SIZE", "1")) > 1 and torch.cuda.is_available()
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if is_one and name == "auto" else name
