"""Layers sorted by colour and by form: each finds its own, whatever the other is."""

from __future__ import annotations

import numpy as np
import pytest

from tusk_core import api
from tusk_core.evaluation.factors import layer_parts, sort_layers
from tusk_core.results import EvaluationOptions, TuskError

COLOURS = np.array([[220, 40, 30], [30, 60, 210]], np.uint8)


def drawn(number: int) -> tuple[np.ndarray, np.ndarray, list[int], list[int]]:
    """Return a picture (48, 48, 3) with two things, their layers (2, 48, 48), colours and forms.

    A form is a square or a bar of the same area; each layer takes a grey shadow with it.
    """
    generator = np.random.default_rng(number)
    picture = np.full((48, 48, 3), 128, np.uint8)
    shares = np.zeros((2, 48, 48), np.float32)
    colours, forms = generator.integers(2, size=(2, 2))
    for layer, (colour, form) in enumerate(zip(colours, forms, strict=True)):
        height, width = ((12, 12), (6, 24))[form]
        y, x = generator.integers(2, 8), 24 * layer * (form == 0) + generator.integers(0, 8)
        y += 24 * layer
        picture[y : y + height, x : x + width] = COLOURS[colour]
        picture[y + height : y + height + 3, x : x + width] = 60
        shares[layer, y : y + height + 3, x : x + width] = 1
    return picture, shares, colours.tolist(), forms.tolist()


def agreement(found: np.ndarray, true: np.ndarray) -> float:
    """Return how much of each found sort is one true sort."""
    counts = np.zeros((found.max() + 1, true.max() + 1))
    np.add.at(counts, (found.ravel(), true.ravel()), 1)
    return float(counts.max(axis=1).sum() / counts.sum())


def test_colour_and_form_are_told_apart_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tusk_core.evaluation.factors.NUM_SORTS", 4)
    pictures, shares, colours, forms = zip(*(drawn(number) for number in range(40)), strict=True)
    halves = [
        layer_parts(np.stack(pictures[part]), np.stack(shares[part]))
        for part in (slice(20), slice(20, 40))
    ]
    found = sort_layers(halves, seed=0)
    assert found["form"].shape == (40, 2)
    assert agreement(found["colour"], np.array(colours)) == 1
    assert agreement(found["form"], np.array(forms)) == 1
    # By form alone colours stay mixed: the two are really apart.
    assert agreement(found["form"], np.array(colours)) < 0.8


def test_grey_pictures_have_forms_too() -> None:
    pictures, shares, _, _ = zip(*(drawn(number) for number in range(4)), strict=True)
    grey = np.stack(pictures).mean(axis=-1, keepdims=True).astype(np.uint8)
    parts = layer_parts(grey, np.stack(shares))
    assert parts.colours.shape == (4, 2, 1)
    assert np.isfinite(parts.forms).all()
    assert parts.forms.std() > 0


def test_a_layer_that_shows_nothing_is_sorted_as_well() -> None:
    parts = layer_parts(np.zeros((2, 16, 16, 3), np.uint8), np.zeros((2, 3, 16, 16), np.float32))
    assert np.isfinite(parts.forms).all()
    assert sort_layers([parts], seed=0)["form"].shape == (2, 3)


def test_an_evaluation_reports_both() -> None:
    data = "sample:tetrominoes?count=6&seed=7"
    options = EvaluationOptions(factored=True)
    *_, report = api.evaluate("tetrominoes", data, "multi-object", options=options)
    assert {"colour_by_colour", "shape_by_form", "shape_by_form_strict"} <= set(report.metrics)
    assert report.metrics["colour_by_colour"] == 100
    with pytest.raises(TuskError, match="Only multi-object has layers"):
        list(api.evaluate("tetrominoes", data, "mnist-hard", options=options))
