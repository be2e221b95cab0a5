"""Tracking as a job: detect over videos, follow who is who, write one results file for each."""

from __future__ import annotations

import hashlib
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import replacing
from tusk_core.control import Cancelled
from tusk_core.data.blocks import forget_parts
from tusk_core.data.source import open_source
from tusk_core.errors import Failures
from tusk_core.events import JobProgress
from tusk_core.inference import analysis_files, track_files
from tusk_core.inference.analysis import header_for, read_analysis, read_corrected, shown_as
from tusk_core.inference.collect import Wanted, rows_within
from tusk_core.inference.done_marks import is_done, mark_of, note_done, state_of
from tusk_core.inference.export import FORMATS, registry, write_export
from tusk_core.inference.kept_parts import detect_resumably
from tusk_core.inference.many import outputs_for, sources_in
from tusk_core.inference.many_progress import ManyProgress, sizes_of
from tusk_core.inference.predictor import load_predictor
from tusk_core.inference.together import detect_shares
from tusk_core.nn.distributed import join_team
from tusk_core.results import SourceError, UnreadableFile
from tusk_core.tracking.bodies import within_pictures
from tusk_core.tracking.detections import Stretch
from tusk_core.tracking.regions import inside, region_for
from tusk_core.tracking.tracker import (
    STRETCH,
    Plan,
    Tracker,
    individual_names,
    make_plan,
    sample_frames,
    settings_of,
    settled,
)
from tusk_core.tracking.whole import is_followed
from tusk_core.tracks import TrackOptions, Tracks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.control import RunControl
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.nn.distributed import Team
    from tusk_core.tracks import Region

_BLOCK = 1_000_000
# Shares of the work on a source at which its stages begin and end.
_WHOLE, _DETECTING, _FOLLOWING = (0.0, 1.0), (0.0, 0.95), (0.95, 1.0)


def _mark(job: TrackOptions, fingerprint: str, source: str, content: str) -> str:
    """Return a short text that is the same only where the outcome would be."""
    region = region_for(job.regions, source)
    how = (job.config.model_dump(), job.num_keypoints, job.tiles, job.follow)
    text = json.dumps([*how, fingerprint, content, str(region)])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def track_sources(
    model: str | Path,
    sources: Sequence[str],
    out: Path,
    control: RunControl,
    job: TrackOptions,
    *,
    device: str = "auto",
    threads: int = 0,
) -> Iterator[JobProgress]:
    """Detect and track in each source; see ``tusk_core.api.track``.

    Files appear whole or not at all; those that are there from the same job are kept, so that a
    job that was stopped is taken up where it stopped. Processes that ``torchrun`` started share the
    detection; the main one follows and writes.

    Raises:
        Cancelled: when asked to stop; finished videos stay.
        SourceError: if a file cannot be written, or, after the others are done, if a source cannot
            be read.
        ModelFileError: if the model cannot be opened.
    """
    listed = sources_in(sources)
    outputs = outputs_for(listed, out)
    for path in outputs:
        analysis_files.check_writable(path)
    for name in job.formats:
        registry.check_export(_export_path(outputs[0], name), name)
    team = join_team(works_apart=True)
    predictor = load_predictor(model, device=device, threads=threads)
    many, failures = ManyProgress(sizes_of(listed)), Failures(len(listed))
    for number, (source, path) in enumerate(zip(listed, outputs, strict=True)):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with failures.noted(source):
                for progress, stage in _track_source(predictor, source, path, control, job, team):
                    yield many.told(number, progress, *stage)
                if not team.is_main:
                    continue
                yield from _exported(path, job, partial(many.told, number))
        except OSError as error:
            raise SourceError(
                f"The results file {path} cannot be written: {error.strerror or error}."
            ) from error
    failures.tell()


