"""Every export format, read back by the library that owns it where that can be installed."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import pytest

from tests.support.analyses import clustered_analysis
from tests.support.small_models import picture
from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.data.pictures import read_picture, write_picture
from tusk_core.data.source import open_source
from tusk_core.inference.analysis import read_names
from tusk_core.inference.export import FORMATS, format_for, write_export
from tusk_core.inference.export.packages import ExportError, needed
from tusk_core.inference.export.skeleton import best_per_prototype
from tusk_core.inference.export.table import make_table, merge_target, unique_names
from tusk_core.inference.export.video import pace_of
from tusk_core.inference.export.video_sink import CODECS, count_frames
from tusk_core.inference.overlays import write_overlays
from tusk_core.results import Analysis, SourceError, TuskError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def analysis() -> Analysis:
    return clustered_analysis()


@pytest.fixture
def with_pictures(tmp_path: Path) -> Analysis:
    """An analysis whose pictures are there."""
    root = tmp_path / "source"
    (root / "set").mkdir(parents=True)
    for index in range(10):
        write_picture(root / "set" / f"picture {index}.png", picture(64, 48, index))
    return dataclasses.replace(clustered_analysis(), source=str(root))


@pytest.fixture
def of_video(tmp_path: Path) -> Analysis:
    """An analysis of a video that is there."""
    cv2 = pytest.importorskip("cv2")
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for index in range(10):
        writer.write(np.full((48, 64, 3), 20 * index, np.uint8))
    writer.release()
    return dataclasses.replace(clustered_analysis(video=True), source=str(path))


def test_every_format_writes_something_and_says_what_it_drops(
    with_pictures: Analysis, tmp_path: Path
) -> None:
    for name, chosen in FORMATS.items():
        if name in {"nwb", "keypoint-moseq"}:  # of videos only
            continue
        if name == "sleap":
            pytest.importorskip("sleap_io")
        out = tmp_path / "out" / name / f"file{chosen.suffix}"
        lost = write_export(with_pictures, out, file_format=name)
        assert out.exists(), name
        assert bool(lost) == bool(chosen.drops), name
        assert all(sentence.endswith(".") for sentence in lost)
        assert not list(out.parent.glob(".*")), name


def test_coco_opens_in_pycocotools(analysis: Analysis, tmp_path: Path) -> None:
    coco_api = pytest.importorskip("pycocotools.coco")
    data, results = tmp_path / "data.json", tmp_path / "results.json"
    api.export_analysis(analysis, data, file_format="coco", names={2: "nose"})
    api.export_analysis(analysis, results, file_format="coco-results")
    with contextlib.redirect_stdout(io.StringIO()):
        coco = coco_api.COCO(str(data))
        found = coco.loadRes(str(results))
    assert len(coco.anns) == len(found.anns) == len(analysis.scores)
    assert coco.cats[2]["name"] == "nose"
    assert sorted(coco.imgs) == list(range(1, 11))
    for index in (0, 7, 299):
        annotation = coco.anns[index + 1]
        assert annotation["keypoints"][:2] == pytest.approx(analysis.xy[index], abs=1e-3)
        assert annotation["score"] == pytest.approx(analysis.scores[index], abs=1e-6)
        assert annotation["category_id"] == analysis.labels[index]
        assert annotation["image_id"] == analysis.picture[index] + 1
        assert found.anns[index + 1]["score"] == annotation["score"]


def test_csv_is_tidy_and_explains_itself(analysis: Analysis, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    api.export_analysis(analysis, out, file_format="csv", names={0: 'say "hi", ä'})
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == len(analysis.scores)
    assert [int(row["det"]) for row in rows if row["image"] == rows[0]["image"]] == list(
        range(int((analysis.picture == 0).sum()))
    )
    assert {row["prototype_name"] for row in rows if row["prototype"] == "0"} == {'say "hi", ä'}
    assert float(rows[9]["x"]) == pytest.approx(analysis.xy[9, 0], abs=1e-3)
    assert {row["true_class"] for row in rows} == {"", "cube", "ball"}
    note = json.loads((tmp_path / "a.csv.json").read_text(encoding="utf-8"))
    assert set(note["columns"]) == set(rows[0])
    assert "centre of the top-left pixel" in note["coordinates"]
    assert note["model_fingerprint"] == analysis.model_fingerprint


def test_parquet_keeps_descriptors(analysis: Analysis, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "a.parquet"
    api.export_analysis(analysis, out, file_format="parquet")
    table = parquet.read_table(out)
    assert table.num_rows == len(analysis.scores)
    descriptors = np.array(table["descriptor"].to_pylist(), np.float32)
    assert np.array_equal(descriptors, analysis.descriptors.astype(np.float32))
    assert "columns" in json.loads(table.schema.metadata[b"tusk"])


@pytest.mark.parametrize("kind", ["h5", "npz"])
def test_results_open_again(kind: str, analysis: Analysis, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    out = tmp_path / f"a.{kind}"
    api.export_analysis(analysis, out, file_format=kind, names={1: "eye"})
    assert read_names(out).names[1] == "eye"
    again = api.open_analysis(out)
    for field in dataclasses.fields(Analysis):
        mine, theirs = getattr(analysis, field.name), getattr(again, field.name)
        if isinstance(mine, np.ndarray):
            assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), field.name
        else:
            assert mine == theirs


def test_hloc_features_lie_by_picture(analysis: Analysis, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    out = tmp_path / "features.h5"
    api.export_analysis(analysis, out, file_format="hloc")
    with h5py.File(out) as file:
        group = file["set/picture 3.png"]
        rows = analysis.picture == 3
        assert np.array_equal(group["keypoints"][()], analysis.xy[rows])
        assert group["descriptors"].shape == (16, rows.sum())
        assert group["image_size"][()].tolist() == [64, 48]
        assert group["scores"].shape == (rows.sum(),)


def test_names_merges_and_hidden_prototypes_are_honoured(analysis: Analysis) -> None:
    table = make_table(analysis, names={1: "head"}, merged={0: 1, 4: 0}, hidden=frozenset({2}))
    assert table.shown == (1, 3)
    assert set(table.analysis.labels.tolist()) == {1, 3}
    assert table.names[1] == "head"
    assert table.num_hidden == (analysis.labels == 2).sum()
    expected = np.isin(analysis.labels, [0, 1, 4]).sum()
    assert (table.analysis.labels == 1).sum() == expected
    assert len(table.analysis.picture_names) == 10


def test_hiding_reaches_every_format(analysis: Analysis, tmp_path: Path) -> None:
    lost = write_export(
        analysis, tmp_path / "a.json", file_format="coco", hidden=frozenset({2}), merged={0: 1}
    )
    content = json.loads((tmp_path / "a.json").read_text())
    assert {item["id"] for item in content["categories"]} == {1, 3, 4}
    assert {item["category_id"] for item in content["annotations"]} == {1, 3, 4}
    assert any("hidden" in sentence for sentence in lost)


def test_a_circle_of_merges_ends() -> None:
    assert merge_target(0, {0: 1, 1: 2, 2: 0}) in {0, 1, 2}
    assert merge_target(3, {3: 3}) == 3
    assert merge_target(5, {5: 6, 6: 7}) == 7


def test_equal_names_are_told_apart(analysis: Analysis) -> None:
    names = unique_names(make_table(analysis, names=dict.fromkeys(range(5), "leg")))
    assert len(set(names.values())) == 5


def test_the_surest_of_each_prototype_is_kept(analysis: Analysis) -> None:
    skeleton = best_per_prototype(make_table(analysis))
    assert skeleton.xy.shape == (10, 5, 2)
    for row in range(10):
        for column in range(5):
            chosen = (analysis.picture == row) & (analysis.labels == column)
            if chosen.any():
                best = np.flatnonzero(chosen)[analysis.scores[chosen].argmax()]
                assert np.allclose(skeleton.xy[row, column], analysis.xy[best])
            else:
                assert np.isnan(skeleton.xy[row, column]).all()
    assert skeleton.num_dropped == len(analysis.scores) - np.isfinite(skeleton.scores).sum()


@pytest.mark.parametrize("kind", ["pictures", "video"])
def test_sleap_reads_its_file(
    kind: str, with_pictures: Analysis, of_video: Analysis, tmp_path: Path
) -> None:
    sleap_io = pytest.importorskip("sleap_io")
    analysis = with_pictures if kind == "pictures" else of_video
    out = tmp_path / "a.slp"
    api.export_analysis(analysis, out, file_format="sleap", names={0: "nose"})
    labels = sleap_io.load_slp(str(out))
    skeleton = best_per_prototype(make_table(analysis))
    assert labels.skeleton.node_names[0] == "nose"
    points = labels.numpy(return_confidence=True)[:, 0]
    assert np.allclose(points[..., :2], skeleton.xy, atol=1e-4, equal_nan=True)
    found = np.isfinite(skeleton.scores)
    assert np.allclose(points[..., 2][found], skeleton.scores[found], atol=1e-5)
    assert labels[3].image.shape[:2] == (48, 64)


@pytest.mark.parametrize("kind", ["pictures", "video"])
def test_deeplabcut_header_and_values(
    kind: str, analysis: Analysis, of_video: Analysis, tmp_path: Path
) -> None:
    chosen = analysis if kind == "pictures" else of_video
    out = tmp_path / "DLC_a.csv"
    api.export_analysis(chosen, out, file_format="dlc")
    rows = list(csv.reader(out.read_text().splitlines()))
    assert [row[0] for row in rows[:3]] == ["scorer", "bodyparts", "coords"]
    assert rows[2][1:4] == ["x", "y", "likelihood"]
    assert rows[3][0] == ("0" if kind == "video" else "set/picture 0.png")
    skeleton = best_per_prototype(make_table(chosen))
    values = np.array([[float(v or "nan") for v in row[1:]] for row in rows[3:]])
    assert np.allclose(values.reshape(10, 5, 3)[..., :2], skeleton.xy, atol=1e-3, equal_nan=True)
    # The way DeepLabCut itself reads it.
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(out, header=[0, 1, 2], index_col=0)
    assert list(table["TUSK"].columns.get_level_values(0).unique()) == list(skeleton.nodes)
    read = table["TUSK"][skeleton.nodes[1]]["likelihood"].to_numpy()
    assert np.allclose(read, skeleton.scores[:, 1], atol=1e-4, equal_nan=True)


def test_nwb_needs_a_video(of_video: Analysis, analysis: Analysis, tmp_path: Path) -> None:
    sleap_io = pytest.importorskip("sleap_io")
    out = tmp_path / "a.nwb"
    with pytest.raises(ExportError, match="video"):
        api.export_analysis(analysis, out, file_format="nwb")
    assert not out.exists()
    api.export_analysis(of_video, out, file_format="nwb")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        points = sleap_io.load_nwb(str(out)).numpy()[:, 0]
    expected = best_per_prototype(make_table(of_video)).xy
    assert np.allclose(points, expected, atol=1e-3, equal_nan=True)


def test_nwb_series_bear_the_times_of_the_video(of_video: Analysis, tmp_path: Path) -> None:
    pynwb = pytest.importorskip("pynwb")
    pytest.importorskip("ndx_pose")
    times = np.array([0, 0.04, 0.08, 1.5, 1.54, 1.58, 6.57, 6.61, 8.0, 8.7])
    out = tmp_path / "a.nwb"
    api.export_analysis(dataclasses.replace(of_video, times=times), out, file_format="nwb")
    skeleton = best_per_prototype(make_table(of_video))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pynwb.NWBHDF5IO(str(out), "r", load_namespaces=True) as file:
            content = file.read()
            found = content.processing["SLEAP_VIDEO_000_clip"]["track=untracked"]
            for column, node in enumerate(skeleton.nodes):
                series = found[node]
                assert np.array_equal(series.timestamps[:], times)
                assert np.allclose(series.data[:], skeleton.xy[:, column], equal_nan=True)
                assert np.allclose(series.confidence[:], skeleton.scores[:, column], equal_nan=True)


def test_a_video_of_uneven_rate_keeps_its_times() -> None:
    even = pace_of(np.arange(50) / 29.97)
    assert even.rate == pytest.approx(29.97)
    assert (even.repeats == 1).all()
    times = np.array([0, 1, 2, 6, 7, 20, 21]) / 30
    uneven = pace_of(times)
    assert uneven.rate == pytest.approx(30)
    assert (np.cumsum(uneven.repeats)[:-1] / uneven.rate) == pytest.approx(times[1:])
    assert pace_of(np.full(3, np.nan)).rate == 5
    assert pace_of(np.array([0.0, 1 / 30, 900.0, 1800.0])).repeats.tolist() == [1] * 4


def test_label_studio_reads_back(with_pictures: Analysis, tmp_path: Path) -> None:
    sleap_io = pytest.importorskip("sleap_io")
    out = tmp_path / "a.json"
    api.export_analysis(with_pictures, out, file_format="label-studio")
    labels = sleap_io.load_labelstudio(str(out))
    assert len(labels) == 10
    nodes = best_per_prototype(make_table(with_pictures)).nodes
    assert set(labels.skeleton.node_names) == set(nodes)
    # As other programs read them, places are those of every other export.
    sio_file = tmp_path / "a.slp"
    api.export_analysis(with_pictures, sio_file, file_format="sleap")
    again = sleap_io.load_slp(str(sio_file), open_videos=False)
    found, wanted = (one[2].instances[0].numpy() for one in (labels, again))
    order = [labels.skeleton.node_names.index(name) for name in again.skeleton.node_names]
    assert np.allclose(found[order], wanted, atol=1e-3, equal_nan=True)


def test_label_studio_takes_the_tasks(with_pictures: Analysis, tmp_path: Path) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    out = tmp_path / "a.json"
    api.export_analysis(with_pictures, out, file_format="label-studio")
    set_up = interface.LabelInterface(out.with_suffix(".xml").read_text())
    set_up.validate()
    for task in json.loads(out.read_text()):
        plain = {name: value for name, value in task.items() if name != "annotations"}
        assert set_up.validate_task(plain)
        assert set_up.validate_annotation(task["annotations"][0])


def test_label_studio_tasks_show_their_picture(
    with_pictures: Analysis, of_video: Analysis, tmp_path: Path
) -> None:
    out = tmp_path / "tasks.json"
    lost = api.export_analysis(with_pictures, out, file_format="label-studio")
    root = Path(with_pictures.source)
    assert any(f"DOCUMENT_ROOT={root}" in sentence for sentence in lost)
    tasks = json.loads(out.read_text())
    for row, task in enumerate(tasks):
        place = unquote(task["data"]["image"].removeprefix("/data/local-files/?d="))
        assert place == with_pictures.picture_names[row]
        assert (root / place).is_file()
    xy = best_per_prototype(make_table(with_pictures)).xy
    points = tasks[3]["annotations"][0]["result"]
    places = np.array([(p["value"]["x"] * 0.64, p["value"]["y"] * 0.48) for p in points])
    assert np.allclose(places, xy[3][np.isfinite(xy[3]).all(axis=1)], atol=1e-3)
    set_up = ET.fromstring(out.with_suffix(".xml").read_text())  # noqa: S314 - our own
    assert set_up.find("Image").attrib["value"] == "$image"
    assert {label.attrib["value"] for label in set_up.iter("Label")} >= {
        p["value"]["keypointlabels"][0] for p in points
    }
    assert not any(str(tasks[9]["data"]["name"]) in json.dumps(task) for task in tasks[:9])
    moving = tmp_path / "moving.json"
    api.export_analysis(of_video, moving, file_format="label-studio")
    first = json.loads(moving.read_text())[0]["data"]["image"]
    assert (tmp_path / unquote(first.removeprefix("/data/local-files/?d="))).is_file()


def _full_after(size: int) -> contextlib.AbstractContextManager[None]:
    """Let no file grow beyond ``size`` bytes, as on a disk that is full."""
    resource = pytest.importorskip("resource")

    @contextlib.contextmanager
    def limit() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limit()


# HDF5 complains once more, behind Python's back, about what it could not write.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.qt_no_exception_capture
@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(
    name: str, with_pictures: Analysis, of_video: Analysis, tmp_path: Path
) -> None:
    analysis = of_video if name in {"nwb", "keypoint-moseq"} else with_pictures
    for module, _ in FORMATS[name].needs:
        pytest.importorskip(module)
    out = tmp_path / "out" / f"file{FORMATS[name].suffix}"
    write_export(analysis, out, file_format=name)

    def written() -> dict[str, bytes]:
        found = (path for path in out.parent.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in found}

    before = written()
    with pytest.raises(TuskError) as caught, _full_after(max(map(len, before.values())) // 2):
        write_export(analysis, out, file_format=name)
    assert written() == before
    assert [path for path in out.parent.iterdir() if path.name.startswith(".")] == []
    assert str(caught.value).endswith(".")
    assert "total write size" not in str(caught.value)


def test_long_names_are_cut_and_listed(tmp_path: Path) -> None:
    root = tmp_path / "source"
    root.mkdir()
    names = [f"{'a' * 244}{end}.png" for end in ("1", "2")]
    names.append("ü" * 124 + ".png")
    for index, name in enumerate(names):
        write_picture(root / name, picture(64, 48, index))
    whole = clustered_analysis()
    analysis = dataclasses.replace(
        whole,
        source=str(root),
        picture_names=(*names, *whole.picture_names[3:]),
    )
    out = tmp_path / "yolo"
    lost = api.export_analysis(analysis, out, file_format="yolo")
    assert any("names.csv" in sentence for sentence in lost)
    with (out / "names.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["picture"]: row["file"] for row in csv.DictReader(file)}
    written = {path.stem for path in (out / "images").iterdir()}
    assert {listed[name] for name in names} == written
    assert len(written) == 3
    assert all(len(stem.encode()) < 250 for stem in written)
    with open_source(root) as source:
        overlays = tmp_path / "drawn"
        list(write_overlays(analysis, source, overlays, RunControl()))
    assert {path.stem for path in overlays.glob("*.png")} == written
    assert (overlays / "names.csv").is_file()


def test_yolo_numbers_are_shares_of_the_sides(with_pictures: Analysis, tmp_path: Path) -> None:
    out = tmp_path / "yolo"
    api.export_analysis(with_pictures, out, file_format="yolo")
    skeleton = best_per_prototype(make_table(with_pictures))
    values = [float(v) for v in (out / "labels" / "picture 4.txt").read_text().split()]
    assert len(values) == 5 + 3 * 5
    points = np.array(values[5:]).reshape(5, 3)
    seen = points[:, 2] == 2
    pixels = points[:, :2] * (64, 48) - 0.5
    assert np.allclose(pixels[seen], skeleton.xy[4][seen], atol=1e-3)
    assert (np.array(values[1:5]) <= 1).all()
    assert read_picture(out / "images" / "picture 4.png").shape == (48, 64, 3)
    assert "kpt_shape: [5, 3]" in (out / "data.yaml").read_text()
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load((out / "data.yaml").read_text())["kpt_shape"] == [5, 3]


@pytest.mark.parametrize("ending", list(CODECS))
def test_videos_hold_every_frame(
    ending: str, of_video: Analysis, with_pictures: Analysis, tmp_path: Path
) -> None:
    for name, analysis in (("video", of_video), ("pictures", with_pictures)):
        out = tmp_path / f"{name}{ending}"
        api.export_analysis(analysis, out, file_format="video")
        assert count_frames(out) == 10
        shown = api.open_source(str(out)).read(3)
        assert shown.shape == (240, 320, 3)
        assert shown.std() > 0


def test_videos_need_a_known_ending(with_pictures: Analysis, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.mp4"):
        api.export_analysis(with_pictures, tmp_path / "a.wmv", file_format="video")
    assert not list(tmp_path.glob("*a.*"))


@pytest.mark.parametrize("file_format", ["video", "yolo", "figure-png", "figure-svg"])
def test_pictures_that_are_gone_are_told(
    file_format: str, with_pictures: Analysis, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_picture(other / "new.png", np.zeros((8, 8, 3), np.uint8))
    moved = dataclasses.replace(with_pictures, source=str(other))
    out = tmp_path / f"out{FORMATS[file_format].suffix}"
    with pytest.raises(SourceError, match="no longer there"):
        api.export_analysis(moved, out, file_format=file_format)
    assert not out.is_file()


def test_a_video_cut_short_is_not_kept(
    with_pictures: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tusk_core.inference.export.video_sink.count_frames", lambda _path: 4)
    with pytest.raises(ExportError, match="4 of 10"):
        api.export_analysis(with_pictures, tmp_path / "a.mkv", file_format="video")
    assert not list(tmp_path.glob("*a.*"))


def test_figures_show_pictures_rings_and_names(with_pictures: Analysis, tmp_path: Path) -> None:
    names = {0: "a < b & ä"}
    svg = tmp_path / "a.svg"
    api.export_analysis(with_pictures, svg, file_format="figure-svg", names=names)
    root = ET.fromstring(svg.read_text(encoding="utf-8"))  # noqa: S314 - our own file
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}image")) == 10
    assert len(root.findall(f"{space}circle")) >= 2 * len(with_pictures.scores)
    assert names[0] in [text.text for text in root.findall(f"{space}text")]
    png = tmp_path / "a.png"
    api.export_analysis(with_pictures, png, file_format="figure-png", names=names)
    assert read_picture(png).shape[1] == 4 * 320


@pytest.mark.parametrize("name", ["yolo", "video", "figure-png"])
def test_pictures_that_are_gone_are_a_sentence(
    name: str, analysis: Analysis, tmp_path: Path
) -> None:
    with pytest.raises(TuskError, match="made up"):
        api.export_analysis(analysis, tmp_path / f"a{FORMATS[name].suffix}", file_format=name)


def test_wrong_targets_are_sentences(analysis: Analysis, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no export format"):
        write_export(analysis, tmp_path / "a", file_format="word")
    with pytest.raises(ExportError, match="folder"):
        write_export(analysis, tmp_path, file_format="csv")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="file"):
        write_export(analysis, tmp_path / "file", file_format="yolo")
    with pytest.raises(SourceError, match="cannot be written"):
        write_export(analysis, tmp_path / "file" / "a.csv", file_format="csv")
    with pytest.raises(ExportError, match="format"):
        format_for(Path("a.xyz"))


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"tusk-studio\[parquet\]"):
        needed("pyarrow", "parquet", "Parquet files")
    monkeypatch.setattr("sys.frozen", True, raising=False)  # no pip there
    with pytest.raises(ExportError, match="extra 'parquet'") as refused:
        needed("pyarrow", "parquet", "Parquet files")
    assert "pip install" not in str(refused.value)


def test_nothing_detected_can_be_exported(analysis: Analysis, tmp_path: Path) -> None:
    empty = make_table(analysis, hidden=frozenset(range(5))).analysis
    for name in ("coco", "coco-results", "csv", "parquet", "h5", "hloc", "dlc"):
        out = tmp_path / f"{name}{FORMATS[name].suffix}"
        write_export(empty, out, file_format=name)
        assert out.exists()
