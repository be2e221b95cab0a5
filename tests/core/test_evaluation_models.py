"""Evaluating real models through the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from tusk_core import api
from tusk_core.config import load_preset, replaced
from tusk_core.control import Cancelled, RunControl
from tusk_core.evaluation.report import format_report, read_report, write_report
from tusk_core.events import JobProgress
from tusk_core.nn.model import TuskModel
from tusk_core.nn.model_files import save_model
from tusk_core.results import EvaluationReport, SourceError, TuskError

if TYPE_CHECKING:
    from pathlib import Path

DATA = "sample:tetrominoes?count=40&seed=5"


def make_model(folder: Path, **changes: object) -> Path:
    """Save an untrained model of a few thousand weights."""
    config = load_preset("quick-tetrominoes")
    small = {"encoder.widths": [8, 8], "encoder.num_features": 8, "decoder.patch_channels": 8}
    config = replaced(config, {**small, "prototypes.num_prototypes": 12, **changes})
    torch.manual_seed(0)
    model = TuskModel(config)
    save_model(folder, model, step=0, usage=[1 / 12] * 12, name="untrained")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "untrained")


def report_of(model: object, protocol: str, data: str = DATA, seed: int = 0) -> EvaluationReport:
    *progress, report = api.evaluate(model, data, protocol, seed=seed)  # type: ignore[arg-type]
    assert all(isinstance(event, JobProgress) for event in progress)
    assert progress[-1].done == progress[-1].total
    assert isinstance(report, EvaluationReport)
    return report


@pytest.mark.parametrize("protocol", ["mnist-hard", "multi-object"])
def test_a_model_gives_the_same_numbers_twice(model: Path, protocol: str) -> None:
    first, again = report_of(model, protocol), report_of(model, protocol)
    assert str(first) == str(again)
    assert first.counts["pictures"] == 40
    assert first.counts["objects"] == 120
    assert first.counts["seed"] == 0
    assert set(first.intervals) == set(first.metrics)
    assert first.worst
    for name, (low, high) in first.intervals.items():
        value = first.metrics[name]
        assert value != value or low <= value <= high, name  # noqa: PLR0124


def test_a_report_survives_its_file_and_prints_the_paper_beside(
    model: Path, tmp_path: Path
) -> None:
    report = report_of(model, "multi-object")
    path = tmp_path / "new folder" / "report.json"
    write_report(report, path)
    kept = read_report(path)
    assert kept.counts == report.counts
    assert kept.metrics.keys() == report.metrics.keys()
    assert kept.metrics["foreground_ari"] == pytest.approx(
        report.metrics["foreground_ari"], abs=1e-5
    )
    text = format_report(report)
    (line,) = [line for line in text.splitlines() if line.startswith("foreground ari  ")]
    assert line.endswith("99.7")


def test_foreign_files_are_no_reports(tmp_path: Path) -> None:
    for number, content in enumerate(("", "[1]", "{}", '{"report_schema": "x"}', "{" * 9000)):
        path = tmp_path / f"{number}.json"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(SourceError):
            read_report(path)
    with pytest.raises(SourceError, match="cannot be read"):
        read_report(tmp_path / "absent.json")


def test_what_cannot_be_scored_is_refused_in_a_sentence(model: Path, tmp_path: Path) -> None:
    with pytest.raises(TuskError, match="There is no protocol"):
        report_of(model, "nothing")
    with pytest.raises(SourceError, match="no landmarks"):
        report_of(model, "landmarks")
    with pytest.raises(TuskError, match="draws no segments"):
        report_of("baseline:random", "multi-object")
    summed = make_model(
        tmp_path / "summed",
        **{
            "decoder.kind": "unet",
            "decoder.blend": "sum",
            "decoder.background": "none",
            "decoder.widths": [8, 8],
        },
    )
    with pytest.raises(TuskError, match="has no segments"):
        report_of(summed, "multi-object")


def test_pictures_without_truth_are_refused(model: Path, tmp_path: Path) -> None:
    from tusk_core.data.pictures import write_picture

    with api.open_source(DATA) as source:  # type: ignore[attr-defined]
        write_picture(tmp_path / "a.png", source.read(0))
    with pytest.raises(SourceError, match="no ground truth"):
        report_of(model, "multi-object", str(tmp_path))


def test_a_stop_ends_the_pass(model: Path) -> None:
    control = RunControl()
    steps = api.evaluate(model, DATA, "mnist-hard", control)
    next(steps)
    control.request_stop()
    with pytest.raises(Cancelled):
        list(steps)


def test_a_baseline_is_scored_like_a_model() -> None:
    report = report_of(
        "baseline:corners?points=3&kinds=6", "mnist-hard", "sample:tetrominoes?count=12"
    )
    assert report.counts["prototypes"] == 6
    assert 0 <= report.metrics["localisation"] <= 100


def write_faces(folder: Path, count: int = 24, person: str = "person") -> Path:
    """Pictures with three coloured dots, and where the dots are, as landmarks of six people."""
    import numpy as np

    from tusk_core.data.pictures import write_picture

    generator = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    lines = ["image,person,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y"]
    for number in range(count):
        image = np.zeros((40, 40, 3), np.uint8)
        places = generator.integers(6, 34, (3, 2))
        for colour, (x, y) in enumerate(places):
            image[y - 1 : y + 2, x - 1 : x + 2, colour] = 255
        write_picture(folder / "images" / f"{number:02d}.png", image)
        numbers = ",".join(str(value) for value in places.ravel())
        lines.append(f"{number:02d}.png,{person} {number % 6},{numbers}")
    lines[-1] = ",".join([*lines[-1].split(",")[:-2], "", ""])  # one nose is not known
    (folder / "landmarks.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_landmarks_are_scored_on_other_people(model: Path, tmp_path: Path) -> None:
    report = report_of(model, "landmarks", str(write_faces(tmp_path / "faces")))
    assert report.counts["people"] + report.counts["fit_people"] == 6
    assert report.counts["pictures"] + report.counts["fit_pictures"] in {23, 24}
    assert report.metrics["error_eye_distance"] > 0
    assert {"error_left_eye", "error_right_eye", "error_nose"} <= set(report.metrics)
    assert report.reference == {"error_eye_distance": 18.49}
    assert all(name.endswith(".png") for name in report.worst)


def test_landmarks_may_be_fitted_on_another_source(model: Path, tmp_path: Path) -> None:
    fit, scored = write_faces(tmp_path / "fit"), write_faces(tmp_path / "scored", 7, "other")
    *_, report = api.evaluate(model, str(scored), "landmarks", fit=str(fit))
    assert isinstance(report, EvaluationReport)
    assert report.counts["pictures"] == 7
    assert report.counts["people"] == report.counts["fit_people"] == 6
    assert report.counts["fit_pictures"] == 23
    assert str(fit) in report.data
    assert str(scored) in report.data
    with pytest.raises(SourceError, match="other people"):
        list(api.evaluate(model, str(fit), "landmarks", fit=str(fit)))
    with pytest.raises(TuskError, match="takes no fit source"):
        list(api.evaluate(model, DATA, "mnist-hard", fit=DATA))


def test_a_picture_that_cannot_be_read_is_left_out_and_told(model: Path, tmp_path: Path) -> None:
    list(api.make_sample_data("tetrominoes", count=6, seed=3, out=tmp_path))
    damaged = sorted((tmp_path / "images").iterdir())[2]
    damaged.write_bytes(b"not a picture")
    report = list(api.evaluate(model, str(tmp_path), "mnist-hard"))[-1]
    assert report.counts["unreadable_pictures"] == 1
    assert report.counts["pictures"] == 5
    assert all(damaged.name not in name for name in report.worst)
    assert "unreadable pictures 1" in api.report_text(report)
