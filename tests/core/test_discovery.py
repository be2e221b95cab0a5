"""Kinds that recur in pictures, found without training."""

import cv2
import numpy as np
import pytest

from tusk_core import api
from tusk_core.config import DataConfig
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.cache_folder import cache_root
from tusk_core.data.crops import cut_crops, window_of
from tusk_core.data.pictures import write_picture
from tusk_core.discovery.blobs import find_blobs
from tusk_core.discovery.ground import away_from_ground, stand_out
from tusk_core.discovery.motion import telling_score
from tusk_core.discovery.proposals import kept_things, valley, working_size
from tusk_core.discovery.ranking import kind_scores, kind_statistics
from tusk_core.events import DiscoveryDone, KindFound, Notice

SIZE = (120, 160)


def _pictures(folder, count=10):
    """Write pictures with one red ring on a ground of soft clouds; returns the rings' centres."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    centres = []
    for number in range(count):
        cloud = np.kron(rng.uniform(60, 160, (6, 8, 3)), np.ones((20, 20, 1)))
        cx, cy = rng.uniform(30, SIZE[1] - 30), rng.uniform(30, SIZE[0] - 30)
        distance = np.hypot(x - cx, y - cy)
        cloud[distance < 14] = (230, 20, 20)
        cloud[distance < 7] = (250, 250, 250)
        write_picture(folder / f"{number}.png", cloud.astype(np.uint8))
        centres.append((cx, cy))
    return np.array(centres)


@pytest.fixture(scope="module")
def discovered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUSK_HOME", str(tmp_path_factory.mktemp("home")))
        centres = _pictures(folder)
        out = folder.parent / "rings-model"
        events = list(
            api.discover(str(folder), out, RunControl(), num_kinds=64, side=160, device="cpu")
        )
    return folder, out, events, centres


def test_what_recurs_is_found_in_every_picture_and_detected_afterwards(discovered):
    folder, out, events, centres = discovered
    kinds = [event for event in events if isinstance(event, KindFound)]
    kept = [kind for kind in kinds if kind.is_kept]
    assert [kind.rank for kind in kinds] == list(range(len(kinds)))
    near = [
        [np.hypot(*(np.array(e.xy) - centres[e.picture])) for e in kind.examples] for kind in kept
    ]
    assert min(np.median(distances) for distances in near) < 10
    done = events[-1]
    assert isinstance(done, DiscoveryDone)
    assert done.model_dir == out
    predictor = api.open_predictor(out, device="cpu")
    with_heat = predictor.detect(api.open_source(str(folder)).read(3), with_heat_map=True)
    distance = np.linalg.norm(with_heat.keypoints.xy - centres[3], axis=1)
    assert distance.min() < 10
    assert {int(label) for label in with_heat.keypoints.labels} <= {kind.number for kind in kept}
    assert with_heat.heat_map.max() <= 1


def test_features_are_kept_and_found_again(discovered, tmp_path, monkeypatch):
    folder, _, _, _ = discovered
    arguments = {"num_kinds": 8, "side": 64, "device": "cpu"}
    list(api.discover(str(folder), tmp_path / "a", RunControl(), **arguments))
    kept = list((cache_root() / "features").iterdir())
    assert len(kept) == 1
    first = (tmp_path / "a" / "model.safetensors").read_bytes()
    list(api.discover(str(folder), tmp_path / "b", RunControl(), **arguments))
    assert (tmp_path / "b" / "model.safetensors").read_bytes() == first
    monkeypatch.setenv("TUSK_FEATURES_GB", "0")
    (kept[0] / "coarse.f16").unlink()
    events = list(api.discover(str(folder), tmp_path / "c", RunControl(), **arguments))
    notices = [event.message for event in events if isinstance(event, Notice)]
    assert any("computed each time" in notice for notice in notices)
    assert isinstance(events[-1], DiscoveryDone)


@pytest.mark.parametrize(
    ("pictures", "sentence"),
    [
        ([np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)], "one picture only"),
        ([np.full((40, 50, 3), (9, 80, 200), np.uint8)] * 3, "all the same"),
        ([np.arange(1200, dtype=np.uint8).reshape(30, 40)] * 2, "grey"),
        ([np.zeros((8, 30, 3), np.uint8), np.ones((8, 30, 3), np.uint8)], "only 8 pixels"),
    ],
)
def test_pictures_that_say_little_get_a_sentence_and_a_model(tmp_path, pictures, sentence):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, picture in enumerate(pictures):
        write_picture(folder / f"{number}.png", picture)
    job = api.discover(str(folder), tmp_path / "m", RunControl(), num_kinds=6, device="cpu")
    events = list(job)
    assert any(sentence in event.message for event in events if isinstance(event, Notice))
    api.open_predictor(tmp_path / "m", device="cpu").detect(pictures[0])


def test_a_stop_writes_nothing(discovered, tmp_path):
    control = RunControl()
    control.request_stop()
    with pytest.raises(Cancelled):
        list(api.discover(str(discovered[0]), tmp_path / "m", control, device="cpu"))
    assert not (tmp_path / "m").exists()


def test_several_of_a_kind_in_a_picture_do_not_count_against_it():
    kinds = np.full((4, 20, 20), 2)
    kinds[:, 2:6, 2:6] = 0
    kinds[:, 12:16, 3:7] = 0
    kinds[:, 10:12, 10:19] = 1  # a strip, once
    blobs = find_blobs(kinds, np.ones(kinds.shape))
    statistics = kind_statistics(blobs, 4, 3)
    assert statistics.count.tolist() == [2, 1, 1]
    assert statistics.area[0] == pytest.approx(16)
    assert kind_scores(statistics).argmax() == 0
    assert statistics.border.tolist() == [0, 0, 1]


def test_the_working_size_follows_the_pictures():
    assert working_size([(128, 128)]) == (192, 192)
    assert working_size([(640, 480)]) == (384, 288)
    assert working_size([(4000, 1000)] * 3, side=400) == (400, 96)


def test_few_pictures_are_worked_on_larger():
    assert working_size([(640, 480)], count=150) == (640, 480)
    assert working_size([(640, 480)], count=5000) == (384, 288)


def _discs(rng, num_frames=12):
    """Return frames of discs on a pale ground, and maps of their middles, left rims and gaps."""
    images = np.full((num_frames, 160, 160, 3), 220, np.uint8)
    kinds = np.full((num_frames, 40, 40), -1)
    y, x = np.mgrid[:160, :160]
    for number in range(num_frames):
        shift = rng.integers(-8, 8, 2)
        centres = np.array([(48, 48), (112, 48), (48, 112), (112, 112)]) + shift
        for cx, cy in centres.tolist():
            images[number][np.hypot(x - cx, y - cy) < 28] = (180, 60, 60)
            column, row = cx // 4, cy // 4
            kinds[number, row - 1 : row + 2, column - 1 : column + 2] = 0
            kinds[number, row - 1 : row + 2, column - 7 : column - 4] = 1
        column, row = (centres.mean(axis=0) // 4).astype(int)
        kinds[number, row - 1 : row + 2, column - 1 : column + 2] = 2
    return images, kinds


def test_the_middles_of_things_are_told_from_their_rims_and_from_gaps():
    images, kinds = _discs(np.random.default_rng(0))
    away = away_from_ground(images, (40, 40))
    blobs = find_blobs(kinds, np.ones(kinds.shape))
    ground = stand_out(away, blobs, 3)
    middle, rim, gap = ground.drop
    assert middle > 4 * max(rim, gap, 0.05)
    assert 5 <= ground.radius[0] <= 8
    statistics = kind_statistics(blobs, len(images), 3, ground=ground)
    assert statistics.are_things
    assert kept_things(kind_scores(statistics)).tolist() == [True, False, False]


def test_the_parts_of_a_single_thing_are_not_taken_for_its_rims():
    images, kinds = _discs(np.random.default_rng(0))
    kinds[:, :, 20:] = -1
    kinds[:, 20:] = -1
    blobs = find_blobs(kinds, np.ones(kinds.shape))
    ground = stand_out(away_from_ground(images, (40, 40)), blobs, 3)
    assert not kind_statistics(blobs, len(images), 3, ground=ground).are_things


def test_pictures_without_a_plain_ground_have_none():
    clouds = np.random.default_rng(0).integers(0, 255, (3, 40, 40, 3), np.uint8)
    assert away_from_ground(clouds, (10, 10)) is None


def test_what_moves_stands_out_under_a_still_camera_only():
    rng = np.random.default_rng(0)
    scene = np.kron(rng.integers(0, 255, (20, 20, 3)), np.ones((4, 4, 1))).astype(np.uint8)
    still = np.repeat(scene[None], 10, axis=0)
    for number in range(10):
        still[number, 40:48, 8 * number : 8 * number + 8] = 255 - scene[40:48, :8]
    away = away_from_ground(still, (20, 20), is_video=True)
    assert [int(frame[10:12].mean(axis=0).argmax()) // 2 for frame in away] == list(range(10))
    moving = np.stack([np.roll(scene, 8 * number, axis=1) for number in range(10)])
    assert away_from_ground(moving, (20, 20), is_video=True) is None


def test_the_threshold_lies_between_faint_and_clear_peaks():
    assert 0.2 <= valley(np.array([0.1] * 50 + [0.12] * 50 + [0.8] * 60)) <= 0.4
    assert valley(np.zeros(0)) == 0.2


def test_the_threshold_of_a_video_tells_what_moves_from_what_stays():
    scores = np.array([0.99, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91, 0.9] + [0.7] * 9)
    moves = np.array([True] * 9 + [False] * 9)
    assert telling_score(scores, moves) == pytest.approx(0.8)
    assert telling_score(scores, np.ones(18, bool)) is None


def _bench_scene(num_frames=12):
    """Return frames of three gratings that stay and a blue disc that moves, and where that is."""
    y, x = np.mgrid[:160, :160]
    frames = np.full((num_frames, 160, 160, 3), 215, np.uint8)
    places = []
    for number in range(num_frames):
        for cx, cy in ((30, 120), (80, 128), (128, 112)):
            here = (abs(x - cx) < 14) & (abs(y - cy) < 14)
            frames[number][here & (x % 6 < 3)] = (60, 50, 40)
        cx, cy = 24 + 9 * number, 40 + 12 * (number % 3)
        frames[number][np.hypot(x - cx, y - cy) < 12] = (40, 40, 190)
        places.append((cx, cy))
    return frames, np.array(places)


@pytest.mark.parametrize("crops", [0, 112])
def test_under_a_still_camera_what_stays_is_not_kept(tmp_path, monkeypatch, crops):
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "home"))
    frames, places = _bench_scene()
    writer = cv2.VideoWriter(
        str(tmp_path / "bench.avi"), cv2.VideoWriter.fourcc(*"FFV1"), 25, (160, 160)
    )
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    wanted = {"num_kinds": 48, "side": 160, "crops": crops, "device": "cpu"}
    events = list(api.discover(str(tmp_path / "bench.avi"), tmp_path / "m", RunControl(), **wanted))
    kept = [e for e in events if isinstance(e, KindFound) and e.is_kept and e.is_final]
    away = [np.hypot(*(np.array(e.xy) - places[e.picture])) for kind in kept for e in kind.examples]
    assert away
    assert np.quantile(away, 0.8) < 20


def _arena(num_frames=24, side=224):
    """Return frames of two long animals, one half striped and one plain, and their middles."""
    y, x = np.mgrid[:side, :side]
    frames = np.full((num_frames, side, side, 3), 205, np.uint8)
    places = np.zeros((num_frames, 2, 2))
    for number in range(num_frames):
        frames[number][(abs(x - 190) < 12) & (abs(y - 30) < 12) & (x % 6 < 3)] = (60, 50, 40)
        for which, phase in enumerate((0.0, 2.6)):
            turn = phase + 0.35 * number
            cx = 112 + 62 * np.cos(0.5 * phase + 0.26 * number + 3 * which)
            cy = 112 + 62 * np.sin(0.5 * phase + 0.26 * number + 3 * which)
            along = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
            across = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
            inside = (along / 26) ** 2 + (across / 11) ** 2 <= 1
            frames[number][inside & (along > 0)] = (150, 60, 30)
            frames[number][inside & (along <= 0)] = (40, 40, 120)
            places[number, which] = cx, cy
    return frames, places


def test_every_animal_of_an_arena_has_one_keypoint_in_its_middle(tmp_path, monkeypatch):
    """Kinds are halves of an animal; both move, and together they show where it is."""
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "home"))
    frames, places = _arena()
    size = frames.shape[1:3]
    writer = cv2.VideoWriter(str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"FFV1"), 25, size)
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    wanted = {"num_kinds": 32, "side": 224, "device": "cpu"}
    events = list(api.discover(str(tmp_path / "a.avi"), tmp_path / "m", RunControl(), **wanted))
    assert isinstance(events[-1], DiscoveryDone)
    predictor = api.open_predictor(tmp_path / "m", device="cpu")
    off = []
    for frame, middles in zip(frames, places, strict=True):
        xy = predictor.detect(frame).keypoints.xy
        assert len(xy) == 2
        off += np.linalg.norm(middles[:, None] - xy[None], axis=2).min(axis=1).tolist()
    assert np.quantile(off, 0.9) < 13  # half of an animal's half
    assert len(predictor.detect(frames[0], num_keypoints=3).keypoints.xy) == 3


def test_cut_outs_are_looked_at_and_their_places_are_the_pictures(tmp_path, monkeypatch):
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "home"))
    folder = tmp_path / "plates"
    folder.mkdir()
    plate = np.random.default_rng(0).normal(200, 3, (400, 400, 3)).clip(0, 255).astype(np.uint8)
    plate[300:324, 320:344] = (90, 40, 30)
    write_picture(folder / "plate.png", plate)
    wanted = {"num_kinds": 12, "side": 96, "crops": 160, "device": "cpu"}
    events = list(api.discover(str(folder), tmp_path / "m", RunControl(), **wanted))
    assert any("cut-outs" in event.message for event in events if isinstance(event, Notice))
    places = [e.xy for kind in events if isinstance(kind, KindFound) for e in kind.examples]
    assert np.ptp(np.array(places), axis=0).min() > 96  # wider than a network's input
    predictor = api.open_predictor(tmp_path / "m", device="cpu")
    assert predictor.info.config.data.crops == 160
    assert predictor.detect(plate).keypoints.xy.shape[1] == 2


def test_a_cut_out_knows_where_it_lies():
    data = DataConfig(width=96, height=96, crops=160)
    picture = np.arange(400 * 300, dtype=np.uint32).reshape(300, 400, 1).astype(np.uint8)
    for crop, place in cut_crops(picture.repeat(3, axis=2), data, 3, seed=0, index=0):
        window = window_of(f"plate.png{place}", (400, 300), 160, (96, 96))
        assert (window.width, window.height) == (160, 160)
        assert crop.shape == (96, 96, 3)
    assert window_of("plate at 3, 4", (400, 300), 0, (96, 96)) is None
