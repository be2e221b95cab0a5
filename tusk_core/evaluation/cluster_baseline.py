"""What discovery reaches without training: kinds of the frozen features, scored like a model."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core.control import RunControl
from tusk_core.data.source_names import check_options, whole_number
from tusk_core.discovery.run import Wanted, discover
from tusk_core.evaluation.collect import ModelFinder
from tusk_core.events import JobProgress
from tusk_core.inference.predictor import load_predictor

if TYPE_CHECKING:
    from collections.abc import Generator

    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.source_names import SourceName

MOST_PICTURES = 600


def open_clusters(
    name: SourceName, source: BaseSource, seed: int, control: RunControl | None
) -> Generator[JobProgress, None, ModelFinder]:
    """Discover kinds in the pictures of ``source``, without their labels.

    Yields progress; the generator's value is a finder.

    Args:
        name: ``baseline:clusters?kinds=64&points=8&pictures=600&size=320``, every option free.
        source: its pictures.
        seed: of sample and clusters.
        control: stops it.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if an option means nothing, or no picture can be read.
    """
    check_options(name, ("kinds", "points", "pictures", "size"))
    wanted = Wanted(
        source.source,
        num_kinds=whole_number(name, "kinds", 0, least=0, most=1024),
        max_pictures=whole_number(name, "pictures", MOST_PICTURES, least=1, most=1_000_000),
        side=whole_number(name, "size", 0, least=0, most=2048),
        seed=seed,
    )
    points = whole_number(name, "points", 0, least=0, most=512)
    with tempfile.TemporaryDirectory(prefix="tusk-clusters-") as folder:
        model = Path(folder) / "clusters"
        for event in discover(wanted, model, control or RunControl()):
            if isinstance(event, JobProgress):
                yield event
        predictor = load_predictor(model)
    return ModelFinder(predictor, num_keypoints=points or None)
