"""This is a kind, not that: what a person says about kinds, and that everything honours it."""

import json

import numpy as np
import pytest
import torch

from tests.core.test_discovery import _pictures
from tusk_core import api
from tusk_core.cli import main
from tusk_core.control import RunControl
from tusk_core.kind_edits import FILE_NAME, KindEdit, KindEdits
from tusk_core.nn.steering import added_kinds
from tusk_core.results import ModelFileError, TuskError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUSK_HOME", str(tmp_path_factory.mktemp("home")))
        centres = _pictures(folder, 6)
        out = folder.parent / "clicked-model"
        list(api.discover(str(folder), out, RunControl(), num_kinds=24, side=160, device="cpu"))
    return folder, out, centres


@pytest.fixture
def model(made):
    folder, out, centres = made
    (out / FILE_NAME).unlink(missing_ok=True)
    return folder, out, centres


def test_one_click_is_found_in_other_pictures_and_can_be_taken_back(model, capsys):
    folder, out, centres = model
    x, y = (str(side) for side in centres[0])
    assert main(["kinds", str(out), "--new", str(folder / "0.png"), x, y, "--name", "ring"]) == 0
    assert "24   1.00  yes   ring" in capsys.readouterr().out
    predictor = api.open_predictor(out, device="cpu")
    assert len(predictor.info.prototypes) == 25
    picture = api.open_source(str(folder)).read(3)
    found = predictor.detect(picture, num_keypoints=200).keypoints
    rings = found.xy[found.labels == 24]
    assert np.linalg.norm(rings - centres[3], axis=1).min() < 12
    assert main(["kinds", str(out), "--not", str(folder / "3.png"), *map(str, centres[3])]) == 0
    refused = api.open_predictor(out, device="cpu").detect(picture, num_keypoints=200).keypoints
    near = np.linalg.norm(refused.xy - centres[3], axis=1) < 6
    assert refused.scores[near].max(initial=0) < 0.5
    assert main(["kinds", str(out), "--undo"]) == 0
    again = api.open_predictor(out, device="cpu").detect(picture, num_keypoints=200).keypoints
    assert np.array_equal(again.xy, found.xy)


def test_kept_and_ignored_kinds_by_a_file(model, tmp_path):
    _, out, _ = model
    kinds = api.list_kinds(out)
    best, worst = kinds[0].number, kinds[-1].number
    edits = [{"does": "ignore", "kind": kind.number} for kind in kinds if kind.is_kept]
    file = tmp_path / "edits.json"
    file.write_text(json.dumps([*edits, {"does": "keep", "kind": worst}]), encoding="utf-8")
    assert main(["kinds", str(out), "--apply", str(file)]) == 0
    listed = api.list_kinds(out)
    assert [kind.number for kind in listed if kind.is_kept] == [worst] != [best]
    detection = api.open_predictor(out, device="cpu").detect(np.zeros((120, 160, 3), np.uint8))
    assert set(detection.keypoints.labels.tolist()) <= {worst}


def test_more_clicks_are_averaged():
    edits = KindEdits(2).added(KindEdit("new", descriptor=(1.0, 0.0)))
    edits = edits.added(KindEdit("more", 2, descriptor=(0.0, 1.0)))
    edits = edits.added(KindEdit("not", descriptor=(-1.0, 0.0)))
    added = added_kinds(edits, torch.tensor([1.0, 0.0]), 2)
    assert added.directions.tolist() == [
        pytest.approx([0.5**0.5, 0.5**0.5]),
        pytest.approx([-1, 0]),
    ]
    assert added.kept.tolist() == [1, 0, 1, 0]
    assert edits.undone().undone().num_new == 1


