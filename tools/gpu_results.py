r"""Everything about speed and results that needs a GPU, in order, within a given time.

    python tools/gpu_results.py --out DIR --minutes 13 --jobs 4 \
        --train paper-mnist-hard:0,1:20000 \
        --train "tusk-default@digits:0:8000:prototypes.num_prototypes=20" \
        --pictures "faces=DATA/train|DATA/test|landmarks|--fit DATA/train" \
        --train tusk-photos@faces:0

1. The device's ceilings, then the step time of every preset in fp32 and bf16: eager, with the
   channels last, and, for the presets of --compile, compiled; with memory and the share of the
   roofline. Presets for photographs are timed as they train: kinds first, whole cycles of steps.
   ``--released DIR`` times the paper's released code beside it.
2. Trainings, several processes side by side on the one GPU, each scored by the protocol of its
   pictures. While 1 runs, their pictures are made in the background.

Every finished item is one line of DIR/results.jsonl. A second call with the same DIR leaves out
what is there and resumes runs that were cut off. ``--device cpu --steps 2`` tries it anywhere.

A little longer than other files: one script, from what is typed to the lines of its results.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import math
import os
import platform
import re
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tusk_core.config import TrainConfig

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

PATTERNS = ("paper-*", "tusk-*", "quick-*")
COMPILED = (
    "paper-mnist-hard,paper-tetrominoes,tusk-default,tusk-photos,quick-digits,quick-tetrominoes"
)
TESTS = {
    "digits": ("sample:digits?count=500&seed=99{digits_test}", "mnist-hard"),
    "tetrominoes": ("sample:tetrominoes?count=1000&seed=7", "multi-object"),
    "solids": ("sample:solids?count=320&seed=7", "multi-object"),
}
TRAINED_ON = {
    "digits": "sample:digits?count=20000&seed=1{digits_train}",
    "tetrominoes": "sample:tetrominoes?count=20000&seed=1",
    "solids": "sample:solids?count=6000&seed=1",
}
# Further words of the evaluation, such as where a regression is fitted.
SCORED_WITH: dict[str, list[str]] = {}
Facts = dict[str, Any]

SCORING_S = 60
LEAST_TRAINING_S = 30


@dataclass(frozen=True)
class Training:
    """One training of the list: ``PRESET[@PICTURES]:SEED[:STEPS[:KEY=VALUE;KEY=VALUE]]``."""

    preset: str
    pictures: str
    seed: int
    steps: int
    source: str
    settings: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of its run and of its line in the results."""
        changed = "".join(f"_{s.split('.')[-1].replace('=', '')}" for s in self.settings)
        clean = "".join(c if c.isalnum() or c in "-_." else "-" for c in changed)
        return f"{self.preset}_{self.pictures}_s{self.seed}_n{self.steps}{clean}"[:120]


def read_trainings(texts: list[str], digits: Path | None) -> list[Training]:
    """Return the trainings that were typed; ends the program where one is not understood."""
    from tusk_core.config import load_preset

    found = []
    for text in texts:
        head, seeds, steps, settings = [*text.split(":", 3), "", "", ""][:4]
        preset, _, pictures = head.partition("@")
        config = load_preset(preset)
        pictures = pictures or next((n for n in TESTS if n in config.data.source), "")
        if pictures not in TESTS:
            raise SystemExit(f"{text}: add @{', @'.join(TESTS)} to the preset.")
        found += [
            Training(
                preset=preset,
                pictures=pictures,
                seed=int(seed),
                steps=int(steps or config.optim.steps),
                source=with_digits(TRAINED_ON[pictures], digits),
                settings=tuple(filter(None, settings.split(";"))),
            )
            for seed in (seeds or "0").split(",")
        ]
    return found


