"""What can be opened: pictures, models, results; and what is known about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.interfaces import FolderSoFar, OpenedSource, PictureSource, Predictor
    from tusk_core.prototype_names import PrototypeNames
    from tusk_core.results import Analysis, GroundTruth, SourceSummary


def open_source(source: str) -> OpenedSource:
    """Open a folder, picture, video, ``sample:NAME`` or COCO data set for reading.

    ``flat:FOLDER`` leaves out the folders inside a folder.

    Raises:
        SourceError: if there is nothing readable there.
    """
    from tusk_core.data.source import open_source as opened

    return opened(source)


def open_watched(
    source: str,
    tell: Callable[[FolderSoFar], None],
    control: RunControl,
    *,
    wanted: str = "",
) -> OpenedSource:
    """Open as ``open_source`` does; while a large folder is read, tell of its first pictures.

    Args:
        source: as for ``open_source``.
        tell: called in this thread, a few times per second, once a folder takes long.
        control: a stop request ends the reading.
        wanted: name of a file that the first pictures shall include; empty for none.

    Raises:
        SourceError: if there is nothing readable there.
        Cancelled: if ``control`` asked for it.
    """
    from tusk_core.data.folders import Watch
    from tusk_core.data.source import open_source as opened

    return opened(source, watch=Watch(tell, control, wanted=wanted))


def places_in(whole: PictureSource, first: PictureSource) -> NDArray[np.int64]:
    """Return where the first pictures of a folder are among all of them.

    Args:
        whole: what ``open_watched`` returned.
        first: what it told of.

    Returns:
        (n,) int64, -1 for a picture that is gone.
    """
    from tusk_core.data.folders import FileSource
    from tusk_core.data.folders import places_in as found

    assert isinstance(whole, FileSource)
    assert isinstance(first, FileSource)
    return found(whole, first)


def hold_frames(
    name: str, frames: Sequence[NDArray[np.uint8]], times: Sequence[float]
) -> OpenedSource:
    """Return frames in memory as a video, to be shown or gone through like one.

    Args:
        name: what it is called.
        frames: (H, W, 3) uint8 RGB each, read-only.
        times: when each is shown, seconds, rising.
    """
    from tusk_core.data.held_frames import HeldFrames

    return HeldFrames(name, frames, times)


def record_frames(path: Path, frames: Sequence[NDArray[np.uint8]], rate: float) -> None:
    """Write frames as a video file, and read it again to see that all are there.

    Args:
        path: its ending chooses the codec: ``.avi``, ``.mkv``, ``.mp4`` or ``.webm``.
        frames: (H, W, 3) uint8 RGB each.
        rate: frames per second.

    Raises:
        TuskError: if such a file cannot be written here, or the disk is full.
    """
    from tusk_core.inference.export.video_sink import VideoSink

    sink = VideoSink(path, rate)
    try:
        for frame in frames:
            sink.add(frame)
        sink.finish()
    finally:
        sink.release()


def open_again(source: PictureSource) -> OpenedSource:
    """Return another reader of the pictures of an open source, for another thread.

    Raises:
        SourceError: if they are gone.
    """
    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.source import open_again as opened

    return opened(source) if isinstance(source, BaseSource) else open_source(source.source)


def describe(thing: str) -> dict[str, Any]:
    """Return what a path, a name or a source is, as plain values; the first is ``kind``.

    Raises:
        TuskError: if it is nothing this program knows.
    """
    from tusk_core.inference.facts import describe as described

    return described(thing)


def record_camera(
    camera: int, num_frames: int, folder: Path, control: RunControl | None = None
) -> Iterator[JobProgress]:
    """Save frames of a camera as pictures in a folder.

    Args:
        camera: its number, 0 for the first.
        num_frames: at most.
        folder: exists.
        control: stops it (raises ``Cancelled``).

    Raises:
        SourceError: if the camera cannot be opened or gives no picture.
    """
    from tusk_core.data.camera import record_camera as recorded

    return recorded(camera, num_frames, folder, control)


def summarise_source(
    source: str, control: RunControl | None = None, *, shown_as: DataConfig | None = None
) -> SourceSummary:
    """Look through a source reading headers only; stops early when ``control`` says so.

    Args:
        source: as for ``open_source``.
        control: a stop request ends the look early.
        shown_as: channels, and what is black and white; None leaves it to the pictures.
    """
    from tusk_core.data.source import summarise

    return summarise(source, control, shown_as=shown_as)


def looks_photographic(source: OpenedSource) -> bool:
    """Return whether the pictures of an open source look like photographs; reads a few.

    Discovery is the first thing to try with photographs and natural video, training with small,
    drawn or generated pictures.
    """
    from tusk_core.data.photographic import looks_photographic as judged

    return judged(source)


def is_shown_as_measured(source: PictureSource | None) -> bool:
    """Return whether pictures read so far were shown between a black and white measured on some."""
    used = getattr(source, "used_brightness", None)
    return used is not None and used() is not None


def has_ground_truth(source: PictureSource) -> bool:
    """Return whether something is known about the pictures of an open source."""
    return bool(getattr(source, "has_ground_truth", False))


def ground_truth(source: PictureSource, index: int) -> GroundTruth | None:
    """Return what is known to be in one picture; None where nothing is.

    Raises:
        SourceError: if the files that tell cannot be read.
    """
    from tusk_core.data.truth import truth_of

    return truth_of(source, index)


def open_predictor(model: str | Path, *, device: str = "auto", threads: int = 0) -> Predictor:
    """Open a model folder, a run folder (its best checkpoint) or a bundled model by name.

    Args:
        model: as typed.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        threads: CPU threads to compute with; 0 uses all cores but one.

    Raises:
        ModelFileError: if it is missing, broken, foreign or from a newer version.
    """
    from tusk_core.inference.predictor import load_predictor

    return load_predictor(model, device=device, threads=threads)


def open_analysis(path: Path) -> Analysis:
    """Read a results file written by ``analyse``.

    Raises:
        SourceError: if it is not one.
    """
    from tusk_core.inference.analysis import read_analysis

    return read_analysis(path)


def read_names(path: Path) -> PrototypeNames:
    """Return the names of prototypes that a results file was written with, if any.

    Raises:
        SourceError: if it is not a results file.
    """
    from tusk_core.inference.analysis import read_names as read

    return read(path)


def make_sample_data(
    name: str, *, count: int, seed: int, out: Path, digits: Path | None = None
) -> Iterator[JobProgress]:
    """Write a COCO data set with ground truth: tetrominoes, digits or solids.

    See docs/method.md, section 9.
    """
    from tusk_core.data.sample_data import write_sample_data

    return write_sample_data(name, count=count, seed=seed, out=out, digits=digits)


def cut_out(
    data: str,
    out: Path,
    *,
    side: int,
    count: int,
    on: Literal["empty", "objects"] = "empty",
    margin: float = 0.0,
    truth: str = "",
    seed: int = 0,
) -> Iterator[JobProgress]:
    """Cut square pieces out of pictures with ground truth, into a new folder of PNG files.

    Args:
        data: pictures with ground truth.
        out: folder to make.
        side: of a piece, pixels.
        count: at most so many.
        on: where no object is, or with one in the middle.
        margin: what is kept free around an object beyond its box, pixels.
        truth: file with the ground truth of ``data``; empty where ``data`` brings its own.
        seed: of the places.

    Raises:
        SourceError: if there is no ground truth, no place for a piece, or ``out`` is in use.
    """
    from tusk_core.data import cut_out as cutting

    cut = cutting.Cut(side, count, on, margin, seed)
    return cutting.cut_out(data, out, cut, truth=truth)
