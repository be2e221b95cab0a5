from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.data import finding, folders, natural_order
from tusk_core.data.coco import load_truth
from tusk_core.data.pictures import write_picture
from tusk_core.data.source import open_source
from tusk_core.data.survey import is_grey
from tusk_core.results import SourceError


def _write(path: Path, value: int = 0, size: tuple[int, int] = (6, 8)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(path, np.full((*size, 3), value, np.uint8))


def _numbered_video(path: Path, count: int = 90, codec: str = "MJPG", fps: float = 10) -> None:
    """Each frame shows its number in binary, as eight grey blocks."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, (128, 32))
    assert writer.isOpened()
    for number in range(count):
        bits = [255 * (number >> bit & 1) for bit in range(8)]
        row = np.repeat(np.array(bits, np.uint8), 16)
        writer.write(np.repeat(np.tile(row, (32, 1))[..., None], 3, axis=2))
    writer.release()


def _number_shown(picture: np.ndarray) -> int:
    blocks = picture[16, 8::16, 0] > 127
    return sum(1 << bit for bit in range(8) if blocks[bit])


def test_folders_are_in_natural_order_and_recursive(tmp_path):
    for name in ("f10.png", "f2.PNG", "f1.png", "sub/a.jpg", ".hidden/x.png", "notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("no picture")
        elif name == "f2.PNG":
            _write(tmp_path / "f2.png", 7)
            (tmp_path / "f2.png").rename(tmp_path / name)
        else:
            _write(tmp_path / name)
    with open_source(tmp_path) as source:
        names = [source.name(index) for index in range(len(source))]
        assert names == ["f1.png", "f2.PNG", "f10.png", "sub/a.jpg"]
        assert source.kind == "folder"
        assert source.read(1)[0, 0].tolist() == [7, 7, 7]
        assert source.size(0) == (8, 6)
        with pytest.raises(SourceError, match="no picture 4"):
            source.read(4)
    assert len(open_source(f"flat:{tmp_path}")) == 3


def test_numbers_in_names_count_by_value():
    ordered = [
        "7 x",
        "010",
        "a",
        "a1",
        "A2b",
        "a02c",
        "a10",
        "a٣٠٠",
        "a1000",
        "ab",
        "b1",
        "é1",
        "é2",
    ]
    mixed = ordered[::2] + ordered[1::2]
    assert natural_order.in_natural_order(mixed) == ordered
    assert natural_order.natural_key("f007") == natural_order.natural_key("F7")


@pytest.mark.parametrize("odd", ["", "é7.png", f"a{'1' * 30}.png"], ids=["plain", "accent", "long"])
def test_many_names_are_sorted_as_few_are(odd):
    rng = np.random.default_rng(0)
    starts = np.array(["frame_", "Frame", "a/b ", "x", "7", "cam0"])
    names = [
        f"{starts[rng.integers(6)]}{rng.integers(120):0{rng.integers(1, 5)}d}{end}"
        for end in rng.choice([".png", "_1.png", "_02.jpg", "", "-9-10.PNG"], 5000)
    ]
    names += [odd] if odd else []
    expected = sorted(names, key=natural_order.natural_key)
    assert natural_order.in_natural_order(names) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_circle_end(tmp_path):
    _write(tmp_path / "a" / "p.png")
    (tmp_path / "a" / "back").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    assert finding.find_pictures(tmp_path).pictures == ("a/p.png",)


def test_one_picture_and_a_list(tmp_path):
    for index in range(3):
        _write(tmp_path / f"{index}" / "p.png", index)
    single = open_source(tmp_path / "1" / "p.png")
    assert (single.kind, len(single), single.name(0)) == ("picture", 1, "p.png")
    several = open_source([tmp_path / "2" / "p.png", tmp_path / "0" / "p.png"])
    assert [several.name(index) for index in range(2)] == ["2/p.png", "0/p.png"]
    assert several.read(0)[0, 0, 0] == 2


@pytest.mark.parametrize(
    "source",
    ["", "camera:0", "/no/such/folder", "sample:nothing", "sample:tetrominoes?count=0",
     "sample:tetrominoes?colour=red", "sample:digits?split=half", "sample:solids?size=5",
     "sample:digits?digits=/no/such.npz", "sample:digits?count", "clevr6:", "clevr6:/no.h5",
     "celeba:/no", "h36m:/no", "mnist-hard:/no", "clevr6:/no.h5?split=third", "a\0b",
     "flat:", "flat:/no/such?folder=1"],
)  # fmt: skip
def test_bad_sources_are_refused_in_a_sentence(source):
    with pytest.raises(SourceError) as caught:
        open_source(source)
    assert str(caught.value).endswith(".")
    assert "Traceback" not in str(caught.value)


def test_odd_names_never_escape_as_another_error():
    random = np.random.default_rng(0)
    letters = list("ab/\\~.:?&=%0 \n\0é🐘*-")
    prefixes = ["", "sample:", "sample:digits?", "clevr6:", "celeba:", "h36m:", "mnist-hard:", "~"]
    names = ["x" * 5000, "~nobody/x", "sample:digits?digits=~nobody", "clevr6:" + "y" * 5000]
    for _ in range(400):
        text = "".join(random.choice(letters, random.integers(0, 9)))
        names.append(str(random.choice(prefixes)) + text)
    for name in names:
        try:
            open_source(name).close()
        except SourceError as error:
            assert str(error).endswith(".")  # noqa: PT017 - some names are folders


def test_a_folder_of_videos_says_so(tmp_path):
    _numbered_video(tmp_path / "numbers.avi", 3)
    with pytest.raises(SourceError, match=r"holds videos.*numbers\.avi"):
        open_source(tmp_path)


def test_files_that_are_no_pictures_are_refused(tmp_path):
    for name in ("notes.txt", "video.mp4", "empty.avi", "picture.png"):
        path = tmp_path / name
        path.write_bytes(b"" if name.startswith("empty") else b"just text, nothing else" * 50)
        with pytest.raises(SourceError):
            open_source(path)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(SourceError, match="no pictures"):
        open_source(tmp_path / "nothing")


@pytest.mark.parametrize(("ending", "codec"), [(".avi", "MJPG"), (".mp4", "mp4v")])
def test_video_frames_are_exact_in_any_order(tmp_path, ending, codec):
    path = tmp_path / f"numbers{ending}"
    _numbered_video(path, codec=codec)
    with open_source(path) as source:
        assert (source.kind, len(source), source.fps) == ("video", 90, 10)
        assert source.name(7) == "frame 000007"
        assert source.size(0) == (128, 32)
        order = [0, 1, 2, 89, 88, 5, 60, 61, 3, 89, 0]
        assert [_number_shown(source.read(index)) for index in order] == order
        seen = [_number_shown(picture) for _, picture in source.stream([4, 9, 14, 80])]
        assert seen == [4, 9, 14, 80]
        frame = source.read(3)
        assert not frame.flags.writeable
        assert frame.flags.owndata
        with pytest.raises(SourceError, match="no picture 90"):
            source.read(90)


def test_a_cut_off_video_counts_what_is_there(tmp_path):
    path = tmp_path / "numbers.avi"
    _numbered_video(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with open_source(path) as source:
        assert 20 < len(source) < 80
        last = len(source) - 1
        assert _number_shown(source.read(last)) == last


def test_real_samples_come_with_their_ground_truth():
    with open_source("sample:cells") as cells:
        assert len(cells) == 20
        assert cells.read(0).shape == (480, 640, 3)
        assert {o.category for o in cells.truth(0).objects} <= {"WBC", "RBC", "Platelets"}
    with open_source("sample:flies") as flies:
        assert (flies.kind, len(flies)) == ("video", 128)
    with pytest.raises(SourceError, match="no option"):
        open_source("sample:cells?count=3")


def test_samples_are_made_on_demand():
    with open_source("sample:tetrominoes?count=700&seed=4") as source:
        assert (source.kind, len(source)) == ("sample", 700)
        assert source.name(3) == "tetrominoes 000003"
        whole = source.batch(0, 700)
        assert np.array_equal(source.read(650), whole.images[650])
        truth = source.truth(650)
        assert truth.objects == whole.objects(650)
        assert np.array_equal(truth.mask, whole.masks[650])
        assert source.fingerprint() != open_source("sample:tetrominoes?count=700").fingerprint()


@pytest.mark.parametrize("name", ["tetrominoes", "digits", "solids", "digits?split=test"])
def test_sample_data_is_coco_and_comes_back(tmp_path, name):
    out = tmp_path / "made"
    events = list(api.make_sample_data(name, count=5, seed=3, out=out))
    assert [event.done for event in events] == [5, 5]
    assert sorted(path.name for path in out.iterdir()) == ["annotations.json", "images", "masks"]
    content = json.loads((out / "annotations.json").read_text())
    assert {image["file_name"] for image in content["images"]} == {
        path.name for path in (out / "images").iterdir()
    }
    with open_source(str(out)) as source:
        option = "&split=test" if "?" in name else ""
        wanted = open_source(f"sample:{name.partition('?')[0]}?count=5&seed=3{option}")
        assert source.kind == "dataset"
        assert source.has_ground_truth
        for index in range(5):
            assert source.name(index) == f"images/{index:06d}.png"
            assert np.array_equal(source.read(index), wanted.read(index))
            found, made = source.truth(index), wanted.truth(index)
            assert np.array_equal(found.mask, made.mask)
            assert found.objects == made.objects
    again = tmp_path / "again"
    list(api.make_sample_data(name, count=5, seed=3, out=again))
    assert (again / "annotations.json").read_bytes() == (out / "annotations.json").read_bytes()


def test_sample_data_opens_in_pycocotools(tmp_path, capsys):
    coco = pytest.importorskip("pycocotools.coco")
    list(api.make_sample_data("tetrominoes", count=4, seed=0, out=tmp_path / "d"))
    opened = coco.COCO(str(tmp_path / "d" / "annotations.json"))
    assert len(opened.getImgIds()) == 4
    assert len(opened.getAnnIds()) == 12
    assert len(opened.getCatIds()) == 19


def test_sample_data_refuses_and_leaves_nothing(tmp_path):
    used = tmp_path / "used"
    used.mkdir()
    (used / "mine.txt").write_text("keep")
    for values in (
        {"name": "tetrominoes", "out": used},
        {"name": "nothing", "out": tmp_path / "a"},
        {"name": "tetrominoes", "out": tmp_path / "a", "count": 0},
        {"name": "tetrominoes", "out": tmp_path / "a", "digits": tmp_path / "x.npz"},
        {"name": "digits", "out": tmp_path / "a", "digits": tmp_path / "x.npz"},
    ):
        with pytest.raises(SourceError):
            list(api.make_sample_data(**{"count": 3, "seed": 0, **values}))
    job = api.make_sample_data("tetrominoes", count=100, seed=0, out=tmp_path / "b")
    next(job)
    job.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["used"]
    assert (used / "mine.txt").read_text() == "keep"


def test_truth_as_arrays(tmp_path):
    list(api.make_sample_data("solids?size=48", count=6, seed=1, out=tmp_path / "d"))
    truth = load_truth(tmp_path / "d")
    assert len(truth) == 6
    assert truth.offsets[0] == 0
    assert truth.offsets[-1] == len(truth.xy) == len(truth.categories) == len(truth.instances)
    assert set(truth.attributes) == {"shape", "colour", "size", "material"}
    for picture in range(6):
        mask = truth.mask(picture)
        assert mask.shape == (48, 48)
        rows = truth.rows(picture)
        assert truth.instances[rows].tolist() == list(range(1, rows.stop - rows.start + 1))
        assert set(np.unique(mask)) <= {0, *truth.instances[rows].tolist()}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b'{"images": 3}', b'{"images": [{}], "categories": []}',
     b'{"images": [{"id": 0, "file_name": "../x.png"}], "categories": []}',
     b'{"images": [], "categories": []}', b"\xff\xfe", b"[" * 20_000,
     (b'{"images": [{"id": 0, "file_name": "x.png"}], "categories": [{"id": 1, "name": "a"}], '
     b'"annotations": [{"image_id": 0, "category_id": 2, "bbox": [0, 0, 1, 1]}]}'),
     (b'{"images": [{"id": 0, "file_name": "x.png"}], "categories": [{"id": 1, "name": "a"}], '
     b'"annotations": [{"image_id": 0, "category_id": 1, "bbox": [0, NaN, 1, 1]}]}')],
)  # fmt: skip
def test_damaged_annotations_are_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "annotations.json").write_bytes(content)
    with pytest.raises(SourceError):
        open_source(tmp_path)


def test_foreign_coco_files_are_understood(tmp_path):
    _write(tmp_path / "images" / "b.png")
    _write(tmp_path / "images" / "a.png")
    content = {
        "images": [{"id": 7, "file_name": "b.png"}, {"id": 3, "file_name": "images/a.png"}],
        "categories": [{"id": 5, "name": "cat"}, {"id": 1, "name": "dog"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [2, 1, 3, 3]},
            {"image_id": 7, "category_id": 5, "keypoints": [1.5, 2.5, 2]},
            {"image_id": 99, "category_id": 5, "bbox": [0, 0, 1, 1]},
        ],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(content))
    source = open_source(tmp_path)
    assert [source.name(0), source.name(1)] == ["images/b.png", "images/a.png"]
    first, second = source.truth(0).objects
    assert (first.x, first.y, first.category) == (3.0, 2.0, "dog")
    assert (second.x, second.y, second.category) == (1.5, 2.5, "cat")
    assert source.truth(1).objects == ()


def test_summary_of_a_folder(tmp_path):
    for index in range(6):
        _write(tmp_path / f"p{index}.png", 10 * index)
    colour = np.zeros((9, 9, 3), np.uint8)
    colour[..., 0] = 200
    write_picture(tmp_path / "red.png", colour)
    shutil.copy(tmp_path / "p1.png", tmp_path / "z copy.png")
    (tmp_path / "broken.png").write_bytes(b"broken")
    (tmp_path / "half.png").write_bytes((tmp_path / "p2.png").read_bytes()[:60])
    summary = api.summarise_source(str(tmp_path))
    assert (summary.kind, summary.num_pictures) == ("folder", 8)
    assert summary.sizes[0] == (8, 6, 8)
    assert summary.grey_share == pytest.approx(7 / 8)
    assert {item.path.name for item in summary.unreadable} == {"broken.png", "half.png"}
    assert [(a.name, b.name) for a, b in summary.duplicates] == [("p1.png", "z copy.png")]
    assert not summary.has_ground_truth


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with names there")
def test_a_pipe_among_the_pictures_is_not_waited_for(tmp_path):
    _write(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("empty.png", "empty too.png"):
        (tmp_path / name).touch()
    summary = api.summarise_source(str(tmp_path))
    assert summary.num_pictures == 1
    assert len(summary.unreadable) == 3
    assert summary.duplicates == ()


def test_of_a_large_picture_a_part_tells_whether_it_is_grey():
    picture = np.full((2000, 1500, 3), 90, np.uint8)
    assert is_grey(picture)
    picture[:, :300, 0] = 200
    assert not is_grey(picture)
    assert is_grey(picture[:1, 300:301])


def test_summary_of_other_sources(tmp_path):
    path = tmp_path / "numbers.avi"
    _numbered_video(path, 12)
    video = api.summarise_source(str(path))
    assert (video.kind, video.num_pictures, video.sizes) == ("video", 12, ((128, 32, 12),))
    assert (video.grey_share, video.frames_per_second) == (1.0, 10)
    sample = api.summarise_source("sample:solids?count=4&size=32")
    assert (sample.num_pictures, sample.has_ground_truth) == (4, True)


def test_a_stopped_summary_returns_at_once(tmp_path):
    for index in range(4):
        _write(tmp_path / f"p{index}.png")
    control = RunControl()
    control.request_stop()
    assert api.summarise_source(str(tmp_path), control).sizes == ()


def test_a_hundred_thousand_names_are_found_quickly_without_opening_them(tmp_path, monkeypatch):
    for index in range(2000):
        (tmp_path / f"{index}.png").touch()
    monkeypatch.setattr(folders, "decode_file", pytest.fail)
    source = open_source(tmp_path)
    assert len(source) == 2000
    assert source.name(999) == "999.png"


def test_sources_need_only_the_engine_packages():
    code = (
        "import sys\n"
        "for name in ('scipy', 'h5py', 'platformdirs', 'sklearn', 'PIL', 'PySide6'):\n"
        "    sys.modules[name] = None\n"
        "from tusk_core.config import DataConfig\n"
        "from tusk_core.data.cache import build_cache\n"
        "config = DataConfig(source='sample:digits?count=3')\n"
        "print(build_cache(config).images.shape)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env=os.environ.copy(),
    )
    assert done.stdout.strip() == "(3, 80, 80, 3)", done.stderr
