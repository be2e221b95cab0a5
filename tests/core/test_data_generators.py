from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from tusk_core.data import digits, solids, tetrominoes
from tusk_core.data.digit_files import load_digits
from tusk_core.data.random_numbers import uniform
from tusk_core.data.ray_casting import CUBE, CYLINDER, SPHERE, Camera, Solid, cast, passage
from tusk_core.results import SourceError

GENERATORS = {"tetrominoes": tetrominoes, "digits": digits, "solids": solids}


@pytest.mark.parametrize("name", GENERATORS)
def test_picture_depends_on_seed_and_number_alone(name):
    generate = GENERATORS[name].generate
    whole = generate(6, seed=3)
    part = generate(2, seed=3, first_index=3)
    other = generate(6, seed=4)
    assert np.array_equal(whole.images[3:5], part.images)
    assert np.array_equal(whole.masks[3:5], part.masks)
    assert np.array_equal(whole.xy[3:5], part.xy)
    assert whole.objects(4) == part.objects(1)
    assert not np.array_equal(whole.images, other.images)


@pytest.mark.parametrize("name", GENERATORS)
def test_masks_boxes_and_objects_agree(name):
    batch = GENERATORS[name].generate(20, seed=1)
    assert batch.images.dtype == batch.masks.dtype == np.uint8
    assert batch.images.shape[:3] == batch.masks.shape
    for index in range(len(batch)):
        sample = batch.sample(index)
        assert 0 < len(sample.objects) <= batch.present.shape[1]
        assert sample.mask.max() <= len(sample.objects)
        for number, item in enumerate(sample.objects, start=1):
            rows, columns = np.nonzero(sample.mask == number)
            x, y, width, height = item.bbox
            if name == "digits":  # strokes may leave the 20 px box, but not the 28 px picture
                x, y, width, height = x - 4, y - 4, width + 8, height + 8
            assert len(rows) > 0
            assert columns.min() >= x
            assert columns.max() <= x + width - 1
            assert rows.min() >= y
            assert rows.max() <= y + height - 1
            assert item.category == batch.vocabulary.categories[item.category_id]
            assert set(item.attributes) == set(batch.vocabulary.attributes)


def test_random_numbers_are_uniform_and_independent():
    numbers = uniform(0, np.arange(2000, dtype=np.int64), 1, 50)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 0.005
    assert np.abs(np.corrcoef(numbers[:, :5].T) - np.eye(5)).max() < 0.1
    assert abs(np.corrcoef(numbers[:-1, 0], numbers[1:, 0])[0, 1]) < 0.1
    counts = np.histogram(numbers, bins=20, range=(0, 1))[0]
    assert counts.min() > 0.95 * numbers.size / 20


def test_tetromino_pixels_follow_the_published_rule():
    batch = tetrominoes.generate(40, seed=7)
    assert batch.images.shape == (40, 35, 35, 3)
    bevel = np.array(
        [[191, 255, 255, 255, 223], *[[127, 159, 159, 159, 191]] * 3, [95, 63, 63, 63, 127]]
    )
    for index in range(40):
        redrawn = np.zeros((35, 35, 3), np.uint8)
        for item in batch.objects(index):
            colour = tetrominoes.RGB[tetrominoes.COLOURS.index(item.attributes["colour"])]
            shape = tetrominoes.DRAWINGS[item.category].split("/")
            left, top = int(item.bbox[0]), int(item.bbox[1])
            for row, line in enumerate(shape):
                for column, cell in enumerate(line):
                    if cell == "#":
                        y, x = top + 5 * row, left + 5 * column
                        assert not redrawn[y : y + 5, x : x + 5].any()
                        redrawn[y : y + 5, x : x + 5] = bevel[..., None] * colour
        assert np.array_equal(redrawn, batch.images[index])
        assert [np.count_nonzero(batch.masks[index] == k) for k in (1, 2, 3)] == [100, 100, 100]


def test_there_are_nineteen_different_pieces_of_four_tiles():
    pieces = {tuple(sorted(map(tuple, tiles.tolist()))) for tiles in tetrominoes.TILES}
    assert len(pieces) == len(tetrominoes.SHAPES) == 19
    batch = tetrominoes.generate(4000, seed=0)
    counts = np.bincount(batch.categories.ravel(), minlength=19)
    assert counts.min() > 0.8 * 12_000 / 19
    assert counts.max() < 1.2 * 12_000 / 19


def test_tetromino_centre_is_the_mean_of_its_pixels():
    batch = tetrominoes.generate(10, seed=2)
    for index in range(10):
        for number, item in enumerate(batch.objects(index), start=1):
            rows, columns = np.nonzero(batch.masks[index] == number)
            assert item.x == pytest.approx(columns.mean())
            assert item.y == pytest.approx(rows.mean())


