"""What ``tusk bench`` measures of the engine: the parts of a training step, and detection.

Times are medians in milliseconds. The floor of a step is the multiply-adds of its convolutions,
forward and backward, over the rate at which this machine runs those very convolutions alone.
"""

from __future__ import annotations

import platform
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from tusk_core.commands.bench_convolutions import ConvolutionCount, count_convolutions
from tusk_core.commands.bench_photo import time_photo_steps
from tusk_core.commands.bench_throughput import measure_throughput
from tusk_core.commands.stopwatch import Stopwatch
from tusk_core.inference.predictor import TorchPredictor
from tusk_core.losses.objective import step_loss
from tusk_core.nn.build import build_model
from tusk_core.nn.device import choose_device, limit_threads
from tusk_core.nn.distributed import Team
from tusk_core.nn.model_files import ModelMeta
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.training.batches import KnownBatches, PlainBatches, batches_of
from tusk_core.training.draws import draw_steps
from tusk_core.training.estimate import peak_memory
from tusk_core.training.held_out import Division
from tusk_core.training.kinds_first import rank_kinds, seed_kinds
from tusk_core.training.session import Session
from tusk_core.training.steps import prototype_steps
from tusk_core.training.views import PROTOTYPES, WARPS, make_views, step_generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_core.commands.terminal import Terminal
    from tusk_core.config import TrainConfig
    from tusk_core.nn.model import TuskModel
    from tusk_core.results import DeviceInfo

PHASES = ("warp", "encode_decode_forward", "backward", "network_step", "prototype_steps")
_WARM_UP = 2
_LEAST_PICTURES = 16


def measure_training(
    config: TrainConfig, device_name: str, num_steps: int, terminal: Terminal
) -> dict[str, Any]:
    """Return times of a training step and of its parts, with the floor.

    Args:
        config: whose step is measured, on made-up pictures.
        device_name: where.
        num_steps: steps that count, after two to warm up.
        terminal: shows how far it is.
    """
    device = choose_device(device_name)
    limit_threads(config.run.threads)
    session, batches = ready_session(config, torch.device(device.name))
    watch = Stopwatch(session.device)
    if isinstance(batches, KnownBatches):
        timed = time_photo_steps(session, batches, num_steps, watch, terminal)
    else:
        timed = _time_steps(session, batches, num_steps, watch, terminal)
    step_ms = timed["step_ms"]
    return {
        **_machine(device, config),
        "pictures_per_step": config.optim.batch_size,
        "pictures_per_second": config.optim.batch_size / step_ms * 1000,
        **timed,
        "peak_memory_mb": peak_memory(device.name) / 2**20,
    }


def ready_session(
    config: TrainConfig, device: torch.device
) -> tuple[Session, PlainBatches | KnownBatches]:
    """Return a run on made-up pictures that is ready for its next step.

    A photo model has its first kinds and stands in the middle of its run, where all terms count.
    """
    session = Session(config, device, Team())
    count = max(config.optim.batch_size, _LEAST_PICTURES)
    pictures = _pictures(config, count).mul(255).byte().permute(0, 2, 3, 1).numpy()
    if isinstance(session.model, PhotoModel):
        seed_kinds(session.model, pictures, config.run.seed)
        rank_kinds(session.model, pictures, config.run.seed)
        session.step = config.optim.steps // 2
    division = Division(pictures, np.arange(count), np.arange(0))
    return session, batches_of(session, division, None)


