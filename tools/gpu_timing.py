"""How long a training step takes on a device, and how near that is to what the device can do.

The roofline of a step is the sum over its operations of the longer of two times: its floating
point operations at the rate of a large matrix product on this device, and the bytes it reads and
writes at the rate of a large copy. It is that of the step as written; a compiler that joins
operations may beat it.
"""

from __future__ import annotations

import functools
import gc
import statistics
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.flop_counter import flop_registry

from tusk_core.commands.bench_engine import ready_session
from tusk_core.config import TrainConfig, replaced
from tusk_core.nn.photo_model import PhotoModel

if TYPE_CHECKING:
    from collections.abc import Callable

WARM_UP = 5
VARIANTS = ("fp32", "bf16", "fp32-last", "bf16-last", "fp32-compile", "bf16-compile")
MATRIX_SIDE = {"cuda": 8192, "cpu": 1024}
COPY_BYTES = {"cuda": 2**31, "cpu": 2**27}


def wait(device: torch.device) -> None:
    """Wait until a GPU has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds_each(job: Callable[[], object], device: torch.device, count: int) -> list[float]:
    """Return how long each of ``count`` calls took, the device's queue waited for."""
    times = []
    for _ in range(count):
        wait(device)
        begin = time.perf_counter()
        job()
        wait(device)
        times.append(time.perf_counter() - begin)
    return times


def measure_ceilings(device: torch.device) -> dict[str, float]:
    """Return the rates of large matrix products [FLOP/s] and of a large copy [bytes/s]."""
    side = MATRIX_SIDE[device.type]
    found: dict[str, float] = {}
    before = torch.backends.cuda.matmul.allow_tf32
    for name, dtype, tf32 in (
        ("fp32", torch.float32, False),
        ("tf32", torch.float32, True),
        ("bf16", torch.bfloat16, True),
    ):
        if name == "tf32" and device.type != "cuda":
            continue
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a = torch.randn(side, side, device=device, dtype=dtype)
        b = torch.randn(side, side, device=device, dtype=dtype)
        best = min(seconds_each(functools.partial(torch.matmul, a, b), device, 8))
        found[f"{name}_flops_s"] = 2 * side**3 / best
    torch.backends.cuda.matmul.allow_tf32 = before
    source = torch.empty(COPY_BYTES[device.type], dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    best = min(seconds_each(lambda: target.copy_(source), device, 8))
    return {**found, "copy_bytes_s": 2 * source.numel() / best}


class Work(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what the operations under it compute and move, one by one."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.each: Counter[tuple[float, float]] = Counter()

    def __torch_dispatch__(
        self,
        function: Any,
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run an operation and count it."""
        kwargs = kwargs or {}
        out = function(*args, **kwargs)
        returned = function._schema.returns
        is_view = bool(returned) and all(
            r.alias_info is not None and not r.alias_info.is_write for r in returned
        )
        if not is_view:
            counted = flop_registry.get(function._overloadpacket)
            flops = counted(*args, **kwargs, out_val=out) if counted else 0
            tensors = [t for t in tree_flatten((args, kwargs, out))[0] if torch.is_tensor(t)]
            self.each[(float(flops), float(sum(t.numel() * t.itemsize for t in tensors)))] += 1
        return out

    def facts(self, flops_s: float, bytes_s: float) -> dict[str, float]:
        """Return totals and the least time [ms] at those rates."""
        least = sum(n * max(f / flops_s, b / bytes_s) for (f, b), n in self.each.items())
        total_flops = sum(n * f for (f, _), n in self.each.items())
        return {
            "giga_flops": total_flops / 1e9,
            "giga_bytes": sum(n * b for (_, b), n in self.each.items()) / 1e9,
            "operations": sum(self.each.values()),
            "matrix_floor_ms": total_flops / flops_s * 1e3,
            "roofline_ms": least * 1e3,
        }


def time_preset(
    config: TrainConfig, variant: str, device: torch.device, steps: int, ceilings: dict[str, float]
) -> dict[str, Any]:
    """Return the step time of a preset.

    Args:
        config: of the preset.
        variant: precision and how: ``compile`` with torch.compile, ``last`` with the channels
            last (NHWC) rather than apart.
        device: where.
        steps: that count.
        ceilings: of ``measure_ceilings``.
    """
    precision, _, how = variant.partition("-")
    changes = {"run.precision": precision, "run.device": device.type}
    config = replaced(config, {**changes, "run.compile": how == "compile"})
    session, batches = ready_session(config, device)
    if how == "last":
        session.model.to(memory_format=torch.channels_last)
    begin = time.perf_counter()
    if how == "compile":
        torch._dynamo.reset()
        network = session.model.network()
        if network is not None:
            network.compile()
        session.model.decoder.network.compile()
    # The steps of a photo model differ: some redraw the picture.
    is_photo = isinstance(session.model, PhotoModel)
    cycle = config.losses.redraw_every if is_photo else 1
    images = None if is_photo else batches.of(0)

    def step() -> None:
        session.train_step(batches.of(session.step) if images is None else images)

    reset_peak(device)
    step()
    wait(device)
    first = time.perf_counter() - begin
    seconds_each(step, device, whole(min(WARM_UP, steps), cycle))
    times = seconds_each(step, device, whole(steps, cycle))
    step_ms = (statistics.fmean if is_photo else statistics.median)(times) * 1e3
    memory = torch.cuda.max_memory_allocated() / 2**20 if device.type == "cuda" else None
    facts: dict[str, Any] = {
        "batch": config.optim.batch_size,
        "step_ms": step_ms,
        "step_ms_10_90": [
            sorted(times)[i] * 1e3 for i in (len(times) // 10, -1 - len(times) // 10)
        ],
        "pictures_per_second": config.optim.batch_size / step_ms * 1e3,
        "first_step_s": first,
        "peak_memory_mb": memory,
    }
    if not how:
        facts |= _shares(step, cycle, device, precision, step_ms, ceilings)
    return facts


def whole(steps: int, cycle: int) -> int:
    """Return the least number of steps, at least ``steps``, that makes whole cycles."""
    return -(-steps // cycle) * cycle


def _shares(
    step: Callable[[], None],
    cycle: int,
    device: torch.device,
    precision: str,
    step_ms: float,
    ceilings: dict[str, float],
) -> dict[str, Any]:
    with Work() as work:
        for _ in range(cycle):
            step()
    # Convolutions in fp32 use the tensor cores' TF32 on CUDA, as torch has it by default.
    rate = ceilings.get("tf32_flops_s") if precision == "fp32" else None
    found = work.facts(rate or ceilings[f"{precision}_flops_s"], ceilings["copy_bytes_s"])
    found = {name: value / cycle for name, value in found.items()}
    return {
        **found,
        "share_of_matrix_rate": found["matrix_floor_ms"] / step_ms,
        "share_of_roofline": found["roofline_ms"] / step_ms,
        "waits": _waits(step, device),
    }


def _waits(step: Callable[[], None], device: torch.device) -> dict[str, int]:
    """Return where one step makes the processor wait for the GPU, and how often."""
    if device.type != "cuda":
        return {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return dict(Counter(f"{Path(w.filename).name}:{w.lineno}" for w in caught))


def reset_peak(device: torch.device) -> None:
    """Begin to count a GPU's memory anew."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()


def free(device: torch.device) -> None:
    """Give back memory that is not used any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
