"""Exports keep everyone: two of a kind, empty frames and gaps, read back by the owning library."""

from __future__ import annotations

import csv
import dataclasses
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.support.swarms import as_analysis, swarm, wandering
from tusk_core import api
from tusk_core.cli import main
from tusk_core.inference.export.individuals import PoseTable, pose_table
from tusk_core.inference.export.packages import ExportError
from tusk_core.inference.export.table import make_table
from tusk_core.results import Analysis
from tusk_core.tracks import Tracks

FRAMES = 12
TIMES = np.array([0, 0.04, 0.08, 0.5, 0.54, 0.58, 0.62, 0.66, 0.7, 0.74, 0.78, 0.82])


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    """Two animals of two kinds in a real video: one is away for a while, one frame is empty."""
    cv2 = pytest.importorskip("cv2")
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (400, 400))
    for index in range(FRAMES):
        writer.write(np.full((400, 400, 3), 20 * index, np.uint8))
    writer.release()
    paths = wandering(FRAMES, 2, seed=3)
    paths[4:7, 1] = np.nan
    paths[9] = np.nan
    made = swarm(paths, np.array([[0.0, 0.0], [12.0, 2.0]]), junk=1, seed=3)
    tracks = Tracks(
        made.truth.astype(np.int32),
        np.where(made.truth >= 0, 0.5, np.nan).astype(np.float32),
        ("Ada", "Bob"),
        ((0, 1),),
    )
    return dataclasses.replace(as_analysis(made), source=str(path), times=TIMES, tracks=tracks)


@pytest.fixture
def poses(analysis: Analysis) -> PoseTable:
    return pose_table(make_table(analysis))


def test_everyone_is_in_the_table(poses: PoseTable) -> None:
    xy, scores = poses.dense(FRAMES)
    assert xy.shape == (2, FRAMES, 2, 2)
    assert np.isfinite(xy[0]).all(axis=(1, 2)).tolist() == [frame != 9 for frame in range(FRAMES)]
    assert np.isnan(xy[1, 4:7]).all()
    assert poses.edges.tolist() == [[0, 1]]
    assert any("belong to no individual" in sentence for sentence in poses.lost)
    assert len(poses.rows_of(9)) == 0
    assert np.isfinite(scores).sum() == np.isfinite(xy).sum() / 2


def test_sleap_keeps_instances_and_tracks(
    analysis: Analysis, poses: PoseTable, tmp_path: Path
) -> None:
    sleap_io = pytest.importorskip("sleap_io")
    out = tmp_path / "a.slp"
    api.export_analysis(analysis, out, file_format="sleap")
    labels = sleap_io.load_slp(str(out))
    assert [track.name for track in labels.tracks] == ["Ada", "Bob"]
    assert labels.skeleton.edge_inds == [(0, 1)]
    points = labels.numpy().transpose(1, 0, 2, 3)
    assert np.allclose(points, poses.dense(FRAMES)[0], atol=1e-3, equal_nan=True)


def test_deeplabcut_has_a_row_of_individuals(
    analysis: Analysis, poses: PoseTable, tmp_path: Path
) -> None:
    pandas = pytest.importorskip("pandas")
    out = tmp_path / "a.csv"
    api.export_analysis(analysis, out, file_format="dlc")
    table = pandas.read_csv(out, header=[0, 1, 2, 3], index_col=0)
    assert table.columns.names == ["scorer", "individuals", "bodyparts", "coords"]
    xy = poses.dense(FRAMES)[0]
    for number, name in enumerate(poses.names):
        found = table["TUSK"][name][poses.nodes[1]][["x", "y"]].to_numpy()
        assert np.allclose(found, xy[number, :, 1], atol=1e-3, equal_nan=True)


def test_nwb_has_a_pose_for_each_with_true_times(
    analysis: Analysis, poses: PoseTable, tmp_path: Path
) -> None:
    pynwb = pytest.importorskip("pynwb")
    sleap_io = pytest.importorskip("sleap_io")
    out = tmp_path / "a.nwb"
    api.export_analysis(analysis, out, file_format="nwb")
    xy = poses.dense(FRAMES)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pynwb.NWBHDF5IO(str(out), "r", load_namespaces=True) as file:
            module = file.read().processing["SLEAP_VIDEO_000_clip"]
            for number, name in enumerate(poses.names):
                series = module[f"track={name}"][poses.nodes[0]]
                assert np.array_equal(series.timestamps[:], TIMES)
                assert np.allclose(series.data[:], xy[number, :, 0], equal_nan=True)
        labels = sleap_io.load_nwb(str(out))
    counts = {frame.frame_idx: len(frame.instances) for frame in labels}
    assert (counts[0], counts[5], counts.get(9, 0)) == (2, 1, 0)


