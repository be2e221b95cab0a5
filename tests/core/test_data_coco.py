"""Ground truth in COCO's form that is a little wrong: counted, named, nothing invented."""

from __future__ import annotations

import json

import pytest

from tests.support.small_models import picture
from tusk_core import api
from tusk_core.data.coco import load_truth
from tusk_core.data.pictures import write_picture
from tusk_core.results import SourceError

CATEGORIES = [{"id": 1, "name": "bird"}, {"id": "2", "name": "bee"}]


def write_set(folder, images, annotations):
    for name in {entry["file_name"] for entry in images}:
        write_picture(folder / name, picture(32, 24))
    content = {"images": images, "annotations": annotations, "categories": CATEGORIES}
    (folder / "annotations.json").write_text(json.dumps(content))


def image(number, name):
    return {"id": number, "file_name": name, "width": 32, "height": 24}


def thing(number, owner, **values):
    return {"id": number, "image_id": owner, "category_id": 1, "bbox": [4, 6, 5, 3], **values}


def places(truth, number):
    return [(thing.x, thing.y) for thing in truth.objects(number)]


def test_pictures_that_share_an_id_are_left_out_with_their_objects(tmp_path):
    images = [image(1, "a.png"), image(7, "b.png"), image(7, "c.png")]
    write_set(tmp_path, images, [thing(1, 1), thing(2, 7), thing(3, 7)])
    truth = load_truth(tmp_path)
    assert truth.names == ("a.png",)
    assert len(truth.xy) == 1
    assert truth.notes[0].startswith("2 pictures were left out (an id shared")
    assert "b.png, c.png" in truth.notes[0]
    assert truth.notes[1].startswith("2 objects were left out (no such picture)")
    found = api.summarise_source(str(tmp_path))
    assert (found.num_pictures, found.notes) == (1, truth.notes)


def test_a_picture_listed_twice_counts_once(tmp_path):
    write_set(tmp_path, [image(1, "a.png"), image(1, "a.png")], [thing(1, 1)])
    truth = load_truth(tmp_path)
    assert truth.names == ("a.png",)
    assert places(truth, 0) == [(6, 7)]
    assert truth.notes == ()


@pytest.mark.parametrize(("of_image", "of_object"), [(5, "5"), ("5", 5), (5.0, 5), ("a7", "a7")])
def test_ids_are_matched_as_text(tmp_path, of_image, of_object):
    write_set(tmp_path, [image(of_image, "a.png")], [thing(1, of_object, category_id=2)])
    truth = load_truth(tmp_path)
    assert places(truth, 0) == [(6, 7)]
    assert truth.objects(0)[0].category == "bee"
    assert truth.notes == ()


def test_objects_without_a_place_are_counted_not_invented(tmp_path):
    objects = [
        thing(1, 1),
        thing(2, 1, bbox=None),
        thing(3, 1, bbox=[0, 0, 0, 0]),
        thing(4, 1, bbox=[], keypoints=[0, 0, 0]),
        thing(5, 1, bbox=[], keypoints=[9, 8, 2]),
        thing(6, 1, bbox=[], keypoints=[2, 3, 2, 0, 0, 0, 6, 9, 1]),
    ]
    write_set(tmp_path, [image(1, "a.png")], objects)
    truth = load_truth(tmp_path)
    assert places(truth, 0) == [(6, 7), (9, 8), (4, 6)]
    assert truth.boxes[2].tolist() == [2, 3, 5, 7]
    (note,) = truth.notes
    assert note.startswith("3 objects were left out (neither a box nor")
    assert "2, 3, 4" in note


def test_unknown_categories_are_counted_and_a_file_of_nothing_else_is_refused(tmp_path):
    write_set(tmp_path, [image(1, "a.png")], [thing(1, 1), thing(2, 1, category_id=9)])
    assert load_truth(tmp_path).notes[0].startswith("1 object was left out (no such category)")
    write_set(tmp_path, [image(1, "a.png")], [thing(2, 1, category_id=9)])
    with pytest.raises(SourceError, match="no such category"):
        load_truth(tmp_path)


def test_crowds_are_not_objects_and_masks_alone_are_named(tmp_path):
    box = {"category_id": 1, "bbox": [2, 3, 4, 5]}
    runs = {"counts": [0, 10, 10], "size": [4, 5]}
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 20}],
        "categories": [{"id": 1, "name": "thing"}],
        "annotations": [
            {"id": 1, "image_id": 1, **box},
            {"id": 2, "image_id": 1, **box, "iscrowd": 1, "segmentation": runs},
            {"id": 3, "image_id": 1, "category_id": 1, "segmentation": runs},
            {"id": 4, "image_id": 1, "category_id": 1, "bbox": [2, 3, -4, 5]},
            {"id": 5, "image_id": 1, "category_id": 1, "keypoints": [0, 0, 0, 7, 8, 1]},
        ],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    truth = load_truth(tmp_path)
    assert [(o.x, o.y) for o in truth.objects(0)] == [(3.5, 5.0), (7.0, 8.0)]
    assert any("1 object was left out (a crowd, not one object): 2." in n for n in truth.notes)
    assert any("neither a box nor a keypoint): 3, 4." in n for n in truth.notes)
