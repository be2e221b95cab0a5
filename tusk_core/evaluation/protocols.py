"""Score a model by the paper's protocols, by stricter rules, and by what a user would count."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.annotated import annotate
from tusk_core.data.base_source import PictureTruth
from tusk_core.data.source import open_source
from tusk_core.data.source_names import parse_source
from tusk_core.evaluation import landmark_regression, multiple_instances, object_discovery
from tusk_core.evaluation.baselines import open_baseline
from tusk_core.evaluation.collect import (
    BATCH,
    Found,
    ModelFinder,
    best_points,
    find_in,
    join_points,
    known_truths,
)
from tusk_core.evaluation.detection import DetectionRule, score_detection
from tusk_core.evaluation.factors import layer_parts, sort_layers
from tusk_core.evaluation.joining import joined_targets
from tusk_core.evaluation.landmark_peaks import PeakReading
from tusk_core.evaluation.landmark_truth import check_landmarks, landmark_parts, landmark_table
from tusk_core.evaluation.layers import LayerDrawer
from tusk_core.evaluation.presence import score_presence
from tusk_core.evaluation.rivals import RivalFinder, open_rival
from tusk_core.evaluation.steering import add_steered
from tusk_core.evaluation.task import PREFIX, Task, check_task, is_rival
from tusk_core.evaluation.tracking_task import evaluate_tracking
from tusk_core.evaluation.truth import object_table
from tusk_core.inference.counts import check_count
from tusk_core.inference.predictor import load_predictor
from tusk_core.inference.walk import Walk, walk
from tusk_core.results import EvaluationReport, SourceError, TuskError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.evaluation.collect import PointFinder
    from tusk_core.evaluation.factors import LayerParts
    from tusk_core.evaluation.scores import Scores
    from tusk_core.events import JobProgress
    from tusk_core.results import UnreadableFile

# Pictures that are named in a report.
NUM_WORST = 20


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a protocol says about a model.

    Attributes:
        scores: the numbers.
        reference: metric -> the paper's figure.
        worst: names of the pictures that went worst, worst first.
    """

    scores: Scores
    reference: dict[str, float]
    worst: tuple[str, ...]


def evaluate_model(
    task: Task, control: RunControl | None = None
) -> Iterator[JobProgress | EvaluationReport]:
    """Score a model; yields progress, then the report.

    Args:
        task: model, data and protocol.
        control: stops the pass (raises ``Cancelled``).

    Raises:
        TuskError: if the protocol is unknown, or model and data do not fit it.
    """
    check_task(task)
    if task.protocol == "tracking":
        scores, worst = yield from evaluate_tracking(task, control)
        yield make_report(Outcome(scores, {}, worst), task)
        return
    with ExitStack() as stack:
        sources = [stack.enter_context(source) for source in _opened(task)]
        outcome = yield from _scored(task, sources, control)
    if task.joining:
        outcome.scores.counts["prototype_groups"] = task.joining.groups
    yield make_report(outcome, task)


def _opened(task: Task) -> Iterator[BaseSource]:
    """Open the data one after the other: what is scored comes last, except for presence."""
    if task.protocol == "presence":
        yield from (open_source(task.data), open_source(task.options.empty))
        return
    parts: tuple[str, ...] = (task.data,)
    if task.protocol == "landmarks":
        parts = (task.fit, task.data) if task.fit else landmark_parts(task.data)
    for part in parts:
        source = open_source(part)
        if task.options.truth and part == task.data:
            source = _annotated(source, Path(task.options.truth))
        if not source.has_ground_truth:
            source.close()
            raise SourceError(
                f"{source.source} has no ground truth to compare with. Name the file that has it "
                "(--truth FILE: COCO as .json, points as .csv), or use sample:tetrominoes, a data "
                "set made by `tusk sample-data`, or a published one."
            )
        yield source


def _annotated(source: BaseSource, file: Path) -> BaseSource:
    try:
        return annotate(source, file.expanduser())
    except SourceError:
        source.close()
        raise


