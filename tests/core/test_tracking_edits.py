"""Corrections by hand, bouts, regions, smoothing and doubtful frames."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.support.swarms import SIDE, as_analysis, swarm, wandering
from tusk_core.config import TrackConfig
from tusk_core.results import Analysis, SourceError, TuskError
from tusk_core.tracking.bouts import find_bouts
from tusk_core.tracking.doubt import doubtful_frames
from tusk_core.tracking.edits import edited, edits_path, read_edits, write_edits
from tusk_core.tracking.regions import inside, read_regions, region_for
from tusk_core.tracking.smooth import smoothed
from tusk_core.tracking.tracker import track_whole
from tusk_core.tracks import Region, TrackEdit, Tracks

BODY = np.array([[0.0, 0.0], [14.0, 0.0]])


@pytest.fixture
def analysis() -> Analysis:
    return as_analysis(swarm(wandering(40, 3, seed=1), BODY, seed=1))


@pytest.fixture
def tracks(analysis: Analysis) -> Tracks:
    made = swarm(wandering(40, 3, seed=1), BODY, seed=1)
    return Tracks(
        made.truth.astype(np.int32),
        np.ones(len(made.truth), np.float32),
        ("individual 1", "individual 2", "individual 3"),
    )


def test_swap_split_join_and_delete(analysis: Analysis, tracks: Tracks) -> None:
    before, late = tracks.individuals, analysis.picture >= 20
    swapped = edited(analysis, tracks, [TrackEdit("swap", 0, 1, frame=20)]).individuals
    assert np.array_equal(swapped[~late], before[~late])
    assert np.array_equal(swapped[late & (before == 0)], np.ones((late & (before == 0)).sum()))
    assert (swapped[late & (before == 1)] == 0).all()
    twice = [TrackEdit("swap", 0, 1, frame=20)] * 2
    assert np.array_equal(edited(analysis, tracks, twice).individuals, before)

    split = edited(analysis, tracks, [TrackEdit("split", 2, frame=20)])
    assert split.names[3] == "individual 3 (2)"
    assert (split.individuals[late & (before == 2)] == 3).all()
    back = edited(analysis, split, [TrackEdit("join", 2, 3)])
    assert np.array_equal(back.individuals, before)

    gone = edited(analysis, tracks, [TrackEdit("delete", 1)])
    assert not (gone.individuals == 1).any()
    assert np.isnan(gone.margins[before == 1]).all()


def test_joined_at_the_same_time_the_surer_keypoint_of_a_kind_stays(
    analysis: Analysis, tracks: Tracks
) -> None:
    joined = edited(analysis, tracks, [TrackEdit("join", 0, 1)])
    for frame in (0, 30):
        rows = (analysis.picture == frame) & (joined.individuals == 0)
        assert sorted(analysis.labels[rows].tolist()) == [0, 1]


def test_names_and_locks(analysis: Analysis, tracks: Tracks) -> None:
    done = edited(
        analysis, tracks, [TrackEdit("name", 0, name=" Ada "), TrackEdit("lock", 0, name="yes")]
    )
    assert done.names[0] == "Ada"
    with pytest.raises(TuskError, match="locked"):
        edited(analysis, done, [TrackEdit("swap", 0, 1)])
    free = edited(analysis, done, [TrackEdit("lock", 0)])
    assert free.locked == frozenset()
    with pytest.raises(TuskError, match="there are 0 to 2"):
        edited(analysis, tracks, [TrackEdit("join", 0, 7)])


def test_corrections_lie_beside_the_results_and_know_their_tracks(
    analysis: Analysis, tracks: Tracks, tmp_path: Path
) -> None:
    path = edits_path(tmp_path / "flies.h5")
    assert path.name == "flies.h5.edits.json"
    assert read_edits(path, tracks) == ()
    edits = (TrackEdit("swap", 0, 1, frame=3), TrackEdit("name", 2, name="Zoë"))
    write_edits(path, tracks, edits)
    assert read_edits(path, tracks) == edits
    others = dataclasses.replace(tracks, individuals=tracks.individuals[::-1].copy())
    with pytest.raises(SourceError, match="tracked again"):
        read_edits(path, others)
    for text in ("{", "[]", '{"kind": "tusk-track-edits", "schema": 9, "edits": []}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError, match="corrections"):
            read_edits(path, tracks)


def test_bouts_close_short_gaps_and_drop_short_ones() -> None:
    frames = np.array([0, 1, 2, 4, 5, 20, 3, 4])
    what = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    found = find_bouts(what, frames)
    assert list(zip(found.what, found.start, found.stop, found.seen, strict=True)) == [
        (0, 0, 2, 3),
        (0, 4, 5, 2),
        (0, 20, 20, 1),
        (1, 3, 4, 2),
    ]
    closed = find_bouts(what, frames, max_gap=1, min_length=2)
    assert closed.start.tolist() == [0, 3]
    assert closed.seen.tolist() == [5, 2]
    assert len(find_bouts(what[:0], frames[:0]).what) == 0


def test_smoothing_takes_jitter_and_leaves_gaps_and_strangers(
    analysis: Analysis, tracks: Tracks
) -> None:
    clean = swarm(wandering(40, 3, seed=1), BODY, noise=0.0, seed=1).stretch.xy
    out = smoothed(analysis, tracks, window=5)
    assert np.abs(out - clean).mean() < np.abs(analysis.xy - clean).mean()
    nobody = dataclasses.replace(tracks, individuals=np.full_like(tracks.individuals, -1))
    assert np.array_equal(smoothed(analysis, nobody, window=5), analysis.xy)
    with pytest.raises(TuskError, match="odd"):
        smoothed(analysis, tracks, window=4)


def test_a_swap_of_far_individuals_shows_as_doubtful(analysis: Analysis, tracks: Tracks) -> None:
    wrong = edited(analysis, tracks, [TrackEdit("swap", 0, 1, frame=17)])
    assert 17 in doubtful_frames(analysis, wrong).tolist()
    assert 17 not in doubtful_frames(analysis, tracks).tolist()
    unsure = dataclasses.replace(tracks, margins=np.where(analysis.picture == 9, 0.05, 1.0))
    assert 9 in doubtful_frames(analysis, unsure).tolist()


def test_regions_hold_rectangles_and_polygons_with_their_borders(tmp_path: Path) -> None:
    path = tmp_path / "regions.json"
    shapes = {
        "regions": {
            "a.mp4": {"rectangle": [10, 10, 20, 30]},
            "*": [{"polygon": [[0, 0], [10, 0], [0, 10]]}, {"rectangle": [50, 50, 51, 51]}],
        }
    }
    path.write_text(json.dumps(shapes), encoding="utf-8")
    regions = read_regions(path)
    one = region_for(regions, "/films/a.mp4")
    assert isinstance(one, Region)
    points = np.array([[10, 10], [15, 30], [20.01, 20], [9, 20]])
    assert inside(one, points).tolist() == [True, True, False, False]
    rest = region_for(regions, "b.avi")
    assert rest is not None
    within = inside(rest, np.array([[1, 1], [6, 6], [5, 5], [50.5, 50.5]]))
    assert within.tolist() == [True, False, True, True]
    path.write_text(json.dumps({"rectangle": [0, 0, SIDE, SIDE]}), encoding="utf-8")
    assert set(read_regions(path)) == {"*"}
    for text in ("{", "[]", '{"rectangle": [5, 5, 5, 9]}', '{"polygon": [[0, 0], [1, 1]]}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError, match="regions"):
            read_regions(path)


def test_a_whole_video_of_bodies_can_be_corrected_after_tracking(analysis: Analysis) -> None:
    made = swarm(wandering(40, 3, seed=1), BODY, seed=1)
    found = track_whole(made.stretch, 2, TrackConfig(), (SIDE, SIDE))
    assert len(found.names) == 3
    assert len(edited(analysis, found, [TrackEdit("split", 0, frame=10)]).names) == 4
