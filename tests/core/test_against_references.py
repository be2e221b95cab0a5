"""What the program reads, beside what an independent decoder reads from the same small file.

Videos: ffmpeg as imageio-ffmpeg brings it. Pictures: Pillow and tifffile.
"""

from __future__ import annotations

import csv
import re
import struct
import subprocess
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from tests.support.small_models import write_model
from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.data.decoded import Brightness
from tusk_core.data.pictures import read_picture, read_size
from tusk_core.data.source import open_source
from tusk_core.inference.analysis import collect
from tusk_core.inference.collect import Wanted

WIDTH, HEIGHT, RATE = 48, 32, 30
# Frames that a recorder lost: at regular places, and a long pause.
KEPT = [n for n in range(110) if n % 17 not in {5, 6, 7} and not 60 <= n < 75]


def barcode(number):
    frame = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    for bit in range(8):
        frame[8:24, 4 + bit * 5 : 8 + bit * 5] = 255 if number >> bit & 1 else 0
    return frame


def number_shown(frame):
    bits = (frame[10:22, 5 + bit * 5 : 7 + bit * 5].mean() > 128 for bit in range(8))
    return sum(1 << bit for bit, is_set in enumerate(bits) if is_set)


@pytest.fixture(scope="session")
def ffmpeg():
    return pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()


def write_video(ffmpeg, path, *options):
    """Write the kept frames with the times they had at ``RATE``."""
    raw = b"".join(barcode(number).tobytes() for number in range(max(KEPT) + 1))
    chosen = "+".join(f"between(n,{a},{b})" for a, b in runs(KEPT))
    pixels = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE)]
    line = [ffmpeg, "-y", "-loglevel", "error", *pixels, "-i", "-", "-vf", f"select='{chosen}'"]
    line += ["-fps_mode", "passthrough", *options, str(path)]
    subprocess.run(line, input=raw, check=True, timeout=60)


def runs(numbers):
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n for n in numbers if n + 1 not in numbers]
    return zip(starts, ends, strict=True)


def reference(ffmpeg, path):
    """Return what ffmpeg decodes: numbers shown, and times in seconds after the first."""
    line = [ffmpeg, "-hide_banner", "-i", str(path), "-fps_mode", "passthrough", "-vf", "showinfo"]
    line += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(line, capture_output=True, check=True, timeout=60)
    times = [float(text) for text in re.findall(rb"pts_time:\s*([-\d.]+)", done.stderr)]
    frames = np.frombuffer(done.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)
    return [number_shown(frame) for frame in frames], np.array(times) - times[0]


H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "20", "-bf", "3", "-threads", "1"]
VIDEOS = {
    "h264.mp4": H264,
    "h264.mkv": H264,
    "fragments.mp4": [*H264, "-movflags", "frag_keyframe+empty_moov"],
    "order_of_decoding_only.avi": H264,
    "one_key_frame.mov": [*H264, "-g", "500"],
    "mpeg4.avi": ["-c:v", "mpeg4", "-bf", "2", "-g", "20", "-q:v", "2"],
    "vp8.webm": ["-c:v", "libvpx", "-g", "20", "-b:v", "1M", "-cpu-used", "8"],
    "stream.ts": H264,
    "open_gop.mp4": [
        *(*H264, "-bf", "4", "-x264-params", "open-gop=1:b-pyramid=normal:ref=4"),
    ],
    "ten_bits.mp4": ["-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-g", "20", "-threads", "1"],
    "motion.avi": ["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"],
}


@pytest.mark.parametrize("name", VIDEOS)
def test_frames_and_times_of_a_video_of_uneven_rate(ffmpeg, tmp_path, name):
    path = tmp_path / name
    write_video(ffmpeg, path, *VIDEOS[name])
    numbers, times = reference(ffmpeg, path)
    assert numbers == KEPT
    with open_source(path) as source:
        assert len(source) == len(numbers)
        found = [source.time(index) for index in range(len(source))]
        assert found == pytest.approx(times.tolist(), abs=2e-3)
        assert found == pytest.approx([n / RATE for n in KEPT], abs=2e-3)
        order = np.random.default_rng(0).permutation(len(source)).tolist()
        assert [number_shown(source.read(i)) for i in order] == [numbers[i] for i in order]
    for index in range(0, len(numbers), 5):  # the first read after opening
        with open_source(path) as fresh:
            assert number_shown(fresh.read(index)) == numbers[index]


