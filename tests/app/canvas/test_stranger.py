"""A model on pictures it knows nothing about: it is said over the canvas, with ways out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.fake_predictor import FakePredictor, model_info
from tests.support.media_bench import piece_source, shown_area
from tusk_app.engine.fitness import is_stranger
from tusk_core.config import replaced


def learned_from(source: str):
    info = model_info()
    return replace(info, config=replaced(info.config, {"data.source": source}))


@pytest.fixture
def found():
    return FakePredictor().detect(np.zeros((64, 64, 3), np.uint8)).keypoints


def test_it_goes_by_what_was_found(found) -> None:
    model = learned_from("/elsewhere")
    assert not is_stranger(model, "/pictures", found)
    rng = np.random.default_rng(0)
    random = rng.normal(size=found.descriptors.shape).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    assert is_stranger(model, "/pictures", replace(found, descriptors=random))
    assert not is_stranger(model, "/elsewhere", replace(found, descriptors=random))


def test_generated_pictures_are_like_nothing_else(found) -> None:
    pieces = learned_from("sample:tetrominoes?count=500&seed=1")
    assert is_stranger(pieces, "/pictures", found)
    assert not is_stranger(pieces, "sample:tetrominoes?count=9&seed=2", found)
    assert not is_stranger(learned_from(""), "/pictures", found)


def test_the_banner_offers_discovery_and_goes_with_the_model(bench, qtbot) -> None:
    area = shown_area(bench, qtbot, (700, 500))
    asked = []
    for command in ("model.discover", "model.train"):
        if command not in bench.actions:
            bench.actions.add(command, command, lambda c=command: asked.append(c), menu="Model")
    known = learned_from("")
    bench.document.set_model(known)
    bench.document.set_source(piece_source(3))
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    bench.document.set_detection(FakePredictor().detect(bench.document.picture))
    assert area.stranger.text == ""
    bench.document.set_model(replace(learned_from("sample:digits"), fingerprint="another"))
    bench.document.set_detection(FakePredictor().detect(bench.document.picture))
    assert "was trained on sample digits" in area.stranger.text
    assert area.stranger.second.text() == "Train on these…"
    bench.document.set_model(known)
    assert area.stranger.text == ""
    bench.document.set_model(replace(learned_from("sample:digits"), fingerprint="another"))
    bench.document.set_detection(FakePredictor().detect(bench.document.picture))
    area.stranger.button.click()
    assert asked == ["model.discover"]
    assert area.stranger.text == ""


def test_nobody_is_told_to_discover_while_that_is_under_way(bench, qtbot) -> None:
    area = shown_area(bench, qtbot, (700, 500))
    bench.document.set_model(learned_from("sample:digits"))
    bench.document.set_source(piece_source(3))
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    bench.document.set_detection(FakePredictor().detect(bench.document.picture))
    assert "says little" in area.stranger.text

    def work(control):
        while not control.stop_requested:
            yield from ()

    job = bench.jobs.start("Discover kinds in pieces", work)
    qtbot.waitUntil(lambda: area.stranger.text == "")
    job.cancel()
    qtbot.waitUntil(lambda: "says little" in area.stranger.text)
