"""What one run holds in memory: model, optimisers, bank, counters; and one step of it."""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from tusk_core.losses.objective import StepLoss, Views, rebuilt_loss, step_loss
from tusk_core.losses.photo_objective import photo_rebuilt_loss, photo_step_loss
from tusk_core.losses.reconstruction import PerceptualLoss
from tusk_core.nn.build import build_model
from tusk_core.nn.device import to_device
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.results import TrainingError
from tusk_core.training.draws import DrawsAhead, draw_step
from tusk_core.training.kind_exchange import exchange_kinds
from tusk_core.training.steps import DescriptorBank, prototype_loss, prototype_steps, reseed_dead
from tusk_core.training.views import (
    HINTS,
    PLACES,
    PROTOTYPES,
    WARPS,
    explored_places,
    hint_blocks,
    make_views,
    step_generator,
)

if TYPE_CHECKING:
    from torch import Tensor

    from tusk_core.config import TrainConfig
    from tusk_core.nn.distributed import Team
    from tusk_core.training.draws import Draws

_USAGE_MEMORY = 0.95
_LOSS_MEMORY = 0.99
_FINAL_RATE = 0.05
# Kinds settle in what is left of the run.
_LAST_EXCHANGE = 0.8
_WIDE = 32  # channels from which the layout of maps matters more than turning them around