def test_the_part_of_a_recording_that_an_edit_list_cuts_out(ffmpeg, tmp_path):
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    write_video(ffmpeg, whole, *H264)
    line = [ffmpeg, "-y", "-loglevel", "error", "-ss", "1.2", "-i", str(whole), "-c", "copy"]
    subprocess.run([*line, str(part)], check=True, timeout=60)
    numbers, times = reference(ffmpeg, part)
    with open_source(part) as source:
        assert [number_shown(source.read(i)) for i in range(len(source))] == numbers
        found = [source.time(index) for index in range(len(source))]
        assert found == pytest.approx(times.tolist(), abs=2e-3)
        last = len(numbers) - 1
        assert [number_shown(source.read(i)) for i in (last, 0, 3)] == [
            numbers[i] for i in (last, 0, 3)
        ]


COPIES = {
    "starts_late.mkv": ["-c", "copy", "-output_ts_offset", "7.3"],
    "starts_late.ts": ["-c", "copy", "-output_ts_offset", "7.3"],
    "sound_first.mkv": [
        *("-f", "lavfi", "-i", "anullsrc=r=8000", "-t", "5", "-map", "1:a", "-map", "0:v"),
        *("-c:v", "copy", "-c:a", "pcm_s16le"),
    ],
    "two_frames_at_a_time.mkv": [
        *("-c:v", "libx264", "-threads", "1", "-vf", "setpts=floor(PTS*0.5)"),
        *("-fps_mode", "passthrough", "-enc_time_base", "1/30"),
    ],
}


