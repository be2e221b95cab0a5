"""``tusk bench``: the numbers are there, positive and consistent; their size is not tested."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tusk_core import cli
from tusk_core.commands.bench_convolutions import _Shape
from tusk_core.commands.bench_engine import PHASES
from tusk_core.commands.bench_photo import PHOTO_PHASES

if TYPE_CHECKING:
    from pathlib import Path

TINY = [
    "--set=encoder.widths=[8, 8]",
    "--set=decoder.patch_channels=8",
    "--set=optim.batch_size=2",
    "--set=data.width=24",
    "--set=data.height=24",
    "--steps=2",
    "--device=cpu",
]


def test_bench_train_times_every_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deeper" / "bench.json"
    assert cli.main(["bench", "train", "--json", str(out), *TINY]) == 0
    numbers = json.loads(out.read_text())["train"]
    assert set(numbers["phases_ms"]) == set(PHASES)
    assert all(value > 0 for value in numbers["phases_ms"].values())
    assert numbers["pictures_per_second"] == pytest.approx(2000 / numbers["step_ms"])
    assert numbers["floor_ms"] == pytest.approx(
        numbers["giga_multiply_adds"] / numbers["convolution_rate_gmac_s"] * 1000
    )
    assert numbers["peak_memory_mb"] > 0
    assert "pictures per second" in capsys.readouterr().out


def test_bench_train_times_photo_models_as_they_train(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    small = ["data.width=48", "data.height=48", "encoder.head_width=16", "decoder.patch_channels=8"]
    line = ["bench", "train", "--preset", "quick-photos", "--json", str(out), "--device=cpu"]
    line += ["--steps=2", "--set=optim.batch_size=2", "--set=run.precision=bf16"]
    assert cli.main([*line, *(f"--set={setting}" for setting in small)]) == 0
    numbers = json.loads(out.read_text())["train"]
    assert set(numbers["phases_ms"]) == set(PHOTO_PHASES)
    assert all(value > 0 for value in numbers["phases_ms"].values())
    assert numbers["networks_alone_ms"] > 0
    assert numbers["pictures_per_second"] == pytest.approx(2000 / numbers["step_ms"])


def test_bench_detect_times_single_pictures_and_batches(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    few = ["--pictures", "30", "--frames", "5"]
    assert cli.main(["bench", "detect", "--json", str(out), *few, *TINY]) == 0
    numbers = json.loads(out.read_text())["detect"]
    for name in ("detect_ms", "reconstruct_ms", "pictures_per_second"):
        assert numbers[name] > 0
    assert numbers["files"]["pictures"]["count"] == 30
    assert numbers["files"]["video"]["count"] == 5
    for file in numbers["files"].values():
        assert file["share_of_network"] == pytest.approx(
            file["detect_pictures_per_second"] / file["network_pictures_per_second"]
        )


def test_bench_ui_without_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "ui"]) == 2
    assert "where it is installed" in capsys.readouterr().err


def test_who_has_a_window_brings_its_measurement(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "ui"], benches={"ui": lambda: {"start_ms": 12.5}}) == 0
    assert "start ms" in capsys.readouterr().out


def test_a_second_result_is_told_as_a_multiple_of_the_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for took in (10.0, 25.0):
        assert cli.main(["bench", "ui"], benches={"ui": lambda took=took: {"start_ms": took}}) == 0
    assert "× 2.50" in capsys.readouterr().out


def test_a_result_beside_busy_processes_is_not_compared_with_one_without(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["bench", "ui"], benches={"ui": lambda: {"start_ms": 10.0}}) == 0
    command = ["bench", "ui", "--beside", "1"]
    assert cli.main(command, benches={"ui": lambda: {"start_ms": 30.0}}) == 0
    assert "×" not in capsys.readouterr().out


def test_multiply_adds_of_a_convolution() -> None:
    shape = _Shape((3, 16), (5, 5), (2, 2), (2, 2), (4, 3, 80, 60))
    assert shape.multiply_adds() == 4 * 40 * 30 * 3 * 16 * 25
