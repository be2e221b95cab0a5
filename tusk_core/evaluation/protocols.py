"""Score a model by the paper's protocols, by stricter rules, and by what a user would count."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tusk_core.data.annotated import annotate
from tusk_core.data.base_source import PictureTruth
from tusk_core.data.source import open_source
from tusk_core.evaluation import landmark_regression, multiple_instances, object_discovery
from tusk_core.evaluation.baselines import PREFIX, open_baseline
from tusk_core.evaluation.collect import BATCH, Clock, ModelFinder, join_points
from tusk_core.evaluation.detection import DetectionRule, score_detection
from tusk_core.evaluation.joining import joined_targets
from tusk_core.evaluation.landmark_truth import landmark_parts, landmark_table
from tusk_core.evaluation.layers import LayerDrawer
from tusk_core.evaluation.presence import score_presence
from tusk_core.evaluation.steering import add_steered
from tusk_core.evaluation.task import Task, check_task
from tusk_core.evaluation.truth import object_table
from tusk_core.inference.predictor import load_predictor
from tusk_core.results import EvaluationReport, SourceError, TuskError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.evaluation.collect import PointFinder, Points
    from tusk_core.evaluation.scores import Scores
    from tusk_core.events import JobProgress

# Scores, the paper's figures, and the pictures that went worst.
Outcome: TypeAlias = "tuple[Scores, dict[str, float], tuple[str, ...]]"
# Pictures that are named in a report.
NUM_WORST = 20


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
    with ExitStack() as stack:
        sources = [stack.enter_context(source) for source in _opened(task)]
        scores, reference, worst = yield from _scored(task, sources, control)
    if task.joining:
        scores.counts["prototype_groups"] = task.joining.groups
    yield make_report(scores, reference, task.protocol, str(task.model), task.told, worst)


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
    if task.protocol == "multi-object":
        predictor = load_predictor(_refuse_baseline(task.model), device=task.device)
        targets = yield from joined_targets(predictor, sources[0], task.joining, control)
        drawer = LayerDrawer(predictor.model, predictor.info.device, targets)
        return (yield from _multi_object(drawer, sources[0], control, task.seed))
    finder = yield from _open_finder(task, sources[0], control)
    ways = {
        "detection": _detection,
        "landmarks": _landmarks,
        "mnist-hard": _mnist_hard,
        "presence": _presence,
    }
    return (yield from ways[task.protocol](finder, sources, control, task))


def _open_finder(
    task: Task, source: BaseSource, control: RunControl | None
) -> Generator[JobProgress, None, PointFinder]:
    if str(task.model).startswith(f"{PREFIX}:"):
        if task.joining:
            raise TuskError(f"{task.model} has no prototypes to join; leave --groups out.")
        return (yield from open_baseline(str(task.model), source, task.seed, control))
    predictor = load_predictor(task.model, device=task.device)
    targets = yield from joined_targets(predictor, source, task.joining, control)
    return ModelFinder(predictor, targets, num_keypoints=task.options.num_keypoints)


def _refuse_baseline(model: str | Path) -> str | Path:
    if str(model).startswith(f"{PREFIX}:"):
        raise TuskError(
            f"{model} finds points and draws no segments, which multi-object scores. "
            "Use mnist-hard or landmarks for baselines."
        )
    return model


def make_report(
    scores: Scores,
    reference: dict[str, float],
    protocol: str,
    model: str,
    data: str,
    worst: tuple[str, ...],
) -> EvaluationReport:
    """Return scores as the frozen report that leaves the engine."""
    return EvaluationReport(
        protocol=protocol,
        model=model,
        data=data,
        metrics=dict(scores.metrics),
        intervals=dict(scores.intervals),
        reference={name: value for name, value in reference.items() if name in scores.metrics},
        counts={**scores.counts, "seed": scores.seed},
        tables=dict(scores.tables),
        worst=worst,
        columns=dict(scores.columns),
    )


def worst_pictures(names: list[str], losses: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the names of the pictures that went worst; none that went perfectly."""
    order = np.argsort(-losses, kind="stable")[:NUM_WORST]
    return tuple(names[int(index)] for index in order if losses[index] > 0)


def _names(source: BaseSource) -> list[str]:
    return [source.name(index) for index in range(len(source))]


def _pass(
    source: BaseSource,
    control: RunControl | None,
    take: Callable[[list[NDArray[np.uint8]], list[PictureTruth]], None],
) -> Generator[JobProgress, None, None]:
    """Read every picture with its truth, a batch at a time, and hand it to ``take``."""
    clock = Clock(len(source), "Looking at the pictures.", control)
    for start in range(0, len(source), BATCH):
        yield clock.progress(start)
        indices = range(start, min(start + BATCH, len(source)))
        images = [source.read(index) for index in indices]
        truths = [_truth(source, index) for index in indices]
        take(images, truths)
    yield clock.progress(len(source))


def _truth(source: BaseSource, index: int) -> PictureTruth:
    truth = source.truth(index)
    if truth is None:
        raise SourceError(f"{source.name(index)} of {source.source} has no ground truth.")
    return truth


