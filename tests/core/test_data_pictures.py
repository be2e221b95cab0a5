from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from tusk_core.data import pictures
from tusk_core.data.picture_headers import read_header
from tusk_core.data.pictures import decode_picture, read_picture, read_size, write_picture
from tusk_core.results import SourceError

ORIENTATIONS = range(1, 9)


def _picture(width: int = 23, height: int = 14) -> np.ndarray:
    small = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _encoded(array: np.ndarray, extension: str = ".png", *options: int) -> bytes:
    done, content = cv2.imencode(extension, array, list(options))
    assert done
    return content.tobytes()


def _decoded(content: bytes) -> np.ndarray:
    return decode_picture(np.frombuffer(content, np.uint8), "it")


def _exif(orientation: int) -> bytes:
    entry = struct.pack("<HHII", 0x0112, 3, 1, orientation)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + b"\0\0\0\0"


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def _with_orientation(extension: str, orientation: int) -> bytes:
    content = _encoded(_picture(), extension)
    if extension == ".jpg":
        block = b"Exif\0\0" + _exif(orientation)
        head = b"\xff\xe1" + struct.pack(">H", len(block) + 2)
        return content[:2] + head + block + content[2:]
    if extension == ".png":
        return content[:33] + _png_chunk(b"eXIf", _exif(orientation)) + content[33:]
    if extension == ".webp":
        return _webp_with_exif(orientation)
    return _tiff(_picture()[..., ::-1], orientation=orientation)


def _webp_with_exif(orientation: int) -> bytes:
    """Wrap a lossless WebP into the extended form, with an EXIF chunk after the picture."""
    picture = _encoded(_picture(), ".webp", cv2.IMWRITE_WEBP_QUALITY, 101)[12:]
    if picture.startswith(b"VP8X"):
        picture = picture[18:]
    height, width = _picture().shape[:2]
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = b"VP8X" + struct.pack("<II", 10, 0x08) + sides
    exif = _exif(orientation)
    chunks = b"WEBP" + extended + picture + b"EXIF" + struct.pack("<I", len(exif)) + exif
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def _tiff(array: np.ndarray, *, orientation: int = 1) -> bytes:
    """Return an uncompressed TIFF of (H, W) or (H, W, C) in the array's own type."""
    planes = array if array.ndim == 3 else array[..., None]
    height, width, channels = planes.shape
    pixels = np.ascontiguousarray(planes).tobytes()
    pixels += b"\0" * (len(pixels) % 2)
    sample_format = 3 if array.dtype.kind == "f" else 1
    bits_at = 8 + len(pixels)
    bits = struct.pack(f"<{channels}H", *[array.dtype.itemsize * 8] * channels)
    formats = struct.pack(f"<{channels}H", *[sample_format] * channels)
    directory_at = bits_at + len(bits) + len(formats)
    many = channels > 2

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, kind, count, value)

    entries = [
        entry(256, 3, 1, width),
        entry(257, 3, 1, height),
        entry(258, 3, channels, bits_at if many else array.dtype.itemsize * 8),
        entry(259, 3, 1, 1),
        entry(262, 3, 1, 2 if channels >= 3 else 1),
        entry(273, 4, 1, 8),
        entry(274, 3, 1, orientation),
        entry(277, 3, 1, channels),
        entry(278, 3, 1, height),
        entry(279, 4, 1, len(pixels)),
        entry(339, 3, channels, bits_at + len(bits) if many else sample_format),
    ]
    head = b"II*\0" + struct.pack("<I", directory_at)
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + b"\0\0\0\0"
    return head + pixels + bits + formats + directory


