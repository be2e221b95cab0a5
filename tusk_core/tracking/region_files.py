"""The region of a source in a file of its own: beside the video or folder, found by its name.

``flies.mp4.regions.json`` belongs to ``flies.mp4``. Where nothing can be written beside it, and
for sources that are not files, the region lies with the user's things instead.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import write_text
from tusk_core.places import kept_in
from tusk_core.results import SourceError
from tusk_core.source_text import path_text
from tusk_core.tracking.regions import read_regions, region_for
from tusk_core.tracks import is_rectangle

if TYPE_CHECKING:
    from tusk_core.tracks import Polygon, Region

SUFFIX = ".regions.json"


def region_path(source: str) -> Path | None:
    """Return the file that holds the region of a source; None where there is none."""
    for path in (_beside(source), _kept(source)):
        if path is not None and path.is_file():
            return path
    return None


def own_region(source: str) -> Region | None:
    """Return the region that was drawn on a source; None where there is none.

    Raises:
        SourceError: if its file does not hold one.
    """
    path = region_path(source)
    return None if path is None else region_for(read_regions(path), source)


def save_region(source: str, region: Region | None) -> Path | None:
    """Write the region of a source, or take it away; returns where it lies now.

    Raises:
        SourceError: if it can be written nowhere.
    """
    paths = [path for path in (_beside(source), _kept(source)) if path is not None]
    if region is None or not region.polygons:
        _remove(paths)
        return None
    text = json.dumps([_shape(polygon) for polygon in region.polygons], indent=1) + "\n"
    refusal = OSError()
    for path in paths:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
        except OSError as error:
            refusal = error
        else:
            return path
    raise SourceError(
        f"The region cannot be saved as {paths[-1]}: {refusal.strerror or refusal}."
    ) from refusal


def _remove(paths: list[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise SourceError(
                f"The region in {path} cannot be taken away: {error.strerror or error}."
            ) from error


def _beside(source: str) -> Path | None:
    try:
        path = Path(os.path.abspath(Path(path_text(source)).expanduser()))  # noqa: PTH100 - links stay
        return path.with_name(path.name + SUFFIX) if path.name and path.exists() else None
    except (OSError, RuntimeError, ValueError):
        return None


def _kept(source: str) -> Path:
    beside = _beside(source)
    name = source if beside is None else str(beside)
    folder = kept_in("regions", Path.home() / "TUSK" / "regions")
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:20]}{SUFFIX}"


def _shape(polygon: Polygon) -> dict[str, Any]:
    corners = np.round(np.asarray(polygon, np.float64), 2)
    if is_rectangle(polygon):
        low, high = corners.min(axis=0), corners.max(axis=0)
        return {"rectangle": [*low.tolist(), *high.tolist()]}
    return {"polygon": corners.tolist()}