def test_digits_keep_their_distance_and_stay_inside():
    batch = digits.generate(60, seed=0)
    assert batch.images.shape == (60, 80, 80, 3)
    assert batch.present.all()
    gaps = np.linalg.norm(batch.xy[:, :, None] - batch.xy[:, None], axis=3) + 1000 * np.eye(9)
    assert gaps.min() >= digits.LEAST_DISTANCE
    assert batch.xy.min() >= digits.BORDER - 1
    assert batch.xy.max() <= 80 - digits.BORDER
    assert np.allclose(batch.boxes[..., 2:], 20)
    assert np.allclose(batch.boxes[..., :2] + 9.5, batch.xy)


def test_train_and_test_digits_are_disjoint():
    total = len(load_digits()[0])
    train, test = digits.split_range(total, "train"), digits.split_range(total, "test")
    assert train[1] == test[0]
    assert test[1] == total
    assert digits.split_range(60_000, "train") == (0, 50_000)


def _mnist_like(count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28)).astype(np.uint8)
    return images, (np.arange(count) % 10).astype(np.uint8)


def _write_idx(folder: Path, *, zipped: bool) -> Path:
    images, labels = _mnist_like()
    ending = ".gz" if zipped else ""
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        content = head + array.tobytes()
        path = folder / f"train-{name}-ubyte{ending}"
        path.write_bytes(gzip.compress(content) if zipped else content)
    return folder / f"train-images-idx3-ubyte{ending}"


@pytest.mark.parametrize("kind", ["npz", "idx", "idx.gz", "folder"])
def test_other_digits_are_read(tmp_path, kind):
    images, labels = _mnist_like()
    if kind == "npz":
        path = tmp_path / "digits.npz"
        np.savez(path, images=images, labels=labels)
    else:
        path = _write_idx(tmp_path, zipped=kind == "idx.gz")
    glyphs, classes = load_digits(tmp_path if kind == "folder" else path)
    assert np.array_equal(glyphs, images)
    assert np.array_equal(classes, labels)
    batch = digits.generate(2, seed=0, digits=path)
    assert set(np.unique(batch.categories)) <= set(range(10))


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08\x03", b"PK\x03\x04junk", b"\x1f\x8bjunk", b"\0\0\x08\x03" + b"\xff" * 12],
)
@pytest.mark.parametrize("ending", [".npz", "-images-idx3-ubyte"])
def test_damaged_digits_are_refused_in_a_sentence(tmp_path, content, ending):
    path = tmp_path / f"bad{ending}"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="digits in"):
        load_digits(path)


def test_bundled_digits_are_about_twenty_pixels_high():
    glyphs, labels = load_digits()
    assert glyphs.shape[1:] == (28, 28)
    assert np.bincount(labels).min() > 100
    rows = (glyphs > 64).any(axis=2)
    heights = 28 - rows.argmax(axis=1) - rows[:, ::-1].argmax(axis=1)
    assert 16 <= np.median(heights) <= 22


def test_solids_have_all_values_and_enough_of_each_is_visible():
    batch = solids.generate(40, seed=0, size=64)
    counts = batch.present.sum(axis=1)
    assert set(counts.tolist()) == {3, 4, 5, 6}
    for name, names in solids.VOCABULARY.attributes.items():
        assert set(np.unique(batch.attributes[name][batch.present])) == set(range(len(names)))
    seen = np.stack([(batch.masks == j + 1).sum(axis=(1, 2)) for j in range(6)], axis=1)
    assert seen[batch.present].min() >= 8
    assert not seen[~batch.present].any()


def test_solids_show_the_same_scene_at_every_size():
    small, large = solids.generate(3, seed=5, size=48), solids.generate(3, seed=5, size=96)
    assert np.array_equal(small.categories, large.categories)
    seen = small.present
    assert np.allclose((small.xy[seen] + 0.5) * 2, large.xy[seen] + 0.5, atol=1e-3)


@pytest.mark.parametrize("shape", [SPHERE, CUBE, CYLINDER])
def test_a_ray_through_the_middle_of_a_solid_is_as_long_as_the_solid(shape):
    solid = Solid(shape, (1.0, 2.0, 0.5), 0.5, 0.0)
    down = np.array([[0, 0, -1]], np.float32)
    enter, leave = passage(solid, np.array([[1, 2, 3]], np.float32), down)
    assert enter[0] == pytest.approx(2.0, abs=1e-5)
    assert leave[0] == pytest.approx(3.0, abs=1e-5)
    enter, leave = passage(solid, np.array([[1.6, 2, 3]], np.float32), down)
    assert leave[0] <= enter[0]


def test_a_nearer_solid_hides_a_farther_one():
    camera = Camera.looking_at(
        np.array([0, -10, 3], np.float32), np.array([0, 0, 0.5], np.float32), 0.3
    )
    near, far = Solid(SPHERE, (0, -1, 0.5), 0.5, 0), Solid(CUBE, (0, 1.5, 0.5), 0.5, 0)
    view = cast(camera, (near, far), 64)
    x, y, _ = camera.project(np.array([0, -1, 0.5], np.float32), 64)
    assert view.owner[round(y), round(x)] == 1
    assert np.count_nonzero(view.owner == 2) < view.areas[1]
    assert np.count_nonzero(view.owner == 1) == view.areas[0]
