"""TUSK and its rivals on the same pictures, those that learn for the same processor time.

Rivals are Slot Attention, a supervised network, a detector with one heat map for each keypoint in
place of TUSK's one for all, and clusters of frozen features, which learn nothing.

    python tools/side_by_side.py --pictures tetrominoes,digits --minutes 5 --seeds 0,1 --out DIR

Every method is trained one after the other and scored by the protocol of its pictures; each report
is a file of DIR, and what is there is not made again. `python tools/tables.py add` puts them into a
record. How many steps of a preset fill the time is measured first, so that its schedule ends with
it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tusk_core import api
from tusk_core.config import load_preset, replaced
from tusk_core.control import RunControl
from tusk_core.events import RunFinished, StepDone
from tusk_core.results import EvaluationReport, TrainingError

PICTURES = {
    "tetrominoes": ("quick-tetrominoes", "multi-object", "count=6000&seed=1", "count=300&seed=7"),
    "digits": ("quick-digits", "mnist-hard", "count=6000&seed=1", "count=300&seed=99"),
}
RIVALS = {
    # Clusters draw no segments, by which these are scored.
    "tetrominoes": ("supervised?", "slots?slots=4&kinds=114&"),
    "digits": ("supervised?", "slots?slots=10&kinds=20&", "clusters?kinds=20&points=9"),
}
# One map, and one prototype, for each keypoint; what is about prototypes that move is left out.
CHANNEL_WISE = {
    "tetrominoes": {"keypoints.detector": "channel-wise", "prototypes.num_prototypes": 3},
    "digits": {
        "keypoints.detector": "channel-wise",
        "prototypes.num_prototypes": 9,
        "prototypes.exchange_every": 0,
    },
}
# Steps that are timed, and those before them that are not.
TIMED, WARM_UP = 30, 10


def train(
    preset: str, others: dict[str, object], steps: int, root: Path
) -> tuple[Path, list[float]]:
    """Train a preset; returns the model and the processor time after each step, seconds."""
    config = load_preset(preset)
    changes = {**others, "optim.steps": steps}
    times, model = [], None
    for event in api.train(replaced(config, changes), RunControl(), run_root=root):
        if isinstance(event, StepDone):
            times.append(time.process_time())
        elif isinstance(event, RunFinished):
            model = event.model_dir
    if model is None or len(times) < steps:
        raise TrainingError(f"{preset} was not trained to its end.")
    return model, times


def trained_model(
    pictures: str, arguments: argparse.Namespace, seed: int, changes: dict[str, object]
) -> Path:
    """Return a model whose training took the time that was asked for."""
    preset, _, learned, _ = PICTURES[pictures]
    others = {**changes, "data.source": f"sample:{pictures}?{learned}", "run.seed": seed}
    root = arguments.out / "runs"
    times = train(preset, others, TIMED, root)[1]
    step = (times[-1] - times[WARM_UP - 1]) / (TIMED - WARM_UP)
    steps = max(1, round(60 * arguments.minutes / step))
    model, times = train(preset, others, steps, root)
    print(f"{preset}: {steps} steps, {times[-1] - times[0]:.0f} s of processor time", flush=True)
    return model


def score(
    name: str, model: Path | str, pictures: str, seed: int, out: Path, *, learns: bool = False
) -> None:
    """Score a model, or a rival, which ``learns`` from the training pictures first or not."""
    _, protocol, learned, scored = PICTURES[pictures]
    fit = f"sample:{pictures}?{learned}" if learns else ""
    job = api.evaluate(model, f"sample:{pictures}?{scored}", protocol, seed=seed, fit=fit)
    report = [item for item in job if isinstance(item, EvaluationReport)][-1]
    api.save_report(report, out)
    print(f"{name}\n{api.report_text(report)}\n", flush=True)


def main() -> None:
    """Train and score what is not there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", default=",".join(PICTURES))
    parser.add_argument("--minutes", type=int, default=5, help="of processor time, each")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--out", type=Path, required=True, help="folder of the reports")
    arguments = parser.parse_args()
    for seed in map(int, arguments.seeds.split(",")):
        for pictures in arguments.pictures.split(","):
            for name, changes in (("tusk", {}), ("channel-wise", CHANNEL_WISE[pictures])):
                out = arguments.out / f"{pictures}_{name}_{seed}.json"
                if not out.exists():
                    model = trained_model(pictures, arguments, seed, changes)
                    score(out.stem, model, pictures, seed, out)
            for rival in RIVALS[pictures]:
                out = arguments.out / f"{pictures}_{rival.partition('?')[0]}_{seed}.json"
                if not out.exists():
                    learns = rival.endswith(("?", "&"))
                    name = f"baseline:{rival}" + f"minutes={arguments.minutes}" * learns
                    score(out.stem, name, pictures, seed, out, learns=learns)


if __name__ == "__main__":
    main()