def _scored(
    task: Task, sources: list[BaseSource], control: RunControl | None
) -> Generator[JobProgress, None, Outcome]:
    finder: PointFinder | LayerDrawer
    if task.protocol == "multi-object":
        finder = drawer = yield from _open_drawer(task, sources[0], control)
        outcome = yield from _multi_object(drawer, sources[0], control, task)
    else:
        finder = yield from _open_finder(task, sources, control)
        ways = {
            "detection": _detection,
            "landmarks": _landmarks,
            "mnist-hard": _mnist_hard,
            "presence": _presence,
        }
        outcome = yield from ways[task.protocol](finder, sources, control, task)
    if isinstance(finder, RivalFinder):
        outcome.scores.counts["training_steps"] = finder.steps
    return outcome


def _open_finder(
    task: Task, sources: list[BaseSource], control: RunControl | None
) -> Generator[JobProgress, None, PointFinder]:
    if is_rival(task.model):
        return (yield from _trained_rival(task, control))
    if str(task.model).startswith(f"{PREFIX}:"):
        if task.joining:
            raise TuskError(f"{task.model} has no prototypes to join; leave --groups out.")
        return (yield from open_baseline(str(task.model), sources[0], task.seed, control))
    predictor = load_predictor(task.model, device=task.device)
    check_count(predictor.model, task.options.num_keypoints)
    for source in sources:
        source.use_settings(predictor.info.config.data)
    targets = yield from joined_targets(predictor, sources[0], task.joining, control)
    return ModelFinder(predictor, targets, num_keypoints=task.options.num_keypoints)


def _open_drawer(
    task: Task, source: BaseSource, control: RunControl | None
) -> Generator[JobProgress, None, LayerDrawer | RivalFinder]:
    if is_rival(task.model):
        return (yield from _trained_rival(task, control))
    predictor = load_predictor(_refuse_baseline(task.model), device=task.device)
    source.use_settings(predictor.info.config.data)
    targets = yield from joined_targets(predictor, source, task.joining, control)
    return LayerDrawer(predictor.model, predictor.info.device, targets)


def _trained_rival(
    task: Task, control: RunControl | None
) -> Generator[JobProgress, None, RivalFinder]:
    name = parse_source(str(task.model), frozenset({PREFIX}))
    with open_source(task.fit) as pictures:
        return (yield from open_rival(name, pictures, task.seed, task.device, control))


def _refuse_baseline(model: str | Path) -> str | Path:
    if str(model).startswith(f"{PREFIX}:"):
        raise TuskError(
            f"{model} finds points and draws no segments, which multi-object scores. Use "
            "mnist-hard or landmarks for it, or baseline:slots or baseline:supervised."
        )
    return model


def make_report(outcome: Outcome, task: Task) -> EvaluationReport:
    """Return scores as the frozen report that leaves the engine."""
    scores = outcome.scores
    known = {k: v for k, v in outcome.reference.items() if k in scores.metrics}
    return EvaluationReport(
        protocol=task.protocol,
        model=str(task.model),
        data=task.told,
        metrics=dict(scores.metrics),
        intervals=dict(scores.intervals),
        reference=known,
        counts={**scores.counts, "seed": scores.seed},
        tables=dict(scores.tables),
        worst=outcome.worst,
        columns=dict(scores.columns),
    )