@dataclass(frozen=True, slots=True)
class StepResult:
    """The unweighted terms of one step as numbers; ``total`` is their weighted sum."""

    losses: dict[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Backward:
    """What the backward pass of this process's part leaves.

    Attributes:
        terms: mean unweighted value of each term, scalars.
        descriptors: (V, B, K, C) detached, by view.
        labels: (V, B, K) prototypes.
    """

    terms: dict[str, Tensor]
    descriptors: Tensor
    labels: Tensor


class Session:
    """A model being trained.

    Args:
        config: of the run.
        device: where it trains.
        team: of processes.

    Attributes:
        step: steps done.
        elapsed: seconds of training so far.
        usage: (M,) smoothed share of keypoints on each prototype.
        smoothed: smoothed reconstruction loss; without held-out pictures, the best checkpoint
            has the lowest.
        best: lowest ``smoothed``, or loss of the held-out pictures, that was saved.
        wasserstein: the prototypes' loss of the last round.
        parts: parts each batch is split into.
    """

    def __init__(self, config: TrainConfig, device: torch.device, team: Team) -> None:
        self.config = config
        self.device = device
        self.team = team
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.run.seed)
            model = build_model(config)
        fast = config.run.precision == "bf16" and device.type in {"cuda", "cpu"}
        model.fast_arithmetic = fast
        planes = _wants_planes(config, device)
        model.has_planes = planes and device.type == "cpu"
        layout = torch.contiguous_format if planes else torch.channels_last
        self.model = model.to(device).to(memory_format=layout)  # type: ignore[call-overload]
        self.bank = DescriptorBank(config.prototypes.bank_size, config.encoder.num_features)
        self.bank.to(device)
        self.network_parameters = [
            p for name, p in self.model.named_parameters() if not name.startswith("prototypes.")
        ]
        trained = self.network_parameters
        self.learns_prototypes = (
            config.losses.joint or config.is_channel_wise or config.encoder.has_backbone
        )
        if self.learns_prototypes:
            trained = [*trained, *self.model.prototypes.parameters()]
        fused = True if device.type in {"cuda", "cpu"} else None
        self.optimiser = torch.optim.Adam(trained, lr=config.optim.learning_rate, fused=fused)
        self.prototype_optimiser = torch.optim.Adam(
            self.model.prototypes.parameters(),
            lr=config.prototypes.learning_rate,
            betas=(0.5, 0.999),
            fused=fused,
        )
        self._draws = DrawsAhead(config.prototypes, config.encoder.num_features, device)
        self.perceptual = (
            PerceptualLoss(side=config.losses.perceptual_side, fast=fast).to(device)
            if config.losses.reconstruction == "perceptual"
            else None
        )
        M = config.prototypes.num_prototypes
        self.usage = torch.full((M,), 1 / M, device=device)
        self.unused_for = torch.zeros(M, device=device)
        self.step = 0
        self.elapsed = 0.0
        self.smoothed = math.inf
        self.best = math.inf
        self.wasserstein = 0.0
        self.parts = config.optim.accumulate

    def state_dict(self) -> dict[str, Any]:
        """Return every resumable fact as tensors and plain values."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "prototype_optimiser": self.prototype_optimiser.state_dict(),
            "bank": self.bank.state_dict(),
            "usage": self.usage,
            "unused_for": self.unused_for,
            "step": self.step,
            "elapsed": self.elapsed,
            "smoothed": self.smoothed,
            "best": self.best,
            "wasserstein": self.wasserstein,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state made by ``state_dict``."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.prototype_optimiser.load_state_dict(state["prototype_optimiser"])
        _lay_out_states(self.optimiser)
        self.bank.load_state_dict(state["bank"])
        self.bank.after_load()
        self.usage = state["usage"].to(self.device)
        self.unused_for = state["unused_for"].to(self.device)
        self.step, self.elapsed = int(state["step"]), float(state["elapsed"])
        self.smoothed, self.best = float(state["smoothed"]), float(state["best"])
        self.wasserstein = float(state.get("wasserstein", 0.0))

    def set_mean_picture(self, mean: Tensor) -> None:
        """Begin a learned background from the data's mean picture (channels, H, W)."""
        picture = getattr(self.model.background, "picture", None)
        if picture is not None:
            with torch.no_grad():
                picture.copy_(mean.to(self.device).unsqueeze(0))

    def train_step(self, batch: Tensor | Views) -> StepResult:
        """Do one network step and its prototype steps.

        Args:
            batch: (B, channels, H, W) in [0, 1], the pictures of all processes; or this process's
                part of the views, made already.

        Raises:
            TrainingError: if a loss is not finite; the weights are those before the step.
            torch.OutOfMemoryError: the weights are those before the step.
        """
        if isinstance(batch, Views):
            views = batch
        else:
            views = self._made_views(batch)
            if self._is_round:
                count = self.bank.size_after(2 * len(batch) * self.config.keypoints.num_keypoints)
                generator = step_generator(self.config.run.seed, self.step, PROTOTYPES)
                self._draws.begin(count, generator)
            views = views.part(*self.team.part(len(batch)))
        done = self._network_backward(views)
        self.team.average_gradients(self._trained())
        values = self.team.mean(torch.stack(list(done.terms.values()))).tolist()
        losses = dict(zip(done.terms, values, strict=True))
        self._check_finite(losses)
        self._apply_gradients()
        descriptors = self.team.gather(done.descriptors, dim=1)
        self._count_labels(self.team.gather(done.labels, dim=1))
        if self.has_prototype_steps:
            losses["sliced_wasserstein"] = self._move_prototypes(descriptors)
        self._check_finite(losses)
        self.step += 1
        recent = self._worth(losses)
        memory = _LOSS_MEMORY if math.isfinite(self.smoothed) else 0.0
        self.smoothed = memory * (self.smoothed if memory else 0.0) + (1 - memory) * recent
        return StepResult(losses)

    def _made_views(self, images: Tensor) -> Views:
        """Return the views (B) of pictures, and what else is drawn for this step."""
        seed, step, count = self.config.run.seed, self.step, len(images)
        views = make_views(images, self.config.pair, step_generator(seed, step, WARPS))
        places = explored_places(
            self.config.keypoints, count, step, step_generator(seed, step, PLACES)
        )
        if places is not None:
            views = dataclasses.replace(views, places=to_device(places, self.device))
        shown = hint_blocks(self.config.decoder, count, step_generator(seed, step, HINTS))
        if shown is not None:
            views = dataclasses.replace(views, shown=to_device(shown, self.device))
        return views

    def _trained(self) -> list[torch.nn.Parameter]:
        return [p for group in self.optimiser.param_groups for p in group["params"]]

    def _network_backward(self, views: Views) -> _Backward:
        self.optimiser.zero_grad(set_to_none=True)
        self.prototype_optimiser.zero_grad(set_to_none=True)
        count = views.first.shape[0]
        edges = [round(i * count / self.parts) for i in range(self.parts + 1)]
        results: list[StepLoss] = []
        terms: dict[str, Tensor] = {}
        for start, stop in itertools.pairwise(edges):
            if start == stop:
                continue
            share = (stop - start) / count
            result = self._objective(views.part(start, stop))
            total = result.total
            if self.config.losses.joint and self.has_prototype_steps:
                total = total + self._joint_prototype_loss(result)
            (total * share).backward()  # type: ignore[no-untyped-call]
            for name, value in {"total": total.detach(), **result.terms}.items():
                terms[name] = terms.get(name, value.new_zeros(())) + value.float() * share
            results.append(result)
        descriptors = torch.cat([r.descriptors for r in results], dim=1).float()
        labels = torch.cat([r.labels for r in results], dim=1)
        return _Backward(terms, descriptors, labels)

    def _objective(self, views: Views) -> StepLoss:
        if isinstance(self.model, PhotoModel):
            return photo_step_loss(self.model, views, self.done(), self.perceptual, step=self.step)
        return step_loss(self.model, views, self.step, self.perceptual)

    def held_out_loss(self, views: Views) -> Tensor:
        """Return how badly pictures that were not learned from are redrawn, without hints."""
        if isinstance(self.model, PhotoModel):
            return photo_rebuilt_loss(self.model, views, self.perceptual)
        return rebuilt_loss(self.model, views, self.perceptual)

    @property
    def _is_round(self) -> bool:
        return self.has_prototype_steps and self.step % self.config.prototypes.round_every == 0

    @property
    def _is_exchange(self) -> bool:
        prototypes = self.config.prototypes
        every = prototypes.exchange_every if prototypes.num_prototypes > 2 else 0
        return bool(every) and self.step % every == 0 and self.done() < _LAST_EXCHANGE

    @property
    def has_prototype_steps(self) -> bool:
        """Whether prototypes come from steps of their own, not from a head or a frozen network."""
        return not (self.config.is_channel_wise or self.config.encoder.has_backbone)

    def _joint_prototype_loss(self, result: StepLoss) -> Tensor:
        """Return the prototypes' term for training both together (Table 4, straightforward)."""
        descriptors = result.descriptors.flatten(0, 2).float()
        loss = prototype_loss(
            self.model.prototypes, descriptors, self.config.prototypes, self._draw(descriptors)
        )
        return self.config.losses.sliced_wasserstein_weight * loss

    def _check_finite(self, losses: dict[str, float]) -> None:
        bad = [name for name, value in losses.items() if not math.isfinite(value)]
        if bad:
            raise TrainingError(
                f"The loss became infinite or not a number at step {self.step + 1} "
                f"({', '.join(bad)}). The last checkpoint is kept. Resume from it with a smaller "
                "learning rate, or turn off bf16.",
                cause="not finite",
            )

    def _apply_gradients(self) -> None:
        optim = self.config.optim
        if optim.clip:
            torch.nn.utils.clip_grad_norm_(self._trained(), optim.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = optim.learning_rate * self._rate()
        self.optimiser.step()

    def done(self) -> float:
        """Return the share of the run that is over, in [0, 1], by steps or by time."""
        optim = self.config.optim
        done = self.step / optim.steps
        if optim.minutes:
            done = max(done, self.elapsed / (60 * optim.minutes))
        return min(1.0, done)

    def _worth(self, losses: dict[str, float]) -> float:
        """Return the number by which checkpoints are compared; lower is better.

        What a photo model is judged by changes while it learns, from kinds to peaks: its later
        checkpoints are its better ones.
        """
        if self.config.encoder.has_backbone:
            return 1 - self.done()
        return losses["reconstruction"]

    def _rate(self) -> float:
        optim = self.config.optim
        rate = min(1.0, (self.step + 1) / optim.warmup) if optim.warmup else 1.0
        if optim.schedule == "cosine":
            curve = 0.5 * (1 + math.cos(math.pi * self.done()))
            rate *= _FINAL_RATE + (1 - _FINAL_RATE) * curve
        return rate

    def _count_labels(self, labels: Tensor) -> None:
        if not labels.numel():
            return
        M = self.config.prototypes.num_prototypes
        # As bincount, which makes a GPU be waited for.
        counts = torch.zeros(M, device=labels.device).index_add_(
            0, labels.flatten(), torch.ones(labels.numel(), device=labels.device)
        )
        # The even start is not an observation, so the first step replaces it.
        memory = _USAGE_MEMORY if self.step else 0.0
        self.usage = memory * self.usage + (1 - memory) * counts / counts.sum()
        self.unused_for = torch.where(counts > 0, 0.0, self.unused_for + 1)

    def _move_prototypes(self, descriptors: Tensor) -> float:
        config = self.config
        kept = self.bank.push(descriptors.flatten(0, 2))
        if config.losses.joint or not config.losses.sliced_wasserstein_weight:
            with torch.no_grad():
                return prototype_loss(
                    self.model.prototypes, kept, config.prototypes, self._draw(kept)
                ).item()
        if self._is_exchange:
            exchange_kinds(self.model.prototypes, kept)
        if self._is_round:
            self.wasserstein = self._round(kept)
        if config.prototypes.reseed_after:
            self.unused_for = reseed_dead(
                self.model.prototypes, self.unused_for, kept, config.prototypes.reseed_after
            )
        return self.wasserstein

    def _round(self, kept: Tensor) -> float:
        """Do the prototype steps of a round on the bank (N, C); returns the last one's loss."""
        config = self.config
        generator = step_generator(config.run.seed, self.step, PROTOTYPES)
        return prototype_steps(
            self.model.prototypes,
            kept,
            self.prototype_optimiser,
            config.prototypes,
            self._draws.take(len(kept), generator),
        ).item()

    def _draw(self, descriptors: Tensor) -> Draws:
        generator = step_generator(self.config.run.seed, self.step, PROTOTYPES)
        count, num_features = descriptors.shape
        return draw_step(self.config.prototypes, count, num_features, generator)


def _wants_planes(config: TrainConfig, device: torch.device) -> bool:
    """Tell whether maps lie channel by channel in memory, rather than with the channels last.

    CUDA's group normalisation takes planes only and would turn every map around twice: on an H200
    planes are 3 to 11 % faster unless the step is compiled. On processors without AVX-512, oneDNN's
    gradients of weights take up to three times as long with the channels last.
    """
    if config.run.compile or config.encoder.has_backbone:
        return False
    is_narrow = device.type == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX2"
    return device.type == "cuda" or (is_narrow and config.encoder.widths[0] >= _WIDE)


def _lay_out_states(optimiser: torch.optim.Optimizer) -> None:
    """Give moments the layout of their weights, which one pass over both goes by."""
    for weight, state in optimiser.state.items():
        for name, value in state.items():
            if value.shape == weight.shape and value.stride() != weight.stride():
                state[name] = torch.empty_like(weight).copy_(value)
