"""Score a model by one of the three protocols of the paper and by stricter rules beside them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tusk_core.data.base_source import PictureTruth
from tusk_core.data.source import open_source
from tusk_core.evaluation import landmark_regression, multiple_instances, object_discovery
from tusk_core.evaluation.baselines import PREFIX, open_baseline
from tusk_core.evaluation.collect import BATCH, Clock, ModelFinder, join_points
from tusk_core.evaluation.joining import Joining, joined_targets
from tusk_core.evaluation.landmark_truth import landmark_parts, landmark_table
from tusk_core.evaluation.layers import LayerDrawer
from tusk_core.evaluation.truth import object_table
from tusk_core.inference.predictor import load_predictor
from tusk_core.results import EvaluationReport, SourceError, TuskError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.evaluation.collect import PointFinder, Points
    from tusk_core.evaluation.scores import Scores
    from tusk_core.events import JobProgress

PROTOCOLS = ("mnist-hard", "multi-object", "landmarks")
# Scores, the paper's figures, and the pictures that went worst.
Outcome: TypeAlias = "tuple[Scores, dict[str, float], tuple[str, ...]]"
# Pictures that are named in a report.
NUM_WORST = 20


def evaluate_model(
    model: str | Path,
    data: str,
    protocol: str,
    control: RunControl | None = None,
    *,
    seed: int = 0,
    device: str = "auto",
    fit: str = "",
    joining: Joining | None = None,
) -> Iterator[JobProgress | EvaluationReport]:
    """Score a model; yields progress, then the report.

    Args:
        model: model folder, run folder, bundled name, or a baseline such as
            ``baseline:corners?points=8&kinds=32``.
        data: a source with ground truth.
        protocol: ``mnist-hard``, ``multi-object`` or ``landmarks``.
        control: stops the pass (raises ``Cancelled``).
        seed: of divisions and resampling.
        device: where the model runs.
        fit: for ``landmarks``, another source whose pictures the map is fitted on; all of
            ``data`` is then scored. Empty divides the people of ``data``.
        joining: prototypes to join before; None joins none.

    Raises:
        TuskError: if the protocol is unknown, or model and data do not fit it.
    """
    if protocol not in PROTOCOLS:
        raise TuskError(f"There is no protocol {protocol!r}; there are {', '.join(PROTOCOLS)}.")
    if fit and protocol != "landmarks":
        raise TuskError(f"Only landmarks fits something first; {protocol} takes no fit source.")
    parts: tuple[str, ...] = (data,)
    if protocol == "landmarks":
        parts = (fit, data) if fit else landmark_parts(data)
    joining = joining or Joining()
    with ExitStack() as stack:
        sources = [stack.enter_context(open_source(part)) for part in parts]
        _check_truth(sources)
        if protocol == "landmarks":
            finder = yield from _open_finder(model, sources[0], device, seed, joining, control)
            scores, reference, worst = yield from _landmarks(finder, sources, control, seed)
        elif protocol == "mnist-hard":
            finder = yield from _open_finder(model, sources[0], device, seed, joining, control)
            scores, reference, worst = yield from _mnist_hard(finder, sources[0], control, seed)
        else:
            predictor = load_predictor(_refuse_baseline(model), device=device)
            targets = yield from joined_targets(predictor, sources[0], joining, control)
            drawer = LayerDrawer(predictor.model, predictor.info.device, targets)
            scores, reference, worst = yield from _multi_object(drawer, sources[0], control, seed)
    if joining:
        scores.counts["prototype_groups"] = joining.groups
    told = f"{data} (fitted on {fit})" if fit else data
    yield make_report(scores, reference, protocol, str(model), told, worst)


def _check_truth(sources: list[BaseSource]) -> None:
    for source in sources:
        if not source.has_ground_truth:
            raise SourceError(
                f"{source.source} has no ground truth to compare with. Use sample:tetrominoes, a "
                "data set made by `tusk sample-data`, or a published one."
            )


def _open_finder(
    model: str | Path,
    source: BaseSource,
    device: str,
    seed: int,
    joining: Joining,
    control: RunControl | None,
) -> Generator[JobProgress, None, PointFinder]:
    if str(model).startswith(f"{PREFIX}:"):
        if joining:
            raise TuskError(f"{model} has no prototypes to join; leave --groups out.")
        return (yield from open_baseline(str(model), source, seed, control))
    predictor = load_predictor(model, device=device)
    targets = yield from joined_targets(predictor, source, joining, control)
    return ModelFinder(predictor, targets)


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
    finder: PointFinder, source: BaseSource, control: RunControl | None, seed: int
) -> Generator[JobProgress, None, Outcome]:
    points, truths = yield from _find(finder, source, control)
    table = object_table(truths)
    if not table.present.any():
        raise SourceError(f"{source.source} has no objects with boxes, which mnist-hard compares.")
    scores = multiple_instances.score_instances(points, table, finder.num_labels, seed=seed)
    worst = worst_pictures(_names(source), scores.losses)
    return scores, multiple_instances.reference_for(table), worst


def _landmarks(
    finder: PointFinder, sources: list[BaseSource], control: RunControl | None, seed: int
) -> Generator[JobProgress, None, Outcome]:
    table = landmark_table(sources)
    parts = []
    for source in sources:
        points, _ = yield from _find(finder, source, control)
        parts.append(points)
    joined = join_points(parts)
    in_test = table.in_test
    if in_test is None:
        in_test = landmark_regression.divide_people(table.groups, seed)
    scores = landmark_regression.score_landmarks(
        joined, replace(table, in_test=in_test), finder.num_labels, seed=seed
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
