"""What ``make run`` does where there is no display: the whole program once, in the terminal.

    python tools/first_run.py [--minutes 1] [--out FOLDER]

Trains the quick sample with a progress bar, then writes pictures of what it learned: keypoints
over pictures, every layer of a few, the map of the descriptors and the loss curve. Each step is a
command of the program and is printed as you would type it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

SAMPLE = "sample:tetrominoes"
TRAINED_ON = f"{SAMPLE}?count=4000"
NUM_SHOWN = 24
NUM_MAPPED = 400
NUM_TAKEN_APART = 4


def environment() -> dict[str, str]:
    """Return the environment of the commands; on a busy machine with as many threads as are free.

    Threads that wait for a core another program holds make a step many times slower.
    """
    if "OMP_NUM_THREADS" in os.environ or not hasattr(os, "getloadavg"):
        return dict(os.environ)
    cores = os.cpu_count() or 1
    free = max(1, cores - round(os.getloadavg()[0]))
    return {**os.environ, "OMP_NUM_THREADS": str(free)} if free < cores else dict(os.environ)


def tusk(*arguments: str | Path) -> None:
    """Run one command of the program, shown as the user would type it."""
    words = [str(argument) for argument in arguments]
    print("\n$ tusk " + " ".join(shlex.quote(word) for word in words), flush=True)
    command = [sys.executable, "-m", "tusk_core", *words]
    status = run_to_end(command)
    if status:
        raise SystemExit(status)


def run_to_end(command: list[str]) -> int:
    """Run a command; Ctrl-C is its own matter, which may have work to save, so wait for it."""
    with subprocess.Popen(command, cwd=ROOT, env=environment()) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def newest_run(run_root: Path) -> Path:
    """Return the run folder made last."""
    runs = [path for path in run_root.iterdir() if (path / "run.json").is_file()]
    return max(runs, key=lambda path: path.stat().st_mtime)


def write_samples(folder: Path) -> list[Path]:
    """Write a few pictures the model has not seen as files, to take apart."""
    from tusk_core.api import open_source
    from tusk_core.data.pictures import write_picture

    folder.mkdir(parents=True, exist_ok=True)
    source = open_source(f"{SAMPLE}?count={NUM_TAKEN_APART}&seed=1000")
    paths = []
    for index in range(len(source)):
        path = folder / f"picture_{index}.png"
        write_picture(path, source.read(index))
        paths.append(path)
    source.close()
    return paths


def write_curve(run: Path, path: Path) -> None:
    """Draw the reconstruction loss over the steps, on a logarithmic scale."""
    from tusk_core.api import follow_events
    from tusk_core.events import StepDone

    events, _ = follow_events(run)
    steps = [event for event in events if isinstance(event, StepDone)]
    draw_curve(
        [event.step for event in steps], [event.losses["reconstruction"] for event in steps], path
    )


def draw_curve(steps: list[int], values: list[float], path: Path) -> None:
    """Draw a curve of values over steps as a PNG."""
    import cv2
    import numpy as np

    from tusk_core.data.pictures import write_picture

    width, height, margin = 900, 420, 60
    picture = np.full((height, width, 3), 255, np.uint8)
    x = np.asarray(steps, float)
    y = np.log10(np.clip(np.asarray(values, float), 1e-9, None))
    low, high = np.floor(y.min()), np.ceil(y.max())
    high = max(high, low + 1)
    across = margin + (x - x.min()) / max(1.0, np.ptp(x)) * (width - 2 * margin)
    down = margin + (high - y) / (high - low) * (height - 2 * margin)
    font, grey, dark = cv2.FONT_HERSHEY_SIMPLEX, (200, 200, 200), (60, 60, 60)
    for power in range(int(low), int(high) + 1):
        level = round(margin + (high - power) / (high - low) * (height - 2 * margin))
        cv2.line(picture, (margin, level), (width - margin, level), grey, 1, cv2.LINE_AA)
        cv2.putText(picture, f"1e{power}", (8, level + 5), font, 0.5, dark, 1, cv2.LINE_AA)
    points = np.stack([across, down], 1).round().astype(np.int32)
    cv2.polylines(picture, [points], False, (31, 119, 180), 2, cv2.LINE_AA)
    title = f"reconstruction loss, steps {int(x.min())} to {int(x.max())}"
    cv2.putText(picture, title, (margin, 34), font, 0.6, dark, 1, cv2.LINE_AA)
    write_picture(path, picture)


def main() -> None:
    """Train the sample in the terminal and write pictures of what was learned."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="training time")
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    arguments = parser.parse_args()
    out = arguments.out or ROOT / "runs" / f"first-run {time.strftime('%Y-%m-%d %H.%M.%S')}"
    out = out.resolve()
    run_root = out / "training"
    budget = ("--minutes", f"{arguments.minutes:g}", "--run-root", run_root)
    tusk("train", "--data", TRAINED_ON, "--preset", "quick-tetrominoes", *budget)
    run = newest_run(run_root)
    unseen = f"{SAMPLE}?count={NUM_SHOWN}&seed=1000"
    tusk("detect", run, unseen, "--out", out / "keypoints.csv", "--overlay", out / "overlays")
    tusk("reconstruct", run, *write_samples(out / "pictures"), "--out", out / "layers")
    mapped = f"{SAMPLE}?count={NUM_MAPPED}&seed=1000"
    where = ("--out", out / "embedding.csv", "--plot", out / "embedding.png")
    tusk("embed", run, mapped, "--method", "pca", *where)
    write_curve(run, out / "loss.png")
    print(f"""
Done. The pictures are in {out}:
  overlays/      keypoints on pictures the model has not seen; one colour a kind
  layers/        each picture rebuilt, and the layer each keypoint draws
  embedding.png  the map of the descriptors, with the prototypes
  loss.png       the training curve
Train longer for better kinds: .venv/bin/tusk train --resume {shlex.quote(str(run))} --minutes 8""")


if __name__ == "__main__":
    main()
