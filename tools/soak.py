"""Train and play a video in the real window for a long time and watch the memory.

    python tools/soak.py --minutes 60 --json soak.json

The first five minutes count as warm-up; growth is told against the end of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tusk_app.measure import window as bench


def memory_mb() -> float:
    """Memory this process holds now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def write_video(path: Path) -> None:
    """A hundred frames of three moving squares, exact in every frame."""
    import cv2

    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), 25, (160, 160))
    for number in range(100):
        frame = np.zeros((160, 160, 3), np.uint8)
        for index, colour in enumerate(((0, 0, 255), (0, 255, 0), (255, 0, 0))):
            x = int(70 + 60 * np.cos(number / 16 + 2 * index))
            y = int(70 + 60 * np.sin(number / 16 + 2 * index))
            frame[y : y + 20, x : x + 20] = colour
        writer.write(frame)
    writer.release()


def soak(minutes: float, video: Path, home: Path) -> dict[str, Any]:
    """Use the program for some minutes; returns memory and handles over time."""
    from tusk_app.training.controller import SAMPLE_PRESET, SAMPLE_SOURCE, RunState
    from tusk_app.training.request import TrainingRequest
    from tusk_core.config import load_preset, replaced

    with bench.window_of_bench() as program:
        bench_parts = program.workbench
        first = replaced(load_preset(SAMPLE_PRESET), {"optim.steps": 20})
        changes = {"data.source": f"{SAMPLE_SOURCE}?count=2000", "optim.steps": 10**7,
                   "run.checkpoint_every": 200}  # fmt: skip
        bench_parts.training.start_request(TrainingRequest("new", home / "runs", first))
        bench.wait_until(lambda: bench_parts.training.state is RunState.RUNNING, 300)
        bench.wait_until(lambda: bench_parts.training.state is RunState.IDLE, 300)
        run_dir = bench_parts.training.record.run_dir
        assert run_dir is not None
        opened: list[bool] = []
        bench_parts.engine.model_opened.connect(lambda: opened.append(True))
        bench_parts.engine.open_model(run_dir, "cpu")
        bench.wait_until(lambda: bool(opened), 120)
        config = replaced(load_preset(SAMPLE_PRESET), changes)
        bench_parts.training.start_request(TrainingRequest("new", home / "runs", config))
        bench_parts.sources.open_pictures(str(video))
        bench.wait_until(lambda: bench_parts.document.picture is not None, 60)
        bench_parts.playback.set_loops(True)
        bench_parts.playback.set_speed(4.0)
        bench_parts.playback.play()
        rows = []
        began = time.monotonic()
        while time.monotonic() - began < 60 * minutes:
            bench.live_for(15)
            last = bench_parts.training.record.last_step
            rows.append({"minute": round((time.monotonic() - began) / 60, 2),
                         "memory_mb": round(memory_mb(), 1),
                         "step": last.step if last else 0})  # fmt: skip
            print(rows[-1], flush=True)
            if not bench_parts.playback.is_playing:
                bench_parts.playback.play()
    warm = next((r["memory_mb"] for r in rows if r["minute"] >= 5), rows[0]["memory_mb"])
    tail = float(np.median([r["memory_mb"] for r in rows[-8:]]))
    return {"rows": rows, "after_five_minutes_mb": warm, "end_mb": tail, "growth": tail / warm - 1}


def main() -> None:
    """Run the soak test and print what grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, bench.throw_away_home() as home:
        video = Path(folder) / "squares.avi"
        write_video(video)
        result = soak(arguments.minutes, video, home)
    summary = {k: v for k, v in result.items() if k != "rows"}
    print(json.dumps(summary))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
