from __future__ import annotations

import errno
import os
import shutil
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tusk_core.config import DataConfig
from tusk_core.control import Cancelled, RunControl
from tusk_core.data import cache_folder, tetrominoes
from tusk_core.data.cache import build_cache
from tusk_core.data.cache_folder import cache_root
from tusk_core.data.fitting import apply_placement, fit_picture, place
from tusk_core.data.pictures import write_picture
from tusk_core.results import SourceError


def _folder(root: Path, count: int = 7, *, size: tuple[int, int] = (12, 20)) -> Path:
    folder = root / "pictures"
    folder.mkdir(exist_ok=True)
    for index in range(count):
        write_picture(folder / f"p{index}.png", np.full((*size, 3), 10 * index, np.uint8))
    return folder


def _config(source: object, **values: object) -> DataConfig:
    return DataConfig(source=str(source), **{"width": 16, "height": 16, **values})


def _entries() -> list[Path]:
    folder = cache_root() / "pictures"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_pictures_are_decoded_once_and_found_again(tmp_path):
    folder = _folder(tmp_path)
    told: list[tuple[int, int]] = []
    first = build_cache(_config(folder), progress=lambda done, total, _: told.append((done, total)))
    assert first.images.shape == (7, 16, 16, 3)
    assert first.images.dtype == np.uint8
    assert first.images[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert first.names == tuple(f"p{index}.png" for index in range(7))
    assert first.indices.tolist() == list(range(7))
    assert told[-1] == (7, 7)
    told.clear()
    second = build_cache(
        _config(folder), progress=lambda done, total, _: told.append((done, total))
    )
    assert not told
    assert np.array_equal(first.images, second.images)
    assert len(_entries()) == 1


def test_a_changed_picture_or_setting_makes_another_cache(tmp_path):
    folder = _folder(tmp_path)
    build_cache(_config(folder))
    build_cache(_config(folder, width=8))
    build_cache(_config(folder, fit="pad"))
    assert len(_entries()) == 3
    write_picture(folder / "p3.png", np.full((30, 30, 3), 99, np.uint8))
    assert build_cache(_config(folder)).images[3].max() == 99


def test_broken_files_are_listed_and_skipped(tmp_path):
    folder = _folder(tmp_path)
    (folder / "p2.png").write_bytes(b"no picture")
    (folder / "p4.png").write_bytes(b"")
    cache = build_cache(_config(folder))
    assert len(cache) == 5
    assert [str(item.path) for item in cache.skipped] == [
        str(folder / "p2.png"),
        str(folder / "p4.png"),
    ]
    assert cache.skipped[1].reason == "is empty; copy the file again"
    assert cache.indices.tolist() == [0, 1, 3, 5, 6]


def test_nothing_readable_is_a_sentence_and_leaves_nothing(tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="None of the pictures"):
        build_cache(_config(folder))
    assert not _entries()


def test_padding_keeps_small_pictures_as_they_are():
    cache = build_cache(
        DataConfig(source="sample:tetrominoes?count=5&seed=2", width=40, height=40, fit="pad")
    )
    made = tetrominoes.generate(5, seed=2).images
    assert np.array_equal(cache.images[:, 2:37, 2:37], made)
    assert not cache.images[:, :2].any()
    assert not cache.images[:, :, 37:].any()


@pytest.mark.parametrize(
    ("size", "fit", "crop", "scaled", "offset"),
    [
        ((100, 50), "stretch", (0, 0, 100, 50), (20, 20), (0, 0)),
        ((100, 50), "crop", (25, 0, 50, 50), (20, 20), (0, 0)),
        ((100, 50), "pad", (0, 0, 100, 50), (20, 10), (0, 5)),
        ((10, 12), "pad", (0, 0, 10, 12), (10, 12), (5, 4)),
        ((10, 12), "crop", (0, 1, 10, 10), (20, 20), (0, 0)),
        ((1, 5000), "pad", (0, 0, 1, 5000), (1, 20), (9, 0)),
        ((1, 5000), "crop", (0, 2499, 1, 1), (20, 20), (0, 0)),
    ],
)
def test_placements(size, fit, crop, scaled, offset):
    placement = place(size, (20, 20), fit)
    assert placement.crop == crop
    assert placement.scaled == scaled
    assert placement.offset == offset
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    assert fit_picture(picture, (20, 20), fit).shape == (20, 20, 3)
    xy = np.random.default_rng(0).random((5, 2)).astype(np.float32) * size
    assert np.allclose(placement.to_original(placement.to_canvas(xy)), xy, atol=1e-2)


def test_places_follow_the_picture_through_fitting():
    picture = np.zeros((60, 90, 3), np.uint8)
    picture[18:21, 60:63] = 255
    for fit in ("stretch", "crop", "pad"):
        placement = place((90, 60), (30, 30), fit)
        laid = apply_placement(picture, placement).astype(np.float64)[..., 0]
        rows, columns = np.indices(laid.shape)
        found = np.array([(laid * columns).sum(), (laid * rows).sum()]) / laid.sum()
        wanted = placement.to_canvas(np.array([61, 19], np.float32))
        assert np.allclose(found, wanted, atol=0.35), fit


def test_grey_pictures_have_one_channel(tmp_path):
    cache = build_cache(_config(_folder(tmp_path), channels=1))
    assert cache.images.shape == (7, 16, 16, 1)
    assert cache.images[3, 0, 0, 0] == 30


def test_a_subset_depends_on_the_seed_and_keeps_the_order(tmp_path):
    folder = _folder(tmp_path, 20)
    chosen = [build_cache(_config(folder, max_pictures=6), seed=seed).indices for seed in (0, 0, 1)]
    assert len(chosen[0]) == 6
    assert (np.diff(chosen[0]) > 0).all()
    assert np.array_equal(chosen[0], chosen[1])
    assert not np.array_equal(chosen[0], chosen[2])


def test_max_pictures_is_the_count_of_a_sample_without_one():
    cache = build_cache(_config("sample:tetrominoes", max_pictures=9))
    assert len(cache) == 9
    assert np.array_equal(cache.indices, np.arange(9))


def test_cancelling_keeps_nothing(tmp_path):
    control = RunControl()

    def stop(done: int, total: int, message: str) -> None:
        control.request_stop()

    with pytest.raises(Cancelled):
        build_cache(_config("sample:tetrominoes?count=500"), progress=stop, control=control)
    assert not _entries()


def test_too_little_space_is_known_before_the_work(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 90, 10))
    with pytest.raises(SourceError, match="GB are free"):
        build_cache(_config(_folder(tmp_path)))
    assert not _entries()


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="No space left"):
        build_cache(_config(_folder(tmp_path)))
    assert not _entries()