def test_places_added_to_a_kind_that_was_found_are_its_too(model):
    folder, out, centres = model
    picture = api.open_source(str(folder)).read(2)
    at = tuple(float(side) for side in centres[2])
    plain = api.open_predictor(out, device="cpu")
    # A kind that is not the ring's, called by a name.
    near = plain.detect(picture, num_keypoints=1).keypoints.labels[0]
    other = next(k.number for k in api.list_kinds(out) if k.number != int(near))
    names = json.dumps({"names": {str(other): "Donut"}, "merged": {}, "hidden": []})
    (out / "prototypes.json").write_text(names, encoding="utf-8")
    place = [str(folder / "2.png"), *map(str, at)]
    assert main(["kinds", str(out), "--more", "donut", *place, "--keep", "donut"]) == 0
    edits = api.kind_edits(out)
    assert edits.helped == (other,)
    assert edits.num_new == 0
    found = api.open_predictor(out, device="cpu").detect(
        api.open_source(str(folder)).read(4), num_keypoints=200
    )
    of_kind = found.keypoints.labels == other
    away = np.linalg.norm(found.keypoints.xy[of_kind] - centres[4], axis=1)
    assert away.min() < 12
    assert main(["kinds", str(out), "--undo"]) == 0
    assert main(["kinds", str(out), "--undo"]) == 0
    assert api.kind_edits(out).edits == ()
    assert main(["kinds", str(out), "--more", "nobody", *place]) == 2
    (out / "prototypes.json").unlink()


def test_helpers_stand_after_refused_places():
    edits = KindEdits(2).added(KindEdit("new", descriptor=(1.0, 0.0)))
    edits = edits.added(KindEdit("more", 1, descriptor=(0.0, 1.0)))
    edits = edits.added(KindEdit("not", descriptor=(-1.0, 0.0)))
    added = added_kinds(edits, torch.tensor([1.0, 0.0]), 2)
    assert added.helped == (1,)
    assert added.num_clicked == 1
    assert added.directions.tolist() == [[1, 0], [-1, 0], [0, 1]]
    assert added.kept.tolist() == [1, 0, 1, 0, 0]


def test_places_and_files_that_cannot_be_used_get_a_sentence(model, capsys):
    folder, out, _ = model
    assert main(["kinds", str(out), "--new", str(folder / "0.png"), "500", "3"]) == 2
    assert "outside the picture, which has 160×120 pixels" in capsys.readouterr().err
    assert main(["kinds", str(out), "--keep", "99"]) == 2
    assert "There is no kind 99" in capsys.readouterr().err
    assert not (out / FILE_NAME).exists()
    with pytest.raises(TuskError, match="no map for each kind"):
        api.kind_edits("tetrominoes")
    (out / FILE_NAME).write_text('{"schema": 1, "num_kinds": 24, "edits": [{"does": "new"}]}')
    with pytest.raises(ModelFileError, match="Move it away"):
        api.open_predictor(out, device="cpu")
    (out / FILE_NAME).unlink()


def test_training_begins_from_the_kinds_with_those_from_clicks(model):
    from tusk_core.config import load_preset, replaced
    from tusk_core.events import RunFinished
    from tusk_core.nn.model_files import load_model

    folder, out, centres = model
    x, y = (str(side) for side in centres[0])
    assert main(["kinds", str(out), "--new", str(folder / "0.png"), x, y]) == 0
    small = {
        "data.source": str(folder),
        "data.width": 64,
        "data.height": 64,
        "optim.steps": 1,
        "optim.batch_size": 2,
        "run.device": "cpu",
    }
    config = replaced(load_preset("quick-photos"), small)
    events = list(api.fine_tune(config, out, RunControl(), run_root=out.parent / "runs"))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    trained, _ = load_model(finished.model_dir)
    discovered, _ = load_model(out)
    assert torch.allclose(trained.seed.centres[:24], discovered.seed.centres)
    begun = torch.nn.functional.normalize(trained.prototypes.vectors[:24, :32], dim=1)
    assert (begun * discovered.seed.centres).sum(dim=1).min() > 0.99
    assert len(trained.kept) == 25
    assert trained.kept[24] == 1
