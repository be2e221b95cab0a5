"""The pictures that detections were found in, read again from where they lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core.data.source import open_source
from tusk_core.results import SourceError
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.results import Analysis


def picture_paths(analysis: Analysis) -> list[str]:
    """Return where each picture lies, as well as that is known."""
    root = Path(path_text(analysis.source))
    try:
        base = root.resolve() if root.is_dir() else root.resolve().parent
        is_local = root.exists()
    except (OSError, ValueError):
        is_local = False
    names = analysis.picture_names
    return [str(base / name) for name in names] if is_local else list(names)


def refuse_overwriting(analysis: Analysis, folder: Path, names: Iterable[str]) -> None:
    """Check that files can be written without harm to the pictures themselves.

    Args:
        analysis: of the pictures.
        folder: that is written to.
        names: of the files, in it.

    Raises:
        SourceError: if one of them is such a picture.
    """
    originals = set(picture_paths(analysis))
    place = folder.resolve()
    if any(str(place / name) in originals for name in names):
        raise SourceError(
            f"Pictures would be written over those in {folder} that were processed. Choose "
            "another folder."
        )


def original_pictures(
    analysis: Analysis, chosen: frozenset[int] | None = None
) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError, float]]:
    """Yield the pictures in the order of their source.

    Args:
        analysis: knows the source and the names.
        chosen: numbers of pictures in the analysis; None yields all.

    Yields:
        number of the picture in the analysis; (H, W, 3) uint8 RGB, or why it cannot be read; and
        when it is shown, in seconds; NaN where there are no times.

    Raises:
        SourceError: if none of them is there any longer.
    """
    names = analysis.picture_names
    numbers = {name: i for i, name in enumerate(names) if chosen is None or i in chosen}
    with open_source(analysis.source) as source:
        if analysis.shown_as is not None:
            source.use_settings(analysis.shown_as)
        indices = [i for i in range(len(source)) if source.name(i) in numbers]
        if not indices:
            raise SourceError(f"The pictures of {analysis.source} are no longer there.")
        for index, picture in source.stream(indices):
            yield numbers[source.name(index)], picture, source.time(index)
