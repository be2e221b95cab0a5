"""What can be opened: pictures, models, results; and what is known about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.interfaces import PictureSource, Predictor
    from tusk_core.results import Analysis, GroundTruth, SourceSummary


def open_source(source: str) -> PictureSource:
    """Open a folder, picture, video, ``sample:NAME`` or COCO data set for looking at.

    ``flat:FOLDER`` leaves out the folders inside a folder.

    Raises:
        SourceError: if there is nothing readable there.
    """
    from tusk_core.data.source import open_source as opened

    return opened(source)


def summarise_source(source: str, control: RunControl | None = None) -> SourceSummary:
    """Look through a source reading headers only; stops early when ``control`` says so."""
    from tusk_core.data.source import summarise

    return summarise(source, control)


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


def open_predictor(model: str | Path, *, device: str = "auto") -> Predictor:
    """Open a model folder, a run folder (its best checkpoint) or a bundled model by name.

    Raises:
        ModelFileError: if it is missing, broken, foreign or from a newer version.
    """
    from tusk_core.inference.predictor import load_predictor

    return load_predictor(model, device=device)


def open_analysis(path: Path) -> Analysis:
    """Read a results file written by ``analyse``.

    Raises:
        SourceError: if it is not one.
    """
    from tusk_core.inference.analysis import read_analysis

    return read_analysis(path)


def make_sample_data(
    name: str, *, count: int, seed: int, out: Path, digits: Path | None = None
) -> Iterator[JobProgress]:
    """Write a COCO data set with ground truth: tetrominoes, digits or solids (METHOD.md 3)."""
    from tusk_core.data.sample_data import write_sample_data

    return write_sample_data(name, count=count, seed=seed, out=out, digits=digits)