def add_pictures(texts: list[str]) -> None:
    """Take in sets of one's own, such as photographs: ``NAME=TRAIN|TEST|PROTOCOL[|WORDS]``."""
    for text in texts:
        name, _, rest = text.partition("=")
        parts = rest.split("|")
        if not name or len(parts) not in {3, 4}:
            raise SystemExit(f"{text}: write NAME=TRAIN|TEST|PROTOCOL or NAME=…|WORDS.")
        TRAINED_ON[name], TESTS[name] = parts[0], (parts[1], parts[2])
        SCORED_WITH[name] = parts[3].split() if len(parts) == 4 else []


def with_digits(source: str, digits: Path | None) -> str:
    """Return a source that draws from the digits of a file, where there is one."""
    parts = {"digits_train": "", "digits_test": ""}
    if digits is not None:
        for part in ("train", "test"):
            parts[f"digits_{part}"] = f"&split={part}&digits={digits}"
    return source.format(**parts)


class Results:
    """The lines of results.jsonl."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.items: dict[str, Facts] = {}
        if path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    values = json.loads(line)
                except ValueError:  # half written when the machine went away
                    continue
                self.items[values["item"]] = values

    def has(self, item: str) -> bool:
        """Tell whether an item is there and did not fail."""
        return item in self.items and "error" not in self.items[item]

    def add(self, item: str, values: Facts) -> None:
        """Write and print an item at once."""
        self.items[item] = {"item": item, **values}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.items[item]) + "\n")
        print(json.dumps(self.items[item])[:400], flush=True)


class Clock:
    """The time that is left of a budget."""

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + minutes * 60

    def left(self) -> float:
        """Return the seconds that are left; negative once they are over."""
        return self._end - time.monotonic()


def chosen_presets(patterns: str) -> list[str]:
    """Return the bundled presets with one of the patterns, in their order."""
    from tusk_core.config.bundled import preset_names

    wanted = patterns.split(",") if patterns else PATTERNS
    return [n for p in wanted for n in preset_names() if fnmatch.fnmatch(n, p)]


def time_all(arguments: argparse.Namespace, results: Results, clock: Clock) -> None:
    """Measure step times, the quick ones first, so that a short budget tells most."""
    import torch
    from gpu_timing import VARIANTS, free, measure_ceilings, time_preset

    device = torch.device(arguments.device)
    label = torch.cuda.get_device_name() if device.type == "cuda" else platform.processor()
    if not results.has("ceilings"):
        facts = {"device": label, "torch": torch.__version__, **measure_ceilings(device)}
        results.add("ceilings", facts)
    ceilings = results.items["ceilings"]
    names = chosen_presets(arguments.presets)
    compiled = arguments.compile.split(",")
    variants = arguments.variants.split(",") if arguments.variants else VARIANTS
    jobs = [(n, v) for v in variants for n in names if "compile" not in v or n in compiled]
    if arguments.released:
        from released_step import released_presets, time_released

        folder = arguments.released.resolve()
        jobs = [*((n, "released") for n in released_presets(names)), *jobs]
    for name, variant in jobs:
        item = f"step/{name}/{variant}"
        if results.has(item):
            continue
        if clock.left() < 5:
            print("The time for step times is up.", flush=True)
            return
        try:
            if variant == "released":
                facts = time_released(folder, loaded(name, arguments), device, arguments.steps)
            else:
                config = loaded(name, arguments)
                facts = time_preset(config, variant, device, arguments.steps, ceilings)
        except Exception as error:  # noqa: BLE001 - one preset that does not fit must not end the rest
            traceback.print_exc()
            facts = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        if "step_ms" in facts and "-" in variant:
            facts |= shares_of_plain(results.items.get(item.rpartition("-")[0], {}), facts)
        results.add(item, {"device": label, **facts})
        free(device)


def shares_of_plain(plain: Facts, facts: Facts) -> Facts:
    """Return the shares of a step that does the same work as one already counted."""
    found = {}
    for share, floor in (("matrix_rate", "matrix_floor_ms"), ("roofline", "roofline_ms")):
        if floor in plain:
            found[f"share_of_{share}"] = plain[floor] / facts["step_ms"]
    return found


def loaded(name: str, arguments: argparse.Namespace) -> TrainConfig:
    """Return a preset with the batch that was asked for."""
    from tusk_core.config import load_preset, replaced

    config = load_preset(name)
    return replaced(config, {"optim.batch_size": arguments.batch}) if arguments.batch else config


def environment(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the environment of one of the processes side by side: its share of the cores."""
    threads = max(1, (os.cpu_count() or 1) // max(1, arguments.jobs))
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)}


