"""Other methods trained on the spot: they learn, are scored like models, and say what they need."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image

from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.source import open_source
from tusk_core.data.source_names import parse_source
from tusk_core.evaluation.rival_pictures import canvas_for, read_lesson
from tusk_core.evaluation.rivals import Budget, open_rival, train
from tusk_core.evaluation.slot_attention import SlotAttention
from tusk_core.evaluation.supervised import Supervised
from tusk_core.results import SourceError, TuskError

LEARNED = "sample:tetrominoes?count=24&seed=1"
SCORED = "sample:tetrominoes?count=6&seed=7"


def lesson_of(data: str):
    with open_source(data) as source:
        job = read_lesson(source, canvas_for(source.size(0)), None)
        while True:
            try:
                next(job)
            except StopIteration as end:
                return end.value


def test_a_canvas_is_small_and_can_be_halved_twice() -> None:
    assert canvas_for((35, 35)) == (36, 36)
    assert canvas_for((80, 60)) == (80, 60)
    assert canvas_for((1920, 1080)) == (96, 56)


def test_supervised_network_overfits_a_few_pictures() -> None:
    lesson = lesson_of("sample:tetrominoes?count=4&seed=1")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Supervised(3, lesson.num_values)
    for _ in train(network, lesson, Budget(1, 60), 0, None):
        pass
    with torch.inference_mode():
        found = network.read(lesson.at(torch.arange(4), torch.device("cpu")).images)
    far = np.linalg.norm(found.xy[:, :, None] - lesson.xy.numpy()[:, None], axis=-1)
    assert found.valid.mean() > 0.5
    assert np.median(far.min(axis=2)) < 2
    assert network.num_labels == math.prod(lesson.num_values) > 20
    # What is not an object belongs to none.
    shares, is_object = found.shares.sum(axis=1), lesson.masks.numpy() > 0
    assert shares[is_object].mean() > shares[~is_object].mean() + 0.2


def test_slots_share_every_pixel_and_learn_to_redraw() -> None:
    lesson = lesson_of("sample:tetrominoes?count=8&seed=1")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        slots = SlotAttention(4, 5, seed=0)
    some = lesson.at(torch.arange(8), torch.device("cpu"))

    def error() -> float:
        with torch.inference_mode():
            return float(slots.loss(some, torch.Generator().manual_seed(3)))

    before = error()
    *_, last = train(slots, lesson, Budget(1, 12), 0, None)
    assert last.done == last.total
    assert error() < before
    with torch.inference_mode():
        slots.name_kinds(some.images)
        found = slots.read(some.images)
    assert np.allclose(found.shares.sum(axis=1), 1, atol=1e-5)
    assert (found.valid.sum(axis=1) == 3).all()  # the largest slot is the background
    assert found.labels.max() < 5
    assert ((found.xy >= 0) & (found.xy <= 35)).all()


@pytest.mark.parametrize("name", ["slots?slots=3&kinds=4&steps=1", "supervised?steps=1"])
@pytest.mark.parametrize("protocol", ["multi-object", "mnist-hard"])
def test_they_are_scored_by_the_protocols_of_models(name: str, protocol: str) -> None:
    *_, report = api.evaluate(f"baseline:{name}", SCORED, protocol, fit=LEARNED)
    assert report.counts["pictures"] == 6
    assert report.counts["training_steps"] == 1
    assert report.data.endswith(f"(trained on {LEARNED})")


def test_they_say_what_they_need() -> None:
    with pytest.raises(TuskError, match=r"--fit SOURCE"):
        list(api.evaluate("baseline:slots", SCORED, "multi-object"))
    with pytest.raises(TuskError, match="no prototypes to join"):
        list(api.evaluate("baseline:slots", SCORED, "multi-object", fit=LEARNED, groups=3))
    with pytest.raises(SourceError, match="no option"):
        list(api.evaluate("baseline:supervised?slots=3", SCORED, "multi-object", fit=LEARNED))
    with open_source(SCORED) as source:
        control = RunControl()
        control.request_stop()
        name = parse_source("baseline:slots", frozenset({"baseline"}))
        with pytest.raises(Cancelled):
            list(open_rival(name, source, 0, "cpu", control))


def test_nothing_is_taught_without_a_truth(tmp_path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    with pytest.raises(SourceError, match="no ground truth to teach from"):
        list(api.evaluate("baseline:supervised?steps=1", SCORED, "mnist-hard", fit=str(tmp_path)))
