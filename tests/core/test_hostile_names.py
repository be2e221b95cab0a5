"""Pictures with names that trouble disks, tables and terminals go through detection and exports."""

from __future__ import annotations

import csv
import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.support.small_models import picture, write_model
from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.data.pictures import encode_picture
from tusk_core.data.source import open_source
from tusk_core.inference.export.registry import FORMATS
from tusk_core.inference.file_names import unique_stems

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "two\nlines.png",
    "من اليمين.png",
    "\u202ereversed.png",
    "🐭 mouse 🐭.png",
    "dots...png",
    " space .png",
    "comma, \"quote\" and 'tick'.png",
    "percent%20.png",
    "hash#t=3.png",
    "é composed.png",
    "é decomposed.png",
    "sub/same.png",
    "other/same.png",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Detections in a folder of such pictures, one of them with a name that is not text."""
    root = tmp_path_factory.mktemp("names")
    for number, name in enumerate(NAMES):
        path = root / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_picture(picture(seed=number)))
    try:
        path = os.fsencode(root / "pictures") + b"/bytes \xff.png"
        with open(path, "wb") as file:  # noqa: PTH123 - pathlib knows text only
            file.write(encode_picture(picture(seed=99)))
    except OSError:
        pytest.skip("this disk takes names of text only")
    write_model(root / "model")
    out = root / "results.h5"
    list(api.analyse(root / "model", str(root / "pictures"), out, RunControl()))
    return out


def test_every_picture_is_known_by_a_name_that_can_be_written(results: Path) -> None:
    analysis = api.open_analysis(results)
    assert set(analysis.picture_names) == {*NAMES, "bytes %FF.png"}
    with open_source(results.parent / "pictures") as source:
        assert [source.name(i) for i in range(len(source))] == list(analysis.picture_names)


@pytest.mark.parametrize("name", [n for n in FORMATS if n not in {"nwb", "keypoint-moseq"}])
def test_every_format_takes_them(results: Path, tmp_path: Path, name: str) -> None:
    for module, _ in FORMATS[name].needs:
        pytest.importorskip(module)
    analysis = api.open_analysis(results)
    out = tmp_path / f"out{FORMATS[name].suffix}"
    api.export_analysis(analysis, out, file_format=name)
    assert out.exists()
    if name == "csv":
        rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines(keepends=True)))
        assert {row["image"] for row in rows} == set(analysis.picture_names)
    elif name == "coco":
        listed = json.loads(out.read_text(encoding="utf-8"))["images"]
        assert [image["file_name"] for image in listed] == list(analysis.picture_names)
    elif name == "yolo":
        images, labels = (sorted((out / part).iterdir()) for part in ("images", "labels"))
        assert len(images) == len(labels) == len(NAMES) + 1
        assert [path.stem for path in images] == [path.stem for path in labels]
    elif name == "label-studio":
        tasks = json.loads(out.read_text(encoding="utf-8"))
        assert [task["data"]["name"] for task in tasks] == list(analysis.picture_names)


def test_many_equal_names_are_numbered_quickly() -> None:
    names = [f"{number}/frame.png" for number in range(20_000)]
    stems = unique_stems([*names, "frame_2.png"])
    assert stems[:3] == ["frame", "frame_2", "frame_3"]
    assert len(set(stems)) == 20_001


def test_rebuilt_pictures_say_which_they_are_of(results: Path, tmp_path: Path) -> None:
    root = results.parent
    predictor = api.open_predictor(root / "model", device="cpu")
    with open_source(root / "pictures") as source:
        list(api.rebuild(predictor, [source], tmp_path / "parts", RunControl()))
        names = [source.name(i) for i in range(len(source))]
    with (tmp_path / "parts" / "names.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["picture"]: row["file"] for row in csv.DictReader(file)}
    assert set(listed) == set(names)
    for name, folder in listed.items():
        text = (tmp_path / "parts" / folder / "keypoints.json").read_text(encoding="utf-8")
        assert json.loads(text)["image"] == name
