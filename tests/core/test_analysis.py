"""Detecting over a whole source: results files, order, cancel, ground truth, damage."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from tests.support.small_models import picture, write_model
from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.base_source import PictureTruth
from tusk_core.data.pictures import write_picture
from tusk_core.data.sample import ObjectTruth
from tusk_core.inference.batches import batch_size
from tusk_core.inference.collect import Wanted, detect_all, nearest_classes
from tusk_core.inference.reading_ahead import ReadAhead
from tusk_core.results import Analysis, SourceError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    root.mkdir()
    for index in range(5):
        write_picture(root / f"p{index}.png", picture(40 + index, 30, index))
    (root / "p2b.png").write_bytes(b"\x89PNG broken")
    return root


def analysed(model: Path, source: str, out: Path, **options: object) -> Analysis:
    steps = list(api.analyse(model, source, out, RunControl(), **options))  # type: ignore[arg-type]
    assert steps[-1].done == steps[-1].total
    return api.open_analysis(out)


@pytest.mark.parametrize("name", ["r.h5", "r.npz"])
def test_a_folder_becomes_a_results_file(
    name: str, model: Path, folder: Path, tmp_path: Path
) -> None:
    result = analysed(model, str(folder), tmp_path / "out" / name, with_errors=True)
    predictor = api.open_predictor(model, device="cpu")
    assert result.picture_names == ("p0.png", "p1.png", "p2.png", "p3.png", "p4.png")
    assert result.picture_sizes[4].tolist() == [44, 30]
    assert result.model_fingerprint == predictor.info.fingerprint
    assert np.isfinite(result.picture_errors).all()
    assert np.isnan(result.times).all()
    assert (np.diff(result.picture) >= 0).all()
    for index in range(5):
        alone = predictor.detect(picture(40 + index, 30, index)).keypoints
        rows = result.picture == index
        assert np.allclose(result.xy[rows], alone.xy, atol=1e-3)
        assert (result.labels[rows] == alone.labels).all()
        assert np.allclose(result.descriptors[rows], alone.descriptors, atol=1e-3)
    assert (result.classes == -1).all()
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_several_threads_find_the_same_in_the_same_order(model: Path, tmp_path: Path) -> None:
    predictor = api.open_predictor(model, device="cpu", threads=1)
    data = predictor.info.config.data
    root = tmp_path / "many"
    root.mkdir()
    for index in range(3 * batch_size((data.width, data.height)) + 1):
        write_picture(root / f"p{index}.png", picture(24, 20, index))
    for index in (1, 70, 150):
        (root / f"p{index}.png").write_bytes(b"\x89PNG broken")
    found, before = [], torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        skipped: list[UnreadableFile] = []
        rows = []
        with api.open_source(str(root)) as source:
            for progress, some in detect_all(predictor, source, Wanted(), RunControl(), skipped):
                lost = [int(one.path.stem[1:]) for one in skipped]
                assert [index for index in (1, 70, 150) if index < progress.done] == lost
                rows.append(some)
        assert torch.get_num_threads() == threads
        found.append(rows)
    torch.set_num_threads(before)
    assert len(found[0]) == len(found[1]) == 4
    for one, other in zip(*found, strict=True):
        assert one.names == other.names
        np.testing.assert_allclose(one.xy, other.xy, atol=1e-3)


def test_a_few_pictures_are_shared_out_among_the_threads(model: Path, tmp_path: Path) -> None:
    predictor = api.open_predictor(model, device="cpu", threads=1)
    (tmp_path / "few").mkdir()
    for index in range(5):
        write_picture(tmp_path / "few" / f"p{index}.png", picture(24, 20, index))
    found, before = {}, torch.get_num_threads()
    for threads in (1, 2, 8):
        torch.set_num_threads(threads)
        with api.open_source(str(tmp_path / "few")) as source:
            found[threads] = [
                rows for _, rows in detect_all(predictor, source, Wanted(), RunControl(), [])
            ]
    torch.set_num_threads(before)
    assert [len(rows.names) for rows in found[1]] == [5]
    assert [len(rows.names) for rows in found[2]] == [3, 2]
    assert [len(rows.names) for rows in found[8]] == [1] * 5
    for threads in (2, 8):
        xy = np.concatenate([rows.xy for rows in found[threads]])
        np.testing.assert_allclose(xy, found[1][0].xy, atol=1e-3)


def test_both_kinds_of_file_hold_the_same(model: Path, folder: Path, tmp_path: Path) -> None:
    first = analysed(model, str(folder), tmp_path / "r.h5", num_keypoints=2, min_score=0.1)
    second = analysed(model, str(folder), tmp_path / "r.npz", num_keypoints=2, min_score=0.1)
    for field in ("picture", "xy", "scores", "labels", "descriptors", "classes", "prototypes"):
        assert np.array_equal(getattr(first, field), getattr(second, field)), field
    assert first.picture_names == second.picture_names
    assert np.bincount(first.picture).max() <= 2


def test_samples_bring_their_ground_truth(model: Path, tmp_path: Path) -> None:
    result = analysed(model, "sample:tetrominoes?count=70", tmp_path / "r.h5")
    assert len(result.picture_names) == 70
    assert len(result.class_names) == 19
    assert (result.classes >= 0).any()
    source = api.open_source("sample:tetrominoes?count=70")
    objects = source.truth(69).objects  # type: ignore[attr-defined]
    known = {o.category_id for o in objects}
    assert set(result.classes[result.picture == 69].tolist()) <= known | {-1}


def test_a_class_belongs_to_the_object_the_point_lies_on() -> None:
    truth = PictureTruth(
        (
            ObjectTruth(10, 10, (5, 5, 10, 10), 3, "three"),
            ObjectTruth(30, 10, (28, 8, 4, 4), 7, "seven"),
        )
    )
    places = np.array([[11, 12], [29, 11], [22, 10], [90, 90]], np.float32)
    assert nearest_classes(truth, places).tolist() == [3, 7, -1, -1]
    assert nearest_classes(None, places).tolist() == [-1] * 4
    assert nearest_classes(PictureTruth(()), places[:0]).shape == (0,)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*r.h5*"))


def test_cancel_keeps_only_what_the_next_job_takes_up(model: Path, tmp_path: Path) -> None:
    control = RunControl()
    out = tmp_path / "r.h5"
    job = api.analyse(model, "sample:tetrominoes?count=500", out, control)
    next(job)
    control.request_stop()
    with pytest.raises(Cancelled):
        list(job)
    assert left_in(tmp_path) == [".r.h5.parts"]
    assert not [t for t in threading.enumerate() if t.name == "tusk-read-ahead"]
    list(api.analyse(model, "sample:tetrominoes?count=500", out, RunControl()))
    assert left_in(tmp_path) == ["r.h5"]


def test_closing_the_job_keeps_only_what_the_next_takes_up(model: Path, tmp_path: Path) -> None:
    job = api.analyse(model, "sample:tetrominoes?count=500", tmp_path / "r.h5", RunControl())
    next(job)
    job.close()  # type: ignore[attr-defined]
    assert left_in(tmp_path) == [".r.h5.parts"]
    assert not [t for t in threading.enumerate() if t.name == "tusk-read-ahead"]


def test_an_old_file_stays_until_the_new_one_is_whole(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.h5"
    out.write_bytes(b"old")
    job = api.analyse(model, "sample:tetrominoes?count=200", out, RunControl())
    next(job)
    assert out.read_bytes() == b"old"
    list(job)
    assert len(api.open_analysis(out).picture_names) == 200


def test_nothing_readable_is_a_sentence(model: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="Not one picture"):
        list(api.analyse(model, str(tmp_path / "bad"), tmp_path / "r.h5", RunControl()))


def test_results_cannot_be_a_folder(model: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="folder"):
        list(api.analyse(model, str(folder), tmp_path, RunControl()))


def test_without_h5py_it_says_what_to_do(
    model: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(SourceError, match="pip install h5py"):
        list(api.analyse(model, str(folder), tmp_path / "r.h5", RunControl()))
    analysed(model, str(folder), tmp_path / "r.npz")


@pytest.mark.parametrize("name", ["r.h5", "r.npz"])
def test_damaged_results_are_refused(name: str, model: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    analysed(model, str(folder), out)
    content = out.read_bytes()
    rng = np.random.default_rng(0)
    for length in (0, 1, 8, 100, len(content) // 2, len(content) - 1):
        out.write_bytes(content[:length])
        with pytest.raises(SourceError):
            api.open_analysis(out)
    for _ in range(60):
        damaged = bytearray(content)
        for position in rng.integers(0, len(content), 12):
            damaged[position] = rng.integers(256)
        out.write_bytes(damaged)
        try:
            result = api.open_analysis(out)
        except SourceError:
            continue
        assert len(result.xy) == len(result.labels) == len(result.picture)


def test_newer_and_foreign_results_are_refused(model: Path, folder: Path, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    out = tmp_path / "r.h5"
    analysed(model, str(folder), out)
    shutil.copy(out, tmp_path / "newer.h5")
    with h5py.File(tmp_path / "newer.h5", "r+") as file:
        file.attrs["schema"] = 99
    with pytest.raises(SourceError, match="newer"):
        api.open_analysis(tmp_path / "newer.h5")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(SourceError, match="not a results file"):
        api.open_analysis(tmp_path / "foreign.h5")
    with h5py.File(tmp_path / "r.h5", "r+") as file:
        file["detections/label"][0] = 77
    with pytest.raises(SourceError, match="damaged"):
        api.open_analysis(out)
    with pytest.raises(SourceError, match="no results file"):
        api.open_analysis(tmp_path / "missing.h5")


def test_strange_names_survive(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Größe 日本"
    folder.mkdir()
    write_picture(folder / "é 1.png", picture())
    names = ["é 1.png"]
    with contextlib.suppress(OSError):  # systems whose names are text know no such name
        (folder / os.fsdecode(b"a\x80.png")).write_bytes((folder / "é 1.png").read_bytes())
        names = ["a%80.png", *names]
    result = analysed(model, str(folder), tmp_path / "r.h5")
    assert result.picture_names == tuple(names)


def test_batches_shrink_as_pictures_grow() -> None:
    assert batch_size((16, 16)) == 64
    assert batch_size((512, 512)) == 1
    assert 1 < batch_size((128, 128)) < 64


def test_read_ahead_hands_over_order_and_errors() -> None:
    closed = []

    def numbers(stop: int) -> Generator[int, None, None]:
        try:
            yield from range(stop)
            if stop == 3:
                raise SourceError("broken")
        finally:
            closed.append(stop)

    with ReadAhead(numbers(50), 2) as ahead:
        assert list(ahead) == list(range(50))
    with ReadAhead(numbers(3), 2) as ahead, pytest.raises(SourceError, match="broken"):
        list(ahead)
    with ReadAhead(numbers(1000), 2) as ahead:
        assert next(iter(ahead)) == 0
    assert closed == [50, 3, 1000]
