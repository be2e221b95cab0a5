"""All detections of a model over a source: made, written, read.

A results file is HDF5, or NPZ where h5py is not installed or the name ends in ``.npz``.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tusk_core import __version__
from tusk_core.atomic import replacing
from tusk_core.data.blocks import forget_parts
from tusk_core.data.looks import settled_look
from tusk_core.data.source import open_source
from tusk_core.inference import analysis_files
from tusk_core.inference.collect import Rows, Wanted, detect_all, no_rows
from tusk_core.inference.kept_parts import detect_resumably
from tusk_core.inference.predictor import load_predictor
from tusk_core.inference.together import detect_shares
from tusk_core.nn.distributed import Team
from tusk_core.prototype_names import PrototypeNames
from tusk_core.results import Analysis, SourceError, UnreadableFile
from tusk_core.tracking.edits import edited, edits_path, read_edits
from tusk_core.tracking.regions import within

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.events import JobProgress
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.tracks import Region


@dataclass(slots=True, eq=False)
class RowStore:
    """Rows kept in memory."""

    parts: list[Rows] = field(default_factory=list)

    def add(self, rows: Rows) -> None:
        """Append the rows of a batch."""
        self.parts.append(rows)

    def joined(self, length: int) -> Rows:
        """Return all rows as one; ``length`` is that of a descriptor, for no rows at all."""
        empty = no_rows(length)
        parts = [empty, *self.parts]
        return Rows(
            names=tuple(name for part in parts for name in part.names),
            sizes=np.concatenate([p.sizes for p in parts]),
            errors=np.concatenate([p.errors for p in parts]),
            times=np.concatenate([p.times for p in parts]),
            counts=np.concatenate([p.counts for p in parts]),
            xy=np.concatenate([p.xy for p in parts]),
            scores=np.concatenate([p.scores for p in parts]),
            labels=np.concatenate([p.labels for p in parts]),
            descriptors=np.concatenate([p.descriptors for p in parts]),
            classes=np.concatenate([p.classes for p in parts]),
        )


def analyse_source(
    model: str | Path,
    source: str,
    out: Path,
    control: RunControl,
    wanted: Wanted,
    *,
    device: str = "auto",
) -> Iterator[JobProgress]:
    """Detect over a whole source and write one results file; see ``tusk_core.api.analyse``.

    Rows go to the disk as they come, so that memory does not grow with the source. The file
    appears whole or not at all; what a job that was stopped had found is taken up by the next.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if the source cannot be read, or ``out`` cannot be written.
        ModelFileError: if the model cannot be opened.
    """
    analysis_files.check_writable(out)
    predictor = load_predictor(model, device=device)
    with open_source(source) as opened:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            if not (yield from detect_shares(predictor, opened, wanted, control, out)):
                return
            with replacing(out) as temporary:
                yield from _written(predictor, opened, wanted, control, out, temporary)
            forget_parts(out)
        except OSError as error:
            raise SourceError(
                f"The results file {out} cannot be written: {error.strerror or error}."
            ) from error


def _written(
    predictor: TorchPredictor,
    source: BaseSource,
    wanted: Wanted,
    control: RunControl,
    out: Path,
    temporary: Path,
) -> Iterator[JobProgress]:
    header = header_for(predictor, source, wanted)
    if out.suffix.lower() == ".npz":
        analysis = yield from collect(predictor, source, wanted, control, out, Team())
        assert analysis is not None
        header = dataclasses.replace(header, shown_as=analysis.shown_as)
        analysis_files.write_npz(analysis, header, temporary)
        return
    skipped: list[UnreadableFile] = []
    with analysis_files.Hdf5Writer(temporary, header, predictor.info.prototypes) as writer:
        found = detect_resumably(predictor, source, wanted, control, skipped, out)
        for progress, rows in found:
            writer.add(rows)
            yield progress
        writer.finish(skipped, shown_as(predictor, source))


def header_for(
    predictor: TorchPredictor, source: BaseSource, wanted: Wanted
) -> analysis_files.Header:
    """Return what a results file says beside its rows."""
    info = predictor.info
    return analysis_files.Header(
        model_fingerprint=info.fingerprint,
        source=source.source,
        class_names=source.vocabulary.categories,
        note=json.dumps(
            {
                "program": f"TUSK {__version__}",
                "model": info.name,
                "model_path": str(info.path),
                "step": info.step,
                "num_keypoints": wanted.num_keypoints or info.config.keypoints.num_keypoints,
                "min_score": wanted.min_score,
                "tiles": info.config.data.crops if wanted.tiles is None else wanted.tiles,
            }
        ),
    )


def shown_as(predictor: TorchPredictor, source: BaseSource) -> DataConfig:
    """Return how the pictures of a source, which have been read, were shown to a model."""
    return settled_look(predictor.info.config.data, source.used_brightness())


def collect(
    predictor: TorchPredictor,
    source: BaseSource,
    wanted: Wanted,
    control: RunControl,
    out: Path | None = None,
    team: Team | None = None,
) -> Generator[JobProgress, None, Analysis | None]:
    """Detect over a whole source in memory; yields progress and returns the analysis.

    With ``out``, what is found is kept beside that file until ``forget_parts`` is called for it,
    and processes that ``torchrun`` started share the pictures; all but the main one return None.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if not one picture can be read.
    """
    store, skipped = RowStore(), list[UnreadableFile]()
    if out is None:
        found = detect_all(predictor, source, wanted, control, skipped)
    elif (yield from detect_shares(predictor, source, wanted, control, out, team)):
        found = detect_resumably(predictor, source, wanted, control, skipped, out)
    else:
        return None
    for progress, rows in found:
        store.add(rows)
        yield progress
    info = predictor.info
    rows = store.joined(info.config.encoder.num_features)
    header = dataclasses.replace(
        header_for(predictor, source, wanted), shown_as=shown_as(predictor, source)
    )
    return as_analysis(rows, header, np.asarray(info.prototypes, np.float32))


def as_analysis(
    rows: Rows, header: analysis_files.Header, prototypes: NDArray[np.float32]
) -> Analysis:
    """Return rows with what is known about them as one ``Analysis``."""
    pictures = np.repeat(np.arange(len(rows.counts), dtype=np.int32), rows.counts)
    return Analysis(
        model_fingerprint=header.model_fingerprint,
        source=header.source,
        picture_names=rows.names,
        picture_sizes=rows.sizes,
        picture_errors=rows.errors,
        times=rows.times,
        picture=pictures,
        xy=rows.xy,
        scores=rows.scores,
        labels=rows.labels,
        descriptors=rows.descriptors,
        classes=rows.classes,
        class_names=header.class_names,
        prototypes=prototypes,
        shown_as=header.shown_as,
    )


def read_analysis(path: Path) -> Analysis:
    """Read a results file written by ``analyse_source``.

    Raises:
        SourceError: if it is not one, is damaged or from a newer version.
    """
    rows, header, prototypes = analysis_files.read(path)
    tracks = analysis_files.read_tracks(path, len(rows.labels))
    return dataclasses.replace(as_analysis(rows, header, prototypes), tracks=tracks)


def read_corrected(path: Path) -> Analysis:
    """Read a results file with the corrections of its tracks that lie beside it applied.

    Raises:
        SourceError: if it is not a results file, or the corrections do not belong to it.
        TuskError: if a correction cannot be made.
    """
    analysis = read_analysis(path)
    if analysis.tracks is None:
        return analysis
    edits = read_edits(edits_path(path), analysis.tracks)
    return dataclasses.replace(analysis, tracks=edited(analysis, analysis.tracks, edits))


def read_within(path: Path, out: Path, region: Region) -> Analysis:
    """Return what a results file holds within a region, and write it to ``out``; without tracks.

    Raises:
        SourceError: if it cannot be read, or ``out`` not be written.
    """
    analysis = dataclasses.replace(within(read_analysis(path), region), tracks=None)
    header = analysis_files.header_of(analysis, analysis_files.note_in(path))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with (
            replacing(out) as temporary,
            analysis_files.Hdf5Writer(temporary, header, analysis.prototypes) as writer,
        ):
            writer.add(analysis_files.rows_of(analysis))
    except OSError as error:
        raise SourceError(f"{out} cannot be written: {error.strerror or error}.") from error
    return analysis


def read_names(path: Path) -> PrototypeNames:
    """Return the names of prototypes that a results file was written with, if any.

    Raises:
        SourceError: if it is not a results file.
    """
    _, header, _ = analysis_files.read(path)
    try:
        names = json.loads(header.note)["prototype_names"]
        return PrototypeNames(names={int(i): str(name) for i, name in names.items()})
    except (ValueError, KeyError, TypeError, AttributeError):
        return PrototypeNames()
