"""What the program reads, beside what an independent decoder reads from the same small file.

Videos: ffmpeg as imageio-ffmpeg brings it. Pictures: Pillow and tifffile.
"""

from __future__ import annotations

import csv
import re
import subprocess

import numpy as np
import pytest

from tests.support.small_models import write_model
from tusk_core import api
from tusk_core.control import RunControl
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
