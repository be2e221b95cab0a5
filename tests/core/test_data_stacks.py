"""Files with several pictures, deep pictures of one brightness, links, and what is not read."""

from __future__ import annotations

import base64
import io
import json
import os

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from tests.support.small_models import small_config, write_model
from tusk_core import api
from tusk_core.config import load_preset, replaced
from tusk_core.control import RunControl
from tusk_core.data.cache import build_cache
from tusk_core.data.looks import Look, look_of
from tusk_core.data.source import open_source
from tusk_core.events import RunFinished
from tusk_core.nn.model_files import SETTINGS, read_meta
from tusk_core.results import SourceError


def counts(*values, side=20):
    """A picture in bands of the given counts."""
    rows = np.repeat(np.array(values, np.uint16), side // len(values))
    return np.repeat(rows[:, None], side, axis=1)


def write_series(folder):
    """Three pictures of one series that reach up to 100, 900 and 4000 counts."""
    folder.mkdir()
    for number, brightest in enumerate((100, 900, 4000)):
        tifffile.imwrite(folder / f"t{number}.tif", counts(0, 100, 50, brightest))
    return folder


def test_the_same_count_is_the_same_grey_in_every_picture_of_a_series(tmp_path):
    with open_source(write_series(tmp_path / "series")) as source:
        shown = [int(source.read(index)[6, 0, 0]) for index in range(3)]
        assert shown == [round(100 * 255 / 4095)] * 3
        low, high = source.brightness().low, source.brightness().high
        assert (low, high) == (0, 4095)
    assert api.summarise_source(str(tmp_path / "series")).brightness == (0, 4095)


def test_a_hot_pixel_changes_nothing_but_itself(tmp_path):
    for number in range(2):
        picture = counts(51, 200, 88, 157)
        picture[0, 0] = (51, 60_000)[number]
        tifffile.imwrite(tmp_path / f"t{number}.tif", picture)
    with open_source(tmp_path) as source:
        first, second = source.read(0), source.read(1)
    assert first[6, 0, 0] == 200
    assert np.array_equal(first[1:], second[1:])
    assert second[0, 0, 0] == 255


@pytest.mark.parametrize(
    ("tops", "wanted"),
    [((0.5, 1.0), 1.0), ((1.0, 1.1), 1.1), ((90.0, 250.0), 255.0), ((3.0, 7.0), 7.0)],
)
def test_floating_point_series_have_one_scale(tmp_path, tops, wanted):
    for number, top in enumerate(tops):
        picture = np.full((20, 20), top / 2, np.float32)
        picture[:10] = top
        tifffile.imwrite(tmp_path / f"t{number}.tif", picture)
    with open_source(tmp_path) as source:
        found = [int(source.read(number)[0, 0, 0]) for number in range(2)]
        assert source.brightness().high == pytest.approx(wanted)
    assert found == [round(top / wanted * 255) for top in tops]


def test_the_scale_is_kept_with_the_model_and_used_by_it(tmp_path):
    folder = write_series(tmp_path / "series")
    config = replaced(load_preset("quick-digits"), {**_SHORT, "data.source": str(folder)})
    events = list(api.train(config, RunControl(), run_root=tmp_path / "runs"))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    data = read_meta(finished.model_dir).config.data
    assert (data.brightness, data.brightness_low, data.brightness_high) == ("range", 0, 4095)
    dark = tmp_path / "dark"
    dark.mkdir()
    tifffile.imwrite(dark / "one.tif", counts(0, 100, 50, 90))
    with open_source(dark) as source:
        assert source.read(0)[6, 0, 0] == 100  # by itself, as eight bits
        source.set_look(look_of(data))
        assert source.read(0)[6, 0, 0] == round(100 * 255 / 4095)


_SHORT = {
    "data.width": 16,
    "data.height": 16,
    "optim.steps": 1,
    "optim.batch_size": 2,
    "run.device": "cpu",
}


def test_models_from_before_keep_their_numbers(tmp_path):
    folder = write_model(tmp_path / "old")
    values = json.loads((folder / SETTINGS).read_text())
    for name in ("brightness", "brightness_low", "brightness_high", "picture_channels"):
        del values["config"]["data"][name]
    (folder / SETTINGS).write_text(json.dumps(values))
    data = read_meta(folder).config.data
    assert data.brightness == "picture"
    with open_source(write_series(tmp_path / "series")) as source:
        source.set_look(look_of(data))
        assert [int(source.read(i)[6, 0, 0]) for i in range(3)] == [100, 25, 6]


def test_a_range_of_ones_own_is_used_and_is_part_of_the_cache(tmp_path):
    folder = write_series(tmp_path / "series")
    own = {"data__brightness": "range", "data__brightness_high": 200.0, "data__fit": "stretch"}
    automatic = build_cache(small_config(data__source=str(folder)).data)
    chosen = build_cache(small_config(data__source=str(folder), **own).data)
    assert automatic.brightness.high == 4095
    assert chosen.images.mean() > 2 * automatic.images.mean()
    again = build_cache(small_config(data__source=str(folder), **own).data)
    assert again.path == chosen.path
    assert again.brightness == chosen.brightness


def test_pages_of_a_tiff_are_pictures(tmp_path):
    stack = np.stack([np.full((12, 16), 10 * n, np.uint8) for n in range(12)])
    tifffile.imwrite(tmp_path / "plain.tif", stack[:3], metadata=None, photometric="minisblack")
    tifffile.imwrite(tmp_path / "time.tif", stack, imagej=True, metadata={"axes": "TYX"})
    cube = stack[:6].reshape(2, 3, 12, 16)
    tifffile.imwrite(tmp_path / "depth.ome.tif", cube, ome=True, metadata={"axes": "TZYX"})
    Image.fromarray(stack[7]).save(tmp_path / "alone.tif")
    with open_source(tmp_path) as source:
        names = [source.name(index) for index in range(len(source))]
        assert names == [
            "alone.tif",
            *(f"depth.ome.tif#t={t},z={z}" for t in range(2) for z in range(3)),
            *(f"plain.tif#page={n}" for n in range(3)),
            *(f"time.tif#t={n}" for n in range(12)),
        ]
        greys = [int(source.read(index)[0, 0, 0]) for index in range(len(source))]
        assert greys == [70, *range(0, 60, 10), 0, 10, 20, *range(0, 120, 10)]
        assert source.size(5) == (16, 12)
        streamed = [int(picture[0, 0, 0]) for _, picture in source.stream(range(len(source)))]
        assert streamed == greys
    found = api.summarise_source(str(tmp_path))
    assert found.num_pictures == 22
    assert not found.duplicates
    with open_source(tmp_path / "time.tif") as source:
        assert (source.kind, len(source)) == ("folder", 12)


def test_channels_of_a_field_are_the_colours_of_one_picture(tmp_path):
    dyes = np.stack([np.full((12, 16), value, np.uint8) for value in (10, 20, 30, 40)])
    path = tmp_path / "dyes.tif"
    tifffile.imwrite(path, np.stack([dyes, dyes]), imagej=True, metadata={"axes": "TCYX"})
    with open_source(path) as source:
        assert len(source) == 2
        assert source.read(1)[0, 0].tolist() == [10, 20, 30]
        source.set_look(Look(channels=(3,)))
        assert source.read(1)[0, 0].tolist() == [40, 40, 40]
        source.set_look(Look(channels=(2, 0)))
        assert source.read(0)[0, 0].tolist() == [30, 10, 0]


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp", ".avif"])
def test_frames_of_an_animation_are_pictures(tmp_path, ending):
    frames = [Image.new("RGB", (16, 12), (80 * n, 40, 200 - 80 * n)) for n in range(3)]
    options = {"lossless": True} if ending == ".webp" else {}
    frames[0].save(tmp_path / f"moving{ending}", save_all=True, append_images=frames[1:], **options)
    frames[2].save(tmp_path / f"still{ending}")
    with open_source(tmp_path) as source:
        names = [source.name(index) for index in range(len(source))]
        assert names == [*(f"moving{ending}#t={n}" for n in range(3)), f"still{ending}"]
        for index, number in enumerate((0, 1, 2, 2)):
            wanted = np.array((80 * number, 40, 200 - 80 * number))
            assert np.abs(source.read(index)[5, 5].astype(int) - wanted).max() <= 4


def test_stacks_go_through_detection_and_exports(tmp_path):
    stack = np.random.default_rng(0).integers(0, 4000, (4, 24, 32), dtype=np.uint16)
    (tmp_path / "pictures").mkdir()
    path = tmp_path / "pictures" / "stack.tif"
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TYX"})
    out = tmp_path / "results.h5"
    model = write_model(tmp_path / "model")
    list(api.analyse(model, str(path), out, RunControl()))
    analysis = api.open_analysis(out)
    assert analysis.picture_names == tuple(f"stack.tif#t={n}" for n in range(4))
    api.export_analysis(analysis, tmp_path / "yolo", file_format="yolo")
    written = sorted(file.name for file in (tmp_path / "yolo" / "images").iterdir())
    assert written == [f"stack_t={n}.png" for n in range(4)]


def test_every_real_file_counts_once(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    done, content = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))
    assert done
    (folder / "a.png").write_bytes(content.tobytes())
    (folder / "deep" / "b.png").write_bytes(content.tobytes() + b" ")
    elsewhere = tmp_path / "elsewhere.png"
    elsewhere.write_bytes(content.tobytes() + b"  ")
    try:
        (folder / "self").symlink_to(folder)
        (folder / "deep" / "up").symlink_to(folder)
        (folder / "above.png").symlink_to(folder / "deep" / "b.png")
        (folder / "out.png").symlink_to(elsewhere)
        (folder / "out again.png").symlink_to(elsewhere)
    except OSError:
        pytest.skip("this system makes no links")
    with open_source(folder) as source:
        assert [source.name(i) for i in range(3)] == ["a.png", "deep/b.png", "out again.png"]
        assert len(source) == 3


