"""Ground truth in files of its own: COCO under any name, points by frame, labelled frames."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tusk_core import api
from tusk_core.data.annotated import annotate
from tusk_core.data.cut_out import free_corners
from tusk_core.data.landmarks import LandmarkSource
from tusk_core.data.pictures import read_picture, write_picture
from tusk_core.data.sample import ObjectTruth
from tusk_core.data.source import open_source
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def write_pictures(folder: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(path, np.full((20, 30, 3), number, np.uint8))


def write_boxes(path: Path, boxes: dict[str, list[list[float]]]) -> None:
    images = [{"id": i, "file_name": n, "width": 30, "height": 20} for i, n in enumerate(boxes)]
    annotations = [
        {"id": 1, "image_id": i, "category_id": 7, "bbox": box}
        for i, some in enumerate(boxes.values())
        for box in some
    ]
    content = {"images": images, "annotations": annotations}
    path.write_text(json.dumps({**content, "categories": [{"id": 7, "name": "cell"}]}))


def test_boxes_beside_pictures_are_found_by_name(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", ["a.png", "b.png", "c.png"])
    write_boxes(tmp_path / "mine.json", {"c.png": [[4, 6, 10, 8]], "x/a.png": [], "z.png": []})
    with annotate(open_source(str(tmp_path / "images")), tmp_path / "mine.json") as source:
        assert [source.name(index) for index in range(len(source))] == ["a.png", "c.png"]
        assert source.read(1)[0, 0, 0] == 2
        truth = source.truth(1)
        assert truth is not None
        assert truth.objects[0].category == "cell"
        assert (truth.objects[0].x, truth.objects[0].y) == (8.5, 9.5)
        assert source.truth(0) is not None
        assert [index for index, _ in source.stream([0, 1])] == [0, 1]


def test_a_folder_with_boxes_json_is_a_data_set(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", ["a.png"])
    write_boxes(tmp_path / "boxes.json", {"a.png": [[4, 6, 10, 8]]})
    with open_source(str(tmp_path)) as source:
        assert source.has_ground_truth
        assert source.name(0) == "images/a.png"


def test_points_go_by_the_number_of_the_frame(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", ["0.png", "1.png", "2.png"])
    table = tmp_path / "points.csv"
    table.write_text("frame,track,x,y\n2,left,5,6.5\n2,right,nan,\n0,left,1,2\n9,left,1,1\n")
    with annotate(open_source(str(tmp_path / "p")), table) as source:
        assert [source.name(index) for index in range(len(source))] == ["0.png", "2.png"]
        truth = source.truth(1)
        assert truth is not None
        (thing,) = truth.objects
        assert (thing.x, thing.y, thing.attributes) == (5, 6.5, {"track": "left"})


def test_points_by_name_may_have_classes(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", ["a.png", "b.png"])
    table = tmp_path / "points.csv"
    table.write_text("image,x,y,class\nb.png,1,2,fly\nb.png,3,4,bee\n")
    with annotate(open_source(str(tmp_path / "p")), table) as source:
        truth = source.truth(0)
        assert truth is not None
        assert [(one.category, one.category_id) for one in truth.objects] == [
            ("fly", 1),
            ("bee", 0),
        ]
        assert source.vocabulary.categories == ("bee", "fly")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.csv", "frame,x\n0,1\n", "needs the columns"),
        ("p.csv", "frame,x,y\n0,1,here\n", "line 2 has 'here'"),
        ("p.csv", "frame,x,y\n0.5,1,1\n", "number of a frame"),
        ("p.csv", "frame,x,y\n99,1,1\n", "mentions none"),
        ("p.json", "{}", "not in COCO's form"),
        ("p.txt", "", "Give a .json"),
        ("q.csv", None, "cannot be opened"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    write_pictures(tmp_path / "p", ["a.png"])
    if text is not None:
        (tmp_path / name).write_text(text)
    with (
        open_source(str(tmp_path / "p")) as source,
        pytest.raises(SourceError, match=says),
    ):
        annotate(source, tmp_path / name)


LABELLED = (
    "scorer,me,me,me,me\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"
    "labeled-data/v/img1.png,1,2,,\nlabeled-data/v/img2.png,3,4,5,6\n"
)


def test_labelled_frames_are_landmarks_from_the_project_or_beside_them(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["labeled-data/v/img1.png", "labeled-data/v/img2.png"])
    (tmp_path / "CollectedData.csv").write_text(LABELLED)
    columns = LABELLED.replace("labeled-data/v/", "labeled-data,v,")
    columns = columns.replace("scorer,", "scorer,,,").replace("bodyparts,", "bodyparts,,,")
    columns = columns.replace("coords,", "coords,,,")
    (tmp_path / "labeled-data" / "v" / "CollectedData_me.csv").write_text(columns)
    for folder in (tmp_path, tmp_path / "labeled-data" / "v"):
        with open_source(str(folder)) as source:
            assert isinstance(source, LandmarkSource)
            assert source.landmarks.names == ("nose", "tail")
            assert source.read(1)[0, 0, 0] == 1
            assert np.isnan(source.landmarks.xy[0, 1]).all()
            assert source.landmarks.xy[1].tolist() == [[3, 4], [5, 6]]


def test_labelled_frames_of_another_form_are_refused(tmp_path: Path) -> None:
    (tmp_path / "CollectedData.csv").write_text("scorer,me\nindividuals,a\nbodyparts,nose\n")
    with pytest.raises(SourceError, match="scorer, bodyparts and coords"):
        open_source(str(tmp_path))


def test_empty_pieces_reach_no_object_and_others_have_one_in_the_middle(tmp_path: Path) -> None:
    picture = np.full((60, 90, 3), 9, np.uint8)
    picture[10:30, 20:50] = 200
    (tmp_path / "p").mkdir()
    write_picture(tmp_path / "p" / "a.png", picture)
    write_boxes(tmp_path / "p" / "boxes.json", {"a.png": [[20, 10, 30, 20]]})
    data, out = str(tmp_path / "p"), tmp_path / "empty"
    *_, last = api.cut_out(data, out, side=25, count=12, seed=3)
    assert last.done == last.total
    pieces = [read_picture(path) for path in sorted(out.glob("*.png"))]
    assert len(pieces) == 12
    assert all(piece.shape == (25, 25, 3) and piece.max() == 9 for piece in pieces)
    list(api.cut_out(data, tmp_path / "on", side=11, count=5, on="objects"))
    (piece,) = [read_picture(path) for path in (tmp_path / "on").glob("*.png")]
    assert piece.min() == 200
    with pytest.raises(SourceError, match="has room for a piece"):
        list(api.cut_out(data, tmp_path / "none", side=59, count=5))
    assert not (tmp_path / "none").exists()
    with pytest.raises(SourceError, match="already holds"):
        list(api.cut_out(data, out, side=9, count=1))


def test_every_free_square_is_known(tmp_path: Path) -> None:
    box = ObjectTruth(0, 0, (4, 3, 2, 2), 0, "")
    corners = free_corners((10, 8), [box], 3, 0)
    free = {(x, y) for x, y in corners.tolist()}
    assert (1, 0) in free  # its last column is 3
    assert (2, 1) not in free
    assert (6, 3) in free
    assert max(x for x, _ in free) == 7
    assert len(free_corners((10, 8), [box], 3, 9)) == 0