@pytest.mark.parametrize("name", COPIES)
def test_other_ways_to_write_the_times(ffmpeg, tmp_path, name):
    whole, path = tmp_path / "whole.mp4", tmp_path / name
    write_video(ffmpeg, whole, *H264)
    line = [ffmpeg, "-y", "-loglevel", "error", "-i", str(whole), *COPIES[name], str(path)]
    subprocess.run(line, check=True, timeout=60)
    numbers, times = reference(ffmpeg, path)
    with open_source(path) as source:
        order = np.random.default_rng(0).permutation(len(source)).tolist()
        assert [number_shown(source.read(i)) for i in order] == [numbers[i] for i in order]
        found = [source.time(index) for index in range(len(source))]
        assert found == pytest.approx(times.tolist(), abs=2e-3)
        assert source.notes == ()


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_videos_are_turned_as_they_say(ffmpeg, tmp_path, turn):
    whole, path = tmp_path / "whole.mp4", tmp_path / "turned.mp4"
    write_video(ffmpeg, whole, *H264)
    line = [ffmpeg, "-y", "-loglevel", "error", "-display_rotation", str(turn), "-i", str(whole)]
    subprocess.run([*line, "-c", "copy", str(path)], check=True, timeout=60)
    line = [ffmpeg, "-loglevel", "error", "-i", str(path), "-frames:v", "1", "-f", "rawvideo"]
    raw = subprocess.run([*line, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    shape = (HEIGHT, WIDTH, 3) if turn == 180 else (WIDTH, HEIGHT, 3)
    wanted = np.frombuffer(raw.stdout, np.uint8).reshape(shape)
    with open_source(path) as source:
        assert source.size(0) == (shape[1], shape[0])
        assert np.abs(source.read(0).astype(int) - wanted).max() <= 4


def test_detections_and_tables_bear_the_times_of_the_file(ffmpeg, tmp_path):
    path = tmp_path / "uneven.mp4"
    write_video(ffmpeg, path, *H264)
    model = write_model(tmp_path / "model")
    predictor = api.open_predictor(model, device="cpu")
    with open_source(path) as source:
        job = collect(predictor, source, Wanted(), RunControl())
        while True:
            try:
                next(job)
            except StopIteration as done:
                analysis = done.value
                break
    assert analysis.times == pytest.approx([n / RATE for n in KEPT], abs=2e-3)
    out = tmp_path / "a.csv"
    api.export_analysis(analysis, out, file_format="csv")
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert float(rows[-1]["time_s"]) == pytest.approx(KEPT[-1] / RATE, abs=2e-3)
    assert int(rows[-1]["frame"]) == len(KEPT) - 1


def _on_white(image):
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    white.alpha_composite(image)
    return np.asarray(white.convert("RGB"))


def _smooth(mode, seed=0):
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    small = np.random.default_rng(seed).integers(0, 256, (4, 5, channels), dtype=np.uint8)
    array = cv2.resize(small, (37, 26)).reshape(26, 37, channels)
    return Image.fromarray(array[..., 0] if channels == 1 else array, mode)


PILLOW_FILES = [
    ("a.png", "L", {}),
    ("a.png", "LA", {}),
    ("a.png", "RGBA", {}),
    ("a.bmp", "RGB", {}),
    ("a.jpg", "RGB", {"quality": 95}),
    ("a.jfif", "L", {"format": "JPEG"}),
    ("a.jpg", "CMYK", {"quality": 95}),
    ("a.webp", "RGBA", {"lossless": True}),
    ("a.gif", "L", {}),
    ("a.jp2", "RGB", {}),
    ("a.jp2", "RGBA", {}),
    ("a.ppm", "RGB", {}),
    ("a.pgm", "L", {}),
    ("a.avif", "RGB", {"quality": 100}),
    ("a.tga", "RGBA", {}),
    *(("a.tif", mode, {}) for mode in ("L", "RGB", "RGBA", "CMYK")),
    *(
        ("a.tif", "RGB", {"compression": how})
        for how in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg", "zstd", "lzma")
    ),
]


@pytest.mark.parametrize(("name", "mode", "options"), PILLOW_FILES)
def test_pictures_look_as_in_pillow(tmp_path, name, mode, options):
    path = tmp_path / name
    _smooth(mode).save(path, **options)
    with Image.open(path) as image:
        wanted = _on_white(image)
    found = read_picture(path)
    limit = 8 if mode == "CMYK" else 2 if name.endswith(("jpg", "jfif", "tif")) else 1
    assert found.shape == wanted.shape
    assert np.abs(found.astype(int) - wanted).max() <= limit
    assert read_size(path) == (37, 26)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite", "rgb"])
@pytest.mark.parametrize(
    "layout",
    [{}, {"tile": (16, 16)}, {"compression": "zlib"}, {"bigtiff": True}, {"byteorder": ">"}],
    ids=["strips", "tiles", "deflate", "big", "big-endian"],
)
def test_tiffs_hold_what_tifffile_reads(tmp_path, dtype, photometric, layout):
    if dtype == "float32" and photometric == "miniswhite":
        pytest.skip("has no white to count down from")
    path = tmp_path / "a.tif"
    top = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    shape = (40, 48, 3) if photometric == "rgb" else (40, 48)
    values = np.random.default_rng(0).random(shape)
    values.flat[:2] = (0, 1)
    tifffile.imwrite(path, (values * top).astype(dtype), photometric=photometric, **layout)
    wanted = tifffile.imread(path) / top
    wanted = 1 - wanted if photometric == "miniswhite" else wanted
    wanted = wanted if wanted.ndim == 3 else np.repeat(wanted[..., None], 3, axis=2)
    assert np.abs(read_picture(path) - wanted * 255).max() <= 0.51


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_transparent_tiffs_are_blended_once(tmp_path, kind, dtype):
    top = np.iinfo(dtype).max
    share = np.linspace(0, 1, 32)[None, :] * np.ones((24, 1))
    colour = np.full((24, 32, 3), (0.8, 0.4, 0.1))
    stored = colour * share[..., None] if kind == "assocalpha" else colour
    array = np.concatenate([stored, share[..., None]], axis=2)
    path = tmp_path / "a.tif"
    rounded = np.rint(array * top).astype(dtype)
    tifffile.imwrite(path, rounded, photometric="rgb", extrasamples=[kind])
    wanted = colour if kind == "unspecified" else colour * share[..., None] + 1 - share[..., None]
    found = read_picture(path, brightness=Brightness(0, top))
    assert np.abs(found - wanted * 255).max() <= 2
    if dtype == "uint8" and kind == "unassalpha":
        with Image.open(path) as image:
            assert np.abs(found.astype(int) - _on_white(image)).max() <= 1


def _png_16(values, kind, *, clear=None):
    """Return a 16-bit PNG, which Pillow writes of grey alone."""

    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
    more = b"" if clear is None else chunk(b"tRNS", struct.pack(">H", clear))
    body = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + more + body


def test_sixteen_bit_pngs_with_alpha(tmp_path):
    grey = np.asarray(_smooth("L"), np.uint16) * 257
    alpha = np.linspace(0, 65535, grey.size).reshape(grey.shape).astype(np.uint16)
    colour = np.asarray(_smooth("RGB"), np.uint16) * 257
    share = alpha[..., None] / 65535
    for kind, values in ((4, grey[..., None]), (6, colour)):
        path = tmp_path / f"{kind}.png"
        path.write_bytes(_png_16(np.concatenate([values, alpha[..., None]], axis=2), kind))
        wanted = values / 257 * share + 255 * (1 - share)
        assert np.abs(read_picture(path) - wanted).max() <= 1
    clear = int(grey[3, 3])
    path = tmp_path / "clear.png"
    path.write_bytes(_png_16(grey[..., None], 0, clear=clear))
    wanted = np.where(grey == clear, 65535, grey) / 257
    assert np.abs(read_picture(path) - wanted[..., None]).max() <= 1


@pytest.mark.parametrize("colours", [2, 4, 16, 256])
def test_pngs_of_few_colours_some_of_them_clear(tmp_path, colours):
    path, bits = tmp_path / "a.png", {2: 1, 4: 2, 16: 4, 256: 8}[colours]
    palette = _smooth("RGB").quantize(colours)
    palette.save(path, bits=bits, transparency=bytes([0, 128, *[255] * (colours - 2)]))
    with Image.open(path) as image:
        assert np.abs(read_picture(path).astype(int) - _on_white(image)).max() <= 1
    grey = _smooth("L")
    grey.save(path, transparency=grey.getpixel((3, 3)))
    with Image.open(path) as image:
        assert np.array_equal(read_picture(path), _on_white(image))


@pytest.mark.parametrize("ending", ["png", "webp", "jpg", "tif", "avif"])
@pytest.mark.parametrize("turned", [3, 6, 7])
def test_orientation_in_every_format_that_has_one(tmp_path, ending, turned):
    exif = Image.Exif()
    exif[274] = turned
    path = tmp_path / f"a.{ending}"
    options = {"webp": {"lossless": True}, "avif": {"quality": 100}, "jpg": {"quality": 95}}
    _smooth("RGB").save(path, exif=exif, **options.get(ending, {}))
    with Image.open(path) as image:
        wanted = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert read_size(path) == (wanted.shape[1], wanted.shape[0])
    assert np.abs(read_picture(path).astype(int) - wanted).max() <= 3


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
def test_gifs_dispose_of_their_frames_as_in_pillow(tmp_path, disposal):
    frames = []
    for number in range(4):
        values = np.zeros((20, 48, 4), np.uint8)
        values[5:15, 10 * number : 10 * number + 8] = (255, 60 * number, 0, 255)
        frames.append(Image.fromarray(values))
    path, options = tmp_path / "a.gif", {"disposal": disposal, "duration": 50}
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    with open_source(tmp_path) as source, Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            assert np.abs(source.read(number).astype(int) - _on_white(image)).max() <= 1


@pytest.mark.parametrize(
    ("dtype", "top"),
    [
        ("int8", 127),
        ("int16", 32767),
        ("int16", 4095),
        ("uint32", 4095),
        ("int32", 1023),
        ("float16", 1),
        ("float64", 255),
    ],
)
def test_numbers_of_every_kind_fill_their_range(tmp_path, dtype, top):
    path, grey = tmp_path / "a.tif", np.asarray(_smooth("L")).copy()
    grey[0, :2] = (0, 255)
    tifffile.imwrite(path, (grey / 255 * top).astype(dtype), photometric="minisblack")
    wanted = tifffile.imread(path).astype(float) / top * 255
    assert np.abs(read_picture(path)[..., 0] - wanted).max() <= 1


def test_what_is_no_number_is_black_and_harms_nothing_else(tmp_path):
    values = np.asarray(_smooth("L")).astype(np.float32) / 255
    values[5, 5] = 1.0
    values[0, :3] = (np.nan, np.inf, -np.inf)
    tifffile.imwrite(tmp_path / "a.tif", values)
    found = read_picture(tmp_path / "a.tif")[..., 0]
    assert found[0, :3].tolist() == [0, 255, 0]
    assert np.abs(found[1:] - values[1:] * 255).max() <= 0.51


@pytest.mark.parametrize("layout", ["contig", "separate"])
@pytest.mark.parametrize("how", [{}, {"compression": "zlib", "tile": (16, 16)}])
def test_colours_one_after_another(tmp_path, layout, how):
    colour = np.asarray(_smooth("RGB"))
    stored = colour if layout == "contig" else np.moveaxis(colour, 2, 0)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stored, photometric="rgb", planarconfig=layout, **how)
    assert np.array_equal(read_picture(path), colour)


def test_lzw_with_differences_and_pnm_of_odd_depths(tmp_path):
    colour = np.asarray(_smooth("RGB"))
    for how in ("tiff_lzw", "tiff_adobe_deflate"):
        Image.fromarray(colour).save(tmp_path / "a.tif", compression=how, tiffinfo={317: 2})
        assert np.array_equal(read_picture(tmp_path / "a.tif"), colour)
    height, width = colour.shape[:2]
    for top in (100, 1023, 65535):
        values = np.rint(colour[..., 0] / 255 * top).astype(">u2" if top > 255 else np.uint8)
        head = f"P5\n# made here\n{width} {height}\n{top}\n".encode()
        (tmp_path / "a.pgm").write_bytes(head + values.tobytes())
        assert np.abs(read_picture(tmp_path / "a.pgm")[..., 0] - values / top * 255).max() <= 1.01
