"""The script that draws the figures: every one is made, of every kind of model, at its size."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.core.test_tools import load
from tests.support.small_models import KINDS, picture, write_model
from tusk_core.data.pictures import write_picture

CHANNEL_WISE = {"keypoints.detector": "channel-wise", "prototypes.num_prototypes": 4}


@pytest.fixture
def figures(monkeypatch):
    monkeypatch.syspath_prepend(str(load("tables").__file__.rsplit("/", 1)[0]))
    return load("figures")


def names_in(folder) -> set[str]:
    return {path.stem for path in folder.iterdir()}


@pytest.mark.parametrize("kind", ["patch-latent", "sum"])
def test_every_figure_is_made(tmp_path, figures, kind) -> None:
    model = write_model(tmp_path / "m", KINDS[kind])
    other = write_model(tmp_path / "c", {**KINDS[kind], **CHANNEL_WISE})
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(2):
        write_picture(photos / f"{number}.png", picture(90, 61, seed=number))
    figures.main([
        str(model), "sample:tetrominoes?count=6&seed=1", str(tmp_path / "out"),
        "--rows", "2", "--method", "pca", "--groups", str(photos), "--beside", str(other),
    ])  # fmt: skip
    expected = {*figures.FIGURES, "groups"} - ({"layers"} if kind == "sum" else set())
    assert names_in(tmp_path / "out") == expected
    for path in (tmp_path / "out").iterdir():
        shown = np.asarray(Image.open(path).convert("RGB"))
        # A white margin all round: nothing is cut off.
        edges = [shown[:16], shown[-16:], shown[:, :16], shown[:, -16:]]
        assert all((edge == 255).all() for edge in edges), path.name
        assert (shown != 255).any()


def test_a_channel_wise_model_has_figures_but_no_more_keypoints(tmp_path, figures) -> None:
    model = write_model(tmp_path / "m", CHANNEL_WISE)
    figures.main([
        str(model), "sample:tetrominoes?count=4&seed=1", str(tmp_path / "out"),
        "--rows", "1", "--only", "prototypes,more_keypoints",
    ])  # fmt: skip
    assert names_in(tmp_path / "out") == {"prototypes"}


def test_unknown_figures_and_models_are_refused(tmp_path, figures) -> None:
    with pytest.raises(SystemExit, match="no figure nothing"):
        figures.main(["digits", "sample:digits", str(tmp_path), "--only", "nothing"])
    with pytest.raises(SystemExit, match="nowhere"):
        figures.main([str(tmp_path / "nowhere"), "sample:digits", str(tmp_path / "out")])


def test_the_way_between_two_prototypes_keeps_to_the_sphere(figures) -> None:
    first, second = np.eye(5, dtype=np.float32)[:2]
    middle = figures.between(first, second, 0.5)
    assert np.linalg.norm(middle) == pytest.approx(1)
    assert middle[:2].tolist() == pytest.approx([0.5**0.5] * 2)
    assert np.array_equal(figures.between(first, first, 0.3), first)
    assert figures.between(first, second, 1.0).tolist() == pytest.approx(second.tolist(), abs=1e-6)