def settings_of(training: Training, arguments: argparse.Namespace) -> list[str]:
    """Return the words for the settings of a training."""
    return [part for s in (*arguments.set, *training.settings) for part in ("--set", s)]


def make_pictures(
    trainings: list[Training], arguments: argparse.Namespace
) -> list[subprocess.Popen[bytes]]:
    """Start processes that fill the cache with every set the trainings need."""
    code = (
        "import sys; from tusk_core.commands.train import chosen_config, add_arguments;"
        "import argparse; p = argparse.ArgumentParser(); add_arguments(p);"
        "from tusk_core.data.cache import build_cache; c = chosen_config(p.parse_args());"
        "build_cache(c.data, seed=c.run.seed)"
    )
    begun: set[tuple[str, ...]] = set()
    running = []
    for training in trainings:
        words = ["--preset", training.preset, "--data", training.source]
        words += settings_of(training, arguments)
        if tuple(words) in begun:
            continue
        begun.add(tuple(words))
        command = [sys.executable, "-c", code, *words]
        running.append(subprocess.Popen(command, env=environment(arguments), cwd=ROOT))
    return running


def train_all(
    trainings: list[Training], arguments: argparse.Namespace, results: Results, clock: Clock
) -> None:
    """Train and score what is not there yet, several side by side, within the time."""
    todo = [t for t in trainings if not results.has(f"train/{t.name}")]
    rounds = math.ceil(len(todo) / arguments.jobs) if todo else 0
    waiting = list(range(len(todo)))

    def one(index: int) -> None:
        rounds_left = rounds - index // arguments.jobs
        seconds = clock.left() / rounds_left - SCORING_S
        training = todo[index]
        if seconds < LEAST_TRAINING_S:
            print(f"No time is left for {training.name}.", flush=True)
            return
        try:
            facts = train_one(training, seconds, arguments)
        except Exception as error:  # noqa: BLE001 - the others must not be lost with it
            facts = {"error": f"{type(error).__name__}: {str(error)[:2000]}"}
        results.add(f"train/{training.name}", facts)

    with ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, waiting))


def train_one(training: Training, seconds: float, arguments: argparse.Namespace) -> Facts:
    """Train for some seconds, or resume, score, and return what came out."""
    from tusk_core.runs.folder import RunFolder

    run = existing_run(arguments.runs, training.name)
    limit = ["--minutes", f"{seconds / 60:.3f}"]
    if run is None:
        command = [
            "train", "--preset", training.preset, "--data", training.source,
            "--seed", str(training.seed), "--steps", str(training.steps),
            "--device", arguments.device, "--run-root", str(arguments.runs),
            "--name", training.name, *limit, *settings_of(training, arguments),
        ]  # fmt: skip
    else:
        elapsed = float(RunFolder(run).description().get("elapsed") or 0)
        limit = ["--minutes", f"{(elapsed + seconds) / 60:.3f}"]
        command = ["train", "--resume", str(run), *limit]
    begin = time.monotonic()
    tusk(command, arguments)
    wall = time.monotonic() - begin
    run = existing_run(arguments.runs, training.name)
    assert run is not None
    description = RunFolder(run).description()
    reached = int(description.get("step") or 0)
    source, protocol = TESTS[training.pictures]
    if arguments.scored:
        source = re.sub(r"count=\d+", f"count={arguments.scored}", source)
    scoring = [
        "evaluate", str(run), "--data", with_digits(source, arguments.digits),
        "--protocol", protocol, "--device", arguments.device,
        *SCORED_WITH.get(training.pictures, []),
    ]  # fmt: skip
    reports = {"plain": scoring, **({"joined": [*scoring, "--groups", "10"]}
               if training.pictures == "digits" else {})}  # fmt: skip
    facts: Facts = {}
    for name, words in reports.items():
        out = arguments.runs / f"{training.name}_{name}.json"
        tusk([*words, "--out", str(out)], arguments)
        facts[f"report_{name}"] = json.loads(out.read_text(encoding="utf-8"))
    return {
        "command": "tusk " + " ".join(command),
        "steps": reached,
        "steps_wanted": training.steps,
        "is_full_length": reached >= training.steps,
        "training_seconds": description.get("elapsed"),
        "wall_seconds": wall,
        "side_by_side": arguments.jobs,
        "run": str(run),
        **facts,
    }