def _track_source(
    predictor: TorchPredictor,
    source: str,
    path: Path,
    control: RunControl,
    job: TrackOptions,
    team: Team,
) -> Iterator[tuple[JobProgress, tuple[float, float]]]:
    """Yield progress with the stage it is of: which share of the work it begins and ends at."""
    region = region_for(job.regions, source)
    wanted = Wanted(job.num_keypoints, job.config.min_score, region=region, tiles=job.tiles)
    with open_source(source) as opened:
        mark = _mark(job, predictor.info.fingerprint, source, opened.fingerprint())
        if not job.again and (_is_tracked(path, mark) or is_done(path, mark)):
            yield JobProgress(1, 1, f"{path.name} is there already."), _WHOLE
            return
        for progress in detect_shares(predictor, opened, wanted, control, path, team):
            yield progress, _DETECTING
        if not team.is_main:
            return
        skipped: list[UnreadableFile] = []
        with replacing(path) as temporary:
            header = header_for(predictor, opened, wanted)
            prototypes = np.asarray(predictor.info.prototypes, np.float32)
            with analysis_files.Hdf5Writer(temporary, header, prototypes) as writer:
                found = detect_resumably(predictor, opened, wanted, control, skipped, path)
                for progress, rows in found:
                    writer.add(rows)
                    yield progress, _DETECTING if job.follow else _WHOLE
                writer.finish(skipped, shown_as(predictor, opened))
            if job.follow:
                for progress in _track_file(temporary, job.config, control, mark):
                    yield progress, _FOLLOWING
        if not job.follow:
            note_done(path, mark)
        forget_parts(path)


def _exported(
    path: Path, job: TrackOptions, told: Callable[[JobProgress], JobProgress]
) -> Iterator[JobProgress]:
    """Write a results file in the formats asked for, unless that was done."""
    for name in job.formats:
        out = _export_path(path, name)
        mark = mark_of(name, state_of(path))
        if job.again or not is_done(out, mark):
            yield told(JobProgress(1, 1, f"Writing {out.name}."))
            write_export(read_corrected(path), out, file_format=name)
            note_done(out, mark)


def _export_path(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}-{name}{FORMATS[name].suffix}")


def track_results(
    results: Path, out: Path, control: RunControl, job: TrackOptions
) -> Iterator[JobProgress]:
    """Track detections that are in a results file already, and write them with their tracks.

    What lies outside a region is left out; where the file itself is written, which may be all that
    is left of a long analysis, it stays and belongs to nobody.

    Raises:
        Cancelled: when asked to stop; nothing is written.
        SourceError: if the file cannot be read or written.
    """
    analysis_files.check_writable(out)
    analysis = read_analysis(results)
    region = region_for(job.regions, analysis.source)
    is_itself = out.exists() and out.samefile(results)
    rows = rows_within(analysis_files.rows_of(analysis), None if is_itself else region)
    header = analysis_files.header_of(analysis, analysis_files.note_in(results))
    del analysis
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(out) as temporary:
            prototypes = analysis_files.read(results)[2]
            with analysis_files.Hdf5Writer(temporary, header, prototypes) as writer:
                writer.add(rows)
            yield from _track_file(temporary, job.config, control, region=region)
    except OSError as error:
        raise SourceError(f"{out} cannot be written: {error.strerror or error}.") from error


def _is_tracked(path: Path, mark: str) -> bool:
    if not path.is_file():
        return False
    try:
        with analysis_files.opened(path) as file:
            return track_files.job_of(file) == mark
    except (OSError, SourceError, ValueError):
        return False


class _Results:
    """Stretches of an open results file, read when they are needed."""

    def __init__(self, file: Any, region: Region | None) -> None:
        self._file, self._region = file, region
        self.counts = np.asarray(file["pictures/count"][()], np.int64)
        self._ends = np.concatenate([[0], np.cumsum(self.counts)])
        sizes = file["pictures/size"]
        self.size = tuple(int(v) for v in sizes[0]) if len(self.counts) else (1, 1)
        times = np.asarray(file["pictures/time"][()])
        self.is_video = bool(len(times)) and bool(np.isfinite(times).all())
        self.num_kinds = int(file["prototypes"].shape[0])

    @property
    def num_rows(self) -> int:
        """Detections in all."""
        return int(self._ends[-1])

    def rows(self, start: int, stop: int) -> slice:
        """Return the rows of frames ``start`` to ``stop``."""
        return slice(int(self._ends[start]), int(self._ends[stop]))

    def frames(self, rows: slice) -> NDArray[np.int64]:
        """Return the frame of each of the rows."""
        numbers = np.arange(rows.start, rows.stop)
        return np.asarray(np.searchsorted(self._ends, numbers, side="right") - 1, np.int64)

    def stretch(self, start: int, stop: int) -> Stretch:
        """Return frames ``start`` to ``stop``."""
        rows, group_ = self.rows(start, stop), self._file["detections"]
        xy, scores = group_["xy"][rows], group_["score"][rows]
        if self._region is not None and len(xy):
            # Below every threshold: nobody's.
            scores = np.where(inside(self._region, xy), scores, np.float32(-1))
        return Stretch(
            start,
            self.counts[start:stop],
            xy,
            scores,
            group_["label"][rows],
            group_["descriptor"][rows],
        )