def test_files_that_are_not_read_are_named_with_the_reason(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    for name in ("b.cr2", "c.nd2", "d.mp4", "e.psd", "notes.txt"):
        (tmp_path / name).write_bytes(b"something")
    found = api.summarise_source(str(tmp_path))
    assert found.num_pictures == 1
    reasons = {item.path.name: item.reason for item in found.unreadable}
    assert set(reasons) == {"b.cr2", "c.nd2", "d.mp4", "e.psd"}
    assert "convert it to TIFF" in reasons["b.cr2"]


# 48 × 32 px: red above left, blue below right, grey elsewhere.
HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAAD0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34"
    "+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5"
    "uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAA"
    "AAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAA"
    "AAAAAAEAAQWBAgMFhAAAAEVtZGF0AAAAOSgBr1j5ExV/9Cj/46yGybnO+/shhRRPtUoWqZv+IjYdUfrrtJXEQc35"
    "cpsCgnPHqbWBWb5HJSCrgA=="
)


def test_heic_is_read(tmp_path):
    pytest.importorskip("pi_heif")
    (tmp_path / "a.heic").write_bytes(base64.b64decode(HEIC))
    with open_source(tmp_path) as source:
        assert (source.name(0), source.size(0)) == ("a.heic", (48, 32))
        found = source.read(0)
    assert found.shape == (32, 48, 3)
    for place, wanted in (((4, 4), (220, 30, 30)), ((28, 44), (30, 60, 220)), ((28, 4), [40] * 3)):
        assert np.abs(found[place].astype(int) - wanted).max() <= 6
    assert api.summarise_source(str(tmp_path)).unreadable == ()


