"""Each protocol on hand-made cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from tusk_core.data.base_source import PictureTruth
from tusk_core.data.sample import ObjectTruth
from tusk_core.evaluation.collect import Points, join_points
from tusk_core.evaluation.landmark_regression import (
    LandmarkTable,
    divide_people,
    score_landmarks,
)
from tusk_core.evaluation.multiple_instances import score_instances
from tusk_core.evaluation.object_discovery import (
    join_facts,
    reference_for,
    score_objects,
    segment_facts,
)
from tusk_core.evaluation.truth import ObjectTable, object_table


def thing(x: float, y: float, number: int, **attributes: str) -> ObjectTruth:
    """An object 20 px wide with its centre at (x, y)."""
    box = (x - 9.5, y - 9.5, 20.0, 20.0)
    return ObjectTruth(x, y, box, number, f"class {number}", dict(attributes))


def points_of(rows: list[list[tuple[float, float, int]]]) -> Points:
    """Points from (x, y, label) of each picture."""
    parts = []
    for row in rows:
        xy = np.array([[x, y] for x, y, _ in row], float).reshape(1, -1, 2)
        labels = np.array([[label for *_, label in row]], int).reshape(1, -1)
        parts.append(Points(xy, np.ones(labels.shape), labels, np.ones(labels.shape, bool)))
    return join_points(parts)


# Two pictures of each half (with seed 0 the halves are found below), two objects each.
OBJECTS = [PictureTruth((thing(20, 20, 0), thing(60, 60, 1))) for _ in range(8)]


def test_points_in_the_middle_of_their_objects_are_right_by_every_rule() -> None:
    points = points_of([[(60, 60, 5), (20, 20, 2)]] * 8)
    scores = score_instances(points, object_table(OBJECTS), 6, seed=0)
    for name in ("localisation", "both_bipartite", "both_many_to_one", "both_reverse"):
        assert scores.metrics[name] == 100
    assert scores.metrics["released_both"] == 100
    assert scores.metrics["nmi"] == pytest.approx(100)
    assert scores.metrics["ari"] == pytest.approx(100)
    assert scores.intervals["localisation"] == (100, 100)
    assert scores.counts["objects"] == 16
    assert scores.counts["prototypes_used"] == 2
    assert not scores.losses.any()


def test_a_missed_object_lowers_both_but_not_classification() -> None:
    rows = [[(60.0, 60.0, 5), (20.0, 20.0, 2)]] * 7 + [[(60.0, 60.0, 5), (40.0, 5.0, 2)]]
    scores = score_instances(points_of(rows), object_table(OBJECTS), 6, seed=0)
    assert scores.metrics["localisation"] == pytest.approx(100 * 15 / 16)
    assert scores.metrics["classification_bipartite"] == 100
    assert scores.metrics["both_bipartite"] == pytest.approx(100 * 15 / 16)
    assert scores.losses.tolist() == [0] * 7 + [1]


def test_two_prototypes_of_one_class_are_fine_many_to_one_only() -> None:
    rows = [[(20.0, 20.0, i % 2), (60.0, 60.0, 2)] for i in range(8)]
    scores = score_instances(points_of(rows), object_table(OBJECTS), 3, seed=0)
    assert scores.metrics["classification_many_to_one"] == 100
    assert scores.metrics["released_classification"] == 100
    assert scores.metrics["classification_bipartite"] < 80


def test_a_shift_by_a_third_of_the_side_is_half_overlap() -> None:
    # 20 px boxes shifted by 20/3 px share exactly half of their union.
    truth = object_table(OBJECTS)
    near = score_instances(points_of([[(26.6, 20, 0), (60, 60, 1)]] * 8), truth, 2, seed=0)
    assert near.metrics["localisation"] == 100
    far = score_instances(points_of([[(26.8, 20, 0), (60, 60, 1)]] * 8), truth, 2, seed=0)
    assert far.metrics["localisation"] == 50


def test_pictures_with_fewer_objects_or_points() -> None:
    truths = [PictureTruth((thing(20, 20, 0),)), PictureTruth(()), *OBJECTS[:2]]
    rows = [[(20.0, 20.0, 0)], [], [(20.0, 20.0, 0)], [(60.0, 60.0, 1), (20.0, 20.0, 0)]]
    scores = score_instances(points_of(rows), object_table(truths), 2, seed=0)
    assert scores.counts["objects"] == 5
    assert scores.metrics["localisation"] == pytest.approx(80)


def test_the_same_seed_gives_the_same_numbers() -> None:
    generator = np.random.default_rng(0)
    rows = [[(*generator.uniform(12, 28, 2), int(generator.integers(3)))] * 2 for _ in range(8)]
    first = score_instances(points_of(rows), object_table(OBJECTS), 3, seed=4)
    again = score_instances(points_of(rows), object_table(OBJECTS), 3, seed=4)
    assert first.metrics == again.metrics
    assert first.intervals == again.intervals


def blocks(num_pictures: int) -> tuple[np.ndarray, ObjectTable]:
    """Masks 4 x 8: object 1 in the left quarter, object 2 in the right one, and their table."""
    mask = np.zeros((4, 8), np.uint8)
    mask[:, :2], mask[:, 6:] = 1, 2
    names = {0: {"shape": "bar", "colour": "red"}, 1: {"shape": "dot", "colour": "blue"}}
    objects = (thing(1, 2, 0, **names[0]), thing(7, 2, 1, **names[1]))
    table = object_table([PictureTruth(objects) for _ in range(num_pictures)])
    return np.repeat(mask[None], num_pictures, 0), table


def layers_of(masks: np.ndarray, order: list[int]) -> np.ndarray:
    """Shares (P, K, h, w): layer k draws object ``order[k]`` fully; 0 draws nothing."""
    return np.stack([(masks == number) & (number > 0) for number in order], 1).astype(np.float32)


def test_layers_that_draw_each_object_score_full_marks() -> None:
    masks, truth = blocks(6)
    labels = np.array([[4, 2]] * 6)
    facts = segment_facts(layers_of(masks, [2, 1]), labels, masks, 2)
    scores = score_objects(facts, truth, 5, seed=0)
    for name in ("foreground_ari", "shape", "colour", "joint", "shape_strict", "coverage_strict"):
        assert scores.metrics[name] == 100, name
    assert scores.metrics["coverage"] == 100
    assert reference_for(truth)["shape"] == 91.3


def test_a_missed_object_is_ignored_by_the_paper_and_an_error_when_strict() -> None:
    masks, truth = blocks(6)
    labels = np.array([[4, 2]] * 6)
    shares = layers_of(masks, [2, 1])
    shares[:3, 1] = 0  # three of twelve objects are not drawn
    scores = score_objects(segment_facts(shares, labels, masks, 2), truth, 5, seed=0)
    assert scores.metrics["shape"] == 100
    assert scores.metrics["coverage"] == pytest.approx(75)
    assert scores.metrics["shape_strict"] == pytest.approx(75)
    # The missing object's pixels are the background's segment, so the strict ARI is perfect …
    assert scores.metrics["foreground_ari_strict"] == 100
    # … but without a background they go to the first layer, which draws the other object.
    assert scores.metrics["foreground_ari"] == 50
    assert scores.counts["keypoints_on_objects"] == 9


def test_two_layers_on_one_object_count_twice_for_the_paper_once_when_strict() -> None:
    masks, truth = blocks(4)
    shares = layers_of(masks, [1, 1, 2])
    shares[:, 0, :2], shares[:, 1, 2:] = 0, 0  # each draws half of object 1
    labels = np.array([[0, 1, 1]] * 4)
    scores = score_objects(segment_facts(shares, labels, masks, 2), truth, 2, seed=0)
    # Prototype 1 shows both objects equally often, so a third of the keypoints is wrong.
    assert scores.metrics["shape"] == pytest.approx(100 * 2 / 3)
    assert scores.metrics["coverage"] == 100
    assert scores.counts["keypoints_on_objects"] == 12
    assert scores.metrics["coverage_strict"] == 100


def test_weak_layers_lose_the_paper_s_coverage_only() -> None:
    masks, truth = blocks(4)
    shares = layers_of(masks, [1, 2]) * 0.7
    scores = score_objects(
        segment_facts(shares, np.array([[0, 1]] * 4), masks, 2), truth, 2, seed=0
    )
    assert scores.metrics["coverage"] == 0
    assert np.isnan(scores.metrics["shape"])
    assert scores.metrics["shape_strict"] == 100
    assert scores.metrics["foreground_ari"] == 100


def test_batches_with_different_numbers_of_objects_join() -> None:
    masks, _ = blocks(2)
    some = segment_facts(layers_of(masks, [1, 2]), np.array([[0, 1]] * 2), masks, 2)
    one = np.where(masks == 1, 1, 0).astype(np.uint8)
    fewer = segment_facts(layers_of(one, [1, 0]), np.array([[0, 1]] * 2), one, 1)
    joined = join_facts([some, fewer])
    assert joined.region_overlaps.shape == (4, 2, 3)
    assert joined.visible.tolist() == [[True, True]] * 2 + [[True, False]] * 2


def faces(num_people: int, num_each: int) -> tuple[Points, LandmarkTable]:
    """Landmarks that are linear in two keypoints of two prototypes."""
    generator = np.random.default_rng(0)
    P = num_people * num_each
    xy = generator.uniform(10, 90, (P, 2, 2))
    sizes = np.full((P, 2), 100.0)
    left, right = xy[:, 0], xy[:, 1]
    landmarks = np.stack([left, right, (left + right) / 2], 1)
    points = Points(xy, np.ones((P, 2)), np.tile([1, 3], (P, 1)), np.ones((P, 2), bool))
    names = ("left_eye", "right_eye", "nose")
    groups = np.repeat(np.arange(num_people), num_each)
    return points, LandmarkTable(landmarks, sizes, names, groups)


def test_landmarks_that_are_linear_in_the_keypoints_are_found() -> None:
    points, truth = faces(20, 5)
    scores = score_landmarks(points, truth, 4, seed=0)
    assert scores.metrics["error_eye_distance"] < 0.1
    assert scores.metrics["error_nose"] < 0.1
    assert scores.metrics["mean_shape_error"] > 10
    assert scores.counts["people"] == 6
    assert scores.counts["pictures"] + scores.counts["fit_pictures"] == 100


def test_the_order_of_the_keypoints_does_not_matter() -> None:
    points, truth = faces(10, 4)
    turned = Points(points.xy[:, ::-1], points.scores, points.labels[:, ::-1], points.valid)
    first = score_landmarks(points, truth, 4, seed=0).metrics
    assert score_landmarks(turned, truth, 4, seed=0).metrics == pytest.approx(first)


def test_useless_keypoints_do_no_better_than_the_mean_shape() -> None:
    points, truth = faces(20, 5)
    noise = np.random.default_rng(1).uniform(0, 100, points.xy.shape)
    random = Points(noise, points.scores, points.labels, points.valid)
    scores = score_landmarks(random, truth, 4, seed=0)
    assert scores.metrics["error_eye_distance"] > 0.8 * scores.metrics["mean_shape_error"]
    assert scores.metrics["error_affine"] == pytest.approx(
        scores.metrics["mean_shape_error"], rel=0.1
    )


def test_a_keypoint_that_is_absent_at_times_needs_the_affine_map() -> None:
    points, truth = faces(30, 8)
    generator = np.random.default_rng(2)
    valid = generator.random(points.valid.shape) < 0.5
    # A landmark lies on its keypoint where there is one, else always at the same place.
    xy = truth.xy.copy()
    xy[:, :2] = np.where(valid[..., None], points.xy, [[30.0, 40.0], [70.0, 40.0]])
    xy[:, 2] = 55.0
    sometimes = Points(points.xy, points.scores, points.labels, valid)
    table = LandmarkTable(xy, truth.sizes, truth.names, truth.groups)
    metrics = score_landmarks(sometimes, table, 4, seed=0).metrics
    assert metrics["error_affine"] < 1
    assert metrics["error_eye_distance"] > 20
    assert metrics["error_affine"] < metrics["mean_shape_error"]


def test_the_data_set_s_own_division_is_kept() -> None:
    points, truth = faces(10, 4)
    in_test = truth.groups >= 8
    own = LandmarkTable(truth.xy, truth.sizes, truth.names, truth.groups, in_test)
    assert score_landmarks(points, own, 4, seed=0).counts["pictures"] == 8


def test_people_are_on_one_side_only() -> None:
    groups = np.random.default_rng(0).integers(0, 40, 300)
    in_test = divide_people(groups, seed=1)
    assert not set(groups[in_test]) & set(groups[~in_test])
    assert 0.1 < in_test.mean() < 0.5


def test_thirty_two_joints_are_a_body() -> None:
    generator = np.random.default_rng(0)
    xy = generator.uniform(10, 90, (40, 3, 2))
    landmarks = np.repeat(xy.mean(1, keepdims=True), 32, 1)
    points = Points(xy, np.ones((40, 3)), np.tile([0, 1, 2], (40, 1)), np.ones((40, 3), bool))
    names = tuple(f"joint_{index}" for index in range(32))
    truth = LandmarkTable(landmarks, np.full((40, 2), 100.0), names, np.arange(40) // 4)
    scores = score_landmarks(points, truth, 3, seed=0)
    assert scores.metrics["error_image_size"] < 1
    assert "error_eye_distance" not in scores.metrics