def test_a_damaged_cache_is_made_again(tmp_path):
    folder = _folder(tmp_path)
    path = build_cache(_config(folder)).path
    for name, content in (("images.u8", b"short"), ("cache.json", b"{"), ("cache.json", b"[]")):
        (path / name).write_bytes(content)
        assert build_cache(_config(folder)).images[3].max() == 30


def test_the_cache_lies_where_the_user_wants(monkeypatch, tmp_path):
    monkeypatch.setenv("TUSK_CACHE_DIR", str(tmp_path / "there"))
    assert cache_folder.cache_root() == tmp_path / "there"
    monkeypatch.delenv("TUSK_CACHE_DIR")
    monkeypatch.setenv("TUSK_HOME", str(tmp_path))
    assert cache_folder.cache_root() == tmp_path / "cache"
    monkeypatch.delenv("TUSK_HOME")
    assert cache_folder.cache_root().name.lower() in {"tusk", "cache"}


def test_old_caches_make_room_for_new_ones(monkeypatch):
    first = build_cache(_config("sample:tetrominoes?count=50")).path
    second = build_cache(_config("sample:tetrominoes?count=60")).path
    os.utime(first, (1, 1))
    stale = first.with_name(".abc.tmp")
    stale.mkdir()
    os.utime(stale, (1, 1))
    monkeypatch.setenv("TUSK_CACHE_GB", "0.0001")
    third = build_cache(_config("sample:tetrominoes?count=70")).path
    assert _entries() == [third]
    monkeypatch.setenv("TUSK_CACHE_GB", "nonsense")
    fourth = build_cache(_config("sample:tetrominoes?count=80")).path
    assert _entries() == sorted([third, fourth])
    assert not second.exists()


def test_two_builders_of_one_cache_do_not_disturb_each_other():
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(build_cache, _config("sample:digits?count=40")) for _ in range(4)]
        caches = [job.result() for job in jobs]
    assert all(np.array_equal(cache.images, caches[0].images) for cache in caches)
    assert len(_entries()) == 1
