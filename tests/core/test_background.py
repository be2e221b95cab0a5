"""Kinds that look like background are told without labels, and hidden by a command."""

import dataclasses
import json

import numpy as np
import pytest

from tests.support.analyses import clustered_analysis
from tests.support.small_models import write_model
from tusk_core import api
from tusk_core.cli import main
from tusk_core.data.pictures import write_picture

NUM, SIDE = 40, 100


def analysis_of(places, source="gone", pictures=NUM):
    """Return an analysis with one detection of each kind in each picture, at (M, P, 2) places."""
    kinds = len(places)
    made = clustered_analysis(kinds * pictures, num_pictures=pictures, num_prototypes=kinds)
    return dataclasses.replace(
        made,
        source=str(source),
        picture_sizes=np.full((pictures, 2), SIDE, np.int32),
        picture=np.repeat(np.arange(pictures), kinds).astype(np.int32),
        labels=np.tile(np.arange(kinds), pictures).astype(np.int32),
        xy=np.asarray(places, np.float32).transpose(1, 0, 2).reshape(-1, 2),
    )


def anywhere(rng, low=6, high=94):
    return rng.uniform(low, high, (NUM, 2))


def test_what_lies_at_the_edge_or_anywhere_is_background_where_others_keep_their_place():
    rng = np.random.default_rng(0)
    steady = [np.array(at) + rng.normal(0, 6, (NUM, 2)) for at in ((40, 45), (60, 45), (50, 65))]
    edge = np.stack([rng.uniform(0, 99, NUM), np.full(NUM, 2.0)], axis=1)
    found = api.background_kinds(analysis_of([*steady, anywhere(rng), edge]))
    assert {kind.number for kind in found} == {3, 4}
    reasons = {kind.number: kind.reason for kind in found}
    assert "anywhere" in reasons[3]
    assert "edge" in reasons[4]
    assert all(kind.count == NUM and kind.certainty >= 1 for kind in found)
    assert list(found) == sorted(found, key=lambda kind: -kind.certainty)


def test_things_that_lie_anywhere_are_not_background():
    rng = np.random.default_rng(1)
    assert api.background_kinds(analysis_of([anywhere(rng) for _ in range(4)])) == ()


def test_too_few_detections_tell_nothing():
    rng = np.random.default_rng(2)
    places = np.array([[(50.0, 50.0)] * 3, [(1.0, 1.0)] * 3]) + rng.normal(0, 0.1, (2, 3, 2))
    assert api.background_kinds(analysis_of(places, pictures=3)) == ()


@pytest.fixture
def dish(tmp_path):
    """Discs on a plain ground: their middles, and places between them."""
    rng = np.random.default_rng(3)
    folder = tmp_path / "dish"
    folder.mkdir()
    y, x = np.mgrid[:SIDE, :SIDE]
    things, gaps = [], []
    for number in range(NUM):
        picture = np.full((SIDE, SIDE, 3), 225.0) + rng.normal(0, 2, (SIDE, SIDE, 3))
        centres = np.array([(28, 28), (72, 72)]) + rng.uniform(-8, 8, (2, 2))
        for cx, cy in centres:
            picture[np.hypot(x - cx, y - cy) < 10] = (150, 40, 60)
        write_picture(folder / f"{number:02d}.png", picture.clip(0, 255).astype(np.uint8))
        things.append(centres[number % 2])
        gaps.append((75, 25) if number % 2 else (25, 75))
    return folder, np.array([things, gaps])


def test_gaps_on_a_plain_ground_are_background_and_things_are_not(dish):
    folder, places = dish
    found = api.background_kinds(analysis_of(places, folder))
    assert [kind.number for kind in found] == [1]
    assert "ground" in found[0].reason


def test_the_command_lists_and_hides_them_for_any_model(dish, tmp_path, capsys):
    folder, _ = dish
    model = write_model(tmp_path / "model")
    (model / "prototypes.json").write_text('{"names": {"2": "mine"}}', encoding="utf-8")
    assert main(["kinds", str(model), "--background", str(folder), "--device", "cpu"]) == 0
    listed = capsys.readouterr().out
    assert main(["kinds", str(model), "--hide"]) == 2
    assert "--background DATA" in capsys.readouterr().err
    api.hide_kinds(model, [1, 4])
    api.hide_kinds(model, [5])
    values = json.loads((model / "prototypes.json").read_text(encoding="utf-8"))
    assert values["hidden"] == [1, 4, 5]
    assert values["names"] == {"2": "mine"}
    assert "No kind looks" in listed or "Nothing was changed" in listed