def _turned(picture: np.ndarray, orientation: int) -> np.ndarray:
    """What a viewer shows: written out case by case, unlike the program's rule."""
    cases = {
        1: lambda p: p,
        2: lambda p: cv2.flip(p, 1),
        3: lambda p: cv2.rotate(p, cv2.ROTATE_180),
        4: lambda p: cv2.flip(p, 0),
        5: cv2.transpose,
        6: lambda p: cv2.rotate(p, cv2.ROTATE_90_CLOCKWISE),
        7: lambda p: cv2.rotate(cv2.transpose(p), cv2.ROTATE_180),
        8: lambda p: cv2.rotate(p, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }
    return cases[orientation](np.ascontiguousarray(picture))


@pytest.mark.parametrize("extension", [".png", ".jpg", ".tiff", ".webp"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_is_applied_and_sizes_agree(tmp_path, extension, orientation):
    path = tmp_path / f"turned{extension}"
    path.write_bytes(_with_orientation(extension, orientation))
    plain = _decoded(_with_orientation(extension, 1))
    shown = read_picture(path)
    assert np.array_equal(shown, _turned(plain, orientation))
    assert read_size(path) == (shown.shape[1], shown.shape[0])


@pytest.mark.parametrize("extension", [".png", ".bmp", ".tiff", ".webp", ".jpg"])
def test_every_format_is_read_as_rgb(tmp_path, extension):
    path = tmp_path / f"Bild ü 🐘{extension}"
    lossless = [cv2.IMWRITE_WEBP_QUALITY, 101] if extension == ".webp" else []
    path.write_bytes(_encoded(_picture(), extension, *lossless))
    shown = read_picture(path)
    wanted = _picture()[..., ::-1]
    assert shown.shape == wanted.shape
    assert shown.dtype == np.uint8
    assert shown.flags.owndata
    assert shown.flags.c_contiguous
    assert not shown.flags.writeable
    assert np.abs(shown.astype(int) - wanted).max() <= (60 if extension == ".jpg" else 0)
    assert read_size(path) == (23, 14)


def test_grey_becomes_three_equal_channels():
    grey = _picture()[..., 0]
    shown = _decoded(_encoded(grey))
    assert np.array_equal(shown, np.repeat(grey[..., None], 3, axis=2))


def test_transparency_is_blended_over_white():
    array = np.zeros((3, 3, 4), np.uint8)
    array[0] = (10, 20, 30, 255)
    array[1] = (0, 0, 0, 0)
    array[2] = (0, 0, 0, 128)
    shown = _decoded(_encoded(array))
    assert shown[0, 0].tolist() == [30, 20, 10]
    assert shown[1, 0].tolist() == [255, 255, 255]
    assert shown[2, 0].tolist() == [127, 127, 127]


def test_an_empty_alpha_channel_is_ignored():
    array = np.zeros((2, 2, 4), np.uint8)
    array[..., :3] = 70
    assert (_decoded(_encoded(array)) == 70).all()


def test_sixteen_bit_png_is_scaled_by_its_full_range():
    array = np.array([[0, 257, 65535, 128 * 257]], np.uint16)
    assert _decoded(_encoded(array))[0, :, 0].tolist() == [0, 1, 255, 128]


@pytest.mark.parametrize(("brightest", "top"), [(4095, 4095), (900, 1023), (65535, 65535)])
def test_sixteen_bit_tiff_is_read_at_the_depth_of_its_camera(brightest, top):
    array = np.array([[0, brightest // 2, brightest]], np.uint16)
    shown = _decoded(_tiff(array))[0, :, 0]
    assert shown.tolist() == [0, round(brightest // 2 * 255 / top), round(brightest * 255 / top)]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([float("nan"), 0.0, 1.0], [0, 0, 255]),
        ([7.0, 7.0, 7.0], [7, 7, 7]),
    ],
)
def test_floating_point_tiff_is_scaled_sensibly(values, wanted):
    assert _decoded(_tiff(np.array([values], np.float32)))[0, :, 0].tolist() == wanted


def test_a_decompression_bomb_is_refused_before_decoding(tmp_path):
    side = 60_000
    rows = zlib.compress(b"\0" * 1000)
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", rows)
    path = tmp_path / "bomb.png"
    path.write_bytes(content + _png_chunk(b"IEND", b""))
    with pytest.raises(SourceError, match="million pixels"):
        read_picture(path)
    with pytest.raises(SourceError, match="million pixels"):
        read_size(path)


@pytest.mark.parametrize("extension", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.9])
def test_cut_off_files_are_refused_in_a_sentence(tmp_path, extension, share):
    content = _encoded(cv2.resize(_picture(), (64, 64)), extension)
    path = tmp_path / f"cut{extension}"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(SourceError, match=r"cut"):
        read_picture(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "none.png", tmp_path, Path("/dev/zero")):
        with pytest.raises(SourceError, match="cannot be opened"):
            read_picture(path)
        with pytest.raises(SourceError, match="cannot be opened"):
            read_size(path)


@pytest.mark.parametrize("extension", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
def test_random_damage_never_escapes_as_another_error(extension):
    random = np.random.default_rng(1)
    content = np.frombuffer(_encoded(_picture(), extension), np.uint8)
    for _ in range(700):
        broken = content.copy()
        places = random.integers(0, len(broken), random.integers(1, 12))
        broken[places] = random.integers(0, 256, len(places))
        if random.random() < 0.3:
            broken = broken[: random.integers(0, len(broken))].copy()
        if random.random() < 0.2:
            broken = np.concatenate([broken, random.integers(0, 256, 40).astype(np.uint8)])
        try:
            picture = decode_picture(broken, "it")
        except SourceError as error:
            assert str(error).endswith(".")  # noqa: PT017 - both ends are allowed
        else:
            assert picture.dtype == np.uint8
            assert picture.shape[2] == 3
        header = read_header(io.BytesIO(broken.tobytes()))
        assert header is None or min(header.shown_size) >= 1


@pytest.mark.parametrize("extension", [".png", ".jpg"])
@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 3), (9, 7, 4)])
def test_written_pictures_come_back(tmp_path, extension, shape):
    if extension == ".jpg" and len(shape) == 3 and shape[2] == 4:
        pytest.skip("JPEG has no transparency")
    array = np.full(shape, 200, np.uint8)
    path = tmp_path / f"out{extension}"
    write_picture(path, array)
    assert (
        np.abs(
            read_picture(path).astype(int) - (200 if len(shape) < 3 or shape[2] < 4 else 212)
        ).max()
        <= 2
    )
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208


def test_what_is_no_picture_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="not a picture"):
        write_picture(tmp_path / "a.png", np.zeros((3, 3), np.float32))
    with pytest.raises(ValueError, match="cannot be written"):
        write_picture(tmp_path / "a.xyz", np.zeros((3, 3), np.uint8))
    with pytest.raises(SourceError, match="cannot be written"):
        write_picture(tmp_path / "none" / "a.png", np.zeros((3, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_large_files_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(_encoded(_picture()))
    monkeypatch.setattr(pictures, "MAX_BYTES", 10)
    with pytest.raises(SourceError, match="GB"):
        read_picture(path)
