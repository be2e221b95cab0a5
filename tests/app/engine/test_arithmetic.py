"""The window's own arithmetic against the engine: blending layers, placing points."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.pictures import pieces
from tests.support.small_models import KINDS, write_model
from tusk_app.layers.model import LayerBlend
from tusk_core import api

BLENDS = {
    "patch": "cover",
    "patch-learned": "cover",
    "patch-latent": "cover",
    "softmax": "softmax",
    "softmax-black": "softmax",
}


@pytest.mark.parametrize("kind", BLENDS)
def test_muting_a_layer_changes_the_error_as_leaving_it_out_does(tmp_path, kind) -> None:
    predictor = api.open_predictor(write_model(tmp_path / "model", KINDS[kind]), device="cpu")
    result = predictor.reconstruct(pieces(3)[0])
    blend = LayerBlend(result, BLENDS[kind])
    count = len(result.contributions)
    assert count == 4
    for k in range(count):
        weights = np.ones(count, np.float32)
        weights[k] = 0
        _, error = blend.blend(weights)
        # Colours cross the door as bytes, so the last digits differ.
        assert error - result.error == pytest.approx(float(result.contributions[k]), abs=3e-4)


def test_models_without_layers_say_so(tmp_path) -> None:
    predictor = api.open_predictor(write_model(tmp_path / "model", KINDS["sum"]), device="cpu")
    result = predictor.reconstruct(pieces(3)[0])
    assert LayerBlend(result, "cover").kind == "none"
    assert len(result.contributions) == 4