def test_yolo_has_a_line_for_everyone(analysis: Analysis, poses: PoseTable, tmp_path: Path) -> None:
    out = tmp_path / "yolo"
    api.export_analysis(analysis, out, file_format="yolo")
    lines = [
        (out / "labels" / f"frame 00000{frame}.txt").read_text().splitlines() for frame in (0, 5, 9)
    ]
    assert [len(one) for one in lines] == [2, 1, 0]
    values = np.array(lines[0][1].split(), float)[5:].reshape(2, 3)
    assert np.allclose(values[:, :2] * 400 - 0.5, poses.dense(FRAMES)[0][1, 0], atol=1e-3)


def test_label_studio_has_everyone(analysis: Analysis, tmp_path: Path) -> None:
    sleap_io = pytest.importorskip("sleap_io")
    out = tmp_path / "a.json"
    api.export_analysis(analysis, out, file_format="label-studio")
    labels = sleap_io.load_labelstudio(str(out))
    counts = {frame.frame_idx: len(frame.instances) for frame in labels}
    assert counts[0] == 2
    assert counts[5] == 1


def test_coco_has_an_annotation_for_everyone_with_a_track(
    analysis: Analysis, poses: PoseTable, tmp_path: Path
) -> None:
    out = tmp_path / "a.json"
    api.export_analysis(analysis, out, file_format="coco")
    content = json.loads(out.read_text(encoding="utf-8"))
    assert content["categories"][0]["skeleton"] == [[1, 2]]
    assert len(content["annotations"]) == len(poses.picture)
    first = content["annotations"][0]
    assert (first["track_id"], first["track_name"], first["num_keypoints"]) == (1, "Ada", 2)
    assert first["keypoints"][3:5] == pytest.approx(poses.xy[0, 1], abs=1e-3)
    x, y, width, height = first["bbox"]
    assert (x, y) == pytest.approx(np.minimum(poses.xy[0, 0], poses.xy[0, 1]), abs=1.0)
    assert first["area"] == pytest.approx(width * height, abs=1e-2)


