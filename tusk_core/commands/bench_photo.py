"""What ``tusk bench`` measures of a training step on a frozen network.

Such a step is not like the next: pairs of views serve several steps, and only some steps redraw the
picture. So whole cycles are measured, in the middle of a run, and times are means in milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from tusk_core.losses.photo_objective import photo_step_loss
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.nn.trunk import Taps
from tusk_core.training.batches import KnownBatches

if TYPE_CHECKING:
    from tusk_core.commands.stopwatch import Stopwatch
    from tusk_core.commands.terminal import Terminal
    from tusk_core.losses.objective import Views
    from tusk_core.training.session import Session

PHOTO_PHASES = ("views_and_frozen_network", "objective_forward", "backward", "network_step")


def time_photo_steps(
    session: Session,
    batches: KnownBatches,
    num_steps: int,
    watch: Stopwatch,
    terminal: Terminal,
) -> dict[str, Any]:
    """Return the mean time of a step, of its parts and of its networks alone.

    Args:
        session: of a photo model, its first kinds found.
        batches: of its steps.
        num_steps: that count, rounded up to whole cycles.
        watch: of the device.
        terminal: shows how far it is.
    """
    cycle = session.config.losses.redraw_every
    cycles = -(-num_steps // cycle)
    # One to warm up. In turns, so that another program's load falls on all alike.
    steps, alone = 0.0, 0.0
    phases = dict.fromkeys(PHOTO_PHASES, 0.0)
    for turn in range(cycles + 1):
        terminal.progress(turn, cycles + 1, "Training steps")
        taken = sum(_whole_step(session, batches, watch) for _ in range(cycle))
        parts = [_phases(session, batches, watch) for _ in range(cycle)]
        networks = _networks_alone(session, batches, watch)
        if turn:
            steps, alone = steps + taken, alone + networks
            phases = {name: total + sum(p[name] for p in parts) for name, total in phases.items()}
    counted = cycles * cycle
    step_ms, alone_ms = steps / counted, alone / cycles
    return {
        "step_ms": step_ms,
        "phases_ms": {name: total / counted for name, total in phases.items()},
        "networks_alone_ms": alone_ms,
        "outside_networks_share": max(0.0, 1 - alone_ms / step_ms),
    }


def _whole_step(session: Session, batches: KnownBatches, watch: Stopwatch) -> float:
    watch.start()
    session.train_step(batches.of(session.step))
    return watch.lap()


def _phases(session: Session, batches: KnownBatches, watch: Stopwatch) -> dict[str, float]:
    """Do one step like ``Session.train_step`` does, timing its parts."""
    model = _photo_model(session)
    watch.start()
    views = batches.of(session.step)
    made = watch.lap()
    result = photo_step_loss(model, views, session.done(), session.perceptual, step=session.step)
    forward = watch.lap()
    session.optimiser.zero_grad(set_to_none=True)
    result.total.backward()  # type: ignore[no-untyped-call]
    backward = watch.lap()
    session.optimiser.step()
    session.step += 1
    return dict(zip(PHOTO_PHASES, (made, forward, backward, watch.lap()), strict=True))


def _networks_alone(session: Session, batches: KnownBatches, watch: Stopwatch) -> float:
    """Return the time [ms] of a step's share of trunk, head and decoder, forward and backward."""
    config, model = session.config, _photo_model(session)
    views = batches.of(session.step)
    fresh = -(-config.optim.batch_size // config.pair.uses)
    images = torch.cat([views.first[:fresh], views.second[:fresh]])
    watch.start()
    with torch.no_grad():
        model.trunk(images)
    spent = watch.lap() + _head_alone(model, views, watch)
    if config.decoder.kind != "none":
        spent += _decoder_alone(model, views, watch) / config.losses.redraw_every
    return spent


def _head_alone(model: PhotoModel, views: Views, watch: Stopwatch) -> float:
    assert views.taps is not None
    if model.head is None:
        return 0.0
    both = torch.cat([views.first, views.second])
    taps = Taps.joined(views.taps)
    watch.start()
    surface = model.surface(taps, both)
    found = [model.descriptors(surface), model.peak_logits(surface)]
    read = [one for one in found if one is not None]
    torch.autograd.backward(read, [torch.ones_like(one) for one in read])
    elapsed = watch.lap()
    model.zero_grad(set_to_none=True)
    return elapsed


def _decoder_alone(model: PhotoModel, views: Views, watch: Stopwatch) -> float:
    given: list[torch.Tensor] = []
    hook = model.decoder.network.register_forward_pre_hook(
        lambda _module, inputs: given.append(inputs[0].detach())
    )
    with torch.no_grad():
        encoded = model.encode(views.first)
        model.decode(model.find_keypoints(encoded), encoded.size, encoded.code)
    hook.remove()
    watch.start()
    with torch.autocast(given[0].device.type, torch.bfloat16, enabled=model.fast_arithmetic):
        drawn = model.decoder.network(given[0].requires_grad_())
    torch.autograd.backward([drawn], [torch.ones_like(drawn)])
    elapsed = watch.lap()
    model.zero_grad(set_to_none=True)
    return elapsed


def _photo_model(session: Session) -> PhotoModel:
    assert isinstance(session.model, PhotoModel)
    return session.model
