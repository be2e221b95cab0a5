"""The command line where only torch, numpy, OpenCV, pydantic and safetensors are installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MISSING = (
    "h5py",
    "scipy",
    "platformdirs",
    "umap",
    "openTSNE",
    "pyarrow",
    "pandas",
    "sklearn",
    "PySide6",
    "pyqtgraph",
    "tensorboardX",
    "tensorboard",
    "sleap_io",
    "onnx",
    "onnxruntime",
    "psutil",
    "pycocotools",
    "send2trash",
    "tusk_app",
)
SCRIPT = """
import glob, json, sys
for name in json.loads(sys.argv[1]):
    sys.modules[name] = None
from tusk_core.cli import main
for expected, words in json.loads(sys.argv[2]):
    words = [glob.glob(word)[0] if word.endswith("runs/*") else word for word in words]
    status = main(words)
    if status != expected:
        sys.exit(f"{words}: {status}")
"""


@pytest.mark.slow
def test_the_engine_runs_on_five_packages(tmp_path: Path) -> None:
    """One interpreter that lacks what ``MISSING`` names: torch is slow to import."""
    runs, tiny = tmp_path / "runs", ["--set=encoder.widths=[8, 8]", "--set=optim.batch_size=4"]
    tiny += ["--steps=2", "--device=cpu"]
    data, source, run = tmp_path / "data", "sample:tetrominoes?count=8", str(runs / "*")
    works = [
        ["sample-data", "tetrominoes", "--count", "8", "--seed", "1", "--out", str(data)],
        ["sample-data", "digits", "--count", "2", "--out", str(tmp_path / "digits")],
        ["train", "--preset=quick-tetrominoes", f"--data={data}", f"--run-root={runs}", *tiny],
        ["info", run],
        ["info", str(data)],
        ["detect", run, source, "--out", str(tmp_path / "a.json")],
        ["detect", run, source, "--out", str(tmp_path / "a.csv")],
        ["reconstruct", run, str(data / "images"), "--out", str(tmp_path / "parts")],
        ["embed", run, source, f"--out={tmp_path / 'e.csv'}", f"--plot={tmp_path / 'e.png'}"],
        ["export", run, "--format", "huggingface", "--out", str(tmp_path / "shared")],
        ["export", run, "--format", "dlc", "--out", str(tmp_path / "d.csv"), "--data", source],
        ["bench", "detect", "--steps", "1"],
        ["devices"],
        ["presets"],
        ["settings"],
    ]
    needs_more = ["detect", run, source, "--out", str(tmp_path / "a.h5")]
    commands = [*((0, words) for words in works), (2, needs_more)]
    words = [sys.executable, "-c", SCRIPT, json.dumps(MISSING), json.dumps(commands)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads((tmp_path / "a.json").read_text())["images"]
    assert "Traceback" not in done.stderr
    assert "pip install" in done.stderr, "what needs a missing package says so"