def test_tables_name_the_individual(analysis: Analysis, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    api.export_analysis(analysis, out, file_format="csv")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert {row["individual_name"] for row in rows} == {"Ada", "Bob", ""}
    assert {row["individual"] for row in rows} == {"0", "1", ""}
    parquet = pytest.importorskip("pyarrow.parquet")
    api.export_analysis(analysis, tmp_path / "a.parquet", file_format="parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table["individual"].null_count == FRAMES


def test_movement_is_a_data_set_of_xarray(
    analysis: Analysis, poses: PoseTable, tmp_path: Path
) -> None:
    out = tmp_path / "a.nc"
    api.export_analysis(analysis, out, file_format="movement")
    xy, scores = poses.dense(FRAMES)
    netcdf = pytest.importorskip("scipy.io").netcdf_file
    with netcdf(str(out), "r", mmap=False) as file:
        assert file.variables["position"].dimensions == (
            "time",
            "space",
            "keypoints",
            "individuals",
        )
        position = file.variables["position"][:].copy()
        names = [b"".join(row).rstrip(b"\0") for row in file.variables["individuals"][:]]
        assert (file.ds_type, file.time_unit) == (b"poses", b"seconds")
        assert np.array_equal(file.variables["time"][:], TIMES)
        assert np.allclose(
            file.variables["confidence"][:], scores.transpose(1, 2, 0), equal_nan=True
        )
    assert names == [b"Ada", b"Bob"]
    assert np.allclose(position, xy.transpose(1, 3, 2, 0), equal_nan=True)


def test_movement_itself_reads_its_data_set_and_those_of_other_tools(
    analysis: Analysis, poses: PoseTable, tmp_path: Path
) -> None:
    xarray = pytest.importorskip("xarray")
    load_poses = pytest.importorskip("movement.io.load_poses")
    save_poses = pytest.importorskip("movement.io.save_poses")
    wanted = poses.dense(FRAMES)[0].transpose(1, 3, 2, 0)
    own, slp, table = tmp_path / "a.nc", tmp_path / "a.slp", tmp_path / "a.csv"
    for path, name in ((own, "movement"), (slp, "sleap"), (table, "dlc")):
        api.export_analysis(analysis, path, file_format=name)
    data = xarray.load_dataset(own)
    assert np.allclose(data.position.values, wanted, equal_nan=True)
    save_poses.to_dlc_file(data, tmp_path / "back.csv")
    for made in (
        load_poses.from_sleap_file(slp, fps=25),
        load_poses.from_dlc_file(table, fps=25),
    ):
        found = made.position.transpose("time", "space", "keypoints", "individuals")
        assert np.allclose(found.values, wanted, atol=1e-2, equal_nan=True)


def test_keypoint_moseq_gets_a_recording_for_each(
    analysis: Analysis, poses: PoseTable, tmp_path: Path
) -> None:
    pandas = pytest.importorskip("pandas")
    out = tmp_path / "recordings"
    api.export_analysis(analysis, out, file_format="keypoint-moseq")
    assert sorted(path.name for path in out.glob("*.csv")) == ["clip-Ada.csv", "clip-Bob.csv"]
    # The way keypoint-MoSeq reads DeepLabCut's files: likelihoods and places by body part.
    table = pandas.read_csv(out / "clip-Bob.csv", header=[0, 1, 2], index_col=0)
    parts = table.columns.get_level_values("bodyparts").unique().tolist()
    assert parts == list(poses.nodes)
    found = table["TUSK"][parts[0]][["x", "y"]].to_numpy()
    assert np.allclose(found, poses.dense(FRAMES)[0][1, :, 0], atol=1e-3, equal_nan=True)
    settings = json.loads((out / "tusk-config.json").read_text())
    assert settings["skeleton"] == [list(poses.nodes)]
    assert settings["fps"] == 25
    pictures = dataclasses.replace(analysis, times=np.full(FRAMES, np.nan))
    with pytest.raises(ExportError, match="models movement"):
        api.export_analysis(pictures, tmp_path / "b", file_format="keypoint-moseq")


def test_bouts_of_individuals_and_kinds(analysis: Analysis, tmp_path: Path) -> None:
    out = tmp_path / "bouts.csv"
    api.export_analysis(analysis, out, file_format="bouts", names={0: "head", 1: "tail"})
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    bob = [row for row in rows if row["of"] == "individual" and row["name"] == "Bob"]
    assert [(row["start_frame"], row["stop_frame"]) for row in bob] == [("0", "3"), ("7", "11")]
    assert [row["num_bouts"] for row in bob] == ["2", "2"]
    assert bob[1]["start_s"] == "0.66"
    ada = [row for row in rows if row["of"] == "individual" and row["name"] == "Ada"]
    assert [(row["frames"], row["frames_seen"]) for row in ada] == [("12", "11")]
    assert any(row["name"] == "Bob: head" for row in rows)


def test_hidden_and_merged_kinds_are_honoured(analysis: Analysis) -> None:
    hidden = pose_table(make_table(analysis, hidden=frozenset({1})))
    assert hidden.nodes == ("prototype_00",)
    assert len(hidden.edges) == 0
    merged = pose_table(make_table(analysis, merged={1: 0}))
    assert merged.nodes == ("prototype_00",)
    assert any("one of a kind" in sentence for sentence in merged.lost)


def test_smoothing_is_off_until_asked_for(analysis: Analysis, tmp_path: Path) -> None:
    raw, smooth = tmp_path / "raw.npz", tmp_path / "smooth.npz"
    api.export_analysis(analysis, raw, file_format="npz")
    api.export_analysis(analysis, smooth, file_format="npz", smooth=3)
    assert np.array_equal(api.open_analysis(raw).xy, analysis.xy)
    assert not np.array_equal(api.open_analysis(smooth).xy, analysis.xy)
    again = api.open_analysis(smooth).tracks
    assert again is not None
    assert again.names == ("Ada", "Bob")
    untracked = dataclasses.replace(analysis, tracks=None)
    with pytest.raises(ExportError, match="tusk track"):
        api.export_analysis(untracked, smooth, file_format="npz", smooth=3)


def test_several_results_are_exported_in_one_job_and_kept(
    analysis: Analysis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        api.export_analysis(analysis, tmp_path / f"{name}.npz", file_format="npz")
    words = ["export", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), "--format", "csv"]
    assert main([*words, "--out", str(tmp_path / "all.csv")]) == 2
    assert "{name}" in capsys.readouterr().err
    out = str(tmp_path / "tables" / "{name}.csv")
    assert main([*words, "--out", out]) == 0
    first = tmp_path / "tables" / "a.csv"
    assert first.is_file()
    assert (tmp_path / "tables" / "b.csv").is_file()
    capsys.readouterr()
    assert main([*words, "--out", out]) == 0
    assert f"{first} is there already." in capsys.readouterr().out


@pytest.mark.parametrize(("file_format", "ending"), [("coco", ".json"), ("yolo", "")])
def test_an_individual_of_one_keypoint_has_no_extent_and_that_is_said(
    analysis: Analysis, tmp_path: Path, file_format: str, ending: str
) -> None:
    out = tmp_path / f"a{ending}"
    assert not [
        one
        for one in api.export_analysis(analysis, out, file_format=file_format)
        if "no extent" in one
    ]
    tracks = analysis.tracks
    assert tracks is not None
    single = np.where(analysis.labels == 0, tracks.individuals, -1).astype(np.int32)
    alone = dataclasses.replace(analysis, tracks=dataclasses.replace(tracks, individuals=single))
    told = api.export_analysis(alone, tmp_path / f"b{ending}", file_format=file_format)
    assert any("no extent" in one for one in told)
