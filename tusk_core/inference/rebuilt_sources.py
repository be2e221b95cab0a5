"""Every picture of some sources rebuilt into a folder of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tusk_core.control import Cancelled
from tusk_core.events import JobProgress
from tusk_core.inference.counts import check_count
from tusk_core.inference.file_names import unique_stems, write_names
from tusk_core.inference.rebuilt_files import write_rebuilt
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tusk_core.control import RunControl
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.interfaces import OpenedSource


def rebuild_sources(
    predictor: TorchPredictor,
    sources: Sequence[OpenedSource],
    out: Path,
    control: RunControl,
    *,
    num_keypoints: int | None = None,
    min_score: float = 0.0,
) -> Iterator[JobProgress | SourceError]:
    """Rebuild every readable picture; see ``tusk_core.api.rebuild``.

    Raises:
        Cancelled: when asked to stop; what is written stays.
        SourceError: if the disk refuses it.
    """
    check_count(predictor.model, num_keypoints)
    names = [source.name(i) for source in sources for i in range(len(source))]
    chosen = unique_stems(names)
    _list_names(out, names, chosen)
    stems = iter(chosen)
    begin, done = time.monotonic(), 0
    for source in sources:
        source.use_settings(predictor.info.config.data)
        for index, picture in source.stream(range(len(source))):
            if control.stop_requested:
                raise Cancelled
            stem, done = next(stems), done + 1
            if isinstance(picture, SourceError):
                yield picture
                continue
            found = predictor.detect(picture, num_keypoints=num_keypoints, min_score=min_score)
            write_rebuilt(out / stem, source.name(index), picture, predictor, found.keypoints)
            left = (time.monotonic() - begin) / done * (len(names) - done)
            yield JobProgress(done, len(names), f"Picture {done} of {len(names)}.", left)


def _list_names(out: Path, names: Sequence[str], stems: Sequence[str]) -> None:
    """Write which folder is of which picture, where the name alone does not tell."""
    try:
        write_names(out, names, stems)
    except OSError as error:
        raise SourceError(f"{out} cannot be written: {error.strerror or error}.") from error