def _track_file(
    path: Path,
    config: TrackConfig,
    control: RunControl,
    mark: str = "",
    *,
    region: Region | None = None,
) -> Iterator[JobProgress]:
    """Track what a results file holds, a stretch at a time, and write the tracks into it."""
    with analysis_files.changing(path) as file:
        results = _Results(file, region)
        track_files.make_datasets(file, results.num_rows)
        runs = [results.stretch(*run) for run in sample_frames(len(results.counts))]
        plan = make_plan(runs, results.num_kinds, config, (results.size[0], results.size[1]))
        over_time = is_followed(config, is_video=results.is_video)
        if over_time:
            count = yield from _followed(file, results, plan, control)
        else:
            count = yield from _grouped(file, results, plan, control)
        tracks = Tracks(
            np.zeros(0, np.int32),
            np.zeros(0, np.float32),
            individual_names(count),
            tuple(link.kinds for link in plan.skeleton.tree),
            json.dumps(settings_of(plan)),
            over_time,
        )
        file[track_files.ABOUT] = track_files.about_text(tracks, mark)


def _cuts(results: _Results, control: RunControl) -> Iterator[tuple[int, int, JobProgress]]:
    total, begin = len(results.counts), time.monotonic()
    for start in range(0, total, STRETCH):
        if control.stop_requested:
            raise Cancelled
        stop = min(start + STRETCH, total)
        passed = time.monotonic() - begin
        left = passed / start * (total - start) if start else None
        message = f"Following individuals, frame {stop} of {total}."
        yield start, stop, JobProgress(stop, total, message, left)


def _followed(
    file: Any, results: _Results, plan: Plan, control: RunControl
) -> Generator[JobProgress, None, int]:
    """Write the individuals of a video; returns how many there are."""
    tracker = Tracker(plan)
    who, margin = file[track_files.INDIVIDUAL], file[track_files.MARGIN]
    for start, stop, progress in _cuts(results, control):
        rows = results.rows(start, stop)
        tracks, margins = tracker.take(results.stretch(start, stop))
        if len(tracks):
            who[rows], margin[rows] = tracks, margins
        yield progress
    ending = tracker.finish()
    for begin in range(0, results.num_rows, _BLOCK):
        rows = slice(begin, min(begin + _BLOCK, results.num_rows))
        final = settled(who[rows], results.frames(rows), ending)
        who[rows] = final
        margin[rows] = np.where(final >= 0, margin[rows], np.float32("nan"))
    return int(ending.individuals.max(initial=-1)) + 1


def _grouped(
    file: Any, results: _Results, plan: Plan, control: RunControl
) -> Generator[JobProgress, None, int]:
    """Write the individuals of pictures that are no video, counted within each picture."""
    who, margin = file[track_files.INDIVIDUAL], file[track_files.MARGIN]
    most = 0
    for start, stop, progress in _cuts(results, control):
        stretch = results.stretch(start, stop)
        numbers = within_pictures(stretch, plan.bodies(stretch))
        rows = results.rows(start, stop)
        if len(numbers):
            who[rows] = numbers
            margin[rows] = np.where(numbers >= 0, np.float32(1), np.float32("nan"))
            most = max(most, int(numbers.max()) + 1)
        yield progress
    return most
