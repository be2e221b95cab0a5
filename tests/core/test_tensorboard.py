"""TensorBoard opens the log that a run writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tusk_core import api
from tusk_core.config import load_preset, replaced
from tusk_core.control import RunControl
from tusk_core.events import CheckpointSaved, StepDone

SMALL = {
    "data.source": "sample:tetrominoes?count=12",
    "encoder.widths": (8, 8),
    "encoder.num_features": 8,
    "encoder.norm_groups": 4,
    "decoder.patch_channels": 8,
    "prototypes.num_prototypes": 6,
    "prototypes.num_steps": 1,
    "optim.batch_size": 2,
    "data.held_out": 0.25,
    "optim.steps": 20,
    "run.device": "cpu",
}
# In a process of its own: TensorBoard's reader warns where TensorFlow is not installed.
READ = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
log = EventAccumulator(sys.argv[1])
log.Reload()
tags = log.Tags()["scalars"]
print(json.dumps({tag: [[e.step, e.value] for e in log.Scalars(tag)] for tag in tags}))
"""


def test_tensorboard_opens_the_log_of_a_run(tmp_path: Path) -> None:
    config = replaced(load_preset("quick-tetrominoes"), SMALL)
    events = list(api.train(config, RunControl(), run_root=tmp_path))
    (run,) = (path for path in tmp_path.iterdir() if path.is_dir())
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, str(run / "tensorboard")],
        check=True,
        text=True,
        capture_output=True,
    )
    curves = json.loads(done.stdout.splitlines()[-1])
    steps = {e.step: e.losses for e in events if isinstance(e, StepDone) and e.step % 10 == 0}
    assert set(steps) == {10, 20}
    for name in steps[10]:
        written = dict(map(tuple, curves[f"loss/{name}"]))
        assert set(written) == set(steps)
        for step, value in written.items():
            assert value == pytest.approx(steps[step][name], rel=1e-5)
    assert "speed/pictures_per_second" in curves
    measured = [(e.step, e.held_out_loss) for e in events if isinstance(e, CheckpointSaved)]
    assert [(step, pytest.approx(loss)) for step, loss in curves["held_out/reconstruction"]] == (
        measured
    )