@pytest.mark.parametrize("turned", [1, 6])
def test_heic_as_its_writer_reads_it(tmp_path, turned):
    pytest.importorskip("pi_heif")
    writer = pytest.importorskip("pillow_heif")
    writer.register_heif_opener()
    values = cv2.resize(np.random.default_rng(0).integers(0, 255, (4, 5, 3), np.uint8), (64, 48))
    exif = Image.Exif()
    exif[274] = turned
    path = tmp_path / "a.heic"
    Image.fromarray(values).save(path, quality=95, exif=exif)
    with Image.open(path) as image:
        wanted = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    with open_source(path) as source:
        assert np.abs(source.read(0).astype(int) - wanted).max() <= 2


def test_heic_is_read_or_says_what_it_needs(tmp_path):
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x1cftypheic" + bytes(60))
    with pytest.raises(SourceError, match=r"pi-heif|damaged"):
        open_source(path).read(0)


@pytest.mark.parametrize("kind", ["baseline", "progressive"])
def test_a_whole_jpeg_without_its_end_marker_is_read(tmp_path, kind):
    picture = Image.fromarray(
        cv2.resize(np.random.default_rng(0).integers(0, 255, (9, 9, 3), np.uint8), (64, 48))
    )
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90, progressive=kind == "progressive")
    content = file.getvalue()
    assert content.endswith(b"\xff\xd9")
    whole, cut, glued = (tmp_path / f"{name}.jpg" for name in ("whole", "cut", "glued"))
    whole.write_bytes(content[:-2])
    cut.write_bytes(content[: len(content) * 2 // 3])
    glued.write_bytes(content[: len(content) * 2 // 3] + content)
    (tmp_path / "zeros.jpg").write_bytes(content[: len(content) * 2 // 3] + bytes(2000))
    assert np.array_equal(open_source(whole).read(0), np.asarray(Image.open(file)))
    for path in (cut, glued, tmp_path / "zeros.jpg"):
        with pytest.raises(SourceError, match="cut off"):
            open_source(path).read(0)


def test_a_large_folder_is_not_looked_into_file_by_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tusk_core.data.stacks._ALL_UP_TO", 5)
    monkeypatch.setattr("tusk_core.data.stacks._SAMPLE", 2)
    frame = np.zeros((4, 4), np.uint8)
    for number in range(8):
        Image.fromarray(frame).save(tmp_path / f"{number}.tif")
    tifffile.imwrite(tmp_path / "7.tif", np.stack([frame] * 3), photometric="minisblack")
    with open_source(tmp_path) as source:
        assert len(source) == 8
    (left_out,) = api.summarise_source(str(tmp_path)).unreadable
    assert left_out.path.name == "7.tif"
    assert "holds 3 pictures" in left_out.reason
    os.replace(tmp_path / "7.tif", tmp_path / "0.tif")  # noqa: PTH105 - now in the sample
    with open_source(tmp_path) as source:
        assert len(source) == 9