def worst_pictures(names: Sequence[str], losses: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the names of the pictures that went worst; none that went perfectly."""
    order = np.argsort(-losses, kind="stable")[:NUM_WORST]
    return tuple(names[int(index)] for index in order if losses[index] > 0)


def _mnist_hard(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    found = yield from find_in(finder, sources[0], control, with_truth=True)
    table = object_table(found.truths)
    if not table.present.any():
        raise SourceError(
            f"{sources[0].source} has no objects with boxes, which mnist-hard compares."
        )
    scores = multiple_instances.score_instances(
        found.points, table, finder.num_labels, seed=task.seed
    )
    return _outcome(scores, found, multiple_instances.reference_for(table))


def _detection(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    found = yield from find_in(finder, sources[0], control, with_truth=True)
    table = object_table(found.truths)
    if not table.present.any():
        raise SourceError(f"{sources[0].source} has no objects, which detection looks for.")
    if not task.options.radius and (table.boxes[table.present][:, 2:] <= 1).all():
        raise SourceError(
            "The ground truth has points without a size. Say within how many pixels of one a "
            "keypoint counts, such as half a body length: --radius PX."
        )
    rule = DetectionRule(task.options.radius, _threshold(finder, task))
    scores = score_detection(found.points, table, finder.num_labels, rule, seed=task.seed)
    add_steered(scores, found.points, table, finder.num_labels, rule)
    return _outcome(scores, found)


def _presence(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    shown = yield from find_in(finder, sources[0], control, with_truth=False)
    empty = yield from find_in(finder, sources[1], control, with_truth=False)
    scores = score_presence(
        shown.points, empty.points, min_score=_threshold(finder, task), seed=task.seed
    )
    return _outcome(scores, shown, num_unreadable=empty.num_unreadable)


def _threshold(finder: PointFinder, task: Task) -> float:
    return finder.min_score if task.options.min_score is None else task.options.min_score


def _landmarks(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    check_landmarks(sources)
    parts: list[Found] = []
    wide = finder.with_every_peak() or finder
    for source in sources:
        found = yield from find_in(wide, source, control, with_truth=False)
        parts.append(found)
    table = landmark_table(sources, [part.indices for part in parts])
    in_test = table.in_test
    if in_test is None:
        in_test = landmark_regression.divide_people(
            table.groups, task.seed, 1 - task.options.fit_share
        )
    peaks = join_points([part.points for part in parts])
    scores = landmark_regression.score_landmarks(
        peaks if wide is finder else best_points(peaks, finder.num_keypoints),
        replace(table, in_test=in_test),
        finder.num_labels,
        seed=task.seed,
        reading=PeakReading(peaks, finder.num_keypoints, finder.kind_rank),
    )
    names = [name for part in parts for name in part.names]
    scored = tuple(name for name, test in zip(names, in_test, strict=True) if test)
    _note_unreadable(scores, sum(part.num_unreadable for part in parts))
    reference = landmark_regression.reference_for(table.names)
    return Outcome(scores, reference, worst_pictures(scored, scores.losses))


def _multi_object(
    drawer: LayerDrawer | RivalFinder, source: BaseSource, control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    facts: list[object_discovery.SegmentFacts] = []
    parts: list[LayerParts] = []
    truths: list[PictureTruth] = []
    names: list[str] = []
    skipped: list[UnreadableFile] = []
    for progress, batch in walk(source, Walk(BATCH, control=control), skipped):
        yield progress
        known = known_truths(batch)
        if batch:
            images = [item.picture for item in batch]
            masks = _masks(drawer, known)
            shares, labels = drawer.draw(images)
            num_objects = max(len(truth.objects) for truth in known)
            facts.append(object_discovery.segment_facts(shares, labels, masks, num_objects))
            if task.options.factored:
                parts.append(layer_parts(drawer.fit(images), shares))
        # Masks are compared here and now; those of a whole data set would fill the memory.
        truths.extend(PictureTruth(truth.objects) for truth in known)
        names.extend(item.name for item in batch)
    table = object_table(truths)
    joined = object_discovery.join_facts(facts)
    scores = object_discovery.score_objects(
        joined,
        table,
        drawer.num_labels,
        seed=task.seed,
        readings=sort_layers(parts, task.seed) if parts else None,
    )
    _note_unreadable(scores, len(skipped))
    reference = object_discovery.reference_for(table)
    return Outcome(scores, reference, worst_pictures(names, scores.losses))


def _outcome(
    scores: Scores,
    found: Found,
    reference: dict[str, float] | None = None,
    *,
    num_unreadable: int = 0,
) -> Outcome:
    _note_unreadable(scores, found.num_unreadable + num_unreadable)
    return Outcome(scores, reference or {}, worst_pictures(found.names, scores.losses))


def _note_unreadable(scores: Scores, count: int) -> None:
    if count:
        scores.counts["unreadable_pictures"] = count


def _masks(drawer: LayerDrawer | RivalFinder, truths: Sequence[PictureTruth]) -> NDArray[np.uint8]:
    """Return the masks (P, h, w) on the drawer's canvas.

    Raises:
        SourceError: if a picture has none.
    """
    masks = []
    for truth in truths:
        if truth.mask is None:
            raise SourceError("These pictures have no masks, which multi-object compares.")
        masks.append(drawer.fit_mask(truth.mask))
    return np.stack(masks)
