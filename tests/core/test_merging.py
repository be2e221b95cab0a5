"""Joining prototypes that are alike: kinds with known halves, and the score that follows."""

from __future__ import annotations

import numpy as np
import pytest

from tusk_core import api
from tusk_core.data.base_source import BaseSource
from tusk_core.evaluation.collect import ModelFinder
from tusk_core.evaluation.joining import Joining, joined_targets
from tusk_core.inference.merging import join_prototypes
from tusk_core.results import Detection, Keypoints, TuskError

KINDS, LENGTH = 5, 12


def divided_kinds(each: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Five kinds, each split between prototypes i and i + 5; prototype 10 has no detection."""
    rng = np.random.default_rng(0)
    middles = np.eye(KINDS, LENGTH) * 2
    shift = rng.normal(0, 0.25, (2 * KINDS, LENGTH))
    labels = np.repeat(np.arange(2 * KINDS), each)
    # The first half of the prototypes is more frequent.
    labels = np.concatenate([labels, np.repeat(np.arange(KINDS), 5)])
    places = middles[labels % KINDS] + shift[labels]
    return places + rng.normal(0, 0.1, places.shape), labels


# Links run between prototypes only where one has fewer detections than neighbours are asked for.
@pytest.mark.parametrize(("by", "each"), [("spread", 40), ("spread", 8), ("neighbours", 8)])
def test_halves_of_a_kind_are_joined(by, each) -> None:
    descriptors, labels = divided_kinds(each)
    targets = join_prototypes(descriptors, labels, 11, by=by).groups(KINDS)
    assert targets.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 10]


def test_the_number_of_kinds_shows_as_a_jump_in_the_costs() -> None:
    descriptors, labels = divided_kinds()
    steps = join_prototypes(descriptors, labels, 11)
    assert steps.likely_number() == KINDS
    assert steps.num_used == 10
    assert len(steps.costs) == 9


def test_length_of_descriptors_does_not_matter() -> None:
    descriptors, labels = divided_kinds()
    lengths = np.random.default_rng(1).uniform(0.2, 5, (len(descriptors), 1))
    targets = join_prototypes(descriptors * lengths, labels, 11).groups(KINDS)
    assert targets[:5].tolist() == targets[5:10].tolist()


def test_as_many_groups_as_prototypes_join_nothing_and_one_joins_all() -> None:
    descriptors, labels = divided_kinds()
    steps = join_prototypes(descriptors, labels, 11)
    assert steps.groups(50).tolist() == list(range(11))
    assert len(set(steps.groups(1)[:10].tolist())) == 1


@pytest.mark.parametrize("by", ["spread", "neighbours"])
def test_one_or_no_prototype_in_use(by) -> None:
    none = join_prototypes(np.zeros((0, 4), np.float32), np.zeros(0, np.int32), 3, by=by)
    assert none.groups(2).tolist() == [0, 1, 2]
    assert none.likely_number() == 1
    one = join_prototypes(np.ones((1, 4), np.float32), np.array([2]), 3, by=by)
    assert one.groups(1).tolist() == [0, 1, 2]


def test_a_wrong_number_or_criterion_is_refused() -> None:
    descriptors, labels = divided_kinds()
    with pytest.raises(TuskError, match="not by 'colour'"):
        join_prototypes(descriptors, labels, 11, by="colour")
    with pytest.raises(TuskError, match="not into 0"):
        api.suggest_merges(None, 0)


class _Predictor:
    """Two pictures whose keypoints are the divided kinds; no network."""

    class info:  # noqa: N801
        prototypes = np.zeros((11, LENGTH), np.float32)

    def __init__(self) -> None:
        self._descriptors, self._labels = divided_kinds()

    def detect_many(self, images, *, num_keypoints=None) -> list[Detection]:
        assert num_keypoints is None
        made = []
        for number in range(len(images)):
            own = slice(number, None, 2)
            labels = self._labels[own].astype(np.int32)
            ones = np.ones(len(labels), np.float32)
            places = np.zeros((len(labels), 2), np.float32)
            descriptors = self._descriptors[own].astype(np.float32)
            points = Keypoints(places, ones, labels, descriptors, ones)
            made.append(Detection((8, 8), points, None, 0.0))
        return made


class _Source(BaseSource):
    kind = "folder"

    def __init__(self) -> None:
        super().__init__("made up")

    def __len__(self) -> int:
        return 2

    def name(self, index: int) -> str:
        return f"{index}"

    def identity(self) -> object:
        return "made up"

    def read(self, index: int) -> np.ndarray:
        self._check(index)
        return np.zeros((8, 8, 3), np.uint8)


def _value(generator):
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def test_a_model_is_scored_with_joined_prototypes() -> None:
    predictor = _Predictor()
    targets = _value(joined_targets(predictor, _Source(), Joining(KINDS), None))
    assert targets[:10].tolist() == [0, 1, 2, 3, 4] * 2
    points = ModelFinder(predictor, targets).find([_Source().read(0)] * 2)
    assert set(np.unique(points.labels[points.valid])) == set(range(KINDS))


def test_a_mapping_is_followed_to_its_end_and_never_mixed_with_a_number() -> None:
    predictor, source = _Predictor(), _Source()
    targets = _value(joined_targets(predictor, source, Joining(merged={3: 2, 2: 1, 99: 0}), None))
    assert targets.tolist() == [0, 1, 1, 1, 4, 5, 6, 7, 8, 9, 10]
    assert _value(joined_targets(predictor, source, Joining(), None)) is None
    with pytest.raises(TuskError, match="not both"):
        _value(joined_targets(predictor, source, Joining(3, {1: 0}), None))
