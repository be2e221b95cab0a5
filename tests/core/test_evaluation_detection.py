"""Detection, presence and the reading by peaks, on hand-made cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from tusk_core.data.base_source import PictureTruth
from tusk_core.data.sample import ObjectTruth
from tusk_core.evaluation.collect import Points, join_points
from tusk_core.evaluation.detection import CURVE, DetectionRule, score_detection
from tusk_core.evaluation.landmark_peaks import PeakReading, best_peaks, rank_kinds
from tusk_core.evaluation.landmark_regression import LandmarkTable, score_landmarks
from tusk_core.evaluation.presence import area_under_curve, score_presence
from tusk_core.evaluation.scores import Scores
from tusk_core.evaluation.steering import add_steered
from tusk_core.evaluation.truth import object_table


def thing(x: float, y: float, number: int, side: float = 20) -> ObjectTruth:
    box = (x - (side - 1) / 2, y - (side - 1) / 2, side, side)
    return ObjectTruth(x, y, box, number, f"class {number}")


def points_of(rows: list[list[tuple[float, float, int, float]]]) -> Points:
    """Points from (x, y, label, score) of each picture."""
    parts = []
    for row in rows:
        values = np.array(row, float).reshape(1, -1, 4)
        valid = np.ones(values.shape[:2], bool)
        parts.append(Points(values[..., :2], values[..., 3], values[..., 2].astype(int), valid))
    return join_points(parts)


# A large and a small thing in each of eight pictures.
TRUTH = object_table([PictureTruth((thing(30, 30, 0), thing(70, 70, 1, 8)))] * 8)


def test_points_in_the_middle_half_of_both_sides_are_right() -> None:
    inside = [(34.9, 25.1, 3, 0.9), (71.9, 70, 5, 0.8)]
    scores = score_detection(points_of([inside] * 8), TRUTH, 6, DetectionRule(), seed=0)
    for name in ("found", "right", "f1", "kinds_majority", "kinds_balanced", "best_f1"):
        assert scores.metrics[name] == 100, name
    assert scores.metrics["found_class_1"] == 100
    assert not scores.losses.any()
    # A quarter of the side away from the middle is where it ends.
    outside = [(35.1, 30, 3, 0.9), (72.1, 70, 5, 0.8)]
    scores = score_detection(points_of([outside] * 8), TRUTH, 6, DetectionRule(), seed=0)
    assert scores.metrics["found"] == 0
    assert scores.losses.tolist() == [4] * 8


def test_a_second_keypoint_on_a_thing_is_wrong_but_on_a_thing() -> None:
    rows = [[(30, 30, 0, 0.9), (31, 30, 0, 0.8), (5, 5, 0, 0.7)]] * 8
    scores = score_detection(points_of(rows), TRUTH, 2, DetectionRule(), seed=0)
    assert scores.metrics["found"] == 50
    assert scores.metrics["right"] == pytest.approx(100 / 3)
    assert scores.metrics["on_any_object"] == pytest.approx(200 / 3)
    assert scores.metrics["found_class_0"] == 100
    assert scores.metrics["found_class_1"] == 0


def test_as_many_things_as_possible_get_a_keypoint() -> None:
    # The first keypoint serves both things, the second only the left one.
    near = object_table([PictureTruth((thing(30, 30, 0), thing(36, 30, 0)))])
    rows = [[(33, 30, 0, 0.9), (26, 30, 0, 0.1)]]
    scores = score_detection(points_of(rows), near, 1, DetectionRule(), seed=0)
    assert scores.metrics["found"] == 100


def test_a_radius_goes_by_distance_and_needs_no_boxes() -> None:
    rows = [[(33, 34, 0, 0.9), (70, 74, 0, 0.5)]] * 8
    near = score_detection(points_of(rows), TRUTH, 1, DetectionRule(radius=5), seed=0)
    assert near.metrics["found"] == 100
    nearer = score_detection(points_of(rows), TRUTH, 1, DetectionRule(radius=4.5), seed=0)
    assert nearer.metrics["found"] == 50


def test_the_threshold_and_the_curve() -> None:
    rows = [[(30, 30, 0, 0.9), (70, 70, 1, 0.6), (5, 5, 1, 0.2), (5, 90, 1, 0.2)]] * 8
    everything = score_detection(points_of(rows), TRUTH, 2, DetectionRule(), seed=0)
    assert everything.metrics["right"] == 50
    assert everything.metrics["best_right"] == 100
    assert everything.metrics["best_found"] == 100
    strict = score_detection(points_of(rows), TRUTH, 2, DetectionRule(min_score=0.7), seed=0)
    assert strict.metrics["found"] == 50
    assert strict.metrics["right"] == 100
    curve = {row[0]: row[1:] for row in everything.tables[CURVE]}
    assert curve[0.2] == [100, 50, pytest.approx(200 / 3), 4]
    assert curve[0.6] == [100, 100, 100, 2]
    assert curve[0.9] == [50, 100, pytest.approx(200 / 3), 1]


def test_kinds_are_balanced_over_classes() -> None:
    # Three things of class 0 and one of class 1, all shown by kind 2.
    things = tuple(thing(20 + 30 * n, 20, int(n == 3)) for n in range(4))
    truth = object_table([PictureTruth(things)] * 8)
    rows = [[(20.0 + 30 * n, 20.0, 2, 0.5) for n in range(4)]] * 8
    scores = score_detection(points_of(rows), truth, 3, DetectionRule(), seed=0)
    assert scores.metrics["kinds_majority"] == 75
    assert scores.metrics["kinds_balanced"] == 50


def test_one_class_says_nothing_about_kinds_and_empty_pictures_count() -> None:
    truth = object_table([PictureTruth((thing(30, 30, 0),)), PictureTruth(())])
    scores = score_detection(
        points_of([[(30, 30, 0, 0.5)], [(9, 9, 0, 0.5)]]), truth, 1, DetectionRule(), seed=0
    )
    assert "kinds_majority" not in scores.metrics
    assert (scores.metrics["found"], scores.metrics["right"]) == (100, 50)
    nothing = score_detection(points_of([[], []]), truth, 1, DetectionRule(), seed=0)
    assert nothing.metrics["found"] == 0
    assert np.isnan(nothing.metrics["right"])


def test_steering_keeps_good_kinds_joins_them_and_drops_doubles() -> None:
    # Kinds 0 and 1 share class 0 and double it, 2 is class 1, 3 is scenery.
    row = [(30, 30, 0, 0.9), (31, 31, 1, 0.8), (70, 70, 2, 0.7), (5, 5, 3, 0.95), (8, 90, 3, 0.9)]
    points = points_of([row] * 8)
    scores = Scores(seed=0)
    add_steered(scores, points, TRUTH, 4, DetectionRule())
    for name in ("found", "right", "f1", "kinds_majority", "kinds_balanced"):
        assert scores.metrics[f"steered_{name}"] == 100, name
    assert scores.metrics["steered_found_class_1"] == 100
    plain = score_detection(points, TRUTH, 4, DetectionRule(), seed=0)
    assert plain.metrics["right"] == 40


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    assert area_under_curve(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1
    assert area_under_curve(np.array([0.1]), np.array([0.2])) == 0
    assert area_under_curve(np.array([0.5, 0.5]), np.array([0.5])) == 0.5
    assert area_under_curve(np.array([0.9, 0.3]), np.array([0.5, 0.3])) == pytest.approx(2.5 / 4)
    assert np.isnan(area_under_curve(np.zeros(0), np.ones(2)))


def test_presence_compares_the_best_scores() -> None:
    shown = points_of([[(1, 1, 0, 0.9), (2, 2, 0, 0.1)], [(1, 1, 0, 0.4)]] * 5)
    empty = points_of([[(1, 1, 0, 0.3), (2, 2, 0, 0.3)], []] * 5)
    scores = score_presence(shown, empty, min_score=0.35, seed=0)
    assert scores.metrics["area_under_curve"] == 100
    assert scores.intervals["area_under_curve"] == (100, 100)
    assert scores.metrics["subject_seen"] == 100
    assert scores.metrics["empty_left_empty"] == 100
    lower = score_presence(shown, empty, min_score=0.2, seed=0)
    assert lower.metrics["empty_left_empty"] == 50
    # A picture without any keypoint is empty at every threshold.
    assert score_presence(shown, empty, min_score=0, seed=0).metrics["empty_left_empty"] == 50


def test_each_kind_gives_its_best_peak_and_recurring_kinds_come_first() -> None:
    points = points_of(
        [[(1, 1, 2, 0.3), (5, 6, 2, 0.8), (9, 9, 0, 0.9)], [(7, 8, 2, 0.7), (3, 3, 1, 0.2)]]
    )
    xy, scores = best_peaks(points, 4)
    assert xy[0, 2].tolist() == [5, 6]
    assert scores.tolist() == [[0.9, 0, 0.8, 0], [0, 0.2, 0.7, 0]]
    assert rank_kinds(scores, np.array([True, True])).tolist() == [2, 0, 1, 3]


def body(num: int) -> tuple[Points, LandmarkTable]:
    """Landmarks that are linear in the best peaks of kinds 1 and 3; kind 0 scores low anywhere."""
    generator = np.random.default_rng(0)
    xy = generator.uniform(10, 90, (num, 3, 2)) * [2, 1]
    landmarks = np.stack([xy[:, 0], (xy[:, 0] + xy[:, 1]) / 2], 1)
    points = Points(
        xy, np.tile([0.9, 0.8, 0.1], (num, 1)), np.tile([1, 3, 0], (num, 1)),
        np.ones((num, 3), bool),
    )  # fmt: skip
    sizes = np.tile([200.0, 100.0], (num, 1))
    return points, LandmarkTable(landmarks, sizes, ("tip", "middle"), np.arange(num))


def test_peaks_of_the_best_kinds_tell_the_landmarks() -> None:
    points, truth = body(60)
    metrics = score_landmarks(points, truth, 4, seed=0, reading=PeakReading(points, 2)).metrics
    assert metrics["error_peaks"] < 0.1
    assert metrics["error_peaks_affine"] < 0.1
    assert metrics["error_peaks_width"] < 0.1
    assert metrics["error_mean_shape_width"] > 10
    one = score_landmarks(points, truth, 4, seed=0, reading=PeakReading(points, 1)).metrics
    assert one["error_peaks"] > 5


def test_frames_with_missing_landmarks_serve_the_others() -> None:
    points, truth = body(60)
    # No picture has both landmarks, so that the paper's rule has too few to fit.
    xy = truth.xy.copy()
    xy[::2, 0], xy[1::2, 1] = np.nan, np.nan
    xy[:4] = truth.xy[:4]
    gaps = LandmarkTable(xy, truth.sizes, truth.names, truth.groups)
    metrics = score_landmarks(points, gaps, 4, seed=0, reading=PeakReading(points, 2)).metrics
    assert metrics["error_peaks_affine"] < 0.1
    assert metrics["error_affine"] > 1
