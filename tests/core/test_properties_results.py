"""What must hold for results files, tiles, clips and notes of finished work, of anything."""

from __future__ import annotations

import functools
import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.media_bench import ListSource
from tusk_core.data.windows import OVERLAP, is_larger, place_window, tiles_of, window_size
from tusk_core.inference.analysis import read_analysis
from tusk_core.inference.analysis_files import header_of, write_hdf5, write_npz
from tusk_core.inference.clip_plan import plan_clip
from tusk_core.inference.clip_sinks import SHEET
from tusk_core.inference.done_marks import is_done, mark_of, note_done
from tusk_core.results import Analysis, SourceError

every = settings(max_examples=25, deadline=None, derandomize=True, database=None)
sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))
names = st.text(st.sampled_from("ab é漢/\\\"'\n"), min_size=1, max_size=6)


@st.composite
def analyses(draw) -> Analysis:
    """Up to 20 keypoints on up to five pictures, sorted by picture as an analysis is."""
    titles = draw(st.lists(names, min_size=1, max_size=5))
    owners = sorted(draw(st.lists(st.integers(0, len(titles) - 1), max_size=20)))
    count, rng = len(owners), np.random.default_rng(draw(st.integers(0, 99)))
    kinds = draw(st.integers(1, 4))
    classes = tuple(draw(st.lists(names, max_size=3, unique=True)))
    return Analysis(
        model_fingerprint=draw(names), source=draw(names), picture_names=tuple(titles),
        picture_sizes=np.full((len(titles), 2), 64, np.int32),
        times=np.arange(float(len(titles))),
        picture_errors=rng.random(len(titles)).astype(np.float32),
        picture=np.array(owners, np.int32), xy=rng.uniform(0, 63, (count, 2)).astype(np.float32),
        scores=rng.random(count).astype(np.float32),
        labels=rng.integers(0, kinds, count).astype(np.int32),
        descriptors=rng.normal(size=(count, 3)).astype(np.float16),
        classes=rng.integers(-1, max(1, len(classes)), count).astype(np.int32) if classes
        else np.full(count, -1, np.int32),
        class_names=classes, prototypes=np.eye(kinds, 3, dtype=np.float32),
    )  # fmt: skip


def same(one: Analysis, other: Analysis) -> bool:
    """Tell whether two analyses hold the same, to the last bit."""
    arrays = ("picture_sizes", "times", "picture_errors", "picture", "xy", "scores", "labels",
              "descriptors", "classes", "prototypes")  # fmt: skip
    words = ("model_fingerprint", "source", "picture_names", "class_names")
    return all(getattr(one, name) == getattr(other, name) for name in words) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays
    )


@pytest.mark.parametrize("ending", ["h5", "npz"])
@every
@given(analyses())
def test_results_come_back_from_their_file_to_the_last_bit(ending: str, analysis) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"r.{ending}"
        if ending == "h5":
            write_hdf5(analysis, path)
        else:
            write_npz(analysis, header_of(analysis), path)
        assert same(read_analysis(path), analysis)


@pytest.mark.parametrize("ending", ["h5", "npz"])
@every
@given(analyses(), st.data())
def test_a_results_file_with_a_damaged_byte_is_read_or_refused(ending, analysis, data) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"r.{ending}"
        write = write_hdf5 if ending == "h5" else functools.partial(_npz, analysis)
        write(analysis, path)
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        found = read_or_none(path)
        assert found is None or len(found.xy) == len(found.labels) == len(found.picture)


def _npz(header_from: Analysis, analysis: Analysis, path: Path) -> None:
    write_npz(analysis, header_of(header_from), path)


def read_or_none(path: Path) -> Analysis | None:
    try:
        return read_analysis(path)
    except SourceError:
        return None


@every
@given(sizes, sizes)
def test_tiles_cover_a_picture_without_leaving_it(size, window) -> None:
    tiles = tiles_of(size, window)
    covered = np.zeros(size[::-1], np.int32)
    for tile in tiles:
        tile.of(covered)[...] += 1
        assert 0 <= tile.x <= tile.x + tile.width <= size[0]
        assert 0 <= tile.y <= tile.y + tile.height <= size[1]
    assert covered.min() >= 1
    assert (len(tiles) > 1) == is_larger(size, window)
    for tile, beside in itertools.pairwise(tiles):
        if tile.y == beside.y:
            shared = tile.x + tile.width - beside.x
            assert shared >= np.floor(OVERLAP * tile.width)


@every
@given(sizes, st.integers(8, 600))
def test_a_window_has_the_shape_of_the_input_and_lies_on_it(canvas, longer) -> None:
    whole = window_size(longer, canvas)
    assert max(whole) == longer
    for tile in tiles_of((700, 500), whole)[:3]:
        placement = place_window(tile, whole, canvas)
        corner = placement.to_original(np.zeros((1, 2), np.float32))[0]
        assert corner[0] >= tile.x - whole[0]
        assert corner[1] >= tile.y - whole[1]
        assert placement.canvas == canvas


@every
@given(
    st.integers(1, 40), st.integers(0, 45), st.sampled_from([0.0, 5.0, 30.0]),
    st.sampled_from([".mp4", ".gif", SHEET]), st.one_of(st.none(), st.integers(1, 60)),
)  # fmt: skip
def test_a_clip_shows_pictures_that_are_there_in_their_order(
    num, first, fps, ending, count
) -> None:
    source = ListSource([np.zeros((4, 4, 3), np.uint8)] * num, fps=fps)
    if first >= num:
        with pytest.raises(SourceError, match=f"There is no picture {first}"):
            plan_clip(source, ending, first, count, builds_up=False)
        return
    plan = plan_clip(source, ending, first, count, builds_up=False)
    assert plan.indices[0] == first
    assert list(plan.indices) == sorted(set(plan.indices))
    assert plan.indices[-1] < num
    assert len(plan.seconds) == len(plan.indices)
    assert all(seconds > 0 for seconds in plan.seconds)


@every
@given(st.lists(st.tuples(names, st.integers(0, 3)), max_size=8))
def test_a_note_of_finished_work_holds_for_that_work_only(done) -> None:
    with tempfile.TemporaryDirectory() as folder:
        last: dict[str, int] = {}
        for name, job in done:
            file = f"{name.encode().hex()}.h5"
            (Path(folder) / file).write_bytes(b"")
            note_done(Path(folder) / file, mark_of(job))
            last[file] = job
        for file, job in last.items():
            assert is_done(Path(folder) / file, mark_of(job))
            assert not is_done(Path(folder) / file, mark_of(job, "more"))
        assert not is_done(Path(folder) / "never.h5", mark_of(0))
