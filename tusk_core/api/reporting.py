"""Pages for people: a model on a data set as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.interfaces import OpenedSource
    from tusk_core.prototype_names import PrototypeNames
    from tusk_core.results import Analysis, EvaluationReport, ModelInfo


def write_page(  # noqa: PLR0913 - every argument is a keyword of its own
    info: ModelInfo,
    analysis: Analysis,
    source: OpenedSource,
    out: Path,
    control: RunControl,
    *,
    names: PrototypeNames | None = None,
    looks: NDArray[np.uint8] | None = None,
    evaluations: Sequence[EvaluationReport] = (),
    title: str = "",
    command: str = "",
) -> Iterator[JobProgress]:
    """Write one self-contained HTML page of a model on a data set: kinds, counts, pictures.

    Args:
        info: of the model; where it lies in a run, the curves of training are shown too.
        analysis: what it found.
        source: of those pictures, from ``open_source``; they are read again.
        out: the file; it appears whole or not at all.
        control: a stop raises ``Cancelled``; nothing is written then.
        names: names, merges and hidden kinds.
        looks: (M, h, w, 3) uint8, each kind drawn by the decoder; None shows none.
        evaluations: figures to show beside.
        title: of the page; empty takes the names of model and data.
        command: that writes the page again, to be shown; empty leaves it out.

    Raises:
        SourceError: if the disk refuses it.
    """
    from tusk_core.pages.report import write_page as written
    from tusk_core.pages.request import PageRequest
    from tusk_core.prototype_names import PrototypeNames

    request = PageRequest(
        info,
        analysis,
        names or PrototypeNames(),
        tuple(evaluations),
        looks,
        title,
        command,
    )
    return written(request, source, out, control)
