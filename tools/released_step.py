"""One training step of the paper's released code, for timing beside ours.

The code itself (github.com/ubc-vision/TUSK) is not part of this project: give the folder of a
copy, of which ``models`` and ``utils`` are needed. Its step is warped pictures in, weights out;
warping, which it does in worker processes, is left out of its time.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from gpu_timing import WARM_UP, free, reset_peak, seconds_each
from torch import nn

from tusk_core.commands.bench_engine import _pictures
from tusk_core.config import TrainConfig, load_preset

if TYPE_CHECKING:
    from collections.abc import Callable


def released_presets(names: list[str]) -> list[str]:
    """Return the presets whose settings the released code can run: those with a pixel loss."""
    configs = {name: load_preset(name) for name in names if name.startswith("paper-")}
    return [name for name, c in configs.items() if c.losses.reconstruction == "mse"]


def time_released(
    folder: Path, config: TrainConfig, device: torch.device, steps: int
) -> dict[str, Any]:
    """Return the step time of the released code at a preset's settings.

    Args:
        folder: of a copy of it.
        config: of the preset.
        device: where.
        steps: that count.
    """
    step, batch = _step(folder, config, device)
    reset_peak(device)
    seconds_each(step, device, min(WARM_UP, steps))
    times = seconds_each(step, device, steps)
    step_ms = statistics.median(times) * 1e3
    memory = torch.cuda.max_memory_allocated() / 2**20 if device.type == "cuda" else None
    free(device)
    return {
        "batch": batch,
        "step_ms": step_ms,
        "pictures_per_second": batch / step_ms * 1e3,
        "peak_memory_mb": memory,
    }


def _modules(folder: Path) -> tuple[Any, Any]:
    # Only its perceptual loss, which is not timed here, uses torchvision.
    sys.modules.setdefault("torchvision", types.ModuleType("torchvision"))
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module("models.network"), importlib.import_module("models.loss")


def _settings(config: TrainConfig) -> types.SimpleNamespace:
    space = types.SimpleNamespace
    return space(
        latent_channel=config.encoder.num_features,
        encoder=space(gnorm_affine=True),
        spatial_softmax=space(kernel_size=config.keypoints.nms_window),
        top_k=config.keypoints.num_keypoints,
        gau_var=config.decoder.splat_variance,
        alpha_blending=config.decoder.blend == "alpha",
        num_cluster=config.prototypes.num_prototypes,
    )


def _step(
    folder: Path, config: TrainConfig, device: torch.device
) -> tuple[Callable[[], None], int]:
    """Return a function that does one step, in the order of the released trainer's loop."""
    network_module, loss_module = _modules(folder)
    torch.manual_seed(0)
    network = network_module.NetWork(_settings(config)).to(device)
    kmeans, wasserstein = loss_module.kmean_loss(None), loss_module.sliced_wasserstein_loss(None)
    weights = [*network.encoder.parameters(), *network.decoder.parameters()]
    network_optimiser = torch.optim.Adam(weights, lr=config.optim.learning_rate)
    prototype_optimiser = torch.optim.Adam([network.prototype], lr=0.1, betas=(0.5, 0.999))
    half = config.optim.batch_size
    images = _pictures(config, half).repeat(2, 1, 1, 1).to(device)
    height, width = images.shape[-2:]
    pad = height // 5
    lines = [torch.linspace(-1, 1, side + 2 * pad, device=device) for side in (height, width)]
    y, x = torch.meshgrid(*lines, indexing="ij")
    grid = torch.stack([x, y], -1).expand(half, -1, -1, -1) * 0.95
    mirror = nn.ReflectionPad2d(pad)

    def warped(maps: torch.Tensor) -> torch.Tensor:
        moved = nn.functional.grid_sample(mirror(maps[:half]), grid, align_corners=False)
        return moved[:, :, pad : pad + height, pad : pad + width]

    def step() -> None:
        rebuilt, _, _, descriptors, _, found = network.forward(images, opt_prototypes=False)
        count = descriptors.shape[0] * descriptors.shape[1]
        cluster, _ = kmeans.forward(found["p_soft"].reshape(count, -1))
        loss = nn.functional.mse_loss(rebuilt, images) + 0.01 * cluster
        for name, weight in (("score_map", 0.01), ("featuremap", 100.0)):
            maps = found[name]
            loss = loss + weight * nn.functional.mse_loss(warped(maps), maps[half:])
        network_optimiser.zero_grad()
        loss.backward()
        network_optimiser.step()
        for _ in range(config.prototypes.num_steps):
            descriptors, unit = network.forward(images, opt_prototypes=True)
            loss = wasserstein.forward(unit, descriptors, device)
            prototype_optimiser.zero_grad()
            loss.backward()
            prototype_optimiser.step()

    return step, half
