"""The tracking protocol on cases with known answers, and against a well-kept library."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.support.swarms import as_analysis, swarm, wandering
from tusk_core import api
from tusk_core.evaluation.tracking import (
    Sightings,
    frames_of,
    higher_order,
    identity_f1,
    identity_switches,
    score_tracking,
    usual_radius,
)
from tusk_core.evaluation.tracking_task import read_truth
from tusk_core.results import EvaluationOptions, EvaluationReport, SourceError, TuskError
from tusk_core.tracks import Tracks

FRAMES = 100


def two_walkers() -> Sightings:
    """Two who stand 100 pixels apart for a hundred frames."""
    frame = np.repeat(np.arange(FRAMES), 2)
    who = np.tile([0, 1], FRAMES)
    return Sightings(frame, who, np.stack([100.0 * who, frame * 1.0], axis=1))


def scores(found: Sightings) -> dict[str, float]:
    made = score_tracking(two_walkers(), found, radius=10, minutes=2.0, seed=0)
    return {**made.metrics, **made.counts}


def test_perfect_tracks_are_perfect() -> None:
    truth = two_walkers()
    renamed = dataclasses.replace(truth, who=1 - truth.who)
    found = scores(renamed)
    assert found["idf1"] == found["hota"] == found["seen"] == 100
    assert found["swaps"] == 0


def test_a_swap_in_the_middle_halves_identity_but_not_detection() -> None:
    truth = two_walkers()
    late = truth.frame >= FRAMES // 2
    found = scores(dataclasses.replace(truth, who=np.where(late, 1 - truth.who, truth.who)))
    assert found["idf1"] == pytest.approx(50)
    assert found["hota_detection"] == pytest.approx(100)
    # Each pair has 50 matches of 100 + 100 - 50: a third.
    assert found["hota_association"] == pytest.approx(100 / 3)
    assert found["hota"] == pytest.approx(100 * np.sqrt(1 / 3))
    assert (found["swaps"], found["swaps_per_minute"]) == (2, 1.0)


def test_one_who_is_never_found_costs_half_of_the_sightings() -> None:
    truth = two_walkers()
    only = truth.who == 0
    found = scores(Sightings(truth.frame[only], truth.who[only], truth.xy[only]))
    assert found["idf1"] == pytest.approx(100 * 2 * 100 / 300)
    assert found["seen"] == 50
    assert found["swaps"] == 0


def test_too_far_is_not_found() -> None:
    truth = two_walkers()
    assert scores(dataclasses.replace(truth, xy=truth.xy + np.array([0, 11])))["idf1"] == 0
    assert scores(dataclasses.replace(truth, xy=truth.xy + np.array([0, 9])))["idf1"] == 100
    nobody = Sightings(truth.frame[:0], truth.who[:0], truth.xy[:0])
    assert scores(nobody)["idf1"] == 0
    assert usual_radius(truth, 400) == 50


def test_the_numbers_are_those_of_motmetrics() -> None:
    motmetrics = pytest.importorskip("motmetrics")
    truth, found = messy()
    radius = 12.0
    frames = frames_of(truth, found, radius)
    shape = (truth.num_individuals, found.num_individuals)
    theirs = motmetrics.MOTAccumulator(auto_id=True)
    for frame in frames:
        away = 2 * radius * (1 - frame.similarity)
        near = np.where(away <= radius + 1e-9, away, np.nan)
        theirs.update(frame.truth.tolist(), frame.found.tolist(), near)
    summary = motmetrics.metrics.create().compute(theirs, metrics=["idf1", "num_switches"])
    assert identity_f1(frames, shape) == pytest.approx(float(summary["idf1"].iloc[0]))
    switches = int(identity_switches(frames, shape).sum())
    assert switches == int(summary["num_switches"].iloc[0])


# HOTA, DetA and AssA of ``messy`` within 12 pixels, IDF1 and identity switches, by TrackEval 1.3.0.
TRACKEVAL = {
    "HOTA": 0.37923805641693753,
    "DetA": 0.6177310432195852,
    "AssA": 0.2332773643913736,
    "IDF1": 0.45569620253164556,
    "IDSW": 4,
}


def test_the_numbers_are_those_of_trackeval() -> None:
    truth, found = messy()
    frames = frames_of(truth, found, 12.0)
    shape = (truth.num_individuals, found.num_individuals)
    ours = (
        *higher_order(frames, shape),
        identity_f1(frames, shape),
        identity_switches(frames, shape).sum(),
    )
    assert ours == pytest.approx(tuple(TRACKEVAL.values()))


def test_trackeval_itself_gives_the_same_on_other_cases() -> None:
    # Asks for opencv-python, which cannot be installed beside opencv-python-headless.
    measures = pytest.importorskip("trackeval.metrics")
    for seed in range(3):
        truth, found = messy(seed)
        frames = frames_of(truth, found, 12.0)
        shape = (truth.num_individuals, found.num_individuals)
        theirs = measures.HOTA().eval_sequence(
            {
                "num_timesteps": len(frames),
                "num_gt_ids": shape[0],
                "num_tracker_ids": shape[1],
                "num_gt_dets": len(truth.frame),
                "num_tracker_dets": len(found.frame),
                "gt_ids": [frame.truth for frame in frames],
                "tracker_ids": [frame.found for frame in frames],
                "similarity_scores": [frame.similarity for frame in frames],
            }
        )
        parts = [float(theirs[name].mean()) for name in ("HOTA", "DetA", "AssA")]
        assert higher_order(frames, shape) == pytest.approx(tuple(parts))


def test_higher_order_accuracy_lies_between_its_parts() -> None:
    truth, found = messy()
    frames = frames_of(truth, found, 12.0)
    whole, detection, association = higher_order(
        frames, (truth.num_individuals, found.num_individuals)
    )
    assert min(detection, association) - 1e-9 <= whole <= max(detection, association) + 1e-9
    assert 0.3 < whole < 0.95


def messy(seed: int = 3) -> tuple[Sightings, Sightings]:
    """Return truth and tracks with misses, false ones, jitter and swaps."""
    rng = np.random.default_rng(seed)
    paths = wandering(60, 4, seed=seed)
    frame, who = (part.ravel() for part in np.indices((60, 4)))
    truth = Sightings(frame, who, paths.reshape(-1, 2))
    kept = rng.random(len(frame)) > 0.1
    named = np.where(frame >= 30, who[::1] ^ 1, who)
    xy = truth.xy + rng.normal(0, 5, truth.xy.shape)
    more = np.arange(0, 60, 5)
    found = Sightings(
        np.concatenate([frame[kept], more]),
        np.concatenate([named[kept], np.full(len(more), 4)]),
        np.concatenate([xy[kept], rng.random((len(more), 2)) * 400]),
    )
    return truth, found


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A results file with tracks and a CSV that says who was where."""
    made = swarm(wandering(50, 3, seed=2), np.array([[0.0, 0.0], [8.0, 0.0]]), seed=2)
    tracks = Tracks(
        made.truth.astype(np.int32), np.ones(len(made.truth), np.float32), ("a", "b", "c")
    )
    results = tmp_path / "flies.npz"
    analysis = dataclasses.replace(as_analysis(made), tracks=tracks)
    api.export_analysis(analysis, results, file_format="npz")
    truth = tmp_path / "truth.csv"
    lines = ["frame,track,x,y"]
    for frame, place in enumerate(wandering(50, 3, seed=2)):
        lines += [f"{frame},fly {one},{x},{y}" for one, (x, y) in enumerate(place.tolist())]
    truth.write_text("\n".join(lines), encoding="utf-8")
    return results, truth


def test_results_are_scored_through_the_door(files: tuple[Path, Path]) -> None:
    results, truth = files
    options = EvaluationOptions(truth=str(truth), radius=15)
    job = api.evaluate(str(results), "made up", "tracking", options=options)
    (report,) = (item for item in job if isinstance(item, EvaluationReport))
    assert report.metrics["idf1"] == 100
    assert report.counts["individuals"] == report.counts["tracks"] == 3
    assert "swaps per minute" in api.report_text(report)


def test_sleap_projects_are_truth_too(files: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("sleap_io")
    out = tmp_path / "flies.slp"
    api.export_analysis(api.open_analysis(files[0]), out, file_format="sleap")
    truth = read_truth(out)
    assert truth.num_individuals == 3
    assert len(truth.frame) == 150


def test_truth_that_says_nothing_is_refused(tmp_path: Path, files: tuple[Path, Path]) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("frame,x,y\n0,1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="who was where"):
        read_truth(bad)
    bad.write_text("frame,track,x,y\n", encoding="utf-8")
    with pytest.raises(SourceError, match="nobody"):
        read_truth(bad)
    with pytest.raises(TuskError, match="--truth"):
        list(api.evaluate(str(files[0]), "made up", "tracking"))
