"""Running the tracking protocol: truth from CSV or SLEAP, tracks from a results file or a model."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.config import TrackConfig
from tusk_core.control import RunControl
from tusk_core.data.source import open_source
from tusk_core.evaluation.tracking import Sightings, score_tracking, usual_radius
from tusk_core.events import JobProgress
from tusk_core.inference.analysis import collect, read_corrected
from tusk_core.inference.collect import Wanted
from tusk_core.inference.export.table import make_table
from tusk_core.inference.predictor import load_predictor
from tusk_core.results import Analysis, SourceError
from tusk_core.tracking.doubt import middles
from tusk_core.tracking.whole import track_analysis

if TYPE_CHECKING:
    from collections.abc import Generator

    from tusk_core.evaluation.scores import Scores
    from tusk_core.evaluation.task import Task

_COLUMNS = ("frame", "track", "x", "y")
_RESULTS = frozenset({".h5", ".hdf5", ".npz"})


def evaluate_tracking(
    task: Task, control: RunControl | None
) -> Generator[JobProgress, None, tuple[Scores, tuple[str, ...]]]:
    """Track, or take the tracks of a results file, and compare; returns scores and worst frames.

    Raises:
        SourceError: if truth, results or video cannot be read.
    """
    truth = read_truth(Path(task.options.truth).expanduser())
    analysis = yield from _tracked(task, control or RunControl())
    tracks = analysis.tracks
    if tracks is None:
        # Results without tracks are tracked here, with what the data propose.
        tracks = track_analysis(analysis, _config(task))
    _, who, frame, xy = middles(analysis, tracks)
    numbers = make_table(analysis).frame_numbers()
    found = Sightings(numbers[frame], who, xy)
    sizes, times = analysis.picture_sizes, analysis.times
    radius = task.options.radius or usual_radius(truth, float(sizes.min(initial=64)))
    known = times[np.isfinite(times)]
    seconds = float(known.max() - known.min()) if len(known) > 1 else len(numbers) / 25
    scores = score_tracking(truth, found, radius=radius, minutes=seconds / 60, seed=task.seed)
    frames = np.union1d(truth.frame, found.frame)
    worst = tuple(f"frame {int(one):06d}" for one in frames[scores.losses > 0][:20])
    return scores, worst


def _config(task: Task) -> TrackConfig:
    return TrackConfig(min_score=task.options.min_score or 0.0)


def _tracked(task: Task, control: RunControl) -> Generator[JobProgress, None, Analysis]:
    model = Path(task.model)
    if model.suffix.lower() in _RESULTS:
        return read_corrected(model)
    predictor = load_predictor(task.model, device=task.device)
    wanted = Wanted(task.options.num_keypoints, task.options.min_score or 0.0)
    with open_source(task.data) as source:
        analysis = yield from collect(predictor, source, wanted, control)
    assert analysis is not None  # nobody shares the work
    return analysis


def read_truth(path: Path) -> Sightings:
    """Return who was where, from a CSV (frame, track, x, y) or a SLEAP project (.slp).

    Raises:
        SourceError: if it cannot be read or says nothing.
    """
    try:
        found = _of_sleap(path) if path.suffix.lower() == ".slp" else _of_csv(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{path} does not say who was where. It should be a CSV with the columns "
            f"{', '.join(_COLUMNS)}, or a SLEAP project (.slp) with tracks."
        ) from error
    if not len(found.frame):
        raise SourceError(f"{path} holds nobody to compare with.")
    return found


def _of_csv(path: Path) -> Sightings:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [tuple(row[name] for name in _COLUMNS) for row in csv.DictReader(file)]
    names = {name: number for number, name in enumerate(dict.fromkeys(row[1] for row in rows))}
    values = [(int(frame), names[who], float(x), float(y)) for frame, who, x, y in rows]
    return _sightings(values)


def _of_sleap(path: Path) -> Sightings:
    try:
        import sleap_io  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        raise SourceError(
            "SLEAP files need the package sleap-io: run `pip install 'tusk-studio[pose]'`, or give "
            "the truth as CSV."
        ) from error
    labels: Any = sleap_io.load_slp(str(path), open_videos=False)
    numbers = {id(track): number for number, track in enumerate(labels.tracks)}
    values = []
    for frame in labels.labeled_frames:
        for instance in frame.instances:
            if instance.track is not None:
                x, y = np.nanmean(instance.numpy(), axis=0)[:2]
                values.append((int(frame.frame_idx), numbers[id(instance.track)], x, y))
    return _sightings([value for value in values if np.isfinite(value[2])])


def _sightings(values: list[tuple[int, int, float, float]]) -> Sightings:
    table = np.array(values, np.float64).reshape(-1, 4)
    if not np.isfinite(table).all():
        raise ValueError("not finite")
    return Sightings(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:])
