"""Published data sets, from small files the tests write in the exact published forms."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from tusk_core import api
from tusk_core.config import DataConfig
from tusk_core.control import Cancelled, RunControl
from tusk_core.data import solids, tetrominoes
from tusk_core.data.cache import build_cache
from tusk_core.data.pictures import write_picture
from tusk_core.data.source import open_source
from tusk_core.data.tfrecords import masked_crc, parse_example, read_records
from tusk_core.results import SourceError

# --- a little protobuf, written independently of the reader ---------------------------------------


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _bytes_feature(array: np.ndarray) -> bytes:
    """One byte string for each element, as the published files have it."""
    values = array.ravel()
    strings = np.stack([np.full_like(values, 0x0A), np.ones_like(values), values], axis=1)
    return _message(1, strings.tobytes())


def _float_feature(array: np.ndarray) -> bytes:
    return _message(2, _message(1, array.astype("<f4").tobytes()))


def _int_feature(values: list[int]) -> bytes:
    return _message(3, _message(1, b"".join(_varint(value) for value in values)))


def _example(features: dict[str, bytes]) -> bytes:
    entries = [
        _message(1, _message(1, name.encode()) + _message(2, value))
        for name, value in features.items()
    ]
    return _message(1, b"".join(entries))


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return (
        length
        + struct.pack("<I", masked_crc(length))
        + content
        + struct.pack("<I", masked_crc(content))
    )


# --- pictures as those data sets hold them --------------------------------------------------------


def _tetromino_records(count: int) -> list[dict[str, np.ndarray]]:
    batch = tetrominoes.generate(count, seed=0)
    records = []
    for index in range(count):
        planes = np.stack([(batch.masks[index] == k) * 255 for k in range(4)]).astype(np.uint8)
        shape = np.concatenate([[0], batch.categories[index] + 1])
        rgb = np.concatenate([[[0, 0, 0]], tetrominoes.RGB[batch.attributes["colour"][index]]])
        records.append(
            {
                "image": batch.images[index],
                "mask": planes[..., None],
                "x": np.zeros(4, np.float32),
                "y": np.zeros(4, np.float32),
                "shape": shape.astype(np.float32),
                "color": rgb.astype(np.float32),
                "visibility": np.ones(4, np.float32),
            }
        )
    return records


def _clevr_records(counts: list[int]) -> list[dict[str, np.ndarray]]:
    """Pictures of 240×320 with so many boxes; entity 0 is the background."""
    records = []
    for number, count in enumerate(counts):
        image = np.full((240, 320, 3), 90, np.uint8)
        planes = np.zeros((11, 240, 320, 1), np.uint8)
        values = {name: np.zeros(11, np.uint8) for name in ("shape", "color", "size", "material")}
        for j in range(1, count + 1):
            top, left = 60 + 10 * j, 70 + 16 * j
            image[top : top + 8, left : left + 12] = (20 * j, 255 - 20 * j, number)
            planes[j, top : top + 8, left : left + 12] = 255
            for name, most in (("shape", 3), ("color", 8), ("size", 2), ("material", 2)):
                values[name][j] = 1 + (j + number) % most
        planes[0] = 255 * (planes[1:].max(axis=0) == 0)
        floats = {name: np.zeros(11, np.float32) for name in ("x", "y", "z", "rotation")}
        pixel_coords = np.zeros((11, 3), np.float32)
        records.append(
            {"image": image, "mask": planes, **values, **floats, "pixel_coords": pixel_coords}
        )
    return records


def _write_tfrecords(
    path: Path, records: list[dict[str, np.ndarray]], *, zipped: bool = True
) -> None:
    content = b"".join(
        _record(
            _example(
                {
                    name: _bytes_feature(value)
                    if value.dtype == np.uint8
                    else _float_feature(value)
                    for name, value in record.items()
                }
            )
        )
        for record in records
    )
    path.write_bytes(gzip.compress(content, 1) if zipped else content)


def _write_hdf5(path: Path, records: list[dict[str, np.ndarray]]) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name in records[0]:
            group = file.create_group(name)
            for index, record in enumerate(records):
                group.create_dataset(f"{index:06d}", data=record[name])


WRITERS = {".tfrecords": _write_tfrecords, ".h5": _write_hdf5}


@pytest.mark.parametrize("ending", WRITERS)
def test_tetrominoes_come_back_as_they_were(tmp_path, ending):
    path = tmp_path / f"tetrominoes_train{ending}"
    WRITERS[ending](path, _tetromino_records(9))
    wanted = tetrominoes.generate(9, seed=0)
    with open_source(f"tetrominoes:{path}") as source:
        assert (source.kind, len(source), source.has_ground_truth) == ("dataset", 9, True)
        assert source.size(0) == (35, 35)
        for index in range(9):
            assert np.array_equal(source.read(index), wanted.images[index])
            truth = source.truth(index)
            assert np.array_equal(truth.mask, wanted.masks[index])
            for item, made in zip(truth.objects, wanted.objects(index), strict=True):
                assert item.category_id == made.category_id
                assert item.attributes["colour"] == made.attributes["colour"]
                assert (item.x, item.y) == pytest.approx((made.x, made.y), abs=1e-4)
                assert item.bbox == made.bbox
        assert len(source.batch(2, 5)) == 3


def test_splits_share_no_picture(tmp_path):
    path = tmp_path / "t.tfrecords"
    _write_tfrecords(path, _tetromino_records(9))
    train = open_source(f"tetrominoes:{path}?split=train")
    test = open_source(f"tetrominoes:{path}?split=test")
    assert (len(train), len(test)) == (6, 3)
    wanted = tetrominoes.generate(9, seed=0).images
    assert np.array_equal(train.read(5), wanted[5])
    assert np.array_equal(test.read(0), wanted[6])
    assert train.fingerprint() != test.fingerprint()


@pytest.mark.parametrize("ending", WRITERS)
def test_clevr6_keeps_pictures_with_few_objects_and_crops_them(tmp_path, ending):
    path = tmp_path / f"clevr_with_masks_train{ending}"
    records = _clevr_records([3, 7, 6, 10, 4])
    WRITERS[ending](path, records)
    with open_source(f"clevr6:{path}") as source:
        assert len(source) == 3
        for index, original in enumerate((0, 2, 4)):
            wanted = records[original]["image"][24:216, 64:256]
            assert np.array_equal(source.read(index), wanted)
            truth = source.truth(index)
            assert len(truth.objects) == (3, 6, 4)[index]
            assert np.unique(truth.mask).tolist() == list(range(len(truth.objects) + 1))
            first = truth.objects[0]
            assert first.bbox == (86 - 64, 70 - 24, 12, 8)
            assert (first.x, first.y) == (86 - 64 + 5.5, 70 - 24 + 3.5)
            assert first.attributes["colour"] == f"colour {1 + (1 + original) % 8}"
            assert first.attributes["size"] == f"size {1 + (1 + original) % 2}"
    assert len(open_source(f"clevr:{path}")) == 5


def test_unpacking_reports_is_done_once_and_can_be_cancelled(tmp_path):
    path = tmp_path / "t.tfrecords"
    _write_tfrecords(path, _tetromino_records(5))
    config = DataConfig(source=f"tetrominoes:{path}", width=40, height=40, fit="pad")
    control = RunControl()
    control.request_stop()
    with pytest.raises(Cancelled):
        build_cache(config, control=control)
    told: list[str] = []
    cache = build_cache(config, progress=lambda *values: told.append(values[2]))
    assert len(cache) == 5
    assert told[0].startswith("Unpacking")
    told.clear()
    source = open_source(f"tetrominoes:{path}")
    source.prepare(lambda *values: told.append(values[2]), None)
    assert not told
    assert api.summarise_source(f"tetrominoes:{path}").num_pictures == 5


def test_damaged_record_files_are_refused_in_a_sentence(tmp_path):
    good = tmp_path / "good.tfrecords"
    _write_tfrecords(good, _tetromino_records(3))
    packed, plain = good.read_bytes(), gzip.decompress(good.read_bytes())
    random = np.random.default_rng(0)
    damaged = [b"", b"\x1f\x8b", packed[:-9], packed[: len(packed) // 2], plain[:-3], plain[:20]]
    for _ in range(60):
        broken = bytearray(plain if random.random() < 0.5 else packed)
        for place in random.integers(0, min(len(broken), 400), 3):
            broken[place] = random.integers(0, 256)
        damaged.append(bytes(broken))
    path = tmp_path / "broken.tfrecords"
    for content in damaged:
        path.write_bytes(content)
        try:
            assert len(open_source(f"tetrominoes:{path}")) <= 3
        except SourceError as error:
            assert str(error).endswith(".")  # noqa: PT017 - some damage cannot be seen


def test_another_data_set_is_refused(tmp_path):
    path = tmp_path / "t.tfrecords"
    _write_tfrecords(path, _tetromino_records(2))
    with pytest.raises(SourceError, match="another data set"):
        len(open_source(f"clevr6:{path}"))
    junk = tmp_path / "junk.h5"
    junk.write_bytes(b"\x89HDF\r\n\x1a\n" + b"junk" * 99)
    with pytest.raises(SourceError, match="damaged"):
        len(open_source(f"tetrominoes:{junk}"))


def test_examples_are_read_whatever_their_lists_look_like():
    floats = np.array([0.5, -2, 3], np.float32)
    unpacked = _message(2, b"".join(_varint(1 << 3 | 5) + struct.pack("<f", v) for v in floats))
    record = _example(
        {
            "bytes": _bytes_feature(np.arange(7, dtype=np.uint8)),
            "strings": _message(1, _message(1, b"ab") + _message(1, b"") + _message(1, b"cde")),
            "packed": _float_feature(floats),
            "unpacked": unpacked,
            "whole": _int_feature([0, 5, 300]),
            "unpacked whole": _message(3, _varint(1 << 3) + _varint(77)),
            "nothing": b"",
        }
    )
    found = parse_example(record)
    assert found["bytes"].tolist() == list(range(7))
    assert found["strings"].tobytes() == b"abcde"
    assert found["packed"].tolist() == found["unpacked"].tolist() == floats.tolist()
    assert found["whole"].tolist() == [0, 5, 300]
    assert found["unpacked whole"].tolist() == [77]
    assert found["nothing"].size == 0


def test_the_checksum_is_the_one_of_the_format(tmp_path):
    # CRC-32C of "123456789" is E3069283; TFRecord rotates it and adds a constant.
    crc = 0xE3069283
    assert masked_crc(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    path = tmp_path / "r.tfrecords"
    content = bytearray(_record(b"hello"))
    path.write_bytes(content)
    assert list(read_records(path, check_content=True)) == [b"hello"]
    content[13] ^= 1
    path.write_bytes(content)
    with pytest.raises(SourceError, match="damaged"):
        list(read_records(path, check_content=True))


# --- MNIST-Hard -----------------------------------------------------------------------------------


def _mnist_hard(root: Path, split: str = "train", count: int = 3) -> np.ndarray:
    folder = root / "mnist_hard"
    random = np.random.default_rng(0)
    names = [f"{split}/{index}.png" for index in range(count)]
    (folder / split).mkdir(parents=True)
    for name in names:
        write_picture(folder / name, random.integers(0, 256, (80, 80, 3)).astype(np.uint8))
    keypoints = np.concatenate(
        [random.integers(12, 68, (count, 9, 2)), np.full((count, 9, 1), 10)], axis=2
    ).astype(float)
    labels = random.integers(0, 10, (count, 9))
    (folder / f"{split}.txt").write_text("\n".join(names) + "\n")
    (folder / f"{split}_labels.txt").write_text(
        "\n".join(",".join(map(str, row)) for row in labels.tolist()) + "\n"
    )
    np.save(folder / f"{split}_keypoints.npy", keypoints)
    return labels


def test_mnist_hard_in_its_released_layout(tmp_path):
    labels = _mnist_hard(tmp_path)
    _mnist_hard(tmp_path, "test", 2)
    for target in (tmp_path, tmp_path / "mnist_hard"):
        with open_source(f"mnist-hard:{target}") as source:
            assert len(source) == 3
            assert source.size(0) == (80, 80)
            objects = source.truth(1).objects
            assert [item.category_id for item in objects] == labels[1].tolist()
            assert objects[0].bbox[2:] == (20, 20)
            assert objects[0].bbox[0] + 9.5 == objects[0].x
    assert len(open_source(f"mnist-hard:{tmp_path}?split=test")) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train_labels.txt", "1,2,3\n" * 3),
        ("train_labels.txt", "1,2,3,4,5,6,7,8,11\n" * 3),
        ("train_labels.txt", "a\n"),
        ("train.txt", "../../secret.png\n" * 3),
        ("train.txt", ""),
        ("train_keypoints.npy", "junk"),
    ],
)
def test_damaged_mnist_hard_is_refused_in_a_sentence(tmp_path, name, content):
    _mnist_hard(tmp_path)
    (tmp_path / "mnist_hard" / name).write_text(content)
    with pytest.raises(SourceError):
        open_source(f"mnist-hard:{tmp_path}")


# --- CelebA with MAFL -----------------------------------------------------------------------------


def _celeba(root: Path, *, with_sizes: bool) -> None:
    folder = root / "CelebA"
    for name in ("img_celeba", "Anno", "Eval"):
        (folder / name).mkdir(parents=True)
    names = [f"{index:06d}.jpg" for index in range(1, 9)]
    for name in names:
        write_picture(folder / "img_celeba" / name, np.zeros((50, 40, 3), np.uint8))
    # The faces of pictures 3 and 6 are too small.
    boxes = [(5, 5, 10, 10) if k in {3, 6} else (2, 3, 30, 40) for k in range(1, 9)]
    lines = [f"{n}    {' '.join(map(str, b))}" for n, b in zip(names, boxes, strict=True)]
    (folder / "Anno" / "list_bbox_celeba.txt").write_text(
        "8\nimage_id x_1 y_1 width height\n" + "\n".join(lines) + "\n"
    )
    marks = [f"{name}  {'  '.join(str(k + v) for v in range(10))}" for k, name in enumerate(names)]
    (folder / "Anno" / "list_landmarks_celeba.txt").write_text(
        "8\nlefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y "
        "rightmouth_x rightmouth_y\n" + "\n".join(marks) + "\n"
    )
    parts = [0, 0, 0, 0, 1, 2, 0, 0]
    (folder / "Eval" / "list_eval_partition.txt").write_text(
        "\n".join(f"{name} {part}" for name, part in zip(names, parts, strict=True)) + "\n"
    )
    (folder / "MAFL_train.txt").write_text("000001.jpg\n000003.jpg\n")
    (folder / "MAFL_test.txt").write_text("000002.jpg\n000006.jpg\n")
    (folder / "Anno" / "identity_CelebA.txt").write_text(
        "\n".join(f"{name} {k % 2 + 7}" for k, name in enumerate(names)) + "\n"
    )
    if with_sizes:
        (folder / "list_imsize_celeba.txt").write_text(
            "\n".join(f"{name} 50 40" for name in names) + "\n"
        )


@pytest.mark.parametrize("with_sizes", [False, True])
def test_celeba_with_its_lists_and_filter(tmp_path, with_sizes):
    _celeba(tmp_path, with_sizes=with_sizes)
    wanted = {
        "train": ["000001.jpg", "000004.jpg", "000007.jpg", "000008.jpg"],
        "mafl-train": ["000001.jpg"],
        "mafl-test": ["000002.jpg"],
        "test": ["000002.jpg"],
    }
    for split, names in wanted.items():
        source = open_source(f"celeba:{tmp_path}?split={split}")
        assert [source.name(index) for index in range(len(source))] == names
    source = open_source(f"celeba:{tmp_path}")
    assert source.landmarks.names[2] == "nose"
    assert source.landmarks.xy[1].ravel().tolist() == list(range(3, 13))
    assert source.landmarks.groups[0] != source.landmarks.groups[1]
    assert source.read(0).shape == (50, 40, 3)
    assert source.truth(0).objects[4].category == "right_mouth"


def test_celeba_without_its_lists_is_refused(tmp_path):
    _celeba(tmp_path, with_sizes=True)
    (tmp_path / "CelebA" / "MAFL_test.txt").unlink()
    with pytest.raises(SourceError, match="MAFL_test"):
        open_source(f"celeba:{tmp_path}")
    (tmp_path / "CelebA" / "Anno" / "list_landmarks_celeba.txt").write_text("1\nx\na.jpg 3\n")
    with pytest.raises(SourceError, match="not 10"):
        open_source(f"celeba:{tmp_path}?split=mafl-train")


# --- Human3.6M ------------------------------------------------------------------------------------


def test_h36m_as_prepared(tmp_path):
    h5py = pytest.importorskip("h5py")
    folder = tmp_path / "crop_foreground_h36m"
    names = ["S5/Walking/1.jpg", "S6/Walking/2.jpg", "S1/Posing/3.jpg"]
    poses = np.arange(3 * 64, dtype=np.float32).reshape(3, 64)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_picture(folder / name, np.full((224, 224, 3), 255, np.uint8))
    (folder / "train_img_list.txt").write_text("\n".join(names[:2]) + "\n")
    (folder / "test_img_list.txt").write_text(names[2] + "\n")
    with h5py.File(folder / "cropped_pose.h5", "w") as file:
        for name, pose in zip(names, poses, strict=True):
            file[name] = pose
    source = open_source(f"h36m:{tmp_path}")
    assert len(source) == 2
    assert source.landmarks.xy.shape == (2, 32, 2)
    assert np.array_equal(source.landmarks.xy[1].ravel(), poses[1])
    assert source.landmarks.group_names == ("S5", "S6")
    assert len(open_source(f"h36m:{tmp_path}?split=test")) == 1
    (folder / "train_img_list.txt").write_text("S9/none.jpg\n")
    with pytest.raises(SourceError, match="Human3"):
        open_source(f"h36m:{tmp_path}")


# --- a folder with landmarks.csv ------------------------------------------------------------------


def test_a_folder_with_landmarks(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("b.png", "a.png"):
        write_picture(tmp_path / "images" / name, np.zeros((20, 30, 3), np.uint8))
    (tmp_path / "landmarks.csv").write_text(
        "image,person,eye_x,eye_y,nose_x,nose_y\n"
        "b.png,Bea,9,9,9,9\na.png,Al,3,4,,\nb.png,Bea,1.5,2.5,7,8\n"
    )
    source = open_source(tmp_path)
    assert [source.name(index) for index in range(len(source))] == ["images/b.png", "images/a.png"]
    truth = source.landmarks
    assert truth.names == ("eye", "nose")
    assert truth.xy[0].tolist() == [[1.5, 2.5], [7, 8]]  # the later line of a picture counts
    assert np.isnan(truth.xy[1, 1]).all()
    assert [truth.group_names[group] for group in truth.groups] == ["Bea", "Al"]
    assert [item.category for item in source.truth(1).objects] == ["eye"]


@pytest.mark.parametrize(
    "content",
    ["", "image\na.png\n", "file,eye_x\na.png,3\n", "x_x,x_y\n1,2\n", "image,e_x,e_y\n../a,1,2\n",
     "image,e_x,e_y\na.png,one,2\n", "image,e_x,e_y\n", "image,e_x,e_y\na.png\n,1,2\n"],
)  # fmt: skip
def test_damaged_landmark_tables_are_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "landmarks.csv").write_text(content)
    with pytest.raises(SourceError):
        open_source(tmp_path)


def test_solids_have_the_attributes_of_clevr():
    assert [len(names) for names in solids.VOCABULARY.attributes.values()] == [3, 8, 2, 2]