def _find(
    finder: PointFinder, source: BaseSource, control: RunControl | None
) -> Generator[JobProgress, None, tuple[Points, list[PictureTruth]]]:
    parts: list[Points] = []
    truths: list[PictureTruth] = []

    def take(images: list[NDArray[np.uint8]], batch: list[PictureTruth]) -> None:
        parts.append(finder.find(images))
        truths.extend(batch)

    yield from _pass(source, control, take)
    return join_points(parts), truths


def _mnist_hard(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    source = sources[0]
    points, truths = yield from _find(finder, source, control)
    table = object_table(truths)
    if not table.present.any():
        raise SourceError(f"{source.source} has no objects with boxes, which mnist-hard compares.")
    scores = multiple_instances.score_instances(points, table, finder.num_labels, seed=task.seed)
    worst = worst_pictures(_names(source), scores.losses)
    return scores, multiple_instances.reference_for(table), worst


def _detection(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    source = sources[0]
    points, truths = yield from _find(finder, source, control)
    table = object_table(truths)
    if not table.present.any():
        raise SourceError(f"{source.source} has no objects, which detection looks for.")
    if not task.options.radius and (table.boxes[table.present][:, 2:] <= 1).all():
        raise SourceError(
            "The ground truth has points without a size. Say within how many pixels of one a "
            "keypoint counts, such as half a body length: --radius PX."
        )
    rule = DetectionRule(task.options.radius, _threshold(finder, task))
    scores = score_detection(points, table, finder.num_labels, rule, seed=task.seed)
    add_steered(scores, points, table, finder.num_labels, rule)
    return scores, {}, worst_pictures(_names(source), scores.losses)


def _presence(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    shown = yield from _look(finder, sources[0], control)
    empty = yield from _look(finder, sources[1], control)
    threshold = _threshold(finder, task)
    scores = score_presence(shown, empty, min_score=threshold, seed=task.seed)
    return scores, {}, worst_pictures(_names(sources[0]), scores.losses)


def _threshold(finder: PointFinder, task: Task) -> float:
    return finder.min_score if task.options.min_score is None else task.options.min_score


def _look(
    finder: PointFinder, source: BaseSource, control: RunControl | None
) -> Generator[JobProgress, None, Points]:
    """Find the points of pictures of which nothing needs to be known."""
    clock = Clock(len(source), "Looking at the pictures.", control)
    parts = []
    for start in range(0, len(source), BATCH):
        yield clock.progress(start)
        indices = range(start, min(start + BATCH, len(source)))
        parts.append(finder.find([source.read(index) for index in indices]))
    yield clock.progress(len(source))
    return join_points(parts)


def _landmarks(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, task: Task
) -> Generator[JobProgress, None, Outcome]:
    table = landmark_table(sources)
    parts = []
    for source in sources:
        points, _ = yield from _find(finder, source, control)
        parts.append(points)
    joined = join_points(parts)
    in_test = table.in_test
    if in_test is None:
        in_test = landmark_regression.divide_people(
            table.groups, task.seed, 1 - task.options.fit_share
        )
    scores = landmark_regression.score_landmarks(
        joined, replace(table, in_test=in_test), finder.num_labels, seed=task.seed
    )
    names = [name for source in sources for name in _names(source)]
    scored = [name for name, test in zip(names, in_test, strict=True) if test]
    worst = worst_pictures(scored, scores.losses)
    return scores, landmark_regression.reference_for(table.names), worst


def _multi_object(
    drawer: LayerDrawer, source: BaseSource, control: RunControl | None, seed: int
) -> Generator[JobProgress, None, Outcome]:
    facts: list[object_discovery.SegmentFacts] = []
    truths: list[PictureTruth] = []

    def take(images: list[NDArray[np.uint8]], batch: list[PictureTruth]) -> None:
        facts.append(draw_and_compare(drawer, images, batch))
        # Masks are compared here and now; those of a whole data set would fill the memory.
        truths.extend(PictureTruth(truth.objects) for truth in batch)

    yield from _pass(source, control, take)
    table = object_table(truths)
    joined = object_discovery.join_facts(facts)
    scores = object_discovery.score_objects(joined, table, drawer.num_labels, seed=seed)
    worst = worst_pictures(_names(source), scores.losses)
    return scores, object_discovery.reference_for(table), worst


def draw_and_compare(
    drawer: LayerDrawer, images: list[NDArray[np.uint8]], truths: list[PictureTruth]
) -> object_discovery.SegmentFacts:
    """Draw the layers of a batch and compare them with its masks.

    Raises:
        SourceError: if a picture has no mask.
    """
    masks = []
    for truth in truths:
        if truth.mask is None:
            raise SourceError("These pictures have no masks, which multi-object compares.")
        masks.append(drawer.fit_mask(truth.mask))
    shares, labels = drawer.draw(images)
    num_objects = max(len(truth.objects) for truth in truths)
    return object_discovery.segment_facts(shares, labels, np.stack(masks), num_objects)