def existing_run(root: Path, name: str) -> Path | None:
    """Return the newest run of that name that has a checkpoint; one without is of no use."""
    from tusk_core.runs.folder import RunFolder, is_run

    if not root.is_dir():
        return None
    runs = [p for p in root.iterdir() if is_run(p) and json.loads(
        (p / "run.json").read_text(encoding="utf-8")).get("name") == name]  # fmt: skip
    return max((r for r in runs if RunFolder(r).checkpoint_steps()), default=None)


def tusk(words: list[str], arguments: argparse.Namespace) -> None:
    """Run a command of the program; raises with its last words where it failed."""
    command = [sys.executable, "-m", "tusk_core", *words]
    done = subprocess.run(
        command, env=environment(arguments), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:2])}: {done.stderr[-1500:] or done.stdout[-1500:]}")


def parsed() -> argparse.Namespace:
    """Return what was typed, folders made and whole."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of results.jsonl")
    parser.add_argument("--runs", type=Path, help="folder of the runs (default: OUT/runs)")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=60.0, help="of everything together")
    parser.add_argument("--timing-minutes", type=float, default=5.0, help="of them at most so many")
    parser.add_argument("--steps", type=int, default=20, help="that a step time is the median of")
    parser.add_argument(
        "--batch", type=int, default=0, help="pictures in a step (default: the preset's)"
    )
    parser.add_argument("--presets", default="", help=f"patterns (default: {','.join(PATTERNS)})")
    parser.add_argument("--compile", default=COMPILED, help="presets that are timed compiled too")
    parser.add_argument("--variants", default="", help="such as fp32,bf16-compile (default: all)")
    parser.add_argument("--released", type=Path, help="folder of a copy of the released code")
    parser.add_argument("--pictures", action="append", default=[], metavar="SPEC",
                        help=add_pictures.__doc__)  # fmt: skip
    parser.add_argument("--train", action="append", default=[], metavar="SPEC",
                        help=Training.__doc__)  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="of every training")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=2, help="trainings side by side")
    parser.add_argument("--scored", type=int, help="pictures to score (default: the usual number)")
    parser.add_argument("--digits", type=Path, help="MNIST as .npz, in place of the small digits")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.runs = (arguments.runs or arguments.out / "runs").resolve()
    arguments.digits = arguments.digits.resolve() if arguments.digits else None
    return arguments


def main() -> int:
    """Measure and train within the time."""
    arguments = parsed()
    clock = Clock(arguments.minutes)
    results = Results(arguments.out / "results.jsonl")
    add_pictures(arguments.pictures)
    trainings = read_trainings(arguments.train, arguments.digits)
    making = make_pictures(trainings, arguments)
    if arguments.timing_minutes > 0:
        timing = Clock(min(arguments.timing_minutes, arguments.minutes))
        time_all(arguments, results, timing)
    for process in making:
        process.wait()
    train_all(trainings, arguments, results, clock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