def _time_steps(
    session: Session,
    batches: PlainBatches,
    num_steps: int,
    watch: Stopwatch,
    terminal: Terminal,
) -> dict[str, Any]:
    """Return medians of steps, of their parts and of the networks alone."""
    images = batches.of(0)
    views = images.repeat(2, 1, 1, 1)
    inputs = _network_inputs(session.model, views)
    steps, alone, phases = [], [], []
    # One step in so many moves prototypes: whole cycles of them, so that none counts too much.
    cycle = session.config.prototypes.round_every
    num_steps = -(-num_steps // cycle) * cycle
    # In turns, so that another program's load falls on all three alike.
    for step in range(_WARM_UP + num_steps):
        terminal.progress(step, _WARM_UP + num_steps, "Training steps")
        watch.start()
        session.train_step(images)
        steps.append(watch.lap())
        phases.append(_phases(session, images, watch))
        alone.append(_networks_alone(session.model, inputs, watch))
    step_ms = float(np.median(np.reshape(steps[_WARM_UP:], (-1, cycle)).mean(axis=1)))
    alone_ms = statistics.median(alone[_WARM_UP:])
    medians = {n: statistics.median(p[n] for p in phases[_WARM_UP:]) for n in PHASES}
    medians["prototype_steps"] /= cycle
    terminal.phase("Convolutions alone")
    counted = count_convolutions(session.model, views)
    return {
        "step_ms": step_ms,
        "phases_ms": medians,
        "prototype_share": medians["prototype_steps"] / sum(medians.values()),
        "networks_alone_ms": alone_ms,
        "outside_networks_share": max(0.0, 1 - alone_ms / step_ms),
        **_floor(counted, step_ms),
    }


def _floor(counted: ConvolutionCount, step_ms: float) -> dict[str, float]:
    rate = counted.multiply_adds / counted.milliseconds / 1e6
    floor_ms = counted.milliseconds
    return {
        "giga_multiply_adds": counted.multiply_adds / 1e9,
        "convolution_rate_gmac_s": rate,
        "floor_ms": floor_ms,
        "share_of_convolution_rate": floor_ms / step_ms,
    }


def _machine(device: DeviceInfo, config: TrainConfig) -> dict[str, Any]:
    data = config.data
    return {
        "device": device.name,
        "device_label": device.label,
        "threads": torch.get_num_threads(),
        "precision": config.run.precision,
        "torch": torch.__version__,
        "system": platform.platform(),
        "preset": config.preset,
        "picture_size": f"{data.width}x{data.height}x{data.channels}",
        "num_keypoints": config.keypoints.num_keypoints,
        "num_prototypes": config.prototypes.num_prototypes,
    }


def _pictures(config: TrainConfig, count: int) -> Tensor:
    """Return smooth noise (count, channels, H, W): no method may profit from empty pictures."""
    data = config.data
    coarse = torch.rand(
        count,
        data.channels,
        data.height // 4 + 1,
        data.width // 4 + 1,
        generator=torch.Generator().manual_seed(0),
    )
    size = (data.height, data.width)
    return nn.functional.interpolate(coarse, size, mode="bilinear", align_corners=False)


def _phases(session: Session, images: Tensor, watch: Stopwatch) -> dict[str, float]:
    """Do one step like ``Session.train_step`` does, timing its parts."""
    config, model = session.config, session.model
    seed = config.run.seed
    watch.start()
    views = make_views(images, config.pair, step_generator(seed, session.step, WARPS))
    warp = watch.lap()
    result = step_loss(model, views, session.step, session.perceptual)
    forward = watch.lap()
    session.optimiser.zero_grad(set_to_none=True)
    result.total.backward()  # type: ignore[no-untyped-call]
    backward = watch.lap()
    session.optimiser.step()
    network = watch.lap()
    kept = session.bank.push(result.descriptors.flatten(0, 2).float())
    generator = step_generator(seed, session.step, PROTOTYPES)
    draws = draw_steps(config.prototypes, len(kept), kept.shape[1], generator)
    loss = prototype_steps(
        model.prototypes, kept, session.prototype_optimiser, config.prototypes, draws
    )
    loss.item()
    return dict(zip(PHASES, (warp, forward, backward, network, watch.lap()), strict=True))


def _network_inputs(model: TuskModel, images: Tensor) -> dict[str, Tensor]:
    """Return what the encoder and the decoder's network are given for ``images``."""
    inputs: dict[str, Tensor] = {}

    def remember(name: str) -> Callable[..., None]:
        def hook(_module: nn.Module, given: tuple[Tensor, ...]) -> None:
            inputs[name] = given[0].detach()

        return hook

    networks = {"encoder": model.encoder, "decoder": model.decoder.network}
    hooks = [part.register_forward_pre_hook(remember(name)) for name, part in networks.items()]
    with torch.no_grad():
        encoded = model.encode(images)
        model.decode(model.find_keypoints(encoded), encoded.size, encoded.code)
    for hook in hooks:
        hook.remove()
    return inputs


def _networks_alone(model: TuskModel, inputs: dict[str, Tensor], watch: Stopwatch) -> float:
    """Return the time of encoder and decoder network alone, forward and backward."""
    watch.start()
    given = inputs["encoder"]
    with torch.autocast(given.device.type, torch.bfloat16, enabled=model.fast_arithmetic):
        scores, features, _ = model.encoder(given)
        drawn = model.decoder.network(inputs["decoder"].requires_grad_())
    torch.autograd.backward(
        [scores, features], [torch.ones_like(scores), torch.ones_like(features)]
    )
    torch.autograd.backward([drawn], [torch.ones_like(drawn)])
    elapsed = watch.lap()
    model.zero_grad(set_to_none=True)
    return elapsed


def measure_detection(
    config: TrainConfig,
    device_name: str,
    num_steps: int,
    counts: tuple[int, int],
    terminal: Terminal,
) -> dict[str, Any]:
    """Return times of one picture, of batches and of files through an untrained model.

    Args:
        config: whose model is measured.
        device_name: where.
        num_steps: repeats that count, after two to warm up.
        counts: picture files and frames of a video.
        terminal: shows how far it is.
    """
    device = choose_device(device_name)
    limit_threads(config.run.threads)
    predictor = _untrained(config, device)
    batch = _pictures(config, 32).mul(255).byte().permute(0, 2, 3, 1).numpy()
    pictures = [np.repeat(p, 3 // p.shape[2], axis=2) for p in batch]
    points = predictor.detect(pictures[0]).keypoints
    jobs: dict[str, Callable[[], object]] = {
        "detect_ms": lambda: predictor.detect(pictures[0]),
        "detect_with_heat_map_ms": lambda: predictor.detect(pictures[0], with_heat_map=True),
        "detect_32_ms": lambda: predictor.detect_many(pictures),
    }
    if predictor.model.decoder is not None:
        jobs["reconstruct_ms"] = lambda: predictor.reconstruct(pictures[0], points)
    numbers: dict[str, Any] = {}
    for done, (name, job) in enumerate(jobs.items()):
        terminal.progress(done, len(jobs), name.removesuffix("_ms").replace("_", " "))
        times = []
        for _ in range(_WARM_UP + num_steps):
            begin = time.perf_counter()
            job()
            times.append((time.perf_counter() - begin) * 1000)
        numbers[name] = statistics.median(times[_WARM_UP:])
    numbers["pictures_per_second"] = len(pictures) / numbers["detect_32_ms"] * 1000
    numbers["files"] = measure_throughput(predictor, *counts, terminal)
    memory = peak_memory(device.name) / 2**20
    return {**_machine(device, config), **numbers, "peak_memory_mb": memory}


def _untrained(config: TrainConfig, device: DeviceInfo) -> TorchPredictor:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(config).eval().requires_grad_(requires_grad=False)
    count = config.prototypes.num_prototypes
    meta = ModelMeta(config, 0, (1 / count,) * count, "", "bench")
    return TorchPredictor(model, Path(), meta, device)
