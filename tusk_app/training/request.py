"""What to train, as a frozen value: enough to start a run, and to start it again differently."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tusk_core import api
from tusk_core.config import TrainConfig, replaced
from tusk_core.control import RunControl
from tusk_core.events import TrainEvent
from tusk_core.source_text import path_text

Session = Callable[[RunControl], Iterator[TrainEvent]]


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """One wish of the user.

    Attributes:
        kind: a new model, the rest of a run, or a new model from another's weights.
        run_root: folder that gets the run's folder; not used by ``resume``.
        config: settings; None for ``resume``, whose settings lie in the run folder.
        start_from: run folder to resume, or model (folder or bundled name) to fine-tune.
        steps: new total of steps of a resumed run; None keeps it.
        minutes: new time limit of a resumed run; None keeps it.
        device: device of a resumed run; None keeps it.
        name: ending of the run folder's name; None takes the data's.
        is_sample: True for "Watch a sample learn", which explains itself while it runs.
    """

    kind: Literal["new", "resume", "fine-tune"]
    run_root: Path
    config: TrainConfig | None = None
    start_from: str | Path | None = None
    steps: int | None = None
    minutes: float | None = None
    device: str | None = None
    name: str | None = None
    is_sample: bool = False

    @property
    def title(self) -> str:
        """What the run is called before its folder exists."""
        if self.is_sample:
            return "Sample: tetrominoes"
        if self.kind == "resume":
            return f"Resuming {Path(str(self.start_from)).name}"
        if self.config is not None and self.config.data.source:
            return Path(path_text(self.config.data.source)).name or self.config.data.source
        return "Training"

    @property
    def total_steps(self) -> int | None:
        """Steps asked for, if known before the run has started."""
        return self.config.optim.steps if self.config is not None else self.steps

    def session(self, control: RunControl) -> Iterator[TrainEvent]:
        """Start the engine; call it in the training thread, for it loads torch."""
        if self.kind == "resume":
            return api.resume(
                Path(str(self.start_from)),
                control,
                steps=self.steps,
                minutes=self.minutes,
                device=self.device,
            )
        if self.config is None:
            raise ValueError("a new run needs settings")
        if self.kind == "fine-tune":
            return api.fine_tune(
                self.config,
                str(self.start_from),
                control,
                run_root=self.run_root,
                name=self.name,
            )
        return api.train(self.config, control, run_root=self.run_root, name=self.name)

    def with_half_the_batch(self) -> TrainingRequest | None:
        """Return the same run with half the pictures in a step; None if that cannot be."""
        if self.config is None or self.config.optim.batch_size < 2:
            return None
        optim = self.config.optim
        batch = optim.batch_size // 2
        changes = {
            "optim.batch_size": batch,
            "optim.accumulate": math.gcd(batch, optim.accumulate),
        }
        return replace(self, config=replaced(self.config, changes))

    def on_the_cpu(self) -> TrainingRequest:
        """Return the same run on the CPU, where memory is usually larger."""
        if self.config is None:
            return replace(self, device="cpu")
        return replace(
            self, config=replaced(self.config, {"run.device": "cpu", "run.precision": "fp32"})
        )

    def with_a_lower_rate(self) -> TrainingRequest | None:
        """Return the same run with a third of the learning rate; None for a resumed run."""
        if self.config is None:
            return None
        rate = float(f"{self.config.optim.learning_rate / 3:.2g}")
        return replace(self, config=replaced(self.config, {"optim.learning_rate": rate}))

    def resumed(self, run_dir: Path, *, steps: int | None = None) -> TrainingRequest:
        """Return the request that goes on with ``run_dir``."""
        return TrainingRequest(
            kind="resume",
            run_root=self.run_root,
            start_from=run_dir,
            steps=steps,
            is_sample=self.is_sample,
        )
